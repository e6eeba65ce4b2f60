/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text of the ABI, version 1: one place for the module and for replay.
 */
#ifndef _TCPTRACE_FORMAT_H
#define _TCPTRACE_FORMAT_H

#include "event.h"
#include "record.h"
#include "track.h"

#define TT_ABI_VERSION 1

/* every line of the ABI, with its newline and a terminating zero, fits */
#define TT_LINE_MAX 512

/* "[addr]:port", or "addr:port" under IPv4, with a terminating zero */
#define TT_ENDPOINT_MAX 64

int tt_format_transitions_header(char *buf, unsigned int size);
int tt_format_event(char *buf, unsigned int size, const struct tt_event *ev);
int tt_format_lost(char *buf, unsigned int size, __u64 lost, __u64 next);
int tt_format_connections_header(char *buf, unsigned int size);
int tt_format_connection(char *buf, unsigned int size,
			 const struct tt_conn *conn, __u64 now_ms);
int tt_format_segments_header(char *buf, unsigned int size);
int tt_format_record(char *buf, unsigned int size,
		     const struct tt_tuple *tuple, __u64 number,
		     const struct tt_record *rec);
int tt_format_endpoint(char *buf, unsigned int size,
		       const struct tt_tuple *tuple, unsigned int end);

#endif
