// SPDX-License-Identifier: GPL-2.0
/* Where lines come from: the module's files, a saved one, or a capture. */
#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ctl.h"

/* the capture is read by a process of its own, which writes the lines */
static FILE *spawn_replay(const struct options *o, const char *path,
			  enum replay_view view, pid_t *child)
{
	struct replay_options options = o->replay;
	int ends[2], status;

	if (pipe(ends))
		err(EXIT_INPUT, "pipe");
	fflush(stdout);
	*child = fork();
	if (*child < 0)
		err(EXIT_INPUT, "fork");
	if (!*child) {
		signal(SIGINT, SIG_DFL);
		close(ends[0]);
		options.view = view;
		options.out = fdopen(ends[1], "w");
		status = replay(path, &options);
		fclose(options.out);
		_exit(status);
	}
	close(ends[1]);
	return fdopen(ends[0], "r");
}

/**
 * source_open - open what a command reads
 * @t: filled in
 * @o: the options; file: a saved file or a capture, or NULL
 * @view: which of the module's files
 *
 * Ends the program with the documented exit code if that is not possible.
 */
void source_open(struct table *t, const struct options *o,
		 enum replay_view view)
{
	static const char * const files[] = {
		[REPLAY_TRANSITIONS]	= PROC_TRANSITIONS,
		[REPLAY_CONNECTIONS]	= PROC_CONNECTIONS,
		[REPLAY_STAT]		= PROC_STAT,
		[REPLAY_SEGMENTS]	= PROC_SEGMENTS,
	};
	FILE *lines;
	pid_t child;

	if (!o->file) {
		table_open(t, files[view]);
	} else if (!o->capture && !replay_is_capture(o->file)) {
		table_open(t, o->file);
	} else {
		lines = spawn_replay(o, o->file, view, &child);
		table_attach(t, o->file, lines, child);
	}
}
