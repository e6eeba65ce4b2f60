// SPDX-License-Identifier: GPL-2.0
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include "sight.h"

static noinline enum tt_found find_ipv4(const struct sk_buff *skb,
					struct tt_sight *sight)
{
	unsigned int at = skb_network_offset(skb), total;
	struct iphdr buf __uninitialized;
	const struct iphdr *ip = skb_header_pointer(skb, at, sizeof(buf), &buf);

	if (!ip || ip->version != 4 || ip->ihl < 5)
		return TT_FOUND_BAD_IP;
	if (ip->protocol != IPPROTO_TCP)
		return TT_FOUND_OTHER;
	if (ip_is_fragment(ip))
		return TT_FOUND_FRAGMENT;

	total = ntohs(ip->tot_len);
	if (!total)	/* a super-packet above 64 KB (BIG TCP) */
		total = skb->len - at;
	sight->tuple = (struct tt_tuple) {
		.addr = { { .ip = ip->saddr }, { .ip = ip->daddr } },
		.family = TT_IPV4,
	};
	sight->offset = at + ip->ihl * 4;
	sight->len = max(at + total, sight->offset) - sight->offset;
	return TT_FOUND_TCP;
}

/* extension headers up to TCP; the walk ends since each is 8 bytes or more */
static enum tt_found skip_extensions(const struct sk_buff *skb, u8 next,
				     struct tt_sight *sight)
{
	while (next != IPPROTO_TCP) {
		struct ipv6_opt_hdr buf;
		const struct ipv6_opt_hdr *ext;

		switch (next) {
		case NEXTHDR_FRAGMENT:
			return TT_FOUND_FRAGMENT;
		case NEXTHDR_HOP:
		case NEXTHDR_DEST:
		case NEXTHDR_ROUTING:
		case NEXTHDR_AUTH:
			break;
		default:
			return TT_FOUND_OTHER;
		}
		ext = skb_header_pointer(skb, sight->offset, sizeof(buf), &buf);
		if (!ext)
			return TT_FOUND_BAD_IP;
		sight->offset += next == NEXTHDR_AUTH ? ipv6_authlen(ext) :
							ipv6_optlen(ext);
		next = ext->nexthdr;
	}
	return TT_FOUND_TCP;
}

static noinline enum tt_found find_ipv6(const struct sk_buff *skb,
					struct tt_sight *sight)
{
	unsigned int at = skb_network_offset(skb), total;
	struct ipv6hdr buf __uninitialized;
	const struct ipv6hdr *ip;
	enum tt_found found;

	ip = skb_header_pointer(skb, at, sizeof(buf), &buf);
	if (!ip || ip->version != 6)
		return TT_FOUND_BAD_IP;
	sight->offset = at + sizeof(*ip);
	found = skip_extensions(skb, ip->nexthdr, sight);
	if (found != TT_FOUND_TCP)
		return found;

	total = ntohs(ip->payload_len);
	total = total ? total + sizeof(*ip) : skb->len - at;	/* as above */
	sight->tuple.family = TT_IPV6;
	sight->tuple.zero = 0;
	memcpy(&sight->tuple.addr[0], &ip->saddr, sizeof(ip->saddr));
	memcpy(&sight->tuple.addr[1], &ip->daddr, sizeof(ip->daddr));
	sight->len = max(at + total, sight->offset) - sight->offset;
	return TT_FOUND_TCP;
}

static void find_header(const struct sk_buff *skb, struct tt_sight *sight)
{
	unsigned int headlen = skb_headlen(skb);
	const __be16 *ports = NULL;
	__be16 buf[2];

	sight->tcp = skb->data + sight->offset;
	sight->have = min(max(headlen, sight->offset) - sight->offset,
			  sight->len);
	if (sight->len >= sizeof(buf))
		ports = skb_header_pointer(skb, sight->offset, sizeof(buf), buf);
	sight->has_ports = ports;
	sight->tuple.port[0] = ports ? ports[0] : 0;
	sight->tuple.port[1] = ports ? ports[1] : 0;
}

/**
 * tt_sight_find - look for a TCP segment in a packet
 * @skb: the packet
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @sight: filled in; the tuple is not normalised
 *
 * Return: TT_FOUND_TCP, or why there is none.
 */
enum tt_found tt_sight_find(const struct sk_buff *skb, u8 family,
			    struct tt_sight *sight)
{
	enum tt_found found = family == NFPROTO_IPV4 ? find_ipv4(skb, sight) :
						       find_ipv6(skb, sight);

	if (found == TT_FOUND_TCP)
		find_header(skb, sight);
	return found;
}

/* in the pseudo header's sum it does not matter which address is whose */
static bool sum_is_bad(const struct tt_sight *sight, __wsum sum)
{
	const struct tt_tuple *t = &sight->tuple;

	if (t->family == TT_IPV4)
		return csum_tcpudp_magic(t->addr[0].ip, t->addr[1].ip,
					 sight->len, IPPROTO_TCP, sum);
	return csum_ipv6_magic((const struct in6_addr *)&t->addr[0],
			       (const struct in6_addr *)&t->addr[1],
			       sight->len, IPPROTO_TCP, sum);
}

/**
 * tt_sight_bad_checksum - will the receiving stack discard a segment?
 * @skb: the packet, not tt_sight_is_verified()
 * @sight: its segment
 * @place: where it is
 *
 * Reads only: nf_checksum() would note its result in the skb. What a device
 * has summed up starts at the network header in LOCAL_IN.
 *
 * Return: true if its checksum is wrong and nobody has looked yet.
 */
bool tt_sight_bad_checksum(const struct sk_buff *skb,
			   const struct tt_sight *sight, enum tt_place place)
{
	unsigned int at = skb_network_offset(skb);

	if (skb->len < sight->offset + sight->len)
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

/**
 * tt_sight_parse_copy - read a header that lies apart, or is cut short
 * @skb: the packet
 * @sight: its segment
 * @seg: filled in
 *
 * Return: as tt_segment_parse().
 */
enum tt_parse tt_sight_parse_copy(const struct sk_buff *skb,
				  const struct tt_sight *sight,
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
