#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The tables of module/Documentation/capacity.rst, computed from what the bench has measured.

usage: capacity.py RESULTS
"""
import json
import statistics
import sys

CONNECTIONS_MAX, BUCKETS_MAX, BUCKET = 4194304, 4194304, 8      # of one network namespace


def load(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    rule = " ".join("=" * width for width in widths)
    print(rule)
    for i, row in enumerate(rows):
        print(" ".join(field.ljust(width) for field, width in zip(row, widths)).rstrip())
        if not i:
            print(rule)
    print(rule + "\n")


def power(exponent):
    return f"10^{exponent}"


def memory(each):
    rows = [("connections", "hashsize", "memory", "namespaces")]
    for exponent in range(4, 8):
        count = 10 ** exponent
        namespaces = -(-count // CONNECTIONS_MAX)
        buckets = min(BUCKETS_MAX, 1 << (-(-count // namespaces) - 1).bit_length())
        total = count * each + namespaces * buckets * BUCKET
        rows.append((power(exponent), str(buckets), f"{total / 1e6:,.0f} MB", str(namespaces)))
    table(rows)


def processor(records):
    sizes = (1000, 10000, 100000, 1000000)
    cost = {size: statistics.median(values) for size in sizes if (values := [
        r["value"] for r in records if r.get("figure") == "segment" and r["unit"] == "ns" and r["flows"] == size and
        r["tracker"] == "tcptrace"])}
    rows = [("segments/s", *(f"{size:,} connections" for size in cost)),
            ("one segment", *(f"{ns:.0f} ns" for ns in cost.values()))]
    for exponent in range(4, 8):
        rows.append((power(exponent), *(f"{100 * 10 ** exponent * ns / 1e9:.3g} %" for ns in cost.values())))
    table(rows)


def main():
    records = load(sys.argv[1])
    for r in records:
        if r.get("figure") == "memory" and r["tracker_name"] == "tcptrace":
            memory(r["value"])
    processor(records)


main()
