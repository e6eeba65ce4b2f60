/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A time in half the room: 32 bits of 16 ms, two years.
 */
#ifndef _TCPTRACE_STAMP_H
#define _TCPTRACE_STAMP_H

#include <linux/types.h>

#define TT_STAMP_MS_LOG2 4

/* the clock of the CPU that took it may be ahead, but not by three days */
#define TT_STAMP_AHEAD 0x01000000U

#define TT_STAMP_OLDEST 0x80000000U

static __always_inline __u64 tt_stamps_in(__u64 ms)
{
	return (ms + (1 << TT_STAMP_MS_LOG2) - 1) >> TT_STAMP_MS_LOG2;
}

/* of a time in milliseconds, rounded up: nothing that is due is early */
static __always_inline __u32 tt_stamp(__u64 ms)
{
	return tt_stamps_in(ms);
}

/**
 * tt_stamp_age - how long ago was it?
 * @stamp: not older than two years, see tt_stamp_hold()
 * @now: milliseconds
 *
 * Return: milliseconds, 15 more or less; 0 if it is still to come.
 */
static inline __u64 tt_stamp_age(__u32 stamp, __u64 now)
{
	__u32 age = tt_stamp(now) - stamp;

	return age > -TT_STAMP_AHEAD ? 0 : (__u64)age << TT_STAMP_MS_LOG2;
}

/* when was it? In milliseconds, up to 15 too late */
static inline __u64 tt_stamp_ms(__u32 stamp, __u64 now)
{
	return (tt_stamps_in(now) << TT_STAMP_MS_LOG2) -
	       tt_stamp_age(stamp, now);
}

/* it would look new again later: what is older than 397 days stays so old */
static inline void tt_stamp_hold(__u32 *stamp, __u64 now)
{
	__u32 age = tt_stamp(now) - *stamp;

	if (age > TT_STAMP_OLDEST && age <= -TT_STAMP_AHEAD)
		*stamp = tt_stamp(now) - TT_STAMP_OLDEST;
}

#endif
