// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "ctl.h"

static const char * const needed[] = { "name", "value", NULL };

/**
 * cmd_stats - the counters
 * @o: the options; all: also those that are zero
 * @argc: words after the command: none
 * @argv: those
 *
 * Return: 0, or EXIT_INPUT if some lines were malformed.
 */
int cmd_stats(const struct options *o, int argc, char **argv)
{
	struct table t;
	enum row row;

	(void)argc;
	(void)argv;
	source_open(&t, o, REPLAY_STAT);
	table_require(&t, needed);
	if (o->openmetrics)
		metrics_print(o, &t);
	while ((row = table_next(&t)) != ROW_END) {
		if (row == ROW_LOST)
			continue;
		if (!o->all && !strcmp(table_get(&t, "value"), "0"))
			continue;
		if (o->json)
			table_print_json(&t);
		else
			printf("%-32s %s\n", table_get(&t, "name"),
			       table_get(&t, "value"));
	}
	return table_close(&t);
}
