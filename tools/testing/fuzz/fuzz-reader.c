// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a saved file of the module, through tcptracectl.
 *
 * Input: a line with the command and its options; the rest is the file.
 */
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>
#include "fuzz.h"
#include "replay.h"
#include "trap.h"

#define WORDS_MAX 16
#define STATUS_MAX 6	/* the last that tcptracectl(8) documents */

struct call {
	char *words[WORDS_MAX + 1];
	int nwords;
	char path[32];
};

/* only what reads a file and comes to an end */
static bool is_harmless(const char *word)
{
	static const char * const begins[] = {
		"list", "follow", "show", "stats", "-j", "-a", "--openmetrics",
		"--state=", "--verdict=", "--addr=", "--port=", "--conn=",
		"--since=", "--uid=", "--comm=",
	};
	unsigned int i;

	if (*word != '-')
		return true;
	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(word, begins[i], strlen(begins[i])))
			return true;
	return false;
}

static bool is_command(const char *word)
{
	return !strcmp(word, "list") || !strcmp(word, "follow") ||
	       !strcmp(word, "show") || !strcmp(word, "stats");
}

/* false: not a command to run */
static bool read_call(struct call *call, char *line)
{
	bool command = false;
	char *save, *word;

	call->words[call->nwords++] = "tcptracectl";
	call->words[call->nwords++] = "-f";
	call->words[call->nwords++] = call->path;
	for (word = strtok_r(line, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		if (!is_harmless(word) || call->nwords == WORDS_MAX)
			return false;
		if (*word != '-' && !command) {
			if (!is_command(word))
				return false;
			command = true;
		}
		call->words[call->nwords++] = word;
	}
	return command;
}

static int run(void *arg)
{
	struct call *call = arg;

	optind = 0;	/* getopt_long() begins anew */
	return ctl_main(call->nwords, call->words);
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	const __u8 *end = memchr(data, '\n', size);
	size_t len = end ? (size_t)(end - data) : 0;
	struct call call = { .nwords = 0 };
	int file, status;
	char *line;

	if (!end)
		return 0;
	file = trap_file(end + 1, size - len - 1, call.path,
			 sizeof(call.path));
	line = strndup((const char *)data, len);
	/* a capture is read by a child: fuzz-replay.c does so without */
	if (read_call(&call, line) && !replay_is_capture(call.path)) {
		status = trap_run(run, &call);
		CHECK(status >= 0 && status <= STATUS_MAX, "exit status %d",
		      status);
	}
	free(line);
	close(file);
	return 0;
}
