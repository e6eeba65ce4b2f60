#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""In a guest: bytes of memory that 100,000 established connections take, everything but the hash table.

What MemFree loses from before the handshakes until after them, less what the page cache and user memory take. Each CPU's
lists of free pages are kept short, for what is in them is not in MemFree.
"""
import json
import time

import ttbench

COUNT = 100000


def meminfo():
    with open("/proc/meminfo", encoding="ascii") as file:
        kib = {line.split(":")[0]: int(line.split()[1]) for line in file}
    return 1024 * (kib["MemTotal"] - kib["MemFree"] - kib["Cached"] - kib["Buffers"] - kib["AnonPages"])


def settled():
    """RCU callbacks, caches, and the namespace of the tracker before have come to rest: for three seconds the same."""
    values = []
    while len(values) < 60 and (len(values) < 4 or max(values[-4:]) - min(values[-4:]) > 1 << 18):
        time.sleep(1)
        ttbench.write("/proc/sys/vm/drop_caches", 3)
        values.append(meminfo())
    return values[-1]


def measure(tracker):
    ttbench.write("/proc/sys/net/tcptrace/max_connections", 1 << 22)
    flows = ttbench.Flows(tracker, 4, COUNT)
    before = settled()
    flows.open()
    flows.passes("data", "ack")
    yield str((settled() - before) / COUNT)


def slab(name):
    """Size of an object and bytes of slab for each, from /proc/slabinfo."""
    try:
        with open("/proc/slabinfo", encoding="ascii") as file:
            for line in file:
                fields = line.split()
                if fields[0] == name:
                    return f"{fields[3]}, {int(fields[5]) * 4096 / int(fields[4]):.0f} with its share of the slab"
    except FileNotFoundError:
        pass
    return None


ttbench.write("/proc/sys/vm/percpu_pagelist_high_fraction", 1000000)
ttbench.load(COUNT)
for each in ("tcptrace", "conntrack"):
    value = float(ttbench.in_netns(lambda: measure(each))[0])
    print(json.dumps({"figure": "memory", "tracker_name": each, "value": round(value),
                      "object": slab({"tcptrace": "tt_node", "conntrack": "nf_conntrack"}[each])}), flush=True)
