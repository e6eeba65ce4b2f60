// SPDX-License-Identifier: GPL-2.0
/* What traffic.c does from a program, by sockets of the kernel's own. */
#include <linux/inet.h>
#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/sched/signal.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include "ttbench.h"

#define PIECE	65536
#define PORT	4000

/**
 * struct ends - both ends of connections
 * @listener: where the server waits
 * @net: the client's network namespace
 * @address: the server's
 * @buf: what is sent, and what is received
 */
struct ends {
	struct socket *listener;
	struct net *net;
	struct sockaddr_in address;
	char *buf[2];
};

static int dial(struct ends *e, struct socket **client, struct socket **server)
{
	int err = sock_create_kern(e->net, PF_INET, SOCK_STREAM, IPPROTO_TCP,
				   client);

	if (err)
		return err;
	err = kernel_connect(*client, (struct sockaddr *)&e->address,
			     sizeof(e->address), 0);
	if (!err)
		err = kernel_accept(e->listener, server, 0);
	if (err)
		sock_release(*client);
	return err;
}

static int receive(struct ends *e, struct socket *to, int flags)
{
	struct kvec v = { .iov_base = e->buf[1], .iov_len = PIECE };
	struct msghdr msg = { };

	return kernel_recvmsg(to, &msg, &v, 1, PIECE, flags);
}

static int move(struct ends *e, struct socket *from, struct socket *to,
		size_t size)
{
	size_t sent = 0, got = 0;

	while (got < size) {
		struct kvec v = { .iov_base = e->buf[0], .iov_len = size - sent };
		struct msghdr msg = { .msg_flags = MSG_DONTWAIT };
		int n = 0;

		if (sent < size)
			n = kernel_sendmsg(from, &msg, &v, 1, size - sent);
		if (n < 0 && n != -EAGAIN)
			return n;
		sent += max(n, 0);
		n = receive(e, to, sent == size ? 0 : MSG_DONTWAIT);
		if (n < 0 && n != -EAGAIN)
			return n;
		got += max(n, 0);
	}
	return 0;
}

static int bulk(struct ends *e, u32 count)
{
	struct socket *client, *server;
	int err = dial(e, &client, &server);

	if (err)
		return err;
	while (count-- && !err && !signal_pending(current))
		err = move(e, client, server, PIECE);
	sock_release(client);
	sock_release(server);
	return err;
}

static int connections(struct ends *e, u32 count)
{
	struct socket *client, *server;
	int err = 0;

	while (count-- && !err && !signal_pending(current)) {
		err = dial(e, &client, &server);
		if (err)
			return err;
		err = move(e, client, server, 1);
		if (!err)
			err = move(e, server, client, 1);
		sock_release(client);
		if (!err)
			receive(e, server, 0);
		sock_release(server);
	}
	return err;
}

static int prepare(struct ends *e, struct net *server)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
				   .sin_port = htons(PORT) };
	int err;

	e->address.sin_family = AF_INET;
	e->address.sin_port = any.sin_port;
	e->buf[0] = kvzalloc(PIECE, GFP_KERNEL);
	e->buf[1] = kvzalloc(PIECE, GFP_KERNEL);
	if (!e->buf[0] || !e->buf[1])
		return -ENOMEM;
	err = sock_create_kern(server, PF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &e->listener);
	if (err)
		return err;
	sock_set_reuseaddr(e->listener->sk);
	err = kernel_bind(e->listener, (struct sockaddr *)&any, sizeof(any));
	return err ? err : kernel_listen(e->listener, 100);
}

/**
 * traffic_run - time what sockets do
 * @what: "bulk": 64 KB through one connection, "connect": a connection with a
 *	byte there and back, closed by the client
 * @count: how often
 * @address: the server's IPv4 address
 * @client: its network namespace
 * @server: that of the server
 * @ns: how long one takes, nanoseconds
 *
 * A tenth of it is done before, and not timed.
 *
 * Return: 0 or a negative errno.
 */
int traffic_run(const char *what, u32 count, const char *address,
		struct net *client, struct net *server, u64 *ns)
{
	int (*run)(struct ends *e, u32 count) =
		strcmp(what, "bulk") ? connections : bulk;
	struct ends e = { .net = client };
	u64 begin;
	int err;

	if (!count ||
	    !in4_pton(address, -1, (u8 *)&e.address.sin_addr, -1, NULL))
		return -EINVAL;
	err = prepare(&e, server);
	if (!err)
		err = run(&e, count / 10 + 1);
	begin = ktime_get_raw_ns();
	if (!err)
		err = run(&e, count);
	*ns = div_u64(ktime_get_raw_ns() - begin, count);
	if (e.listener)
		sock_release(e.listener);
	kvfree(e.buf[0]);
	kvfree(e.buf[1]);
	return err ? err : signal_pending(current) ? -EINTR : 0;
}
