#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Cache lines that a segment touches, beside those that every segment touches: in a guest under lines.so.

usage: lines.py              in the guest: the passes
       lines.py FILE         on the host: what the plugin wrote, to one JSON object a line

With more connections and the same packets, what grows is what belongs to a connection: its memory and its hash bucket.
"""
import json
import sys

FEW, MANY = 64, 192
TRACKERS = ("tcptrace", "conntrack_in")
SETUP = ("syn", "synack", "handshake", "data", "ack")       # the first ACK opens the window
KINDS = ("data", "ack")


def measure(tracker, count, first):
    import ttbench
    flows = ttbench.Flows(tracker, 4, count, first)
    flows.passes(*SETUP, *KINDS)
    yield ""


def guest():
    import ttbench
    ttbench.load()
    for tracker in TRACKERS:
        for count in (FEW, MANY):
            ttbench.in_netns(lambda: measure(tracker, count, 0))


def host(path):
    with open(path, encoding="ascii") as file:
        counts = [int(line) for line in file]
    passes = len(SETUP) + len(KINDS)
    if len(counts) != 2 * passes * len(TRACKERS):
        sys.exit(f"lines: {len(counts)} passes were counted, not {2 * passes * len(TRACKERS)}")
    for i, tracker in enumerate(TRACKERS):
        few, many = (counts[(2 * i + k) * passes:][:passes][len(SETUP):] for k in range(2))
        for kind, a, b in zip(KINDS, few, many):
            print(json.dumps({"figure": "lines", "tracker_name": tracker, "kind": kind,
                              "value": round((b - a) / (MANY - FEW), 2)}))


if len(sys.argv) > 1:
    host(sys.argv[1])
else:
    guest()
