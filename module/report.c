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

/**
 * tt_announce - transitions, to whom it may concern beside the log
 * @tn: the namespace
 * @conn: the connection, locked
 * @seg: the segment; NULL for a timeout
 * @res: what it did
 * @seqno: the first one's number in the log
 */
void tt_announce(struct tt_net *tn, const struct tt_conn *conn,
		 const struct tt_segment *seg, const struct tt_result *res,
		 u64 seqno)
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

/**
 * tt_report_line - a verdict without a transition
 * @tn: the namespace
 * @node: the connection, locked, and BHs are off
 * @seg: the segment
 * @res: what tt_track() found
 *
 * How many there are is limited.
 */
void tt_report_line(struct tt_net *tn, struct tt_node *node,
		    const struct tt_segment *seg, const struct tt_result *res)
{
	if (!READ_ONCE(tn->settings.log_verdicts))
		return;
	if (tt_rate_take(&tt_extra_of(&node->conn)->rate, tt_now_ms()))
		tt_report_log(tn, &node->conn, seg, res);
	else
		__tt_count(tn, events_suppressed);
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
	tt_report_here(tn, node, seg, res);
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
