/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which lines are asked for.
 */
#ifndef TCPTRACECTL_FILTER_H
#define TCPTRACECTL_FILTER_H

#include <stdbool.h>
#include "abi.h"

/**
 * struct filter - what the command line asks for; NULL: whatever it is
 * @state: comma-separated states
 * @verdict: comma-separated verdicts
 * @addr: ADDRESS[/PREFIX]
 * @port: a port as text
 * @conn: number of a connection as text
 * @pid: a process that has the socket, as text
 * @comm: comma-separated names of processes
 * @uid: the socket's user: a number or a name
 * @since: a duration back from now, or a time
 */
struct filter {
	const char *state;
	const char *verdict;
	const char *addr;
	const char *port;
	const char *conn;
	const char *pid;
	const char *comm;
	const char *uid;
	const char *since;
};

void filter_check(const struct filter *f, bool from_file);
bool filter_is_set(const struct filter *f);
bool filter_by_process(const struct filter *f);
bool filter_names(const struct table *t, int argc, char **argv);
bool filter_match(const struct filter *f, const struct table *t);
void filter_forget(void);
bool filter_is_number(const char *s);
bool filter_in_list(const char *list, const char *name);

#endif
