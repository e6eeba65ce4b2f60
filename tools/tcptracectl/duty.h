/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCPTRACECTL_DUTY_H
#define TCPTRACECTL_DUTY_H

#include "verdict.h"

/**
 * struct duty - what the receiver has to do
 * @what: as the end of "should ..."
 * @rfc: RFC and section that say so
 */
struct duty {
	const char *what;
	const char *rfc;
};

const struct duty *duty_of(enum tt_verdict verdict);

#endif
