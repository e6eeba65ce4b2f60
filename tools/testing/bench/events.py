#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""In a guest: what the event log and the /proc files deliver.

A CPU that makes transitions (connections opened and closed at the hooks) and reads them, in turn: events a second
without loss. And reading alone: rows and megabytes a second, formatted at read.
"""
import json
import os
import statistics
import time

import ttbench

RING = 65536
AT_ONCE = 2000      # connections; their events fit into the ring
ROUNDS = 15
TABLE_ROUNDS = 7
OPEN = 100000
BUFFER = bytearray(65536)


def report(what, **values):
    return json.dumps({"figure": "events", "what": what, **values})


def drain(fd):
    """Read to the end of the log: seconds, bytes."""
    size = 0
    begin = time.monotonic()
    while n := os.readv(fd, [BUFFER]):
        size += n
    return time.monotonic() - begin, size


def count(fd):
    """What another reader of the same finds, whom nobody times: rows, lost."""
    rows = lost = 0
    while n := os.readv(fd, [BUFFER]):
        rows += BUFFER.count(b"\n", 0, n)
        lost += BUFFER.count(b"# lost", 0, n)
    return rows, lost


def follow():
    ttbench.write("/proc/sys/net/tcptrace/max_connections", 1 << 22)
    fd, other = (os.open("/proc/net/tcptrace/transitions", os.O_RDONLY) for _ in range(2))
    made, read, rows, size, lost = [], [], 0, 0, 0
    drain(fd)
    count(other)
    for i in range(ROUNDS):
        flows = ttbench.Flows("tcptrace", 4, AT_ONCE, i * AT_ONCE)
        begin = time.monotonic()
        flows.open()
        flows.end()
        made.append(time.monotonic() - begin)
        flows.close()
        seconds, octets = drain(fd)
        more, missing = count(other)
        read.append(seconds)
        rows, size, lost = rows + more, size + octets, lost + missing
    each, once = rows / ROUNDS, statistics.median(a + b for a, b in zip(made, read))
    yield report("made and followed on one CPU", events=round(each / once), connections=round(AT_ONCE / once), lost=lost,
                 rows_each=round(each / AT_ONCE, 2))
    seconds = statistics.median(read)
    yield report("transitions read", events=round(each / seconds), megabytes=round(size / ROUNDS / seconds / 1e6, 1),
                 lost=lost)
    flows = ttbench.Flows("tcptrace", 4, OPEN, ROUNDS * AT_ONCE)
    flows.open()
    flows.passes("data", "ack")
    times = []
    for _ in range(TABLE_ROUNDS):
        fd, other = (os.open("/proc/net/tcptrace/connections", os.O_RDONLY) for _ in range(2))
        seconds, size = drain(fd)
        rows, lost = count(other)
        times.append(seconds)
        os.close(fd)
        os.close(other)
    seconds = statistics.median(times)
    yield report("connections read", events=round(rows / seconds), megabytes=round(size / seconds / 1e6, 1), lost=lost)


ttbench.load(OPEN, f"log_events={RING}")
for each_line in ttbench.in_netns(follow):
    print(each_line, flush=True)
