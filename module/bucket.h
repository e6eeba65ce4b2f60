/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bucket of a hash table: a cache line that tells, but for a few, where a
 * link lies without a look at any other.
 *
 * Links that find no slot are behind the one in their home slot. So what is
 * behind the first of a chain has its home there; the first need not.
 */
#ifndef _TCPTRACE_BUCKET_H
#define _TCPTRACE_BUCKET_H

#include <linux/bitops.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define TT_SLOTS 7

/* a byte for each slot */
#define TT_TAGS_ONE	0x0001010101010101ULL
#define TT_TAGS_TOP	0x0080808080808080ULL

/**
 * struct tt_link - what an element of the table begins with
 * @next: in its chain; changed as the bucket is, walked under RCU. One way
 *	only: the other pointer would cost each segment a cache line
 * @hash: of its key, not zero; zero when it is out of its bucket. Changed with
 *	@lock held, too
 * @lock: of the whole element
 */
struct tt_link {
	struct tt_link __rcu *next;
	__u32 hash;
	spinlock_t lock;	/* of the element */
};

/**
 * struct tt_bucket - links whose hashes have the same end
 * @tags: byte n: tt_tag() of the first link of slot n, 0: none. Bit n of the
 *	last byte: there are more behind it
 * @slot: chains
 *
 * The owner locks for changes; who reads is under rcu_read_lock().
 */
struct tt_bucket {
	__u64 tags;
	struct tt_link __rcu *slot[TT_SLOTS];
};

/* not zero; other bits of the hash than those that choose the bucket */
static __always_inline __u8 tt_tag(__u32 hash)
{
	return hash >> 24 ? hash >> 24 : 1;
}

/* the slot behind whose link it goes when all are in use */
static __always_inline unsigned int tt_home(__u32 hash)
{
	return ((hash >> 16 & 0xff) * TT_SLOTS) >> 8;
}

/*
 * Which slots have that tag? Bit 7 of byte n for slot n; perhaps of others
 * beyond the first one that has it, too
 */
static __always_inline __u64 tt_slots_like(__u64 tags, __u8 tag)
{
	__u64 odd = tags ^ tag * TT_TAGS_ONE;

	return (odd - TT_TAGS_ONE) & ~odd & TT_TAGS_TOP;
}

/* the first of them */
static __always_inline unsigned int tt_slot_of(__u64 slots)
{
	return __ffs64(slots) / 8;
}

/* are there any links behind the first one of a slot? */
static __always_inline bool tt_is_chained(__u64 tags, unsigned int slot)
{
	return tags >> (8 * TT_SLOTS + slot) & 1;
}

#define tt_for_each_link(link, slot, bucket)				\
	for (slot = 0; slot < TT_SLOTS; slot++)				\
		for (link = rcu_dereference((bucket)->slot[slot]); link;	\
		     link = rcu_dereference(link->next))

void tt_bucket_add(struct tt_bucket *bucket, struct tt_link *link);
void tt_bucket_remove(struct tt_bucket *bucket, struct tt_link *link);

#endif
