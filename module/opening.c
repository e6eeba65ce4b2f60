// SPDX-License-Identifier: GPL-2.0
/* A connection that begins as any textbook has it. */
#include "predict.h"

#define USUAL_OPTIONS (TT_OPT_MSS | TT_OPT_WSCALE | TT_OPT_SACK_PERMITTED | \
		       TT_OPT_TS)

/* what the SYN of an active opener leaves behind, and what it may */
#define SYN_IS_SENT (TT_SND_KNOWN | TT_ISS_KNOWN)
#define SYN_MAY_SAY (TT_LOCAL | TT_WSCALE | TT_SACK_OK | TT_TS_OK | TT_TS_SENT)

/* and with the passive one that got it */
#define SYN_IS_GOT (TT_PASSIVE | TT_RCV_KNOWN)
#define SYN_MAY_TELL (TT_LOCAL | TT_TS_RECENT)

static bool has_flags(const struct tt_end *end, __u32 all, __u32 some)
{
	return (end->flags & ~some) == all;
}

/* nothing was ever sent by it, nor to it */
static bool is_unused(const struct tt_end *end)
{
	return end->state == TT_CLOSED && has_flags(end, 0, TT_LOCAL) &&
	       !end->segments && !tt_rare(end)->violations;
}

static bool is_first_syn(const struct tt_passage *p)
{
	if (!p->conn->id)
		return is_unused(p->s) && is_unused(p->r);
	/* of which the sender's half was seen */
	return p->halves == TT_HALF_RECEIVED &&
	       tt_is_iss(p->s, p->seg->seq) && is_unused(p->r) &&
	       tt_end_id(p->r) < tt_end_id(p->s);
}

/* ISS + 1 = SND.NXT = SEG.ACK */
static bool is_first_synack(const struct tt_passage *p)
{
	const struct tt_end *s = p->s, *r = p->r;
	__u32 ack = p->seg->ack;

	if (r->state != TT_SYN_SENT || ack != r->iss + 1 || ack != r->snd_nxt ||
	    !has_flags(r, SYN_IS_SENT, SYN_MAY_SAY))
		return false;
	return !(p->halves & TT_HALF_SENT) ||
	       ((s->state == TT_LISTEN || s->state == TT_SYN_RECEIVED) &&
		has_flags(s, SYN_IS_GOT, SYN_MAY_TELL) && !s->nranges &&
		ack == s->rcv_nxt && ack == s->rcv_max && tt_same_id(s, r));
}

static void begin_end(struct tt_end *end, __u64 id, __u8 role)
{
	end->role = role;
	tt_rare(end)->id = id;
}

static void note_syn_sent(struct tt_end *s, const struct tt_segment *seg)
{
	tt_end_sent_syn(s, seg);
	s->segments++;
	s->flags |= TT_SND_KNOWN;
	s->snd_nxt = seg->end;
	if (seg->options & TT_OPT_TS) {
		s->flags |= TT_TS_SENT;
		s->ts_max = seg->tsval;
	}
}

static void note_syn_received(struct tt_end *r, const struct tt_segment *seg)
{
	r->flags |= TT_RCV_KNOWN;
	r->rcv_nxt = seg->end;
	r->rcv_max = seg->end;
	if (seg->options & TT_OPT_TS) {
		r->flags |= TT_TS_RECENT;
		r->ts_recent = seg->tsval;
	}
}

static void send_syn(struct tt_passage *p)
{
	tt_begin_conn(p, TT_BEGAN_SYN);
	begin_end(p->s, p->conn->id, TT_CLIENT);
	tt_step_here(p, p->at->src, TT_EV_SND_SYN, TT_SENT);
	note_syn_sent(p->s, p->seg);
}

static void receive_syn(struct tt_passage *p)
{
	struct tt_end *r = p->r;

	begin_end(r, tt_end_id(p->s), TT_SERVER);
	tt_step_here(p, !p->at->src, TT_EV_PASSIVE_OPEN, TT_PRESUMED);
	r->flags |= TT_PASSIVE;
	if (!(r->flags & TT_LOCAL))	/* else its SYN+ACK will tell */
		tt_step_here(p, !p->at->src, TT_EV_RCV_SYN, TT_PRESUMED);
	note_syn_received(r, p->seg);
}

static void send_synack(struct tt_passage *p)
{
	const struct tt_segment *seg = p->seg;
	struct tt_end *s = p->s;

	tt_step_here(p, p->at->src, TT_EV_SND_SYNACK, TT_SENT);
	note_syn_sent(s, seg);
	s->flags |= TT_ACK_KNOWN;
	s->snd_ack = seg->ack;
	s->snd_win = seg->win;
	s->snd_edge = seg->ack + seg->win;
	tt_warm(s)->max_win = seg->win;
}

static void receive_synack(struct tt_passage *p)
{
	struct tt_end *r = p->r;

	tt_step_here(p, !p->at->src, TT_EV_RCV_SYNACK, tt_on_receipt(r));
	r->flags |= TT_UNA_KNOWN;
	r->snd_una = p->seg->ack;
	note_syn_received(r, p->seg);
}

static void follow(struct tt_passage *p, bool synack)
{
	if (p->halves & TT_HALF_SENT) {
		if (synack)
			send_synack(p);
		else
			send_syn(p);
	}
	if (p->halves & TT_HALF_RECEIVED) {
		if (synack)
			receive_synack(p);
		else
			receive_syn(p);
	}
}

/**
 * tt_predict_open - follow a SYN or SYN+ACK, if it was to be expected
 * @conn: the connection, with tt_conn.rare; locked by the caller
 * @at: the segment and where it was seen
 * @res: filled in as by tt_track(), if it was
 *
 * Expected is the first SYN on a tuple, and the first SYN+ACK that answers it;
 * without data, and without options that do not belong there.
 *
 * Return: false: give it to tt_track(), which finds what it would have found.
 */
bool tt_predict_open(struct tt_conn *conn, const struct tt_sighting *at,
		     struct tt_result *res)
{
	const __u8 flags = TT_FIN | TT_SYN | TT_RST | TT_URG;
	const struct tt_segment *seg = at->seg;
	bool synack = seg->flags & TT_ACK;
	struct tt_passage p;

	if ((seg->flags & flags) != TT_SYN || seg->len || at->foreign ||
	    at->bad_checksum || conn->self || seg->options & ~USUAL_OPTIONS ||
	    seg->wscale > TT_WSCALE_MAX ||
	    (conn->id && tt_was_idle(conn, at->now)))
		return false;
	p.conn = conn;
	p.at = at;
	p.seg = seg;
	p.s = &conn->end[at->src];
	p.r = &conn->end[!at->src];
	p.res = res;
	p.halves = tt_halves(at, p.s, p.r);
	if (!(synack ? is_first_synack(&p) : is_first_syn(&p)))
		return false;

	tt_passage_begin(&p, seg->win);
	res->verdict = synack ? TT_V_SYNACK : TT_V_SYN;
	follow(&p, synack);
	return true;
}
