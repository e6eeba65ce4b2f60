/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one segment was found to be, seen against the connection it belongs to.
 *
 * The names are part of the ABI (/proc/tcptrace, field "verdict", and the
 * counters verdict_NAME of /proc/net/tcptrace/stat): append, never rename.
 */
#ifndef _TCPTRACE_VERDICT_H
#define _TCPTRACE_VERDICT_H

#include <linux/types.h>

/**
 * enum tt_class - how a verdict is to be read
 * @TT_FINE: what a textbook connection consists of; no line of its own
 * @TT_UNUSUAL: legal, worth a line: loss, repair, probes, odd windows
 * @TT_VIOLATION: breaks a rule of the RFCs; moves no state unless the RFC
 *	says that it does
 */
enum tt_class {
	TT_FINE,
	TT_UNUSUAL,
	TT_VIOLATION,
};

/*
 * X(NAME, name, class, RFC section)
 */
#define TT_VERDICTS(X)							\
	X(DATA, data, FINE, "9293 3.10.7.4")				\
	X(ACK, ack, FINE, "9293 3.10.7.4")				\
	X(WINDOW_UPDATE, window_update, FINE, "9293 3.10.7.4")		\
	X(SYN, syn, FINE, "9293 3.5")					\
	X(SYNACK, synack, FINE, "9293 3.5")				\
	X(HANDSHAKE_ACK, handshake_ack, FINE, "9293 3.5")		\
	X(SIMULTANEOUS_OPEN, simultaneous_open, FINE, "9293 3.5")	\
	X(FIN, fin, FINE, "9293 3.6")					\
	X(RST, rst, FINE, "9293 3.5.2")					\
	X(TIMEWAIT_REUSE, timewait_reuse, FINE, "9293 3.6.1")		\
	X(TFO_SYN, tfo_syn, FINE, "7413 4.1")				\
	X(RETRANSMISSION, retransmission, UNUSUAL, "9293 3.8.1")	\
	X(FAST_RETRANSMISSION, fast_retransmission, UNUSUAL, "5681 3.2") \
	X(SPURIOUS_RETRANSMISSION, spurious_retransmission, UNUSUAL, "9293 3.8.1") \
	X(PARTIAL_RETRANSMISSION, partial_retransmission, UNUSUAL, "9293 3.8.1") \
	X(SYN_RETRANSMISSION, syn_retransmission, UNUSUAL, "9293 3.8.1") \
	X(SYNACK_RETRANSMISSION, synack_retransmission, UNUSUAL, "9293 3.8.1") \
	X(FIN_RETRANSMISSION, fin_retransmission, UNUSUAL, "9293 3.8.1") \
	X(GAP, gap, UNUSUAL, "9293 3.10.7.4")				\
	X(OUT_OF_ORDER, out_of_order, UNUSUAL, "9293 3.10.7.4")		\
	X(DUP_ACK, dup_ack, UNUSUAL, "5681 2")				\
	X(DSACK, dsack, UNUSUAL, "2883 4")				\
	X(SACK_RENEGING, sack_reneging, UNUSUAL, "2018 8")		\
	X(LATE_RST, late_rst, UNUSUAL, "9293 3.10.7.1")			\
	X(OLD_ACK, old_ack, UNUSUAL, "9293 3.10.7.4")			\
	X(CHALLENGE_ACK, challenge_ack, UNUSUAL, "5961 3.2")		\
	X(KEEPALIVE, keepalive, UNUSUAL, "9293 3.8.4")			\
	X(KEEPALIVE_ACK, keepalive_ack, UNUSUAL, "9293 3.8.4")		\
	X(ZERO_WINDOW, zero_window, UNUSUAL, "9293 3.8.6.1")		\
	X(ZERO_WINDOW_PROBE, zero_window_probe, UNUSUAL, "9293 3.8.6.1") \
	X(ZERO_WINDOW_PROBE_ACK, zero_window_probe_ack, UNUSUAL, "9293 3.8.6.1") \
	X(WINDOW_FULL, window_full, UNUSUAL, "9293 3.8.6")		\
	X(WINDOW_SHRINK, window_shrink, UNUSUAL, "9293 3.8.6")		\
	X(PORT_REUSE, port_reuse, UNUSUAL, "9293 3.4.3")		\
	X(MSS_EXCEEDED, mss_exceeded, UNUSUAL, "9293 3.7.1")		\
	X(MIDSTREAM, midstream, UNUSUAL, "9293 3.10")			\
	X(OBSERVER_GAP, observer_gap, UNUSUAL, "9293 3.10")		\
	X(BAD_FLAGS, bad_flags, VIOLATION, "9293 3.1")			\
	X(NO_ACK, no_ack, VIOLATION, "9293 3.10.7.4")			\
	X(SEQ_BEYOND_WINDOW, seq_beyond_window, VIOLATION, "9293 3.10.7.4") \
	X(END_BEYOND_WINDOW, end_beyond_window, VIOLATION, "9293 3.10.7.4") \
	X(DATA_IN_ZERO_WINDOW, data_in_zero_window, VIOLATION, "9293 3.10.7.4") \
	X(SEQ_TOO_OLD, seq_too_old, VIOLATION, "9293 3.10.7.4")		\
	X(ACK_UNSENT, ack_unsent, VIOLATION, "9293 3.10.7.4")		\
	X(ACK_TOO_OLD, ack_too_old, VIOLATION, "5961 5.2")		\
	X(ACK_BELOW_ISS, ack_below_iss, VIOLATION, "9293 3.10.7.4")	\
	X(SYNACK_BAD_ACK, synack_bad_ack, VIOLATION, "9293 3.10.7.3")	\
	X(HANDSHAKE_ACK_BAD, handshake_ack_bad, VIOLATION, "9293 3.10.7.4") \
	X(SYNACK_CHANGED, synack_changed, VIOLATION, "9293 3.8.1")	\
	X(SYN_IN_SYNC, syn_in_sync, VIOLATION, "5961 4.2")		\
	X(RST_OUT_OF_WINDOW, rst_out_of_window, VIOLATION, "5961 3.2")	\
	X(RST_INEXACT, rst_inexact, VIOLATION, "5961 3.2")		\
	X(RST_IGNORED, rst_ignored, VIOLATION, "9293 3.10.7.3")		\
	X(DATA_AFTER_FIN, data_after_fin, VIOLATION, "9293 3.6")	\
	X(FIN_MOVED, fin_moved, VIOLATION, "9293 3.6")			\
	X(ACK_BEYOND_FIN, ack_beyond_fin, VIOLATION, "9293 3.6")	\
	X(DATA_AFTER_RST, data_after_rst, VIOLATION, "9293 3.5.2")	\
	X(NO_CONNECTION, no_connection, VIOLATION, "9293 3.10.7.1")	\
	X(PAWS_FAIL, paws_fail, VIOLATION, "7323 5.3")			\
	X(TS_MISSING, ts_missing, VIOLATION, "7323 3.2")		\
	X(TS_UNNEGOTIATED, ts_unnegotiated, VIOLATION, "7323 3.2")	\
	X(TSECR_INVALID, tsecr_invalid, VIOLATION, "7323 3.2")		\
	X(WSCALE_BAD, wscale_bad, VIOLATION, "7323 2.3")		\
	X(SACK_UNPERMITTED, sack_unpermitted, VIOLATION, "2018 2")	\
	X(SACK_INVALID, sack_invalid, VIOLATION, "2018 4")		\
	X(URG_AFTER_FIN, urg_after_fin, VIOLATION, "9293 3.10.7.4")	\
	X(BAD_OPTION, bad_option, VIOLATION, "9293 3.1")		\
	X(BAD_CHECKSUM, bad_checksum, VIOLATION, "9293 3.1")		\
	X(TRUNCATED, truncated, VIOLATION, "9293 3.1")

/**
 * enum tt_verdict - the verdicts, in the order of their counters
 */
enum tt_verdict {
#define TT_VERDICT_ENUM(NAME, name, class, rfc) TT_V_##NAME,
	TT_VERDICTS(TT_VERDICT_ENUM)
#undef TT_VERDICT_ENUM
	TT_VERDICTS_MAX
};

/* struct tt_result.remarks: one bit for each verdict that is not TT_FINE */
#define TT_REMARK_BIT(v) (1ULL << ((v) - TT_V_RETRANSMISSION))
#define TT_REMARK(NAME) TT_REMARK_BIT(TT_V_##NAME)

/* is it, or no verdict at all, of class TT_FINE? Those come first */
static __always_inline bool tt_verdict_is_fine(enum tt_verdict v)
{
	return v < TT_V_RETRANSMISSION || v == TT_VERDICTS_MAX;
}

const char *tt_verdict_name(enum tt_verdict v);
const char *tt_verdict_rfc(enum tt_verdict v);
enum tt_class tt_verdict_class(enum tt_verdict v);

#endif
