// SPDX-License-Identifier: GPL-2.0
/*
 * Tuples as a machine has them, many of them neighbours, fill the table's
 * buckets as random ones would. For random numbers of four links a bucket, by
 * Poisson's distribution: 0.021 of them find seven others there.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "bucket.h"
#include "hash.h"

#define TUPLES	65536
#define BUCKETS	(TUPLES / 4)
#define KEYS	20

static __u32 hashes[TUPLES];

/* xorshift64*, always the same */
static __u64 random_number(void)
{
	static __u64 state = 0x7463707472616365;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

static struct tt_hash_key random_key(void)
{
	struct tt_hash_key key;

	for (unsigned int i = 0; i < 8; i++)
		key.addr[i] = random_number();
	key.ports = random_number();
	key.last = random_number() | 1;
	return key;
}

static __u32 hash_of(const struct tt_hash_key *key, const struct tt_tuple *t)
{
	return tt_tuple_hash(key, t, tt_tuple_is_ipv4(t));
}

/* the nth of them */
typedef struct tt_tuple (*tuples)(__u32 n);

static struct tt_tuple ipv4(__u32 a, __u32 b, __u16 p, __u16 q)
{
	struct tt_tuple t = { .family = TT_IPV4 };

	t.addr[0].ip = htonl(a);
	t.addr[1].ip = htonl(b);
	t.port[0] = htons(p);
	t.port[1] = htons(q);
	tt_tuple_normalise(&t);
	return t;
}

static struct tt_tuple ipv6(__u64 host, __u16 p, __u16 q)
{
	struct tt_tuple t = { .family = TT_IPV6 };

	t.addr[0].ip6[0] = htonl(0x20010db8);
	t.addr[1].ip6[0] = htonl(0x20010db8);
	t.addr[0].ip6[3] = htonl(1);
	t.addr[1].ip6[2] = htonl(host >> 32);
	t.addr[1].ip6[3] = htonl(host);
	t.port[0] = htons(p);
	t.port[1] = htons(q);
	tt_tuple_normalise(&t);
	return t;
}

static struct tt_tuple clients(__u32 n)
{
	return ipv4(0x0a000001, 0x0b000000 + n, 443, 40000);
}

static struct tt_tuple ports(__u32 n)
{
	return ipv4(0x0a000001, 0x0a000002, 443, n);
}

static struct tt_tuple ports_of_few(__u32 n)
{
	return ipv4(0x0a000001, 0x0a000002 + n % 4, 443, 32768 + n / 2);
}

static struct tt_tuple loopback(__u32 n)
{
	return ipv4(0x7f000001, 0x7f000001, 1024 + n % 256, 32768 + n / 256);
}

static struct tt_tuple clients_ipv6(__u32 n)
{
	return ipv6(2 + n, 443, 40000);
}

static struct tt_tuple interfaces_ipv6(__u32 n)
{
	return ipv6((__u64)n << 40 | 0xfffe000001, 443, 40000);
}

static struct tt_tuple ports_ipv6(__u32 n)
{
	return ipv6(2, 443, n);
}

static int compare(const void *a, const void *b)
{
	const __u32 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static unsigned int count_equal(void)
{
	unsigned int equal = 0;

	qsort(hashes, TUPLES, sizeof(*hashes), compare);
	for (unsigned int i = 1; i < TUPLES; i++)
		equal += hashes[i] == hashes[i - 1];
	return equal;
}

static unsigned int count_crowded(void)
{
	static unsigned int links[BUCKETS];
	unsigned int crowded = 0;

	memset(links, 0, sizeof(links));
	for (unsigned int i = 0; i < TUPLES; i++)
		crowded += ++links[hashes[i] >> 1 & (BUCKETS - 1)] > TT_SLOTS;
	return crowded;
}

/* in its bucket, how many have a tag that another one has? */
static unsigned int count_alike(void)
{
	static __u8 seen[BUCKETS][256];
	unsigned int alike = 0;

	memset(seen, 0, sizeof(seen));
	for (unsigned int i = 0; i < TUPLES; i++) {
		__u8 *tags = seen[hashes[i] >> 1 & (BUCKETS - 1)];

		alike += tags[tt_tag(hashes[i])]++ > 0;
	}
	return alike;
}

static void check_spread(tuples nth)
{
	for (unsigned int k = 0; k < KEYS; k++) {
		struct tt_hash_key key = random_key();

		for (__u32 n = 0; n < TUPLES; n++) {
			struct tt_tuple t = nth(n);

			hashes[n] = hash_of(&key, &t);
			assert_true(hashes[n]);
		}
		/* of random ones 1,380, 510 and 1; with some room */
		assert_in_range(count_crowded(), 0, 2 * 1380);
		assert_in_range(count_alike(), 0, 2 * 510);
		assert_in_range(count_equal(), 0, 16);
	}
}

#define SPREAD(name)					\
	static void test_##name(void **state)		\
	{						\
		(void)state;				\
		check_spread(name);			\
	}

SPREAD(clients)
SPREAD(ports)
SPREAD(ports_of_few)
SPREAD(loopback)
SPREAD(clients_ipv6)
SPREAD(interfaces_ipv6)
SPREAD(ports_ipv6)

/* who does not know the key cannot tell which are in one bucket */
static void test_key_decides(void **state)
{
	struct tt_hash_key a = random_key(), b = random_key();
	unsigned int same = 0, both = 0;

	(void)state;
	for (__u32 n = 1; n < TUPLES; n++) {
		struct tt_tuple one = ports(0), t = ports(n);

		if ((hash_of(&a, &t) ^ hash_of(&a, &one)) & 0x1fe)
			continue;
		same++;
		both += !((hash_of(&b, &t) ^ hash_of(&b, &one)) & 0x1fe);
	}
	assert_in_range(same, 256 / 2, 256 * 2);	/* 8 bits of 16 */
	assert_in_range(both, 0, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_ports_of_few),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_clients_ipv6),
		cmocka_unit_test(test_interfaces_ipv6),
		cmocka_unit_test(test_ports_ipv6),
		cmocka_unit_test(test_key_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
