// SPDX-License-Identifier: GPL-2.0
#include <linux/bitmap.h>
#include <linux/inet.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "filter.h"

/**
 * tt_filter_init - everything passes
 * @filter: the filter
 *
 * Return: 0 or -ENOMEM.
 */
int tt_filter_init(struct tt_filter *filter)
{
	memset(filter, 0, sizeof(*filter));
	filter->sample_one_in = 1;
	filter->ports = bitmap_zalloc(TT_PORTS, GFP_KERNEL_ACCOUNT);
	if (!filter->ports)
		return -ENOMEM;
	get_random_bytes(filter->key, sizeof(filter->key));
	return 0;
}

/**
 * tt_filter_exit - nobody asks any more
 * @filter: the filter
 */
void tt_filter_exit(struct tt_filter *filter)
{
	kfree(rcu_dereference_protected(filter->prefixes, true));
	bitmap_free(filter->ports);
}

/**
 * tt_filter_update - a part of it was changed
 * @filter: the filter
 */
void tt_filter_update(struct tt_filter *filter)
{
	WRITE_ONCE(filter->by_port, !bitmap_empty(filter->ports, TT_PORTS));
	WRITE_ONCE(filter->by_name, filter->by_port ||
		   rcu_access_pointer(filter->prefixes));
	WRITE_ONCE(filter->active, filter->by_name ||
		   filter->sample_one_in > 1);
}

static bool parse_prefix(struct tt_prefix *prefix, char *text)
{
	char *slash = strchr(text, '/');
	unsigned int i, left, max;
	const char *end;

	memset(prefix, 0, sizeof(*prefix));
	if (slash)
		*slash++ = '\0';
	if (in4_pton(text, -1, (u8 *)&prefix->addr, -1, &end) && !*end)
		prefix->family = TT_IPV4;
	else if (in6_pton(text, -1, (u8 *)&prefix->addr, -1, &end) && !*end)
		prefix->family = TT_IPV6;
	else
		return false;
	max = prefix->family == TT_IPV4 ? 32 : 128;
	prefix->length = max;
	if (slash && (kstrtou8(slash, 10, &prefix->length) ||
		      prefix->length > max))
		return false;
	left = prefix->length;
	for (i = 0; i < max / 32; i++) {
		unsigned int bits = min(left, 32U);

		prefix->mask.ip6[i] = bits ? htonl(~0U << (32 - bits)) : 0;
		prefix->addr.ip6[i] &= prefix->mask.ip6[i];
		left -= bits;
	}
	return true;
}

/**
 * tt_filter_set_prefixes - parse a list of networks and use it
 * @filter: the filter; tt_net.control is held
 * @text: networks like 10.0.0.0/8 or 2001:db8::/32, or addresses, apart by
 *	commas or blanks; is changed
 *
 * Return: 0, -EINVAL or -ENOMEM; then nothing has changed.
 */
int tt_filter_set_prefixes(struct tt_filter *filter, char *text)
{
	struct tt_prefixes *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	struct tt_prefixes *old;
	char *word;

	if (!new)
		return -ENOMEM;
	while ((word = strsep(&text, ", \t\n"))) {
		if (!*word)
			continue;
		if (new->count == TT_PREFIXES_MAX ||
		    !parse_prefix(&new->prefix[new->count++], word)) {
			kfree(new);
			return -EINVAL;
		}
	}
	if (!new->count) {
		kfree(new);
		new = NULL;
	}
	old = rcu_replace_pointer(filter->prefixes, new, true);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

/**
 * tt_filter_print_prefixes - the list of networks as text
 * @filter: the filter; tt_net.control is held
 * @text: where
 * @size: its size, TT_PREFIXES_TEXT_MAX is enough
 */
void tt_filter_print_prefixes(const struct tt_filter *filter, char *text,
			      size_t size)
{
	const struct tt_prefixes *list =
		rcu_dereference_protected(filter->prefixes, true);
	unsigned int i;
	size_t len = 0;

	*text = '\0';
	for (i = 0; list && i < list->count; i++) {
		const struct tt_prefix *p = &list->prefix[i];

		len += scnprintf(text + len, size - len,
				 p->family == TT_IPV4 ? "%s%pI4/%u" :
							"%s%pI6c/%u",
				 i ? "," : "", &p->addr, p->length);
	}
}

static bool is_in(const struct tt_prefix *prefix, const union tt_addr *addr)
{
	unsigned int i, words = prefix->family == TT_IPV4 ? 1 : 4;

	for (i = 0; i < words; i++)
		if ((addr->ip6[i] ^ prefix->addr.ip6[i]) & prefix->mask.ip6[i])
			return false;
	return true;
}

static bool is_in_any(const struct tt_prefixes *list,
		      const struct tt_tuple *tuple)
{
	unsigned int i;

	for (i = 0; i < list->count; i++)
		if (list->prefix[i].family == tuple->family &&
		    (is_in(&list->prefix[i], &tuple->addr[0]) ||
		     is_in(&list->prefix[i], &tuple->addr[1])))
			return true;
	return false;
}

/**
 * tt_filter_passes - is a connection to be traced?
 * @filter: the filter
 * @tuple: either of its directions
 *
 * Context: under rcu_read_lock().
 * Return: true if it is.
 */
bool tt_filter_passes(const struct tt_filter *filter,
		      const struct tt_tuple *tuple)
{
	const struct tt_prefixes *prefixes;

	if (!tt_filter_samples(filter, tuple))
		return false;
	if (READ_ONCE(filter->by_port) &&
	    !test_bit(ntohs(tuple->port[0]), filter->ports) &&
	    !test_bit(ntohs(tuple->port[1]), filter->ports))
		return false;
	prefixes = rcu_dereference(filter->prefixes);
	return !prefixes || is_in_any(prefixes, tuple);
}
