/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An account in words.
 */
#ifndef TCPTRACECTL_TELL_H
#define TCPTRACECTL_TELL_H

#include <stdbool.h>

struct account;

/**
 * struct scene - where and when it is told
 * @live: of the running module; else of a file
 * @now: nanoseconds since the epoch; of a file, its last event
 * @lost: events that the log has lost
 */
struct scene {
	bool live;
	long long now;
	unsigned long long lost;
};

char *tell(const struct account *a, const struct scene *scene);

#endif
