// SPDX-License-Identifier: GPL-2.0
#include <linux/ktime.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include "recorder.h"

unsigned int tt_flight_recorder;

/**
 * tt_recorder_size - what a connection's recorder takes
 *
 * Return: bytes, 0: recorders are off.
 */
size_t tt_recorder_size(void)
{
	const struct tt_recorder *recorder = NULL;

	return tt_flight_recorder ?
		struct_size(recorder, ring, tt_flight_recorder) : 0;
}

/**
 * tt_recorder_create - an empty recorder
 *
 * Context: any but hard interrupts.
 * Return: the recorder, for kfree(); NULL without memory.
 */
struct tt_recorder *tt_recorder_create(void)
{
	return kzalloc(tt_recorder_size(), GFP_ATOMIC | __GFP_NOWARN);
}

/**
 * tt_recorder_add - keep a segment or a timeout, overwriting the oldest
 * @recorder: the recorder
 * @conn: its connection, locked
 * @seg: the segment; NULL for a timeout
 * @res: what became of it
 */
void tt_recorder_add(struct tt_recorder *recorder, const struct tt_conn *conn,
		     const struct tt_segment *seg, const struct tt_result *res)
{
	struct tt_record *rec = &recorder->ring[recorder->next];
	struct tt_record new;

	if (!tt_record_fill(conn, seg, res, &new))
		return;
	new.time_ns = ktime_get_real_ns();
	*rec = new;
	recorder->total++;
	if (++recorder->next == tt_flight_recorder)
		recorder->next = 0;
}

/**
 * tt_recorder_copy - what a recorder holds, the oldest first
 * @recorder: the recorder; its connection is locked
 * @records: tt_flight_recorder of them
 * @first: the number of the first, counted from 1
 *
 * Return: how many there are.
 */
unsigned int tt_recorder_copy(const struct tt_recorder *recorder,
			      struct tt_record *records, u64 *first)
{
	unsigned int head = recorder->next, tail = tt_flight_recorder - head;

	if (recorder->total < tt_flight_recorder) {
		memcpy(records, recorder->ring, head * sizeof(*records));
		*first = 1;
		return head;
	}
	memcpy(records, recorder->ring + head, tail * sizeof(*records));
	memcpy(records + tail, recorder->ring, head * sizeof(*records));
	*first = recorder->total - tt_flight_recorder + 1;
	return tt_flight_recorder;
}
