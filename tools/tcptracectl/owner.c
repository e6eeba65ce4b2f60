// SPDX-License-Identifier: GPL-2.0
/*
 * Whose socket an endpoint is: /proc/net/tcp and tcp6 know its user and
 * inode, /proc/PID/fd which processes have that inode open.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "ctl.h"
#include "owner.h"

/*
 * Sockets come and go while lines are read: look again where one is missing,
 * but neither for each nor for most of the time.
 */
#define LOOK_AGAIN_MS	200
#define LOOK_AGAIN_COST	4

/**
 * struct name - one end of a connection
 * @addr: IPv6, or IPv4 mapped into it
 * @port: host byte order
 */
struct name {
	unsigned char addr[16];
	unsigned int port;
};

struct socket {
	struct name local;
	struct name remote;
	unsigned long inode;
	uid_t uid;
};

static struct {
	struct socket *sockets;
	size_t nsockets;
	struct process *processes;
	size_t nprocesses;
	long long look_again;
} known;

static void *grow(void *array, size_t n, size_t size)
{
	/* rooms are powers of two */
	if (n & (n - 1))
		return array;
	array = reallocarray(array, n ? 2 * n : 1, size);
	if (!array)
		err(EXIT_INPUT, "%zu sockets", n);
	return array;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int by_name(const void *a, const void *b)
{
	return memcmp(a, b, 2 * sizeof(struct name));
}

static int by_inode(const void *a, const void *b)
{
	const struct process *p = a, *q = b;

	if (p->inode != q->inode)
		return p->inode < q->inode ? -1 : 1;
	return p->pid - q->pid;
}

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

/* as the ABI writes it: address:port, [address]:port */
static bool parse_name(const char *text, struct name *name)
{
	const char *port = strrchr(text, ':');
	bool six = text[0] == '[';
	char addr[64];
	size_t len;

	memset(name, 0, sizeof(*name));
	if (!port)
		return false;
	len = port - text - 2 * six;
	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text + six, len);
	addr[len] = '\0';
	name->port = atoi(port + 1);
	if (six)
		return inet_pton(AF_INET6, addr, name->addr) == 1;
	memcpy(name->addr, mapped, sizeof(mapped));
	return inet_pton(AF_INET, addr, name->addr + 12) == 1;
}

/* as /proc/net/tcp writes it: words of the address in hexadecimal, port */
static bool parse_hex(const char *hex, struct name *name)
{
	const char *colon = strchr(hex, ':');
	unsigned int word, i, words;

	memset(name, 0, sizeof(*name));
	if (!colon || (colon - hex != 8 && colon - hex != 32))
		return false;
	words = (colon - hex) / 8;
	if (words == 1)
		memcpy(name->addr, mapped, sizeof(mapped));
	for (i = 0; i < words; i++) {
		if (sscanf(hex + 8 * i, "%8x", &word) != 1)
			return false;
		memcpy(name->addr + (words == 1 ? 12 : 4 * i), &word,
		       sizeof(word));
	}
	return sscanf(colon + 1, "%x", &name->port) == 1;
}

static void read_sockets(const char *path)
{
	char line[512], local[64], remote[64];
	FILE *file = fopen(path, "r");
	struct socket s;

	if (!file)	/* a kernel without IPv6 */
		return;
	while (fgets(line, sizeof(line), file)) {
		memset(&s, 0, sizeof(s));
		if (sscanf(line, " %*u: %63s %63s %*x %*s %*s %*s %u %*u %lu",
			   local, remote, &s.uid, &s.inode) != 4 ||
		    !parse_hex(local, &s.local) ||
		    !parse_hex(remote, &s.remote))
			continue;
		/* TIME-WAIT and orphans belong to nobody */
		if (!s.inode)
			continue;
		known.sockets = grow(known.sockets, known.nsockets, sizeof(s));
		known.sockets[known.nsockets++] = s;
	}
	fclose(file);
}

static void read_comm(struct process *p)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", p->pid);
	file = fopen(path, "r");
	if (!file)
		return;
	if (fgets(p->comm, sizeof(p->comm), file))
		p->comm[strcspn(p->comm, "\n")] = '\0';
	fclose(file);
}

static void read_process(const char *pid)
{
	struct process p = { .pid = atoi(pid) };
	struct dirent *entry;
	char path[300], target[64];
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	if (!dir)	/* gone, or not ours to see */
		return;
	while ((entry = readdir(dir))) {
		len = readlinkat(dirfd(dir), entry->d_name, target,
				 sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (sscanf(target, "socket:[%lu]", &p.inode) != 1)
			continue;
		if (!p.comm[0])
			read_comm(&p);
		known.processes = grow(known.processes, known.nprocesses,
				       sizeof(p));
		known.processes[known.nprocesses++] = p;
	}
	closedir(dir);
}

static void read_processes(void)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	if (!dir)
		err(EXIT_INPUT, "/proc");
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			read_process(entry->d_name);
	closedir(dir);
}

/**
 * owner_forget - the next owner_of() looks at the sockets anew
 */
void owner_forget(void)
{
	free(known.sockets);
	free(known.processes);
	memset(&known, 0, sizeof(known));
}

static void look(void)
{
	long long begin = now_ms();

	owner_forget();
	read_sockets("/proc/net/tcp");
	read_sockets("/proc/net/tcp6");
	read_processes();
	if (known.nsockets)
		qsort(known.sockets, known.nsockets, sizeof(*known.sockets),
		      by_name);
	if (known.nprocesses)
		qsort(known.processes, known.nprocesses,
		      sizeof(*known.processes), by_inode);
	known.look_again = now_ms() + LOOK_AGAIN_MS +
			   LOOK_AGAIN_COST * (now_ms() - begin);
}

static const struct socket *find(const struct socket *key)
{
	return known.nsockets ? bsearch(key, known.sockets, known.nsockets,
					sizeof(*key), by_name) : NULL;
}

static void find_processes(unsigned long inode, struct owner *owner)
{
	size_t low = 0, high = known.nprocesses;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (known.processes[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	owner->processes = known.processes + low;
	owner->nprocesses = 0;
	while (low < known.nprocesses && known.processes[low].inode == inode) {
		owner->nprocesses++;
		low++;
	}
}

/**
 * owner_of - whose socket is it?
 * @local: address and port of the socket
 * @remote: those of its peer
 * @owner: filled in; its processes are valid until the next call
 *
 * Return: false if no socket of this network namespace has these names, or
 * nobody holds it any more.
 */
bool owner_of(const char *local, const char *remote, struct owner *owner)
{
	const struct socket *found;
	struct socket key;

	memset(&key, 0, sizeof(key));
	if (!parse_name(local, &key.local) || !parse_name(remote, &key.remote))
		return false;
	found = find(&key);
	if (!found && now_ms() > known.look_again) {
		look();
		found = find(&key);
	}
	if (!found)
		return false;
	owner->uid = found->uid;
	find_processes(found->inode, owner);
	return true;
}
