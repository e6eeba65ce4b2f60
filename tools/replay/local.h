/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which endpoints of a capture were on the capturing machine.
 */
#ifndef REPLAY_LOCAL_H
#define REPLAY_LOCAL_H

#include "tuple.h"

/**
 * struct local - the addresses of one --local
 * @addr: the address
 * @family: its family
 * @prefix: bits of it that count
 */
struct local {
	union tt_addr addr;
	unsigned int family;
	unsigned int prefix;
};

void local_parse(struct local *local, const char *text);
bool local_has(const struct local *local, const struct tt_tuple *tuple,
	       unsigned int end);

#endif
