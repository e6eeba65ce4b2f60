/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a segment did, told to the counters, the log, dmesg and tracepoints.
 */
#ifndef _TCPTRACE_REPORT_H
#define _TCPTRACE_REPORT_H

#include "net.h"
#include "trace.h"
#include "transition.h"

void tt_report(struct tt_net *tn, struct tt_node *node,
	       const struct tt_segment *seg, const struct tt_result *res);
void tt_report_line(struct tt_net *tn, struct tt_node *node,
		    const struct tt_segment *seg, const struct tt_result *res);
void tt_report_stray(struct tt_net *tn, const struct tt_tuple *tuple,
		     unsigned int src, const struct tt_segment *seg,
		     enum tt_verdict verdict);
void tt_announce(struct tt_net *tn, const struct tt_conn *conn,
		 const struct tt_segment *seg, const struct tt_result *res,
		 u64 seqno);

/* what tt_predict() found: that is never worth a line; with BHs off */
static inline void tt_report_predicted(struct tt_net *tn,
				       enum tt_verdict verdict)
{
	struct tt_stats __percpu *stats = tn->stats;

	if (verdict == TT_VERDICTS_MAX)
		return;
	__tt_inc(&stats->counters[TT_COUNT_segments]);
	__tt_inc(&stats->verdicts[verdict]);
}

/* all entries of a result into the log; return: the number of the first */
static __always_inline u64 tt_report_log(struct tt_net *tn,
					 const struct tt_conn *conn,
					 const struct tt_segment *seg,
					 const struct tt_result *res)
{
	u64 time_ns = tt_log_begin(&tn->log), first = tn->log.next;
	unsigned int i;

	for (i = 0; i < res->ntransitions; i++)
		tt_track_event_here(conn, seg, res, i,
				    tt_log_next_event(&tn->log, time_ns));
	tt_log_end(&tn->log);
	return first;
}

static __always_inline void tt_report_moves(struct tt_net *tn,
					    const struct tt_conn *conn,
					    const struct tt_segment *seg,
					    const struct tt_result *res)
{
	u64 first = tt_report_log(tn, conn, seg, res);

	__tt_add(tn, transitions, res->ntransitions);
	if (trace_tcptrace_transition_enabled() ||
	    READ_ONCE(tn->settings.log_transitions))
		tt_announce(tn, conn, seg, res, first);
}

/* tt_report() where it pays to have it in the caller; has a state moved? */
static __always_inline bool tt_report_here(struct tt_net *tn,
					   struct tt_node *node,
					   const struct tt_segment *seg,
					   const struct tt_result *res)
{
	if (res->counted)
		__tt_count(tn, segments);
	if (res->id_used)
		__tt_count(tn, connections_total);
	if (res->remarks & TT_REMARK(MIDSTREAM))
		__tt_count(tn, midstream);
	if (tt_result_counts_verdict(res))
		__tt_count_verdict(tn, res->verdict);

	if (tt_node_recorder(node))
		tt_recorder_add(tt_node_recorder(node), &node->conn, seg, res);
	if (tt_result_moves(res)) {
		tt_report_moves(tn, &node->conn, seg, res);
		return true;
	}
	if (res->ntransitions)
		tt_report_line(tn, node, seg, res);
	return false;
}

#endif
