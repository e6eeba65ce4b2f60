// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <errno.h>
#include <unistd.h>
#include <zlib.h>
#include "gzip.h"

/**
 * gzip_is - is a file compressed?
 * @file: at its beginning, nothing read yet
 *
 * Return: true for a file of gzip (RFC 1952); false also for a pipe.
 */
bool gzip_is(FILE *file)
{
	unsigned char magic[3];

	return pread(fileno(file), magic, sizeof(magic), 0) == sizeof(magic) &&
	       magic[0] == 0x1f && magic[1] == 0x8b && magic[2] == Z_DEFLATED;
}

static ssize_t gzip_read(void *cookie, char *buffer, size_t size)
{
	int got = gzread(cookie, buffer, size);

	if (got < 0)
		errno = EIO;	/* broken off, or damaged */
	return got;
}

static int gzip_close(void *cookie)
{
	gzclose(cookie);
	return 0;
}

/**
 * gzip_open - read a compressed file as if it were not
 * @file: one that gzip_is(); of no use afterwards
 *
 * Ends the program with a message if there is no memory.
 *
 * Return: what is in it.
 */
FILE *gzip_open(FILE *file)
{
	static const cookie_io_functions_t functions = {
		.read = gzip_read,
		.close = gzip_close,
	};
	int fd = dup(fileno(file));
	gzFile gz = fd < 0 ? NULL : gzdopen(fd, "rb");
	FILE *inside = gz ? fopencookie(gz, "rb", functions) : NULL;

	if (!inside)
		err(1, "no memory");
	fclose(file);
	return inside;
}
