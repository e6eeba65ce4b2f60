# SPDX-License-Identifier: GPL-2.0
"""Every way of opening and closing a connection that sockets have."""
import ctypes
import socket
import struct
import threading
import time

import tt

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


def drop_payload(s):
    """The socket drops without a word what is longer than a header: until the result is called."""
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *instruction) for instruction in (
        (0x80, 0, 0, 0), (0x25, 0, 1, 60), (0x06, 0, 0, 0), (0x06, 0, 0, 0xffffffff))))     # len; jgt 60; ret; ret
    attach, detach = 26, 27
    s.setsockopt(socket.SOL_SOCKET, attach, struct.pack("HP", 4, ctypes.addressof(program)))
    return lambda: s.setsockopt(socket.SOL_SOCKET, detach, 0)


def fin_beyond_hole(p):
    """Who closes acknowledges less than has come its way, so the peer's FIN is too early for it."""
    _, c, s = p.connect()
    take = drop_payload(c)
    s.send(b"x" * 100)
    allow = p.drop(p.server, "output", "meta length > 140")     # not again, for the time being
    c.shutdown(socket.SHUT_WR)
    eof(s)
    s.close()
    time.sleep(.3)
    take()
    allow()
    eof(c)
    c.close()


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


SCENARIOS = [late_synack, connect_times_out, close_in_syn_sent, orphan_times_out,
             client_first, server_first, quick_close, fin_with_ack, simultaneous_close, simultaneous_open, refused,
             rst_by_linger, rst_by_unread_data, rst_in_close_wait, data_after_close, half_close,
             close_listener_pending, fin_beyond_hole, time_wait_reuse, fast_open, self_connection, lost_segments]


def raw_segment(place, sport, dport, seq, flags, ack=0):
    """A segment of a client that has no socket."""
    pack = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 1000, 0, 0)
    addresses = b"".join(socket.inet_pton(place.family, a) for a in (place.caddr, place.saddr))
    pseudo = addresses + struct.pack("!II", len(pack), 6)
    total = sum(struct.unpack(f"!{len(pseudo + pack) // 2}H", pseudo + pack))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    raw = tt.in_netns(place.client, lambda: socket.socket(place.family, socket.SOCK_RAW, 6))
    raw.bind((place.caddr, 0))
    raw.sendto(pack[:16] + struct.pack("!H", ~total & 0xffff) + pack[18:], (place.saddr, 0))
    raw.close()


PLACES = [Place("loopback IPv4", "a", "a", "127.0.0.1", "127.0.0.1", [("a", "lo")]),
          Place("loopback IPv6", "a", "a", "::1", "::1", [("a", "lo")]),
          Place("veth IPv4", "a", "b", "10.0.1.1", "10.0.1.2", [("a", "va"), ("b", "vb")]),
          Place("veth IPv6", "a", "b", "fd00:1::1", "fd00:1::2", [("a", "va"), ("b", "vb")])]
