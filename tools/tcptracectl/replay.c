// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdlib.h>
#include <unistd.h>
#include "ctl.h"

/**
 * cmd_replay - the lines that the module would have written of a capture
 * @o: the options
 * @argc: one word
 * @argv: the file, "-" for standard input
 *
 * Return: 0, or EXIT_INPUT if the capture broke off.
 */
int cmd_replay(const struct options *o, int argc, char **argv)
{
	struct options with_file = *o;

	if (argc != 1)
		errx(EXIT_USAGE, "replay needs one FILE (try --help)");
	with_file.file = argv[0];
	with_file.capture = true;
	with_file.replay.out = stdout;
	with_file.replay.view = o->segments ? REPLAY_SEGMENTS :
					      REPLAY_TRANSITIONS;
	with_file.replay.progress = isatty(STDERR_FILENO) &&
				    !isatty(STDOUT_FILENO);
	if (o->json || filter_is_set(&o->filter))
		return cmd_follow(&with_file, 0, NULL);
	return replay(argv[0], &with_file.replay);
}
