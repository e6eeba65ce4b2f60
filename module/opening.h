/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Header prediction for a connection that begins as any textbook has it.
 */
#ifndef _TCPTRACE_OPENING_H
#define _TCPTRACE_OPENING_H

#include "predict.h"

#define TT_OPTIONS_USUAL (TT_OPT_MSS | TT_OPT_WSCALE |		\
			  TT_OPT_SACK_PERMITTED | TT_OPT_TS)

/* what the SYN of an active opener leaves behind, and what it may */
#define TT_SYN_IS_SENT (TT_SND_KNOWN | TT_ISS_KNOWN)
#define TT_SYN_MAY_SAY (TT_LOCAL | TT_WSCALE | TT_SACK_OK | TT_TS_OK | \
			TT_TS_SENT)

/* and with the passive one that got it */
#define TT_SYN_IS_GOT (TT_PASSIVE | TT_RCV_KNOWN)
#define TT_SYN_MAY_TELL (TT_LOCAL | TT_TS_RECENT)

static __always_inline bool tt_has_flags(const struct tt_end *end, __u32 all,
					 __u32 some)
{
	return (end->flags & ~some) == all;
}

/* nothing was ever sent by it, nor to it */
static __always_inline bool tt_is_unused(const struct tt_end *end,
					 const struct tt_rare *rare)
{
	return end->state == TT_CLOSED && tt_has_flags(end, 0, TT_LOCAL) &&
	       !end->segments && !rare->violations;
}

static __always_inline bool tt_is_first_syn(const struct tt_passage *p)
{
	const struct tt_conn *conn = p->conn;
	__u8 src = p->at->src;

	if (!tt_is_unused(p->r, &conn->rare[!src]))
		return false;
	if (!conn->id)
		return tt_is_unused(p->s, &conn->rare[src]);
	/* of which the sender's half was seen */
	return p->halves == TT_HALF_RECEIVED && tt_is_iss(p->s, p->seg->seq) &&
	       tt_conn_end_id(conn, !src) < tt_conn_end_id(conn, src);
}

/* ISS + 1 = SND.NXT = SEG.ACK */
static __always_inline bool tt_is_first_synack(const struct tt_passage *p)
{
	const struct tt_end *s = p->s, *r = p->r;
	__u32 ack = p->seg->ack;

	if (r->state != TT_SYN_SENT || ack != r->iss + 1 || ack != r->snd_nxt ||
	    !tt_has_flags(r, TT_SYN_IS_SENT, TT_SYN_MAY_SAY))
		return false;
	return !(p->halves & TT_HALF_SENT) ||
	       ((s->state == TT_LISTEN || s->state == TT_SYN_RECEIVED) &&
		tt_has_flags(s, TT_SYN_IS_GOT, TT_SYN_MAY_TELL) && !s->nranges &&
		ack == s->rcv_nxt && ack == s->rcv_max &&
		p->conn->rare[0].id == p->conn->rare[1].id);
}

static __always_inline void tt_note_syn_sent(struct tt_passage *p)
{
	const struct tt_segment *seg = p->seg;
	struct tt_end *s = p->s;

	tt_end_announces(s, &p->conn->warm[p->at->src], seg);
	s->segments++;
	s->flags |= TT_SND_KNOWN;
	s->snd_nxt = seg->end;
	if (seg->options & TT_OPT_TS) {
		s->flags |= TT_TS_SENT;
		s->ts_max = seg->tsval;
	}
}

static __always_inline void tt_note_syn_received(struct tt_end *r,
						 const struct tt_segment *seg)
{
	r->flags |= TT_RCV_KNOWN;
	r->rcv_nxt = seg->end;
	r->rcv_max = seg->end;
	if (seg->options & TT_OPT_TS) {
		r->flags |= TT_TS_RECENT;
		r->ts_recent = seg->tsval;
	}
}

static __always_inline void tt_send_syn(struct tt_passage *p)
{
	/* not by way of @p, which stays in registers so */
	tt_begin_conn(p->conn, p->at, TT_BEGAN_SYN, p->res);
	p->s->role = TT_CLIENT;
	p->conn->rare[p->at->src].id = p->conn->id;
	tt_step_here(p, p->s, p->at->src, TT_EV_SND_SYN, TT_SENT);
	tt_note_syn_sent(p);
}

static __always_inline void tt_receive_syn(struct tt_passage *p)
{
	unsigned int index = !p->at->src;
	struct tt_end *r = p->r;

	r->role = TT_SERVER;
	p->conn->rare[index].id = p->conn->rare[!index].id;
	tt_step_here(p, r, index, TT_EV_PASSIVE_OPEN, TT_PRESUMED);
	r->flags |= TT_PASSIVE;
	if (!(r->flags & TT_LOCAL))	/* else its SYN+ACK will tell */
		tt_step_here(p, r, index, TT_EV_RCV_SYN, TT_PRESUMED);
	tt_note_syn_received(r, p->seg);
}

static __always_inline void tt_send_synack(struct tt_passage *p)
{
	const struct tt_segment *seg = p->seg;
	struct tt_end *s = p->s;

	tt_step_here(p, s, p->at->src, TT_EV_SND_SYNACK, TT_SENT);
	tt_note_syn_sent(p);
	s->flags |= TT_ACK_KNOWN;
	s->snd_ack = seg->ack;
	s->snd_win = seg->win;
	s->snd_edge = seg->ack + seg->win;
	p->conn->warm[p->at->src].max_win = seg->win;
}

static __always_inline void tt_receive_synack(struct tt_passage *p)
{
	struct tt_end *r = p->r;

	tt_step_here(p, r, !p->at->src, TT_EV_RCV_SYNACK,
		     tt_on_receipt(r));
	r->flags |= TT_UNA_KNOWN;
	r->snd_una = p->seg->ack;
	tt_note_syn_received(r, p->seg);
}

/* tt_predict_open() in its caller */
static __always_inline bool tt_predict_open_here(struct tt_conn *conn,
						 const struct tt_sighting *at,
						 struct tt_result *res)
{
	const __u8 flags = TT_FIN | TT_SYN | TT_RST | TT_URG;
	struct tt_end *s = &conn->end[at->src], *r = &conn->end[!at->src];
	const struct tt_segment *seg = at->seg;
	bool synack = seg->flags & TT_ACK;
	struct tt_passage p __uninitialized;	/* filled in as used */

	/* their addresses are not to be worked out again each time */
	__asm__("" : "+r" (s), "+r" (r));
	if ((seg->flags & flags) != TT_SYN || seg->len || at->foreign ||
	    at->bad_checksum || conn->self ||
	    seg->options & ~TT_OPTIONS_USUAL ||
	    seg->wscale > TT_WSCALE_MAX ||
	    (conn->id && tt_was_idle(conn, at->now)))
		return false;
	tt_passage_init(&p, conn, at, s, r, res);
	if (!(synack ? tt_is_first_synack(&p) : tt_is_first_syn(&p)))
		return false;

	tt_passage_begin(&p, seg->win);
	res->verdict = synack ? TT_V_SYNACK : TT_V_SYN;
	if (p.halves & TT_HALF_SENT) {
		if (synack)
			tt_send_synack(&p);
		else
			tt_send_syn(&p);
	}
	if (p.halves & TT_HALF_RECEIVED) {
		if (synack)
			tt_receive_synack(&p);
		else
			tt_receive_syn(&p);
	}
	return true;
}

#endif
