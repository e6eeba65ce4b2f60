// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "gzip.h"
#include "link.h"
#include "observer.h"
#include "packet.h"

#define READ_BUFFER	262144

#define EARLY_MAX	256
#define EARLY_LIVE	16	/* from a pipe: somebody may be waiting */
#define PROGRESS_MIN	(64L << 20)	/* bytes */
#define PROGRESS_WIDTH	40

/**
 * struct early - a packet that waits until it is known whether checksums mean
 *	anything
 * @header: when it was captured, and how much of it
 * @bytes: the packet
 */
struct early {
	struct pcap_pkthdr header;
	__u8 *bytes;
};

/**
 * struct capture - a file that is read
 * @path: its name, for messages
 * @file: the file
 * @pcap: libpcap's
 * @size: bytes; 0: no regular file, somebody may be writing it just now
 */
struct capture {
	const char *path;
	FILE *file;
	pcap_t *pcap;
	off_t size;
};

static void show_progress(const struct capture *c)
{
	off_t at = ftello(c->file);
	int width;

	if (at < 0 || at > c->size)	/* it grows */
		at = c->size;
	width = at * PROGRESS_WIDTH / c->size;
	fprintf(stderr, "\r[%-*.*s] %3d%%", PROGRESS_WIDTH, width,
		"########################################",
		(int)(at * 100 / c->size));
	fflush(stderr);
}

static void clear_progress(void)
{
	fputs("\r\033[K", stderr);
	fflush(stderr);
}

/* who reads our lines must not wait for those that wait for packets */
static int next_packet(const struct capture *c, FILE *out,
		       struct pcap_pkthdr **header, const __u8 **bytes)
{
	struct pollfd fd = { .fd = fileno(c->file), .events = POLLIN };

	if (fd.fd >= 0 && !c->size && !poll(&fd, 1, 0))
		fflush(out);
	return pcap_next_ex(c->pcap, header, bytes);
}

static void tell_sums(struct observer *o, const struct early *early)
{
	const struct pcap_pkthdr *h = &early->header;
	struct packet p;

	if (packet_parse(&p, o->link, early->bytes, h->caplen, h->len) ==
	    PACKET_TCP)
		sums_tell(&o->sums, &p);
}

/* the first packets, twice: for their checksums, then to be replayed */
static int read_early(struct observer *o, const struct capture *c)
{
	unsigned int n = 0, i;
	struct early early[EARLY_MAX];
	struct pcap_pkthdr *header;
	const __u8 *bytes;
	int got = 1;

	if (o->options->checksum != REPLAY_CHECKSUM_AUTO)
		return 1;
	while (n < (c->size ? EARLY_MAX : EARLY_LIVE) &&
	       (got = pcap_next_ex(c->pcap, &header, &bytes)) == 1) {
		early[n].header = *header;
		early[n].bytes = malloc(header->caplen + 1);
		if (!early[n].bytes)
			err(1, "no memory");
		memcpy(early[n].bytes, bytes, header->caplen);
		tell_sums(o, &early[n++]);
	}
	sums_settle(&o->sums, c->path);
	for (i = 0; i < n; i++) {
		observer_packet(o, &early[i].header, early[i].bytes);
		free(early[i].bytes);
	}
	return got;
}

/* true: to its end */
static bool read_packets(struct observer *o, const struct capture *c)
{
	bool progress = o->options->progress && c->size > PROGRESS_MIN;
	FILE *out = o->options->out;
	struct pcap_pkthdr *header;
	const __u8 *bytes;
	int got = read_early(o, c);

	while (got == 1 &&
	       (got = next_packet(c, out, &header, &bytes)) == 1) {
		observer_packet(o, header, bytes);
		if (progress && !(o->packets & 0xffff))
			show_progress(c);
		if (!(o->packets & 0xfff) && ferror(out))
			break;
	}
	if (progress)
		clear_progress();
	return got == PCAP_ERROR_BREAK;
}

static void open_capture(struct capture *c, const char *path)
{
	static char buffer[READ_BUFFER];
	char error[PCAP_ERRBUF_SIZE] = "";
	struct stat st;
	int link;

	c->path = path;
	c->file = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	if (!c->file || fstat(fileno(c->file), &st))
		err(EXIT_INPUT, "%s", path);
	if (S_ISDIR(st.st_mode))
		errx(EXIT_INPUT, "%s is a directory", path);
	c->size = S_ISREG(st.st_mode) ? st.st_size : 0;
	if (gzip_is(c->file)) {
		c->file = gzip_open(c->file);
		c->size = 0;
	}
	setvbuf(c->file, buffer, _IOFBF, sizeof(buffer));
	c->pcap = pcap_fopen_offline_with_tstamp_precision(c->file,
							   PCAP_TSTAMP_PRECISION_NANO,
							   error);
	if (!c->pcap) {
		fclose(c->file);
		errx(EXIT_INPUT, "%s: %s", path, error);
	}
	link = pcap_datalink(c->pcap);
	if (!link_is_known(link)) {
		const char *name = pcap_datalink_val_to_name(link);

		pcap_close(c->pcap);
		errx(EXIT_INPUT, "%s: link type %d (%s) is not known", path,
		     link, name ? name : "nameless");
	}
}

/**
 * replay - run the core over a capture
 * @path: a pcap or pcapng file, "-" for standard input
 * @options: what to write, and where
 *
 * Ends the program with a message and the documented exit code if the file is
 * no capture that can be read.
 *
 * Return: 0, or EXIT_INPUT if the capture broke off; what was read up to there
 * has been written.
 */
int replay(const char *path, const struct replay_options *options)
{
	struct observer o;
	struct capture c;
	int status = 0;

	open_capture(&c, path);
	observer_begin(&o, options, pcap_datalink(c.pcap));
	if (!read_packets(&o, &c) && !ferror(options->out)) {
		fflush(options->out);
		warnx("%s: %s: after packet %llu", path, pcap_geterr(c.pcap),
		      o.packets);
		status = EXIT_INPUT;
	}
	observer_end(&o);
	pcap_close(c.pcap);
	return status;
}

/**
 * replay_is_capture - is a file a capture rather than a saved file of ours?
 * @path: the file
 *
 * Return: true if it begins as pcap or pcapng files do, compressed or not.
 */
bool replay_is_capture(const char *path)
{
	static const __u32 magics[] = {
		0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a,
		0xa1b2cd34, 0x34cdb2a1,
	};
	FILE *file = fopen(path, "rb");
	bool is = false;
	__u32 magic;
	unsigned int i;

	if (!file)
		return false;
	if (gzip_is(file))
		file = gzip_open(file);
	if (fread(&magic, sizeof(magic), 1, file) == 1)
		for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
			is |= magic == magics[i];
	fclose(file);
	return is;
}
