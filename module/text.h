/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A line as it is written: what snprintf() would take four times as long for.
 */
#ifndef _TCPTRACE_TEXT_H
#define _TCPTRACE_TEXT_H

#include <linux/types.h>

/**
 * struct tt_text - writes into buf[size], never past it
 * @buf: where
 * @size: at least 1
 * @len: how far it came; less than @size
 */
struct tt_text {
	char *buf;
	unsigned int size;
	unsigned int len;
};

static inline void tt_put_char(struct tt_text *t, char c)
{
	if (t->len + 1 < t->size)
		t->buf[t->len++] = c;
}

static inline void tt_put_string(struct tt_text *t, const char *s)
{
	while (*s)
		tt_put_char(t, *s++);
}

/* with zeros before it, if it has fewer digits */
static inline void tt_put_digits(struct tt_text *t, __u64 n, unsigned int digits)
{
	char reversed[20];
	unsigned int i = 0;

	for (; n || i < digits; n /= 10)
		reversed[i++] = '0' + n % 10;
	while (i)
		tt_put_char(t, reversed[--i]);
}

static inline void tt_put_decimal(struct tt_text *t, __u64 n)
{
	tt_put_digits(t, n, 1);
}

static inline void tt_put_hex(struct tt_text *t, __u16 n)
{
	unsigned int shift = 12;

	while (shift && !(n >> shift))
		shift -= 4;
	for (; shift; shift -= 4)
		tt_put_char(t, "0123456789abcdef"[n >> shift & 15]);
	tt_put_char(t, "0123456789abcdef"[n & 15]);
}

/* fields follow a space */
static inline void tt_put_field(struct tt_text *t, const char *s)
{
	tt_put_char(t, ' ');
	tt_put_string(t, s);
}

static inline void tt_put_number(struct tt_text *t, __u64 n)
{
	tt_put_char(t, ' ');
	tt_put_decimal(t, n);
}

static inline int tt_put_end_of_line(struct tt_text *t)
{
	tt_put_char(t, '\n');
	t->buf[t->len] = '\0';
	return t->len;
}

#endif
