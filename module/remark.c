// SPDX-License-Identifier: GPL-2.0
/*
 * In the formulas: S sent the segment, R gets it. N = S.snd_nxt, the end of
 * the highest segment that S sent before; U = R.snd_ack, the highest ACK that
 * R sent; E = R.snd_edge, the right edge of what R takes.
 */
#include <linux/kernel.h>
#include "fsm.h"
#include "remark.h"
#include "track.h"

static bool is_bare_ack(const struct tt_segment *seg)
{
	return seg->end == seg->seq &&
	       (seg->flags & (TT_RST | TT_ACK)) == TT_ACK;
}

/*
 * RFC 9293 3.8.4 and 3.8.6.1: a probe has seq = SND.NXT - 1 (or N and one
 * byte that R's closed window does not allow), and at most one byte.
 */
static __u64 remark_probe(const struct tt_end *s, const struct tt_end *r,
			  const struct tt_segment *seg)
{
	bool closed = r->flags & TT_ACK_KNOWN && !r->snd_win &&
		      !(r->flags & TT_RST_SENT);

	if (seg->len > 1 || seg->flags & (TT_SYN | TT_FIN | TT_RST) ||
	    !(r->flags & TT_ACK_KNOWN))
		return 0;
	if (closed && seg->seq == r->snd_edge && seg->len == 1)
		return TT_REMARK(ZERO_WINDOW_PROBE);
	if (seg->seq != r->snd_ack - 1 || tt_is_iss(s, seg->end - 1))
		return 0;
	if (seg->len == 1 && s->flags & TT_SND_KNOWN &&
	    s->snd_nxt != r->snd_ack)
		return 0;	/* one byte sent again */
	return closed ? TT_REMARK(ZERO_WINDOW_PROBE) : TT_REMARK(KEEPALIVE);
}

/* a repeat of what lies below N: which kind of repeat */
static __u64 remark_repeat(const struct tt_end *s, const struct tt_end *r,
			   const struct tt_segment *seg)
{
	if (seg->flags & TT_SYN) {
		if (!(seg->flags & TT_ACK))
			return TT_REMARK(SYN_RETRANSMISSION);
		/* a simultaneous open repeats its SYN with an ACK: no loss */
		return s->flags & TT_SYNACK_SENT ?
			TT_REMARK(SYNACK_RETRANSMISSION) : 0;
	}
	if (seg->flags & TT_FIN && !seg->len)
		return TT_REMARK(FIN_RETRANSMISSION);
	if (r->flags & TT_ACK_KNOWN && !tt_after(seg->end, r->snd_ack))
		return TT_REMARK(SPURIOUS_RETRANSMISSION);
	if (tt_after(seg->end, s->snd_nxt))
		return TT_REMARK(PARTIAL_RETRANSMISSION);
	if (r->dup_acks >= TT_DUP_ACK_THRESHOLD && seg->seq == r->snd_ack)
		return TT_REMARK(FAST_RETRANSMISSION);
	return TT_REMARK(RETRANSMISSION);
}

/*
 * seq > N: something before it did not come past us. seq < N: sent again, or
 * late on the way, which only an observer away from S has to tell apart: what
 * R does not have yet is late.
 */
static __u64 remark_order(const struct tt_end *s, const struct tt_end *r,
			  const struct tt_segment *seg, bool at_sender)
{
	if (!(s->flags & TT_SND_KNOWN))
		return 0;
	if (tt_after(seg->seq, s->snd_nxt))
		return TT_REMARK(GAP);
	if (seg->end == seg->seq || !tt_before(seg->seq, s->snd_nxt))
		return 0;
	if (!at_sender && !(seg->flags & TT_SYN) && r->flags & TT_RCV_KNOWN &&
	    !tt_has_reached(r, seg))
		return TT_REMARK(OUT_OF_ORDER);
	return remark_repeat(s, r, seg);
}

/*
 * RFC 5681 2: a duplicate ACK has no data, SYN or FIN, the same ACK and the
 * same window as the one before, and R has data outstanding.
 */
static __u64 remark_same_ack(const struct tt_end *s, const struct tt_end *r,
			     const struct tt_segment *seg, __u32 win)
{
	if (!is_bare_ack(seg))
		return 0;
	/* after a SYN+ACK the window is another one, if only by its scale */
	if (s->flags & TT_CHALLENGED)
		return TT_REMARK(CHALLENGE_ACK);
	if (s->flags & TT_PROBED)
		return TT_REMARK(KEEPALIVE_ACK);
	if (win != s->snd_win)
		return 0;
	if (s->flags & TT_PROBED_ZERO)
		return TT_REMARK(ZERO_WINDOW_PROBE_ACK);
	if (r->flags & TT_SND_KNOWN && tt_after(r->snd_nxt, seg->ack))
		return TT_REMARK(DUP_ACK);
	return 0;
}

/*
 * RFC 2018 8: had R kept the block [start, end) that it reported, its ACK could
 * not stop there:	start <= SEG.ACK < end
 */
static bool reneges(const struct tt_end *s, const struct tt_segment *seg)
{
	return s->flags & TT_SACKED &&
	       !tt_before(seg->ack, tt_rare(s)->sacked.start) &&
	       tt_before(seg->ack, tt_rare(s)->sacked.end);
}

static __u64 remark_ack(const struct tt_end *s, const struct tt_end *r,
			const struct tt_segment *seg)
{
	__u32 win = tt_end_window(s, r, seg);
	__u64 remarks = 0;

	if (!(s->flags & TT_ACK_KNOWN))
		return win ? 0 : TT_REMARK(ZERO_WINDOW);
	if (tt_before(seg->ack, s->snd_ack))
		return TT_REMARK(OLD_ACK);
	if (reneges(s, seg))
		remarks |= TT_REMARK(SACK_RENEGING);
	if (seg->ack == s->snd_ack)
		remarks |= remark_same_ack(s, r, seg, win);
	if (!win && !(remarks & TT_REMARK(ZERO_WINDOW_PROBE_ACK)) && s->snd_win)
		remarks |= TT_REMARK(ZERO_WINDOW);
	if (tt_takes_back_window(s, r, seg->ack + win))
		remarks |= TT_REMARK(WINDOW_SHRINK);
	return remarks;
}

/* RFC 2883 4: the first block repeats what is acknowledged, or the second */
static bool has_dsack(const struct tt_segment *seg)
{
	const struct tt_sack_block *b = seg->sack;

	if (!seg->nsack || !(seg->flags & TT_ACK))
		return false;
	if (!tt_after(b[0].end, seg->ack))
		return true;
	return seg->nsack > 1 && !tt_before(b[0].start, b[1].start) &&
	       !tt_after(b[0].end, b[1].end);
}

/**
 * tt_remark_sent - what is unusual about a segment as it was sent
 * @s: who sent it; as it was before the segment
 * @r: who gets it; as it was before the segment
 * @seg: the segment
 * @at_sender: it was seen as it left @s, so nothing can be late
 *
 * Return: TT_REMARK() bits, 0 if there is nothing unusual.
 */
__u64 tt_remark_sent(const struct tt_end *s, const struct tt_end *r,
		     const struct tt_segment *seg, bool at_sender)
{
	__u64 remarks;

	if (seg->flags & TT_RST)
		return 0;

	remarks = remark_probe(s, r, seg);
	if (!remarks)
		remarks = remark_order(s, r, seg, at_sender);
	if (seg->flags & TT_ACK && !(seg->flags & TT_SYN))
		remarks |= remark_ack(s, r, seg);
	if (has_dsack(seg))
		remarks |= TT_REMARK(DSACK);
	if (seg->len && r->flags & TT_ACK_KNOWN && seg->end == r->snd_edge &&
	    r->snd_win && tt_both(s, r, TT_ISS_KNOWN) &&
	    !(remarks & TT_REMARK(KEEPALIVE)))
		remarks |= TT_REMARK(WINDOW_FULL);
	if (tt_exceeds_mss(r, seg))
		remarks |= TT_REMARK(MSS_EXCEEDED);
	return remarks;
}

/**
 * tt_remark_received - what its receipt adds, where that is seen on its own
 * @r: whom it reached; as it was before the segment
 * @seg: the segment
 *
 * Return: TT_REMARK() bits, 0 if there is nothing unusual.
 */
__u64 tt_remark_received(const struct tt_end *r, const struct tt_segment *seg)
{
	if (!(r->flags & TT_RCV_KNOWN) || seg->flags & (TT_SYN | TT_RST) ||
	    seg->end == seg->seq)
		return 0;
	if (tt_after(seg->seq, r->rcv_max))
		return TT_REMARK(GAP);
	if (tt_before(seg->seq, r->rcv_max) && !tt_has_reached(r, seg))
		return TT_REMARK(OUT_OF_ORDER);
	return 0;
}

/**
 * tt_remark_first - which of several remarks is the verdict
 * @remarks: TT_REMARK() bits
 *
 * Return: the one that says most, TT_VERDICTS_MAX if there is none.
 */
enum tt_verdict tt_remark_first(__u64 remarks)
{
	static const __u8 by_weight[] = {
		TT_V_MIDSTREAM, TT_V_OBSERVER_GAP, TT_V_PORT_REUSE,
		TT_V_SYN_RETRANSMISSION, TT_V_SYNACK_RETRANSMISSION,
		TT_V_KEEPALIVE, TT_V_ZERO_WINDOW_PROBE,
		TT_V_FIN_RETRANSMISSION, TT_V_SPURIOUS_RETRANSMISSION,
		TT_V_FAST_RETRANSMISSION, TT_V_PARTIAL_RETRANSMISSION,
		TT_V_RETRANSMISSION, TT_V_OUT_OF_ORDER, TT_V_GAP,
		TT_V_CHALLENGE_ACK, TT_V_ZERO_WINDOW_PROBE_ACK,
		TT_V_KEEPALIVE_ACK, TT_V_ZERO_WINDOW, TT_V_WINDOW_FULL,
		TT_V_WINDOW_SHRINK, TT_V_SACK_RENEGING, TT_V_DSACK, TT_V_DUP_ACK, TT_V_OLD_ACK,
		TT_V_LATE_RST, TT_V_MSS_EXCEEDED,
	};
	unsigned int i;

	if (!remarks)
		return TT_VERDICTS_MAX;
	for (i = 0; i < ARRAY_SIZE(by_weight); i++)
		if (remarks & TT_REMARK_BIT(by_weight[i]))
			return by_weight[i];
	return TT_VERDICTS_MAX;
}

/**
 * tt_remark_plain - the verdict on a segment that nothing is unusual about
 * @s: who sent it; as it was before the segment
 * @r: who gets it; as it was before the segment
 * @seg: the segment
 *
 * Return: a verdict of class TT_FINE.
 */
enum tt_verdict tt_remark_plain(const struct tt_end *s, const struct tt_end *r,
				const struct tt_segment *seg)
{
	if (seg->flags & TT_RST)
		return TT_V_RST;
	if (seg->flags & TT_SYN) {
		if (seg->flags & TT_ACK)
			return TT_V_SYNACK;
		if (r->state == TT_SYN_SENT)
			return TT_V_SIMULTANEOUS_OPEN;
		return seg->len ? TT_V_TFO_SYN : TT_V_SYN;
	}
	if (seg->flags & TT_FIN)
		return TT_V_FIN;
	if (seg->len)
		return TT_V_DATA;
	if (r->state == TT_SYN_RECEIVED)
		return TT_V_HANDSHAKE_ACK;
	if (seg->flags & TT_ACK && s->flags & TT_ACK_KNOWN &&
	    seg->ack == s->snd_ack &&
	    tt_end_window(s, r, seg) != s->snd_win)
		return TT_V_WINDOW_UPDATE;
	return TT_V_ACK;
}
