/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two addresses and ports of a connection.
 */
#ifndef _TCPTRACE_TUPLE_H
#define _TCPTRACE_TUPLE_H

#include <linux/string.h>
#include <linux/types.h>

/**
 * union tt_addr - an IPv4 or IPv6 address, network byte order
 * @ip: IPv4; the other twelve bytes are zero
 * @ip6: IPv6
 */
union tt_addr {
	__be32 ip;
	__be32 ip6[4];
};

#define TT_IPV4 4
#define TT_IPV6 6

/**
 * struct tt_tuple - both ends of a connection, direction-normalised
 * @addr: the addresses, network byte order
 * @port: the ports, network byte order
 * @family: TT_IPV4 or TT_IPV6
 * @zero: padding, always zero, so that the tuple can be hashed and compared
 *	as bytes
 *
 * End 0 is the one whose (address, port) sorts first, see
 * tt_tuple_normalise(), so both directions of a connection have the same tuple.
 */
struct tt_tuple {
	union tt_addr addr[2];
	__be16 port[2];
	__u16 family;
	__u16 zero;
};

unsigned int tt_tuple_normalise(struct tt_tuple *tuple);
bool tt_tuple_is_self(const struct tt_tuple *tuple);

static inline bool tt_tuple_equal(const struct tt_tuple *a,
				  const struct tt_tuple *b)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (a->addr[i].ip != b->addr[i].ip || a->port[i] != b->port[i])
			return false;
	return a->family == b->family &&
	       (a->family == TT_IPV4 ||
		!memcmp(a->addr, b->addr, sizeof(a->addr)));
}

#endif
