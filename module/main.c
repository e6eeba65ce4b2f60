// SPDX-License-Identifier: GPL-2.0
#include <linux/memcontrol.h>
#include <linux/module.h>
#include "conn.h"
#include "hook.h"
#include "net.h"
#include "proc.h"
#include "stats.h"
#include "sysctl.h"

#if BITS_PER_LONG != 64
#error tcptrace needs a 64-bit kernel: others read its numbers in two halves
#endif

static unsigned int log_events = TT_LOG_EVENTS_DEFAULT;
module_param(log_events, uint, 0444);
MODULE_PARM_DESC(log_events, "events kept for each network namespace (64 to 1048576, default 8192)");

static unsigned int hashsize = TT_HASHSIZE_DEFAULT;
module_param(hashsize, uint, 0444);
MODULE_PARM_DESC(hashsize, "size of the hash table of each network namespace, in pointers (64 to 4194304, default 65536)");

module_param_named(flight_recorder, tt_flight_recorder, uint, 0444);
MODULE_PARM_DESC(flight_recorder, "segments kept for each connection (0 to 1024, default 0: none)");

unsigned int tt_net_id;

struct tt_settings tt_settings_default = {
	.enabled		= 1,
	.max_connections	= TT_CONNECTIONS_DEFAULT,
	.log_verdicts		= 1,
	.limits.seconds		= TT_LIMITS_DEFAULT,
};

module_param_named(max_connections, tt_settings_default.max_connections,
		   uint, 0444);
MODULE_PARM_DESC(max_connections, "default of net.tcptrace.max_connections (16 to 4194304, default 65536)");
module_param_named(enabled, tt_settings_default.enabled, uint, 0444);
MODULE_PARM_DESC(enabled, "default of net.tcptrace.enabled (0 or 1, default 1)");
module_param_named(log_transitions, tt_settings_default.log_transitions,
		   uint, 0444);
MODULE_PARM_DESC(log_transitions, "default of net.tcptrace.log_transitions (0 or 1, default 0)");

/*
 * Anybody can make user namespaces, and network namespaces in them. Segments
 * come to those in anybody's context, so who made the namespace is charged.
 * Never the reserves for atomic allocations: a tracer can do without.
 */
static void choose_payer(struct tt_net *tn)
{
	tn->memcg = NULL;
	tn->gfp = GFP_NOWAIT | __GFP_NOWARN;
	if (tn->net->user_ns == &init_user_ns)
		return;
	tn->memcg = get_mem_cgroup_from_mm(current->mm);
	tn->gfp |= __GFP_ACCOUNT;
}

static int __net_init tt_net_init(struct net *net)
{
	struct tt_net *tn = tt_net(net);
	int err;

	tn->net = net;
	tn->settings = tt_settings_default;
	atomic64_set(&tn->ids, 0);
	spin_lock_init(&tn->stray_lock);
	mutex_init(&tn->control);
	tn->hooked = false;
	tn->closing = false;

	err = -ENOMEM;
	tn->stats = alloc_percpu_gfp(struct tt_stats, GFP_KERNEL_ACCOUNT);
	if (!tn->stats)
		return err;
	choose_payer(tn);
	err = tt_filter_init(&tn->settings.filter);
	if (err)
		goto put_payer;
	err = tt_log_init(&tn->log, log_events);
	if (err)
		goto exit_filter;
	err = tt_table_init(&tn->table, hashsize);
	if (err)
		goto exit_log;
	err = tt_sysctl_init(tn);
	if (err)
		goto exit_table;
	err = tt_proc_init(tn);
	if (err)
		goto exit_sysctl;
	err = tt_hooks_open(tn);
	if (err)
		goto exit_proc;
	return 0;

exit_proc:
	tt_proc_exit(tn);
exit_sysctl:
	tt_sysctl_exit(tn);
exit_table:
	tt_table_forget(tn, false);	/* of hooks that ran for a moment */
	tt_table_exit(&tn->table);
exit_log:
	tt_log_close(&tn->log);
	synchronize_rcu();
	tt_log_free(&tn->log);
exit_filter:
	tt_filter_exit(&tn->settings.filter);
put_payer:
	mem_cgroup_put(tn->memcg);
	free_percpu(tn->stats);
	return err;
}

/* a grace period lies between this and tt_net_exit_batch() */
static void __net_exit tt_net_pre_exit(struct net *net)
{
	tt_hooks_close(tt_net(net));
}

static void end_net(struct tt_net *tn)
{
	tt_proc_exit(tn);
	tt_sysctl_exit(tn);
	tt_table_forget(tn, false);
}

static void free_net(struct tt_net *tn)
{
	tt_log_free(&tn->log);
	tt_filter_exit(&tn->settings.filter);
	mem_cgroup_put(tn->memcg);
	free_percpu(tn->stats);
}

/*
 * Each step for all of them before the next: they wait for grace periods
 * together, else rmmod would take one or two for each.
 */
static void __net_exit tt_net_exit_batch(struct list_head *nets)
{
	struct net *net;

	list_for_each_entry(net, nets, exit_list)
		end_net(tt_net(net));
	list_for_each_entry(net, nets, exit_list) {
		/* its timeouts write to the log */
		tt_table_exit(&tt_net(net)->table);
		tt_log_close(&tt_net(net)->log);
	}
	synchronize_rcu();	/* see tt_log_close() */
	list_for_each_entry(net, nets, exit_list)
		free_net(tt_net(net));
}

static struct pernet_operations tt_net_ops = {
	.init		= tt_net_init,
	.pre_exit	= tt_net_pre_exit,
	.exit_batch	= tt_net_exit_batch,
	.id		= &tt_net_id,
	.size		= sizeof(struct tt_net),
};

static bool is_good(const char *name, unsigned int value, unsigned int min,
		    unsigned int max)
{
	if (value >= min && value <= max)
		return true;
	pr_err("tcptrace: parameter %s=%u is not from %u to %u\n", name, value,
	       min, max);
	return false;
}

static bool parameters_are_good(void)
{
	return is_good("log_events", log_events, TT_LOG_EVENTS_MIN,
		       TT_LOG_EVENTS_MAX) &&
	       is_good("hashsize", hashsize, TT_HASHSIZE_MIN,
		       TT_HASHSIZE_MAX) &&
	       is_good("flight_recorder", tt_flight_recorder, 0,
		       TT_RECORDER_MAX) &&
	       is_good("max_connections", tt_settings_default.max_connections,
		       TT_CONNECTIONS_MIN, TT_CONNECTIONS_MAX) &&
	       is_good("enabled", tt_settings_default.enabled, 0, 1) &&
	       is_good("log_transitions", tt_settings_default.log_transitions,
		       0, 1);
}

static int __init tt_init(void)
{
	int err;

	if (!parameters_are_good())
		return -EINVAL;
	tt_recorder_init();
	err = tt_conn_cache_create();
	if (err)
		return err;
	err = register_pernet_subsys(&tt_net_ops);
	if (err)
		goto destroy_cache;
	err = tt_proc_link_create();
	if (err)
		goto unregister_pernet;
	pr_info("tcptrace: loaded: read /proc/tcptrace (ABI 1, %u events and up to %u connections of %zu bytes a network namespace)\n",
		log_events, tt_settings_default.max_connections,
		tt_node_size() + ALIGN(sizeof(struct tt_extra), SMP_CACHE_BYTES) +
		tt_recorder_size());
	return 0;

unregister_pernet:
	unregister_pernet_subsys(&tt_net_ops);
destroy_cache:
	tt_conn_cache_destroy();
	return err;
}

static void __exit tt_exit(void)
{
	tt_proc_link_remove();
	unregister_pernet_subsys(&tt_net_ops);
	tt_conn_cache_destroy();
	pr_info("tcptrace: unloaded\n");
}

module_init(tt_init);
module_exit(tt_exit);

MODULE_DESCRIPTION("TCP connection tracer");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
