// SPDX-License-Identifier: GPL-2.0
/*
 * fsm: the state machine as it stands in the code, module/fsm.c.
 *
 * usage: fsm dot|text
 *
 * "text" has every edge. "dot" is for Graphviz: what ends a connection from
 * nearly everywhere (RST, silence) and what only an observer needs is told
 * below the picture, not drawn.
 */
#include <stdio.h>
#include <string.h>
#include "fsm.h"

static const char * const events[TT_EVENTS_MAX] = {
	[TT_EV_PASSIVE_OPEN]	= "passive open",
	[TT_EV_SND_SYN]		= "sends SYN",
	[TT_EV_SND_SYNACK]	= "sends SYN+ACK",
	[TT_EV_SND_FIN]		= "sends FIN",
	[TT_EV_SND_RST]		= "sends RST",
	[TT_EV_RCV_SYN]		= "gets SYN",
	[TT_EV_RCV_SYNACK]	= "gets SYN+ACK",
	[TT_EV_RCV_ACK_OF_SYN]	= "gets ACK of SYN",
	[TT_EV_RCV_FIN]		= "gets FIN",
	[TT_EV_RCV_ACK_OF_FIN]	= "gets ACK of FIN",
	[TT_EV_RCV_RST]		= "gets RST",
	[TT_EV_RCV_RST_PASSIVE]	= "gets RST after a passive open",
	[TT_EV_NO_LISTENER]	= "answers SYN by RST",
	[TT_EV_SYN_AGAIN]	= "sends SYN again",
	[TT_EV_SYNACK_AGAIN]	= "sends SYN+ACK again",
	[TT_EV_FIN_AGAIN]	= "sends FIN again",
	[TT_EV_FIN_CROSSED]	= "FINs crossed",
	[TT_EV_FIN_NOT_GOT]	= "did not get the FIN",
	[TT_EV_SEEN_MIDSTREAM]	= "seen midstream",
	[TT_EV_2MSL]		= "2 MSL over",
	[TT_EV_IDLE]		= "silent too long",
};

/* these lead to CLOSED from nearly everywhere */
static const enum tt_event_kind ends[] = {
	TT_EV_SND_RST, TT_EV_RCV_RST, TT_EV_IDLE,
};

static const struct tt_edge *edge_of(unsigned int from, unsigned int event)
{
	const struct tt_edge *edge = &tt_fsm[from][event];

	return edge->to == TT_UNKNOWN ? NULL : edge;
}

static bool is_observers(const struct tt_edge *edge)
{
	return !strcmp(edge->rfc, "observer");
}

static void print_text(void)
{
	unsigned int from, event;

	for (from = 0; from < TT_STATES_MAX; from++)
		for (event = 0; event < TT_EVENTS_MAX; event++) {
			const struct tt_edge *edge = edge_of(from, event);

			if (edge)
				printf("%-13s %-30s %-13s %s%s\n",
				       tt_state_name(from), events[event],
				       tt_state_name(edge->to),
				       is_observers(edge) ? "" : "RFC ",
				       edge->rfc);
		}
}

static bool is_drawn(unsigned int from, unsigned int event)
{
	const struct tt_edge *edge = edge_of(from, event);
	unsigned int i;

	if (!edge || is_observers(edge))
		return false;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (event == ends[i])
			return false;
	return true;
}

/* one arrow for all that leads from one state to another */
static void print_arrow(unsigned int from, unsigned int to)
{
	unsigned int event, n = 0;

	for (event = 0; event < TT_EVENTS_MAX; event++) {
		if (!is_drawn(from, event) || tt_fsm[from][event].to != to)
			continue;
		if (n++)
			printf("\\n");
		else
			printf("\t\"%s\" -> \"%s\" [label=\"",
			       tt_state_name(from), tt_state_name(to));
		printf("%s", events[event]);
	}
	if (n)
		printf("\"]\n");
}

/* "gets RST: to CLOSED from SYN-SENT, ..." */
static void print_end(enum tt_event_kind event)
{
	unsigned int from, n = 0;

	printf("%s: to CLOSED from", events[event]);
	for (from = TT_CLOSED; from < TT_STATES_MAX; from++)
		if (tt_fsm[from][event].to == TT_CLOSED)
			printf("%s%s %s", n ? "," : "",
			       n && n % 6 == 0 ? "\\l        " : "",
			       tt_state_name(from)), n++;
	printf("\\l");
}

static void print_dot(void)
{
	unsigned int from, to, i;

	puts("// Made by `make docs' from module/fsm.c.");
	puts("digraph fsm {");
	puts("\tbgcolor=white; fontname=\"sans-serif\"; fontsize=11");
	puts("\tnode [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=12]");
	puts("\tedge [fontname=\"sans-serif\", fontsize=10]");
	printf("\tlabel=\"");
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		print_end(ends[i]);
	puts("\"; labelloc=b; labeljust=l");
	for (from = TT_CLOSED; from < TT_STATES_MAX; from++)
		printf("\t\"%s\"\n", tt_state_name(from));
	for (from = TT_CLOSED; from < TT_STATES_MAX; from++)
		for (to = TT_CLOSED; to < TT_STATES_MAX; to++)
			print_arrow(from, to);
	puts("}");
}

int main(int argc, char **argv)
{
	unsigned int event;

	for (event = 0; event < TT_EVENTS_MAX; event++)
		if (!events[event]) {
			fprintf(stderr, "fsm: event %u has no name here\n",
				event);
			return 1;
		}
	if (argc == 2 && !strcmp(argv[1], "dot")) {
		print_dot();
	} else if (argc == 2 && !strcmp(argv[1], "text")) {
		print_text();
	} else {
		fputs("usage: fsm dot|text\n", stderr);
		return 2;
	}
	return fflush(stdout) ? 1 : 0;
}
