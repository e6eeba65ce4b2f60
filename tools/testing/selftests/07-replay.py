#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The same traffic, traced by the module and captured by tcpdump: replay prints the module's lines."""
import os
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402

CAPTURE = "/tmp/replay.pcap"
PAUSE = .1      # so that capture and hook agree on what came first


def connect(family, server, port):
    listener = tt.tcp("b", family)
    listener.bind((server, port))
    listener.listen(4)
    c = tt.tcp("a", family)
    c.connect((server, port))
    s, _ = listener.accept()
    time.sleep(PAUSE)
    return c, s


def steps(*calls):
    for call in calls:
        call()
        time.sleep(PAUSE)


def traffic(family, server):
    c, s = connect(family, server, 81)
    steps(lambda: c.send(b"x" * 1000), lambda: s.recv(2000), lambda: s.send(b"y" * 10), lambda: c.recv(20), c.close,
          s.close)
    c, s = connect(family, server, 82)          # half-close
    steps(lambda: c.shutdown(socket.SHUT_WR), lambda: s.send(b"z" * 500), lambda: c.recv(900), s.close, c.close)
    c, s = connect(family, server, 83)          # reset
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    steps(s.close, c.close)
    try:                                        # refused
        tt.tcp("a", family).connect((server, 84))
    except ConnectionRefusedError:
        pass
    c, s = connect(family, server, 85)          # keepalive, urgent data
    c.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    steps(lambda: s.send(b"u", socket.MSG_OOB), lambda: time.sleep(1.5), s.close, lambda: c.recv(10), c.close)


tt.netns("a", "b")
tt.veth("a", "b", 1)
time.sleep(1)
tcpdump = subprocess.Popen(["ip", "netns", "exec", "a", "tcpdump", "-i", "va", "-U", "-s", "0", "-w", CAPTURE, "tcp"],
                           stderr=subprocess.PIPE, text=True)
while "listening" not in tcpdump.stderr.readline():
    pass
traffic(socket.AF_INET, "10.0.1.2")
traffic(socket.AF_INET6, "fd00:1::2")
time.sleep(1)
tcpdump.terminate()
tcpdump.wait()
module = [" ".join(e.line.split()[2:]) for e in tt.events("a") if e.basis != "timeout"]
run = subprocess.run(["tcptracectl", "--local", "10.0.1.1", "--local", "fd00:1::1", "replay", CAPTURE],
                     capture_output=True, text=True, check=False)
replay = [" ".join(line.split()[2:]) for line in run.stdout.splitlines()[1:] if " timeout " not in line]
tt.ok(len(module) > 80, f"the module has written {len(module)} lines", len(module))
tt.equal(run.returncode, 0, "replay reads the capture", run.stderr)
different = [f"{a}\n{b}" for a, b in zip(module, replay) if a != b]
tt.ok(len(module) == len(replay) and not different, "replay prints the same lines, but for number and time",
      f"{len(module)} and {len(replay)}", *different[:10])
fields = [line.split() for line in run.stdout.splitlines()[1:]]
times = [abs(float(e.line.split()[1]) - float(f[1])) for e, f in zip(tt.events("a"), fields) if e.basis != "timeout"]
tt.ok(max(times[:20]) < .5, "and the times are the same within half a second", max(times[:20]))
tt.done()
