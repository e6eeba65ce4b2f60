// SPDX-License-Identifier: GPL-2.0
/* show --svg: the ladder for a browser, in one file without scripts or fonts. */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"
#include "rung.h"

#define WIDTH	1250
#define LEFT	230	/* the client's line */
#define RIGHT	1110	/* the server's */
#define LINE	16	/* height of a line of text */
#define GAP	12	/* between rungs */

static const char style[] =
"<style>\n"
"svg { background: #fff; color: #1b1b1b; font: 12px ui-monospace, monospace; }\n"
"text { fill: currentColor; }\n"
"line, path { stroke: currentColor; fill: none; }\n"
".bar { stroke-width: 1.5; opacity: .45; }\n"
".dim { opacity: .65; }\n"
".head, .state { font-weight: bold; }\n"
".state { fill: #0a58ca; }\n"
".unusual { color: #9a5b00; }\n"
".violation { color: #c4001d; font-weight: bold; }\n"
"@media (prefers-color-scheme: dark) {\n"
"svg { background: #16181c; color: #e4e4e4; }\n"
".state { fill: #7db4ff; }\n"
".unusual { color: #f0b429; }\n"
".violation { color: #ff6b7d; }\n"
"}\n"
"</style>\n";

static const char * const class_of[] = {
	[TT_FINE]	= "",
	[TT_UNUSUAL]	= "unusual",
	[TT_VIOLATION]	= "violation",
};

static void escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		default:
			putc(*text, out);
		}
	}
}

static void write_text(FILE *out, int x, int y, const char *class,
		       const char *anchor, const char *text)
{
	fprintf(out, "<text x=\"%d\" y=\"%d\"", x, y);
	if (*class)
		fprintf(out, " class=\"%s\"", class);
	if (*anchor)
		fprintf(out, " text-anchor=\"%s\"", anchor);
	putc('>', out);
	escape(out, text);
	fputs("</text>\n", out);
}

static void write_states(FILE *out, int y, const struct rung *rung)
{
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%.6f", rung->seconds);
	write_text(out, 90, y, "dim", "end", seconds);
	if (rung->state[0])
		write_text(out, LEFT - 10, y, "state", "end", rung->state[0]);
	if (rung->state[1])
		write_text(out, RIGHT + 10, y, "state", "", rung->state[1]);
}

static void join(const struct rung *rung, char *out, size_t size)
{
	unsigned int i;

	snprintf(out, size, "%s", rung->piece[0]);
	for (i = 1; i < rung->npieces; i++)
		snprintf(out + strlen(out), size - strlen(out), "%s%s",
			 i == 1 ? " " : ", ", rung->piece[i]);
}

static void write_arrow(FILE *out, int y, bool to_left, const char *class)
{
	int from = to_left ? RIGHT : LEFT, to = to_left ? LEFT : RIGHT;
	int back = to_left ? 9 : -9;

	fprintf(out, "<path class=\"%s\" d=\"M%d %dH%dm%d -4L%d %dl%d 4\"/>\n",
		class, from, y, to, back, to, y, back);
}

/* returns the height */
static int write_notes(FILE *out, int y, const struct rung *rung)
{
	unsigned int i;

	for (i = 0; i < rung->nnotes; i++) {
		const char *class = class_of[rung->note[i].class];

		fprintf(out, "<g class=\"%s\">", class);
		write_text(out, (LEFT + RIGHT) / 2, y + (i + 1) * LINE, "",
			   "middle", rung->note[i].text);
		fputs("</g>", out);
	}
	return rung->nnotes * LINE;
}

static int write_rung(FILE *out, int y, const struct rung *rung)
{
	const char *class = rung->nnotes ? class_of[rung->note[0].class] : "";
	char text[RUNG_PIECES * RUNG_TEXT];
	int middle = (LEFT + RIGHT) / 2;
	bool at_left;

	join(rung, text, sizeof(text));
	y += LINE;
	switch (rung->kind) {
	case RUNG_ARROW:
		fprintf(out, "<g class=\"%s\">", class);
		write_text(out, middle, y, "", "middle", text);
		fputs("</g>", out);
		y += LINE / 2;
		write_states(out, y + 4, rung);
		write_arrow(out, y, rung->sender, class);
		break;
	case RUNG_RECEIPT:
	case RUNG_TIMEOUT:
		write_states(out, y, rung);
		at_left = (rung->kind == RUNG_TIMEOUT) != rung->sender;
		if (at_left)
			write_text(out, LEFT + 10, y, "dim", "", text);
		else
			write_text(out, RIGHT - 10, y, "dim", "end", text);
		break;
	case RUNG_FOLD:
	case RUNG_PAUSE:
	case RUNG_REMARK:
		write_text(out, middle, y, "dim", "middle", text);
		break;
	}
	return y + write_notes(out, y, rung) + GAP;
}

static int write_end(FILE *out, int y, const uint8_t *state, bool last)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		char text[64];

		if (state[i] == TT_UNKNOWN)
			continue;
		snprintf(text, sizeof(text), "%s%s", last ? "now: " : "",
			 tt_state_name(state[i]));
		write_text(out, i ? RIGHT + 10 : LEFT - 10, y + LINE, "state",
			   i ? "" : "end", text);
	}
	return y + 2 * LINE;
}

static int write_story(FILE *out, int y, const struct story *story, bool all)
{
	const struct steps *steps = &story->steps;
	struct climb climb;
	struct rung rung;
	char text[64];
	int top;

	snprintf(text, sizeof(text), "connection %s", story->conn);
	write_text(out, 10, y + LINE, "head", "", text);
	write_text(out, LEFT, y + LINE, "head", "middle", story->end[0]);
	write_text(out, RIGHT, y + LINE, "head", "middle", story->end[1]);
	y += LINE + 8;
	top = y;
	write_text(out, LEFT - 10, y + LINE, "dim", "end", "client");
	write_text(out, RIGHT + 10, y + LINE, "dim", "", "server");
	y = write_end(out, y + LINE, story->begin, false);
	climb_begin(&climb, story, all, true);
	while (climb_next(&climb, &rung))
		y = write_rung(out, y, &rung);
	climb_end(&climb);
	y = write_end(out, y, steps->n ? steps->at[steps->n - 1].state :
					 story->begin, true);
	fprintf(out, "<path class=\"bar\" d=\"M%d %dV%dM%d %dV%d\"/>\n", LEFT,
		top, y, RIGHT, top, y);
	return y + 2 * LINE;
}

/**
 * show_svg - connections as one drawing on standard output, one below another
 * @list: the first of them
 * @all: fold nothing
 */
void show_svg(const struct story *list, bool all)
{
	char *body = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&body, &size);
	int y = 10;

	if (!out)
		err(EXIT_INPUT, NULL);
	for (; list; list = list->next)
		y = write_story(out, y, list, all);
	if (fclose(out))
		err(EXIT_INPUT, NULL);
	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n",
	       WIDTH, y, WIDTH, y);
	printf("<title>TCP connections, observed by tcptrace</title>\n%s%s</svg>\n",
	       style, body);
	free(body);
}
