/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Datagrams that are being put together from their fragments.
 */
#ifndef REPLAY_FRAGMENT_H
#define REPLAY_FRAGMENT_H

#include "packet.h"

/* bounds of memory: datagrams at once, fragments of each */
#define DATAGRAMS_MAX	256
#define PIECES_MAX	128

/**
 * struct piece - a fragment that has come
 * @begin: its place in the datagram, bytes
 * @end: where the next one begins
 * @have: bytes of it that were captured
 */
struct piece {
	unsigned int begin;
	unsigned int end;
	unsigned int have;
};

/**
 * struct datagram - one that has not come in full
 * @head: the first of its fragments: addresses and number
 * @bytes: what was captured of it, in its place
 * @room: of @bytes
 * @end: how long it is, 0: not known yet
 * @npieces: of @pieces, which are in the order of their places; 0: unused
 * @began: when the first of them came, milliseconds
 */
struct datagram {
	struct packet head;
	__u8 *bytes;
	unsigned int room;
	unsigned int end;
	unsigned int npieces;
	struct piece pieces[PIECES_MAX];
	__u64 began;
};

/**
 * struct fragments - all of them
 * @datagrams: in no order
 * @used: how many of them have ever been in use
 * @dropped: fragments of those that were given up
 */
struct fragments {
	struct datagram *datagrams;
	unsigned int used;
	__u64 dropped;
};

void fragments_init(struct fragments *f);
void fragments_free(struct fragments *f);
bool fragments_add(struct fragments *f, struct packet *p, __u64 now);
void fragments_give_up(struct fragments *f);

#endif
