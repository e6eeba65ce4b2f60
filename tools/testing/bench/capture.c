// SPDX-License-Identifier: GPL-2.0
/*
 * capture: write a pcap of whole connections to standard output.
 *
 * usage: capture MEGABYTES
 *
 * A thousand connections at a time, interleaved: handshake, 40 segments of
 * data with their ACKs, four-way close. Checksums are right.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../wire.h"

#define AT_ONCE		1000
#define SEGMENTS	40
#define PAYLOAD		1000
#define STEPS		(3 + 2 * SEGMENTS + 4)

#define FIN 1
#define SYN 2
#define ACK 16

static uint64_t written, packets;

static void emit(uint32_t conn, int from_client, uint8_t flags, uint32_t seq,
		 uint32_t ack, unsigned int len)
{
	static uint8_t packet[54 + PAYLOAD];
	uint8_t *ip = packet + 14, *tcp = ip + 20;
	uint32_t client = 0x0a000000 + (conn >> 12), server = 0xc0a80001;
	unsigned int cport = 1024 + (conn & 0xfff);
	uint32_t head[4] = { packets / 100000, packets % 100000 * 10,
			     54 + len, 54 + len };

	put16(packet + 12, 0x0800);
	memset(ip, 0, 40);
	ip[0] = 0x45;
	put16(ip + 2, 40 + len);
	ip[8] = 64;
	ip[9] = 6;
	put32(ip + 12, from_client ? client : server);
	put32(ip + 16, from_client ? server : client);
	put16(ip + 10, fold(sum(0, ip, 20)));
	put16(tcp, from_client ? cport : 80);
	put16(tcp + 2, from_client ? 80 : cport);
	put32(tcp + 4, seq);
	put32(tcp + 8, ack);
	tcp[12] = 5 << 4;
	tcp[13] = flags;
	put16(tcp + 14, 65000);
	put16(tcp + 16, fold(sum(sum(6 + 20 + len, ip + 12, 8), tcp,
				 20 + len)));
	fwrite(head, sizeof(head), 1, stdout);
	fwrite(packet, 54 + len, 1, stdout);
	written += sizeof(head) + 54 + len;
	packets++;
}

static void step(uint32_t conn, unsigned int i)
{
	uint32_t x = conn * 2654435761u, y = x ^ 0x5bd1e995;
	uint32_t fin = y + 1 + SEGMENTS * PAYLOAD;

	if (i == 0)
		emit(conn, 1, SYN, x, 0, 0);
	else if (i == 1)
		emit(conn, 0, SYN | ACK, y, x + 1, 0);
	else if (i == 2)
		emit(conn, 1, ACK, x + 1, y + 1, 0);
	else if (i < 3 + 2 * SEGMENTS && i % 2)
		emit(conn, 0, ACK, y + 1 + (i - 3) / 2 * PAYLOAD, x + 1,
		     PAYLOAD);
	else if (i < 3 + 2 * SEGMENTS)
		emit(conn, 1, ACK, x + 1, y + 1 + (i - 2) / 2 * PAYLOAD, 0);
	else if (i == STEPS - 4)
		emit(conn, 0, FIN | ACK, fin, x + 1, 0);
	else if (i == STEPS - 3)
		emit(conn, 1, ACK, x + 1, fin + 1, 0);
	else if (i == STEPS - 2)
		emit(conn, 1, FIN | ACK, x + 1, fin + 1, 0);
	else
		emit(conn, 0, ACK, fin + 1, x + 2, 0);
}

int main(int argc, char **argv)
{
	static const uint32_t head[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535,
					  1 };
	uint64_t goal = argc == 2 ? strtoull(argv[1], NULL, 10) << 20 : 0;
	uint32_t first, i, n;

	if (!goal) {
		fprintf(stderr, "usage: capture MEGABYTES\n");
		return 2;
	}
	fwrite(head, sizeof(head), 1, stdout);
	for (first = 0; written < goal; first += AT_ONCE)
		for (i = 0; i < STEPS; i++)
			for (n = 0; n < AT_ONCE; n++)
				step(first + n, i);
	fprintf(stderr, "%llu\n", (unsigned long long)packets);
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
