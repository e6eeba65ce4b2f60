// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include "account.h"
#include "ctl.h"
#include "when.h"

/* an event, taken apart */
struct event {
	long long time;
	const char *from;
	const char *to;
	const char *basis;
	const char *flags;
	struct sent segment;
	uint32_t len;
	enum tt_verdict verdict;
	unsigned int at;
	unsigned int sender;
};

#define copy(to, from) snprintf(to, sizeof(to), "%s", from)

static bool is(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/**
 * account_of - the account of the connection that a line is about
 * @list: the accounts so far
 * @t: a line of transitions or connections
 *
 * Return: it, perhaps a new one at the end of the list.
 */
struct account *account_of(struct account **list, const struct table *t)
{
	const char *conn = table_get(t, "conn");
	struct account *a;

	while (*list && !is((*list)->conn, conn))
		list = &(*list)->next;
	if (*list)
		return *list;
	a = calloc(1, sizeof(*a));
	if (!a)
		err(EXIT_INPUT, NULL);
	*list = a;
	copy(a->conn, conn);
	copy(a->name[0], table_get(t, "client"));
	copy(a->name[1], table_get(t, "server"));
	a->self = is(a->name[0], a->name[1]);
	a->ended_by = -1;
	a->end[0].in_state = -1;
	a->end[1].in_state = -1;
	copy(a->end[0].state, "CLOSED");
	copy(a->end[1].state, "CLOSED");
	return a;
}

static enum tt_verdict verdict_of(const char *name)
{
	unsigned int v;

	for (v = 0; v < TT_VERDICTS_MAX; v++)
		if (is(name, tt_verdict_name(v)))
			break;
	return v;
}

static void take_apart(const struct table *t, struct event *e)
{
	uint32_t extra;

	memset(e, 0, sizeof(*e));
	e->time = when_ns(table_get(t, "time"));
	e->from = table_get(t, "from");
	e->to = table_get(t, "to");
	e->basis = table_get(t, "basis");
	e->flags = table_get(t, "flags");
	e->len = strtoul(table_get(t, "len"), NULL, 10);
	e->verdict = verdict_of(table_get(t, "verdict"));
	e->at = is(table_get(t, "endpoint"), "server");
	e->sender = e->at;
	if (is(e->basis, "received") || is(e->basis, "presumed"))
		e->sender = !e->at;
	if (is(table_get(t, "seq"), "-"))
		return;
	extra = !!strchr(e->flags, 'S') + !!strchr(e->flags, 'F');
	e->segment.seen = true;
	e->segment.time = e->time;
	e->segment.seq = strtoul(table_get(t, "seq"), NULL, 10);
	e->segment.end = e->segment.seq + e->len + extra;
	e->segment.has_ack = !is(table_get(t, "ack"), "-");
	e->segment.ack = strtoul(table_get(t, "ack"), NULL, 10);
}

static void note(struct sent *sent, const struct event *e)
{
	if (!sent->seen)
		*sent = e->segment;
}

static void note_syn(struct account *a, const struct event *e)
{
	struct account_end *end = &a->end[e->at];

	if (is(e->to, "CLOSED"))
		return;		/* the SYN is of the next connection */
	if (is(e->to, "SYN-SENT") || (is(e->to, "SYN-RECEIVED") &&
				      is(e->basis, "sent"))) {
		note(&end->syn, e);
		if (!strchr(e->flags, 'A'))
			a->tfo = e->len;
	} else if (is(e->from, "SYN-SENT") && e->sender != e->at) {
		note(&a->end[e->sender].syn, e);
	}
	if (e->verdict == TT_V_TIMEWAIT_REUSE)
		a->reuses = 1;
	else if (e->verdict == TT_V_PORT_REUSE)
		a->reuses = 2;
}

/* an endpoint that moves by its own FIN has sent it, whatever the basis */
static void note_fin(struct account_end *end, const struct account_end *peer,
		     const struct event *e)
{
	if (is(e->to, "FIN-WAIT-1") && !end->fin.seen && peer->fin.seen)
		end->crossed = true;
	if (is(e->to, "FIN-WAIT-1") || is(e->to, "LAST-ACK")) {
		note(&end->fin, e);
		end->fin_acked = false;
	}
	if (is(e->to, "CLOSING"))
		end->fin_acked = false;
	if (is(e->to, "CLOSE-WAIT") || is(e->to, "CLOSING") ||
	    (is(e->to, "TIME-WAIT") && !is(e->from, "CLOSING"))) {
		end->got_fin = true;
		end->fin_receipt_presumed = is(e->basis, "presumed");
	}
}

static bool acks_fin(const struct event *e)
{
	if (is(e->from, "FIN-WAIT-1"))
		return is(e->to, "FIN-WAIT-2");
	if (is(e->from, "CLOSING"))
		return is(e->to, "TIME-WAIT");
	return is(e->from, "LAST-ACK") && is(e->to, "CLOSED");
}

static void note_move(struct account *a, const struct event *e)
{
	struct account_end *end = &a->end[e->at];

	if (!is(e->from, end->state) && a->logged && !a->self)
		a->broken = true;
	copy(end->state, e->to);
	copy(end->basis, e->basis);
	end->since = e->time;
	if (is(e->basis, "timeout")) {
		if (!is(e->from, "TIME-WAIT"))
			copy(end->gone_from, e->from);
		return;
	}
	if (strchr(e->flags, 'R')) {
		struct account_end *sender = &a->end[e->sender];

		if (!sender->rst.seen && e->sender == e->at)
			copy(sender->rst_from, e->from);
		note(&sender->rst, e);
		return;
	}
	if (is(e->to, "ESTABLISHED"))
		end->established = true;
	if (is(e->flags, "S") && is(e->to, "CLOSED"))
		a->replaced = true;
	if (strchr(e->flags, 'S'))
		note_syn(a, e);
	note_fin(end, &a->end[!e->at], e);
	if (acks_fin(e))
		end->fin_acked = true;
}

static void note_verdict(struct account *a, const struct event *e)
{
	struct account_end *sender = &a->end[e->sender];

	switch (e->verdict) {
	case TT_V_SYN_RETRANSMISSION:
	case TT_V_SYNACK_RETRANSMISSION:
		sender->syn_retrans++;
		sender->seen_retrans++;
		break;
	case TT_V_RETRANSMISSION:
	case TT_V_FAST_RETRANSMISSION:
	case TT_V_SPURIOUS_RETRANSMISSION:
	case TT_V_PARTIAL_RETRANSMISSION:
	case TT_V_FIN_RETRANSMISSION:
		sender->seen_retrans++;
		break;
	default:
		break;
	}
	if (tt_verdict_class(e->verdict) != TT_VIOLATION)
		return;
	if (!sender->seen_viol[e->verdict]++)
		sender->first_viol[e->verdict] = e->segment;
}

static bool same_segment(const struct sent *a, const struct sent *b)
{
	return a->seen && b->seen && a->seq == b->seq && a->end == b->end &&
	       a->ack == b->ack && a->has_ack == b->has_ack;
}

/* where a log that still has the beginning begins */
static bool is_beginning(const struct event *e)
{
	return is(e->from, "CLOSED") || e->verdict == TT_V_MIDSTREAM;
}

/**
 * account_add_event - what one line of the log tells
 * @a: the account
 * @t: the line
 */
void account_add_event(struct account *a, const struct table *t)
{
	struct event e;

	take_apart(t, &e);
	if (!a->logged) {
		a->first = e.time;
		a->broken = !is_beginning(&e);
		a->midstream = e.verdict == TT_V_MIDSTREAM;
		if (a->midstream) {
			copy(a->end[0].state, "unknown");
			copy(a->end[1].state, "unknown");
		}
	}
	/* a segment that moves several states has a line for each */
	if (is(e.from, e.to) || !same_segment(&e.segment, &a->segment))
		note_verdict(a, &e);
	a->segment = e.segment;
	if (!is(e.from, e.to))
		note_move(a, &e);
	a->logged = true;
}

static void add_end(struct account_end *end, const struct table *t, char c)
{
	char name[16];
	const char *text;

#define field(what) (snprintf(name, sizeof(name), "%c_" what, c), \
		     table_get(t, name))
	end->row = true;
	/* the file is younger than the log */
	if (!is(end->state, field("state"))) {
		copy(end->state, field("state"));
		end->basis[0] = '\0';
		end->since = 0;
	}
	end->in_state = atof(field("since"));
	end->local = is(field("local"), "yes");
	text = field("snd_una");
	end->has_una = filter_is_number(text);
	end->una = strtoul(text, NULL, 10);
	text = field("snd_nxt");
	end->has_nxt = filter_is_number(text);
	end->nxt = strtoul(text, NULL, 10);
	end->retrans = atoi(field("retrans"));
	end->viol = atoi(field("viol"));
#undef field
}

/**
 * account_add_row - what the file of connections tells
 * @a: the account
 * @t: the line
 */
void account_add_row(struct account *a, const struct table *t)
{
	const char *by = table_get(t, "ended_by");

	a->row = true;
	copy(a->began, table_get(t, "began"));
	copy(a->ended, table_get(t, "ended"));
	a->ended_by = is(by, "client") ? 0 : is(by, "server") ? 1 : -1;
	a->midstream = is(a->began, "midstream");
	a->age = atof(table_get(t, "age"));
	add_end(&a->end[0], t, 'c');
	add_end(&a->end[1], t, 's');
}

/**
 * account_closer - who sent the first FIN?
 * @a: the account
 *
 * Return: 0 the client, 1 the server, -1 nobody, or it is not known.
 */
int account_closer(const struct account *a)
{
	const struct sent *c = &a->end[0].fin, *s = &a->end[1].fin;

	if (!a->broken && a->logged) {
		if (c->seen && s->seen)
			return a->end[0].crossed ? 1 : a->end[1].crossed ? 0 :
			       s->time < c->time;
		return c->seen ? 0 : s->seen ? 1 : -1;
	}
	if (a->ended_by >= 0 && strcmp(a->ended, "rst") &&
	    strcmp(a->ended, "refused"))
		return a->ended_by;
	return c->seen ? 0 : s->seen ? 1 : -1;
}

/**
 * account_resetter - who sent an RST that ended it?
 * @a: the account
 *
 * Return: 0 the client, 1 the server, -1 nobody, or it is not known.
 */
int account_resetter(const struct account *a)
{
	if (a->end[0].rst.seen)
		return 0;
	if (a->end[1].rst.seen)
		return 1;
	if (!strcmp(a->ended, "refused"))
		return a->ended_by;
	return -1;
}

/**
 * account_free - done with them
 * @list: the accounts
 */
void account_free(struct account *list)
{
	struct account *next;

	for (; list; list = next) {
		next = list->next;
		free(list);
	}
}
