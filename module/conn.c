// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "compat/slab.h"
#include "net.h"
#include "report.h"
#include "timeout.h"

/* an extra that is not used stays for so long */
#define FOLD_AFTER_MS 1000

static struct kmem_cache *node_cache;

/**
 * tt_node_size - what a node takes
 *
 * Return: bytes, without its extra and its recorder.
 */
size_t tt_node_size(void)
{
	const struct tt_node *node = NULL;

	return ALIGN(struct_size(node, recorder, tt_flight_recorder ? 1 : 0),
		     SMP_CACHE_BYTES);
}

/**
 * tt_conn_cache_create - where nodes come from
 *
 * Return: 0 or -ENOMEM.
 */
int tt_conn_cache_create(void)
{
	int err = tt_extra_cache_create();

	if (err)
		return err;
	node_cache = kmem_cache_create("tt_node", tt_node_size(), 0,
				       SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE,
				       NULL);
	if (!node_cache) {
		tt_extra_cache_destroy();
		return -ENOMEM;
	}
	return 0;
}

/**
 * tt_conn_cache_destroy - the last table is gone
 *
 * Context: may sleep; waits for the nodes' RCU callbacks.
 */
void tt_conn_cache_destroy(void)
{
	rcu_barrier();
	kmem_cache_destroy(node_cache);
	tt_extra_cache_destroy();
}

static struct tt_shard *shard_of(struct tt_table *table, u32 hash)
{
	return &table->shards[hash >> 1 & table->mask & (TT_SHARDS - 1)];
}

static void release_node(struct tt_node *node)
{
	kfree(tt_node_recorder(node));
	kmem_cache_free(node_cache, node);
}

static void free_node(struct rcu_head *rcu)
{
	struct tt_node *node = container_of(rcu, struct tt_node, rcu);
	struct tt_table *table = &node->tn->table;

	release_node(node);
	atomic_dec(&table->allocated);	/* the table may go now */
}

/* the node is locked, so BHs are off */
static void unlink_node(struct tt_table *table, struct tt_node *node)
{
	struct tt_shard *shard = shard_of(table, node->link.hash);
	struct tt_extra *extra = tt_extra_of(&node->conn);

	spin_lock(&shard->lock);
	tt_bucket_remove(tt_bucket_of(table, node->link.hash), &node->link);
	if (extra)
		list_del_init(&extra->peers);
	tt_due_remove(&node->due);
	spin_unlock(&shard->lock);
	node->link.hash = 0;
	atomic_dec(&table->linked);
}

/* the node is locked, and its extra has no peers */
static void fold_node(struct tt_node *node)
{
	if (!node->conn.rare)
		return;
	tt_extra_free(tt_extra_of(&node->conn));
	node->conn.rare = NULL;
}

/**
 * tt_node_discard - take a connection out of the table without a word
 * @tn: its namespace
 * @node: the connection, locked and not dead
 *
 * Context: under rcu_read_lock(), until the lock is released.
 */
void tt_node_discard(struct tt_net *tn, struct tt_node *node)
{
	unlink_node(&tn->table, node);
	fold_node(node);
	node->tn = tn;
	call_rcu(&node->rcu, free_node);
}

/**
 * tt_node_forget - as tt_node_discard(), and count it
 * @tn: its namespace
 * @node: the connection, locked and not dead
 */
void tt_node_forget(struct tt_net *tn, struct tt_node *node)
{
	tt_node_discard(tn, node);
	tt_count(tn, forgotten);
}

/* false: somebody else has ended it, or it is worth more by now */
static bool kill_node(struct tt_net *tn, struct tt_node *node,
		      enum tt_worth worth)
{
	bool mine;

	spin_lock_bh(&node->link.lock);
	mine = !tt_node_is_dead(node) && node->due.mark <= worth;
	if (mine)
		tt_node_discard(tn, node);
	spin_unlock_bh(&node->link.lock);
	return mine;
}

/**
 * tt_table_forget - end connections without a word
 * @tn: the namespace; no hook adds any to them
 * @filtered: only those that the filter does not let pass; false: all
 *
 * Context: may sleep.
 */
void tt_table_forget(struct tt_net *tn, bool filtered)
{
	const struct tt_filter *filter = filtered ? &tn->settings.filter : NULL;
	struct tt_table *table = &tn->table;
	struct tt_link *link;
	unsigned int i, slot;

	for (i = 0; i <= table->mask; i++) {
		rcu_read_lock();
		tt_for_each_link(link, slot, &table->buckets[i]) {
			struct tt_node *node = tt_node_of(link);

			if ((!filter ||
			     !tt_filter_passes(filter, &node->conn.tuple)) &&
			    kill_node(tn, node, TT_WORTH_KEEPING))
				tt_count(tn, forgotten);
		}
		rcu_read_unlock();
		cond_resched();
	}
}

/* under the shard's lock; the node is on no list */
static void set_worth(struct tt_table *table, struct tt_shard *shard,
		      struct tt_node *node, enum tt_worth worth)
{
	node->due.mark = worth;
	if (worth == TT_WORTH_KEEPING)
		return;
	list_add_tail(&tt_extra_of(&node->conn)->peers,
		      &shard->evictable[worth]);
	if (READ_ONCE(table->barren[worth]))
		WRITE_ONCE(table->barren[worth], 0);
}

/* among its peers, and on the wheel; the node is locked */
static void settle(struct tt_table *table, struct tt_node *node,
		   enum tt_worth worth, u32 tick)
{
	struct tt_shard *shard = shard_of(table, node->link.hash);

	spin_lock(&shard->lock);
	if (worth != node->due.mark) {
		list_del_init(&tt_extra_of(&node->conn)->peers);
		set_worth(table, shard, node, worth);
	}
	if (tick != node->due.tick || !tt_due_is_set(&node->due))
		tt_wheel_set(&shard->wheel, &node->due, tick);
	spin_unlock(&shard->lock);
}

static bool is_foldable(const struct tt_node *node, enum tt_worth worth)
{
	return worth == TT_WORTH_KEEPING && tt_node_has_empty_extra(node);
}

/* not before that; but its rate may have something to remember then */
static u64 fold_time(const struct tt_node *node, u64 now)
{
	return tt_stamp_ms(tt_extra_of(&node->conn)->used, now) + FOLD_AFTER_MS;
}

static __always_inline u32 tick_of(struct tt_net *tn,
				   const struct tt_node *node,
				   enum tt_worth worth, u64 now)
{
	/* a sysctl changes a limit: its value before or after will do */
	u64 due = data_race(tt_track_deadline(&node->conn,
					      &tn->settings.limits, now));

	if (is_foldable(node, worth))
		due = min(due, fold_time(node, now));
	return tt_tick_after(due);
}

/**
 * tt_node_resettle - a node's worth has changed, or its time may be shorter
 * @tn: its namespace
 * @node: the connection, locked
 * @worth: tt_worth_of() it
 * @now: milliseconds
 *
 * What begins now lasts a second; what began before is on the wheel.
 */
void tt_node_resettle(struct tt_net *tn, struct tt_node *node,
		      enum tt_worth worth, u64 now)
{
	u32 tick = node->due.tick;

	if (tt_node_may_wait(node, now))
		tick = min(tick_of(tn, node, worth, now), tick);
	if (worth != node->due.mark || tick != node->due.tick)
		settle(&tn->table, node, worth, tick);
}

static bool is_at_rest(const struct tt_node *node, u64 now)
{
	return fold_time(node, now) <= now &&
	       tt_rate_is_idle(&tt_extra_of(&node->conn)->rate, now);
}

/* its tick has come; the node is locked and not dead */
static void look_at(struct tt_net *tn, struct tt_node *node)
{
	struct tt_result res;
	u64 now = tt_now_ms();
	enum tt_worth worth;
	bool stays;

	/* as above */
	stays = data_race(tt_track_timeouts(&node->conn, &tn->settings.limits,
					    now, &res));
	tt_report(tn, node, NULL, &res);
	worth = tt_worth_of(&node->conn);
	if (stays && worth != TT_WORTH_KEEPING)	/* else nobody remembers it */
		stays = tt_node_unfold(tn, node);
	if (!stays) {
		tt_node_forget(tn, node);
		return;
	}
	if (worth == node->due.mark && is_foldable(node, worth) &&
	    is_at_rest(node, now))
		fold_node(node);
	settle(&tn->table, node, worth, tick_of(tn, node, worth, now));
}

/* as far as it goes in one go; false: that was all */
static bool turn(struct tt_net *tn, struct tt_shard *shard, u32 now)
{
	struct tt_node *node;
	struct tt_due *due;
	bool more;

	rcu_read_lock();	/* keeps it, whoever ends it meanwhile */
	spin_lock_bh(&shard->lock);
	more = tt_wheel_turn(&shard->wheel, now, &due);
	spin_unlock_bh(&shard->lock);
	if (due) {
		node = container_of(due, struct tt_node, due);
		spin_lock_bh(&node->link.lock);
		if (!tt_node_is_dead(node))
			look_at(tn, node);
		spin_unlock_bh(&node->link.lock);
	}
	rcu_read_unlock();
	return more;
}

/* at the beginning of the next tick */
static void schedule_expiry(struct tt_table *table)
{
	u64 now = tt_now_ms();
	u64 next = (u64)tt_tick_after(now) << TT_TICK_MS_LOG2;

	queue_delayed_work(system_unbound_wq, &table->expiry,
			   msecs_to_jiffies(next - now));
}

/*
 * Queued by itself while there are nodes, and by the first node: if that one
 * came too late for this to see it, it sees that nothing is queued.
 */
static void expire(struct work_struct *work)
{
	struct tt_table *table = container_of(to_delayed_work(work),
					      struct tt_table, expiry);
	struct tt_net *tn = container_of(table, struct tt_net, table);
	u32 now = tt_tick(tt_now_ms());
	unsigned int i;

	for (i = 0; i < TT_SHARDS; i++) {
		if (tt_wheel_is_empty(&table->shards[i].wheel))
			continue;
		while (turn(tn, &table->shards[i], now))
			cond_resched();
		cond_resched();
	}
	if (atomic_read(&table->linked))
		schedule_expiry(table);
}

/**
 * tt_table_init - an empty table
 * @table: the table
 * @hashsize: how large, in pointers, rounded up to a power of two
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int tt_table_init(struct tt_table *table, unsigned int hashsize)
{
	unsigned int i, worth, buckets;

	buckets = roundup_pow_of_two(hashsize) * sizeof(void *) /
		  sizeof(*table->buckets);
	table->shards = kvcalloc(TT_SHARDS, sizeof(*table->shards),
				 GFP_KERNEL_ACCOUNT);
	if (!table->shards)
		return -ENOMEM;
	table->buckets = kvcalloc(buckets, sizeof(*table->buckets),
				  GFP_KERNEL_ACCOUNT);
	if (!table->buckets) {
		kvfree(table->shards);
		return -ENOMEM;
	}
	table->mask = buckets - 1;
	get_random_bytes(&table->key, sizeof(table->key));
	table->key.last |= 1;
	atomic_set(&table->linked, 0);
	atomic_set(&table->allocated, 0);
	for (i = 0; i < TT_SHARDS; i++) {
		spin_lock_init(&table->shards[i].lock);
		for (worth = 0; worth < TT_WORTH_KEEPING; worth++)
			INIT_LIST_HEAD(&table->shards[i].evictable[worth]);
		tt_wheel_init(&table->shards[i].wheel, tt_tick(tt_now_ms()));
	}
	INIT_DELAYED_WORK(&table->expiry, expire);
	return 0;
}

/**
 * tt_table_exit - free the table
 * @table: the table; no hook uses it any more, and tt_table_forget() was there
 *
 * Context: may sleep; waits until every node is free.
 */
void tt_table_exit(struct tt_table *table)
{
	cancel_delayed_work_sync(&table->expiry);
	while (atomic_read(&table->allocated))
		msleep(20);
	kvfree(table->buckets);
	kvfree(table->shards);
}

/* the oldest of its worth; other CPUs may have their eyes on it, too */
static struct tt_node *oldest_in(struct tt_shard *shard, enum tt_worth worth)
{
	struct tt_node *node = NULL;
	struct tt_extra *extra;

	if (list_empty(&shard->evictable[worth]))	/* a hint is enough */
		return NULL;
	spin_lock_bh(&shard->lock);
	extra = list_first_entry_or_null(&shard->evictable[worth],
					 struct tt_extra, peers);
	if (extra)
		node = extra->node;
	spin_unlock_bh(&shard->lock);
	return node;	/* RCU keeps it from being freed */
}

/* in a flood nobody looks through all shards more often than once a jiffy */
static bool evict(struct tt_net *tn, u32 hash, enum tt_worth worth)
{
	unsigned long barren = READ_ONCE(tn->table.barren[worth]);
	struct tt_node *node;
	unsigned int i;

	if (barren && time_before_eq(jiffies, barren))
		return false;
	for (i = 0; i < TT_SHARDS; i++) {
		node = oldest_in(shard_of(&tn->table, hash + 2 * i), worth);
		if (node && kill_node(tn, node, worth)) {
			tt_count(tn, evicted);
			return true;
		}
	}
	WRITE_ONCE(tn->table.barren[worth], jiffies);
	return false;
}

/**
 * tt_table_evict - somebody has to go, for want of room or memory
 * @tn: the namespace
 * @hash: where to look first
 *
 * Context: under rcu_read_lock(), without a node's lock.
 * Return: false if there is nobody who may.
 */
bool tt_table_evict(struct tt_net *tn, u32 hash)
{
	enum tt_worth worth;

	for (worth = 0; worth < TT_WORTH_KEEPING; worth++)
		if (evict(tn, hash, worth))
			return true;
	return false;
}

static bool make_room(struct tt_net *tn, u32 hash)
{
	int max = READ_ONCE(tn->settings.max_connections);
	int over = atomic_read(&tn->table.linked) - max;

	if (atomic_read(&tn->table.allocated) >=
	    max + max(max, TT_LEAVING_MIN))
		return false;
	if (over < 0)
		return true;
	if (over > 0)	/* the bound was lowered */
		tt_table_evict(tn, hash);
	if (tt_table_evict(tn, hash))
		return true;
	pr_warn_ratelimited("tcptrace: table full, connection not traced (net.tcptrace.max_connections)\n");
	return false;
}

/* the control group that pays is chosen; false: no memory */
static bool unfold_node(struct tt_net *tn, struct tt_node *node)
{
	struct tt_extra *extra = tt_extra_create(node, tn->gfp);

	if (!extra)
		return false;
	tt_track_unfold(&node->conn, extra->rare);
	return true;
}

static struct tt_node *alloc_node(struct tt_net *tn, u32 hash,
				  const struct tt_tuple *tuple)
{
	struct tt_node *node = kmem_cache_zalloc(node_cache, tn->gfp);

	if (!node)
		return NULL;
	if (!unfold_node(tn, node)) {
		kmem_cache_free(node_cache, node);
		return NULL;
	}
	atomic_inc(&tn->table.allocated);
	node->link.hash = hash;
	spin_lock_init(&node->link.lock);
	tt_due_init(&node->due);
	if (tt_flight_recorder) {
		node->recorder[0] = tt_recorder_create(tn->gfp);
		if (!node->recorder[0])
			tt_count(tn, recorders_failed);
	}
	tt_track_init(&node->conn, tuple);
	return node;
}

/*
 * The new node, or the one that another CPU has put there meanwhile. Its lock
 * keeps it from being looked at before its first segment.
 */
static struct tt_node *insert(struct tt_net *tn, struct tt_node *node)
{
	struct tt_table *table = &tn->table;
	struct tt_shard *shard = shard_of(table, node->link.hash);
	struct tt_node *other;
	bool first = false;

	spin_lock_bh(&node->link.lock);
	spin_lock(&shard->lock);
	other = tt_node_lookup(table, node->link.hash, &node->conn.tuple);
	if (!other) {
		tt_wheel_set(&shard->wheel, &node->due,
			     tt_tick_after(tt_now_ms() + MSEC_PER_SEC));
		set_worth(table, shard, node, TT_WORTH_EMBRYONIC);
		tt_bucket_add(tt_bucket_of(table, node->link.hash), &node->link);
		first = atomic_inc_return(&table->linked) == 1;
	}
	spin_unlock(&shard->lock);
	spin_unlock_bh(&node->link.lock);
	if (first)
		schedule_expiry(table);
	if (!other)
		return node;

	fold_node(node);
	release_node(node);
	atomic_dec(&table->allocated);
	return other;
}

/**
 * tt_node_unfold - give a node its extra, if it has none
 * @tn: its namespace
 * @node: the connection, locked and not dead
 *
 * Return: false without memory; then it is as it was.
 */
bool tt_node_unfold(struct tt_net *tn, struct tt_node *node)
{
	struct mem_cgroup *old;
	bool unfolded;

	if (node->conn.rare)
		return true;
	old = set_active_memcg(tn->memcg);
	unfolded = unfold_node(tn, node);
	set_active_memcg(old);
	return unfolded;
}

/**
 * tt_node_create - begin a connection
 * @tn: the namespace
 * @hash: of the tuple
 * @tuple: normalised
 *
 * Context: under rcu_read_lock().
 * Return: the node, or the one that another CPU has made meanwhile; NULL if
 * none could be made.
 */
struct tt_node *tt_node_create(struct tt_net *tn, u32 hash,
			       const struct tt_tuple *tuple)
{
	struct tt_node *node = NULL;

	if (make_room(tn, hash)) {
		struct mem_cgroup *old = set_active_memcg(tn->memcg);

		node = alloc_node(tn, hash, tuple);
		set_active_memcg(old);
	}
	if (!node) {
		tt_count(tn, refused);
		return NULL;
	}
	return insert(tn, node);
}

/**
 * tt_node_lookup_chained - the rest of tt_node_lookup(), for what found no slot
 * @table: the table
 * @hash: of the tuple
 * @tuple: normalised
 *
 * Context: under rcu_read_lock().
 * Return: the node; NULL if it is not behind its home slot either.
 */
struct tt_node *tt_node_lookup_chained(struct tt_table *table, u32 hash,
				       const struct tt_tuple *tuple)
{
	const struct tt_bucket *bucket = tt_bucket_of(table, hash);
	struct tt_link *link = rcu_dereference(bucket->slot[tt_home(hash)]);
	bool ipv4 = tt_tuple_is_ipv4(tuple);

	for (; link; link = rcu_dereference(link->next))
		if (tt_node_is(tt_node_of(link), tuple, ipv4))
			return tt_node_of(link);
	return NULL;
}
