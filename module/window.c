// SPDX-License-Identifier: GPL-2.0
/*
 * In the formulas: S sent the segment, R gets it.
 *	C  = R.rcv_nxt	what reached R without a hole
 *	U  = R.snd_ack	the highest ACK that R sent
 *	E  = R.snd_edge	the right edge of what R takes
 *	F  = the furthest right edge that R offered, E if it took none back
 *	N' = R.snd_nxt	the end of the highest segment that R sent
 *	U' = R.snd_una	the highest ACK that reached R
 *	M' = S.max_win	the largest window that S offered to R
 * What reached a local endpoint is known. Of a remote one only U is, C is
 * presumed: where the two differ the segment has the benefit of the doubt.
 */
#include <linux/string.h>
#include "track.h"
#include "window.h"

/* RFC 7323 5.3 allows none; Linux, and so we, one tick (TCP_PAWS_WINDOW) */
#define PAWS_WINDOW 1

/* so far back may lie what is late of the connection that had the tuple before */
#define PAST_MAX 0x100000

/* a window probe, and a FIN at a closed window, may pass the edge by one */
#define PROBE_LEN 1

static bool is_synchronised(const struct tt_end *r)
{
	return r->state >= TT_ESTABLISHED;
}

/*
 * RFC 9293 3.1: of SYN, FIN and RST at most one, and one control bit at
 * least. A FIN without ACK is what scanners send: only a synchronised
 * endpoint can send a FIN, and all that it sends has an ACK.
 */
static bool flags_are_bad(const struct tt_segment *seg, struct tt_judgement *j)
{
	__u8 flags = seg->flags & (TT_SYN | TT_FIN | TT_RST | TT_ACK);

	switch (flags) {
	case TT_SYN:
	case TT_SYN | TT_ACK:
	case TT_ACK:
	case TT_FIN | TT_ACK:
	case TT_RST:
	case TT_RST | TT_ACK:
		return false;
	case 0:
		if (seg->flags & (TT_PSH | TT_URG))
			return tt_violates(j, TT_V_NO_ACK, TT_ACK, seg->flags);
	}
	return tt_violates(j, TT_V_BAD_FLAGS, 0, seg->flags);
}

/* RFC 7323 2.3, RFC 2018 2 and 4, RFC 9293 3.1: options that cannot be */
static void judge_options(const struct tt_end *s, const struct tt_end *r,
			  const struct tt_segment *seg, struct tt_judgement *j)
{
	bool syns_seen = tt_both(s, r, TT_ISS_KNOWN);
	unsigned int i;

	if (seg->options & TT_OPT_BAD)
		tt_violates(j, TT_V_BAD_OPTION, 0, 0);
	if (seg->flags & TT_SYN && seg->options & TT_OPT_WSCALE &&
	    seg->wscale > 14)
		tt_violates(j, TT_V_WSCALE_BAD, 14, seg->wscale);
	if (seg->flags & (TT_SYN | TT_RST))
		return;

	if (syns_seen && tt_both(s, r, TT_TS_OK) &&
	    !(seg->options & TT_OPT_TS))
		tt_violates(j, TT_V_TS_MISSING, 0, 0);
	if (syns_seen && !tt_both(s, r, TT_TS_OK) && seg->options & TT_OPT_TS)
		tt_violates(j, TT_V_TS_UNNEGOTIATED, 0, seg->tsval);
	if (seg->nsack && syns_seen && !(r->flags & TT_SACK_OK))
		tt_violates(j, TT_V_SACK_UNPERMITTED, 0, 0);
	for (i = 0; i < seg->nsack; i++) {
		const struct tt_sack_block *b = &seg->sack[i];

		if (!tt_before(b->start, b->end) ||
		    (tt_all_is_seen(r) && tt_after(b->end, r->snd_nxt)))
			tt_violates(j, TT_V_SACK_INVALID, r->snd_nxt, b->end);
	}
}

/*
 * RFC 9293 3.6: nothing follows a FIN; 3.5.2: nor an RST. R need not know of
 * either, so what it takes is not decided here.
 */
static void judge_against_past(const struct tt_end *s, const struct tt_end *r,
			       const struct tt_segment *seg,
			       struct tt_judgement *j)
{
	const struct tt_rare *past = tt_rare(s);

	if (seg->flags & (TT_SYN | TT_RST))
		return;
	/* what was sent before the RST may arrive after it */
	if (s->flags & TT_RST_ACTIVE && seg->end != seg->seq &&
	    tt_after(seg->end, past->rst_seq) && tt_after(seg->end, s->snd_nxt))
		tt_violates(j, TT_V_DATA_AFTER_RST, past->rst_seq, seg->end);
	if (tt_fin_is_false(r, seg))
		tt_violates(j, TT_V_FIN_MOVED, r->rcv_nxt + 1, seg->end);
	if (!(s->flags & TT_FIN_SENT))
		return;
	if (seg->flags & TT_FIN && seg->end != past->fin_end)
		tt_violates(j, TT_V_FIN_MOVED, past->fin_end, seg->end);
	if (tt_after(seg->end, past->fin_end))
		tt_violates(j, TT_V_DATA_AFTER_FIN, past->fin_end, seg->end);
	if (seg->flags & TT_URG && !tt_before(seg->seq, past->fin_end))
		tt_violates(j, TT_V_URG_AFTER_FIN, past->fin_end, seg->seq);
}

static bool is_before_connection(const struct tt_end *s, const struct tt_end *r,
				 const struct tt_segment *seg)
{
	__u32 first = tt_warm(s)->ts_first;

	return r->ts_recent - first < TT_SEQ_FAR &&
	       tt_before(seg->tsval, first);
}

/*
 * RFC 7323 5.3 R1: SEG.TSval < TS.Recent, not an RST, and not a segment
 * whose like R has already (a late duplicate is legal and changes nothing).
 * A segment that was overtaken by a retransmission fails the test, too, and R
 * drops it; S is to blame only if it is older than the connection: SEG.TSval <
 * that of S's SYN. 3.2: TSecr is a TSval that R has sent; of a remote R we may
 * have missed it, but not half of what can be compared.
 */
static bool fails_paws(const struct tt_end *s, const struct tt_end *r,
		       const struct tt_segment *seg, struct tt_judgement *j)
{
	bool news = seg->end != seg->seq ? tt_after(seg->end, r->rcv_nxt) :
		    seg->flags & TT_ACK && r->flags & TT_UNA_KNOWN &&
		    tt_after(seg->ack, r->snd_una);

	if (!(seg->options & TT_OPT_TS) || seg->flags & TT_RST ||
	    !tt_both(s, r, TT_TS_OK))
		return false;
	if (seg->flags & TT_ACK && seg->tsecr && r->flags & TT_TS_SENT &&
	    tt_after(seg->tsecr, r->ts_max)) {
		if (tt_all_is_seen(r) || seg->tsecr - r->ts_max > TT_SEQ_FAR)
			tt_violates(j, TT_V_TSECR_INVALID, r->ts_max, seg->tsecr);
		else
			j->remarks |= TT_REMARK(OBSERVER_GAP);
	}
	if (!(r->flags & TT_TS_RECENT) ||
	    !tt_before(seg->tsval + PAWS_WINDOW, r->ts_recent))
		return false;
	if (news && is_before_connection(s, r, seg))
		tt_violates(j, TT_V_PAWS_FAIL, r->ts_recent, seg->tsval);
	else if (news)
		j->remarks |= TT_REMARK(OUT_OF_ORDER);
	return true;
}

/* Linux keeps no socket yet, only a request, and judges more strictly */
static bool is_request(const struct tt_end *r)
{
	return r->flags & TT_LOCAL && r->flags & TT_PASSIVE &&
	       r->state == TT_SYN_RECEIVED;
}

/*
 * RFC 9293 3.10.7.4, first check. R takes nothing of a segment that ends
 * before U (it is an old duplicate) or starts after E:
 *	unacceptable:	end < U	or  seq > E
 *			(of a request also what has only old octets)
 *	blamed if	end < ISS: S has never sent that. Where the ISS is not
 *			known, or lies too far back, or is that of a newer
 *			connection (with the same SYN, if ISS > U):
 *			end < U - 2^30
 *			seq > F, or end > F + 1
 * What S did send may come late, however far R has got by then.
 */
static bool is_unacceptable(const struct tt_end *s, const struct tt_end *r,
			    const struct tt_segment *seg,
			    struct tt_judgement *j)
{
	bool near = (s->flags & (TT_ISS_KNOWN | TT_ISS_FAR)) == TT_ISS_KNOWN &&
		    tt_same_id(s, r) && !tt_after(s->iss, r->snd_ack);
	__u32 oldest = near ? s->iss : r->snd_ack - TT_SEQ_FAR;
	__u32 edge = tt_furthest_edge(r);

	if (!(r->flags & TT_ACK_KNOWN))
		return false;
	if (seg->flags & TT_RST)
		return false;	/* has bounds of its own */
	if (tt_before(seg->end, oldest))
		return tt_violates(j, TT_V_SEQ_TOO_OLD, oldest, seg->end);
	if (tt_before(seg->end, r->snd_ack))
		return true;
	if (is_request(r) && seg->end == r->rcv_nxt && seg->seq != seg->end)
		return true;
	if (tt_after(seg->seq, edge))
		return tt_violates(j, TT_V_SEQ_BEYOND_WINDOW, edge, seg->seq);
	if (tt_after(seg->end, edge + PROBE_LEN)) {
		if (seg->seq == edge)
			tt_violates(j, TT_V_DATA_IN_ZERO_WINDOW, edge, seg->end);
		else
			tt_violates(j, TT_V_END_BEYOND_WINDOW, edge, seg->end);
	}
	return tt_after(seg->seq, r->snd_edge);
}

/* has S been seen to go further than this? end <= N, or TSval < its highest */
static bool was_overtaken(const struct tt_end *s, const struct tt_segment *seg)
{
	return (s->flags & TT_SND_KNOWN && !tt_after(seg->end, s->snd_nxt)) ||
	       (seg->options & TT_OPT_TS && s->flags & TT_TS_SENT &&
		tt_before(seg->tsval, s->ts_max));
}

/*
 * RFC 9293 3.10.7.4, fifth check, and RFC 5961 5.2:
 *	acceptable:	U' - M' <= SEG.ACK <= N'
 * (nobody is to blame for an older one that was overtaken on the way) and never
 * below what R has sent at all, its SYN; of an active opener's SYN
 * Linux (tcp_ack(), bytes_acked) lets even the number itself pass.
 * Beyond N' a local R whose SYN we saw has certainly sent nothing. Another may
 * have sent, before we looked or by another way, as much as S allowed it to:
 * then we missed it.
 */
static bool ack_is_bad(const struct tt_end *s, const struct tt_end *r,
		       const struct tt_segment *seg, struct tt_judgement *j)
{
	__u32 edge = s->flags & TT_ACK_KNOWN ? s->snd_edge :
		     r->snd_nxt + TT_SEQ_FAR;	/* none seen yet */

	if (!(r->flags & TT_SND_KNOWN))
		return false;
	if (tt_after(seg->ack, r->snd_nxt)) {
		if (r->flags & TT_FIN_SENT && !(s->flags & TT_LOCAL))
			return tt_violates(j, TT_V_ACK_BEYOND_FIN, tt_rare(r)->fin_end,
					seg->ack);
		if (tt_all_is_seen(r) || tt_after(seg->ack, edge))
			return tt_violates(j, TT_V_ACK_UNSENT, r->snd_nxt,
					seg->ack);
		j->remarks |= TT_REMARK(OBSERVER_GAP);
		return false;
	}
	if (r->flags & TT_ISS_KNOWN && !tt_beyond_iss(r, seg->ack)) {
		tt_violates(j, TT_V_ACK_BELOW_ISS, r->iss + 1, seg->ack);
		return r->flags & TT_PASSIVE || seg->ack != r->iss;
	}
	if (r->flags & TT_UNA_KNOWN && s->flags & TT_ACK_KNOWN &&
	    r->flags & TT_RCV_KNOWN && tt_after(seg->end, r->rcv_nxt) &&
	    tt_before(seg->ack, r->snd_una - tt_warm(s)->max_win)) {
		if (was_overtaken(s, seg))
			j->remarks |= TT_REMARK(OLD_ACK);
		else
			tt_violates(j, TT_V_ACK_TOO_OLD,
				    r->snd_una - tt_warm(s)->max_win, seg->ack);
		return true;
	}
	return false;
}

/*
 * RFC 9293 3.10.7.4, fifth check: an old ACK "can be ignored", the text after
 * it counts. Linux, and so a local endpoint, drops the whole segment unless it
 * is in ESTABLISHED (tcp_rcv_state_process(), "acceptable").
 */
static bool drops_with_old_ack(const struct tt_end *r,
			       const struct tt_segment *seg)
{
	return r->flags & TT_LOCAL && r->state != TT_ESTABLISHED &&
	       r->state != TT_TIME_WAIT && r->flags & TT_UNA_KNOWN &&
	       tt_before(seg->ack, r->snd_una);
}

/* acceptable before the handshake is over: ISS < SEG.ACK <= SND.NXT */
static bool acknowledges_syn(const struct tt_end *r,
			     const struct tt_segment *seg)
{
	return tt_after(seg->ack, r->iss) && !tt_after(seg->ack, r->snd_nxt);
}

/* RFC 9293 3.10.7.3 */
static void judge_in_syn_sent(const struct tt_end *r,
			      const struct tt_segment *seg,
			      struct tt_judgement *j)
{
	bool acceptable = seg->flags & TT_ACK && acknowledges_syn(r, seg);

	if (seg->flags & TT_RST) {
		if (acceptable)
			j->takes = TT_TAKES_RST;
		else
			tt_violates(j, TT_V_RST_IGNORED, r->iss + 1, seg->ack);
	} else if (seg->flags & TT_ACK && !acceptable) {
		if (seg->flags & TT_SYN)
			tt_violates(j, TT_V_SYNACK_BAD_ACK, r->iss + 1, seg->ack);
		else	/* the answer of a connection that S still has */
			j->remarks |= TT_REMARK(CHALLENGE_ACK);
	} else if (seg->flags & TT_SYN) {
		j->takes = TT_TAKES_SYN | TT_TAKES_TEXT;
		if (seg->flags & TT_ACK)
			j->takes |= TT_TAKES_ACK;
	}
}

/*
 * RFC 9293 3.10.7.4 as Linux keeps it (RFC 6191 and the older rule): a SYN
 * ends TIME-WAIT when its sequence number or timestamp is later.
 */
static bool reuses_time_wait(const struct tt_end *r,
			     const struct tt_segment *seg)
{
	return !(r->flags & TT_RCV_KNOWN) || tt_after(seg->seq, r->rcv_nxt) ||
	       (seg->options & TT_OPT_TS && r->flags & TT_TS_RECENT &&
		tt_after(seg->tsval, r->ts_recent));
}

/* CLOSED and LISTEN take nothing but a SYN */
static void judge_unopened(const struct tt_segment *seg,
			   struct tt_judgement *j)
{
	if ((seg->flags & (TT_SYN | TT_ACK | TT_RST)) == TT_SYN)
		j->takes = TT_TAKES_SYN | TT_TAKES_TEXT;
}

/* no SYN was seen: what else was not? */
static bool is_midstream(const struct tt_end *s, const struct tt_end *r)
{
	return !((s->flags | r->flags) & (TT_ISS_KNOWN | TT_ISS_TOLD));
}

/* may S have forgotten the connection, and begin another? */
static bool is_over(const struct tt_end *s, const struct tt_end *r)
{
	return s->state == TT_CLOSED || s->state == TT_TIME_WAIT ||
	       s->state == TT_FIN_WAIT_2 ||	/* an orphan is soon forgotten */
	       is_midstream(s, r);		/* its FIN was long before */
}

/* a SYN+ACK of a handshake that was not seen, late */
static bool synack_is_late(const struct tt_end *s, const struct tt_end *r,
			   const struct tt_segment *seg)
{
	if (!(seg->flags & TT_ACK) || !is_midstream(s, r))
		return false;
	return (s->flags & TT_SND_KNOWN && tt_is_old(seg->end, s->snd_nxt)) ||
	       (r->flags & TT_ACK_KNOWN && tt_is_old(seg->end, r->snd_ack));
}

/*
 * A listener that has forgotten the connection answers a late copy of the SYN,
 * by another number. Nobody but S can know that it still has it; who forges
 * has to know what R sent: ISS < SEG.ACK <= N'.
 */
static bool answers_late_syn(const struct tt_end *s, const struct tt_end *r,
			     const struct tt_segment *seg)
{
	return s->flags & TT_PASSIVE && r->flags & TT_ISS_KNOWN &&
	       acknowledges_syn(r, seg);
}

/*
 * RFC 5961 4.2: a SYN that does not repeat the first one is challenged. If S
 * has ended the connection, it is a new one (RFC 9293 3.5.1) whose SYN has to
 * come again when R has been reset.
 */
static void judge_syn(const struct tt_end *s, const struct tt_end *r,
		      const struct tt_segment *seg, struct tt_judgement *j)
{
	if (r->state == TT_TIME_WAIT && !(seg->flags & TT_ACK)) {
		if (reuses_time_wait(r, seg))
			j->takes = TT_TAKES_SYN | TT_TAKES_TEXT;
		else
			j->remarks |= TT_REMARK(PORT_REUSE);
		return;
	}
	if (tt_is_iss(s, seg->seq)) {
		/* simultaneous open: the peer's SYN again, now with an ACK */
		if (r->state == TT_SYN_RECEIVED &&
		    !(r->flags & TT_PASSIVE) && seg->flags & TT_ACK &&
		    !tt_before(seg->ack, r->iss + 1) &&
		    !tt_after(seg->ack, r->snd_nxt))
			j->takes = TT_TAKES_SYN | TT_TAKES_ACK;
		return;
	}
	if (synack_is_late(s, r, seg)) {
		j->remarks |= TT_REMARK(SYNACK_RETRANSMISSION);
		j->doubtful = true;
		return;
	}
	if (is_over(s, r) && !(seg->flags & TT_ACK)) {
		j->remarks |= TT_REMARK(PORT_REUSE);
		j->doubtful = s->state == TT_FIN_WAIT_2 || is_midstream(s, r);
		return;
	}
	if (!(seg->flags & TT_ACK) || !(s->flags & TT_SYNACK_SENT)) {
		tt_violates(j, TT_V_SYN_IN_SYNC, s->snd_nxt, seg->seq);
	} else if (answers_late_syn(s, r, seg)) {
		j->remarks |= TT_REMARK(PORT_REUSE);
		j->doubtful = true;
	} else {
		tt_violates(j, TT_V_SYNACK_CHANGED, s->iss, seg->seq);
	}
}

/* SYN-RECEIVED: the handshake's ACK */
static bool handshake_ack_is_bad(const struct tt_end *r,
				 const struct tt_segment *seg,
				 struct tt_judgement *j)
{
	if (r->state != TT_SYN_RECEIVED || !(r->flags & TT_ISS_KNOWN))
		return false;
	if (acknowledges_syn(r, seg))
		return false;
	/* it is of the SYN+ACK before, which R has forgotten */
	if (r->flags & TT_PAST_KNOWN && seg->ack == tt_rare(r)->past_nxt) {
		j->remarks |= TT_REMARK(OLD_ACK);
		return true;
	}
	return tt_violates(j, TT_V_HANDSHAKE_ACK_BAD, r->iss + 1, seg->ack);
}

/*
 * Nothing follows a FIN (seventh check: "ignore the segment text"), and at a
 * closed window nothing but the ACK is taken.
 */
static bool takes_no_more_text(const struct tt_end *r)
{
	const __u32 known = TT_LOCAL | TT_ACK_KNOWN | TT_RCV_KNOWN;

	return r->flags & TT_FIN_RECEIVED ||
	       (!(~r->flags & known) && is_synchronised(r) &&
		r->rcv_nxt == r->snd_edge);
}

/* RFC 9293 3.10.7.4: SYN-RECEIVED and all synchronised states, in order */
static void judge_opened(const struct tt_end *s, const struct tt_end *r,
			 const struct tt_segment *seg, struct tt_judgement *j)
{
	bool paws = fails_paws(s, r, seg, j);

	if (seg->flags & TT_RST) {
		tt_judge_rst(s, r, seg, j);
		return;
	}
	if (seg->flags & TT_SYN) {
		judge_syn(s, r, seg, j);
		return;
	}
	judge_against_past(s, r, seg, j);
	/* fifth check: "if the ACK bit is off, drop the segment" */
	if (paws || is_unacceptable(s, r, seg, j) || !(seg->flags & TT_ACK) ||
	    handshake_ack_is_bad(r, seg, j) || ack_is_bad(s, r, seg, j) ||
	    drops_with_old_ack(r, seg))
		return;

	j->takes = TT_TAKES_ACK | TT_TAKES_TEXT;
	if (tt_after(seg->end, r->rcv_nxt) && takes_no_more_text(r))
		j->takes = TT_TAKES_ACK;
}

/*
 * RFC 9293 3.4.3: of the connection that had the tuple before, duplicates may
 * come late; P is where the octets of S ended then:
 *	P - 2^20 < end <= P
 */
static bool is_of_the_past(const struct tt_end *s, const struct tt_segment *seg)
{
	return s->flags & TT_PAST_KNOWN && !tt_after(seg->end, tt_rare(s)->past_nxt) &&
	       tt_after(seg->end, tt_rare(s)->past_nxt - PAST_MAX);
}

static void forgive(const struct tt_segment *seg, struct tt_judgement *j)
{
	j->verdict = TT_VERDICTS_MAX;
	j->doubtful = true;	/* it is not of this connection */
	j->remarks |= seg->flags & TT_RST ? TT_REMARK(LATE_RST) :
					    TT_REMARK(OUT_OF_ORDER);
}

/**
 * tt_judge - what the receiver makes of a segment
 * @s: who sent it; as it was before the segment
 * @r: who gets it; as it was before the segment
 * @seg: the segment
 * @j: filled in
 *
 * RFC 9293 3.10.7, in its order. An unacceptable segment that is no more than
 * a late duplicate is taken nothing of, and not blamed.
 */
void tt_judge(const struct tt_end *s, const struct tt_end *r,
	      const struct tt_segment *seg, struct tt_judgement *j)
{
	bool bad;

	memset(j, 0, sizeof(*j));
	j->verdict = TT_VERDICTS_MAX;
	bad = flags_are_bad(seg, j);

	switch ((enum tt_state)r->state) {
	case TT_CLOSED:
	case TT_LISTEN:
		judge_against_past(s, r, seg, j);
		judge_unopened(seg, j);
		break;
	case TT_SYN_SENT:
		judge_in_syn_sent(r, seg, j);
		break;
	case TT_UNKNOWN:
		j->takes = seg->flags & TT_RST ? TT_TAKES_RST :
			   TT_TAKES_SYN | TT_TAKES_ACK | TT_TAKES_TEXT;
		break;
	case TT_SYN_RECEIVED:
	case TT_ESTABLISHED:
	case TT_FIN_WAIT_1:
	case TT_FIN_WAIT_2:
	case TT_CLOSE_WAIT:
	case TT_CLOSING:
	case TT_LAST_ACK:
	case TT_TIME_WAIT:
		judge_opened(s, r, seg, j);
		break;
	case TT_STATES_MAX:
		break;
	}
	judge_options(s, r, seg, j);
	if (j->verdict != TT_VERDICTS_MAX && !j->takes && !bad &&
	    is_of_the_past(s, seg))
		forgive(seg, j);
	if (bad)	/* "second check the RST bit" comes before the others */
		j->takes &= TT_TAKES_RST;
}
