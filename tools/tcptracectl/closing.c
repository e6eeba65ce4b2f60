// SPDX-License-Identifier: GPL-2.0
/* How a connection was closed or reset, in words. */
#include <inttypes.h>
#include "telling.h"

static void tell_ack_of_fin(struct telling *t, unsigned int i)
{
	const struct account_end *end = &t->a->end[i];
	bool rst = t->a->end[!i].rst.seen || end->rst.seen;

	if (end->fin_acked)
		say(t, ", which the %s acknowledged", who[!i]);
	else if (end->got_fin && t->a->end[!i].got_fin && is_over(end) &&
		 !rst && !end->gone_from[0])
		say(t, ", which the %s acknowledged", who[!i]);
	else if (rst)
		say(t, ", which was never acknowledged");
	else
		say(t, "; the %s's ACK of it, with ack %" PRIu32 ", is missing",
		    who[!i], end->fin.end);
}

static void tell_fin(struct telling *t, unsigned int i)
{
	const struct sent *fin = &t->a->end[i].fin;

	say(t, "its FIN (seq %" PRIu32 ") left", fin->end - 1);
	say_after(t, fin->time);
	tell_ack_of_fin(t, i);
	say(t, ". ");
}

static void tell_second(struct telling *t, unsigned int i)
{
	const struct account_end *end = &t->a->end[i];

	if (end->fin.seen) {
		say(t, "%s closed %s: ", Who[i], end->crossed ?
		    "at the same time (simultaneous close), before that FIN had reached it" :
		    "second");
		tell_fin(t, i);
		return;
	}
	if (t->a->end[0].rst.seen || t->a->end[1].rst.seen || is_over(end))
		return;
	say(t, "%s has not closed: its FIN is missing", Who[i]);
	if (!t->a->end[i].got_fin && t->a->logged)
		say(t, ", and the other's has not reached it");
	say(t, "; until then it may send (half-closed). ");
}

static void tell_close_from_file(struct telling *t, int closer)
{
	const struct account_end *first = &t->a->end[closer];
	const struct account_end *second = &t->a->end[!closer];

	say(t, "%s closed first. ", Who[closer]);
	if (in(first, "FIN-WAIT-1") || in(first, "CLOSING"))
		say(t, "The %s's ACK of its FIN is missing. ", who[!closer]);
	if (in(second, "CLOSE-WAIT"))
		say(t, "%s has not closed: its FIN is missing. ", Who[!closer]);
	if (in(second, "LAST-ACK"))
		say(t, "%s closed second, and the %s's ACK of its FIN is missing. ",
		    Who[!closer], who[closer]);
}

/**
 * tell_close - who closed first, and what is missing since
 * @t: the paragraph
 */
void tell_close(struct telling *t)
{
	const struct account *a = t->a;
	int closer = account_closer(a);

	if (closer < 0) {
		if (in(&a->end[0], "ESTABLISHED") &&
		    in(&a->end[1], "ESTABLISHED"))
			say(t, "Neither end has closed it. ");
		return;
	}
	if (!a->end[closer].fin.seen) {
		tell_close_from_file(t, closer);
		return;
	}
	if (a->self) {
		say(t, "It was closed: ");
		tell_fin(t, closer);
		return;
	}
	say(t, "%s closed first: ", Who[closer]);
	tell_fin(t, closer);
	tell_second(t, !closer);
}

/* an RST does not say why: what its sender had done before does */
static const char *cause_of(const struct account *a, unsigned int i)
{
	const struct account_end *end = &a->end[i];
	const char *from = end->rst_from;

	if (!strcmp(from, "TIME-WAIT"))
		return "its socket was gone when another segment came";
	if (end->fin.seen)
		return "it had closed, and nobody reads what arrives after that";
	if (!strcmp(from, "SYN-SENT"))
		return a->end[!i].syn.seen ? "it did not expect that answer" :
		       "it took its SYN back";
	if (!i && !strcmp(end->basis, "corrected"))
		return "it had closed before the SYN+ACK came";
	if (!strcmp(from, "LISTEN") || !strcmp(from, "CLOSED"))
		return "it has no such socket";
	return "its application aborted: SO_LINGER zero, unread data, never accepted, or killed";
}

/**
 * tell_reset - who reset it, with which segment
 * @t: the paragraph
 */
void tell_reset(struct telling *t)
{
	const struct account *a = t->a;
	int i = account_resetter(a);
	const struct account_end *end;

	if (tells_refusal(a))
		return;
	if (i < 0) {
		if (!strcmp(a->ended, "rst"))
			say(t, a->ended_by < 0 ? "It was reset. " :
			    "It was reset; %s sent the first FIN or the RST. ",
			    a->ended_by < 0 ? "" : Who[a->ended_by] + 4);
		return;
	}
	end = &a->end[i];
	say(t, "%s reset it: its RST (seq %" PRIu32, Who[i], end->rst.seq);
	if (end->rst.has_ack)
		say(t, ", ack %" PRIu32, end->rst.ack);
	say(t, ") left");
	say_after(t, end->rst.time);
	if (end->rst_from[0])
		say(t, " in %s", end->rst_from);
	say(t, "; %s. ", cause_of(a, i));
}

/**
 * tell_gone - what ended without a segment of its own
 * @t: the paragraph
 */
void tell_gone(struct telling *t)
{
	unsigned int i;

	for (i = 0; i < ends_of(t->a); i++)
		if (t->a->end[i].gone_from[0])
			say(t, "%s is taken for gone, from %s: no segment came before the idle limit. ",
			    Who[i], t->a->end[i].gone_from);
	if (t->a->replaced)
		say(t, "A new SYN took its ports into use again. ");
}
