// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "fixture.h"
#include "seq.h"

static const __u8 syn[] = {
	0x9c, 0x40, 0x00, 0x50, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
	0xa0, 0x02, 0xff, 0xd7, 0, 0, 0, 0,
	2, 4, 0x05, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7,
};

/* an exact copy on the heap, so that ASan sees a read past its end */
static enum tt_parse parse(struct tt_segment *seg, const __u8 *bytes,
			   unsigned int have, __u32 tcp_len)
{
	__u8 *copy = malloc(have + !have);
	enum tt_parse result;

	memcpy(copy, bytes, have);
	result = tt_segment_parse(seg, copy, have, tcp_len);
	free(copy);
	return result;
}

static void syn_with_options(void **state)
{
	struct tt_segment seg;

	(void)state;
	assert_int_equal(parse(&seg, syn, sizeof(syn), sizeof(syn)),
			 TT_PARSE_OK);
	assert_int_equal(seg.sport, 40000);
	assert_int_equal(seg.dport, 80);
	assert_int_equal(seg.seq, 0xffffffff);
	assert_int_equal(seg.end, 0);
	assert_int_equal(seg.mss, 1460);
	assert_int_equal(seg.wscale, 7);
	assert_int_equal(seg.tsval, 0x01020304);
	assert_int_equal(seg.tsecr, 0x05060708);
	assert_int_equal(seg.options, TT_OPT_MSS | TT_OPT_SACK_PERMITTED |
			 TT_OPT_TS | TT_OPT_WSCALE);
}

/* the same options behind four NOPs are read one by one */
static void read_at_once_or_one_by_one(void **state)
{
	__u8 bytes[sizeof(syn)], longer[sizeof(syn) + 4];
	unsigned int i, value;

	(void)state;
	for (i = TT_HEADER_MIN; i < sizeof(syn); i++)
		for (value = 0; value < 256; value++) {
			struct tt_segment seg = { 0 }, again = { 0 };

			memcpy(bytes, syn, sizeof(syn));
			bytes[i] = value;
			memcpy(longer, bytes, TT_HEADER_MIN);
			longer[12] += 0x10;
			memset(longer + TT_HEADER_MIN, 1, 4);
			memcpy(longer + TT_HEADER_MIN + 4,
			       bytes + TT_HEADER_MIN,
			       sizeof(syn) - TT_HEADER_MIN);
			parse(&seg, bytes, sizeof(bytes), sizeof(bytes));
			parse(&again, longer, sizeof(longer), sizeof(longer));
			assert_memory_equal(&seg, &again, sizeof(seg));
		}
}

static void cut_anywhere(void **state)
{
	struct tt_segment seg;
	unsigned int have;

	(void)state;
	for (have = 0; have < sizeof(syn); have++)
		assert_int_equal(parse(&seg, syn, have, sizeof(syn)),
				 TT_PARSE_TRUNCATED);
}

static void data_offset(void **state)
{
	struct tt_segment seg;
	__u8 bytes[sizeof(syn)];
	unsigned int words;

	(void)state;
	memcpy(bytes, syn, sizeof(syn));
	for (words = 0; words < 16; words++) {
		bytes[12] = words << 4;
		assert_int_equal(parse(&seg, bytes, sizeof(bytes),
				       sizeof(bytes)),
				 words >= 5 && words <= 10 ? TT_PARSE_OK :
				 TT_PARSE_BAD_OFFSET);
	}
}

/* every kind with every length at every place: nothing but the mark */
static void any_option(void **state)
{
	struct tt_segment seg;
	__u8 bytes[60];
	unsigned int kind, len, at;

	(void)state;
	for (kind = 0; kind < 256; kind++)
		for (len = 0; len < 64; len++)
			for (at = 20; at < 60; at++) {
				memset(bytes, 1, sizeof(bytes));
				bytes[12] = 0xf0;
				bytes[at] = kind;
				if (at < 59)
					bytes[at + 1] = len;
				assert_int_equal(parse(&seg, bytes, 60, 60),
						 TT_PARSE_OK);
				if (kind > 1 && (at == 59 || len < 2 ||
						 at + len > 60))
					assert_true(seg.options & TT_OPT_BAD);
			}
}

static void sequence_arithmetic(void **state)
{
	(void)state;
	assert_true(tt_before(0xffffffff, 0));
	assert_true(tt_after(0, 0xffffffff));
	assert_false(tt_before(0, 0));
	assert_true(tt_before(0, 0x7fffffff));
	assert_true(tt_after(0x7fffffff, 0));
	assert_true(tt_between(0, 0xfffffff0, 0x10));
	assert_false(tt_between(0x11, 0xfffffff0, 0x10));
	assert_int_equal(tt_seq_max(0xfffffff0, 0x10), 0x10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_with_options),
		cmocka_unit_test(read_at_once_or_one_by_one),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(data_offset),
		cmocka_unit_test(any_option),
		cmocka_unit_test(sequence_arithmetic),
	};

	return cmocka_run_group_tests_name("segment", tests, NULL, NULL);
}
