// SPDX-License-Identifier: GPL-2.0
#include "fsm.h"

#define EDGE(state, section) { TT_##state, section }

/*
 * tt_fsm[STATE][EVENT]: the edges of RFC 9293 figure 5 as one endpoint goes
 * along them, and below each state the edges that only an observer needs: a
 * presumption that later evidence contradicts is taken back (rule "observer").
 * A missing edge means that the event changes nothing in that state.
 */
const struct tt_edge tt_fsm[TT_STATES_MAX][TT_EVENTS_MAX] = {
	[TT_UNKNOWN] = {
		[TT_EV_SEEN_MIDSTREAM]	= EDGE(ESTABLISHED, "observer"),
		[TT_EV_SND_FIN]		= EDGE(FIN_WAIT_1, "observer"),
		[TT_EV_RCV_FIN]		= EDGE(CLOSE_WAIT, "observer"),
		[TT_EV_PASSIVE_OPEN]	= EDGE(LISTEN, "observer"),
		[TT_EV_SND_SYNACK]	= EDGE(SYN_RECEIVED, "observer"),
		[TT_EV_SND_SYN]		= EDGE(SYN_SENT, "observer"),
		[TT_EV_SND_RST]		= EDGE(CLOSED, "observer"),
		[TT_EV_RCV_RST]		= EDGE(CLOSED, "observer"),
		[TT_EV_IDLE]		= EDGE(CLOSED, "observer"),
	},
	[TT_CLOSED] = {
		[TT_EV_PASSIVE_OPEN]	= EDGE(LISTEN, "9293 3.10.1"),
		[TT_EV_SND_SYN]		= EDGE(SYN_SENT, "9293 3.10.1"),

		[TT_EV_FIN_AGAIN]	= EDGE(LAST_ACK, "observer"),
	},
	[TT_LISTEN] = {
		[TT_EV_RCV_SYN]		= EDGE(SYN_RECEIVED, "9293 3.10.7.2"),
		[TT_EV_SND_SYNACK]	= EDGE(SYN_RECEIVED, "9293 3.10.7.2"),
		[TT_EV_SND_SYN]		= EDGE(SYN_SENT, "9293 3.10.2"),

		[TT_EV_NO_LISTENER]	= EDGE(CLOSED, "9293 3.10.7.1"),
	},
	[TT_SYN_SENT] = {
		[TT_EV_RCV_SYN]		= EDGE(SYN_RECEIVED, "9293 3.10.7.3"),
		[TT_EV_RCV_SYNACK]	= EDGE(ESTABLISHED, "9293 3.10.7.3"),
		[TT_EV_RCV_RST]		= EDGE(CLOSED, "9293 3.10.7.3"),
		[TT_EV_SND_SYNACK]	= EDGE(SYN_RECEIVED, "9293 3.10.7.3"),
		[TT_EV_SND_RST]		= EDGE(CLOSED, "9293 3.10.5"),
		[TT_EV_IDLE]		= EDGE(CLOSED, "9293 3.9.1.1"),
	},
	[TT_SYN_RECEIVED] = {
		[TT_EV_RCV_ACK_OF_SYN]	= EDGE(ESTABLISHED, "9293 3.10.7.4"),
		[TT_EV_RCV_SYNACK]	= EDGE(ESTABLISHED, "9293 3.5"),
		[TT_EV_RCV_FIN]		= EDGE(CLOSE_WAIT, "9293 3.10.7.4"),
		[TT_EV_RCV_RST]		= EDGE(CLOSED, "9293 3.10.7.4"),
		[TT_EV_RCV_RST_PASSIVE]	= EDGE(LISTEN, "9293 3.10.7.4"),
		[TT_EV_SND_FIN]		= EDGE(FIN_WAIT_1, "9293 3.10.4"),
		[TT_EV_SND_RST]		= EDGE(CLOSED, "9293 3.10.5"),
		[TT_EV_IDLE]		= EDGE(CLOSED, "9293 3.8.3"),

		[TT_EV_SND_SYN]		= EDGE(SYN_SENT, "observer"),
	},
	[TT_ESTABLISHED] = {
		[TT_EV_RCV_FIN]		= EDGE(CLOSE_WAIT, "9293 3.10.7.4"),
		[TT_EV_RCV_RST]		= EDGE(CLOSED, "9293 3.10.7.4"),
		[TT_EV_SND_FIN]		= EDGE(FIN_WAIT_1, "9293 3.10.4"),
		[TT_EV_SND_RST]		= EDGE(CLOSED, "9293 3.10.5"),
		[TT_EV_IDLE]		= EDGE(CLOSED, "9293 3.8.3"),

		[TT_EV_SYN_AGAIN]	= EDGE(SYN_SENT, "observer"),
		[TT_EV_SYNACK_AGAIN]	= EDGE(SYN_RECEIVED, "observer"),
	},
	[TT_FIN_WAIT_1] = {
		[TT_EV_RCV_ACK_OF_FIN]	= EDGE(FIN_WAIT_2, "9293 3.10.7.4"),
		[TT_EV_RCV_FIN]		= EDGE(CLOSING, "9293 3.10.7.4"),
		[TT_EV_RCV_RST]		= EDGE(CLOSED, "9293 3.10.7.4"),
		[TT_EV_SND_RST]		= EDGE(CLOSED, "9293 3.10.5"),
		[TT_EV_IDLE]		= EDGE(CLOSED, "9293 3.8.3"),
	},
	[TT_FIN_WAIT_2] = {
		[TT_EV_RCV_FIN]		= EDGE(TIME_WAIT, "9293 3.10.7.4"),
		[TT_EV_RCV_RST]		= EDGE(CLOSED, "9293 3.10.7.4"),
		[TT_EV_SND_RST]		= EDGE(CLOSED, "9293 3.10.5"),
		[TT_EV_IDLE]		= EDGE(CLOSED, "9293 3.6"),

		[TT_EV_FIN_AGAIN]	= EDGE(FIN_WAIT_1, "observer"),
	},
	[TT_CLOSE_WAIT] = {
		[TT_EV_SND_FIN]		= EDGE(LAST_ACK, "9293 3.10.4"),
		[TT_EV_RCV_RST]		= EDGE(CLOSED, "9293 3.10.7.4"),
		[TT_EV_SND_RST]		= EDGE(CLOSED, "9293 3.10.5"),
		[TT_EV_IDLE]		= EDGE(CLOSED, "9293 3.8.3"),

		[TT_EV_FIN_CROSSED]	= EDGE(FIN_WAIT_1, "observer"),
		[TT_EV_FIN_NOT_GOT]	= EDGE(ESTABLISHED, "observer"),
	},
	[TT_CLOSING] = {
		[TT_EV_RCV_ACK_OF_FIN]	= EDGE(TIME_WAIT, "9293 3.10.7.4"),
		[TT_EV_RCV_RST]		= EDGE(CLOSED, "9293 3.10.7.4"),
		[TT_EV_SND_RST]		= EDGE(CLOSED, "9293 3.10.5"),
		[TT_EV_IDLE]		= EDGE(CLOSED, "9293 3.8.3"),

		[TT_EV_FIN_NOT_GOT]	= EDGE(FIN_WAIT_1, "observer"),
	},
	[TT_LAST_ACK] = {
		[TT_EV_RCV_ACK_OF_FIN]	= EDGE(CLOSED, "9293 3.10.7.4"),
		[TT_EV_RCV_RST]		= EDGE(CLOSED, "9293 3.10.7.4"),
		[TT_EV_SND_RST]		= EDGE(CLOSED, "9293 3.10.5"),
		[TT_EV_IDLE]		= EDGE(CLOSED, "9293 3.8.3"),
	},
	[TT_TIME_WAIT] = {
		[TT_EV_2MSL]		= EDGE(CLOSED, "9293 3.10.8"),
		[TT_EV_RCV_RST]		= EDGE(CLOSED, "9293 3.10.7.4"),
		[TT_EV_SND_RST]		= EDGE(CLOSED, "9293 3.10.7.4"),

		[TT_EV_FIN_AGAIN]	= EDGE(CLOSING, "observer"),
		[TT_EV_FIN_NOT_GOT]	= EDGE(FIN_WAIT_2, "observer"),
	},
};

/**
 * tt_state_name - a state as RFC 9293 and the ABI spell it
 * @state: the state; any value may be given
 *
 * Return: the name, "unknown" for TT_UNKNOWN, "?" for what is no state.
 */
const char *tt_state_name(enum tt_state state)
{
	static const char * const names[] = {
		[TT_UNKNOWN]		= "unknown",
		[TT_CLOSED]		= "CLOSED",
		[TT_LISTEN]		= "LISTEN",
		[TT_SYN_SENT]		= "SYN-SENT",
		[TT_SYN_RECEIVED]	= "SYN-RECEIVED",
		[TT_ESTABLISHED]	= "ESTABLISHED",
		[TT_FIN_WAIT_1]		= "FIN-WAIT-1",
		[TT_FIN_WAIT_2]		= "FIN-WAIT-2",
		[TT_CLOSE_WAIT]		= "CLOSE-WAIT",
		[TT_CLOSING]		= "CLOSING",
		[TT_LAST_ACK]		= "LAST-ACK",
		[TT_TIME_WAIT]		= "TIME-WAIT",
	};

	return (unsigned int)state < TT_STATES_MAX ? names[state] : "?";
}

/**
 * tt_basis_name - a basis as the ABI spells it
 * @basis: the basis; any value may be given
 *
 * Return: the name, "-" for TT_BASES_MAX and beyond.
 */
const char *tt_basis_name(enum tt_basis basis)
{
	static const char * const names[] = {
		[TT_SENT]	= "sent",
		[TT_RECEIVED]	= "received",
		[TT_PRESUMED]	= "presumed",
		[TT_TIMEOUT]	= "timeout",
		[TT_CORRECTED]	= "corrected",
	};

	return (unsigned int)basis < TT_BASES_MAX ? names[basis] : "-";
}
