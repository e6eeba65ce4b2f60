// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "seq.h"
#include "tcp.h"

static void emit(struct reply *out, __u8 flags, __u32 seq, __u32 ack, __u8 len)
{
	out->any = true;
	out->segment = (struct wire) { .seq = seq, .flags = flags, .len = len,
				       .ack = flags & TT_ACK ? ack : 0 };
}

static void emit_ack(const struct tcp *t, struct reply *out)
{
	emit(out, TT_ACK, t->snd_nxt, t->rcv_nxt, 0);
}

/* 3.10.1 OPEN, passive */
void tcp_listen(struct tcp *t, __u32 iss)
{
	memset(t, 0, sizeof(*t));
	t->state = TT_LISTEN;
	t->passive = true;
	t->iss = iss;
}

/* 3.10.1 OPEN, active */
bool tcp_open(struct tcp *t, __u32 iss, struct reply *out)
{
	if (t->state != TT_CLOSED)
		return false;
	memset(t, 0, sizeof(*t));
	t->state = TT_SYN_SENT;
	t->iss = iss;
	t->snd_una = iss;
	t->snd_nxt = iss + 1;
	emit(out, TT_SYN, iss, 0, 0);
	return true;
}

/* 3.10.2 SEND, one byte */
bool tcp_send(struct tcp *t, struct reply *out)
{
	if (t->sent || (t->state != TT_ESTABLISHED &&
			t->state != TT_CLOSE_WAIT))
		return false;
	emit(out, TT_ACK, t->snd_nxt, t->rcv_nxt, 1);
	t->snd_nxt++;
	t->sent = 1;
	return true;
}

/* 3.10.4 CLOSE */
bool tcp_close(struct tcp *t, struct reply *out)
{
	switch (t->state) {
	case TT_SYN_RECEIVED:
	case TT_ESTABLISHED:
		t->state = TT_FIN_WAIT_1;
		break;
	case TT_CLOSE_WAIT:
		t->state = TT_LAST_ACK;
		break;
	default:
		return false;
	}
	emit(out, TT_FIN | TT_ACK, t->snd_nxt, t->rcv_nxt, 0);
	t->snd_nxt++;
	t->fin_sent = 1;
	return true;
}

/* 3.10.5 ABORT, where it sends something */
bool tcp_abort(struct tcp *t, struct reply *out)
{
	switch (t->state) {
	case TT_SYN_RECEIVED:
	case TT_ESTABLISHED:
	case TT_FIN_WAIT_1:
	case TT_FIN_WAIT_2:
	case TT_CLOSE_WAIT:
		emit(out, TT_RST | TT_ACK, t->snd_nxt, t->rcv_nxt, 0);
		t->state = TT_CLOSED;
		return true;
	}
	return false;
}

/* 3.10.8: the oldest unacknowledged segment again */
bool tcp_retransmit(const struct tcp *t, struct reply *out)
{
	if (t->snd_una == t->snd_nxt || t->state == TT_CLOSED ||
	    t->state == TT_LISTEN)
		return false;
	if (t->snd_una == t->iss) {
		if (t->state == TT_SYN_SENT)
			emit(out, TT_SYN, t->iss, 0, 0);
		else
			emit(out, TT_SYN | TT_ACK, t->iss, t->rcv_nxt, 0);
	} else if (t->sent && t->snd_una == t->iss + 1) {
		emit(out, TT_ACK, t->snd_una, t->rcv_nxt, 1);
	} else {
		emit(out, TT_FIN | TT_ACK, t->snd_una, t->rcv_nxt, 0);
	}
	return true;
}

/* 3.10.7.1 */
static void in_closed(const struct wire *s, struct reply *out)
{
	if (s->flags & TT_RST)
		return;
	if (s->flags & TT_ACK)
		emit(out, TT_RST, s->ack, 0, 0);
	else
		emit(out, TT_RST | TT_ACK, 0, s->seq + s->len +
		     !!(s->flags & TT_SYN) + !!(s->flags & TT_FIN), 0);
}

/* 3.10.7.2 */
static void in_listen(struct tcp *t, const struct wire *s, struct reply *out)
{
	if (s->flags & TT_RST)
		return;
	if (s->flags & TT_ACK) {
		emit(out, TT_RST, s->ack, 0, 0);
		return;
	}
	if (!(s->flags & TT_SYN))
		return;
	t->irs = s->seq;
	t->rcv_nxt = s->seq + 1;
	t->snd_una = t->iss;
	t->snd_nxt = t->iss + 1;
	t->state = TT_SYN_RECEIVED;
	emit(out, TT_SYN | TT_ACK, t->iss, t->rcv_nxt, 0);
}

/* 3.10.7.3 */
static void in_syn_sent(struct tcp *t, const struct wire *s, struct reply *out)
{
	bool acceptable = s->flags & TT_ACK && tt_after(s->ack, t->iss) &&
			  !tt_after(s->ack, t->snd_nxt);

	if (s->flags & TT_ACK && !acceptable) {
		if (!(s->flags & TT_RST))
			emit(out, TT_RST, s->ack, 0, 0);
		return;
	}
	if (s->flags & TT_RST) {
		if (acceptable)
			t->state = TT_CLOSED;
		return;
	}
	if (!(s->flags & TT_SYN))
		return;
	t->irs = s->seq;
	t->rcv_nxt = s->seq + 1;
	if (acceptable) {
		t->snd_una = s->ack;
		t->state = TT_ESTABLISHED;
		emit_ack(t, out);
	} else {
		t->state = TT_SYN_RECEIVED;
		emit(out, TT_SYN | TT_ACK, t->iss, t->rcv_nxt, 0);
	}
}

static void fin_arrived(struct tcp *t)
{
	t->rcv_nxt++;
	t->fin_early = 0;
	switch (t->state) {
	case TT_SYN_RECEIVED:
	case TT_ESTABLISHED:
		t->state = TT_CLOSE_WAIT;
		break;
	case TT_FIN_WAIT_1:
		t->state = TT_CLOSING;
		break;
	case TT_FIN_WAIT_2:
		t->state = TT_TIME_WAIT;
		break;
	}
}

static void ack_arrived(struct tcp *t, __u32 ack)
{
	bool covers_fin = t->fin_sent && ack == t->snd_nxt;

	if (tt_after(ack, t->snd_una))
		t->snd_una = ack;
	if (t->state == TT_SYN_RECEIVED && tt_after(ack, t->iss))
		t->state = TT_ESTABLISHED;
	if (!covers_fin)
		return;
	if (t->state == TT_FIN_WAIT_1)
		t->state = TT_FIN_WAIT_2;
	else if (t->state == TT_CLOSING)
		t->state = TT_TIME_WAIT;
	else if (t->state == TT_LAST_ACK)
		t->state = TT_CLOSED;
}

static bool has_received_fin(const struct tcp *t)
{
	return t->state == TT_CLOSE_WAIT || t->state == TT_CLOSING ||
	       t->state == TT_LAST_ACK || t->state == TT_TIME_WAIT;
}

/* 3.10.7.4, seventh and eighth: text and FIN; what comes early is kept */
static void text_arrived(struct tcp *t, const struct wire *s, struct reply *out)
{
	__u32 end = s->seq + s->len + !!(s->flags & TT_FIN);

	if (!s->len && !(s->flags & TT_FIN))
		return;
	if (!has_received_fin(t) && tt_after(end, t->rcv_nxt)) {
		if (s->flags & TT_FIN && s->seq + s->len != t->rcv_nxt &&
		    !s->len)
			t->fin_early = 1;
		if (s->len && s->seq == t->rcv_nxt) {
			t->rcv_nxt++;
			if (t->fin_early)
				fin_arrived(t);
		}
		if (s->flags & TT_FIN && s->seq + s->len == t->rcv_nxt)
			fin_arrived(t);
	}
	emit_ack(t, out);
}

/* 3.10.7.4, with RFC 5961 and what Linux does with old ACKs */
static void in_others(struct tcp *t, const struct wire *s, struct reply *out)
{
	__u32 end = s->seq + s->len + !!(s->flags & TT_SYN) +
		    !!(s->flags & TT_FIN);
	bool simultaneous = t->state == TT_SYN_RECEIVED && !t->passive &&
			    (s->flags & (TT_SYN | TT_ACK)) == (TT_SYN | TT_ACK) &&
			    s->seq == t->irs;

	if (s->flags & TT_RST) {
		/* Linux: after a FIN also its own number (tcp_reset_check()) */
		bool at_fin = s->seq == t->rcv_nxt - 1 &&
			      (t->state == TT_CLOSE_WAIT ||
			       t->state == TT_LAST_ACK ||
			       t->state == TT_CLOSING);

		if (s->seq == t->rcv_nxt || at_fin)
			t->state = t->state == TT_SYN_RECEIVED && t->passive ?
				   TT_LISTEN : TT_CLOSED;
		else if (tt_between(s->seq, t->rcv_nxt,
				    t->rcv_nxt + MODEL_WINDOW))
			emit_ack(t, out);
		return;
	}
	if (simultaneous) {
		if (tt_after(s->ack, t->iss) && !tt_after(s->ack, t->snd_nxt))
			ack_arrived(t, s->ack);
		emit_ack(t, out);
		return;
	}
	if (tt_before(end, t->rcv_nxt) || s->flags & TT_SYN) {
		if (t->state == TT_SYN_RECEIVED)
			emit(out, TT_SYN | TT_ACK, t->iss, t->rcv_nxt, 0);
		else
			emit_ack(t, out);
		return;
	}
	if (!(s->flags & TT_ACK))
		return;
	if (t->state == TT_SYN_RECEIVED &&
	    (!tt_after(s->ack, t->iss) || tt_after(s->ack, t->snd_nxt))) {
		emit(out, TT_RST, s->ack, 0, 0);
		return;
	}
	if (tt_after(s->ack, t->snd_nxt)) {
		emit_ack(t, out);
		return;
	}
	if (tt_before(s->ack, t->snd_una) && t->state != TT_ESTABLISHED &&
	    t->state != TT_TIME_WAIT) {
		emit_ack(t, out);
		return;
	}
	ack_arrived(t, s->ack);
	if (t->state != TT_CLOSED)
		text_arrived(t, s, out);
}

/* 3.10.7 SEGMENT ARRIVES */
void tcp_arrives(struct tcp *t, const struct wire *s, struct reply *out)
{
	switch (t->state) {
	case TT_CLOSED:
		in_closed(s, out);
		break;
	case TT_LISTEN:
		in_listen(t, s, out);
		break;
	case TT_SYN_SENT:
		in_syn_sent(t, s, out);
		break;
	default:
		in_others(t, s, out);
	}
}
