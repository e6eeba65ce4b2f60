// SPDX-License-Identifier: GPL-2.0
#include <linux/printk.h>
#include <linux/slab.h>
#include "compat/sysctl.h"
#include "net.h"
#include "sysctl.h"

static unsigned int off;
static unsigned int on = 1;
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

static const struct ctl_table template[] = {
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
