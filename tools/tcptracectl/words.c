// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <string.h>
#include "seq.h"
#include "words.h"

static void say(struct rung *rung, const char *format, ...)
{
	va_list args;

	if (rung->npieces == RUNG_PIECES)
		return;
	va_start(args, format);
	vsnprintf(rung->piece[rung->npieces++], RUNG_TEXT, format, args);
	va_end(args);
}

/* append to text of RUNG_TEXT bytes */
static void more(char *text, const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, RUNG_TEXT - len, format, args);
	va_end(args);
}

static const char *good(const struct climb *c)
{
	return c->utf8 ? "\u2713" : "OK";
}

static const char *bad(const struct climb *c)
{
	return c->utf8 ? "\u2717" : "BAD";
}

static const char *dots(const struct climb *c)
{
	return c->utf8 ? "\u2026" : "...";
}

/**
 * flag_names - a segment's flags in words
 * @flags: TT_SYN ...
 * @out: where
 * @size: its size
 */
void flag_names(uint8_t flags, char *out, size_t size)
{
	static const struct {
		uint8_t flag;
		const char *name;
	} names[] = {
		{ TT_SYN, "SYN" }, { TT_FIN, "FIN" }, { TT_RST, "RST" },
		{ TT_PSH, "PSH" }, { TT_ACK, "ACK" }, { TT_URG, "URG" },
		{ TT_ECE, "ECE" }, { TT_CWR, "CWR" },
	};
	size_t i, len = 0;

	snprintf(out, size, "no flags");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].flag && len < size)
			len += snprintf(out + len, size - len, "%s%s",
					len ? "," : "", names[i].name);
}

/* "x", "x+1", "x-1": a number beside the initial one of an endpoint */
static void beside(const struct climb *c, unsigned int end, uint32_t n,
		   char *text)
{
	long long off = story_relative(c->story, end, n);

	more(text, "%c", end ? 'y' : 'x');
	if (off)
		more(text, "%+lld", off);
}

static void say_seq(const struct climb *c, const struct step *step,
		    struct rung *rung)
{
	char *text = rung->piece[rung->npieces];

	say(rung, "seq %u", step->seq);
	if (!c->story->has_iss[step->sender])
		return;
	more(text, " = ");
	beside(c, step->sender, step->seq, text);
}

static void say_ack(const struct climb *c, const struct step *step,
		    struct rung *rung)
{
	char *text = rung->piece[rung->npieces];
	enum check check = check_of(c, step);
	bool holds = check_holds(c, step, check);

	say(rung, "ack %u", step->ack);
	if (c->story->has_iss[!step->sender]) {
		more(text, " = ");
		beside(c, !step->sender, step->ack, text);
	}
	if (check == CHECK_FIN)
		say(rung, "ack = FIN's seq+1 %s", good(c));
	else if (check == CHECK_SYN)
		more(text, " %s", holds ? good(c) : bad(c));
	if (!holds)
		say(rung, "due: %c+1", step->sender ? 'x' : 'y');
}

/**
 * words_of_segment - flags, seq, ack, len, win
 * @c: the climb, before the segment
 * @step: the segment
 * @rung: gets the pieces
 */
void words_of_segment(const struct climb *c, const struct step *step,
		      struct rung *rung)
{
	flag_names(step->flags, rung->piece[rung->npieces++], RUNG_TEXT);
	say_seq(c, step, rung);
	if (step->has & STEP_ACK)
		say_ack(c, step, rung);
	if (step->len)
		say(rung, "len %u", step->len);
	if (step->flags & TT_FIN && step->len)
		say(rung, "FIN's seq %u", step->seq + step->len);
	say(rung, "win %u", step->win);
}

/**
 * words_of_receipt - the arrival of a segment that left earlier
 * @c: the climb
 * @step: the segment
 * @rung: gets the pieces
 */
void words_of_receipt(const struct climb *c, const struct step *step,
		      struct rung *rung)
{
	char names[64];

	flag_names(step->flags, names, sizeof(names));
	say(rung, "%s arrives:", names);
	say_seq(c, step, rung);
}

/**
 * words_of_timeout - a timer ran out
 * @step: the timeout
 * @rung: gets the piece
 */
void words_of_timeout(const struct step *step, struct rung *rung)
{
	say(rung, "timeout of the %s", step->sender ? "server" : "client");
}

/**
 * words_of_pause - nothing happens
 * @c: the climb
 * @seconds: for how long
 * @rung: gets the piece
 */
void words_of_pause(const struct climb *c, double seconds, struct rung *rung)
{
	say(rung, "%s %.1f s pass %s", dots(c), seconds, dots(c));
}

/* 1,234 */
static void thousands(unsigned long long n, char *text)
{
	if (n >= 1000)
		thousands(n / 1000, text);
	if (n >= 1000)
		more(text, ",%03llu", n % 1000);
	else
		more(text, "%llu", n);
}

static void say_bytes(unsigned long long n, const char *who, char *text)
{
	static const char * const units[] = { "kB", "MB", "GB", "TB" };
	double size = n / 1e3;
	unsigned int unit = 0;

	if (n < 1000) {
		more(text, ", %llu bytes from the %s", n, who);
		return;
	}
	for (; size >= 999.95 && unit < 3; unit++)
		size /= 1000;
	more(text, ", %.1f %s from the %s", size, units[unit], who);
}

/**
 * words_of_fold - what is folded
 * @c: the climb
 * @segments: how many
 * @bytes: payload from the client and the server
 * @verdicts: how many of each that is not fine
 * @rung: gets the piece and a note
 */
void words_of_fold(const struct climb *c, size_t segments,
		   const unsigned long long *bytes,
		   const unsigned int *verdicts, struct rung *rung)
{
	char *text = rung->piece[rung->npieces];
	struct note *note = &rung->note[0];
	unsigned int v;

	say(rung, "%s ", dots(c));
	thousands(segments, text);
	more(text, " segments");
	if (bytes[0])
		say_bytes(bytes[0], "client", text);
	if (bytes[1])
		say_bytes(bytes[1], "server", text);
	more(text, ", folded; --all shows them");
	for (v = 0; v < TT_VERDICTS_MAX; v++)
		if (verdicts[v])
			more(note->text, "%s%u %s",
			     *note->text ? ", " : "among them ", verdicts[v],
			     tt_verdict_name(v));
	if (*note->text) {
		note->class = TT_UNUSUAL;
		rung->nnotes++;
	}
}

/* which number of a segment a rule is about, and which end's it is */
static const struct rule {
	const char *words;
	bool of_sender;
} rules[TT_VERDICTS_MAX] = {
	[TT_V_SEQ_BEYOND_WINDOW]	= { "seq below", true },
	[TT_V_END_BEYOND_WINDOW]	= { "end of data at most", true },
	[TT_V_DATA_IN_ZERO_WINDOW]	= { "end of data at most", true },
	[TT_V_SEQ_TOO_OLD]		= { "seq at least", true },
	[TT_V_ACK_UNSENT]		= { "ack at most", false },
	[TT_V_ACK_TOO_OLD]		= { "ack at least", false },
	[TT_V_ACK_BELOW_ISS]		= { "ack at least", false },
	[TT_V_SYNACK_BAD_ACK]		= { "ack", false },
	[TT_V_HANDSHAKE_ACK_BAD]	= { "ack", false },
	[TT_V_SYNACK_CHANGED]		= { "seq", true },
	[TT_V_SYN_IN_SYNC]		= { "seq", true },
	[TT_V_RST_OUT_OF_WINDOW]	= { "seq", true },
	[TT_V_RST_INEXACT]		= { "seq", true },
	[TT_V_RST_IGNORED]		= { "ack", false },
	[TT_V_DATA_AFTER_FIN]		= { "end of data at most", true },
	[TT_V_FIN_MOVED]		= { "end of data and FIN", true },
	[TT_V_ACK_BEYOND_FIN]		= { "ack at most", false },
	[TT_V_DATA_AFTER_RST]		= { "nothing after seq", true },
	[TT_V_SACK_INVALID]		= { "SACK block up to", false },
};

/* "expected ack at most 101 (x+1), got 105 (x+5)" */
static void say_numbers(const struct climb *c, const struct step *step,
			char *text)
{
	const struct rule *rule = &rules[step->verdict];
	unsigned int end = rule->of_sender ? step->sender : !step->sender;

	if (!rule->words) {
		more(text, ": expected %u, got %u", step->expected,
		     step->actual);
		return;
	}
	more(text, ": expected %s %u", rule->words, step->expected);
	if (c->story->has_iss[end]) {
		more(text, " (");
		beside(c, end, step->expected, text);
		more(text, ")");
	}
	more(text, ", got %u", step->actual);
	if (c->story->has_iss[end]) {
		more(text, " (");
		beside(c, end, step->actual, text);
		more(text, ")");
	}
}

static void say_unusual(const struct climb *c, const struct step *step,
			const struct step *before, char *text)
{
	const struct side *self = &c->side[step->sender];

	switch ((enum tt_verdict)step->verdict) {
	case TT_V_RETRANSMISSION:
	case TT_V_FAST_RETRANSMISSION:
	case TT_V_SPURIOUS_RETRANSMISSION:
	case TT_V_PARTIAL_RETRANSMISSION:
	case TT_V_SYN_RETRANSMISSION:
	case TT_V_SYNACK_RETRANSMISSION:
	case TT_V_FIN_RETRANSMISSION:
		if (before)
			more(text, ": sent %.3f s before",
			     (long long)(step->time - before->time) / 1e9);
		break;
	case TT_V_GAP:
		if (self->has_end && tt_after(step->seq, self->end))
			more(text, ": %u bytes before it were not seen",
			     step->seq - self->end);
		break;
	default:
		break;
	}
}

/**
 * words_of_verdict - what is unusual or wrong
 * @c: the climb, before the segment
 * @step: the segment
 * @before: an earlier one with the same octets, or NULL
 * @rung: gets a note
 */
void words_of_verdict(const struct climb *c, const struct step *step,
		      const struct step *before, struct rung *rung)
{
	struct note *note = &rung->note[rung->nnotes];

	note->class = tt_verdict_class(step->verdict);
	if (note->class == TT_FINE)
		return;
	rung->nnotes++;
	if (note->class == TT_VIOLATION)
		more(note->text, "%s ", bad(c));
	else
		more(note->text, "! ");
	more(note->text, "%s", tt_verdict_name(step->verdict));
	if (note->class == TT_UNUSUAL)
		say_unusual(c, step, before, note->text);
	else if (step->has & STEP_NUMBERS && step->verdict != TT_V_BAD_FLAGS &&
		 step->verdict != TT_V_NO_ACK)
		say_numbers(c, step, note->text);
	more(note->text, " (RFC %s)", tt_verdict_rfc(step->verdict));
}

/**
 * words_of_remark - what stands above the first segment
 * @c: the climb
 * @which: 0 to WORDS_REMARKS - 1
 * @rung: gets the piece
 *
 * Return: false if there is nothing of the kind to say.
 */
bool words_of_remark(const struct climb *c, unsigned int which,
		     struct rung *rung)
{
	const struct story *story = c->story;

	rung->kind = RUNG_REMARK;
	switch (which) {
	case 0:
		if (!story->recorded)
			say(rung, "drawn from the log: only what moved a state or was unusual (the module parameter flight_recorder keeps every segment)");
		else if (story->first > 1)
			say(rung, "the flight recorder overwrote %llu earlier segments%s",
			    story->first - 1,
			    story->steps.n && story->joined ?
			    "; the log says what moved a state before" : "");
		return rung->npieces;
	default:
		if (story->lost && (!story->recorded || story->joined))
			say(rung, "the log has lost %llu events before these",
			    story->lost);
		return rung->npieces;
	}
}
