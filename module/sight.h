/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a packet to its TCP segment, wherever its headers lie.
 */
#ifndef _TCPTRACE_SIGHT_H
#define _TCPTRACE_SIGHT_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include "track.h"

/**
 * struct tt_sight - a packet as the hook finds it
 * @tuple: source at 0, destination at 1; later normalised
 * @has_ports: else the segment is too short, and they are zero
 * @tcp: the TCP header
 * @have: how much of the segment lies there, bytes
 * @offset: of the TCP header in the skb
 * @len: of the TCP segment as the IP header has it, bytes
 */
struct tt_sight {
	struct tt_tuple tuple;
	bool has_ports;
	const u8 *tcp;
	unsigned int have;
	unsigned int offset;
	unsigned int len;
};

/**
 * enum tt_found - what a packet carries
 * @TT_FOUND_TCP: a segment
 * @TT_FOUND_OTHER: another protocol
 * @TT_FOUND_FRAGMENT: a part of something
 * @TT_FOUND_BAD_IP: nothing that can be read
 */
enum tt_found {
	TT_FOUND_TCP,
	TT_FOUND_OTHER,
	TT_FOUND_FRAGMENT,
	TT_FOUND_BAD_IP,
};

static __always_inline bool
tt_sight_glance_ipv4(const struct sk_buff *skb, struct tt_sight *g)
{
	int have = (int)skb_headlen(skb) - skb_network_offset(skb);
	const struct iphdr *ip = ip_hdr(skb);
	int total;

	/* version 4 and no options: one byte says both */
	if (have < (int)sizeof(*ip) + TT_HEADER_MIN ||
	    *(const u8 *)ip != 0x45 || ip->protocol != IPPROTO_TCP ||
	    ip_is_fragment(ip))
		return false;
	total = ntohs(ip->tot_len);
	g->tcp = (const u8 *)(ip + 1);
	g->tuple.addr[0].ip = ip->saddr;
	g->tuple.addr[1].ip = ip->daddr;
	g->tuple.port[0] = ((const __be16 *)g->tcp)[0];
	g->tuple.port[1] = ((const __be16 *)g->tcp)[1];
	g->tuple.family = TT_IPV4;
	g->has_ports = true;
	g->offset = g->tcp - skb->data;
	g->have = min(have, total) - sizeof(*ip);
	g->len = total - sizeof(*ip);
	return total >= (int)sizeof(*ip) + TT_HEADER_MIN;
}

static __always_inline bool
tt_sight_glance_ipv6(const struct sk_buff *skb, struct tt_sight *g)
{
	int have = (int)skb_headlen(skb) - skb_network_offset(skb) -
		   (int)sizeof(struct ipv6hdr);
	const struct ipv6hdr *ip = ipv6_hdr(skb);
	int len;

	if (have < TT_HEADER_MIN || ip->version != 6 ||
	    ip->nexthdr != IPPROTO_TCP)
		return false;
	len = ntohs(ip->payload_len);
	g->tcp = (const u8 *)(ip + 1);
	tt_addr_read(&g->tuple.addr[0], &ip->saddr);
	tt_addr_read(&g->tuple.addr[1], &ip->daddr);
	g->tuple.port[0] = ((const __be16 *)g->tcp)[0];
	g->tuple.port[1] = ((const __be16 *)g->tcp)[1];
	g->tuple.family = TT_IPV6;
	g->has_ports = true;
	g->offset = g->tcp - skb->data;
	g->have = min(have, len);
	g->len = len;
	return len >= TT_HEADER_MIN;
}

/**
 * tt_sight_glance - find the segment of a packet with plain headers
 * @skb: the packet
 * @ipv4: else IPv6
 * @g: filled in; of an IPv4 tuple only what it is compared by
 *
 * Return: false for other packets, whatever may be wrong with them: that is for
 * tt_sight_find().
 */
static __always_inline bool tt_sight_glance(const struct sk_buff *skb,
					    bool ipv4, struct tt_sight *g)
{
	return ipv4 ? tt_sight_glance_ipv4(skb, g) :
		      tt_sight_glance_ipv6(skb, g);
}

/* skb_csum_unnecessary(); first for what never leaves the machine */
static __always_inline bool tt_sight_is_verified(const struct sk_buff *skb)
{
	return (skb->ip_summed == CHECKSUM_PARTIAL &&
		skb_checksum_start_offset(skb) >= 0) ||
	       skb_csum_unnecessary(skb);
}

enum tt_found tt_sight_find(const struct sk_buff *skb, u8 family,
			    struct tt_sight *sight);
bool tt_sight_bad_checksum(const struct sk_buff *skb,
			   const struct tt_sight *sight, enum tt_place place);
enum tt_parse tt_sight_parse_copy(const struct sk_buff *skb,
				  const struct tt_sight *sight,
				  struct tt_segment *seg);

/**
 * tt_sight_parse - read the header of a segment
 * @skb: the packet
 * @sight: its segment
 * @seg: filled in
 *
 * Return: as tt_segment_parse().
 */
static __always_inline enum tt_parse
tt_sight_parse(const struct sk_buff *skb, const struct tt_sight *sight,
	       struct tt_segment *seg)
{
	if (sight->have < TT_HEADER_MAX && sight->have < sight->len)
		return tt_sight_parse_copy(skb, sight, seg);
	return tt_segment_parse(seg, sight->tcp, sight->have, sight->len);
}

#endif
