// SPDX-License-Identifier: GPL-2.0
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <net/sock.h>
#include "hook.h"
#include "move.h"
#include "net.h"
#include "opening.h"
#include "predict.h"
#include "report.h"
#include "sight.h"

/* NULL: not the sender's, or it is but a request or in TIME-WAIT */
static __always_inline const struct sock *sender_of(const struct sk_buff *skb,
						    enum tt_place place)
{
	const struct sock *sk = place == TT_AT_OUTPUT ? skb->sk : NULL;

	return sk && sk_fullsock(sk) ? sk : NULL;
}

/*
 * A user's raw socket, or a packet socket, whose packets come by here if it sends
 * through a VRF. The kernel answers through raw sockets of its own.
 */
static __always_inline bool is_foreign(const struct sock *sk)
{
	return sk && sk->sk_type != SOCK_STREAM && sk->sk_net_refcnt;
}

/*
 * Has a socket yet to see to what came while a user had it? Or to the text of a
 * segment whose ACK makes it send (tcp_ack() comes before tcp_data_queue())?
 * @off: BHs are, and it was not done here
 */
static __always_inline bool has_backlog(const struct sock *sk, bool text,
					bool off)
{
	return (text && off) || (sk && READ_ONCE(sk->sk_backlog.len));
}

static __always_inline bool is_loopback(const struct net_device *dev)
{
	return dev && dev->flags & IFF_LOOPBACK;
}

/* where and when @at->seg is seen; @off: as has_backlog()'s */
static __always_inline void locate(struct tt_sighting *at,
				   const struct nf_hook_state *state,
				   const struct sock *sk, bool off)
{
	bool text = at->seg->len || at->seg->flags & TT_FIN;

	if (at->place == TT_AT_OUTPUT) {
		at->loopback = is_loopback(state->out);
		at->backlog = has_backlog(sk, text, off);
	}
	at->now = tt_now_ms();
}

static void count_malformed(struct tt_net *tn, enum tt_parse parse)
{
	if (parse == TT_PARSE_BAD_OFFSET)
		tt_count(tn, malformed_data_offset);
	else
		tt_count(tn, malformed_truncated);
}

/* from the packet to the facts; false: not a segment to track */
static __always_inline bool read_segment(struct tt_net *tn,
					 const struct sk_buff *skb,
					 const struct tt_sight *sight,
					 unsigned int src,
					 struct tt_segment *seg)
{
	enum tt_parse parsed = tt_sight_parse(skb, sight, seg);

	seg->unit = skb_is_gso(skb) ? skb_shinfo(skb)->gso_size : 0;
	if (unlikely(seg->options & TT_OPT_BAD))
		tt_count(tn, malformed_option);
	if (likely(parsed == TT_PARSE_OK))
		return true;

	count_malformed(tn, parsed);
	tt_report_stray(tn, &sight->tuple, src, seg, TT_V_TRUNCATED);
	return false;
}

/* where its low half is zero, an end could not tell it from none */
static u64 next_id(struct tt_net *tn)
{
	u64 id;

	do {
		id = atomic64_inc_return(&tn->ids);
	} while (unlikely(!(u32)id));
	return id;
}

/* what follows from what a segment has done to a connection */
static __always_inline void follow_up(struct tt_net *tn, struct tt_node *node,
				      const struct tt_sighting *at,
				      const struct tt_result *res)
{
	bool moved;

	tt_extra_of(&node->conn)->used = tt_stamp(at->now);
	moved = tt_report_here(tn, node, at->seg, res);
	if (!node->conn.id)		/* it began nothing */
		tt_node_discard(tn, node);
	else if (moved || node->due.mark == TT_WORTH_UNPROVEN ||
		 tt_node_has_empty_extra(node))
		tt_node_moved(tn, node, at->now);
}

/* the long way; its large result is on see_any()'s stack */
static __always_inline void track_fully(struct tt_net *tn, struct tt_node *node,
					struct tt_sighting *at)
{
	struct tt_result res __uninitialized;	/* tt_track() fills it in */
	u64 id = node->conn.id;

	if (!id)
		at->next_id = next_id(tn);
	if (!tt_predict_open_here(&node->conn, at, &res)) {
		if (id && tt_track_needs_id(&node->conn, at))
			at->next_id = next_id(tn);
		tt_track(&node->conn, at, &res);
	}
	if (id && res.id_used)
		tt_count(tn, replaced);
	follow_up(tn, node, at, &res);
}

/*
 * The short way once more, for a packet whose headers were not plain. The flight
 * recorder wants more than the verdict.
 */
static __always_inline bool is_predicted(struct tt_node *node,
					 const struct tt_sighting *at,
					 enum tt_verdict *verdict)
{
	return !tt_recorder_is_on() &&
	       !(at->seg->flags & (TT_SYN | TT_FIN | TT_RST)) &&
	       tt_predict(&node->conn, at, verdict);
}

/* somebody else has to go; the node is unlocked meanwhile, and may be dead then */
static noinline bool unfold_evicting(struct tt_net *tn, struct tt_node *node)
	__must_hold(&node->link.lock)
{
	u32 hash = node->link.hash;

	spin_unlock(&node->link.lock);	/* BHs stay off */
	tt_table_evict(tn, hash);
	spin_lock(&node->link.lock);
	return !tt_node_is_dead(node) && tt_node_unfold(tn, node);
}

/* there is no memory for it; false: it is dead */
static bool give_up(struct tt_net *tn, struct tt_node *node)
{
	if (tt_node_is_dead(node))
		return false;
	tt_node_forget(tn, node);
	tt_count(tn, refused);
	return true;
}

/* false: BHs were on, and will be again */
static __always_inline bool lock_node(struct tt_node *node)
	__acquires(&node->link.lock)
{
	bool off = in_softirq();	/* where softirqs deliver packets */

	if (!off)
		local_bh_disable();
	spin_lock(&node->link.lock);
	return off;
}

static __always_inline void unlock_node(struct tt_node *node, bool off)
	__releases(&node->link.lock)
{
	spin_unlock(&node->link.lock);
	if (!off)
		local_bh_enable();
}

/* false: the connection has just been removed, look again */
static __always_inline bool track_in(struct tt_net *tn, struct tt_node *node,
				     struct tt_sighting *at)
{
	bool off = lock_node(node), done = true;
	enum tt_verdict verdict;

	if (tt_node_is_dead(node))
		done = false;
	else if (is_predicted(node, at, &verdict))
		tt_report_predicted(tn, verdict);
	else if (tt_node_unfold(tn, node) || unfold_evicting(tn, node))
		track_fully(tn, node, at);
	else
		done = give_up(tn, node);
	unlock_node(node, off);
	return done;
}

static __always_inline struct tt_node *
find_node(struct tt_net *tn, const struct tt_tuple *tuple, u32 hash,
	  bool create)
{
	struct tt_node *node = tt_node_lookup(&tn->table, hash, tuple);

	return node || !create ? node : tt_node_create(tn, hash, tuple);
}

static __always_inline void track(struct tt_net *tn,
				  const struct tt_tuple *tuple, u32 hash,
				  struct tt_sighting *at)
{
	bool opens = tt_track_opens(at);
	struct tt_node *node;

	while ((node = find_node(tn, tuple, hash, opens)))
		if (track_in(tn, node, at))
			return;
	if (!opens)
		tt_report_stray(tn, tuple, at->src, at->seg,
				at->bad_checksum ? TT_V_BAD_CHECKSUM :
				TT_V_NO_CONNECTION);
}

/* what a packet carries, however its headers lie */
static enum tt_found find_segment(const struct sk_buff *skb,
				  const struct nf_hook_state *state,
				  struct tt_sight *sight)
{
	sight->tuple = (struct tt_tuple) { .zero = 0 };
	if (tt_sight_glance(skb, state->pf == NFPROTO_IPV4, sight))
		return TT_FOUND_TCP;
	return tt_sight_find(skb, state->pf, sight);
}

static bool is_wanted(const struct tt_filter *filter,
		      const struct tt_sight *sight)
{
	return !READ_ONCE(filter->active) ||
	       !sight->has_ports ||	/* to be counted as malformed */
	       tt_filter_passes(filter, &sight->tuple);
}

/* the long way of a packet, for any of them; @wanted: the filters let it pass */
static noinline void see_any(struct tt_net *tn, const struct sk_buff *skb,
			     const struct nf_hook_state *state,
			     enum tt_place place, bool wanted)
{
	/* filled in as far as they are used; clearing them costs */
	struct tt_segment seg __uninitialized;
	struct tt_sight sight __uninitialized;
	struct tt_sighting at = { .seg = &seg, .place = place };
	const struct sock *sk;
	bool ipv4;

	switch (find_segment(skb, state, &sight)) {
	case TT_FOUND_TCP:
		break;
	case TT_FOUND_FRAGMENT:
		tt_count(tn, fragments);
		return;
	case TT_FOUND_BAD_IP:
		tt_count(tn, malformed_ip);
		return;
	case TT_FOUND_OTHER:
		return;
	}
	if (!wanted && !is_wanted(&tn->settings.filter, &sight)) {
		tt_count(tn, filtered);
		return;
	}
	if (place == TT_AT_INPUT && skb->pkt_type != PACKET_HOST) {
		tt_count(tn, ignored_broadcast);
		return;
	}
	sk = sender_of(skb, place);
	at.foreign = is_foreign(sk);
	if (at.foreign && is_loopback(state->out))
		return;	/* seen on its way in */
	ipv4 = tt_tuple_is_ipv4(&sight.tuple);
	at.src = tt_tuple_sort(&sight.tuple, ipv4);
	if (!read_segment(tn, skb, &sight, at.src, &seg))
		return;

	locate(&at, state, sk, in_softirq());
	at.bad_checksum = !tt_sight_is_verified(skb) &&
			  tt_sight_bad_checksum(skb, &sight, place);
	if (at.bad_checksum)
		tt_count(tn, malformed_checksum);
	track(tn, &sight.tuple,
	      tt_tuple_hash(&tn->table.key, &sight.tuple, ipv4), &at);
}

/* longer ones may be several in one skb: GSO, GRO */
#define TT_UNIT_USUAL 1460

/*
 * The way between: a segment as expected, that moves a state. All of its header
 * is read, for what the short way has of it is in registers.
 * @off: as has_backlog()'s
 */
static noinline bool predict_move_in(struct tt_net *tn, struct tt_node *node,
				     const struct sk_buff *skb,
				     const struct nf_hook_state *state,
				     struct tt_sighting at, const u8 *tcp,
				     unsigned int len, bool off)
	__must_hold(&node->link.lock)
{
	struct tt_segment seg __uninitialized;
	struct tt_result res __uninitialized;

	tt_segment_plain(&seg, tcp, tt_segment_offset(tcp), len);
	seg.unit = skb_is_gso(skb) ? skb_shinfo(skb)->gso_size : 0;
	at.seg = &seg;
	locate(&at, state, sender_of(skb, at.place), off);
	if (!tt_predict_move_here(&node->conn, &at, &res))
		return false;
	follow_up(tn, node, &at, &res);
	return true;
}

/* with BHs off and the node locked; false: it has to go the long way */
static __always_inline bool predict_locked(struct tt_net *tn,
					   struct tt_node *node,
					   const struct sk_buff *skb,
					   const struct nf_hook_state *state,
					   const struct sock *sk,
					   enum tt_place place,
					   const struct tt_sight *g,
					   unsigned int src, unsigned int header,
					   bool off)
	__must_hold(&node->link.lock)
{
	struct tt_sighting at = { .src = src, .place = place };
	struct tt_segment seg __uninitialized;
	enum tt_verdict verdict;

	if (unlikely(tt_node_is_dead(node)))
		return false;
	if (unlikely(g->tcp[13] & TT_FIN ||
		     !tt_track_is_established(&node->conn)))
		return node->conn.rare &&
		       predict_move_in(tn, node, skb, state, at, g->tcp, g->len,
				       off);
	/* here, where its numbers are needed: before, they wait on the stack */
	tt_segment_plain(&seg, g->tcp, header, g->len);
	seg.flags = TT_ACK;	/* no FIN; the others make no difference here */
	seg.end = seg.seq + seg.len;
	if (seg.len > TT_UNIT_USUAL)	/* else that line stays untouched */
		seg.unit = skb_shinfo(skb)->gso_size;
	at.seg = &seg;
	locate(&at, state, sk, off);
	if (!tt_predict_here(&node->conn, &at, &verdict))
		return false;
	tt_report_predicted(tn, verdict);
	return true;
}

/*
 * What is rarely needed takes a second look at the packet, so that a tuple need
 * not be in memory otherwise.
 */
static noinline bool passes_by_name(const struct tt_filter *filter,
				    const struct sk_buff *skb, bool ipv4)
{
	struct tt_sight g __uninitialized;

	return tt_sight_glance(skb, ipv4, &g) && tt_filter_passes(filter, &g.tuple);
}

static noinline struct tt_node *find_chained(struct tt_table *table,
					     const struct sk_buff *skb,
					     bool ipv4, u32 hash)
{
	struct tt_sight g __uninitialized;

	if (!tt_sight_glance(skb, ipv4, &g))
		return NULL;
	tt_tuple_sort(&g.tuple, ipv4);
	return tt_node_lookup_chained(table, hash, &g.tuple);
}

static __always_inline bool passes(const struct tt_filter *filter,
				   const struct tt_tuple *tuple,
				   const struct sk_buff *skb, bool ipv4)
{
	return !READ_ONCE(filter->active) ||
	       (tt_filter_samples(filter, tuple) &&
		(!READ_ONCE(filter->by_name) ||
		 passes_by_name(filter, skb, ipv4)));
}

/*
 * Not somebody else's, and its checksum is yet to be made, or verified: even a TCP
 * socket's own may be damaged, by a qdisc on its way through a VRF or an ipvlan.
 */
static __always_inline bool is_plain(const struct sk_buff *skb,
				     const struct sock *sk)
{
	if (sk && (!sk_fullsock(sk) || is_foreign(sk)))
		return false;
	return (sk && skb->ip_summed == CHECKSUM_PARTIAL) ||
	       tt_sight_is_verified(skb);
}

/*
 * The short way of a segment that was expected. Everything stays in registers.
 * false: it has to go the long way.
 */
static __always_inline bool see_plain(struct tt_net *tn,
				      const struct sk_buff *skb,
				      const struct nf_hook_state *state,
				      enum tt_place place, bool ipv4,
				      struct tt_sight *g)
{
	unsigned int src, header = tt_segment_is_plain(g->tcp, g->have);
	const struct sock *sk = place == TT_AT_OUTPUT ? skb->sk : NULL;
	struct tt_node *node;
	bool off, chained;
	u32 hash;

	if (!header)
		return false;
	src = tt_tuple_sort(&g->tuple, ipv4);
	hash = tt_tuple_hash(&tn->table.key, &g->tuple, ipv4);
	prefetch(tt_bucket_of(&tn->table, hash));
	if (tt_recorder_is_on() ||	/* wants more than the verdict */
	    (place == TT_AT_INPUT && skb->pkt_type != PACKET_HOST) ||
	    !is_plain(skb, sk))
		return false;
	node = tt_node_in_slot(&tn->table, hash, &g->tuple, &chained, ipv4);
	if (!node && chained)
		node = find_chained(&tn->table, skb, ipv4, hash);
	if (!node)
		return false;

	off = lock_node(node);
	if (!predict_locked(tn, node, skb, state, sk, place, g, src, header,
			    off)) {
		unlock_node(node, off);
		return false;
	}
	unlock_node(node, off);
	return true;
}

/* in each hook, for which place and family are constants */
static __always_inline unsigned int see(struct tt_net *tn,
					const struct sk_buff *skb,
					const struct nf_hook_state *state,
					enum tt_place place, bool ipv4)
{
	struct tt_sight g __uninitialized;

	if (!tt_sight_glance(skb, ipv4, &g))
		see_any(tn, skb, state, place, false);
	else if (!passes(&tn->settings.filter, &g.tuple, skb, ipv4))
		tt_count(tn, filtered);
	else if (!see_plain(tn, skb, state, place, ipv4, &g))
		see_any(tn, skb, state, place, true);
	return NF_ACCEPT;
}

static __flatten unsigned int
see_ipv4_output(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return see(priv, skb, state, TT_AT_OUTPUT, true);
}

static __flatten unsigned int
see_ipv4_input(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return see(priv, skb, state, TT_AT_INPUT, true);
}

static __flatten unsigned int
see_ipv4_forward(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return see(priv, skb, state, TT_AT_FORWARD, true);
}

static __flatten unsigned int
see_ipv6_output(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return see(priv, skb, state, TT_AT_OUTPUT, false);
}

static __flatten unsigned int
see_ipv6_input(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return see(priv, skb, state, TT_AT_INPUT, false);
}

static __flatten unsigned int
see_ipv6_forward(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return see(priv, skb, state, TT_AT_FORWARD, false);
}

#define HOOK(family, number, function, order)	\
	{					\
		.hook = function,		\
		.pf = family,			\
		.hooknum = number,		\
		.priority = order,		\
	}

/* before NAT on the way out and after it on the way in: a socket's tuples */
static const struct nf_hook_ops hooks[TT_HOOKS] = {
	HOOK(NFPROTO_IPV4, NF_INET_LOCAL_OUT, see_ipv4_output, NF_IP_PRI_FIRST),
	HOOK(NFPROTO_IPV4, NF_INET_LOCAL_IN, see_ipv4_input, NF_IP_PRI_LAST),
	HOOK(NFPROTO_IPV4, NF_INET_FORWARD, see_ipv4_forward, NF_IP_PRI_LAST),
	HOOK(NFPROTO_IPV6, NF_INET_LOCAL_OUT, see_ipv6_output, NF_IP6_PRI_FIRST),
	HOOK(NFPROTO_IPV6, NF_INET_LOCAL_IN, see_ipv6_input, NF_IP6_PRI_LAST),
	HOOK(NFPROTO_IPV6, NF_INET_FORWARD, see_ipv6_forward, NF_IP6_PRI_LAST),
};

static int register_hooks(struct tt_net *tn)
{
	unsigned int i;
	int err;

	for (i = 0; i < TT_HOOKS; i++) {
		tn->hooks[i] = hooks[i];
		tn->hooks[i].priv = tn;
	}
	err = nf_register_net_hooks(tn->net, tn->hooks, TT_HOOKS);
	if (err)	/* those that were registered for a moment may run yet */
		synchronize_net();
	tn->hooked = !err;
	return err;
}

static void unregister_hooks(struct tt_net *tn)
{
	if (tn->hooked)
		nf_unregister_net_hooks(tn->net, tn->hooks, TT_HOOKS);
	tn->hooked = false;
}

/**
 * tt_hooks_control - observe as the settings say, or no more
 * @tn: the namespace; @tn->control is held
 *
 * Connections that are not observed any more are forgotten, for their numbers
 * move on unseen.
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int tt_hooks_control(struct tt_net *tn)
{
	if (tn->closing)
		return -ENODEV;
	tt_filter_update(&tn->settings.filter);
	if (!tn->hooked)	/* and nothing is in the table */
		return tn->settings.enabled ? register_hooks(tn) : 0;
	if (!tn->settings.enabled)
		unregister_hooks(tn);
	synchronize_net();	/* no hook goes by the old settings now */
	tt_table_forget(tn, tn->settings.enabled);
	return 0;
}

/**
 * tt_hooks_open - observe for the first time, if the settings say so
 * @tn: the namespace; all else of it is ready
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int tt_hooks_open(struct tt_net *tn)
{
	int err;

	mutex_lock(&tn->control);
	err = tt_hooks_control(tn);
	if (err)	/* nor may a sysctl try again */
		tn->closing = true;
	mutex_unlock(&tn->control);
	return err;
}

/**
 * tt_hooks_close - observe it never again
 * @tn: the namespace
 *
 * A hook may still run on another CPU until an RCU grace period is over.
 *
 * Context: may sleep.
 */
void tt_hooks_close(struct tt_net *tn)
{
	mutex_lock(&tn->control);
	tn->closing = true;
	unregister_hooks(tn);
	mutex_unlock(&tn->control);
}
