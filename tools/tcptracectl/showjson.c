// SPDX-License-Identifier: GPL-2.0
/* show --json: a connection as one object; the schema is in tcptracectl(8). */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"
#include "rung.h"

static const char * const ends[] = { "client", "server" };

static const char * const classes[] = {
	[TT_FINE]	= "fine",
	[TT_UNUSUAL]	= "unusual",
	[TT_VIOLATION]	= "violation",
};

static json_t *state_of(enum tt_state state)
{
	return state == TT_UNKNOWN ? json_null() :
				     json_string(tt_state_name(state));
}

static json_t *number_if(bool known, uint32_t n)
{
	return known ? json_integer(n) : json_null();
}

/* relative to an initial sequence number; may be below it */
static json_t *relative(const struct story *story, unsigned int end,
			uint32_t n)
{
	return story->has_iss[end] ?
		json_integer(story_relative(story, end, n)) : json_null();
}

static const char *kind_of(const struct step *step)
{
	if (!(step->has & STEP_SEGMENT))
		return "timeout";
	return step->has & STEP_RECEIPT ? "receipt" : "segment";
}

static void put_check(json_t *object, const struct climb *c,
		      const struct step *step)
{
	enum check check = check_of(c, step);
	json_t *about;

	if (check == CHECK_NONE || step->has & STEP_RECEIPT)
		return;
	about = json_object();
	json_object_set_new(about, "rule",
			    json_string(check == CHECK_FIN ? "ack = FIN's seq+1" :
					step->sender ? "ack = x+1" :
						       "ack = y+1"));
	json_object_set_new(about, "holds",
			    json_boolean(check_holds(c, step, check)));
	json_object_set_new(object, "check", about);
}

static void put_segment(json_t *object, const struct climb *c,
			const struct step *step)
{
	bool has_ack = step->has & STEP_ACK;
	char flags[64];

	flag_names(step->flags, flags, sizeof(flags));
	json_object_set_new(object, "flags", json_string(flags));
	json_object_set_new(object, "seq", json_integer(step->seq));
	json_object_set_new(object, "ack", number_if(has_ack, step->ack));
	json_object_set_new(object, "seq_relative",
			    relative(c->story, step->sender, step->seq));
	json_object_set_new(object, "ack_relative", has_ack ?
			    relative(c->story, !step->sender, step->ack) :
			    json_null());
	json_object_set_new(object, "len", json_integer(step->len));
	json_object_set_new(object, "win", json_integer(step->win));
	if (step->verdict == TT_VERDICTS_MAX)
		return;
	json_object_set_new(object, "verdict",
			    json_string(tt_verdict_name(step->verdict)));
	json_object_set_new(object, "class", json_string(classes[tt_verdict_class(step->verdict)]));
	json_object_set_new(object, "rfc",
			    json_string(tt_verdict_rfc(step->verdict)));
	if (step->has & STEP_NUMBERS) {
		json_object_set_new(object, "expected",
				    json_integer(step->expected));
		json_object_set_new(object, "actual",
				    json_integer(step->actual));
	}
	put_check(object, c, step);
}

static json_t *step_of(const struct climb *c, const struct step *step)
{
	json_t *object = json_object();
	char time[32];

	snprintf(time, sizeof(time), "%llu.%09llu", step->time / 1000000000,
		 step->time % 1000000000);
	json_object_set_new(object, "time", json_string(time));
	json_object_set_new(object, "kind", json_string(kind_of(step)));
	json_object_set_new(object, "sender", json_string(ends[step->sender]));
	if (step->has & STEP_SEGMENT)
		put_segment(object, c, step);
	json_object_set_new(object, "client_state", state_of(step->state[0]));
	json_object_set_new(object, "server_state", state_of(step->state[1]));
	return object;
}

static json_t *steps_of(const struct story *story)
{
	json_t *array = json_array();
	struct climb climb;
	size_t i;

	climb_begin(&climb, story, true, true);
	for (i = 0; i < story->steps.n; i++) {
		json_array_append_new(array,
				      step_of(&climb, &story->steps.at[i]));
		climb_learn(&climb, &story->steps.at[i]);
	}
	climb_end(&climb);
	return array;
}

/**
 * show_json - connections, one object a line
 * @list: the first of them
 */
void show_json(const struct story *list)
{
	for (; list; list = list->next) {
		json_t *object = json_object();

		json_object_set_new(object, "conn", *list->conn == '-' ?
				    json_null() :
				    json_integer(atoll(list->conn)));
		json_object_set_new(object, "client",
				    json_string(list->end[0]));
		json_object_set_new(object, "server",
				    json_string(list->end[1]));
		json_object_set_new(object, "recorded",
				    json_boolean(list->recorded));
		json_object_set_new(object, "overwritten", list->recorded ?
				    json_integer(list->first - 1) :
				    json_null());
		json_object_set_new(object, "x", number_if(list->has_iss[0],
							   list->iss[0]));
		json_object_set_new(object, "y", number_if(list->has_iss[1],
							   list->iss[1]));
		json_object_set_new(object, "steps", steps_of(list));
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(object);
	}
}
