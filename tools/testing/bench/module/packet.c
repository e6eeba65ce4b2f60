// SPDX-License-Identifier: GPL-2.0
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/net.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/tcp.h>
#include "ttbench.h"

#define ROOM		128	/* for all headers */
#define CLIENT_ISS	0xfffff000	/* it wraps soon */
#define SERVER_ISS	0x10000000
#define WSCALE		14

static const struct {
	u8 flags;
	bool is_syn;
} kinds[KINDS] = {
	[SYN]		= { TCPHDR_SYN, true },
	[SYNACK]	= { TCPHDR_SYN | TCPHDR_ACK, true },
	[HANDSHAKE]	= { TCPHDR_ACK },
	[DATA]		= { TCPHDR_ACK },
	[ACK]		= { TCPHDR_ACK },
	[PUSH]		= { TCPHDR_ACK },
	[FIN]		= { TCPHDR_FIN | TCPHDR_ACK },
	[FINACK]	= { TCPHDR_FIN | TCPHDR_ACK },
	[LASTACK]	= { TCPHDR_ACK },
};

static struct net_device *create_device(struct net *net)
{
	struct net_device *dev;

	dev = alloc_netdev(0, "ttbench", NET_NAME_UNKNOWN, ether_setup);
	if (dev)
		dev_net_set(dev, net);
	return dev;
}

/**
 * packets_init - a batch of segments without content
 * @p: filled in
 * @net: the network namespace in which they are seen
 * @family: AF_INET or AF_INET6
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int packets_init(struct packets *p, struct net *net, int family)
{
	unsigned int i;
	int err;

	p->family = family;
	p->clock = 1000;
	err = sock_create_kern(net, family, SOCK_STREAM, IPPROTO_TCP, &p->sock);
	if (err)
		return err;
	p->dev = create_device(net);
	for (i = 0; i < BATCH; i++)
		p->skb[i] = alloc_skb(ROOM + PAYLOAD, GFP_KERNEL);
	for (i = 0; i < BATCH; i++)
		if (!p->skb[i] || !p->dev)
			return -ENOMEM;
	return 0;
}

/**
 * packets_exit - free them
 * @p: what packets_init() made, or all zero
 *
 * Context: may sleep.
 */
void packets_exit(struct packets *p)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		if (p->skb[i])
			p->skb[i]->sk = NULL;
		kfree_skb(p->skb[i]);
	}
	if (p->dev)
		free_netdev(p->dev);
	if (p->sock)
		sock_release(p->sock);
}

/**
 * packets_begin - another pass over the connections begins
 * @p: the segments
 * @kind: what the pass sends
 */
void packets_begin(struct packets *p, enum seg kind)
{
	p->heard[from_server(kind)] = ++p->clock;
	p->n = 0;
}

/* the numbers of a segment; flow moves on */
static void number(struct tcphdr *tcp, enum seg kind, struct flow *flow)
{
	u32 x = CLIENT_ISS + 1, y = SERVER_ISS + 1, seq, ack;

	if (kind == ACK)
		flow->acked += PAYLOAD;
	seq = from_server(kind) ? y + flow->pushed : x + flow->sent;
	ack = from_server(kind) ? x + flow->acked : y + flow->pushed;
	if (kind == DATA)
		flow->sent += PAYLOAD;
	else if (kind == PUSH)
		flow->pushed += PAYLOAD;

	switch (kind) {
	case SYN:
		seq--;
		ack = 0;
		break;
	case SYNACK:
		seq--;
		break;
	case FINACK:
		ack++;
		break;
	case LASTACK:
		seq++;
		ack++;
		break;
	default:
		break;
	}
	tcp->seq = htonl(seq);
	tcp->ack_seq = htonl(ack);
}

static void put32(u8 *at, u32 value)
{
	__be32 wire = htonl(value);

	memcpy(at, &wire, sizeof(wire));
}

/* the options that Linux sends; returns their length */
static unsigned int write_options(const struct packets *p, u8 *at,
				  enum seg kind)
{
	static const u8 syn[] = { TCPOPT_MSS, TCPOLEN_MSS, 1460 >> 8,
				  1460 & 0xff, TCPOPT_SACK_PERM,
				  TCPOLEN_SACK_PERM };
	static const u8 scale[] = { TCPOPT_NOP, TCPOPT_WINDOW, TCPOLEN_WINDOW,
				    WSCALE };
	static const u8 other[] = { TCPOPT_NOP, TCPOPT_NOP };
	u32 echo = kind == SYN ? 0 : p->heard[!from_server(kind)];
	bool is_syn = kinds[kind].is_syn;
	unsigned int len = is_syn ? sizeof(syn) : sizeof(other);

	memcpy(at, is_syn ? syn : other, len);
	at[len++] = TCPOPT_TIMESTAMP;
	at[len++] = TCPOLEN_TIMESTAMP;
	put32(at + len, p->clock);
	put32(at + len + 4, echo);
	len += 8;
	if (!is_syn)
		return len;
	memcpy(at + len, scale, sizeof(scale));
	return len + sizeof(scale);
}

static unsigned int write_tcp(const struct packets *p, struct sk_buff *skb,
			      enum seg kind, u32 client, struct flow *flow)
{
	struct tcphdr *tcp = (struct tcphdr *)skb_transport_header(skb);
	__be16 port = htons(1024 + (client & 0x7fff));
	unsigned int len;

	memset(tcp, 0, sizeof(*tcp));
	tcp->source = from_server(kind) ? htons(80) : port;
	tcp->dest = from_server(kind) ? port : htons(80);
	number(tcp, kind, flow);
	len = sizeof(*tcp) + write_options(p, (u8 *)(tcp + 1), kind);
	tcp->doff = len / 4;
	tcp_flag_byte(tcp) = kinds[kind].flags;
	tcp->window = htons(0xffff);
	if (kind == DATA || kind == PUSH)
		len += PAYLOAD;
	return len;
}

static void write_ipv4(struct sk_buff *skb, enum seg kind, u32 client,
		       unsigned int len)
{
	struct iphdr *ip = ip_hdr(skb);
	__be32 ends[2] = { htonl(0x0a000000 + (client >> 15)),
			   htonl(0xc0a80001) };

	memset(ip, 0, sizeof(*ip));
	ip->version = 4;
	ip->ihl = 5;
	ip->tot_len = htons(sizeof(*ip) + len);
	ip->ttl = 64;
	ip->protocol = IPPROTO_TCP;
	ip->saddr = ends[from_server(kind)];
	ip->daddr = ends[!from_server(kind)];
	ip_send_check(ip);
}

static void write_ipv6(struct sk_buff *skb, enum seg kind, u32 client,
		       unsigned int len)
{
	struct ipv6hdr *ip = ipv6_hdr(skb);
	struct in6_addr ends[2] = {
		{ .s6_addr32 = { htonl(0xfd000000), 0, htonl(client >> 15),
				 htonl(1) } },
		{ .s6_addr32 = { htonl(0xfd000000), 0, 0, htonl(2) } },
	};

	memset(ip, 0, sizeof(*ip));
	ip->version = 6;
	ip->payload_len = htons(len);
	ip->nexthdr = IPPROTO_TCP;
	ip->hop_limit = 64;
	ip->saddr = ends[from_server(kind)];
	ip->daddr = ends[!from_server(kind)];
}

/**
 * packets_write - the next segment of a connection joins the batch
 * @p: the segments; fewer than BATCH are in use
 * @kind: which segment
 * @client: number of the connection
 * @flow: where it is; moved on
 *
 * The checksum has been verified or will be filled in by the device.
 */
void packets_write(struct packets *p, enum seg kind, u32 client,
		   struct flow *flow)
{
	struct sk_buff *skb = p->skb[p->n++];
	bool v4 = p->family == AF_INET;
	unsigned int ip = v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	unsigned int len;

	skb->data = skb->head;
	skb_reset_tail_pointer(skb);
	skb->len = 0;
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, ip);
	len = write_tcp(p, skb, kind, client, flow);
	if (v4)
		write_ipv4(skb, kind, client, len);
	else
		write_ipv6(skb, kind, client, len);
	skb_put(skb, ip + len);

	skb->protocol = htons(v4 ? ETH_P_IP : ETH_P_IPV6);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->pkt_type = PACKET_HOST;
	skb->dev = p->dev;
	skb->sk = from_server(kind) ? p->sock->sk : NULL;
}
