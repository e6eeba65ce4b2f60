// SPDX-License-Identifier: GPL-2.0
#include "track.h"

static __u64 limit_ms(const struct tt_limits *limits, enum tt_state state)
{
	return (__u64)limits->seconds[state] * 1000;
}

/* 0: this end waits for nothing */
static __u64 deadline_of(const struct tt_conn *conn, const struct tt_end *end,
			 const struct tt_limits *limits, bool unproven)
{
	__u64 limit = limit_ms(limits, end->state);

	if (tt_end_has_ended(end))
		return 0;
	if (end->state == TT_TIME_WAIT)
		return tt_rare(end)->since + limit;
	if (unproven && limit_ms(limits, TT_UNKNOWN) < limit)
		limit = limit_ms(limits, TT_UNKNOWN);
	return conn->last + limit;
}

static bool run_out(struct tt_conn *conn, struct tt_end *end, __u64 now,
		    struct tt_result *res)
{
	bool quiet_time = end->state == TT_TIME_WAIT;

	if (!tt_transition(end, quiet_time ? TT_EV_2MSL : TT_EV_IDLE,
			   TT_TIMEOUT, now, res))
		return false;
	/* whichever end comes first */
	if (quiet_time && conn->ended == TT_ENDED_TIMEOUT)
		conn->ended = TT_ENDED_FIN;
	if (conn->ended == TT_ENDED_NOT)
		conn->ended = quiet_time ? TT_ENDED_FIN : TT_ENDED_TIMEOUT;
	return true;
}

/**
 * tt_track_deadline - when is something due?
 * @conn: the connection; locked by the caller
 * @limits: how long each state lasts
 *
 * Return: milliseconds of the clock that tt_sighting.now is of; when both
 * ends have ended, the time at which the connection may be forgotten.
 */
__u64 tt_track_deadline(const struct tt_conn *conn,
			const struct tt_limits *limits)
{
	bool unproven = tt_track_unproven(conn);
	__u64 next = 0, quiet = conn->last;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		__u64 at = deadline_of(conn, &conn->end[i], limits, unproven);

		if (at && (!next || at < next))
			next = at;
	}
	if (next)
		return next;
	for (i = 0; i < 2; i++)
		if (conn->rare[i].since > quiet)
			quiet = conn->rare[i].since;
	return quiet + limit_ms(limits, TT_CLOSED);
}

/* whichever end is first; true: something has changed */
static bool run_out_due(struct tt_conn *conn, const struct tt_limits *limits,
			__u64 now, struct tt_result *res)
{
	bool unproven = tt_track_unproven(conn), moved = false;
	__u64 due[2];
	unsigned int i;

	for (i = 0; i < 2; i++)
		due[i] = deadline_of(conn, &conn->end[i], limits, unproven);
	for (i = 0; i < 2; i++)
		if (due[i] && due[i] <= now)
			moved |= run_out(conn, &conn->end[i], now, res);
	return moved;
}

/**
 * tt_track_timeouts - apply what is due
 * @conn: the connection; locked by the caller
 * @limits: how long each state lasts
 * @now: milliseconds, of the clock that tt_sighting.now is of
 * @res: filled in: the transitions of basis timeout
 *
 * TIME-WAIT ends 2MSL after it was entered (RFC 9293 3.10.8); any other state
 * when no segment was seen for so long.
 *
 * Return: false when the connection has ended and was remembered for long
 * enough: remove it.
 */
bool tt_track_timeouts(struct tt_conn *conn, const struct tt_limits *limits,
		       __u64 now, struct tt_result *res)
{
	tt_result_init(res);
	while (run_out_due(conn, limits, now, res))
		;	/* what is due depends on both states */
	return !tt_track_ended(conn) || tt_track_deadline(conn, limits) > now;
}
