// SPDX-License-Identifier: GPL-2.0
/* What the receiver of a segment that breaks a rule has to do. */
#include "duty.h"

#define SILENT_DROP	"drop it in silence"
#define CHALLENGE	"drop it and answer with a challenge ACK"
#define ANSWER_ACK	"drop it and answer with an ACK that tells what is expected"
#define ANSWER_RST	"drop it and answer with an RST of seq = its ack"

static const struct duty duties[TT_VERDICTS_MAX] = {
	[TT_V_BAD_FLAGS]	= { SILENT_DROP, "9293 3.10.7" },
	[TT_V_NO_ACK]		= { SILENT_DROP, "9293 3.10.7.4" },
	[TT_V_SEQ_BEYOND_WINDOW] = { ANSWER_ACK, "9293 3.10.7.4" },
	[TT_V_END_BEYOND_WINDOW] = {
		"take what fits in the window, drop the rest, and acknowledge",
		"9293 3.10.7.4" },
	[TT_V_DATA_IN_ZERO_WINDOW] = { ANSWER_ACK, "9293 3.8.6.1" },
	[TT_V_SEQ_TOO_OLD]	= { ANSWER_ACK, "9293 3.10.7.4" },
	[TT_V_ACK_UNSENT]	= { ANSWER_ACK, "9293 3.10.7.4" },
	[TT_V_ACK_TOO_OLD]	= { CHALLENGE, "5961 5.2" },
	[TT_V_ACK_BELOW_ISS]	= { CHALLENGE, "5961 5.2" },
	[TT_V_SYNACK_BAD_ACK]	= { ANSWER_RST, "9293 3.10.7.3" },
	[TT_V_HANDSHAKE_ACK_BAD] = { ANSWER_RST, "9293 3.10.7.4" },
	[TT_V_SYNACK_CHANGED]	= { CHALLENGE, "5961 4.2" },
	[TT_V_SYN_IN_SYNC]	= { CHALLENGE, "5961 4.2" },
	[TT_V_RST_OUT_OF_WINDOW] = { SILENT_DROP, "5961 3.2" },
	[TT_V_RST_INEXACT]	= { CHALLENGE, "5961 3.2" },
	[TT_V_RST_IGNORED]	= { SILENT_DROP, "9293 3.10.7.3" },
	[TT_V_DATA_AFTER_FIN]	= { "ignore its text", "9293 3.10.7.4" },
	[TT_V_FIN_MOVED]	= { "keep to the first FIN", "9293 3.6" },
	[TT_V_ACK_BEYOND_FIN]	= { ANSWER_ACK, "9293 3.10.7.4" },
	[TT_V_DATA_AFTER_RST]	= { ANSWER_RST, "9293 3.10.7.1" },
	[TT_V_NO_CONNECTION]	= { SILENT_DROP, "9293 3.10.7.1" },
	[TT_V_PAWS_FAIL]	= { ANSWER_ACK, "7323 5.3" },
	[TT_V_TS_MISSING]	= { SILENT_DROP, "7323 3.2" },
	[TT_V_TS_UNNEGOTIATED]	= { "ignore the timestamp", "7323 3.2" },
	[TT_V_TSECR_INVALID]	= {
		"measure no round-trip time by it", "7323 4.1" },
	[TT_V_WSCALE_BAD]	= { "scale by 14", "7323 2.3" },
	[TT_V_SACK_UNPERMITTED]	= { "ignore the blocks", "2018 2" },
	[TT_V_SACK_INVALID]	= { "ignore the block", "2018 4" },
	[TT_V_URG_AFTER_FIN]	= {
		"ignore the urgent pointer", "9293 3.10.7.4" },
	[TT_V_BAD_OPTION]	= {
		"ignore the options, or reset the connection", "9293 3.1" },
	[TT_V_BAD_CHECKSUM]	= { SILENT_DROP, "9293 3.1" },
	[TT_V_TRUNCATED]	= { SILENT_DROP, "9293 3.1" },
};

/**
 * duty_of - what should the receiver have done?
 * @verdict: a violation
 *
 * Return: its duty; what is NULL for what is no violation.
 */
const struct duty *duty_of(enum tt_verdict verdict)
{
	return &duties[verdict];
}
