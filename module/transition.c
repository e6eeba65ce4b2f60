// SPDX-License-Identifier: GPL-2.0
#include "transition.h"

/**
 * tt_result_add_line - note a verdict's line
 * @res: where
 * @end: whose
 * @basis: what it stands on
 */
void tt_result_add_line(struct tt_result *res, const struct tt_end *end,
			enum tt_basis basis)
{
	tt_result_add(res, tt_conn_of(end), end, end->index, end->state,
		      end->state, basis);
}

/**
 * tt_transition - let something happen to an endpoint
 * @end: one end of a connection
 * @kind: what happens
 * @basis: what we know it from
 * @now: milliseconds
 * @res: notes the transition
 *
 * Return: false if the table has no such edge; then nothing changes.
 */
bool tt_transition(struct tt_end *end, enum tt_event_kind kind,
		   enum tt_basis basis, __u64 now, struct tt_result *res)
{
	return tt_transition_here(tt_conn_of(end), end, end->index, kind, basis,
				  now, res);
}

/**
 * tt_track_event - one entry of a result as the event log holds it
 * @conn: the connection
 * @seg: the segment; NULL after tt_track_timeouts()
 * @res: the result
 * @i: which of its transitions
 * @ev: filled in, but for seqno and time_ns; each field of it is written, for
 *	it may be a place in the log that held another event
 */
void tt_track_event(const struct tt_conn *conn, const struct tt_segment *seg,
		    const struct tt_result *res, unsigned int i,
		    struct tt_event *ev)
{
	tt_track_event_here(conn, seg, res, i, ev);
}

/**
 * tt_stray_event - a segment that belongs to no connection, for the event log
 * @tuple: normalised
 * @src: which end of it sent the segment
 * @seg: the segment
 * @verdict: what is wrong with it
 * @ev: filled in, as by tt_track_event()
 */
void tt_stray_event(const struct tt_tuple *tuple, unsigned int src,
		    const struct tt_segment *seg, enum tt_verdict verdict,
		    struct tt_event *ev)
{
	ev->conn = 0;
	ev->tuple = *tuple;
	ev->client = src;
	ev->endpoint = TT_NO_ROLE;
	ev->from = 0;
	ev->to = 0;
	ev->basis = 0;
	ev->verdict = verdict;
	tt_put_segment(ev, seg, seg->win);
}
