// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a capture: replay writes lines that tcptracectl understands,
 * and counts as many as it writes.
 *
 * Input: the capture; its last byte chooses the options.
 */
#include <string.h>
#include <unistd.h>
#include "abi.h"
#include "fuzz.h"
#include "replay.h"
#include "trap.h"

struct call {
	char path[32];
	struct replay_options options;
};

static int run(void *arg)
{
	struct call *call = arg;

	return replay(call->path, &call->options);
}

static int read_table(void *arg)
{
	const char *path = arg;
	unsigned long long seqno = 0;
	struct table t;

	table_open(&t, path);
	while (table_next(&t) == ROW_EVENT) {
		const char *n = table_get(&t, "seqno");

		if (strcmp(n, "-"))
			CHECK(strtoull(n, NULL, 10) == ++seqno, "event %s", n);
	}
	CHECK(feof(t.file), "line %u", t.lineno);
	return table_close(&t);
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	__u8 how = size ? data[size - 1] : 0;
	struct call call = {
		.options = {
			.view = how % 3,
			.checksum = how / 3 % 3,
			.locals = { "127.0.0.0/8", "10.0.0.0/8", "fe80::/10" },
			.nlocals = how / 9 % 4,
		},
	};
	int file, lines, status;
	size_t len;
	char *text;

	file = trap_file(data, size, call.path, sizeof(call.path));
	call.options.out = open_memstream(&text, &len);
	status = trap_run(run, &call);
	fclose(call.options.out);
	close(file);
	if (len) {
		lines = trap_file(text, len, call.path, sizeof(call.path));
		CHECK(!trap_run(read_table, call.path), "not our own lines:\n%s",
		      text);
		close(lines);
	}
	CHECK(!status || status == 1 || status == 2 || status == 6,
	      "exit status %d", status);
	free(text);
	return 0;
}
