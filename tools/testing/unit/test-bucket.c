// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever comes and goes, and in which order: what is in the bucket is found
 * as the table looks for it, with the tags that a reader may have read before
 * the last change, too; what is not, is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "bucket.h"

#define LINKS 40

/**
 * struct fill - a bucket, and what is in it
 * @bucket: the bucket
 * @links: with their hashes
 * @inside: is it in the bucket?
 */
struct fill {
	struct tt_bucket bucket;
	struct tt_link links[LINKS];
	bool inside[LINKS];
};

/* as tt_node_lookup() goes, but for what a link is the beginning of */
static bool finds(const struct tt_bucket *bucket, __u64 tags,
		  const struct tt_link *wanted, __u32 hash)
{
	__u64 slots = tt_slots_like(tags, tt_tag(hash));
	const struct tt_link *link;

	for (; slots; slots &= slots - 1)
		if (bucket->slot[tt_slot_of(slots)] == wanted)
			return true;
	if (!tt_is_chained(tags, tt_home(hash)))
		return false;
	for (link = bucket->slot[tt_home(hash)]; link; link = link->next)
		if (link == wanted)
			return true;
	return false;
}

static void check(const struct fill *f, __u64 tags_before, unsigned int changed)
{
	static const struct tt_bucket empty;
	struct tt_link *link;
	unsigned int slot, n = 0;

	for (unsigned int i = 0; i < LINKS; i++) {
		const struct tt_link *one = &f->links[i];

		assert_int_equal(finds(&f->bucket, f->bucket.tags, one, one->hash),
				 f->inside[i]);
		if (i != changed)
			assert_int_equal(finds(&f->bucket, tags_before, one,
					       one->hash), f->inside[i]);
		n += f->inside[i];
	}
	tt_for_each_link(link, slot, &f->bucket)
		n--;
	assert_int_equal(n, 0);
	assert_int_equal(!f->bucket.tags,
			 !memcmp(&f->bucket, &empty, sizeof(f->bucket)));
}

static void change(struct fill *f, unsigned int i)
{
	__u64 tags = f->bucket.tags;

	f->inside[i] = !f->inside[i];
	if (f->inside[i])
		tt_bucket_add(&f->bucket, &f->links[i]);
	else
		tt_bucket_remove(&f->bucket, &f->links[i]);
	check(f, tags, i);
}

static struct fill begin(__u32 mask)
{
	struct fill f = {};

	for (unsigned int i = 0; i < LINKS; i++)
		f.links[i].hash = ((__u32)rand() << 8 & mask) | 1;
	return f;
}

/* few and many at a time; hashes of all kinds, and of a few that are alike */
static void come_and_go(void **state)
{
	static const __u32 masks[] = { ~0U, 0x03020000, 0x01010000, 0 };

	(void)state;
	srand(1);
	for (unsigned int round = 0; round < 400; round++) {
		unsigned int of = 1 + rand() % LINKS;
		struct fill f = begin(masks[round % 4]);

		for (unsigned int i = 0; i < 300; i++)
			change(&f, rand() % of);
		for (unsigned int i = 0; i < LINKS; i++)
			if (f.inside[i])
				change(&f, i);
	}
}

/* seven are found without a look at any other */
static void seven_have_slots(void **state)
{
	struct fill f = begin(~0U);

	(void)state;
	for (unsigned int i = 0; i < TT_SLOTS; i++)
		change(&f, i);
	assert_int_equal(f.bucket.tags >> 8 * TT_SLOTS, 0);
	change(&f, TT_SLOTS);
	assert_int_not_equal(f.bucket.tags >> 8 * TT_SLOTS, 0);
}

/* a reader that stands on one that is just taken out finds those behind it */
static void goes_on_from_one_that_is_gone(void **state)
{
	struct fill f = begin(0);
	struct tt_link *first, *next;

	(void)state;
	for (unsigned int i = 0; i < TT_SLOTS + 3; i++)
		change(&f, i);
	first = f.bucket.slot[tt_home(f.links[0].hash)];
	next = first->next;
	assert_non_null(next);
	change(&f, first - f.links);
	assert_ptr_equal(first->next, next);
	assert_ptr_equal(f.bucket.slot[tt_home(f.links[0].hash)], next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(come_and_go),
		cmocka_unit_test(seven_have_slots),
		cmocka_unit_test(goes_on_from_one_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
