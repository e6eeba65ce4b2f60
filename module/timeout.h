/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When a connection is to be looked at, for want of segments.
 */
#ifndef _TCPTRACE_TIMEOUT_H
#define _TCPTRACE_TIMEOUT_H

#include <linux/kernel.h>
#include "track.h"

#define TT_NEVER (~0ULL)

static inline __u64 tt_limit_ms(const struct tt_limits *limits,
				enum tt_state state)
{
	return (__u64)limits->seconds[state] * 1000;
}

/* TT_NEVER: this end waits for nothing */
static inline __u64 tt_end_deadline(const struct tt_conn *conn,
				    const struct tt_end *end,
				    const struct tt_limits *limits,
				    bool unproven, __u64 now)
{
	__u64 limit = tt_limit_ms(limits, end->state);

	if (tt_end_has_ended(end))
		return TT_NEVER;
	if (end->state == TT_TIME_WAIT)
		return tt_stamp_ms(tt_warm(end)->since, now) + limit;
	if (unproven && tt_limit_ms(limits, TT_UNKNOWN) < limit)
		limit = tt_limit_ms(limits, TT_UNKNOWN);
	return tt_stamp_ms(conn->last, now) + limit;
}

/**
 * tt_track_deadline - when is something due?
 * @conn: the connection; locked by the caller
 * @limits: how long each state lasts
 * @now: milliseconds, of the clock that tt_sighting.now is of
 *
 * Return: milliseconds of that clock, up to 15 too late; when both ends have
 * ended, the time at which the connection may be forgotten.
 */
static __always_inline __u64
tt_track_deadline(const struct tt_conn *conn, const struct tt_limits *limits,
		  __u64 now)
{
	const struct tt_end *end = conn->end;
	bool unproven = tt_track_unproven(conn);
	__u64 due[2] = { tt_end_deadline(conn, &end[0], limits, unproven, now),
			 tt_end_deadline(conn, &end[1], limits, unproven, now) };
	__u64 next = min_t(__u64, due[0], due[1]);
	__u64 quiet = tt_stamp_ms(conn->last, now);
	unsigned int i;

	if (next != TT_NEVER)
		return next;
	for (i = 0; i < 2; i++) {
		__u64 since = tt_stamp_ms(conn->warm[i].since, now);

		if (since > quiet)
			quiet = since;
	}
	return quiet + tt_limit_ms(limits, TT_CLOSED);
}

#endif
