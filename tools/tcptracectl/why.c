// SPDX-License-Identifier: GPL-2.0
/* Why a connection is where it is, in words. */
#include <err.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "account.h"
#include "ctl.h"
#include "tell.h"
#include "when.h"

static const char * const of_transitions[] = {
	"seqno", "time", "conn", "client", "server", "endpoint", "from", "to",
	"basis", "flags", "seq", "ack", "len", "win", "verdict", NULL
};

static const char * const of_connections[] = {
	"conn", "client", "server", "began", "ended", "ended_by", "age",
	"c_state", "c_local", "c_since", "c_snd_una", "c_snd_nxt",
	"c_retrans", "c_viol", "s_state", "s_local", "s_since", "s_snd_una",
	"s_snd_nxt", "s_retrans", "s_viol", NULL
};

/**
 * struct inquiry - what why was asked for
 * @o: the options
 * @argc: one or two words
 * @argv: CONN, or CLIENT SERVER
 * @list: the accounts
 * @lost: events that the log has lost before what it holds
 * @last: time of the last event in the log, of any connection
 * @status: what reading came to
 */
struct inquiry {
	const struct options *o;
	int argc;
	char **argv;
	struct account *list;
	unsigned long long lost;
	long long last;
	int status;
};

/* a segment that belongs to no connection has no number */
static bool is_asked_for(const struct inquiry *q, const struct table *t)
{
	return filter_is_number(table_get(t, "conn")) &&
	       filter_names(t, q->argc, q->argv) &&
	       filter_match(&q->o->filter, t);
}

static void read_log(struct inquiry *q)
{
	unsigned long long lost, before;
	bool first = true;
	struct table t;
	enum row row;
	int status;

	source_open(&t, q->o, REPLAY_TRANSITIONS);
	table_require(&t, of_transitions);
	while ((row = table_next(&t)) != ROW_END) {
		if (row == ROW_LOST) {
			if (table_lost(&t, &lost, &before))
				q->lost += lost;
			continue;
		}
		if (first && !q->lost)
			q->lost = strtoull(table_get(&t, "seqno"), NULL, 10) -
				  1;
		first = false;
		q->last = when_ns(table_get(&t, "time"));
		if (is_asked_for(q, &t))
			account_add_event(account_of(&q->list, &t), &t);
	}
	status = table_close(&t);
	q->status = q->status ? q->status : status;
}

static void read_connections(struct inquiry *q)
{
	struct table t;
	enum row row;
	int status;

	source_open(&t, q->o, REPLAY_CONNECTIONS);
	table_require(&t, of_connections);
	while ((row = table_next(&t)) != ROW_END)
		if (row != ROW_LOST && is_asked_for(q, &t))
			account_add_row(account_of(&q->list, &t), &t);
	status = table_close(&t);
	q->status = q->status ? q->status : status;
}

/* a saved file of transitions has no file of connections beside it */
static bool has_connections(const struct options *o)
{
	return !o->file || o->capture || replay_is_capture(o->file);
}

static int terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col;
}

/* on a terminal lines are broken between words */
static void print_text(const char *text)
{
	int width = terminal_width(), column = 0, len;

	while (*text) {
		len = strcspn(text, " ");
		if (column && width && column + 1 + len > width) {
			putchar('\n');
			column = 0;
		} else if (column) {
			putchar(' ');
			column++;
		}
		printf("%.*s", len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static json_t *role(int end)
{
	return end < 0 ? json_null() : json_string(end ? "server" : "client");
}

static json_t *state(const struct account_end *end)
{
	return strcmp(end->state, "unknown") ? json_string(end->state) :
					       json_null();
}

static void print_json(const struct account *a, const char *text)
{
	json_t *object = json_object();

	json_object_set_new(object, "conn", json_integer(atoll(a->conn)));
	json_object_set_new(object, "client", json_string(a->name[0]));
	json_object_set_new(object, "server", json_string(a->name[1]));
	json_object_set_new(object, "c_state", state(&a->end[0]));
	json_object_set_new(object, "s_state", state(&a->end[1]));
	json_object_set_new(object, "closed_first",
			    role(account_closer(a)));
	json_object_set_new(object, "reset_by", role(account_resetter(a)));
	json_object_set_new(object, "complete", json_boolean(a->logged &&
							     !a->broken));
	json_object_set_new(object, "why", json_string(text));
	json_print(object);
}

/**
 * cmd_why - one paragraph: how a connection came to where it is
 * @o: the options
 * @argc: one or two words
 * @argv: CONN, or CLIENT SERVER
 *
 * Of several connections of the same name each is told of.
 *
 * Return: 0, EXIT_NONE if no such connection is known, or what reading came to.
 */
int cmd_why(const struct options *o, int argc, char **argv)
{
	struct inquiry q = { .o = o, .argc = argc, .argv = argv };
	const struct account *a;
	struct scene scene;
	char *text;

	if (argc < 1 || argc > 2)
		errx(EXIT_USAGE, "why needs CONN: its number, CLIENT:PORT, or CLIENT:PORT SERVER:PORT");
	if (o->file && !strcmp(o->file, "-"))
		errx(EXIT_USAGE, "why reads its file twice: not from standard input");
	read_log(&q);
	if (has_connections(o))
		read_connections(&q);
	scene.live = !o->file;
	scene.now = o->file ? q.last : when_now();
	scene.lost = q.lost;
	for (a = q.list; a; a = a->next) {
		text = tell(a, &scene);
		if (o->json)
			print_json(a, text);
		else
			print_text(text);
		free(text);
	}
	if (!q.list)
		warnx("no connection %s%s%s", argv[0], argc > 1 ? " " : "",
		      argc > 1 ? argv[1] : "");
	argc = q.list ? 0 : EXIT_NONE;
	account_free(q.list);
	return q.status ? q.status : argc;
}
