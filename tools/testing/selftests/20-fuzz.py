#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 1200
"""Malformed, random and mutated packets, from a tun device and raw sockets, into the live module.

usage: 20-fuzz.py [PACKETS [SEED]]      (200000 and 1 by default)

Each malformed segment is counted as what it is; whatever else comes, the counters add up, the files can be read, and of
a real connection every transition is right."""
import os
import socket
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "lib"))
import tt  # noqa: E402

FUZZ = os.path.join(os.environ.get("TCPTRACE_TOP", os.path.join(HERE, "../../..")), "tools/testing/fuzz")
PACKETS = int(sys.argv[1]) if len(sys.argv) > 1 else 200000
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
EACH = 2000
PROGRAM = "/tmp/packets"
CLIENT = ["CLOSED SYN-SENT", "SYN-SENT ESTABLISHED", "ESTABLISHED FIN-WAIT-1", "FIN-WAIT-1 FIN-WAIT-2",
          "FIN-WAIT-2 TIME-WAIT"]
SERVER = ["CLOSED LISTEN", "LISTEN SYN-RECEIVED", "SYN-RECEIVED ESTABLISHED", "ESTABLISHED CLOSE-WAIT",
          "CLOSE-WAIT LAST-ACK", "LAST-ACK CLOSED"]


def build_world():
    tt.sh(f"gcc -O1 -Wall -o {PROGRAM} {FUZZ}/packets.c; modprobe tun")
    tt.netns("f")
    tt.sh("ip -n f tuntap add fz mode tun; ip -n f link set fz up; ip -n f addr add 10.9.0.1/24 dev fz;"
          "ip -n f addr add fd09::1/64 dev fz nodad; ip -n f route add 10.10.0.0/16 dev fz;"
          "ip -n f route add fd0a::/16 dev fz; ip netns exec f sysctl -qw net.ipv4.ip_forward=1"
          " net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.fz.rp_filter=0")


def packets(*arguments):
    return tt.sh(f"ip netns exec f {PROGRAM} " + " ".join(str(word) for word in arguments))


def malformed():
    before = tt.stat("f")
    said = [line.split() for line in packets("exact", EACH, SEED).splitlines()]
    after = tt.stat("f")
    want = {}
    for name, n in said:
        want[name] = want.get(name, 0) + int(n)
    tt.ok(len(said) == 6, "six kinds of malformed packets were sent")
    for name, n in want.items():
        tt.equal(after[name] - before[name], n, f"{name}: {n} sent, {n} counted")
    tt.equal(after["malformed_ip"], before["malformed_ip"], "and none for another reason")


def adds_up():
    """Each segment has a verdict; one that a raw socket sent in a local socket's name has only that."""
    now = tt.stat("f")
    verdicts = sum(n for name, n in now.items() if name.startswith("verdict_"))
    tt.ok(now["segments"] <= verdicts <= now["segments"] + PACKETS, "each segment has a verdict", now)
    tt.ok(now["connections"] <= now["connections_max"], "the table keeps its bound", now)
    logged = tt.sh("ip netns exec f cat /proc/net/tcptrace/transitions").splitlines()
    numbers = [int(line.split()[0]) for line in logged[1:] if line[0] != "#"]
    tt.ok(numbers and numbers == list(range(numbers[0], numbers[0] + len(numbers))), "the log has no hole")
    for name in ("transitions", "connections"):
        lines = tt.sh(f"ip netns exec f cat /proc/net/tcptrace/{name}").splitlines()
        fields = len(lines[0].split()) - 3
        bad = [line for line in lines[1:] if line[0] != "#" and len(line.split()) != fields]
        tt.ok(len(lines) > 1 and not bad, f"each line of {name} has its {fields} fields", *bad[:5])


def real_connection(port):
    client, served = tt.connect("f", "f", "127.0.0.1", port)
    client.send(b"hello")
    served.recv(10)
    client.shutdown(socket.SHUT_WR)
    served.recv(10)
    served.close()
    client.recv(10)
    client.close()

    def moves(endpoint):
        return [f"{e.from_} {e.to}" for e in tt.events("f")
                if e.server == f"127.0.0.1:{port}" and e.endpoint == endpoint and e.from_ != e.to]

    tt.wait_for(lambda: len(moves("server")) >= len(SERVER))
    tt.equal(moves("client"), CLIENT, "a real connection's client made these transitions")
    tt.equal(moves("server"), SERVER, "and its server these")


build_world()
malformed()
listener = tt.in_netns("f", lambda: socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True,
                                                         backlog=4096))
before, begin = tt.stat("f"), time.monotonic()
packets("random", PACKETS, SEED)
seconds = time.monotonic() - begin
after = tt.stat("f")
grown = {name: n - before[name] for name, n in after.items() if n != before[name]}
print(f"# {PACKETS} packets in {seconds:.0f} s, {PACKETS / seconds:.0f} a second; seed {SEED}")
print("# " + " ".join(f"{name} {n}" for name, n in grown.items()))
tt.ok(grown["segments"] > PACKETS / 2, "most of the random packets reach it as segments", grown)
for name in ("malformed_truncated", "malformed_data_offset", "malformed_option", "malformed_checksum", "malformed_ip",
             "fragments"):
    tt.ok(grown.get(name, 0) > 0, f"some are counted as {name}", grown)
tt.ok(grown["transitions"] > PACKETS / 100, "they move states", grown)
adds_up()
listener.close()
real_connection(5001)
tt.done()
