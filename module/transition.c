// SPDX-License-Identifier: GPL-2.0
#include "track.h"

/**
 * tt_result_add - note a transition, or a verdict's line
 * @res: where
 * @conn: the connection
 * @end: one of its ends
 * @from: enum tt_state
 * @to: enum tt_state
 * @basis: what it stands on
 */
void tt_result_add(struct tt_result *res, const struct tt_conn *conn,
		   const struct tt_end *end, __u8 from, __u8 to,
		   enum tt_basis basis)
{
	struct tt_transition *t;

	if (res->ntransitions == TT_TRANSITIONS_MAX)
		return;
	t = &res->transitions[res->ntransitions++];
	t->id = tt_end_id(end);
	t->end = end - conn->end;
	t->role = end->role;
	t->from = from;
	t->to = to;
	t->basis = basis;
}

/**
 * tt_transition - let something happen to an endpoint
 * @conn: the connection
 * @end: one of its ends
 * @kind: what happens
 * @basis: what we know it from
 * @now: milliseconds
 * @res: notes the transition
 *
 * Return: false if the table has no such edge; then nothing changes.
 */
bool tt_transition(struct tt_conn *conn, struct tt_end *end,
		   enum tt_event_kind kind, enum tt_basis basis, __u64 now,
		   struct tt_result *res)
{
	enum tt_state to = tt_fsm[end->state][kind].to;

	if (to == TT_UNKNOWN)
		return false;
	tt_result_add(res, conn, end, end->state, to, basis);
	end->state = to;
	tt_rare(end)->since = now;
	return true;
}
