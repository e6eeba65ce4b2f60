#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""In a guest with two CPUs: what a segment costs when both see segments, against one CPU alone.

usage: cpus.py ROUNDS

Each CPU has connections of its own; then both see the two directions of one connection. A value is the time for a
segment with the other CPU idle over that with the other CPU at the same work, times two: 2.0 is perfect. The trackers
take turns; "nothing" says what the machine itself loses.
"""
import json
import os
import statistics
import sys

import ttbench

OWN, PASSES, ROUNDS = 1024, 20, int(sys.argv[1])
TRACKERS = ("nothing", "tcptrace", "conntrack_in")


def worker(cpu, flows, kinds, passes):
    """Median ticks for a segment."""
    os.sched_setaffinity(0, {cpu})
    return statistics.median(one.median + one.empty for _ in range(passes) for one in flows.passes(*kinds))


def in_child(function):
    ends = os.pipe()
    if not os.fork():
        os.write(ends[1], str(function()).encode())
        os._exit(0)
    os.close(ends[1])
    return ends[0]


def result(fd):
    value = float(os.read(fd, 100))
    os.close(fd)
    os.wait()
    return value


def scaling(first, second):
    """Ticks alone over ticks while the second is at work, times two; the second works for longer."""
    alone = result(in_child(lambda: worker(0, *first, PASSES)))
    pair = in_child(lambda: worker(0, *first, PASSES)), in_child(lambda: worker(1, *second, 2 * PASSES))
    both = result(pair[0])
    result(pair[1])
    return 2 * alone / both


def measure():
    ttbench.write("/proc/sys/net/tcptrace/max_connections", 1 << 22)
    cases = {}
    for i, tracker in enumerate(TRACKERS):
        own = [ttbench.Flows(tracker, 4, OWN, (2 * i + k) * OWN) for k in range(2)]
        for flows in own:
            flows.open()
        cases[tracker, "connections of their own"] = [(flows, ("data", "ack")) for flows in own]
        shared = [ttbench.Flows(tracker, 4, 1, 2 * len(TRACKERS) * OWN + i) for _ in range(2)]
        shared[0].open()
        shared[0].passes("data", "ack")     # from now on the windows are scaled
        cases[tracker, "the two directions of one connection"] = [(shared[0], ("data",)), (shared[1], ("push",))]
    values = {case: [] for case in cases}
    for _ in range(ROUNDS):
        for case, pair in cases.items():
            values[case].append(scaling(*pair))
    for (tracker, what), each in values.items():
        yield json.dumps({"figure": "cpus", "tracker_name": tracker, "what": what, "values": [round(v, 2) for v in each]})


if os.cpu_count() < 2:
    sys.exit("cpus: this machine has one CPU")
ttbench.load(2 * len(TRACKERS) * OWN)
for line in ttbench.in_netns(measure):
    print(line, flush=True)
