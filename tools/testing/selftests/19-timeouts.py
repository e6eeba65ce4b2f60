#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
"""What has no segment any more runs out by itself: each connection, never before its time, and then it is forgotten."""
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402

LIMIT = 5
SHORT = 1
LONG = 400
MANY = 40
SLACK = .1      # the wall clock is not that of the limits


def limit(state, seconds):
    tt.sh(f"ip netns exec a sysctl -qw net.tcptrace.timeout_{state}={seconds}")


def connecting():
    """A SYN that nobody answers."""
    s = tt.in_netns("a", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    s.setblocking(False)
    s.connect_ex(("10.0.1.9", 99))
    return s


def by_connection():
    found = {}
    for e in tt.events("a"):
        found.setdefault(e.conn, []).append(e)
    return found


def ends(conns):
    """For each client that has run out: how long after the last segment."""
    found = []
    for lines in conns.values():
        for e in lines:
            if e.basis != "timeout":
                last = float(e.time)
            elif e.endpoint == "client":
                found.append(float(e.time) - last)
    return found


tt.netns("a", "b")
tt.veth("a", "b", 1)
tt.sh("ip -n a neigh add 10.0.1.9 lladdr 02:00:00:00:00:09 dev va nud permanent")
limit("syn_sent", LIMIT)
limit("syn_received", LIMIT)    # of the server, as far as we can know
limit("closed", SHORT)

# ---- at any phase of the wheel; one of them goes on calling
calling = connecting()
for number in range(MANY - 1):
    connecting().close()
    time.sleep(.07)
tt.ok(tt.wait_for(lambda: len(ends(by_connection())) >= MANY, 90), f"each of {MANY} SYNs runs out", by_connection())
gaps = ends(by_connection())
tt.ok(min(gaps) >= LIMIT - SLACK, f"none before {LIMIT} s without a segment", gaps)
print(f"# {min(gaps):.2f} to {max(gaps):.2f} s after the last segment of each", flush=True)
calling.close()
tt.equal(tt.wait_for(lambda: tt.stat("a", "connections") == 0, 60), True, "all are forgotten", tt.stat("a"))
stat = tt.stat("a")
tt.equal(stat["forgotten"] + stat["replaced"], stat["connections_total"], "and counted")

# ---- a time that gets shorter: of days, then of a second
c, s = tt.connect("a", "b", "10.0.1.2", 98)
limit("established", LONG)
time.sleep(3)       # its first look is over; the next one would be in LONG
limit("time_wait", SHORT)
begin = time.monotonic()
c.close()
s.recv(1)
s.close()
tt.equal(tt.wait_for(lambda: tt.stat("a", "connections") == 0, 60), True, "TIME-WAIT is not kept for ESTABLISHED's time",
         *(e.line for e in tt.events("a")[-12:]))
print(f"# forgotten {time.monotonic() - begin:.1f} s after the close", flush=True)
last = [e for e in tt.events("a") if e.basis == "timeout"][-1]
tt.equal((last.from_, last.to), ("TIME-WAIT", "CLOSED"), "it went through TIME-WAIT", last.line)

# ---- one that talks is looked at and stays
limit("established", LIMIT)
c, s = tt.connect("a", "b", "10.0.1.2", 97)
longest, said, begin = 0, time.monotonic(), time.monotonic()
while time.monotonic() - begin < 3 * LIMIT:
    s.send(b"x")
    c.recv(1)
    longest, said = max(longest, time.monotonic() - said), time.monotonic()
    time.sleep(.5)
states = [e.to for e in tt.events("a") if e.client == "%s:%d" % c.getsockname()[:2] and e.basis == "timeout"]
if longest < LIMIT - 1:
    tt.equal(states, [], f"one that says something every half second lasts longer than {LIMIT} s")
else:
    tt.ok(True, "one that talks stays # SKIP this machine stood still for too long")
c.close()
s.close()
tt.done()
