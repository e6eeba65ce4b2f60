/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One segment on its way through tt_track(): internal to the core.
 */
#ifndef _TCPTRACE_PASSAGE_H
#define _TCPTRACE_PASSAGE_H

#include "transition.h"
#include "window.h"

/* struct tt_passage.halves: which part of a segment's way was seen */
#define TT_HALF_SENT		0x01
#define TT_HALF_RECEIVED	0x02

/**
 * struct tt_passage - a segment, its connection, and what is found out
 * @conn: the connection
 * @at: the sighting
 * @seg: its segment
 * @s: the end that sent it
 * @r: the end that gets it; @s of a connection to itself
 * @res: what the caller of tt_track() will know
 * @judged: what @r makes of it
 * @halves: TT_HALF_*
 * @believed: the segment is the sender's own doing
 * @reuse: it opens a tuple that was in use before
 * @reuse_of_time_wait: and an end of it was in TIME-WAIT
 */
struct tt_passage {
	struct tt_conn *conn;
	const struct tt_sighting *at;
	const struct tt_segment *seg;
	struct tt_end *s;
	struct tt_end *r;
	struct tt_result *res;
	struct tt_judgement judged;
	__u8 halves;
	bool believed;
	bool reuse;
	bool reuse_of_time_wait;
};

static inline bool tt_step(struct tt_passage *p, struct tt_end *end,
			   enum tt_event_kind kind, enum tt_basis basis)
{
	return tt_transition(end, kind, basis, p->at->now, p->res);
}

/* tt_step() of @end, conn->end[index], where it pays to have it in the caller */
static __always_inline bool tt_step_here(struct tt_passage *p,
					 struct tt_end *end, unsigned int index,
					 enum tt_event_kind kind,
					 enum tt_basis basis)
{
	return tt_transition_here(p->conn, end, index, kind, basis,
				  p->at->now, p->res);
}

/* seen just now, and nothing found yet; @win: the segment's, bytes */
static __always_inline void tt_passage_begin(const struct tt_passage *p,
					     __u32 win)
{
	struct tt_result *res = p->res;

	p->conn->last = tt_stamp(p->at->now);
	tt_result_init(res);
	res->win = win;
	res->counted = p->halves & TT_HALF_SENT;
	res->arrived = p->halves & TT_HALF_RECEIVED;
	res->src = p->at->src;
}

/*
 * A sighting on the loopback device is half of a segment's way: it leaves at
 * the output hook and arrives at the input hook. Anywhere else one sighting
 * stands for both halves, as it does for what no TCP socket of ours has sent.
 */
static __always_inline __u8 tt_halves(const struct tt_sighting *at, struct tt_end *s,
				      struct tt_end *r)
{
	switch ((enum tt_place)at->place) {
	case TT_AT_OUTPUT:
		if (at->foreign)
			return s->flags & TT_LOCAL ? TT_HALF_RECEIVED :
				TT_HALF_SENT | TT_HALF_RECEIVED;
		s->flags |= TT_LOCAL;
		return at->loopback || r->flags & TT_LOCAL ? TT_HALF_SENT :
			TT_HALF_SENT | TT_HALF_RECEIVED;
	case TT_AT_INPUT:
		r->flags |= TT_LOCAL;
		return s->flags & TT_LOCAL ? TT_HALF_RECEIVED :
			TT_HALF_SENT | TT_HALF_RECEIVED;
	case TT_AT_FORWARD:
		break;
	}
	return TT_HALF_SENT | TT_HALF_RECEIVED;
}

/* who sent what to whom; notes that an end is local. The rest is left as it is */
static __always_inline void tt_passage_init(struct tt_passage *p,
					    struct tt_conn *conn,
					    const struct tt_sighting *at,
					    struct tt_end *s, struct tt_end *r,
					    struct tt_result *res)
{
	p->conn = conn;
	p->at = at;
	p->seg = at->seg;
	p->s = s;
	p->r = r;
	p->res = res;
	p->halves = tt_halves(at, s, r);
}

/* what the receipt of a segment is known from */
static inline enum tt_basis tt_on_receipt(const struct tt_end *r)
{
	return r->flags & TT_LOCAL ? TT_RECEIVED : TT_PRESUMED;
}

static inline void tt_note_end(struct tt_conn *conn, enum tt_ended how)
{
	if (conn->ended == TT_ENDED_NOT)
		conn->ended = how;
}

static inline void tt_note_closer(struct tt_conn *conn, const struct tt_end *end)
{
	if (conn->ended_by == TT_NO_ROLE)
		conn->ended_by = end->role;
}

/* if the segment, which has reached @p->r, that is end @index, ACKs its FIN */
static __always_inline void tt_got_ack_of_fin(struct tt_passage *p,
					      unsigned int index)
{
	struct tt_end *r = p->r;

	if (!(r->flags & TT_FIN_SENT) || r->flags & TT_FIN_ACKED ||
	    tt_before(p->seg->ack, p->conn->rare[index].fin_end) ||
	    !tt_step_here(p, r, index, TT_EV_RCV_ACK_OF_FIN, tt_on_receipt(r)))
		return;
	r->flags |= TT_FIN_ACKED;
	if (r->state == TT_CLOSED)
		tt_note_end(p->conn, TT_ENDED_FIN);
}

static inline bool tt_is_syn(const struct tt_segment *seg)
{
	return (seg->flags & (TT_SYN | TT_ACK | TT_RST | TT_FIN)) == TT_SYN;
}

static inline bool tt_is_synack(const struct tt_segment *seg)
{
	return (seg->flags & (TT_SYN | TT_ACK | TT_RST | TT_FIN)) ==
	       (TT_SYN | TT_ACK);
}

/* was the connection's beginning missed, or forgotten after an idle limit? */
static inline bool tt_is_midstream(const struct tt_conn *conn,
				   const struct tt_segment *seg)
{
	if (conn->id &&
	    !(conn->ended == TT_ENDED_TIMEOUT && tt_track_ended(conn)))
		return false;
	return !(seg->flags & TT_RST) &&
	       (seg->flags & (TT_SYN | TT_ACK)) != TT_SYN;
}

static inline struct tt_end *tt_sender(struct tt_conn *conn, __u8 src)
{
	return &conn->end[conn->self ? 0 : src];
}

static inline struct tt_end *tt_receiver(struct tt_conn *conn, __u8 src)
{
	return &conn->end[conn->self ? 0 : !src];
}

/* incarnation.c */
bool tt_joins_open(const struct tt_end *s, const struct tt_end *r);
bool tt_is_new_syn(const struct tt_end *s, const struct tt_end *r,
		   const struct tt_segment *seg);
void tt_begin_conn(struct tt_conn *conn, const struct tt_sighting *at,
		   enum tt_began how, struct tt_result *res);
void tt_open_sender(struct tt_passage *p);
void tt_note_refused_syn(struct tt_end *s, const struct tt_segment *seg);
bool tt_answers_refused_syn(const struct tt_end *s, const struct tt_end *r,
			    const struct tt_sighting *at);
void tt_open_both(struct tt_passage *p);
void tt_open_end(struct tt_passage *p, struct tt_end *end, __u64 id);
__u64 tt_take_up_midstream(struct tt_passage *p);

/* sender.c */
void tt_moves_sender(struct tt_passage *p, __u64 remarks);

/* receiver.c */
void tt_moves_receiver(struct tt_passage *p);

#endif
