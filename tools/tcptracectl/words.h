/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the rungs of a ladder say.
 */
#ifndef TCPTRACECTL_WORDS_H
#define TCPTRACECTL_WORDS_H

#include "rung.h"

#define WORDS_REMARKS	2	/* that can stand at the top */

void words_of_segment(const struct climb *c, const struct step *step,
		      struct rung *rung);
void words_of_receipt(const struct climb *c, const struct step *step,
		      struct rung *rung);
void words_of_timeout(const struct step *step, struct rung *rung);
void words_of_verdict(const struct climb *c, const struct step *step,
		      const struct step *before, struct rung *rung);
void words_of_pause(const struct climb *c, double seconds, struct rung *rung);
void words_of_fold(const struct climb *c, size_t segments,
		   const unsigned long long *bytes,
		   const unsigned int *verdicts, struct rung *rung);
bool words_of_remark(const struct climb *c, unsigned int which,
		     struct rung *rung);

#endif
