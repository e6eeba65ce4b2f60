/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of a network namespace's connections.
 */
#ifndef _TCPTRACE_CONN_H
#define _TCPTRACE_CONN_H

#include <linux/prefetch.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include "bucket.h"
#include "extra.h"
#include "hash.h"
#include "recorder.h"
#include "track.h"
#include "wheel.h"

/* in pointers */
#define TT_HASHSIZE_MIN		64
#define TT_HASHSIZE_MAX		4194304
#define TT_HASHSIZE_DEFAULT	65536

#define TT_SHARDS		256

/*
 * Nodes that may wait for a grace period: as many as connections, or these. Up
 * to 10000 callbacks a CPU (rcutree.qhimark) RCU takes its time with them.
 */
#define TT_LEAVING_MIN		16384

/**
 * enum tt_worth - who goes first when the table is full
 * @TT_WORTH_ENDED: both ends are CLOSED: kept only to explain stragglers
 * @TT_WORTH_UNPROVEN: nobody has answered: anyone can forge that
 * @TT_WORTH_TIME_WAIT: nothing is left but the quiet time
 * @TT_WORTH_EMBRYONIC: no handshake yet
 * @TT_WORTH_KEEPING: never evicted; on no list
 */
enum tt_worth {
	TT_WORTH_ENDED,
	TT_WORTH_UNPROVEN,
	TT_WORTH_TIME_WAIT,
	TT_WORTH_EMBRYONIC,
	TT_WORTH_KEEPING
};

struct tt_net;

/**
 * struct tt_node - a connection in the table
 * @link: in its bucket; its lock protects all that follows, and is taken with
 *	BHs off, before shards' locks and the log's. Out of it the node is dead
 * @conn: the connection; tt_conn.rare is of its struct tt_extra
 * @due: in the shard's wheel; its mark is an enum tt_worth. Changed under both
 *	locks, so either is enough to read tick and mark
 * @rcu: frees it, when it is on the wheel no more
 * @tn: its namespace, for @rcu
 * @recorder: see tt_node_recorder()
 *
 * Whoever takes the node out of its bucket takes it off the wheel in the same
 * breath, and it is he who frees it after a grace period. A live node is on
 * the wheel, but for the moment in which the wheel has given it up to be
 * looked at: who does that holds rcu_read_lock() from then until he has found
 * the node dead, under its lock, or has set it again. No segment moves a node on
 * the wheel, unless it has shortened its time by a transition.
 *
 * A node of any worth but TT_WORTH_KEEPING has its extra. One that it can do
 * without is taken from it when the wheel comes to it, and given back before a
 * segment takes the long way.
 *
 * A predicted segment of a connection touches, beside its bucket, the
 * first three cache lines: @link to @conn.last, and an end each.
 */
struct tt_node {
	struct tt_link link;
	struct tt_conn conn;
	union {
		struct tt_due due;
		struct {
			struct rcu_head rcu;
			struct tt_net *tn;
		};
	};
	struct tt_recorder *recorder[];
};

/* its last segments; NULL: off, or there was no memory when it was made */
static __always_inline struct tt_recorder *
tt_node_recorder(const struct tt_node *node)
{
	return tt_recorder_is_on() ? node->recorder[0] : NULL;
}

/* taken out of the table: look again. Under the node's lock */
static inline bool tt_node_is_dead(const struct tt_node *node)
{
	return !node->link.hash;
}

/* with flight recorders each segment takes the long way, and needs it */
static inline bool tt_node_has_empty_extra(const struct tt_node *node)
{
	return node->conn.rare && !tt_recorder_is_on() &&
	       tt_track_is_plain(&node->conn);
}

/* three lines of four, where a lock is no more than that */
static_assert(sizeof(spinlock_t) > 4 ||
	      (offsetof(struct tt_node, conn.end[2]) == 3 * 64 &&
	       sizeof(struct tt_node) == 4 * 64));
static_assert(sizeof(struct tt_bucket) == 64);

static __always_inline struct tt_node *tt_node_of(struct tt_link *link)
{
	BUILD_BUG_ON(offsetof(struct tt_node, link));	/* NULL for NULL */
	return container_of(link, struct tt_node, link);
}

/**
 * struct tt_shard - every TT_SHARDS-th bucket
 * @lock: protects the buckets, @evictable and @wheel; taken with BHs off,
 *	after a node's lock
 * @evictable: extras of nodes by their worth
 * @wheel: nodes by when they are to be looked at
 */
struct tt_shard {
	spinlock_t lock;	/* of the shard */
	struct list_head evictable[TT_WORTH_KEEPING];
	struct tt_wheel wheel;
};

/**
 * struct tt_table - hash table of nodes
 * @buckets: @mask + 1 of them, each by itself in a cache line
 * @mask: a power of two less one
 * @key: keeps the buckets from being guessed
 * @shards: bucket n belongs to shards[n % TT_SHARDS]
 * @barren: by worth, the jiffy in which no shard had such a node; else zero.
 *	A hint, without a lock
 * @linked: nodes in the table
 * @allocated: nodes whose memory is not yet free
 * @expiry: turns all wheels, once a tick while there are nodes
 *
 * What each segment reads lies apart from what each new connection writes.
 */
struct tt_table {
	struct tt_bucket *buckets;
	u32 mask;
	struct tt_hash_key key;
	struct tt_shard *shards;
	unsigned long barren[TT_WORTH_KEEPING] ____cacheline_aligned_in_smp;
	atomic_t linked;
	atomic_t allocated;
	struct delayed_work expiry;
};

size_t tt_node_size(void);
int tt_conn_cache_create(void);
void tt_conn_cache_destroy(void);
int tt_table_init(struct tt_table *table, unsigned int hashsize);
void tt_table_exit(struct tt_table *table);
bool tt_table_evict(struct tt_net *tn, u32 hash);
void tt_table_forget(struct tt_net *tn, bool filtered);

static inline struct tt_bucket *tt_bucket_of(const struct tt_table *table,
					     u32 hash)
{
	return &table->buckets[hash >> 1 & table->mask];
}

/* what a segment needs next of a node: all its lines at once, not in turn */
static inline void tt_node_prefetch(const struct tt_node *node)
{
	prefetchw(&node->conn.end[0]);
	prefetchw(&node->conn.end[1]);
}

/* found without a lock, it may be dead by now */
static __always_inline bool tt_node_is(const struct tt_node *node,
				       const struct tt_tuple *tuple, bool ipv4)
{
	tt_node_prefetch(node);
	return tt_tuple_equal(&node->conn.tuple, tuple, ipv4);
}

struct tt_node *tt_node_lookup_chained(struct tt_table *table, u32 hash,
				       const struct tt_tuple *tuple);

/* a slot's node; @chained: if none is, it may be behind its home slot */
static __always_inline struct tt_node *
tt_node_in_slot(struct tt_table *table, u32 hash, const struct tt_tuple *tuple,
		bool *chained, bool ipv4)
{
	const struct tt_bucket *bucket = tt_bucket_of(table, hash);
	u64 tags = smp_load_acquire(&bucket->tags);	/* before any slot */
	u64 slots = tt_slots_like(tags, tt_tag(hash));
	struct tt_node *node;

	for (; slots; slots &= slots - 1) {
		node = tt_node_of(rcu_dereference(bucket->slot[tt_slot_of(slots)]));
		if (node && tt_node_is(node, tuple, ipv4))
			return node;
	}
	*chained = tt_is_chained(tags, tt_home(hash));
	return NULL;
}

/* under rcu_read_lock() */
static __always_inline struct tt_node *tt_node_lookup(struct tt_table *table, u32 hash,
						      const struct tt_tuple *tuple)
{
	struct tt_node *node;
	bool chained;

	node = tt_node_in_slot(table, hash, tuple, &chained,
			       tt_tuple_is_ipv4(tuple));
	return node || !chained ? node :
	       tt_node_lookup_chained(table, hash, tuple);
}

struct tt_node *tt_node_create(struct tt_net *tn, u32 hash,
			       const struct tt_tuple *tuple);
void tt_node_resettle(struct tt_net *tn, struct tt_node *node,
		      enum tt_worth worth, u64 now);

static __always_inline enum tt_worth tt_worth_of(const struct tt_conn *conn)
{
	if (tt_track_ended(conn))
		return TT_WORTH_ENDED;
	if (tt_track_unproven(conn))
		return TT_WORTH_UNPROVEN;
	if (tt_track_embryonic(conn))
		return TT_WORTH_EMBRYONIC;
	return tt_track_quiet(conn) ? TT_WORTH_TIME_WAIT : TT_WORTH_KEEPING;
}

/* is it to be looked at in more than a second? */
static __always_inline bool tt_node_may_wait(const struct tt_node *node, u64 now)
{
	return node->due.tick > tt_tick_after(now + MSEC_PER_SEC);
}

/* an endpoint has changed its state, or it can do without extra; it is locked */
static __always_inline void tt_node_moved(struct tt_net *tn,
					  struct tt_node *node, u64 now)
{
	enum tt_worth worth = tt_worth_of(&node->conn);

	if (worth != node->due.mark || tt_node_may_wait(node, now))
		tt_node_resettle(tn, node, worth, now);
}

bool tt_node_unfold(struct tt_net *tn, struct tt_node *node);
void tt_node_discard(struct tt_net *tn, struct tt_node *node);
void tt_node_forget(struct tt_net *tn, struct tt_node *node);

#endif
