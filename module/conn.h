/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of a network namespace's connections.
 */
#ifndef _TCPTRACE_CONN_H
#define _TCPTRACE_CONN_H

#include <linux/rculist.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include "rate.h"
#include "recorder.h"
#include "track.h"

#define TT_HASHSIZE_MIN		64
#define TT_HASHSIZE_MAX		4194304
#define TT_HASHSIZE_DEFAULT	16384

#define TT_SHARDS		256

/* nodes that may wait for a grace period: as many as connections, or these */
#define TT_LEAVING_MIN		4096

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
 * @link: in its bucket; changed under the shard's lock, walked under RCU; out
 *	of it when the node is dead, see tt_node_is_dead()
 * @hash: of the tuple
 * @lock: protects all that follows; taken with BHs off, before shards' locks
 *	and the log's
 * @conn: the connection
 * @peers: the other nodes of the same @worth in this shard, oldest first;
 *	under the shard's lock
 * @rcu: frees it, when it has no peers any more
 * @worth: enum tt_worth; changed with the shard's lock held, too
 * @disarmed: who took it out of the table has deleted a pending @timer
 * @rate: of verdicts without a transition
 * @deadline: what @timer is set to, milliseconds
 * @timer: pending or running while the node is not dead
 * @tn: the namespace; outlives the node
 * @recorder: its last segments; NULL: off, or there was no memory. Only set
 *	when the node is made
 *
 * Whoever unlinks the node deletes @timer in the same breath. If it was pending,
 * it is he who frees the node after a grace period, although the timer's
 * function may be running, too: waiting for @lock while a segment armed the
 * timer again. Else it is running now, finds the node dead and frees it.
 *
 * A predicted segment of a connection touches, beside the bucket's head, the
 * first four cache lines: @link to @conn.tuple, an end each, and @conn.last.
 */
struct tt_node {
	struct hlist_node link;
	u32 hash;
	spinlock_t lock;	/* of the node */
	struct tt_conn conn;
	union {
		struct list_head peers;
		struct rcu_head rcu;
	};
	u8 worth;
	bool disarmed;
	struct tt_rate rate;
	u64 deadline;
	struct timer_list timer;
	struct tt_net *tn;
	struct tt_recorder *recorder;
};

/* taken out of the table: look again. Under the node's lock */
static inline bool tt_node_is_dead(const struct tt_node *node)
{
	return hlist_unhashed(&node->link);
}

/**
 * struct tt_shard - every TT_SHARDS-th bucket
 * @lock: protects the buckets and @evictable; taken with BHs off, after a
 *	node's lock
 * @evictable: nodes by their worth
 */
struct tt_shard {
	spinlock_t lock;	/* of the shard */
	struct list_head evictable[TT_WORTH_KEEPING];
};

/**
 * struct tt_table - hash table of nodes
 * @buckets: heads; @mask + 1 of them
 * @mask: a power of two less one
 * @key: keeps the buckets from being guessed
 * @barren: by worth, the jiffy in which no shard had such a node; else zero.
 *	A hint, without a lock
 * @linked: nodes in the table
 * @allocated: nodes whose memory is not yet free
 * @shards: bucket n belongs to shards[n % TT_SHARDS]
 */
struct tt_table {
	struct hlist_head *buckets;
	u32 mask;
	hsiphash_key_t key;
	unsigned long barren[TT_WORTH_KEEPING];
	atomic_t linked;
	atomic_t allocated;
	struct tt_shard *shards;
};

int tt_conn_cache_create(void);
void tt_conn_cache_destroy(void);
int tt_table_init(struct tt_table *table, unsigned int hashsize);
void tt_table_exit(struct tt_table *table);
void tt_table_forget(struct tt_net *tn, bool filtered);

struct tt_node *tt_node_find(struct tt_net *tn, const struct tt_tuple *tuple,
			     bool create);
void tt_node_moved(struct tt_node *node);
void tt_node_discard(struct tt_node *node);

#endif
