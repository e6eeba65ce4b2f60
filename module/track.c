// SPDX-License-Identifier: GPL-2.0
#include <linux/string.h>
#include "remark.h"
#include "seq.h"
#include "track.h"
#include "window.h"

#define HALF_SENT	0x01
#define HALF_RECEIVED	0x02

/* one segment on its way through tt_track() */
struct passage {
	struct tt_conn *conn;
	const struct tt_sighting *at;
	const struct tt_segment *seg;
	struct tt_end *s;
	struct tt_end *r;
	struct tt_result *res;
	struct tt_judgement judged;
	__u8 halves;
	bool believed;	/* the segment is the sender's own doing */
	bool reuse;	/* it opens a tuple that was in use before */
	bool reuse_of_time_wait;
};

static bool step(struct passage *p, struct tt_end *end,
		 enum tt_event_kind kind, enum tt_basis basis)
{
	return tt_transition(p->conn, end, kind, basis, p->at->now, p->res);
}

static enum tt_basis on_receipt(const struct tt_end *r)
{
	return r->flags & TT_LOCAL ? TT_RECEIVED : TT_PRESUMED;
}

static void note_end(struct tt_conn *conn, enum tt_ended how)
{
	if (conn->ended == TT_ENDED_NOT)
		conn->ended = how;
}

static void note_closer(struct tt_conn *conn, const struct tt_end *end)
{
	if (conn->ended_by == TT_NO_ROLE)
		conn->ended_by = end->role;
}

/* ---- a new incarnation of the tuple ---- */

static void retire(struct passage *p, struct tt_end *end)
{
	enum tt_basis basis = end->state == TT_TIME_WAIT ?
			      on_receipt(end) : TT_CORRECTED;

	if (end->state != TT_CLOSED && end->state != TT_LISTEN &&
	    end->state != TT_UNKNOWN)
		if (!step(p, end, TT_EV_2MSL, basis))
			step(p, end, TT_EV_IDLE, basis);
	end->state = TT_CLOSED;
}

/* does a SYN open a connection that we do not have yet? */
static bool is_new_syn(const struct tt_end *s, const struct tt_segment *seg)
{
	if ((seg->flags & (TT_SYN | TT_ACK | TT_RST | TT_FIN)) != TT_SYN)
		return false;
	return !(s->flags & TT_SND_KNOWN && s->iss == seg->seq);
}

/* R's own SYN is on its way and S answers none: both open actively */
static bool joins_open(const struct tt_end *s, const struct tt_end *r)
{
	return r != s && r->state == TT_SYN_SENT &&
	       !(s->flags & TT_SND_KNOWN && s->id == r->id);
}

static void open_sender(struct passage *p)
{
	struct tt_conn *conn = p->conn;

	if (joins_open(p->s, p->r)) {
		if (p->s->id != p->r->id) {
			retire(p, p->s);
			tt_end_open(p->s, p->r->id, TT_SERVER);
		}
		conn->began = TT_BEGAN_SIMULTANEOUS;
		return;
	}
	p->reuse = conn->id != 0;
	p->reuse_of_time_wait = p->s->state == TT_TIME_WAIT ||
				p->r->state == TT_TIME_WAIT;
	retire(p, p->s);
	conn->id = p->at->next_id;
	p->res->id_used = true;
	conn->opened = p->at->now;
	conn->began = p->seg->len ? TT_BEGAN_TFO : TT_BEGAN_SYN;
	conn->ended = TT_ENDED_NOT;
	conn->ended_by = TT_NO_ROLE;
	tt_end_open(p->s, conn->id, TT_CLIENT);
}

/* the passive end comes to the connection that its peer has opened */
static void open_end(struct passage *p, struct tt_end *end, __u64 id)
{
	if (p->r == p->s || end->id == id)
		return;
	retire(p, end);
	tt_end_open(end, id, TT_SERVER);
	step(p, end, TT_EV_PASSIVE_OPEN, TT_PRESUMED);
	end->flags |= TT_PASSIVE;
}

/* ---- what the segment means to its sender ---- */

/* only one who has received the peer's SYN or FIN can acknowledge it */
static void sender_proves_receipt(struct passage *p)
{
	struct tt_end *s = p->s, *r = p->r;
	const struct tt_segment *seg = p->seg;

	if ((seg->flags & (TT_ACK | TT_RST)) != TT_ACK ||
	    (r->flags & TT_SND_KNOWN && tt_after(seg->ack, r->snd_nxt)))
		return;
	tt_end_got_up_to(s, seg->ack);

	if (!(seg->flags & TT_SYN)) {
		if (s->state == TT_SYN_SENT && r->flags & TT_SYNACK_SENT &&
		    seg->seq == s->iss + 1)
			step(p, s, TT_EV_RCV_SYNACK, TT_RECEIVED);
		if (s->state == TT_LISTEN)
			step(p, s, TT_EV_SND_SYNACK, TT_PRESUMED);
		if (s->state == TT_SYN_RECEIVED && seg->len &&
		    p->conn->began != TT_BEGAN_TFO)
			step(p, s, TT_EV_RCV_ACK_OF_SYN, TT_RECEIVED);
	}
	if (r->flags & TT_FIN_SENT && seg->ack == r->fin_end &&
	    !(s->flags & TT_FIN_RECEIVED) &&
	    step(p, s, TT_EV_RCV_FIN, TT_RECEIVED))
		s->flags |= TT_FIN_RECEIVED;
}

static void sent_syn(struct passage *p)
{
	struct tt_end *s = p->s;

	if (p->seg->flags & TT_ACK) {
		if (p->r->state == TT_SYN_SENT)
			open_end(p, s, p->r->id);
		if (s->state == TT_ESTABLISHED && s->flags & TT_SYNACK_SENT &&
		    s->snd_nxt == p->seg->end)
			step(p, s, TT_EV_SYNACK_AGAIN, TT_CORRECTED);
		else
			step(p, s, TT_EV_SND_SYNACK, TT_SENT);
		return;
	}
	if (s->state == TT_SYN_RECEIVED && !(s->flags & TT_SYNACK_SENT) &&
	    !(s->flags & TT_ISS_KNOWN)) {
		/* it had not got the peer's SYN yet: simultaneous open */
		step(p, s, TT_EV_SND_SYN, TT_CORRECTED);
		step(p, s, TT_EV_RCV_SYN, on_receipt(s));
	} else if (s->state == TT_ESTABLISHED && !(s->flags & TT_ACK_KNOWN) &&
		   s->flags & TT_ISS_KNOWN) {
		step(p, s, TT_EV_SYN_AGAIN, TT_CORRECTED);
	} else if (s->state != TT_SYN_RECEIVED) {
		step(p, s, TT_EV_SND_SYN, TT_SENT);
	}
}

/*
 * A FIN that does not acknowledge the peer's, which we believed received,
 * crossed it: simultaneous close. A FIN sent again by a remote endpoint says
 * that the ACK we saw on its way there has not arrived.
 */
static void sent_fin(struct passage *p)
{
	struct tt_end *s = p->s, *r = p->r;

	if (s->flags & TT_FIN_SENT) {
		if (s->flags & TT_LOCAL || !(s->flags & TT_FIN_ACKED))
			return;
		if (step(p, s, TT_EV_FIN_AGAIN, TT_CORRECTED))
			s->flags &= ~TT_FIN_ACKED;
		return;
	}
	note_closer(p->conn, s);
	if (s->state == TT_CLOSE_WAIT && r->flags & TT_FIN_SENT &&
	    tt_before(p->seg->ack, r->fin_end)) {
		step(p, s, TT_EV_FIN_CROSSED, TT_CORRECTED);
		step(p, s, TT_EV_RCV_FIN, on_receipt(s));
		return;
	}
	step(p, s, TT_EV_SND_FIN, TT_SENT);
}

/*
 * RFC 9293 3.10.7: until it is synchronised an endpoint answers an
 * unacceptable ACK with <SEQ=SEG.ACK><CTL=RST> and stays where it is.
 */
static bool rst_is_only_an_answer(const struct tt_end *s,
				  const struct tt_segment *seg)
{
	if (s->state == TT_SYN_SENT)
		return seg->seq != s->snd_nxt;
	if (s->state == TT_SYN_RECEIVED && s->flags & TT_SYNACK_SENT)
		return seg->seq != s->snd_nxt && !(seg->flags & TT_ACK);
	return false;
}

static void sent_rst(struct passage *p)
{
	struct tt_end *s = p->s;
	bool refuses = !(s->flags & TT_ISS_KNOWN) &&
		       p->r->state == TT_SYN_SENT;

	if (rst_is_only_an_answer(s, p->seg))
		return;
	s->flags |= TT_RST_SENT;
	s->rst_seq = p->seg->seq;
	if (s->state == TT_TIME_WAIT || tt_track_ended(p->conn)) {
		step(p, s, TT_EV_SND_RST, TT_SENT);
		return;
	}
	note_end(p->conn, refuses ? TT_ENDED_REFUSED : TT_ENDED_RST);
	note_closer(p->conn, s);
	if (!step(p, s, TT_EV_NO_LISTENER, TT_CORRECTED))
		step(p, s, TT_EV_SND_RST, TT_SENT);
}

/* who owes an answer, and how many duplicate ACKs there were */
static void sender_settles(struct passage *p, __u64 remarks)
{
	struct tt_end *s = p->s, *r = p->r;

	if (p->seg->flags & TT_ACK)
		s->flags &= ~(TT_CHALLENGED | TT_PROBED | TT_PROBED_ZERO);
	if (remarks & TT_REMARK(KEEPALIVE))
		r->flags |= TT_PROBED;
	if (remarks & TT_REMARK(ZERO_WINDOW_PROBE))
		r->flags |= TT_PROBED_ZERO;
	if (remarks & TT_REMARK(DUP_ACK)) {
		if (s->dup_acks < 255)
			s->dup_acks++;
	} else if (p->seg->flags & TT_ACK && tt_after(p->seg->ack, s->snd_ack)) {
		s->dup_acks = 0;
	}
}

static void count_sent(struct passage *p, __u64 remarks)
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
		p->s->retransmissions++;
}

static void moves_sender(struct passage *p, __u64 remarks)
{
	sender_proves_receipt(p);
	if (p->seg->flags & TT_RST) {
		sent_rst(p);
		return;
	}
	if (p->seg->flags & TT_SYN)
		sent_syn(p);
	else if (p->s->state == TT_UNKNOWN && !(p->seg->flags & TT_FIN))
		step(p, p->s, TT_EV_SEEN_MIDSTREAM, TT_SENT);
	if (p->seg->flags & TT_FIN)
		sent_fin(p);
	sender_settles(p, remarks);
	tt_end_sent(p->s, p->r, p->seg);
}

/* ---- what it means to its receiver ---- */

static void got_rst(struct passage *p)
{
	struct tt_end *r = p->r;
	bool listener = r->state == TT_SYN_RECEIVED && r->flags & TT_PASSIVE;

	step(p, r, listener ? TT_EV_RCV_RST_PASSIVE : TT_EV_RCV_RST,
	     on_receipt(r));
}

/*
 * A remote listener is presumed to have answered. A local one shows that it
 * did by its SYN+ACK, for the port may be closed or its queue full.
 */
static void got_syn(struct passage *p)
{
	struct tt_end *r = p->r;

	if (p->seg->flags & TT_ACK)
		step(p, r, TT_EV_RCV_SYNACK, on_receipt(r));
	else if (r->state != TT_LISTEN || !(r->flags & TT_LOCAL))
		step(p, r, TT_EV_RCV_SYN, on_receipt(r));
}

static void got_ack(struct passage *p)
{
	struct tt_end *r = p->r;

	tt_end_got_ack(r, p->seg);
	if (r->state == TT_SYN_RECEIVED && r->flags & TT_ISS_KNOWN &&
	    tt_after(p->seg->ack, r->iss))
		step(p, r, TT_EV_RCV_ACK_OF_SYN, on_receipt(r));
	if (r->flags & TT_FIN_SENT && !(r->flags & TT_FIN_ACKED) &&
	    !tt_before(p->seg->ack, r->fin_end) &&
	    step(p, r, TT_EV_RCV_ACK_OF_FIN, on_receipt(r))) {
		r->flags |= TT_FIN_ACKED;
		if (r->state == TT_CLOSED)
			note_end(p->conn, TT_ENDED_FIN);
	}
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

static void got_text(struct passage *p)
{
	struct tt_end *r = p->r;

	got_timestamp(r, p->seg);
	tt_end_got_text(r, p->seg);
	if (!(r->flags & TT_FIN_ARRIVED) || tt_before(r->rcv_nxt, r->rcv_fin))
		return;
	if (!(r->flags & TT_FIN_RECEIVED)) {
		if (step(p, r, TT_EV_RCV_FIN, on_receipt(r)))
			r->flags |= TT_FIN_RECEIVED;
	} else if (r->state == TT_TIME_WAIT && p->seg->flags & TT_FIN) {
		r->since = p->at->now;	/* RFC 9293: restart 2MSL */
	}
}

static void moves_receiver(struct passage *p)
{
	__u8 takes = p->judged.takes;

	if (takes & TT_TAKES_RST) {
		got_rst(p);
		return;
	}
	if (takes & TT_TAKES_SYN && p->seg->flags & TT_SYN) {
		if (!(p->seg->flags & TT_ACK))
			open_end(p, p->r, p->s->id);
		got_syn(p);
	} else if (p->r->state == TT_UNKNOWN && !(p->seg->flags & TT_FIN)) {
		step(p, p->r, TT_EV_SEEN_MIDSTREAM, TT_PRESUMED);
	}
	if (takes & TT_TAKES_ACK && p->seg->flags & TT_ACK)
		got_ack(p);
	if (takes & TT_TAKES_TEXT)
		got_text(p);
}

/* RFC 5961: what R answers with a challenge ACK */
static void receiver_owes(struct passage *p)
{
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

/* ---- the way of a segment ---- */

/*
 * A sighting on the loopback device is half of a segment's way: it leaves at
 * the output hook and arrives at the input hook. Anywhere else one sighting
 * stands for both halves, as it does for what no TCP socket of ours has sent.
 */
static __u8 halves_of(struct passage *p)
{
	switch ((enum tt_place)p->at->place) {
	case TT_AT_OUTPUT:
		if (p->at->foreign)
			return p->s->flags & TT_LOCAL ? HALF_RECEIVED :
				HALF_SENT | HALF_RECEIVED;
		p->s->flags |= TT_LOCAL;
		return p->at->loopback || p->r->flags & TT_LOCAL ? HALF_SENT :
			HALF_SENT | HALF_RECEIVED;
	case TT_AT_INPUT:
		p->r->flags |= TT_LOCAL;
		return p->s->flags & TT_LOCAL ? HALF_RECEIVED :
			HALF_SENT | HALF_RECEIVED;
	case TT_AT_FORWARD:
		break;
	}
	return HALF_SENT | HALF_RECEIVED;
}

/* the TCP of a local sender is its own witness; others must be plausible */
static bool is_believed(const struct passage *p)
{
	if (p->at->place == TT_AT_OUTPUT && !p->at->foreign)
		return true;
	if (p->judged.verdict == TT_VERDICTS_MAX || p->judged.takes)
		return true;
	return p->seg->flags & TT_RST && p->seg->seq == p->s->snd_nxt &&
	       p->s->flags & TT_SND_KNOWN;
}

static void choose_verdict(struct passage *p, __u64 remarks)
{
	struct tt_result *res = p->res;

	res->remarks = remarks;
	if (p->judged.verdict != TT_VERDICTS_MAX) {
		res->verdict = p->judged.verdict;
		res->expected = p->judged.expected;
		res->actual = p->judged.actual;
		p->s->violations++;
		return;
	}
	if (p->reuse && !p->reuse_of_time_wait)
		res->remarks |= TT_REMARK(PORT_REUSE);
	res->verdict = tt_remark_first(res->remarks);
	if (res->verdict != TT_VERDICTS_MAX)
		return;
	res->verdict = p->reuse ? TT_V_TIMEWAIT_REUSE :
		       tt_remark_plain(p->s, p->r, p->seg);
}

static void give_line(struct passage *p)
{
	struct tt_result *res = p->res;
	struct tt_end *end = p->halves & HALF_SENT ? p->s : p->r;

	if (res->ntransitions ||
	    tt_verdict_class(res->verdict) == TT_FINE)
		return;
	tt_result_add(res, p->conn, end, end->state, end->state,
		      end == p->s ? TT_SENT : on_receipt(end));
}

static struct tt_end *sender_of(struct tt_conn *conn, __u8 src)
{
	return &conn->end[conn->self ? 0 : src];
}

static struct tt_end *receiver_of(struct tt_conn *conn, __u8 src)
{
	return &conn->end[conn->self ? 0 : !src];
}

static void begin(struct passage *p, struct tt_conn *conn,
		  const struct tt_sighting *at, struct tt_result *res)
{
	memset(res, 0, sizeof(*res));
	res->verdict = TT_VERDICTS_MAX;
	memset(p, 0, sizeof(*p));
	p->conn = conn;
	p->at = at;
	p->seg = at->seg;
	p->s = sender_of(conn, at->src);
	p->r = receiver_of(conn, at->src);
	p->res = res;
	p->judged.verdict = TT_VERDICTS_MAX;
	p->halves = halves_of(p);
	conn->last = at->now;
	res->win = tt_end_window(p->s, p->r, p->seg);
	if (!tt_both(p->s, p->r, TT_ISS_KNOWN))
		res->win = p->seg->win;
	res->counted = p->halves & HALF_SENT;
}

/* a connection, or what is left of one, that we know nothing about */
static __u64 take_up_midstream(struct passage *p)
{
	struct tt_conn *conn = p->conn;
	bool synack = (p->seg->flags & (TT_SYN | TT_ACK)) == (TT_SYN | TT_ACK);
	bool by_server = synack || p->seg->sport < p->seg->dport;

	conn->id = p->at->next_id;
	p->res->id_used = true;
	conn->opened = p->at->now;
	conn->began = TT_BEGAN_MIDSTREAM;
	conn->ended = TT_ENDED_NOT;
	conn->ended_by = TT_NO_ROLE;
	p->s->state = TT_UNKNOWN;
	p->r->state = TT_UNKNOWN;
	tt_end_open(p->r, conn->id, by_server ? TT_CLIENT : TT_SERVER);
	tt_end_open(p->s, conn->id, by_server ? TT_SERVER : TT_CLIENT);
	if (synack) {	/* it names the SYN that it answers */
		p->r->flags |= TT_SND_KNOWN;
		p->r->iss = p->seg->ack - 1;
		p->r->snd_nxt = p->seg->ack;
	}
	return TT_REMARK(MIDSTREAM);
}

static bool is_midstream(const struct tt_conn *conn,
			 const struct tt_segment *seg)
{
	if ((seg->flags & (TT_SYN | TT_ACK)) == TT_SYN ||
	    seg->flags & TT_RST)
		return false;
	return !conn->id ||
	       (conn->ended == TT_ENDED_TIMEOUT && tt_track_ended(conn));
}

/**
 * tt_track - follow one segment of a connection
 * @conn: the connection; locked by the caller
 * @at: the segment and where it was seen
 * @res: filled in: the verdict, and what moved
 *
 * First the verdict, then what the segment means to its sender, then what it
 * means to its receiver.
 */
void tt_track(struct tt_conn *conn, const struct tt_sighting *at,
	      struct tt_result *res)
{
	struct passage p;
	__u64 remarks = 0;

	begin(&p, conn, at, res);
	if (at->bad_checksum) {
		if (at->place != TT_AT_OUTPUT || !at->loopback)
			p.judged.verdict = TT_V_BAD_CHECKSUM;
		choose_verdict(&p, 0);
		give_line(&p);
		return;
	}
	if (is_midstream(conn, p.seg))
		remarks |= take_up_midstream(&p);
	if (p.halves & HALF_RECEIVED)
		tt_judge(p.s, p.r, p.seg, &p.judged);
	p.believed = is_believed(&p);
	if (p.halves & HALF_SENT && p.believed && is_new_syn(p.s, p.seg))
		open_sender(&p);

	if (p.halves & HALF_SENT)
		remarks |= tt_remark_sent(p.s, p.r, p.seg,
					  at->place == TT_AT_OUTPUT);
	else
		remarks |= tt_remark_received(p.r, p.seg);
	choose_verdict(&p, remarks | p.judged.remarks);

	if (p.halves & HALF_SENT) {
		count_sent(&p, remarks);
		if (p.believed)
			moves_sender(&p, remarks);
	}
	if (p.halves & HALF_RECEIVED) {
		receiver_owes(&p);
		moves_receiver(&p);
	}
	give_line(&p);
}

/**
 * tt_track_opens - may a segment of no known connection begin one?
 * @at: the segment and where it was seen
 *
 * Return: false for what belongs to none: an RST, a segment that will be
 * discarded, or one with impossible flags.
 */
bool tt_track_opens(const struct tt_sighting *at)
{
	__u8 flags = at->seg->flags & (TT_SYN | TT_FIN | TT_RST | TT_ACK);

	if (at->bad_checksum)
		return false;
	return flags == TT_SYN || flags == (TT_SYN | TT_ACK) ||
	       flags == TT_ACK || flags == (TT_FIN | TT_ACK);
}

/**
 * tt_track_needs_id - may tt_track() number a new connection?
 * @conn: the connection; locked by the caller
 * @at: the segment and where it was seen
 *
 * Return: true if tt_sighting.next_id must be given.
 */
bool tt_track_needs_id(struct tt_conn *conn, const struct tt_sighting *at)
{
	const struct tt_end *s = sender_of(conn, at->src);
	const struct tt_end *r = receiver_of(conn, at->src);

	if (at->bad_checksum)
		return false;
	return is_midstream(conn, at->seg) ||
	       (is_new_syn(s, at->seg) && !joins_open(s, r));
}

/**
 * tt_track_init - a connection before its first segment
 * @conn: the connection, not yet seen by others
 * @tuple: its key, normalised
 */
void tt_track_init(struct tt_conn *conn, const struct tt_tuple *tuple)
{
	memset(conn, 0, sizeof(*conn));
	conn->tuple = *tuple;
	conn->self = tt_tuple_is_self(tuple);
	conn->ended_by = TT_NO_ROLE;
	conn->end[0].state = TT_CLOSED;
	conn->end[1].state = TT_CLOSED;
}

/**
 * tt_track_event - one entry of a result as the event log holds it
 * @conn: the connection
 * @seg: the segment; NULL after tt_track_timeouts()
 * @res: the result
 * @i: which of its transitions
 * @ev: filled in, but for seqno and time_ns
 */
void tt_track_event(const struct tt_conn *conn, const struct tt_segment *seg,
		    const struct tt_result *res, unsigned int i,
		    struct tt_event *ev)
{
	const struct tt_transition *t = &res->transitions[i];

	memset(ev, 0, sizeof(*ev));
	ev->conn = t->id;
	ev->tuple = conn->tuple;
	ev->client = t->role == TT_CLIENT ? t->end : !t->end;
	ev->endpoint = t->role;
	ev->from = t->from;
	ev->to = t->to;
	ev->basis = t->basis;
	ev->verdict = res->verdict;
	if (!seg)
		return;
	ev->has = TT_EVENT_HAS_SEGMENT;
	if (seg->flags & TT_ACK)
		ev->has |= TT_EVENT_HAS_ACK;
	ev->flags = seg->flags;
	ev->seq = seg->seq;
	ev->ack = seg->ack;
	ev->len = seg->len;
	ev->win = res->win;
}
