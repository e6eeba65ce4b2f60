// SPDX-License-Identifier: GPL-2.0
/*
 * A connection drawn as a ladder: time goes down, the client and its state
 * stand on the left, the server and its state on the right.
 */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "ctl.h"
#include "rung.h"

#define WIDTH_DEFAULT	80
#define WIDTH_MIN	72	/* narrower lines would break a single number */
#define WIDTH_MAX	160
#define TIME_WIDTH	10
#define STATE_WIDTH	12	/* SYN-RECEIVED */
/* all but what stands between the two lines */
#define MARGINS		(TIME_WIDTH + 2 * STATE_WIDTH + 5)
#define SHAFT_MIN	6	/* of an arrow, beside its text */
#define INDENT		3

/**
 * struct glyphs - what lines are made of
 * @bar: the time line of an endpoint
 * @shaft: of an arrow
 * @left: its head
 * @right: its head
 */
struct glyphs {
	const char *bar;
	const char *shaft;
	const char *left;
	const char *right;
};

static const struct glyphs ascii = { "|", "-", "<", ">" };
static const struct glyphs unicode = {
	"\u2502", "\u2500", "\u25c4", "\u25ba"
};

/**
 * struct paper - what the ladder is drawn on
 * @glyphs: its lines
 * @inner: columns between the two lines
 * @colours: the terminal has them
 */
struct paper {
	const struct glyphs *glyphs;
	int inner;
	bool colours;
};

static const char * const colour_of[] = {
	[TT_FINE]	= "",
	[TT_UNUSUAL]	= "\033[33m",
	[TT_VIOLATION]	= "\033[1;31m",
};

#define BOLD	"\033[1m"
#define DIM	"\033[2m"

/* columns: every character beyond ASCII that we use takes one */
static int columns(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static int terminal_width(void)
{
	const char *variable = getenv("COLUMNS");
	int width = WIDTH_DEFAULT;
	struct winsize size;

	if (variable && atoi(variable) > 0)
		width = atoi(variable);
	else if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		width = size.ws_col;
	if (width < WIDTH_MIN)
		return WIDTH_MIN;
	return width < WIDTH_MAX ? width : WIDTH_MAX;
}

static void paint(const struct paper *p, const char *colour, const char *text)
{
	bool on = p->colours && *colour;

	printf("%s%s%s", on ? colour : "", text, on ? "\033[0m" : "");
}

static void repeat(const char *glyph, int n)
{
	while (n-- > 0)
		fputs(glyph, stdout);
}

/* time and the client's state, up to its line */
static void begin_line(const struct paper *p, const struct rung *rung)
{
	const char *state = rung && rung->state[0] ? rung->state[0] : "";

	if (rung)
		printf("%*.6f ", TIME_WIDTH, rung->seconds);
	else
		printf("%*s ", TIME_WIDTH, "");
	paint(p, BOLD, state);
	printf("%*s %s", STATE_WIDTH - columns(state), "", p->glyphs->bar);
}

/* from the server's line on */
static void end_line(const struct paper *p, const struct rung *rung)
{
	fputs(p->glyphs->bar, stdout);
	if (rung && rung->state[1]) {
		putchar(' ');
		paint(p, BOLD, rung->state[1]);
	}
	putchar('\n');
}

static void draw_text(const struct paper *p, const struct rung *rung,
		      const char *text, const char *colour, bool right)
{
	int rest = p->inner - columns(text) - INDENT;

	begin_line(p, rung);
	repeat(" ", right ? rest : INDENT);
	paint(p, colour, text);
	repeat(" ", right ? INDENT : rest);
	end_line(p, rung);
}

static void draw_arrow(const struct paper *p, const struct rung *rung,
		       const char *text, const char *colour)
{
	const struct glyphs *g = p->glyphs;
	int shaft = p->inner - columns(text) - 5;

	begin_line(p, rung);
	if (p->colours)
		fputs(colour, stdout);
	if (rung->sender) {
		fputs(g->left, stdout);
		repeat(g->shaft, shaft);
		printf(" %s ", text);
		repeat(g->shaft, 2);
	} else {
		repeat(g->shaft, 2);
		printf(" %s ", text);
		repeat(g->shaft, shaft);
		fputs(g->right, stdout);
	}
	if (p->colours && *colour)
		fputs("\033[0m", stdout);
	end_line(p, rung);
}

/* as many pieces as fit; returns how many */
static unsigned int join(const struct rung *rung, unsigned int from, int room,
			 char *out, size_t size)
{
	unsigned int i;

	snprintf(out, size, "%s", rung->piece[from]);
	for (i = from + 1; i < rung->npieces; i++) {
		if (columns(out) + 2 + columns(rung->piece[i]) > room)
			break;
		snprintf(out + strlen(out), size - strlen(out), "%s%s",
			 i == 1 ? " " : ", ", rung->piece[i]);
	}
	return i - from;
}

/* at spaces, since a sentence may be longer than the room */
static void draw_sentence(const struct paper *p, const struct rung *rung,
			  const char *text, const char *colour)
{
	int room = p->inner - 2 * INDENT;
	char line[RUNG_TEXT];

	while (columns(text) > room) {
		const char *at = text, *space = NULL;
		int n = 0;

		for (; *at && n <= room; at++) {
			if (*at == ' ')
				space = at;
			n += (at[1] & 0xc0) != 0x80;
		}
		if (!space)
			break;
		snprintf(line, sizeof(line), "%.*s", (int)(space - text),
			 text);
		draw_text(p, rung, line, colour, false);
		rung = NULL;
		text = space + 1;
	}
	draw_text(p, rung, text, colour, false);
}

static void draw_notes(const struct paper *p, const struct rung *rung)
{
	unsigned int i;

	for (i = 0; i < rung->nnotes; i++)
		draw_sentence(p, NULL, rung->note[i].text,
			      colour_of[rung->note[i].class]);
}

static void draw_segment(const struct paper *p, const struct rung *rung)
{
	const char *colour = rung->nnotes ? colour_of[rung->note[0].class] : "";
	char text[RUNG_PIECES * RUNG_TEXT];
	unsigned int i;

	i = join(rung, 0, p->inner - SHAFT_MIN, text, sizeof(text));
	draw_arrow(p, rung, text, colour);
	while (i < rung->npieces) {
		i += join(rung, i, p->inner - INDENT - 1, text, sizeof(text));
		draw_text(p, NULL, text, "", rung->sender);
	}
	draw_notes(p, rung);
}

static void draw_rung(const struct paper *p, const struct rung *rung)
{
	char text[RUNG_PIECES * RUNG_TEXT];

	switch (rung->kind) {
	case RUNG_ARROW:
		draw_segment(p, rung);
		return;
	case RUNG_RECEIPT:
		join(rung, 0, p->inner, text, sizeof(text));
		draw_text(p, rung, text, DIM, !rung->sender);
		draw_notes(p, rung);
		return;
	case RUNG_TIMEOUT:
		draw_text(p, rung, rung->piece[0], DIM, rung->sender);
		return;
	case RUNG_FOLD:
	case RUNG_PAUSE:
		draw_sentence(p, NULL, rung->piece[0], DIM);
		draw_notes(p, rung);
		return;
	case RUNG_REMARK:
		draw_sentence(p, NULL, rung->piece[0], DIM);
		return;
	}
}

/* who stands where, and the states before the first segment */
static void draw_head(const struct paper *p, const struct story *story)
{
	printf("connection %s: %s -> %s\n", story->conn, story->end[0],
	       story->end[1]);
	printf("%*s %-*s %s%*s%s server\n", TIME_WIDTH, "seconds", STATE_WIDTH,
	       "client", p->glyphs->bar, p->inner, "", p->glyphs->bar);
	if (story->begin[0] == TT_UNKNOWN && story->begin[1] == TT_UNKNOWN)
		return;
	printf("%*s %-*s %s%*s%s %s\n", TIME_WIDTH, "", STATE_WIDTH,
	       story->begin[0] ? tt_state_name(story->begin[0]) : "",
	       p->glyphs->bar, p->inner, "", p->glyphs->bar,
	       story->begin[1] ? tt_state_name(story->begin[1]) : "");
}

/**
 * ladder_draw - draw a connection on standard output
 * @story: the connection
 * @all: fold nothing
 *
 * As wide as the terminal, 72 to 160 columns; 80 where there is none.
 */
void ladder_draw(const struct story *story, bool all)
{
	bool utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	const struct steps *steps = &story->steps;
	const uint8_t *state = steps->n ? steps->at[steps->n - 1].state :
					  story->begin;
	struct paper p = {
		.glyphs = utf8 ? &unicode : &ascii,
		.inner = terminal_width() - MARGINS,
		.colours = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
	};
	struct climb climb;
	struct rung rung;

	draw_head(&p, story);
	climb_begin(&climb, story, all, utf8);
	while (climb_next(&climb, &rung))
		draw_rung(&p, &rung);
	climb_end(&climb);
	printf("now: client %s, server %s\n", tt_state_name(state[0]),
	       tt_state_name(state[1]));
}
