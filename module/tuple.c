// SPDX-License-Identifier: GPL-2.0
#include "tuple.h"

/**
 * tt_tuple_normalise - give both directions of a connection the same tuple
 * @tuple: on entry end 0 is the segment's source and end 1 its destination;
 *	on return the end that sorts first is end 0
 *
 * Return: which end (0 or 1) is the source now.
 */
unsigned int tt_tuple_normalise(struct tt_tuple *tuple)
{
	return tt_tuple_sort(tuple, tt_tuple_is_ipv4(tuple));
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
	return tuple->addr[0].half[0] == tuple->addr[1].half[0] &&
	       tuple->addr[0].half[1] == tuple->addr[1].half[1] &&
	       tuple->port[0] == tuple->port[1];
}
