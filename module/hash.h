/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hash of a tuple, by which the table finds its connection.
 */
#ifndef _TCPTRACE_HASH_H
#define _TCPTRACE_HASH_H

#include "tuple.h"

/**
 * struct tt_hash_key - random numbers, so that nobody can aim at a bucket
 * @addr: for the words of the addresses; IPv4 has two
 * @ports: for the ports
 * @last: for the sum of it all; odd
 */
struct tt_hash_key {
	__u32 addr[8];
	__u64 ports;
	__u64 last;
};

/* NH of two words, UMAC's universal hash (RFC 4418 5.2) */
static __always_inline __u64 tt_nh(__u32 a, __u32 b, const __u32 *key)
{
	return (__u64)(__u32)(a + key[0]) * (__u32)(b + key[1]);
}

static __always_inline __u64 tt_nh_half(__u64 half, const __u32 *key)
{
	return tt_nh(half, half >> 32, key);
}

/**
 * tt_tuple_hash - the hash of a tuple
 * @key: the key
 * @t: the tuple, normalised
 * @ipv4: tt_tuple_is_ipv4(@t)
 *
 * Two tuples have the same sum with one key of 2^32, whichever they are. What
 * lies in a row would make steps of one size there: hence one more product.
 *
 * Return: the hash, never zero: the lowest bit is set, and says nothing.
 */
static __always_inline __u32 tt_tuple_hash(const struct tt_hash_key *key,
					   const struct tt_tuple *t, bool ipv4)
{
	__u64 sum = tt_tuple_ports(t) * key->ports;

	if (ipv4)
		sum += tt_nh((__force __u32)t->addr[0].ip,
			     (__force __u32)t->addr[1].ip, key->addr);
	else
		sum += tt_nh_half(t->addr[0].half[0], &key->addr[0]) +
		       tt_nh_half(t->addr[0].half[1], &key->addr[2]) +
		       tt_nh_half(t->addr[1].half[0], &key->addr[4]) +
		       tt_nh_half(t->addr[1].half[1], &key->addr[6]);
	sum ^= sum >> 32;
	return (sum * key->last >> 32) | 1;
}

#endif
