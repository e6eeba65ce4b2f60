// SPDX-License-Identifier: GPL-2.0
#include <linux/string.h>
#include "tuple.h"

/* any order will do; this one costs least */
static bool sorts_first(const struct tt_tuple *tuple, unsigned int end)
{
	const union tt_addr *a = &tuple->addr[end], *b = &tuple->addr[!end];
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (a->ip6[i] != b->ip6[i])
			return (__force __u32)a->ip6[i] <
			       (__force __u32)b->ip6[i];
	return (__force __u16)tuple->port[end] <
	       (__force __u16)tuple->port[!end];
}

/**
 * tt_tuple_normalise - give both directions of a connection the same tuple
 * @tuple: on entry end 0 is the segment's source and end 1 its destination;
 *	on return the end that sorts first is end 0
 *
 * Return: which end (0 or 1) is the source now.
 */
unsigned int tt_tuple_normalise(struct tt_tuple *tuple)
{
	union tt_addr addr;
	__be16 port;

	if (!sorts_first(tuple, 1))
		return 0;

	addr = tuple->addr[0];
	tuple->addr[0] = tuple->addr[1];
	tuple->addr[1] = addr;
	port = tuple->port[0];
	tuple->port[0] = tuple->port[1];
	tuple->port[1] = port;
	return 1;
}

/**
 * tt_tuple_is_self - do both ends name the same socket?
 * @tuple: the tuple
 *
 * A socket can connect to itself: a simultaneous open (RFC 9293 3.5) in
 * which it is its own peer.
 *
 * Return: true if the two addresses and ports are equal.
 */
bool tt_tuple_is_self(const struct tt_tuple *tuple)
{
	return !sorts_first(tuple, 0) && !sorts_first(tuple, 1);
}
