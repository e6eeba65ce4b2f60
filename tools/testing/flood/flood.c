// SPDX-License-Identifier: GPL-2.0
/*
 * flood: send TCP segments from forged addresses, as fast as a packet socket
 * takes them.
 *
 * usage: flood DEVICE MAC FLAGS NETWORK DESTINATION PORT SPORT COUNT
 *
 * FLAGS are letters of F S R P A. The sender of segment number i is host i of
 * the network NETWORK/15; where those are used up, its port is one higher than
 * SPORT. So no two segments have the same addresses and ports. With COUNT 0
 * the numbers are read from stdin, one a line; with COUNT -1 it goes on until
 * it is killed. Prints how many were sent, and how many a second.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "../wire.h"

#define BATCH 64
#define HOSTS 131072

struct frame {
	unsigned short pad;	/* not sent: aligns what follows */
	struct ether_header eth;
	struct iphdr ip;
	struct tcphdr tcp;
};

#define FRAME_LEN (sizeof(struct frame) - offsetof(struct frame, eth))

static struct frame template;
static struct frame frames[BATCH];
static struct mmsghdr messages[BATCH];
static struct iovec pieces[BATCH];

static unsigned char bit_of(char letter)
{
	switch (letter) {
	case 'F': return TH_FIN;
	case 'S': return TH_SYN;
	case 'R': return TH_RST;
	case 'P': return TH_PUSH;
	case 'A': return TH_ACK;
	}
	errx(2, "%c is no flag", letter);
}

static void fill_template(char **argv)
{
	const char *letter;
	unsigned char flags = 0;
	unsigned int mac[6], i;

	if (sscanf(argv[2], "%x:%x:%x:%x:%x:%x", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5]) != 6)
		errx(2, "%s is no MAC address", argv[2]);
	for (i = 0; i < 6; i++)
		template.eth.ether_dhost[i] = mac[i];
	template.eth.ether_type = htons(ETHERTYPE_IP);
	for (letter = argv[3]; *letter; letter++)
		flags |= bit_of(*letter);
	template.ip.version = 4;
	template.ip.ihl = 5;
	template.ip.ttl = 64;
	template.ip.protocol = IPPROTO_TCP;
	template.ip.tot_len = htons(sizeof(template.ip) + sizeof(template.tcp));
	template.ip.saddr = inet_addr(argv[4]);
	template.ip.daddr = inet_addr(argv[5]);
	template.tcp.dest = htons(atoi(argv[6]));
	template.tcp.source = htons(atoi(argv[7]));
	template.tcp.doff = 5;
	template.tcp.th_flags = flags;
	template.tcp.window = htons(1000);
	template.tcp.seq = htonl(1000000);
	if (flags & TH_ACK)
		template.tcp.ack_seq = htonl(2000000);
}

static void make_frame(struct frame *f, unsigned int i)
{
	unsigned int pseudo;

	*f = template;
	f->ip.saddr = htonl(ntohl(f->ip.saddr) + i % HOSTS);
	f->tcp.source = htons(ntohs(f->tcp.source) + i / HOSTS);
	pseudo = sum(IPPROTO_TCP + sizeof(f->tcp), &f->ip.saddr, 8);
	f->ip.check = htons(fold(sum(0, &f->ip, sizeof(f->ip))));
	f->tcp.check = htons(fold(sum(pseudo, &f->tcp, sizeof(f->tcp))));
}

static void send_batch(int fd, unsigned int n)
{
	unsigned int done = 0;
	int sent;

	while (done < n) {
		sent = sendmmsg(fd, messages + done, n - done, 0);
		if (sent < 0 && errno != ENOBUFS && errno != EAGAIN)
			err(1, "sendmmsg");
		if (sent <= 0)
			sched_yield();
		else
			done += sent;
	}
}

static int open_socket(const char *device)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_ifindex = if_nametoindex(device),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || !at.sll_ifindex ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		err(1, "%s", device);
	return fd;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	unsigned long count, i;
	unsigned int n = 0, number;
	double begin;
	int fd;

	if (argc != 9)
		errx(2, "usage: flood DEVICE MAC FLAGS NETWORK DESTINATION PORT SPORT COUNT");
	fill_template(argv);
	fd = open_socket(argv[1]);
	for (i = 0; i < BATCH; i++) {
		pieces[i] = (struct iovec){ &frames[i].eth, FRAME_LEN };
		messages[i].msg_hdr.msg_iov = &pieces[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	count = strtol(argv[8], NULL, 10);
	begin = seconds();
	for (i = 0; i < count || !count; i++) {
		if (count)
			number = i;
		else if (scanf("%u", &number) != 1)
			break;
		make_frame(&frames[n++], number);
		if (n == BATCH) {
			send_batch(fd, n);
			n = 0;
		}
	}
	send_batch(fd, n);
	printf("%lu %.0f\n", i, i / (seconds() - begin));
	return 0;
}
