// SPDX-License-Identifier: GPL-2.0
/* What a segment means to the endpoint that gets it. */
#include "passage.h"
#include "seq.h"

static void got_rst(struct tt_passage *p)
{
	struct tt_end *r = p->r;
	bool listener = r->state == TT_SYN_RECEIVED && r->flags & TT_PASSIVE;

	tt_step(p, r, listener ? TT_EV_RCV_RST_PASSIVE : TT_EV_RCV_RST,
		tt_on_receipt(r));
}

/*
 * A remote listener is presumed to have answered. A local one shows that it
 * did by its SYN+ACK, for the port may be closed or its queue full.
 */
static void got_syn(struct tt_passage *p)
{
	struct tt_end *r = p->r;

	if (p->seg->flags & TT_ACK)
		tt_step(p, r, TT_EV_RCV_SYNACK, tt_on_receipt(r));
	else if (r->state != TT_LISTEN || !(r->flags & TT_LOCAL))
		tt_step(p, r, TT_EV_RCV_SYN, tt_on_receipt(r));
}

static void got_ack(struct tt_passage *p)
{
	struct tt_end *r = p->r;

	if (p->judged.remarks & TT_REMARK(OBSERVER_GAP))
		tt_end_sent_unseen(r, p->seg);
	tt_end_got_ack(r, p->seg);
	if (r->state == TT_SYN_RECEIVED && r->flags & TT_ISS_KNOWN &&
	    tt_after(p->seg->ack, r->iss))
		tt_step(p, r, TT_EV_RCV_ACK_OF_SYN, tt_on_receipt(r));
	tt_got_ack_of_fin(p, r->index);
}

/* RFC 7323 4.3: TS.Recent is of a segment that spans Last.ACK.sent */
static void got_timestamp(struct tt_end *r, const struct tt_segment *seg)
{
	if (!(seg->options & TT_OPT_TS))
		return;
	if (r->flags & TT_TS_RECENT &&
	    (tt_before(seg->tsval, r->ts_recent) ||
	     (r->flags & TT_ACK_KNOWN && tt_after(seg->seq, r->snd_ack))))
		return;
	r->ts_recent = seg->tsval;
	r->flags |= TT_TS_RECENT;
}

static void got_text(struct tt_passage *p)
{
	struct tt_end *r = p->r;

	got_timestamp(r, p->seg);
	tt_end_got_text(r, p->seg);
	if (!(r->flags & TT_FIN_ARRIVED) || tt_before(r->rcv_nxt, tt_rare(r)->rcv_fin))
		return;
	if (!(r->flags & TT_FIN_RECEIVED)) {
		if (tt_step(p, r, TT_EV_RCV_FIN, tt_on_receipt(r)))
			r->flags |= TT_FIN_RECEIVED;
	} else if (r->state == TT_TIME_WAIT && p->seg->flags & TT_FIN) {
		tt_warm(r)->since = tt_stamp(p->at->now);	/* RFC 9293: restart 2MSL */
	}
}

/* RFC 5961: what R answers with a challenge ACK */
static void receiver_owes(struct tt_passage *p)
{
	if ((p->seg->flags & TT_RST && p->judged.remarks & TT_REMARK(GAP)) ||
	    (p->seg->flags & TT_SYN && p->judged.remarks & TT_REMARK(PORT_REUSE)))
		p->r->flags |= TT_CHALLENGED;
	switch (p->judged.verdict) {
	case TT_V_RST_INEXACT:
	case TT_V_SYN_IN_SYNC:
	case TT_V_SYNACK_CHANGED:
	case TT_V_ACK_TOO_OLD:
	case TT_V_ACK_UNSENT:
	case TT_V_SEQ_BEYOND_WINDOW:
	case TT_V_PAWS_FAIL:
		p->r->flags |= TT_CHALLENGED;
	}
}

/**
 * tt_moves_receiver - what reached the receiver, and the states it leads to
 * @p: the segment, judged
 */
void tt_moves_receiver(struct tt_passage *p)
{
	__u8 takes = p->judged.takes;

	receiver_owes(p);
	if (takes & TT_TAKES_RST) {
		got_rst(p);
		return;
	}
	/* is there a socket at all? What it sends will tell */
	if (p->r->state == TT_UNKNOWN && p->r->flags & TT_LOCAL)
		return;
	if (takes & TT_TAKES_SYN && p->seg->flags & TT_SYN) {
		if (!(p->seg->flags & TT_ACK))
			tt_open_end(p, p->r, tt_end_id(p->s));
		got_syn(p);
	} else if (p->r->state == TT_UNKNOWN && !(p->seg->flags & TT_FIN)) {
		tt_step(p, p->r, TT_EV_SEEN_MIDSTREAM, TT_PRESUMED);
	}
	if (takes & TT_TAKES_ACK && p->seg->flags & TT_ACK)
		got_ack(p);
	if (takes & TT_TAKES_TEXT)
		got_text(p);
}
