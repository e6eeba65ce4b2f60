/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Network namespaces.
 */
#ifndef TCPTRACECTL_NETNS_H
#define TCPTRACECTL_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define NETNS_NAME_MAX	256

/**
 * struct netns - a network namespace
 * @name: its name of ip-netns(8), else the lowest ID of its processes
 * @fd: open, so that it stays
 * @dev: device of its file
 * @ino: inode of its file; with @dev it is this namespace and no other
 */
struct netns {
	char name[NETNS_NAME_MAX];
	int fd;
	dev_t dev;
	ino_t ino;
};

void netns_enter(const char *name);
int netns_switch(const struct netns *ns);
size_t netns_all(struct netns **all, bool *denied);
void netns_free(struct netns *all, size_t n);

#endif
