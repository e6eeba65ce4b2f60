// SPDX-License-Identifier: GPL-2.0
#include <linux/ktime.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include "recorder.h"

unsigned int tt_flight_recorder __read_mostly;
DEFINE_STATIC_KEY_FALSE(tt_recorders);

/**
 * tt_recorder_init - once tt_flight_recorder is what it will be
 *
 * Context: may sleep.
 */
void tt_recorder_init(void)
{
	if (tt_flight_recorder)
		static_branch_enable(&tt_recorders);
}

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
 * @gfp: how to allocate it
 *
 * Context: any but hard interrupts.
 * Return: the recorder, for kfree(); NULL without memory.
 */
struct tt_recorder *tt_recorder_create(gfp_t gfp)
{
	return kzalloc(tt_recorder_size(), gfp);
}

static u32 after(u32 i)
{
	return ++i == tt_flight_recorder ? 0 : i;
}

/* addresses and ports may be in use again: then numbers begin again, too */
static bool is_first(const struct tt_recorder *recorder, u64 conn)
{
	u32 last = (recorder->next ?: tt_flight_recorder) - 1;

	return !recorder->n || recorder->ring[last].conn != conn;
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
	struct tt_record rec;
	u32 oldest;

	if (!tt_record_fill(conn, seg, res, &rec))
		return;
	rec.time_ns = ktime_get_real_ns();
	if (is_first(recorder, rec.conn))
		rec.has |= TT_RECORD_FIRST;
	recorder->ring[recorder->next] = rec;
	recorder->next = after(recorder->next);
	if (recorder->n < tt_flight_recorder)
		recorder->n++;
	oldest = recorder->n < tt_flight_recorder ? 0 : recorder->next;
	if (recorder->ring[oldest].has & TT_RECORD_FIRST)
		recorder->first = 1;
	else
		recorder->first++;
}

/**
 * tt_recorder_copy - what a recorder holds, the oldest first
 * @recorder: the recorder; its connection is locked
 * @records: tt_flight_recorder of them
 * @first: the number of the first among those of its connection, from 1;
 *	they go on by one, and begin again at each TT_RECORD_FIRST
 *
 * Return: how many there are.
 */
unsigned int tt_recorder_copy(const struct tt_recorder *recorder,
			      struct tt_record *records, u64 *first)
{
	u32 head = recorder->next, tail = recorder->n - head;

	*first = recorder->first;
	if (recorder->n < tt_flight_recorder) {
		memcpy(records, recorder->ring, head * sizeof(*records));
		return head;
	}
	memcpy(records, recorder->ring + head, tail * sizeof(*records));
	memcpy(records + tail, recorder->ring, head * sizeof(*records));
	return recorder->n;
}
