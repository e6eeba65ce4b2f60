// SPDX-License-Identifier: GPL-2.0
/*
 * chaos: connections opened, used and closed in every way that sockets have.
 *
 * usage: chaos CLIENT-NETNS SERVER-NETNS CLIENT-ADDR SERVER-ADDR SEED
 *	  FIRST-PORT COUNT THREADS
 *
 * Each thread makes COUNT connections, one after the other, both ends of each,
 * from its own sequence of random numbers: the same arguments make the same
 * calls. The clients' ports go from FIRST-PORT, below 40000, upwards.
 * Every connection has a 4-tuple of its own, but where a tuple in TIME-WAIT is
 * used again on purpose. Prints how many there were of each kind.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS	30000	/* a lossy path repeats with backoff */
#define THREADS_MAX	256
#define SERVER_PORT	1024
#define BIG		200000

static const char *netns[2];
static struct sockaddr_storage addr[2];
static socklen_t addr_len;
static unsigned int per_thread;
static char noise[BIG];

enum { CLIENT, SERVER };

/* one connection of one thread */
struct pair {
	unsigned int random;
	unsigned int thread;
	unsigned int cport;
	int ns[2];
	int fd[2];
	int listener;
};

static unsigned int roll(struct pair *p, unsigned int sides)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 17;
	p->random ^= p->random << 5;
	return p->random % sides;
}

static void pause_ms(unsigned int ms)
{
	usleep(ms * 1000);
}

static struct sockaddr_storage name_of(int side, unsigned int port)
{
	struct sockaddr_storage name = addr[side];

	if (name.ss_family == AF_INET)
		((struct sockaddr_in *)&name)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)&name)->sin6_port = htons(port);
	return name;
}

static unsigned int server_port(const struct pair *p)
{
	return SERVER_PORT + p->thread;
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int new_socket(struct pair *p, int side)
{
	int fd;

	if (setns(p->ns[side], CLONE_NEWNET))
		err(1, "setns");
	fd = socket(addr[side].ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd < 0)
		err(1, "socket");
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	return fd;
}

static int bound(struct pair *p, int side, unsigned int port)
{
	struct sockaddr_storage name = name_of(side, port);
	int fd = new_socket(p, side);

	if (bind(fd, (struct sockaddr *)&name, addr_len))
		err(1, "bind to port %u", port);
	return fd;
}

static bool ready(int fd, short events)
{
	struct pollfd poller = { .fd = fd, .events = events };

	return poll(&poller, 1, PATIENCE_MS) == 1;
}

static int begin_connect(struct pair *p, int side, int fd, unsigned int port)
{
	struct sockaddr_storage name = name_of(!side, port);

	(void)p;
	return connect(fd, (struct sockaddr *)&name, addr_len);
}

static void listen_at(struct pair *p, int backlog)
{
	p->listener = bound(p, SERVER, server_port(p));
	if (!roll(p, 8))
		set(p->listener, SOL_SOCKET, SO_RCVBUF, 2000 << roll(p, 6));
	if (!roll(p, 16))
		set(p->listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
	set(p->listener, IPPROTO_TCP, TCP_FASTOPEN, 8);
	if (listen(p->listener, backlog))
		err(1, "listen");
}

/* ---- opening ---- */

static bool open_pair(struct pair *p, bool fast)
{
	listen_at(p, 8);
	p->fd[CLIENT] = bound(p, CLIENT, p->cport);
	if (!roll(p, 8))
		set(p->fd[CLIENT], SOL_SOCKET, SO_RCVBUF, 2000 << roll(p, 6));
	if (!roll(p, 8))
		set(p->fd[CLIENT], IPPROTO_TCP, TCP_MAXSEG, 88 + roll(p, 1200));
	if (!roll(p, 6)) {
		set(p->fd[CLIENT], SOL_SOCKET, SO_KEEPALIVE, 1);
		set(p->fd[CLIENT], IPPROTO_TCP, TCP_KEEPIDLE, 1);
		set(p->fd[CLIENT], IPPROTO_TCP, TCP_KEEPINTVL, 1);
	}
	if (fast) {
		struct sockaddr_storage name = name_of(SERVER, server_port(p));

		sendto(p->fd[CLIENT], noise, 1 + roll(p, 1000), MSG_FASTOPEN,
		       (struct sockaddr *)&name, addr_len);
	} else {
		begin_connect(p, CLIENT, p->fd[CLIENT], server_port(p));
	}
	if (!ready(p->fd[CLIENT], POLLOUT))
		return false;
	if (!roll(p, 4) || fast)	/* else TCP_DEFER_ACCEPT would wait */
		send(p->fd[CLIENT], noise, 1 + roll(p, 100), MSG_NOSIGNAL);
	if (!ready(p->listener, POLLIN))
		return false;
	p->fd[SERVER] = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK);
	return p->fd[SERVER] >= 0;
}

static bool open_at_once(struct pair *p)
{
	unsigned int other = 40000 + p->thread;

	p->fd[CLIENT] = bound(p, CLIENT, p->cport);
	p->fd[SERVER] = bound(p, SERVER, other);
	begin_connect(p, CLIENT, p->fd[CLIENT], other);
	begin_connect(p, SERVER, p->fd[SERVER], p->cport);
	ready(p->fd[CLIENT], POLLOUT);
	return ready(p->fd[SERVER], POLLOUT);
}

/* ---- use ---- */

/* read what is there; true: nothing will come any more */
static bool drain(int fd)
{
	static __thread char sink[65536];
	ssize_t n;

	do {
		n = recv(fd, sink, sizeof(sink), 0);
	} while (n > 0);
	return !n || errno != EAGAIN;
}

/* write all of it while the other end reads, or give up */
static void push(struct pair *p, int side, unsigned int size, int flags)
{
	unsigned int done = 0, idle = 0;

	while (done < size && idle < 200) {
		ssize_t n = send(p->fd[side], noise + done, size - done,
				 flags | MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return;
		if (n > 0)
			done += n;
		else if (idle++ < 200)
			pause_ms(5);
		drain(p->fd[!side]);
	}
}

static void fill_window(struct pair *p, int side)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		while (send(p->fd[side], noise, BIG, MSG_NOSIGNAL) > 0)
			;
		pause_ms(10 + roll(p, 20));
	}
	if (!roll(p, 3))
		pause_ms(600);	/* time for window probes */
	for (i = 0; i < 10; i++) {
		drain(p->fd[!side]);
		pause_ms(10);
	}
}

static void corked(struct pair *p, int side)
{
	unsigned int i;

	set(p->fd[side], IPPROTO_TCP, TCP_CORK, 1);
	for (i = 0; i < 10; i++)
		send(p->fd[side], noise, 1 + roll(p, 700), MSG_NOSIGNAL);
	set(p->fd[side], IPPROTO_TCP, TCP_CORK, 0);
}

static void spliced(struct pair *p, int side)
{
	int file = open("/proc/self/exe", O_RDONLY);
	off_t offset = 0;

	if (file < 0)
		return;
	sendfile(p->fd[side], file, &offset, 1 + roll(p, 15000));
	close(file);
}

static void use(struct pair *p)
{
	unsigned int times = roll(p, 4);

	while (times--) {
		int side = roll(p, 2);

		switch (roll(p, 11)) {
		case 0:
			push(p, side, 1 + roll(p, 100), 0);
			break;
		case 1:
			push(p, side, 1 + roll(p, 20000), MSG_MORE);
			break;
		case 2:
			push(p, side, BIG, 0);
			break;
		case 3:
			send(p->fd[side], noise, 1 + roll(p, 10),
			     MSG_OOB | MSG_NOSIGNAL);
			break;
		case 4:
			fill_window(p, side);
			break;
		case 5:
			corked(p, side);
			break;
		case 6:
			spliced(p, side);
			break;
		case 7:
			if (!roll(p, 4))
				pause_ms(1200);	/* keepalives */
			break;
		case 8:
			set(p->fd[side], IPPROTO_TCP, TCP_NODELAY, 1);
			break;
		case 9:
			set(p->fd[side], SOL_SOCKET, SO_RCVBUF,
			    1000 << roll(p, 8));
			break;
		case 10:
			drain(p->fd[side]);
			break;
		}
	}
}

/* ---- closing ---- */

static void end_socket(struct pair *p, int side)
{
	if (p->fd[side] >= 0)
		close(p->fd[side]);
	p->fd[side] = -1;
}

static void linger(int fd, int seconds)
{
	struct linger l = { 1, seconds };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

static void read_to_end(struct pair *p, int side)
{
	while (!drain(p->fd[side]) && ready(p->fd[side], POLLIN))
		;
}

static void finish(struct pair *p)
{
	int first = roll(p, 2), other = !first;

	switch (roll(p, 12)) {
	case 0:		/* one closes, the other reads the end and closes */
	case 1:
		end_socket(p, first);
		read_to_end(p, other);
		break;
	case 2:		/* both at once */
		shutdown(p->fd[first], SHUT_WR);
		shutdown(p->fd[other], SHUT_WR);
		break;
	case 3:		/* half-close, then data the other way */
		shutdown(p->fd[first], SHUT_WR);
		read_to_end(p, other);
		push(p, other, 1 + roll(p, 30000), 0);
		end_socket(p, other);
		read_to_end(p, first);
		break;
	case 4:		/* reset */
		linger(p->fd[first], 0);
		end_socket(p, first);
		pause_ms(roll(p, 30));
		break;
	case 5:		/* with unread data */
		send(p->fd[other], noise, 1 + roll(p, 3000), MSG_NOSIGNAL);
		pause_ms(roll(p, 100));
		end_socket(p, first);
		break;
	case 6:		/* the other still talks to an orphan */
		end_socket(p, first);
		pause_ms(roll(p, 60));
		send(p->fd[other], noise, 1 + roll(p, 3000), MSG_NOSIGNAL);
		pause_ms(roll(p, 60));
		break;
	case 7:
		shutdown(p->fd[first], SHUT_RDWR);
		pause_ms(roll(p, 20));
		shutdown(p->fd[other], SHUT_RDWR);
		break;
	case 8:		/* nothing more is read */
		shutdown(p->fd[first], SHUT_RD);
		push(p, other, 1 + roll(p, 3000), 0);
		end_socket(p, first);
		break;
	case 9:		/* reset in CLOSE-WAIT */
		shutdown(p->fd[first], SHUT_WR);
		pause_ms(roll(p, 100));
		linger(p->fd[other], 0);
		end_socket(p, other);
		break;
	case 10:	/* an orphan that does not wait for the FIN */
		set(p->fd[first], IPPROTO_TCP, TCP_LINGER2, roll(p, 2) ? -1 : 1);
		end_socket(p, first);
		pause_ms(roll(p, 150));
		break;
	case 11:	/* data and FIN without a pause */
		send(p->fd[first], noise, 1 + roll(p, 5000), MSG_NOSIGNAL);
		end_socket(p, first);
		end_socket(p, other);
		break;
	}
	pause_ms(roll(p, 10));
	end_socket(p, roll(p, 2));
	end_socket(p, CLIENT);
	end_socket(p, SERVER);
}

/* ---- kinds of connections ---- */

static void ordinary(struct pair *p)
{
	if (open_pair(p, false)) {
		use(p);
		finish(p);
	}
}

static void fast_open(struct pair *p)
{
	if (open_pair(p, true)) {
		use(p);
		finish(p);
	}
}

static void simultaneous(struct pair *p)
{
	if (open_at_once(p)) {
		use(p);
		finish(p);
	}
}

static void refused(struct pair *p)
{
	p->fd[CLIENT] = bound(p, CLIENT, p->cport);
	begin_connect(p, CLIENT, p->fd[CLIENT], server_port(p));
	ready(p->fd[CLIENT], POLLOUT);
}

static void abandoned(struct pair *p)	/* closed in SYN-SENT, perhaps */
{
	listen_at(p, 4);
	p->fd[CLIENT] = bound(p, CLIENT, p->cport);
	begin_connect(p, CLIENT, p->fd[CLIENT], server_port(p));
	end_socket(p, CLIENT);
	pause_ms(roll(p, 200));
}

static void not_accepted(struct pair *p)	/* the listener goes */
{
	listen_at(p, 4);
	p->fd[CLIENT] = bound(p, CLIENT, p->cport);
	begin_connect(p, CLIENT, p->fd[CLIENT], server_port(p));
	ready(p->fd[CLIENT], POLLOUT);
	if (roll(p, 2))
		send(p->fd[CLIENT], noise, roll(p, 2000), MSG_NOSIGNAL);
	pause_ms(roll(p, 100));
	close(p->listener);
	p->listener = -1;
	pause_ms(roll(p, 50));
}

static void reused(struct pair *p)	/* in TIME-WAIT */
{
	if (!open_pair(p, false))
		return;
	end_socket(p, CLIENT);
	read_to_end(p, SERVER);
	end_socket(p, SERVER);
	close(p->listener);
	pause_ms(1100 + roll(p, 200));	/* timestamps must have moved on */
	if (open_pair(p, false))
		finish(p);
}

static const struct kind {
	const char *name;
	void (*make)(struct pair *p);
	unsigned int weight;
} kinds[] = {
	{ "ordinary", ordinary, 60 },
	{ "fast_open", fast_open, 8 },
	{ "simultaneous", simultaneous, 8 },
	{ "refused", refused, 4 },
	{ "abandoned", abandoned, 6 },
	{ "not_accepted", not_accepted, 6 },
	{ "reused", reused, 8 },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static unsigned int made[KINDS];

static void make_one(struct pair *p)
{
	unsigned int i = 0, die = roll(p, 100);

	while (die >= kinds[i].weight)
		die -= kinds[i++].weight;
	p->fd[CLIENT] = -1;
	p->fd[SERVER] = -1;
	p->listener = -1;
	p->cport++;
	kinds[i].make(p);
	end_socket(p, CLIENT);
	end_socket(p, SERVER);
	if (p->listener >= 0)
		close(p->listener);
	__atomic_add_fetch(&made[i], 1, __ATOMIC_RELAXED);
}

static void *work(void *argument)
{
	struct pair *p = argument;
	unsigned int i;

	for (i = 0; i < per_thread; i++)
		make_one(p);
	return NULL;
}

static int open_netns(const char *name)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void parse_address(int side, const char *text)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&addr[side];
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&addr[side];

	if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
		addr[side].ss_family = AF_INET;
		addr_len = sizeof(*four);
	} else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
		addr[side].ss_family = AF_INET6;
		addr_len = sizeof(*six);
	} else {
		errx(2, "%s is no address", text);
	}
}

int main(int argc, char **argv)
{
	static struct pair pairs[THREADS_MAX];
	static pthread_t threads[THREADS_MAX];
	unsigned int i, seed, nthreads;

	if (argc != 9)
		errx(2, "usage: chaos CLIENT-NETNS SERVER-NETNS CLIENT-ADDR SERVER-ADDR SEED FIRST-PORT COUNT THREADS");
	netns[CLIENT] = argv[1];
	netns[SERVER] = argv[2];
	parse_address(CLIENT, argv[3]);
	parse_address(SERVER, argv[4]);
	seed = strtoul(argv[5], NULL, 0);
	nthreads = strtoul(argv[8], NULL, 0);
	if (!nthreads || nthreads > THREADS_MAX)
		errx(2, "1 to %d threads", THREADS_MAX);
	per_thread = strtoul(argv[7], NULL, 0);
	signal(SIGPIPE, SIG_IGN);	/* sendfile() has no MSG_NOSIGNAL */

	for (i = 0; i < nthreads; i++) {
		struct pair *p = &pairs[i];

		p->thread = i;
		p->random = (seed * 2654435761u) ^ (i * 40503u + 1) ^ 0x5eed;
		p->cport = strtoul(argv[6], NULL, 0);
		p->ns[CLIENT] = open_netns(netns[CLIENT]);
		p->ns[SERVER] = open_netns(netns[SERVER]);
		if (pthread_create(&threads[i], NULL, work, p))
			errx(1, "pthread_create");
	}
	for (i = 0; i < nthreads; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < KINDS; i++)
		printf("%s %u\n", kinds[i].name, made[i]);
	return 0;
}
