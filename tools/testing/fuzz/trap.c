// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz.h"
#include "trap.h"

#define FILES_MAX 8

static jmp_buf landing;
static bool armed;
static FILE *files[FILES_MAX];	/* open, unless the program closed them */
static pcap_t *capture;

static FILE *note(FILE *file)
{
	unsigned int i;

	for (i = 0; file && i < FILES_MAX; i++) {
		if (!files[i]) {
			files[i] = file;
			return file;
		}
	}
	CHECK(!file, "too many files are open");
	return file;
}

static void forget(const FILE *file)
{
	unsigned int i;

	for (i = 0; i < FILES_MAX; i++)
		if (files[i] == file)
			files[i] = NULL;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	return note(__real_fopen(path, mode));
}

FILE *__wrap_fopencookie(void *cookie, const char *mode,
			 cookie_io_functions_t functions)
{
	return note(__real_fopencookie(cookie, mode, functions));
}

int __wrap_fclose(FILE *file)
{
	forget(file);
	return __real_fclose(file);
}

pcap_t *__wrap_pcap_fopen_offline_with_tstamp_precision(FILE *file,
							unsigned int precision,
							char *error)
{
	capture = __real_pcap_fopen_offline_with_tstamp_precision(file, precision,
								  error);
	if (capture)	/* it closes the file */
		forget(file);
	return capture;
}

void __wrap_pcap_close(pcap_t *pcap)
{
	capture = NULL;
	__real_pcap_close(pcap);
}

noreturn void __wrap_exit(int status)
{
	if (!armed)
		__real_exit(status);
	longjmp(landing, status + 1);
}

noreturn void __wrap_err(int status, const char *format, ...)
{
	(void)format;
	__wrap_exit(status);
}

noreturn void __wrap_errx(int status, const char *format, ...)
{
	(void)format;
	__wrap_exit(status);
}

/**
 * trap_run - run a part of a program, to its end or its exit()
 * @function: the part
 * @arg: its argument
 *
 * Return: what it returned, or the exit status.
 */
int trap_run(int (*function)(void *arg), void *arg)
{
	volatile int status;
	unsigned int i;

	status = setjmp(landing);
	if (!status) {
		armed = true;
		status = function(arg) + 1;
	}
	armed = false;
	if (capture)
		__wrap_pcap_close(capture);
	for (i = 0; i < FILES_MAX; i++)
		if (files[i])
			__wrap_fclose(files[i]);
	return status - 1;
}

/**
 * trap_file - bytes as a file
 * @bytes: the bytes
 * @size: how many
 * @path: its path goes there
 * @room: size of that
 *
 * Return: a descriptor; the file is there until it is closed.
 */
int trap_file(const void *bytes, size_t size, char *path, size_t room)
{
	int fd = memfd_create("input", 0);

	CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size, "memfd");
	snprintf(path, room, "/proc/self/fd/%d", fd);
	return fd;
}
