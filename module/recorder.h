/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flight recorder: the last segments of one connection.
 */
#ifndef _TCPTRACE_RECORDER_H
#define _TCPTRACE_RECORDER_H

#include <linux/gfp.h>
#include <linux/jump_label.h>
#include "record.h"

/* the module parameter flight_recorder: records kept for each connection */
#define TT_RECORDER_MAX	1024

extern unsigned int tt_flight_recorder;
DECLARE_STATIC_KEY_FALSE(tt_recorders);

static __always_inline bool tt_recorder_is_on(void)
{
	return static_branch_unlikely(&tt_recorders);
}

/**
 * struct tt_recorder - a ring of records
 * @first: the number of the oldest record among those of its connection
 * @next: where the next one goes
 * @n: how many there are
 * @ring: tt_flight_recorder of them
 *
 * Its connection's lock protects all of it.
 */
struct tt_recorder {
	u64 first;
	u32 next;
	u32 n;
	struct tt_record ring[];
};

void tt_recorder_init(void);
size_t tt_recorder_size(void);
struct tt_recorder *tt_recorder_create(gfp_t gfp);
void tt_recorder_add(struct tt_recorder *recorder, const struct tt_conn *conn,
		     const struct tt_segment *seg, const struct tt_result *res);
unsigned int tt_recorder_copy(const struct tt_recorder *recorder,
			      struct tt_record *records, u64 *first);

#endif
