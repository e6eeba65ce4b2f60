/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ttbench: what a connection tracker's hooks cost for each segment.
 */
#ifndef _TTBENCH_H
#define _TTBENCH_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

/* segments that are timed together */
#define BATCH		64
#define PAYLOAD		1000	/* a batch fits into an unscaled window */

/**
 * enum seg - the segments of a connection's life, in its order
 *
 * The client is remote, the server is this machine. DATA is sent by the
 * client, ACK by the server; PUSH is data sent by the server.
 */
enum seg {
	SYN,
	SYNACK,
	HANDSHAKE,
	DATA,
	ACK,
	PUSH,
	FIN,
	FINACK,
	LASTACK,
	KINDS
};

/**
 * struct flow - where a connection is; both ends number their bytes from 0
 * @sent: bytes that the client has sent
 * @acked: of those, what the server has acknowledged
 * @pushed: bytes that the server has sent
 */
struct flow {
	u32 sent;
	u32 acked;
	u32 pushed;
};

/**
 * struct packets - a batch of segments
 * @skb: the segments; built once, rewritten for each batch
 * @n: how many are in use
 * @family: AF_INET or AF_INET6
 * @dev: the device that they come from or leave by
 * @sock: the server's, for what it sends
 * @clock: the timestamp of the next pass, as both ends count
 * @heard: by direction (1: from the server): timestamp of the last pass
 */
struct packets {
	struct sk_buff *skb[BATCH];
	unsigned int n;
	int family;
	struct net_device *dev;
	struct socket *sock;
	u32 clock;
	u32 heard[2];
};

/* conntrack_in: established segments only pass nf_conntrack_in() */
enum tracker { TCPTRACE, CONNTRACK, CONNTRACK_IN, NOTHING, TRACKERS };

#define STEPS_MAX 4

/**
 * struct hooks - the hooks of one tracker that a segment passes
 * @hook: functions
 * @priv: of those
 * @state: what they are called with
 * @n: how many
 */
struct hooks {
	unsigned int (*hook[STEPS_MAX])(void *priv, struct sk_buff *skb,
					const struct nf_hook_state *state);
	void *priv[STEPS_MAX];
	struct nf_hook_state state[STEPS_MAX];
	unsigned int n;
};

static inline bool from_server(enum seg kind)
{
	return kind == SYNACK || kind == ACK || kind == PUSH || kind == FINACK;
}

int packets_init(struct packets *p, struct net *net, int family);
void packets_exit(struct packets *p);
void packets_begin(struct packets *p, enum seg kind);
void packets_write(struct packets *p, enum seg kind, u32 number,
		   struct flow *flow);

int hooks_find(struct hooks *hooks, enum tracker who, struct net *net,
	       enum seg kind, const struct packets *p);
void hooks_make_empty(struct hooks *hooks);

int traffic_run(const char *what, u32 count, const char *address,
		struct net *client, struct net *server, u64 *ns);

#endif
