// SPDX-License-Identifier: GPL-2.0
#include <pcap/dlt.h>
#include <string.h>
#include "link.h"

#define ETHERTYPE_IPV4	0x0800
#define ETHERTYPE_IPV6	0x86dd
#define ETHERTYPE_VLAN	0x8100
#define ETHERTYPE_QINQ	0x88a8
#define ETHERTYPE_QINQ_OLD 0x9100
#define ETHERTYPE_PPPOE	0x8864
#define ETHERTYPE_MPLS	0x8847
#define ETHERTYPE_MPLS_MULTICAST 0x8848
#define ETHERTYPE_MIN	0x0600	/* below it is a length (802.3) */

#define PPP_IPV4	0x0021
#define PPP_IPV6	0x0057
#define PPP_MPLS	0x0281

#define NFLOG_PAYLOAD	9

/**
 * link_is_known - can packets of a link type be read?
 * @link: DLT_*
 *
 * Return: true if link_skip() knows the type.
 */
bool link_is_known(int link)
{
	switch (link) {
	case DLT_EN10MB:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_NULL:
	case DLT_LOOP:
	case DLT_ENC:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_PPP:
	case DLT_PPP_SERIAL:
	case DLT_PPP_ETHER:
	case DLT_C_HDLC:
	case DLT_MPLS:
	case DLT_NFLOG:
		return true;
	}
	return false;
}

/* past the labels; what follows the last one only IP itself can tell */
static bool skip_mpls(struct bytes *b)
{
	bool bottom;

	do {
		if (b->have < 4)
			return false;
		bottom = b->at[2] & 1;
		bytes_skip(b, 4);
	} while (!bottom);
	return b->have && (b->at[0] >> 4 == 4 || b->at[0] >> 4 == 6);
}

static bool skip_ppp(struct bytes *b)
{
	unsigned int type;

	if (b->have >= 4 && b->at[0] == 0xff && b->at[1] == 0x03)
		bytes_skip(b, 2);
	if (b->have < 2)
		return false;
	/* an odd first byte: the protocol field was compressed, RFC 1661 6.5 */
	type = b->at[0] & 1 ? b->at[0] : get16(b->at);
	bytes_skip(b, b->at[0] & 1 ? 1 : 2);
	if (type == PPP_MPLS)
		return skip_mpls(b);
	return type == PPP_IPV4 || type == PPP_IPV6;
}

/* version, type and code, session, length; code 0 is data */
static bool skip_pppoe(struct bytes *b)
{
	return b->have >= 6 && !b->at[1] && bytes_skip(b, 6) && skip_ppp(b);
}

/* past VLAN tags, labels and PPPoE to an IP header */
static bool skip_ethertype(struct bytes *b, unsigned int type)
{
	static const __u8 snap[6] = { 0xaa, 0xaa, 0x03, 0, 0, 0 };

	while (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ ||
	       type == ETHERTYPE_QINQ_OLD) {
		if (b->have < 4)
			return false;
		type = get16(b->at + 2);
		bytes_skip(b, 4);
	}
	if (type < ETHERTYPE_MIN) {	/* RFC 1042 */
		if (b->have < 8 || memcmp(b->at, snap, sizeof(snap)))
			return false;
		type = get16(b->at + 6);
		bytes_skip(b, 8);
	}
	switch (type) {
	case ETHERTYPE_PPPOE:
		return skip_pppoe(b);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_MULTICAST:
		return skip_mpls(b);
	}
	return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6;
}

/* a header of @size bytes with its EtherType at @type */
static bool skip_typed(struct bytes *b, unsigned int size, unsigned int type)
{
	unsigned int ethertype;

	if (b->have < size)
		return false;
	ethertype = get16(b->at + type);
	return bytes_skip(b, size) && skip_ethertype(b, ethertype);
}

/* AF_INET, or AF_INET6 of Linux, NetBSD, FreeBSD, macOS; in any byte order */
static bool skip_family(struct bytes *b)
{
	__u32 family;

	if (b->have < 4)
		return false;
	family = get32(b->at);
	if (family & 0xffff0000)
		family = __builtin_bswap32(family);
	bytes_skip(b, 4);
	return family == 2 || family == 10 || family == 24 || family == 28 ||
	       family == 30;
}

/* family, version, resource; then length, type, value, in the host's order */
static bool skip_nflog(struct bytes *b)
{
	__u16 attribute[2];
	unsigned int padded;

	if (!bytes_skip(b, 4))
		return false;
	while (b->have >= sizeof(attribute)) {
		memcpy(attribute, b->at, sizeof(attribute));
		if (attribute[0] < sizeof(attribute))
			return false;
		if ((attribute[1] & 0x7fff) == NFLOG_PAYLOAD)
			return bytes_skip(b, sizeof(attribute));
		padded = (attribute[0] + 3) & ~3;
		if (!bytes_skip(b, padded))
			return false;
	}
	return false;
}

/**
 * link_skip - past the headers of the link
 * @b: a frame; then its IP packet
 * @link: the capture's link type, one that link_is_known()
 *
 * Return: false if what follows is not IP.
 */
bool link_skip(struct bytes *b, int link)
{
	switch (link) {
	case DLT_EN10MB:
		return skip_typed(b, 14, 12);
	case DLT_LINUX_SLL:
		return skip_typed(b, 16, 14);
	case DLT_LINUX_SLL2:
		return skip_typed(b, 20, 0);
	case DLT_C_HDLC:
		return skip_typed(b, 4, 2);
	case DLT_NULL:
	case DLT_LOOP:
		return skip_family(b);
	case DLT_ENC:	/* family, SPI, flags */
		return skip_family(b) && bytes_skip(b, 8);
	case DLT_PPP:
	case DLT_PPP_SERIAL:
		return skip_ppp(b);
	case DLT_PPP_ETHER:
		return skip_pppoe(b);
	case DLT_MPLS:
		return skip_mpls(b);
	case DLT_NFLOG:
		return skip_nflog(b);
	}
	return true;	/* raw IP */
}
