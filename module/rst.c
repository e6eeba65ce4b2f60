// SPDX-License-Identifier: GPL-2.0
/*
 * Is an RST to be taken, and if not, who is to blame? In the formulas: S sent
 * it, R gets it; the names are those of window.c.
 */
#include "track.h"
#include "window.h"

/* no window without the option is larger */
#define UNSCALED_MAX 65535

/*
 * RFC 5961 3.2: an RST counts when seq = RCV.NXT, in SYN-RECEIVED, too. Linux,
 * and so a local endpoint, also takes the one at the right edge of what it
 * holds out of order, in its window, and after a FIN that at RCV.NXT - 1. Of a
 * remote R, RCV.NXT is anything from U to C. If all that is known of it is the
 * number of an empty segment, midstream, that may have been a keepalive:
 * RCV.NXT = C + 1.
 */
static bool rst_is_exact(const struct tt_end *s, const struct tt_end *r,
			 const struct tt_segment *seg)
{
	__u32 low = r->rcv_nxt, high = r->rcv_nxt;

	if (!(r->flags & TT_LOCAL) && r->flags & TT_ACK_KNOWN) {
		low = r->snd_ack;
		high = tt_seq_max(r->rcv_nxt, low);
	}
	if (tt_between(seg->seq, low, high))
		return true;
	if (r->flags & TT_RCV_TOLD && !(r->flags & TT_ACK_KNOWN) &&
	    seg->seq == r->rcv_nxt + 1)
		return true;
	if (tt_both(s, r, TT_SACK_OK) && tt_after(r->rcv_max, r->rcv_nxt) &&
	    seg->seq == r->rcv_max &&
	    !(r->flags & TT_ACK_KNOWN && tt_after(seg->seq, r->snd_edge)))
		return true;
	return (r->state == TT_CLOSE_WAIT || r->state == TT_LAST_ACK ||
		r->state == TT_CLOSING) && seg->seq == r->rcv_nxt - 1;
}

/*
 * RFC 9293 3.10.7.1: without a connection S answers any segment of R by
 * <SEQ=SEG.ACK><CTL=RST>, and a SYN by <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>.
 * R has moved on meanwhile, and drops it:
 *	IRS < seq <= U, or seq = 0 and ISS < SEG.ACK <= N'
 * So does who aborts (3.10.5) without having got R's last ACKs, at the edge of
 * the window that R offered before: IRS < seq <= U and ISS < SEG.ACK <= N'.
 * Where IRS is unknown: U - 2^30 <= seq <= U. Some take back their own SYN by an
 * RST with its number, seq = IRS.
 */
static bool rst_is_late(const struct tt_end *s, const struct tt_end *r,
			const struct tt_segment *seg)
{
	if (seg->flags & TT_ACK) {
		if (!(r->flags & TT_ISS_KNOWN) || !tt_beyond_iss(r, seg->ack) ||
		    tt_after(seg->ack, r->snd_nxt))
			return false;
		if (!seg->seq)
			return true;
	}
	if (!(s->flags & TT_ISS_KNOWN))
		return r->flags & TT_ACK_KNOWN &&
		       tt_is_old(seg->seq, r->snd_ack);
	return (seg->seq == s->iss && r->state == TT_SYN_RECEIVED) ||
	       (r->flags & TT_ACK_KNOWN && tt_beyond_iss(s, seg->seq) &&
		!tt_after(seg->seq, r->snd_ack));
}

/*
 * A listener that has forgotten the connection takes a late copy of R's SYN for
 * another one, and aborts that: not by R's numbers, but ISS < SEG.ACK <= N', as
 * nobody can forge who does not see R's segments.
 */
static bool rst_is_of_another(const struct tt_end *s, const struct tt_end *r,
			      const struct tt_segment *seg)
{
	return seg->flags & TT_ACK && s->flags & TT_PASSIVE &&
	       r->flags & TT_ISS_KNOWN && tt_beyond_iss(r, seg->ack) &&
	       !tt_after(seg->ack, r->snd_nxt);
}

/*
 * Where R's window has shrunk below what S has sent, S aborts at its edge
 * (Linux: tcp_acceptable_seq()), as the last window that reached S had it:
 *	U <= seq <= E, and ack + window < E of R's last segment, or one before
 */
static bool rst_is_at_edge(const struct tt_end *r, const struct tt_segment *seg)
{
	__u32 edge = tt_furthest_edge(r);

	return r->flags & TT_ACK_KNOWN &&
	       (r->flags & TT_SHRUNK ||
		tt_before(r->snd_ack + r->snd_win, edge)) &&
	       tt_between(seg->seq, r->snd_ack, edge);
}

/*
 * S aborts (3.10.5) while data before SND.NXT is on its way, or lost: R must
 * challenge what might as well be forged. A good sign is the ACK:
 *	seq >= N (or at the edge of R's window, where its scale is known),
 *	SEG.ACK <= N', not older than what S acknowledged before
 */
static bool rst_is_early(const struct tt_end *s, const struct tt_end *r,
			 const struct tt_segment *seg)
{
	if (!(seg->flags & TT_ACK) || !(r->flags & TT_SND_KNOWN))
		return false;
	if (s->flags & TT_SND_KNOWN && tt_before(seg->seq, s->snd_nxt) &&
	    tt_both(s, r, TT_ISS_KNOWN) &&
	    !(r->flags & TT_ACK_KNOWN &&
	      seg->seq == r->snd_ack + r->snd_win) && !rst_is_at_edge(r, seg))
		return false;
	if (tt_after(seg->ack, r->snd_nxt) ||
	    (r->flags & TT_ISS_KNOWN && !tt_beyond_iss(r, seg->ack)))
		return false;
	return !(s->flags & TT_ACK_KNOWN) || !tt_before(seg->ack, s->snd_ack);
}

/**
 * tt_judge_rst - does the receiver take an RST?
 * @s: who sent it; as it was before the segment
 * @r: who gets it, in SYN-RECEIVED or synchronised
 * @seg: the segment
 * @j: filled in
 *
 * RFC 9293 3.10.7.4, second check, and RFC 5961 3.2.
 */
void tt_judge_rst(const struct tt_end *s, const struct tt_end *r,
		  const struct tt_segment *seg, struct tt_judgement *j)
{
	__u32 edge = r->flags & TT_ACK_KNOWN ? tt_furthest_edge(r) :
		     r->rcv_nxt + UNSCALED_MAX;	/* none offered yet */
	bool in_window = tt_between(seg->seq, r->rcv_nxt, edge);
	/* what reached R is beyond its window, if it had no memory for it */
	bool offered = r->flags & TT_ACK_KNOWN &&
		       tt_between(seg->seq, r->snd_ack, edge);

	if (!(r->flags & TT_RCV_KNOWN) || rst_is_exact(s, r, seg)) {
		j->takes = TT_TAKES_RST;
	} else if (rst_is_late(s, r, seg)) {
		j->remarks |= TT_REMARK(LATE_RST);
		j->doubtful = !tt_is_iss(s, seg->seq);
	} else if ((in_window || offered) && rst_is_early(s, r, seg)) {
		j->remarks |= TT_REMARK(GAP);
	} else if (in_window) {
		tt_violates(j, TT_V_RST_INEXACT, r->rcv_nxt, seg->seq);
	} else if (rst_is_of_another(s, r, seg)) {
		j->remarks |= TT_REMARK(LATE_RST);
		j->doubtful = true;
	} else {
		tt_violates(j, TT_V_RST_OUT_OF_WINDOW, r->rcv_nxt, seg->seq);
	}
}
