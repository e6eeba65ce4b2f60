// SPDX-License-Identifier: GPL-2.0
#include <linux/string.h>
#include "segment.h"

/* option kinds (IANA "TCP Parameters"); all have a length octet but 0 and 1 */
#define KIND_END		0
#define KIND_NOP		1
#define KIND_MSS		2
#define KIND_WSCALE		3
#define KIND_SACK_PERMITTED	4
#define KIND_SACK		5
#define KIND_TS			8
#define KIND_TFO		34

static bool parse_sack(struct tt_segment *seg, const __u8 *body,
		       unsigned int len)
{
	unsigned int i;

	/* RFC 2018 3: a whole number of blocks, at least one */
	if (len < 8 || len & 7 || len > 8 * TT_SACK_MAX)
		return false;

	for (i = 0; i < len / 8; i++) {
		seg->sack[i].start = tt_get32(body + 8 * i);
		seg->sack[i].end = tt_get32(body + 8 * i + 4);
	}
	seg->nsack = i;
	seg->options |= TT_OPT_SACK;
	return true;
}

/* one option with its length octet; false: that length is not possible */
static bool parse_option(struct tt_segment *seg, __u8 kind, const __u8 *body,
			 unsigned int len)
{
	switch (kind) {
	case KIND_MSS:
		if (len != 2)
			return false;
		seg->mss = tt_get16(body);
		seg->options |= TT_OPT_MSS;
		return true;
	case KIND_WSCALE:
		if (len != 1)
			return false;
		seg->wscale = body[0];
		seg->options |= TT_OPT_WSCALE;
		return true;
	case KIND_SACK_PERMITTED:
		if (len != 0)
			return false;
		seg->options |= TT_OPT_SACK_PERMITTED;
		return true;
	case KIND_SACK:
		return parse_sack(seg, body, len);
	case KIND_TS:
		if (len != 8)
			return false;
		seg->tsval = tt_get32(body);
		seg->tsecr = tt_get32(body + 4);
		seg->options |= TT_OPT_TS;
		return true;
	case KIND_TFO:
		/* RFC 7413 4.1.1: no cookie (a request) or 4 to 16 bytes */
		if (len != 0 && (len < 4 || len > 16 || len & 1))
			return false;
		seg->options |= TT_OPT_TFO;
		return true;
	}
	/* MUST-6: an unknown option is skipped */
	seg->options |= TT_OPT_OTHER;
	return true;
}

static void parse_options(struct tt_segment *seg, const __u8 *p,
			  const __u8 *end)
{
	while (p < end && *p != KIND_END) {
		unsigned int len;

		if (*p == KIND_NOP) {
			p++;
			continue;
		}
		/* the length octet counts kind and length themselves */
		len = end - p >= 2 ? p[1] : 0;
		if (len < 2 || len > (unsigned int)(end - p)) {
			seg->options |= TT_OPT_BAD;
			return;
		}
		if (!parse_option(seg, p[0], p + 2, len - 2))
			seg->options |= TT_OPT_BAD;
		p += len;
	}
}

/* MSS, SACK permitted, timestamps, NOP, window scale: what Linux begins with */
#define USUAL_SYN_OPTIONS 20

static bool parse_usual_syn(struct tt_segment *seg, const __u8 *p)
{
	if (tt_get16(p) != (KIND_MSS << 8 | 4) ||
	    tt_get32(p + 4) != (KIND_SACK_PERMITTED << 24 | 2 << 16 |
				KIND_TS << 8 | 10) ||
	    tt_get32(p + 16) >> 8 != (KIND_NOP << 16 | KIND_WSCALE << 8 | 3))
		return false;
	seg->mss = tt_get16(p + 2);
	seg->tsval = tt_get32(p + 8);
	seg->tsecr = tt_get32(p + 12);
	seg->wscale = p[19];
	seg->options = TT_OPT_MSS | TT_OPT_SACK_PERMITTED | TT_OPT_TS |
		       TT_OPT_WSCALE;
	return true;
}

static enum tt_parse check_header(const __u8 *header, unsigned int have,
				  __u32 tcp_len)
{
	unsigned int offset;

	if (have < TT_HEADER_MIN || tcp_len < TT_HEADER_MIN)
		return TT_PARSE_TRUNCATED;
	offset = tt_segment_offset(header);
	if (offset < TT_HEADER_MIN || offset > tcp_len)
		return TT_PARSE_BAD_OFFSET;
	return offset > have ? TT_PARSE_TRUNCATED : TT_PARSE_OK;
}

/**
 * tt_segment_parse - read a TCP header (RFC 9293 3.1)
 * @seg: filled in; @seg->unit is left zero, for the caller
 * @header: the first bytes of the segment; need not be aligned
 * @have: how many bytes stand at @header; TT_HEADER_MAX are enough
 * @tcp_len: length of the whole segment as the IP header gives it, bytes;
 *	may be more than @have, as with a capture that was cut short
 *
 * Nothing beyond @have is read. An option with an impossible length sets
 * TT_OPT_BAD; the options around it count where they can be told apart. Of
 * @seg->sack only the valid entries are written.
 *
 * Return: TT_PARSE_OK, or the reason why there is no header to speak of; then
 * the ports are valid if @have is at least 4.
 */
enum tt_parse tt_segment_parse(struct tt_segment *seg, const __u8 *header,
			       unsigned int have, __u32 tcp_len)
{
	enum tt_parse parse = check_header(header, have, tcp_len);
	unsigned int offset;

	if (parse != TT_PARSE_OK) {
		memset(seg, 0, sizeof(*seg));
		if (have >= 4) {
			seg->sport = tt_get16(header);
			seg->dport = tt_get16(header + 2);
		}
		return parse;
	}
	offset = tt_segment_offset(header);
	tt_segment_fixed(seg, header, tcp_len - offset);
	if (offset == TT_HEADER_MIN)
		return TT_PARSE_OK;
	if (offset == TT_HEADER_TIMESTAMPS && tt_has_timestamps_alone(header))
		tt_segment_timestamps(seg, header);
	else if (offset != TT_HEADER_MIN + USUAL_SYN_OPTIONS ||
		 !parse_usual_syn(seg, header + TT_HEADER_MIN))
		parse_options(seg, header + TT_HEADER_MIN, header + offset);
	return TT_PARSE_OK;
}
