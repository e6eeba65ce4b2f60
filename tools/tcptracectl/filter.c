// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"
#include "owner.h"
#include "verdict.h"
#include "when.h"

static const char * const states[] = {
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED",
	"FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK",
	"TIME-WAIT", "unknown",
	/* as ss spells them */
	"SYN-RECV", "ESTAB",
};

/* ss's spellings, any case, _ for - */
static bool same_state(const char *a, size_t len, const char *b)
{
	size_t i;

	if (len == 8 && !strncasecmp(a, "SYN-RECV", len))
		return !strcmp(b, "SYN-RECEIVED") || !strcmp(b, "SYN-RECV");
	if (len == 5 && !strncasecmp(a, "ESTAB", len))
		return !strcmp(b, "ESTABLISHED") || !strcmp(b, "ESTAB");
	if (strlen(b) != len)
		return false;
	for (i = 0; i < len; i++)
		if (toupper(a[i] == '_' ? '-' : a[i]) != toupper(b[i]))
			return false;
	return true;
}

static bool same_name(const char *a, size_t len, const char *b)
{
	return strlen(b) == len && !strncasecmp(a, b, len);
}

static bool in_list(const char *list, const char *name,
		    bool (*same)(const char *, size_t, const char *))
{
	for (;;) {
		size_t len = strcspn(list, ",");

		if (same(list, len, name))
			return true;
		if (!list[len])
			return false;
		list += len + 1;
	}
}

/**
 * filter_is_number - is it a decimal number and nothing else?
 * @s: the text
 *
 * Return: true if it is.
 */
bool filter_is_number(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

struct prefix {
	int family;
	unsigned char addr[16];
	unsigned int bits;
};

static bool parse_addr(const char *text, size_t len, struct prefix *p)
{
	char buf[64];

	if (len >= sizeof(buf))
		return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	p->family = strchr(buf, ':') ? AF_INET6 : AF_INET;
	p->bits = p->family == AF_INET6 ? 128 : 32;
	return inet_pton(p->family, buf, p->addr) == 1;
}

static bool parse_prefix(const char *text, struct prefix *p)
{
	size_t len = strcspn(text, "/");
	unsigned long bits;

	if (!parse_addr(text, len, p))
		return false;
	if (!text[len])
		return true;
	bits = strtoul(text + len + 1, NULL, 10);
	if (!filter_is_number(text + len + 1) || bits > p->bits)
		return false;
	p->bits = bits;
	return true;
}

static void check_states(const char *list)
{
	size_t i, len;

	for (;;) {
		len = strcspn(list, ",");
		for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
			if (same_state(list, len, states[i]))
				break;
		if (i == sizeof(states) / sizeof(states[0]))
			errx(EXIT_USAGE, "no TCP state: %.*s", (int)len, list);
		if (!list[len])
			return;
		list += len + 1;
	}
}

static void check_verdicts(const char *list)
{
	unsigned int v;
	size_t len;

	for (;;) {
		len = strcspn(list, ",");
		for (v = 0; v < TT_VERDICTS_MAX; v++)
			if (same_name(list, len, tt_verdict_name(v)))
				break;
		if (v == TT_VERDICTS_MAX)
			errx(EXIT_USAGE, "no verdict: %.*s", (int)len, list);
		if (!list[len])
			return;
		list += len + 1;
	}
}

/**
 * filter_by_process - must the sockets be looked at?
 * @f: the filter
 *
 * Return: true if it asks for a process or a user.
 */
bool filter_by_process(const struct filter *f)
{
	return f->pid || f->comm || f->uid;
}

/**
 * filter_is_set - does it ask for anything?
 * @f: the filter
 *
 * Return: false if every line matches.
 */
bool filter_is_set(const struct filter *f)
{
	return f->state || f->verdict || f->addr || f->port || f->conn ||
	       f->since || filter_by_process(f);
}

/**
 * filter_check - end the program if the filter makes no sense
 * @f: the filter
 * @from_file: it is for what a file holds, not for what is live
 */
void filter_check(const struct filter *f, bool from_file)
{
	struct prefix p;

	if (f->state)
		check_states(f->state);
	if (f->verdict)
		check_verdicts(f->verdict);
	if (f->addr && !parse_prefix(f->addr, &p))
		errx(EXIT_USAGE, "not an address or prefix: %s", f->addr);
	if (f->port && (!filter_is_number(f->port) || atol(f->port) > 65535))
		errx(EXIT_USAGE, "not a port: %s", f->port);
	if (f->conn && !filter_is_number(f->conn))
		errx(EXIT_USAGE, "not the number of a connection: %s", f->conn);
	if (f->pid && !filter_is_number(f->pid))
		errx(EXIT_USAGE, "not a process ID: %s", f->pid);
	if (f->uid)
		uid_parse(f->uid);
	if (f->since)
		when_parse(f->since, from_file);
	if (from_file && filter_by_process(f))
		errx(EXIT_USAGE, "a file does not tell whose the sockets were: --pid, --comm and --uid are for live connections");
}

static bool in_prefix(const struct prefix *p, const char *endpoint)
{
	bool v6 = endpoint[0] == '[';
	const char *addr = endpoint + v6;
	struct prefix a;
	unsigned int whole = p->bits / 8, rest = p->bits % 8;

	if (!parse_addr(addr, strcspn(addr, v6 ? "]" : ":"), &a) ||
	    a.family != p->family || memcmp(a.addr, p->addr, whole))
		return false;
	return !rest || !((a.addr[whole] ^ p->addr[whole]) >> (8 - rest));
}

static bool has_port(const char *endpoint, const char *port)
{
	return atol(strrchr(endpoint, ':') + 1) == atol(port);
}

/*
 * A connection outlives its socket: what belonged once is remembered by the
 * connection's number, as far as there is room.
 */
static unsigned long long belonged[4096];

/**
 * filter_forget - what follows is of another network namespace
 */
void filter_forget(void)
{
	memset(belonged, 0, sizeof(belonged));
	owner_forget();
}

static bool is_of(const struct filter *f, const char *local,
		  const char *remote)
{
	struct owner owner;
	unsigned int i;

	if (!owner_of(local, remote, &owner) ||
	    (f->uid && uid_parse(f->uid) != owner.uid))
		return false;
	if (!f->pid && !f->comm)
		return true;
	for (i = 0; i < owner.nprocesses; i++)
		if ((!f->pid || atol(f->pid) == owner.processes[i].pid) &&
		    (!f->comm || filter_in_list(f->comm,
						owner.processes[i].comm)))
			return true;
	return false;
}

/* an event has a time; a connection is as young as its last segment */
static bool is_recent(const struct filter *f, const struct table *t)
{
	long long since = when_parse(f->since, false);

	if (!strcmp(table_get(t, "time"), "-"))
		return when_now() - when_ns(table_get(t, "idle")) >= since;
	return when_ns(table_get(t, "time")) >= since;
}

static bool match_process(const struct filter *f, const struct table *t)
{
	const char *client = table_get(t, "client");
	const char *server = table_get(t, "server");
	unsigned long long conn = strtoull(table_get(t, "conn"), NULL, 10);
	unsigned long long *place = &belonged[conn % 4096];

	if (conn && *place == conn)
		return true;
	if (!is_of(f, client, server) && !is_of(f, server, client))
		return false;
	*place = conn;
	return true;
}

static bool match_state(const struct filter *f, const struct table *t)
{
	return in_list(f->state, table_get(t, "to"), same_state) ||
	       in_list(f->state, table_get(t, "c_state"), same_state) ||
	       in_list(f->state, table_get(t, "s_state"), same_state);
}

/**
 * filter_in_list - is a name in a list?
 * @list: names, separated by commas
 * @name: the name, in any case
 *
 * Return: true if it is.
 */
bool filter_in_list(const char *list, const char *name)
{
	return in_list(list, name, same_name);
}

/**
 * filter_names - is a line about the connection that was named?
 * @t: a line of transitions or connections
 * @argc: one or two words
 * @argv: a connection's number, CLIENT:PORT, or both ends
 *
 * Return: true if it is.
 */
bool filter_names(const struct table *t, int argc, char **argv)
{
	const char *client = table_get(t, "client");
	const char *server = table_get(t, "server");

	if (filter_is_number(argv[0]))
		return argc == 1 && !strcmp(argv[0], table_get(t, "conn"));
	if (argc == 1)
		return !strcmp(argv[0], client);
	return (!strcmp(argv[0], client) && !strcmp(argv[1], server)) ||
	       (!strcmp(argv[0], server) && !strcmp(argv[1], client));
}

/**
 * filter_match - is this line asked for?
 * @f: the filter, checked
 * @t: a line of transitions or connections
 *
 * Return: true if it is.
 */
bool filter_match(const struct filter *f, const struct table *t)
{
	const char *client = table_get(t, "client");
	const char *server = table_get(t, "server");
	struct prefix p;

	if (f->conn && strcmp(f->conn, table_get(t, "conn")))
		return false;
	if (f->verdict && !filter_in_list(f->verdict, table_get(t, "verdict")))
		return false;
	if (f->state && !match_state(f, t))
		return false;
	if (f->since && !is_recent(f, t))
		return false;
	if (!strchr(client, ':') || !strchr(server, ':'))
		return !f->addr && !f->port && !filter_by_process(f);
	if (f->port && !has_port(client, f->port) && !has_port(server, f->port))
		return false;
	if (filter_by_process(f) && !match_process(f, t))
		return false;
	return !f->addr || (parse_prefix(f->addr, &p) &&
			    (in_prefix(&p, client) || in_prefix(&p, server)));
}
