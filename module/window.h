/* SPDX-License-Identifier: GPL-2.0 */
/*
 * May the receiver take this segment? RFC 9293 3.10.7, RFC 5961, RFC 7323.
 */
#ifndef _TCPTRACE_WINDOW_H
#define _TCPTRACE_WINDOW_H

#include "fsm.h"
#include "seq.h"
#include "track.h"
#include "verdict.h"

/* struct tt_judgement.takes: what of the segment the receiver acts upon */
#define TT_TAKES_RST	0x01
#define TT_TAKES_SYN	0x02
#define TT_TAKES_ACK	0x04
#define TT_TAKES_TEXT	0x08	/* payload and FIN */

/**
 * struct tt_judgement - what the receiver makes of a segment
 * @remarks: TT_REMARK() bits found on the way
 * @expected: the bound that was missed, or the number that was due
 * @actual: the segment's number
 * @verdict: a violation, or TT_VERDICTS_MAX
 * @takes: TT_TAKES_*
 * @doubtful: nothing is wrong with it, but whoever has seen R's numbers could
 *	have sent it, too
 */
struct tt_judgement {
	__u64 remarks;
	__u32 expected;
	__u32 actual;
	__u8 verdict;
	__u8 takes;
	bool doubtful;
};

/* the first rule that is broken is the verdict; true, for the caller to return */
static inline bool tt_violates(struct tt_judgement *j, enum tt_verdict verdict,
			       __u32 expected, __u32 actual)
{
	if (j->verdict == TT_VERDICTS_MAX) {
		j->verdict = verdict;
		j->expected = expected;
		j->actual = actual;
	}
	return true;
}

/* E, or what the peer may take for it */
static inline __u32 tt_furthest_edge(const struct tt_end *r)
{
	if (r->flags & TT_FAR_EDGE)
		return tt_seq_max(r->snd_edge, tt_rare(r)->far_edge);
	return r->snd_edge;
}

/* up to a number, and not so far below that it can't be compared */
static inline bool tt_is_old(__u32 seq, __u32 newest)
{
	return tt_between(seq, newest - TT_SEQ_FAR, newest);
}

void tt_judge(const struct tt_end *s, const struct tt_end *r,
	      const struct tt_segment *seg, struct tt_judgement *j);
void tt_judge_rst(const struct tt_end *s, const struct tt_end *r,
		  const struct tt_segment *seg, struct tt_judgement *j);

#endif
