// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a TCP header. Input: two bytes, how much longer the segment is
 * than what was captured of it; the captured bytes.
 */
#include <string.h>
#include "fuzz.h"
#include "segment.h"

#define JUNK 16

static void check_refusal(enum tt_parse parse, const __u8 *header,
			  unsigned int have, __u32 len)
{
	unsigned int offset;

	if (have < TT_HEADER_MIN || len < TT_HEADER_MIN) {
		CHECK(parse == TT_PARSE_TRUNCATED, "have %u", have);
		return;
	}
	offset = header[12] / 16 * 4;
	if (offset < TT_HEADER_MIN || offset > len)
		CHECK(parse == TT_PARSE_BAD_OFFSET, "offset %u", offset);
	else if (offset > have)
		CHECK(parse == TT_PARSE_TRUNCATED, "offset %u", offset);
	else
		CHECK(parse == TT_PARSE_OK, "offset %u", offset);
}

static void check_facts(const struct tt_segment *seg, const __u8 *header,
			__u32 len)
{
	unsigned int offset = header[12] / 16 * 4;

	CHECK(seg->len == len - offset, "len %u", seg->len);
	CHECK(seg->end - seg->seq == seg->len + (seg->flags >> 1 & 1) +
	      (seg->flags & 1), "end %u", seg->end);
	CHECK(seg->nsack <= TT_SACK_MAX, "nsack %u", seg->nsack);
	CHECK(!seg->nsack == !(seg->options & TT_OPT_SACK), "nsack %u",
	      seg->nsack);
	CHECK(offset > TT_HEADER_MIN || !seg->options, "options %x",
	      seg->options);
}

/* where the timestamps stand among the padding makes no difference */
static void check_padding(const struct tt_segment *seg, const __u8 *header)
{
	__u8 moved[TT_HEADER_MIN + 12];
	struct tt_segment again = { 0 };

	memcpy(moved, header, sizeof(moved));
	memcpy(moved + TT_HEADER_MIN, header + TT_HEADER_MIN + 2, 10);
	memcpy(moved + TT_HEADER_MIN + 10, header + TT_HEADER_MIN, 2);
	tt_segment_parse(&again, moved, sizeof(moved),
			 sizeof(moved) + seg->len);
	CHECK(!memcmp(seg, &again, sizeof(again)), "padding moved");
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	static const __u8 timestamps[] = { 1, 1, 8, 10 };
	struct input in = { data, size };
	__u32 more = take(&in);
	unsigned int have;
	__u8 *header;
	__u8 longer[TT_HEADER_MAX + JUNK];
	/* what the header does not have is left as it was */
	struct tt_segment seg = { 0 }, again = { 0 };
	enum tt_parse parse;
	__u32 len;

	more = more << 8 | take(&in);
	len = in.left + more;
	have = in.left < TT_HEADER_MAX ? in.left : TT_HEADER_MAX;
	header = malloc(have + !have);
	CHECK(header, "no memory");
	/* ASan watches the bytes beyond what is there */
	if (have)
		memcpy(header, in.at, have);
	parse = tt_segment_parse(&seg, header, have, len);
	check_refusal(parse, header, have, len);
	if (parse == TT_PARSE_OK) {
		check_facts(&seg, header, len);
		if (header[12] >> 4 == 8 &&
		    !memcmp(header + TT_HEADER_MIN, timestamps, 4))
			check_padding(&seg, header);

		/* nothing behind the header counts */
		memset(longer, 0xa5, sizeof(longer));
		memcpy(longer, header, have);
		tt_segment_parse(&again, longer, sizeof(longer), len);
		CHECK(!memcmp(&seg, &again, sizeof(seg)), "bytes behind it");
	}
	free(header);
	return 0;
}
