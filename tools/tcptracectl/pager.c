// SPDX-License-Identifier: GPL-2.0
/* Text of another command, to be scrolled through. */
#include <curses.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ctl.h"
#include "screen.h"

#define REFRESH_MS	1000
#define SIDEWAYS	8

static void run_child(const struct options *o, const char *conn, int out,
		      int (*run)(const struct options *, int, char **))
{
	struct options plain = *o;
	char columns[16];
	char *word = (char *)conn;
	int status;

	/* what is shown is the connection, whoever has it now */
	memset(&plain.filter, 0, sizeof(plain.filter));
	plain.json = false;
	snprintf(columns, sizeof(columns), "%d", COLS);
	setenv("COLUMNS", columns, 1);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	status = run(&plain, 1, &word);
	fflush(stdout);
	_exit(status);
}

/**
 * pager_capture - what a command prints of a connection
 * @o: the options
 * @conn: its number
 * @run: the command
 *
 * Return: its output and its messages, to be freed.
 */
char *pager_capture(const struct options *o, const char *conn,
		    int (*run)(const struct options *o, int argc, char **argv))
{
	int ends[2];
	char *text = NULL, buf[4096];
	size_t size;
	ssize_t n;
	FILE *out;
	pid_t child;

	if (pipe(ends))
		err(EXIT_INPUT, "pipe");
	child = fork();
	if (child < 0)
		err(EXIT_INPUT, "fork");
	if (!child) {
		close(ends[0]);
		run_child(o, conn, ends[1], run);
	}
	close(ends[1]);
	out = open_memstream(&text, &size);
	if (!out)
		err(EXIT_INPUT, NULL);
	while ((n = read(ends[0], buf, sizeof(buf))) > 0 ||
	       (n < 0 && errno == EINTR))
		fwrite(buf, 1, n > 0 ? n : 0, out);
	close(ends[0]);
	fclose(out);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return text;
}

/**
 * struct page - the text and the part of it that is seen
 * @lines: its lines
 * @n: how many
 * @top: the first that is seen
 * @left: the first column that is seen
 */
struct page {
	char **lines;
	int n;
	int top;
	int left;
};

static void add_line(struct page *p, char *line)
{
	p->lines = reallocarray(p->lines, p->n + 1, sizeof(*p->lines));
	if (!p->lines)
		err(EXIT_INPUT, "%d lines", p->n);
	p->lines[p->n++] = line;
}

/* between words, where a line is longer than the screen is wide */
static char *wrap_line(char *line)
{
	char *space = line + COLS - 1;

	if ((int)strlen(line) < COLS)
		return NULL;
	while (space > line && *space != ' ')
		space--;
	if (space == line)
		return NULL;
	*space = '\0';
	return space + 1;
}

static void cut_lines(struct page *p, char *text, bool wrap)
{
	char *line;

	free(p->lines);
	p->lines = NULL;
	p->n = 0;
	for (line = strsep(&text, "\n"); line; line = strsep(&text, "\n")) {
		while (wrap) {
			char *rest = wrap_line(line);

			if (!rest)
				break;
			add_line(p, line);
			line = rest;
		}
		if (*line || text)
			add_line(p, line);
	}
}

/* the part of a line that begins so many characters to the right */
static const char *skip(const char *line, int n)
{
	while (*line && n > 0) {
		line++;
		if ((*line & 0xc0) != 0x80)
			n--;
	}
	return line;
}

static void draw(const struct page *p, const char *title)
{
	int y;

	erase();
	attron(A_REVERSE);
	mvhline(0, 0, ' ', COLS);
	screen_put(0, 0, COLS, title);
	attroff(A_REVERSE);
	for (y = 1; y < LINES - 1 && p->top + y - 1 < p->n; y++)
		screen_put(y, 0, COLS, skip(p->lines[p->top + y - 1],
					    p->left));
	attron(A_REVERSE);
	mvhline(LINES - 1, 0, ' ', COLS);
	screen_put(LINES - 1, 0, COLS,
		   "q back  arrows, PgUp, PgDn, Home, End scroll");
	attroff(A_REVERSE);
	refresh();
}

static void scroll_to(struct page *p, int top)
{
	int last = p->n - (LINES - 2);

	p->top = top > last ? last : top;
	if (p->top < 0)
		p->top = 0;
}

/* false: back */
static bool move_page(struct page *p, int key)
{
	int page = LINES > 3 ? LINES - 3 : 1;

	switch (key) {
	case KEY_UP: case 'k':
		scroll_to(p, p->top - 1);
		break;
	case KEY_DOWN: case 'j':
		scroll_to(p, p->top + 1);
		break;
	case KEY_PPAGE: case 'b':
		scroll_to(p, p->top - page);
		break;
	case KEY_NPAGE: case ' ':
		scroll_to(p, p->top + page);
		break;
	case KEY_HOME: case 'g':
		scroll_to(p, 0);
		break;
	case KEY_END: case 'G':
		scroll_to(p, p->n);
		break;
	case KEY_RIGHT:
		p->left += SIDEWAYS;
		break;
	case KEY_LEFT:
		p->left -= p->left < SIDEWAYS ? p->left : SIDEWAYS;
		break;
	case KEY_RESIZE:
		scroll_to(p, p->top);
		break;
	case 'q': case 27: case KEY_BACKSPACE: case KEY_STOP:
		return false;
	}
	return true;
}

/**
 * pager - show a text until the user goes back
 * @title: its first line
 * @text: the text; cut to pieces
 * @wrap: break its lines between words
 */
void pager(const char *title, char *text, bool wrap)
{
	struct page p = { };

	cut_lines(&p, text, wrap);
	do
		draw(&p, title);
	while (move_page(&p, screen_key(REFRESH_MS)));
	free(p.lines);
}
