/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The event log: a bounded ring, formatted only when somebody reads.
 */
#ifndef _TCPTRACE_LOG_H
#define _TCPTRACE_LOG_H

#include <linux/prefetch.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include "event.h"

#define TT_LOG_EVENTS_MIN	64
#define TT_LOG_EVENTS_MAX	1048576
#define TT_LOG_EVENTS_DEFAULT	8192

/**
 * struct tt_log - the last events of a network namespace
 * @lock: protects @ring and @next; taken with BHs off, innermost. It orders who
 *	queues in @wait against who appends
 * @ring: the event numbered n stands at n & @mask
 * @mask: number of events less one, a power of two less one
 * @next: number of the next event; the first is 1
 * @wait: readers that poll
 * @waker: wakes them a jiffy after an event, so that the way of a segment is
 *	the same for one reader and for a hundred
 */
struct tt_log {
	spinlock_t lock;	/* of the ring */
	struct tt_event *ring;
	u32 mask;
	u64 next;
	wait_queue_head_t wait;
	struct timer_list waker;
};

int tt_log_init(struct tt_log *log, unsigned int events);
void tt_log_close(struct tt_log *log);
void tt_log_free(struct tt_log *log);
void tt_log_wake(struct tt_log *log);
u64 tt_log_next(struct tt_log *log);
u64 tt_log_oldest(struct tt_log *log);
bool tt_log_get(struct tt_log *log, u64 *seqno, u64 *lost,
		struct tt_event *ev);

/**
 * tt_log_begin - before events of one moment are appended
 * @log: the log; nobody else reads or appends until tt_log_end()
 *
 * Context: BHs are off.
 * Return: their time.
 */
static __always_inline u64 tt_log_begin(struct tt_log *log)
	__acquires(&log->lock)
{
	spin_lock(&log->lock);
	return ktime_get_real_ns();
}

/* the next event's place, which nobody has touched for a turn of the ring */
static __always_inline void tt_log_prefetch(const struct tt_log *log)
{
	const struct tt_event *ev = &log->ring[log->next & log->mask];

	prefetchw(ev);
	prefetchw(&ev->seq);
}

/**
 * tt_log_end - after that
 * @log: the log
 */
static __always_inline void tt_log_end(struct tt_log *log)
	__releases(&log->lock)
{
	bool awaited;

	tt_log_prefetch(log);
	/* under the lock, which poll() takes after queueing, to look */
	awaited = waitqueue_active(&log->wait);
	spin_unlock(&log->lock);
	if (awaited)
		tt_log_wake(log);
}

/**
 * tt_log_next_event - append an event, overwriting the oldest
 * @log: the log, between tt_log_begin() and tt_log_end()
 * @time_ns: what tt_log_begin() returned
 *
 * Return: the event; the caller writes all the rest of it.
 */
static inline struct tt_event *tt_log_next_event(struct tt_log *log,
						 u64 time_ns)
{
	struct tt_event *ev = &log->ring[log->next & log->mask];

	ev->seqno = log->next++;
	ev->time_ns = time_ns;
	return ev;
}

#endif
