// SPDX-License-Identifier: GPL-2.0
/*
 * Each thing on the wheel comes up once, in its tick: never before it, and not
 * after the first turn in it or beyond it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "wheel.h"

#define THINGS 300

/* beyond what the levels tell apart, and beyond what a batch sorts */
#define FAR (5U << TT_WHEEL_LEVELS)

/**
 * struct bench - a wheel and what is on it
 * @wheel: the wheel
 * @things: them
 * @tick: when each is due; 0: it is on no wheel
 * @now: the present
 */
struct bench {
	struct tt_wheel wheel;
	struct tt_due things[THINGS];
	__u32 tick[THINGS];
	__u32 now;
};

static void begin(struct bench *b, __u32 now)
{
	b->now = now;
	tt_wheel_init(&b->wheel, now);
	for (unsigned int i = 0; i < THINGS; i++) {
		tt_due_init(&b->things[i]);
		b->tick[i] = 0;
	}
}

static void set(struct bench *b, unsigned int i, __u32 tick)
{
	tt_wheel_set(&b->wheel, &b->things[i], tick);
	b->tick[i] = tick;
	assert_true(tt_due_is_set(&b->things[i]));
}

static void take_off(struct bench *b, unsigned int i)
{
	tt_due_remove(&b->things[i]);
	b->tick[i] = 0;
	assert_false(tt_due_is_set(&b->things[i]));
}

/* how many came up */
static unsigned int turn_to(struct bench *b, __u32 now)
{
	unsigned int n = 0;
	struct tt_due *due;
	bool more;

	b->now = now;
	do {
		more = tt_wheel_turn(&b->wheel, now, &due);
		if (!due)
			continue;
		n++;
		assert_true(b->tick[due - b->things]);
		assert_true(b->tick[due - b->things] <= now);
		assert_false(tt_due_is_set(due));
		b->tick[due - b->things] = 0;
	} while (more);
	for (unsigned int i = 0; i < THINGS; i++)
		assert_true(!b->tick[i] || b->tick[i] > now);
	return n;
}

static const __u32 starts[] = { 1, 0x7ff, 0x800, 0xfffe, 1U << 30 };

static void each_in_its_tick(void **state)
{
	struct bench b;

	(void)state;
	for (unsigned int s = 0; s < 5; s++)
		for (__u32 wait = 1; wait <= 2 * FAR / 5; wait += 1 + wait / 7) {
			begin(&b, starts[s]);
			set(&b, 0, starts[s] + wait);
			for (__u32 t = starts[s] + 1; t < starts[s] + wait; t++)
				assert_int_equal(turn_to(&b, t), 0);
			assert_int_equal(turn_to(&b, starts[s] + wait), 1);
			assert_true(tt_wheel_is_empty(&b.wheel));
		}
}

/* nobody turned it for a while: the machine slept */
static void all_that_is_over_at_once(void **state)
{
	struct bench b;

	(void)state;
	for (__u32 pause = 1; pause < 2 * FAR; pause += 1 + pause / 3) {
		begin(&b, 77);
		for (unsigned int i = 0; i < THINGS; i++)
			set(&b, i, 78 + i * (FAR / THINGS));
		turn_to(&b, 77 + pause);
		assert_int_equal(tt_wheel_is_empty(&b.wheel),
				 77 + pause >= b.things[THINGS - 1].tick);
	}
}

static void the_past_comes_up_next(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 1000);
	tt_wheel_set(&b.wheel, &b.things[0], 1000);
	tt_wheel_set(&b.wheel, &b.things[1], 3);
	b.tick[0] = 1001;
	b.tick[1] = 1001;
	assert_int_equal(turn_to(&b, 1000), 0);
	assert_int_equal(turn_to(&b, 1001), 2);
}

/* things come, go and are set anew, also while others are being sorted */
static void at_random(void **state)
{
	struct tt_due *due;
	struct bench b;

	(void)state;
	srandom(1);
	begin(&b, 12345);
	for (unsigned int n = 0; n < 200000; n++) {
		unsigned int i = random() % THINGS;

		switch (random() % 8) {
		case 0:
			take_off(&b, i);
			break;
		case 1:
			turn_to(&b, b.now + 1 + random() % 3);
			break;
		case 2:
			if (!(random() % 50))
				turn_to(&b, b.now + random() % FAR);
			break;
		case 3:
			b.now++;
			tt_wheel_turn(&b.wheel, b.now, &due);
			if (due) {
				assert_true(b.tick[due - b.things] <= b.now);
				b.tick[due - b.things] = 0;
			}
			break;
		default:
			set(&b, i, b.now + 1 +
			    random() % (random() % 4 ? 100 : FAR));
		}
	}
	turn_to(&b, b.now + FAR);
	assert_true(tt_wheel_is_empty(&b.wheel));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_in_its_tick),
		cmocka_unit_test(all_that_is_over_at_once),
		cmocka_unit_test(the_past_comes_up_next),
		cmocka_unit_test(at_random),
	};

	return cmocka_run_group_tests_name("wheel", tests, NULL, NULL);
}
