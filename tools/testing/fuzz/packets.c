// SPDX-License-Identifier: GPL-2.0
/*
 * Packets for a live module, from a tun device and from raw sockets.
 *
 * packets exact COUNT		COUNT packets of each malformed kind; prints
 *				"COUNTER n" for each counter of the module that
 *				must have grown by n
 * packets random COUNT SEED	conversations, mutated in every way
 *
 * The namespace is that of 20-fuzz.py: HERE is local, THERE behind HERE.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "../wire.h"

#define DEVICE		"fz"
#define PACKET_MAX	600
#define PAIRS		64
#define FIRST_PORT	20000

#define FIN 1
#define SYN 2
#define RST 4
#define ACK 16

/* one conversation: who has said how much */
struct pair {
	__u32 next[2];
	__u8 family;
	__u8 to;	/* last byte of the second address */
};

struct packet {
	__u8 bytes[PACKET_MAX];
	unsigned int ip;	/* length of the IP headers */
	unsigned int len;
	bool six;
};

static struct pair pairs[PAIRS];
static __u64 seed;
static int tun, raw4, raw6;

static __u32 rnd(__u32 below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 32) % below;
}

static __u32 get32(const __u8 *p)
{
	return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* addresses: 10.9.0.1 is HERE, 10.10.0.x and beyond THERE; fd09::, fd0a:: */
static void put_address(struct packet *p, unsigned int which, __u8 host)
{
	__u8 net = host == 1 || which == 0 ? 9 : 10;

	if (p->six) {
		__u8 *a = p->bytes + 8 + 16 * which;

		memset(a, 0, 16);
		a[0] = 0xfd;
		a[1] = net;
		a[15] = host;
	} else {
		__u8 *a = p->bytes + 12 + 4 * which;

		a[0] = 10;
		a[1] = net;
		a[2] = 0;
		a[3] = host;
	}
}

static void swap_addresses(struct packet *p)
{
	unsigned int size = p->six ? 16 : 4;
	__u8 *a = p->bytes + (p->six ? 8 : 12), old[16];

	memcpy(old, a, size);
	memcpy(a, a + size, size);
	memcpy(a + size, old, size);
}

/* the IP header, with @extra bytes of IPv6 destination options */
static void put_ip(struct packet *p, bool six, unsigned int extra)
{
	memset(p, 0, sizeof(*p));
	p->six = six;
	p->ip = six ? 40 + extra : 20;
	p->bytes[0] = six ? 0x60 : 0x45;
	p->bytes[six ? 7 : 8] = 64;
	p->bytes[six ? 6 : 9] = 6;
	if (!six || !extra)
		return;
	p->bytes[6] = 60;
	p->bytes[40] = 6;
	p->bytes[41] = extra / 8 - 1;
	p->bytes[42] = 1;	/* PadN */
	p->bytes[43] = extra - 4;
}

static void finish_ip(struct packet *p, unsigned int tcp_len)
{
	p->len = p->ip + tcp_len;
	if (p->six) {
		put16(p->bytes + 4, p->len - 40);
		return;
	}
	put16(p->bytes + 2, p->len);
	put16(p->bytes + 10, 0);
	put16(p->bytes + 10, fold(sum(0, p->bytes, 20)));
}

static void finish_tcp(struct packet *p)
{
	__u8 *tcp = p->bytes + p->ip;
	unsigned int len = p->len - p->ip;
	__u32 pseudo = sum(6 + len, p->bytes + (p->six ? 8 : 12),
			      p->six ? 32 : 8);

	put16(tcp + 16, 0);
	put16(tcp + 16, fold(sum(pseudo, tcp, len)));
}

static void put_tcp(struct packet *p, __u16 sport, __u16 dport,
		    __u32 seq, __u32 ack, __u8 flags)
{
	__u8 *tcp = p->bytes + p->ip;

	put16(tcp, sport);
	put16(tcp + 2, dport);
	put32(tcp + 4, seq);
	put32(tcp + 8, flags & ACK ? ack : 0);
	tcp[12] = 0x50;
	tcp[13] = flags;
	put16(tcp + 14, 1 + rnd(65535));
}

static void send_tun(const struct packet *p)
{
	/* what the kernel will not have as a packet is no concern of ours */
	if (write(tun, p->bytes, p->len) < 0)
		return;
}

static void send_raw(const struct packet *p)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };

	if (p->six) {
		memcpy(&to6.sin6_addr, p->bytes + 24, 16);
		sendto(raw6, p->bytes, p->len, 0, (void *)&to6, sizeof(to6));
	} else {
		memcpy(&to4.sin_addr, p->bytes + 16, 4);
		sendto(raw4, p->bytes, p->len, 0, (void *)&to4, sizeof(to4));
	}
}

/* ---- exact: of each packet it is known what must be counted */

enum malformed { OFFSET_SMALL, OFFSET_LARGE, SHORT, OPTION, SUM, FRAGMENT, KINDS };

static const char * const counters[KINDS] = {
	[OFFSET_SMALL]	= "malformed_data_offset",
	[OFFSET_LARGE]	= "malformed_data_offset",
	[SHORT]		= "malformed_truncated",
	[OPTION]	= "malformed_option",
	[SUM]		= "malformed_checksum",
	[FRAGMENT]	= "fragments",
};

static void make_malformed(struct packet *p, enum malformed kind, bool six)
{
	unsigned int len = 20 + rnd(200);
	__u8 *tcp;

	put_ip(p, six, six && kind != FRAGMENT ? rnd(3) * 8 : 0);
	put_address(p, 0, 2 + rnd(200));
	put_address(p, 1, kind == FRAGMENT ? 2 + rnd(200) : 1);
	put_tcp(p, 1024 + rnd(60000), 1 + rnd(60000), rnd(-1), rnd(-1), ACK);
	tcp = p->bytes + p->ip;
	switch (kind) {
	case OFFSET_SMALL:
		tcp[12] = rnd(5) << 4;
		break;
	case OFFSET_LARGE:
		len = 20 + rnd(4);
		tcp[12] = (6 + rnd(10)) << 4;
		break;
	case SHORT:
		len = rnd(20);
		break;
	case OPTION:	/* a length of 0, 1, or past the header's end */
		len += 4;
		tcp[12] = 0x60;
		tcp[20] = 2 + rnd(250);
		tcp[21] = rnd(2) ? rnd(2) : 5 + rnd(250);
		break;
	case SUM:
	case FRAGMENT:
	case KINDS:
		break;
	}
	if (kind == FRAGMENT && six) {
		memmove(p->bytes + 48, p->bytes + 40, len);
		memset(p->bytes + 40, 0, 8);
		p->bytes[6] = 44;
		p->bytes[40] = 6;
		put16(p->bytes + 42, (1 + rnd(1000)) << 3 | rnd(2));
		p->ip += 8;
	} else if (kind == FRAGMENT) {
		put16(p->bytes + 6, 1 + rnd(8000));
	}
	finish_ip(p, len);
	if (len >= 18)
		finish_tcp(p);
	if (kind == SUM)
		p->bytes[p->ip + 16] ^= 1 + rnd(255);
}

static void exact(unsigned long count)
{
	unsigned long i;
	struct packet p;
	int kind;

	for (kind = 0; kind < KINDS; kind++) {
		for (i = 0; i < count; i++) {
			make_malformed(&p, kind, i & 1);
			send_tun(&p);
		}
		printf("%s %lu\n", counters[kind], count);
	}
}

/* ---- random */

static void put_options(struct packet *p, unsigned int *len)
{
	static const __u8 usual[] = {
		2, 4, 5, 180, 4, 2, 3, 3, 7, 1, 1, 1, 8, 10, 0, 0, 0, 9, 0, 0,
		0, 0, 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9, 34, 6, 1, 2, 3, 4,
	};
	unsigned int words = rnd(11), i;
	__u8 *tcp = p->bytes + p->ip;

	for (i = 0; i < words * 4; i++)
		tcp[20 + i] = rnd(4) ? usual[i] : rnd(256);
	tcp[12] = (5 + words) << 4;
	*len += words * 4;
}

/* mostly what comes next */
static __u32 near(__u32 n)
{
	static const int offsets[] = { -1, 1, -1460, 1460, -70000, 70000 };

	switch (rnd(16)) {
	case 0:
		return rnd(-1);
	case 1:
	case 2:
		return n + offsets[rnd(6)];
	}
	return n;
}

static void converse(struct packet *p)
{
	static const __u8 flags[] = {
		SYN, SYN | ACK, ACK, ACK, ACK, ACK | 8, ACK, FIN | ACK, RST,
		RST | ACK, SYN, ACK,
	};
	unsigned int i = rnd(PAIRS), from = rnd(2), len = 20, payload;
	struct pair *pair = &pairs[i];
	__u8 f = rnd(20) ? flags[rnd(sizeof(flags))] : rnd(256);
	__u16 port = FIRST_PORT + i;

	put_ip(p, pair->family == 6, rnd(8) ? 0 : 8 * (1 + rnd(8)));
	put_address(p, 0, 2 + i);
	put_address(p, 1, pair->to);
	if (from)
		swap_addresses(p);
	put_tcp(p, from ? 80 : port, from ? port : 80,
		near(pair->next[from]), near(pair->next[!from]), f);
	if (!rnd(3))
		put_options(p, &len);
	payload = f & SYN || rnd(2) ? 0 : rnd(300);
	finish_ip(p, len + payload);
	finish_tcp(p);
	pair->next[from] = get32(p->bytes + p->ip + 4) + payload +
			   !!(f & SYN) + !!(f & FIN);
	if (!rnd(64))
		pair->next[0] = rnd(-1);
}

static void mutate(struct packet *p)
{
	unsigned int n = 1 + rnd(4);

	switch (rnd(12)) {
	case 0:
		while (n--)
			p->bytes[rnd(p->len)] ^= 1 << rnd(8);
		return;
	case 1:
		p->bytes[p->ip + rnd(20)] = rnd(256);
		finish_tcp(p);
		return;
	case 2:
		p->len = 1 + rnd(p->len);
		return;
	case 3:
		for (n = rnd(p->len); n < p->len; n++)
			p->bytes[n] = rnd(256);
		p->bytes[0] = p->six ? 0x60 : 0x40 | (rnd(4) ? 5 : rnd(16));
		return;
	case 4:
		finish_ip(p, p->len - p->ip + rnd(40));
		return;
	}
}

/* what a socket of HERE answers: its number is what comes next */
static void listen_in(void)
{
	__u8 b[2000];
	ssize_t got;

	while ((got = read(tun, b, sizeof(b))) > 0) {
		const __u8 *tcp = b + (b[0] >> 4 == 6 ? 40 : 20);
		unsigned int i = tcp[2] << 8 | tcp[3];

		if (tcp + 20 > b + got || i < FIRST_PORT ||
		    i >= FIRST_PORT + PAIRS || !(tcp[13] & SYN))
			continue;
		pairs[i - FIRST_PORT].next[1] = get32(tcp + 4) + 1;
	}
}

static void at_random(unsigned long count)
{
	struct packet p;
	unsigned long i;

	for (i = 0; i < PAIRS; i++) {
		pairs[i].family = i & 1 ? 6 : 4;
		pairs[i].to = i & 2 ? 1 : 100 + i;
		pairs[i].next[0] = i & 4 ? rnd(-1) : (__u32)-rnd(1000);
		pairs[i].next[1] = i & 8 ? rnd(-1) : (__u32)-rnd(1000);
	}
	for (i = 0; i < count; i++) {
		converse(&p);
		mutate(&p);
		if (rnd(8))
			send_tun(&p);
		else
			send_raw(&p);
		if (!(i & 7))
			listen_in();
	}
}

static void open_all(void)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	strcpy(request.ifr_name, DEVICE);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &request))
		err(1, "tun");
	raw4 = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_RAW);
	raw6 = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_RAW);
	if (raw4 < 0 || raw6 < 0)
		err(1, "raw socket");
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: packets exact|random COUNT [SEED]");
	open_all();
	seed = 0x9e3779b97f4a7c15 ^ (argc > 3 ? strtoull(argv[3], NULL, 10) : 1);
	if (!strcmp(argv[1], "exact"))
		exact(strtoul(argv[2], NULL, 10));
	else
		at_random(strtoul(argv[2], NULL, 10));
	return 0;
}
