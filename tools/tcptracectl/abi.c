// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ctl.h"

static void open_failed(const char *path)
{
	if (errno == EACCES || errno == EPERM)
		errx(EXIT_DENIED, "%s: %s: needs CAP_NET_ADMIN in the network namespace: try as root",
		     path, strerror(errno));
	if (errno == ENOENT && !strncmp(path, "/proc/", 6))
		errx(EXIT_MODULE, "%s is not there: the module tcptrace is not loaded: insmod tcptrace.ko or modprobe tcptrace",
		     path);
	err(EXIT_INPUT, "%s", path);
}

static unsigned int cut(char *line, char **fields, unsigned int max)
{
	unsigned int n = 0;
	char *save, *field;

	for (field = strtok_r(line, "\n ", &save); field && n < max;
	     field = strtok_r(NULL, "\n ", &save))
		fields[n++] = field;
	return n;
}

/**
 * table_open - open a file of the ABI and read its header
 * @t: filled in
 * @path: the file
 *
 * Ends the program with the documented exit code if that is not possible.
 */
void table_open(struct table *t, const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file)
		open_failed(path);
	table_attach(t, path, file, 0);
}

/* the exit status of the child that failed is ours */
static void end_child(struct table *t)
{
	int status = 0;

	if (!t->child)
		return;
	while (waitpid(t->child, &status, 0) < 0 && errno == EINTR)
		;
	t->child = 0;
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPIPE)
		t->broken = EXIT_INPUT;
	else if (WIFEXITED(status))
		t->broken = WEXITSTATUS(status);
}

/**
 * table_attach - read the header of a file of the ABI
 * @t: filled in
 * @path: a name for messages
 * @file: the open file
 * @child: the process that writes it, 0: none
 *
 * Ends the program with the documented exit code if that is not possible.
 */
void table_attach(struct table *t, const char *path, FILE *file, pid_t child)
{
	char *fields[MAX_FIELDS], *end;
	size_t size = 0;
	unsigned int i, n;
	long version;

	memset(t, 0, sizeof(*t));
	t->path = path;
	t->file = file;
	t->child = child;
	errno = 0;
	if (getline(&t->header, &size, t->file) < 0) {
		end_child(t);
		if (t->broken)	/* it has said why */
			exit(t->broken);
		if (errno)
			open_failed(path);
		errx(EXIT_INPUT, "%s is empty", path);
	}
	t->lineno = 1;
	n = cut(t->header, fields, MAX_FIELDS);
	if (n < 3 || strcmp(fields[0], "#") || strcmp(fields[1], "tcptrace"))
		errx(EXIT_INPUT, "%s:1: no \"# tcptrace VERSION\" line", path);
	version = strtol(fields[2], &end, 10);
	if (*end || version != ABI_VERSION)
		errx(EXIT_ABI, "%s: ABI version %s is not understood, only %d: module and tcptracectl are of different releases",
		     path, fields[2], ABI_VERSION);
	for (i = 3; i < n; i++)
		t->names[t->nnames++] = fields[i];
}

/**
 * table_has - is there such a field?
 * @t: the table
 * @name: its name
 *
 * Return: true if there is.
 */
bool table_has(const struct table *t, const char *name)
{
	unsigned int i;

	for (i = 0; i < t->nnames; i++)
		if (!strcmp(t->names[i], name))
			return true;
	return false;
}

/**
 * table_require - make sure that the fields which a command needs are there
 * @t: the table
 * @names: their names, ended by NULL
 */
void table_require(const struct table *t, const char * const *names)
{
	for (; *names; names++)
		if (!table_has(t, *names))
			errx(EXIT_ABI, "%s has no field \"%s\"", t->path,
			     *names);
}

/**
 * table_next - the next line
 * @t: the table
 *
 * A malformed line is reported, counted and passed over.
 *
 * Return: ROW_EVENT with the values in @t, ROW_LOST (see table_lost()), or
 * ROW_END at the end of the file; a later call may find more.
 */
enum row table_next(struct table *t)
{
	unsigned int n;

	clearerr(t->file);
	for (;;) {
		errno = 0;
		if (getline(&t->line, &t->size, t->file) < 0) {
			if (errno && errno != EINTR && errno != EAGAIN)
				err(EXIT_INPUT, "%s", t->path);
			return ROW_END;
		}
		t->lineno++;
		if (t->line[0] == '#')
			return ROW_LOST;
		n = cut(t->line, t->values, MAX_FIELDS);
		if (n == t->nnames)
			return ROW_EVENT;
		t->malformed++;
		warnx("%s:%u: %u fields where the header names %u", t->path,
		      t->lineno, n, t->nnames);
	}
}

/**
 * table_get - a field of the current line
 * @t: the table
 * @name: its name, one that table_require() has seen
 *
 * Return: its text, "-" if there is no such field.
 */
const char *table_get(const struct table *t, const char *name)
{
	unsigned int i;

	for (i = 0; i < t->nnames; i++)
		if (!strcmp(t->names[i], name))
			return t->values[i];
	return "-";
}

/**
 * table_lost - what a line says that tells of lost events
 * @t: the table, after ROW_LOST
 * @lost: how many
 * @before: number of the event after the gap
 *
 * Return: false if it is some other remark.
 */
bool table_lost(const struct table *t, unsigned long long *lost,
		unsigned long long *before)
{
	return sscanf(t->line, "# lost %llu events before seqno %llu", lost,
		      before) == 2;
}

/**
 * table_close - done with a file
 * @t: the table
 *
 * Return: 0, or EXIT_INPUT if lines were malformed or the input broke off.
 */
int table_close(struct table *t)
{
	fclose(t->file);
	end_child(t);
	free(t->header);
	free(t->line);
	return t->malformed ? EXIT_INPUT : t->broken;
}

/* numbers as numbers, "-" and "unknown" as null */
static json_t *value_of(const char *name, const char *text)
{
	char *end;
	long long n;

	if (!strcmp(text, "-") || !strcmp(text, "unknown"))
		return json_null();
	if (!strcmp(text, "yes") || !strcmp(text, "no"))
		return json_boolean(text[0] == 'y');
	errno = 0;
	n = strtoll(text, &end, 10);
	if (!errno && end != text && !*end)
		return json_integer(n);
	/* seconds of an age; the time of an event needs all its digits */
	if (*end == '.' && strcmp(name, "time") && !strchr(text, ':'))
		return json_real(strtod(text, NULL));
	return json_string(text);
}

/**
 * table_json - the current line as a JSON object
 * @t: the table, after ROW_EVENT or ROW_LOST
 *
 * Return: the object, for json_print().
 */
json_t *table_json(const struct table *t)
{
	json_t *object = json_object();
	unsigned long long lost, before;
	unsigned int i;

	if (t->line[0] == '#') {
		if (table_lost(t, &lost, &before)) {
			json_object_set_new(object, "lost", json_integer(lost));
			json_object_set_new(object, "before_seqno",
					    json_integer(before));
		}
		return object;
	}
	for (i = 0; i < t->nnames; i++)
		json_object_set_new(object, t->names[i],
				    value_of(t->names[i], t->values[i]));
	return object;
}

/**
 * json_print - one JSON object on a line
 * @object: freed
 */
void json_print(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

/**
 * table_print_json - the current line as one JSON object
 * @t: the table, after ROW_EVENT or ROW_LOST
 */
void table_print_json(const struct table *t)
{
	json_print(table_json(t));
}
