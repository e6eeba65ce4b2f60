/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose socket an endpoint is.
 */
#ifndef TCPTRACECTL_OWNER_H
#define TCPTRACECTL_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

#define COMM_MAX	32

/**
 * struct process - a process that has a socket open
 * @inode: the socket's
 * @pid: its number
 * @comm: its name
 */
struct process {
	unsigned long inode;
	pid_t pid;
	char comm[COMM_MAX];
};

/**
 * struct owner - whose socket it is
 * @uid: its user
 * @processes: those that have it open
 * @nprocesses: how many; 0: an orphan, or of another PID namespace
 */
struct owner {
	uid_t uid;
	const struct process *processes;
	unsigned int nprocesses;
};

void owner_forget(void);
bool owner_of(const char *local, const char *remote, struct owner *owner);

#endif
