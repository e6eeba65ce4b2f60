// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "ctl.h"
#include "snapshot.h"

static const char * const needed[] = {
	"conn", "client", "server", "idle", "c_state", "c_since", "c_bytes",
	"c_segs", "c_retrans", "c_viol", "s_state", "s_since", "s_bytes",
	"s_segs", "s_retrans", "s_viol", NULL
};

const char * const sort_names[SORT_KEYS_MAX] = {
	[SORT_BYTES]		= "bytes",
	[SORT_SEGMENTS]		= "segments",
	[SORT_TIME]		= "time",
	[SORT_RETRANS]		= "retrans",
	[SORT_VIOLATIONS]	= "violations",
	[SORT_STATE]		= "state",
	[SORT_CONN]		= "conn",
};

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static unsigned long long number(const struct table *t, const char *name)
{
	return strtoull(table_get(t, name), NULL, 10);
}

static void fill(struct row_now *row, const struct table *t)
{
	double c = atof(table_get(t, "c_since"));
	double s = atof(table_get(t, "s_since"));

	memset(row, 0, sizeof(*row));
	row->conn = number(t, "conn");
	snprintf(row->name[0], sizeof(row->name[0]), "%s",
		 table_get(t, "client"));
	snprintf(row->name[1], sizeof(row->name[1]), "%s",
		 table_get(t, "server"));
	snprintf(row->state[0], sizeof(row->state[0]), "%s",
		 table_get(t, "c_state"));
	snprintf(row->state[1], sizeof(row->state[1]), "%s",
		 table_get(t, "s_state"));
	row->since = c < s ? c : s;
	row->bytes = number(t, "c_bytes") + number(t, "s_bytes");
	row->segments = number(t, "c_segs") + number(t, "s_segs");
	row->retrans = number(t, "c_retrans") + number(t, "s_retrans");
	row->viol = number(t, "c_viol") + number(t, "s_viol");
}

/*
 * The file as it is now, in memory: when the module goes while it is read,
 * that is no reason to end without tidying up. Returns NULL with errno set.
 */
static char *read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	size_t room = 0;
	char *text = NULL;
	ssize_t n = -1;

	*size = 0;
	while (fd >= 0) {
		if (room - *size < 4096) {
			room = room ? 2 * room : 65536;
			text = realloc(text, room);
			if (!text)
				err(EXIT_INPUT, "%s", path);
		}
		n = read(fd, text + *size, room - *size);
		if (n <= 0 && !(n < 0 && errno == EINTR))
			break;
		*size += n > 0 ? n : 0;
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	if (!n && *size)
		return text;
	free(text);
	errno = error;
	return NULL;
}

static int by_conn(const void *a, const void *b)
{
	const struct row_now *p = a, *q = b;

	return (p->conn > q->conn) - (p->conn < q->conn);
}

static void add_rates(struct snapshot *s, struct snapshot *before)
{
	double seconds = (s->time - before->time) / 1e9;
	const struct row_now *old;
	struct row_now *row;

	if (before->n)
		qsort(before->rows, before->n, sizeof(*before->rows), by_conn);
	for (row = s->rows; row < s->rows + s->n; row++) {
		old = before->n ? bsearch(row, before->rows, before->n,
					  sizeof(*row), by_conn) : NULL;
		row->byte_rate = (row->bytes - (old ? old->bytes : 0)) /
				 seconds;
		row->segment_rate = (row->segments -
				     (old ? old->segments : 0)) / seconds;
	}
}

static struct row_now *add_row(struct snapshot *s)
{
	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->rows = reallocarray(s->rows, s->room, sizeof(*s->rows));
		if (!s->rows)
			err(EXIT_INPUT, "%zu connections", s->n);
	}
	return &s->rows[s->n++];
}

/**
 * snapshot_take - look at the connections
 * @s: filled in
 * @o: the options; json: keep the rows as JSON, too
 * @before: the snapshot before this one, put in the order of numbers; or NULL
 *
 * Where nothing can be read @s->status says why.
 */
void snapshot_take(struct snapshot *s, const struct options *o,
		   struct snapshot *before)
{
	struct table t;
	char *text;
	size_t size;
	FILE *file;

	memset(s, 0, sizeof(*s));
	s->time = now_ns();
	text = read_file(PROC_CONNECTIONS, &size);
	if (!text) {
		s->status = errno == EACCES || errno == EPERM ? EXIT_DENIED :
							       EXIT_MODULE;
		return;
	}
	file = fmemopen(text, size, "r");
	if (!file)
		err(EXIT_INPUT, "%s", PROC_CONNECTIONS);
	table_attach(&t, PROC_CONNECTIONS, file, 0);
	table_require(&t, needed);
	for (;;) {
		enum row what = table_next(&t);
		struct row_now *row;

		if (what == ROW_END)
			break;
		if (what != ROW_EVENT || !filter_match(&o->filter, &t))
			continue;
		row = add_row(s);
		fill(row, &t);
		if (o->json)
			row->json = table_json(&t);
	}
	table_close(&t);
	free(text);
	if (before)
		add_rates(s, before);
}

/* ---- sorting: what is most, or newest, comes first ---- */

static enum sort_key sort_key;
static int sort_sign;

static int compare(double a, double b)
{
	return (a < b) - (a > b);
}

static int by_key(const void *a, const void *b)
{
	const struct row_now *p = a, *q = b;
	int order = 0;

	switch (sort_key) {
	case SORT_BYTES:
		order = compare(p->byte_rate, q->byte_rate);
		if (!order)
			order = compare(p->bytes, q->bytes);
		break;
	case SORT_SEGMENTS:
		order = compare(p->segment_rate, q->segment_rate);
		if (!order)
			order = compare(p->segments, q->segments);
		break;
	case SORT_TIME:
		order = -compare(p->since, q->since);
		break;
	case SORT_RETRANS:
		order = compare(p->retrans, q->retrans);
		break;
	case SORT_VIOLATIONS:
		order = compare(p->viol, q->viol);
		break;
	case SORT_STATE:
		order = strcmp(p->state[0], q->state[0]);
		if (!order)
			order = strcmp(p->state[1], q->state[1]);
		break;
	case SORT_CONN:
	case SORT_KEYS_MAX:
		break;
	}
	return sort_sign * (order ? order : -by_conn(a, b));
}

/**
 * snapshot_sort - put the rows in an order
 * @s: the snapshot
 * @key: by what
 * @reverse: the other way round
 */
void snapshot_sort(struct snapshot *s, enum sort_key key, int reverse)
{
	sort_key = key;
	sort_sign = reverse ? -1 : 1;
	if (s->n)
		qsort(s->rows, s->n, sizeof(*s->rows), by_key);
}

/**
 * snapshot_free - done with it
 * @s: the snapshot
 */
void snapshot_free(struct snapshot *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		json_decref(s->rows[i].json);
	free(s->rows);
	memset(s, 0, sizeof(*s));
}
