/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two addresses and ports of a connection.
 */
#ifndef _TCPTRACE_TUPLE_H
#define _TCPTRACE_TUPLE_H

#include <linux/bitops.h>
#include <linux/string.h>
#include <linux/types.h>

/**
 * union tt_addr - an IPv4 or IPv6 address, network byte order
 * @ip: IPv4; the other twelve bytes are zero
 * @ip6: IPv6
 * @half: any of them, as two numbers without a meaning
 */
union tt_addr {
	__be32 ip;
	__be32 ip6[4];
	__u64 half[2];
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

/* an IPv6 address out of a header; by halves, for then it may be in registers */
static __always_inline void tt_addr_read(union tt_addr *addr, const void *from)
{
	__u64 half;

	memcpy(&half, from, sizeof(half));
	addr->half[0] = half;
	memcpy(&half, (const char *)from + sizeof(half), sizeof(half));
	addr->half[1] = half;
}

/* by words: for as little as that, gcc would take a string instruction */
static __always_inline void tt_tuple_copy(struct tt_tuple *to,
					  const struct tt_tuple *from)
{
	to->addr[0].half[0] = from->addr[0].half[0];
	to->addr[0].half[1] = from->addr[0].half[1];
	to->addr[1].half[0] = from->addr[1].half[0];
	to->addr[1].half[1] = from->addr[1].half[1];
	to->port[0] = from->port[0];
	to->port[1] = from->port[1];
	to->family = from->family;
	to->zero = from->zero;
}

static __always_inline bool tt_tuple_is_ipv4(const struct tt_tuple *tuple)
{
	return tuple->family == TT_IPV4;
}

/* both ports, as a number without a meaning */
static __always_inline __u32 tt_tuple_ports(const struct tt_tuple *tuple)
{
	return (__u32)(__force __u16)tuple->port[1] << 16 |
	       (__force __u16)tuple->port[0];
}

/* do the ends stand the wrong way round? Any order will do */
static __always_inline bool tt_tuple_is_turned(const struct tt_tuple *tuple,
					       bool ipv4)
{
	const union tt_addr *a = &tuple->addr[0], *b = &tuple->addr[1];

	if (ipv4) {
		if (a->ip != b->ip)
			return (__force __u32)b->ip < (__force __u32)a->ip;
	} else {
		if (a->half[0] != b->half[0])
			return b->half[0] < a->half[0];
		if (a->half[1] != b->half[1])
			return b->half[1] < a->half[1];
	}
	return (__force __u16)tuple->port[1] < (__force __u16)tuple->port[0];
}

/* where @mask has bits */
static __always_inline void tt_exchange(__u64 *a, __u64 *b, __u64 mask)
{
	__u64 odd = (*a ^ *b) & mask;

	*a ^= odd;
	*b ^= odd;
}

/* tt_tuple_normalise() where it pays to have it in the caller, who knows @ipv4 */
static __always_inline unsigned int tt_tuple_sort(struct tt_tuple *tuple,
						  bool ipv4)
{
	union tt_addr *a = &tuple->addr[0], *b = &tuple->addr[1];
	bool turned = tt_tuple_is_turned(tuple, ipv4);
	/* which way a segment goes cannot be foretold: no jump */
	__u32 ports = rol32(tt_tuple_ports(tuple), turned * 16);
	__u64 mask, ips;

	tuple->port[0] = (__force __be16)ports;
	tuple->port[1] = (__force __be16)(ports >> 16);
	if (ipv4) {
		ips = (__u64)(__force __u32)b->ip << 32 | (__force __u32)a->ip;
		ips = rol64(ips, turned * 32);
		a->ip = (__force __be32)ips;
		b->ip = (__force __be32)(ips >> 32);
		return turned;
	}
	mask = -(__u64)turned;
	tt_exchange(&a->half[0], &b->half[0], mask);
	tt_exchange(&a->half[1], &b->half[1], mask);
	return turned;
}

unsigned int tt_tuple_normalise(struct tt_tuple *tuple);
bool tt_tuple_is_self(const struct tt_tuple *tuple);

/* @ipv4: is @b? */
static __always_inline bool tt_tuple_equal(const struct tt_tuple *a,
					   const struct tt_tuple *b, bool ipv4)
{
	if (tt_tuple_is_ipv4(a) != ipv4 ||
	    tt_tuple_ports(a) != tt_tuple_ports(b))
		return false;
	if (ipv4)
		return a->addr[0].ip == b->addr[0].ip &&
		       a->addr[1].ip == b->addr[1].ip;
	return a->addr[0].half[0] == b->addr[0].half[0] &&
	       a->addr[0].half[1] == b->addr[0].half[1] &&
	       a->addr[1].half[0] == b->addr[1].half[0] &&
	       a->addr[1].half[1] == b->addr[1].half[1];
}

#endif
