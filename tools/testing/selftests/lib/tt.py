# SPDX-License-Identifier: GPL-2.0
"""What the self-tests share: namespaces, sockets in them, the module's files, the kernel's own word, TAP."""
import ctypes
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.append(os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../vm"))
import dmesg  # noqa: E402

LIBC = ctypes.CDLL(None, use_errno=True)
TRACING = "/sys/kernel/tracing/"
_count = 0
_failed = 0


def ok(good, text, *details):
    """One test point."""
    global _count, _failed
    _count += 1
    if not good:
        _failed += 1
    print(f"{'ok' if good else 'not ok'} {_count} - {text}")
    if not good:
        for detail in details:
            for line in str(detail).splitlines():
                print(f"# {line}")
    sys.stdout.flush()
    return good


def equal(got, want, text, *details):
    return ok(got == want, text, f"got  {got}", f"want {want}", *details)


def done():
    print(f"1..{_count}")
    sys.exit(1 if _failed else 0)


def sh(command, check=True):
    return subprocess.run(command, shell=True, check=check, text=True, stdout=subprocess.PIPE).stdout


def complaint():
    """The kernel's log from the first complaint on."""
    return dmesg.trouble(sh("dmesg").splitlines())


def clear_log():
    """Empty what dmesg shows; a complaint in it does not go unnoticed."""
    thrown_away = dmesg.trouble(sh("dmesg -c").splitlines())
    if thrown_away:
        ok(False, "the kernel has not warned so far", *thrown_away)


def wait_for(what, seconds=10):
    """Poll until what() is true; its last value."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.05)


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def in_netns(name, function):
    """The result of a function that is called in another network namespace."""
    result = []

    def call():
        fd = os.open("/run/netns/" + name, os.O_RDONLY)
        if LIBC.setns(fd, 0x40000000):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)
        result.append(function())

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return result[0]


def tcp(netns, family=socket.AF_INET):
    s = in_netns(netns, lambda: socket.socket(family, socket.SOCK_STREAM))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.settimeout(20)
    return s


def connect(client, server, address, port, family=socket.AF_INET):
    """A connection between two namespaces: its two ends. Who listened for it listens no more."""
    listener = tcp(server, family)
    listener.bind((address, port))
    listener.listen(1)
    c = tcp(client, family)
    c.connect((address, port))
    s, _ = listener.accept()
    s.settimeout(20)
    listener.close()
    return c, s


def veth(a, b, net, names=("va", "vb")):
    """Join two namespaces: net is the number of the network."""
    sh(f"ip link add {names[0]} netns {a} type veth peer name {names[1]} netns {b}")
    for ns, dev, host in ((a, names[0], 1), (b, names[1], 2)):
        sh(f"ip -n {ns} addr add 10.0.{net}.{host}/24 dev {dev}")
        sh(f"ip -n {ns} addr add fd00:{net}::{host}/64 dev {dev} nodad")
        sh(f"ip -n {ns} link set {dev} up")


def netns(*names):
    for name in names:
        sh(f"ip netns add {name}; ip -n {name} link set lo up")


class Event:
    """A line of /proc/tcptrace."""

    def __init__(self, names, line):
        self.line = line.strip()
        self.__dict__.update(zip(names, line.split()))


def events(name):
    """All that the log of a namespace holds, without the lines that begin with #."""
    text = sh(f"ip netns exec {name} cat /proc/net/tcptrace/transitions")
    lines = text.splitlines()
    names = [("from_" if n == "from" else n) for n in lines[0].split()[3:]]
    return [Event(names, line) for line in lines[1:] if not line.startswith("#")]


def stat(name, what=None):
    text = sh(f"ip netns exec {name} cat /proc/net/tcptrace/stat")
    values = {n: int(v) for n, v in (line.split() for line in text.splitlines()[1:])}
    return values if what is None else values[what]


def violations(name):
    """The violations counted, by name: the verdicts from bad_flags on."""
    values = list(stat(name).items())
    first = [n for n, _ in values].index("verdict_bad_flags")
    return {n: v for n, v in values[first:] if v}


STATES = {"SYN_SENT": "SYN-SENT", "SYN_RECV": "SYN-RECEIVED", "ESTABLISHED": "ESTABLISHED",
          "FIN_WAIT1": "FIN-WAIT-1", "FIN_WAIT2": "FIN-WAIT-2", "CLOSE_WAIT": "CLOSE-WAIT",
          "LAST_ACK": "LAST-ACK", "CLOSING": "CLOSING", "CLOSE": "CLOSED", "LISTEN": "LISTEN"}


def trace_on():
    with open(TRACING + "events/sock/inet_sock_set_state/enable", "w") as file:
        file.write("1")


def trace_clear():
    with open(TRACING + "trace", "w") as file:
        file.write("")


def kernel_moves():
    """{(local, remote): [(old, new), ...]} of the tracepoint sock:inet_sock_set_state."""
    moves = {}
    with open(TRACING + "trace") as file:
        for line in file:
            if "inet_sock_set_state: " not in line or "IPPROTO_TCP" not in line:
                continue
            f = dict(re.findall(r"(\w+)=(\S+)", line.split("inet_sock_set_state: ")[1]))
            six = f["family"] == "AF_INET6"
            ends = tuple((f"[{f[a + 'v6']}]" if six else f[a]) + ":" + f[p]
                         for a, p in (("saddr", "sport"), ("daddr", "dport")))
            moves.setdefault(ends, []).append((STATES[f["oldstate"][4:]], STATES[f["newstate"][4:]]))
    return moves


def ss_state(name, local, remote):
    """What ss calls the state of a socket, or None."""
    for line in sh(f"ip netns exec {name} ss -tanH").splitlines():
        state, _, _, a, b = line.split()[:5]
        if (a, b) == (local, remote):
            return {"ESTAB": "ESTABLISHED", "SYN-RECV": "SYN-RECEIVED"}.get(state, state)
    return None
