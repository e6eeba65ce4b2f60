/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connections of a capture, and when something is due for each.
 */
#ifndef REPLAY_FLOW_H
#define REPLAY_FLOW_H

#include "rate.h"
#include "track.h"

/**
 * struct flow - a connection in the table
 * @next: in its bucket
 * @due: when it is looked at again, milliseconds; not later than
 *	tt_track_deadline()
 * @place: where it stands in the heap
 * @records: with REPLAY_SEGMENTS, how many were written of @recorded
 * @recorded: number of the connection
 * @conn: the connection
 * @rare: its tt_conn.rare
 * @rate: of its lines without a transition
 */
struct flow {
	struct flow *next;
	__u64 due;
	size_t place;
	__u64 records;
	__u64 recorded;
	struct tt_conn conn;
	struct tt_rare rare[2];
	struct tt_rate rate;
};

/**
 * struct flows - hash table of flows, and a heap of them by @due
 * @buckets: heads; @mask + 1 of them
 * @heap: the one that is due first stands at 0
 * @mask: a power of two less one
 * @count: flows in both
 * @room: of @heap
 */
struct flows {
	struct flow **buckets;
	struct flow **heap;
	size_t mask;
	size_t count;
	size_t room;
};

void flows_init(struct flows *flows);
void flows_free(struct flows *flows);
struct flow *flow_find(const struct flows *flows, const struct tt_tuple *tuple);
struct flow *flow_add(struct flows *flows, const struct tt_tuple *tuple,
		      __u64 due);
struct flow *flow_first_due(const struct flows *flows, __u64 now);
void flow_set_due(struct flows *flows, struct flow *flow, __u64 due);
void flow_remove(struct flows *flows, struct flow *flow);

#endif
