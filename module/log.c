// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include "compat/timer.h"
#include "log.h"

static void wake_readers(struct timer_list *t)
{
	struct tt_log *log = container_of(t, struct tt_log, waker);

	wake_up_interruptible_poll(&log->wait, EPOLLIN | EPOLLRDNORM);
}

/**
 * tt_log_init - an empty log
 * @log: the log
 * @events: how many it holds, rounded up to a power of two
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int tt_log_init(struct tt_log *log, unsigned int events)
{
	events = roundup_pow_of_two(events);
	log->ring = kvcalloc(events, sizeof(*log->ring), GFP_KERNEL_ACCOUNT);
	if (!log->ring)
		return -ENOMEM;
	log->mask = events - 1;
	log->next = 1;
	spin_lock_init(&log->lock);
	init_waitqueue_head(&log->wait);
	timer_setup(&log->waker, wake_readers, 0);
	return 0;
}

/**
 * tt_log_close - nobody waits for its events any more
 * @log: the log
 *
 * Its files are gone and nothing adds to it any more. What still waits in
 * poll() or epoll is woken and has left the queue when this returns; epoll may
 * hold on to the queue until an RCU grace period is over, see
 * ep_remove_wait_queue().
 *
 * Context: may sleep.
 */
void tt_log_close(struct tt_log *log)
{
	timer_delete_sync(&log->waker);
	wake_up_poll(&log->wait, EPOLLHUP | POLLFREE);
	/* nobody can join the queue any more: no barrier is needed */
	while (waitqueue_active(&log->wait)) {
		msleep(20);
		wake_up_poll(&log->wait, EPOLLHUP | POLLFREE);
	}
}

/**
 * tt_log_free - free the log
 * @log: the log; closed, or nobody has waited for its events yet
 */
void tt_log_free(struct tt_log *log)
{
	kvfree(log->ring);
}

/**
 * tt_log_wake - readers wait for what has been appended
 * @log: the log
 */
void tt_log_wake(struct tt_log *log)
{
	if (!timer_pending(&log->waker))
		mod_timer(&log->waker, jiffies + 1);
}

/**
 * tt_log_next - the number that the next event will have
 * @log: the log
 *
 * Return: the number; 1 if there was no event yet.
 */
u64 tt_log_next(struct tt_log *log)
{
	u64 next;

	spin_lock_bh(&log->lock);
	next = log->next;
	spin_unlock_bh(&log->lock);
	return next;
}

static u64 oldest(const struct tt_log *log)
{
	u64 size = (u64)log->mask + 1;

	return log->next > size ? log->next - size : 1;
}

/**
 * tt_log_oldest - the number of the oldest event that is still held
 * @log: the log
 *
 * Return: the number.
 */
u64 tt_log_oldest(struct tt_log *log)
{
	u64 first;

	spin_lock_bh(&log->lock);
	first = oldest(log);
	spin_unlock_bh(&log->lock);
	return first;
}

/**
 * tt_log_get - the next event of a reader
 * @log: the log
 * @seqno: the number that the reader wants; moved on to what it gets
 * @lost: how many it missed because they were overwritten
 * @ev: filled in
 *
 * Return: false if there is no such event yet.
 */
bool tt_log_get(struct tt_log *log, u64 *seqno, u64 *lost,
		struct tt_event *ev)
{
	bool there;
	u64 first;

	spin_lock_bh(&log->lock);
	first = oldest(log);
	*lost = *seqno < first ? first - *seqno : 0;
	*seqno += *lost;
	there = *seqno < log->next;
	if (there)
		*ev = log->ring[*seqno & log->mask];
	spin_unlock_bh(&log->lock);
	return there;
}
