/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a packet to its TCP segment, wherever its headers lie.
 */
#ifndef _TCPTRACE_SIGHT_H
#define _TCPTRACE_SIGHT_H

#include <linux/skbuff.h>
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
