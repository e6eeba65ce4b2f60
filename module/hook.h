/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where segments are seen: netfilter hooks of one network namespace.
 */
#ifndef _TCPTRACE_HOOK_H
#define _TCPTRACE_HOOK_H

struct tt_net;

int tt_hooks_open(struct tt_net *tn);
int tt_hooks_control(struct tt_net *tn);
void tt_hooks_close(struct tt_net *tn);

#endif
