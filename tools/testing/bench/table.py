#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Print what the parts of the bench have found: medians over boots, their spread, and ratios.

usage: table.py RESULTS      one JSON object a line, see hook.py
"""
import collections
import json
import os
import platform
import statistics
import sys

NAMES = {"data": "segment of data", "ack": "pure ACK", "segment": "segment", "open": "connection set up (3 segments)",
         "close": "connection closed (3 segments)"}
UNITS = {"ticks": ("instructions", "QEMU -icount"), "ns": ("ns", "user-mode Linux")}
WORKS = {"bulk": "64 KB through a connection", "connect": "connect, a byte each way, close",
         "iperf3": "iperf3, Gbit/s"}


def load(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def shown(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def cell(values):
    """The median, and from where to where the boots' values go."""
    if not values:
        return "-"
    median = shown(statistics.median(values))
    return median if len(values) == 1 else f"{median} ({shown(min(values))}-{shown(max(values))})"


def figure(records, name):
    return [record for record in records if record.get("figure") == name]


def costs(records):
    """What a segment costs at the hooks."""
    values = collections.defaultdict(lambda: collections.defaultdict(list))
    for r in records:
        if "tracker" in r and not (r["unit"] == "ns" and r["figure"] in ("data", "ack")):    # segment is their mean
            values[r["unit"], r["figure"], r["family"], r["flows"]][r["tracker"]].append(r["value"])
    for (unit, name, family, flows), by in values.items():
        what, how = UNITS[unit]
        ratio = statistics.median(a / b for a, b in zip(by["tcptrace"], by["nf_conntrack_in"]))
        if len(by["tcptrace"]) > 1:
            how += f", {len(by['tcptrace'])} boots"
        yield (f"{what}: {NAMES[name]}, IPv{family}, {flows:,} connection{'s' * (flows > 1)}", how, cell(by["tcptrace"]),
               cell(by["nf_conntrack_in"]), f"{ratio:.2f}", cell(by["nf_conntrack"]))


def traffic(records):
    """What sockets see of it."""
    for r in figure(records, "traffic"):
        what, how = UNITS[r["unit"]]
        rate = r["work"] == "iperf3"
        if r["unit"] == "ns" and not rate:
            how += ", the kernel's own sockets"
        values = [r[way] / (1e9 if rate else 1) for way in ("nothing", "tcptrace", "nf_conntrack")]
        speed = [value / values[0] if rate else values[0] / value for value in values]
        yield (f"{'' if rate else what + ': '}{WORKS[r['work']]}, {r['place']}", f"{how}, best of {r['rounds']}",
               *(shown(value) for value in values), f"{speed[1]:.3f}", f"{speed[2]:.3f}")


def rest(records):
    """One line each."""
    for r in figure(records, "memory"):
        size = f" (object: {r['object']})" if r["object"] else ""
        yield f"memory, {r['tracker_name']}: {r['value']} bytes a connection without the hash table{size}; MemFree, 100,000"
    for r in figure(records, "filtered"):
        what, how = UNITS[r["unit"]]
        yield (f"a segment that the filters do not pass, IPv{r['family']}, {r['flows']:,} connection{'s' * (r['flows'] > 1)}: "
               f"{shown(r['value'])} {what}, {r['value'] / r['full']:.2f} of one that is traced; {how}")
    for r in figure(records, "events"):
        more = f", {r['megabytes']} MB/s" if "megabytes" in r else f", {r['connections']:,} connections/s"
        yield f"{r['what']}: {r['events']:,} rows/s{more}, lost {r['lost']}; user-mode Linux"
    for r in figure(records, "cpus"):
        yield f"two CPUs, {r['what']}, {r['tracker_name']}: {cell(r['values'])} times one CPU; QEMU, two threads"
    checks = figure(records, "invalid")
    if checks:
        yield ("segments that a tracker took for invalid, of {:,}: nf_conntrack {}, tcptrace {}; connections refused or "
               "evicted by tcptrace: {}".format(*(sum(r[name] for r in checks) for name in (
                   "segments", "nf_conntrack", "tcptrace", "refused"))))
    for record in records:
        if "note" in record:
            yield "note: " + record["note"]


def print_table(head, rows):
    rows = list(rows)
    if not rows:
        return
    rows = [head] + rows
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        print("  ".join(field.ljust(width) for field, width in zip(row, widths)).rstrip())
    print()


def main():
    records = load(sys.argv[1])
    print(f"on {platform.node()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}\n")
    print_table(("at the hook", "how", "tcptrace", "nf_conntrack_in", "ratio", "nf_conntrack"), costs(records))
    print_table(("sockets", "how", "no tracker", "tcptrace", "nf_conntrack", "speed with tcptrace", "with nf_conntrack"),
                traffic(records))
    for line in rest(records):
        print(line)


main()
