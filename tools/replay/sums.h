/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which checksums of a capture say something.
 */
#ifndef REPLAY_SUMS_H
#define REPLAY_SUMS_H

#include <stdbool.h>
#include "packet.h"

#define SUMS_SOURCES_MAX 64

/**
 * struct sums_source - an address that sends segments
 * @addr: the address
 * @family: its family
 * @seen: how many of its first checksums could be verified
 * @wrong: how many of them are wrong
 */
struct sums_source {
	union tt_addr addr;
	unsigned int family;
	unsigned int seen;
	unsigned int wrong;
};

/**
 * struct sums - what is known of the checksums
 * @verify: they are verified, but for those of @sources
 * @seen: how many were told of
 * @wrong: how many of them are wrong
 * @sources: the first ones; after sums_settle() only those that are not to be
 *	trusted
 * @nsources: how many
 */
struct sums {
	bool verify;
	unsigned int seen;
	unsigned int wrong;
	struct sums_source sources[SUMS_SOURCES_MAX];
	unsigned int nsources;
};

void sums_tell(struct sums *sums, const struct packet *p);
void sums_settle(struct sums *sums, const char *path);
bool sums_refute(const struct sums *sums, const struct packet *p);

#endif
