#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Off means off, and the filters: by port, by network, one connection in so many."""
import errno
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402

SETTINGS = "/proc/sys/net/tcptrace/"


def setting(name, value=None):
    """Write a setting of namespace a, or read it; an errno if it cannot be written."""
    def do():
        if value is None:
            with open(SETTINGS + name, encoding="ascii") as file:
                return file.read().strip()
        try:
            with open(SETTINGS + name, "w", encoding="ascii") as file:
                file.write(f"{value}\n")
        except OSError as error:
            return error.errno
        return 0
    return tt.in_netns("a", do)


def refuses(name, value, says):
    before = setting(name)
    got = setting(name, value)
    said = says in tt.sh("dmesg | tail -n 3")
    tt.ok(got == errno.EINVAL and said and setting(name) == before,
          f"{name}={str(value)[:30]} is EINVAL, dmesg says what it takes, and nothing changes", got, said)


def connect(address, port, family=socket.AF_INET):
    return tt.connect("a", "b", address, port, family)


def talk(c, s):
    for one, other in ((c, s), (s, c)):
        one.sendall(b"x" * 3000)
        left = 3000
        while left:
            left -= len(other.recv(left))


def one(address, port, family=socket.AF_INET):
    """A whole connection; how many were traced, and how many segments were filtered."""
    before = tt.stat("a")
    c, s = connect(address, port, family)
    talk(c, s)
    c.close()
    s.recv(1)
    s.close()
    tt.wait_for(lambda: tt.stat("a", "segments") + tt.stat("a", "filtered") >=
                before["segments"] + before["filtered"] + 8)
    after = tt.stat("a")
    return after["connections_total"] - before["connections_total"], after["filtered"] - before["filtered"]


def with_ip_options(port):
    """A connection whose client sends IP options, which are no plain packets: how many were traced."""
    before = tt.stat("a", "connections_total")
    listener, client = tt.tcp("b"), tt.tcp("a")
    listener.bind(("10.0.1.2", port))
    listener.listen(1)
    client.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\x01" * 4)
    client.connect(("10.0.1.2", port))
    for end in (client, listener):
        end.close()
    return tt.stat("a", "connections_total") - before


def known():
    return len(tt.sh("ip netns exec a cat /proc/net/tcptrace/connections").splitlines()) - 1


tt.netns("a", "b")
tt.veth("a", "b", 1)

# ---- off, and on again
c, s = connect("10.0.1.2", 80)
talk(c, s)
tt.equal(known(), 1, "a connection is traced")
tt.equal(setting("enabled", 0), 0, "tracing is switched off")
tt.equal(known(), 0, "and it is forgotten")
before = tt.stat("a")
for _ in range(20):
    talk(c, s)
tt.equal(tt.stat("a"), before, "nothing is counted of it, not even as filtered")
tt.equal(setting("enabled", 1), 0, "tracing is switched on again")
for _ in range(3):
    talk(c, s)
tt.equal((known(), tt.stat("a", "midstream")), (1, before["midstream"] + 1), "it is taken up midstream")
tt.equal(tt.violations("a"), {}, "and nobody is blamed for what was not seen")
for end in (c, s):
    end.close()
refuses("enabled", 2, "net.tcptrace.enabled takes a number from 0 to 1")

# ---- by port
tt.equal(setting("filter_ports", "8000-8010,80"), 0, "filter_ports takes ports and ranges")
tt.equal(setting("filter_ports"), "80,8000-8010", "and reads as a list in order")
for port, traced in ((80, 1), (8005, 1), (8010, 1), (81, 0), (8011, 0)):
    got = one("10.0.1.2", port)
    tt.ok(got[0] == traced and (got[1] == 0) == bool(traced),
          f"port {port} is {'traced' if traced else 'filtered, and counted'}", got)
tt.equal([with_ip_options(port) for port in (80, 81)], [1, 0], "so it is where IP has options")
refuses("filter_ports", "80,65536", "net.tcptrace.filter_ports takes ports from 0 to 65535")
refuses("filter_ports", "http", "net.tcptrace.filter_ports takes ports from 0 to 65535")
c, s = connect("10.0.1.2", 80)
tt.ok(known() >= 1, "a connection of port 80 is traced")
setting("filter_ports", "443")
tt.equal(known(), 0, "connections that a new filter does not want are forgotten")
for end in (c, s):
    end.close()
tt.equal(setting("filter_ports", ""), 0, "an empty line removes the filter")
tt.equal(one("10.0.1.2", 81), (1, 0), "then all ports are traced")

# ---- by network
tt.equal(setting("filter_prefixes", "10.9.8.7/8, fd00:2::/32"), 0, "filter_prefixes takes networks")
tt.equal(setting("filter_prefixes"), "10.0.0.0/8,fd00:2::/32", "and reads without the bits beyond their length")
tt.equal(one("10.0.1.2", 82), (1, 0), "IPv4 in the network is traced")
tt.ok(one("fd00:1::2", 83, socket.AF_INET6)[0] == 0, "IPv6 outside of it is not")
setting("filter_prefixes", "fd00:1::2")
tt.equal(one("fd00:1::2", 84, socket.AF_INET6), (1, 0), "an address is a network of its own")
tt.ok(one("10.0.1.2", 85)[0] == 0, "and nothing else is traced then")
for text in ("10.0.0.0/33", "fd00::/129", "10.0.0", "10.0.0.0/", "host", ",".join(["10.0.0.1"] * 17), "1" * 1100):
    refuses("filter_prefixes", text, "net.tcptrace.filter_prefixes takes up to 16 networks")
setting("filter_prefixes", "")

# ---- one in so many
COUNT, ONE_IN = 400, 4
setting("sample_one_in", ONE_IN)
before = tt.stat("a")
listener = tt.tcp("b")
listener.bind(("", 86))
listener.listen(8)
for _ in range(COUNT):
    c = tt.tcp("a")
    c.connect(("10.0.1.2", 86))
    s, _ = listener.accept()
    talk(c, s)
    s.close()
    c.recv(1)
    c.close()
tt.wait_for(lambda: known() == 0 or all(
    line.split()[4] != "-" for line in
    tt.sh("ip netns exec a cat /proc/net/tcptrace/connections | tail -n +2").splitlines()))
after = tt.stat("a")
traced = after["connections_total"] - before["connections_total"]
# the standard deviation is 8.7
tt.ok(50 < traced < 150, f"of {COUNT} connections about one in {ONE_IN} is traced", traced)
tt.ok(after["filtered"] - before["filtered"] >= 8 * (COUNT - traced), "the segments of the others are counted as filtered")
tt.equal(after["midstream"], before["midstream"], "a connection is traced from its SYN or not at all")
tt.equal(after["verdict_fin"] - before["verdict_fin"], 2 * traced, "and to its end, both ways")
tt.equal(tt.violations("a"), {}, "and nobody is blamed")
for value in (0, 1000001, "x"):
    refuses("sample_one_in", value, "net.tcptrace.sample_one_in takes a number from 1 to 1000000")
tt.done()
