// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ctl.h"
#include "netns.h"

#define NAMED	"/run/netns"

/**
 * netns_enter - go into a network namespace
 * @name: a name of ip-netns(8), or a process ID
 *
 * Ends the program with the documented exit code if that is not possible.
 */
void netns_enter(const char *name)
{
	char path[NETNS_NAME_MAX + 32];
	int fd;

	snprintf(path, sizeof(path),
		 filter_is_number(name) ? "/proc/%s/ns/net" : NAMED "/%s",
		 name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(EXIT_NONE, "no network namespace %s: %s", name, path);
	if (setns(fd, CLONE_NEWNET) < 0)
		err(EXIT_DENIED, "network namespace %s", name);
	close(fd);
}

/**
 * netns_switch - go into one of those that netns_all() found
 * @ns: which
 *
 * Return: 0, or -1 with errno set.
 */
int netns_switch(const struct netns *ns)
{
	return setns(ns->fd, CLONE_NEWNET);
}

struct list {
	struct netns *all;
	size_t n;
	bool denied;
};

/* a namespace that has a name keeps it; of processes the lowest ID counts */
static void add(struct list *list, const char *path, const char *name)
{
	struct netns ns;
	struct stat st;
	size_t i;

	/* a file that is no namespace may stand in /run/netns */
	ns.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (ns.fd < 0) {
		if (errno != ENOENT && errno != ESRCH) {
			warn("%s", path);
			list->denied = true;
		}
		return;
	}
	if (fstat(ns.fd, &st)) {
		close(ns.fd);
		return;
	}
	ns.dev = st.st_dev;
	ns.ino = st.st_ino;
	snprintf(ns.name, sizeof(ns.name), "%s", name);
	for (i = 0; i < list->n; i++) {
		struct netns *other = &list->all[i];

		if (other->dev != ns.dev || other->ino != ns.ino)
			continue;
		if (filter_is_number(other->name) && filter_is_number(name) &&
		    atol(name) < atol(other->name))
			strcpy(other->name, ns.name);
		close(ns.fd);
		return;
	}
	list->all = reallocarray(list->all, list->n + 1, sizeof(ns));
	if (!list->all)
		err(EXIT_INPUT, "%zu network namespaces", list->n);
	list->all[list->n++] = ns;
}

static void add_directory(struct list *list, const char *directory,
			  const char *below)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char path[600];

	if (!dir)	/* no /run/netns: none has a name */
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
		    (*below && !filter_is_number(entry->d_name)))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", directory,
			 entry->d_name, below);
		add(list, path, entry->d_name);
	}
	closedir(dir);
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(((const struct netns *)a)->name,
			  ((const struct netns *)b)->name);
}

/**
 * netns_all - those that have a name, and those of all processes
 * @all: filled in: each namespace once, by name
 * @denied: set if there are others that may not be looked at
 *
 * Return: how many; netns_free() frees them.
 */
size_t netns_all(struct netns **all, bool *denied)
{
	struct list list = { };

	add_directory(&list, NAMED, "");
	add_directory(&list, "/proc", "/ns/net");
	if (list.n)
		qsort(list.all, list.n, sizeof(*list.all), by_name);
	*all = list.all;
	*denied = list.denied;
	return list.n;
}

/**
 * netns_free - done with them
 * @all: what netns_all() filled in
 * @n: what it returned
 */
void netns_free(struct netns *all, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		close(all[i].fd);
	free(all);
}
