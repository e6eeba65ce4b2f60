/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One line of the file segments in binary form: what the flight recorder keeps.
 */
#ifndef _TCPTRACE_RECORD_H
#define _TCPTRACE_RECORD_H

#include "track.h"

#define TT_RECORD_SEGMENT	0x01	/* else a timer ran out */
#define TT_RECORD_SENT		0x02	/* the segment was seen leaving */
#define TT_RECORD_ARRIVED	0x04	/* it was seen to reach its receiver */
#define TT_RECORD_ACK		0x08	/* the segment has the ACK flag */
#define TT_RECORD_NUMBERS	0x10	/* expected, actual are valid */
#define TT_RECORD_CLIENT_ISS	0x20	/* client_iss is valid */
#define TT_RECORD_SERVER_ISS	0x40	/* server_iss is valid */
#define TT_RECORD_FIRST		0x80	/* the first of its connection */

/**
 * struct tt_record - a segment, or a timeout, and the states after it
 * @time_ns: nanoseconds since the epoch (CLOCK_REALTIME)
 * @conn: number of the connection, 0: none yet
 * @seq: SEG.SEQ
 * @ack: SEG.ACK
 * @len: payload, bytes
 * @win: window, bytes, scaled where the scale is known
 * @expected: the number that the violated rule asks for
 * @actual: the number that the segment had
 * @client_iss: x, the client's initial sequence number
 * @server_iss: y, the server's
 * @flags: the segment's TCP flags
 * @verdict: enum tt_verdict; TT_VERDICTS_MAX: none
 * @client: which end of the tuple is the client
 * @sender: the role of who sent it; of a timeout, whose timer
 * @client_state: enum tt_state, after the segment
 * @server_state: the same
 * @has: TT_RECORD_*
 *
 * All numbers are in host byte order. A cache line less eight bytes.
 */
struct tt_record {
	__u64 time_ns;
	__u64 conn;
	__u32 seq;
	__u32 ack;
	__u32 len;
	__u32 win;
	__u32 expected;
	__u32 actual;
	__u32 client_iss;
	__u32 server_iss;
	__u8 flags;
	__u8 verdict;
	__u8 client;
	__u8 sender;
	__u8 client_state;
	__u8 server_state;
	__u8 has;
};

bool tt_record_fill(const struct tt_conn *conn, const struct tt_segment *seg,
		    const struct tt_result *res, struct tt_record *rec);

#endif
