/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzz targets share.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <linux/types.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* a broken invariant ends the process: libFuzzer keeps the input */
#define CHECK(condition, ...)						\
	do {								\
		if (!(condition)) {					\
			fprintf(stderr, "%s:%d: not so: %s: ",		\
				__FILE__, __LINE__, #condition);	\
			fprintf(stderr, __VA_ARGS__);			\
			fputc('\n', stderr);				\
			abort();					\
		}							\
	} while (0)

/**
 * struct input - the bytes of a run that are not read yet
 * @at: the next one
 * @left: how many
 */
struct input {
	const __u8 *at;
	size_t left;
};

/* past the end there are zeros */
static inline __u8 take(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);

#endif
