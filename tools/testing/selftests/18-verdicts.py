#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""Every verdict really happens, to a live socket: counted, told in the log, and a violation has moved no state."""
import os
import random
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402
from peer import ACK, FIN, HERE, M32, PEER, PSH, RST, SYN, URG, Log, Segment, Socket, Wire  # noqa: E402

FAR = "10.0.9.3"
SACK_PERMITTED = b"\x04\x02"
CASES = {}


def case(function):
    """The verdict is the function's name. What it returns sends a segment that must change nothing in the kernel."""
    CASES[function.__name__.rstrip("_")] = function
    return function


def sack(*blocks):
    return struct.pack(f"!BB{2 * len(blocks)}I", 5, 2 + 8 * len(blocks), *(n % M32 for b in blocks for n in b))


def small(victim, option=socket.SO_RCVBUF, value=2304, level=socket.SOL_SOCKET):
    """Established with a socket option that must be set before listen(); its SYN+ACK."""
    victim.listener = tt.tcp("v")
    victim.listener.setsockopt(level, option, value)
    victim.listener.bind((HERE, victim.dport))
    victim.listener.listen(4)
    victim.emit(SYN, ack=0)
    victim.seq += 1
    answer = victim.expect(SYN | ACK)
    victim.una = victim.nxt
    victim.emit(ACK)
    victim.fd, _ = victim.listener.accept()
    return answer


def data_from_peer(victim, size=10):
    victim.emit(ACK, payload=b"p" * size)
    victim.seq += size
    victim.expect(ACK)


def close_wait(victim):
    victim.established()
    victim.emit(FIN | ACK)
    victim.seq += 1
    victim.expect(ACK)


def by_raw_socket(victim, seq, size):
    """A segment that no TCP of the namespace sent, though it leaves from there."""
    raw = tt.in_netns("v", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP))
    tcp = struct.pack("!HHIIBBHHH", victim.dport, victim.sport, seq, 1, 5 << 4, ACK, 1000, 0, 0) + b"r" * size
    pseudo = socket.inet_aton(HERE) + socket.inet_aton(PEER) + struct.pack("!BBH", 0, 6, len(tcp))
    raw.bind((HERE, 0))
    raw.sendto(tcp[:16] + struct.pack("!H", tt.checksum(pseudo + tcp)) + tcp[18:], (PEER, 0))
    raw.close()


# ---- fine


@case
def syn(v):
    v.syn_received()


@case
def synack(v):
    v.syn_received()


@case
def handshake_ack(v):
    v.established()


@case
def data(v):
    v.with_data()


@case
def ack(v):
    v.acked_data()


@case
def window_update(v):
    v.established()
    v.win = 2000
    v.emit(ACK)


@case
def simultaneous_open(v):
    v.syn_sent()
    v.emit(SYN)
    v.expect(SYN | ACK)


@case
def fin(v):
    v.fin_wait_1()


@case
def rst(v):
    v.established()
    v.emit(RST)


@case
def timewait_reuse(v):
    v.time_wait()
    v.emit(SYN, seq=v.seq + 100000)


@case
def tfo_syn(v):
    v.listener = tt.tcp("v")
    v.listener.bind((HERE, v.dport))
    v.listener.listen(4)
    v.emit(SYN, payload=b"t", ack=0)


# ---- unusual


@case
def retransmission(v):
    v.with_data()


@case
def fast_retransmission(v):
    v.win = 60000
    v.established()
    v.fd.send(b"d" * 5000)
    for _ in range(4):
        v.emit(ACK, ack=v.una)


@case
def spurious_retransmission(v):
    v.established()
    data_from_peer(v)
    v.emit(ACK, seq=v.seq - 10, payload=b"p" * 10)


@case
def partial_retransmission(v):
    by_raw_socket(v, 100, 10)
    by_raw_socket(v, 105, 10)


@case
def syn_retransmission(v):
    v.syn_sent()


@case
def synack_retransmission(v):
    v.syn_received()


@case
def fin_retransmission(v):
    v.fin_wait_1()


@case
def gap(v):
    v.established()
    v.emit(ACK, seq=v.seq + 10, payload=b"2" * 10)


@case
def out_of_order(v):
    gap(v)
    v.emit(ACK, payload=b"1" * 10)


@case
def dup_ack(v):
    v.with_data()
    v.emit(ACK, ack=v.una)


@case
def dsack(v):
    v.syn_options = SACK_PERMITTED
    v.with_data()
    v.emit(ACK, options=sack((v.una, v.una + 10)))


@case
def sack_reneging(v):
    v.syn_options = SACK_PERMITTED
    v.with_data()
    v.emit(ACK, ack=v.una, options=sack((v.una + 100, v.una + 500)))
    v.emit(ACK, ack=v.una + 100)


@case
def late_rst(v):
    v.established()
    data_from_peer(v)
    v.emit(RST, seq=v.seq - 5)


@case
def old_ack(v):
    v.acked_data()
    v.emit(ACK, ack=v.una - 500)


@case
def challenge_ack(v):
    v.established()
    v.emit(SYN, seq=v.seq + 100)


@case
def keepalive(v):
    v.established()
    data_from_peer(v)
    v.emit(ACK, seq=v.seq - 1)


@case
def keepalive_ack(v):
    keepalive(v)


@case
def zero_window(v):
    v.with_data()
    v.win = 0
    v.emit(ACK)


@case
def zero_window_probe(v):
    zero_window(v)
    v.una = v.nxt
    v.fd.send(b"more")


@case
def zero_window_probe_ack(v):
    zero_window_probe(v)
    while v.expect(ACK).seq != (v.una - 1) % M32:
        pass        # data sent again before our ACK was there
    v.emit(ACK, ack=v.una)


@case
def window_full(v):
    edge = small(v).win
    v.emit(ACK, payload=b"f" * edge)


@case
def window_shrink(v):
    v.established()
    v.win = 10
    v.emit(ACK)


@case
def port_reuse(v):
    v.established()
    v.emit(RST)
    v.emit(SYN, seq=v.seq + 100000, ack=0)


@case
def mss_exceeded(v):
    small(v, socket.TCP_MAXSEG, 500, socket.IPPROTO_TCP)
    v.emit(ACK, payload=b"l" * 501)


@case
def midstream(v):
    v.emit(ACK, ack=1)


@case
def observer_gap(v):
    """Between two others, of whom one answers what did not come past us."""
    ends, far = (PEER, FAR), (v.dport, v.sport)
    wire.send(v.sport, v.dport, Segment(ACK, 100, 500, 0, 1000, None, None), b"1", ends=ends)
    wire.send(*far, Segment(ACK, 500, 101, 0, 1000, None, None), ends=ends[::-1])
    wire.send(v.sport, v.dport, Segment(ACK, 101, 600, 0, 1000, None, None), ends=ends)


# ---- violations: what is returned is the segment that breaks a rule


@case
def bad_flags(v):
    v.established()
    return lambda: v.emit(SYN | FIN)


@case
def no_ack(v):
    v.established()
    return lambda: v.emit(PSH, payload=b"n")


@case
def seq_beyond_window(v):
    v.established()
    return lambda: v.emit(ACK, seq=v.seq + 70000, payload=b"s")


@case
def end_beyond_window(v):
    edge = small(v).win
    v.emit(ACK, seq=v.seq + edge - 10, payload=b"e" * 12)


@case
def data_in_zero_window(v):
    edge = small(v).win
    v.emit(ACK, payload=b"f" * edge)
    v.seq += edge
    tt.wait_for(lambda: v.expect(ACK).win == 0)
    return lambda: v.emit(ACK, payload=b"zz")


@case
def seq_too_old(v):
    v.established()
    return lambda: v.emit(ACK, seq=v.seq - 10)


@case
def ack_unsent(v):
    v.established()
    return lambda: v.emit(ACK, ack=v.nxt + 1, payload=b"a")


@case
def ack_too_old(v):
    v.established()
    for _ in range(4):
        v.fd.send(b"d" * 500)
        v.expect(ACK)
        v.emit(ACK)
    return lambda: v.emit(ACK, ack=v.nxt - 1001, payload=b"a")


@case
def ack_below_iss(v):
    v.established()
    return lambda: v.emit(ACK, ack=v.una - 1, payload=b"a")


@case
def synack_bad_ack(v):
    v.syn_sent()
    return lambda: v.emit(SYN | ACK, ack=v.nxt + 1)


@case
def handshake_ack_bad(v):
    v.syn_received()
    return lambda: v.emit(ACK, ack=v.nxt + 5)


@case
def synack_changed(v):
    v.active()
    return lambda: v.emit(SYN | ACK, seq=v.seq + 76, ack=v.nxt + 1)


@case
def syn_in_sync(v):
    v.established()
    return lambda: v.emit(SYN, seq=v.seq + 100)


@case
def rst_out_of_window(v):
    v.established()
    return lambda: v.emit(RST, seq=v.seq + 70000)


@case
def rst_inexact(v):
    v.established()
    return lambda: v.emit(RST, seq=v.seq + 100)


@case
def rst_ignored(v):
    v.syn_sent()
    return lambda: v.emit(RST | ACK, ack=v.nxt + 5)


@case
def data_after_fin(v):
    close_wait(v)
    return lambda: v.emit(ACK, payload=b"a")


@case
def fin_moved(v):
    close_wait(v)
    return lambda: v.emit(FIN | ACK, seq=v.seq + 10)


@case
def ack_beyond_fin(v):
    v.fin_wait_1()
    return lambda: v.emit(ACK, ack=v.nxt + 1)


@case
def data_after_rst(v):
    v.established()
    v.emit(RST | ACK)
    tt.wait_for(lambda: v.kernel()[0] == "CLOSED")
    return lambda: v.emit(ACK, payload=b"a")


@case
def no_connection(v):
    v.emit(RST)


@case
def paws_fail(v):
    v.ts = True
    v.established()
    return lambda: v.emit(ACK, payload=b"p", tsval=v.recent + 998)


@case
def ts_missing(v):
    v.ts = True
    v.established()
    v.ts = False
    v.emit(ACK, payload=b"t")


@case
def ts_unnegotiated(v):
    v.established()
    v.ts, v.tsecr = True, 1
    v.emit(ACK)


@case
def tsecr_invalid(v):
    v.ts = True
    v.established()
    v.tsecr += 1000000
    v.emit(ACK)


@case
def wscale_bad(v):
    v.syn_options = b"\x03\x03\x0f"
    v.syn_received()


@case
def sack_unpermitted(v):
    v.with_data()
    v.emit(ACK, ack=v.una, options=sack((v.una + 10, v.una + 20)))


@case
def sack_invalid(v):
    v.syn_options = SACK_PERMITTED
    v.with_data()
    return lambda: v.emit(ACK, ack=v.una, options=sack((v.nxt - 10, v.nxt + 1)))


@case
def urg_after_fin(v):
    close_wait(v)
    return lambda: v.emit(ACK | URG)


@case
def bad_option(v):
    v.established()
    v.emit(ACK, options=b"\x08\x01")


@case
def bad_checksum(v):
    v.established()
    return lambda: v.emit(ACK, payload=b"c", break_checksum=1)


@case
def truncated(v):
    v.established()
    return lambda: v.emit(ACK, offset=8)


def happens(name, violation):
    victim = Socket(wire)
    counter = "verdict_" + name
    before = log.counter(counter)
    segment = CASES[name](victim)
    problem, old = None, None
    if segment:
        time.sleep(.02)
        old = victim.kernel()
        segment()
    tt.wait_for(lambda: log.counter(counter) > before, 5)
    time.sleep(.01)
    if segment and victim.kernel() != old:
        problem = f"the kernel: {old} -> {victim.kernel()}"
    told = [e for e in log.read() if victim.name() in e["line"]]
    mine = [e for e in told if e["verdict"] == name]
    if violation and not mine:
        problem = "no line tells"
    if segment and any(e["from"] != e["to"] for e in mine):
        problem = "a state has moved"
    if log.counter(counter) == before:
        problem = "it is not counted"
    tt.ok(not problem, f"{name} happens", problem, *[e["line"] for e in told])
    victim.close()


random.seed(1)
wire, log = Wire(), Log()
tt.sh("ip netns exec v sysctl -qw net.ipv4.tcp_invalid_ratelimit=0 net.ipv4.ip_forward=1 net.ipv4.conf.vv.rp_filter=0;"
      f"ip -n v neigh add {FAR} lladdr 02:00:00:00:00:03 dev vv nud permanent")
verdicts = [n[8:] for n in tt.stat("v") if n.startswith("verdict_")]
tt.equal(sorted(CASES), sorted(verdicts), "there is a case for every verdict, and for nothing else")
for verdict in verdicts:
    happens(verdict, verdicts.index(verdict) >= verdicts.index("bad_flags"))
tt.done()
