/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that tcptrace keeps for one network namespace.
 */
#ifndef _TCPTRACE_NET_H
#define _TCPTRACE_NET_H

#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "conn.h"
#include "filter.h"
#include "log.h"
#include "stats.h"
#include "track.h"

/* net.tcptrace.max_connections */
#define TT_CONNECTIONS_MIN	16
#define TT_CONNECTIONS_MAX	4194304
#define TT_CONNECTIONS_DEFAULT	65536

/* output, input and forward, for IPv4 and for IPv6 */
#define TT_HOOKS 6

/**
 * struct tt_settings - the sysctls of a network namespace
 * @enabled: the hooks are registered
 * @filter: which connections are traced
 * @max_connections: bound of the connection table
 * @log_transitions: print transitions to the kernel's log, too
 * @log_verdicts: log verdicts that come without a transition
 * @limits: how long each state lasts
 *
 * Written by the sysctl handlers one word at a time, read without a lock.
 */
struct tt_settings {
	unsigned int enabled;
	struct tt_filter filter;
	unsigned int max_connections;
	unsigned int log_transitions;
	unsigned int log_verdicts;
	struct tt_limits limits;
};

/**
 * struct tt_net - tcptrace in one network namespace
 * @net: the namespace; outlives this
 * @settings: sysctls
 * @memcg: the control group that pays for its connections; NULL: nobody's
 * @gfp: how a connection is allocated
 * @stats: counters
 * @table: the connections
 * @ids: the last number given to a connection
 * @log: the events
 * @stray: rate of events that belong to no connection; under @stray_lock
 * @stray_lock: innermost but for the log's lock
 * @control: one change of @settings.enabled or @settings.filter at a time
 * @hooks: with this as their private data: finding it by the namespace costs
 * @hooked: they are registered; under @control
 * @closing: they are not to be registered any more; under @control
 * @proc: /proc/net/tcptrace
 * @sysctl: net.tcptrace
 *
 * Lock order: @control, connection, then table shard or log. BHs are off under all.
 */
struct tt_net {
	struct net *net;
	struct tt_settings settings;
	struct mem_cgroup *memcg;
	gfp_t gfp;
	struct tt_stats __percpu *stats;
	struct tt_table table;
	atomic64_t ids;
	struct tt_log log;
	struct tt_rate stray;
	spinlock_t stray_lock;	/* of @stray */
	struct mutex control;	/* of hooks and filter */
	struct nf_hook_ops hooks[TT_HOOKS];
	bool hooked;
	bool closing;
	struct proc_dir_entry *proc;
	struct ctl_table_header *sysctl;
};

extern unsigned int tt_net_id;
extern struct tt_settings tt_settings_default;

static inline struct tt_net *tt_net(struct net *net)
{
	return net_generic(net, tt_net_id);
}

static inline u64 tt_now_ms(void)
{
	u64 now = get_jiffies_64();

	/* known to the compiler: no call, no division */
	return MSEC_PER_SEC % HZ ? jiffies64_to_msecs(now) :
				   now * (MSEC_PER_SEC / HZ);
}

#endif
