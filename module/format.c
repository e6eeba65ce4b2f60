// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include <linux/string.h>
#include "format.h"
#include "text.h"

static void put_ipv4(struct tt_text *t, const __u8 *a)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (i)
			tt_put_char(t, '.');
		tt_put_decimal(t, a[i]);
	}
}

/* the longest run of at least two zero groups, RFC 5952 4.2 */
static void find_zeros(const __u8 *a, unsigned int *start, unsigned int *len)
{
	unsigned int i, run = 0;

	*start = 8;
	*len = 0;
	for (i = 0; i < 8; i++) {
		run = a[2 * i] || a[2 * i + 1] ? 0 : run + 1;
		if (run > 1 && run > *len) {
			*len = run;
			*start = i + 1 - run;
		}
	}
}

static void put_ipv6(struct tt_text *t, const __u8 *a)
{
	static const __u8 mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned int start, len, i;

	if (!memcmp(a, mapped, sizeof(mapped))) {
		tt_put_string(t, "::ffff:");
		put_ipv4(t, a + 12);
		return;
	}
	find_zeros(a, &start, &len);
	for (i = 0; i < 8; i++) {
		if (i == start) {
			tt_put_string(t, "::");
			i += len - 1;
			continue;
		}
		if (i && i != start + len)
			tt_put_char(t, ':');
		tt_put_hex(t, a[2 * i] << 8 | a[2 * i + 1]);
	}
}

static void put_endpoint(struct tt_text *t, const struct tt_tuple *tuple,
			 unsigned int end)
{
	const __u8 *addr = (const __u8 *)&tuple->addr[end];
	const __u8 *port = (const __u8 *)&tuple->port[end];

	if (tuple->family == TT_IPV6) {
		tt_put_char(t, '[');
		put_ipv6(t, addr);
		tt_put_char(t, ']');
	} else {
		put_ipv4(t, addr);
	}
	tt_put_char(t, ':');
	tt_put_decimal(t, port[0] << 8 | port[1]);
}

static void put_flags(struct tt_text *t, __u8 flags)
{
	static const struct {
		__u8 flag;
		char letter;
	} letters[] = {
		{ TT_SYN, 'S' }, { TT_FIN, 'F' }, { TT_RST, 'R' },
		{ TT_PSH, 'P' }, { TT_ACK, 'A' }, { TT_URG, 'U' },
		{ TT_ECE, 'E' }, { TT_CWR, 'C' },
	};
	unsigned int i;

	if (!flags)
		tt_put_char(t, '-');
	for (i = 0; i < ARRAY_SIZE(letters); i++)
		if (flags & letters[i].flag)
			tt_put_char(t, letters[i].letter);
}

/**
 * tt_format_endpoint - one end of a connection as text
 * @buf: where
 * @size: its size, at least 1; TT_ENDPOINT_MAX is enough
 * @tuple: the connection
 * @end: which end, 0 or 1
 *
 * Return: the length without the terminating zero.
 */
int tt_format_endpoint(char *buf, unsigned int size,
		       const struct tt_tuple *tuple, unsigned int end)
{
	struct tt_text t = { buf, size, 0 };

	put_endpoint(&t, tuple, end);
	buf[t.len] = '\0';
	return t.len;
}

/* what each first line begins with */
static void put_version(struct tt_text *t)
{
	tt_put_string(t, "# tcptrace ");
	tt_put_decimal(t, TT_ABI_VERSION);
}

/**
 * tt_format_transitions_header - the first line of the file transitions
 * @buf: where
 * @size: its size, TT_LINE_MAX is enough
 *
 * Return: the length without the terminating zero.
 */
int tt_format_transitions_header(char *buf, unsigned int size)
{
	struct tt_text t = { buf, size, 0 };

	put_version(&t);
	tt_put_string(&t, " seqno time conn client server endpoint from to basis");
	tt_put_string(&t, " flags seq ack len win verdict");
	return tt_put_end_of_line(&t);
}

static void put_if(struct tt_text *t, bool valid, __u32 n)
{
	if (valid)
		tt_put_number(t, n);
	else
		tt_put_string(t, " -");
}

static void put_segment(struct tt_text *t, const struct tt_event *ev)
{
	if (!(ev->has & TT_EVENT_HAS_SEGMENT)) {
		tt_put_string(t, " - - - - -");
		return;
	}
	tt_put_char(t, ' ');
	put_flags(t, ev->flags);
	tt_put_number(t, ev->seq);
	put_if(t, ev->has & TT_EVENT_HAS_ACK, ev->ack);
	tt_put_number(t, ev->len);
	tt_put_number(t, ev->win);
}

static void put_time(struct tt_text *t, __u64 ns)
{
	tt_put_number(t, ns / 1000000000);
	tt_put_char(t, '.');
	tt_put_digits(t, ns % 1000000000, 9);
	tt_put_char(t, ' ');
}

static void put_conn(struct tt_text *t, __u64 conn)
{
	if (conn)
		tt_put_decimal(t, conn);
	else
		tt_put_char(t, '-');
	tt_put_char(t, ' ');
}

static void put_ends(struct tt_text *t, const struct tt_tuple *tuple,
		     unsigned int client)
{
	put_endpoint(t, tuple, client);
	tt_put_char(t, ' ');
	put_endpoint(t, tuple, !client);
}

/**
 * tt_format_event - one line of the file transitions
 * @buf: where
 * @size: its size, TT_LINE_MAX is enough
 * @ev: the event
 *
 * Return: the length without the terminating zero.
 */
int tt_format_event(char *buf, unsigned int size, const struct tt_event *ev)
{
	static const char * const roles[] = { "client", "server", "-" };
	bool none = ev->endpoint == TT_NO_ROLE;
	struct tt_text t = { buf, size, 0 };

	tt_put_decimal(&t, ev->seqno);
	put_time(&t, ev->time_ns);
	put_conn(&t, ev->conn);
	put_ends(&t, &ev->tuple, ev->client);
	tt_put_field(&t, roles[none ? TT_NO_ROLE : ev->endpoint & 1]);
	tt_put_field(&t, none ? "-" : tt_state_name(ev->from));
	tt_put_field(&t, none ? "-" : tt_state_name(ev->to));
	tt_put_field(&t, none ? "-" : tt_basis_name(ev->basis));
	put_segment(&t, ev);
	tt_put_field(&t, tt_verdict_name(ev->verdict));
	return tt_put_end_of_line(&t);
}

/**
 * tt_format_lost - the line that stands where a reader missed events
 * @buf: where
 * @size: its size, TT_LINE_MAX is enough
 * @lost: how many
 * @next: number of the event after the gap
 *
 * Return: the length without the terminating zero.
 */
int tt_format_lost(char *buf, unsigned int size, __u64 lost, __u64 next)
{
	struct tt_text t = { buf, size, 0 };

	tt_put_string(&t, "# lost");
	tt_put_number(&t, lost);
	tt_put_string(&t, " events before seqno");
	tt_put_number(&t, next);
	return tt_put_end_of_line(&t);
}

/**
 * tt_format_connections_header - the first line of the file connections
 * @buf: where
 * @size: its size, TT_LINE_MAX is enough
 *
 * Return: the length without the terminating zero.
 */
int tt_format_connections_header(char *buf, unsigned int size)
{
	static const char * const columns[] = {
		"state", "local", "since", "snd_una", "snd_nxt", "wnd",
		"scale", "bytes", "segs", "retrans", "viol",
	};
	struct tt_text t = { buf, size, 0 };
	unsigned int i, k;

	put_version(&t);
	tt_put_string(&t, " conn client server began ended ended_by age idle");
	for (i = 0; i < 2; i++) {
		for (k = 0; k < ARRAY_SIZE(columns); k++) {
			tt_put_field(&t, i ? "s_" : "c_");
			tt_put_string(&t, columns[k]);
		}
	}
	return tt_put_end_of_line(&t);
}

static void put_age(struct tt_text *t, __u64 now, __u32 stamp)
{
	__u64 ms = tt_stamp_age(stamp, now);

	tt_put_number(t, ms / 1000);
	tt_put_char(t, '.');
	tt_put_digits(t, ms % 1000, 3);
}

static void put_known(struct tt_text *t, bool known, __u32 n)
{
	if (known)
		tt_put_number(t, n);
	else
		tt_put_string(t, " unknown");
}

static void put_end(struct tt_text *t, const struct tt_conn *conn,
		    const struct tt_end *end, const struct tt_end *peer,
		    __u64 now)
{
	bool scale_known = tt_both(end, peer, TT_ISS_KNOWN);

	tt_put_field(t, tt_state_name(end->state));
	tt_put_field(t, end->flags & TT_LOCAL ? "yes" : "no");
	put_age(t, now, tt_warm(end)->since);
	put_known(t, end->flags & TT_UNA_KNOWN, end->snd_una);
	put_known(t, end->flags & TT_SND_KNOWN, end->snd_nxt);
	put_known(t, end->flags & TT_ACK_KNOWN && scale_known, end->snd_win);
	if (scale_known)
		put_if(t, tt_both(end, peer, TT_WSCALE), end->wscale);
	else
		tt_put_string(t, " unknown");
	tt_put_number(t, end->bytes);
	tt_put_number(t, end->segments);
	tt_put_number(t, conn->rare ? tt_rare(end)->retransmissions : 0);
	tt_put_number(t, conn->rare ? tt_rare(end)->violations : 0);
}

/**
 * tt_format_connection - one line of the file connections
 * @buf: where
 * @size: its size, TT_LINE_MAX is enough
 * @conn: the connection; locked by the caller
 * @now: milliseconds, of the clock that tt_sighting.now is of
 *
 * Return: the length without the terminating zero.
 */
int tt_format_connection(char *buf, unsigned int size,
			 const struct tt_conn *conn, __u64 now)
{
	static const char * const began[] = {
		[TT_BEGAN_SYN]		= "syn",
		[TT_BEGAN_TFO]		= "tfo",
		[TT_BEGAN_SIMULTANEOUS]	= "simultaneous_open",
		[TT_BEGAN_MIDSTREAM]	= "midstream",
	};
	static const char * const ended[] = {
		[TT_ENDED_NOT]		= "-",
		[TT_ENDED_FIN]		= "fin",
		[TT_ENDED_RST]		= "rst",
		[TT_ENDED_REFUSED]	= "refused",
		[TT_ENDED_TIMEOUT]	= "timeout",
	};
	static const char * const by[] = { "client", "server", "-" };
	unsigned int c = tt_end_id(&conn->end[1]) == conn->id &&
			 conn->end[1].role == TT_CLIENT;
	const struct tt_end *client = &conn->end[c];
	const struct tt_end *server = &conn->end[conn->self ? c : !c];
	struct tt_text t = { buf, size, 0 };

	put_conn(&t, conn->id);
	put_ends(&t, &conn->tuple, c);
	tt_put_field(&t, began[conn->began]);
	tt_put_field(&t, ended[conn->ended]);
	tt_put_field(&t, by[conn->ended_by]);
	put_age(&t, now, conn->opened);
	put_age(&t, now, conn->last);
	put_end(&t, conn, client, server, now);
	put_end(&t, conn, server, client, now);
	return tt_put_end_of_line(&t);
}

/**
 * tt_format_segments_header - the first line of the file segments
 * @buf: where
 * @size: its size, TT_LINE_MAX is enough
 *
 * Return: the length without the terminating zero.
 */
int tt_format_segments_header(char *buf, unsigned int size)
{
	struct tt_text t = { buf, size, 0 };

	put_version(&t);
	tt_put_string(&t, " number time conn client server sender way flags seq");
	tt_put_string(&t, " ack len win verdict rfc expected actual c_state");
	tt_put_string(&t, " s_state c_iss s_iss");
	return tt_put_end_of_line(&t);
}

static const char *way_of(const struct tt_record *rec)
{
	if (!(rec->has & TT_RECORD_SEGMENT))
		return "timeout";
	if (!(rec->has & TT_RECORD_ARRIVED))
		return "sent";
	return rec->has & TT_RECORD_SENT ? "passed" : "received";
}

/* "9293/3.5": a field has no space */
static void put_rfc(struct tt_text *t, enum tt_verdict verdict)
{
	const char *rfc = tt_verdict_rfc(verdict);

	if (tt_verdict_is_fine(verdict))
		rfc = "-";
	tt_put_char(t, ' ');
	for (; *rfc; rfc++)
		tt_put_char(t, *rfc == ' ' ? '/' : *rfc);
}

/**
 * tt_format_record - one line of the file segments
 * @buf: where
 * @size: its size, TT_LINE_MAX is enough
 * @tuple: the connection
 * @number: of the record among those of its connection, from 1
 * @rec: the record
 *
 * Return: the length without the terminating zero.
 */
int tt_format_record(char *buf, unsigned int size,
		     const struct tt_tuple *tuple, __u64 number,
		     const struct tt_record *rec)
{
	struct tt_text t = { buf, size, 0 };
	bool segment = rec->has & TT_RECORD_SEGMENT;

	tt_put_decimal(&t, number);
	put_time(&t, rec->time_ns);
	put_conn(&t, rec->conn);
	put_ends(&t, tuple, rec->client);
	tt_put_field(&t, rec->sender == TT_CLIENT ? "client" : "server");
	tt_put_field(&t, way_of(rec));
	tt_put_char(&t, ' ');
	if (segment)
		put_flags(&t, rec->flags);
	else
		tt_put_char(&t, '-');
	put_if(&t, segment, rec->seq);
	put_if(&t, rec->has & TT_RECORD_ACK, rec->ack);
	put_if(&t, segment, rec->len);
	put_if(&t, segment, rec->win);
	tt_put_field(&t, tt_verdict_name(rec->verdict));
	put_rfc(&t, rec->verdict);
	put_if(&t, rec->has & TT_RECORD_NUMBERS, rec->expected);
	put_if(&t, rec->has & TT_RECORD_NUMBERS, rec->actual);
	tt_put_field(&t, tt_state_name(rec->client_state));
	tt_put_field(&t, tt_state_name(rec->server_state));
	put_if(&t, rec->has & TT_RECORD_CLIENT_ISS, rec->client_iss);
	put_if(&t, rec->has & TT_RECORD_SERVER_ISS, rec->server_iss);
	return tt_put_end_of_line(&t);
}
