/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM tcptrace

#if !defined(_TCPTRACE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TCPTRACE_TRACE_H

#include <linux/tracepoint.h>
#include <net/net_namespace.h>
#include "event.h"
#include "format.h"

/*
 * tcptrace:tcptrace_transition - an endpoint has changed its state.
 * Fires under the connection's lock, with BHs off, once for each transition of
 * /proc/tcptrace. Endpoint, states, basis and verdict are strings, as the ABI
 * spells them: perf, trace-cmd and bpftrace cannot call our functions. Filled up
 * with zeroes: bpftrace takes the whole array for a key.
 */
TRACE_EVENT(tcptrace_transition,
	TP_PROTO(const struct net *net, const struct tt_event *ev),
	TP_ARGS(net, ev),

	TP_STRUCT__entry(
		__field(u64, seqno)
		__field(u64, conn)
		__field(u32, netns)
		__field(u32, seq)
		__field(u32, ack)
		__field(u32, len)
		__field(u8, flags)
		__array(char, endpoint, 8)
		__array(char, from, 16)
		__array(char, to, 16)
		__array(char, basis, 16)
		__array(char, verdict, 32)
		__array(char, client, TT_ENDPOINT_MAX)
		__array(char, server, TT_ENDPOINT_MAX)
	),

	TP_fast_assign(
		__entry->seqno = ev->seqno;
		__entry->conn = ev->conn;
		__entry->netns = net->ns.inum;
		__entry->seq = ev->seq;
		__entry->ack = ev->ack;
		__entry->len = ev->len;
		__entry->flags = ev->flags;
		strscpy_pad(__entry->endpoint, ev->endpoint == TT_CLIENT ?
			    "client" : "server", sizeof(__entry->endpoint));
		strscpy_pad(__entry->from, tt_state_name(ev->from),
			    sizeof(__entry->from));
		strscpy_pad(__entry->to, tt_state_name(ev->to),
			    sizeof(__entry->to));
		strscpy_pad(__entry->basis, tt_basis_name(ev->basis),
			    sizeof(__entry->basis));
		strscpy_pad(__entry->verdict, tt_verdict_name(ev->verdict),
			    sizeof(__entry->verdict));
		memset(__entry->client, 0, sizeof(__entry->client));
		memset(__entry->server, 0, sizeof(__entry->server));
		tt_format_endpoint(__entry->client, TT_ENDPOINT_MAX,
				   &ev->tuple, ev->client);
		tt_format_endpoint(__entry->server, TT_ENDPOINT_MAX,
				   &ev->tuple, !ev->client);
	),

	TP_printk("netns=%u seqno=%llu conn=%llu client=%s server=%s endpoint=%s from=%s to=%s basis=%s flags=0x%x seq=%u ack=%u len=%u verdict=%s",
		  __entry->netns, __entry->seqno, __entry->conn,
		  __entry->client, __entry->server, __entry->endpoint,
		  __entry->from, __entry->to, __entry->basis, __entry->flags,
		  __entry->seq, __entry->ack, __entry->len, __entry->verdict)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
