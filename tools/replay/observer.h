/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In the module's place: what it would have written of captured packets.
 */
#ifndef REPLAY_OBSERVER_H
#define REPLAY_OBSERVER_H

#include <pcap/pcap.h>
#include "counter.h"
#include "flow.h"
#include "fragment.h"
#include "local.h"
#include "replay.h"
#include "sums.h"

/**
 * struct observer - what it knows
 * @options: what to write, and where
 * @locals: options->nlocals of them
 * @flows: the connections
 * @fragments: of datagrams that have not come in full
 * @stray: limits lines of segments without a connection
 * @counters: by enum tt_counter
 * @verdicts: how often each was found
 * @other: packets without TCP
 * @packets: all of them
 * @ids: the last number given to a connection
 * @seqno: that of the last line
 * @now: milliseconds of the capture's time, never goes back
 * @time_ns: of the packet at hand
 * @sums: which checksums say something
 * @link: DLT_*
 */
struct observer {
	const struct replay_options *options;
	struct local locals[REPLAY_LOCALS_MAX];
	struct flows flows;
	struct fragments fragments;
	struct tt_rate stray;
	__u64 counters[TT_COUNTERS_MAX];
	__u64 verdicts[TT_VERDICTS_MAX];
	__u64 other;
	__u64 packets;
	__u64 ids;
	__u64 seqno;
	__u64 now;
	__u64 time_ns;
	struct sums sums;
	int link;
};

void observer_begin(struct observer *o, const struct replay_options *options,
		    int link);
void observer_packet(struct observer *o, const struct pcap_pkthdr *header,
		     const __u8 *bytes);
void observer_end(struct observer *o);

#endif
