/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a node needs besides, while its connection is not plain.
 */
#ifndef _TCPTRACE_EXTRA_H
#define _TCPTRACE_EXTRA_H

#include <linux/gfp.h>
#include <linux/list.h>
#include "rate.h"
#include "track.h"

struct tt_node;

/**
 * struct tt_extra - the part of a node that established connections do without
 * @rare: of the connection; tt_conn.rare points to it
 * @rate: of its lines without a transition
 * @used: stamp of the last segment on the long way
 * @node: whose it is
 * @peers: the other ones of nodes of the same worth in the shard, oldest first;
 *	under the shard's lock
 *
 * The node's lock protects all else. None is freed that has peers.
 */
struct tt_extra {
	struct tt_rare rare[2];
	struct tt_rate rate;
	u32 used;
	struct tt_node *node;
	struct list_head peers;
};

/* three lines, two thirds of them ranges and numbers */
static_assert(sizeof(struct tt_extra) <= 3 * 64);

/* NULL: there is none */
static inline struct tt_extra *tt_extra_of(const struct tt_conn *conn)
{
	BUILD_BUG_ON(offsetof(struct tt_extra, rare));	/* NULL for NULL */
	return container_of(conn->rare, struct tt_extra, rare[0]);
}

int tt_extra_cache_create(void);
void tt_extra_cache_destroy(void);
struct tt_extra *tt_extra_create(struct tt_node *node, gfp_t gfp);
void tt_extra_free(struct tt_extra *extra);

#endif
