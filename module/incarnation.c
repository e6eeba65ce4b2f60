// SPDX-License-Identifier: GPL-2.0
/* A tuple is taken into use: by a SYN, by a SYN once more, or midstream. */
#include "passage.h"
#include "seq.h"

static void retire(struct tt_passage *p, struct tt_end *end)
{
	enum tt_basis basis = end->state == TT_TIME_WAIT ?
			      tt_on_receipt(end) : TT_CORRECTED;

	if (end->state != TT_CLOSED && end->state != TT_LISTEN &&
	    end->state != TT_UNKNOWN)
		if (!tt_step(p, end, TT_EV_2MSL, basis))
			tt_step(p, end, TT_EV_IDLE, basis);
	end->state = TT_CLOSED;
}

/**
 * tt_begin_conn - the tuple is taken into use
 * @conn: the connection
 * @at: the segment that shows it; tt_sighting.next_id is given
 * @how: what it is
 * @res: notes that the number was used
 */
void tt_begin_conn(struct tt_conn *conn, const struct tt_sighting *at,
		   enum tt_began how, struct tt_result *res)
{
	bool first = !conn->id;

	conn->id = at->next_id;
	res->id_used = true;
	conn->opened = tt_stamp(at->now);
	if (first) {
		conn->warm[0].since = conn->opened;
		conn->warm[1].since = conn->opened;
	}
	conn->began = how;
	conn->ended = TT_ENDED_NOT;
	conn->ended_by = TT_NO_ROLE;
}

/* a SYN+ACK names the SYN that it answers */
static void learn_iss(struct tt_end *r, const struct tt_segment *synack)
{
	r->flags |= TT_SND_KNOWN | TT_ISS_TOLD;
	r->iss = synack->ack - 1;
	r->snd_nxt = synack->ack;
}

/* @s has sent something after its SYN, which we have not seen yet */
static bool is_overtaken(const struct tt_end *s, const struct tt_end *r,
			 const struct tt_segment *seg)
{
	if ((s->flags & (TT_SND_KNOWN | TT_ISS_KNOWN)) != TT_SND_KNOWN ||
	    !tt_same_id(s, r) || !tt_before(seg->seq, s->snd_nxt))
		return false;
	return r->state == TT_SYN_SENT || r->state == TT_SYN_RECEIVED ||
	       s->flags & TT_RST_SENT;
}

/**
 * tt_is_new_syn - does a segment open a connection that we do not have yet?
 * @s: who sent it; as it was before the segment
 * @r: who gets it
 * @seg: the segment, with tt_is_syn()
 *
 * Return: true if it repeats none, and was not overtaken by what @s sent after
 * it.
 */
bool tt_is_new_syn(const struct tt_end *s, const struct tt_end *r,
		   const struct tt_segment *seg)
{
	return !is_overtaken(s, r, seg) && !tt_is_iss(s, seg->seq);
}

/**
 * tt_joins_open - is a new SYN half of a simultaneous open (RFC 9293 3.5)?
 * @s: who sent it; as it was before the segment
 * @r: who gets it
 *
 * Return: true if @r's own SYN is on its way and @s does not answer it.
 */
bool tt_joins_open(const struct tt_end *s, const struct tt_end *r)
{
	return r != s && r->state == TT_SYN_SENT &&
	       !(s->flags & TT_SND_KNOWN && tt_same_id(s, r));
}

/**
 * tt_open_sender - a SYN begins a new incarnation, or joins a half-open one
 * @p: the segment, a SYN that is new
 */
void tt_open_sender(struct tt_passage *p)
{
	struct tt_conn *conn = p->conn;

	if (tt_joins_open(p->s, p->r)) {
		if (!tt_same_id(p->s, p->r)) {
			retire(p, p->s);
			tt_end_open(p->s, tt_end_id(p->r), TT_SERVER);
		}
		conn->began = TT_BEGAN_SIMULTANEOUS;
		return;
	}
	p->reuse = conn->id != 0;
	p->reuse_of_time_wait = p->s->state == TT_TIME_WAIT ||
				p->r->state == TT_TIME_WAIT;
	retire(p, p->s);
	tt_begin_conn(conn, p->at, p->seg->len ? TT_BEGAN_TFO : TT_BEGAN_SYN,
		      p->res);
	tt_end_open(p->s, conn->id, TT_CLIENT);
}

/**
 * tt_open_end - the passive end comes to what its peer has opened
 * @p: the segment
 * @end: the passive end
 * @id: number of the connection
 */
void tt_open_end(struct tt_passage *p, struct tt_end *end, __u64 id)
{
	/* what came past us of an older one, or unsent, opens nothing */
	if (p->r == p->s || tt_end_id(end) >= id)
		return;
	retire(p, end);
	tt_end_open(end, id, TT_SERVER);
	tt_step(p, end, TT_EV_PASSIVE_OPEN, TT_PRESUMED);
	end->flags |= TT_PASSIVE;
}

/**
 * tt_note_refused_syn - remember a SYN that opened nothing
 * @s: who sent it
 * @seg: a segment that is not believed
 */
void tt_note_refused_syn(struct tt_end *s, const struct tt_segment *seg)
{
	if (!tt_is_syn(seg))
		return;
	s->flags |= TT_SYN_REFUSED;
	tt_rare(s)->syn_seq = seg->seq;
}

/**
 * tt_answers_refused_syn - did a SYN open a connection nevertheless?
 * @s: who sent the segment
 * @r: who gets it
 * @at: the segment, with tt_is_synack(), and where it was seen
 *
 * Who still has the old connection challenges the SYN (RFC 5961 4.2). A SYN+ACK
 * that answers it proves that both ends had ended that, unseen (RFC 9293
 * 3.5.1). Local ends are their own witnesses.
 *
 * Return: true if the tuple is in use anew since that SYN.
 */
bool tt_answers_refused_syn(const struct tt_end *s, const struct tt_end *r,
			    const struct tt_sighting *at)
{
	const struct tt_segment *seg = at->seg;

	if (!(r->flags & TT_SYN_REFUSED) ||
	    seg->ack != tt_rare(r)->syn_seq + 1 || r->flags & TT_LOCAL)
		return false;
	return !(s->flags & TT_LOCAL) ||
	       (at->place == TT_AT_OUTPUT && !at->foreign);
}

/**
 * tt_open_both - begin with a connection whose SYN was refused
 * @p: the SYN+ACK that answers it
 */
void tt_open_both(struct tt_passage *p)
{
	p->reuse = true;
	retire(p, p->r);
	tt_begin_conn(p->conn, p->at, TT_BEGAN_SYN, p->res);
	tt_end_open(p->r, p->conn->id, TT_CLIENT);
	tt_step(p, p->r, TT_EV_SND_SYN, TT_CORRECTED);
	learn_iss(p->r, p->seg);
	tt_open_end(p, p->s, p->conn->id);
}

/**
 * tt_take_up_midstream - begin with a connection that is under way
 * @p: its first segment that we see
 *
 * Which end opened it is a guess: a SYN+ACK tells, else the lower port is
 * taken for the server's.
 *
 * Return: the remark that says so.
 */
__u64 tt_take_up_midstream(struct tt_passage *p)
{
	struct tt_conn *conn = p->conn;
	bool synack = (p->seg->flags & (TT_SYN | TT_ACK)) == (TT_SYN | TT_ACK);
	bool by_server = synack || p->seg->sport < p->seg->dport;

	tt_begin_conn(conn, p->at, TT_BEGAN_MIDSTREAM, p->res);
	p->s->state = TT_UNKNOWN;
	p->r->state = TT_UNKNOWN;
	tt_end_open(p->r, conn->id, by_server ? TT_CLIENT : TT_SERVER);
	tt_end_open(p->s, conn->id, by_server ? TT_SERVER : TT_CLIENT);
	if (synack)
		learn_iss(p->r, p->seg);
	return TT_REMARK(MIDSTREAM);
}

static bool syn_needs_id(struct tt_conn *conn, const struct tt_sighting *at)
{
	const struct tt_end *s = tt_sender(conn, at->src);
	const struct tt_end *r = tt_receiver(conn, at->src);

	if (tt_is_synack(at->seg))
		return tt_answers_refused_syn(s, r, at);
	return tt_is_syn(at->seg) && tt_is_new_syn(s, r, at->seg) &&
	       !tt_joins_open(s, r);
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
	if (at->bad_checksum)
		return false;
	return tt_is_midstream(conn, at->seg) ||
	       (at->seg->flags & TT_SYN && syn_needs_id(conn, at));
}
