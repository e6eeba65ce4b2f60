/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a segment did, told to the counters, the log, dmesg and tracepoints.
 */
#ifndef _TCPTRACE_REPORT_H
#define _TCPTRACE_REPORT_H

#include "net.h"

void tt_report(struct tt_net *tn, struct tt_node *node,
	       const struct tt_segment *seg, const struct tt_result *res);
/* what tt_predict() found: that is never worth a line; with BHs off */
static inline void tt_report_predicted(struct tt_net *tn,
				       enum tt_verdict verdict)
{
	if (verdict == TT_VERDICTS_MAX)
		return;
	__tt_count(tn, segments);
	__tt_count_verdict(tn, verdict);
}

void tt_report_stray(struct tt_net *tn, const struct tt_tuple *tuple,
		     unsigned int src, const struct tt_segment *seg,
		     enum tt_verdict verdict);

#endif
