/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TOOLS_LINUX_BITOPS_H
#define _TOOLS_LINUX_BITOPS_H

/* the number of the highest bit that is set, from 1; 0: none is */
static inline int fls(unsigned int n)
{
	return n ? 32 - __builtin_clz(n) : 0;
}

/* the number of the lowest bit that is set, from 0; one has to be */
static inline unsigned long __ffs64(unsigned long long n)
{
	return __builtin_ctzll(n);
}

/* @n bits to the left, in at the right; less than all of them */
static inline unsigned int rol32(unsigned int word, unsigned int n)
{
	return word << n | word >> (-n & 31);
}

static inline unsigned long long rol64(unsigned long long word, unsigned int n)
{
	return word << n | word >> (-n & 63);
}

#endif
