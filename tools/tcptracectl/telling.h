/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the paragraph share.
 */
#ifndef TCPTRACECTL_TELLING_H
#define TCPTRACECTL_TELLING_H

#include <stdio.h>
#include <string.h>
#include "account.h"
#include "tell.h"

/**
 * struct telling - a paragraph being written
 * @out: where
 * @a: of what
 * @scene: where and when
 */
struct telling {
	FILE *out;
	const struct account *a;
	const struct scene *scene;
};

#define say(t, ...) fprintf((t)->out, __VA_ARGS__)

extern const char * const who[2];
extern const char * const Who[2];

void say_duration(struct telling *t, double s);
void say_after(struct telling *t, long long ns);
bool tells_refusal(const struct account *a);
void tell_close(struct telling *t);
void tell_reset(struct telling *t);
void tell_gone(struct telling *t);

static inline unsigned int ends_of(const struct account *a)
{
	return a->self ? 1 : 2;
}

static inline bool in(const struct account_end *end, const char *state)
{
	return !strcmp(end->state, state);
}

static inline bool is_over(const struct account_end *end)
{
	return in(end, "CLOSED") || in(end, "LISTEN");
}

#endif
