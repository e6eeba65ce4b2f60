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
	int malformed;

	(void)argc;
	(void)argv;
	table_open(&t, PROC_STAT);
	table_require(&t, needed);
	while (table_next(&t) != ROW_END) {
		if (!o->all && !strcmp(table_get(&t, "value"), "0"))
			continue;
		if (o->json)
			table_print_json(&t);
		else
			printf("%-32s %s\n", table_get(&t, "name"),
			       table_get(&t, "value"));
	}
	malformed = t.malformed;
	table_close(&t);
	return malformed ? EXIT_INPUT : 0;
}
