/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Times and users as people write them.
 */
#ifndef TCPTRACECTL_WHEN_H
#define TCPTRACECTL_WHEN_H

#include <stdbool.h>
#include <sys/types.h>

long long when_now(void);
long long when_ns(const char *seconds);
long long when_parse(const char *text, bool from_file);
uid_t uid_parse(const char *text);

#endif
