# SPDX-License-Identifier: GPL-2.0
"""A peer that is no TCP: it brings a socket of the namespace "v" into any state, by segments of its own making that go
over a cable from the namespace "w", and forges what it likes."""
import collections
import os
import random
import re
import socket
import struct
import time

import tt

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
KERNEL_STATES = {1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 6: "TIME-WAIT",
                 7: "CLOSED", 8: "CLOSE-WAIT", 9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING"}
HERE, PEER = "10.0.9.1", "10.0.9.2"
M32 = 1 << 32
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

    def send(self, sport, dport, seg, payload=b"", options=b"", break_checksum=0, offset=None,
             ends=(PEER, HERE)):
        if seg.tsval is not None:
            options += b"\x01\x01\x08\x0a" + struct.pack("!II", seg.tsval, seg.tsecr)
        options += b"\x01" * (-len(options) % 4)
        tcp = struct.pack("!HHIIBBHHH", sport, dport, seg.seq % M32, seg.ack % M32,
                          (offset or 5 + len(options) // 4) << 4, seg.flags, seg.win, 0, 0) + options + payload
        addresses = b"".join(map(socket.inet_aton, ends))
        pseudo = addresses + struct.pack("!BBH", 0, 6, len(tcp))
        tcp = tcp[:16] + struct.pack("!H", tt.checksum(pseudo + tcp) ^ break_checksum) + tcp[18:]
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0) + addresses
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

    def counter(self, name):
        text = os.pread(self.stat, 1 << 16, 0).decode()
        return int(re.search(rf"^{name} (\d+)", text, re.M)[1])


port = 20000


class Socket:
    """One victim, and what the peer knows of it."""

    def __init__(self, wire, timestamps=False):
        global port
        port += 1
        self.wire = wire
        self.sport, self.dport, self.ts = port, 10000 + port % 5000, timestamps
        self.seq, self.una, self.nxt, self.recent, self.fd, self.listener = random.randrange(M32), 0, 0, 0, None, None
        self.win, self.syn_options = 1000, b""

    def name(self):
        return f"{HERE}:{self.dport}"

    def peer(self):
        return f"{PEER}:{self.sport}"

    def emit(self, flags, seq=None, ack=None, payload=b"", tsval=None, **how):
        ts = (self.recent + 1000 if tsval is None else tsval) % M32 if self.ts else None
        self.wire.send(self.sport, self.dport, Segment(flags, self.seq if seq is None else seq,
                                                       self.nxt if ack is None else ack, 0, self.win, ts, self.echo()),
                       payload, **how)

    def echo(self):
        return self.tsecr if self.ts and hasattr(self, "tsecr") else 0

    def expect(self, flags):
        seg = self.wire.receive(self.sport, flags)
        self.nxt = (seg.seq + seg.len + bool(seg.flags & SYN) + bool(seg.flags & FIN)) % M32
        if seg.tsval is not None:
            self.tsecr = seg.tsval
        return seg

    # the states
    def syn_received(self):
        self.listener = tt.tcp("v")
        self.listener.bind((HERE, self.dport))
        self.listener.listen(4)
        self.emit(SYN, ack=0, options=self.syn_options)
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
        self.emit(SYN | ACK, options=self.syn_options)
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
