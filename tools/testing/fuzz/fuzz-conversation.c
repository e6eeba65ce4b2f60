// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes as a conversation: what two ends send, repeat, lose and forge, and how
 * time goes by. The numbers of a segment are given relative to what was said
 * before, so that a mutation leaves most of a conversation as it was.
 *
 * Each conversation is followed twice: once as it is, once with the ends in
 * the other order and with other initial numbers. Nothing else may differ.
 * What must hold after each step is in witness.c.
 *
 * Input: one byte of struct setting, then OP_SIZE bytes for each step; see
 * read_op().
 */
#include <string.h>
#include "fuzz.h"
#include "witness.h"

#define OP_SIZE		10
#define OPS_MAX		400
#define HISTORY		16

/* one end as the fuzzer plays it */
struct player {
	__u32 iss;
	__u32 next;	/* end of what it sent */
	__u32 heard;	/* end of what the other sent in order */
	__u32 clock;	/* TSval */
	bool local;
};

/* a segment on its way or passed by, in both worlds */
struct passed {
	struct tt_segment seg;
	__u8 src;
	bool bad_checksum;
};

struct game {
	struct witness witness[2];
	struct player player[2];
	struct passed passed[HISTORY];
	unsigned int npassed;
	__u64 now;
	bool self;
	bool loopback;
	bool timestamps;
	bool backlog;	/* of the sender's socket */
	bool parted;	/* the witnesses saw different things */
};

struct op {
	__u8 kind, flags, options, seq, seq_off, ack, ack_off, len, win, how;
};

static const __u32 starts[] = { 1000, 0, 0xfffffff0, 0x7ffffff0 };

static struct op read_op(struct input *in)
{
	struct op op;

	op.kind = take(in);	/* bit 0: who; bits 1 to 3: what */
	op.flags = take(in);
	op.options = take(in);
	op.seq = take(in);	/* relative to what */
	op.seq_off = take(in);
	op.ack = take(in);
	op.ack_off = take(in);
	op.len = take(in);
	op.win = take(in);
	op.how = take(in);	/* checksum, raw socket, where, when */
	return op;
}

static void begin(struct game *g, struct input *in)
{
	__u8 setting = take(in);
	unsigned int i;

	memset(g, 0, sizeof(*g));
	g->now = 1000;
	g->self = (setting & 15) == 15;
	g->loopback = setting & 1 || g->self;
	g->timestamps = setting & 2;
	g->player[0].local = setting & 4 || g->loopback;
	g->player[1].local = setting & 8 || g->loopback;
	for (i = 0; i < 2; i++) {
		g->player[i].iss = starts[setting >> (4 + 2 * i) & 3];
		g->player[i].next = g->player[i].iss;
		g->player[i].clock = starts[setting >> (6 - 2 * i) & 3];
	}
	witness_begin(&g->witness[0], g->self, false);
	witness_begin(&g->witness[1], g->self, true);
}

static __u8 flags_of(const struct op *op)
{
	static const __u8 usual[] = {
		TT_SYN, TT_SYN | TT_ACK, TT_ACK, TT_ACK, TT_ACK | TT_PSH,
		TT_ACK, TT_FIN | TT_ACK, TT_FIN | TT_ACK, TT_RST,
		TT_RST | TT_ACK, TT_ACK | TT_URG, TT_SYN | TT_ECE | TT_CWR,
	};
	unsigned int i = op->flags & 15;

	return i < sizeof(usual) ? usual[i] : op->flags >> 4 | op->flags << 4;
}

/* mostly none, or a little, or anything */
static __u32 offset_of(__u8 code)
{
	__s8 n = code;

	if (n >= -64 && n < 64)
		return n < 0 ? n / 4 : n / 8;
	return (__u32)(n < 0 ? n + 63 : n - 63) * (n & 1 ? 1460 : 0x2000001);
}

static __u32 seq_of(const struct player *s, const struct player *r,
		    const struct op *op)
{
	static const __u8 nothing = 0x60;

	switch (op->seq & 15) {
	case 11:
		return s->iss + offset_of(op->seq_off);
	case 12:
		return r->heard + offset_of(op->seq_off);
	case 13:
		return r->heard - 1;
	case 14:
		return s->next + ((__u32)op->seq_off << 10);
	case 15:
		return (__u32)op->seq_off << 24 | op->seq;
	}
	return s->next + offset_of(op->seq & nothing ? 0 : op->seq_off);
}

static __u32 ack_of(const struct player *s, const struct player *r,
		    const struct op *op)
{
	switch (op->ack & 15) {
	case 12:
		return r->iss + offset_of(op->ack_off);
	case 13:
		return r->next + offset_of(op->ack_off);
	case 14:
		return s->heard - ((__u32)op->ack_off << 8);
	case 15:
		return (__u32)op->ack_off << 24 | op->ack;
	}
	return op->ack & 0x40 ? s->heard : r->next;
}

static __u32 len_of(const struct op *op, __u8 flags)
{
	static const __u16 lens[] = { 0, 0, 0, 1, 2, 100, 536, 1460 };

	if (op->len >= 0xf0)
		return (__u32)(op->len & 15) << 12;
	if (flags & (TT_SYN | TT_FIN | TT_RST) && !(op->len & 0x40))
		return 0;
	return lens[op->len & 7];
}

static void put_sack(struct tt_segment *seg, const struct op *op)
{
	unsigned int i, n = op->options >> 5 & 3;

	seg->options |= TT_OPT_SACK;
	seg->nsack = n + 1;
	for (i = 0; i <= n; i++) {
		seg->sack[i].start = seg->ack + offset_of(op->seq_off) + i * 700;
		seg->sack[i].end = seg->sack[i].start + 600 - (op->seq & 0x80) * 9;
	}
}

static void put_options(struct game *g, struct tt_segment *seg,
			const struct op *op, unsigned int src)
{
	struct player *s = &g->player[src], *r = &g->player[!src];

	if (g->timestamps != (op->options % 16 == 15)) {
		seg->options |= TT_OPT_TS;
		s->clock += op->how >> 7;
		seg->tsval = s->clock + offset_of(op->options & 2 ? op->win : 0);
		if (seg->flags & TT_ACK)
			seg->tsecr = r->clock +
				     offset_of(op->options & 4 ? op->len : 0);
	}
	if (op->options % 16 == 9 && !(seg->flags & TT_SYN))
		put_sack(seg, op);
	if (op->options % 16 == 14)
		seg->options |= TT_OPT_BAD;
	if (!(seg->flags & TT_SYN) || op->options & 8)
		return;
	seg->options |= TT_OPT_SACK_PERMITTED | TT_OPT_MSS | TT_OPT_WSCALE;
	seg->mss = op->options & 1 ? 536 : 1460;
	seg->wscale = op->options >> 4;
}

static struct tt_segment make_segment(struct game *g, const struct op *op,
				      unsigned int src)
{
	struct player *s = &g->player[src], *r = &g->player[!src];
	struct tt_segment seg = { .flags = flags_of(op) };

	if (g->self)
		r = s;
	seg.seq = seq_of(s, r, op);
	seg.ack = seg.flags & TT_ACK ? ack_of(s, r, op) : 0;
	seg.len = len_of(op, seg.flags);
	seg.end = seg.seq + seg.len + !!(seg.flags & TT_SYN) +
		  !!(seg.flags & TT_FIN);
	seg.win = op->win * 0x101 & (op->win & 1 ? 0xffff : 0x1fff);
	seg.urg = seg.flags & TT_URG ? op->len : 0;
	seg.unit = seg.len > 1460 ? 1460 : 0;
	seg.sport = 40000 - src * 39920;
	seg.dport = 80 + src * 39920;
	put_options(g, &seg, op, src);
	return seg;
}

/* what the players themselves take from a segment that they play by the rules */
static void play(struct game *g, const struct op *op,
		 const struct tt_segment *seg, unsigned int src)
{
	struct player *s = &g->player[src], *r = &g->player[!src];

	if (g->self)
		r = s;
	if (seg->flags & TT_RST)
		return;
	if (seg->flags & TT_SYN) {
		s->iss = seg->seq;
		s->next = seg->end;
	} else if (seg->seq == s->next) {
		s->next = seg->end;
	}
	if (!(op->kind & 0x40) && s->next == seg->end)
		r->heard = seg->end;
}

/* the number 0 of an RST says that it answers a SYN (RFC 9293 3.10.7.1) */
static bool answers_syn(const struct tt_segment *seg)
{
	return (seg->flags & (TT_RST | TT_ACK)) == (TT_RST | TT_ACK) &&
	       !seg->seq;
}

/* where a TSecr of 0 says that there is none (RFC 7323 3.2) */
static bool echoes(const struct tt_segment *seg)
{
	return seg->options & TT_OPT_TS && seg->tsecr;
}

static void sight(struct game *g, const struct passed *passed, __u8 place,
		  bool loopback, bool foreign)
{
	struct tt_sighting at = {
		.now = g->now,
		.src = passed->src,
		.place = place,
		.loopback = loopback,
		.foreign = foreign,
		.backlog = g->backlog && place == TT_AT_OUTPUT,
		.bad_checksum = passed->bad_checksum,
	};
	struct tt_segment shifted = witness_shift(&g->witness[1],
						   &passed->seg, passed->src);

	if (answers_syn(&shifted) || echoes(&shifted) != echoes(&passed->seg))
		return;
	witness_sees(&g->witness[0], &at, &passed->seg);
	/* 0 is no number relative to others */
	g->parted |= answers_syn(&passed->seg);
	if (g->parted)
		return;
	witness_sees(&g->witness[1], &at, &shifted);
	witnesses_agree(&g->witness[0], &g->witness[1]);
}

/* where a witness sees it; over loopback perhaps only half of its way */
static void pass(struct game *g, const struct op *op,
		 const struct passed *passed)
{
	bool from_here = g->player[passed->src].local;
	bool to_here = g->player[!passed->src].local;
	__u8 how = op->how & 15;

	g->backlog = op->options & 16;
	if (g->loopback) {
		if (how != 1)
			sight(g, passed, TT_AT_OUTPUT, true, false);
		if (how != 2)
			sight(g, passed, TT_AT_INPUT, true, false);
		return;
	}
	if (how == 3)
		sight(g, passed, TT_AT_OUTPUT, false, true);
	else if (how == 4)
		sight(g, passed, op->options % 3, op->options & 4,
		      op->options & 8);
	else if (from_here)
		sight(g, passed, TT_AT_OUTPUT, false, false);
	else
		sight(g, passed, to_here ? TT_AT_INPUT : TT_AT_FORWARD, false,
		      false);
}

static void step_segment(struct game *g, const struct op *op)
{
	struct passed *p = &g->passed[g->npassed++ % HISTORY];

	p->src = g->self ? 0 : op->kind & 1;
	p->seg = make_segment(g, op, p->src);
	p->bad_checksum = (op->how & 15) == 15;
	if (!p->bad_checksum && !(op->kind & 0x80))
		play(g, op, &p->seg, p->src);
	if (!(op->kind & 0x20))		/* else it comes later, or never */
		pass(g, op, p);
}

static void step(struct game *g, const struct op *op)
{
	static const __u32 spans[] = { 1, 200, 3000, 11000, 61000, 121000,
				       601000, 433000000 };

	switch (op->kind >> 1 & 15) {
	case 13:	/* again, or late */
		if (g->npassed)
			pass(g, op, &g->passed[(g->npassed - 1 - op->seq) %
					       (g->npassed < HISTORY ?
						g->npassed : HISTORY)]);
		return;
	case 14:
		g->now += spans[op->seq & 7] + op->len;
		return;
	case 15:
		if (op->seq & 1)
			g->now = witness_deadline(&g->witness[0], g->now);
		witness_timeouts(&g->witness[0], g->now);
		if (g->parted)
			return;
		witness_timeouts(&g->witness[1], g->now);
		witnesses_agree(&g->witness[0], &g->witness[1]);
		return;
	}
	g->now += op->how >> 4 & 7;
	step_segment(g, op);
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	struct input in = { data, size };
	unsigned int ops = 0;
	struct game g;

	begin(&g, &in);
	while (in.left && ops++ < OPS_MAX) {
		struct op op = read_op(&in);

		step(&g, &op);
	}
	witness_ends(&g.witness[0]);
	witness_ends(&g.witness[1]);
	return 0;
}
