// SPDX-License-Identifier: GPL-2.0
/* The connections that do most, as they do it. */
#include <curses.h>
#include <err.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include "ctl.h"
#include "screen.h"
#include "snapshot.h"

#define INTERVAL_DEFAULT	2	/* seconds */
#define FIRST_ROW	3	/* below two lines of sums and the heads */

/* widths of the columns that have a fixed one */
enum {
	W_CONN = 5, W_STATE = 6, W_RATE = 4, W_SEGS = 4, W_TIME = 5, W_RETR = 3,
	W_VIOL = 3,
	W_FIXED = W_CONN + 2 * W_STATE + W_RATE + W_SEGS + W_TIME + W_RETR +
		  W_VIOL + 9
};

/**
 * struct view - what is on the screen
 * @o: the options
 * @now: the connections
 * @key: by what they are sorted
 * @reverse: the other way round
 * @word: only rows that hold it
 * @selected: number of the connection under the bar; 0: the first
 * @top: the first row that is seen
 * @shown: the rows that hold @word
 * @n: how many
 */
struct view {
	const struct options *o;
	struct snapshot now;
	enum sort_key key;
	bool reverse;
	char word[64];
	unsigned long long selected;
	size_t top;
	const struct row_now **shown;
	size_t n;
};

static const struct {
	const char *name;
	const char *abbreviation;
} states[] = {
	{ "ESTABLISHED", "ESTAB" }, { "SYN-SENT", "SYN-S" },
	{ "SYN-RECEIVED", "SYN-R" }, { "FIN-WAIT-1", "FIN-W1" },
	{ "FIN-WAIT-2", "FIN-W2" }, { "CLOSE-WAIT", "CLOS-W" },
	{ "CLOSING", "CLOSNG" }, { "LAST-ACK", "LAST-A" },
	{ "TIME-WAIT", "TIME-W" }, { "CLOSED", "CLOSED" },
	{ "LISTEN", "LISTEN" }, { "unknown", "?" },
};

#define NSTATES	(sizeof(states) / sizeof(states[0]))

static const char *abbreviate(const char *state)
{
	unsigned int i;

	for (i = 0; i < NSTATES; i++)
		if (!strcmp(states[i].name, state))
			return states[i].abbreviation;
	return state;
}

/* at most four characters: 999, 9.9k, 99k, 9.9M */
static void put_short(char *out, size_t size, double n)
{
	static const char units[] = " kMGT";
	unsigned int unit = 0;

	while (n >= 999.5 && unit < sizeof(units) - 2) {
		n /= 1000;
		unit++;
	}
	if (!unit)
		snprintf(out, size, "%.0f", n);
	else
		snprintf(out, size, n < 9.95 ? "%.1f%c" : "%.0f%c", n,
			 units[unit]);
}

static void put_time(char *out, size_t size, double s)
{
	if (s < 100)
		snprintf(out, size, "%.1fs", s);
	else if (s < 6000)
		snprintf(out, size, "%.0fm", s / 60);
	else if (s < 360000)
		snprintf(out, size, "%.0fh", s / 3600);
	else
		snprintf(out, size, "%.0fd", s / 86400);
}

/* the end of an address tells more than its beginning */
static void put_name(char *out, size_t size, const char *name, int width)
{
	int len = strlen(name);

	if (len <= width)
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "~%s", name + len - width + 1);
}

static int name_width(void)
{
	int width = (COLS - W_FIXED) / 2;

	return width < 8 ? 8 : width > 47 ? 47 : width;
}

static void draw_row(int y, const struct row_now *row)
{
	char line[256], name[2][64], rate[8], segs[8], since[8];
	int width = name_width();

	put_name(name[0], sizeof(name[0]), row->name[0], width);
	put_name(name[1], sizeof(name[1]), row->name[1], width);
	put_short(rate, sizeof(rate), row->byte_rate);
	put_short(segs, sizeof(segs), row->segment_rate);
	put_time(since, sizeof(since), row->since);
	snprintf(line, sizeof(line),
		 "%*llu %-*s %-*s %-*s %-*s %*s %*s %*s %*u %*u", W_CONN,
		 row->conn, width, name[0], W_STATE, abbreviate(row->state[0]),
		 width, name[1], W_STATE, abbreviate(row->state[1]), W_RATE,
		 rate, W_SEGS, segs, W_TIME, since, W_RETR, row->retrans,
		 W_VIOL, row->viol);
	screen_put(y, 0, COLS, line);
}

static void draw_heads(void)
{
	char line[256];
	int width = name_width();

	snprintf(line, sizeof(line),
		 "%*s %-*s %-*s %-*s %-*s %*s %*s %*s %*s %*s", W_CONN, "CONN",
		 width, "CLIENT", W_STATE, "STATE", width, "SERVER", W_STATE,
		 "STATE", W_RATE, "B/s", W_SEGS, "sg/s", W_TIME, "TIME",
		 W_RETR, "RTX", W_VIOL, "VIO");
	attron(A_REVERSE);
	mvhline(FIRST_ROW - 1, 0, ' ', COLS);
	screen_put(FIRST_ROW - 1, 0, COLS, line);
	attroff(A_REVERSE);
}

/* how many endpoints are in each state */
static void put_states(const struct snapshot *s, char *out, size_t size)
{
	unsigned int i;
	size_t n, row;
	int len = snprintf(out, size, "endpoints:");

	for (i = 0; i < NSTATES; i++) {
		for (n = 0, row = 0; row < s->n; row++)
			n += !strcmp(s->rows[row].state[0], states[i].name) +
			     !strcmp(s->rows[row].state[1], states[i].name);
		if (n && len < (int)size)
			len += snprintf(out + len, size - len, " %s %zu",
					states[i].abbreviation, n);
	}
}

static void put_sums(const struct snapshot *s, char *out, size_t size)
{
	double bytes = 0, segments = 0;
	unsigned long long retrans = 0, viol = 0;
	char clock[16], rate[8], segs[8];
	time_t now = time(NULL);
	size_t i;

	for (i = 0; i < s->n; i++) {
		bytes += s->rows[i].byte_rate;
		segments += s->rows[i].segment_rate;
		retrans += s->rows[i].retrans;
		viol += s->rows[i].viol;
	}
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
	put_short(rate, sizeof(rate), bytes);
	put_short(segs, sizeof(segs), segments);
	snprintf(out, size,
		 "%s  %zu connections  %s B/s  %s segments/s  %llu retransmissions  %llu violations",
		 clock, s->n, rate, segs, retrans, viol);
}

static bool holds(const struct row_now *row, const char *word)
{
	return !*word || strcasestr(row->name[0], word) ||
	       strcasestr(row->name[1], word) ||
	       strcasestr(row->state[0], word) ||
	       strcasestr(row->state[1], word);
}

static void choose_rows(struct view *v)
{
	size_t i;

	v->shown = reallocarray(v->shown, v->now.n + 1, sizeof(*v->shown));
	if (!v->shown)
		err(EXIT_INPUT, "%zu connections", v->now.n);
	v->n = 0;
	snapshot_sort(&v->now, v->key, v->reverse);
	for (i = 0; i < v->now.n; i++)
		if (holds(&v->now.rows[i], v->word))
			v->shown[v->n++] = &v->now.rows[i];
}

static size_t place_of_bar(const struct view *v)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (v->shown[i]->conn == v->selected)
			return i;
	return 0;
}

static size_t rows_on_screen(void)
{
	return LINES - FIRST_ROW > 1 ? LINES - FIRST_ROW - 1 : 0;
}

static void keep_bar_in_sight(struct view *v, size_t bar)
{
	size_t room = rows_on_screen();

	if (bar < v->top)
		v->top = bar;
	if (room && bar >= v->top + room)
		v->top = bar - room + 1;
	if (v->top && v->n <= room)
		v->top = 0;
}

static void draw(struct view *v)
{
	size_t bar = place_of_bar(v), i;
	char line[512];

	keep_bar_in_sight(v, bar);
	erase();
	put_sums(&v->now, line, sizeof(line));
	screen_put(0, 0, COLS, line);
	put_states(&v->now, line, sizeof(line));
	screen_put(1, 0, COLS, line);
	draw_heads();
	for (i = 0; i < rows_on_screen() && v->top + i < v->n; i++) {
		if (v->top + i == bar)
			attron(A_BOLD | A_UNDERLINE);
		draw_row(FIRST_ROW + i, v->shown[v->top + i]);
		attroff(A_BOLD | A_UNDERLINE);
	}
	snprintf(line, sizeof(line),
		 "q quit  s sort:%s  r reverse  / filter%s%s  Enter ladder  w why",
		 sort_names[v->key], *v->word ? ":" : "", v->word);
	attron(A_REVERSE);
	mvhline(LINES - 1, 0, ' ', COLS);
	screen_put(LINES - 1, 0, COLS, line);
	attroff(A_REVERSE);
	refresh();
}

/* Enter keeps what was typed, Escape takes the filter away */
static void ask_filter(struct view *v)
{
	char line[80];
	size_t len;
	int key;

	for (;;) {
		choose_rows(v);
		draw(v);
		snprintf(line, sizeof(line), "/%s", v->word);
		mvhline(LINES - 1, 0, ' ', COLS);
		screen_put(LINES - 1, 0, COLS, line);
		refresh();
		key = screen_key(1000);
		len = strlen(v->word);
		if (key == KEY_STOP || key == '\r' || key == KEY_ENTER)
			return;
		if (key == 27) {
			v->word[0] = '\0';
			return;
		}
		if ((key == KEY_BACKSPACE || key == 127 || key == 8) && len)
			v->word[len - 1] = '\0';
		else if (key >= ' ' && key < 127 && len < sizeof(v->word) - 1)
			sprintf(v->word + len, "%c", key);
	}
}

static void move_bar(struct view *v, long by)
{
	long bar = place_of_bar(v);

	bar += by;
	if (bar >= (long)v->n)
		bar = v->n - 1;
	if (bar < 0)
		bar = 0;
	if (v->n)
		v->selected = v->shown[bar]->conn;
}

static void open_page(const struct view *v, bool why)
{
	const struct row_now *row;
	char conn[24], title[200], *text;

	if (!v->n)
		return;
	row = v->shown[place_of_bar(v)];
	snprintf(conn, sizeof(conn), "%llu", row->conn);
	snprintf(title, sizeof(title), "connection %s  %s  %s", conn,
		 row->name[0], row->name[1]);
	text = pager_capture(v->o, conn, why ? cmd_why : cmd_show);
	pager(title, text, why);
	free(text);
}

/* false: the end */
static bool act(struct view *v, int key)
{
	long page = rows_on_screen();

	switch (key) {
	case 'q': case KEY_STOP:
		return false;
	case 's':
		v->key = (v->key + 1) % SORT_KEYS_MAX;
		break;
	case 'S':
		v->key = (v->key + SORT_KEYS_MAX - 1) % SORT_KEYS_MAX;
		break;
	case 'r':
		v->reverse = !v->reverse;
		break;
	case '/':
		ask_filter(v);
		break;
	case 27:
		v->word[0] = '\0';
		break;
	case KEY_UP: case 'k':
		move_bar(v, -1);
		break;
	case KEY_DOWN: case 'j':
		move_bar(v, 1);
		break;
	case KEY_PPAGE:
		move_bar(v, -page);
		break;
	case KEY_NPAGE:
		move_bar(v, page);
		break;
	case KEY_HOME:
		move_bar(v, -(long)v->n);
		break;
	case KEY_END:
		move_bar(v, v->n);
		break;
	case '\r': case KEY_ENTER:
		open_page(v, false);
		break;
	case 'w':
		open_page(v, true);
		break;
	}
	return true;
}

static void end_without_module(int status)
{
	screen_end();
	if (status == EXIT_DENIED)
		errx(status, "%s: needs CAP_NET_ADMIN in the network namespace: try as root",
		     PROC_CONNECTIONS);
	errx(status, "%s is not there: the module tcptrace is not loaded",
	     PROC_CONNECTIONS);
}

/* false: the user or a signal ends it; else the time is over */
static bool handle_keys(struct view *v, int milliseconds)
{
	struct timespec now;
	long long end, left = milliseconds;
	int key;

	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec * 1000LL + now.tv_nsec / 1000000 + milliseconds;
	while (left > 0) {
		key = screen_key(left);
		if (!act(v, key))
			return false;
		if (key != KEY_NONE) {
			choose_rows(v);
			draw(v);
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = end - (now.tv_sec * 1000LL + now.tv_nsec / 1000000);
	}
	return true;
}

static int run_screen(struct view *v, int milliseconds)
{
	struct snapshot next;

	screen_begin();
	do {
		snapshot_take(&next, v->o, v->now.time ? &v->now : NULL);
		if (next.status)
			end_without_module(next.status);
		snapshot_free(&v->now);
		v->now = next;
		choose_rows(v);
		draw(v);
	} while (handle_keys(v, milliseconds));
	screen_end();
	snapshot_free(&v->now);
	free(v->shown);
	if (screen_gone())
		errx(EXIT_INPUT, "the terminal is gone");
	return 0;
}

static void print_batch(const struct options *o, const struct snapshot *s)
{
	char line[512];
	size_t i;

	if (!o->json) {
		put_sums(s, line, sizeof(line));
		puts(line);
		put_states(s, line, sizeof(line));
		puts(line);
		puts("CONN CLIENT STATE SERVER STATE BYTES/S SEGMENTS/S TIME RETRANS VIOLATIONS");
	}
	for (i = 0; i < s->n; i++) {
		const struct row_now *row = &s->rows[i];

		if (o->json) {
			json_object_set_new(row->json, "bytes_per_second",
					    json_real(row->byte_rate));
			json_object_set_new(row->json, "segments_per_second",
					    json_real(row->segment_rate));
			json_print(json_incref(row->json));
			continue;
		}
		printf("%llu %s %s %s %s %.0f %.1f %.3f %u %u\n", row->conn,
		       row->name[0], row->state[0], row->name[1], row->state[1],
		       row->byte_rate, row->segment_rate, row->since,
		       row->retrans, row->viol);
	}
	fflush(stdout);
}

static int run_batch(struct view *v, int milliseconds)
{
	struct timespec wait = { milliseconds / 1000,
				 milliseconds % 1000 * 1000000L };
	struct snapshot next;
	unsigned long n;

	for (n = 0; !v->o->count || n <= v->o->count; n++) {
		if (n)
			nanosleep(&wait, NULL);
		snapshot_take(&next, v->o, n ? &v->now : NULL);
		if (next.status)
			end_without_module(next.status);
		snapshot_free(&v->now);
		v->now = next;
		if (!n)		/* rates need two looks */
			continue;
		snapshot_sort(&v->now, v->key, v->reverse);
		print_batch(v->o, &v->now);
	}
	snapshot_free(&v->now);
	return 0;
}

static enum sort_key sort_key_of(const char *name)
{
	unsigned int i;

	for (i = 0; name && i < SORT_KEYS_MAX; i++)
		if (!strcmp(name, sort_names[i]))
			return i;
	if (name)
		errx(EXIT_USAGE, "--sort %s: must be bytes, segments, time, retrans, violations, state or conn",
		     name);
	return SORT_BYTES;
}

/**
 * cmd_top - the connections that do most, again and again
 * @o: the options
 * @argc: words after the command: none
 * @argv: those
 *
 * Return: 0, or EXIT_INPUT when the terminal vanished.
 */
int cmd_top(const struct options *o, int argc, char **argv)
{
	struct view v = { .o = o, .key = sort_key_of(o->sort) };
	int milliseconds = 1000 * (o->interval ? o->interval :
				   INTERVAL_DEFAULT);

	(void)argc;
	(void)argv;
	if (o->file)
		errx(EXIT_USAGE, "top shows live connections: list shows those of a file");
	if (o->json && !o->batch)
		errx(EXIT_USAGE, "top: --json needs --batch");
	return o->batch ? run_batch(&v, milliseconds) :
			  run_screen(&v, milliseconds);
}
