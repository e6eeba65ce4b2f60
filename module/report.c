// SPDX-License-Identifier: GPL-2.0
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include "format.h"
#include "report.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* bounded: a console is slow, and this runs on the way of a segment */
static void print_event(const struct tt_event *ev)
{
	static DEFINE_RATELIMIT_STATE(limit, HZ, 200);
	char client[TT_ENDPOINT_MAX], server[TT_ENDPOINT_MAX];

	if (!__ratelimit(&limit))
		return;
	tt_format_endpoint(client, sizeof(client), &ev->tuple, ev->client);
	tt_format_endpoint(server, sizeof(server), &ev->tuple, !ev->client);
	pr_info("tcptrace: conn %llu %s > %s %s: %s -> %s (%s, %s)\n",
		ev->conn, client, server,
		ev->endpoint == TT_CLIENT ? "client" : "server",
		tt_state_name(ev->from), tt_state_name(ev->to),
		tt_basis_name(ev->basis), tt_verdict_name(ev->verdict));
}

/* to whom it may concern beside the log, where they have their numbers */
static noinline void announce(struct tt_net *tn, const struct tt_conn *conn,
			      const struct tt_segment *seg,
			      const struct tt_result *res, u64 seqno)
{
	struct tt_event ev = { .seqno = seqno };
	unsigned int i;

	for (i = 0; i < res->ntransitions; i++) {
		tt_track_event(conn, seg, res, i, &ev);
		trace_tcptrace_transition(tn->net, &ev);
		if (READ_ONCE(tn->settings.log_transitions))
			print_event(&ev);
		ev.seqno++;
	}
}

/* is it worth a line? What moves nothing is limited */
static bool is_for_log(struct tt_net *tn, struct tt_node *node,
		       const struct tt_result *res)
{
	if (tt_result_moves(res))
		return true;
	if (!READ_ONCE(tn->settings.log_verdicts))
		return false;
	if (tt_rate_take(&tt_extra_of(&node->conn)->rate, tt_now_ms()))
		return true;
	__tt_count(tn, events_suppressed);
	return false;
}

static __always_inline void log_events(struct tt_net *tn,
				       const struct tt_conn *conn,
				       const struct tt_segment *seg,
				       const struct tt_result *res)
{
	bool moves = tt_result_moves(res);
	u64 time_ns = tt_log_begin(&tn->log), first = tn->log.next;
	unsigned int i;

	for (i = 0; i < res->ntransitions; i++) {
		tt_track_event(conn, seg, res, i,
			       tt_log_next_event(&tn->log, time_ns));
		if (moves)
			__tt_count(tn, transitions);
	}
	tt_log_end(&tn->log);
	if (moves && (trace_tcptrace_transition_enabled() ||
		      READ_ONCE(tn->settings.log_transitions)))
		announce(tn, conn, seg, res, first);
}

/**
 * tt_report - everything that follows from a segment or a timeout
 * @tn: the namespace
 * @node: the connection, locked, so that its events are in their order, and
 *	BHs are off
 * @seg: the segment; NULL for a timeout
 * @res: what tt_track() or tt_track_timeouts() found
 */
void tt_report(struct tt_net *tn, struct tt_node *node,
	       const struct tt_segment *seg, const struct tt_result *res)
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
	if (res->ntransitions && is_for_log(tn, node, res))
		log_events(tn, &node->conn, seg, res);
}

/* in a flood no CPU waits for another: that line is suppressed */
static bool take_stray(struct tt_net *tn)
{
	bool taken;

	if (!spin_trylock_bh(&tn->stray_lock))
		return false;
	taken = tt_rate_take(&tn->stray, tt_now_ms());
	spin_unlock_bh(&tn->stray_lock);
	return taken;
}

/**
 * tt_report_stray - a segment that belongs to no connection
 * @tn: the namespace
 * @tuple: normalised
 * @src: which end of it sent the segment
 * @seg: the segment
 * @verdict: what is wrong with it
 */
void tt_report_stray(struct tt_net *tn, const struct tt_tuple *tuple,
		     unsigned int src, const struct tt_segment *seg,
		     enum tt_verdict verdict)
{
	u64 time_ns;

	tt_count(tn, segments);
	tt_count_verdict(tn, verdict);
	if (!READ_ONCE(tn->settings.log_verdicts))
		return;
	if (!take_stray(tn)) {
		tt_count(tn, events_suppressed);
		return;
	}
	local_bh_disable();
	time_ns = tt_log_begin(&tn->log);
	tt_stray_event(tuple, src, seg, verdict,
		       tt_log_next_event(&tn->log, time_ns));
	tt_log_end(&tn->log);
	local_bh_enable();
}
