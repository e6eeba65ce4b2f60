/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connections at one time, and what went on since the time before.
 */
#ifndef TCPTRACECTL_SNAPSHOT_H
#define TCPTRACECTL_SNAPSHOT_H

#include <stddef.h>

struct json_t;
struct options;

/**
 * struct row_now - a connection
 * @conn: its number
 * @name: address and port of client and server
 * @state: their states
 * @since: seconds since one of them changed its state
 * @bytes: payload both sent
 * @segments: segments both sent
 * @retrans: of them repeats
 * @viol: of them violations
 * @byte_rate: payload a second since the last snapshot
 * @segment_rate: segments a second since then
 * @json: as list --json has it, if that was asked for
 */
struct row_now {
	unsigned long long conn;
	char name[2][64];
	char state[2][16];
	double since;
	unsigned long long bytes;
	unsigned long long segments;
	unsigned int retrans;
	unsigned int viol;
	double byte_rate;
	double segment_rate;
	struct json_t *json;
};

/**
 * struct snapshot - all connections that the filter lets through
 * @time: when, nanoseconds of the monotonic clock
 * @rows: in the order that snapshot_sort() gave them
 * @n: how many
 * @room: for how many there is memory
 * @status: an exit status; not 0: nothing could be read
 */
struct snapshot {
	long long time;
	struct row_now *rows;
	size_t n;
	size_t room;
	int status;
};

enum sort_key {
	SORT_BYTES, SORT_SEGMENTS, SORT_TIME, SORT_RETRANS, SORT_VIOLATIONS,
	SORT_STATE, SORT_CONN, SORT_KEYS_MAX
};

extern const char * const sort_names[SORT_KEYS_MAX];

void snapshot_take(struct snapshot *s, const struct options *o,
		   struct snapshot *before);
void snapshot_sort(struct snapshot *s, enum sort_key key, int reverse);
void snapshot_free(struct snapshot *s);

#endif
