/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A transition of one end, where it pays to have it in the caller.
 */
#ifndef _TCPTRACE_TRANSITION_H
#define _TCPTRACE_TRANSITION_H

#include "track.h"

/* the next of @res; of conn->end[index] as it is, but for its state */
static __always_inline void tt_result_add(struct tt_result *res,
					  const struct tt_conn *conn,
					  const struct tt_end *end,
					  unsigned int index, __u8 from,
					  __u8 to, enum tt_basis basis)
{
	/* read before bytes are written: those might change it, as far as C goes */
	__u64 id = tt_conn_end_id(conn, index);
	__u8 role = end->role;
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

/* tt_transition() of @end, which is conn->end[index] */
static __always_inline bool tt_transition_here(struct tt_conn *conn,
					       struct tt_end *end,
					       unsigned int index,
					       enum tt_event_kind kind,
					       enum tt_basis basis, __u64 now,
					       struct tt_result *res)
{
	enum tt_state from = end->state, to = tt_fsm[from][kind].to;

	if (to == TT_UNKNOWN)
		return false;
	tt_result_add(res, conn, end, index, from, to, basis);
	conn->warm[index].since = tt_stamp(now);
	end->state = to;
	return true;
}

static __always_inline void tt_put_segment(struct tt_event *ev,
					   const struct tt_segment *seg,
					   __u32 win)
{
	ev->has = TT_EVENT_HAS_SEGMENT;
	if (seg->flags & TT_ACK)
		ev->has |= TT_EVENT_HAS_ACK;
	ev->flags = seg->flags;
	ev->seq = seg->seq;
	ev->ack = seg->ack;
	ev->len = seg->len;
	ev->win = win;
}

static __always_inline void tt_put_no_segment(struct tt_event *ev)
{
	ev->has = 0;
	ev->flags = 0;
	ev->seq = 0;
	ev->ack = 0;
	ev->len = 0;
	ev->win = 0;
}

/* tt_track_event() where it pays to have it in the caller */
static __always_inline void
tt_track_event_here(const struct tt_conn *conn, const struct tt_segment *seg,
		    const struct tt_result *res, unsigned int i,
		    struct tt_event *ev)
{
	/* a copy: what is written might change it, as far as C goes */
	const struct tt_transition t = res->transitions[i];

	ev->conn = t.id;
	tt_tuple_copy(&ev->tuple, &conn->tuple);
	ev->client = t.role == TT_CLIENT ? t.end : !t.end;
	ev->endpoint = t.role;
	ev->from = t.from;
	ev->to = t.to;
	ev->basis = t.basis;
	ev->verdict = res->verdict;
	if (seg)
		tt_put_segment(ev, seg, res->win);
	else
		tt_put_no_segment(ev);
}

#endif
