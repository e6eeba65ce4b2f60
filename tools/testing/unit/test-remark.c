// SPDX-License-Identifier: GPL-2.0
/*
 * What is fine or unusual, at its bounds: the last segment that is called so
 * and the first that is not, wherever the sequence space wraps.
 */
#include "fixture.h"

static void window_updates(void **state)	/* 9293 3.10.7.4 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		verdict_is(say(&t, C, TT_ACK, 1, 1, 0), TT_V_ACK);
		t.win++;
		verdict_is(say(&t, C, TT_ACK, 1, 1, 0), TT_V_WINDOW_UPDATE);
		verdict_is(say(&t, C, TT_ACK, 1, 1, 0), TT_V_ACK);
		t.win--;
		verdict_is(say(&t, C, TT_ACK, 1, 1, 0), TT_V_WINDOW_SHRINK);
	}
}

static void fast_open(void **state)	/* 7413 4.1 */
{
	struct talk t;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		talk_begin(&t, starts[i], starts[5 - i]);
		verdict_is(say(&t, C, TT_SYN, 0, 0, 1), TT_V_TFO_SYN);
		talk_begin(&t, starts[i], starts[5 - i]);
		verdict_is(say(&t, C, TT_SYN, 0, 0, 0), TT_V_SYN);
	}
}

static void synack_again(void **state)	/* 9293 3.8.1 */
{
	struct talk t;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		talk_begin(&t, starts[i], starts[5 - i]);
		say(&t, C, TT_SYN, 0, 0, 0);
		verdict_is(say(&t, S, TT_SYN | TT_ACK, 0, 1, 0), TT_V_SYNACK);
		verdict_is(say(&t, S, TT_SYN | TT_ACK, 0, 1, 0),
			   TT_V_SYNACK_RETRANSMISSION);
	}
}

/* S, local, has sent 300 octets; C has sent @dups duplicate ACKs */
static void duplicate_acks(struct talk *t, unsigned int dups)
{
	t->place = TT_AT_OUTPUT;
	for (unsigned int i = 0; i < 3; i++)
		say(t, S, TT_ACK, 1 + 100 * i, 1, 100);
	t->place = TT_AT_INPUT;
	while (dups--)
		verdict_is(say(t, C, TT_ACK, 1, 1, 0), TT_V_DUP_ACK);
	t->place = TT_AT_OUTPUT;
}

static void fast_retransmissions(void **state)	/* 5681 3.2 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		duplicate_acks(&t, 2);
		verdict_is(say(&t, S, TT_ACK, 1, 1, 100), TT_V_RETRANSMISSION);
	}
	FOR_EACH_START(&t) {
		duplicate_acks(&t, 3);
		verdict_is(say(&t, S, TT_ACK, 2, 1, 100), TT_V_RETRANSMISSION);
		verdict_is(say(&t, S, TT_ACK, 1, 1, 100),
			   TT_V_FAST_RETRANSMISSION);
	}
}

static void partial_retransmissions(void **state)	/* 9293 3.8.1 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {	/* N = 301 */
		duplicate_acks(&t, 0);
		verdict_is(say(&t, S, TT_ACK, 251, 1, 50), TT_V_RETRANSMISSION);
		verdict_is(say(&t, S, TT_ACK, 300, 1, 2),
			   TT_V_PARTIAL_RETRANSMISSION);
		verdict_is(say(&t, S, TT_ACK, 302, 1, 2), TT_V_DATA);
	}
}

static void same_ack(void **state)	/* 5681 2 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		say(&t, S, TT_ACK, 1, 1, 1);
		verdict_is(say(&t, C, TT_ACK, 1, 1, 0), TT_V_DUP_ACK);
		verdict_is(say(&t, C, TT_ACK, 1, 2, 0), TT_V_ACK);
		/* nothing is outstanding any more */
		verdict_is(say(&t, C, TT_ACK, 1, 2, 0), TT_V_ACK);
	}
}

static enum tt_verdict sack(struct talk *t, const __u32 (*blocks)[2], __u8 n)
{
	struct tt_segment seg = segment(t, C, TT_ACK, 1, 101, 0);

	t->conn.end[S].flags |= TT_SACK_OK;
	t->conn.end[C].flags |= TT_SACK_OK;
	seg.options = TT_OPT_SACK;
	seg.nsack = n;
	for (unsigned int i = 0; i < n; i++) {
		seg.sack[i].start = t->y + blocks[i][0];
		seg.sack[i].end = t->y + blocks[i][1];
	}
	return pass(t, C, &seg);
}

static void duplicate_sack(void **state)	/* 2883 4 */
{
	static const __u32 below[][2] = { { 51, 101 } };
	static const __u32 above[][2] = { { 102, 103 } };
	static const __u32 inside[][2] = { { 201, 301 }, { 201, 301 } };
	static const __u32 apart[][2] = { { 201, 302 }, { 201, 301 } };
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		say(&t, S, TT_ACK, 1, 1, 400);
		verdict_is(sack(&t, below, 1), TT_V_DSACK);
		assert_int_not_equal(sack(&t, above, 1), TT_V_DSACK);
		verdict_is(sack(&t, inside, 2), TT_V_DSACK);
		assert_int_not_equal(sack(&t, apart, 2), TT_V_DSACK);
	}
}

static void answer_to_a_probe(void **state)	/* 9293 3.8.6.1 */
{
	struct talk t;

	(void)state;
	for (__u16 win = 0; win < 2; win++)
		FOR_EACH_START(&t) {
			say(&t, C, TT_ACK, 1, 1, 1000);
			t.win = 0;
			say(&t, S, TT_ACK, 1, 1001, 0);
			t.win = 1000;
			say(&t, C, TT_ACK, 1001, 1, 1);
			t.win = win;
			verdict_is(say(&t, S, TT_ACK, 1, 1001, 0),
				   win ? TT_V_WINDOW_UPDATE :
					 TT_V_ZERO_WINDOW_PROBE_ACK);
		}
}

static void used_again(void **state)	/* 9293 3.4.3 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		say(&t, C, TT_RST | TT_ACK, 1, 1, 0);
		states_are(&t, TT_CLOSED, TT_CLOSED);
		t.x += 100000;
		verdict_is(say(&t, C, TT_SYN, 0, 0, 0), TT_V_PORT_REUSE);
		states_are(&t, TT_SYN_SENT, TT_SYN_RECEIVED);
		verdict_is(say(&t, C, TT_SYN, 0, 0, 0),
			   TT_V_SYN_RETRANSMISSION);
	}
}

static enum tt_verdict data_in_units(struct talk *t, __u32 len, __u16 unit)
{
	struct tt_segment seg = segment(t, C, TT_ACK, 1, 1, len);

	seg.unit = unit;
	t->conn.end[S].mss = 500;
	return pass(t, C, &seg);
}

static void segment_size(void **state)	/* 9293 3.7.1 */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t)
		verdict_is(data_in_units(&t, 500, 0), TT_V_DATA);
	FOR_EACH_START(&t)
		verdict_is(data_in_units(&t, 501, 0), TT_V_MSS_EXCEEDED);
	FOR_EACH_START(&t)	/* of a super-segment its parts count */
		verdict_is(data_in_units(&t, 900, 500), TT_V_DATA);
	FOR_EACH_START(&t)
		verdict_is(data_in_units(&t, 900, 501), TT_V_MSS_EXCEEDED);
}

static void missed_by_the_observer(void **state)	/* both ends are remote */
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t)	/* C allows S to send up to 1001 */
		verdict_is(say(&t, C, TT_ACK, 1, 1001, 0), TT_V_OBSERVER_GAP);
	FOR_EACH_START(&t)
		verdict_is(say(&t, C, TT_ACK, 1, 1002, 0), TT_V_ACK_UNSENT);
}

static void impossible_option(void **state)	/* 9293 3.1 */
{
	struct tt_segment seg;
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		seg = segment(&t, C, TT_ACK, 1, 1, 10);
		seg.options = TT_OPT_BAD;
		verdict_is(pass(&t, C, &seg), TT_V_BAD_OPTION);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window_updates),
		cmocka_unit_test(fast_open),
		cmocka_unit_test(synack_again),
		cmocka_unit_test(fast_retransmissions),
		cmocka_unit_test(partial_retransmissions),
		cmocka_unit_test(same_ack),
		cmocka_unit_test(duplicate_sack),
		cmocka_unit_test(answer_to_a_probe),
		cmocka_unit_test(used_again),
		cmocka_unit_test(segment_size),
		cmocka_unit_test(missed_by_the_observer),
		cmocka_unit_test(impossible_option),
	};

	return cmocka_run_group_tests_name("remark", tests, NULL, NULL);
}
