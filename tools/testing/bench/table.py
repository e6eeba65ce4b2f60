#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Print what the parts of the bench have found: medians over boots, their spread, and the ratio to nf_conntrack.

usage: table.py RESULTS      one JSON object a line, see hook.py
"""
import collections
import json
import statistics
import sys

NAMES = {"data": "segment of data", "ack": "pure ACK", "segment": "segment", "open": "connection set up (3 segments)",
         "close": "connection closed (3 segments)"}
UNITS = {"ticks": ("instructions", "QEMU -icount"), "ns": ("ns", "user-mode Linux")}


def load(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def shown(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value < 10 else f"{value:.0f}"


def cell(values):
    """The median, and from where to where the boots' values go."""
    median = shown(statistics.median(values))
    return median if len(values) == 1 else f"{median} ({shown(min(values))}-{shown(max(values))})"


def costs(records):
    """The table of what a segment costs."""
    values = collections.defaultdict(lambda: collections.defaultdict(list))
    for r in records:
        values[r["unit"], r["figure"], r["family"], r["flows"]][r["tracker"]].append(r["value"])
    yield ("what", "how", "tcptrace", "nf_conntrack_in", "ratio", "nf_conntrack")
    for (unit, figure, family, flows), by in values.items():
        name, how = UNITS[unit]
        boots = len(by["tcptrace"])
        ratio = statistics.median(a / b for a, b in zip(by["tcptrace"], by["nf_conntrack_in"]))
        yield (f"{name}: {NAMES[figure]}, IPv{family}, {flows:,} flows",
               how + (f", {boots} boots" if boots > 1 else ""), cell(by["tcptrace"]), cell(by["nf_conntrack_in"]),
               f"{ratio:.2f}", cell(by["nf_conntrack"]) if by["nf_conntrack"] else "-")


def print_rows(rows):
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(field.ljust(width) for field, width in zip(row, widths)).rstrip())
    print()


def main():
    records = load(sys.argv[1])
    by_segment = [r for r in records if "tracker" in r]
    if by_segment:
        print_rows(costs(by_segment))
    checks = [r for r in records if r.get("figure") == "invalid"]
    if checks:
        print("segments that a tracker took for invalid, of {:,}: nf_conntrack {}, tcptrace {}; connections that "
              "tcptrace refused or evicted: {}".format(*(sum(r[name] for r in checks) for name in (
                  "segments", "nf_conntrack", "tcptrace", "refused"))))
    for record in records:
        if "note" in record:
            print("note:", record["note"])


main()
