/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where segments are seen: netfilter hooks of one network namespace.
 */
#ifndef _TCPTRACE_HOOK_H
#define _TCPTRACE_HOOK_H

struct net;

int tt_hooks_register(struct net *net);
void tt_hooks_unregister(struct net *net);

#endif
