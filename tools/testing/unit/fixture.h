/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two endpoints that talk as a test tells them, and an observer.
 */
#ifndef UNIT_FIXTURE_H
#define UNIT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "../ways.h"
#include "track.h"

#define C 0	/* end 0 is the client */
#define S 1

struct talk {
	struct tt_conn conn;
	struct tt_rare rare[2];
	struct tt_result res;
	enum tt_place place;
	bool loopback;
	bool foreign;
	bool backlog;
	bool bad_checksum;
	__u64 now;
	__u64 ids;
	unsigned int passed;
	unsigned int predicted;
	unsigned int moved;
	unsigned int opened;
	__u32 x;	/* the client's ISS */
	__u32 y;	/* the server's ISS */
	__u16 win;
};

static inline struct talk *talk_begin(struct talk *t, __u32 x, __u32 y)
{
	struct tt_tuple tuple = {
		.addr = { { .ip = 1 }, { .ip = 2 } },
		.port = { 1, 2 },
		.family = TT_IPV4,
	};

	memset(t, 0, sizeof(*t));
	t->place = TT_AT_FORWARD;
	t->now = 1024;
	t->x = x;
	t->y = y;
	t->win = 1000;
	tt_track_init(&t->conn, &tuple);
	tt_track_unfold(&t->conn, t->rare);
	return t;
}

/* numbers are relative to the sender's and the receiver's ISS */
static inline struct tt_segment segment(const struct talk *t, int from,
					__u8 flags, __u32 seq, __u32 ack,
					__u32 len)
{
	return (struct tt_segment) {
		.seq = seq + (from == C ? t->x : t->y),
		.ack = flags & TT_ACK ? ack + (from == C ? t->y : t->x) : 0,
		.end = seq + (from == C ? t->x : t->y) + len +
		       !!(flags & TT_SYN) + !!(flags & TT_FIN),
		.len = len,
		.win = t->win,
		.flags = flags,
		.sport = from == C ? 40000 : 80,
		.dport = from == C ? 80 : 40000,
	};
}

static inline enum tt_verdict pass(struct talk *t, int from,
				   const struct tt_segment *seg)
{
	struct tt_sighting at = {
		.now = t->now += 16,	/* a stamp's unit */
		.seg = seg,
		.src = from,
		.place = t->place,
		.loopback = t->loopback,
		.foreign = t->foreign,
		.backlog = t->backlog,
		.bad_checksum = t->bad_checksum,
	};

	struct snapshot before;
	enum way way;

	snapshot_take(&before, &t->conn);
	unfold(&t->conn, t->rare);
	if (tt_track_needs_id(&t->conn, &at))
		at.next_id = ++t->ids;
	tt_track(&t->conn, &at, &t->res);
	fold(&t->conn);
	t->passed++;
	way = way_of_predict(&before, &at, &t->conn, &t->res);
	assert_int_not_equal(way, WAY_WRONG);
	t->predicted += way == WAY_SHORT;
	way = way_of(tt_predict_move, &before, &at, &t->conn, &t->res);
	assert_int_not_equal(way, WAY_WRONG);
	t->moved += way == WAY_SHORT && t->res.ntransitions;
	way = way_of(tt_predict_open, &before, &at, &t->conn, &t->res);
	assert_int_not_equal(way, WAY_WRONG);
	t->opened += way == WAY_SHORT;
	return t->res.verdict;
}

static inline enum tt_verdict say(struct talk *t, int from, __u8 flags,
				  __u32 seq, __u32 ack, __u32 len)
{
	struct tt_segment seg = segment(t, from, flags, seq, ack, len);

	return pass(t, from, &seg);
}

static inline void states_are(const struct talk *t, enum tt_state client,
			      enum tt_state server)
{
	assert_string_equal(tt_state_name(t->conn.end[C].state),
			    tt_state_name(client));
	assert_string_equal(tt_state_name(t->conn.end[S].state),
			    tt_state_name(server));
}

static inline void verdict_is(enum tt_verdict got, enum tt_verdict want)
{
	assert_string_equal(tt_verdict_name(got), tt_verdict_name(want));
}

/* where sequence numbers and comparisons wrap */
static const __u32 starts[] = { 0, 100, 0x7ffffffe, 0x7fffff00, 0xfffffffe,
				0xffffff00 };

#define FOR_EACH_START(t) \
	for (unsigned int i_ = 0; \
	     i_ < 6 && established(t, starts[i_], starts[5 - i_]); i_++)

static inline struct talk *established(struct talk *t, __u32 x, __u32 y)
{
	talk_begin(t, x, y);
	verdict_is(say(t, C, TT_SYN, 0, 0, 0), TT_V_SYN);
	verdict_is(say(t, S, TT_SYN | TT_ACK, 0, 1, 0), TT_V_SYNACK);
	verdict_is(say(t, C, TT_ACK, 1, 1, 0), TT_V_HANDSHAKE_ACK);
	states_are(t, TT_ESTABLISHED, TT_ESTABLISHED);
	return t;
}

#endif
