/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counters of /proc/net/tcptrace/stat.
 */
#ifndef _TCPTRACE_STATS_H
#define _TCPTRACE_STATS_H

#include <linux/percpu.h>
#include <linux/preempt.h>
#include "counter.h"
#include "verdict.h"

/**
 * struct tt_stats - one CPU's share of the counters
 * @counters: indexed by enum tt_counter
 * @verdicts: indexed by enum tt_verdict
 *
 * Incremented from process and softirq context, never in a hard interrupt;
 * summed up by the reader without a lock.
 */
struct tt_stats {
	u64 counters[TT_COUNTERS_MAX];
	u64 verdicts[TT_VERDICTS_MAX];
};

/* with BHs off nobody else changes it on this CPU; but for PREEMPT_RT */
static __always_inline void __tt_add_to(u64 __percpu *counter, u64 n)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		this_cpu_add(*counter, n);
	else
		__this_cpu_add(*counter, n);
}

static __always_inline void __tt_inc(u64 __percpu *counter)
{
	__tt_add_to(counter, 1);
}

/* in any context: cheaper where they are off, as they mostly are */
static __always_inline void tt_inc(u64 __percpu *counter)
{
	if (in_softirq())
		__tt_inc(counter);
	else
		this_cpu_inc(*counter);
}

#define tt_count(tn, name) tt_inc(&(tn)->stats->counters[TT_COUNT_##name])

#define tt_count_verdict(tn, v) tt_inc(&(tn)->stats->verdicts[v])

/* with BHs off */
#define __tt_count(tn, name) __tt_inc(&(tn)->stats->counters[TT_COUNT_##name])

#define __tt_add(tn, name, n) \
	__tt_add_to(&(tn)->stats->counters[TT_COUNT_##name], n)

#define __tt_count_verdict(tn, v) __tt_inc(&(tn)->stats->verdicts[v])

#endif
