# SPDX-License-Identifier: GPL-2.0
"""The module ttbench, from a program in the guest: connections in a network namespace of their own."""
import ctypes
import os
import subprocess
import time

HERE = os.path.dirname(os.path.realpath(__file__))
BUCKETS_MIN = 1 << 16      # what nf_conntrack takes by itself on a machine of 1 to 4 GB
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


class Pass:
    """What one segment of a kind for each connection cost, in ticks of the TSC for a segment."""

    def __init__(self, line):
        fields = line.split()
        self.kind = fields[0]
        self.segments, self.invalid = int(fields[1]), int(fields[2])
        self.median, self.mean, self.p10, self.p90, self.empty = (int(field) / 1000 for field in fields[3:8])
        self.ns_per_tick = int(fields[9]) / int(fields[8])


class Flows:
    """An open /proc/ttbench."""

    def __init__(self, tracker, family, count, first=0):
        self.fd = os.open("/proc/ttbench", os.O_RDWR)
        os.write(self.fd, f"flows {tracker} {family} {count} {first}".encode())

    def one_pass(self, kind):
        os.write(self.fd, f"pass {kind}".encode())
        return Pass(os.read(self.fd, 200).decode())

    def passes(self, *kinds):
        return [self.one_pass(kind) for kind in kinds]

    def open(self):
        """The handshakes."""
        return self.passes("syn", "synack", "handshake")

    def end(self):
        """The closes; nothing may be unacknowledged."""
        return self.passes("fin", "finack", "lastack")

    def close(self):
        os.close(self.fd)


def write(path, value):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(value))


def buckets_for(count):
    """As many as nf_conntrack has by itself where it takes so many connections: its limit is its number of buckets."""
    return max(BUCKETS_MIN, 1 << (count - 1).bit_length())


def load_conntrack(buckets):
    """nf_conntrack without a hook yet, and ttbench."""
    if not os.path.exists("/sys/module/nf_conntrack"):
        subprocess.run(["modprobe", "nf_conntrack"], check=True)
    write("/sys/module/nf_conntrack/parameters/hashsize", buckets)
    write("/proc/sys/net/netfilter/nf_conntrack_max", 1 << 23)
    subprocess.run(["insmod", HERE + "/ttbench.ko"], check=True)


def load_tcptrace(buckets, *parameters):
    subprocess.run(["insmod", HERE + "/tcptrace.ko", f"hashsize={buckets}", *parameters], check=True)


def load(count, *parameters):
    """Both trackers with hash tables of as many pointers, and room for all connections."""
    load_conntrack(buckets_for(count))
    load_tcptrace(buckets_for(count), *parameters)


def unload():
    """Until the next load()."""
    for module in "tcptrace", "ttbench":
        subprocess.run(["rmmod", module], check=True)


def hold_conntrack(netns):
    """nf_conntrack's hooks in a network namespace, until the result is closed."""
    with open("/proc/self/ns/net", encoding="ascii") as own, open(netns, encoding="ascii") as other:
        LIBC.setns(other.fileno(), CLONE_NEWNET)
        flows = Flows("conntrack", 4, 1)
        LIBC.setns(own.fileno(), CLONE_NEWNET)
    return flows


def new_netns():
    if LIBC.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")


def in_netns(function):
    """The lines that function yields in a new network namespace, which is gone afterwards."""
    ends = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(ends[0])
            new_netns()
            with os.fdopen(ends[1], "w") as file:
                for line in function():
                    print(line, file=file, flush=True)
            status = 0
        finally:
            os._exit(status)
    os.close(ends[1])
    with os.fdopen(ends[0]) as file:
        lines = file.read().splitlines()
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("the run in a namespace of its own failed")
    time.sleep(0.1)
    return lines


def tcptrace_stat():
    """The counters of the namespace."""
    with open("/proc/net/tcptrace/stat", encoding="ascii") as file:
        return {name: int(value) for name, value in (line.split() for line in file.read().splitlines()[1:])}
