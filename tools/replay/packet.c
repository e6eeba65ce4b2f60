// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <pcap/dlt.h>
#include <string.h>
#include "packet.h"

#define ETHERTYPE_IPV4	0x0800
#define ETHERTYPE_IPV6	0x86dd
#define ETHERTYPE_VLAN	0x8100
#define ETHERTYPE_QINQ	0x88a8
#define ETHERTYPE_QINQ_OLD 0x9100
#define ETHERTYPE_PPPOE	0x8864

#define PPP_IPV4	0x0021
#define PPP_IPV6	0x0057

/* what is left of a packet; nothing is read beyond @have */
struct rest {
	const __u8 *at;
	unsigned int have;
	unsigned int len;	/* on the wire */
};

static unsigned int get16(const __u8 *p)
{
	return p[0] << 8 | p[1];
}

static bool skip(struct rest *r, unsigned int n)
{
	if (r->have < n)
		return false;
	r->at += n;
	r->have -= n;
	r->len = r->len > n ? r->len - n : 0;
	return true;
}

/**
 * packet_link_is_known - can packets of a link type be read?
 * @link: DLT_*
 *
 * Return: true if packet_parse() knows the type.
 */
bool packet_link_is_known(int link)
{
	switch (link) {
	case DLT_EN10MB:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_NULL:
	case DLT_LOOP:
	case DLT_LINUX_SLL:
#ifdef DLT_LINUX_SLL2
	case DLT_LINUX_SLL2:
#endif
	case DLT_PPP:
		return true;
	}
	return false;
}

/* past VLAN tags and PPPoE to an IP header */
static bool skip_ethertype(struct rest *r, unsigned int type)
{
	while (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ ||
	       type == ETHERTYPE_QINQ_OLD) {
		if (r->have < 4)
			return false;
		type = get16(r->at + 2);
		skip(r, 4);
	}
	if (type == ETHERTYPE_PPPOE) {
		if (r->have < 8)
			return false;
		type = get16(r->at + 6);
		return skip(r, 8) && (type == PPP_IPV4 || type == PPP_IPV6);
	}
	return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6;
}

/* false: what follows is not IP */
static bool skip_link(struct rest *r, int link)
{
	unsigned int type;

	switch (link) {
	case DLT_EN10MB:
		if (r->have < 14)
			return false;
		type = get16(r->at + 12);
		return skip(r, 14) && skip_ethertype(r, type);
	case DLT_LINUX_SLL:
		if (r->have < 16)
			return false;
		type = get16(r->at + 14);
		return skip(r, 16) && skip_ethertype(r, type);
#ifdef DLT_LINUX_SLL2
	case DLT_LINUX_SLL2:
		if (r->have < 20)
			return false;
		type = get16(r->at);
		return skip(r, 20) && skip_ethertype(r, type);
#endif
	case DLT_NULL:	/* the family is of the capturing machine: IP tells */
	case DLT_LOOP:
		return skip(r, 4);
	case DLT_PPP:
		if (r->have < 4)
			return false;
		if (r->at[0] == 0xff && r->at[1] == 0x03)
			skip(r, 2);
		type = get16(r->at);
		return skip(r, 2) && (type == PPP_IPV4 || type == PPP_IPV6);
	}
	return true;	/* raw IP */
}

static __u32 sum_words(__u32 sum, const __u8 *p, unsigned int n)
{
	for (; n > 1; n -= 2, p += 2) {
		sum += get16(p);
		if (sum & 0x80000000)
			sum = (sum & 0xffff) + (sum >> 16);
	}
	return n ? sum + (p[0] << 8) : sum;
}

static __u16 fold(__u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static enum packet_kind parse_ipv4(struct packet *p, struct rest r)
{
	unsigned int header, total;

	if (r.have < 20)
		return PACKET_BAD_IP;
	header = (r.at[0] & 15) * 4;
	total = get16(r.at + 2);
	if (header < 20 || r.have < header)
		return PACKET_BAD_IP;
	/* a device that sums up on sending leaves zero to the capture */
	if (get16(r.at + 10) && fold(sum_words(0, r.at, header)) != 0xffff)
		return PACKET_BAD_IP;
	if (r.at[9] != IPPROTO_TCP)
		return PACKET_OTHER;
	if (get16(r.at + 6) & 0x3fff)	/* more fragments, or an offset */
		return PACKET_FRAGMENT;
	if (!total)	/* segmented later, by the device */
		total = r.len;
	if (total < header)
		return PACKET_BAD_IP;
	p->tuple.family = TT_IPV4;
	memcpy(&p->tuple.addr[0], r.at + 12, 4);
	memcpy(&p->tuple.addr[1], r.at + 16, 4);
	p->tcp_len = total - header;
	skip(&r, header);
	p->tcp = r.at;
	p->have = r.have < p->tcp_len ? r.have : p->tcp_len;
	return PACKET_TCP;
}

/* past an extension header; the walk ends since each is 8 bytes or more */
static enum packet_kind skip_extension(struct rest *r, __u8 *next)
{
	unsigned int size;

	if (r->have < 8)
		return PACKET_BAD_IP;
	switch (*next) {
	case IPPROTO_FRAGMENT:
		if (get16(r->at + 2) & 0xfff9)
			return PACKET_FRAGMENT;
		size = 8;	/* RFC 6946: a fragment that is the whole */
		break;
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		size = (r->at[1] + 1) * 8;
		break;
	case IPPROTO_AH:
		size = (r->at[1] + 2) * 4;
		break;
	default:
		return PACKET_OTHER;
	}
	*next = r->at[0];
	return skip(r, size) ? PACKET_TCP : PACKET_BAD_IP;
}

static enum packet_kind parse_ipv6(struct packet *p, struct rest r)
{
	enum packet_kind kind;
	unsigned int payload, extensions;
	const __u8 *after;
	__u8 next;

	if (r.have < 40)
		return PACKET_BAD_IP;
	payload = get16(r.at + 4);
	next = r.at[6];
	p->tuple.family = TT_IPV6;
	memcpy(&p->tuple.addr[0], r.at + 8, 16);
	memcpy(&p->tuple.addr[1], r.at + 24, 16);
	skip(&r, 40);
	if (!payload)	/* as above, or a jumbogram */
		payload = r.len;
	after = r.at;
	while (next != IPPROTO_TCP) {
		kind = skip_extension(&r, &next);
		if (kind != PACKET_TCP)
			return kind;
	}
	extensions = r.at - after;
	if (payload < extensions)
		return PACKET_BAD_IP;
	p->tcp_len = payload - extensions;
	p->tcp = r.at;
	p->have = r.have < p->tcp_len ? r.have : p->tcp_len;
	return PACKET_TCP;
}

/**
 * packet_parse - find the TCP segment in a packet
 * @p: filled in
 * @link: the capture's link type, one that packet_link_is_known()
 * @bytes: the packet
 * @have: bytes captured
 * @len: bytes on the wire
 *
 * Return: PACKET_TCP, or why there is none; then @p is of no use.
 */
enum packet_kind packet_parse(struct packet *p, int link, const __u8 *bytes,
			      unsigned int have, unsigned int len)
{
	struct rest r = { bytes, have, len };

	memset(p, 0, sizeof(*p));
	if (!skip_link(&r, link))
		return PACKET_OTHER;
	if (!r.have)
		return PACKET_BAD_IP;
	switch (r.at[0] >> 4) {
	case 4:
		return parse_ipv4(p, r);
	case 6:
		return parse_ipv6(p, r);
	}
	return PACKET_BAD_IP;
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
	__u32 pseudo;

	if (p->have < p->tcp_len || p->have < 20)
		return false;
	pseudo = sum_words(0, (const __u8 *)&p->tuple.addr[0], size);
	pseudo = sum_words(pseudo, (const __u8 *)&p->tuple.addr[1], size);
	pseudo += IPPROTO_TCP + (p->tcp_len & 0xffff) + (p->tcp_len >> 16);
	return fold(sum_words(pseudo, p->tcp, p->tcp_len)) != 0xffff &&
	       get16(p->tcp + 16) != fold(pseudo);
}
