/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A capture through the module's core.
 */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include <stdbool.h>
#include <stdio.h>

#define REPLAY_LOCALS_MAX 64

/* exit codes, beside those of ctl.h; see tcptracectl(8) */
#define EXIT_USAGE	2
#define EXIT_INPUT	6	/* unreadable or malformed input */

/**
 * enum replay_view - which of the module's files a replay writes
 * @REPLAY_TRANSITIONS: the transitions
 * @REPLAY_CONNECTIONS: the connections: each when it is forgotten, and those
 *	that are left at the end
 * @REPLAY_STAT: the counters
 * @REPLAY_SEGMENTS: every segment
 */
enum replay_view {
	REPLAY_TRANSITIONS,
	REPLAY_CONNECTIONS,
	REPLAY_STAT,
	REPLAY_SEGMENTS,
};

/**
 * enum replay_checksum - are checksums verified?
 * @REPLAY_CHECKSUM_AUTO: yes, unless most of the first ones, or those of a
 *	source, are wrong: then the capture was rewritten, or taken before the
 *	device filled them in, and they say nothing
 * @REPLAY_CHECKSUM_ALWAYS: yes
 * @REPLAY_CHECKSUM_NEVER: no
 */
enum replay_checksum {
	REPLAY_CHECKSUM_AUTO,
	REPLAY_CHECKSUM_ALWAYS,
	REPLAY_CHECKSUM_NEVER,
};

/**
 * struct replay_options - how to replay
 * @view: what to write
 * @out: where
 * @locals: ADDRESS or ADDRESS/PREFIX of local endpoints
 * @nlocals: how many
 * @checksum: when a wrong checksum makes a segment one that is discarded
 * @progress: show on stderr how far it has come
 */
struct replay_options {
	enum replay_view view;
	FILE *out;
	const char *locals[REPLAY_LOCALS_MAX];
	unsigned int nlocals;
	enum replay_checksum checksum;
	bool progress;
};

bool replay_is_capture(const char *path);
int replay(const char *path, const struct replay_options *options);

#endif
