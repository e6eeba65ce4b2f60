// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"
#include "story.h"

/* how far back the sending of a received segment is looked for */
#define RECEIPT_BACK	256

/* numbers that far before the first are old, not those of 4 GB later */
#define BELOW_MAX	65536u

/* a saved file may say anything: nothing but ASCII goes on to the drawings */
static char *copy(const char *text)
{
	char *to = strdup(text), *c;

	if (!to)
		err(EXIT_INPUT, NULL);
	for (c = to; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return to;
}

/**
 * story_of - the story that a line belongs to
 * @list: the stories
 * @t: a line of segments or transitions
 *
 * Return: the story, perhaps a new one.
 */
struct story *story_of(struct story **list, const struct table *t)
{
	const char *conn = table_get(t, "conn");
	const char *client = table_get(t, "client");
	const char *server = table_get(t, "server");
	struct story *story;

	for (; *list; list = &(*list)->next)
		if (!strcmp((*list)->conn, conn) &&
		    (*conn != '-' || (!strcmp((*list)->end[0], client) &&
				      !strcmp((*list)->end[1], server))))
			return *list;
	story = calloc(1, sizeof(*story));
	if (!story)
		err(EXIT_INPUT, NULL);
	story->conn = copy(conn);
	story->end[0] = copy(client);
	story->end[1] = copy(server);
	*list = story;
	return story;
}

static struct step *add(struct steps *steps)
{
	struct step *step;

	if (steps->n == steps->room) {
		steps->room = steps->room ? 2 * steps->room : 64;
		steps->at = reallocarray(steps->at, steps->room,
					 sizeof(*steps->at));
		if (!steps->at)
			err(EXIT_INPUT, "%zu segments", steps->n);
	}
	step = &steps->at[steps->n++];
	memset(step, 0, sizeof(*step));
	return step;
}

static unsigned long long nanoseconds(const char *time)
{
	char *end;
	unsigned long long s = strtoull(time, &end, 10);

	return s * 1000000000 + (*end == '.' ? strtoull(end + 1, NULL, 10) : 0);
}

static uint32_t number(const struct table *t, const char *name)
{
	return strtoul(table_get(t, name), NULL, 10);
}

static bool applies(const struct table *t, const char *name)
{
	return strcmp(table_get(t, name), "-");
}

static enum tt_state state_called(const char *name)
{
	unsigned int state;

	for (state = 0; state < TT_STATES_MAX; state++)
		if (!strcmp(tt_state_name(state), name))
			return state;
	return TT_UNKNOWN;
}

static enum tt_verdict verdict_called(const char *name)
{
	unsigned int verdict;

	for (verdict = 0; verdict < TT_VERDICTS_MAX; verdict++)
		if (!strcmp(tt_verdict_name(verdict), name))
			break;
	return verdict;
}

static uint8_t flags_called(const char *letters)
{
	static const char order[] = "FSRPAUEC";	/* by bit, see segment.h */
	const char *found;
	uint8_t flags = 0;

	for (; *letters; letters++) {
		found = strchr(order, *letters);
		if (found)
			flags |= 1 << (found - order);
	}
	return flags;
}

static void read_step(const struct table *t, struct step *step)
{
	memset(step, 0, sizeof(*step));
	step->time = nanoseconds(table_get(t, "time"));
	step->verdict = verdict_called(table_get(t, "verdict"));
	if (!applies(t, "seq"))
		return;
	step->has = STEP_SEGMENT;
	step->flags = flags_called(table_get(t, "flags"));
	step->seq = number(t, "seq");
	step->ack = number(t, "ack");
	step->len = number(t, "len");
	step->win = number(t, "win");
	if (applies(t, "ack"))
		step->has |= STEP_ACK;
}

static bool same_segment(const struct step *a, const struct step *b)
{
	return a->has & b->has & STEP_SEGMENT && a->sender == b->sender &&
	       a->flags == b->flags && a->seq == b->seq && a->ack == b->ack &&
	       a->len == b->len;
}

/* what is worth telling, if either is */
static void take_verdict(struct step *step, const struct step *more)
{
	if (tt_verdict_class(more->verdict) <=
	    tt_verdict_class(step->verdict) &&
	    step->verdict < TT_VERDICTS_MAX)
		return;
	step->verdict = more->verdict;
	step->expected = more->expected;
	step->actual = more->actual;
	step->has |= more->has & STEP_NUMBERS;
}

/* the segment leaves, and arrives before anything else happens */
static bool joins_last(const struct steps *steps, const struct step *step)
{
	const struct step *last;

	if (!steps->n || step->has & STEP_SENT)
		return false;
	last = &steps->at[steps->n - 1];
	return !(last->has & STEP_RECEIPT) && same_segment(last, step);
}

static bool was_sent(const struct steps *steps, const struct step *step)
{
	size_t i = steps->n;

	while (i && steps->n - i < RECEIPT_BACK)
		if (same_segment(&steps->at[--i], step) &&
		    steps->at[i].has & STEP_SENT)
			return true;
	return false;
}

static void add_step(struct steps *steps, const struct step *step)
{
	struct step *last;

	if (joins_last(steps, step)) {
		last = &steps->at[steps->n - 1];
		last->has |= step->has & STEP_ARRIVED;
		memcpy(last->state, step->state, sizeof(last->state));
		take_verdict(last, step);
		return;
	}
	last = add(steps);
	*last = *step;
	if (step->has & STEP_SEGMENT && !(step->has & STEP_SENT)) {
		steps->n--;
		if (was_sent(steps, step))
			last->has |= STEP_RECEIPT;
		steps->n++;
	}
}

static void learn_iss(struct story *story, unsigned int end, uint32_t iss)
{
	story->iss[end] = iss;
	story->has_iss[end] = true;
}

/**
 * story_add_record - a line of the file segments
 * @story: its story
 * @t: the line
 */
void story_add_record(struct story *story, const struct table *t)
{
	const char *way = table_get(t, "way");
	struct step step;

	if (!story->recorded)
		story->first = strtoull(table_get(t, "number"), NULL, 10);
	story->recorded = true;
	read_step(t, &step);
	step.sender = !strcmp(table_get(t, "sender"), "server");
	if (!strcmp(way, "sent") || !strcmp(way, "passed"))
		step.has |= STEP_SENT;
	if (!strcmp(way, "received") || !strcmp(way, "passed"))
		step.has |= STEP_ARRIVED;
	if (applies(t, "expected")) {
		step.has |= STEP_NUMBERS;
		step.expected = number(t, "expected");
		step.actual = number(t, "actual");
	}
	step.state[0] = state_called(table_get(t, "c_state"));
	step.state[1] = state_called(table_get(t, "s_state"));
	if (applies(t, "c_iss"))
		learn_iss(story, 0, number(t, "c_iss"));
	if (applies(t, "s_iss"))
		learn_iss(story, 1, number(t, "s_iss"));
	add_step(&story->steps, &step);
}

/* both states after an event of the log that tells of one */
static void read_states(struct story *story, const struct table *t,
			struct step *step, unsigned int end)
{
	const struct steps *log = &story->log;

	if (log->n)
		memcpy(step->state, log->at[log->n - 1].state,
		       sizeof(step->state));
	if (!applies(t, "from"))
		return;
	if (step->state[end] == TT_UNKNOWN)
		story->begin[end] = state_called(table_get(t, "from"));
	step->state[end] = state_called(table_get(t, "to"));
}

/**
 * story_add_event - a line of the file transitions
 * @story: its story
 * @t: the line
 */
void story_add_event(struct story *story, const struct table *t)
{
	const char *basis = table_get(t, "basis");
	bool arrives = !strcmp(basis, "received") || !strcmp(basis, "presumed");
	unsigned int end = !strcmp(table_get(t, "endpoint"), "server");
	struct steps *log = &story->log;
	struct step step;

	read_step(t, &step);
	step.sender = end != arrives;
	if (step.has & STEP_SEGMENT)
		step.has |= arrives ? STEP_ARRIVED : STEP_SENT;
	read_states(story, t, &step, end);
	/* one segment may move several states, each with a line of its own */
	if (log->n && step.time - log->at[log->n - 1].time < 1000000 &&
	    !arrives && same_segment(&log->at[log->n - 1], &step))
		step.has &= ~STEP_SENT;
	add_step(log, &step);
}

/* where the lines of the log are all there is */
static void learn_from_syn(struct story *story, const struct step *step)
{
	if (step->has & STEP_SEGMENT &&
	    (step->flags & (TT_SYN | TT_RST)) == TT_SYN &&
	    tt_verdict_class(step->verdict) != TT_VIOLATION &&
	    !story->has_iss[step->sender])
		learn_iss(story, step->sender, step->seq);
}

/**
 * story_join - all lines are read
 * @story: the story
 *
 * The log tells what was before the first record, if that is not the first of
 * the connection, and all if there are none.
 */
void story_join(struct story *story)
{
	struct steps *log = &story->log, *steps = &story->steps;
	size_t i, n = log->n;

	while (n && story->recorded &&
	       (story->first == 1 || log->at[n - 1].time >= steps->at[0].time))
		n--;
	log->n = n;
	story->joined = story->recorded && n;
	for (i = 0; i < steps->n; i++)
		*add(log) = steps->at[i];
	free(steps->at);
	*steps = *log;
	memset(log, 0, sizeof(*log));
	for (i = 0; i < steps->n; i++)
		learn_from_syn(story, &steps->at[i]);
	if (story->recorded && story->first == 1 &&
	    steps->at[0].verdict != TT_V_MIDSTREAM)
		memset(story->begin, TT_CLOSED, sizeof(story->begin));
}

/**
 * story_relative - a sequence number beside the initial one
 * @story: the story; knows it
 * @end: whose it is
 * @n: the number
 *
 * Return: modulo 2^32; a little below the initial one it is negative.
 */
long long story_relative(const struct story *story, unsigned int end,
			 uint32_t n)
{
	uint32_t off = n - story->iss[end];

	return -off < BELOW_MAX ? -(long long)(uint32_t)-off : off;
}

/**
 * story_free - forget stories
 * @list: the first of them
 */
void story_free(struct story *list)
{
	struct story *next;

	for (; list; list = next) {
		next = list->next;
		free(list->conn);
		free(list->end[0]);
		free(list->end[1]);
		free(list->steps.at);
		free(list->log.at);
		free(list);
	}
}
