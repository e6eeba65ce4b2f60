// SPDX-License-Identifier: GPL-2.0
/* What a segment means to the endpoint that sent it. */
#include "passage.h"
#include "seq.h"

/* it acknowledges R's SYN, in R's window, where some before it may be missing */
static bool answers_synack(const struct tt_end *s, const struct tt_end *r,
			   const struct tt_segment *seg)
{
	return r->flags & TT_SYNACK_SENT && tt_after(seg->ack, r->iss) &&
	       tt_between(seg->seq, s->iss + 1,
			  tt_seq_max(s->snd_nxt, tt_furthest_edge(r)));
}

/* any segment with an ACK but an abort */
static void ack_proves_receipt(struct tt_passage *p)
{
	struct tt_end *s = p->s, *r = p->r;
	const struct tt_segment *seg = p->seg;

	tt_end_got_up_to(s, seg->ack);
	if (s->flags & TT_LOCAL && !p->at->backlog) {
		if (!(s->flags & TT_FIN_RECEIVED) &&
		    tt_before(seg->ack, s->rcv_nxt))
			tt_end_got_only(s, seg->ack);
		if (tt_both(s, r, TT_SACK_OK))
			tt_end_holds(s, seg);
	}

	if (!(seg->flags & TT_SYN)) {
		if (s->state == TT_SYN_SENT && answers_synack(s, r, seg))
			tt_step(p, s, TT_EV_RCV_SYNACK, TT_RECEIVED);
		if (s->state == TT_LISTEN)
			tt_step(p, s, TT_EV_SND_SYNACK, TT_PRESUMED);
		if (s->state == TT_SYN_RECEIVED && seg->len &&
		    p->conn->began != TT_BEGAN_TFO)
			tt_step(p, s, TT_EV_RCV_ACK_OF_SYN, TT_RECEIVED);
	}
}

/*
 * Only one who has received the peer's SYN or FIN can acknowledge it. The abort
 * of a synchronised endpoint has its RCV.NXT, too (RFC 9293 3.10.5).
 */
static void sender_proves_receipt(struct tt_passage *p)
{
	struct tt_end *s = p->s, *r = p->r;
	const struct tt_segment *seg = p->seg;

	if (!(seg->flags & TT_ACK) ||
	    (seg->flags & TT_RST && s->state < TT_ESTABLISHED) ||
	    (r->flags & TT_SND_KNOWN && tt_after(seg->ack, r->snd_nxt)))
		return;
	if (!(seg->flags & TT_RST))
		ack_proves_receipt(p);
	if (r->flags & TT_FIN_SENT && seg->ack == tt_rare(r)->fin_end &&
	    !(s->flags & TT_FIN_RECEIVED) &&
	    tt_step(p, s, TT_EV_RCV_FIN, TT_RECEIVED))
		s->flags |= TT_FIN_RECEIVED;
}

/*
 * The peer's FIN has passed the hook, and yet a local endpoint's ACK ends before
 * it, while nothing waits: so its socket has dropped it, for want of memory. If
 * the FIN is but between hook and socket, on another CPU, the socket's state is
 * the one before it, and its next ACK tells when that has changed.
 */
static bool denies_fin(const struct tt_passage *p)
{
	const __u32 both = TT_LOCAL | TT_FIN_RECEIVED;
	const struct tt_end *s = p->s;
	const struct tt_segment *seg = p->seg;

	if ((s->flags & both) != both || !(p->r->flags & TT_FIN_SENT) ||
	    !(seg->flags & TT_ACK) || p->at->backlog)
		return false;
	return tt_before(seg->ack, tt_rare(p->r)->fin_end) &&
	       !(s->flags & TT_ACK_KNOWN && tt_before(seg->ack, s->snd_ack));
}

static void sender_denies_fin(struct tt_passage *p)
{
	struct tt_end *s = p->s;

	if (!denies_fin(p) || !tt_step(p, s, TT_EV_FIN_NOT_GOT, TT_CORRECTED))
		return;
	s->flags &= ~TT_FIN_RECEIVED;
	tt_end_got_only(s, p->seg->ack);
}

static void sent_syn(struct tt_passage *p)
{
	struct tt_end *s = p->s;

	if (p->seg->flags & TT_ACK) {
		if (p->r->state == TT_SYN_SENT)
			tt_open_end(p, s, tt_end_id(p->r));
		if (s->state == TT_ESTABLISHED && s->flags & TT_SYNACK_SENT &&
		    s->snd_nxt == p->seg->end)
			tt_step(p, s, TT_EV_SYNACK_AGAIN, TT_CORRECTED);
		else
			tt_step(p, s, TT_EV_SND_SYNACK, TT_SENT);
		return;
	}
	/* late: it got further than that; who has only refused may open yet */
	if ((s->flags & TT_RST_SENT && s->flags & TT_SND_KNOWN) ||
	    (tt_end_has_ended(s) && s->flags & TT_ACK_KNOWN))
		return;
	s->flags &= ~TT_PASSIVE;
	if (s->state == TT_SYN_RECEIVED && !(s->flags & TT_SYNACK_SENT) &&
	    !(s->flags & TT_ISS_KNOWN)) {
		/* it had not got the peer's SYN yet: simultaneous open */
		tt_step(p, s, TT_EV_SND_SYN, TT_CORRECTED);
		tt_step(p, s, TT_EV_RCV_SYN, tt_on_receipt(s));
	} else if (s->state == TT_ESTABLISHED && !(s->flags & TT_ACK_KNOWN) &&
		   s->flags & TT_ISS_KNOWN) {
		tt_step(p, s, TT_EV_SYN_AGAIN, TT_CORRECTED);
	} else if (s->state != TT_SYN_RECEIVED) {
		tt_step(p, s, TT_EV_SND_SYN, TT_SENT);
	}
}

/*
 * A FIN that does not acknowledge the peer's, which we believed received,
 * crossed it: simultaneous close. A FIN sent again by a remote endpoint says
 * that the ACK we saw on its way there has not arrived.
 */
static void sent_fin(struct tt_passage *p)
{
	struct tt_end *s = p->s, *r = p->r;

	if (tt_fin_is_false(r, p->seg))
		return;
	if (s->flags & TT_FIN_SENT) {
		if (s->flags & TT_LOCAL || !(s->flags & TT_FIN_ACKED) ||
		    p->seg->end != tt_rare(s)->fin_end)
			return;
		if (tt_step(p, s, TT_EV_FIN_AGAIN, TT_CORRECTED))
			s->flags &= ~TT_FIN_ACKED;
		return;
	}
	tt_note_closer(p->conn, s);
	if (s->state == TT_CLOSE_WAIT && r->flags & TT_FIN_SENT &&
	    (!(p->seg->flags & TT_ACK) ||
	     tt_before(p->seg->ack, tt_rare(r)->fin_end))) {
		tt_step(p, s, TT_EV_FIN_CROSSED, TT_CORRECTED);
		tt_step(p, s, TT_EV_RCV_FIN, tt_on_receipt(s));
		return;
	}
	tt_step(p, s, TT_EV_SND_FIN, TT_SENT);
}

/*
 * RFC 9293 3.10.7: until it is synchronised an endpoint answers an
 * unacceptable ACK with <SEQ=SEG.ACK><CTL=RST> and stays where it is.
 */
static bool rst_is_only_an_answer(const struct tt_end *s,
				  const struct tt_end *r,
				  const struct tt_segment *seg)
{
	if (s->state == TT_SYN_SENT)	/* some take back their SYN by its number */
		return seg->seq != s->snd_nxt && !(seg->flags & TT_ACK) &&
		       (!tt_is_iss(s, seg->seq) ||
			r->flags & (TT_ACK_KNOWN | TT_ANSWERED_OLD));
	if (s->state == TT_SYN_RECEIVED && s->flags & TT_SYNACK_SENT)
		return seg->seq != s->snd_nxt && !(seg->flags & TT_ACK);
	return false;
}

/*
 * An answer has SEQ=SEG.ACK and no ACK; an abort has SEQ=SND.NXT, or the edge
 * of R's window when that was shrunk: only an abort tells where the data ends.
 */
static void note_rst(struct tt_end *s, const struct tt_end *r,
		     const struct tt_segment *seg)
{
	s->flags |= TT_RST_SENT;
	/* a refusal has SEQ=0, an abort has SND.NXT: its SYN is yet to come */
	if (!(s->flags & TT_SND_KNOWN) && seg->flags & TT_ACK && seg->seq) {
		s->flags |= TT_SND_KNOWN;
		s->snd_nxt = seg->seq;
	}
	if (s->flags & TT_RST_ACTIVE || s->state < TT_ESTABLISHED ||
	    s->state == TT_TIME_WAIT)
		return;
	if (!(s->flags & TT_SND_KNOWN) || tt_before(seg->seq, s->snd_nxt) ||
	    !(r->flags & TT_ACK_KNOWN) || !r->snd_win ||
	    !tt_before(seg->seq, r->snd_edge))
		return;
	if (seg->flags & TT_ACK || tt_after(seg->seq, r->snd_ack)) {
		s->flags |= TT_RST_ACTIVE;
		tt_rare(s)->rst_seq = seg->seq;
	}
}

/* its abort does not acknowledge the FIN that we believed received */
static bool rst_denies_fin(const struct tt_end *s, const struct tt_end *r,
			   const struct tt_segment *seg)
{
	return !(s->flags & TT_LOCAL) && s->flags & TT_FIN_RECEIVED &&
	       r->flags & TT_FIN_SENT && seg->flags & TT_ACK &&
	       tt_before(seg->ack, tt_rare(r)->fin_end);
}

static void sent_rst(struct tt_passage *p)
{
	struct tt_end *s = p->s;
	bool refuses = !(s->flags & TT_ISS_KNOWN) &&
		       p->r->state == TT_SYN_SENT;
	/* the SYN+ACK found no socket: it had been closed in SYN-SENT */
	bool was_gone = s->state == TT_ESTABLISHED && s->role == TT_CLIENT &&
			!(s->flags & TT_ACK_KNOWN);
	enum tt_basis basis = was_gone || rst_denies_fin(s, p->r, p->seg) ?
			      TT_CORRECTED : TT_SENT;

	if (rst_is_only_an_answer(s, p->r, p->seg))
		return;
	note_rst(s, p->r, p->seg);
	if (s->state == TT_TIME_WAIT || tt_track_ended(p->conn)) {
		tt_step(p, s, TT_EV_SND_RST, TT_SENT);
		return;
	}
	tt_note_end(p->conn, refuses ? TT_ENDED_REFUSED : TT_ENDED_RST);
	tt_note_closer(p->conn, s);
	if (!tt_step(p, s, TT_EV_NO_LISTENER, TT_CORRECTED))
		tt_step(p, s, TT_EV_SND_RST, basis);
}

/* who owes an answer, and how many duplicate ACKs there were */
static void sender_settles(struct tt_passage *p, __u64 remarks)
{
	struct tt_end *s = p->s, *r = p->r;

	if (p->seg->flags & TT_ACK)
		s->flags &= ~(TT_CHALLENGED | TT_PROBED | TT_PROBED_ZERO);
	if (remarks & TT_REMARK(WINDOW_SHRINK))
		s->flags |= TT_SHRUNK;
	if (remarks & TT_REMARK(KEEPALIVE))
		r->flags |= TT_PROBED;
	if (remarks & TT_REMARK(ZERO_WINDOW_PROBE))
		r->flags |= TT_PROBED_ZERO;
	if (remarks & TT_REMARK(DUP_ACK)) {
		if (s->dup_acks < TT_DUP_ACK_THRESHOLD)
			s->dup_acks++;
	} else if (p->seg->flags & TT_ACK && tt_after(p->seg->ack, s->snd_ack)) {
		s->dup_acks = 0;
	}
}

static void count_sent(struct tt_passage *p, __u64 remarks)
{
	const __u64 repeats = TT_REMARK(RETRANSMISSION) |
		TT_REMARK(FAST_RETRANSMISSION) |
		TT_REMARK(SPURIOUS_RETRANSMISSION) |
		TT_REMARK(PARTIAL_RETRANSMISSION) |
		TT_REMARK(SYN_RETRANSMISSION) |
		TT_REMARK(SYNACK_RETRANSMISSION) |
		TT_REMARK(FIN_RETRANSMISSION);

	p->s->segments++;
	p->s->bytes += p->seg->len;
	if (remarks & repeats)
		tt_rare(p->s)->retransmissions++;
}

static void move_sender(struct tt_passage *p, __u64 remarks)
{
	sender_denies_fin(p);
	sender_proves_receipt(p);
	if (p->seg->flags & TT_RST) {
		sent_rst(p);
		return;
	}
	if (p->seg->flags & TT_SYN)
		sent_syn(p);
	else if (p->s->state == TT_UNKNOWN && !(p->seg->flags & TT_FIN))
		tt_step(p, p->s, TT_EV_SEEN_MIDSTREAM, TT_SENT);
	if (p->seg->flags & TT_FIN)
		sent_fin(p);
	sender_settles(p, remarks);
	tt_end_sent(p->s, p->r, p->seg);
}

/**
 * tt_moves_sender - what the segment says of its sender's state
 * @p: the segment, judged
 * @remarks: what is unusual about it
 */
void tt_moves_sender(struct tt_passage *p, __u64 remarks)
{
	/* RFC 9293 3.5.1: S still has an older connection, and its numbers */
	if (p->judged.remarks & TT_REMARK(CHALLENGE_ACK))
		p->s->flags |= TT_ANSWERED_OLD;
	else if (p->believed)
		move_sender(p, remarks);
	else
		tt_note_refused_syn(p->s, p->seg);
	count_sent(p, remarks);	/* of the incarnation that it belongs to */
}
