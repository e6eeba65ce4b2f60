// SPDX-License-Identifier: GPL-2.0
#include "timeout.h"

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

/* whichever end is first; true: something has changed */
static bool run_out_due(struct tt_conn *conn, const struct tt_limits *limits,
			__u64 now, struct tt_result *res)
{
	bool unproven = tt_track_unproven(conn), moved = false;
	__u64 due[2];
	unsigned int i;

	for (i = 0; i < 2; i++)
		due[i] = tt_end_deadline(conn, &conn->end[i], limits, unproven,
					 now);
	for (i = 0; i < 2; i++)
		if (due[i] <= now)
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
 * when no segment was seen for so long. Also keeps old stamps from looking new
 * again, if it is called once a year.
 *
 * Return: false when the connection has ended and was remembered for long
 * enough: remove it.
 */
bool tt_track_timeouts(struct tt_conn *conn, const struct tt_limits *limits,
		       __u64 now, struct tt_result *res)
{
	tt_stamp_hold(&conn->opened, now);
	tt_stamp_hold(&conn->warm[0].since, now);
	tt_stamp_hold(&conn->warm[1].since, now);
	tt_result_init(res);
	while (run_out_due(conn, limits, now, res))
		;	/* what is due depends on both states */
	return !tt_track_ended(conn) || tt_track_deadline(conn, limits, now) > now;
}
