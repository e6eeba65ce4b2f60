/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading the files of the module: lines of fields that the header names.
 */
#ifndef TCPTRACECTL_ABI_H
#define TCPTRACECTL_ABI_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define ABI_VERSION	1
#define MAX_FIELDS	64

/**
 * struct table - an open file of the ABI
 * @file: the stream
 * @path: its name, for messages
 * @header: the header line, cut into @names
 * @names: the names of the fields
 * @nnames: how many
 * @line: the current line, cut into @values
 * @size: what getline() allocated
 * @values: the fields of the current line, as @names
 * @lineno: its number
 * @malformed: lines that could not be understood
 * @child: the process that writes them, 0: none
 * @broken: the child did not come to the end of its input
 */
struct table {
	FILE *file;
	const char *path;
	char *header;
	const char *names[MAX_FIELDS];
	unsigned int nnames;
	char *line;
	size_t size;
	char *values[MAX_FIELDS];
	unsigned int lineno;
	unsigned int malformed;
	pid_t child;
	int broken;
};

enum row { ROW_END, ROW_EVENT, ROW_LOST };

void table_open(struct table *t, const char *path);
void table_attach(struct table *t, const char *path, FILE *file, pid_t child);
void table_require(const struct table *t, const char * const *names);
enum row table_next(struct table *t);
bool table_has(const struct table *t, const char *name);
const char *table_get(const struct table *t, const char *name);
int table_close(struct table *t);
bool table_lost(const struct table *t, unsigned long long *lost,
		unsigned long long *before);
struct json_t *table_json(const struct table *t);
void json_print(struct json_t *object);
void table_print_json(const struct table *t);

#endif
