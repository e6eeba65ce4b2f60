// SPDX-License-Identifier: GPL-2.0
#include <linux/printk.h>
#include <linux/slab.h>
#include "compat/sysctl.h"
#include "hook.h"
#include "net.h"
#include "sysctl.h"

static unsigned int off;
static unsigned int on = 1;
static unsigned int sample_max = TT_SAMPLE_MAX;
static unsigned int seconds_min = 1;
static unsigned int connections_min = TT_CONNECTIONS_MIN;
static unsigned int connections_max = TT_CONNECTIONS_MAX;
static unsigned int seconds_max = 31622400;	/* a year */

static int do_bounded(tt_ctl_table *table, int write, void *buffer,
		      size_t *lenp, loff_t *ppos)
{
	int err = proc_douintvec_minmax(table, write, buffer, lenp, ppos);

	if (write && (err == -EINVAL || err == -ERANGE)) {
		pr_warn_ratelimited("tcptrace: net.tcptrace.%s takes a number from %u to %u\n",
				    table->procname,
				    *(unsigned int *)table->extra1,
				    *(unsigned int *)table->extra2);
		return -EINVAL;
	}
	return err;
}

/* hooks and filter as they are written, or not at all */
static int do_enabled(tt_ctl_table *table, int write, void *buffer,
		      size_t *lenp, loff_t *ppos)
{
	struct tt_net *tn = container_of(table->data, struct tt_net,
					 settings.enabled);
	unsigned int before;
	int err;

	mutex_lock(&tn->control);
	before = tn->settings.enabled;
	err = do_bounded(table, write, buffer, lenp, ppos);
	if (write && !err && before != tn->settings.enabled)
		err = tt_hooks_control(tn);
	if (write && err)
		tn->settings.enabled = before;
	mutex_unlock(&tn->control);
	return err;
}

/* @handler writes a part of the filter, which then counts */
static int do_controlled(struct tt_net *tn, proc_handler *handler,
			 tt_ctl_table *table, int write, void *buffer,
			 size_t *lenp, loff_t *ppos)
{
	int err;

	mutex_lock(&tn->control);
	err = handler(table, write, buffer, lenp, ppos);
	if (write && !err)
		err = tt_hooks_control(tn);
	mutex_unlock(&tn->control);
	return err;
}

static int do_sample(tt_ctl_table *table, int write, void *buffer,
		     size_t *lenp, loff_t *ppos)
{
	struct tt_net *tn = container_of(table->data, struct tt_net,
					 settings.filter.sample_one_in);

	return do_controlled(tn, do_bounded, table, write, buffer, lenp, ppos);
}

static int do_ports(tt_ctl_table *table, int write, void *buffer,
		    size_t *lenp, loff_t *ppos)
{
	struct tt_net *tn = container_of(table->data, struct tt_net,
					 settings.filter.ports);
	int err = do_controlled(tn, proc_do_large_bitmap, table, write, buffer,
				lenp, ppos);

	if (write && err == -EINVAL)
		pr_warn_ratelimited("tcptrace: net.tcptrace.filter_ports takes ports from 0 to 65535 and ranges, as in 80,443,8000-8999; an empty line: all\n");
	return err;
}

static int do_prefixes(tt_ctl_table *table, int write, void *buffer,
		       size_t *lenp, loff_t *ppos)
{
	struct tt_net *tn = container_of(table->data, struct tt_net,
					 settings.filter.prefixes);
	struct ctl_table text = { .maxlen = TT_PREFIXES_TEXT_MAX };
	int err;

	text.data = kzalloc(text.maxlen, GFP_KERNEL_ACCOUNT);
	if (!text.data)
		return -ENOMEM;
	mutex_lock(&tn->control);
	if (!write)
		tt_filter_print_prefixes(&tn->settings.filter, text.data,
					 text.maxlen);
	if (write && *lenp >= text.maxlen)
		err = -EINVAL;
	else
		err = proc_dostring(&text, write, buffer, lenp, ppos);
	if (write && !err)
		err = tt_filter_set_prefixes(&tn->settings.filter, text.data);
	if (write && !err)
		err = tt_hooks_control(tn);
	mutex_unlock(&tn->control);
	kfree(text.data);
	if (write && err == -EINVAL)
		pr_warn_ratelimited("tcptrace: net.tcptrace.filter_prefixes takes up to %u networks, as in 10.0.0.0/8,2001:db8::/32; an empty line: all\n",
				    TT_PREFIXES_MAX);
	return err;
}

#define SETTING(name, min, max)		\
	{						\
		.procname	= #name,		\
		.data		= &tt_settings_default.name, \
		.maxlen		= sizeof(unsigned int),	\
		.mode		= 0644,			\
		.proc_handler	= do_bounded,		\
		.extra1		= min,			\
		.extra2		= max,			\
	}

#define TIMEOUT(name, state)				\
	{						\
		.procname	= "timeout_" #name,	\
		.data		= &tt_settings_default.limits.seconds[TT_##state], \
		.maxlen		= sizeof(unsigned int),	\
		.mode		= 0644,			\
		.proc_handler	= do_bounded,		\
		.extra1		= &seconds_min,			\
		.extra2		= &seconds_max,		\
	}

#define CONTROL(name, field, size, handler)		\
	{						\
		.procname	= #name,		\
		.data		= &tt_settings_default.field, \
		.maxlen		= size,			\
		.mode		= 0644,			\
		.proc_handler	= handler,		\
	}

static const struct ctl_table template[] = {
	{
		.procname	= "enabled",
		.data		= &tt_settings_default.enabled,
		.maxlen		= sizeof(unsigned int),
		.mode		= 0644,
		.proc_handler	= do_enabled,
		.extra1		= &off,
		.extra2		= &on,
	},
	{
		.procname	= "sample_one_in",
		.data		= &tt_settings_default.filter.sample_one_in,
		.maxlen		= sizeof(unsigned int),
		.mode		= 0644,
		.proc_handler	= do_sample,
		.extra1		= &on,
		.extra2		= &sample_max,
	},
	CONTROL(filter_ports, filter.ports, TT_PORTS, do_ports),
	CONTROL(filter_prefixes, filter.prefixes, TT_PREFIXES_TEXT_MAX,
		do_prefixes),
	SETTING(max_connections, &connections_min, &connections_max),
	SETTING(log_transitions, &off, &on),
	SETTING(log_verdicts, &off, &on),
	TIMEOUT(closed, CLOSED),
	TIMEOUT(syn_sent, SYN_SENT),
	TIMEOUT(syn_received, SYN_RECEIVED),
	TIMEOUT(established, ESTABLISHED),
	TIMEOUT(fin_wait_1, FIN_WAIT_1),
	TIMEOUT(fin_wait_2, FIN_WAIT_2),
	TIMEOUT(close_wait, CLOSE_WAIT),
	TIMEOUT(closing, CLOSING),
	TIMEOUT(last_ack, LAST_ACK),
	TIMEOUT(time_wait, TIME_WAIT),
	TIMEOUT(unknown, UNKNOWN),
};

/* a container's root must not take the host's memory or fill its log */
static void keep_to_host(struct ctl_table *table, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(table[i].procname, "max_connections") ||
		    !strcmp(table[i].procname, "log_transitions"))
			table[i].mode = 0444;
}

/**
 * tt_sysctl_init - the settings of one network namespace
 * @tn: the namespace; its settings are the defaults
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int tt_sysctl_init(struct tt_net *tn)
{
	size_t n = ARRAY_SIZE(template), i;
	/* one more, left empty: see compat/sysctl.h */
	struct ctl_table *table = kcalloc(n + 1, sizeof(*table),
					  GFP_KERNEL_ACCOUNT);

	if (!table)
		return -ENOMEM;
	memcpy(table, template, sizeof(template));
	for (i = 0; i < n; i++)
		table[i].data += (char *)&tn->settings -
				 (char *)&tt_settings_default;
	if (tn->net->user_ns != &init_user_ns)
		keep_to_host(table, n);
	tn->sysctl = register_net_sysctl_sz(tn->net, "net/tcptrace", table, n);
	if (tn->sysctl)
		return 0;
	kfree(table);
	return -ENOMEM;
}

/**
 * tt_sysctl_exit - remove them
 * @tn: the namespace
 *
 * Context: may sleep.
 */
void tt_sysctl_exit(struct tt_net *tn)
{
	const struct ctl_table *table = tn->sysctl->ctl_table_arg;

	unregister_net_sysctl_table(tn->sysctl);
	kfree(table);
}
