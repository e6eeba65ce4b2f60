// SPDX-License-Identifier: GPL-2.0
/*
 * Every interleaving, up to a bound, of two endpoints written from RFC 9293,
 * a channel that loses, reorders and duplicates, and the observer. TAP.
 *
 * usage: explore [DEPTH]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tcp.h"
#include "../ways.h"
#include "track.h"

#define IN_FLIGHT	3	/* segments each way */
#define DEPTH_DEFAULT	11	/* of active opens at both ends, one less */

enum where { AT_CLIENT, AT_SERVER, IN_THE_MIDDLE, ON_LOOPBACK, WHERES };

static const char * const where_names[] = {
	"at the client", "at the server", "in the middle", "on loopback",
};

/* a segment in the channel; in the middle it passes the observer on its way */
struct flight {
	struct wire segment;
	__u8 from;
	__u8 passed;
};

struct world {
	struct tcp tcp[2];
	struct flight flight[2 * IN_FLIGHT];
	struct tt_conn conn;
	struct tt_rare rare[2];
	__u64 now;
	__u8 nflights;
	__u8 losses;
	__u8 copies;
	__u8 repeats[2];
	__u8 aborts;
	__u8 opens;	/* of the server, still to come */
};

static enum where where;
static bool actively;	/* both open actively, the server at any time */
static __u32 isn[2];
static unsigned int depth_max;
static char trace[64][96];
static unsigned long states, wrong;
static bool used[TT_STATES_MAX][TT_EVENTS_MAX];

/* ---- visited worlds ---- */

#define SET_SIZE 16777216UL	/* a power of two */
static __u64 *visited;

static __u64 hash_of(const struct world *w)
{
	const __u8 *p = (const __u8 *)w;
	__u64 h = 1469598103934665603ULL;
	size_t i;

	for (i = 0; i < sizeof(*w); i++)
		h = (h ^ p[i]) * 1099511628211ULL;
	return h ? h : 1;
}

/* what differs between two orders of the same events, but means nothing */
static void forget_times(struct world *w)
{
	w->now = 0;
	w->conn.opened = 0;
	w->conn.last = 0;
	w->conn.warm[0].since = 0;
	w->conn.warm[1].since = 0;
	w->conn.rare = NULL;
}

static bool is_new(const struct world *w, unsigned int left)
{
	struct world plain = *w;
	__u64 h;
	size_t i;

	forget_times(&plain);
	h = hash_of(&plain) & ~31ULL;
	for (i = h >> 5 & (SET_SIZE - 1); visited[i];
	     i = (i + 1) & (SET_SIZE - 1)) {
		if ((visited[i] & ~31ULL) != h)
			continue;
		if ((visited[i] & 31) >= left)
			return false;
		visited[i] = h | left;	/* more can be reached from here now */
		return true;
	}
	visited[i] = h | left;
	states++;
	return true;
}

/* ---- the observer ---- */

static void fail(const struct world *w, unsigned int depth, const char *why)
{
	unsigned int i;

	if (wrong++ >= 5)
		return;
	printf("# %s: %s\n", where_names[where], why);
	for (i = 0; i <= depth; i++)
		printf("#   %s\n", trace[i]);
	printf("#   client %s, observed %s; server %s, observed %s\n",
	       tt_state_name(w->tcp[0].state),
	       tt_state_name(w->conn.end[0].state),
	       tt_state_name(w->tcp[1].state),
	       tt_state_name(w->conn.end[1].state));
}

static void note_edges(const struct tt_result *res)
{
	unsigned int i, kind;

	for (i = 0; i < res->ntransitions; i++)
		for (kind = 0; kind < TT_EVENTS_MAX; kind++)
			if (tt_fsm[res->transitions[i].from][kind].to ==
			    res->transitions[i].to &&
			    res->transitions[i].from != TT_UNKNOWN)
				used[res->transitions[i].from][kind] = true;
}

static void observe(struct world *w, const struct wire *s, unsigned int from,
		    enum tt_place place, unsigned int depth)
{
	struct tt_segment seg = {
		.seq = s->seq, .ack = s->ack, .flags = s->flags, .len = s->len,
		.end = s->seq + s->len + !!(s->flags & TT_SYN) +
		       !!(s->flags & TT_FIN),
		.win = MODEL_WINDOW,
		.sport = from ? 80 : 40000, .dport = from ? 40000 : 80,
	};
	struct tt_sighting at = {
		.now = ++w->now, .seg = &seg, .src = from, .place = place,
		.loopback = where == ON_LOOPBACK,
	};
	struct tt_result res;
	struct snapshot before;
	char text[64];

	if (w->conn.rare)	/* another world's, of which this is a copy */
		w->conn.rare = w->rare;
	if (!w->conn.id && !tt_track_opens(&at))
		return;
	snapshot_take(&before, &w->conn);
	unfold(&w->conn, w->rare);
	if (tt_track_needs_id(&w->conn, &at))
		at.next_id = w->conn.id + 1;
	tt_track(&w->conn, &at, &res);
	fold(&w->conn);
	if (way_of_predict(&before, &at, &w->conn, &res) == WAY_WRONG ||
	    way_of(tt_predict_open, &before, &at, &w->conn, &res) == WAY_WRONG ||
	    way_of(tt_predict_move, &before, &at, &w->conn, &res) == WAY_WRONG)
		fail(w, depth, "the segment was predicted wrongly");
	note_edges(&res);
	if (res.verdict < TT_VERDICTS_MAX &&
	    tt_verdict_class(res.verdict) == TT_VIOLATION) {
		snprintf(text, sizeof(text), "a legal segment is called %s",
			 tt_verdict_name(res.verdict));
		fail(w, depth, text);
	}
}

static bool is_local(unsigned int end)
{
	return where == ON_LOOPBACK ||
	       where == (end ? AT_SERVER : AT_CLIENT);
}

/*
 * Of a local endpoint the observer knows the state, but for a listener of
 * which it has seen nothing yet, or a SYN that is not answered.
 */
static void check(const struct world *w, unsigned int depth)
{
	unsigned int end;

	for (end = 0; end < 2; end++) {
		enum tt_state real = w->tcp[end].state;
		enum tt_state seen = w->conn.end[end].state;

		if (!is_local(end) || real == seen)
			continue;
		if (real == TT_LISTEN && seen == TT_CLOSED)
			continue;
		fail(w, depth, end ? "the server's state is wrong" :
				     "the client's state is wrong");
	}
}

/* ---- what can happen ---- */

static void explore(const struct world *w, unsigned int depth);

static void describe(unsigned int depth, const char *what, unsigned int end,
		     const struct wire *s)
{
	static const char letters[] = "FSRPA";
	char flags[8] = "";
	unsigned int i, n = 0;

	for (i = 0; s && i < 5; i++)
		if (s->flags & 1 << i)
			flags[n++] = letters[i];
	if (s)
		snprintf(trace[depth], sizeof(trace[depth]),
			 "%s %s [%s] seq %d ack %d len %u",
			 end ? "server" : "client", what, flags,
			 (int)(s->seq - isn[end]),
			 (int)(s->ack - isn[!end]), s->len);
	else
		snprintf(trace[depth], sizeof(trace[depth]), "%s %s",
			 end ? "server" : "client", what);
}

/* the channel takes it, or loses it when it is full: then this is no world */
static bool send_out(struct world *w, unsigned int from,
		     const struct reply *out, unsigned int depth)
{
	struct flight *f;

	if (!out->any)
		return true;
	if (w->nflights == 2 * IN_FLIGHT)
		return false;
	/* <SEQ=0><CTL=RST,ACK> where 0 happens to be a number of the stream */
	if (out->segment.flags & TT_RST && !out->segment.seq)
		return false;
	f = &w->flight[w->nflights++];
	memset(f, 0, sizeof(*f));
	f->segment = out->segment;
	f->from = from;
	if (is_local(from))
		observe(w, &out->segment, from, TT_AT_OUTPUT, depth);
	return true;
}

static void remove_flight(struct world *w, unsigned int i)
{
	w->nflights--;
	memmove(&w->flight[i], &w->flight[i + 1],
		(w->nflights - i) * sizeof(w->flight[0]));
	memset(&w->flight[w->nflights], 0, sizeof(w->flight[0]));
}

static void go_on(struct world *w, unsigned int from, const struct reply *out,
		  unsigned int depth)
{
	unsigned long before = wrong;

	if (!send_out(w, from, out, depth))
		return;
	check(w, depth);
	if (wrong == before)
		explore(w, depth + 1);
}

static void deliver(const struct world *w, unsigned int i, unsigned int depth)
{
	struct world next = *w;
	struct flight f = w->flight[i];
	struct reply out = { };

	remove_flight(&next, i);
	describe(depth, "gets through", f.from, &f.segment);
	if (is_local(!f.from))
		observe(&next, &f.segment, f.from, TT_AT_INPUT, depth);
	tcp_arrives(&next.tcp[!f.from], &f.segment, &out);
	go_on(&next, !f.from, &out, depth);
}

static void channel(const struct world *w, unsigned int depth)
{
	unsigned int i;

	for (i = 0; i < w->nflights; i++) {
		struct world next = *w;
		const struct flight *f = &w->flight[i];

		if (where == IN_THE_MIDDLE && !f->passed) {
			describe(depth, "passes the observer", f->from,
				 &f->segment);
			next.flight[i].passed = 1;
			observe(&next, &f->segment, f->from, TT_AT_FORWARD,
				depth);
			explore(&next, depth + 1);
		} else {
			deliver(w, i, depth);
		}
		next = *w;
		if (w->losses) {
			describe(depth, "is lost", f->from, &f->segment);
			next.losses--;
			remove_flight(&next, i);
			explore(&next, depth + 1);
		}
		next = *w;
		if (w->copies && w->nflights < 2 * IN_FLIGHT) {
			describe(depth, "is doubled", f->from, &f->segment);
			next.copies--;
			next.flight[next.nflights++] = *f;
			explore(&next, depth + 1);
		}
	}
}

static void calls(const struct world *w, unsigned int end, unsigned int depth)
{
	static const struct {
		const char *name;
		bool (*call)(struct tcp *t, struct reply *out);
	} plain[] = { { "sends", tcp_send }, { "closes", tcp_close } };
	struct world next;
	struct reply out;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		next = *w;
		memset(&out, 0, sizeof(out));
		if (!plain[i].call(&next.tcp[end], &out))
			continue;
		describe(depth, plain[i].name, end, &out.segment);
		go_on(&next, end, &out, depth);
	}
	next = *w;
	memset(&out, 0, sizeof(out));
	if (end && w->opens && tcp_open(&next.tcp[end], isn[end], &out)) {
		next.opens--;
		describe(depth, "opens", end, &out.segment);
		go_on(&next, end, &out, depth);
	}
	next = *w;
	memset(&out, 0, sizeof(out));
	if (w->aborts && tcp_abort(&next.tcp[end], &out)) {
		next.aborts--;
		describe(depth, "aborts", end, &out.segment);
		go_on(&next, end, &out, depth);
	}
	next = *w;
	memset(&out, 0, sizeof(out));
	if (w->repeats[end] && tcp_retransmit(&w->tcp[end], &out)) {
		next.repeats[end]--;
		describe(depth, "retransmits", end, &out.segment);
		go_on(&next, end, &out, depth);
	}
}

static void explore(const struct world *w, unsigned int depth)
{
	if (depth >= depth_max || !is_new(w, depth_max - depth))
		return;
	channel(w, depth);
	calls(w, 0, depth);
	calls(w, 1, depth);
}

static void begin(void)
{
	struct tt_tuple tuple = {
		.addr = { { .ip = 1 }, { .ip = 2 } }, .port = { 1, 2 },
		.family = TT_IPV4,
	};
	struct world w;
	struct reply out = { };

	memset(&w, 0, sizeof(w));
	tt_track_init(&w.conn, &tuple);
	w.losses = 1;
	w.copies = 1;
	w.repeats[0] = 1;
	w.repeats[1] = 1;
	w.aborts = 1;
	w.tcp[0].state = TT_CLOSED;
	w.tcp[1].state = TT_CLOSED;
	if (!actively)
		tcp_listen(&w.tcp[1], isn[1]);
	tcp_open(&w.tcp[0], isn[0], &out);
	describe(0, "opens", 0, &out.segment);
	send_out(&w, 0, &out, 0);
	w.opens = actively;
	explore(&w, 1);
}

/*
 * A refusal has SEQ=0, which the channel does not carry. And edges that only
 * sockets use, since between hook and socket there is a queue:
 * they open while the peer's SYN waits there, and drop a FIN from it. Unit tests
 * use them.
 */
static bool is_beyond_model(unsigned int state, unsigned int kind)
{
	return (state == TT_LISTEN && kind == TT_EV_NO_LISTENER) ||
	       (state == TT_LISTEN && kind == TT_EV_SND_SYN) ||
	       kind == TT_EV_FIN_NOT_GOT;
}

/* is there an edge that nothing needs? */
static unsigned int count_unused(void)
{
	unsigned int state, kind, n = 0;

	for (state = TT_CLOSED; state < TT_STATES_MAX; state++)
		for (kind = 0; kind < TT_EVENTS_MAX; kind++) {
			if (!tt_fsm[state][kind].to || used[state][kind] ||
			    is_beyond_model(state, kind))
				continue;
			printf("# unused: event %u in %s\n", kind,
			       tt_state_name(state));
			n++;
		}
	return n;
}

int main(int argc, char **argv)
{
	static const __u32 starts[][2] = {
		{ 0xffffffff, 0x7ffffffe }, { 0x7fffffff, 0xfffffffe },
	};
	unsigned int count = 0, depth, i, s, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	depth = argc > 1 ? atoi(argv[1]) : DEPTH_DEFAULT;
	visited = malloc(SET_SIZE * sizeof(*visited));
	if (!visited || depth < 3 || depth > 31)
		return 2;
	for (i = 0; i < WHERES * 2; i++) {
		where = i / 2;
		actively = i % 2;
		depth_max = actively ? depth - 1 : depth;
		states = 0;
		wrong = 0;
		for (s = 0; s < 2; s++) {
			isn[0] = starts[s][0];
			isn[1] = starts[s][1];
			memset(visited, 0, SET_SIZE * sizeof(*visited));
			begin();
		}
		failed += !!wrong;
		printf("# states explored: %lu, wrong: %lu\n", states, wrong);
		printf("%sok %u - observer %s, %s open\n",
		       wrong ? "not " : "", ++count, where_names[where],
		       actively ? "simultaneous" : "passive");
	}
	if (depth >= DEPTH_DEFAULT) {
		unsigned int unused = count_unused();

		printf("%sok %u - every edge of the state machine is used\n",
		       unused ? "not " : "", ++count);
		failed += !!unused;
	}
	printf("1..%u\n", count);
	return !!failed;
}
