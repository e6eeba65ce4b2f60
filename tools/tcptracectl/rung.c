// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"
#include "rung.h"
#include "seq.h"
#include "words.h"

#define PAUSE		1000000000LL
#define FOLD_HEAD	3	/* plain segments shown before a fold */
#define FOLD_TAIL	2	/* and after it */
#define FOLD_MIN	4	/* fewer are not worth it */
#define SAME_VERDICT	3	/* shown, then they are plain */
#define BACK		65536	/* how far back a first sending is looked for */

static uint32_t end_of(const struct step *step)
{
	return step->seq + step->len + !!(step->flags & TT_SYN) +
	       !!(step->flags & TT_FIN);
}

/**
 * check_of - has the ACK number of a segment to be a certain one?
 * @c: the climb, before the segment
 * @step: the segment
 *
 * Return: what it is about.
 */
enum check check_of(const struct climb *c, const struct step *step)
{
	const struct side *self = &c->side[step->sender];
	const struct side *peer = &c->side[!step->sender];

	if ((step->has & (STEP_SEGMENT | STEP_ACK)) !=
	    (STEP_SEGMENT | STEP_ACK))
		return CHECK_NONE;
	if (peer->has_fin && step->ack == peer->fin + 1)
		return CHECK_FIN;
	if (!c->story->has_iss[!step->sender])
		return CHECK_NONE;
	if (step->flags & TT_SYN || step->verdict == TT_V_HANDSHAKE_ACK ||
	    step->verdict == TT_V_HANDSHAKE_ACK_BAD ||
	    step->verdict == TT_V_RST_IGNORED)
		return CHECK_SYN;
	return !self->acked_syn &&
	       step->ack == c->story->iss[!step->sender] + 1 ? CHECK_SYN :
							       CHECK_NONE;
}

/**
 * check_holds - is the ACK number the one that it has to be?
 * @c: the climb, before the segment
 * @step: the segment
 * @check: what check_of() said
 *
 * Of a SYN with data (TCP Fast Open) the data may be acknowledged with it.
 *
 * Return: true if it is.
 */
bool check_holds(const struct climb *c, const struct step *step,
		 enum check check)
{
	const struct side *peer = &c->side[!step->sender];
	uint32_t due = c->story->iss[!step->sender] + 1;

	if (check != CHECK_SYN)
		return true;
	return step->ack == due ||
	       (peer->has_end && tt_between(step->ack, due, peer->end));
}

/**
 * climb_learn - go past a step
 * @c: the climb
 * @step: the step
 */
void climb_learn(struct climb *c, const struct step *step)
{
	struct side *self = &c->side[step->sender];
	enum check check;

	if (!(step->has & STEP_SEGMENT) || step->has & STEP_RECEIPT ||
	    tt_verdict_class(step->verdict) == TT_VIOLATION)
		return;
	check = check_of(c, step);
	if (step->flags & TT_SYN && !(step->flags & TT_RST) &&
	    (!self->has_end || step->seq != c->story->iss[step->sender]))
		memset(self, 0, sizeof(*self));
	if (check == CHECK_SYN)
		self->acked_syn = true;
	if (step->flags & TT_FIN) {
		self->fin = step->seq + step->len;
		self->has_fin = true;
	}
	if (step->flags & TT_RST)
		return;
	if (!self->has_end || tt_after(end_of(step), self->end))
		self->end = end_of(step);
	self->has_end = true;
}

static const uint8_t *states_before(const struct climb *c, size_t i)
{
	return i ? c->story->steps.at[i - 1].state : c->story->begin;
}

static bool is_plain(const struct climb *c, size_t i, unsigned int *seen)
{
	const struct step *step = &c->story->steps.at[i];

	if (!(step->has & STEP_SEGMENT) ||
	    step->flags & (TT_SYN | TT_FIN | TT_RST) ||
	    memcmp(step->state, states_before(c, i), sizeof(step->state)) ||
	    check_of(c, step) != CHECK_NONE)
		return false;
	switch (tt_verdict_class(step->verdict)) {
	case TT_FINE:
		return true;
	case TT_UNUSUAL:
		return ++seen[step->verdict] > SAME_VERDICT;
	case TT_VIOLATION:
		break;
	}
	return false;
}

/**
 * climb_begin - start at the top of a ladder
 * @c: filled in
 * @story: the connection
 * @all: fold nothing
 * @utf8: use signs beyond ASCII
 */
void climb_begin(struct climb *c, const struct story *story, bool all,
		 bool utf8)
{
	unsigned int seen[TT_VERDICTS_MAX + 1] = { 0 };
	size_t i;

	memset(c, 0, sizeof(*c));
	c->story = story;
	c->all = all;
	c->utf8 = utf8;
	c->plain = calloc(story->steps.n + 1, sizeof(*c->plain));
	if (!c->plain)
		err(EXIT_INPUT, "%zu segments", story->steps.n);
	for (i = 0; i < story->steps.n; i++) {
		c->plain[i] = is_plain(c, i, seen);
		climb_learn(c, &story->steps.at[i]);
	}
	memset(c->side, 0, sizeof(c->side));
}

/**
 * climb_end - at the bottom
 * @c: the climb
 */
void climb_end(struct climb *c)
{
	free(c->plain);
}

static double seconds_at(const struct climb *c, size_t i)
{
	const struct steps *steps = &c->story->steps;

	return (long long)(steps->at[i].time - steps->at[0].time) / 1e9;
}

/* how many steps from here are to be folded */
static size_t fold_length(const struct climb *c)
{
	size_t begin = c->at, end = c->at;

	if (c->all || !c->plain[c->at])
		return 0;
	while (begin && c->plain[begin - 1])
		begin--;
	if (c->at - begin != FOLD_HEAD)
		return 0;
	while (end < c->story->steps.n && c->plain[end])
		end++;
	return end - c->at >= FOLD_TAIL + FOLD_MIN ? end - c->at - FOLD_TAIL :
						     0;
}

static void fold(struct climb *c, size_t n, struct rung *rung)
{
	unsigned int verdicts[TT_VERDICTS_MAX + 1] = { 0 };
	unsigned long long bytes[2] = { 0 };
	size_t segments = 0, end = c->at + n;

	rung->kind = RUNG_FOLD;
	for (; c->at < end; c->at++) {
		const struct step *step = &c->story->steps.at[c->at];

		climb_learn(c, step);
		if (step->has & STEP_RECEIPT)
			continue;
		segments++;
		bytes[step->sender] += step->len;
		if (tt_verdict_class(step->verdict) != TT_FINE)
			verdicts[step->verdict]++;
	}
	words_of_fold(c, segments, bytes, verdicts, rung);
	c->paused = true;
}

/* the latest earlier segment of the sender that holds this one's first octet */
static const struct step *sent_before(const struct climb *c,
				      const struct step *step)
{
	const struct step *first = c->story->steps.at;
	const struct step *past = step;
	unsigned int back = 0;

	while (past-- > first && back++ < BACK)
		if (past->has & STEP_SENT && past->sender == step->sender &&
		    past->verdict < TT_VERDICTS_MAX &&
		    !tt_after(past->seq, step->seq) &&
		    tt_after(end_of(past), step->seq))
			return past;
	return NULL;
}

static void climb_step(struct climb *c, struct rung *rung)
{
	const struct step *step = &c->story->steps.at[c->at];
	const uint8_t *before = states_before(c, c->at);
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (step->state[i] != before[i])
			rung->state[i] = tt_state_name(step->state[i]);
	rung->sender = step->sender;
	if (!(step->has & STEP_SEGMENT)) {
		rung->kind = RUNG_TIMEOUT;
		words_of_timeout(step, rung);
	} else if (step->has & STEP_RECEIPT) {
		rung->kind = RUNG_RECEIPT;
		words_of_receipt(c, step, rung);
	} else {
		rung->kind = RUNG_ARROW;
		words_of_segment(c, step, rung);
		words_of_verdict(c, step, sent_before(c, step), rung);
	}
	climb_learn(c, step);
	c->at++;
	c->paused = false;
}

/**
 * climb_next - the next rung
 * @c: the climb
 * @rung: filled in
 *
 * Return: false at the bottom.
 */
bool climb_next(struct climb *c, struct rung *rung)
{
	const struct steps *steps = &c->story->steps;
	long long pause;
	size_t n;

	memset(rung, 0, sizeof(*rung));
	while (c->head < WORDS_REMARKS)
		if (words_of_remark(c, c->head++, rung))
			return true;
	if (c->at == steps->n)
		return false;
	rung->seconds = seconds_at(c, c->at);
	n = fold_length(c);
	if (n) {
		fold(c, n, rung);
		return true;
	}
	pause = c->at ? steps->at[c->at].time - steps->at[c->at - 1].time : 0;
	if (pause >= PAUSE && !c->paused) {
		rung->kind = RUNG_PAUSE;
		words_of_pause(c, pause / 1e9, rung);
		c->paused = true;
		return true;
	}
	climb_step(c, rung);
	return true;
}
