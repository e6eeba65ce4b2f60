/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A wheel of coarse ticks: things that are to be looked at, each in its tick.
 *
 * Setting a thing, and taking it off, is a matter of two pointers; nobody
 * moves it while its time only gets later. Who looks at it finds that out.
 */
#ifndef _TCPTRACE_WHEEL_H
#define _TCPTRACE_WHEEL_H

#include <linux/list.h>
#include <linux/types.h>

#define TT_TICK_MS_LOG2 10	/* a tick is 1024 ms */

/* 2^(levels - 1) ticks, 35 minutes: what is further off is sorted so often */
#define TT_WHEEL_LEVELS 12

/* things that are sorted in one go, under the owner's lock */
#define TT_WHEEL_BATCH 64

/**
 * struct tt_due - something on a wheel, or on none
 * @link: unhashed: on none
 * @tick: in which it is to be looked at
 * @mark: what its owner likes to have in this room
 */
struct tt_due {
	struct hlist_node link;
	__u32 tick;
	__u8 mark;
};

/**
 * struct tt_wheel - things by their ticks
 * @now: the tick up to which it was turned
 * @levels: in [n], what has a tick that first differs from @now in bit n; in
 *	the last, what differs in higher bits, too
 * @unsorted: what was in a level when that bit of @now changed
 *
 * When bit n of @now changes, the lower ones become zero, and each thing of
 * that level is due, or differs from @now in a lower bit. So a thing is sorted
 * once for each bit of the time that it waits, at most. The owner locks.
 */
struct tt_wheel {
	__u32 now;
	struct hlist_head levels[TT_WHEEL_LEVELS];
	struct hlist_head unsorted;
};

/* the tick of a time in milliseconds */
static inline __u32 tt_tick(__u64 ms)
{
	return ms >> TT_TICK_MS_LOG2;
}

/* the first tick that begins after a time in milliseconds */
static inline __u32 tt_tick_after(__u64 ms)
{
	return tt_tick(ms) + 1;
}

void tt_wheel_init(struct tt_wheel *wheel, __u32 now);
bool tt_wheel_is_empty(const struct tt_wheel *wheel);
void tt_wheel_set(struct tt_wheel *wheel, struct tt_due *due, __u32 tick);
bool tt_wheel_turn(struct tt_wheel *wheel, __u32 now, struct tt_due **due);

static inline void tt_due_init(struct tt_due *due)
{
	INIT_HLIST_NODE(&due->link);
	due->tick = 0;
	due->mark = 0;
}

/* take it off the wheel, if it is on one */
static inline void tt_due_remove(struct tt_due *due)
{
	hlist_del_init(&due->link);
}

static inline bool tt_due_is_set(const struct tt_due *due)
{
	return !hlist_unhashed(&due->link);
}

#endif
