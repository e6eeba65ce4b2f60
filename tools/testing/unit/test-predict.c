// SPDX-License-Identifier: GPL-2.0
/*
 * The short way of a segment leads where the long way does: pass() takes both
 * for every segment of every test. Here it is also seen to be taken.
 */
#include <stdlib.h>
#include <linux/kernel.h>
#include "fixture.h"

#define CONVERSATIONS	20000
#define SEGMENTS	80

static __u64 dice = 1;

/* 0 to n - 1 (xorshift64*) */
static __u32 roll(__u32 n)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return (dice * 0x2545f4914f6cdd1dULL >> 32) % n;
}

/* what the two endpoints would send next, and how they talk */
struct speech {
	struct talk talk;
	__u16 win[2];
	__u32 nxt[2];
	__u32 tsval[2];
	__u8 options[2];
	bool closed[2];
	bool on_loopback;
};

static void speak(struct speech *p, int from, struct tt_segment *seg)
{
	struct talk *t = &p->talk;

	t->now += roll(3000) ? roll(3) : 3000000;
	t->backlog = !roll(8);
	seg->end = seg->seq + seg->len + !!(seg->flags & TT_SYN) +
		   !!(seg->flags & TT_FIN);
	if (!p->on_loopback) {
		pass(t, from, seg);
		return;
	}
	if (roll(20)) {
		t->place = TT_AT_OUTPUT;
		pass(t, from, seg);
	}
	if (roll(20)) {
		t->place = TT_AT_INPUT;
		pass(t, from, seg);
	}
}

static struct tt_segment next_segment(struct speech *p, int from)
{
	p->tsval[from] = p->talk.now;
	return (struct tt_segment) {
		.seq = p->nxt[from], .ack = p->nxt[!from],
		.len = roll(2) ? 0 : 1 + roll(1460),
		.flags = TT_ACK | (roll(2) ? TT_PSH : 0),
		.win = p->win[from] += roll(2),
		.options = p->options[from] & TT_OPT_TS,
		.tsval = p->tsval[from], .tsecr = p->tsval[!from],
		.sport = from == C ? 40000 : 80,
		.dport = from == C ? 80 : 40000,
	};
}

static __u32 near(__u32 n)
{
	static const __s32 steps[] = { -70000, -1460, -2, -1, 1, 2, 1460, 70000,
				       0x3fffffff, 0x40000000, 0x7fffffff };

	return n + steps[roll(11)];
}

/* one thing about the segment is odd */
static void disturb(struct tt_segment *seg)
{
	switch (roll(11)) {
	case 0:
		seg->seq = near(seg->seq);
		break;
	case 1:
		seg->ack = near(seg->ack);
		break;
	case 2:
		seg->win = roll(4) ? roll(65536) : 0;
		break;
	case 3:
		seg->flags = roll(8) ? seg->flags | TT_URG : roll(256);
		break;
	case 4:
		seg->tsval = near(seg->tsval);
		break;
	case 5:
		seg->tsecr = near(seg->tsecr);
		break;
	case 6:
		seg->options ^= 1 << roll(8);
		seg->options &= ~TT_OPT_SACK;
		break;
	case 7:
		seg->options |= TT_OPT_SACK;
		seg->nsack = 1;
		seg->sack[0].start = near(seg->ack);
		seg->sack[0].end = near(seg->sack[0].start);
		break;
	case 8:
		seg->len = roll(2) ? 1 : roll(100000);
		seg->unit = roll(2) ? roll(2000) : 0;
		break;
	case 9:
		seg->seq--;
		seg->len = roll(2);
		break;
	case 10:
		seg->ack -= roll(3000);
		break;
	}
}

static void shake_hands(struct speech *p)
{
	struct tt_segment syn;
	int from;

	for (from = C; from <= S; from++) {
		syn = next_segment(p, from);
		syn.flags = from == C ? TT_SYN : TT_SYN | TT_ACK;
		syn.len = 0;
		syn.options = p->options[from];
		syn.wscale = 7;
		syn.mss = 1460;
		speak(p, from, &syn);
		p->nxt[from]++;
	}
	syn = next_segment(p, C);
	syn.len = 0;
	speak(p, C, &syn);
}

static void begin(struct speech *p)
{
	memset(p, 0, sizeof(*p));
	talk_begin(&p->talk, 0, 0);
	p->win[C] = 500;
	p->win[S] = 500;
	p->nxt[C] = starts[roll(6)] - roll(5000);
	p->nxt[S] = starts[roll(6)] - roll(5000);
	p->options[C] = roll(256) & ~(TT_OPT_BAD | TT_OPT_SACK);
	p->options[S] = roll(4) ? p->options[C] : roll(256) & ~TT_OPT_SACK;
	p->on_loopback = !roll(3);
	p->talk.loopback = p->on_loopback;
	p->talk.place = roll(3);
	if (roll(4))
		shake_hands(p);
}

/* what comes next is after it; an end closes once, and is silent then */
static void take_up(struct speech *p, int from, struct tt_segment *seg)
{
	if (p->closed[from])
		seg->flags &= ~TT_FIN;
	p->nxt[from] += seg->len + !!(seg->flags & TT_FIN);
	if (seg->flags & TT_FIN)
		p->closed[from] = true;
}

static void random_conversations(void **state)
{
	unsigned long predicted = 0, moved = 0, all = 0;
	int i, k;

	(void)state;
	for (i = 0; i < CONVERSATIONS; i++) {
		int often = 2 + roll(200);
		struct speech p;

		begin(&p);
		for (k = 0; k < SEGMENTS; k++) {
			int from = roll(2);
			struct tt_segment seg = next_segment(&p, from);

			if (!roll(150))
				seg.flags |= TT_FIN;
			if (p.closed[from])
				seg.len = 0;
			if (!roll(often))
				disturb(&seg);
			else
				take_up(&p, from, &seg);
			speak(&p, from, &seg);
		}
		predicted += p.talk.predicted;
		moved += p.talk.moved;
		all += p.talk.passed;
	}
	print_message("# %lu of %lu segments were predicted, %lu moves\n",
		      predicted, all, moved);
	assert_true(predicted > all / 4);
	assert_true(predicted < all - all / 4);
	assert_true(moved > CONVERSATIONS / 2);
}

static void bulk(struct talk *t, bool timestamps)
{
	struct tt_segment seg;
	__u32 i;

	for (i = 0; i < 1000; i++) {
		seg = segment(t, C, TT_ACK, 1 + i * 900, 1, 900);
		seg.options = timestamps ? TT_OPT_TS : 0;
		seg.tsval = i;
		seg.tsecr = i - 1;
		verdict_is(pass(t, C, &seg), TT_V_DATA);
		seg = segment(t, S, TT_ACK, 1, 1 + (i + 1) * 900, 0);
		seg.options = timestamps ? TT_OPT_TS : 0;
		seg.tsval = i;
		seg.tsecr = i;
		verdict_is(pass(t, S, &seg), TT_V_ACK);
	}
}

/* all of it but the first segments, which tell what is expected */
static void bulk_is_predicted(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		bulk(&t, false);
		assert_in_range(t.predicted, 1995, 2000);
	}
}

/* a local endpoint that is not as far as the network, and catches up */
static void late_acks_are_predicted(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		__u32 i, before;

		t.place = TT_AT_INPUT;
		for (i = 0; i < 60; i++)
			say(&t, C, TT_ACK, 1 + i * 10, 1, 10);
		before = t.predicted;
		t.place = TT_AT_OUTPUT;
		for (i = 1; i <= 60; i++)
			verdict_is(say(&t, S, TT_ACK, 1, 1 + i * 10, 0),
				   TT_V_ACK);
		assert_in_range(t.predicted - before, 58, 60);
	}
}

/* that changes nothing; and both ways agree on what comes after it */
static void syn_comes_late(void **state)
{
	struct talk t;

	(void)state;
	FOR_EACH_START(&t) {
		say(&t, C, TT_ACK, 1, 1, 100);
		say(&t, S, TT_ACK, 1, 101, 100);
		t.win = 65535;
		verdict_is(say(&t, C, TT_SYN, 0, 0, 0), TT_V_SYN_RETRANSMISSION);
		assert_int_equal(t.conn.end[C].snd_win, 1000);
		t.win = 2000;
		say(&t, C, TT_ACK, 101, 101, 100);
		assert_int_equal(t.conn.warm[C].max_win, 2000);
	}
}

static void midstream_is_predicted(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, 0xffff0000, 7);
	verdict_is(say(&t, S, TT_ACK, 1, 1, 0), TT_V_MIDSTREAM);
	bulk(&t, true);
	assert_in_range(t.predicted, 1990, 2000);
}

/* where the segments pass: forwarded, at one of the ends, on loopback */
static const struct vantage {
	enum tt_place place[2];	/* of what the client sends, and the server */
	bool loopback;
} vantages[] = {
	{ { TT_AT_FORWARD, TT_AT_FORWARD }, false },
	{ { TT_AT_OUTPUT, TT_AT_INPUT }, false },
	{ { TT_AT_INPUT, TT_AT_OUTPUT }, false },
	{ { TT_AT_OUTPUT, TT_AT_OUTPUT }, true },
};

static void utter(struct talk *t, const struct vantage *v, int from, __u8 flags,
		  __u32 seq, __u32 ack)
{
	t->place = v->place[from];
	t->loopback = v->loopback;
	say(t, from, flags, seq, ack, 0);
	if (!v->loopback)
		return;
	t->place = TT_AT_INPUT;
	say(t, from, flags, seq, ack, 0);
}

static void open_at(struct talk *t, const struct vantage *v, __u32 x, __u32 y)
{
	talk_begin(t, x, y);
	utter(t, v, C, TT_SYN, 0, 0);
	utter(t, v, S, TT_SYN | TT_ACK, 0, 1);
	assert_int_equal(t->opened, v->loopback ? 4 : 2);
	states_are(t, TT_ESTABLISHED, TT_SYN_RECEIVED);
	t->moved = 0;
	utter(t, v, C, TT_ACK, 1, 1);
	states_are(t, TT_ESTABLISHED, TT_ESTABLISHED);
}

static void handshakes_are_predicted(void **state)
{
	unsigned int i, k;
	struct talk t;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vantages); i++) {
		for (k = 0; k < ARRAY_SIZE(starts); k++) {
			open_at(&t, &vantages[i], starts[k], starts[5 - k]);
			assert_int_equal(t.moved, 1);
		}
	}
}

/* four segments, or three: in each of them something moves that is predicted */
static void closes_are_predicted(void **state)
{
	unsigned int i, k, four;
	struct talk t;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vantages); i++) {
		const struct vantage *v = &vantages[i];

		for (k = 0; k < 2 * ARRAY_SIZE(starts); k++) {
			four = k & 1;
			open_at(&t, v, starts[k / 2], starts[5 - k / 2]);
			t.moved = 0;
			utter(&t, v, C, TT_FIN | TT_ACK, 1, 1);
			if (four)
				utter(&t, v, S, TT_ACK, 1, 2);
			utter(&t, v, S, TT_FIN | TT_ACK, 1, 2);
			utter(&t, v, C, TT_ACK, 2, 2);
			states_are(&t, TT_TIME_WAIT, TT_CLOSED);
			assert_int_equal(t.moved, 3 + four + 2 * v->loopback);
		}
	}
}

/* both FINs are on their way at once */
static void crossing_fins_are_predicted(void **state)
{
	unsigned int k;
	struct talk t;

	(void)state;
	for (k = 0; k < ARRAY_SIZE(starts); k++) {
		open_at(&t, &vantages[3], starts[k], starts[5 - k]);
		t.moved = 0;
		t.place = TT_AT_OUTPUT;
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		say(&t, S, TT_FIN | TT_ACK, 1, 1, 0);
		t.place = TT_AT_INPUT;
		say(&t, C, TT_FIN | TT_ACK, 1, 1, 0);
		say(&t, S, TT_FIN | TT_ACK, 1, 1, 0);
		states_are(&t, TT_CLOSING, TT_CLOSING);
		utter(&t, &vantages[3], C, TT_ACK, 2, 2);
		utter(&t, &vantages[3], S, TT_ACK, 2, 2);
		states_are(&t, TT_TIME_WAIT, TT_TIME_WAIT);
		assert_int_equal(t.moved, 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_conversations),
		cmocka_unit_test(bulk_is_predicted),
		cmocka_unit_test(late_acks_are_predicted),
		cmocka_unit_test(syn_comes_late),
		cmocka_unit_test(midstream_is_predicted),
		cmocka_unit_test(handshakes_are_predicted),
		cmocka_unit_test(closes_are_predicted),
		cmocka_unit_test(crossing_fins_are_predicted),
	};

	return cmocka_run_group_tests_name("predict", tests, NULL, NULL);
}
