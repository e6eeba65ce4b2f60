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
#define TT_SACK_MAX	4

/* struct tt_segment.options: what the option area held */
#define TT_OPT_MSS		0x01
#define TT_OPT_WSCALE		0x02
#define TT_OPT_SACK_PERMITTED	0x04
#define TT_OPT_SACK		0x08
#define TT_OPT_TS		0x10
#define TT_OPT_TFO		0x20
#define TT_OPT_BAD		0x80	/* an impossible option length */

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

enum tt_parse tt_segment_parse(struct tt_segment *seg, const __u8 *header,
			       unsigned int have, __u32 tcp_len);

#endif
