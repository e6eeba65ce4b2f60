/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection as it was.
 */
#ifndef TESTING_SNAPSHOT_H
#define TESTING_SNAPSHOT_H

#include <string.h>
#include "track.h"

/**
 * struct snapshot - a copy of a connection
 * @conn: the copy
 * @rare: its tt_conn.rare
 */
struct snapshot {
	struct tt_conn conn;
	struct tt_rare rare[2];
};

static inline void snapshot_take(struct snapshot *snapshot,
				 const struct tt_conn *conn)
{
	snapshot->conn = *conn;
	if (!conn->rare)
		return;
	memcpy(snapshot->rare, conn->rare, sizeof(snapshot->rare));
	snapshot->conn.rare = snapshot->rare;
}

/* has nothing changed since? */
static inline bool snapshot_is_of(const struct snapshot *snapshot,
				  const struct tt_conn *conn)
{
	struct tt_conn same = snapshot->conn;

	if (!same.rare != !conn->rare)
		return false;
	same.rare = conn->rare;
	return !memcmp(&same, conn, sizeof(same)) &&
	       (!conn->rare || !memcmp(snapshot->rare, conn->rare,
				       sizeof(snapshot->rare)));
}

/* as the module does when what was rare is over */
static inline void fold(struct tt_conn *conn)
{
	if (!conn->rare || !tt_track_is_plain(conn))
		return;
	memset(conn->rare, 0, 2 * sizeof(*conn->rare));
	conn->rare = NULL;
}

/* and before tt_track(); @rare: two, all zero */
static inline void unfold(struct tt_conn *conn, struct tt_rare *rare)
{
	if (!conn->rare)
		tt_track_unfold(conn, rare);
}

#endif
