// SPDX-License-Identifier: GPL-2.0
#include <linux/string.h>
#include "track.h"

/**
 * tt_end_open - forget everything: a new incarnation
 * @end: the endpoint
 * @id: number of the new connection
 * @role: TT_CLIENT or TT_SERVER
 *
 * Whether the endpoint is local survives, for its address has not moved, and
 * where its octets ended, for some may come late.
 */
void tt_end_open(struct tt_end *end, __u64 id, __u8 role)
{
	__u32 keep = end->flags & (TT_LOCAL | TT_PAST_KNOWN), state = end->state;
	struct tt_warm *warm = tt_warm(end);
	struct tt_rare *rare = tt_rare(end);
	__u32 past_nxt = rare->past_nxt;
	unsigned int index = end->index;

	if (end->flags & TT_SND_KNOWN) {
		keep |= TT_PAST_KNOWN;
		past_nxt = end->snd_nxt;
	}
	memset(end, 0, sizeof(*end));
	end->state = state;
	end->role = role;
	end->flags = keep;
	end->index = index;
	warm->max_win = 0;
	warm->ts_first = 0;
	memset(rare, 0, sizeof(*rare));
	rare->id = id;
	rare->past_nxt = past_nxt;
}

/*
 * A listener that has forgotten the connection answers a late SYN once more, by
 * another number: what it sent before is past.
 */
static void begin_anew(struct tt_end *s, __u32 seq)
{
	if (s->flags & TT_SND_KNOWN) {
		s->flags |= TT_PAST_KNOWN;
		tt_rare(s)->past_nxt = s->snd_nxt;
	}
	s->snd_nxt = seq;
}

/**
 * tt_end_sent_syn - what an endpoint announces in its SYN
 * @s: who sent it
 * @seg: a segment with the SYN flag
 */
void tt_end_sent_syn(struct tt_end *s, const struct tt_segment *seg)
{
	if (s->flags & TT_ISS_KNOWN && s->iss != seg->seq)
		begin_anew(s, seg->seq);
	tt_end_announces(s, tt_warm(s), seg);
}

/* the lowest block beyond SEG.ACK; blocks below repeat what is known (2883) */
static noinline void sent_sack(struct tt_end *s, const struct tt_segment *seg)
{
	unsigned int i;

	for (i = 0; i < seg->nsack; i++) {
		const struct tt_sack_block *b = &seg->sack[i];

		if (tt_after(b->start, seg->ack) &&
		    tt_before(b->start, b->end) &&
		    (!(s->flags & TT_SACKED) ||
		     tt_before(b->start, tt_rare(s)->sacked.start))) {
			s->flags |= TT_SACKED;
			tt_rare(s)->sacked = *b;
		}
	}
}

static void note_far_edge(struct tt_end *s, __u32 edge)
{
	struct tt_rare *rare = tt_rare(s);

	if (!(s->flags & TT_FAR_EDGE) || tt_after(edge, rare->far_edge))
		rare->far_edge = edge;
	s->flags |= TT_FAR_EDGE;
}

/*
 * RFC 7323 2.2: the window of a SYN+ACK is not scaled, but in a simultaneous
 * open Linux scales it all the same (tcp_rcv_state_process()). Nobody is
 * blamed for believing that.
 */
static void note_misread_window(struct tt_end *s, const struct tt_end *r,
				const struct tt_segment *seg)
{
	__u32 win = (__u32)seg->win << s->wscale;
	struct tt_warm *warm = tt_warm(s);

	if (!(seg->flags & TT_SYN) || s->flags & TT_PASSIVE ||
	    !tt_both(s, r, TT_WSCALE))
		return;
	note_far_edge(s, seg->ack + win);
	if (win > warm->max_win)
		warm->max_win = win;
}

/*
 * RFC 9293 3.10.7.3: the window of a SYN counts, too, until an ACK changes it.
 * After a fast open (RFC 7413 4.1.3) the peer may have used it by then.
 */
static void note_window_of_syn(struct tt_end *s, const struct tt_end *r)
{
	if (tt_both(s, r, TT_ISS_KNOWN) && !(s->flags & TT_SYNACK_SENT) &&
	    tt_after(r->snd_nxt, r->iss + 1))
		note_far_edge(s, r->iss + 1 + s->snd_win);
}

/*
 * Linux takes a window back for want of memory, and then all of it, or with
 * net.ipv4.tcp_shrink_window a part (tcp_select_window()): from then on the
 * socket drops what lies beyond the edge that it names. Nobody is blamed for
 * having believed the one before.
 */
static void take_back_window(struct tt_end *s, __u32 edge)
{
	note_far_edge(s, s->snd_edge);
	s->snd_edge = edge;
}

static void sent_ack(struct tt_end *s, const struct tt_end *r,
		     const struct tt_segment *seg)
{
	__u32 win = tt_end_window(s, r, seg);
	struct tt_warm *warm = tt_warm(s);
	__u32 edge = seg->ack + win;

	if (!(s->flags & TT_ACK_KNOWN)) {
		note_window_of_syn(s, r);
		s->flags |= TT_ACK_KNOWN;
		s->snd_ack = seg->ack;
		s->snd_edge = edge;
	}
	/* of two segments in flight the one with the older ACK is the older */
	if (!tt_before(seg->ack, s->snd_ack)) {
		s->snd_ack = seg->ack;
		s->snd_win = win;
		s->flags &= ~TT_SACKED;
		if (seg->nsack)
			sent_sack(s, seg);
	}
	s->snd_edge = tt_seq_max(s->snd_edge, edge);
	if (s->flags & TT_LOCAL && seg->ack == s->snd_ack &&
	    tt_takes_back_window(s, r, edge))
		take_back_window(s, edge);
	if (win > warm->max_win)
		warm->max_win = win;
	note_misread_window(s, r, seg);
	if (s->flags & TT_FAR_EDGE && !tt_before(s->snd_edge, tt_rare(s)->far_edge))
		s->flags &= ~TT_FAR_EDGE;
}

/**
 * tt_end_sent - an endpoint sent a segment: what is known of it from now on
 * @s: who sent it
 * @r: who gets it
 * @seg: the segment; not an RST
 *
 * The numbers that later segments are measured against: N = max(SEG.SEQ +
 * SEG.LEN), U = max(SEG.ACK), E = max(SEG.ACK + SEG.WND), M = max(SEG.WND).
 * What of a window was taken back is not in E, but tt_rare.far_edge.
 */
void tt_end_sent(struct tt_end *s, const struct tt_end *r,
		 const struct tt_segment *seg)
{
	if (seg->flags & TT_SYN)
		tt_end_sent_syn(s, seg);

	if (!(s->flags & TT_SND_KNOWN)) {
		s->flags |= TT_SND_KNOWN;
		s->snd_nxt = seg->end;
	}
	if (!(s->flags & TT_FIN_SENT))
		s->snd_nxt = tt_seq_max(s->snd_nxt, seg->end);

	if (seg->flags & TT_FIN && !(s->flags & TT_FIN_SENT) &&
	    !tt_fin_is_false(r, seg)) {
		s->flags |= TT_FIN_SENT;
		tt_rare(s)->fin_end = seg->end;
	}
	if (seg->flags & TT_ACK)
		sent_ack(s, r, seg);

	if (seg->options & TT_OPT_TS &&
	    (!(s->flags & TT_TS_SENT) || tt_after(seg->tsval, s->ts_max))) {
		s->flags |= TT_TS_SENT;
		s->ts_max = seg->tsval;
	}
}

/**
 * tt_end_got_ack - the acknowledgment of a segment reached an endpoint
 * @r: whom it reached
 * @seg: the segment; has the ACK flag
 */
void tt_end_got_ack(struct tt_end *r, const struct tt_segment *seg)
{
	if (!(r->flags & TT_UNA_KNOWN)) {
		r->flags |= TT_UNA_KNOWN;
		r->snd_una = seg->ack;
	}
	r->snd_una = tt_seq_max(r->snd_una, seg->ack);
	if (r->snd_una - r->iss > TT_SEQ_FAR)
		r->flags |= TT_ISS_FAR;
}

/**
 * tt_end_sent_unseen - an endpoint sent what did not come past us
 * @r: the endpoint
 * @seg: what its peer answered
 */
void tt_end_sent_unseen(struct tt_end *r, const struct tt_segment *seg)
{
	r->snd_nxt = tt_seq_max(r->snd_nxt, seg->ack);
	/* RFC 7323 3.2: a TSecr of zero echoes nothing */
	if (seg->options & TT_OPT_TS && seg->tsecr && r->flags & TT_TS_SENT)
		r->ts_max = tt_seq_max(r->ts_max, seg->tsecr);
}

static void drop_range(struct tt_end *r, unsigned int i)
{
	struct tt_sack_block *ranges = tt_rare(r)->ranges;

	r->nranges--;
	memmove(&ranges[i], &ranges[i + 1],
		(r->nranges - i) * sizeof(ranges[0]));
}

static noinline void absorb_some(struct tt_end *r)
{
	struct tt_sack_block *ranges = tt_rare(r)->ranges;

	if (r->flags & TT_FIN_ARRIVED && r->rcv_nxt == tt_rare(r)->rcv_fin)
		r->nranges = 0;	/* nothing follows a FIN */
	while (r->nranges && !tt_after(ranges[0].start, r->rcv_nxt)) {
		r->rcv_nxt = tt_seq_max(r->rcv_nxt, ranges[0].end);
		drop_range(r, 0);
	}
}

/* take in the ranges that rcv_nxt has reached */
static __always_inline void absorb_ranges(struct tt_end *r)
{
	if (r->nranges)
		absorb_some(r);
	if (!r->nranges)
		r->flags &= ~TT_RANGES_LOST;
	r->rcv_max = tt_seq_max(r->rcv_max, r->rcv_nxt);
}

/* ranges stay sorted and apart from each other */
static noinline void add_range(struct tt_end *r, __u32 start, __u32 end)
{
	struct tt_sack_block *ranges = tt_rare(r)->ranges;
	unsigned int i = 0;

	while (i < r->nranges && tt_before(ranges[i].end, start))
		i++;
	while (i < r->nranges && !tt_after(ranges[i].start, end)) {
		start = tt_before(start, ranges[i].start) ?
			start : ranges[i].start;
		end = tt_seq_max(end, ranges[i].end);
		drop_range(r, i);
	}
	if (r->nranges == TT_RANGES_MAX) {
		/* forget the last hole, or this range if it is the last */
		r->flags |= TT_RANGES_LOST;
		if (i == TT_RANGES_MAX)
			return;
		r->nranges--;
	}
	memmove(&ranges[i + 1], &ranges[i],
		(r->nranges - i) * sizeof(ranges[0]));
	ranges[i].start = start;
	ranges[i].end = end;
	r->nranges++;
}

/**
 * tt_end_got_text - sequence space (SYN, payload, FIN) reached an endpoint
 * @r: whom it reached
 * @seg: the segment
 *
 * Afterwards r->rcv_nxt is RCV.NXT as RFC 9293 3.10.7.4 has it. With more
 * than TT_RANGES_MAX holes it may lag behind until the endpoint's own ACK
 * tells (tt_end_got_up_to()).
 */
void tt_end_got_text(struct tt_end *r, const struct tt_segment *seg)
{
	struct tt_rare *rare = tt_rare(r);
	bool is_new = !(r->flags & TT_RCV_KNOWN) ||
		      tt_after(seg->end, r->rcv_nxt);

	if (!(r->flags & TT_RCV_KNOWN)) {
		r->flags |= TT_RCV_KNOWN;
		if (seg->end == seg->seq)
			r->flags |= TT_RCV_TOLD;
		r->rcv_nxt = seg->end;
		r->rcv_max = seg->end;
	}
	if (seg->flags & TT_FIN && is_new &&
	    (!(r->flags & TT_FIN_ARRIVED) || tt_before(seg->end, rare->rcv_fin))) {
		r->flags |= TT_FIN_ARRIVED;
		rare->rcv_fin = seg->end;
	}
	if (seg->end != seg->seq)
		r->rcv_max = tt_seq_max(r->rcv_max, seg->end);

	if (!tt_after(seg->seq, r->rcv_nxt)) {
		if (tt_after(seg->end, r->rcv_nxt)) {
			r->rcv_nxt = seg->end;
			r->flags &= ~TT_RCV_TOLD;
		}
		absorb_ranges(r);
	} else if (seg->end != seg->seq) {
		add_range(r, seg->seq, seg->end);
	}
	/* other octets have taken its place: the FIN was not the peer's */
	if (r->flags & TT_FIN_ARRIVED && tt_after(r->rcv_nxt, rare->rcv_fin) &&
	    !(r->flags & TT_FIN_RECEIVED))
		r->flags &= ~TT_FIN_ARRIVED;
}

/**
 * tt_end_got_up_to - an endpoint's own ACK says what has reached it
 * @r: the endpoint
 * @seq: its SEG.ACK
 */
void tt_end_got_up_to(struct tt_end *r, __u32 seq)
{
	if (!(r->flags & TT_RCV_KNOWN)) {
		r->flags |= TT_RCV_KNOWN | TT_RCV_TOLD;
		r->rcv_nxt = seq;
		r->rcv_max = seq;
	}
	if (!tt_after(seq, r->rcv_nxt))
		return;
	tt_end_told(r, seq);
	absorb_ranges(r);
}

/**
 * tt_end_got_only - a local endpoint's own ACK says what has not reached it
 * @r: the endpoint
 * @seq: its SEG.ACK, below rcv_nxt
 *
 * A socket drops what it has no memory for, and a listener what comes with a
 * handshake that it is not ready for.
 */
void tt_end_got_only(struct tt_end *r, __u32 seq)
{
	r->rcv_nxt = seq;
	r->rcv_max = seq;
	r->nranges = 0;
	r->flags |= TT_RANGES_LOST;
	r->flags &= ~TT_FIN_ARRIVED;
}

/**
 * tt_end_holds - a local endpoint's own SACK blocks say how far it has got
 * @r: the endpoint
 * @seg: its segment, with an ACK, on a connection with SACK
 *
 * RFC 2018 3: four blocks fit into a header, three beside timestamps, fewer
 * beside other options. Where there is room for one more the endpoint has no
 * others: it has dropped what had reached it (RFC 2018 8), or never stored it.
 */
void tt_end_holds(struct tt_end *r, const struct tt_segment *seg)
{
	unsigned int room = seg->options & TT_OPT_TS ? 3 : 4, i;
	__u32 top = r->rcv_nxt;

	for (i = 0; i < seg->nsack; i++)
		top = tt_seq_max(top, seg->sack[i].end);
	if (tt_after(top, r->rcv_max) ||
	    (seg->nsack < room && !(seg->options & TT_OPT_OTHER)))
		r->rcv_max = top;
}

/**
 * tt_has_reached - has all of a segment reached an endpoint before?
 * @r: the endpoint
 * @seg: the segment
 *
 * Return: true if it has been seen to; false also when the holes were too
 * many to remember.
 */
bool tt_has_reached(const struct tt_end *r, const struct tt_segment *seg)
{
	const struct tt_sack_block *ranges = tt_rare(r)->ranges;
	unsigned int i;

	if (!tt_after(seg->end, r->rcv_nxt))
		return true;
	for (i = 0; i < r->nranges; i++)
		if (!tt_before(seg->seq, ranges[i].start) &&
		    !tt_after(seg->end, ranges[i].end))
			return true;
	return false;
}
