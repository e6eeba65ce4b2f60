// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <err.h>
#include <string.h>
#include "sums.h"

#define SEEN_MIN	8	/* fewer say nothing */

static bool sends(const struct sums_source *source, const struct packet *p)
{
	return source->family == p->tuple.family &&
	       !memcmp(&source->addr, &p->tuple.addr[0],
		       source->family == TT_IPV4 ? 4 : 16);
}

static struct sums_source *find(struct sums *sums, const struct packet *p)
{
	struct sums_source *source = sums->sources;

	for (; source < sums->sources + sums->nsources; source++)
		if (sends(source, p))
			return source;
	if (sums->nsources == SUMS_SOURCES_MAX)
		return NULL;
	sums->nsources++;
	source->addr = p->tuple.addr[0];
	source->family = p->tuple.family;
	return source;
}

/**
 * sums_tell - one of the first segments
 * @sums: all zero at first
 * @p: the segment, its tuple not normalised
 */
void sums_tell(struct sums *sums, const struct packet *p)
{
	bool wrong = packet_sum_is_bad(p);
	struct sums_source *source;

	if (p->have < p->len)
		return;		/* it can't be told */
	sums->seen++;
	sums->wrong += wrong;
	source = find(sums, p);
	if (source) {
		source->seen++;
		source->wrong += wrong;
	}
}

static bool are_mostly_wrong(unsigned int wrong, unsigned int seen)
{
	return seen >= SEEN_MIN && 2 * wrong > seen;
}

static void warn_of(const struct sums_source *source, const char *path)
{
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(source->family == TT_IPV4 ? AF_INET : AF_INET6,
		  &source->addr, address, sizeof(address));
	warnx("%s: %u of the first %u TCP checksums of %s are wrong: it was rewritten, or its device fills them in; they are not verified (--checksum always)",
	      path, source->wrong, source->seen, address);
}

/**
 * sums_settle - decide, after the first segments, which checksums to trust
 * @sums: what was told of them; then what is verified
 * @path: the capture, for messages
 */
void sums_settle(struct sums *sums, const char *path)
{
	unsigned int i, n = 0;

	sums->verify = !are_mostly_wrong(sums->wrong, sums->seen);
	if (!sums->verify)
		warnx("%s: %u of the first %u TCP checksums are wrong: it was rewritten; they are not verified (--checksum always)",
		      path, sums->wrong, sums->seen);
	for (i = 0; i < sums->nsources; i++) {
		const struct sums_source source = sums->sources[i];

		if (!are_mostly_wrong(source.wrong, source.seen))
			continue;
		if (sums->verify)
			warn_of(&source, path);
		sums->sources[n++] = source;
	}
	sums->nsources = n;
}

/**
 * sums_refute - will the receiver discard the segment for its checksum?
 * @sums: which ones are verified
 * @p: the segment, its tuple not normalised
 *
 * Return: true if its checksum is wrong, and says something.
 */
bool sums_refute(const struct sums *sums, const struct packet *p)
{
	unsigned int i;

	if (!sums->verify)
		return false;
	for (i = 0; i < sums->nsources; i++)
		if (sends(&sums->sources[i], p))
			return false;
	return packet_sum_is_bad(p);
}
