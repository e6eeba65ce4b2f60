// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <err.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "counter.h"
#include "flow.h"
#include "format.h"
#include "packet.h"
#include "replay.h"

#define READ_BUFFER	1048576
#define EXIT_USAGE	2
#define EXIT_INPUT	6

/* as the module's sysctls are by default, see main.c there */
static const struct tt_limits limits = {
	.seconds = TT_LIMITS_DEFAULT,
};

/* the addresses of one --local */
struct local {
	union tt_addr addr;
	unsigned int family;
	unsigned int prefix;
};

struct replay {
	const struct replay_options *options;
	struct local locals[REPLAY_LOCALS_MAX];
	struct flows flows;
	struct tt_rate stray;
	__u64 counters[TT_COUNTERS_MAX];
	__u64 verdicts[TT_VERDICTS_MAX];
	__u64 other;	/* packets without TCP */
	__u64 packets;
	__u64 ids;
	__u64 seqno;
	__u64 now;	/* milliseconds, never goes back */
	__u64 time_ns;
	bool verify;	/* checksums */
	int link;
};

/* a packet that waits until it is known whether checksums mean anything */
struct early {
	struct pcap_pkthdr header;
	__u8 *bytes;
};

#define EARLY_MAX	256
#define SUMS_MIN	8	/* fewer say nothing about a capture */

#define count(r, name) ((r)->counters[TT_COUNT_##name]++)

/* ---- who is local ---- */

static void parse_local(struct local *local, const char *text)
{
	char address[64], *slash;
	unsigned int max;

	snprintf(address, sizeof(address), "%s", text);
	slash = strchr(address, '/');
	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, address, &local->addr) == 1) {
		local->family = TT_IPV4;
		max = 32;
	} else if (inet_pton(AF_INET6, address, &local->addr) == 1) {
		local->family = TT_IPV6;
		max = 128;
	} else {
		errx(EXIT_USAGE, "--local %s: no IPv4 or IPv6 address", text);
	}
	local->prefix = max;
	if (slash) {
		char *end;
		unsigned long n = strtoul(slash, &end, 10);

		if (!*slash || *end || *slash == '-' || n > max)
			errx(EXIT_USAGE, "--local %s: a prefix is 0 to %u", text,
			     max);
		local->prefix = n;
	}
}

static bool same_prefix(const __u8 *a, const __u8 *b, unsigned int bits)
{
	if (memcmp(a, b, bits / 8))
		return false;
	return !(bits % 8) ||
	       !((a[bits / 8] ^ b[bits / 8]) >> (8 - bits % 8));
}

static bool is_local(const struct replay *r, const struct tt_tuple *tuple,
		     unsigned int end)
{
	unsigned int i;

	for (i = 0; i < r->options->nlocals; i++)
		if (r->locals[i].family == tuple->family &&
		    same_prefix((const __u8 *)&r->locals[i].addr,
				(const __u8 *)&tuple->addr[end],
				r->locals[i].prefix))
			return true;
	return false;
}

/* of a connection between two local ends each segment is captured once */
static enum tt_place place_of(const struct replay *r, struct tt_conn *conn,
			      unsigned int src)
{
	bool from_here = is_local(r, &conn->tuple, src);
	bool to_here = is_local(r, &conn->tuple, !src);

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

static void write_event(struct replay *r, struct tt_event *ev)
{
	char line[TT_LINE_MAX];
	int len;

	ev->seqno = ++r->seqno;
	ev->time_ns = r->time_ns;
	if (r->options->view != REPLAY_TRANSITIONS)
		return;
	len = tt_format_event(line, sizeof(line), ev);
	fwrite(line, 1, len, r->options->out);
}

static void write_connection(struct replay *r, const struct flow *flow)
{
	char line[TT_LINE_MAX];

	if (r->options->view != REPLAY_CONNECTIONS || !flow->conn.id)
		return;
	tt_format_connection(line, sizeof(line), &flow->conn, r->now);
	fputs(line, r->options->out);
}

static void report(struct replay *r, struct flow *flow,
		   const struct tt_segment *seg, const struct tt_result *res)
{
	struct tt_event ev;
	unsigned int i;

	if (res->counted)
		count(r, segments);
	if (res->id_used)
		count(r, connections_total);
	if (res->remarks & TT_REMARK(MIDSTREAM))
		count(r, midstream);
	if (res->verdict < TT_VERDICTS_MAX &&
	    (res->counted || tt_verdict_class(res->verdict) != TT_FINE))
		r->verdicts[res->verdict]++;
	for (i = 0; i < res->ntransitions; i++) {
		tt_track_event(&flow->conn, seg, res, i, &ev);
		if (ev.from != ev.to) {
			count(r, transitions);
		} else if (!tt_rate_take(&flow->rate, r->now)) {
			count(r, events_suppressed);
			continue;
		}
		write_event(r, &ev);
	}
}

static void report_stray(struct replay *r, const struct tt_tuple *tuple,
			 unsigned int src, const struct tt_segment *seg,
			 enum tt_verdict verdict)
{
	struct tt_event ev;

	count(r, segments);
	r->verdicts[verdict]++;
	tt_stray_event(tuple, src, seg, verdict, &ev);
	if (tt_rate_take(&r->stray, r->now))
		write_event(r, &ev);
	else
		count(r, events_suppressed);
}

/* ---- time ---- */

static void run_out(struct replay *r, struct flow *flow)
{
	__u64 now = r->now, time_ns = r->time_ns;
	struct tt_result res;
	bool stays;

	r->now = flow->due;
	r->time_ns = flow->due * 1000000;
	stays = tt_track_timeouts(&flow->conn, &limits, r->now, &res);
	report(r, flow, NULL, &res);
	if (stays) {
		flow_set_due(&r->flows, flow,
			     tt_track_deadline(&flow->conn, &limits));
	} else {
		write_connection(r, flow);
		flow_remove(&r->flows, flow);
	}
	r->now = now;
	r->time_ns = time_ns;
}

static void advance(struct replay *r, const struct timeval *time)
{
	__u64 ns = (__u64)time->tv_sec * 1000000000 + time->tv_usec;
	struct flow *flow;

	while ((flow = flow_first_due(&r->flows, ns / 1000000)))
		run_out(r, flow);
	r->time_ns = ns;
	if (ns / 1000000 > r->now)
		r->now = ns / 1000000;
}

/* ---- segments ---- */

static void track(struct replay *r, const struct tt_tuple *tuple,
		  struct tt_sighting *at)
{
	struct flow *flow = flow_find(&r->flows, tuple);
	struct tt_result res;
	__u64 due;

	if (!flow && !tt_track_opens(at)) {
		report_stray(r, tuple, at->src, at->seg,
			     at->bad_checksum ? TT_V_BAD_CHECKSUM :
			     TT_V_NO_CONNECTION);
		return;
	}
	if (!flow)
		flow = flow_add(&r->flows, tuple, r->now + 1000);
	at->place = place_of(r, &flow->conn, at->src);
	if (tt_track_needs_id(&flow->conn, at))
		at->next_id = ++r->ids;
	tt_track(&flow->conn, at, &res);
	report(r, flow, at->seg, &res);
	due = tt_track_deadline(&flow->conn, &limits);
	if (due < flow->due)
		flow_set_due(&r->flows, flow, due);
}

static void see_segment(struct replay *r, struct packet *p)
{
	struct tt_segment seg;
	struct tt_sighting at = { .seg = &seg, .now = r->now };
	unsigned int have = p->have < TT_HEADER_MAX ? p->have : TT_HEADER_MAX;
	enum tt_parse parse = tt_segment_parse(&seg, p->tcp, have, p->tcp_len);

	/* too long for the peer's MSS, or to be cut by the device? Can't tell */
	seg.unit = 1;
	p->tuple.port[0] = htons(seg.sport);
	p->tuple.port[1] = htons(seg.dport);
	if (seg.options & TT_OPT_BAD)
		count(r, malformed_option);
	if (parse == TT_PARSE_OK && r->verify)
		at.bad_checksum = packet_sum_is_bad(p);
	at.src = tt_tuple_normalise(&p->tuple);
	switch (parse) {
	case TT_PARSE_OK:
		if (at.bad_checksum)
			count(r, malformed_checksum);
		track(r, &p->tuple, &at);
		return;
	case TT_PARSE_BAD_OFFSET:
		count(r, malformed_data_offset);
		break;
	case TT_PARSE_TRUNCATED:
		count(r, malformed_truncated);
		break;
	}
	report_stray(r, &p->tuple, at.src, &seg, TT_V_TRUNCATED);
}

static void see_packet(struct replay *r, const struct pcap_pkthdr *header,
		       const __u8 *bytes)
{
	struct packet p;

	r->packets++;
	advance(r, &header->ts);
	switch (packet_parse(&p, r->link, bytes, header->caplen, header->len)) {
	case PACKET_TCP:
		see_segment(r, &p);
		return;
	case PACKET_OTHER:
		r->other++;
		return;
	case PACKET_FRAGMENT:
		count(r, fragments);
		return;
	case PACKET_BAD_IP:
		count(r, malformed_ip);
		return;
	}
}

/* ---- the file ---- */

static void write_header(const struct replay *r)
{
	char line[TT_LINE_MAX] = "";

	if (r->options->view == REPLAY_TRANSITIONS)
		tt_format_transitions_header(line, sizeof(line));
	else if (r->options->view == REPLAY_CONNECTIONS)
		tt_format_connections_header(line, sizeof(line));
	fputs(line, r->options->out);
}

static void write_stat(const struct replay *r)
{
	static const char * const names[] = {
#define COUNTER_NAME(name) #name,
		TT_COUNTERS(COUNTER_NAME)
#undef COUNTER_NAME
	};
	FILE *out = r->options->out;
	unsigned int i;

	fprintf(out, "# tcptrace %d name value\n", TT_ABI_VERSION);
	fprintf(out, "packets %llu\npackets_without_tcp %llu\n", r->packets,
		r->other);
	fprintf(out, "connections %zu\n", r->flows.count);
	for (i = 0; i < TT_COUNTERS_MAX; i++) {
		if (i == TT_COUNT_events_suppressed)
			fprintf(out, "events %llu\n", r->seqno);
		fprintf(out, "%s %llu\n", names[i], r->counters[i]);
	}
	for (i = 0; i < TT_VERDICTS_MAX; i++)
		fprintf(out, "verdict_%s %llu\n", tt_verdict_name(i),
			r->verdicts[i]);
}

/* what the lines do not show */
static void warn_of_dropped(const struct replay *r)
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
		if (r->counters[dropped[i].counter])
			warnx("not shown: %llu %s",
			      r->counters[dropped[i].counter], dropped[i].what);
}

static void show_progress(FILE *file, off_t size, bool done)
{
	if (done)
		fprintf(stderr, "\r\033[K");
	else
		fprintf(stderr, "\r%3d%%", (int)(ftello(file) * 100 / size));
	fflush(stderr);
}

static void judge_sums(struct replay *r, const struct early *early,
		       unsigned int n, const char *path)
{
	unsigned int i, whole = 0, bad = 0;
	struct packet p;

	for (i = 0; i < n; i++) {
		const struct pcap_pkthdr *h = &early[i].header;

		if (packet_parse(&p, r->link, early[i].bytes, h->caplen,
				 h->len) != PACKET_TCP || p.have < p.tcp_len)
			continue;
		whole++;
		bad += packet_sum_is_bad(&p);
	}
	if (whole < SUMS_MIN || 2 * bad <= whole)
		return;
	warnx("%s: %u of the first %u TCP checksums are wrong: it was rewritten; they are not verified (--checksum always)",
	      path, bad, whole);
	r->verify = false;
}

/* the first packets, twice: for their checksums, then to be replayed */
static int read_early(struct replay *r, pcap_t *pcap, const char *path)
{
	struct early early[EARLY_MAX];
	struct pcap_pkthdr *header;
	unsigned int n = 0, i;
	const __u8 *bytes;
	int got = 1;

	r->verify = r->options->checksum != REPLAY_CHECKSUM_NEVER;
	if (r->options->checksum != REPLAY_CHECKSUM_AUTO)
		return 1;
	while (n < EARLY_MAX &&
	       (got = pcap_next_ex(pcap, &header, &bytes)) == 1) {
		early[n].header = *header;
		early[n].bytes = malloc(header->caplen + 1);
		if (!early[n].bytes)
			err(1, "no memory");
		memcpy(early[n++].bytes, bytes, header->caplen);
	}
	judge_sums(r, early, n, path);
	for (i = 0; i < n; i++) {
		see_packet(r, &early[i].header, early[i].bytes);
		free(early[i].bytes);
	}
	return got;
}

/* true: to its end */
static bool read_packets(struct replay *r, pcap_t *pcap, FILE *file,
			 const char *path)
{
	struct pcap_pkthdr *header;
	const __u8 *bytes;
	struct stat st;
	bool progress = r->options->progress && !fstat(fileno(file), &st) &&
			S_ISREG(st.st_mode) && st.st_size > 64 * READ_BUFFER;
	int got = read_early(r, pcap, path);

	while (got == 1 && (got = pcap_next_ex(pcap, &header, &bytes)) == 1) {
		see_packet(r, header, bytes);
		if (progress && !(r->packets & 0x3ffff))
			show_progress(file, st.st_size, false);
		if (!(r->packets & 0xfff) && ferror(r->options->out))
			break;
	}
	if (progress)
		show_progress(file, st.st_size, true);
	return got == PCAP_ERROR_BREAK;
}

static FILE *open_file(const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	struct stat st;

	if (!file)
		err(EXIT_INPUT, "%s", path);
	if (!fstat(fileno(file), &st) && S_ISDIR(st.st_mode))
		errx(EXIT_INPUT, "%s is a directory", path);
	setvbuf(file, NULL, _IOFBF, READ_BUFFER);
	return file;
}

/**
 * replay - run the core over a capture
 * @path: a pcap or pcapng file, "-" for standard input
 * @options: what to write, and where
 *
 * Ends the program with a message and the documented exit code if the file is
 * no capture that can be read.
 *
 * Return: 0, or EXIT_INPUT if the capture broke off; what was read up to there
 * has been written.
 */
int replay(const char *path, const struct replay_options *options)
{
	struct replay r = { .options = options };
	char error[PCAP_ERRBUF_SIZE] = "";
	FILE *file = open_file(path);
	unsigned int i;
	pcap_t *pcap;
	int status = 0;

	for (i = 0; i < options->nlocals; i++)
		parse_local(&r.locals[i], options->locals[i]);
	pcap = pcap_fopen_offline_with_tstamp_precision(file,
							PCAP_TSTAMP_PRECISION_NANO,
							error);
	if (!pcap)
		errx(EXIT_INPUT, "%s: %s", path, error);
	r.link = pcap_datalink(pcap);
	if (!packet_link_is_known(r.link)) {
		const char *name = pcap_datalink_val_to_name(r.link);

		errx(EXIT_INPUT, "%s: link type %d (%s) is not known", path,
		     r.link, name ? name : "nameless");
	}
	flows_init(&r.flows);
	write_header(&r);
	if (!read_packets(&r, pcap, file, path) && !ferror(options->out)) {
		fflush(options->out);
		warnx("%s: %s: after packet %llu", path, pcap_geterr(pcap),
		      r.packets);
		status = EXIT_INPUT;
	}
	while (options->view == REPLAY_CONNECTIONS && r.flows.count) {
		write_connection(&r, r.flows.heap[0]);
		flow_remove(&r.flows, r.flows.heap[0]);
	}
	if (options->view == REPLAY_STAT)
		write_stat(&r);
	else
		warn_of_dropped(&r);
	flows_free(&r.flows);
	pcap_close(pcap);
	return status;
}

/**
 * replay_is_capture - is a file a capture rather than a saved file of ours?
 * @path: the file
 *
 * Return: true if it begins as pcap or pcapng files do.
 */
bool replay_is_capture(const char *path)
{
	static const __u32 magics[] = {
		0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a,
		0xa1b2cd34, 0x34cdb2a1,
	};
	FILE *file = fopen(path, "rb");
	bool is = false;
	__u32 magic;
	unsigned int i;

	if (!file)
		return false;
	if (fread(&magic, sizeof(magic), 1, file) == 1)
		for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
			is |= magic == magics[i];
	fclose(file);
	return is;
}
