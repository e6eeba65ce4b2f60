// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ctl.h"
#include "duty.h"
#include "telling.h"

const char * const who[] = { "client", "server" };
const char * const Who[] = { "The client", "The server" };

/**
 * say_duration - so long
 * @t: the paragraph
 * @s: seconds
 */
void say_duration(struct telling *t, double s)
{
	if (s < 0.001)
		say(t, "%.2f ms", s * 1000);
	else if (s < 1)
		say(t, "%.1f ms", s * 1000);
	else if (s < 120)
		say(t, "%.1f s", s);
	else if (s < 7200)
		say(t, "%.0f min", s / 60);
	else
		say(t, "%.1f h", s / 3600);
}

static double between(long long from, long long to)
{
	return to > from ? (to - from) / 1e9 : 0;
}

static void say_clock(struct telling *t, long long ns)
{
	time_t seconds = ns / 1000000000;
	struct tm tm;

	localtime_r(&seconds, &tm);
	say(t, "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec,
	    (int)(ns / 1000000 % 1000));
}

/**
 * say_after - how long after the first segment
 * @t: the paragraph
 * @ns: when, nanoseconds since the epoch
 */
void say_after(struct telling *t, long long ns)
{
	if (t->a->broken) {	/* the first that is known is not the first */
		say(t, " at ");
		say_clock(t, ns);
		return;
	}
	say(t, " ");
	say_duration(t, between(t->a->first, ns));
	say(t, " after the first segment");
}

static void say_times(struct telling *t, unsigned int n)
{
	if (n == 1)
		say(t, "once");
	else
		say(t, "%u times", n);
}

/* ---- the beginning ---- */

static void tell_lost(struct telling *t)
{
	const struct account *a = t->a;

	if (a->logged && !a->broken)
		return;
	if (t->scene->lost)
		say(t, "The log has lost %llu events, those of %s among them: what follows rests on %s. ",
		    t->scene->lost, a->logged ? "its beginning" : "this connection",
		    a->row ? "the connections file" : "what is left of the log");
	else
		say(t, "The log has no complete record of it: what follows rests on %s. ",
		    a->row ? "the connections file" : "what is left of the log");
}

static bool is_simultaneous(const struct account *a)
{
	const struct sent *c = &a->end[0].syn, *s = &a->end[1].syn;

	return !strcmp(a->began, "simultaneous_open") ||
	       (c->seen && s->seen && !c->has_ack && !s->has_ack && !a->self);
}

/**
 * tells_refusal - did an RST answer its SYN?
 * @a: the account
 *
 * Return: true if it did.
 */
bool tells_refusal(const struct account *a)
{
	return !strcmp(a->ended, "refused") ||
	       (a->logged && !a->broken && a->end[1].rst.seen &&
		!a->end[1].syn.seen && !a->end[0].established && !a->midstream);
}

static void tell_answer(struct telling *t)
{
	const struct account_end *c = &t->a->end[0], *s = &t->a->end[1];

	if (tells_refusal(t->a)) {
		say(t, " and was refused: the server answered with an RST (ack %" PRIu32
		    " = x+1), nobody listens on that port",
		    s->rst.ack);
	} else if (!s->syn.seen && !c->established) {
		say(t, "; the server's SYN+ACK, with ack %" PRIu32 ", is missing",
		    c->syn.seq + 1);
	} else if (s->syn.seen) {
		say(t, "; the server answered with a SYN+ACK (seq %" PRIu32
		    ", ack %" PRIu32, s->syn.seq, s->syn.ack);
		if (t->a->tfo && s->syn.ack == c->syn.end)
			say(t, " = x+1+%" PRIu32, t->a->tfo);
		else if (s->syn.ack == c->syn.seq + 1)
			say(t, " = x+1");
		say(t, ")");
		if (!s->established && in(s, "SYN-RECEIVED"))
			say(t, "; the client's ACK of it, with ack %" PRIu32 ", is missing",
			    s->syn.seq + 1);
		else if (s->established)
			say(t, " and the client's ACK completed the handshake");
	}
}

static void tell_open(struct telling *t)
{
	const struct account *a = t->a;
	const struct account_end *c = &a->end[0], *s = &a->end[1];

	if (a->midstream) {
		say(t, "It had begun before its first segment came past; which end opened it is not known. ");
		return;
	}
	if (a->self) {
		say(t, "It is a socket connected to itself, so client and server are one. ");
		return;
	}
	if (is_simultaneous(a)) {
		say(t, "Both ends opened it at the same time (simultaneous open)");
		if (c->syn.seen && s->syn.seen)
			say(t, ": the client's SYN has seq %" PRIu32
			    ", the server's seq %" PRIu32,
			    c->syn.seq, s->syn.seq);
		say(t, ". ");
		return;
	}
	if (!c->syn.seen) {
		if (a->row) {
			say(t, "The client opened it ");
			say_duration(t, a->age);
			say(t, " ago. ");
		}
		return;
	}
	say(t, "The client opened it at ");
	say_clock(t, c->syn.time);
	say(t, " with a SYN (x = seq %" PRIu32 ")", c->syn.seq);
	if (a->tfo)
		say(t, " that carried %" PRIu32 " bytes (TCP Fast Open)",
		    a->tfo);
	if (a->reuses)
		say(t, ", on the ports of an earlier connection%s",
		    a->reuses == 1 ? " that was in TIME-WAIT" : "");
	if (c->syn_retrans) {
		say(t, ", repeated ");
		say_times(t, c->syn_retrans);
	}
	if (!a->broken)
		tell_answer(t);
	say(t, ". ");
}

/* ---- now ---- */

static void say_basis(struct telling *t, const struct account_end *end)
{
	bool remote = end->row && !end->local;

	if (!strcmp(end->basis, "presumed"))
		say(t, " (presumed: nothing shows that the segment arrived)");
	else if (!strcmp(end->basis, "corrected"))
		say(t, " (corrected by what it sent)");
	else if (!end->basis[0] && remote)
		say(t, " (presumed: it is remote)");
}

static void tell_state(struct telling *t, unsigned int i)
{
	const struct account_end *end = &t->a->end[i];
	double s = end->in_state;

	say(t, "the %s", who[i]);
	if (in(end, "unknown")) {
		say(t, "'s state is not known");
		return;
	}
	if (is_over(end) && end->since) {
		say(t, " is %s since ", end->state);
		say_clock(t, end->since);
	} else if (is_over(end) && s < 0) {
		say(t, " is %s", end->state);
	} else {
		if (s < 0)
			s = between(end->since, t->scene->now);
		say(t, " has been in %s for ", end->state);
		say_duration(t, s);
	}
	say_basis(t, end);
}

static void tell_states(struct telling *t)
{
	say(t, t->scene->live ? "Now " : "At the end ");
	tell_state(t, 0);
	if (!t->a->self) {
		say(t, ", ");
		tell_state(t, 1);
	}
	say(t, ". ");
}

/* ---- what comes next ---- */

static bool next_seq(const struct account_end *end, uint32_t *seq)
{
	if (end->has_nxt)
		*seq = end->nxt;
	else if (end->fin.seen)
		*seq = end->fin.end;
	else if (end->syn.seen && !end->established)
		*seq = end->syn.seq + 1;
	else
		return false;
	return true;
}

static void say_numbers(struct telling *t, const struct account_end *from,
			const struct account_end *to)
{
	uint32_t seq, ack;
	bool has_seq = next_seq(from, &seq), has_ack = next_seq(to, &ack);

	if (has_seq)
		say(t, " with seq %" PRIu32, seq);
	if (has_ack)
		say(t, "%s ack %" PRIu32, has_seq ? "," : " with", ack);
}

static void tell_outstanding(struct telling *t, unsigned int i)
{
	const struct account_end *end = &t->a->end[i];

	/* of one direction alone the ACKs may be ahead of what was seen */
	if (end->has_una && end->has_nxt && (int32_t)(end->nxt - end->una) > 0)
		say(t, "%" PRIu32 " bytes of the %s, from seq %" PRIu32
		    " on, are not acknowledged. ", end->nxt - end->una, who[i],
		    end->una);
}

/* what an endpoint waits for; false: nothing that its peer sends */
static bool tell_awaited(struct telling *t, unsigned int i)
{
	const struct account_end *end = &t->a->end[i];
	const struct account_end *peer = &t->a->end[!i];
	const char *what = NULL;

	if (in(end, "SYN-SENT"))
		say(t, "Next expected: the %s's SYN+ACK with ack %" PRIu32 ". ",
		    who[!i], end->syn.seq + 1);
	else if (in(end, "SYN-RECEIVED"))
		what = in(peer, "SYN-SENT") || is_over(peer) ? NULL :
		       "the ACK of its SYN";
	else if (in(end, "FIN-WAIT-1") || in(end, "CLOSING") ||
		 in(end, "LAST-ACK"))
		what = "the ACK of its FIN";
	else if (in(end, "FIN-WAIT-2"))
		what = "data or the FIN";
	else if (in(end, "ESTABLISHED"))
		what = in(peer, "SYN-RECEIVED") ? NULL : "data or the FIN";
	if (!what)
		return in(end, "SYN-SENT");
	say(t, "Next expected: from the %s, %s,", who[!i], what);
	say_numbers(t, peer, end);
	say(t, ". ");
	return true;
}

static void tell_next(struct telling *t)
{
	const struct account_end *end = t->a->end;
	bool any = false;
	unsigned int i;

	for (i = 0; i < ends_of(t->a); i++) {
		if (!is_over(&end[i]))
			tell_outstanding(t, i);
		any |= tell_awaited(t, i);
	}
	for (i = 0; i < ends_of(t->a); i++)
		if (in(&end[i], "TIME-WAIT"))
			say(t, "%s waits for 2MSL (60 s unless set otherwise), then it is CLOSED. ",
			    Who[i]);
	if (!any && !in(&end[0], "unknown") && !in(&end[1], "unknown"))
		say(t, "No further segment is expected. ");
}

/* ---- what went wrong ---- */

static void tell_repeats(struct telling *t)
{
	unsigned int i, n;

	for (i = 0; i < ends_of(t->a); i++) {
		const struct account_end *end = &t->a->end[i];

		n = end->row ? end->retrans : end->seen_retrans;
		if (!n)
			continue;
		say(t, "%s repeated %u segment%s. ", Who[i], n,
		    n == 1 ? "" : "s");
	}
}

static void tell_violation(struct telling *t, unsigned int i,
			   enum tt_verdict v)
{
	const struct account_end *end = &t->a->end[i];
	const struct sent *first = &end->first_viol[v];
	const struct duty *duty = duty_of(v);

	say(t, "%s broke RFC %s ", Who[i], tt_verdict_rfc(v));
	say_times(t, end->seen_viol[v]);
	say(t, " (%s), first at ", tt_verdict_name(v));
	say_clock(t, first->time);
	say(t, " with seq %" PRIu32, first->seq);
	if (first->has_ack)
		say(t, ", ack %" PRIu32, first->ack);
	if (duty->what)
		say(t, ": the %s should %s (RFC %s)", who[!i], duty->what,
		    duty->rfc);
	say(t, ". ");
}

static void tell_violations(struct telling *t)
{
	bool any = false;
	unsigned int i, v, seen;

	for (i = 0; i < 2; i++) {
		const struct account_end *end = &t->a->end[i];

		seen = 0;
		for (v = 0; v < TT_VERDICTS_MAX; v++) {
			if (!end->seen_viol[v])
				continue;
			tell_violation(t, i, v);
			seen += end->seen_viol[v];
			any = true;
		}
		if (end->row && end->viol > seen) {
			say(t, "%s broke rules %u times more, which the log does not hold. ",
			    Who[i], end->viol - seen);
			any = true;
		}
	}
	if (!any)
		say(t, "No segment broke a rule.");
}

/**
 * tell - an account in words
 * @a: the account
 * @scene: where and when
 *
 * Return: one paragraph on one line, to be freed.
 */
char *tell(const struct account *a, const struct scene *scene)
{
	struct telling t = { .a = a, .scene = scene };
	char *text = NULL;
	size_t size;

	t.out = open_memstream(&text, &size);
	if (!t.out)
		err(EXIT_INPUT, NULL);
	say(&t, "Connection %s, client %s, server %s. ", a->conn, a->name[0],
	    a->name[1]);
	tell_lost(&t);
	tell_open(&t);
	tell_close(&t);
	tell_reset(&t);
	tell_gone(&t);
	tell_states(&t);
	tell_next(&t);
	tell_repeats(&t);
	tell_violations(&t);
	if (fclose(t.out))
		err(EXIT_INPUT, NULL);
	while (size && text[size - 1] == ' ')
		text[--size] = '\0';
	return text;
}
