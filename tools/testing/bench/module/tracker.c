// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <net/net_namespace.h>
#include "ttbench.h"

static bool is_conntrack_in(const char *name)
{
	return strstr(name, "_conntrack_in") || strstr(name, "_conntrack_local");
}

/* the hook functions are static: by the names of their symbols */
static bool is_of(enum tracker who, const char *name, enum seg kind)
{
	switch (who) {
	case TCPTRACE:
		return strstr(name, "[tcptrace]");
	case CONNTRACK_IN:
		if (kind == DATA || kind == ACK || kind == PUSH)
			return is_conntrack_in(name);
		fallthrough;
	case CONNTRACK:
		return is_conntrack_in(name) || strstr(name, "confirm");
	case NOTHING:
	case TRACKERS:
		break;
	}
	return false;
}

static unsigned int nothing(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static void add_hooks(struct hooks *hooks, enum tracker who,
		      const struct nf_hook_entries *entries, enum seg kind,
		      const struct nf_hook_state *state)
{
	char name[80];
	unsigned int i;

	for (i = 0; entries && i < entries->num_hook_entries; i++) {
		snprintf(name, sizeof(name), "%ps", entries->hooks[i].hook);
		if (!is_of(who, name, kind) || hooks->n == STEPS_MAX)
			continue;
		hooks->hook[hooks->n] = entries->hooks[i].hook;
		hooks->priv[hooks->n] = entries->hooks[i].priv;
		hooks->state[hooks->n++] = *state;
	}
}

/**
 * hooks_find - the hooks of a tracker that a segment passes
 * @hooks: filled in
 * @who: whose hooks
 * @net: the network namespace; the tracker stays registered there
 * @kind: the segment
 * @p: the segments
 *
 * Return: 0, or -ENOENT if the tracker has no hooks there.
 */
int hooks_find(struct hooks *hooks, enum tracker who, struct net *net,
	       enum seg kind, const struct packets *p)
{
	static const u8 points[2][2] = {
		{ NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN },
		{ NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING },
	};
	struct nf_hook_entries __rcu **at = p->family == AF_INET ?
		net->nf.hooks_ipv4 : net->nf.hooks_ipv6;
	bool out = from_server(kind);
	unsigned int i;

	hooks->n = 0;
	if (who == NOTHING)
		return 0;
	rcu_read_lock();
	for (i = 0; i < 2; i++) {
		struct nf_hook_state state = {
			.hook = points[out][i],
			.pf = p->family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6,
			.in = out ? NULL : p->dev,
			.out = out ? p->dev : NULL,
			.sk = out ? p->sock->sk : NULL,
			.net = net,
		};

		add_hooks(hooks, who, rcu_dereference(at[state.hook]),
			  kind, &state);
	}
	rcu_read_unlock();
	return hooks->n ? 0 : -ENOENT;
}

/**
 * hooks_make_empty - the same number of calls to a function that does nothing
 * @hooks: changed
 */
void hooks_make_empty(struct hooks *hooks)
{
	unsigned int i;

	for (i = 0; i < hooks->n; i++)
		hooks->hook[i] = nothing;
}
