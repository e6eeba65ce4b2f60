// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ctl.h"
#include "story.h"

static const char * const of_segments[] = {
	"number", "time", "conn", "client", "server", "sender", "way", "flags",
	"seq", "ack", "len", "win", "verdict", "expected", "actual", "c_state",
	"s_state", "c_iss", "s_iss", NULL
};

static const char * const of_transitions[] = {
	"seqno", "time", "conn", "client", "server", "endpoint", "from", "to",
	"basis", "flags", "seq", "ack", "len", "win", "verdict", NULL
};

/**
 * struct search - what show was asked for, and what there is of it
 * @o: the options
 * @argc: one or two words
 * @argv: CONN, or CLIENT SERVER
 * @list: the connections found
 * @lost: events that the log has lost
 * @status: what reading came to
 */
struct search {
	const struct options *o;
	int argc;
	char **argv;
	struct story *list;
	unsigned long long lost;
	int status;
};

static void read_lines(struct search *s, struct table *t, bool segments)
{
	unsigned long long lost, before;
	enum row row;
	int status;

	table_require(t, segments ? of_segments : of_transitions);
	while ((row = table_next(t)) != ROW_END) {
		if (row == ROW_LOST) {
			if (table_lost(t, &lost, &before))
				s->lost += lost;
			continue;
		}
		if (!filter_names(t, s->argc, s->argv) ||
		    !filter_match(&s->o->filter, t))
			continue;
		if (segments)
			story_add_record(story_of(&s->list, t), t);
		else
			story_add_event(story_of(&s->list, t), t);
	}
	status = table_close(t);
	if (status)
		s->status = status;
}

/* the flight recorder, and the log for what it does not have */
static void read_live(struct search *s)
{
	struct table t;

	if (!access(PROC_SEGMENTS, F_OK)) {
		source_open(&t, s->o, REPLAY_SEGMENTS);
		read_lines(s, &t, true);
	}
	source_open(&t, s->o, REPLAY_TRANSITIONS);
	read_lines(s, &t, false);
}

static void read_file(struct search *s)
{
	struct table t;

	source_open(&t, s->o, REPLAY_SEGMENTS);
	read_lines(s, &t, table_has(&t, "sender"));
}

static bool finish(struct search *s)
{
	struct story *story;

	for (story = s->list; story; story = story->next) {
		story->lost = s->lost;
		story_join(story);
	}
	return s->list;
}

static void draw_all(const struct search *s)
{
	const struct story *story;

	for (story = s->list; story; story = story->next) {
		if (story != s->list)
			putchar('\n');
		ladder_draw(story, s->o->all);
	}
}

/**
 * cmd_show - the ladder diagram of one connection
 * @o: the options
 * @argc: one or two words
 * @argv: CONN, or CLIENT SERVER
 *
 * Of several connections of the same name each is drawn.
 *
 * Return: 0, or EXIT_NONE if no such connection is known, or EXIT_INPUT.
 */
int cmd_show(const struct options *o, int argc, char **argv)
{
	struct search s = { .o = o, .argc = argc, .argv = argv };
	bool found;

	if (argc < 1 || argc > 2)
		errx(EXIT_USAGE, "show needs CONN: its number, CLIENT:PORT, or CLIENT:PORT SERVER:PORT");
	if (o->json && o->svg)
		errx(EXIT_USAGE, "show: --json or --svg, not both");
	if (o->file)
		read_file(&s);
	else
		read_live(&s);
	found = finish(&s);
	if (!found)
		warnx("no connection %s%s%s in %s", argv[0],
		      argc > 1 ? " " : "", argc > 1 ? argv[1] : "",
		      o->file ? o->file : "the log");
	else if (o->json)
		show_json(s.list);
	else if (o->svg)
		show_svg(s.list, o->all);
	else
		draw_all(&s);
	story_free(s.list);
	return s.status ? s.status : found ? 0 : EXIT_NONE;
}
