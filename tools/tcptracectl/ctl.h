/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCPTRACECTL_CTL_H
#define TCPTRACECTL_CTL_H

#include <stdbool.h>
#include "abi.h"
#include "filter.h"
#include "replay.h"

/* exit codes, beside those of replay.h; see tcptracectl(8) */
#define EXIT_NONE	1	/* nothing matched */
#define EXIT_MODULE	3	/* not loaded */
#define EXIT_DENIED	4
#define EXIT_ABI	5	/* a version that this program does not know */

#define PROC_TRANSITIONS	"/proc/tcptrace"
#define PROC_CONNECTIONS	"/proc/net/tcptrace/connections"
#define PROC_STAT		"/proc/net/tcptrace/stat"
#define PROC_SEGMENTS		"/proc/net/tcptrace/segments"

/**
 * struct options - what the command line asks for
 * @json: one JSON object a line
 * @svg: show: as a drawing
 * @segments: replay: every segment
 * @all: follow: also what the log holds; stats: also zeros; show: fold nothing
 * @openmetrics: stats: as OpenMetrics text
 * @netns: the network namespace that was asked for, or NULL
 * @file: a saved file of the module or a capture, or NULL
 * @capture: @file is a capture, whatever it begins with
 * @replay: how to replay a capture
 * @filter: which lines
 * @all_netns: list: of every network namespace
 * @processes: list: whose the sockets are, too
 * @batch: top: print instead of drawing
 * @count: top: how often; 0: without end
 * @interval: top: seconds from one look to the next
 * @sort: top: by what, or NULL
 */
struct options {
	bool json;
	bool svg;
	bool segments;
	bool all;
	bool openmetrics;
	const char *netns;
	const char *file;
	bool capture;
	struct replay_options replay;
	struct filter filter;
	bool all_netns;
	bool processes;
	bool batch;
	unsigned long count;
	double interval;
	const char *sort;
};

int cmd_list(const struct options *o, int argc, char **argv);
int cmd_follow(const struct options *o, int argc, char **argv);
int cmd_show(const struct options *o, int argc, char **argv);
int cmd_why(const struct options *o, int argc, char **argv);
int cmd_top(const struct options *o, int argc, char **argv);
int cmd_stats(const struct options *o, int argc, char **argv);
int cmd_replay(const struct options *o, int argc, char **argv);

void metrics_print(const struct options *o, struct table *t);

void source_open(struct table *t, const struct options *o,
		 enum replay_view view);

struct story;

void ladder_draw(const struct story *story, bool all);
void show_json(const struct story *list);
void show_svg(const struct story *list, bool all);

#endif
