#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 1200
"""Local endpoints' transitions are those of the kernel's own sockets (sock:inet_sock_set_state and ss)."""
import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402

port, cport = 5000, 40000


class Place:
    """Where client and server are."""

    def __init__(self, name, client, server, caddr, saddr, devices):
        self.name, self.client, self.server = name, client, server
        self.caddr, self.saddr, self.devices = caddr, saddr, devices
        self.family = socket.AF_INET6 if ":" in caddr else socket.AF_INET

    def listen(self):
        global port
        port += 1
        s = tt.tcp(self.server, self.family)
        s.bind((self.saddr, port))
        s.listen(8)
        return s

    def socket(self):
        global cport
        cport += 1
        s = tt.tcp(self.client, self.family)
        s.bind((self.caddr, cport))
        return s

    def connect(self):
        listener, c = self.listen(), self.socket()
        c.connect((self.saddr, port))
        s, _ = listener.accept()
        s.settimeout(20)
        return listener, c, s

    def netem(self, what):
        for ns, dev in self.devices:
            tt.sh(f"tc -n {ns} qdisc replace dev {dev} root netem {what}" if what else
                  f"tc -n {ns} qdisc del dev {dev} root")

    def drop(self, ns, hook, rule):
        tt.sh(f"ip netns exec {ns} nft 'add table inet d; add chain inet d c {{ type filter hook {hook} "
              f"priority 0; }}; add rule inet d c {rule} drop'")
        return lambda: tt.sh(f"ip netns exec {ns} nft delete table inet d")


def eof(s):
    while s.recv(65536):
        pass


def linger0(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def client_first(p):
    _, c, s = p.connect()
    c.close()
    eof(s)
    time.sleep(.1)
    s.close()


def server_first(p):
    _, c, s = p.connect()
    s.close()
    eof(c)
    time.sleep(.1)
    c.close()


def quick_close(p):
    _, c, s = p.connect()
    c.send(b"x")
    s.recv(1)
    c.close()
    eof(s)
    s.close()


def fin_with_ack(p):
    _, c, s = p.connect()
    c.shutdown(socket.SHUT_WR)
    eof(s)
    s.close()
    eof(c)
    c.close()


def at_once(*calls):
    barrier = threading.Barrier(len(calls))

    def run(call):
        barrier.wait()
        call()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def simultaneous_close(p):
    p.netem("delay 150ms")
    _, c, s = p.connect()
    at_once(lambda: c.shutdown(socket.SHUT_WR), lambda: s.shutdown(socket.SHUT_WR))
    time.sleep(1)
    p.netem("")


def simultaneous_open(p):
    global cport
    p.netem("delay 150ms")
    cport += 2
    a, b = tt.tcp(p.client, p.family), tt.tcp(p.server, p.family)
    a.bind((p.caddr, cport))
    b.bind((p.saddr, cport - 1))
    at_once(lambda: a.connect((p.saddr, cport - 1)), lambda: b.connect((p.caddr, cport)))
    time.sleep(.8)
    a.close()
    time.sleep(.8)
    b.close()
    time.sleep(.8)
    p.netem("")


def refused(p):
    global port
    port += 1
    c = p.socket()
    try:
        c.connect((p.saddr, port))
    except ConnectionRefusedError:
        pass


def rst_by_linger(p):
    _, c, s = p.connect()
    linger0(c)
    c.close()
    time.sleep(.1)
    s.close()


def rst_by_unread_data(p):
    _, c, s = p.connect()
    s.send(b"data")
    time.sleep(.1)
    c.close()
    time.sleep(.1)
    s.close()


def rst_in_close_wait(p):
    _, c, s = p.connect()
    s.shutdown(socket.SHUT_WR)
    eof(c)
    time.sleep(.1)
    linger0(c)
    c.close()


def data_after_close(p):
    _, c, s = p.connect()
    c.close()
    eof(s)
    time.sleep(.1)
    s.send(b"late")
    time.sleep(.1)
    s.close()


def half_close(p):
    _, c, s = p.connect()
    c.shutdown(socket.SHUT_WR)
    eof(s)
    for _ in range(3):
        s.send(b"y" * 1000)
        time.sleep(.03)
    s.close()
    eof(c)
    c.close()


def close_listener_pending(p):
    listener, c = p.listen(), p.socket()
    c.connect((p.saddr, port))
    time.sleep(.1)
    listener.close()
    time.sleep(.1)
    c.close()


def time_wait_reuse(p):
    listener, c, s = p.connect()
    name = c.getsockname()
    c.close()
    eof(s)
    s.close()
    time.sleep(1.2)
    c = tt.tcp(p.client, p.family)
    c.bind(name[:2])
    c.connect((p.saddr, port))
    s, _ = listener.accept()
    c.close()
    eof(s)
    s.close()


def fast_open(p):
    for ns in {p.client, p.server}:
        tt.sh(f"ip netns exec {ns} sysctl -qw net.ipv4.tcp_fastopen=519")
    global port
    port += 1
    listener = tt.tcp(p.server, p.family)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
    listener.bind((p.saddr, port))
    listener.listen(8)
    c = p.socket()
    c.sendto(b"hello", socket.MSG_FASTOPEN, (p.saddr, port))
    s, _ = listener.accept()
    s.recv(10)
    c.close()
    eof(s)
    s.close()


def self_connection(p):
    c = p.socket()
    c.connect(c.getsockname()[:2])
    time.sleep(.1)
    c.close()


def lost_segments(p):
    p.netem("loss 10%")
    listener, c = p.listen(), p.socket()
    for s in (listener, c):
        s.settimeout(120)    # five losses in a row are a minute
    c.connect((p.saddr, port))
    s, _ = listener.accept()
    s.settimeout(120)
    c.sendall(b"z" * 50000)
    c.close()
    eof(s)
    s.close()
    time.sleep(2)
    p.netem("")


def late_synack(p):
    p.netem("delay 100ms")
    _, c, s = p.connect()
    c.close()
    eof(s)
    s.close()
    time.sleep(1)
    p.netem("")


def without_answer(p, use):
    allow = p.drop(p.server, "input", "tcp flags & (syn | ack) == syn")
    p.listen()
    c = p.socket()
    use(c)
    c.close()
    allow()


def connect_times_out(p):
    tt.sh(f"ip netns exec {p.client} sysctl -qw net.ipv4.tcp_syn_retries=1")

    def use(c):
        try:
            c.connect((p.saddr, port))
        except OSError:
            pass

    without_answer(p, use)


def close_in_syn_sent(p):
    def use(c):
        c.setblocking(False)
        c.connect_ex((p.saddr, port))
        time.sleep(.1)

    without_answer(p, use)


def orphan_times_out(p):
    tt.sh(f"ip netns exec {p.client} sysctl -qw net.ipv4.tcp_fin_timeout=2")
    _, c, s = p.connect()
    c.close()
    eof(s)
    time.sleep(4)
    s.close()
    time.sleep(.2)
    tt.sh(f"ip netns exec {p.client} sysctl -qw net.ipv4.tcp_fin_timeout=60")


# The application ends a connection on which no segment tells of it: no observer can know before a time limit.
UNOBSERVABLE = {connect_times_out, close_in_syn_sent}

SCENARIOS = [late_synack, connect_times_out, close_in_syn_sent, orphan_times_out,
             client_first, server_first, quick_close, fin_with_ack, simultaneous_close, simultaneous_open, refused,
             rst_by_linger, rst_by_unread_data, rst_in_close_wait, data_after_close, half_close,
             close_listener_pending, time_wait_reuse, fast_open, self_connection, lost_segments]


def kernel_sequence(ns, ends, moves):
    """The tracepoint's sequence in the terms of RFC 9293 (LAB: a full socket in FIN-WAIT-2 or CLOSING "closes" when
    it becomes one of TIME-WAIT, or an orphan that stays in FIN-WAIT-2; ss tells which)."""
    states = []
    for i, (old, new) in enumerate(moves):
        if new == "CLOSED" and old in ("FIN-WAIT-2", "CLOSING"):
            now = tt.ss_state(ns, *ends) if i == len(moves) - 1 else "TIME-WAIT"
            if now == "FIN-WAIT-2":
                continue
            new = now or "?"
        states.append(new)
    return states


def our_sequence(ns, ends, initial):
    """Ours for one endpoint, from the events after the first `initial' ones."""
    states, lines = [], []
    for e in tt.events(ns)[initial:]:
        local, remote = (e.client, e.server) if e.endpoint == "client" else (e.server, e.client)
        if (local, remote) != ends or e.from_ == e.to:
            continue
        lines.append(e.line)
        passive = e.endpoint == "server" and e.to in ("LISTEN", "SYN-RECEIVED") and e.basis in ("presumed", "sent") \
            and e.from_ in ("CLOSED", "LISTEN")
        if passive and (e.to == "LISTEN" or e.from_ == "LISTEN"):
            continue    # the tracepoint does not know of it
        if e.basis == "corrected" and e.from_ == "LISTEN":
            continue    # nobody listened
        states.append(e.to)
    return states, lines


def same(ours, kernels):
    """`?' is a socket that ss does not know any more: an orphan that was reset, or whose time was over. A new
    incarnation begins where TIME-WAIT ended, which the tracepoint does not tell."""
    ours = [s for i, s in enumerate(ours) if not (s == "CLOSED" and i and ours[i - 1] == "TIME-WAIT")]
    if kernels[-1:] == ["?"]:
        return ours in (kernels[:-1], kernels[:-1] + ["CLOSED"], kernels[:-1] + ["TIME-WAIT"])
    return ours == kernels or (kernels[-1:] == ["FIN-WAIT-2"] and ours == kernels + ["CLOSED"])


def under_way(ns):
    """Has ss a socket that no application holds and that will yet change its state by a segment?"""
    return [line for line in tt.sh(f"ip netns exec {ns} ss -tanH").splitlines()
            if line.split()[0] in ("FIN-WAIT-1", "CLOSING", "LAST-ACK", "SYN-RECV")]


def compare(p, scenario):
    names = sorted({p.client, p.server})
    initial = {ns: len(tt.events(ns)) for ns in names}
    tt.trace_clear()
    scenario(p)
    tt.wait_for(lambda: not any(under_way(ns) for ns in names), 60)
    time.sleep(.4)
    compared, wrong = 0, []
    for ends, moves in tt.kernel_moves().items():
        if ends[1].endswith(":0"):
            continue
        address = ends[0].rsplit(":", 1)[0].strip("[]")
        ns = p.client if address == p.caddr else p.server
        want = kernel_sequence(ns, ends, moves)
        got, lines = our_sequence(ns, ends, initial[ns])
        if scenario in UNOBSERVABLE and want == ["SYN-SENT", "CLOSED"]:
            want = ["SYN-SENT"]
        compared += len(want)
        if not same(got, want):
            wrong += [f"{ns} {ends[0]} > {ends[1]}", f"kernel:   {want}", f"tcptrace: {got}"] + lines
    tt.ok(compared and not wrong, f"{p.name} {scenario.__name__}: {compared} states are the kernel's", *wrong)


tt.sh("modprobe sch_netem; modprobe nf_tables")
tt.netns("a", "b")
tt.veth("a", "b", 1)
tt.trace_on()
time.sleep(1)


def time_wait_expires():
    """ss says when the kernel's TIME-WAIT is over; ours is within the grain of the kernel's timers."""
    place = PLACES[0]
    _, c, s = place.connect()
    ends = tuple("%s:%d" % x.getsockname()[:2] for x in (c, s))
    c.close()
    eof(s)
    s.close()
    tt.equal(tt.wait_for(lambda: tt.ss_state("a", *ends), 5), "TIME-WAIT", "ss says TIME-WAIT")
    begin = time.monotonic()
    tt.wait_for(lambda: not tt.ss_state("a", *ends), 80)
    kernels = time.monotonic() - begin

    def ours():
        return [e for e in tt.events("a") if (e.client, e.from_, e.to) == (ends[0], "TIME-WAIT", "CLOSED")]

    found = tt.wait_for(ours, 10)
    tt.ok(found and found[0].basis == "timeout" and kernels > 50,
          f"TIME-WAIT ends by timeout as the kernel's does ({kernels:.0f} s)")


def raw_segment(place, sport, seq, flags):
    """A segment of a client that has no socket."""
    pack = struct.pack("!HHIIBBHHH", sport, port, seq, 0, 5 << 4, flags, 1000, 0, 0)
    addresses = b"".join(socket.inet_pton(place.family, a) for a in (place.caddr, place.saddr))
    pseudo = addresses + struct.pack("!II", len(pack), 6)
    total = sum(struct.unpack(f"!{len(pseudo + pack) // 2}H", pseudo + pack))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    raw = tt.in_netns(place.client, lambda: socket.socket(place.family, socket.SOCK_RAW, 6))
    raw.bind((place.caddr, 0))
    raw.sendto(pack[:16] + struct.pack("!H", ~total & 0xffff) + pack[18:], (place.saddr, 0))
    raw.close()


def synrecv_abort(place):
    """No tracepoint tells of a handshake that is never completed: ss does."""
    bracket = "[{}]:{}" if ":" in place.caddr else "{}:{}"
    p, sport = place, 45000 + port % 1000
    listener = place.listen()
    ends = (bracket.format(p.saddr, port), bracket.format(p.caddr, sport))

    def ours():
        return [(e.to, e.basis) for e in tt.events(p.server) if (e.server, e.client) == ends and e.endpoint == "server"
                and e.from_ != e.to][-1:]

    allow = place.drop(place.client, "output", "tcp flags & rst == rst")
    raw_segment(place, sport, 1000, 2)
    tt.ok(tt.wait_for(lambda: tt.ss_state(p.server, *ends) == "SYN-RECEIVED"), f"{p.name}: ss says SYN-RECV")
    tt.equal(ours(), [("SYN-RECEIVED", "sent")], f"{p.name} synrecv_abort: SYN-RECEIVED")
    allow()
    raw_segment(place, sport, 1001, 4)
    tt.ok(tt.wait_for(lambda: tt.ss_state(p.server, *ends) is None), f"{p.name}: ss says that it is over")
    tt.equal(ours(), [("LISTEN", "received")], f"{p.name} synrecv_abort: back in LISTEN")
    listener.close()


PLACES = [Place("loopback IPv4", "a", "a", "127.0.0.1", "127.0.0.1", [("a", "lo")]),
          Place("loopback IPv6", "a", "a", "::1", "::1", [("a", "lo")]),
          Place("veth IPv4", "a", "b", "10.0.1.1", "10.0.1.2", [("a", "va"), ("b", "vb")]),
          Place("veth IPv6", "a", "b", "fd00:1::1", "fd00:1::2", [("a", "va"), ("b", "vb")])]
for place in PLACES:
    for run in SCENARIOS:
        if len(sys.argv) > 1 and run.__name__ not in sys.argv[1:]:
            continue
        try:
            compare(place, run)
        except OSError as error:
            tt.ok(False, f"{place.name} {run.__name__}", error)
            place.netem("delay 0ms")
    if len(sys.argv) < 2 or "synrecv_abort" in sys.argv:
        synrecv_abort(place)
if len(sys.argv) < 2 or "time_wait_expires" in sys.argv:
    time_wait_expires()
for ns in ("a", "b"):
    chain = {}
    broken = []
    for e in tt.events(ns):
        key = (e.conn, e.endpoint)
        if e.conn != "-" and chain.get(key, e.from_) != e.from_:
            broken.append(e.line)
        chain[key] = e.to
    tt.ok(not broken, f"netns {ns}: each transition starts where the last one ended", *broken)
    tt.equal(tt.violations(ns), {}, f"netns {ns}: Linux is blamed for nothing")
tt.done()
