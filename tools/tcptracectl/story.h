/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known of one connection, step by step, to be told by show.
 */
#ifndef TCPTRACECTL_STORY_H
#define TCPTRACECTL_STORY_H

#include <stddef.h>
#include "abi.h"
#include "fsm.h"
#include "segment.h"
#include "verdict.h"

#define STEP_SEGMENT	0x01	/* else a timeout */
#define STEP_SENT	0x02	/* seen leaving */
#define STEP_ARRIVED	0x04	/* seen to arrive */
#define STEP_ACK	0x08
#define STEP_NUMBERS	0x10	/* expected, actual */
#define STEP_RECEIPT	0x20	/* only the arrival of an earlier segment */

/**
 * struct step - a segment or a timeout, and the states after it
 * @time: nanoseconds since the epoch, modulo 2^64 whatever a file says
 * @seq: absolute, as all numbers
 * @ack: with STEP_ACK
 * @len: payload, bytes
 * @win: bytes
 * @expected: what the violated rule asks for, with STEP_NUMBERS
 * @actual: what the segment had
 * @flags: TT_SYN ...
 * @sender: 0 the client, 1 the server; of a timeout, whose it is
 * @verdict: enum tt_verdict, TT_VERDICTS_MAX: none
 * @state: enum tt_state of the client and the server
 * @has: STEP_*
 */
struct step {
	unsigned long long time;
	uint32_t seq;
	uint32_t ack;
	uint32_t len;
	uint32_t win;
	uint32_t expected;
	uint32_t actual;
	uint8_t flags;
	uint8_t sender;
	uint8_t verdict;
	uint8_t state[2];
	uint8_t has;
};

/**
 * struct steps - an array of steps
 * @at: the steps
 * @n: how many
 * @room: for how many there is memory
 */
struct steps {
	struct step *at;
	size_t n;
	size_t room;
};

/**
 * struct story - a connection
 * @next: the next one of the same name
 * @conn: its number, or "-"
 * @end: address and port of the client and the server
 * @steps: in the order of time
 * @log: steps of the event log that go before them
 * @first: the number of the first record: how many are overwritten, and one
 * @lost: events that the log had lost when it was read
 * @iss: x and y
 * @has_iss: which of them are known
 * @begin: enum tt_state of both before the first step
 * @recorded: there are records
 * @joined: after events of the log
 */
struct story {
	struct story *next;
	char *conn;
	char *end[2];
	struct steps steps;
	struct steps log;
	unsigned long long first;
	unsigned long long lost;
	uint32_t iss[2];
	bool has_iss[2];
	uint8_t begin[2];
	bool recorded;
	bool joined;
};

struct story *story_of(struct story **list, const struct table *t);
void story_add_record(struct story *story, const struct table *t);
void story_add_event(struct story *story, const struct table *t);
long long story_relative(const struct story *story, unsigned int end,
			 uint32_t n);
void story_join(struct story *story);
void story_free(struct story *list);

#endif
