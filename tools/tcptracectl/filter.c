// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"

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

/**
 * filter_check - end the program if the filters make no sense
 * @o: the options
 */
void filter_check(const struct options *o)
{
	struct prefix p;

	if (o->state)
		check_states(o->state);
	if (o->addr && !parse_prefix(o->addr, &p))
		errx(EXIT_USAGE, "not an address or prefix: %s", o->addr);
	if (o->port && (!filter_is_number(o->port) || atol(o->port) > 65535))
		errx(EXIT_USAGE, "not a port: %s", o->port);
	if (o->conn && !filter_is_number(o->conn))
		errx(EXIT_USAGE, "not the number of a connection: %s", o->conn);
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

/**
 * filter_match - is this line asked for?
 * @o: the options, checked
 * @t: a line of transitions or connections
 *
 * Return: true if it is.
 */
bool filter_match(const struct options *o, const struct table *t)
{
	const char *client = table_get(t, "client");
	const char *server = table_get(t, "server");
	struct prefix p;

	if (o->conn && strcmp(o->conn, table_get(t, "conn")))
		return false;
	if (o->verdict && !in_list(o->verdict, table_get(t, "verdict"),
				   same_name))
		return false;
	if (o->state && !in_list(o->state, table_get(t, "to"), same_state) &&
	    !in_list(o->state, table_get(t, "c_state"), same_state) &&
	    !in_list(o->state, table_get(t, "s_state"), same_state))
		return false;
	if (!strchr(client, ':') || !strchr(server, ':'))
		return !o->addr && !o->port;
	if (o->port && !has_port(client, o->port) && !has_port(server, o->port))
		return false;
	return !o->addr || (parse_prefix(o->addr, &p) &&
			    (in_prefix(&p, client) || in_prefix(&p, server)));
}
