/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which connections are traced: by port, by address, one in so many.
 */
#ifndef _TCPTRACE_FILTER_H
#define _TCPTRACE_FILTER_H

#include <linux/rcupdate.h>
#include "tuple.h"

#define TT_PORTS		65536
#define TT_PREFIXES_MAX		16
#define TT_PREFIXES_TEXT_MAX	1024
#define TT_SAMPLE_MAX		1000000

/**
 * struct tt_prefix - a network
 * @addr: its address; the bits beyond its length are zero
 * @mask: ones as far as its length goes
 * @family: TT_IPV4 or TT_IPV6
 * @length: of the prefix, bits
 */
struct tt_prefix {
	union tt_addr addr;
	union tt_addr mask;
	u8 family;
	u8 length;
};

/**
 * struct tt_prefixes - a list of networks
 * @rcu: frees it
 * @count: valid entries in @prefix
 * @prefix: in the order in which they were given
 */
struct tt_prefixes {
	struct rcu_head rcu;
	unsigned int count;
	struct tt_prefix prefix[TT_PREFIXES_MAX];
};

/**
 * struct tt_filter - what a connection must be like to be traced
 * @active: any of the following says less than everything
 * @by_name: @by_port, or there are @prefixes
 * @sample_one_in: trace one connection in so many
 * @by_port: @ports is not empty
 * @ports: one of the two ports must be among these; TT_PORTS bits
 * @prefixes: one of the two addresses must be in one of these; NULL: any
 * @key: of the hash by which connections are sampled
 *
 * Read by the hooks without a lock, written by the sysctls one at a time,
 * under tt_net.control.
 */
struct tt_filter {
	bool active;
	bool by_name;
	bool by_port;
	unsigned int sample_one_in;
	unsigned long *ports;
	struct tt_prefixes __rcu *prefixes;
	u64 key[3];
};

/* a host's last byte is one of the highest: it is to tell in lower ones, too */
static __always_inline u64 tt_filter_half(u64 a, u64 b)
{
	return (a + b) ^ (a + b) >> 32;
}

/* the same for both directions; the key keeps it from being aimed at */
static __always_inline u32 tt_filter_hash(const struct tt_filter *filter,
					  const struct tt_tuple *tuple)
{
	const union tt_addr *a = &tuple->addr[0], *b = &tuple->addr[1];
	u64 hash = filter->key[0] * ((__force u16)tuple->port[0] +
				     (__force u16)tuple->port[1]);

	if (tuple->family == TT_IPV4)
		hash += filter->key[1] * ((__force u32)a->ip + (__force u32)b->ip);
	else
		hash += filter->key[1] * tt_filter_half(a->half[0], b->half[0]) +
			filter->key[2] * tt_filter_half(a->half[1], b->half[1]);
	return hash >> 32;
}

/* is it one of those connections of which one in so many is traced? */
static __always_inline bool tt_filter_samples(const struct tt_filter *filter,
					      const struct tt_tuple *tuple)
{
	u32 one_in = READ_ONCE(filter->sample_one_in);

	return one_in <= 1 ||
	       !(((u64)tt_filter_hash(filter, tuple) * one_in) >> 32);
}

int tt_filter_init(struct tt_filter *filter);
void tt_filter_exit(struct tt_filter *filter);
void tt_filter_update(struct tt_filter *filter);
int tt_filter_set_prefixes(struct tt_filter *filter, char *text);
void tt_filter_print_prefixes(const struct tt_filter *filter, char *text,
			      size_t size);
bool tt_filter_passes(const struct tt_filter *filter,
		      const struct tt_tuple *tuple);

#endif
