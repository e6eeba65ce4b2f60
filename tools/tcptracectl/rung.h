/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rungs of a ladder: what stands in it, in words, before it is drawn.
 */
#ifndef TCPTRACECTL_RUNG_H
#define TCPTRACECTL_RUNG_H

#include "story.h"

#define RUNG_PIECES	8
#define RUNG_NOTES	3
#define RUNG_TEXT	192

/**
 * enum rung_kind - what a rung is
 * @RUNG_ARROW: a segment
 * @RUNG_RECEIPT: the arrival of one that left earlier
 * @RUNG_TIMEOUT: a timer ran out
 * @RUNG_FOLD: segments that are not shown one by one
 * @RUNG_PAUSE: nothing happens for a second or more
 * @RUNG_REMARK: about the diagram
 */
enum rung_kind {
	RUNG_ARROW,
	RUNG_RECEIPT,
	RUNG_TIMEOUT,
	RUNG_FOLD,
	RUNG_PAUSE,
	RUNG_REMARK,
};

/**
 * struct note - a remark below an arrow
 * @text: the remark
 * @class: how serious it is
 */
struct note {
	char text[RUNG_TEXT];
	enum tt_class class;
};

/**
 * struct rung - one thing to draw
 * @kind: what
 * @seconds: since the first step
 * @sender: 0 the client, 1 the server
 * @piece: what the arrow says: flags, seq, ack, len, win; of other kinds the
 *	text
 * @npieces: how many
 * @note: what is to be said about it
 * @nnotes: how many
 * @state: the client's and the server's, NULL: as before
 */
struct rung {
	enum rung_kind kind;
	double seconds;
	unsigned int sender;
	char piece[RUNG_PIECES][RUNG_TEXT];
	unsigned int npieces;
	struct note note[RUNG_NOTES];
	unsigned int nnotes;
	const char *state[2];
};

/**
 * struct side - what the climb has seen one endpoint send
 * @fin: sequence number of its FIN, with @has_fin
 * @end: the sequence number after all that it sent, with @has_end
 * @acked_syn: it has acknowledged the peer's SYN
 * @has_fin: it has sent one
 * @has_end: it has sent something
 */
struct side {
	uint32_t fin;
	uint32_t end;
	bool acked_syn;
	bool has_fin;
	bool has_end;
};

/**
 * struct climb - on the way down a ladder
 * @story: the connection
 * @plain: of each step: it may be folded
 * @all: but it is not wanted
 * @utf8: signs may be other than ASCII
 * @at: the next step
 * @head: remarks at the top that are done
 * @paused: the pause before @at is done
 * @side: the client, the server
 */
struct climb {
	const struct story *story;
	bool *plain;
	bool all;
	bool utf8;
	size_t at;
	unsigned int head;
	bool paused;
	struct side side[2];
};

/**
 * enum check - what an ACK number has to be
 * @CHECK_NONE: nothing in particular
 * @CHECK_SYN: the initial sequence number + 1
 * @CHECK_FIN: the FIN's sequence number + 1
 */
enum check { CHECK_NONE, CHECK_SYN, CHECK_FIN };

void climb_begin(struct climb *c, const struct story *story, bool all,
		 bool utf8);
bool climb_next(struct climb *c, struct rung *rung);
void climb_end(struct climb *c);

enum check check_of(const struct climb *c, const struct step *step);
bool check_holds(const struct climb *c, const struct step *step,
		 enum check check);
void climb_learn(struct climb *c, const struct step *step);
void flag_names(uint8_t flags, char *out, size_t size);

#endif
