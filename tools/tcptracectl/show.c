// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"

static const char * const needed[] = {
	"seqno", "time", "conn", "client", "server", "endpoint", "from", "to",
	"basis", "flags", "seq", "ack", "len", "win", "verdict", NULL
};

/* CONN is a number, or the client's or both ends' address and port */
static bool names_it(const struct table *t, int argc, char **argv)
{
	const char *client = table_get(t, "client");
	const char *server = table_get(t, "server");

	if (filter_is_number(argv[0]))
		return argc == 1 && !strcmp(argv[0], table_get(t, "conn"));
	if (argc == 1)
		return !strcmp(argv[0], client);
	return (!strcmp(argv[0], client) && !strcmp(argv[1], server)) ||
	       (!strcmp(argv[0], server) && !strcmp(argv[1], client));
}

/**
 * cmd_show - the ladder diagram of one connection
 * @o: the options
 * @argc: one or two words
 * @argv: CONN, or CLIENT SERVER
 *
 * Of several connections of the same name each is drawn.
 *
 * Return: 0, or EXIT_NONE if the log knows no such connection.
 */
int cmd_show(const struct options *o, int argc, char **argv)
{
	struct ladder *ladder = NULL;
	char *conn = NULL;
	bool found = false;
	struct table t;
	enum row row;
	int status;

	if (argc < 1 || argc > 2)
		errx(EXIT_USAGE, "show needs CONN: its number, CLIENT:PORT, or CLIENT:PORT SERVER:PORT");
	source_open(&t, o, REPLAY_TRANSITIONS);
	table_require(&t, needed);
	while ((row = table_next(&t)) != ROW_END) {
		if (row == ROW_LOST) {
			if (o->json)
				table_print_json(&t);
			else if (ladder)
				ladder_lost(ladder, t.line);
			else
				fputs(t.line, stdout);
			continue;
		}
		if (!names_it(&t, argc, argv) || !filter_match(&o->filter, &t))
			continue;
		found = true;
		if (o->json) {
			table_print_json(&t);
			continue;
		}
		if (!conn || strcmp(conn, table_get(&t, "conn"))) {
			if (ladder)
				ladder_end(ladder);
			free(conn);
			conn = strdup(table_get(&t, "conn"));
			printf("connection %s\n", conn);
			ladder = ladder_begin(table_get(&t, "client"),
					      table_get(&t, "server"));
		}
		ladder_event(ladder, &t);
	}
	if (ladder)
		ladder_end(ladder);
	free(conn);
	if (!found)
		warnx("no connection %s%s%s in the log", argv[0],
		      argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
	status = table_close(&t);
	return status ? status : found ? 0 : EXIT_NONE;
}
