// SPDX-License-Identifier: GPL-2.0
#include <linux/string.h>
#include "passage.h"
#include "remark.h"
#include "seq.h"

/*
 * The TCP of a local sender is its own witness; others must be plausible. None
 * sends a SYN together with a FIN or an RST (RFC 9293 3.1).
 */
static bool is_believed(const struct tt_passage *p)
{
	if (p->seg->flags & TT_SYN && p->seg->flags & (TT_FIN | TT_RST))
		return p->judged.takes;
	if (p->at->place == TT_AT_OUTPUT && !p->at->foreign)
		return true;
	if (p->judged.takes ||
	    (p->judged.verdict == TT_VERDICTS_MAX && !p->judged.doubtful))
		return true;
	return p->seg->flags & TT_RST && p->seg->seq == p->s->snd_nxt &&
	       p->s->flags & TT_SND_KNOWN;
}

static __always_inline void choose_verdict(struct tt_passage *p, __u64 remarks)
{
	struct tt_result *res = p->res;

	res->remarks = remarks;
	if (p->judged.verdict != TT_VERDICTS_MAX) {
		res->verdict = p->judged.verdict;
		res->expected = p->judged.expected;
		res->actual = p->judged.actual;
		tt_rare(p->s)->violations++;
		return;
	}
	if (p->reuse && !p->reuse_of_time_wait)
		res->remarks |= TT_REMARK(PORT_REUSE);
	if (res->remarks)
		res->verdict = tt_remark_first(res->remarks);
	if (res->verdict != TT_VERDICTS_MAX)
		return;
	res->verdict = p->reuse ? TT_V_TIMEWAIT_REUSE :
		       tt_remark_plain(p->s, p->r, p->seg);
}

static void give_line(struct tt_passage *p)
{
	struct tt_result *res = p->res;
	struct tt_end *end = p->halves & TT_HALF_SENT ? p->s : p->r;

	if (!tt_verdict_is_fine(res->verdict))
		tt_result_add_line(res, end, end == p->s ?
				   TT_SENT : tt_on_receipt(end));
}

/*
 * RFC 7323 5.5: on a connection that was idle for longer than half a turn of
 * the timestamp clock the old timestamps are no measure of the next ones. That
 * of Linux may count microseconds (TCP_PAWS_WRAP).
 */
static void forget_old_timestamps(struct tt_conn *conn, __u64 now)
{
	unsigned int i;

	if (tt_stamp_age(conn->last, now) < TT_TIMESTAMPS_LAST_MS)
		return;
	for (i = 0; i < 2; i++)
		conn->end[i].flags &= ~(TT_TS_RECENT | TT_TS_SENT);
}

static void begin(struct tt_passage *p, struct tt_conn *conn,
		  const struct tt_sighting *at, struct tt_result *res)
{
	memset(p, 0, sizeof(*p));
	tt_passage_init(p, conn, at, tt_sender(conn, at->src),
			tt_receiver(conn, at->src), res);
	p->judged.verdict = TT_VERDICTS_MAX;
	forget_old_timestamps(conn, at->now);
	tt_passage_begin(p, tt_both(p->s, p->r, TT_ISS_KNOWN) ?
			    tt_end_window(p->s, p->r, p->seg) : p->seg->win);
}

/**
 * tt_track - follow one segment of a connection
 * @conn: the connection; locked by the caller
 * @at: the segment and where it was seen
 * @res: filled in: the verdict, and what moved
 *
 * For any segment; tt_predict() is the short way for most of them.
 *
 * First the verdict, then what the segment means to its sender, then what it
 * means to its receiver.
 */
void tt_track(struct tt_conn *conn, const struct tt_sighting *at,
	      struct tt_result *res)
{
	struct tt_passage p;
	__u64 remarks = 0;

	begin(&p, conn, at, res);
	if (at->bad_checksum) {
		if (at->place != TT_AT_OUTPUT || !at->loopback)
			p.judged.verdict = TT_V_BAD_CHECKSUM;
		choose_verdict(&p, 0);
		give_line(&p);
		return;
	}
	if (tt_is_midstream(conn, p.seg))
		remarks |= tt_take_up_midstream(&p);
	else if (tt_is_synack(p.seg) && tt_answers_refused_syn(p.s, p.r, at))
		tt_open_both(&p);
	if (p.halves & TT_HALF_RECEIVED)
		tt_judge(p.s, p.r, p.seg, &p.judged);
	p.believed = is_believed(&p);
	if (p.halves & TT_HALF_SENT && p.believed && tt_is_syn(p.seg) &&
	    tt_is_new_syn(p.s, p.r, p.seg))
		tt_open_sender(&p);

	if (p.halves & TT_HALF_SENT)
		remarks |= tt_remark_sent(p.s, p.r, p.seg,
					  at->place == TT_AT_OUTPUT);
	else
		remarks |= tt_remark_received(p.r, p.seg);
	choose_verdict(&p, remarks | p.judged.remarks);

	if (p.halves & TT_HALF_SENT)
		tt_moves_sender(&p, remarks);
	if (p.halves & TT_HALF_RECEIVED)
		tt_moves_receiver(&p);
	if (!res->ntransitions)
		give_line(&p);
}

/**
 * tt_track_init - a connection before its first segment
 * @conn: the connection, all zero but for tt_conn.rare, not yet seen by others
 * @tuple: its key, normalised
 */
void tt_track_init(struct tt_conn *conn, const struct tt_tuple *tuple)
{
	conn->tuple = *tuple;
	conn->self = tt_tuple_is_self(tuple);
	conn->ended_by = TT_NO_ROLE;
	conn->end[0].state = TT_CLOSED;
	conn->end[1].state = TT_CLOSED;
	conn->end[1].index = 1;
}

/**
 * tt_track_unfold - give a connection room for what is rare
 * @conn: the connection; locked by the caller, or not yet seen by others
 * @rare: two, all zero
 */
void tt_track_unfold(struct tt_conn *conn, struct tt_rare *rare)
{
	rare[0].id = conn->id;
	rare[1].id = conn->id;
	conn->rare = rare;
}
