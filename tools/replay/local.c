// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "local.h"
#include "replay.h"

/**
 * local_parse - read an address
 * @local: filled in
 * @text: ADDRESS or ADDRESS/PREFIX
 *
 * Ends the program with a message if it is none.
 */
void local_parse(struct local *local, const char *text)
{
	char address[64], *slash;
	unsigned int max;

	snprintf(address, sizeof(address), "%s", text);
	slash = strchr(address, '/');
	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, address, &local->addr) == 1) {
		local->family = TT_IPV4;
		max = 32;
	} else if (inet_pton(AF_INET6, address, &local->addr) == 1) {
		local->family = TT_IPV6;
		max = 128;
	} else {
		errx(EXIT_USAGE, "--local %s: no IPv4 or IPv6 address",
		     text);
	}
	local->prefix = max;
	if (slash) {
		char *end;
		unsigned long n = strtoul(slash, &end, 10);

		if (!*slash || *end || *slash == '-' || n > max)
			errx(EXIT_USAGE, "--local %s: a prefix is 0 to %u",
			     text, max);
		local->prefix = n;
	}
}

static bool same_prefix(const __u8 *a, const __u8 *b, unsigned int bits)
{
	if (memcmp(a, b, bits / 8))
		return false;
	return !(bits % 8) ||
	       !((a[bits / 8] ^ b[bits / 8]) >> (8 - bits % 8));
}

/**
 * local_has - is an endpoint one of these?
 * @local: the addresses
 * @tuple: a connection
 * @end: which end of it
 *
 * Return: true if its address is one of them.
 */
bool local_has(const struct local *local, const struct tt_tuple *tuple,
	       unsigned int end)
{
	return local->family == tuple->family &&
	       same_prefix((const __u8 *)&local->addr,
			   (const __u8 *)&tuple->addr[end], local->prefix);
}
