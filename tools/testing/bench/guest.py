#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""CPU time of one-byte exchanges over loopback, with no tracker, with nf_conntrack and with tcptrace.

Three runs in turn, several times over in one boot; medians. Over loopback tcptrace looks at each segment twice (as it
leaves and as it arrives), nf_conntrack once. The figures are those of an emulated machine: only their ratio means
something.
"""
import os
import platform
import socket
import statistics
import subprocess
import time

ROUNDS, EXCHANGES = 9, 4000


def sh(command):
    subprocess.run(command, shell=True, check=True)


def exchanges(c, s):
    """Seconds of CPU for one segment: softirqs run in the sender's context here."""
    begin = time.process_time()
    for _ in range(EXCHANGES):
        c.send(b"q")
        s.recv(1)
        s.send(b"a")
        c.recv(1)
    return (time.process_time() - begin) / (2 * EXCHANGES)


def measure(on, off):
    sh(on)
    listener = socket.create_server(("127.0.0.1", 0))
    c = socket.create_connection(listener.getsockname())
    s, _ = listener.accept()
    for end in (c, s):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    exchanges(c, s)
    cost = exchanges(c, s)
    for end in (c, s, listener):
        end.close()
    sh(off)
    return cost


CONNTRACK = "nft 'add table ip b; add chain ip b c { type filter hook output priority 0; }; add rule ip b c ct state invalid drop'"
WAYS = {"none": ("true", "true"), "nf_conntrack": (CONNTRACK, "nft delete table ip b"),
        "tcptrace": ("insmod $TCPTRACE_KO", "rmmod tcptrace")}
sh("rmmod tcptrace; modprobe -a nf_conntrack nf_tables nft_ct")
costs = {way: [] for way in WAYS}
for _ in range(ROUNDS):
    for way, (on, off) in WAYS.items():
        costs[way].append(measure(on, off))
none = statistics.median(costs["none"])
added = {way: [(cost - base) * 1e9 for cost, base in zip(costs[way], costs["none"])] for way in WAYS}
with open("/sys/module/nf_conntrack/parameters/hashsize") as file:
    buckets = file.read().strip()
print(f"kernel {platform.release()}, {ROUNDS} rounds of {2 * EXCHANGES} segments, one connection, "
      f"nf_conntrack with {buckets} buckets")
print(f"a one-byte segment over loopback: {none * 1e9:.0f} ns of CPU without a tracker")
for way in ("nf_conntrack", "tcptrace"):
    values = sorted(added[way])
    print(f"{way} adds {statistics.median(values):.0f} ns (from {values[0]:.0f} to {values[-1]:.0f})")
print(f"tcptrace : nf_conntrack = {statistics.median(added['tcptrace']) / statistics.median(added['nf_conntrack']):.2f}", flush=True)
sh("insmod $TCPTRACE_KO; dmesg | grep -o 'up to [0-9]* connections of [0-9]* bytes' | tail -n 1; rmmod tcptrace")
