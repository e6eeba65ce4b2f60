/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Captures that gzip has compressed.
 */
#ifndef REPLAY_GZIP_H
#define REPLAY_GZIP_H

#include <stdbool.h>
#include <stdio.h>

bool gzip_is(FILE *file);
FILE *gzip_open(FILE *file);

#endif
