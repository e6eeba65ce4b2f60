#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""In a guest: what traffic through sockets costs with no tracker, with tcptrace and with nf_conntrack.

usage: traffic.py ticks|ns ROUNDS BULK CONNECTIONS

Loopback, and veth between two network namespaces. With QEMU's -icount a nanosecond of the guest is an instruction, and a
program has the sockets. In user-mode Linux, where each of its system calls would cost many times what the kernel does for
it, the kernel itself has them (module/traffic.c).
"""
import json
import os
import subprocess
import sys

import ttbench

unit, rounds, bulk, connections = sys.argv[1], *map(int, sys.argv[2:5])
WAYS = ("nothing", "tcptrace", "nf_conntrack")
PLACES = {"loopback": ("127.0.0.1",), "veth": ("10.9.0.2", "a", "b")}


def sh(command):
    subprocess.run(command, shell=True, check=True)


def make_veth():
    sh("ip netns add a 2>/dev/null && ip netns add b 2>/dev/null")     # no flock() in user-mode Linux
    sh("ip link add va netns a type veth peer name vb netns b")
    for name, host in (("a", 1), ("b", 2)):
        sh(f"ip -n {name} addr add 10.9.0.{host}/24 dev v{name}; ip -n {name} link set v{name} up")


def widen_ports():
    """So that no connection waits for the port of one that is in TIME-WAIT."""
    for enter in ("", "ip netns exec a ", "ip netns exec b "):
        sh(enter + "sh -c 'echo 1024 65535 >/proc/sys/net/ipv4/ip_local_port_range'")


def in_kernel(mode, count, place):
    """Nanoseconds."""
    files = []
    flows = os.open("/proc/ttbench", os.O_RDWR)
    try:
        for name in PLACES[place][1:] or (None, None):
            files.append(os.open(f"/run/netns/{name}" if name else "/proc/self/ns/net", os.O_RDONLY))
        os.write(flows, f"traffic {mode} {count} {PLACES[place][0]} {files[0]} {files[1]}".encode())
        return int(os.read(flows, 100))
    finally:
        for file in (flows, *files):
            os.close(file)


def by_program(mode, count, place):
    """Nanoseconds."""
    done = subprocess.run([ttbench.HERE + "/traffic", mode, str(count), *PLACES[place]], check=True,
                          stdout=subprocess.PIPE, text=True)
    return int(done.stdout)


def iperf(place):
    """Bits a second."""
    inside = [["ip", "netns", "exec", name] for name in PLACES[place][1:]] or [[], []]
    server = subprocess.Popen(inside[1] + ["iperf3", "-s", "-1", "-D"])
    server.wait()
    subprocess.run(["sleep", "0.2"], check=True)
    done = subprocess.run(inside[0] + ["iperf3", "-c", PLACES[place][0], "-n", "256M", "-J"], check=True,
                          stdout=subprocess.PIPE, timeout=60)
    return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"]


def with_tracker(way, function):
    """What function returns while a tracker is at work in the namespaces."""
    held = []
    if way == "tcptrace":
        ttbench.load_tcptrace(1 << 16)
    elif way == "nf_conntrack":
        held = [ttbench.hold_conntrack(name) for name in ("/proc/self/ns/net", "/run/netns/a", "/run/netns/b")]
    try:
        return function()
    finally:
        for flows in held:
            flows.close()
        if way == "tcptrace":
            sh("rmmod tcptrace")


def main():
    have_iperf = unit == "ns" and not subprocess.run("command -v iperf3 >/dev/null", shell=True, check=False).returncode
    ttbench.load_conntrack(1 << 16)
    make_veth()
    widen_ports()
    traffic = in_kernel if unit == "ns" else by_program
    works = {"bulk": lambda place: traffic("bulk", bulk, place),
             "connect": lambda place: traffic("connect", connections, place)}
    if have_iperf:
        works["iperf3"] = iperf
    for place in PLACES:
        values = {(work, way): [] for work in works for way in WAYS}
        for number in range(rounds):
            first = number % len(WAYS)
            for way in WAYS[first:] + WAYS[:first]:
                def everything():
                    return [function(place) for function in works.values()]
                for work, value in zip(works, with_tracker(way, everything)):
                    values[work, way].append(value)
        for work in works:
            best = max if work == "iperf3" else min     # other load on the machine only ever slows it down
            print(json.dumps({"figure": "traffic", "work": work, "place": place, "unit": unit, "rounds": rounds,
                              **{way: best(values[work, way]) for way in WAYS}}), flush=True)


main()
