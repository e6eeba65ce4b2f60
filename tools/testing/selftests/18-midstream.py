#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The module is loaded while connections are under way: Linux is blamed for nothing, idle ones are taken up right.

usage: 18-midstream.py [LOADS]      (into chaos; 6 by default)

With a number of loads one violation is a failure; without, one in 5,000 segments is shown."""
import os
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
FIDELITY = os.path.join(os.environ.get("TCPTRACE_TOP", os.path.join(HERE, "../../..")), "tools/testing/fidelity")
sys.path.append(os.path.join(HERE, "lib"))
import tt  # noqa: E402

CHAOS = "/tmp/chaos"
LOADS = int(sys.argv[1]) if len(sys.argv) > 1 else 6
# "no_connection" is an RST of a connection that was not seen before; "corrupt" is not among the paths
ALLOWED = ("verdict_no_connection",)


def load():
    tt.sh("insmod $TCPTRACE_KO")


def blamed(names):
    """What violations were counted, where; and all lines of the connections."""
    found = []
    for name in names:
        bad = {n: v for n, v in tt.violations(name).items() if n not in ALLOWED}
        if bad:
            verdicts = tuple(n.removeprefix("verdict_") for n in bad)
            lines = tt.sh(f"ip netns exec {name} cat /proc/tcptrace").splitlines()
            conns = {line.split()[2] for line in lines if line.endswith(verdicts)}
            found += [f"netns {name}: {bad}"] + [line for line in lines if line.split()[2] in conns][:60]
    return found


def blames_nobody(found, tolerated=0):
    """A short run must not fail for a case that nobody has met before, only show it."""
    cases = [line for line in found if line.startswith("netns ")]
    tt.ok(len(cases) <= tolerated, f"Linux is blamed for {len(cases) or 'nothing'}", *found)
    if 0 < len(cases) <= tolerated:
        print("\n".join("# " + line for line in found))


def pair(name, address, family):
    """Both ends of a connection in one namespace, open for a while."""
    listener = tt.tcp(name, family)
    listener.bind((address, 0))
    listener.listen()
    client = tt.tcp(name, family)
    client.connect(listener.getsockname())
    server = listener.accept()[0]
    listener.close()
    for end in (client, server):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client, server


def keep_alive(end):
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)


def idle_connections():
    """A keepalive is one octet back, and the first thing that the module sees."""
    pairs = [pair("l", "127.0.0.1", socket.AF_INET), pair("l", "::1", socket.AF_INET6)]
    for client, server in pairs:
        client.sendall(b"x" * 1000)
        server.recv(1000, socket.MSG_WAITALL)
        time.sleep(0.1)
        keep_alive(client)
    load()
    tt.ok(tt.wait_for(lambda: tt.stat("l", "verdict_keepalive_ack") >= 2, 20), "keepalives of idle connections are known from the second on",
          tt.sh("ip netns exec l cat /proc/tcptrace"))
    for client, server in pairs:
        server.sendall(b"y" * 1000)
        client.recv(1000, socket.MSG_WAITALL)
        client.close()
        server.close()
    tt.ok(tt.wait_for(lambda: sum("TIME-WAIT" in line for line in
                                  tt.sh("ip netns exec l cat /proc/net/tcptrace/connections").splitlines()) == 2),
          "and followed to their end", tt.sh("ip netns exec l cat /proc/tcptrace"))
    blames_nobody(blamed(["l"]))
    tt.sh("rmmod tcptrace")


def under_way():
    """Every way of opening, using and closing a socket, on a path that loses and reorders, again and again cut open."""
    tt.sh(f"gcc -O1 -o {CHAOS} {FIDELITY}/chaos.c -lpthread; modprobe sch_netem")
    tt.veth("a", "b", 1)
    for name, device in (("a", "va"), ("b", "vb")):
        tt.sh(f"tc -n {name} qdisc add dev {device} root netem delay 5ms 4ms loss 2% duplicate 2%")
    ways = (("l", "l", "127.0.0.1", "127.0.0.1"), ("a", "b", "10.0.1.1", "10.0.1.2"),
            ("a", "b", "fd00:1::1", "fd00:1::2"))
    jobs, first, found, segments = [], 10000, [], 0
    for _ in range(LOADS):
        jobs = [job for job in jobs if job.poll() is None]
        if not jobs:
            jobs = [subprocess.Popen([CHAOS, *way, str(first), str(first), "12", "8"], stdout=subprocess.DEVNULL)
                    for way in ways]
            first += 200
        time.sleep(0.7)     # some have begun
        load()
        tt.wait_for(lambda: all(tt.stat(name, "segments") > 2000 for name in "ab"), 6)
        found += blamed("lab")
        segments += sum(tt.stat(name, "segments") for name in "lab")
        tt.sh("rmmod tcptrace")
    for job in jobs:
        job.kill()
    tt.ok(segments > 1000 * LOADS, f"{LOADS} times loaded into chaos, {segments} segments seen")
    blames_nobody(found, 0 if len(sys.argv) > 1 else segments // 5000)


tt.sh("rmmod tcptrace")
tt.netns("l", "a", "b")
idle_connections()
under_way()
load()
tt.done()
