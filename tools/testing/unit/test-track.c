// SPDX-License-Identifier: GPL-2.0
/* A test is a conversation; what it expects is RFC 9293's, section beside. */
#include "fixture.h"
#include "timeout.h"

static void four_way_close(void **state)	/* figure 12 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		verdict_is(say(&t, C, TT_PSH | TT_ACK, 1, 1, 300), TT_V_DATA);
		verdict_is(say(&t, S, TT_ACK, 1, 301, 0), TT_V_ACK);
		verdict_is(say(&t, C, TT_FIN | TT_ACK, 301, 1, 0), TT_V_FIN);
		states_are(&t, TT_FIN_WAIT_1, TT_CLOSE_WAIT);
		say(&t, S, TT_ACK, 1, 302, 0);
		states_are(&t, TT_FIN_WAIT_2, TT_CLOSE_WAIT);
		verdict_is(say(&t, S, TT_ACK, 1, 302, 10), TT_V_DATA);
		say(&t, S, TT_FIN | TT_ACK, 11, 302, 0);
		states_are(&t, TT_TIME_WAIT, TT_LAST_ACK);
		verdict_is(say(&t, C, TT_ACK, 302, 12, 0), TT_V_ACK);
		states_are(&t, TT_TIME_WAIT, TT_CLOSED);
	}
}

static void more_than_the_sequence_space(void **state)	/* 3.4 */
{
	const __u32 len = 60000, segments = 150000;	/* 8 GB */
	struct talk t;
	__u32 i;

	(void)state;
	established(&t, 100, 0xffffff00);
	t.win = 65535;
	say(&t, S, TT_ACK, 1, 1, 0);
	for (i = 0; i < segments; i++) {
		verdict_is(say(&t, C, TT_ACK, 1 + i * len, 1, len), TT_V_DATA);
		verdict_is(say(&t, S, TT_ACK, 1, 1 + (i + 1) * len, 0),
			   TT_V_ACK);
	}
	verdict_is(say(&t, S, TT_ACK, 1, 1 + (i - 1) * len, 0), TT_V_OLD_ACK);
}

static void simultaneous_close(void **state)	/* figure 13 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		say(&t, S, TT_FIN | TT_ACK, 1, 1, 0);
		states_are(&t, TT_CLOSING, TT_CLOSING);
		say(&t, C, TT_ACK, 2, 2, 0);
		say(&t, S, TT_ACK, 2, 2, 0);
		states_are(&t, TT_TIME_WAIT, TT_TIME_WAIT);
	}
}

static enum tt_verdict from_local(struct talk *t, __u8 flags, __u32 seq,
				  __u32 ack)
{
	enum tt_verdict verdict;

	t->place = TT_AT_OUTPUT;
	verdict = say(t, S, flags, seq, ack, 0);
	t->place = TT_AT_INPUT;
	return verdict;
}

static void answer_from_syn_sent(void **state)	/* 3.10.7.3 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		talk_begin(&t, t.x, t.y);
		t.place = TT_AT_OUTPUT;
		say(&t, C, TT_SYN, 0, 0, 0);
		t.place = TT_AT_INPUT;
		verdict_is(say(&t, S, TT_SYN | TT_ACK, 0, 5000, 0),
			   TT_V_SYNACK_BAD_ACK);
		t.place = TT_AT_OUTPUT;
		say(&t, C, TT_RST, 5000, 0, 0);
		assert_int_equal(t.conn.end[C].state, TT_SYN_SENT);
		t.place = TT_AT_INPUT;	/* of an older connection, perhaps */
		say(&t, S, TT_ACK, 500, 0, 0);
		t.place = TT_AT_OUTPUT;
		say(&t, C, TT_RST, 0, 0, 0);
		assert_int_equal(t.conn.end[C].state, TT_SYN_SENT);
		say(&t, C, TT_RST, 1, 0, 0);
		assert_int_equal(t.conn.end[C].state, TT_CLOSED);
	}
}

static void listener_answers_anew(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		talk_begin(&t, t.x, t.y);
		t.place = TT_AT_INPUT;
		say(&t, C, TT_SYN, 0, 0, 0);
		from_local(&t, TT_SYN | TT_ACK, 0, 1);
		say(&t, C, TT_SYN, 0, 0, 0);
		from_local(&t, TT_SYN | TT_ACK, 70000, 1);
		/* the client has got the first SYN+ACK */
		verdict_is(say(&t, C, TT_ACK, 1, 1, 0), TT_V_OLD_ACK);
		assert_int_equal(t.conn.end[S].state, TT_SYN_RECEIVED);
		verdict_is(say(&t, C, TT_ACK, 1, 2, 0), TT_V_HANDSHAKE_ACK_BAD);
		say(&t, C, TT_ACK, 1, 70001, 0);
		assert_int_equal(t.conn.end[S].state, TT_ESTABLISHED);
	}
}

/* S has dropped what lay beyond a hole, as far as its ACK says; or has it? */
static void hole_is_filled(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.conn.end[S].flags |= TT_SACK_OK;
		t.conn.end[C].flags |= TT_SACK_OK;
		t.place = TT_AT_INPUT;
		say(&t, C, TT_ACK, 301, 1, 100);
		from_local(&t, TT_ACK, 1, 1);
		assert_int_equal(t.conn.end[S].rcv_max, t.x + 1);
		t.place = TT_AT_INPUT;
		say(&t, C, TT_ACK, 1, 1, 300);
		assert_int_equal(t.conn.end[S].rcv_max,
				 t.conn.end[S].rcv_nxt);
	}
}

/* the client, which has the first one, goes on with that connection */
static void listener_answers_a_third_time(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.conn.end[C].flags |= TT_LOCAL;
		from_local(&t, TT_SYN | TT_ACK, 70000, 1);
		t.place = TT_AT_INPUT;
		say(&t, S, TT_FIN | TT_ACK, 1, 1, 0);
		assert_int_equal(t.conn.end[C].state, TT_CLOSE_WAIT);
	}
}

/* as it leaves, and as it arrives */
static void over_loopback(struct talk *t, int from, __u8 flags, __u32 seq,
			  __u32 ack, __u32 len)
{
	t->place = TT_AT_OUTPUT;
	say(t, from, flags, seq, ack, len);
	t->place = TT_AT_INPUT;
	say(t, from, flags, seq, ack, len);
}

static void open_after_refusing(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 300);
	t.loopback = true;
	over_loopback(&t, C, TT_SYN, 0, 0, 0);
	t.place = TT_AT_OUTPUT;
	say(&t, S, TT_RST | TT_ACK, -300, 1, 0);	/* SEQ=0 */
	states_are(&t, TT_SYN_SENT, TT_CLOSED);
	say(&t, S, TT_SYN, 0, 0, 0);
	states_are(&t, TT_SYN_SENT, TT_SYN_SENT);
	t.place = TT_AT_INPUT;
	say(&t, S, TT_SYN, 0, 0, 0);
	states_are(&t, TT_SYN_RECEIVED, TT_SYN_SENT);
	assert_int_equal(t.conn.id, 1);
}

static void open_while_a_syn_waits(void **state)	/* 3.10.2, figure 7 */
{
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 300);
	t.place = TT_AT_INPUT;
	say(&t, C, TT_SYN, 0, 0, 0);
	states_are(&t, TT_SYN_SENT, TT_LISTEN);
	from_local(&t, TT_SYN, 0, 0);
	assert_int_equal(t.conn.end[S].state, TT_SYN_SENT);
	from_local(&t, TT_SYN | TT_ACK, 0, 1);
	assert_int_equal(t.conn.end[S].state, TT_SYN_RECEIVED);
	say(&t, C, TT_SYN | TT_ACK, 0, 1, 0);
	assert_int_equal(t.conn.end[S].state, TT_ESTABLISHED);
	assert_int_equal(t.conn.id, 1);
}

static void close_with_backlog(struct talk *t)
{
	t->backlog = true;
	from_local(t, TT_FIN | TT_ACK, 1, 1);
	t->backlog = false;
}

static void fin_that_the_socket_dropped(void **state)
{
	struct talk t;

	(void)state;
	for (int acknowledged = 0; acknowledged < 2; acknowledged++) {
		established(&t, 100, 300);
		t.place = TT_AT_INPUT;
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		assert_int_equal(t.conn.end[S].state, TT_CLOSE_WAIT);
		close_with_backlog(&t);
		assert_int_equal(t.conn.end[S].state, TT_CLOSING);
		say(&t, C, TT_ACK, 2, 2, 0);
		assert_int_equal(t.conn.end[S].state, TT_TIME_WAIT);
		from_local(&t, TT_ACK, 2, acknowledged ? 2 : 1);
		if (acknowledged) {
			assert_int_equal(t.conn.end[S].state, TT_TIME_WAIT);
			continue;
		}
		assert_int_equal(t.conn.end[S].state, TT_FIN_WAIT_2);
		assert_int_equal(t.res.transitions[0].basis, TT_CORRECTED);
		say(&t, C, TT_FIN | TT_ACK, 1, 2, 0);
		assert_int_equal(t.conn.end[S].state, TT_TIME_WAIT);
		assert_int_equal(t.res.transitions[0].basis, TT_RECEIVED);
	}
	established(&t, 100, 300);
	t.place = TT_AT_INPUT;
	say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
	close_with_backlog(&t);
	from_local(&t, TT_RST | TT_ACK, 2, 1);
	assert_string_equal(tt_state_name(t.res.transitions[0].to),
			    "FIN-WAIT-1");
	assert_int_equal(t.conn.end[S].state, TT_CLOSED);
}

/* S has no memory for what reached it, and takes its window back */
static void window_taken_back(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.place = TT_AT_INPUT;
		say(&t, C, TT_ACK, 1, 1, 100);
		from_local(&t, TT_FIN | TT_ACK, 1, 1);
		t.win = 0;
		from_local(&t, TT_ACK, 2, 1);
		t.win = 1000;
		/* C cannot know that yet, but all of this is beyond it now */
		say(&t, C, TT_ACK, 101, 2, 0);
		assert_int_equal(tt_verdict_class(t.res.verdict), TT_FINE);
		assert_int_equal(t.conn.end[S].state, TT_FIN_WAIT_1);
		verdict_is(say(&t, C, TT_ACK, 101, 2, 901), TT_V_DATA);
		say(&t, C, TT_ACK, 1, 2, 100);
		assert_int_equal(t.conn.end[S].state, TT_FIN_WAIT_2);
		assert_int_equal(t.conn.end[S].rcv_nxt, t.x + 1);
		/* it opens again */
		from_local(&t, TT_ACK, 2, 1);
		say(&t, C, TT_FIN | TT_ACK, 1, 2, 100);
		assert_int_equal(t.conn.end[S].state, TT_TIME_WAIT);
	}
}

/* a FIN and data wait for what is missing; then S forgets them, or not yet */
static struct talk *fin_waits(struct talk *t)
{
	t->place = TT_AT_INPUT;
	say(t, C, TT_FIN | TT_ACK, 101, 1, 0);
	say(t, C, TT_ACK, 51, 1, 50);
	say(t, C, TT_ACK, 1, 1, 50);
	states_are(t, TT_FIN_WAIT_1, TT_CLOSE_WAIT);
	return t;
}

static void fin_dropped_before_closing(void **state)
{
	struct talk t;

	(void)state;
	for (__u32 ack = 1; ack <= 51; ack += 50)
		FOR_EACH_START(&t) {
			from_local(fin_waits(&t), TT_ACK, 1, ack);
			assert_int_equal(t.conn.end[S].state, TT_ESTABLISHED);
			assert_int_equal(t.res.transitions[0].basis,
					 TT_CORRECTED);
			verdict_is(say(&t, C, TT_RST | TT_ACK, ack, 1, 0),
				   TT_V_RST);
			assert_int_equal(t.conn.end[S].state, TT_CLOSED);
		}
	FOR_EACH_START(&t) {	/* it may not have got to it yet */
		t.backlog = true;
		from_local(fin_waits(&t), TT_ACK, 1, 51);
		assert_int_equal(t.conn.end[S].state, TT_CLOSE_WAIT);
		t.backlog = false;
		from_local(&t, TT_ACK, 1, 1);	/* older */
		assert_int_equal(t.conn.end[S].state, TT_CLOSE_WAIT);
		from_local(&t, TT_ACK, 1, 51);
		assert_int_equal(t.conn.end[S].state, TT_ESTABLISHED);
		say(&t, C, TT_ACK, 51, 1, 50);
		assert_int_equal(t.conn.end[S].state, TT_ESTABLISHED);
		say(&t, C, TT_FIN | TT_ACK, 101, 1, 0);
		assert_int_equal(t.conn.end[S].state, TT_CLOSE_WAIT);
		assert_int_equal(t.res.transitions[0].basis, TT_RECEIVED);
		from_local(&t, TT_FIN | TT_ACK, 1, 102);
		assert_int_equal(t.conn.end[S].state, TT_LAST_ACK);
	}
	FOR_EACH_START(&t) {	/* nor does it wait when S closes */
		from_local(fin_waits(&t), TT_FIN | TT_ACK, 1, 51);
		assert_int_equal(t.res.transitions[0].to, TT_ESTABLISHED);
		assert_int_equal(t.res.transitions[1].to, TT_FIN_WAIT_1);
		assert_int_equal(t.conn.end[S].state, TT_FIN_WAIT_1);
	}
}

/* it is not lost, and no RST at its start counts */
static void rst_while_data_waits(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.place = TT_AT_INPUT;
		say(&t, C, TT_ACK, 1, 1, 10);
		t.backlog = true;
		from_local(&t, TT_ACK, 1, 1);
		verdict_is(say(&t, C, TT_RST | TT_ACK, 1, 1, 0),
			   TT_V_LATE_RST);
		assert_int_equal(t.conn.end[S].state, TT_ESTABLISHED);
		say(&t, C, TT_RST | TT_ACK, 11, 1, 0);
		assert_int_equal(t.conn.end[S].state, TT_CLOSED);
	}
	FOR_EACH_START(&t) {	/* nothing waits: it was dropped */
		t.place = TT_AT_INPUT;
		say(&t, C, TT_ACK, 1, 1, 10);
		from_local(&t, TT_ACK, 1, 1);
		say(&t, C, TT_RST | TT_ACK, 1, 1, 0);
		assert_int_equal(t.conn.end[S].state, TT_CLOSED);
	}
}

static void simultaneous_open(void **state)	/* figure 7 */
{
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 300);
	say(&t, C, TT_SYN, 0, 0, 0);
	verdict_is(say(&t, S, TT_SYN, 0, 0, 0), TT_V_SIMULTANEOUS_OPEN);
	states_are(&t, TT_SYN_RECEIVED, TT_SYN_RECEIVED);
	say(&t, C, TT_SYN | TT_ACK, 0, 1, 0);
	say(&t, S, TT_SYN | TT_ACK, 0, 1, 0);
	states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
	assert_int_equal(t.conn.id, 1);
}

static void refused(void **state)	/* 3.10.7.1 */
{
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 300);
	say(&t, C, TT_SYN, 0, 0, 0);
	verdict_is(say(&t, S, TT_RST | TT_ACK, -300, 1, 0), TT_V_RST);
	states_are(&t, TT_CLOSED, TT_CLOSED);
	assert_int_equal(t.conn.ended, TT_ENDED_REFUSED);
}

/* the SYN again, without its data: the answer to the first had not arrived */
static void fast_open_with_its_syn_again(void **state)
{
	struct talk t;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		talk_begin(&t, starts[i], starts[5 - i]);
		say(&t, C, TT_SYN, 0, 0, 800);
		say(&t, S, TT_SYN | TT_ACK, 0, 801, 0);
		say(&t, C, TT_SYN, 0, 0, 0);
		states_are(&t, TT_SYN_SENT, TT_SYN_RECEIVED);
		say(&t, C, TT_ACK, 801, 1, 0);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
		/* late: another answer, to the SYN that came again */
		verdict_is(say(&t, S, TT_SYN | TT_ACK, 5000, 1, 0),
			   TT_V_PORT_REUSE);
		verdict_is(say(&t, C, TT_ACK, 801, 1, 10), TT_V_DATA);
	}
}

/* nor need all arrive that the client sent when it had got the answer */
static void gap_after_the_syn_again(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		talk_begin(&t, t.x, t.y);
		t.place = TT_AT_INPUT;
		say(&t, C, TT_SYN, 0, 0, 800);
		from_local(&t, TT_SYN | TT_ACK, 0, 801);
		say(&t, C, TT_SYN, 0, 0, 0);
		assert_int_equal(t.conn.end[C].state, TT_SYN_SENT);
		say(&t, C, TT_ACK, 801 + 1001, 1, 10);
		assert_int_equal(t.conn.end[C].state, TT_SYN_SENT);
		say(&t, C, TT_ACK, 820, 0, 10);
		assert_int_equal(t.conn.end[C].state, TT_SYN_SENT);
		verdict_is(say(&t, C, TT_ACK, 820, 1, 10), TT_V_GAP);
		assert_int_equal(t.conn.end[C].state, TT_ESTABLISHED);
		verdict_is(from_local(&t, TT_RST, 1, 0), TT_V_RST);
	}
}

/* a bare FIN at a closed window: Linux takes it since 6.11 */
static void abort_proves_fin(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.place = TT_AT_OUTPUT;
		t.win = 0;
		say(&t, S, TT_ACK, 1, 1, 0);
		t.conn.end[S].snd_edge = t.conn.end[S].rcv_nxt;
		t.place = TT_AT_INPUT;
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		states_are(&t, TT_FIN_WAIT_1, TT_ESTABLISHED);
		t.place = TT_AT_OUTPUT;
		say(&t, S, TT_RST | TT_ACK, 1, 2, 0);
		assert_int_equal(t.res.transitions[0].to, TT_CLOSE_WAIT);
		assert_int_equal(t.res.transitions[0].basis, TT_RECEIVED);
		assert_int_equal(t.conn.end[S].state, TT_CLOSED);
	}
}

static void abort_denies_fin(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {	/* it was lost behind us */
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		states_are(&t, TT_FIN_WAIT_1, TT_CLOSE_WAIT);
		say(&t, S, TT_RST | TT_ACK, 1, 1, 0);
		assert_int_equal(t.conn.end[S].state, TT_CLOSED);
		assert_int_equal(t.res.transitions[0].basis, TT_CORRECTED);
	}
	FOR_EACH_START(&t) {
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		say(&t, S, TT_RST | TT_ACK, 1, 2, 0);
		assert_int_equal(t.res.transitions[0].basis, TT_SENT);
	}
}

static void fin_before_data(void **state)	/* 3.10.7.4, eighth */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		verdict_is(say(&t, C, TT_FIN | TT_ACK, 101, 1, 0), TT_V_GAP);
		states_are(&t, TT_FIN_WAIT_1, TT_ESTABLISHED);
		verdict_is(say(&t, C, TT_ACK, 1, 1, 100), TT_V_OUT_OF_ORDER);
		states_are(&t, TT_FIN_WAIT_1, TT_CLOSE_WAIT);
	}
}

static void rst_exact_only(void **state)	/* RFC 5961 3.2 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		verdict_is(say(&t, C, TT_RST, 2, 0, 0), TT_V_RST_INEXACT);
		verdict_is(say(&t, C, TT_RST, 1001, 0, 0), TT_V_RST_INEXACT);
		verdict_is(say(&t, C, TT_RST, 1002, 0, 0),
			   TT_V_RST_OUT_OF_WINDOW);
		verdict_is(say(&t, C, TT_RST, 0, 0, 0),
			   TT_V_RST_OUT_OF_WINDOW);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
		verdict_is(say(&t, C, TT_RST, 1, 0, 0), TT_V_RST);
		states_are(&t, TT_CLOSED, TT_CLOSED);
	}
}

static void rst_returns_to_listen(void **state)	/* 3.10.7.4, second */
{
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 300);
	say(&t, C, TT_SYN, 0, 0, 0);
	say(&t, S, TT_SYN | TT_ACK, 0, 1, 0);
	say(&t, C, TT_RST, 1, 0, 0);
	states_are(&t, TT_CLOSED, TT_LISTEN);
}

/* 3.10.7.4, second: SYN-RECEIVED is no exception; data sent before is late */
static void abort_overtakes_data(void **state)
{
	struct talk t;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		talk_begin(&t, starts[i], starts[5 - i]);
		t.loopback = true;
		over_loopback(&t, C, TT_SYN, 0, 0, 10);
		over_loopback(&t, S, TT_SYN | TT_ACK, 0, 11, 0);
		t.place = TT_AT_OUTPUT;
		say(&t, C, TT_ACK, 11, 1, 5);
		say(&t, C, TT_RST | TT_ACK, 16, 1, 0);
		t.place = TT_AT_INPUT;
		verdict_is(say(&t, C, TT_RST | TT_ACK, 16, 1, 0), TT_V_GAP);
		states_are(&t, TT_CLOSED, TT_SYN_RECEIVED);
		say(&t, C, TT_ACK, 11, 1, 5);
		states_are(&t, TT_CLOSED, TT_ESTABLISHED);
	}
}

static void syn_in_sync(void **state)	/* RFC 5961 4.2 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		verdict_is(say(&t, C, TT_SYN, 50, 0, 0), TT_V_SYN_IN_SYNC);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
		t.win--;	/* another than in the SYN+ACK */
		verdict_is(say(&t, S, TT_ACK, 1, 1, 0), TT_V_CHALLENGE_ACK);
		verdict_is(say(&t, C, TT_SYN, 0, 0, 0),
			   TT_V_SYN_RETRANSMISSION);
	}
}

static void ack_bounds(void **state)	/* 3.10.7.4, fifth */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.place = TT_AT_INPUT;	/* the receiver is local */
		say(&t, C, TT_ACK, 1, 1, 0);
		verdict_is(say(&t, C, TT_ACK, 1, 2, 0), TT_V_ACK_UNSENT);
		verdict_is(say(&t, C, TT_ACK, 1, 0, 0), TT_V_ACK_BELOW_ISS);
	}
}

static void window_bounds(void **state)	/* 3.10.7.4, first; 3.8.6.1 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {	/* the edge is 1 + 1000 */
		verdict_is(say(&t, C, TT_ACK, 1, 1, 1000), TT_V_WINDOW_FULL);
		verdict_is(say(&t, C, TT_ACK, 1001, 1, 2),
			   TT_V_DATA_IN_ZERO_WINDOW);
		verdict_is(say(&t, C, TT_ACK, 1002, 1, 1),
			   TT_V_SEQ_BEYOND_WINDOW);
	}
	FOR_EACH_START(&t)
		verdict_is(say(&t, C, TT_ACK, 1, 1, 1002),
			   TT_V_END_BEYOND_WINDOW);
}

static void probes(void **state)	/* 3.8.4, 3.8.6.1 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		say(&t, C, TT_ACK, 1, 1, 100);
		say(&t, S, TT_ACK, 1, 101, 0);
		verdict_is(say(&t, C, TT_ACK, 100, 1, 0), TT_V_KEEPALIVE);
		verdict_is(say(&t, S, TT_ACK, 1, 101, 0),
			   TT_V_KEEPALIVE_ACK);
		t.win = 0;
		verdict_is(say(&t, S, TT_ACK, 1, 101, 0), TT_V_ZERO_WINDOW);
		t.win = 1000;
		verdict_is(say(&t, C, TT_ACK, 100, 1, 0),
			   TT_V_ZERO_WINDOW_PROBE);
	}
}

static void repeats(void **state)	/* 3.8.1 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.place = TT_AT_OUTPUT;
		say(&t, C, TT_ACK, 1, 1, 100);
		verdict_is(say(&t, C, TT_ACK, 1, 1, 100), TT_V_RETRANSMISSION);
		t.place = TT_AT_INPUT;
		say(&t, S, TT_ACK, 1, 101, 0);
		t.place = TT_AT_OUTPUT;
		verdict_is(say(&t, C, TT_ACK, 1, 1, 100),
			   TT_V_SPURIOUS_RETRANSMISSION);
	}
}

static void bad_checksum_moves_nothing(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		t.bad_checksum = true;
		verdict_is(say(&t, C, TT_RST, 1, 0, 0), TT_V_BAD_CHECKSUM);
		verdict_is(say(&t, C, TT_FIN | TT_ACK, 1, 1, 0),
			   TT_V_BAD_CHECKSUM);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
	}
}

static void impossible_flags(void **state)	/* 3.1 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		verdict_is(say(&t, C, 0, 1, 0, 0), TT_V_BAD_FLAGS);
		verdict_is(say(&t, C, TT_SYN | TT_FIN, 1, 0, 0),
			   TT_V_BAD_FLAGS);
		verdict_is(say(&t, C, TT_PSH, 1, 0, 5), TT_V_NO_ACK);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
	}
}

/* whatever a local packet was made by, it was not TCP */
static void impossible_flags_of_a_local_end(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		talk_begin(&t, t.x, t.y);
		t.loopback = true;
		t.place = TT_AT_OUTPUT;
		say(&t, C, TT_SYN, 0, 0, 0);
		say(&t, S, TT_SYN | TT_FIN, 0, 0, 0);
		assert_int_equal(t.res.ntransitions, 0);
		states_are(&t, TT_SYN_SENT, TT_CLOSED);
		t.place = TT_AT_INPUT;
		verdict_is(say(&t, S, TT_SYN | TT_FIN, 0, 0, 0),
			   TT_V_BAD_FLAGS);
		states_are(&t, TT_SYN_SENT, TT_CLOSED);
	}
}

static void loopback_is_seen_twice(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 300);
	t.loopback = true;
	t.place = TT_AT_OUTPUT;
	say(&t, C, TT_SYN, 0, 0, 0);
	assert_true(t.res.counted);
	states_are(&t, TT_SYN_SENT, TT_CLOSED);
	t.place = TT_AT_INPUT;
	say(&t, C, TT_SYN, 0, 0, 0);
	assert_false(t.res.counted);
	states_are(&t, TT_SYN_SENT, TT_LISTEN);
	t.place = TT_AT_OUTPUT;
	say(&t, S, TT_SYN | TT_ACK, 0, 1, 0);
	states_are(&t, TT_SYN_SENT, TT_SYN_RECEIVED);
	t.place = TT_AT_INPUT;
	say(&t, S, TT_SYN | TT_ACK, 0, 1, 0);
	states_are(&t, TT_ESTABLISHED, TT_SYN_RECEIVED);
	assert_int_equal(t.rare[S].retransmissions, 0);
}

/* a place in the log has held another event */
static void assert_event_is_whole(const struct talk *t,
				  const struct tt_segment *seg)
{
	const size_t by_log = offsetof(struct tt_event, conn);
	struct tt_event ev[2];

	memset(&ev[0], 0, sizeof(ev[0]));
	memset(&ev[1], 0xff, sizeof(ev[1]));
	for (unsigned int i = 0; i < 2; i++)
		if (t)
			tt_track_event(&t->conn, seg, &t->res, 0, &ev[i]);
		else
			tt_stray_event(&(struct tt_tuple){ 0 }, 1, seg,
				       TT_V_NO_CONNECTION, &ev[i]);
	assert_memory_equal((char *)&ev[0] + by_log, (char *)&ev[1] + by_log,
			    sizeof(ev[0]) - by_log);
	assert_int_equal(ev[1].seqno, ~0ULL);
	assert_int_equal(ev[1].time_ns, ~0ULL);
}

static void events_are_whole(void **state)
{
	struct tt_segment seg;
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 300);
	seg = segment(&t, C, TT_SYN, 0, 0, 0);
	pass(&t, C, &seg);
	assert_true(tt_result_moves(&t.res));
	assert_event_is_whole(&t, &seg);
	assert_event_is_whole(&t, NULL);	/* a timeout's */
	pass(&t, C, &seg);
	assert_int_equal(t.res.ntransitions, 1);
	assert_false(tt_result_moves(&t.res));
	assert_event_is_whole(&t, &seg);
	assert_event_is_whole(NULL, &seg);
}

/* so what moves, and what is only a line, do not come in one result */
static void no_edge_leads_nowhere(void **state)
{
	unsigned int from, kind;

	(void)state;
	for (from = 0; from < TT_STATES_MAX; from++)
		for (kind = 0; kind < TT_EVENTS_MAX; kind++)
			assert_true(tt_fsm[from][kind].to == TT_UNKNOWN ||
				    tt_fsm[from][kind].to != from);
}

static void time_wait_ends_after_2msl(void **state)	/* 3.10.8 */
{
	struct tt_limits limits = { .seconds = { [TT_CLOSED] = 10,
						 [TT_TIME_WAIT] = 60 } };
	struct talk t;
	__u64 entered;

	(void)state;
	established(&t, 100, 300);
	say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
	say(&t, S, TT_FIN | TT_ACK, 1, 2, 0);
	entered = t.now;
	say(&t, C, TT_ACK, 2, 2, 0);
	states_are(&t, TT_TIME_WAIT, TT_CLOSED);
	assert_int_equal(tt_track_deadline(&t.conn, &limits, t.now),
			 entered + 60000);
	assert_true(tt_track_timeouts(&t.conn, &limits, entered + 59999,
				      &t.res));
	states_are(&t, TT_TIME_WAIT, TT_CLOSED);
	assert_true(tt_track_timeouts(&t.conn, &limits, entered + 60000,
				      &t.res));
	states_are(&t, TT_CLOSED, TT_CLOSED);
	assert_int_equal(t.res.transitions[0].basis, TT_TIMEOUT);
	assert_false(tt_track_timeouts(&t.conn, &limits, entered + 70000,
				       &t.res));
}

/* a stamp of 32 bits lasts for two years, a machine may last longer */
static void times_wrap(void **state)
{
	const struct tt_limits limits = { .seconds = TT_LIMITS_DEFAULT };
	struct talk t;

	(void)state;
	for (int before = 0; before < 8; before++) {
		__u64 opened, entered;

		talk_begin(&t, 100, 300);
		t.now = (1ULL << (32 + TT_STAMP_MS_LOG2)) - 16 * before;
		opened = t.now + 16;
		say(&t, C, TT_SYN, 0, 0, 0);
		say(&t, S, TT_SYN | TT_ACK, 0, 1, 0);
		say(&t, C, TT_ACK, 1, 1, 0);
		assert_int_equal(tt_track_deadline(&t.conn, &limits, t.now),
				 t.now + 432000000);
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		say(&t, S, TT_FIN | TT_ACK, 1, 2, 0);
		entered = t.now;
		say(&t, C, TT_ACK, 2, 2, 0);
		assert_true(tt_track_timeouts(&t.conn, &limits, entered + 59999,
					      &t.res));
		states_are(&t, TT_TIME_WAIT, TT_CLOSED);
		tt_track_timeouts(&t.conn, &limits, entered + 60000, &t.res);
		states_are(&t, TT_CLOSED, TT_CLOSED);
		assert_int_equal(tt_stamp_age(t.conn.opened, opened + 96000),
				 96000);
		/* another CPU's clock was ahead */
		assert_int_equal(tt_stamp_age(t.conn.opened, opened - 16), 0);
	}
}

/* in use for longer than a stamp lasts: 397 days are the oldest it gets */
static void lasts_for_years(void **state)
{
	const struct tt_limits limits = { .seconds = TT_LIMITS_DEFAULT };
	const __u64 day = 86400000, oldest = 0x80000000ULL << TT_STAMP_MS_LOG2;
	struct talk t;
	__u32 seq = 1;

	(void)state;
	established(&t, 100, 300);
	for (int days = 4; days < 2000; days += 4) {
		t.now += 4 * day;
		assert_true(tt_track_timeouts(&t.conn, &limits, t.now, &t.res));
		say(&t, C, TT_ACK, seq++, 1, 1);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
		assert_in_range(tt_stamp_age(t.conn.opened, t.now),
				days * day < oldest ? days * day : oldest,
				days * day + day);
	}
}

static void fin_again_in_time_wait(void **state)	/* 3.10.7.4, eighth */
{
	struct talk t;

	(void)state;
	for (int win = 0; win < 2; win++) {
		established(&t, 100, 300);
		from_local(&t, TT_FIN | TT_ACK, 1, 1);
		t.place = TT_AT_INPUT;
		say(&t, C, TT_ACK, 1, 2, 0);
		say(&t, C, TT_FIN | TT_ACK, 1, 2, 0);
		assert_int_equal(t.conn.end[S].state, TT_TIME_WAIT);
		t.win = win;
		from_local(&t, TT_ACK, 2, 2);
		t.now += 1000;
		t.place = TT_AT_INPUT;
		say(&t, C, TT_FIN | TT_ACK, 1, 2, 0);
		assert_int_equal(t.conn.warm[S].since, tt_stamp(t.now));
	}
}

static void presumption_runs_out_at_both_ends(void **state)
{
	struct tt_limits limits = { .seconds = TT_LIMITS_DEFAULT };
	struct talk t;

	(void)state;
	for (int from = C; from <= S; from++) {
		talk_begin(&t, 100, 300);
		say(&t, from, TT_ACK, 50, 70, 10);
		verdict_is(say(&t, !from, TT_SYN, 70, 0, 0), TT_V_PORT_REUSE);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
		tt_track_timeouts(&t.conn, &limits, t.now + 600 * 1000, &t.res);
		states_are(&t, TT_CLOSED, TT_CLOSED);
	}
}

static void time_wait_reuse(void **state)	/* RFC 6191 */
{
	struct talk t;

	(void)state;
	established(&t, 100, 300);
	say(&t, S, TT_FIN | TT_ACK, 1, 1, 0);
	say(&t, C, TT_FIN | TT_ACK, 1, 2, 0);
	say(&t, S, TT_ACK, 2, 2, 0);
	states_are(&t, TT_CLOSED, TT_TIME_WAIT);
	verdict_is(say(&t, C, TT_SYN, 1000, 0, 0), TT_V_TIMEWAIT_REUSE);
	states_are(&t, TT_SYN_SENT, TT_SYN_RECEIVED);
	assert_int_equal(t.conn.id, 2);
}

/*
 * RFC 9293 3.5.1, figure 9: the last ACK was lost, and who still has the old
 * connection answers the SYN for it. Nothing of that is of the new one.
 */
static void reuse_is_challenged(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		say(&t, S, TT_FIN | TT_ACK, 1, 2, 0);
		say(&t, C, TT_ACK, 2, 2, 0);
		verdict_is(say(&t, C, TT_SYN, 70000, 0, 0), TT_V_TIMEWAIT_REUSE);
		verdict_is(say(&t, S, TT_FIN | TT_ACK, 1, 2, 0),
			   TT_V_CHALLENGE_ACK);
		states_are(&t, TT_SYN_SENT, TT_SYN_RECEIVED);
		say(&t, C, TT_RST, 2, 0, 0);
		verdict_is(say(&t, C, TT_SYN, 70000, 0, 0),
			   TT_V_SYN_RETRANSMISSION);
		states_are(&t, TT_SYN_SENT, TT_SYN_RECEIVED);
		verdict_is(say(&t, S, TT_SYN | TT_ACK, 90000, 70001, 0),
			   TT_V_SYNACK);
		verdict_is(say(&t, C, TT_ACK, 70001, 90001, 0),
			   TT_V_HANDSHAKE_ACK);
		verdict_is(say(&t, S, TT_ACK, 90001, 70001, 500), TT_V_DATA);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
	}
}

static void midstream(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 300);
	verdict_is(say(&t, C, TT_ACK, 50, 70, 10), TT_V_MIDSTREAM);
	states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
	verdict_is(say(&t, S, TT_ACK, 70, 60, 0), TT_V_ACK);
	verdict_is(say(&t, C, TT_FIN | TT_ACK, 60, 70, 0), TT_V_FIN);
	states_are(&t, TT_FIN_WAIT_1, TT_CLOSE_WAIT);
}

/* where we began to look, nobody knows what had been sent before */
static void midstream_keepalive(void **state)
{
	static const enum tt_place places[] = { TT_AT_FORWARD, TT_AT_OUTPUT,
						TT_AT_INPUT };
	struct talk t;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		for (int j = 0; j < 3; j++) {
			talk_begin(&t, starts[i], starts[5 - i]);
			t.place = places[j];
			verdict_is(say(&t, C, TT_ACK, 0, 70, 0), TT_V_MIDSTREAM);
			t.place = j ? places[3 - j] : TT_AT_FORWARD;
			verdict_is(say(&t, S, TT_ACK, 70, 1, 0), TT_V_OBSERVER_GAP);
			t.place = places[j];
			verdict_is(say(&t, C, TT_ACK, 0, 70, 0), TT_V_KEEPALIVE);
			t.place = j ? places[3 - j] : TT_AT_FORWARD;
			verdict_is(say(&t, S, TT_ACK, 70, 1, 0), TT_V_KEEPALIVE_ACK);
			states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
		}
	}
}

static void midstream_abort(void **state)	/* of an idle connection */
{
	struct talk t;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		for (int kept_alive = 0; kept_alive < 2; kept_alive++) {
			talk_begin(&t, starts[i], starts[5 - i]);
			say(&t, C, TT_ACK, 100 - kept_alive, 70, 0);
			say(&t, C, TT_RST | TT_ACK, 100, 70, 0);
			assert_int_not_equal(tt_verdict_class(t.res.verdict),
					     TT_VIOLATION);
			states_are(&t, TT_CLOSED, TT_CLOSED);
		}
		talk_begin(&t, starts[i], starts[5 - i]);
		say(&t, C, TT_ACK, 99, 70, 0);
		say(&t, S, TT_ACK, 70, 99, 0);
		verdict_is(say(&t, C, TT_RST, 100, 0, 0), TT_V_RST_INEXACT);
	}
}

/* RFC 9293 3.10.7.1: one RST for each segment that was on its way */
static void midstream_late(void **state)
{
	struct talk t;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		talk_begin(&t, starts[i], starts[5 - i]);
		say(&t, C, TT_ACK, 1000, 1, 0);
		verdict_is(say(&t, S, TT_SYN | TT_ACK, 0, 1000, 0),
			   TT_V_SYNACK_RETRANSMISSION);
		say(&t, S, TT_ACK, 1, 1000, 0);
		verdict_is(say(&t, S, TT_SYN | TT_ACK, 0, 1, 0),
			   TT_V_SYNACK_RETRANSMISSION);
		/* the FIN of the one before may have been sent long ago */
		verdict_is(say(&t, C, TT_SYN, 70000, 0, 0), TT_V_PORT_REUSE);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
		say(&t, C, TT_ACK, 1000, 1001, 0);	/* S has sent 1 to 1001 */
		verdict_is(say(&t, S, TT_RST, 1, 0, 0), TT_V_LATE_RST);
		verdict_is(say(&t, S, TT_RST, 1001 - TT_SEQ_FAR, 0, 0), TT_V_LATE_RST);
		verdict_is(say(&t, S, TT_RST, 1000 - TT_SEQ_FAR, 0, 0),
			   TT_V_RST_OUT_OF_WINDOW);
		verdict_is(say(&t, S, TT_SYN | TT_ACK, 5000, 1, 0), TT_V_SYN_IN_SYNC);
		states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
		verdict_is(say(&t, S, TT_RST, 1001, 0, 0), TT_V_RST);
		states_are(&t, TT_CLOSED, TT_CLOSED);
	}
}

/* both ends have ended a connection, and begun another, while we saw nothing */
static void reused_unseen(void **state)
{
	struct talk t;

	(void)state;
	for (int local = 0; local < 2; local++) {
		FOR_EACH_START(&t) {
			t.place = local ? TT_AT_INPUT : TT_AT_FORWARD;
			verdict_is(say(&t, C, TT_SYN, 5000, 0, 0), TT_V_SYN_IN_SYNC);
			states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
			t.place = local ? TT_AT_OUTPUT : TT_AT_FORWARD;
			/* it is another SYN that this answers */
			say(&t, S, TT_SYN | TT_ACK, 9000, 5002, 0);
			states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
			verdict_is(say(&t, S, TT_SYN | TT_ACK, 9000, 5001, 0),
				   TT_V_PORT_REUSE);
			states_are(&t, TT_ESTABLISHED, TT_SYN_RECEIVED);
			t.place = local ? TT_AT_INPUT : TT_AT_FORWARD;
			verdict_is(say(&t, C, TT_SYN, 5000, 0, 0),
				   TT_V_SYN_RETRANSMISSION);
			verdict_is(say(&t, C, TT_ACK, 5001, 9001, 0),
				   TT_V_HANDSHAKE_ACK);
			states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
			verdict_is(say(&t, C, TT_ACK, 5001, 9001, 100), TT_V_DATA);
			assert_int_equal(t.conn.id, t.ids);
		}
	}
}

/* whoever can forge both a SYN and its answer has not moved a local end */
static void reuse_is_forged(void **state)
{
	struct talk t;

	(void)state;
	established(&t, 100, 300);
	t.place = TT_AT_INPUT;		/* S is local */
	verdict_is(say(&t, C, TT_SYN, 5000, 0, 0), TT_V_SYN_IN_SYNC);
	t.place = TT_AT_OUTPUT;
	t.foreign = true;
	say(&t, S, TT_SYN | TT_ACK, 9000, 5001, 0);
	states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
	established(&t, 100, 300);
	t.place = TT_AT_OUTPUT;		/* C is local */
	say(&t, C, TT_ACK, 1, 1, 0);
	t.foreign = true;
	say(&t, C, TT_SYN, 5000, 0, 0);
	t.foreign = false;
	t.place = TT_AT_INPUT;
	say(&t, S, TT_SYN | TT_ACK, 9000, 5001, 0);
	states_are(&t, TT_ESTABLISHED, TT_ESTABLISHED);
	assert_int_equal(t.conn.id, 1);
}

/* net.tcptrace.timeout_unknown, instead of the five days of ESTABLISHED */
static void nobody_answers(void **state)
{
	const struct tt_limits limits = { .seconds = TT_LIMITS_DEFAULT };
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 300);
	say(&t, C, TT_ACK, 50, 70, 10);
	assert_true(tt_track_unproven(&t.conn));
	assert_int_equal(tt_track_deadline(&t.conn, &limits, t.now), t.now + 600000);
	say(&t, C, TT_ACK, 60, 70, 10);
	assert_true(tt_track_unproven(&t.conn));
	say(&t, S, TT_ACK, 70, 70, 0);
	assert_false(tt_track_unproven(&t.conn));
	assert_int_equal(tt_track_deadline(&t.conn, &limits, t.now),
			 t.now + 432000000);

	talk_begin(&t, 100, 300);	/* a SYN may be answered */
	say(&t, C, TT_SYN, 0, 0, 0);
	assert_false(tt_track_unproven(&t.conn));
	say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
	tt_track_timeouts(&t.conn, &limits, t.now + 120000, &t.res);
	states_are(&t, TT_CLOSED, t.conn.end[S].state);
	assert_true(tt_track_ended(&t.conn) || tt_track_unproven(&t.conn));

	talk_begin(&t, 100, 300);	/* it was, but nobody went on */
	say(&t, C, TT_SYN, 0, 0, 0);
	say(&t, S, TT_SYN | TT_ACK, 0, 1, 0);
	assert_false(tt_track_unproven(&t.conn));
	tt_track_timeouts(&t.conn, &limits, t.now + 60000, &t.res);
	states_are(&t, TT_ESTABLISHED, TT_CLOSED);
	assert_true(tt_track_unproven(&t.conn));
	assert_int_equal(tt_track_deadline(&t.conn, &limits, t.now), t.now + 600000);
}

static void self_connection(void **state)	/* 3.5 with itself */
{
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 100);
	t.conn.self = true;
	t.loopback = true;
	over_loopback(&t, C, TT_SYN, 0, 1, 0);
	over_loopback(&t, C, TT_SYN | TT_ACK, 0, 1, 0);
	states_are(&t, TT_ESTABLISHED, TT_CLOSED);
}

/* what was never told is no number to compare with, wherever that of others is */
static void unknown_numbers(void **state)
{
	struct talk t;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		__u32 x = starts[i], y = starts[5 - i];

		/* any number may be that of the next SYN, also 0 */
		talk_begin(&t, x, y);
		verdict_is(say(&t, C, TT_ACK, 50, 70, 10), TT_V_MIDSTREAM);
		t.place = TT_AT_OUTPUT;
		say(&t, C, TT_SYN, 0 - x, 0, 0);
		assert_int_equal(t.conn.id, 2);
		assert_int_equal(t.conn.end[C].state, TT_SYN_SENT);

		/* an RST ahead of what R acknowledged, of an S never seen */
		talk_begin(&t, x, y);
		verdict_is(say(&t, S, TT_ACK, 50, 70, 10), TT_V_MIDSTREAM);
		verdict_is(say(&t, C, TT_RST | TT_ACK, 100, 60, 0), TT_V_GAP);

		/* one byte before it is a keepalive's */
		talk_begin(&t, x, y);
		verdict_is(say(&t, S, TT_ACK, 50, 70, 10), TT_V_MIDSTREAM);
		verdict_is(say(&t, C, TT_ACK, 69, 60, 1), TT_V_KEEPALIVE);
	}
}

/* 9293 3.10.7.4, fifth check: without its bit the number is none */
static void no_ack_bit(void **state)
{
	struct tt_segment seg;
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		seg = segment(&t, C, TT_PSH, 1, 0, 10);
		seg.ack = t.y + 1000000;
		seg.options = TT_OPT_SACK;
		seg.nsack = 1;
		seg.sack[0].end = seg.ack;
		verdict_is(pass(&t, C, &seg), TT_V_NO_ACK);
		assert_int_equal(t.res.remarks, 0);
	}
	FOR_EACH_START(&t) {	/* a FIN without it acknowledges none */
		t.place = TT_AT_FORWARD;
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		states_are(&t, TT_FIN_WAIT_1, TT_CLOSE_WAIT);
		t.place = TT_AT_OUTPUT;
		seg = segment(&t, S, TT_FIN, 1, 0, 0);
		seg.ack = t.x + 2;
		pass(&t, S, &seg);
		assert_int_equal(t.conn.end[S].state, TT_CLOSING);
	}
}

/* the SYN+ACK that tells of a new incarnation is the first segment of its own */
static void counted_in_its_incarnation(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 300);
	t.place = TT_AT_OUTPUT;
	say(&t, C, TT_SYN, 0, 0, 0);
	say(&t, C, TT_SYN, 5000, 0, 0);
	assert_int_equal(t.conn.id, 2);
	t.place = TT_AT_INPUT;
	say(&t, S, TT_SYN | TT_ACK, 0, 5001, 0);
	assert_int_equal(tt_end_id(&t.conn.end[S]), 2);
	assert_int_equal(t.conn.end[S].segments, 1);
}

/* the end that has not yet heard of the new connection keeps the old number */
static void numbers_of_64_bits(void **state)
{
	struct talk t;

	(void)state;
	for (__u64 first = 0xfffffffd; first < 0x100000003; first++) {
		if (!(__u32)first || !(__u32)(first + 1))
			continue;
		talk_begin(&t, 100, 300);
		t.place = TT_AT_OUTPUT;
		t.ids = first - 1;
		say(&t, C, TT_SYN, 0, 0, 0);
		t.place = TT_AT_INPUT;
		say(&t, S, TT_SYN | TT_ACK, 0, 1, 0);
		t.place = TT_AT_OUTPUT;
		say(&t, C, TT_RST | TT_ACK, 1, 1, 0);
		t.loopback = true;
		say(&t, C, TT_SYN, 5000, 0, 0);
		assert_true(t.conn.id == first + 1);
		assert_true(tt_end_id(&t.conn.end[C]) == first + 1);
		assert_true(tt_end_id(&t.conn.end[S]) == first);
		assert_true(t.res.transitions[0].id == first + 1);
	}
}

/* over loopback a raw socket's SYN is seen on its way in only: 3.10.7.3 */
static void forged_syn_in_syn_sent(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 300);
	t.loopback = true;
	t.place = TT_AT_OUTPUT;
	say(&t, C, TT_SYN, 0, 0, 0);
	say(&t, S, TT_ACK, 1, 900, 0);	/* S is local */
	t.place = TT_AT_INPUT;
	say(&t, S, TT_SYN, 0, 0, 0);
	assert_int_equal(t.conn.end[C].state, TT_SYN_RECEIVED);
	assert_int_equal(tt_end_id(&t.conn.end[C]), 1);
}

/* both ends' times run out at once: which address sorts first tells nothing */
static void timeouts_at_once(void **state)
{
	const struct tt_limits limits = { .seconds = TT_LIMITS_DEFAULT };
	struct talk t;

	(void)state;
	for (int closer = 0; closer < 2; closer++) {
		established(&t, 100, 300);
		say(&t, closer, TT_FIN | TT_ACK, 1, 1, 0);
		say(&t, !closer, TT_FIN | TT_ACK, 1, 2, 0);
		assert_int_equal(t.conn.end[closer].state, TT_TIME_WAIT);
		assert_int_equal(t.conn.end[!closer].state, TT_LAST_ACK);
		tt_track_timeouts(&t.conn, &limits, t.now + 60000, &t.res);
		states_are(&t, TT_CLOSED, TT_CLOSED);
		assert_int_equal(t.conn.ended, TT_ENDED_FIN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_way_close),
		cmocka_unit_test(more_than_the_sequence_space),
		cmocka_unit_test(simultaneous_close),
		cmocka_unit_test(answer_from_syn_sent),
		cmocka_unit_test(listener_answers_anew),
		cmocka_unit_test(hole_is_filled),
		cmocka_unit_test(listener_answers_a_third_time),
		cmocka_unit_test(open_after_refusing),
		cmocka_unit_test(open_while_a_syn_waits),
		cmocka_unit_test(fin_that_the_socket_dropped),
		cmocka_unit_test(window_taken_back),
		cmocka_unit_test(fin_dropped_before_closing),
		cmocka_unit_test(rst_while_data_waits),
		cmocka_unit_test(simultaneous_open),
		cmocka_unit_test(refused),
		cmocka_unit_test(fast_open_with_its_syn_again),
		cmocka_unit_test(gap_after_the_syn_again),
		cmocka_unit_test(abort_proves_fin),
		cmocka_unit_test(abort_denies_fin),
		cmocka_unit_test(fin_before_data),
		cmocka_unit_test(rst_exact_only),
		cmocka_unit_test(rst_returns_to_listen),
		cmocka_unit_test(abort_overtakes_data),
		cmocka_unit_test(syn_in_sync),
		cmocka_unit_test(ack_bounds),
		cmocka_unit_test(window_bounds),
		cmocka_unit_test(probes),
		cmocka_unit_test(repeats),
		cmocka_unit_test(bad_checksum_moves_nothing),
		cmocka_unit_test(impossible_flags),
		cmocka_unit_test(impossible_flags_of_a_local_end),
		cmocka_unit_test(loopback_is_seen_twice),
		cmocka_unit_test(events_are_whole),
		cmocka_unit_test(no_edge_leads_nowhere),
		cmocka_unit_test(time_wait_ends_after_2msl),
		cmocka_unit_test(times_wrap),
		cmocka_unit_test(lasts_for_years),
		cmocka_unit_test(fin_again_in_time_wait),
		cmocka_unit_test(presumption_runs_out_at_both_ends),
		cmocka_unit_test(time_wait_reuse),
		cmocka_unit_test(reuse_is_challenged),
		cmocka_unit_test(midstream),
		cmocka_unit_test(midstream_keepalive),
		cmocka_unit_test(midstream_abort),
		cmocka_unit_test(midstream_late),
		cmocka_unit_test(reused_unseen),
		cmocka_unit_test(reuse_is_forged),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(self_connection),
		cmocka_unit_test(unknown_numbers),
		cmocka_unit_test(no_ack_bit),
		cmocka_unit_test(counted_in_its_incarnation),
		cmocka_unit_test(numbers_of_64_bits),
		cmocka_unit_test(forged_syn_in_syn_sent),
		cmocka_unit_test(timeouts_at_once),
	};

	return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
