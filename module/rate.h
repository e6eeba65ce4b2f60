/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A limit on lines that are no transitions: 64 at once, then 16 a second.
 */
#ifndef _TCPTRACE_RATE_H
#define _TCPTRACE_RATE_H

#include <linux/types.h>

#define TT_RATE_BURST		64
#define TT_RATE_MS_EACH_LOG2	6	/* one more every 64 ms */

/**
 * struct tt_rate - a token bucket
 * @at: when tokens were last added, in units of 64 ms, modulo 25 days: who
 *	comes again after exactly that finds tokens missing, no more
 * @used: tokens that are gone
 *
 * All zero is a full bucket. The owner's lock protects it.
 */
struct tt_rate {
	__u32 at : 25;
	__u32 used : 7;
};

/* true: one token was there and has been taken */
static inline bool tt_rate_take(struct tt_rate *rate, __u64 now)
{
	struct tt_rate turn = { .at = (now >> TT_RATE_MS_EACH_LOG2) - rate->at };

	rate->used = turn.at < rate->used ? rate->used - turn.at : 0;
	rate->at += turn.at;
	if (rate->used >= TT_RATE_BURST)
		return false;
	rate->used++;
	return true;
}

/* is all that was taken back by now? */
static inline bool tt_rate_is_idle(const struct tt_rate *rate, __u64 now)
{
	struct tt_rate turn = { .at = (now >> TT_RATE_MS_EACH_LOG2) - rate->at };

	return turn.at >= rate->used;
}

#endif
