/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the bytes of a captured packet to its TCP segment.
 */
#ifndef REPLAY_PACKET_H
#define REPLAY_PACKET_H

#include "tuple.h"

/**
 * enum packet_kind - what a packet was found to be
 * @PACKET_TCP: a TCP segment, whole or cut short
 * @PACKET_OTHER: no TCP in it
 * @PACKET_FRAGMENT: a fragment of an IP packet
 * @PACKET_BAD_IP: no IP header to speak of, or its checksum is wrong
 */
enum packet_kind {
	PACKET_TCP,
	PACKET_OTHER,
	PACKET_FRAGMENT,
	PACKET_BAD_IP,
};

/**
 * struct packet - a TCP segment, or a fragment, as the capture has it
 * @tuple: source at 0, destination at 1; the ports are not set
 * @data: its first byte
 * @have: bytes captured from there
 * @len: bytes that it has by the IP header
 * @id: of a fragment: which datagram it is of
 * @offset: of a fragment: its place in the datagram, bytes
 * @next: of a fragment: what the datagram begins with, IPPROTO_*
 * @more: of a fragment: others follow it
 */
struct packet {
	struct tt_tuple tuple;
	const __u8 *data;
	unsigned int have;
	unsigned int len;
	__u32 id;
	unsigned int offset;
	__u8 next;
	bool more;
};

enum packet_kind packet_parse(struct packet *p, int link, const __u8 *bytes,
			      unsigned int have, unsigned int len);
enum packet_kind packet_parse_whole(struct packet *p);
bool packet_sum_is_bad(const struct packet *p);

#endif
