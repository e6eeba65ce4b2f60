// SPDX-License-Identifier: GPL-2.0
/* The counters as OpenMetrics text. */
#include <string.h>
#include "ctl.h"
#include "verdict.h"

/*
 * How counters of the file become metrics. A name that is not here is a counter
 * of that name, so that those of later versions are shown, too. The family of
 * connections_total would be that of the gauge connections.
 */
static const struct {
	const char *name;
	const char *family;
	const char *help;
	bool gauge;
} known[] = {
	{ "connections", NULL, "Connections in the table now.", true },
	{ "connections_max", NULL, "Bound of the table.", true },
	{ "connections_total", "connections_traced", "Connections begun.",
	  false },
	{ "segments", NULL, "TCP segments seen.", false },
	{ "transitions", NULL, "State transitions of endpoints.", false },
	{ "events", NULL, "Events put into the log.", false },
	{ "events_lost", NULL, "Events that the log has overwritten.", false },
	{ "events_suppressed", NULL, "Events that the rate limit left out.",
	  false },
	{ "evicted", NULL, "Connections given up for want of room.", false },
	{ "refused", NULL, "Connections not traced for want of room.", false },
};

/* names with a common beginning are one family; the rest is its label */
static const struct {
	const char *prefix;
	const char *family;
	const char *label;
	const char *help;
} labelled[] = {
	{ "verdict_", "verdicts", "verdict", "Segments by verdict." },
	{ "malformed_", "malformed", "reason", "Segments that are malformed." },
};

/**
 * struct metric - one sample
 * @family: without its prefix tcptrace_
 * @help: a sentence, or NULL
 * @label: name of its label, or NULL
 * @value: of that label
 * @gauge: it may go down
 */
struct metric {
	const char *family;
	const char *help;
	const char *label;
	const char *value;
	bool gauge;
};

static struct metric metric_of(const char *name)
{
	unsigned int i;
	size_t len;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].name, name))
			return (struct metric) {
				.family = known[i].family ? : name,
				.help = known[i].help,
				.gauge = known[i].gauge,
			};
	for (i = 0; i < sizeof(labelled) / sizeof(labelled[0]); i++) {
		len = strlen(labelled[i].prefix);
		if (!strncmp(labelled[i].prefix, name, len))
			return (struct metric) {
				.family = labelled[i].family,
				.help = labelled[i].help,
				.label = labelled[i].label,
				.value = name + len,
			};
	}
	return (struct metric) { .family = name };
}

/* the class of a verdict, or NULL if this program does not know it */
static const char *class_of(const char *verdict)
{
	static const char * const classes[] = {
		[TT_FINE]	= "fine",
		[TT_UNUSUAL]	= "unusual",
		[TT_VIOLATION]	= "violation",
	};
	unsigned int v;

	for (v = 0; v < TT_VERDICTS_MAX; v++)
		if (!strcmp(tt_verdict_name(v), verdict))
			return classes[tt_verdict_class(v)];
	return NULL;
}

static void print_label(const char *name, const char *value, bool *first)
{
	printf("%c%s=\"", *first ? '{' : ',', name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			putchar('\\');
		putchar(*value);
	}
	putchar('"');
	*first = false;
}

static void print_sample(const struct options *o, const struct metric *m,
			 const char *number)
{
	const char *class = NULL;
	bool first = true;

	printf("tcptrace_%s%s", m->family, m->gauge ? "" : "_total");
	if (o->netns)
		print_label("netns", o->netns, &first);
	if (m->label) {
		print_label(m->label, m->value, &first);
		if (!strcmp(m->label, "verdict"))
			class = class_of(m->value);
	}
	if (class)
		print_label("class", class, &first);
	printf("%s %s\n", first ? "" : "}", number);
}

/**
 * metrics_print - all counters as OpenMetrics text
 * @o: the options; netns: becomes a label
 * @t: the open file stat
 */
void metrics_print(const struct options *o, struct table *t)
{
	char family[64] = "";
	struct metric m;
	enum row row;

	while ((row = table_next(t)) != ROW_END) {
		if (row == ROW_LOST)
			continue;
		m = metric_of(table_get(t, "name"));
		if (strcmp(m.family, family)) {
			snprintf(family, sizeof(family), "%s", m.family);
			printf("# TYPE tcptrace_%s %s\n", family,
			       m.gauge ? "gauge" : "counter");
			if (m.help)
				printf("# HELP tcptrace_%s %s\n", family,
				       m.help);
		}
		print_sample(o, &m, table_get(t, "value"));
	}
	puts("# EOF");
}
