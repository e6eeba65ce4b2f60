// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ctl.h"

static const char * const needed[] = {
	"conn", "client", "server", "began", "ended", "ended_by", "idle",
	"c_state", "c_bytes", "c_retrans", "c_viol",
	"s_state", "s_bytes", "s_retrans", "s_viol", NULL
};

#define COLUMNS		11
#define CELL_MAX	128

/* rows are kept until the widths of all are known */
struct rows {
	char (*cells)[COLUMNS][CELL_MAX];
	size_t n;
	size_t room;
};

static char (*new_row(struct rows *rows))[CELL_MAX]
{
	if (rows->n == rows->room) {
		rows->room = rows->room ? 2 * rows->room : 64;
		rows->cells = reallocarray(rows->cells, rows->room,
					   sizeof(*rows->cells));
		if (!rows->cells)
			err(EXIT_INPUT, "%zu connections", rows->n);
	}
	return rows->cells[rows->n++];
}

static void fill_head(char (*cell)[CELL_MAX])
{
	static const char * const heads[COLUMNS] = {
		"CONN", "CLIENT", "STATE", "SERVER", "STATE", "IDLE",
		"C-BYTES", "S-BYTES", "RETR", "VIOL", "ENDED",
	};
	unsigned int i;

	for (i = 0; i < COLUMNS; i++)
		snprintf(cell[i], CELL_MAX, "%s", heads[i]);
}

static void fill_row(const struct table *t, char (*cell)[CELL_MAX])
{
	static const char * const names[] = {
		"conn", "client", "c_state", "server", "s_state", "idle",
		"c_bytes", "s_bytes",
	};
	const char *by = table_get(t, "ended_by");
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		snprintf(cell[i], CELL_MAX, "%s", table_get(t, names[i]));
	snprintf(cell[8], CELL_MAX, "%s+%s", table_get(t, "c_retrans"),
		 table_get(t, "s_retrans"));
	snprintf(cell[9], CELL_MAX, "%s+%s", table_get(t, "c_viol"),
		 table_get(t, "s_viol"));
	snprintf(cell[10], CELL_MAX, "%s%s%s", table_get(t, "ended"),
		 *by == '-' ? "" : ":", *by == '-' ? "" : by);
}

/* green: open; yellow: on the way there or back; grey: over */
static const char *colour_of(const char *state)
{
	if (!strcmp(state, "ESTABLISHED"))
		return "\033[32m";
	if (!strcmp(state, "CLOSED") || !strcmp(state, "LISTEN") ||
	    !strcmp(state, "TIME-WAIT"))
		return "\033[90m";
	return strcmp(state, "unknown") ? "\033[33m" : "";
}

static void print_cell(unsigned int column, const char *text, int width,
		       bool colours)
{
	bool state = column == 2 || column == 4;
	bool number = column >= 5 && column <= 7;

	if (column)
		putchar(' ');
	if (state && colours)
		fputs(colour_of(text), stdout);
	printf("%*s", number ? width : column == COLUMNS - 1 ? 0 : -width,
	       text);
	if (state && colours)
		fputs("\033[0m", stdout);
}

static void print_rows(const struct rows *rows)
{
	bool colours = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	int width[COLUMNS] = { 0 };
	unsigned int i;
	size_t row;

	for (row = 0; row < rows->n; row++)
		for (i = 0; i < COLUMNS; i++)
			if ((int)strlen(rows->cells[row][i]) > width[i])
				width[i] = strlen(rows->cells[row][i]);
	for (row = 0; row < rows->n; row++) {
		for (i = 0; i < COLUMNS; i++)
			print_cell(i, rows->cells[row][i], width[i],
				   colours && row);
		putchar('\n');
	}
}

/**
 * cmd_list - the connections
 * @o: the options
 * @argc: words after the command: none
 * @argv: those
 *
 * Columns are as wide as their widest cell.
 *
 * Return: 0, or EXIT_NONE if there was nothing to show.
 */
int cmd_list(const struct options *o, int argc, char **argv)
{
	struct rows rows = { };
	unsigned int shown = 0;
	struct table t;
	enum row row;
	int status;

	(void)argc;
	(void)argv;
	source_open(&t, o, REPLAY_CONNECTIONS);
	table_require(&t, needed);
	while ((row = table_next(&t)) != ROW_END) {
		if (row == ROW_LOST || !filter_match(o, &t))
			continue;
		if (o->json) {
			table_print_json(&t);
		} else {
			if (!shown)
				fill_head(new_row(&rows));
			fill_row(&t, new_row(&rows));
		}
		shown++;
	}
	print_rows(&rows);
	free(rows.cells);
	status = table_close(&t);
	return status ? status : shown ? 0 : EXIT_NONE;
}
