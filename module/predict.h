/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Header prediction: the segment that nearly every segment is, on a short way.
 * Everything here repeats what the long way does with such a segment, and
 * tests take both ways to show it.
 *
 *	U = R.snd_ack	E = R.snd_edge	N = S.snd_nxt	C = R.rcv_nxt
 */
#ifndef _TCPTRACE_PREDICT_H
#define _TCPTRACE_PREDICT_H

#include "passage.h"

/* what is closer together than this compares right however it is added up */
#define TT_SPAN_MAX 0x40000000

#define TT_SETTLED (TT_SND_KNOWN | TT_ACK_KNOWN | TT_UNA_KNOWN | TT_RCV_KNOWN)

/*
 * A close or an abort is under way, an answer is owed, octets are missing, or
 * something is noted that only the long way looks at.
 */
#define TT_PENDING (TT_FIN_SENT | TT_FIN_ACKED | TT_FIN_RECEIVED |	\
		    TT_FIN_ARRIVED | TT_RST_SENT | TT_RST_ACTIVE |	\
		    TT_CHALLENGED | TT_PROBED | TT_PROBED_ZERO |	\
		    TT_SACKED | TT_FAR_EDGE)

/* low <= n, close together */
static __always_inline bool tt_is_from(__u32 n, __u32 low)
{
	return n - low < TT_SPAN_MAX;
}

static __always_inline bool tt_are_settled(const struct tt_end *s,
					   const struct tt_end *r)
{
	__u32 odd = (s->flags ^ TT_SETTLED) | (r->flags ^ TT_SETTLED);

	return !(odd & (TT_SETTLED | TT_PENDING));
}

/*
 * RFC 9293 3.10.7.4, first check, with room to spare at the right edge:
 *	U <= seq <= end < E
 */
static __always_inline bool tt_fits_window(const struct tt_end *r,
					   const struct tt_segment *seg)
{
	__u32 window = r->snd_edge - r->snd_ack;
	__u32 past = seg->end - r->snd_ack;

	if (!tt_is_from(r->snd_edge, r->snd_ack) || past >= window)
		return false;
	return seg->len <= past;
}

/*
 * RFC 7323 3.2: timestamps in every segment or in none. 5.3 R1, and TSecr is
 * one that R has sent:	TS.Recent <= TSval, TSecr <= R.ts_max
 */
static __always_inline bool tt_options_fit(const struct tt_end *r,
					   const struct tt_segment *seg, __u32 both)
{
	const __u32 agreed = TT_ISS_KNOWN | TT_TS_OK | TT_TS_SENT;

	if (seg->options != TT_OPT_TS)
		return !seg->options && !(both & TT_TS_OK);
	if ((both & agreed) != agreed &&
	    (both & (TT_ISS_KNOWN | TT_TS_SENT)) != TT_TS_SENT)
		return false;
	return r->flags & TT_TS_RECENT &&
	       tt_is_from(seg->tsval, r->ts_recent) &&
	       !tt_after(seg->tsecr, r->ts_max);
}

/* seq = N; S acknowledges what R has sent, and does not take back its window */
static __always_inline bool tt_follows_sent(const struct tt_end *s, const struct tt_end *r,
					    const struct tt_segment *seg, __u32 win,
					    __u32 both)
{
	if (seg->seq != s->snd_nxt || !win ||
	    !tt_is_from(seg->ack, s->snd_ack) ||
	    !tt_is_from(r->snd_nxt, seg->ack))
		return false;
	if ((seg->ack != s->rcv_nxt && s->nranges) ||
	    (s->rcv_max != s->rcv_nxt && both & TT_SACK_OK))
		return false;
	if (tt_takes_back_window(s, r, seg->ack + win))
		return false;
	if (seg->len)
		return !tt_exceeds_mss(r, seg);
	/* RFC 5681 2: else a duplicate ACK */
	return seg->ack != s->snd_ack || win != s->snd_win ||
	       seg->ack == r->snd_nxt || seg->flags & TT_FIN;
}

/* seq = C, no holes; R.snd_una <= ack <= R.snd_nxt, beyond R's SYN */
static __always_inline bool tt_follows_received(const struct tt_end *r,
						const struct tt_segment *seg,
						__u8 halves)
{
	return seg->seq == r->rcv_nxt && seg->seq == r->rcv_max &&
	       !r->nranges &&
	       tt_is_from(seg->ack, r->snd_una) &&
	       (halves & TT_HALF_SENT || tt_is_from(r->snd_nxt, seg->ack)) &&
	       (tt_is_from(seg->ack, r->iss + 1) || r->flags & TT_ISS_FAR);
}

static __always_inline enum tt_verdict tt_verdict_of(const struct tt_end *s,
						     const struct tt_segment *seg,
						     __u32 win)
{
	if (seg->len)
		return TT_V_DATA;
	return seg->ack == s->snd_ack && win != s->snd_win ?
		TT_V_WINDOW_UPDATE : TT_V_ACK;
}

/*
 * S acknowledges what is not all that we believe it has: more, or less. It knows,
 * if it is local and has got to all of it (ack_proves_receipt()).
 */
static __always_inline void tt_note_proof(struct tt_end *s, __u32 ack, bool backlog)
{
	if (tt_after(ack, s->rcv_nxt)) {
		tt_end_told(s, ack);
		s->flags &= ~TT_RANGES_LOST;
	} else if (s->flags & TT_LOCAL && !backlog) {
		s->rcv_nxt = ack;
		s->rcv_max = ack;
		s->flags |= TT_RANGES_LOST;
	}
}

static __always_inline void tt_note_sent(struct tt_end *s, const struct tt_segment *seg,
					 __u32 win, bool backlog)
{
	if (seg->ack != s->rcv_nxt)
		tt_note_proof(s, seg->ack, backlog);
	s->segments++;
	s->bytes += seg->len;
	s->snd_nxt = seg->end;
	if (seg->ack != s->snd_ack)
		s->dup_acks = 0;
	s->snd_ack = seg->ack;
	if (win > s->snd_win && win > tt_warm(s)->max_win)
		tt_warm(s)->max_win = win;
	s->snd_win = win;
	s->snd_edge = tt_seq_max(s->snd_edge, seg->ack + win);
	if (seg->options)
		s->ts_max = tt_seq_max(s->ts_max, seg->tsval);
}

static __always_inline void tt_note_received(struct tt_end *r,
					     const struct tt_segment *seg)
{
	r->snd_una = seg->ack;
	if (seg->options && seg->seq == r->snd_ack)
		r->ts_recent = seg->tsval;
	r->rcv_nxt = seg->end;
	r->rcv_max = seg->end;
	if (r->flags & (TT_RANGES_LOST | TT_RCV_TOLD))
		r->flags &= ~(TT_RANGES_LOST | (seg->len ? TT_RCV_TOLD : 0));
}

/* for so long that the timestamps of before are no measure any more */
static __always_inline bool tt_was_idle(const struct tt_conn *conn, __u64 now)
{
	return tt_stamp(now) - conn->last >=
	       TT_TIMESTAMPS_LAST_MS >> TT_STAMP_MS_LOG2;
}

/*
 * tt_predict() where it pays to have it in the caller, who knows that
 * tt_track_is_established()
 */
static __always_inline bool tt_predict_here(struct tt_conn *conn,
					    const struct tt_sighting *at,
					    enum tt_verdict *verdict)
{
	const __u8 flags = TT_FIN | TT_SYN | TT_RST | TT_ACK | TT_URG;
	struct tt_end *s = &conn->end[at->src], *r = &conn->end[!at->src];
	const struct tt_segment *seg = at->seg;
	__u32 both, win = 0;
	__u8 halves;

	/* their addresses are not to be worked out again each time */
	__asm__("" : "+r" (s), "+r" (r));
	both = s->flags & r->flags;
	if ((seg->flags & flags) != TT_ACK || at->bad_checksum ||
	    at->foreign || tt_was_idle(conn, at->now))
		return false;
	if (!tt_are_settled(s, r) || !tt_fits_window(r, seg) ||
	    !tt_options_fit(r, seg, both))
		return false;
	halves = tt_halves(at, s, r);
	if (halves & TT_HALF_SENT) {
		win = tt_end_window(s, r, seg);
		if (!tt_follows_sent(s, r, seg, win, both))
			return false;
	}
	if (halves & TT_HALF_RECEIVED && !tt_follows_received(r, seg, halves))
		return false;

	conn->last = tt_stamp(at->now);
	*verdict = TT_VERDICTS_MAX;
	if (halves & TT_HALF_SENT) {
		*verdict = tt_verdict_of(s, seg, win);
		tt_note_sent(s, seg, win, at->backlog);
	}
	if (halves & TT_HALF_RECEIVED)
		tt_note_received(r, seg);
	return true;
}

#endif
