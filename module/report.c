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

/* it is in the log already: it has its number */
static void report_transition(struct tt_net *tn, const struct tt_event *ev)
{
	tt_count(tn, transitions);
	trace_tcptrace_transition(tn->net, ev);
	if (READ_ONCE(tn->settings.log_transitions))
		print_event(ev);
}

/* is an entry of a result worth a line? Those without a transition are limited */
static bool is_for_log(struct tt_net *tn, struct tt_node *node,
		       const struct tt_transition *t)
{
	if (tt_transition_moves(t))
		return true;
	if (!READ_ONCE(tn->settings.log_verdicts))
		return false;
	if (tt_rate_take(&node->conn.rate, tt_now_ms()))
		return true;
	tt_count(tn, events_suppressed);
	return false;
}

static void report_events(struct tt_net *tn, struct tt_node *node,
			  const struct tt_segment *seg,
			  const struct tt_result *res)
{
	/* as far as they are used */
	struct tt_event events[TT_TRANSITIONS_MAX] __uninitialized;
	unsigned int i, n = 0;

	for (i = 0; i < res->ntransitions; i++)
		if (is_for_log(tn, node, &res->transitions[i]))
			tt_track_event(&node->conn, seg, res, i, &events[n++]);
	if (n)
		tt_log_add(&tn->log, events, n);
	for (i = 0; i < n; i++)
		if (events[i].from != events[i].to)
			report_transition(tn, &events[i]);
}

/**
 * tt_report - everything that follows from a segment or a timeout
 * @tn: the namespace
 * @node: the connection, locked, so that its events are in their order
 * @seg: the segment; NULL for a timeout
 * @res: what tt_track() or tt_track_timeouts() found
 */
void tt_report(struct tt_net *tn, struct tt_node *node,
	       const struct tt_segment *seg, const struct tt_result *res)
{
	if (res->counted)
		tt_count(tn, segments);
	if (res->id_used)
		tt_count(tn, connections_total);
	if (res->remarks & TT_REMARK(MIDSTREAM))
		tt_count(tn, midstream);
	if (tt_result_counts_verdict(res))
		tt_count_verdict(tn, res->verdict);

	if (tt_node_recorder(node))
		tt_recorder_add(tt_node_recorder(node), &node->conn, seg, res);
	if (res->ntransitions)
		report_events(tn, node, seg, res);
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
	struct tt_event ev;

	tt_count(tn, segments);
	tt_count_verdict(tn, verdict);
	if (!READ_ONCE(tn->settings.log_verdicts))
		return;
	if (!take_stray(tn)) {
		tt_count(tn, events_suppressed);
		return;
	}
	tt_stray_event(tuple, src, seg, verdict, &ev);
	tt_log_add(&tn->log, &ev, 1);
}
