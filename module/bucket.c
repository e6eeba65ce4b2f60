// SPDX-License-Identifier: GPL-2.0
#include "bucket.h"

static struct tt_link *owned(struct tt_link __rcu *link)
{
	return rcu_dereference_protected(link, true);
}

/*
 * The tags as the slot is now. Who reads them before that, or between the two,
 * finds the links all the same: one that has become the first of its chain was
 * chained when the old tags were written.
 */
static void describe(struct tt_bucket *bucket, unsigned int slot)
{
	const __u64 chained = 1ULL << (8 * TT_SLOTS + slot);
	const struct tt_link *first = owned(bucket->slot[slot]);
	__u64 tags = bucket->tags & ~(0xffULL << (8 * slot) | chained);

	if (first) {
		tags |= (__u64)tt_tag(first->hash) << (8 * slot);
		if (owned(first->next))
			tags |= chained;
	}
	/* who finds the tag finds its link in the slot, see tt_node_in_slot() */
	smp_store_release(&bucket->tags, tags);
}

/**
 * tt_bucket_add - put a link into its bucket
 * @bucket: the bucket
 * @link: in none, with its hash
 *
 * Context: any; the owner locks.
 */
void tt_bucket_add(struct tt_bucket *bucket, struct tt_link *link)
{
	__u64 empty = tt_slots_like(bucket->tags, 0);
	unsigned int slot = empty ? tt_slot_of(empty) : tt_home(link->hash);
	struct tt_link *first = owned(bucket->slot[slot]);

	if (first) {
		RCU_INIT_POINTER(link->next, owned(first->next));
		rcu_assign_pointer(first->next, link);
	} else {
		RCU_INIT_POINTER(link->next, NULL);
		rcu_assign_pointer(bucket->slot[slot], link);
	}
	describe(bucket, slot);
}

static unsigned int slot_with(const struct tt_bucket *bucket,
			      const struct tt_link *link)
{
	unsigned int slot;

	for (slot = 0; slot < TT_SLOTS; slot++)
		if (rcu_access_pointer(bucket->slot[slot]) == link)
			return slot;
	return tt_home(link->hash);
}

/**
 * tt_bucket_remove - take a link out of its bucket
 * @bucket: the bucket
 * @link: in it
 *
 * Who has come to it goes on from it: it may be freed, or put anywhere else,
 * after a grace period only.
 *
 * Context: any; the owner locks.
 */
void tt_bucket_remove(struct tt_bucket *bucket, struct tt_link *link)
{
	unsigned int slot = slot_with(bucket, link);
	struct tt_link __rcu **at = &bucket->slot[slot];

	while (owned(*at) != link)
		at = &owned(*at)->next;
	rcu_assign_pointer(*at, owned(link->next));
	describe(bucket, slot);
}
