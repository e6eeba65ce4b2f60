#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""In a guest: what a segment costs at the hooks, by tracker, family and number of connections.

usage: hook.py ticks|ns TURNS ROTATION COUNT[,COUNT...] FAMILY...

One JSON object a line: figure, family, flows, tracker, value. The trackers take turns within one network namespace.
"""
import json
import statistics
import sys

import ttbench

TRACKERS = ("nf_conntrack_in", "tcptrace", "nf_conntrack")
NAMES = {"nf_conntrack_in": "conntrack_in", "tcptrace": "tcptrace", "nf_conntrack": "conntrack"}
AGAIN = {1: 16, 10: 16, 100: 8, 1000: 4}        # pairs of passes in one turn
FINE = {"data", "ack", "syn", "synack", "handshake_ack", "fin"}
unit, turns = sys.argv[1], int(sys.argv[2])


def cost(one):
    return one.median * (1 if unit == "ticks" else one.ns_per_tick)


class Case:
    """Connections of one family, as many for each tracker."""

    def __init__(self, family, count, trackers):
        self.family, self.count, self.segments, self.invalid = family, count, 0, 0
        ttbench.write("/proc/sys/net/tcptrace/max_connections", 1 << 22)
        self.flows = {tracker: ttbench.Flows(NAMES[tracker], family, count, i * count)
                      for i, tracker in enumerate(trackers)}

    def note(self, passes):
        self.segments += sum(one.segments for one in passes)
        self.invalid += sum(one.invalid for one in passes)
        return sum(cost(one) for one in passes)

    def record(self, figure, tracker, value):
        return json.dumps({"figure": figure, "family": self.family, "flows": self.count, "tracker": tracker,
                           "unit": unit, "value": round(value, 2)})

    def turn(self, flows):
        pairs = [[self.note([one]) for one in flows.passes("data", "ack")]
                 for _ in range(AGAIN.get(self.count, 1) + 1 if self.count < 10000 else 1)]
        return [statistics.median(values) for values in zip(*(pairs[1:] or pairs))]

    def run(self):
        values = {}
        for tracker, flows in self.flows.items():
            opening = self.note(flows.open())
            if self.count >= 64:
                yield self.record("open", tracker, opening)
        for _ in range(min(turns, 3) if self.count > 10000 else turns):
            for tracker, flows in self.flows.items():
                values.setdefault(tracker, []).append(self.turn(flows))
        segment = {}
        for tracker, pairs in values.items():
            data, ack = (statistics.median(column) for column in zip(*pairs))
            yield self.record("data", tracker, data)
            yield self.record("ack", tracker, ack)
            segment[tracker] = (data + ack) / 2
            yield self.record("segment", tracker, segment[tracker])
        for tracker, flows in self.flows.items():
            closing = self.note(flows.end())
            if self.count >= 64:
                yield self.record("close", tracker, closing)
        stat = ttbench.tcptrace_stat()
        bad = sum(value for name, value in stat.items() if name.startswith("verdict_") and name[8:] not in FINE)
        yield json.dumps({"figure": "invalid", "segments": self.segments, "nf_conntrack": self.invalid, "tcptrace": bad,
                          "refused": stat["refused"] + stat["evicted"]})
        # one in a million is nobody
        ttbench.write("/proc/sys/net/tcptrace/sample_one_in", 1000000)
        filtered = sum(self.turn(self.flows["tcptrace"])) / 2
        yield json.dumps({"figure": "filtered", "family": self.family, "flows": self.count, "unit": unit,
                          "value": round(filtered, 2), "full": round(segment["tcptrace"], 2)})


def main():
    for family in map(int, sys.argv[5:]):
        for count in map(int, sys.argv[4].split(",")):
            ttbench.load(count)
            # with many, nf_conntrack's table would be twice as full as is fair
            trackers = TRACKERS if count <= 1000 else TRACKERS[:2]
            first = int(sys.argv[3]) % len(trackers)    # another one in each boot
            trackers = trackers[first:] + trackers[:first]
            # the case is made in the namespace
            for line in ttbench.in_netns(lambda: Case(family, count, trackers).run()):
                print(line, flush=True)
            ttbench.unload()


main()
