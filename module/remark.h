/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is unusual about a segment though it is legal.
 */
#ifndef _TCPTRACE_REMARK_H
#define _TCPTRACE_REMARK_H

#include "endpoint.h"
#include "verdict.h"

__u64 tt_remark_sent(const struct tt_end *s, const struct tt_end *r,
		     const struct tt_segment *seg, bool at_sender);
__u64 tt_remark_received(const struct tt_end *r, const struct tt_segment *seg);
enum tt_verdict tt_remark_first(__u64 remarks);
enum tt_verdict tt_remark_plain(const struct tt_end *s, const struct tt_end *r,
				const struct tt_segment *seg);

#endif
