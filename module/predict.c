// SPDX-License-Identifier: GPL-2.0
/*
 * Header prediction: the segment that nearly every segment is, on a short way.
 * Everything here repeats what the long way does with such a segment, and
 * tests take both ways to show it.
 *
 *	U = R.snd_ack	E = R.snd_edge	N = S.snd_nxt	C = R.rcv_nxt
 */
#include "passage.h"

/* what is closer together than this compares right however it is added up */
#define SPAN_MAX 0x40000000

#define KNOWN	(TT_SND_KNOWN | TT_ACK_KNOWN | TT_UNA_KNOWN | TT_RCV_KNOWN)

/*
 * A close or an abort is under way, an answer is owed, octets are missing, or
 * something is noted that only the long way looks at.
 */
#define PENDING	(TT_FIN_SENT | TT_FIN_ACKED | TT_FIN_RECEIVED |		\
		 TT_FIN_ARRIVED | TT_RST_SENT | TT_RST_ACTIVE |		\
		 TT_CHALLENGED | TT_PROBED | TT_PROBED_ZERO |		\
		 TT_SACKED | TT_MISREAD)

/* low <= n <= high, close together */
static inline bool lies_between(__u32 n, __u32 low, __u32 high)
{
	return high - low < SPAN_MAX && n - low <= high - low;
}

static inline bool are_settled(const struct tt_end *s, const struct tt_end *r)
{
	__u32 odd = (s->flags ^ KNOWN) | (r->flags ^ KNOWN);

	return s->state == TT_ESTABLISHED && r->state == TT_ESTABLISHED &&
	       !(odd & (KNOWN | PENDING));
}

/*
 * RFC 9293 3.10.7.4, first check, with room to spare at the right edge:
 *	U <= seq <= end < E
 */
static inline bool fits_window(const struct tt_end *r,
			       const struct tt_segment *seg)
{
	__u32 window = r->snd_edge - r->snd_ack;
	__u32 past = seg->end - r->snd_ack;

	return window < SPAN_MAX && past < window && seg->len <= past;
}

/*
 * RFC 7323 3.2: timestamps in every segment or in none. 5.3 R1, and TSecr is
 * one that R has sent:	TS.Recent <= TSval, TSecr <= R.ts_max
 */
static inline bool options_fit(const struct tt_end *r,
			       const struct tt_segment *seg, __u32 both)
{
	if (seg->options != TT_OPT_TS)
		return !seg->options && !(both & TT_TS_OK);
	if ((both & (TT_ISS_KNOWN | TT_TS_OK)) == TT_ISS_KNOWN)
		return false;
	return both & TT_TS_SENT && r->flags & TT_TS_RECENT &&
	       seg->tsval - r->ts_recent < SPAN_MAX &&
	       !tt_after(seg->tsecr, r->ts_max);
}

/* seq = N; S acknowledges what R has sent, and does not take back its window */
static inline bool follows_sent(const struct tt_end *s, const struct tt_end *r,
				const struct tt_segment *seg, __u32 win,
				__u32 both)
{
	__u32 slack = both & TT_WSCALE ? (1U << s->wscale) - 1 : 0;

	if (seg->seq != s->snd_nxt || !win ||
	    !lies_between(seg->ack, s->snd_ack, r->snd_nxt))
		return false;
	if (seg->ack != s->rcv_nxt && s->nranges)
		return false;
	if (both & TT_ISS_KNOWN &&
	    tt_before(seg->ack + win + slack, s->snd_edge))
		return false;
	if (seg->len)
		return !tt_exceeds_mss(r, seg);
	/* RFC 5681 2: else a duplicate ACK */
	return seg->ack != s->snd_ack || win != s->snd_win ||
	       seg->ack == r->snd_nxt;
}

/* seq = C, no holes; R.snd_una <= ack <= R.snd_nxt, beyond R's SYN */
static inline bool follows_received(const struct tt_end *r,
				    const struct tt_segment *seg)
{
	return seg->seq == r->rcv_nxt && seg->seq == r->rcv_max &&
	       !r->nranges &&
	       lies_between(seg->ack, r->snd_una, r->snd_nxt) &&
	       (r->flags & TT_ISS_FAR || seg->ack - r->iss - 1 < SPAN_MAX);
}

static inline enum tt_verdict verdict_of(const struct tt_end *s,
					 const struct tt_segment *seg,
					 __u32 win)
{
	if (seg->len)
		return TT_V_DATA;
	return seg->ack == s->snd_ack && win != s->snd_win ?
		TT_V_WINDOW_UPDATE : TT_V_ACK;
}

/*
 * S acknowledges what is not all that we believe it has: more, or less because
 * it is not that far yet. It knows, if it is local (sender_proves_receipt()).
 */
static inline void note_proof(struct tt_end *s, __u32 ack)
{
	if (tt_after(ack, s->rcv_nxt)) {
		s->rcv_nxt = ack;
		s->rcv_max = tt_seq_max(s->rcv_max, ack);
		s->flags &= ~TT_RANGES_LOST;
	} else if (s->flags & TT_LOCAL) {
		s->rcv_nxt = ack;
		s->flags |= TT_RANGES_LOST;
	}
}

static inline void note_sent(struct tt_end *s, const struct tt_segment *seg,
			     __u32 win)
{
	if (seg->ack != s->rcv_nxt)
		note_proof(s, seg->ack);
	s->segments++;
	s->bytes += seg->len;
	s->snd_nxt = seg->end;
	if (seg->ack != s->snd_ack)
		s->dup_acks = 0;
	s->snd_ack = seg->ack;
	if (win > s->snd_win && win > tt_rare(s)->max_win)
		tt_rare(s)->max_win = win;
	s->snd_win = win;
	s->snd_edge = tt_seq_max(s->snd_edge, seg->ack + win);
	if (seg->options)
		s->ts_max = tt_seq_max(s->ts_max, seg->tsval);
}

static inline void note_received(struct tt_end *r,
				 const struct tt_segment *seg)
{
	r->snd_una = seg->ack;
	if (seg->options && seg->seq == r->snd_ack)
		r->ts_recent = seg->tsval;
	r->rcv_nxt = seg->end;
	r->rcv_max = seg->end;
	r->flags &= ~TT_RANGES_LOST;
}

/**
 * tt_predict_ends - tt_predict() between these two ends
 * @s: who sent it
 * @r: who gets it
 * @at: the segment, which has no flag but ACK, PSH, ECE and CWR
 * @verdict: as tt_predict() has it
 *
 * Return: as tt_predict() has it.
 */
bool tt_predict_ends(struct tt_end *s, struct tt_end *r,
		     const struct tt_sighting *at, enum tt_verdict *verdict)
{
	const struct tt_segment *seg = at->seg;
	__u32 both = s->flags & r->flags, win;
	__u8 halves;

	if (!are_settled(s, r) || !fits_window(r, seg) ||
	    !options_fit(r, seg, both))
		return false;
	halves = tt_halves(at, s, r);
	win = tt_end_window(s, r, seg);
	if (halves & TT_HALF_SENT && !follows_sent(s, r, seg, win, both))
		return false;
	if (halves & TT_HALF_RECEIVED && !follows_received(r, seg))
		return false;

	*verdict = TT_VERDICTS_MAX;
	if (halves & TT_HALF_SENT) {
		*verdict = verdict_of(s, seg, win);
		note_sent(s, seg, win);
	}
	if (halves & TT_HALF_RECEIVED)
		note_received(r, seg);
	return true;
}
