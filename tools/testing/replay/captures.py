# SPDX-License-Identifier: GPL-2.0
"""Captures: read, made, put behind other headers, cut into fragments."""
import os
import struct

import tt  # of selftests/lib, which whoever imports this has in its path

HERE = os.path.dirname(os.path.realpath(__file__))
PCAPS = os.path.join(os.path.dirname(HERE), "pcaps")


def pcap(name):
    return os.path.join(PCAPS, name + ".pcap")


def read_pcap(name):
    """[(seconds, microseconds, length on the wire, bytes)]"""
    with open(pcap(name), "rb") as file:
        data = file.read()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    packets, at = [], 24
    while at < len(data):
        sec, usec, have, size = struct.unpack(order + "IIII", data[at:at + 16])
        packets.append((sec, usec, size, data[at + 16:at + 16 + have]))
        at += 16 + have
    return packets


def pcap_bytes(link, packets):
    out = [struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link)]
    for sec, usec, size, data in packets:
        out.append(struct.pack("<IIII", sec, usec, len(data), max(size, len(data))) + data)
    return b"".join(out)


def to_ipv6(ip, extensions):
    """The same TCP segment in IPv6, with these extension headers: a list of (type, bytes without next header)."""
    tcp = ip[(ip[0] & 15) * 4:struct.unpack("!H", ip[2:4])[0]]
    addresses = b"\xfd" + b"\0" * 11 + ip[12:16] + b"\xfd" + b"\0" * 11 + ip[16:20]
    pseudo = addresses + struct.pack("!II", len(tcp), 6)
    tcp = tcp[:16] + b"\0\0" + tcp[18:]
    tcp = tcp[:16] + struct.pack("!H", tt.checksum(pseudo + tcp)) + tcp[18:]
    kinds = [kind for kind, _ in extensions] + [6]
    chain = b"".join(bytes([kinds[i + 1]]) + body for i, (_, body) in enumerate(extensions))
    return struct.pack("!IHBB", 6 << 28, len(chain + tcp), kinds[0], 64) + addresses + chain + tcp



def fragments4(ip, size, number):
    """An IPv4 packet in fragments of at most size bytes of payload."""
    header, payload = ip[:20], ip[20:struct.unpack("!H", ip[2:4])[0]]
    out = []
    for at in range(0, len(payload), size):
        part = payload[at:at + size]
        more = 0x2000 if at + size < len(payload) else 0
        head = header[:2] + struct.pack("!HHH", 20 + len(part), number, more | at // 8) + header[8:10] + b"\0\0" + header[12:]
        out.append(head[:10] + struct.pack("!H", tt.checksum(head)) + head[12:] + part)
    return out


def fragments6(ip, size, number):
    """An IPv6 packet in fragments; all of its extension headers are in the part that is cut."""
    payload, out = ip[40:], []
    for at in range(0, len(payload), size):
        part = payload[at:at + size]
        head = struct.pack("!BBHI", ip[6], 0, at | (at + size < len(payload)), number)
        out.append(ip[:4] + struct.pack("!HB", 8 + len(part), 44) + ip[7:40] + head + part)
    return out


class Conversation:
    """A TCP connection over IPv4 whose segments are made one at a time; end 0 opens it."""

    def __init__(self, start=(1000, 5000), window=(60000, 60000)):
        self.packets = []
        self.now = 1700000000.0
        self.next = list(start)         # SND.NXT
        self.acked = [0, 0]             # what the other end has of it, contiguous
        self.window = list(window)

    def segment(self, end, flags, seq, payload=b"", pause=.01):
        self.now += pause
        ack = self.acked[1 - end] if flags & 16 else 0
        ports = (40000, 80) if end == 0 else (80, 40000)
        hosts = (b"\x0a\0\0\1", b"\x0a\0\0\2") if end == 0 else (b"\x0a\0\0\2", b"\x0a\0\0\1")
        tcp = struct.pack("!HHIIBBHHH", *ports, seq % (1 << 32), ack % (1 << 32), 0x50, flags, self.window[end], 0, 0) + payload
        total = tt.checksum(hosts[0] + hosts[1] + struct.pack("!HH", 6, len(tcp)) + tcp)
        tcp = tcp[:16] + struct.pack("!H", total) + tcp[18:]
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), len(self.packets), 0, 64, 6, 0) + hosts[0] + hosts[1]
        ip = ip[:10] + struct.pack("!H", tt.checksum(ip)) + ip[12:]
        self.packets.append((int(self.now), int(self.now * 1e6) % 1000000, 0, ip + tcp))

    def handshake(self):
        self.segment(0, 2, self.next[0])
        self.next[0] += 1
        self.acked[0] = self.next[0]
        self.segment(1, 18, self.next[1])
        self.next[1] += 1
        self.acked[1] = self.next[1]
        self.segment(0, 16, self.next[0])

    def data(self, end, size, skip=0, pause=.01):
        """Skip ahead of what was sent last, or back; the other end has it if it is in order."""
        seq = self.next[end] + skip
        self.segment(end, 24, seq, b"d" * size, pause)
        if seq <= self.acked[end]:
            self.acked[end] = max(self.acked[end], seq + size, self.next[end] if skip < 0 else 0)
        self.next[end] = max(self.next[end], seq + size)

    def ack(self, end, win=None):
        self.window[end] = self.window[end] if win is None else win
        self.segment(end, 16, self.next[end])

    def keepalive(self, end):
        self.segment(end, 16, self.next[end] - 1, pause=10)

    def probe(self, end):
        """One byte that the closed window does not take."""
        self.segment(end, 16, self.next[end], b"p", pause=1)

    def close(self):
        for end in (0, 1):
            self.segment(end, 17, self.next[end])
            self.next[end] += 1
            self.acked[end] = self.next[end]
            self.segment(1 - end, 16, self.next[1 - end])
