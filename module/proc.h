/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files: /proc/tcptrace and /proc/net/tcptrace/.
 */
#ifndef _TCPTRACE_PROC_H
#define _TCPTRACE_PROC_H

struct tt_net;

int tt_proc_init(struct tt_net *tn);
void tt_proc_exit(struct tt_net *tn);
int tt_proc_link_create(void);
void tt_proc_link_remove(void);

#endif
