/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sequence number arithmetic, modulo 2^32 (RFC 9293 3.4).
 *
 * Two numbers compare as the signed difference says, so a comparison is
 * right when they are less than 2^31 apart.
 */
#ifndef _TCPTRACE_SEQ_H
#define _TCPTRACE_SEQ_H

#include <linux/types.h>

/* a < b */
static __always_inline bool tt_before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

/* a > b */
static __always_inline bool tt_after(__u32 a, __u32 b)
{
	return tt_before(b, a);
}

/* low <= n <= high */
static __always_inline bool tt_between(__u32 n, __u32 low, __u32 high)
{
	return high - low >= n - low;
}

/* the later of two */
static __always_inline __u32 tt_seq_max(__u32 a, __u32 b)
{
	return tt_before(a, b) ? b : a;
}

#endif
