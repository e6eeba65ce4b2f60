#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
"""Forged segments against live sockets in every state: our endpoint follows what the kernel's socket did.

The peer is this program, by a packet socket: it brings a socket of the traced namespace into a state and then sends
segments with numbers around every bound. After each one the state must be that of TCP_INFO (or ss), and a segment that
the kernel took must not have been called a violation, nor one that it refused moved anything."""
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402
from peer import ACK, FIN, M32, PSH, RST, SYN, URG, Log, Socket, Wire  # noqa: E402

# The sender is to blame, but the receiver takes what it can of such a segment: the RST, the ACK, the rest of the text.
PARTLY_TAKEN = {"bad_flags", "end_beyond_window", "data_in_zero_window", "bad_option", "urg_after_fin",
                "data_after_fin", "fin_moved", "ack_below_iss", "data_after_rst"}
SEED = int(sys.argv[1]) if len(sys.argv) > 1 else 9293
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 12
STATES = ["syn_sent", "syn_received", "established", "with_data", "acked_data", "active", "fin_wait_1", "fin_wait_2",
          "close_wait", "last_ack", "closing", "time_wait"]
SEQ_OFFSETS = [0] * 12 + [-1] * 3 + [1] * 3 + [-2, -100, -66000, -(1 << 30), 500, 60000, 65000, 70000, 1 << 30,
                                                 (1 << 31) - 1]
ACK_OFFSETS = [0] * 12 + [-1, -1, 1, 1, -500, -501, 100, -66000, 66000, -(1 << 30), 1 << 30, (1 << 31) - 1]
FLAGS = [ACK] * 8 + [RST] * 4 + [RST | ACK] * 3 + [SYN] * 3 + [SYN | ACK] * 2 + [FIN | ACK] * 4 + \
        [PSH | ACK] * 3 + [0, FIN, SYN | FIN, SYN | RST, FIN | RST, PSH, SYN | FIN | RST | ACK, ACK | URG]
VIOLATIONS = None


def is_violation(verdict):
    global VIOLATIONS
    if VIOLATIONS is None:
        names = [n for n in tt.stat("v") if n.startswith("verdict_")]
        VIOLATIONS = {n[8:] for n in names[names.index("verdict_bad_flags"):]}
    return verdict in VIOLATIONS


def forge(victim):
    """One segment; returns it in words, and our lines on it."""
    # a SYN+FIN ends TIME-WAIT in silence if there is a listener, which no observer can know
    flags = random.choice([f for f in FLAGS if victim.state != "time_wait" or f != SYN | FIN])
    base = random.choice((victim.una, victim.nxt))
    seq, ack = victim.seq + random.choice(SEQ_OFFSETS), base + random.choice(ACK_OFFSETS)
    size = random.choice((0, 0, 0, 1, 2, 100, 1000)) if not flags & (SYN | RST) else 0
    tsval = victim.recent + random.choice((1000, 1000, 1000, 999, -100000)) if victim.ts else None
    before = log.counter("segments")
    victim.emit(flags, seq, ack, b"f" * size, tsval)
    end = time.monotonic() + 5
    while log.counter("segments") == before and time.monotonic() < end:
        pass
    time.sleep(.01)
    words = f"flags {flags:#x} seq rcv_nxt{(seq - victim.seq):+d} ack snd_nxt{(ack - victim.nxt):+d} len {size}"
    return words + (f" tsval {tsval - victim.recent:+d}" if victim.ts else ""), log.read(), seq, flags, size


def ours(victim):
    return log.states.get(victim.name(), "nothing")


def same(our, kernels):
    if kernels == "gone":      # a request is forgotten: the listener still listens
        return our in ("LISTEN", "CLOSED")
    return our == kernels


def attack(state):
    """Up to eight forged segments against one socket. Returns how many, and what went wrong."""
    victim = Socket(wire)
    victim.state = state
    wrong, count = [], 0
    getattr(victim, state)()
    time.sleep(.02)
    history = [event["line"] for event in log.read() if victim.name() in event["line"]]
    old = victim.kernel()
    if not same(ours(victim), old[0]):
        wrong += [f"{state}: before any forged segment kernel {old[0]}, tcptrace {ours(victim)}"]
    for _ in range(8):
        words, lines, seq, flags, size = forge(victim)
        count += 1
        new = victim.kernel()
        history += [words] + [event["line"] for event in lines if victim.name() in event["line"]]
        verdicts = [e["verdict"] for e in lines if e["seq"] == str(seq % M32) and e["client"] != e["server"]]
        blamed = [v for v in verdicts if is_violation(v)]
        if not same(ours(victim), new[0]):
            wrong += [f"{words}: kernel {old[0]} -> {new[0]}, tcptrace {ours(victim)}"]
        # RFC 9293 3.10.7.4: a SYN in the window of a passive SYN-RECEIVED ends it
        ends = blamed == ["syn_in_sync"] and old[0] == "SYN-RECEIVED" and new[0] == "gone"
        if blamed and new != old and not PARTLY_TAKEN & set(blamed) and not ends:
            wrong += [f"{words}: kernel {old} -> {new}, yet {blamed[0]}"]
        if wrong or new[0] in ("CLOSED", "gone") or new[0] != old[0] or new[1] != old[1] or new[2] != old[2]:
            break
        old = new
    victim.close()
    time.sleep(.01)
    log.read()
    return count, wrong and [f"seed {SEED}"] + wrong + history


random.seed(SEED)
wire, log = Wire(), Log()
tt.sh("ip netns exec v sysctl -qw net.ipv4.tcp_invalid_ratelimit=0")
total = 0
for name in STATES:
    failures, segments = [], 0
    for _ in range(ROUNDS if "time_wait" not in name and "syn_received" not in name else ROUNDS // 2):
        try:
            n, problem = attack(name)
        except OSError as error:
            n, problem = 0, [f"{name}: {error!r}"]
        segments += n
        failures += problem
    total += segments
    tt.ok(segments and not failures, f"{name}: {segments} forged segments, our state is the socket's", *failures[:60])
print(f"# {total} forged segments")
tt.done()
