/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core at work on one connection, and what must hold after each step.
 */
#ifndef FUZZ_WITNESS_H
#define FUZZ_WITNESS_H

#include "track.h"

/**
 * struct witness - a connection as the module would follow it
 * @conn: the connection
 * @rare: its tt_conn.rare
 * @now: when something was last seen of it, milliseconds
 * @res: what the last segment or timeout was and did
 * @ids: numbers given to connections so far
 * @shift: added to the numbers of the ends, of the game's order
 * @ts_shift: added to their timestamps
 * @swapped: the ends are in the other order
 * @self: one end is both
 */
struct witness {
	struct tt_conn conn;
	struct tt_rare rare[2];
	__u64 now;
	struct tt_result res;
	__u64 ids;
	__u32 shift[2];
	__u32 ts_shift[2];
	bool swapped;
	bool self;
};

void witness_begin(struct witness *o, bool self, bool other);
struct tt_segment witness_shift(const struct witness *o,
				const struct tt_segment *seg, unsigned int src);
void witness_sees(struct witness *o, const struct tt_sighting *sighting,
		  const struct tt_segment *seg);
void witness_timeouts(struct witness *o, __u64 now);
__u64 witness_deadline(const struct witness *o, __u64 now);
void witnesses_agree(const struct witness *a, const struct witness *b);
void witness_ends(struct witness *o);

#endif
