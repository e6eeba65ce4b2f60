// SPDX-License-Identifier: GPL-2.0
#include "move.h"
#include "opening.h"

/**
 * tt_predict - follow a segment, if it is the one that was to be expected
 * @conn: the connection; locked by the caller
 * @at: the segment and where it was seen
 * @verdict: a verdict of class TT_FINE; TT_VERDICTS_MAX: none, for a segment
 *	that was counted when it was sent
 *
 * Expected of an ESTABLISHED connection is data in order, or an ACK, inside
 * the window, without an option but timestamps, while nothing is missing and
 * no answer is owed. Nothing moves, and @conn is left as tt_track() leaves it.
 *
 * Return: false: give it to tt_track(), which finds what it would have found.
 */
bool tt_predict(struct tt_conn *conn, const struct tt_sighting *at,
		enum tt_verdict *verdict)
{
	return tt_track_is_established(conn) &&
	       tt_predict_here(conn, at, verdict);
}

/**
 * tt_predict_open - follow a SYN or SYN+ACK, if it was to be expected
 * @conn: the connection, with tt_conn.rare; locked by the caller
 * @at: the segment and where it was seen
 * @res: filled in as by tt_track(), if it was
 *
 * Expected is the first SYN on a tuple, and the first SYN+ACK that answers it;
 * without data, and without options that do not belong there.
 *
 * Return: false: give it to tt_track(), which finds what it would have found.
 */
bool tt_predict_open(struct tt_conn *conn, const struct tt_sighting *at,
		     struct tt_result *res)
{
	return tt_predict_open_here(conn, at, res);
}

/**
 * tt_predict_move - follow a segment that moves a state, if it was to be expected
 * @conn: the connection, with tt_conn.rare; locked by the caller
 * @at: the segment and where it was seen
 * @res: filled in as by tt_track(), if it was
 *
 * Expected is the ACK that ends a handshake, and of a close the FINs, and what
 * else is in order: as tt_predict() has it.
 *
 * Return: false: give it to tt_track(), which finds what it would have found.
 */
bool tt_predict_move(struct tt_conn *conn, const struct tt_sighting *at,
		     struct tt_result *res)
{
	return tt_predict_move_here(conn, at, res);
}
