// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "ctl.h"

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void print_row(const struct options *o, const struct table *t,
		      enum row row)
{
	unsigned int i;

	if (row == ROW_LOST && !o->json) {
		fflush(stdout);
		fprintf(stderr, "tcptracectl: %s", t->line + strspn(t->line, "# "));
		return;
	}
	if (row == ROW_EVENT && !filter_match(&o->filter, t))
		return;
	if (o->json) {
		table_print_json(t);
		return;
	}
	for (i = 0; i < t->nnames; i++)
		printf("%s%s", i ? " " : "", t->values[i]);
	putchar('\n');
}

/**
 * cmd_follow - events as they happen, until SIGINT
 * @o: the options; all: begin with what the log holds
 * @argc: words after the command: none
 * @argv: those
 *
 * A saved file is printed to its end.
 *
 * Return: 0, or EXIT_INPUT if some lines were malformed.
 */
int cmd_follow(const struct options *o, int argc, char **argv)
{
	struct sigaction on = { .sa_handler = on_signal };
	bool past = o->all || o->file;
	struct pollfd fds[] = {
		{ .events = POLLIN }, { .fd = STDOUT_FILENO },
	};
	struct table t;
	enum row row;

	(void)argc;
	(void)argv;
	source_open(&t, o, o->replay.view);
	sigaction(SIGINT, &on, NULL);
	sigaction(SIGTERM, &on, NULL);
	if (!o->file || !strcmp(o->file, "-"))
		setlinebuf(stdout);
	while (!past && table_next(&t) != ROW_END)
		;
	while (!stop) {
		row = table_next(&t);
		if (row != ROW_END) {
			print_row(o, &t, row);
			continue;
		}
		if (o->file)
			break;
		fds[0].fd = fileno(t.file);
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			err(EXIT_INPUT, "poll");
		if (fds[1].revents & POLLERR)	/* nobody reads any more */
			break;
	}
	return table_close(&t);
}
