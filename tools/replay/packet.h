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
 * struct packet - a TCP segment as the capture has it
 * @tuple: source at 0, destination at 1; the ports are not set
 * @tcp: its first byte
 * @have: bytes captured from there
 * @tcp_len: bytes that it has by the IP header
 */
struct packet {
	struct tt_tuple tuple;
	const __u8 *tcp;
	unsigned int have;
	unsigned int tcp_len;
};

bool packet_link_is_known(int link);
enum packet_kind packet_parse(struct packet *p, int link, const __u8 *bytes,
			      unsigned int have, unsigned int len);
bool packet_sum_is_bad(const struct packet *p);

#endif
