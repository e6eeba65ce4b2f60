// SPDX-License-Identifier: GPL-2.0
/*
 * A connection drawn as a ladder: time goes down, the client and its state
 * stand on the left, the server and its state on the right.
 */
#include <err.h>
#include <langinfo.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"

/**
 * struct side - what the ladder knows of one endpoint
 * @state: its state
 * @start: x or y: its initial sequence number
 * @fin: sequence number of its FIN
 * @has_start: @start is known
 * @has_fin: @fin is known
 */
struct side {
	char state[16];
	uint32_t start;
	uint32_t fin;
	bool has_start;
	bool has_fin;
};

/**
 * struct ladder - a diagram being drawn
 * @sides: the client, the server
 * @segment: the segment of the arrow drawn last, to recognise its receipt
 * @first: time of the first event, nanoseconds
 * @has_first: there was one
 * @utf8: the terminal can draw arrows
 */
struct ladder {
	struct side sides[2];
	char segment[128];
	unsigned long long first;
	bool has_first;
	bool utf8;
};

/**
 * ladder_begin - a new diagram
 * @client: its address and port
 * @server: its address and port
 *
 * Return: the diagram; ladder_end() frees it.
 */
struct ladder *ladder_begin(const char *client, const char *server)
{
	struct ladder *l = calloc(1, sizeof(*l));

	if (!l)
		err(EXIT_INPUT, NULL);
	strcpy(l->sides[0].state, "CLOSED");
	strcpy(l->sides[1].state, "CLOSED");
	l->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	printf("%10s  %-13s %-40s %s\n", "seconds", "client", "", "server");
	printf("%10s  %s -> %s\n", "", client, server);
	return l;
}

/**
 * ladder_lost - the log lost events here
 * @l: the diagram
 * @line: what it says
 */
void ladder_lost(struct ladder *l, const char *line)
{
	(void)l;
	printf("%10s  %s", "", line);
}

/* modulo 2^64, whatever the file says */
static unsigned long long nanoseconds(const char *time)
{
	unsigned long long s = 0, ns = 0;

	sscanf(time, "%llu.%9llu", &s, &ns);
	return s * 1000000000 + ns;
}

/* "ack 101 = x+1 ✓": does it acknowledge the SYN or FIN of the other side? */
static void explain_ack(const struct ladder *l, const struct side *peer,
			char peer_name, uint32_t ack, bool of_syn, char *out,
			size_t size)
{
	const char *good = l->utf8 ? "\u2713" : "OK";
	const char *bad = l->utf8 ? "\u2717" : "BAD";

	if (of_syn && peer->has_start)
		snprintf(out, size, "  ack = %c+1 %s", peer_name,
			 ack == peer->start + 1 ? good : bad);
	else if (peer->has_fin && ack == peer->fin + 1)
		snprintf(out, size, "  ack = FIN+1 %s", good);
}

static void learn(struct side *from, const char *flags, uint32_t seq,
		  uint32_t len)
{
	if (strchr(flags, 'S')) {
		from->start = seq;
		from->has_start = true;
	}
	if (strchr(flags, 'F')) {
		from->fin = seq + len;
		from->has_fin = true;
	}
}

static void draw_arrow(struct ladder *l, const struct table *t, bool by_server)
{
	const char *flags = table_get(t, "flags");
	const char *verdict = table_get(t, "verdict");
	uint32_t seq = strtoul(table_get(t, "seq"), NULL, 10);
	uint32_t ack = strtoul(table_get(t, "ack"), NULL, 10);
	uint32_t len = strtoul(table_get(t, "len"), NULL, 10);
	struct side *from = &l->sides[by_server];
	struct side *peer = &l->sides[!by_server];
	bool of_syn = !strcmp(verdict, "handshake_ack") ||
		      !strcmp(flags, "SA") || (peer->has_start &&
		      ack == peer->start + 1 && !strcmp(flags, "A"));
	char text[128], numbers[64], why[64] = "";
	int n;

	learn(from, flags, seq, len);
	if (from->has_start && !strchr(flags, 'S'))
		snprintf(numbers, sizeof(numbers), "seq=%u (%c+%u)", seq,
			 by_server ? 'y' : 'x', seq - from->start);
	else
		snprintf(numbers, sizeof(numbers), "seq=%u%s", seq,
			 !from->has_start ? "" : by_server ? " =y" : " =x");
	n = snprintf(text, sizeof(text), "[%.8s] %s", flags, numbers);
	if (strcmp(table_get(t, "ack"), "-")) {
		snprintf(text + n, sizeof(text) - n, " ack=%u", ack);
		explain_ack(l, peer, by_server ? 'x' : 'y', ack, of_syn, why,
			    sizeof(why));
	}
	n = strlen(text);
	if (len)
		snprintf(text + n, sizeof(text) - n, " len=%u", len);
	printf("%24s  %s %s %s%s  %s\n", "", by_server ? "<--" : "   ", text,
	       by_server ? "   " : "-->", why, verdict);
}

/* on loopback a segment is seen twice: one arrow */
static bool is_new_segment(struct ladder *l, const struct table *t,
			   bool by_server)
{
	char segment[sizeof(l->segment)];
	bool differs;

	snprintf(segment, sizeof(segment), "%d %s %s %s %s", by_server,
		 table_get(t, "flags"), table_get(t, "seq"),
		 table_get(t, "ack"), table_get(t, "len"));
	differs = strcmp(segment, l->segment);
	strcpy(l->segment, segment);
	return differs || (!strcmp(table_get(t, "basis"), "sent") &&
			   !strcmp(table_get(t, "from"), table_get(t, "to")));
}

/**
 * ladder_event - one line of the log
 * @l: the diagram
 * @t: a table that holds the line
 */
void ladder_event(struct ladder *l, const struct table *t)
{
	const char *basis = table_get(t, "basis");
	const char *to = table_get(t, "to");
	bool server = !strcmp(table_get(t, "endpoint"), "server");
	/* who sent the segment: "received" names the one whom it reached */
	bool by_server = (!strcmp(basis, "received") ||
			  !strcmp(basis, "presumed")) != server;
	unsigned long long now = nanoseconds(table_get(t, "time"));

	if (!l->has_first) {
		l->first = now;
		l->has_first = true;
	}
	if (strcmp(table_get(t, "seq"), "-") &&
	    is_new_segment(l, t, by_server))
		draw_arrow(l, t, by_server);
	if (!strcmp(table_get(t, "from"), to))
		return;
	snprintf(l->sides[server].state, sizeof(l->sides[server].state), "%s",
		 to);
	printf("%10.6f  ", (long long)(now - l->first) / 1e9);
	if (server)
		printf("%s%52s %s", l->utf8 ? "\u2502" : "|", "", to);
	else
		printf("%-13s%40s %s", to, "", l->utf8 ? "\u2502" : "|");
	printf("  (%s)\n", basis);
}

/**
 * ladder_end - the states in the end
 * @l: the diagram, freed
 */
void ladder_end(struct ladder *l)
{
	printf("now: client %s, server %s\n", l->sides[0].state,
	       l->sides[1].state);
	free(l);
}
