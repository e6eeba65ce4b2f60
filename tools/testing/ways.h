/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The short ways of a segment lead where tt_track() leads, if they are taken.
 */
#ifndef TESTING_WAYS_H
#define TESTING_WAYS_H

#include "snapshot.h"

/**
 * enum way - what a short way made of a segment
 * @WAY_NONE: it was not taken
 * @WAY_SHORT: it was, and led to the same
 * @WAY_WRONG: it was, and led elsewhere
 */
enum way {
	WAY_NONE,
	WAY_SHORT,
	WAY_WRONG,
};

static inline bool is_same_transition(const struct tt_transition *a,
				      const struct tt_transition *b)
{
	return a->id == b->id && a->end == b->end && a->role == b->role &&
	       a->from == b->from && a->to == b->to && a->basis == b->basis;
}

static inline bool is_same_result(const struct tt_result *a,
				  const struct tt_result *b)
{
	unsigned int i;

	if (a->remarks != b->remarks || a->expected != b->expected ||
	    a->actual != b->actual || a->win != b->win ||
	    a->verdict != b->verdict || a->src != b->src ||
	    a->counted != b->counted || a->arrived != b->arrived ||
	    a->id_used != b->id_used || a->ntransitions != b->ntransitions)
		return false;
	for (i = 0; i < a->ntransitions; i++)
		if (!is_same_transition(&a->transitions[i], &b->transitions[i]))
			return false;
	return true;
}

/* tt_predict()'s; @after and @res are what tt_track() made of it */
static inline enum way way_of_predict(const struct snapshot *before,
				      const struct tt_sighting *at,
				      const struct tt_conn *after,
				      const struct tt_result *res)
{
	struct snapshot trial;
	enum tt_verdict verdict;

	snapshot_take(&trial, &before->conn);
	if (!tt_predict(&trial.conn, at, &verdict))
		return WAY_NONE;
	return !res->ntransitions && !res->remarks &&
	       tt_verdict_class(res->verdict) == TT_FINE &&
	       verdict == (res->counted ? res->verdict : TT_VERDICTS_MAX) &&
	       snapshot_is_of(&trial, after) ? WAY_SHORT : WAY_WRONG;
}

/* tt_predict_open() or tt_predict_move() */
typedef bool (*short_way)(struct tt_conn *conn, const struct tt_sighting *at,
			   struct tt_result *res);

/* its way, likewise */
static inline enum way way_of(short_way predict, const struct snapshot *before,
			      const struct tt_sighting *at,
			      const struct tt_conn *after,
			      const struct tt_result *res)
{
	struct snapshot trial = { 0 };
	struct tt_result moved;

	snapshot_take(&trial, &before->conn);
	unfold(&trial.conn, trial.rare);
	if (!predict(&trial.conn, at, &moved))
		return WAY_NONE;
	if (!after->rare)
		fold(&trial.conn);
	return is_same_result(&moved, res) && snapshot_is_of(&trial, after) ?
	       WAY_SHORT : WAY_WRONG;
}

#endif
