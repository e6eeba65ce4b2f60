// SPDX-License-Identifier: GPL-2.0
#include "track.h"

static __always_inline void add(struct tt_result *res, const struct tt_end *end,
				__u8 from, __u8 to, enum tt_basis basis)
{
	/* read before bytes are written: those might change it, as far as C goes */
	__u64 id = tt_end_id(end);
	__u8 index = end->index, role = end->role;
	struct tt_transition *t;

	if (res->ntransitions == TT_TRANSITIONS_MAX)
		return;
	t = &res->transitions[res->ntransitions++];
	t->id = id;
	t->end = index;
	t->role = role;
	t->from = from;
	t->to = to;
	t->basis = basis;
}

/**
 * tt_result_add_line - note a verdict's line
 * @res: where
 * @end: whose
 * @basis: what it stands on
 */
void tt_result_add_line(struct tt_result *res, const struct tt_end *end,
			enum tt_basis basis)
{
	add(res, end, end->state, end->state, basis);
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
	enum tt_state from = end->state, to = tt_fsm[from][kind].to;
	struct tt_warm *warm = tt_warm(end);

	if (to == TT_UNKNOWN)
		return false;
	add(res, end, from, to, basis);
	warm->since = tt_stamp(now);
	end->state = to;
	return true;
}
