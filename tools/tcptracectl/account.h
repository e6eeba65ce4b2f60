/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the log and the file of connections tell of one connection, as far as
 * it explains why it is where it is.
 */
#ifndef TCPTRACECTL_ACCOUNT_H
#define TCPTRACECTL_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include "abi.h"
#include "verdict.h"

/**
 * struct sent - a segment that ended or began something
 * @seen: it was sent
 * @time: when, nanoseconds since the epoch
 * @seq: its first number
 * @end: the number after it
 * @ack: what it acknowledged, with @has_ack
 * @has_ack: it had the ACK flag
 */
struct sent {
	bool seen;
	long long time;
	uint32_t seq;
	uint32_t end;
	uint32_t ack;
	bool has_ack;
};

/**
 * struct account_end - one endpoint
 * @state: its state
 * @basis: what that stands on; empty: not known, only the file has it
 * @since: when it entered the state; 0: not known
 * @in_state: seconds in the state, as the file tells; negative: not known
 * @syn: its SYN or SYN+ACK
 * @fin: its first FIN
 * @rst: its RST
 * @rst_from: its state when it sent that
 * @established: it was ESTABLISHED
 * @got_fin: the peer's FIN reached it
 * @fin_acked: the ACK of its FIN reached it
 * @crossed: it sent its FIN before the peer's had reached it
 * @gone_from: the state that ran out without a segment, or empty
 * @fin_receipt_presumed: @got_fin is presumed
 * @row: the file of connections has it; what follows is from there
 * @local: its socket is in this network namespace
 * @has_una: @una is known
 * @has_nxt: @nxt is known
 * @una: lowest number that is not acknowledged
 * @nxt: number after the last one that it sent
 * @retrans: segments that it repeated
 * @viol: segments of its that broke a rule
 * @seen_retrans: repeats that the log has
 * @syn_retrans: of those, of its SYN or SYN+ACK
 * @seen_viol: violations that the log has, by verdict
 * @first_viol: the first of each
 */
struct account_end {
	char state[16];
	char basis[16];
	long long since;
	double in_state;
	struct sent syn;
	struct sent fin;
	struct sent rst;
	char rst_from[16];
	bool established;
	bool got_fin;
	bool fin_acked;
	bool crossed;
	char gone_from[16];
	bool fin_receipt_presumed;
	bool row;
	bool local;
	bool has_una;
	bool has_nxt;
	uint32_t una;
	uint32_t nxt;
	unsigned int retrans;
	unsigned int viol;
	unsigned int seen_retrans;
	unsigned int syn_retrans;
	unsigned int seen_viol[TT_VERDICTS_MAX];
	struct sent first_viol[TT_VERDICTS_MAX];
};

/**
 * struct account - one connection
 * @next: the next one of the same name
 * @conn: its number
 * @name: address and port of client and server
 * @began: as in the file of connections, or guessed from the log; NULL: unknown
 * @ended: as in the file of connections; empty: unknown, "-": not yet
 * @ended_by: 0 the client, 1 the server, -1: unknown
 * @first: time of the first event; 0: none
 * @segment: of the last event
 * @age: seconds since its first segment, as the file tells
 * @logged: the log has events of it
 * @broken: events of it are missing in the log
 * @row: the file of connections has it
 * @midstream: it was taken up midstream
 * @reuses: its SYN took a tuple into use again: 1 in TIME-WAIT, 2 otherwise
 * @replaced: a SYN took its tuple into use again
 * @self: a socket connected to itself
 * @tfo: payload of its SYN
 * @end: client, server
 */
struct account {
	struct account *next;
	char conn[24];
	char name[2][64];
	char began[24];
	char ended[16];
	int ended_by;
	long long first;
	struct sent segment;
	double age;
	bool logged;
	bool broken;
	bool row;
	bool midstream;
	unsigned int reuses;
	bool replaced;
	bool self;
	uint32_t tfo;
	struct account_end end[2];
};

struct account *account_of(struct account **list, const struct table *t);
void account_add_event(struct account *a, const struct table *t);
void account_add_row(struct account *a, const struct table *t);
int account_closer(const struct account *a);
int account_resetter(const struct account *a);
void account_free(struct account *list);

#endif
