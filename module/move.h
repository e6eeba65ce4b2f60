/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Header prediction for a segment that moves a state.
 */
#ifndef _TCPTRACE_MOVE_H
#define _TCPTRACE_MOVE_H

#include "predict.h"

/* RFC 9293 3.5: the third segment, of which S has sent nothing and R got no ACK */
static __always_inline bool tt_ends_handshake(const struct tt_end *s,
					      const struct tt_end *r,
					      const struct tt_segment *seg,
					      __u8 halves, __u32 win)
{
	const __u32 told = TT_SND_KNOWN | TT_ISS_KNOWN | TT_RCV_KNOWN;
	__u32 odd = (s->flags ^ told) | (r->flags ^ told);

	if (s->state != TT_ESTABLISHED || odd & (told | TT_PENDING) ||
	    !(r->flags & TT_ACK_KNOWN) ||
	    seg->end != seg->seq || !win ||
	    seg->ack != r->snd_nxt || seg->ack != r->iss + 1)
		return false;
	if (halves & TT_HALF_SENT &&
	    (s->flags & (TT_ACK_KNOWN | TT_SYNACK_SENT) || s->nranges ||
	     seg->seq != s->snd_nxt || seg->ack != s->rcv_nxt ||
	     seg->ack != s->rcv_max))
		return false;
	return !(halves & TT_HALF_RECEIVED) ||
	       (!(r->flags & TT_UNA_KNOWN) && !r->nranges &&
		seg->seq == r->rcv_nxt && seg->seq == r->rcv_max);
}

/*
 * S has acknowledged each FIN that it got, and sends its own once, at the end.
 * @r_fin_end: where R's ends, if that was sent
 */
static __always_inline bool tt_closes_in_order(const struct tt_end *s,
					       const struct tt_end *r,
					       const struct tt_segment *seg,
					       __u32 r_fin_end)
{
	bool got = s->flags & TT_FIN_RECEIVED;
	bool acked = r->flags & TT_FIN_SENT && seg->ack == r_fin_end;

	if (got != acked || (got ? seg->ack != s->rcv_nxt :
				   s->flags & TT_FIN_ARRIVED))
		return false;
	if (seg->end != seg->seq && s->flags & TT_FIN_SENT)
		return false;
	return !(seg->flags & TT_FIN) ||
	       (s->state == (got ? TT_CLOSE_WAIT : TT_ESTABLISHED) &&
		!tt_fin_is_false(r, seg));
}

/*
 * Nothing beyond S's FIN, and nothing but ACKs after it has reached R.
 * @s_fin_end: where it ends, if it was sent
 */
static __always_inline bool tt_is_closed_in_order(const struct tt_end *s,
						  const struct tt_end *r,
						  const struct tt_segment *seg,
						  __u32 s_fin_end)
{
	if (s->flags & TT_FIN_SENT &&
	    (seg->flags & TT_FIN ? seg->end != s_fin_end :
				   tt_after(seg->end, s_fin_end)))
		return false;
	if (r->flags & TT_FIN_RECEIVED)
		return seg->end == seg->seq;
	return !(r->flags & TT_FIN_ARRIVED);
}

/* @rare: tt_conn.rare */
static __always_inline bool tt_follows_close(const struct tt_end *s,
					     const struct tt_end *r,
					     const struct tt_rare *rare,
					     const struct tt_sighting *at,
					     __u8 halves, __u32 win)
{
	const struct tt_segment *seg = at->seg;
	const __u32 closing = TT_FIN_SENT | TT_FIN_ACKED | TT_FIN_RECEIVED |
			      TT_FIN_ARRIVED;
	__u32 odd = (s->flags ^ TT_SETTLED) | (r->flags ^ TT_SETTLED);

	if (s->state < TT_ESTABLISHED || r->state < TT_ESTABLISHED ||
	    odd & (TT_SETTLED | TT_PENDING) & ~closing)
		return false;
	if (halves & TT_HALF_SENT &&
	    !(tt_follows_sent(s, r, seg, win, s->flags & r->flags) &&
	      tt_closes_in_order(s, r, seg, rare[!at->src].fin_end)))
		return false;
	return !(halves & TT_HALF_RECEIVED) ||
	       (tt_follows_received(r, seg, halves) &&
		tt_is_closed_in_order(s, r, seg, rare[at->src].fin_end));
}

static __always_inline void tt_move_sender(struct tt_passage *p, __u32 win)
{
	const struct tt_segment *seg = p->seg;
	struct tt_end *s = p->s;

	if (!(s->flags & TT_ACK_KNOWN)) {
		s->flags |= TT_ACK_KNOWN;
		s->snd_ack = seg->ack;
		s->snd_edge = seg->ack + win;
		s->snd_win = 0;		/* was its SYN's */
	}
	tt_note_sent(s, seg, win, p->at->backlog);
	if (!(seg->flags & TT_FIN))
		return;
	tt_note_closer(p->conn, s);
	tt_step_here(p, s, p->at->src, TT_EV_SND_FIN, TT_SENT);
	s->flags |= TT_FIN_SENT;
	p->conn->rare[p->at->src].fin_end = seg->end;
}

static __always_inline void tt_move_receiver(struct tt_passage *p)
{
	const struct tt_segment *seg = p->seg;
	struct tt_end *r = p->r;

	tt_note_received(r, seg);
	r->flags |= TT_UNA_KNOWN;
	if (r->state == TT_SYN_RECEIVED)
		tt_step_here(p, r, !p->at->src, TT_EV_RCV_ACK_OF_SYN,
			     tt_on_receipt(r));
	tt_got_ack_of_fin(p, !p->at->src);
	if (!(seg->flags & TT_FIN))
		return;
	r->flags &= ~TT_RCV_TOLD;
	r->flags |= TT_FIN_ARRIVED;
	p->conn->rare[!p->at->src].rcv_fin = seg->end;
	if (tt_step_here(p, r, !p->at->src, TT_EV_RCV_FIN, tt_on_receipt(r)))
		r->flags |= TT_FIN_RECEIVED;
}

/* tt_predict_move() in its caller */
static __always_inline bool tt_predict_move_here(struct tt_conn *conn,
						 const struct tt_sighting *at,
						 struct tt_result *res)
{
	const __u8 flags = TT_SYN | TT_RST | TT_ACK | TT_URG;
	const struct tt_segment *seg = at->seg;
	struct tt_end *s = &conn->end[at->src], *r = &conn->end[!at->src];
	struct tt_passage p __uninitialized;	/* filled in as used */
	__u32 win;
	__u8 halves;

	/* their addresses are not to be worked out again each time */
	__asm__("" : "+r" (s), "+r" (r));
	if ((seg->flags & flags) != TT_ACK || at->bad_checksum ||
	    conn->self || at->foreign || tt_was_idle(conn, at->now))
		return false;
	if (!tt_fits_window(r, seg) || tt_before(seg->seq, r->snd_ack) ||
	    !tt_options_fit(r, seg, s->flags & r->flags))
		return false;
	tt_passage_init(&p, conn, at, s, r, res);
	halves = p.halves;
	win = tt_end_window(s, r, seg);
	if (!(r->state == TT_SYN_RECEIVED ?
	      tt_ends_handshake(s, r, seg, halves, win) :
	      tt_follows_close(s, r, conn->rare, at, halves, win)))
		return false;

	tt_passage_begin(&p, tt_both(s, r, TT_ISS_KNOWN) ? win : seg->win);
	if (r->state == TT_SYN_RECEIVED)
		res->verdict = TT_V_HANDSHAKE_ACK;
	else
		res->verdict = seg->flags & TT_FIN ? TT_V_FIN :
						     tt_verdict_of(s, seg, win);
	if (halves & TT_HALF_SENT)
		tt_move_sender(&p, win);
	if (halves & TT_HALF_RECEIVED)
		tt_move_receiver(&p);
	return true;
}

#endif
