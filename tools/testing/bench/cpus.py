#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""In a guest with two CPUs: what a segment costs when both see segments, against one CPU alone.

Each CPU has connections of its own; then both see the two directions of one connection. The first is the time for a
segment on an otherwise idle machine over that with the other CPU at the same work, times two: 2.0 is perfect.
"""
import json
import os
import statistics
import sys

import ttbench

OWN, ROUNDS = 1024, int(sys.argv[1])


def worker(cpu, flows, kinds, rounds):
    """Median ticks for a segment."""
    os.sched_setaffinity(0, {cpu})
    return statistics.median(one.median for _ in range(rounds) for one in flows.passes(*kinds))


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


def compare(first, second):
    """Ticks alone, and while the second is at work; the second works for longer."""
    alone, both = [], []
    for _ in range(ROUNDS):
        alone.append(result(in_child(lambda: worker(0, *first, 20))))
        pair = in_child(lambda: worker(0, *first, 20)), in_child(lambda: worker(1, *second, 30))
        both.append(result(pair[0]))
        result(pair[1])
    return 2 * statistics.median(a / b for a, b in zip(alone, both))


def measure(tracker):
    ttbench.write("/proc/sys/net/tcptrace/max_connections", 1 << 22)
    own = [ttbench.Flows(tracker, 4, OWN, i * OWN) for i in range(2)]
    for flows in own:
        flows.open()
    yield json.dumps({"figure": "cpus", "tracker_name": tracker, "what": "connections of their own",
                      "value": round(compare(*((flows, ("data", "ack")) for flows in own)), 2)})
    if tracker == "nothing":
        return
    shared = [ttbench.Flows(tracker, 4, 1, 2 * OWN) for _ in range(2)]
    shared[0].open()
    shared[0].passes("data", "ack")     # from now on the windows are scaled
    yield json.dumps({"figure": "cpus", "tracker_name": tracker, "what": "the two directions of one connection",
                      "value": round(compare((shared[0], ("data",)), (shared[1], ("push",))), 2)})


if os.cpu_count() < 2:
    sys.exit("cpus: this machine has one CPU")
ttbench.load()
for each in ("nothing", "tcptrace", "conntrack"):
    for each_line in ttbench.in_netns(lambda: measure(each)):
        print(each_line, flush=True)
