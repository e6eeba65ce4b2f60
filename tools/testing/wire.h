/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs that make packets have in common: network byte order and the
 * Internet checksum (RFC 1071).
 */
#ifndef _TESTING_WIRE_H
#define _TESTING_WIRE_H

#include <stdint.h>

static inline void put16(uint8_t *p, uint32_t n)
{
	p[0] = n >> 8;
	p[1] = n;
}

static inline void put32(uint8_t *p, uint32_t n)
{
	put16(p, n >> 16);
	put16(p + 2, n);
}

/* @n: the sum of what goes before */
static inline uint32_t sum(uint32_t n, const void *data, unsigned int len)
{
	const uint8_t *p = data;

	for (; len > 1; len -= 2, p += 2)
		n += p[0] << 8 | p[1];
	return len ? n + (p[0] << 8) : n;
}

/* the checksum, in host byte order */
static inline uint16_t fold(uint32_t n)
{
	while (n >> 16)
		n = (n & 0xffff) + (n >> 16);
	return ~n;
}

#endif
