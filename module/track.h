/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection as an observer mirrors it, and the way of a segment through it.
 *
 * Nothing here locks or allocates: the caller owns the struct tt_conn while
 * a function runs (in the module: under the connection's lock).
 */
#ifndef _TCPTRACE_TRACK_H
#define _TCPTRACE_TRACK_H

#include "endpoint.h"
#include "event.h"
#include "fsm.h"
#include "segment.h"
#include "stamp.h"
#include "tuple.h"
#include "verdict.h"

/**
 * enum tt_began - how a connection came to our knowledge
 */
enum tt_began {
	TT_BEGAN_SYN,
	TT_BEGAN_TFO,
	TT_BEGAN_SIMULTANEOUS,
	TT_BEGAN_MIDSTREAM,
};

/**
 * enum tt_ended - what ended it
 */
enum tt_ended {
	TT_ENDED_NOT,
	TT_ENDED_FIN,
	TT_ENDED_RST,
	TT_ENDED_REFUSED,
	TT_ENDED_TIMEOUT,
};

/**
 * struct tt_conn - one connection, or one tuple in two incarnations
 * @tuple: the key
 * @last: stamp of when its last segment was seen
 * @opened: stamp of when its first segment was seen
 * @end: indexed as @tuple's addresses are
 * @warm: indexed like @end
 * @rare: two, indexed like @end. The caller's: it may be taken away while
 *	tt_track_is_plain(), and has to be there when tt_track_needs_id() and
 *	tt_track() are called
 * @id: number of the newest incarnation
 * @began: enum tt_began
 * @ended: enum tt_ended
 * @ended_by: the role that sent the first FIN or the RST, or TT_NO_ROLE
 * @self: both ends are one socket (a connection to itself): only end[0]
 *	is in use
 *
 * A predicted segment needs nothing from @warm on, unless a window grows.
 */
struct tt_conn {
	struct tt_tuple tuple;
	__u32 last;
	__u32 opened;
	struct tt_end end[2];
	struct tt_warm warm[2];
	struct tt_rare *rare;
	__u64 id : 56;
	__u64 began : 2;
	__u64 ended : 3;
	__u64 ended_by : 2;
	__u64 self : 1;
};

static inline struct tt_conn *tt_conn_of(const struct tt_end *end)
{
	const struct tt_end *ends = end - end->index;

	return (struct tt_conn *)((char *)ends - offsetof(struct tt_conn, end));
}

/* tt_conn.warm of the same index */
static inline struct tt_warm *tt_warm(const struct tt_end *end)
{
	return &tt_conn_of(end)->warm[end->index];
}

/* tt_conn.rare of the same index */
static inline struct tt_rare *tt_rare(const struct tt_end *end)
{
	return &tt_conn_of(end)->rare[end->index];
}

/*
 * Number of the connection that an end belongs to: while a tuple is being
 * reused, the two ends are of different incarnations. None is newer than
 * tt_conn.id, and none is older by 2^32.
 */
static inline __u64 tt_conn_end_id(const struct tt_conn *conn,
				   unsigned int index)
{
	__u64 newest = conn->id;

	if (!conn->rare)
		return newest;
	return newest - ((__u32)newest - conn->rare[index].id);
}

static inline __u64 tt_end_id(const struct tt_end *end)
{
	return tt_conn_end_id(tt_conn_of(end), end->index);
}

/* are both ends of the same incarnation? */
static inline bool tt_same_id(const struct tt_end *s, const struct tt_end *r)
{
	return tt_rare(s)->id == tt_rare(r)->id;
}

#define TT_STATE_BIT(state) (1U << (state))

/* the two states as bits; an unused end[1] of a connection to itself is CLOSED */
static inline __u32 tt_track_states(const struct tt_conn *conn)
{
	return TT_STATE_BIT(conn->end[0].state) |
	       TT_STATE_BIT(conn->end[1].state);
}

static __always_inline bool tt_track_is_established(const struct tt_conn *conn)
{
	return !((conn->end[0].state ^ TT_ESTABLISHED) |
		 (conn->end[1].state ^ TT_ESTABLISHED));
}

#define TT_STATES_ENDED	(TT_STATE_BIT(TT_CLOSED) | TT_STATE_BIT(TT_LISTEN))

/* are both ends done with the connection: CLOSED, or back in LISTEN? */
static inline bool tt_track_ended(const struct tt_conn *conn)
{
	return !(tt_track_states(conn) & ~TT_STATES_ENDED);
}

/* is its handshake still under way, an end in SYN-SENT or SYN-RECEIVED? */
static inline bool tt_track_embryonic(const struct tt_conn *conn)
{
	return tt_track_states(conn) &
	       (TT_STATE_BIT(TT_SYN_SENT) | TT_STATE_BIT(TT_SYN_RECEIVED));
}

/* is nothing left but the quiet time: each end in TIME-WAIT, or ended? */
static inline bool tt_track_quiet(const struct tt_conn *conn)
{
	return !(tt_track_states(conn) &
		 ~(TT_STATES_ENDED | TT_STATE_BIT(TT_TIME_WAIT)));
}

static inline bool tt_track_one_way(const struct tt_conn *conn)
{
	if (conn->self)
		return !(conn->end[0].flags & TT_LOCAL);
	return !conn->end[0].segments || !conn->end[1].segments;
}

/* a SYN+ACK was on its way to it, and that is all */
static inline bool tt_end_is_presumed(const struct tt_end *end)
{
	return end->state == TT_ESTABLISHED && !(end->flags & TT_ACK_KNOWN);
}

/**
 * tt_track_unproven - may a single forger have made it up?
 * @conn: the connection; locked by the caller
 *
 * Return: true while segments were seen in one direction only, or nobody has
 * completed the handshake; but not while that is still under way.
 */
static inline bool tt_track_unproven(const struct tt_conn *conn)
{
	return (tt_track_one_way(conn) || tt_end_is_presumed(&conn->end[0]) ||
		tt_end_is_presumed(&conn->end[1])) &&
	       (conn->began == TT_BEGAN_MIDSTREAM ||
		!tt_track_embryonic(conn));
}

/**
 * tt_track_is_plain - is there nothing in tt_conn.rare?
 * @conn: the connection, with tt_conn.rare; locked by the caller
 *
 * Return: true while the connection is established and all that was rare is
 * over; then tt_track_unfold() makes the same tt_conn.rare again.
 */
static inline bool tt_track_is_plain(const struct tt_conn *conn)
{
	const struct tt_rare *rare = conn->rare;

	return tt_track_is_established(conn) &&
	       !((conn->end[0].flags | conn->end[1].flags) & TT_RARE_FLAGS) &&
	       !(conn->end[0].nranges | conn->end[1].nranges) &&
	       !(rare[0].retransmissions | rare[1].retransmissions |
		 rare[0].violations | rare[1].violations) &&
	       rare[0].id == (__u32)conn->id && rare[1].id == (__u32)conn->id;
}

/**
 * enum tt_place - where a segment was seen
 */
enum tt_place {
	TT_AT_OUTPUT,
	TT_AT_INPUT,
	TT_AT_FORWARD,
};

/**
 * struct tt_sighting - one segment at one hook
 * @now: milliseconds of a clock that never goes back
 * @next_id: the number that a new incarnation takes, its low half not zero;
 *	when tt_track() used it, tt_result.id_used is set
 * @seg: the segment
 * @src: which end of the tuple sent it (0 or 1)
 * @place: enum tt_place
 * @loopback: of an output: the device is the loopback device, so the segment
 *	will be seen a second time
 * @foreign: a raw or packet socket sent it, not the endpoint's own TCP
 * @backlog: likewise: the sender's socket may have yet to see to what reached it
 * @bad_checksum: the receiving stack will discard it
 */
struct tt_sighting {
	__u64 now;
	__u64 next_id;
	const struct tt_segment *seg;
	__u8 src;
	__u8 place;
	bool loopback;
	bool foreign;
	bool backlog;
	bool bad_checksum;
};

/* RFC 7323 5.5: 2^31 microseconds without a segment: timestamps start anew */
#define TT_TIMESTAMPS_LAST_MS 2147483

/* transitions that one segment or timer can cause */
#define TT_TRANSITIONS_MAX 8

/**
 * struct tt_transition - one state change, or a verdict when from == to
 * @id: number of the connection
 * @end: which end of the tuple
 * @role: its role
 * @from: enum tt_state
 * @to: enum tt_state
 * @basis: enum tt_basis
 */
struct tt_transition {
	__u64 id;
	__u8 end;
	__u8 role;
	__u8 from;
	__u8 to;
	__u8 basis;
};

/* has a state changed, or is it only a verdict's line? */
static inline bool tt_transition_moves(const struct tt_transition *t)
{
	return t->from != t->to;
}

/**
 * struct tt_result - what a segment was and did
 * @remarks: TT_REMARK() of everything found besides @verdict
 * @expected: the number that the violated rule asks for
 * @actual: the number that the segment had
 * @win: the segment's window in bytes
 * @verdict: enum tt_verdict; TT_VERDICTS_MAX: none (the second sighting of
 *	a segment, already judged; or a timer)
 * @counted: the segment was seen for the first time; on loopback its second
 *	sighting, its receipt, must not be counted as another segment
 * @arrived: and this sighting is, or stands for, its receipt
 * @src: tt_sighting.src
 * @ntransitions: valid entries in @transitions
 * @id_used: tt_sighting.next_id has become the number of a connection
 * @transitions: in the order in which they happened; when nothing moved and
 *	@verdict is worth a line, the only entry has from == to
 */
struct tt_result {
	__u64 remarks;
	__u32 expected;
	__u32 actual;
	__u32 win;
	__u8 verdict;
	__u8 ntransitions;
	__u8 src;
	bool counted;
	bool arrived;
	bool id_used;
	struct tt_transition transitions[TT_TRANSITIONS_MAX];
};

/* nothing found yet; @transitions is written as it fills */
static inline void tt_result_init(struct tt_result *res)
{
	res->remarks = 0;
	res->expected = 0;
	res->actual = 0;
	res->win = 0;
	res->verdict = TT_VERDICTS_MAX;
	res->ntransitions = 0;
	res->src = 0;
	res->counted = false;
	res->arrived = false;
	res->id_used = false;
}

/* has a state changed? If not, its only entry, if there is one, is a line */
static inline bool tt_result_moves(const struct tt_result *res)
{
	return res->ntransitions && tt_transition_moves(&res->transitions[0]);
}

/* of a segment's second sighting only what is not a textbook's counts */
static inline bool tt_result_counts_verdict(const struct tt_result *res)
{
	return res->verdict < TT_VERDICTS_MAX &&
	       (res->counted || !tt_verdict_is_fine(res->verdict));
}

/**
 * struct tt_limits - how long a state lasts without a segment
 * @seconds: by state; for TIME-WAIT 2MSL; for CLOSED how long an ended
 *	connection is remembered
 */
struct tt_limits {
	__u32 seconds[TT_STATES_MAX];
};

#define TT_LIMITS_DEFAULT			\
	{					\
		[TT_UNKNOWN]		= 600,	\
		[TT_CLOSED]		= 10,	\
		[TT_LISTEN]		= 10,	\
		[TT_SYN_SENT]		= 120,	\
		[TT_SYN_RECEIVED]	= 60,	\
		[TT_ESTABLISHED]	= 432000, \
		[TT_FIN_WAIT_1]		= 120,	\
		[TT_FIN_WAIT_2]		= 120,	\
		[TT_CLOSE_WAIT]		= 432000, \
		[TT_CLOSING]		= 60,	\
		[TT_LAST_ACK]		= 60,	\
		[TT_TIME_WAIT]		= 60,	\
	}

/**
 * tt_track_opens - may a segment of no known connection begin one?
 * @at: the segment and where it was seen
 *
 * Return: false for what belongs to none: an RST, a segment that will be
 * discarded, or one with impossible flags.
 */
static inline bool tt_track_opens(const struct tt_sighting *at)
{
	__u8 flags = at->seg->flags & (TT_SYN | TT_FIN | TT_RST | TT_ACK);

	if (at->bad_checksum)
		return false;
	return flags == TT_SYN || flags == (TT_SYN | TT_ACK) ||
	       flags == TT_ACK || flags == (TT_FIN | TT_ACK);
}

void tt_track_init(struct tt_conn *conn, const struct tt_tuple *tuple);
void tt_track_unfold(struct tt_conn *conn, struct tt_rare *rare);
bool tt_predict(struct tt_conn *conn, const struct tt_sighting *at,
		enum tt_verdict *verdict);
bool tt_predict_open(struct tt_conn *conn, const struct tt_sighting *at,
		     struct tt_result *res);
bool tt_predict_move(struct tt_conn *conn, const struct tt_sighting *at,
		     struct tt_result *res);
bool tt_track_needs_id(struct tt_conn *conn, const struct tt_sighting *at);
void tt_track(struct tt_conn *conn, const struct tt_sighting *s,
	      struct tt_result *res);
bool tt_track_timeouts(struct tt_conn *conn, const struct tt_limits *limits,
		       __u64 now, struct tt_result *res);
void tt_result_add_line(struct tt_result *res, const struct tt_end *end,
			enum tt_basis basis);
bool tt_transition(struct tt_end *end, enum tt_event_kind kind,
		   enum tt_basis basis, __u64 now, struct tt_result *res);
void tt_track_event(const struct tt_conn *conn, const struct tt_segment *seg,
		    const struct tt_result *res, unsigned int i,
		    struct tt_event *ev);
void tt_stray_event(const struct tt_tuple *tuple, unsigned int src,
		    const struct tt_segment *seg, enum tt_verdict verdict,
		    struct tt_event *ev);

#endif
