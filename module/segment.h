/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TCP segment's header as facts (RFC 9293 3.1).
 */
#ifndef _TCPTRACE_SEGMENT_H
#define _TCPTRACE_SEGMENT_H

#include <linux/types.h>

#define TT_FIN	0x01
#define TT_SYN	0x02
#define TT_RST	0x04
#define TT_PSH	0x08
#define TT_ACK	0x10
#define TT_URG	0x20
#define TT_ECE	0x40
#define TT_CWR	0x80

#define TT_HEADER_MIN	20
#define TT_HEADER_MAX	60
#define TT_HEADER_TIMESTAMPS 32	/* with timestamps alone */
#define TT_SACK_MAX	4

/* struct tt_segment.options: what the option area held */
#define TT_OPT_MSS		0x01
#define TT_OPT_WSCALE		0x02
#define TT_OPT_SACK_PERMITTED	0x04
#define TT_OPT_SACK		0x08
#define TT_OPT_TS		0x10
#define TT_OPT_TFO		0x20
#define TT_OPT_OTHER		0x40	/* any that is not known here */
#define TT_OPT_BAD		0x80	/* an impossible option length */

/* NOP, NOP, kind, length */
#define TT_TIMESTAMPS_LAYOUT 0x0101080a

/**
 * enum tt_parse - what became of the bytes
 * @TT_PARSE_OK: a TCP header; options may still be marked TT_OPT_BAD
 * @TT_PARSE_TRUNCATED: fewer bytes than the header says it has
 * @TT_PARSE_BAD_OFFSET: data offset below 5 words or past the segment's end
 */
enum tt_parse {
	TT_PARSE_OK,
	TT_PARSE_TRUNCATED,
	TT_PARSE_BAD_OFFSET,
};

/**
 * struct tt_sack_block - one SACK block (RFC 2018 3), host byte order
 * @start: first sequence number of the block
 * @end: the sequence number following its last
 */
struct tt_sack_block {
	__u32 start;
	__u32 end;
};

/**
 * struct tt_segment - one segment, all numbers in host byte order
 * @seq: SEG.SEQ
 * @ack: SEG.ACK as it stands in the header, also without the ACK flag
 * @len: bytes of payload (of the whole super-segment under GSO/GRO)
 * @end: sequence number after the segment: seq + len + SYN + FIN
 * @tsval: TSval, with TT_OPT_TS
 * @tsecr: TSecr, with TT_OPT_TS
 * @sack: SACK blocks in the order of the option
 * @win: SEG.WND as in the header, unscaled
 * @urg: urgent pointer
 * @mss: with TT_OPT_MSS
 * @unit: payload bytes of one segment on the wire where @len is that of a
 *	GSO/GRO super-segment, else 0
 * @sport: source port
 * @dport: destination port
 * @flags: TT_FIN ... TT_CWR
 * @options: TT_OPT_*
 * @wscale: shift count as in the option, with TT_OPT_WSCALE
 * @nsack: number of valid entries in @sack
 */
struct tt_segment {
	__u32 seq;
	__u32 ack;
	__u32 len;
	__u32 end;
	__u32 tsval;
	__u32 tsecr;
	struct tt_sack_block sack[TT_SACK_MAX];
	__u16 win;
	__u16 urg;
	__u16 mss;
	__u16 unit;
	__u16 sport;
	__u16 dport;
	__u8 flags;
	__u8 options;
	__u8 wscale;
	__u8 nsack;
};

static __always_inline __u16 tt_get16(const __u8 *p)
{
	return p[0] << 8 | p[1];
}

static __always_inline __u32 tt_get32(const __u8 *p)
{
	return (__u32)tt_get16(p) << 16 | tt_get16(p + 2);
}

/* all but the options; whatever only an option gives is zero after it */
static __always_inline void tt_segment_fixed(struct tt_segment *seg,
					     const __u8 *header, __u32 payload)
{
	seg->sport = tt_get16(header);
	seg->dport = tt_get16(header + 2);
	seg->seq = tt_get32(header + 4);
	seg->ack = tt_get32(header + 8);
	seg->flags = header[13];
	seg->win = tt_get16(header + 14);
	seg->urg = tt_get16(header + 18);
	seg->len = payload;
	seg->end = seg->seq + seg->len + !!(seg->flags & TT_SYN) +
		   !!(seg->flags & TT_FIN);
	seg->tsval = 0;
	seg->tsecr = 0;
	seg->mss = 0;
	seg->unit = 0;
	seg->options = 0;
	seg->wscale = 0;
	seg->nsack = 0;
}

/* what nearly every segment of a connection carries: NOP NOP TS (RFC 7323 A) */
static __always_inline bool tt_has_timestamps_alone(const __u8 *header)
{
	return tt_get32(header + TT_HEADER_MIN) == TT_TIMESTAMPS_LAYOUT;
}

static __always_inline void tt_segment_timestamps(struct tt_segment *seg,
						  const __u8 *header)
{
	seg->tsval = tt_get32(header + TT_HEADER_MIN + 4);
	seg->tsecr = tt_get32(header + TT_HEADER_MIN + 8);
	seg->options = TT_OPT_TS;
}

/* data offset (RFC 9293 3.1), bytes */
static __always_inline unsigned int tt_segment_offset(const __u8 *header)
{
	return (header[12] >> 4) * 4;
}

/**
 * tt_segment_is_plain - is a segment nothing special?
 * @header: its first bytes
 * @have: how many of them can be read, TT_HEADER_MIN at least; not more than
 *	the segment has
 *
 * Such a segment has ACK, perhaps FIN, PSH, ECE and CWR beside it, no other
 * flag, and no option but timestamps where Linux puts them.
 *
 * Return: how long its header is, bytes; 0: it is another one, or cut short.
 */
static __always_inline unsigned int tt_segment_is_plain(const __u8 *header,
							unsigned int have)
{
	const __u16 flags = TT_SYN | TT_RST | TT_ACK | TT_URG;
	__u16 offset_flags = tt_get16(header + 12) & (0xf000 | flags);

	if (offset_flags == (TT_HEADER_TIMESTAMPS / 4 << 12 | TT_ACK))
		return have >= TT_HEADER_TIMESTAMPS &&
		       tt_has_timestamps_alone(header) ?
		       TT_HEADER_TIMESTAMPS : 0;
	return offset_flags == (TT_HEADER_MIN / 4 << 12 | TT_ACK) ?
	       TT_HEADER_MIN : 0;
}

/* tt_segment_parse() for such a segment; @len is tt_segment_is_plain()'s */
static __always_inline void tt_segment_plain(struct tt_segment *seg,
					     const __u8 *header,
					     unsigned int len, __u32 tcp_len)
{
	tt_segment_fixed(seg, header, tcp_len - len);
	if (len == TT_HEADER_TIMESTAMPS)
		tt_segment_timestamps(seg, header);
}

enum tt_parse tt_segment_parse(struct tt_segment *seg, const __u8 *header,
			       unsigned int have, __u32 tcp_len);

#endif
