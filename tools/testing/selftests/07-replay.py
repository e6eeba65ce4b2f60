#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The same traffic, traced by the module and captured by tcpdump: replay prints the module's lines."""
import os
import socket
import statistics
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402

CAPTURE = "/tmp/replay.pcap"
PAUSE = .1      # so that capture and hook agree on what came first


def connect(netns, peer, family, server, port):
    pair = tt.connect(netns, peer, server, port, family)
    time.sleep(PAUSE)
    return pair


def steps(*calls):
    for call in calls:
        call()
        time.sleep(PAUSE)


def traffic(netns, peer, family, server):
    c, s = connect(netns, peer, family, server, 81)
    steps(lambda: c.send(b"x" * 1000), lambda: s.recv(2000), lambda: s.send(b"y" * 10), lambda: c.recv(20), c.close,
          s.close)
    c, s = connect(netns, peer, family, server, 82)          # half-close
    steps(lambda: c.shutdown(socket.SHUT_WR), lambda: s.send(b"z" * 500), lambda: c.recv(900), s.close, c.close)
    c, s = connect(netns, peer, family, server, 83)          # reset
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    steps(s.close, c.close)
    try:                                        # refused
        tt.tcp(netns, family).connect((server, 84))
    except ConnectionRefusedError:
        pass
    c, s = connect(netns, peer, family, server, 85)          # keepalive, urgent data
    c.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    steps(lambda: s.send(b"u", socket.MSG_OOB), lambda: time.sleep(1.5), s.close, lambda: c.recv(10), c.close)


def retransmissions(netns):
    """As the kernel counts them."""
    names, values = (line.split() for line in tt.sh(f"ip netns exec {netns} grep Tcp: /proc/net/snmp").splitlines())
    return int(values[names.index("RetransSegs")])


def losing(family, server):
    """A message and its answer at a time, so that little crosses on the way; some need a second try, one at least."""
    before, messages = retransmissions("c"), 0
    listener = tt.tcp("d", family)
    listener.bind((server, 86))
    listener.listen(4)
    c = tt.tcp("c", family)
    c.settimeout(60)
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    c.connect((server, 86))
    s, _ = listener.accept()
    while messages < 8 or retransmissions("c") == before and messages < 300:
        size = 100 + 300 * (messages % 8)
        messages += 1
        c.sendall(b"q" * size)
        while size:
            size -= len(s.recv(size))
        s.sendall(b"a" * 50)
        c.recv(50)
        time.sleep(PAUSE)
    c.close()
    s.recv(1)
    time.sleep(PAUSE)
    s.close()
    tt.wait_for(lambda: not tt.sh("ip netns exec d ss -tanH state last-ack state close-wait; "
                                  "ip netns exec c ss -tanH state fin-wait-1"), 60)


def same_lines(label, netns, device, locals_, *traffic):
    """Make traffic while the module traces it and tcpdump captures it."""
    tcpdump = subprocess.Popen(["ip", "netns", "exec", netns, "tcpdump", "-i", device, "-U", "-s", "0", "-w", CAPTURE, "tcp"],
                               stderr=subprocess.PIPE, text=True)
    while "listening" not in tcpdump.stderr.readline():
        pass
    for function, *arguments in traffic:
        function(*arguments)
    time.sleep(1)
    tcpdump.terminate()
    tcpdump.wait()
    events = [e for e in tt.events(netns) if e.basis != "timeout"]
    run = subprocess.run(["tcptracectl", *(word for address in locals_ for word in ("--local", address)), "replay", CAPTURE],
                         capture_output=True, text=True, check=False)
    fields = [line.split() for line in run.stdout.splitlines()[1:] if " timeout " not in line]
    module = [" ".join(e.line.split()[2:]) for e in events]
    replay = [" ".join(f[2:]) for f in fields]
    tt.equal(run.returncode, 0, f"{label}: replay reads the capture", run.stderr)
    different = [f"{a}\n{b}" for a, b in zip(module, replay) if a != b]
    tt.ok(len(module) > 20 and len(module) == len(replay) and not different,
          f"{label}: {len(module)} lines, and replay's are the same but for number and time",
          f"{len(module)} and {len(replay)}", *different[:10])
    # between hook and tap a packet may wait for its neighbour's address, whose answer was lost: half of them do not
    apart = statistics.median(abs(float(e.time) - float(f[1])) for e, f in zip(events, fields)) if events else 9
    tt.ok(apart < .5, f"{label}: and half of the times are the same within half a second", apart)
    return events


tt.sh("modprobe sch_netem")
tt.netns("a", "b", "l", "c", "r", "d")
tt.veth("a", "b", 1)
same_lines("veth", "a", "va", ("10.0.1.1", "fd00:1::1"), (traffic, "a", "b", socket.AF_INET, "10.0.1.2"),
           (traffic, "a", "b", socket.AF_INET6, "fd00:1::2"))
same_lines("loopback", "l", "lo", ("127.0.0.0/8", "::1"), (traffic, "l", "l", socket.AF_INET, "127.0.0.1"),
           (traffic, "l", "l", socket.AF_INET6, "::1"))
tt.veth("c", "r", 2, ("vc", "vr"))
tt.veth("r", "d", 3, ("vs", "vd"))
tt.sh("ip netns exec r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
for host, net, router in (("c", 3, "10.0.2.2 fd00:2::2"), ("d", 2, "10.0.3.1 fd00:3::1")):
    four, six = router.split()
    tt.sh(f"ip -n {host} route add 10.0.{net}.0/24 via {four}; ip -n {host} route add fd00:{net}::/64 via {six}")
for device in ("vr", "vs"):
    tt.sh(f"tc -n r qdisc add dev {device} root netem delay 20ms loss 15%")
lost = same_lines("loss", "c", "vc", ("10.0.2.1", "fd00:2::1"), (losing, socket.AF_INET, "10.0.3.2"),
                  (losing, socket.AF_INET6, "fd00:3::2"))
tt.ok(any("retransmission" in e.verdict for e in lost), "segments were lost", [e.verdict for e in lost])
tt.done()
