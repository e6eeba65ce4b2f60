/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The terminal while top has it.
 */
#ifndef TCPTRACECTL_SCREEN_H
#define TCPTRACECTL_SCREEN_H

#include <stdbool.h>

struct options;

#define KEY_NONE	(-1)	/* nothing was typed in time */
#define KEY_STOP	(-2)	/* a signal, or the terminal is gone */

void screen_begin(void);
void screen_end(void);
int screen_key(int milliseconds);
bool screen_gone(void);
int screen_put(int y, int x, int width, const char *text);
void pager(const char *title, char *text, bool wrap);
char *pager_capture(const struct options *o, const char *conn,
		    int (*run)(const struct options *o, int argc, char **argv));

#endif
