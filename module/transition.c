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
	tt_result_add(res, tt_conn_of(end), end->index, end->state, end->state,
		      basis);
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
	return tt_transition_here(tt_conn_of(end), end->index, kind, basis, now,
				  res);
}
