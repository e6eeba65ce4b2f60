// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ctl.h"

#define VERSION "0.1.0"

static const struct {
	const char *name;
	int (*run)(const struct options *o, int argc, char **argv);
	bool takes_words;
} commands[] = {
	{ "list", cmd_list, false },
	{ "follow", cmd_follow, false },
	{ "show", cmd_show, true },
	{ "stats", cmd_stats, false },
	{ "replay", cmd_replay, true },
};

static const char usage[] =
"usage: tcptracectl [OPTION...] COMMAND\n"
"\n"
"commands:\n"
"  list            the connections of the network namespace\n"
"  follow          transitions and verdicts as they happen\n"
"  show CONN       the ladder diagram of a connection: its number,\n"
"                  CLIENT:PORT, or CLIENT:PORT SERVER:PORT\n"
"  stats           the counters that are not zero\n"
"  replay FILE     what the module would have said of a capture (pcap or\n"
"                  pcapng; - is standard input)\n"
"\n"
"options:\n"
"  -j, --json      one JSON object a line\n"
"  -a, --all       follow: begin with what the log holds; stats: zeros, too\n"
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
"  -h, --help      this text\n"
"  -V, --version   the version\n"
"\n"
"exit status: 0 done, 1 nothing matched, 2 usage, 3 module not loaded,\n"
"4 no permission, 5 ABI version not understood, 6 input unreadable\n";

static void enter_netns(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path),
		 filter_is_number(name) ? "/proc/%s/ns/net" : "/run/netns/%s",
		 name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(EXIT_NONE, "no network namespace %s: %s", name, path);
	if (setns(fd, CLONE_NEWNET) < 0)
		err(EXIT_DENIED, "network namespace %s", name);
	close(fd);
}

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

static int run(const struct options *o, int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[0]))
			continue;
		if (argc > 1 && !commands[i].takes_words)
			errx(EXIT_USAGE, "%s takes no %s (try --help)",
			     argv[0], argv[1]);
		return commands[i].run(o, argc - 1, argv + 1);
	}
	errx(EXIT_USAGE, "no command %s (try --help)", argv[0]);
}

int main(int argc, char **argv)
{
	enum { STATE = 256, VERDICT, ADDR, PORT, CONN, LOCAL, CHECKSUM };
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "all", no_argument, NULL, 'a' },
		{ "file", required_argument, NULL, 'f' },
		{ "netns", required_argument, NULL, 'n' },
		{ "state", required_argument, NULL, STATE },
		{ "verdict", required_argument, NULL, VERDICT },
		{ "addr", required_argument, NULL, ADDR },
		{ "port", required_argument, NULL, PORT },
		{ "conn", required_argument, NULL, CONN },
		{ "local", required_argument, NULL, LOCAL },
		{ "checksum", required_argument, NULL, CHECKSUM },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ }
	};
	const char *netns = NULL;
	struct options o = { };
	int c;

	setlocale(LC_CTYPE, "");
	while ((c = getopt_long(argc, argv, "jaf:n:hV", longs, NULL)) != -1) {
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
			netns = optarg;
			break;
		case STATE:
			o.state = optarg;
			break;
		case VERDICT:
			o.verdict = optarg;
			break;
		case ADDR:
			o.addr = optarg;
			break;
		case PORT:
			o.port = optarg;
			break;
		case CONN:
			o.conn = optarg;
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
	filter_check(&o);
	if (netns)
		enter_netns(netns);
	c = run(&o, argc - optind, argv + optind);
	if (fflush(stdout) || ferror(stdout))
		err(EXIT_INPUT, "standard output");
	return c;
}
