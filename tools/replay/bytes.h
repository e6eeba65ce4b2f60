/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is left of a packet; nothing is read beyond what was captured.
 */
#ifndef REPLAY_BYTES_H
#define REPLAY_BYTES_H

#include <linux/types.h>

/**
 * struct bytes - the rest of a packet
 * @at: its first byte
 * @have: bytes captured from there
 * @len: bytes on the wire from there
 */
struct bytes {
	const __u8 *at;
	unsigned int have;
	unsigned int len;
};

static inline unsigned int get16(const __u8 *p)
{
	return p[0] << 8 | p[1];
}

static inline __u32 get32(const __u8 *p)
{
	return (__u32)get16(p) << 16 | get16(p + 2);
}

static inline bool bytes_skip(struct bytes *b, unsigned int n)
{
	if (b->have < n)
		return false;
	b->at += n;
	b->have -= n;
	b->len = b->len > n ? b->len - n : 0;
	return true;
}

#endif
