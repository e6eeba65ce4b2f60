// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include "compat/slab.h"
#include "extra.h"

static struct kmem_cache *cache;

/**
 * tt_extra_cache_create - where they come from
 *
 * Return: 0 or -ENOMEM.
 */
int tt_extra_cache_create(void)
{
	cache = kmem_cache_create("tt_extra", sizeof(struct tt_extra), 0,
				  SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE, NULL);
	return cache ? 0 : -ENOMEM;
}

/**
 * tt_extra_cache_destroy - all are free
 *
 * Context: may sleep.
 */
void tt_extra_cache_destroy(void)
{
	kmem_cache_destroy(cache);
}

/**
 * tt_extra_create - an empty one
 * @node: whose it will be
 * @gfp: how to allocate it
 *
 * Context: any but hard interrupts.
 * Return: the extra, NULL without memory.
 */
struct tt_extra *tt_extra_create(struct tt_node *node, gfp_t gfp)
{
	struct tt_extra *extra = kmem_cache_zalloc(cache, gfp);

	if (!extra)
		return NULL;
	extra->node = node;
	INIT_LIST_HEAD(&extra->peers);
	return extra;
}

/**
 * tt_extra_free - its node does without
 * @extra: has no peers; nobody else can find it any more
 */
void tt_extra_free(struct tt_extra *extra)
{
	kmem_cache_free(cache, extra);
}
