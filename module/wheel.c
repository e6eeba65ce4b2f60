// SPDX-License-Identifier: GPL-2.0
#include <linux/bitops.h>
#include <linux/kernel.h>
#include "wheel.h"

/**
 * tt_wheel_init - an empty wheel
 * @wheel: the wheel
 * @now: the present tick
 */
void tt_wheel_init(struct tt_wheel *wheel, __u32 now)
{
	unsigned int level;

	wheel->now = now;
	for (level = 0; level < TT_WHEEL_LEVELS; level++)
		INIT_HLIST_HEAD(&wheel->levels[level]);
	INIT_HLIST_HEAD(&wheel->unsorted);
}

/* the lowest level with something in it; TT_WHEEL_LEVELS: none */
static unsigned int lowest(const struct tt_wheel *wheel)
{
	unsigned int level = 0;

	while (level < TT_WHEEL_LEVELS && hlist_empty(&wheel->levels[level]))
		level++;
	return level;
}

/**
 * tt_wheel_is_empty - is nothing on it?
 * @wheel: the wheel
 *
 * Without the owner's lock this is a hint: what is set meanwhile is found when
 * the wheel is looked at again.
 *
 * Return: true if there is nothing.
 */
bool tt_wheel_is_empty(const struct tt_wheel *wheel)
{
	return hlist_empty(&wheel->unsorted) &&
	       lowest(wheel) == TT_WHEEL_LEVELS;
}

static void sort(struct tt_wheel *wheel, struct tt_due *due)
{
	unsigned int level = fls(due->tick ^ wheel->now) - 1;

	level = min_t(unsigned int, level, TT_WHEEL_LEVELS - 1);
	hlist_add_head(&due->link, &wheel->levels[level]);
}

/**
 * tt_wheel_set - when to look at something
 * @wheel: the wheel
 * @due: on this wheel or on none
 * @tick: when; if that is over: in the next one
 */
void tt_wheel_set(struct tt_wheel *wheel, struct tt_due *due, __u32 tick)
{
	tt_due_remove(due);
	due->tick = max_t(__u32, tick, wheel->now + 1);
	sort(wheel, due);
}

/* to the next tick in which something is to be sorted; false: none until @now */
static bool advance(struct tt_wheel *wheel, __u32 now)
{
	unsigned int level = lowest(wheel);
	__u32 next;

	if (level < TT_WHEEL_LEVELS) {
		next = ((wheel->now >> level) + 1) << level;
		if (next <= now) {
			wheel->now = next;
			hlist_move_list(&wheel->levels[level],
					&wheel->unsorted);
			return true;
		}
	}
	/* what changes are bits of levels with nothing in them */
	wheel->now = max_t(__u32, wheel->now, now);
	return false;
}

/**
 * tt_wheel_turn - a step of its way to the present
 * @wheel: the wheel
 * @now: the present tick
 * @due: what is to be looked at, not on the wheel any more; NULL: nothing in
 *	this step, which is a short one in any case
 *
 * Return: false when it has come to the present: nothing else is due.
 */
bool tt_wheel_turn(struct tt_wheel *wheel, __u32 now, struct tt_due **due)
{
	unsigned int i;

	*due = NULL;
	for (i = 0; i < TT_WHEEL_BATCH; i++) {
		struct tt_due *one;

		if (hlist_empty(&wheel->unsorted)) {
			if (!advance(wheel, now))
				return false;
			continue;
		}
		one = hlist_entry(wheel->unsorted.first, struct tt_due, link);
		tt_due_remove(one);
		if (one->tick <= wheel->now) {
			*due = one;
			return true;
		}
		sort(wheel, one);
	}
	return true;
}
