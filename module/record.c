// SPDX-License-Identifier: GPL-2.0
#include <linux/string.h>
#include "record.h"

static void put_segment(struct tt_record *rec, const struct tt_segment *seg,
			const struct tt_result *res)
{
	rec->has |= TT_RECORD_SEGMENT;
	if (res->counted)
		rec->has |= TT_RECORD_SENT;
	if (res->arrived)
		rec->has |= TT_RECORD_ARRIVED;
	if (seg->flags & TT_ACK)
		rec->has |= TT_RECORD_ACK;
	if (res->expected != res->actual)
		rec->has |= TT_RECORD_NUMBERS;
	rec->seq = seg->seq;
	rec->ack = seg->ack;
	rec->len = seg->len;
	rec->win = res->win;
	rec->expected = res->expected;
	rec->actual = res->actual;
	rec->flags = seg->flags;
}

/**
 * tt_record_fill - a segment or a timeout as the flight recorder keeps it
 * @conn: the connection, after it
 * @seg: the segment; NULL after tt_track_timeouts()
 * @res: the result
 * @rec: filled in, but for time_ns
 *
 * Return: false if there is nothing to keep: a timer at which nothing moved,
 * or the second sighting of a segment (loopback) that says nothing new.
 */
bool tt_record_fill(const struct tt_conn *conn, const struct tt_segment *seg,
		    const struct tt_result *res, struct tt_record *rec)
{
	const struct tt_end *sender, *client, *server;
	unsigned int src = seg ? res->src : res->transitions[0].end;

	if (!res->ntransitions && !(seg && res->counted))
		return false;
	memset(rec, 0, sizeof(*rec));
	sender = &conn->end[conn->self ? 0 : src];
	rec->client = sender->role == TT_CLIENT ? src : !src;
	client = &conn->end[conn->self ? 0 : rec->client];
	server = &conn->end[conn->self ? 0 : !rec->client];
	rec->conn = tt_end_id(sender);
	rec->sender = sender->role;
	rec->verdict = res->verdict;
	rec->client_state = client->state;
	rec->server_state = server->state;
	rec->client_iss = client->iss;
	rec->server_iss = server->iss;
	/* while a tuple is being reused, the other end is of another connection */
	if (client->flags & TT_ISS_KNOWN && tt_end_id(client) == tt_end_id(sender))
		rec->has |= TT_RECORD_CLIENT_ISS;
	if (server->flags & TT_ISS_KNOWN && tt_end_id(server) == tt_end_id(sender))
		rec->has |= TT_RECORD_SERVER_ISS;
	if (seg)
		put_segment(rec, seg, res);
	return true;
}
