// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include "fragment.h"

#define DATAGRAM_MAX	65535	/* bytes */
/* as in Linux, net.ipv4.ipfrag_time and net.ipv6.ip6frag_time */
#define LIFE_IPV4	30000	/* milliseconds */
#define LIFE_IPV6	60000

/**
 * fragments_init - none yet
 * @f: filled in
 */
void fragments_init(struct fragments *f)
{
	memset(f, 0, sizeof(*f));
	f->datagrams = calloc(DATAGRAMS_MAX, sizeof(*f->datagrams));
	if (!f->datagrams)
		err(1, "no memory for fragments");
}

/**
 * fragments_free - end with them
 * @f: the fragments
 */
void fragments_free(struct fragments *f)
{
	unsigned int i;

	for (i = 0; i < f->used; i++)
		free(f->datagrams[i].bytes);
	free(f->datagrams);
}

static void give_up(struct fragments *f, struct datagram *d)
{
	f->dropped += d->npieces;
	d->npieces = 0;
}

/**
 * fragments_give_up - what is incomplete stays so
 * @f: the fragments
 */
void fragments_give_up(struct fragments *f)
{
	unsigned int i;

	for (i = 0; i < f->used; i++)
		give_up(f, &f->datagrams[i]);
}

static bool is_of(const struct datagram *d, const struct packet *p)
{
	return d->npieces && d->head.id == p->id &&
	       !memcmp(&d->head.tuple, &p->tuple, sizeof(p->tuple));
}

static bool is_over(const struct datagram *d, __u64 now)
{
	return now - d->began > (d->head.tuple.family == TT_IPV4 ? LIFE_IPV4 :
								   LIFE_IPV6);
}

/* the datagram of a fragment, or place for it */
static struct datagram *find(struct fragments *f, const struct packet *p,
			     __u64 now)
{
	struct datagram *d, *oldest = NULL, *end = f->datagrams + f->used;

	for (d = f->datagrams; d < end; d++) {
		if (d->npieces && is_over(d, now))
			give_up(f, d);
		if (is_of(d, p))
			return d;
		if (!oldest || !d->npieces ||
		    (oldest->npieces && d->began < oldest->began))
			oldest = d;
	}
	if (!oldest || (f->used < DATAGRAMS_MAX && oldest->npieces))
		oldest = &f->datagrams[f->used++];
	give_up(f, oldest);
	oldest->head = *p;
	oldest->began = now;
	oldest->end = 0;
	return oldest;
}

static void keep_bytes(struct datagram *d, const struct packet *p)
{
	unsigned int need = p->offset + p->have;

	if (need > d->room) {
		unsigned int room = need < 4096 ? 4096 : 2 * need;

		d->bytes = realloc(d->bytes, room);
		if (!d->bytes)
			err(1, "no memory for fragments");
		d->room = room;
	}
	if (p->have)
		memcpy(d->bytes + p->offset, p->data, p->have);
}

/* what Linux does (RFC 5722): the same again is dropped, an overlap ends all */
enum fit { FITS, KNOWN, WRONG };

static enum fit insert(struct datagram *d, const struct packet *p)
{
	struct piece piece = { p->offset, p->offset + p->len, p->have };
	unsigned int at = 0;
	unsigned int far = d->npieces ? d->pieces[d->npieces - 1].end : 0;

	if (piece.end > DATAGRAM_MAX || !p->len || (p->more && p->len % 8))
		return WRONG;
	if (d->end && (piece.end > d->end || (!p->more && piece.end != d->end)))
		return WRONG;
	if (!p->more && piece.end < far)
		return WRONG;
	while (at < d->npieces && d->pieces[at].end <= piece.begin)
		at++;
	if (at < d->npieces && d->pieces[at].begin < piece.end)
		return d->pieces[at].begin <= piece.begin &&
		       piece.end <= d->pieces[at].end ? KNOWN : WRONG;
	if (d->npieces == PIECES_MAX)
		return WRONG;
	memmove(&d->pieces[at + 1], &d->pieces[at],
		(d->npieces - at) * sizeof(piece));
	d->pieces[at] = piece;
	d->npieces++;
	if (!p->more)
		d->end = piece.end;
	if (!p->offset)		/* RFC 8200 4.5: the first one says what it is */
		d->head.next = p->next;
	return FITS;
}

static bool is_whole(const struct datagram *d)
{
	unsigned int i, end = 0;

	for (i = 0; i < d->npieces && d->pieces[i].begin == end; i++)
		end = d->pieces[i].end;
	return d->end && end == d->end;
}

/* bytes from the beginning without a hole that the snap length has left */
static unsigned int captured(const struct datagram *d)
{
	unsigned int i, have = 0;

	for (i = 0; i < d->npieces && d->pieces[i].begin == have; i++)
		have += d->pieces[i].have;
	return have;
}

/**
 * fragments_add - a fragment has come
 * @f: the fragments
 * @p: one; if it was the last that was missing, then the datagram
 * @now: milliseconds, never going back
 *
 * Return: true if @p is a whole datagram now: its data is good until the next
 * call.
 */
bool fragments_add(struct fragments *f, struct packet *p, __u64 now)
{
	struct datagram *d = find(f, p, now);

	switch (insert(d, p)) {
	case KNOWN:
		return false;
	case WRONG:
		f->dropped++;
		give_up(f, d);
		return false;
	case FITS:
		break;
	}
	keep_bytes(d, p);
	if (!is_whole(d))
		return false;
	*p = d->head;
	p->data = d->bytes;
	p->have = captured(d);
	p->len = d->end;
	p->offset = 0;
	p->more = false;
	d->npieces = 0;
	return true;
}
