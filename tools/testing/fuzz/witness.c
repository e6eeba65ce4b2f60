// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <string.h>
#include "format.h"
#include "fuzz.h"
#include "witness.h"
#include "seq.h"
#include "timeout.h"
#include "../ways.h"

/* timeouts until a connection is forgotten: each end's, and its remembrance */
#define TIMEOUTS_MAX 4

static const struct tt_limits limits = {
	.seconds = TT_LIMITS_DEFAULT,
};

/* FUZZ_TRACE=1: what an input that failed consists of */
static void trace(const struct witness *o, const struct tt_sighting *at,
		  const struct tt_conn *before)
{
	const struct tt_segment *seg = at->seg;

	if (!getenv("FUZZ_TRACE"))
		return;
	fprintf(stderr, "%s %6llu end %u place %u%s%s%s%s flags %02x seq %u ack %u len %u win %u options %02x ts %u/%u: %s, %s/%s to %s/%s\n",
		o->swapped ? "  swapped" : "as it is", at->now, at->src,
		at->place, at->loopback ? " lo" : "",
		at->foreign ? " foreign" : "", at->backlog ? " backlog" : "",
		at->bad_checksum ? " bad_checksum" : "", seg->flags, seg->seq,
		seg->ack, seg->len, seg->win, seg->options, seg->tsval,
		seg->tsecr, tt_verdict_name(o->res.verdict),
		tt_state_name(before->end[0].state),
		tt_state_name(before->end[1].state),
		tt_state_name(o->conn.end[0].state),
		tt_state_name(o->conn.end[1].state));
}

static void forget(struct witness *o)
{
	struct tt_tuple tuple = {
		.addr = { { .ip = 1 }, { .ip = o->self ? 1 : 2 } },
		.port = { htons(o->swapped ? 80 : 40000),
			  htons(o->swapped ? 40000 : 80) },
		.family = TT_IPV4,
	};

	if (o->self)
		tuple.port[1] = tuple.port[0];
	memset(&o->conn, 0, sizeof(o->conn));
	memset(o->rare, 0, sizeof(o->rare));
	tt_track_init(&o->conn, &tuple);
	tt_track_unfold(&o->conn, o->rare);
}

/**
 * witness_begin - know nothing yet
 * @o: the witness
 * @self: the connection is one of a socket to itself
 * @other: see other numbers, and the ends in the other order
 */
void witness_begin(struct witness *o, bool self, bool other)
{
	memset(o, 0, sizeof(*o));
	o->self = self;
	if (other) {
		o->swapped = !self;
		o->shift[0] = 0x89abcdef;
		o->shift[1] = self ? o->shift[0] : 0x7654321f;
		o->ts_shift[0] = 0x80000001;
		o->ts_shift[1] = self ? o->ts_shift[0] : 0x12345678;
	}
	forget(o);
}

/**
 * witness_shift - a segment as another witness sees it
 * @o: the other one
 * @seg: the segment
 * @src: who sent it, of the game's order
 *
 * Return: the segment with shifted numbers.
 */
struct tt_segment witness_shift(const struct witness *o,
				const struct tt_segment *seg, unsigned int src)
{
	struct tt_segment other = *seg;
	unsigned int i;

	other.seq += o->shift[src];
	other.end += o->shift[src];
	if (seg->flags & TT_ACK)
		other.ack += o->shift[!src];
	for (i = 0; i < seg->nsack; i++) {
		other.sack[i].start += o->shift[!src];
		other.sack[i].end += o->shift[!src];
	}
	if (seg->options & TT_OPT_TS) {
		other.tsval += o->ts_shift[src];
		if (seg->tsecr)
			other.tsecr += o->ts_shift[!src];
	}
	return other;
}

static bool is_edge(__u8 from, __u8 to)
{
	unsigned int kind;

	for (kind = 0; kind < TT_EVENTS_MAX; kind++)
		if (tt_fsm[from][kind].to == to)
			return true;
	return false;
}

/* what a tuple can be taken into use from without a word */
static bool is_unused(__u8 state)
{
	return state == TT_UNKNOWN || state == TT_CLOSED || state == TT_LISTEN;
}

static void check_line(const struct witness *o, const struct tt_segment *seg,
		       unsigned int i)
{
	char line[TT_LINE_MAX];
	struct tt_event ev = { 0 };
	unsigned int spaces = 0;
	int len;

	tt_track_event(&o->conn, seg, &o->res, i, &ev);
	len = tt_format_event(line, sizeof(line), &ev);
	CHECK(len > 0 && len < TT_LINE_MAX - 1 && line[len - 1] == '\n',
	      "line of %d bytes", len);
	CHECK(!strchr(line, '?'), "%s", line);
	for (; len; len--)
		spaces += line[len - 1] == ' ';
	CHECK(spaces == 14, "%u spaces: %s", spaces, line);
}

/*
 * The transitions are a walk along edges from the states before to those now,
 * with no step missing; a new incarnation begins a new walk.
 */
static void check_walk(const struct witness *o, const struct tt_conn *before,
		       const struct tt_segment *seg)
{
	__u8 state[2] = { before->end[0].state, before->end[1].state };
	__u64 id[2] = { tt_end_id(&before->end[0]),
			tt_end_id(&before->end[1]) };
	const struct tt_result *res = &o->res;
	unsigned int i;

	CHECK(res->ntransitions <= TT_TRANSITIONS_MAX, "%u", res->ntransitions);
	for (i = 0; i < res->ntransitions; i++) {
		const struct tt_transition *t = &res->transitions[i];

		CHECK(t->end < 2 && t->role <= TT_SERVER, "end %u role %u",
		      t->end, t->role);
		CHECK(t->from < TT_STATES_MAX && t->to < TT_STATES_MAX &&
		      t->basis < TT_BASES_MAX, "%u to %u, basis %u", t->from,
		      t->to, t->basis);
		CHECK(t->id <= o->ids, "id %llu", t->id);
		check_line(o, seg, i);
		if (t->from == t->to) {
			CHECK(res->ntransitions == 1, "a line among moves");
			continue;
		}
		CHECK(t->id, "a move of no connection");
		CHECK(is_edge(t->from, t->to), "%s to %s",
		      tt_state_name(t->from), tt_state_name(t->to));
		CHECK(t->from == state[t->end] ||
		      (t->id != id[t->end] && is_unused(t->from) &&
		       is_unused(state[t->end])), "%s, then from %s",
		      tt_state_name(state[t->end]), tt_state_name(t->from));
		state[t->end] = t->to;
		id[t->end] = t->id;
	}
	for (i = 0; i < 2; i++) {
		const struct tt_end *end = &o->conn.end[i];

		CHECK(end->state == state[i] ||
		      (tt_end_id(end) != id[i] && is_unused(end->state) &&
		       is_unused(state[i])), "end %u: %s, yet %s", i,
		      tt_state_name(state[i]), tt_state_name(end->state));
	}
}

static void check_ranges(const struct tt_end *end)
{
	unsigned int i;

	CHECK(end->nranges <= TT_RANGES_MAX, "%u", end->nranges);
	for (i = 0; i < end->nranges; i++) {
		CHECK(tt_before(tt_rare(end)->ranges[i].start, tt_rare(end)->ranges[i].end),
		      "range %u is empty", i);
		CHECK(tt_after(tt_rare(end)->ranges[i].start, i ?
			       tt_rare(end)->ranges[i - 1].end : end->rcv_nxt),
		      "range %u touches what is below", i);
	}
}

static void check_row(const struct tt_conn *conn, __u64 now)
{
	char line[TT_LINE_MAX];
	int len = tt_format_connection(line, sizeof(line), conn, now);

	CHECK(len > 0 && len < TT_LINE_MAX - 1 && line[len - 1] == '\n',
	      "line of %d bytes", len);
}

static void check_conn(const struct witness *o)
{
	const struct tt_conn *conn = &o->conn;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		CHECK(conn->end[i].state < TT_STATES_MAX, "%u",
		      conn->end[i].state);
		CHECK(conn->warm[i].since <= conn->last || !conn->id,
		      "end %u moves in the future", i);
		check_ranges(&conn->end[i]);
	}
	CHECK(!tt_track_ended(conn) || !tt_track_embryonic(conn), "both");
	CHECK(!tt_track_ended(conn) || tt_track_quiet(conn), "ended, not quiet");
	if (o->res.ntransitions)
		check_row(conn, o->now);
}

/* a segment is counted once, with its payload, as its sender's */
static void check_counts(const struct witness *o, const struct tt_conn *before,
			 unsigned int src, const struct tt_segment *seg,
			 bool bad_checksum)
{
	bool counted = o->res.counted && !bad_checksum;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		const struct tt_end *is = &o->conn.end[i];
		const struct tt_end *was = &before->end[i];
		bool sent = counted && i == src;
		bool same = tt_end_id(is) == tt_end_id(was);

		CHECK(is->segments == (same ? was->segments : 0) + sent,
		      "end %u: %llu segments after %llu", i, is->segments,
		      was->segments);
		CHECK(is->bytes == (same ? was->bytes : 0) +
		      (sent ? seg->len : 0), "end %u: %llu bytes after %llu", i,
		      is->bytes, was->bytes);
		CHECK(tt_rare(is)->retransmissions <= is->segments, "end %u", i);
	}
}

/* but for who is where, how old timestamps are, and that it was seen */
static void check_unmoved(const struct witness *o,
			  const struct tt_conn *before, unsigned int src)
{
	struct snapshot same;
	unsigned int i;

	snapshot_take(&same, before);
	same.conn.last = o->conn.last;
	same.rare[src].violations = o->conn.rare[src].violations;
	for (i = 0; i < 2; i++) {
		same.conn.end[i].flags |= o->conn.end[i].flags & TT_LOCAL;
		same.conn.end[i].flags &= o->conn.end[i].flags |
					  ~(TT_TS_RECENT | TT_TS_SENT);
	}
	CHECK(snapshot_is_of(&same, &o->conn), "a bad checksum moved it");
}

static void check_ways(const struct snapshot *before,
		       const struct tt_sighting *at,
		       const struct tt_conn *after, const struct tt_result *res)
{
	CHECK(way_of_predict(before, at, after, res) != WAY_WRONG,
	      "it was predicted wrongly");
	CHECK(way_of(tt_predict_open, before, at, after, res) != WAY_WRONG,
	      "an opening was predicted wrongly");
	CHECK(way_of(tt_predict_move, before, at, after, res) != WAY_WRONG,
	      "a move was predicted wrongly");
}

/**
 * witness_sees - a segment passes
 * @o: the witness
 * @sighting: where and when; who sent it is of the game's order
 * @seg: the segment
 */
void witness_sees(struct witness *o, const struct tt_sighting *sighting,
		  const struct tt_segment *seg)
{
	struct tt_sighting at = *sighting;
	struct snapshot before;
	bool may_open;

	at.seg = seg;
	at.src = o->swapped ? !at.src : at.src;
	o->res.ntransitions = 0;
	if (!o->conn.id && !tt_track_opens(&at))
		return;
	unfold(&o->conn, o->rare);
	may_open = tt_track_needs_id(&o->conn, &at);
	if (may_open)
		at.next_id = ++o->ids;
	snapshot_take(&before, &o->conn);
	o->now = at.now;
	tt_track(&o->conn, &at, &o->res);
	trace(o, &at, &before.conn);
	check_ways(&before, &at, &o->conn, &o->res);
	CHECK(o->res.verdict <= TT_VERDICTS_MAX, "%u", o->res.verdict);
	CHECK(!(o->res.remarks >> (TT_VERDICTS_MAX - TT_V_RETRANSMISSION)),
	      "%llx", o->res.remarks);
	CHECK(!o->res.id_used || (may_open && o->conn.id == o->ids),
	      "connection %llu without a number", (__u64)o->conn.id);
	check_walk(o, &before.conn, seg);
	check_counts(o, &before.conn, at.src, seg, at.bad_checksum);
	check_conn(o);
	if (at.bad_checksum)
		check_unmoved(o, &before.conn, at.src);
	if (o->swapped)		/* the other one never does */
		fold(&o->conn);
}

/**
 * witness_timeouts - time has gone by
 * @o: the witness
 * @now: up to when
 */
void witness_timeouts(struct witness *o, __u64 now)
{
	struct snapshot before;
	unsigned int i;
	bool stays;

	o->res.ntransitions = 0;
	if (!o->conn.id)
		return;
	snapshot_take(&before, &o->conn);
	o->now = now;
	stays = tt_track_timeouts(&o->conn, &limits, now, &o->res);
	CHECK(o->res.verdict == TT_VERDICTS_MAX, "%u", o->res.verdict);
	check_walk(o, &before.conn, NULL);
	for (i = 0; i < o->res.ntransitions; i++)
		CHECK(o->res.transitions[i].basis == TT_TIMEOUT, "%u",
		      o->res.transitions[i].basis);
	for (i = 0; i < 2; i++)
		CHECK(o->conn.end[i].state != TT_TIME_WAIT ||
		      now < tt_stamp_ms(o->conn.warm[i].since, now) +
			    limits.seconds[TT_TIME_WAIT] * 1000,
		      "TIME-WAIT does not end");
	CHECK(!stays || tt_track_deadline(&o->conn, &limits, now) > now,
	      "something is due for ever");
	if (!stays)
		forget(o);
}

/**
 * witness_deadline - when is something due?
 * @o: the witness
 * @now: not before that
 *
 * Return: the time.
 */
__u64 witness_deadline(const struct witness *o, __u64 now)
{
	__u64 due = o->conn.id ? tt_track_deadline(&o->conn, &limits, now) : now;

	return due > now ? due : now;
}

/**
 * witnesses_agree - have both found the same?
 * @a: who saw the game as it is
 * @b: who saw it shifted, and perhaps in the other order
 */
void witnesses_agree(const struct witness *a, const struct witness *b)
{
	unsigned int i, swap = b->swapped;

	CHECK(a->res.verdict == b->res.verdict, "verdict %s, elsewhere %s",
	      tt_verdict_name(a->res.verdict), tt_verdict_name(b->res.verdict));
	CHECK(a->res.remarks == b->res.remarks, "remarks %llx, elsewhere %llx",
	      a->res.remarks, b->res.remarks);
	CHECK(a->res.ntransitions == b->res.ntransitions, "%u transitions, elsewhere %u",
	      a->res.ntransitions, b->res.ntransitions);
	for (i = 0; i < a->res.ntransitions; i++) {
		const struct tt_transition *ta = &a->res.transitions[i];
		/* of both ends that time out at once either comes first */
		bool other = ta->basis == TT_TIMEOUT &&
			     b->res.transitions[i].end != (ta->end ^ swap);
		const struct tt_transition *tb = &b->res.transitions[other ?
			a->res.ntransitions - 1 - i : i];

		CHECK(ta->id == tb->id && ta->role == tb->role &&
		      ta->end == (tb->end ^ swap),
		      "transition %u: connection %llu end %u role %u, elsewhere %llu %u %u",
		      i, ta->id, ta->end, ta->role, tb->id, tb->end, tb->role);
		CHECK(ta->from == tb->from && ta->to == tb->to &&
		      ta->basis == tb->basis, "%s to %s, elsewhere %s to %s",
		      tt_state_name(ta->from), tt_state_name(ta->to),
		      tt_state_name(tb->from), tt_state_name(tb->to));
	}
	for (i = 0; i < 2; i++) {
		const struct tt_end *ea = &a->conn.end[i];
		const struct tt_end *eb = &b->conn.end[i ^ swap];

		CHECK(ea->state == eb->state && tt_end_id(ea) == tt_end_id(eb) &&
		      a->rare[i].violations == b->rare[i ^ swap].violations &&
		      a->rare[i].retransmissions ==
		      b->rare[i ^ swap].retransmissions, "end %u", i);
	}
	CHECK(a->conn.began == b->conn.began && a->conn.ended == b->conn.ended &&
	      a->conn.ended_by == b->conn.ended_by, "how it went");
}

/**
 * witness_ends - nobody says anything any more
 * @o: the witness
 */
void witness_ends(struct witness *o)
{
	unsigned int i;

	for (i = 0; o->conn.id; i++) {
		CHECK(i < TIMEOUTS_MAX, "the connection lasts for ever");
		witness_timeouts(o, witness_deadline(o, o->now));
	}
}
