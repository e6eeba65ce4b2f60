// SPDX-License-Identifier: GPL-2.0
/*
 * A GNU make function, $(tt-exec VARIABLES,PROGRAM): runs PROGRAM in place of make.
 *
 * make answers any failing recipe with status 2, but `make vm' promises the status of its command.
 * VARIABLES go into the program's environment as they were given, without make's expansion of `$'.
 */
#include <gnumake.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int plugin_is_GPL_compatible;

static void export_raw(const char *variable)
{
	char expression[128];
	char *value;

	snprintf(expression, sizeof(expression), "$(value %s)", variable);
	value = gmk_expand(expression);
	setenv(variable, value ? value : "", 1);
	gmk_free(value);
}

static char *tt_exec(const char *name, unsigned int argc, char **argv)
{
	char *const program[] = { argv[1], NULL };
	char *variable;

	(void)argc;
	for (variable = strtok(argv[0], " "); variable; variable = strtok(NULL, " "))
		export_raw(variable);
	fflush(NULL);
	execv(program[0], program);
	perror(name);
	_exit(125);
}

int tt_exec_setup(const gmk_floc *where)
{
	(void)where;
	gmk_add_function("tt-exec", tt_exec, 2, 2, GMK_FUNC_DEFAULT);
	return 1;
}
