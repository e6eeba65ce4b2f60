// SPDX-License-Identifier: GPL-2.0
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include "hook.h"
#include "net.h"
#include "report.h"

/**
 * struct sight - a packet as the hook finds it
 * @tuple: source at 0, destination at 1; later normalised
 * @offset: of the TCP header in the skb
 * @len: of the TCP segment as the IP header has it, bytes
 */
struct sight {
	struct tt_tuple tuple;
	unsigned int offset;
	unsigned int len;
};

enum found {
	FOUND_TCP,
	FOUND_OTHER,
	FOUND_FRAGMENT,
	FOUND_BAD_IP,
};

static enum found find_ipv4(const struct sk_buff *skb, struct sight *sight)
{
	unsigned int at = skb_network_offset(skb), total;
	struct iphdr buf;
	const struct iphdr *ip = skb_header_pointer(skb, at, sizeof(buf), &buf);

	if (!ip || ip->version != 4 || ip->ihl < 5)
		return FOUND_BAD_IP;
	if (ip->protocol != IPPROTO_TCP)
		return FOUND_OTHER;
	if (ip_is_fragment(ip))
		return FOUND_FRAGMENT;

	total = ntohs(ip->tot_len);
	if (!total)	/* a super-packet above 64 KB (BIG TCP) */
		total = skb->len - at;
	sight->tuple = (struct tt_tuple) {
		.addr = { { .ip = ip->saddr }, { .ip = ip->daddr } },
		.family = TT_IPV4,
	};
	sight->offset = at + ip->ihl * 4;
	sight->len = max(at + total, sight->offset) - sight->offset;
	return FOUND_TCP;
}

/* extension headers up to TCP; the walk ends since each is 8 bytes or more */
static enum found skip_extensions(const struct sk_buff *skb, u8 next,
				  struct sight *sight)
{
	while (next != IPPROTO_TCP) {
		struct ipv6_opt_hdr buf;
		const struct ipv6_opt_hdr *ext;

		switch (next) {
		case NEXTHDR_FRAGMENT:
			return FOUND_FRAGMENT;
		case NEXTHDR_HOP:
		case NEXTHDR_DEST:
		case NEXTHDR_ROUTING:
		case NEXTHDR_AUTH:
			break;
		default:
			return FOUND_OTHER;
		}
		ext = skb_header_pointer(skb, sight->offset, sizeof(buf), &buf);
		if (!ext)
			return FOUND_BAD_IP;
		sight->offset += next == NEXTHDR_AUTH ? ipv6_authlen(ext) :
							ipv6_optlen(ext);
		next = ext->nexthdr;
	}
	return FOUND_TCP;
}

static enum found find_ipv6(const struct sk_buff *skb, struct sight *sight)
{
	unsigned int at = skb_network_offset(skb), total;
	struct ipv6hdr buf;
	const struct ipv6hdr *ip;
	enum found found;

	ip = skb_header_pointer(skb, at, sizeof(buf), &buf);
	if (!ip || ip->version != 6)
		return FOUND_BAD_IP;
	sight->offset = at + sizeof(*ip);
	found = skip_extensions(skb, ip->nexthdr, sight);
	if (found != FOUND_TCP)
		return found;

	total = ntohs(ip->payload_len);
	total = total ? total + sizeof(*ip) : skb->len - at;	/* as above */
	sight->tuple.family = TT_IPV6;
	sight->tuple.zero = 0;
	memcpy(&sight->tuple.addr[0], &ip->saddr, sizeof(ip->saddr));
	memcpy(&sight->tuple.addr[1], &ip->daddr, sizeof(ip->daddr));
	sight->len = max(at + total, sight->offset) - sight->offset;
	return FOUND_TCP;
}

/* the pseudo header is that of the addresses before they are normalised */
static bool sum_is_bad(const struct sight *sight, __wsum sum)
{
	const struct tt_tuple *t = &sight->tuple;

	if (t->family == TT_IPV4)
		return csum_tcpudp_magic(t->addr[0].ip, t->addr[1].ip,
					 sight->len, IPPROTO_TCP, sum);
	return csum_ipv6_magic((const struct in6_addr *)&t->addr[0],
			       (const struct in6_addr *)&t->addr[1],
			       sight->len, IPPROTO_TCP, sum);
}

/*
 * Reads only: nf_checksum() would note its result in the skb. What a device
 * has summed up starts at the network header in LOCAL_IN.
 */
static bool checksum_is_bad(const struct sk_buff *skb,
			    const struct sight *sight, enum tt_place place)
{
	unsigned int at = skb_network_offset(skb);

	if (skb_csum_unnecessary(skb) ||
	    skb->len < sight->offset + sight->len)
		return false;
	if (skb->ip_summed == CHECKSUM_COMPLETE && place == TT_AT_INPUT &&
	    skb->len == sight->offset + sight->len) {
		__wsum head = skb_checksum(skb, at, sight->offset - at, 0);

		if (!sum_is_bad(sight, csum_sub(skb->csum, head)))
			return false;
	}
	return sum_is_bad(sight, skb_checksum(skb, sight->offset, sight->len,
					      0));
}

/* a user's raw socket; the kernel answers through raw sockets of its own */
static bool is_foreign(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	return sk && sk_fullsock(sk) && sk->sk_type == SOCK_RAW &&
	       sk->sk_net_refcnt;
}

static bool is_loopback(const struct net_device *dev)
{
	return dev && dev->flags & IFF_LOOPBACK;
}

static void count_malformed(struct tt_net *tn, enum tt_parse parse)
{
	if (parse == TT_PARSE_BAD_OFFSET)
		tt_count(tn, malformed_data_offset);
	else
		tt_count(tn, malformed_truncated);
}

/* a header that lies apart from the start of the packet, or is cut short */
static noinline enum tt_parse parse_copy(const struct sk_buff *skb,
					 const struct sight *sight,
					 struct tt_segment *seg)
{
	u8 buf[TT_HEADER_MAX];
	unsigned int have = 0;

	if (skb->len > sight->offset)
		have = min3(skb->len - sight->offset, sight->len,
			    (unsigned int)sizeof(buf));
	if (skb_copy_bits(skb, sight->offset, buf, have))
		have = 0;
	return tt_segment_parse(seg, buf, have, sight->len);
}

static enum tt_parse parse(const struct sk_buff *skb,
			   const struct sight *sight, struct tt_segment *seg)
{
	unsigned int have = min_t(unsigned int, sight->len, TT_HEADER_MAX);

	if (sight->offset + have > skb_headlen(skb))
		return parse_copy(skb, sight, seg);
	return tt_segment_parse(seg, skb->data + sight->offset, have,
				sight->len);
}

/* from the packet to the facts; false: not a segment to track */
static bool read_segment(struct tt_net *tn, const struct sk_buff *skb,
			 struct sight *sight, struct tt_segment *seg)
{
	enum tt_parse parsed = parse(skb, sight, seg);
	unsigned int src;

	seg->unit = skb_is_gso(skb) ? skb_shinfo(skb)->gso_size : 0;
	sight->tuple.port[0] = htons(seg->sport);
	sight->tuple.port[1] = htons(seg->dport);
	if (seg->options & TT_OPT_BAD)
		tt_count(tn, malformed_option);
	if (parsed == TT_PARSE_OK)
		return true;

	count_malformed(tn, parsed);
	src = tt_tuple_normalise(&sight->tuple);
	tt_report_stray(tn, &sight->tuple, src, seg, TT_V_TRUNCATED);
	return false;
}

static bool any_moved(const struct tt_result *res)
{
	unsigned int i;

	for (i = 0; i < res->ntransitions; i++)
		if (res->transitions[i].from != res->transitions[i].to)
			return true;
	return false;
}

/* the long way; out of line, for its large result */
static noinline void track_fully(struct tt_net *tn, struct tt_node *node,
				 struct tt_sighting *at)
{
	struct tt_result res;
	u64 id = node->conn.id;

	if (tt_track_needs_id(&node->conn, at))
		at->next_id = atomic64_inc_return(&tn->ids);
	tt_track(&node->conn, at, &res);
	tt_report(tn, node, at->seg, &res);
	if (id && res.id_used)
		tt_count(tn, replaced);
	if (!node->conn.id)		/* it began nothing */
		tt_node_discard(node);
	else if (any_moved(&res) || node->worth == TT_WORTH_UNPROVEN)
		tt_node_moved(node);
}

/* false: the connection has just been removed, look again */
static bool track_in(struct tt_net *tn, struct tt_node *node,
		     struct tt_sighting *at)
{
	enum tt_verdict verdict;
	bool dead;

	spin_lock_bh(&node->lock);
	dead = tt_node_is_dead(node);
	if (!dead) {
		/* the flight recorder wants more than the verdict */
		if (!tt_flight_recorder &&
		    tt_predict(&node->conn, at, &verdict))
			tt_report_predicted(tn, verdict);
		else
			track_fully(tn, node, at);
	}
	spin_unlock_bh(&node->lock);
	return !dead;
}

static void track(struct tt_net *tn, struct tt_tuple *tuple,
		  struct tt_sighting *at)
{
	bool opens = tt_track_opens(at);
	struct tt_node *node;

	while ((node = tt_node_find(tn, tuple, opens)))
		if (track_in(tn, node, at))
			return;
	if (!opens)
		tt_report_stray(tn, tuple, at->src, at->seg,
				at->bad_checksum ? TT_V_BAD_CHECKSUM :
				TT_V_NO_CONNECTION);
}

/* by the filter, on as little as it needs */
static bool is_wanted(const struct tt_filter *filter,
		      const struct sk_buff *skb, struct sight *sight)
{
	const __be16 *ports;
	__be16 buf[2];

	if (!READ_ONCE(filter->active))
		return true;
	ports = skb_header_pointer(skb, sight->offset, sizeof(buf), buf);
	if (!ports)
		return true;	/* to be counted as malformed */
	sight->tuple.port[0] = ports[0];
	sight->tuple.port[1] = ports[1];
	return tt_filter_passes(filter, &sight->tuple);
}

static unsigned int see(struct tt_net *tn, struct sk_buff *skb,
			const struct nf_hook_state *state, enum tt_place place)
{
	/* filled in as far as they are used; clearing them costs */
	struct tt_segment seg __uninitialized;
	struct sight sight __uninitialized;
	struct tt_sighting at = { .seg = &seg, .place = place };

	switch (state->pf == NFPROTO_IPV4 ? find_ipv4(skb, &sight) :
					    find_ipv6(skb, &sight)) {
	case FOUND_TCP:
		break;
	case FOUND_FRAGMENT:
		tt_count(tn, fragments);
		return NF_ACCEPT;
	case FOUND_BAD_IP:
		tt_count(tn, malformed_ip);
		return NF_ACCEPT;
	case FOUND_OTHER:
		return NF_ACCEPT;
	}
	if (!is_wanted(&tn->settings.filter, skb, &sight)) {
		tt_count(tn, filtered);
		return NF_ACCEPT;
	}
	if (place == TT_AT_INPUT && skb->pkt_type != PACKET_HOST) {
		tt_count(tn, ignored_broadcast);
		return NF_ACCEPT;
	}
	at.foreign = place == TT_AT_OUTPUT && is_foreign(skb);
	at.loopback = is_loopback(place == TT_AT_INPUT ? state->in :
							 state->out);
	if (at.foreign && at.loopback)
		return NF_ACCEPT;	/* seen on its way in */
	if (!read_segment(tn, skb, &sight, &seg))
		return NF_ACCEPT;

	at.bad_checksum = checksum_is_bad(skb, &sight, place);
	if (at.bad_checksum)
		tt_count(tn, malformed_checksum);
	at.src = tt_tuple_normalise(&sight.tuple);
	at.now = tt_now_ms();
	track(tn, &sight.tuple, &at);
	return NF_ACCEPT;
}

static unsigned int see_output(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	return see(priv, skb, state, TT_AT_OUTPUT);
}

static unsigned int see_input(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	return see(priv, skb, state, TT_AT_INPUT);
}

static unsigned int see_forward(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	return see(priv, skb, state, TT_AT_FORWARD);
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
	HOOK(NFPROTO_IPV4, NF_INET_LOCAL_OUT, see_output, NF_IP_PRI_FIRST),
	HOOK(NFPROTO_IPV4, NF_INET_LOCAL_IN, see_input, NF_IP_PRI_LAST),
	HOOK(NFPROTO_IPV4, NF_INET_FORWARD, see_forward, NF_IP_PRI_LAST),
	HOOK(NFPROTO_IPV6, NF_INET_LOCAL_OUT, see_output, NF_IP6_PRI_FIRST),
	HOOK(NFPROTO_IPV6, NF_INET_LOCAL_IN, see_input, NF_IP6_PRI_LAST),
	HOOK(NFPROTO_IPV6, NF_INET_FORWARD, see_forward, NF_IP6_PRI_LAST),
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
	if (tn->settings.enabled && !tn->hooked)
		return register_hooks(tn);
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
