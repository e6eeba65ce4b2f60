// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"
#include "netns.h"

#define VERSION "0.1.0"

enum {
	WORDS		= 1,	/* after the command */
	FILTERS		= 2,	/* what it shows is of connections */
	VERDICTS	= 4,	/* and has verdicts */
	IS_FILE		= 8,	/* it reads one, even without -f */
};

static const struct {
	const char *name;
	int (*run)(const struct options *o, int argc, char **argv);
	unsigned int takes;
} commands[] = {
	{ "list", cmd_list, FILTERS },
	{ "follow", cmd_follow, FILTERS | VERDICTS },
	{ "show", cmd_show, WORDS | FILTERS | VERDICTS },
	{ "why", cmd_why, WORDS | FILTERS },
	{ "top", cmd_top, FILTERS },
	{ "stats", cmd_stats, 0 },
	{ "replay", cmd_replay, WORDS | FILTERS | VERDICTS | IS_FILE },
};

static const char usage[] =
"usage: tcptracectl [OPTION...] COMMAND\n"
"\n"
"commands:\n"
"  list            the connections of the network namespace\n"
"  follow          transitions and verdicts as they happen\n"
"  show CONN       the ladder diagram of a connection: its number,\n"
"                  CLIENT:PORT, or CLIENT:PORT SERVER:PORT\n"
"  why CONN        why it is where it is: who opened, who closed, what is\n"
"                  missing, what comes next, what broke a rule\n"
"  top             the connections that do most, as they do it\n"
"  stats           the counters that are not zero\n"
"  replay FILE     what the module would have said of a capture (pcap or\n"
"                  pcapng; - is standard input)\n"
"\n"
"options:\n"
"  -j, --json      one JSON object a line\n"
"  --openmetrics   stats: as OpenMetrics text, for node_exporter's textfile\n"
"                  collector\n"
"  -a, --all       follow: begin with what the log holds; stats: zeros, too;\n"
"                  show: fold nothing\n"
"  --svg           show: as SVG, for a browser\n"
"  --segments      replay: every segment, as /proc/net/tcptrace/segments has them\n"
"  -f, --file FILE read a capture, or what was saved from the module's file\n"
"                  that the command would read\n"
"  --local ADDRESS[/PREFIX]\n"
"                  captures: an endpoint of that address was on the capturing\n"
"                  machine (may be given several times)\n"
"  --checksum auto|always|never\n"
"                  captures: does a wrong TCP checksum make a segment one that\n"
"                  is discarded? auto: unless most of the first are wrong\n"
"  -n, --netns NETNS\n"
"                  of another network namespace: a name of ip-netns(8) or a\n"
"                  process ID\n"
"  --state STATE[,STATE...]\n"
"  --verdict VERDICT[,VERDICT...]\n"
"  --addr ADDRESS[/PREFIX]\n"
"  --port PORT\n"
"  --conn CONN     only lines of that state, verdict, address, port, connection\n"
"  --pid PID\n"
"  --comm NAME[,NAME...]\n"
"  --uid USER      only connections whose local socket is of that process, or of\n"
"                  a process of that name, or of that user\n"
"  --since TIME    only what happened since: 30s, 5m, 2h, 1d ago, 12:30,\n"
"                  2026-01-31T12:30, or @SECONDS since the epoch\n"
"  --all-netns     list: of every network namespace, which a column names\n"
"  -p, --processes list: also whose the local sockets are: name/PID/UID\n"
"  --batch         top: print instead of drawing\n"
"  --count N       top --batch: N times, then end\n"
"  --interval SECONDS\n"
"                  top: between two looks (2)\n"
"  --sort KEY      top: by bytes, segments, time, retrans, violations, state\n"
"                  or conn\n"
"  -h, --help      this text\n"
"  -V, --version   the version\n"
"\n"
"exit status: 0 done, 1 nothing matched, 2 usage, 3 module not loaded,\n"
"4 no permission, 5 ABI version not understood, 6 input unreadable\n";

static enum replay_checksum checksum_of(const char *when)
{
	if (!strcmp(when, "auto"))
		return REPLAY_CHECKSUM_AUTO;
	if (!strcmp(when, "always"))
		return REPLAY_CHECKSUM_ALWAYS;
	if (!strcmp(when, "never"))
		return REPLAY_CHECKSUM_NEVER;
	errx(EXIT_USAGE, "--checksum %s: must be auto, always or never", when);
}

static unsigned long count_of(const char *text)
{
	unsigned long n = strtoul(text, NULL, 10);

	if (!filter_is_number(text) || !n || n > 1000000000)
		errx(EXIT_USAGE, "--count %s: must be a number from 1 on",
		     text);
	return n;
}

static double interval_of(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (*end || end == text || !(seconds >= 0.1 && seconds <= 86400))
		errx(EXIT_USAGE, "--interval %s: must be seconds, from 0.1 to 86400",
		     text);
	return seconds;
}

static void check(const struct options *o, unsigned int takes,
		  const char *command)
{
	if (filter_is_set(&o->filter) && !(takes & FILTERS))
		errx(EXIT_USAGE, "%s takes no filter", command);
	if (o->filter.verdict && !(takes & VERDICTS))
		errx(EXIT_USAGE, "%s takes no --verdict: it shows connections, not segments",
		     command);
	if ((o->all_netns || o->processes) && strcmp(command, "list"))
		errx(EXIT_USAGE, "%s takes no %s: list does", command,
		     o->all_netns ? "--all-netns" : "--processes");
	if ((o->batch || o->count || o->interval || o->sort) &&
	    strcmp(command, "top"))
		errx(EXIT_USAGE, "%s takes no --batch, --count, --interval, --sort: top does",
		     command);
	if (o->count && !o->batch)
		errx(EXIT_USAGE, "--count needs --batch");
	if (o->openmetrics && strcmp(command, "stats"))
		errx(EXIT_USAGE, "%s takes no --openmetrics: stats does",
		     command);
	filter_check(&o->filter, o->file || takes & IS_FILE);
}

static int run(const struct options *o, int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[0]))
			continue;
		if (argc > 1 && !(commands[i].takes & WORDS))
			errx(EXIT_USAGE, "%s takes no %s (try --help)",
			     argv[0], argv[1]);
		check(o, commands[i].takes, argv[0]);
		return commands[i].run(o, argc - 1, argv + 1);
	}
	errx(EXIT_USAGE, "no command %s (try --help)", argv[0]);
}

int main(int argc, char **argv)
{
	enum {
		STATE = 256, VERDICT, ADDR, PORT, CONN, PID, COMM, UID, SINCE,
		ALL_NETNS, BATCH, COUNT, INTERVAL, SORT, LOCAL, CHECKSUM, OPENMETRICS,
		SVG, SEGMENTS,
	};
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "all", no_argument, NULL, 'a' },
		{ "openmetrics", no_argument, NULL, OPENMETRICS },
		{ "file", required_argument, NULL, 'f' },
		{ "netns", required_argument, NULL, 'n' },
		{ "state", required_argument, NULL, STATE },
		{ "verdict", required_argument, NULL, VERDICT },
		{ "addr", required_argument, NULL, ADDR },
		{ "port", required_argument, NULL, PORT },
		{ "conn", required_argument, NULL, CONN },
		{ "pid", required_argument, NULL, PID },
		{ "comm", required_argument, NULL, COMM },
		{ "uid", required_argument, NULL, UID },
		{ "since", required_argument, NULL, SINCE },
		{ "all-netns", no_argument, NULL, ALL_NETNS },
		{ "processes", no_argument, NULL, 'p' },
		{ "batch", no_argument, NULL, BATCH },
		{ "count", required_argument, NULL, COUNT },
		{ "interval", required_argument, NULL, INTERVAL },
		{ "sort", required_argument, NULL, SORT },
		{ "local", required_argument, NULL, LOCAL },
		{ "checksum", required_argument, NULL, CHECKSUM },
		{ "svg", no_argument, NULL, SVG },
		{ "segments", no_argument, NULL, SEGMENTS },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ }
	};
	struct options o = { };
	int c;

	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_DFL);	/* who closes the pipe ends it quietly */
	while ((c = getopt_long(argc, argv, "jaf:n:phV", longs, NULL)) != -1) {
		switch (c) {
		case 'j':
			o.json = true;
			break;
		case 'a':
			o.all = true;
			break;
		case 'f':
			o.file = optarg;
			break;
		case 'n':
			o.netns = optarg;
			break;
		case OPENMETRICS:
			o.openmetrics = true;
			break;
		case STATE:
			o.filter.state = optarg;
			break;
		case VERDICT:
			o.filter.verdict = optarg;
			break;
		case ADDR:
			o.filter.addr = optarg;
			break;
		case PORT:
			o.filter.port = optarg;
			break;
		case CONN:
			o.filter.conn = optarg;
			break;
		case PID:
			o.filter.pid = optarg;
			break;
		case COMM:
			o.filter.comm = optarg;
			break;
		case UID:
			o.filter.uid = optarg;
			break;
		case SINCE:
			o.filter.since = optarg;
			break;
		case ALL_NETNS:
			o.all_netns = true;
			break;
		case 'p':
			o.processes = true;
			break;
		case BATCH:
			o.batch = true;
			break;
		case COUNT:
			o.count = count_of(optarg);
			break;
		case INTERVAL:
			o.interval = interval_of(optarg);
			break;
		case SORT:
			o.sort = optarg;
			break;
		case LOCAL:
			if (o.replay.nlocals == REPLAY_LOCALS_MAX)
				errx(EXIT_USAGE, "at most %d --local",
				     REPLAY_LOCALS_MAX);
			o.replay.locals[o.replay.nlocals++] = optarg;
			break;
		case CHECKSUM:
			o.replay.checksum = checksum_of(optarg);
			break;
		case SVG:
			o.svg = true;
			break;
		case SEGMENTS:
			o.segments = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts("tcptracectl " VERSION);
			return 0;
		default:
			fprintf(stderr, "try tcptracectl --help\n");
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (o.netns && o.all_netns)
		errx(EXIT_USAGE, "--netns and --all-netns exclude each other");
	if (o.netns)
		netns_enter(o.netns);
	c = run(&o, argc - optind, argv + optind);
	if (fflush(stdout) || ferror(stdout))
		err(EXIT_INPUT, "standard output");
	return c;
}
