/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state machine of one endpoint (RFC 9293 3.3.2) as a table.
 */
#ifndef _TCPTRACE_FSM_H
#define _TCPTRACE_FSM_H

#include <linux/types.h>

/**
 * enum tt_state - the eleven states of RFC 9293 3.3.2, and "not known"
 * @TT_UNKNOWN: the connection was first seen midstream
 */
enum tt_state {
	TT_UNKNOWN,
	TT_CLOSED,
	TT_LISTEN,
	TT_SYN_SENT,
	TT_SYN_RECEIVED,
	TT_ESTABLISHED,
	TT_FIN_WAIT_1,
	TT_FIN_WAIT_2,
	TT_CLOSE_WAIT,
	TT_CLOSING,
	TT_LAST_ACK,
	TT_TIME_WAIT,
	TT_STATES_MAX
};

/**
 * enum tt_event_kind - what can happen to an endpoint
 *
 * SND: the endpoint sent it. RCV: it reached the endpoint. An ACK that covers
 * the endpoint's FIN is another event than one which does not. AGAIN: the
 * endpoint sent again what we believed acknowledged, so it was not.
 */
enum tt_event_kind {
	TT_EV_PASSIVE_OPEN,
	TT_EV_SND_SYN,
	TT_EV_SND_SYNACK,
	TT_EV_SND_FIN,
	TT_EV_SND_RST,
	TT_EV_RCV_SYN,
	TT_EV_RCV_SYNACK,
	TT_EV_RCV_ACK_OF_SYN,
	TT_EV_RCV_FIN,
	TT_EV_RCV_ACK_OF_FIN,
	TT_EV_RCV_RST,
	TT_EV_RCV_RST_PASSIVE,
	TT_EV_NO_LISTENER,
	TT_EV_SYN_AGAIN,
	TT_EV_SYNACK_AGAIN,
	TT_EV_FIN_AGAIN,
	TT_EV_FIN_CROSSED,
	TT_EV_FIN_NOT_GOT,
	TT_EV_SEEN_MIDSTREAM,
	TT_EV_2MSL,
	TT_EV_IDLE,
	TT_EVENTS_MAX
};

/**
 * enum tt_basis - what a transition stands on
 * @TT_SENT: the endpoint sent the segment
 * @TT_RECEIVED: the endpoint is local and the segment reached its hook, or
 *	the endpoint's own later segment proves receipt
 * @TT_PRESUMED: the segment passed us on its way to a remote endpoint
 * @TT_TIMEOUT: a timer ran out
 * @TT_CORRECTED: later evidence contradicted a presumption
 */
enum tt_basis {
	TT_SENT,
	TT_RECEIVED,
	TT_PRESUMED,
	TT_TIMEOUT,
	TT_CORRECTED,
	TT_BASES_MAX
};

/**
 * struct tt_edge - where an event leads
 * @to: the next state; TT_UNKNOWN (zero) means that there is no edge
 * @rfc: the section that says so
 */
struct tt_edge {
	enum tt_state to;
	const char *rfc;
};

extern const struct tt_edge tt_fsm[TT_STATES_MAX][TT_EVENTS_MAX];

const char *tt_state_name(enum tt_state state);
const char *tt_basis_name(enum tt_basis basis);

#endif
