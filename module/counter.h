/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is counted, beside the verdicts: part of the ABI, see abi.rst.
 */
#ifndef _TCPTRACE_COUNTER_H
#define _TCPTRACE_COUNTER_H

/* X(name), in the order of the file */
#define TT_COUNTERS(X)		\
	X(connections_total)	\
	X(segments)		\
	X(transitions)		\
	X(events_suppressed)	\
	X(evicted)		\
	X(refused)		\
	X(midstream)		\
	X(ignored_broadcast)	\
	X(fragments)		\
	X(malformed_truncated)	\
	X(malformed_data_offset) \
	X(malformed_option)	\
	X(malformed_checksum)	\
	X(malformed_ip)		\
	X(recorders_failed)	\
	X(forgotten)		\
	X(replaced)		\
	X(filtered)

enum tt_counter {
#define TT_COUNTER_ENUM(name) TT_COUNT_##name,
	TT_COUNTERS(TT_COUNTER_ENUM)
#undef TT_COUNTER_ENUM
	TT_COUNTERS_MAX
};

#endif
