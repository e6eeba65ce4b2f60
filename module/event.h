/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One line of /proc/tcptrace in binary form: what the event log holds.
 */
#ifndef _TCPTRACE_EVENT_H
#define _TCPTRACE_EVENT_H

#include "tuple.h"

#define TT_CLIENT	0
#define TT_SERVER	1
#define TT_NO_ROLE	2

#define TT_EVENT_HAS_SEGMENT	0x01	/* seq ack len win flags are valid */
#define TT_EVENT_HAS_ACK	0x02	/* and the segment had the ACK flag */

/**
 * struct tt_event - a transition, or a verdict worth a line
 * @seqno: number of the event in its log, from 1; given by the log
 * @time_ns: nanoseconds since the epoch (CLOCK_REALTIME)
 * @conn: number of the connection in its network namespace, from 1;
 *	0: no connection
 * @tuple: both ends, network byte order
 * @seq: SEG.SEQ, host byte order, absolute
 * @ack: SEG.ACK, host byte order, absolute
 * @len: payload, bytes
 * @win: window, bytes, scaled where the scale is known
 * @client: which end of @tuple is the client (0 or 1)
 * @endpoint: TT_CLIENT, TT_SERVER or TT_NO_ROLE
 * @from: enum tt_state
 * @to: enum tt_state; equal to @from: a verdict, not a transition
 * @basis: enum tt_basis
 * @flags: the segment's TCP flags
 * @verdict: enum tt_verdict; TT_VERDICTS_MAX: nothing applies (timeouts)
 * @has: TT_EVENT_HAS_*
 */
struct tt_event {
	__u64 seqno;
	__u64 time_ns;
	__u64 conn;
	struct tt_tuple tuple;
	__u32 seq;
	__u32 ack;
	__u32 len;
	__u32 win;
	__u8 client;
	__u8 endpoint;
	__u8 from;
	__u8 to;
	__u8 basis;
	__u8 flags;
	__u8 verdict;
	__u8 has;
};

#endif
