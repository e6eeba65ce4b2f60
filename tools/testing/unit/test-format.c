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
	struct talk t;
	unsigned int size;

	(void)state;
	established(&t, 1, 2);
	for (size = 1; size < TT_LINE_MAX; size++) {
		char *buf = malloc(size);

		assert_in_range(tt_format_connection(buf, size, &t.conn,
						     t.now), 0, size - 1);
		free(buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv6_as_rfc_5952),
		cmocka_unit_test(the_line_of_the_design),
		cmocka_unit_test(never_past_the_buffer),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
