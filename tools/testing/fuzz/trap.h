/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs end with err() and exit(); under a fuzzer they go on to the next
 * input. The linker sends those calls, and what opens files, here (--wrap).
 */
#ifndef FUZZ_TRAP_H
#define FUZZ_TRAP_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdnoreturn.h>

int ctl_main(int argc, char **argv);	/* main() of tcptracectl */

/* the linker's names of what trap.c stands in the way of */
FILE *__real_fopen(const char *path, const char *mode);
FILE *__real_fopencookie(void *cookie, const char *mode,
			 cookie_io_functions_t functions);
int __real_fclose(FILE *file);
pcap_t *__real_pcap_fopen_offline_with_tstamp_precision(FILE *file,
							unsigned int precision,
							char *error);
void __real_pcap_close(pcap_t *pcap);
noreturn void __real_exit(int status);

int trap_run(int (*function)(void *arg), void *arg);
int trap_file(const void *bytes, size_t size, char *path, size_t room);

#endif
