// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ctl.h"
#include "netns.h"
#include "owner.h"

static const char * const needed[] = {
	"conn", "client", "server", "began", "ended", "ended_by", "idle",
	"c_state", "c_bytes", "c_retrans", "c_viol",
	"s_state", "s_bytes", "s_retrans", "s_viol", NULL
};

enum {
	NETNS, CONN, CLIENT, C_STATE, SERVER, S_STATE, IDLE, C_BYTES, S_BYTES,
	RETR, VIOL, ENDED, PROCESS, COLUMNS
};

#define CELL_MAX	128

/* rows are kept until the widths of all are known */
struct rows {
	const struct options *o;
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
		"NETNS", "CONN", "CLIENT", "STATE", "SERVER", "STATE", "IDLE",
		"C-BYTES", "S-BYTES", "RETR", "VIOL", "ENDED", "PROCESS",
	};
	unsigned int i;

	for (i = 0; i < COLUMNS; i++)
		snprintf(cell[i], CELL_MAX, "%s", heads[i]);
}

/* comm/pid/uid; of several processes that have it open, the first */
static void put_owner(char *cell, const char *local, const char *remote)
{
	struct owner owner;

	if (!owner_of(local, remote, &owner))
		strcpy(cell, "-");
	else if (!owner.nprocesses)
		snprintf(cell, CELL_MAX / 2, "-/-/%u", owner.uid);
	else
		snprintf(cell, CELL_MAX / 2, "%s/%d/%u",
			 owner.processes[0].comm, owner.processes[0].pid,
			 owner.uid);
}

static void fill_process(const struct table *t, char *cell)
{
	const char *client = table_get(t, "client");
	const char *server = table_get(t, "server");

	put_owner(cell, client, server);
	strcat(cell, ">");
	put_owner(cell + strlen(cell), server, client);
}

static void fill_row(const struct rows *rows, const struct table *t,
		     const char *netns, char (*cell)[CELL_MAX])
{
	static const char * const names[] = {
		[CONN] = "conn", [CLIENT] = "client", [C_STATE] = "c_state",
		[SERVER] = "server", [S_STATE] = "s_state", [IDLE] = "idle",
		[C_BYTES] = "c_bytes", [S_BYTES] = "s_bytes",
	};
	const char *by = table_get(t, "ended_by");
	unsigned int i;

	snprintf(cell[NETNS], CELL_MAX, "%s", netns);
	for (i = CONN; i <= S_BYTES; i++)
		snprintf(cell[i], CELL_MAX, "%s", table_get(t, names[i]));
	snprintf(cell[RETR], CELL_MAX, "%s+%s", table_get(t, "c_retrans"),
		 table_get(t, "s_retrans"));
	snprintf(cell[VIOL], CELL_MAX, "%s+%s", table_get(t, "c_viol"),
		 table_get(t, "s_viol"));
	snprintf(cell[ENDED], CELL_MAX, "%s%s%s", table_get(t, "ended"),
		 *by == '-' ? "" : ":", *by == '-' ? "" : by);
	if (rows->o->processes)
		fill_process(t, cell[PROCESS]);
}

static void add_owner(json_t *object, const char *end, const char *local,
		      const char *remote)
{
	struct owner owner;
	char name[8];
	bool known = owner_of(local, remote, &owner);
	bool open = known && owner.nprocesses;

	snprintf(name, sizeof(name), "%s_uid", end);
	json_object_set_new(object, name, known ? json_integer(owner.uid) :
			    json_null());
	snprintf(name, sizeof(name), "%s_pid", end);
	json_object_set_new(object, name, !open ? json_null() :
			    json_integer(owner.processes[0].pid));
	snprintf(name, sizeof(name), "%s_comm", end);
	json_object_set_new(object, name, !open ? json_null() :
			    json_string(owner.processes[0].comm));
}

static void print_json(const struct options *o, const struct table *t,
		       const char *netns)
{
	const char *client = table_get(t, "client");
	const char *server = table_get(t, "server");
	json_t *object = table_json(t);

	if (o->all_netns)
		json_object_set_new(object, "netns", json_string(netns));
	if (o->processes) {
		add_owner(object, "c", client, server);
		add_owner(object, "s", server, client);
	}
	json_print(object);
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
	bool state = column == C_STATE || column == S_STATE;
	bool number = column >= IDLE && column <= S_BYTES;

	if (state && colours)
		fputs(colour_of(text), stdout);
	printf("%*s", number ? width : -width, text);
	if (state && colours)
		fputs("\033[0m", stdout);
}

static void print_rows(const struct rows *rows)
{
	bool colours = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	unsigned int first = rows->o->all_netns ? NETNS : CONN;
	unsigned int last = rows->o->processes ? PROCESS : ENDED;
	int width[COLUMNS] = { 0 };
	unsigned int i;
	size_t row;

	for (row = 0; row < rows->n; row++)
		for (i = first; i < last; i++)
			if ((int)strlen(rows->cells[row][i]) > width[i])
				width[i] = strlen(rows->cells[row][i]);
	for (row = 0; row < rows->n; row++) {
		for (i = first; i <= last; i++) {
			print_cell(i, rows->cells[row][i], width[i],
				   colours && row);
			putchar(i == last ? '\n' : ' ');
		}
	}
}

/* of the network namespace that we are in; returns an exit status */
static int read_connections(struct rows *rows, const char *netns,
			    size_t *shown)
{
	const struct options *o = rows->o;
	struct table t;
	enum row row;

	source_open(&t, o, REPLAY_CONNECTIONS);
	table_require(&t, needed);
	while ((row = table_next(&t)) != ROW_END) {
		if (row == ROW_LOST || !filter_match(&o->filter, &t))
			continue;
		if (!(*shown)++ && !o->json)
			fill_head(new_row(rows));
		if (o->json)
			print_json(o, &t, netns);
		else
			fill_row(rows, &t, netns, new_row(rows));
	}
	return table_close(&t);
}

static int read_all_netns(struct rows *rows, size_t *shown)
{
	struct netns *all;
	bool denied;
	size_t n = netns_all(&all, &denied), i;
	int status = denied ? EXIT_DENIED : 0, one;

	for (i = 0; i < n; i++) {
		if (netns_switch(&all[i])) {
			warn("network namespace %s", all[i].name);
			status = EXIT_DENIED;
			continue;
		}
		filter_forget();
		one = read_connections(rows, all[i].name, shown);
		status = status ? status : one;
	}
	netns_free(all, n);
	return status;
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
	struct rows rows = { .o = o };
	size_t shown = 0;
	int status;

	(void)argc;
	(void)argv;
	if (o->file && (o->all_netns || o->processes))
		errx(EXIT_USAGE, "a file does not tell namespaces or processes");
	if (o->file && o->filter.since)
		errx(EXIT_USAGE, "--since: the list of a file tells no times");
	status = o->all_netns ? read_all_netns(&rows, &shown) :
		 read_connections(&rows, "", &shown);
	print_rows(&rows);
	free(rows.cells);
	return status ? status : shown ? 0 : EXIT_NONE;
}
