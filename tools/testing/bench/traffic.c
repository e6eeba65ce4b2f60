// SPDX-License-Identifier: GPL-2.0
/*
 * traffic: both ends of TCP connections in one process, so that nothing waits.
 *
 * usage: traffic bulk|connect COUNT ADDRESS [CLIENT-NETNS SERVER-NETNS]
 *
 * bulk: COUNT times 64 KB through one connection; connect: COUNT connections,
 * each with a byte there and back, closed by the client. Prints nanoseconds
 * (of CLOCK_MONOTONIC) for each.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PIECE	65536

static struct sockaddr_in address = { .sin_family = AF_INET };

static void enter(const char *netns)
{
	char path[256];
	int fd;

	if (!netns)
		return;
	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
}

static int server_socket(void)
{
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, len) || listen(fd, 100) ||
	    getsockname(fd, (struct sockaddr *)&address, &len))
		err(1, "server");
	return fd;
}

static void dial(int listener, int *client, int *server)
{
	*client = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(*client, (struct sockaddr *)&address, sizeof(address)))
		err(1, "connect");
	*server = accept(listener, NULL, NULL);
	if (*server < 0)
		err(1, "accept");
}

static void move(int from, int to, char *buf, size_t size)
{
	size_t sent = 0, got = 0;
	ssize_t n;

	while (got < size) {
		n = send(from, buf, size - sent, MSG_DONTWAIT);
		sent += n > 0 ? n : 0;
		n = recv(to, buf, PIECE, sent == size ? 0 : MSG_DONTWAIT);
		got += n > 0 ? n : 0;
	}
}

static void bulk(int listener, unsigned int count)
{
	static char buf[PIECE];
	static int client = -1, server;

	if (client < 0)
		dial(listener, &client, &server);
	while (count--)
		move(client, server, buf, PIECE);
}

static void connections(int listener, unsigned int count)
{
	int client, server;
	char byte = 0;

	while (count--) {
		dial(listener, &client, &server);
		move(client, server, &byte, 1);
		move(server, client, &byte, 1);
		close(client);
		recv(server, &byte, 1, 0);
		close(server);
	}
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	void (*run)(int listener, unsigned int count);
	unsigned int count;
	long long begin;
	int listener;

	if ((argc != 4 && argc != 6) ||
	    inet_pton(AF_INET, argv[3], &address.sin_addr) != 1) {
		fprintf(stderr, "usage: traffic bulk|connect COUNT ADDRESS [CLIENT-NETNS SERVER-NETNS]\n");
		return 2;
	}
	run = strcmp(argv[1], "bulk") ? connections : bulk;
	count = strtoul(argv[2], NULL, 10);
	enter(argc == 6 ? argv[5] : NULL);
	listener = server_socket();
	enter(argc == 6 ? argv[4] : NULL);
	run(listener, count / 10 + 1);
	begin = now();
	run(listener, count);
	printf("%lld\n", (now() - begin) / (count ? count : 1));
	return 0;
}
