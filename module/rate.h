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
 * @at: when tokens were last added, in units of 64 ms
 * @used: tokens that are gone
 *
 * All zero is a full bucket. The owner's lock protects it.
 */
struct tt_rate {
	__u32 at;
	__u32 used;
};

/* true: one token was there and has been taken */
static inline bool tt_rate_take(struct tt_rate *rate, __u64 now)
{
	__u32 more = (__u32)(now >> TT_RATE_MS_EACH_LOG2) - rate->at;

	rate->used = more < rate->used ? rate->used - more : 0;
	rate->at += more;
	if (rate->used >= TT_RATE_BURST)
		return false;
	rate->used++;
	return true;
}

#endif
