#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
"""Forged segments against live sockets in every state: our endpoint follows what the kernel's socket did.

The peer is this program, by a packet socket: it brings a socket of the traced namespace into a state and then sends
segments with numbers around every bound. After each one the state must be that of TCP_INFO (or ss), and a segment that
the kernel took must not have been called a violation, nor one that it refused moved anything."""
import collections
import os
import random
import re
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
LETTERS = {"S": SYN, "F": FIN, "R": RST, "P": PSH, "A": ACK, "U": URG}
KERNEL_STATES = {1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 6: "TIME-WAIT",
                 7: "CLOSED", 8: "CLOSE-WAIT", 9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING"}
# The sender is to blame, but the receiver takes what it can of such a segment: the RST, the ACK, the rest of the text.
PARTLY_TAKEN = {"bad_flags", "end_beyond_window", "data_in_zero_window", "bad_option", "urg_after_fin",
                "data_after_fin", "fin_moved", "ack_below_iss", "data_after_rst"}
HERE, PEER = "10.0.9.1", "10.0.9.2"
M32 = 1 << 32
SEED = int(sys.argv[1]) if len(sys.argv) > 1 else 9293
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 12


Segment = collections.namedtuple("Segment", "flags seq ack len win tsval tsecr")


class Wire:
    """The peer's side of the cable."""

    def __init__(self):
        tt.netns("v", "w")
        tt.sh("ip link add vv netns v type veth peer name ww netns w; ip -n v addr add 10.0.9.1/24 dev vv;"
              "ip -n v link set vv up; ip -n w link set ww up; ip netns exec v ethtool -K vv tx off >/dev/null;"
              "ip -n v neigh add 10.0.9.2 lladdr 02:00:00:00:00:02 dev vv nud permanent")
        self.mac = bytes.fromhex(tt.sh("ip netns exec v cat /sys/class/net/vv/address").strip().replace(":", ""))
        self.socket = tt.in_netns("w", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x800)))
        self.socket.bind(("ww", 0x800))

    def send(self, sport, dport, seg, payload=b""):
        options = b"\x01\x01\x08\x0a" + struct.pack("!II", seg.tsval, seg.tsecr) if seg.tsval is not None else b""
        tcp = struct.pack("!HHIIBBHHH", sport, dport, seg.seq % M32, seg.ack % M32, (5 + len(options) // 4) << 4,
                          seg.flags, seg.win, 0, 0) + options + payload
        pseudo = socket.inet_aton(PEER) + socket.inet_aton(HERE) + struct.pack("!BBH", 0, 6, len(tcp))
        tcp = tcp[:16] + struct.pack("!H", tt.checksum(pseudo + tcp)) + tcp[18:]
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0, socket.inet_aton(PEER),
                         socket.inet_aton(HERE))
        self.socket.sendto(ip[:10] + struct.pack("!H", tt.checksum(ip)) + ip[12:] + tcp, ("ww", 0x800, 0, 0, self.mac))

    def receive(self, sport, wanted):
        """The next segment to a port of ours that has these flags."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            self.socket.settimeout(10)
            packet = self.socket.recv(2000)
            tcp = packet[(packet[0] & 15) * 4:]
            if packet[9] != 6 or struct.unpack("!H", tcp[2:4])[0] != sport:
                continue
            seq, ack, offset, flags, win = struct.unpack("!IIBBH", tcp[4:16])
            if flags & wanted != wanted:
                continue
            found = re.search(rb"\x08\x0a(.{8})", tcp[20:(offset >> 4) * 4], re.S)
            tsval, tsecr = struct.unpack("!II", found[1]) if found else (None, None)
            size = struct.unpack("!H", packet[2:4])[0] - (packet[0] & 15) * 4 - (offset >> 4) * 4
            return Segment(flags, seq, ack, size, win, tsval, tsecr)
        raise TimeoutError("no answer")


class Log:
    """Our words, as they come."""

    def __init__(self):
        self.fd = tt.in_netns("v", lambda: os.open("/proc/thread-self/net/tcptrace/transitions", os.O_RDONLY))
        self.stat = tt.in_netns("v", lambda: os.open("/proc/thread-self/net/tcptrace/stat", os.O_RDONLY))
        self.names = os.read(self.fd, 1 << 16).decode().splitlines()[0].split()[3:]
        self.states = {}

    def read(self):
        lines = []
        while True:
            data = os.read(self.fd, 1 << 16)
            if not data:
                return lines
            while not data.endswith(b"\n"):
                data += os.read(self.fd, 1 << 16)
            for line in data.decode().splitlines():
                if line.startswith("#"):
                    tt.ok(False, "no event was lost", line)
                    continue
                event = dict(zip(self.names, line.split()))
                event["line"] = line
                lines.append(event)
                local = event["client"] if event["endpoint"] == "client" else event["server"]
                self.states[local] = event["to"]

    def segments(self):
        text = os.pread(self.stat, 1 << 16, 0).decode()
        return int(re.search(r"^segments (\d+)", text, re.M)[1])


wire, log = Wire(), Log()
port = 20000


class Socket:
    """One victim, and what the peer knows of it."""

    def __init__(self, timestamps):
        global port
        port += 1
        self.sport, self.dport, self.ts = port, 10000 + port % 5000, timestamps
        self.seq, self.una, self.nxt, self.recent, self.fd, self.listener = random.randrange(M32), 0, 0, 0, None, None
        self.win = 1000

    def name(self):
        return f"{HERE}:{self.dport}"

    def peer(self):
        return f"{PEER}:{self.sport}"

    def emit(self, flags, seq=None, ack=None, payload=b"", tsval=None):
        ts = (self.recent + 1000 if tsval is None else tsval) % M32 if self.ts else None
        wire.send(self.sport, self.dport, Segment(flags, self.seq if seq is None else seq,
                                                  self.nxt if ack is None else ack, 0, self.win, ts, self.echo()),
                  payload)

    def echo(self):
        return self.tsecr if self.ts and hasattr(self, "tsecr") else 0

    def expect(self, flags):
        seg = wire.receive(self.sport, flags)
        self.nxt = (seg.seq + seg.len + bool(seg.flags & SYN) + bool(seg.flags & FIN)) % M32
        if seg.tsval is not None:
            self.tsecr = seg.tsval
        return seg

    # the states
    def syn_received(self):
        self.listener = tt.tcp("v")
        self.listener.bind((HERE, self.dport))
        self.listener.listen(4)
        self.emit(SYN, ack=0)
        self.seq += 1
        self.una = (self.expect(SYN | ACK).seq + 1) % M32

    def established(self):
        self.syn_received()
        self.emit(ACK)
        self.listener.settimeout(10)
        self.fd, _ = self.listener.accept()

    def acked_data(self):
        """Old ACKs are old by as much as they can be."""
        self.established()
        self.fd.send(b"d" * 1000)
        self.expect(ACK)
        self.emit(ACK)
        self.una = self.nxt

    def with_data(self):
        self.established()
        self.fd.send(b"d" * 500)
        self.expect(ACK)

    def active(self):
        self.syn_sent()
        self.emit(SYN | ACK)
        self.seq += 1
        self.expect(ACK)
        self.una = self.nxt

    def syn_sent(self):
        self.fd = tt.tcp("v")
        self.fd.bind((HERE, self.dport))
        self.fd.setblocking(False)
        self.fd.connect_ex((PEER, self.sport))
        seg = self.expect(SYN)
        self.una = seg.seq

    def fin_wait_1(self):
        random.choice((self.established, self.acked_data))()
        self.fd.shutdown(socket.SHUT_WR)
        self.expect(FIN)

    def fin_wait_2(self):
        self.fin_wait_1()
        self.emit(ACK)
        self.una = self.nxt

    def close_wait(self):
        random.choice((self.established, self.acked_data))()
        self.emit(FIN | ACK)
        self.seq += 1
        self.expect(ACK)

    def last_ack(self):
        self.close_wait()
        self.fd.shutdown(socket.SHUT_WR)
        self.expect(FIN)

    def closing(self):
        random.choice((self.established, self.acked_data))()
        before = self.nxt
        self.fd.shutdown(socket.SHUT_WR)
        self.expect(FIN)
        self.emit(FIN | ACK, ack=before)
        self.seq += 1

    def time_wait(self):
        self.fin_wait_2()
        self.emit(FIN | ACK)
        self.seq += 1

    def kernel(self):
        """State, bytes received and acknowledged."""
        if self.fd is None:
            return tt.ss_state("v", self.name(), self.peer()) or "gone", 0, 0
        info = self.fd.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        state = KERNEL_STATES[info[0]]
        if state == "CLOSED":
            state = tt.ss_state("v", self.name(), self.peer()) or "CLOSED"
        return (state, struct.unpack_from("Q", info, 128)[0], struct.unpack_from("Q", info, 120)[0])

    def close(self):
        for s in (self.fd, self.listener):
            if s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                s.close()


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
    before = log.segments()
    victim.emit(flags, seq, ack, b"f" * size, tsval)
    end = time.monotonic() + 5
    while log.segments() == before and time.monotonic() < end:
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
    victim = Socket(timestamps=False)
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
