/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counters of /proc/net/tcptrace/stat.
 */
#ifndef _TCPTRACE_STATS_H
#define _TCPTRACE_STATS_H

#include <linux/percpu.h>
#include "counter.h"
#include "verdict.h"

/**
 * struct tt_stats - one CPU's share of the counters
 * @counters: indexed by enum tt_counter
 * @verdicts: indexed by enum tt_verdict
 *
 * Incremented from process and softirq context with this_cpu operations,
 * summed up by the reader without a lock.
 */
struct tt_stats {
	u64 counters[TT_COUNTERS_MAX];
	u64 verdicts[TT_VERDICTS_MAX];
};

#define tt_count(tn, name) this_cpu_inc((tn)->stats->counters[TT_COUNT_##name])

#define tt_count_verdict(tn, v) this_cpu_inc((tn)->stats->verdicts[v])

#endif
