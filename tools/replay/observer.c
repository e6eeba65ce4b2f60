// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <err.h>
#include <string.h>
#include "format.h"
#include "observer.h"
#include "packet.h"
#include "timeout.h"

/* as the module's sysctls are by default, see main.c there */
static const struct tt_limits limits = {
	.seconds = TT_LIMITS_DEFAULT,
};

#define count(o, name) ((o)->counters[TT_COUNT_##name]++)

static bool is_local(const struct observer *o, const struct tt_tuple *tuple,
		     unsigned int end)
{
	unsigned int i;

	for (i = 0; i < o->options->nlocals; i++)
		if (local_has(&o->locals[i], tuple, end))
			return true;
	return false;
}

/* of a connection between two local ends each segment is captured once */
static enum tt_place place_of(const struct observer *o, struct tt_conn *conn,
			      unsigned int src)
{
	bool from_here = is_local(o, &conn->tuple, src);
	bool to_here = is_local(o, &conn->tuple, !src);

	if (from_here && to_here) {
		conn->end[0].flags |= TT_LOCAL;
		conn->end[1].flags |= TT_LOCAL;
		return TT_AT_FORWARD;
	}
	if (from_here)
		return TT_AT_OUTPUT;
	return to_here ? TT_AT_INPUT : TT_AT_FORWARD;
}

/* ---- what the module's files would say ---- */

static void write_event(struct observer *o, struct tt_event *ev)
{
	char line[TT_LINE_MAX];
	int len;

	ev->seqno = ++o->seqno;
	ev->time_ns = o->time_ns;
	if (o->options->view != REPLAY_TRANSITIONS)
		return;
	len = tt_format_event(line, sizeof(line), ev);
	fwrite(line, 1, len, o->options->out);
}

static void write_connection(struct observer *o, const struct flow *flow)
{
	char line[TT_LINE_MAX];

	if (o->options->view != REPLAY_CONNECTIONS || !flow->conn.id)
		return;
	tt_format_connection(line, sizeof(line), &flow->conn, o->now);
	fputs(line, o->options->out);
}

static void write_segment(struct observer *o, struct flow *flow,
			  const struct tt_segment *seg,
			  const struct tt_result *res)
{
	struct tt_record rec;
	char line[TT_LINE_MAX];
	int len;

	if (!tt_record_fill(&flow->conn, seg, res, &rec))
		return;
	rec.time_ns = o->time_ns;
	if (rec.conn != flow->recorded)
		flow->records = 0;
	flow->recorded = rec.conn;
	len = tt_format_record(line, sizeof(line), &flow->conn.tuple,
			       ++flow->records, &rec);
	fwrite(line, 1, len, o->options->out);
}

static void report(struct observer *o, struct flow *flow,
		   const struct tt_segment *seg, const struct tt_result *res)
{
	struct tt_event ev;
	unsigned int i;

	if (res->counted)
		count(o, segments);
	if (res->id_used)
		count(o, connections_total);
	if (res->remarks & TT_REMARK(MIDSTREAM))
		count(o, midstream);
	if (tt_result_counts_verdict(res))
		o->verdicts[res->verdict]++;
	if (o->options->view == REPLAY_SEGMENTS)
		write_segment(o, flow, seg, res);
	for (i = 0; i < res->ntransitions; i++) {
		tt_track_event(&flow->conn, seg, res, i, &ev);
		if (tt_transition_moves(&res->transitions[i])) {
			count(o, transitions);
		} else if (!tt_rate_take(&flow->rate, o->now)) {
			count(o, events_suppressed);
			continue;
		}
		write_event(o, &ev);
	}
}

static void report_stray(struct observer *o, const struct tt_tuple *tuple,
			 unsigned int src, const struct tt_segment *seg,
			 enum tt_verdict verdict)
{
	struct tt_event ev;

	count(o, segments);
	o->verdicts[verdict]++;
	tt_stray_event(tuple, src, seg, verdict, &ev);
	if (tt_rate_take(&o->stray, o->now))
		write_event(o, &ev);
	else
		count(o, events_suppressed);
}

/* ---- time ---- */

static void run_out(struct observer *o, struct flow *flow)
{
	__u64 now = o->now, time_ns = o->time_ns;
	struct tt_result res;
	bool stays;

	o->now = flow->due;
	o->time_ns = flow->due * 1000000;
	stays = tt_track_timeouts(&flow->conn, &limits, o->now, &res);
	report(o, flow, NULL, &res);
	if (stays) {
		flow_set_due(&o->flows, flow,
			     tt_track_deadline(&flow->conn, &limits, o->now));
	} else {
		write_connection(o, flow);
		flow_remove(&o->flows, flow);
	}
	o->now = now;
	o->time_ns = time_ns;
}

static void advance(struct observer *o, const struct timeval *time)
{
	__u64 ns = (__u64)time->tv_sec * 1000000000 + time->tv_usec;
	struct flow *flow;

	while ((flow = flow_first_due(&o->flows, ns / 1000000)))
		run_out(o, flow);
	o->time_ns = ns;
	if (ns / 1000000 > o->now)
		o->now = ns / 1000000;
}

/* ---- segments ---- */

static void track(struct observer *o, const struct tt_tuple *tuple,
		  struct tt_sighting *at)
{
	struct flow *flow = flow_find(&o->flows, tuple);
	enum tt_verdict verdict;
	struct tt_result res;
	__u64 due;

	if (!flow && !tt_track_opens(at)) {
		report_stray(o, tuple, at->src, at->seg,
			     at->bad_checksum ? TT_V_BAD_CHECKSUM :
			     TT_V_NO_CONNECTION);
		return;
	}
	if (!flow)
		flow = flow_add(&o->flows, tuple, o->now + 1000);
	at->place = place_of(o, &flow->conn, at->src);
	/* a record of the segment wants more than the verdict */
	if (o->options->view != REPLAY_SEGMENTS &&
	    tt_predict(&flow->conn, at, &verdict)) {
		if (verdict != TT_VERDICTS_MAX) {
			count(o, segments);
			o->verdicts[verdict]++;
		}
		return;
	}
	if (tt_track_needs_id(&flow->conn, at))
		at->next_id = ++o->ids;
	tt_track(&flow->conn, at, &res);
	report(o, flow, at->seg, &res);
	due = tt_track_deadline(&flow->conn, &limits, o->now);
	if (due < flow->due)
		flow_set_due(&o->flows, flow, due);
}

static void see_segment(struct observer *o, struct packet *p)
{
	struct tt_segment seg;
	struct tt_sighting at = { .seg = &seg, .now = o->now };
	unsigned int have = p->have < TT_HEADER_MAX ? p->have : TT_HEADER_MAX;
	enum tt_parse parse = tt_segment_parse(&seg, p->data, have, p->len);

	/* too long for the peer's MSS, or to be cut by the device? Can't tell */
	seg.unit = 1;
	p->tuple.port[0] = htons(seg.sport);
	p->tuple.port[1] = htons(seg.dport);
	if (seg.options & TT_OPT_BAD)
		count(o, malformed_option);
	if (parse == TT_PARSE_OK)
		at.bad_checksum = sums_refute(&o->sums, p);
	at.src = tt_tuple_normalise(&p->tuple);
	switch (parse) {
	case TT_PARSE_OK:
		if (at.bad_checksum)
			count(o, malformed_checksum);
		track(o, &p->tuple, &at);
		return;
	case TT_PARSE_BAD_OFFSET:
		count(o, malformed_data_offset);
		break;
	case TT_PARSE_TRUNCATED:
		count(o, malformed_truncated);
		break;
	}
	report_stray(o, &p->tuple, at.src, &seg, TT_V_TRUNCATED);
}

/**
 * observer_packet - the next packet of the capture
 * @o: the observer
 * @header: when it was captured, and how much of it
 * @bytes: the packet
 *
 * Of fragments the module sees the whole, so they are put together here.
 */
void observer_packet(struct observer *o, const struct pcap_pkthdr *header,
		     const __u8 *bytes)
{
	enum packet_kind kind;
	struct packet p;

	o->packets++;
	advance(o, &header->ts);
	kind = packet_parse(&p, o->link, bytes, header->caplen, header->len);
	if (kind == PACKET_FRAGMENT && fragments_add(&o->fragments, &p, o->now))
		kind = packet_parse_whole(&p);
	switch (kind) {
	case PACKET_TCP:
		see_segment(o, &p);
		return;
	case PACKET_OTHER:
		o->other++;
		return;
	case PACKET_FRAGMENT:
		return;
	case PACKET_BAD_IP:
		count(o, malformed_ip);
		return;
	}
}

/* ---- the whole ---- */

static void write_header(const struct observer *o)
{
	char line[TT_LINE_MAX] = "";

	if (o->options->view == REPLAY_TRANSITIONS)
		tt_format_transitions_header(line, sizeof(line));
	else if (o->options->view == REPLAY_CONNECTIONS)
		tt_format_connections_header(line, sizeof(line));
	else if (o->options->view == REPLAY_SEGMENTS)
		tt_format_segments_header(line, sizeof(line));
	fputs(line, o->options->out);
}

/**
 * observer_begin - before the first packet
 * @o: filled in
 * @options: what to write, and where; checksums are verified
 * @link: link type of the packets, one that link_is_known()
 *
 * Ends the program with a message if a --local can't be read.
 */
void observer_begin(struct observer *o, const struct replay_options *options,
		    int link)
{
	unsigned int i;

	memset(o, 0, sizeof(*o));
	o->options = options;
	o->link = link;
	o->sums.verify = options->checksum != REPLAY_CHECKSUM_NEVER;
	for (i = 0; i < options->nlocals; i++)
		local_parse(&o->locals[i], options->locals[i]);
	flows_init(&o->flows);
	fragments_init(&o->fragments);
	write_header(o);
}

static void write_stat(const struct observer *o)
{
	static const char * const names[] = {
#define COUNTER_NAME(name) #name,
		TT_COUNTERS(COUNTER_NAME)
#undef COUNTER_NAME
	};
	FILE *out = o->options->out;
	unsigned int i;

	fprintf(out, "# tcptrace %d name value\n", TT_ABI_VERSION);
	fprintf(out, "packets %llu\npackets_without_tcp %llu\n", o->packets,
		o->other);
	fprintf(out, "connections %zu\n", o->flows.count);
	for (i = 0; i < TT_COUNTERS_MAX; i++) {
		if (i == TT_COUNT_events_suppressed)
			fprintf(out, "events %llu\n", o->seqno);
		fprintf(out, "%s %llu\n", names[i], o->counters[i]);
	}
	for (i = 0; i < TT_VERDICTS_MAX; i++)
		fprintf(out, "verdict_%s %llu\n", tt_verdict_name(i),
			o->verdicts[i]);
}

/* what the lines do not show */
static void warn_of_dropped(const struct observer *o)
{
	static const struct {
		enum tt_counter counter;
		const char *what;
	} dropped[] = {
		{ TT_COUNT_fragments, "IP fragments" },
		{ TT_COUNT_malformed_ip, "packets with a malformed IP header" },
		{ TT_COUNT_malformed_truncated, "TCP headers cut short" },
		{ TT_COUNT_malformed_data_offset, "impossible data offsets" },
		{ TT_COUNT_events_suppressed, "lines suppressed" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		if (o->counters[dropped[i].counter] &&
		    (o->options->view != REPLAY_SEGMENTS ||
		     dropped[i].counter != TT_COUNT_events_suppressed))
			warnx("not shown: %llu %s",
			      o->counters[dropped[i].counter], dropped[i].what);
}

/**
 * observer_end - after the last packet
 * @o: freed
 *
 * Writes what is known only now, and tells on stderr what the lines don't show.
 */
void observer_end(struct observer *o)
{
	fragments_give_up(&o->fragments);
	o->counters[TT_COUNT_fragments] = o->fragments.dropped;
	while (o->options->view == REPLAY_CONNECTIONS && o->flows.count) {
		write_connection(o, o->flows.heap[0]);
		flow_remove(&o->flows, o->flows.heap[0]);
	}
	if (o->options->view == REPLAY_STAT)
		write_stat(o);
	else
		warn_of_dropped(o);
	fragments_free(&o->fragments);
	flows_free(&o->flows);
}
