/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net.tcptrace.*, one set for each network namespace.
 */
#ifndef _TCPTRACE_SYSCTL_H
#define _TCPTRACE_SYSCTL_H

struct tt_net;

int tt_sysctl_init(struct tt_net *tn);
void tt_sysctl_exit(struct tt_net *tn);

#endif
