// SPDX-License-Identifier: GPL-2.0
/*
 * Each rule at its bounds: the last number that is accepted and the first that
 * is not, wherever the sequence space wraps. C talks to S.
 */
#include "fixture.h"

#define BLAMED(call, name) verdict_is(call, TT_V_##name)
#define FREE(call) \
	assert_int_not_equal(tt_verdict_class(call), TT_VIOLATION)

static void window(void **state)	/* 9293 3.10.7.4, first check */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {	/* S offers 1 to 1001 */
		FREE(say(&t, C, TT_ACK, 1001, 1, 0));
		BLAMED(say(&t, C, TT_ACK, 1002, 1, 0), SEQ_BEYOND_WINDOW);
	}
	FOR_EACH_START(&t)	/* a FIN, or a probe, may pass by one */
		FREE(say(&t, C, TT_ACK, 1, 1, 1001));
	FOR_EACH_START(&t)
		BLAMED(say(&t, C, TT_ACK, 1, 1, 1002), END_BEYOND_WINDOW);
	FOR_EACH_START(&t) {	/* what was sent may come late, how late ever */
		for (int i = 0; i < 100; i++) {
			say(&t, C, TT_ACK, 1 + i * 1000, 1, 1000);
			say(&t, S, TT_ACK, 1, 1001 + i * 1000, 0);
		}
		verdict_is(say(&t, C, TT_ACK, 1, 1, 1000),
			   TT_V_SPURIOUS_RETRANSMISSION);
		FREE(say(&t, C, TT_ACK, 0, 1, 0));
		BLAMED(say(&t, C, TT_ACK, -1, 1, 0), SEQ_TOO_OLD);
		/* what reaches into the window is taken from there on */
		FREE(say(&t, C, TT_ACK, -100, 1, 100200));
		assert_int_equal(t.conn.end[S].rcv_nxt, t.x + 100100);
	}
}

/* C and S close, then C opens again with its ISS further on by @gap */
static void open_again(struct talk *t, __u32 gap)
{
	say(t, S, TT_FIN | TT_ACK, 1, 1, 0);
	say(t, C, TT_FIN | TT_ACK, 1, 2, 0);
	say(t, S, TT_ACK, 2, 2, 0);
	t->x += gap;
	t->y += gap;
	verdict_is(say(t, C, TT_SYN, 0, 0, 0), TT_V_TIMEWAIT_REUSE);
}

static void late_from_the_past(void **state)	/* 9293 3.4.3 */
{
	const __u32 gap = 70000, max = 0x100000;
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {	/* P = 2 - gap */
		open_again(&t, gap);
		verdict_is(say(&t, S, TT_RST, 2 - gap, 0, 0), TT_V_LATE_RST);
		BLAMED(say(&t, S, TT_RST, 3 - gap, 0, 0), RST_IGNORED);
		states_are(&t, TT_SYN_SENT, TT_SYN_RECEIVED);
		say(&t, S, TT_SYN | TT_ACK, 0, 1, 0);
		say(&t, C, TT_ACK, 1, 1, 0);
		verdict_is(say(&t, S, TT_RST, 2 - gap, 0, 0), TT_V_LATE_RST);
		verdict_is(say(&t, S, TT_RST, 3 - gap - max, 0, 0),
			   TT_V_LATE_RST);
		BLAMED(say(&t, S, TT_RST, 2 - gap - max, 0, 0),
		       RST_OUT_OF_WINDOW);
		FREE(say(&t, S, TT_FIN | TT_ACK, 1 - gap, 2 - gap, 0));
		FREE(say(&t, S, TT_ACK, 1 - gap, 1 - gap, 1));
		BLAMED(say(&t, S, TT_ACK, 1 - gap, 1 - gap, 2), SEQ_TOO_OLD);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
		verdict_is(say(&t, S, TT_FIN | TT_ACK, 1, 1, 0), TT_V_FIN);
		states_are(&t, TT_CLOSE_WAIT, TT_FIN_WAIT_1);
	}
}

static void zero_window(void **state)	/* 9293 3.8.6.1 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		say(&t, C, TT_ACK, 1, 1, 1000);
		t.win = 0;
		verdict_is(say(&t, S, TT_ACK, 1, 1001, 0), TT_V_ZERO_WINDOW);
		t.win = 1000;
		verdict_is(say(&t, C, TT_ACK, 1001, 1, 1),
			   TT_V_ZERO_WINDOW_PROBE);
		BLAMED(say(&t, C, TT_ACK, 1001, 1, 2), DATA_IN_ZERO_WINDOW);
	}
}

/* 7413 4.1.3: S used the window of the SYN before it had another one */
static void window_of_a_fast_open(void **state)
{
	static const struct { __u32 len; bool ok; } cases[] = {
		{ 1000, true }, { 1001, true /* a probe's octet */ },
		{ 1002, false },
	};
	struct talk t;

	(void)state;
	for (int i = 0; i < 3; i++) {
		talk_begin(&t, starts[i], starts[5 - i]);
		t.place = TT_AT_INPUT;
		say(&t, C, TT_SYN, 0, 0, 10);
		t.place = TT_AT_OUTPUT;
		say(&t, S, TT_SYN | TT_ACK, 0, 11, 0);
		say(&t, S, TT_ACK, 1, 11, 500);
		t.place = TT_AT_INPUT;
		t.win = 0;
		say(&t, C, TT_ACK, 11, 1, 0);
		t.place = TT_AT_OUTPUT;
		t.conn.end[C].flags &= ~TT_LOCAL;
		say(&t, S, TT_ACK, 1, 11, cases[i].len);
		assert_int_equal(tt_verdict_class(t.res.verdict) != TT_VIOLATION,
				 cases[i].ok);
	}
}

static void acknowledgment(void **state)	/* 9293 3.10.7.4, fifth */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		for (int i = 0; i < 3; i++) {
			t.place = TT_AT_OUTPUT;
			say(&t, S, TT_ACK, 1 + 1000 * i, 1, 1000);
			t.place = TT_AT_INPUT;
			say(&t, C, TT_ACK, 1, 1001 + 1000 * i, 0);
		}
		say(&t, C, TT_ACK, 1, 3001, 0);
		BLAMED(say(&t, C, TT_ACK, 1, 3002, 0), ACK_UNSENT);
		/* 5961 5.2: SND.UNA - MAX.SND.WND */
		verdict_is(say(&t, C, TT_ACK, 1, 2001, 10), TT_V_OLD_ACK);
		BLAMED(say(&t, C, TT_ACK, 11, 2000, 10), ACK_TOO_OLD);
		/* S has not got 11 to 31: what C sent last came first */
		say(&t, C, TT_ACK, 31, 3001, 10);
		verdict_is(say(&t, C, TT_ACK, 11, 2000, 10), TT_V_OUT_OF_ORDER);
		assert_int_equal(t.conn.end[S].rcv_nxt, t.x + 11);
		BLAMED(say(&t, C, TT_ACK, 32, 2000, 10), ACK_TOO_OLD);
		/* with nothing new it may have been overtaken */
		verdict_is(say(&t, C, TT_ACK, 11, 2000, 0), TT_V_OLD_ACK);
	}
	FOR_EACH_START(&t) {
		FREE(say(&t, C, TT_ACK, 1, 1, 0));
		BLAMED(say(&t, C, TT_ACK, 1, 0, 0), ACK_BELOW_ISS);
	}
}

static void handshake(void **state)	/* 9293 3.10.7.3, 3.10.7.4 */
{
	struct talk t;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		talk_begin(&t, starts[i], starts[5 - i]);
		say(&t, C, TT_SYN, 0, 0, 0);
		BLAMED(say(&t, S, TT_SYN | TT_ACK, 0, 0, 0), SYNACK_BAD_ACK);
		BLAMED(say(&t, S, TT_SYN | TT_ACK, 0, 2, 0), SYNACK_BAD_ACK);
		BLAMED(say(&t, S, TT_RST, 0, 0, 0), RST_IGNORED);
		BLAMED(say(&t, S, TT_RST | TT_ACK, 0, 2, 0), RST_IGNORED);
		states_are(&t, TT_SYN_SENT, TT_SYN_RECEIVED);
		verdict_is(say(&t, S, TT_SYN | TT_ACK, 0, 1, 0), TT_V_SYNACK);
		BLAMED(say(&t, S, TT_SYN | TT_ACK, 1, 0, 0), SYNACK_CHANGED);
		BLAMED(say(&t, S, TT_SYN | TT_ACK, 1, 2, 0), SYNACK_CHANGED);
		/* to a late copy of the SYN, by who has forgotten it */
		verdict_is(say(&t, S, TT_SYN | TT_ACK, 1, 1, 0),
			   TT_V_PORT_REUSE);
		BLAMED(say(&t, C, TT_ACK, 1, 0, 0), HANDSHAKE_ACK_BAD);
		BLAMED(say(&t, C, TT_ACK, 1, 2, 0), HANDSHAKE_ACK_BAD);
		states_are(&t, TT_ESTABLISHED, TT_SYN_RECEIVED);
		FREE(say(&t, C, TT_ACK, 1, 1, 0));
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
	}
}

static void rst(void **state)	/* 5961 3.2 */
{
	static const struct {
		__u32 seq;
		enum tt_verdict verdict;
	} bounds[] = {
		{ 0, TT_V_RST_OUT_OF_WINDOW }, { 2, TT_V_RST_INEXACT },
		{ 1001, TT_V_RST_INEXACT }, { 1002, TT_V_RST_OUT_OF_WINDOW },
		{ 1, TT_V_RST },
	};
	struct talk t;

	(void)state;
	for (unsigned int i = 0; i < 5; i++)
		FOR_EACH_START(&t) {
			t.place = TT_AT_INPUT;
			verdict_is(say(&t, C, TT_RST, bounds[i].seq, 0, 0),
				   bounds[i].verdict);
			states_are(&t, i == 4 ? TT_CLOSED : TT_ESTABLISHED,
				   i == 4 ? TT_CLOSED : TT_ESTABLISHED);
		}
}

/* at the edge that R offered last, though more has reached it: that was dropped */
static void rst_at_the_last_edge(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.place = TT_AT_INPUT;
		say(&t, C, TT_ACK, 1, 1, 300);
		t.place = TT_AT_OUTPUT;
		t.win = 100;
		t.backlog = true;
		say(&t, S, TT_ACK, 1, 101, 0);
		t.place = TT_AT_INPUT;
		BLAMED(say(&t, C, TT_RST, 201, 0, 0), RST_OUT_OF_WINDOW);
		verdict_is(say(&t, C, TT_RST | TT_ACK, 201, 1, 0), TT_V_GAP);
		assert_int_equal(t.conn.end[S].state, TT_ESTABLISHED);
	}
}

/* 2018 8, 5961 3.2: the edge of what S holds, not of what has reached it */
static void rst_beyond_what_was_dropped(void **state)
{
	static const struct { __u32 top; __u8 other; __u16 win; bool taken; }
	cases[] = {
		{ 401, 0, 1000, true },
		{ 201, 0, 1000, false },
		{ 201, TT_OPT_OTHER, 1000, true },	/* no room */
		{ 401, 0, 399, false },		/* one beyond the window */
		{ 401, 0, 400, true },
	};
	struct talk t;

	(void)state;
	for (int i = 0; i < 5; i++) {
		FOR_EACH_START(&t) {
			struct tt_segment ack = segment(&t, S, TT_ACK, 1, 1, 0);

			t.conn.end[S].flags |= TT_SACK_OK | TT_LOCAL;
			t.conn.end[C].flags |= TT_SACK_OK;
			t.place = TT_AT_INPUT;
			say(&t, C, TT_ACK, 101, 1, 100);
			say(&t, C, TT_ACK, 301, 1, 100);
			ack.win = cases[i].win;
			ack.options |= TT_OPT_SACK | cases[i].other;
			ack.nsack = 1;
			ack.sack[0].start = t.x + 101;
			ack.sack[0].end = t.x + cases[i].top;
			t.place = TT_AT_OUTPUT;
			pass(&t, S, &ack);
			t.place = TT_AT_INPUT;
			say(&t, C, TT_RST | TT_ACK, 401, 1, 0);
			assert_int_equal(t.conn.end[S].state == TT_CLOSED,
					 cases[i].taken);
		}
	}
}

/* of a second connection, which a late copy of the SYN has made */
static void rst_of_another(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.place = TT_AT_INPUT;
		verdict_is(say(&t, S, TT_RST | TT_ACK, 70000, 1, 0),
			   TT_V_LATE_RST);
		BLAMED(say(&t, S, TT_RST | TT_ACK, 70000, 0, 0),
		       RST_OUT_OF_WINDOW);
		BLAMED(say(&t, S, TT_RST | TT_ACK, 70000, 2, 0),
		       RST_OUT_OF_WINDOW);
		BLAMED(say(&t, S, TT_RST, 70000, 1, 0), RST_OUT_OF_WINDOW);
		BLAMED(say(&t, C, TT_RST | TT_ACK, 70000, 1, 0),
		       RST_OUT_OF_WINDOW);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
	}
}

static void rst_before_syn(void **state)	/* 9293 3.10.7.4: second, fourth */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.place = TT_AT_INPUT;
		BLAMED(say(&t, C, TT_RST | TT_SYN, 1, 0, 0), BAD_FLAGS);
		assert_int_equal(t.conn.end[S].state, TT_CLOSED);
	}
}

static void after_fin(void **state)	/* 9293 3.6, 3.10.7.4 seventh, eighth */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		FREE(say(&t, C, TT_ACK, 2, 1, 0));
		BLAMED(say(&t, C, TT_ACK, 2, 1, 1), DATA_AFTER_FIN);
		verdict_is(say(&t, C, TT_FIN | TT_ACK, 1, 1, 0),
			   TT_V_FIN_RETRANSMISSION);
		BLAMED(say(&t, C, TT_FIN | TT_ACK, 2, 1, 0), FIN_MOVED);
		FREE(say(&t, C, TT_FIN | TT_ACK | TT_URG, 1, 1, 0));
		BLAMED(say(&t, C, TT_ACK | TT_URG, 2, 1, 0), URG_AFTER_FIN);
		FREE(say(&t, S, TT_ACK, 1, 2, 0));
		BLAMED(say(&t, S, TT_ACK, 1, 3, 0), ACK_BEYOND_FIN);
		states_are(&t, TT_FIN_WAIT_2, TT_CLOSE_WAIT);
		/* nor does a FIN at another number tell that the ACK was lost */
		BLAMED(say(&t, C, TT_FIN | TT_ACK, 12, 1, 0), FIN_MOVED);
		states_are(&t, TT_FIN_WAIT_2, TT_CLOSE_WAIT);
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		states_are(&t, TT_FIN_WAIT_1, TT_CLOSE_WAIT);
	}
}

static void text_after_fin_is_ignored(void **state)	/* seventh check */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.place = TT_AT_INPUT;
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		t.place = TT_AT_OUTPUT;
		say(&t, S, TT_FIN | TT_ACK, 1, 2, 0);
		states_are(&t, TT_TIME_WAIT, TT_LAST_ACK);
		t.place = TT_AT_INPUT;
		BLAMED(say(&t, C, TT_ACK, 2, 2, 5), DATA_AFTER_FIN);
		/* but its ACK counts */
		assert_int_equal(t.conn.end[S].state, TT_CLOSED);
	}
}

static void false_fin(void **state)	/* over octets that S has */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.place = TT_AT_INPUT;
		say(&t, C, TT_ACK, 1, 1, 10);
		BLAMED(say(&t, C, TT_FIN | TT_ACK, 10, 1, 0), FIN_MOVED);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
		/* out of order, then overtaken by data */
		verdict_is(say(&t, C, TT_FIN | TT_ACK, 20, 1, 0), TT_V_GAP);
		say(&t, C, TT_ACK, 11, 1, 50);
		assert_int_equal(t.conn.end[S].state, TT_ESTABLISHED);
		/* the true one */
		say(&t, C, TT_FIN | TT_ACK, 61, 1, 0);
		assert_int_equal(t.conn.end[S].state, TT_CLOSE_WAIT);
	}
	FOR_EACH_START(&t) {	/* S was not as far as the network */
		t.place = TT_AT_INPUT;
		say(&t, C, TT_ACK, 1, 1, 100);
		t.place = TT_AT_OUTPUT;
		say(&t, S, TT_ACK, 1, 1, 0);
		say(&t, S, TT_ACK, 1, 101, 0);
		t.place = TT_AT_INPUT;
		BLAMED(say(&t, C, TT_FIN | TT_ACK, 100, 1, 0), FIN_MOVED);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
	}
}

/* what the local end had before we looked may end with that FIN */
static void fin_from_before_midstream(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {	/* it says so by its ACK ... */
		talk_begin(&t, t.x, t.y);
		t.place = TT_AT_OUTPUT;
		say(&t, S, TT_ACK, 1, 51, 10);
		t.place = TT_AT_INPUT;
		FREE(say(&t, C, TT_FIN | TT_ACK, 50, 1, 0));
		FREE(say(&t, C, TT_FIN | TT_ACK, 50, 1, 0));
		t.place = TT_AT_OUTPUT;
		FREE(say(&t, S, TT_ACK, 11, 51, 0));
		assert_int_equal(t.conn.end[S].state, TT_CLOSE_WAIT);
	}
	FOR_EACH_START(&t) {	/* ... it waited in its queue */
		talk_begin(&t, t.x, t.y);
		t.place = TT_AT_OUTPUT;
		say(&t, S, TT_ACK, 1, 1, 10);
		t.place = TT_AT_INPUT;
		FREE(say(&t, C, TT_ACK, 51, 1, 0));
		t.place = TT_AT_OUTPUT;
		FREE(say(&t, S, TT_ACK, 11, 51, 10));
		t.place = TT_AT_INPUT;
		FREE(say(&t, C, TT_FIN | TT_ACK, 50, 1, 0));
	}
	FOR_EACH_START(&t) {	/* but not if octets were seen there */
		talk_begin(&t, t.x, t.y);
		t.place = TT_AT_OUTPUT;
		say(&t, S, TT_ACK, 1, 51, 10);
		t.place = TT_AT_INPUT;
		FREE(say(&t, C, TT_ACK, 51, 11, 10));
		BLAMED(say(&t, C, TT_FIN | TT_ACK, 60, 11, 0), FIN_MOVED);
		BLAMED(say(&t, C, TT_FIN | TT_ACK, 50, 11, 0), FIN_MOVED);
		assert_int_equal(t.conn.end[S].state, TT_ESTABLISHED);
	}
}

static void old_ack_drops_the_segment(void **state)	/* Linux, not in ESTABLISHED */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.place = TT_AT_OUTPUT;
		say(&t, S, TT_ACK, 1, 1, 100);
		say(&t, S, TT_FIN | TT_ACK, 101, 1, 0);
		t.place = TT_AT_INPUT;
		say(&t, C, TT_ACK, 1, 102, 0);
		assert_int_equal(t.conn.end[S].state, TT_FIN_WAIT_2);
		say(&t, C, TT_FIN | TT_ACK, 1, 101, 0);
		assert_int_equal(t.conn.end[S].state, TT_FIN_WAIT_2);
		say(&t, C, TT_FIN | TT_ACK, 1, 102, 0);
		assert_int_equal(t.conn.end[S].state, TT_TIME_WAIT);
	}
}

static void after_rst(void **state)	/* 9293 3.5.2 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		say(&t, C, TT_RST | TT_ACK, 1, 1, 0);
		FREE(say(&t, C, TT_ACK, 1, 1, 0));
		BLAMED(say(&t, C, TT_ACK, 1, 1, 1), DATA_AFTER_RST);
		/* a listener has taken a late copy of the SYN for another */
		FREE(say(&t, C, TT_ACK, 70000, 1, 0));
	}
	FOR_EACH_START(&t) {	/* sent before, overtaken by the RST */
		say(&t, C, TT_ACK, 11, 1, 10);
		say(&t, C, TT_RST, 1, 0, 0);
		FREE(say(&t, C, TT_ACK, 1, 1, 10));
	}
}

static void legal_rst_that_is_not_taken(void **state)	/* 9293 3.10.7.1, 5961 3.2 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		say(&t, C, TT_ACK, 1, 1, 100);
		say(&t, S, TT_ACK, 1, 101, 0);
		/* the answer to a segment of S before that one */
		verdict_is(say(&t, C, TT_RST, 1, 0, 0), TT_V_LATE_RST);
		/* an abort that has not got the last ACK of S */
		verdict_is(say(&t, C, TT_RST | TT_ACK, 100, 1, 0),
			   TT_V_LATE_RST);
		BLAMED(say(&t, C, TT_RST | TT_ACK, 100, 2, 0),
		       RST_OUT_OF_WINDOW);
		BLAMED(say(&t, C, TT_RST | TT_ACK, -1, 1, 0),
		       RST_OUT_OF_WINDOW);
		/* an abort; the data before it was lost */
		verdict_is(say(&t, C, TT_RST | TT_ACK, 201, 1, 0), TT_V_GAP);
		states_are(&t, TT_CLOSED, TT_ESTABLISHED);
		verdict_is(say(&t, S, TT_ACK, 1, 101, 0), TT_V_CHALLENGE_ACK);
		/* and what is none of these */
		BLAMED(say(&t, C, TT_RST, 0, 0, 0), RST_OUT_OF_WINDOW);
		BLAMED(say(&t, C, TT_RST, 102, 0, 0), RST_INEXACT);
	}
}

static void abort_at_a_shrunk_edge(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {	/* S offered up to 1001, now 301 */
		say(&t, C, TT_ACK, 1, 1, 1000);
		t.win = 200;
		verdict_is(say(&t, S, TT_ACK, 1, 101, 0), TT_V_WINDOW_SHRINK);
		/* an edge that lay between */
		t.place = TT_AT_INPUT;
		t.conn.end[S].flags |= TT_LOCAL;
		t.conn.end[S].rcv_nxt = t.x + 101;
		verdict_is(say(&t, C, TT_RST | TT_ACK, 500, 1, 0), TT_V_GAP);
		BLAMED(say(&t, C, TT_RST | TT_ACK, 1002, 1, 0),
		       RST_OUT_OF_WINDOW);
		/* the window has opened again, but C does not know it yet */
		t.place = TT_AT_OUTPUT;
		t.win = 1000;
		say(&t, S, TT_ACK, 1, 101, 0);
		t.place = TT_AT_INPUT;
		verdict_is(say(&t, C, TT_RST | TT_ACK, 301, 1, 0), TT_V_GAP);
	}
	FOR_EACH_START(&t) {	/* it did not shrink */
		say(&t, C, TT_ACK, 1, 1, 900);
		t.conn.end[S].rcv_nxt = t.x + 101;
		t.place = TT_AT_INPUT;
		BLAMED(say(&t, C, TT_RST | TT_ACK, 500, 1, 0), RST_INEXACT);
	}
}

static void abort_beyond_a_misread_edge(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {	/* 7323 2.2: of a SYN+ACK in SYN-SENT */
		t.conn.end[S].flags |= TT_FAR_EDGE;
		unfold(&t.conn, t.rare);
		t.rare[S].far_edge = t.x + 5001;
		t.place = TT_AT_INPUT;
		BLAMED(say(&t, C, TT_RST | TT_ACK, 5002, 1, 0),
		       RST_OUT_OF_WINDOW);
		verdict_is(say(&t, C, TT_RST | TT_ACK, 5001, 1, 0), TT_V_GAP);
		assert_int_equal(t.conn.end[S].state, TT_ESTABLISHED);
	}
}

/* both SYNs offered timestamps; TS.Recent of S is @recent, C's TSval, too */
static void with_timestamps(struct talk *t, __u32 recent)
{
	__u8 flags[] = { TT_SYN, TT_SYN | TT_ACK, TT_ACK };

	talk_begin(t, 100, 300);
	t->place = TT_AT_INPUT;
	for (int i = 0; i < 3; i++) {
		struct tt_segment seg = segment(t, i == 1 ? S : C, flags[i],
						i / 2, 1, 0);

		t->place = i == 1 ? TT_AT_OUTPUT : TT_AT_INPUT;
		seg.options = TT_OPT_TS;
		seg.tsval = i == 1 ? 500 : recent;
		seg.tsecr = i == 1 ? recent : i ? 500 : 0;
		pass(t, i == 1 ? S : C, &seg);
	}
	states_are(t, TT_ESTABLISHED, TT_ESTABLISHED);
}

static enum tt_verdict stamped(struct talk *t, __u32 tsval, __u32 tsecr)
{
	struct tt_segment seg = segment(t, C, TT_ACK, 1, 1, 10);

	seg.options = TT_OPT_TS;
	seg.tsval = tsval;
	seg.tsecr = tsecr;
	return pass(t, C, &seg);
}

static void timestamps(void **state)	/* 7323 3.2, 5.3 R1 */
{
	static const __u32 recents[] = { 1000, 0x7fffffff, 0x80000000,
					 0xffffffff, 1 };
	struct talk t;

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		__u32 recent = recents[i];

		with_timestamps(&t, recent);
		BLAMED(stamped(&t, recent - 2, 500), PAWS_FAIL);
		assert_int_equal(t.conn.end[S].rcv_nxt, t.x + 1);
		FREE(stamped(&t, recent - 1, 500));	/* one tick of grace */
		assert_int_equal(t.conn.end[S].rcv_nxt, t.x + 11);
		with_timestamps(&t, recent);
		FREE(stamped(&t, recent + 5, 500));
		BLAMED(stamped(&t, recent + 5, 501), TSECR_INVALID);
		/* of a remote endpoint we may have missed it */
		with_timestamps(&t, recent);
		t.conn.end[S].flags &= ~TT_LOCAL;
		t.place = TT_AT_FORWARD;
		verdict_is(stamped(&t, recent + 5, 500 + TT_SEQ_FAR), TT_V_OBSERVER_GAP);
		with_timestamps(&t, recent);
		t.conn.end[S].flags &= ~TT_LOCAL;
		t.place = TT_AT_FORWARD;
		BLAMED(stamped(&t, recent + 5, 501 + TT_SEQ_FAR), TSECR_INVALID);
	}
	with_timestamps(&t, 1000);
	BLAMED(say(&t, C, TT_ACK, 1, 1, 10), TS_MISSING);
	established(&t, 100, 300);
	BLAMED(stamped(&t, 1, 1), TS_UNNEGOTIATED);
}

/* S acknowledges octets of C that we have missed, and echoes no timestamp */
static void tsecr_of_zero(void **state)	/* 7323 3.2 */
{
	static const __u32 recents[] = { 1000, 0x90000000 };
	struct tt_segment ack;
	struct talk t;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		with_timestamps(&t, recents[i]);
		t.place = TT_AT_OUTPUT;
		ack = segment(&t, S, TT_ACK, 1, 101, 0);
		ack.options = TT_OPT_TS;
		ack.tsval = 500;
		verdict_is(pass(&t, S, &ack), TT_V_OBSERVER_GAP);
		ack.tsecr = recents[i] + TT_SEQ_FAR + 1;
		BLAMED(pass(&t, S, &ack), TSECR_INVALID);
	}
}

/* ten bytes at @seq with @tsval, which S acknowledges */
static enum tt_verdict stamped_at(struct talk *t, __u32 seq, __u32 tsval)
{
	struct tt_segment seg = segment(t, C, TT_ACK, seq, 1, 10);
	struct tt_segment ack = segment(t, S, TT_ACK, 1, seq + 10, 0);
	enum tt_verdict verdict;

	seg.options = TT_OPT_TS;
	seg.tsval = tsval;
	seg.tsecr = 500;
	verdict = pass(t, C, &seg);
	ack.options = TT_OPT_TS;
	ack.tsval = 500;
	ack.tsecr = tsval;
	t->place = TT_AT_OUTPUT;
	if (verdict == TT_V_DATA)
		verdict_is(pass(t, S, &ack), TT_V_ACK);
	t->place = TT_AT_INPUT;
	return verdict;
}

static void timestamps_of_a_long_life(void **state)	/* 7323 5.5 */
{
	struct talk t;
	__u32 tsval = 1000, seq;

	(void)state;
	with_timestamps(&t, tsval);
	for (seq = 1; seq < 61; seq += 10)
		verdict_is(stamped_at(&t, seq, tsval += 0x20000000), TT_V_DATA);
	/* overtaken, but no older than the connection */
	verdict_is(stamped_at(&t, seq, tsval - 2), TT_V_OUT_OF_ORDER);

	with_timestamps(&t, 1000);
	t.now += 2147483 - 2 * 16;
	BLAMED(stamped_at(&t, 1, 0x90000000), PAWS_FAIL);
	with_timestamps(&t, 1000);
	t.now += 2147483;
	verdict_is(stamped_at(&t, 1, 0x90000000), TT_V_DATA);
}

static void window_scale(void **state)	/* 7323 2.3 */
{
	struct talk t;

	(void)state;
	for (__u8 shift = 14; shift < 16; shift++) {
		struct tt_segment seg;

		talk_begin(&t, 100, 300);
		seg = segment(&t, C, TT_SYN, 0, 0, 0);
		seg.options = TT_OPT_WSCALE;
		seg.wscale = shift;
		verdict_is(pass(&t, C, &seg),
			   shift == 14 ? TT_V_SYN : TT_V_WSCALE_BAD);
	}
}

static enum tt_verdict sacked(struct talk *t, __u32 start, __u32 end)
{
	struct tt_segment seg = segment(t, C, TT_ACK, 1, 1, 0);

	seg.options = TT_OPT_SACK;
	seg.nsack = 1;
	seg.sack[0].start = t->y + start;
	seg.sack[0].end = t->y + end;
	return pass(t, C, &seg);
}

static void sack(void **state)	/* 2018 2, 4 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t)
		BLAMED(sacked(&t, 11, 21), SACK_UNPERMITTED);
	FOR_EACH_START(&t) {
		t.conn.end[S].flags |= TT_SACK_OK;
		t.conn.end[C].flags |= TT_SACK_OK;
		t.place = TT_AT_OUTPUT;
		say(&t, S, TT_ACK, 1, 1, 100);
		t.place = TT_AT_INPUT;
		FREE(sacked(&t, 51, 101));
		BLAMED(sacked(&t, 51, 102), SACK_INVALID);
		BLAMED(sacked(&t, 51, 51), SACK_INVALID);
		BLAMED(sacked(&t, 52, 51), SACK_INVALID);
	}
}

static void reneging(void **state)	/* 2018 8 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.conn.end[S].flags |= TT_SACK_OK;
		t.conn.end[C].flags |= TT_SACK_OK;
		say(&t, S, TT_ACK, 1, 1, 100);
		sacked(&t, 51, 101);
		/* up to the block, but not over it */
		verdict_is(say(&t, C, TT_ACK, 1, 51, 0), TT_V_SACK_RENEGING);
		sacked(&t, 61, 101);
		FREE(say(&t, C, TT_ACK, 1, 60, 0));
		assert_int_not_equal(t.res.verdict, TT_V_SACK_RENEGING);
		FREE(say(&t, C, TT_ACK, 1, 101, 0));
		assert_int_not_equal(t.res.verdict, TT_V_SACK_RENEGING);
	}
}

static void flags(void **state)	/* 9293 3.1, 3.10.7.4 */
{
	struct talk t;

	(void)state;
	for (unsigned int f = 0; f < 64; f++) {
		unsigned int kind = f & (TT_SYN | TT_FIN | TT_RST | TT_ACK);
		bool good = kind == TT_ACK || kind == (TT_FIN | TT_ACK) ||
			    kind == TT_RST || kind == (TT_RST | TT_ACK) ||
			    kind == TT_SYN || kind == (TT_SYN | TT_ACK);
		enum tt_verdict v;

		established(&t, 100, 300);
		v = say(&t, C, f, 1, 1, 0);
		if (!kind && f & (TT_PSH | TT_URG))
			verdict_is(v, TT_V_NO_ACK);
		else if (!good)
			verdict_is(v, TT_V_BAD_FLAGS);
		else
			assert_false(v == TT_V_BAD_FLAGS || v == TT_V_NO_ACK);
	}
}

/* tt_verdict_is_fine() asks no table: those of TT_FINE have to come first */
static void fine_ones_come_first(void **state)
{
	(void)state;
	for (unsigned int v = 0; v <= TT_VERDICTS_MAX; v++)
		assert_int_equal(tt_verdict_is_fine(v),
				 tt_verdict_class(v) == TT_FINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window),
		cmocka_unit_test(late_from_the_past),
		cmocka_unit_test(zero_window),
		cmocka_unit_test(window_of_a_fast_open),
		cmocka_unit_test(acknowledgment),
		cmocka_unit_test(handshake),
		cmocka_unit_test(rst),
		cmocka_unit_test(rst_at_the_last_edge),
		cmocka_unit_test(rst_beyond_what_was_dropped),
		cmocka_unit_test(rst_of_another),
		cmocka_unit_test(rst_before_syn),
		cmocka_unit_test(after_fin),
		cmocka_unit_test(text_after_fin_is_ignored),
		cmocka_unit_test(false_fin),
		cmocka_unit_test(fin_from_before_midstream),
		cmocka_unit_test(old_ack_drops_the_segment),
		cmocka_unit_test(after_rst),
		cmocka_unit_test(legal_rst_that_is_not_taken),
		cmocka_unit_test(abort_at_a_shrunk_edge),
		cmocka_unit_test(abort_beyond_a_misread_edge),
		cmocka_unit_test(timestamps),
		cmocka_unit_test(tsecr_of_zero),
		cmocka_unit_test(timestamps_of_a_long_life),
		cmocka_unit_test(window_scale),
		cmocka_unit_test(sack),
		cmocka_unit_test(reneging),
		cmocka_unit_test(flags),
		cmocka_unit_test(fine_ones_come_first),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
