/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One endpoint of a connection: what it has sent and what has reached it.
 */
#ifndef _TCPTRACE_ENDPOINT_H
#define _TCPTRACE_ENDPOINT_H

#include <linux/kernel.h>
#include "fsm.h"
#include "segment.h"
#include "seq.h"

/* from so far on numbers are not compared any more; half of what could be */
#define TT_SEQ_FAR 0x40000000

/* holes in the received sequence space that are remembered exactly */
#define TT_RANGES_MAX 4

/* RFC 5681 3.2: the third duplicate ACK triggers fast retransmit */
#define TT_DUP_ACK_THRESHOLD 3

#define TT_WSCALE_MAX 14	/* RFC 7323 2.3 */

/* struct tt_end.flags */
#define TT_LOCAL	0x00000001	/* its socket is in this netns */
#define TT_SND_KNOWN	0x00000002	/* snd_nxt is valid */
#define TT_ISS_KNOWN	0x00000004	/* iss is valid: its SYN was seen */
#define TT_ACK_KNOWN	0x00000008	/* snd_ack, snd_edge are valid */
#define TT_UNA_KNOWN	0x00000010	/* snd_una is valid */
#define TT_RCV_KNOWN	0x00000020	/* rcv_nxt, rcv_max are valid */
#define TT_FIN_SENT	0x00000040	/* fin_end is valid */
#define TT_FIN_ACKED	0x00000080	/* the ACK of its FIN reached it */
#define TT_FIN_RECEIVED	0x00000100	/* the peer's FIN reached it in order */
#define TT_RST_SENT	0x00000200	/* it sent one */
#define TT_PASSIVE	0x00000400	/* it was a listener */
#define TT_WSCALE	0x00000800	/* its SYN offered window scaling */
#define TT_SACK_OK	0x00001000	/* its SYN permitted SACK */
#define TT_TS_OK	0x00002000	/* its SYN offered timestamps */
#define TT_CHALLENGED	0x00004000	/* owes a challenge ACK (RFC 5961) */
#define TT_PROBED	0x00008000	/* owes the ACK of a keepalive */
#define TT_SYNACK_SENT	0x00010000	/* its SYN carried an ACK */
#define TT_ISS_FAR	0x00020000	/* iss lies too far behind to compare */
#define TT_TS_RECENT	0x00040000	/* ts_recent is valid */
#define TT_TS_SENT	0x00080000	/* ts_max is valid */
#define TT_RANGES_LOST	0x00100000	/* more holes than TT_RANGES_MAX */
#define TT_FIN_ARRIVED	0x00400000	/* rcv_fin is valid */
#define TT_PROBED_ZERO	0x00200000	/* owes the ACK of a window probe */
#define TT_SACKED	0x04000000	/* sacked is valid */
#define TT_FAR_EDGE	0x01000000	/* far_edge is valid */
#define TT_RST_ACTIVE	0x00800000	/* rst_seq is valid */
#define TT_SYN_REFUSED	0x08000000	/* syn_seq is valid */
#define TT_ISS_TOLD	0x10000000	/* iss is what a SYN+ACK answers */
#define TT_SHRUNK	0x40000000	/* it has taken back window */
#define TT_PAST_KNOWN	0x02000000	/* past_nxt is valid */
#define TT_ANSWERED_OLD	0x20000000	/* to a SYN, by an older connection */
#define TT_RCV_TOLD	0x80000000	/* what lies before rcv_nxt was not seen */

/**
 * struct tt_end - one endpoint: its transmission control block, mirrored
 * @bytes: payload bytes it sent, repeats included
 * @segments: segments it sent
 * @flags: TT_LOCAL ...
 * @iss: initial send sequence number
 * @snd_una: highest ACK that reached it (N')
 * @snd_nxt: end of the highest segment that it sent (N)
 * @snd_ack: highest ACK that it sent (U)
 * @snd_edge: the right edge of what it takes: max(ack + window) of those that it
 *	has not taken back (E)
 * @snd_win: the last window that it offered, bytes
 * @rcv_nxt: what reached it without a hole ends here (C)
 * @rcv_max: end of the highest segment that reached it; if it is local, and says
 *	so, of what it holds
 * @ts_recent: TS.Recent (RFC 7323 4.3)
 * @ts_max: highest TSval that it sent
 * @mss: the MSS that its SYN announced, 0: none
 * @state: enum tt_state
 * @wscale: its shift count, with TT_WSCALE
 * @role: TT_CLIENT or TT_SERVER
 * @nranges: valid entries in struct tt_rare.ranges
 * @dup_acks: consecutive duplicate ACKs that it sent, as far as they matter
 * @index: which end of the tuple it is
 *
 * All sequence numbers are in host byte order. This is what every segment
 * needs, one cache line; the rest is in struct tt_warm and struct tt_rare.
 */
struct tt_end {
	__u64 bytes;
	__u64 segments;
	__u32 flags;
	__u32 iss;
	__u32 snd_una;
	__u32 snd_nxt;
	__u32 snd_ack;
	__u32 snd_edge;
	__u32 snd_win;
	__u32 rcv_nxt;
	__u32 rcv_max;
	__u32 ts_recent;
	__u32 ts_max;
	__u32 mss : 16;
	__u32 state : 4;
	__u32 wscale : 4;
	__u32 role : 2;
	__u32 nranges : 3;
	__u32 dup_acks : 2;
	__u32 index : 1;
};

/**
 * struct tt_warm - what is always known of an endpoint, but rarely asked for
 * @since: stamp of when it entered its state
 * @max_win: the largest window that it offered, bytes (M)
 * @ts_first: TSval of its SYN, with TT_TS_OK
 *
 * tt_warm() finds that of an endpoint.
 */
struct tt_warm {
	__u32 since;
	__u32 max_win;
	__u32 ts_first;
};

/* struct tt_end.flags: what makes something in struct tt_rare valid */
#define TT_RARE_FLAGS (TT_FIN_SENT | TT_RST_ACTIVE | TT_PAST_KNOWN |	\
		       TT_SYN_REFUSED | TT_FIN_ARRIVED | TT_SACKED |	\
		       TT_FAR_EDGE)

/**
 * struct tt_rare - what few endpoints have: something went wrong, or ends
 * @id: the low half of the number of the connection that it belongs to, see
 *	tt_end_id()
 * @retransmissions: segments it sent that carried nothing new
 * @violations: segments it sent that broke a rule
 * @far_edge: a right edge beyond snd_edge that its peer may still go by
 * @fin_end: sequence number after its FIN
 * @rst_seq: sequence number of its RST, where it tells SND.NXT
 * @past_nxt: end of the highest segment that it sent in the connection that
 *	had the tuple before
 * @syn_seq: sequence number of its last SYN that the connection as we have it
 *	does not allow
 * @rcv_fin: sequence number after the peer's FIN that reached it, perhaps
 *	ahead of earlier data
 * @ranges: what reached it beyond tt_end.rcv_nxt
 * @sacked: the lowest block that its last ACK reported beyond the ACK itself
 *
 * tt_rare() finds that of an endpoint, while tt_conn.rare is there.
 */
struct tt_rare {
	__u32 id;
	__u32 retransmissions;
	__u32 violations;
	__u32 far_edge;
	__u32 fin_end;
	__u32 rst_seq;
	__u32 past_nxt;
	__u32 syn_seq;
	__u32 rcv_fin;
	struct tt_sack_block ranges[TT_RANGES_MAX];
	struct tt_sack_block sacked;
};

void tt_end_open(struct tt_end *end, __u64 id, __u8 role);
void tt_end_sent(struct tt_end *s, const struct tt_end *r,
		 const struct tt_segment *seg);
void tt_end_sent_syn(struct tt_end *s, const struct tt_segment *seg);
void tt_end_got_ack(struct tt_end *r, const struct tt_segment *seg);
void tt_end_sent_unseen(struct tt_end *r, const struct tt_segment *seg);
void tt_end_got_text(struct tt_end *r, const struct tt_segment *seg);
void tt_end_got_up_to(struct tt_end *r, __u32 seq);
void tt_end_got_only(struct tt_end *r, __u32 seq);
void tt_end_holds(struct tt_end *r, const struct tt_segment *seg);
bool tt_has_reached(const struct tt_end *r, const struct tt_segment *seg);

/* what its SYN says, and @warm, which is its own, keeps the rest of */
static __always_inline void tt_end_announces(struct tt_end *s,
					     struct tt_warm *warm,
					     const struct tt_segment *seg)
{
	s->flags &= ~(TT_WSCALE | TT_SACK_OK | TT_TS_OK | TT_ISS_FAR);
	s->flags |= TT_ISS_KNOWN;
	s->iss = seg->seq;
	if (seg->options & TT_OPT_WSCALE) {
		s->flags |= TT_WSCALE;
		s->wscale = min_t(__u8, seg->wscale, TT_WSCALE_MAX);
	}
	if (seg->options & TT_OPT_SACK_PERMITTED)
		s->flags |= TT_SACK_OK;
	if (seg->options & TT_OPT_TS) {
		s->flags |= TT_TS_OK;
		warm->ts_first = seg->tsval;
	}
	if (seg->options & TT_OPT_MSS)
		s->mss = seg->mss;
	if (seg->flags & TT_ACK)
		s->flags |= TT_SYNACK_SENT;
	else if (!(s->flags & TT_ACK_KNOWN))
		s->snd_win = seg->win;
}

/* has nothing that it ever sent escaped us? Nor what reached it, then */
static __always_inline bool tt_all_is_seen(const struct tt_end *end)
{
	return !(~end->flags & (TT_LOCAL | TT_ISS_KNOWN));
}

/* rcv_nxt moves on, for its own ACK says so: to @seq */
static __always_inline void tt_end_told(struct tt_end *r, __u32 seq)
{
	r->rcv_nxt = seq;
	r->flags &= ~TT_RCV_TOLD;
	if (tt_after(seq, r->rcv_max)) {
		r->rcv_max = seq;
		if (!tt_all_is_seen(r))
			r->flags |= TT_RCV_TOLD;
	}
}

/*
 * A FIN where a local receiver already has other octets is not the sender's:
 * whatever reaches a local endpoint has come past us. What it had before we
 * looked may end with that very FIN.
 */
static inline bool tt_fin_is_false(const struct tt_end *r,
				   const struct tt_segment *seg)
{
	return seg->flags & TT_FIN && r->flags & TT_LOCAL &&
	       r->flags & TT_RCV_KNOWN &&
	       !(r->flags & (TT_FIN_ARRIVED | TT_FIN_RECEIVED)) &&
	       (tt_before(seg->end, r->rcv_nxt) ||
		(seg->end == r->rcv_nxt && !(r->flags & TT_RCV_TOLD)));
}

/* done with the connection: CLOSED, or back in LISTEN */
static inline bool tt_end_has_ended(const struct tt_end *end)
{
	return end->state == TT_CLOSED || end->state == TT_LISTEN;
}

/* is a number of the endpoint's stream beyond its SYN's? */
static inline bool tt_beyond_iss(const struct tt_end *end, __u32 n)
{
	return end->flags & TT_ISS_FAR || tt_after(n, end->iss);
}

/* is it the number of the endpoint's SYN, as far as that is known? */
static inline bool tt_is_iss(const struct tt_end *end, __u32 n)
{
	return end->flags & (TT_ISS_KNOWN | TT_ISS_TOLD) && n == end->iss;
}

/* both SYNs were seen, and both offered the option */
static __always_inline bool tt_both(const struct tt_end *s, const struct tt_end *r,
				    __u32 flag)
{
	return s->flags & r->flags & flag;
}

/**
 * tt_end_window - the window that a segment offers, in bytes
 * @s: who sent it
 * @r: who gets it
 * @seg: the segment
 *
 * RFC 7323 2.2: the window of a SYN is never scaled, that of any other
 * segment is when both SYNs had the option. Of a connection first seen
 * midstream the shift count is unknown: the largest possible one is taken, so
 * that nobody is blamed for what may be right.
 *
 * Return: SEG.WND in bytes.
 */
static __always_inline __u32 tt_end_window(const struct tt_end *s,
					   const struct tt_end *r,
					   const struct tt_segment *seg)
{
	const __u32 scaled = TT_ISS_KNOWN | TT_WSCALE;

	if (seg->flags & TT_SYN)
		return seg->win;
	if ((s->flags & r->flags & scaled) == scaled)
		return (__u32)seg->win << s->wscale;
	return tt_both(s, r, TT_ISS_KNOWN) ? seg->win :
	       (__u32)seg->win << TT_WSCALE_MAX;
}

/**
 * tt_takes_back_window - does a right edge go back, by more than rounding?
 * @s: who offers the window
 * @r: who gets it
 * @edge: SEG.ACK + SEG.WND
 *
 * RFC 7323 2.4: the shift rounds a window down, by less than its unit.
 *
 * Return: true if it does; false, too, where the shift is not known.
 */
static __always_inline bool tt_takes_back_window(const struct tt_end *s,
						 const struct tt_end *r,
						 __u32 edge)
{
	__u32 slack;

	if (!tt_before(edge, s->snd_edge))
		return false;
	slack = tt_both(s, r, TT_WSCALE) ? (1U << s->wscale) - 1 : 0;
	return tt_both(s, r, TT_ISS_KNOWN) &&
	       tt_before(edge + slack, s->snd_edge);
}

/* is it larger than one segment to @r may be (RFC 9293 3.7.1)? */
static __always_inline bool tt_exceeds_mss(const struct tt_end *r,
					   const struct tt_segment *seg)
{
	return seg->len > r->mss && r->mss &&
	       !(seg->unit && seg->unit <= r->mss);
}

#endif
