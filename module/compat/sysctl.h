/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TCPTRACE_COMPAT_SYSCTL_H
#define _TCPTRACE_COMPAT_SYSCTL_H

#include <linux/sysctl.h>
#include <net/net_namespace.h>

/* what the handler of a sysctl gets */
#ifdef TT_HAVE_CONST_CTL_TABLE
#define tt_ctl_table const struct ctl_table
#else
#define tt_ctl_table struct ctl_table
#endif

/* older kernels look for an empty entry at the end and take no size */
#ifndef TT_HAVE_SYSCTL_SZ
#define register_net_sysctl_sz(net, path, table, size) \
	register_net_sysctl(net, path, table)
#endif

#endif
