// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <string.h>
#include "link.h"
#include "packet.h"

#define IPV4_MORE	0x2000
#define IPV4_OFFSET	0x1fff
#define IPV6_MORE	0x0001
#define IPV6_OFFSET	0xfff8

/*
 * RFC 1071: the sum may be taken in words of any size and order; only its
 * result has the order of the words.
 */
static __u64 sum_bytes(__u64 sum, const __u8 *p, unsigned int n)
{
	__u64 word, low = 0, high = 0;
	__u32 last = 0;

	for (; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		low += (__u32)word;
		high += word >> 32;
	}
	sum += low + high;
	if (n >= sizeof(last)) {
		memcpy(&last, p, sizeof(last));
		sum += last;
		n -= sizeof(last);
		p += sizeof(last);
	}
	last = 0;
	memcpy(&last, p, n);
	return sum + last;
}

/* as it would stand in a header, read by get16() */
static unsigned int fold(__u64 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ntohs(sum);
}

static enum packet_kind parse_ipv4(struct packet *p, struct bytes b)
{
	unsigned int header, total, part;

	if (b.have < 20)
		return PACKET_BAD_IP;
	header = (b.at[0] & 15) * 4;
	total = get16(b.at + 2);
	part = get16(b.at + 6);
	if (header < 20 || b.have < header)
		return PACKET_BAD_IP;
	/* a device that sums up on sending leaves zero to the capture */
	if (get16(b.at + 10) && fold(sum_bytes(0, b.at, header)) != 0xffff)
		return PACKET_BAD_IP;
	if (b.at[9] != IPPROTO_TCP)
		return PACKET_OTHER;
	if (!total)	/* segmented later, by the device */
		total = b.len;
	if (total < header)
		return PACKET_BAD_IP;
	p->tuple.family = TT_IPV4;
	memcpy(&p->tuple.addr[0], b.at + 12, 4);
	memcpy(&p->tuple.addr[1], b.at + 16, 4);
	p->id = get16(b.at + 4);
	p->next = IPPROTO_TCP;
	p->len = total - header;
	bytes_skip(&b, header);
	p->data = b.at;
	p->have = b.have < p->len ? b.have : p->len;
	p->offset = (part & IPV4_OFFSET) * 8;
	p->more = part & IPV4_MORE;
	return p->offset || p->more ? PACKET_FRAGMENT : PACKET_TCP;
}

/* the fragment header at @b; RFC 6946: a fragment may be the whole */
static enum packet_kind parse_fragment(struct packet *p, struct bytes *b)
{
	unsigned int part = get16(b->at + 2);

	p->id = get32(b->at + 4);
	p->next = b->at[0];
	p->offset = part & IPV6_OFFSET;
	p->more = part & IPV6_MORE;
	bytes_skip(b, 8);
	return p->offset || p->more ? PACKET_FRAGMENT : PACKET_TCP;
}

/*
 * past an extension header, one of those that Linux passes on the way to TCP;
 * the walk ends since each is 8 bytes or more
 */
static enum packet_kind skip_extension(struct packet *p, struct bytes *b)
{
	unsigned int size;

	switch (p->next) {
	case IPPROTO_FRAGMENT:
		return b->have < 8 ? PACKET_BAD_IP : parse_fragment(p, b);
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_AH:
		break;
	default:
		return PACKET_OTHER;
	}
	if (b->have < 8)
		return PACKET_BAD_IP;
	size = p->next == IPPROTO_AH ? (b->at[1] + 2) * 4 :
				       (b->at[1] + 1) * 8;
	p->next = b->at[0];
	return bytes_skip(b, size) ? PACKET_TCP : PACKET_BAD_IP;
}

/* @payload: bytes from @b on by the IP header */
static enum packet_kind skip_extensions(struct packet *p, struct bytes b,
					unsigned int payload)
{
	enum packet_kind kind = PACKET_TCP;
	const __u8 *begin = b.at;
	unsigned int extensions;

	while (kind == PACKET_TCP && p->next != IPPROTO_TCP)
		kind = skip_extension(p, &b);
	if (kind != PACKET_TCP && kind != PACKET_FRAGMENT)
		return kind;
	extensions = b.at - begin;
	if (payload < extensions)
		return PACKET_BAD_IP;
	p->len = payload - extensions;
	p->data = b.at;
	p->have = b.have < p->len ? b.have : p->len;
	return kind;
}

static enum packet_kind parse_ipv6(struct packet *p, struct bytes b)
{
	unsigned int payload;

	if (b.have < 40)
		return PACKET_BAD_IP;
	payload = get16(b.at + 4);
	p->next = b.at[6];
	p->tuple.family = TT_IPV6;
	memcpy(&p->tuple.addr[0], b.at + 8, 16);
	memcpy(&p->tuple.addr[1], b.at + 24, 16);
	bytes_skip(&b, 40);
	if (!payload)	/* segmented later, or a jumbogram */
		payload = b.len;
	return skip_extensions(p, b, payload);
}

/**
 * packet_parse - find the TCP segment in a packet
 * @p: filled in
 * @link: the capture's link type, one that link_is_known()
 * @bytes: the packet
 * @have: bytes captured
 * @len: bytes on the wire
 *
 * Return: PACKET_TCP or PACKET_FRAGMENT, or why there is none; then @p is of
 * no use.
 */
enum packet_kind packet_parse(struct packet *p, int link, const __u8 *bytes,
			      unsigned int have, unsigned int len)
{
	struct bytes b = { bytes, have, len };

	memset(p, 0, sizeof(*p));
	if (!link_skip(&b, link))
		return PACKET_OTHER;
	if (!b.have)
		return PACKET_BAD_IP;
	switch (b.at[0] >> 4) {
	case 4:
		return parse_ipv4(p, b);
	case 6:
		return parse_ipv6(p, b);
	}
	return PACKET_BAD_IP;
}

/**
 * packet_parse_whole - find the TCP segment in what was put together
 * @p: a datagram from its fragments; then its segment
 *
 * Return: PACKET_TCP, or why there is none; a fragment within fragments is
 * none.
 */
enum packet_kind packet_parse_whole(struct packet *p)
{
	struct bytes b = { p->data, p->have, p->len };
	enum packet_kind kind = skip_extensions(p, b, p->len);

	return kind == PACKET_FRAGMENT ? PACKET_BAD_IP : kind;
}

/**
 * packet_sum_is_bad - will the receiver discard the segment?
 * @p: a segment
 *
 * A segment captured before its device has summed it up has the sum of the
 * pseudo header alone in its place: it is as good as the device makes it.
 *
 * Return: true if the checksum is wrong; false also if it can't be told
 * because the capture does not have all of the segment.
 */
bool packet_sum_is_bad(const struct packet *p)
{
	unsigned int size = p->tuple.family == TT_IPV4 ? 4 : 16;
	__u64 pseudo;

	if (p->have < p->len || p->have < 20)
		return false;
	pseudo = sum_bytes(0, (const __u8 *)&p->tuple.addr[0], size);
	pseudo = sum_bytes(pseudo, (const __u8 *)&p->tuple.addr[1], size);
	pseudo += htonl(IPPROTO_TCP) + (__u64)htonl(p->len);
	return fold(sum_bytes(pseudo, p->data, p->len)) != 0xffff &&
	       get16(p->data + 16) != fold(pseudo);
}
