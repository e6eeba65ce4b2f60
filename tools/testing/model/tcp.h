/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TCP endpoint, written from RFC 9293 3.10, as small as it can be and still
 * have all eleven states: one byte to send, no flow control.
 */
#ifndef MODEL_TCP_H
#define MODEL_TCP_H

#include "fsm.h"
#include "segment.h"

/**
 * struct wire - a segment under way
 * @seq: SEG.SEQ
 * @ack: SEG.ACK
 * @flags: TT_SYN ...
 * @len: payload, 0 or 1
 */
struct wire {
	__u32 seq;
	__u32 ack;
	__u8 flags;
	__u8 len;
};

/**
 * struct tcp - one endpoint
 * @iss: initial send sequence number
 * @snd_una: oldest unacknowledged
 * @snd_nxt: next to be sent
 * @irs: initial receive sequence number
 * @rcv_nxt: next expected
 * @state: enum tt_state
 * @passive: it was a listener
 * @sent: payload bytes sent, 0 or 1
 * @fin_sent: its FIN has left
 * @fin_early: the peer's FIN arrived before its data
 */
struct tcp {
	__u32 iss;
	__u32 snd_una;
	__u32 snd_nxt;
	__u32 irs;
	__u32 rcv_nxt;
	__u8 state;
	__u8 passive;
	__u8 sent;
	__u8 fin_sent;
	__u8 fin_early;
};

/* what a call or a segment made the endpoint send: at most one segment */
struct reply {
	struct wire segment;
	bool any;
};

#define MODEL_WINDOW 1000

void tcp_listen(struct tcp *t, __u32 iss);
bool tcp_open(struct tcp *t, __u32 iss, struct reply *out);
bool tcp_send(struct tcp *t, struct reply *out);
bool tcp_close(struct tcp *t, struct reply *out);
bool tcp_abort(struct tcp *t, struct reply *out);
bool tcp_retransmit(const struct tcp *t, struct reply *out);
void tcp_arrives(struct tcp *t, const struct wire *s, struct reply *out);

#endif
