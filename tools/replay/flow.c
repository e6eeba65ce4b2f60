// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include "flow.h"

#define BUCKETS_FIRST	1024
#define HEAP_FIRST	256

static void *allocate(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n, size);

	if (!p)
		err(1, "no memory for %zu connections", n);
	return p;
}

/**
 * flows_init - an empty table
 * @flows: the table
 */
void flows_init(struct flows *flows)
{
	memset(flows, 0, sizeof(*flows));
	flows->mask = BUCKETS_FIRST - 1;
	flows->buckets = calloc(BUCKETS_FIRST, sizeof(*flows->buckets));
	if (!flows->buckets)
		err(1, "no memory");
}

/**
 * flows_free - the table and all flows
 * @flows: the table
 */
void flows_free(struct flows *flows)
{
	size_t i;

	for (i = 0; i < flows->count; i++)
		free(flows->heap[i]);
	free(flows->heap);
	free(flows->buckets);
}

/* who wrote the capture may choose tuples, but gains only a slow replay */
static size_t hash_of(const struct tt_tuple *tuple)
{
	const __u32 *word = (const __u32 *)tuple;
	__u64 hash = 0x9e3779b97f4a7c15ULL;
	size_t i;

	for (i = 0; i < sizeof(*tuple) / sizeof(*word); i++)
		hash = (hash ^ word[i]) * 0xff51afd7ed558ccdULL;
	return hash ^ hash >> 32;
}

static struct flow **bucket_of(const struct flows *flows,
			       const struct tt_tuple *tuple)
{
	return &flows->buckets[hash_of(tuple) & flows->mask];
}

/**
 * flow_find - the flow of a tuple
 * @flows: the table
 * @tuple: normalised
 *
 * Return: the flow, or NULL.
 */
struct flow *flow_find(const struct flows *flows, const struct tt_tuple *tuple)
{
	struct flow *flow = *bucket_of(flows, tuple);

	while (flow && !tt_tuple_equal(&flow->conn.tuple, tuple,
				       tt_tuple_is_ipv4(tuple)))
		flow = flow->next;
	return flow;
}

static void put(struct flows *flows, struct flow *flow, size_t place)
{
	flows->heap[place] = flow;
	flow->place = place;
}

static void sift_up(struct flows *flows, struct flow *flow, size_t place)
{
	while (place && flow->due < flows->heap[(place - 1) / 2]->due) {
		put(flows, flows->heap[(place - 1) / 2], place);
		place = (place - 1) / 2;
	}
	put(flows, flow, place);
}

static void sift_down(struct flows *flows, struct flow *flow, size_t place)
{
	size_t child;

	while ((child = 2 * place + 1) < flows->count) {
		if (child + 1 < flows->count &&
		    flows->heap[child + 1]->due < flows->heap[child]->due)
			child++;
		if (flow->due <= flows->heap[child]->due)
			break;
		put(flows, flows->heap[child], place);
		place = child;
	}
	put(flows, flow, place);
}

/* before the chains get long */
static void double_buckets(struct flows *flows)
{
	size_t size = 2 * (flows->mask + 1), i;

	free(flows->buckets);
	flows->buckets = calloc(size, sizeof(*flows->buckets));
	if (!flows->buckets)
		err(1, "no memory for %zu connections", size);
	flows->mask = size - 1;
	for (i = 0; i < flows->count; i++) {
		struct flow *flow = flows->heap[i];
		struct flow **bucket = bucket_of(flows, &flow->conn.tuple);

		flow->next = *bucket;
		*bucket = flow;
	}
}

/**
 * flow_add - a new flow
 * @flows: the table; has none of that tuple
 * @tuple: normalised
 * @due: when to look at it
 *
 * Return: the flow; without memory the program ends.
 */
struct flow *flow_add(struct flows *flows, const struct tt_tuple *tuple,
		      __u64 due)
{
	struct flow *flow = calloc(1, sizeof(*flow)), **bucket;

	if (!flow)
		err(1, "no memory for %zu connections", flows->count + 1);
	if (flows->count > flows->mask)
		double_buckets(flows);
	if (flows->count == flows->room) {
		flows->room = flows->room ? 2 * flows->room : HEAP_FIRST;
		flows->heap = allocate(flows->heap, flows->room,
				       sizeof(*flows->heap));
	}
	tt_track_init(&flow->conn, tuple);
	tt_track_unfold(&flow->conn, flow->rare);
	bucket = bucket_of(flows, tuple);
	flow->next = *bucket;
	*bucket = flow;
	flow->due = due;
	sift_up(flows, flow, flows->count++);
	return flow;
}

/**
 * flow_first_due - a flow whose time has come
 * @flows: the table
 * @now: milliseconds
 *
 * Return: the one that is due first, or NULL if none is due by now.
 */
struct flow *flow_first_due(const struct flows *flows, __u64 now)
{
	if (!flows->count || flows->heap[0]->due > now)
		return NULL;
	return flows->heap[0];
}

/**
 * flow_set_due - look at a flow at another time
 * @flows: the table
 * @flow: one of its flows
 * @due: milliseconds
 */
void flow_set_due(struct flows *flows, struct flow *flow, __u64 due)
{
	bool sooner = due < flow->due;

	flow->due = due;
	if (sooner)
		sift_up(flows, flow, flow->place);
	else
		sift_down(flows, flow, flow->place);
}

/**
 * flow_remove - forget a flow
 * @flows: the table
 * @flow: one of its flows; freed
 */
void flow_remove(struct flows *flows, struct flow *flow)
{
	struct flow **link = bucket_of(flows, &flow->conn.tuple);
	struct flow *last = flows->heap[--flows->count];

	while (*link != flow)
		link = &(*link)->next;
	*link = flow->next;
	if (last != flow) {
		size_t place = flow->place;

		if (last->due < flow->due)
			sift_up(flows, last, place);
		else
			sift_down(flows, last, place);
	}
	free(flow);
}
