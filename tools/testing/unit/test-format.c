// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include "fixture.h"
#include "format.h"

/* inet_ntop() is the judge */
static void ipv6_as_rfc_5952(void **state)
{
	static const char * const addrs[] = {
		"::", "::1", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "1::",
		"2001:0:0:1::1", "fe80::1:0:0:1", "::ffff:10.0.0.1",
		"1:0:0:2:0:0:0:3", "0:1:2:3:4:5:6:7", "1:2:3:4:5:6:7:0",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	char want[80], got[TT_ENDPOINT_MAX], text[64];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
		struct tt_tuple tuple = { .family = TT_IPV6 };

		inet_pton(AF_INET6, addrs[i], &tuple.addr[1]);
		tuple.port[1] = htons(65535);
		inet_ntop(AF_INET6, &tuple.addr[1], text, sizeof(text));
		snprintf(want, sizeof(want), "[%s]:65535", text);
		tt_format_endpoint(got, sizeof(got), &tuple, 1);
		assert_string_equal(got, want);
	}
}

static void the_line_of_the_design(void **state)
{
	struct tt_event ev = {
		.seqno = 12, .time_ns = 1764000000123456789ULL, .conn = 7,
		.seq = 300, .ack = 101, .win = 65160,
		.from = TT_SYN_SENT, .to = TT_ESTABLISHED,
		.basis = TT_RECEIVED, .flags = TT_SYN | TT_ACK,
		.verdict = TT_V_SYNACK,
		.has = TT_EVENT_HAS_SEGMENT | TT_EVENT_HAS_ACK,
	};
	char line[TT_LINE_MAX];

	(void)state;
	ev.tuple.family = TT_IPV4;
	inet_pton(AF_INET, "10.0.0.1", &ev.tuple.addr[0]);
	inet_pton(AF_INET, "10.0.0.2", &ev.tuple.addr[1]);
	ev.tuple.port[0] = htons(40000);
	ev.tuple.port[1] = htons(80);
	tt_format_event(line, sizeof(line), &ev);
	assert_string_equal(line, "12 1764000000.123456789 7 10.0.0.1:40000 10.0.0.2:80 client SYN-SENT ESTABLISHED received SA 300 101 0 65160 synack\n");
}

static void never_past_the_buffer(void **state)
{
	struct tt_record rec;
	struct talk t;
	unsigned int size;

	(void)state;
	established(&t, 1, 2);
	memset(&rec, 0xff, sizeof(rec));
	rec.client = 1;
	for (size = 1; size < TT_LINE_MAX; size++) {
		char *buf = malloc(size);

		assert_in_range(tt_format_connection(buf, size, &t.conn,
						     t.now), 0, size - 1);
		assert_in_range(tt_format_record(buf, size, &t.conn.tuple, 1,
						 &rec), 0, size - 1);
		free(buf);
	}
}

static const char *as_record(const struct talk *t, const struct tt_segment *seg)
{
	static char line[TT_LINE_MAX];
	struct tt_record rec;

	if (!tt_record_fill(&t->conn, seg, &t->res, &rec))
		return NULL;
	rec.time_ns = 5000000006ULL;
	tt_format_record(line, sizeof(line), &t->conn.tuple, 9, &rec);
	return line;
}

/* RFC 9293 3.5, figure 6; 3.10.7.4: an ACK of what was never sent */
static void segments_with_their_states(void **state)
{
	struct tt_segment seg;
	struct talk t;

	(void)state;
	talk_begin(&t, 100, 300);
	t.conn.tuple.port[0] = htons(40000);
	t.conn.tuple.port[1] = htons(80);
	t.conn.tuple.addr[0].ip = htonl(0x0a000001);
	t.conn.tuple.addr[1].ip = htonl(0x0a000002);
	seg = segment(&t, C, TT_SYN, 0, 0, 0);
	pass(&t, C, &seg);
	assert_string_equal(as_record(&t, &seg),
			    "9 5.000000006 1 10.0.0.1:40000 10.0.0.2:80 client passed S 100 - 0 1000 syn - - - SYN-SENT SYN-RECEIVED 100 -\n");
	seg = segment(&t, S, TT_SYN | TT_ACK, 0, 1, 0);
	pass(&t, S, &seg);
	assert_string_equal(as_record(&t, &seg),
			    "9 5.000000006 1 10.0.0.1:40000 10.0.0.2:80 server passed SA 300 101 0 1000 synack - - - ESTABLISHED SYN-RECEIVED 100 300\n");
	seg = segment(&t, C, TT_ACK, 1, 1, 0);
	pass(&t, C, &seg);
	seg = segment(&t, S, TT_ACK, 1, 70000, 0);
	pass(&t, S, &seg);
	assert_string_equal(as_record(&t, &seg),
			    "9 5.000000006 1 10.0.0.1:40000 10.0.0.2:80 server passed A 301 70100 0 1000 ack_unsent 9293/3.10.7.4 101 70100 ESTABLISHED ESTABLISHED 100 300\n");
}

/* over loopback: sent, then received; what says nothing new has no line */
static void a_segment_seen_twice(void **state)
{
	struct tt_segment seg;
	struct talk t;

	(void)state;
	talk_begin(&t, 1, 2);
	t.loopback = true;
	t.place = TT_AT_OUTPUT;
	seg = segment(&t, C, TT_SYN, 0, 0, 0);
	pass(&t, C, &seg);
	assert_non_null(strstr(as_record(&t, &seg), " client sent S "));
	t.place = TT_AT_INPUT;
	pass(&t, C, &seg);
	assert_non_null(strstr(as_record(&t, &seg), " client received S "));
	t.loopback = false;
	t.place = TT_AT_FORWARD;
	say(&t, S, TT_SYN | TT_ACK, 0, 1, 0);
	say(&t, C, TT_ACK, 1, 1, 0);
	t.loopback = true;
	t.place = TT_AT_OUTPUT;
	seg = segment(&t, C, TT_ACK, 1, 1, 10);
	pass(&t, C, &seg);
	assert_non_null(strstr(as_record(&t, &seg), " client sent A "));
	t.place = TT_AT_INPUT;
	pass(&t, C, &seg);
	assert_null(as_record(&t, &seg));
}

static void a_timeout_is_a_line_without_a_segment(void **state)
{
	struct tt_limits limits = { .seconds = TT_LIMITS_DEFAULT };
	struct talk t;

	(void)state;
	established(&t, 1, 2);
	tt_track_timeouts(&t.conn, &limits, t.now + 1, &t.res);
	assert_null(as_record(&t, NULL));
	say(&t, S, TT_FIN | TT_ACK, 1, 1, 0);
	say(&t, C, TT_FIN | TT_ACK, 1, 2, 0);
	say(&t, S, TT_ACK, 2, 2, 0);
	tt_track_timeouts(&t.conn, &limits, t.now + 61000, &t.res);
	assert_non_null(strstr(as_record(&t, NULL),
			       " server timeout - - - - - - - - - CLOSED CLOSED 1 2\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv6_as_rfc_5952),
		cmocka_unit_test(the_line_of_the_design),
		cmocka_unit_test(segments_with_their_states),
		cmocka_unit_test(a_segment_seen_twice),
		cmocka_unit_test(a_timeout_is_a_line_without_a_segment),
		cmocka_unit_test(never_past_the_buffer),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
