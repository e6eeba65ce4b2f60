// SPDX-License-Identifier: GPL-2.0
#include "ctl.h"

static const char * const needed[] = {
	"conn", "client", "server", "began", "ended", "ended_by", "idle",
	"c_state", "c_bytes", "c_retrans", "c_viol",
	"s_state", "s_bytes", "s_retrans", "s_viol", NULL
};

static void print_row(const struct table *t)
{
	printf("%-6s %-21s %-12s %-21s %-12s %9s %10s %10s %s+%s %s+%s %s",
	       table_get(t, "conn"), table_get(t, "client"),
	       table_get(t, "c_state"), table_get(t, "server"),
	       table_get(t, "s_state"), table_get(t, "idle"),
	       table_get(t, "c_bytes"), table_get(t, "s_bytes"),
	       table_get(t, "c_retrans"), table_get(t, "s_retrans"),
	       table_get(t, "c_viol"), table_get(t, "s_viol"),
	       table_get(t, "ended"));
	if (table_get(t, "ended_by")[0] != '-')
		printf(":%s", table_get(t, "ended_by"));
	putchar('\n');
}

/**
 * cmd_list - the connections
 * @o: the options
 * @argc: words after the command: none
 * @argv: those
 *
 * Return: 0, or EXIT_NONE if there was nothing to show.
 */
int cmd_list(const struct options *o, int argc, char **argv)
{
	unsigned int shown = 0;
	struct table t;
	int status;

	(void)argc;
	(void)argv;
	source_open(&t, o, REPLAY_CONNECTIONS);
	table_require(&t, needed);
	while (table_next(&t) != ROW_END) {
		if (!filter_match(o, &t))
			continue;
		if (o->json)
			table_print_json(&t);
		else if (!shown)
			printf("%-6s %-21s %-12s %-21s %-12s %9s %10s %10s %s %s %s\n",
			       "CONN", "CLIENT", "STATE", "SERVER", "STATE",
			       "IDLE", "C-BYTES", "S-BYTES", "RETR", "VIOL",
			       "ENDED");
		if (!o->json)
			print_row(&t);
		shown++;
	}
	status = table_close(&t);
	return status ? status : shown ? 0 : EXIT_NONE;
}
