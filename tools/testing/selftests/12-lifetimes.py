#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
"""The module comes and goes under traffic, with readers asleep and reading, while namespaces come and go and CPUs go
offline: nothing is left, nothing is lost, nothing warned. LONG=1: a thousand times."""
import ctypes
import faulthandler
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402

KO = os.environ["TCPTRACE_KO"]
LONG = bool(os.environ.get("LONG"))
LOADS = 1000 if LONG else 10
NAMESPACES = 1000 if LONG else 40
HOTPLUGS = 200 if LONG else 10
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
CPU1 = "/sys/devices/system/cpu/cpu1/online"


# What waits for something for ever shows where; the limit above ends it.
faulthandler.dump_traceback_later(20 * 300 if LONG else 300)


class Load:
    """Threads that do something again and again until they are told to stop."""

    def __init__(self, *functions):
        self.stop = False
        self.rounds = [0] * len(functions)
        self.errors = []
        self.threads = [threading.Thread(target=self.run, args=(i, function)) for i, function in enumerate(functions)]
        for thread in self.threads:
            thread.start()

    def run(self, i, function):
        try:
            while not self.stop:
                function()
                self.rounds[i] += 1
        except OSError as error:
            self.errors.append(f"{function.__name__}: {error}")

    def end(self):
        self.stop = True
        for thread in self.threads:
            thread.join()
        return not self.errors and min(self.rounds) > 0


def exchange(port, family=socket.AF_INET):
    """One connection over loopback, in the caller's namespace."""
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.create_server((host, port), family=family, backlog=8) as listener:
        with socket.create_connection((host, port)) as client:
            server, _ = listener.accept()
            client.send(b"x" * 3000)
            client.shutdown(socket.SHUT_WR)
            while server.recv(65536):
                pass
            server.close()


def traffic():
    exchange(7100)


def traffic_v6():
    exchange(7101, socket.AF_INET6)


def refused():
    with socket.socket() as s:
        s.connect_ex(("127.0.0.1", 1))


def sleep_in_poll():
    """Follow the log as a reader does: read what there is, sleep, be woken by an event or by rmmod."""
    try:
        fd = os.open("/proc/tcptrace", os.O_RDONLY)
    except FileNotFoundError:
        time.sleep(.01)
        return
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    try:
        for _ in range(20):
            poll.poll(2000)
            while os.read(fd, 65536):
                pass
    except OSError:             # the module has gone
        pass
    os.close(fd)


def read_tables():
    for name in ("connections", "stat"):
        try:
            with open("/proc/net/tcptrace/" + name, "rb") as file:
                file.read()
        except OSError:
            pass


def lo_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", IFF_UP))


def namespace():
    """A network namespace that goes with its thread, with a connection in it that nobody has closed."""
    if tt.LIBC.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    lo_up()
    exchange(7200)
    with socket.create_server(("127.0.0.1", 7201)):
        left_open = socket.create_connection(("127.0.0.1", 7201))
    del left_open


def namespaces():
    errors = []

    def run():
        try:
            namespace()
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def put(path, value):
    with open(path, "w", encoding="ascii") as file:
        file.write(value)


def get(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def stat():
    return {name: int(value) for name, value in (line.split() for line in get("/proc/net/tcptrace/stat").splitlines()[1:])}


def left():
    """What of the module there is in the kernel."""
    found = [path for path in ("/proc/tcptrace", "/proc/net/tcptrace", "/proc/sys/net/tcptrace", "/sys/module/tcptrace",
                               "/sys/kernel/tracing/events/tcptrace") if os.path.lexists(path)]
    return found + tt.sh("grep ^tt_ /proc/slabinfo", check=False).splitlines()


def symbols_left():
    """Addresses that the kernel still knows as the module's, in all its lists."""
    return tt.sh("grep -F '[tcptrace]' /proc/kallsyms /proc/vmallocinfo", check=False).splitlines()


def rmmod():
    return subprocess.run(["rmmod", "tcptrace"], capture_output=True, text=True, check=False)


# ---- loaded and unloaded
load = Load(traffic, traffic_v6, refused, sleep_in_poll, sleep_in_poll, read_tables, namespaces)
begin = time.monotonic()
for number in range(LOADS):
    done = rmmod()
    if done.returncode:
        break
    remains = left()
    done = subprocess.run(["insmod", KO], capture_output=True, text=True, check=False)
    if remains or done.returncode:
        break
    tt.wait_for(lambda: stat()["segments"] > 10)
number += 1
tt.equal((number, done.returncode, remains), (LOADS, 0, []),
         f"{LOADS} times rmmod and insmod under traffic, with readers and namespaces: each works and leaves nothing", done)
tt.ok(load.end(), "meanwhile traffic, readers and namespaces went on", load.errors, load.rounds)
print(f"# {LOADS} loads in {time.monotonic() - begin:.0f} s, rounds of the load: {load.rounds}", flush=True)

# ---- namespaces; without a connection that the module has not seen from its beginning, to be kept for days
tt.sh(f"rmmod tcptrace; insmod {KO}")
for name in ("time_wait", "closed"):    # so that timers run out while CPUs come and go
    put(f"/proc/sys/net/tcptrace/timeout_{name}", "1")
begin = time.monotonic()
load = Load(traffic, sleep_in_poll, read_tables)
for number in range(NAMESPACES):
    namespaces()
tt.ok(load.end(), f"{NAMESPACES} namespaces with connections come and go under traffic", load.errors)
print(f"# {NAMESPACES} namespaces in {time.monotonic() - begin:.0f} s", flush=True)

# ---- CPUs
if os.path.exists(CPU1):
    before = stat()
    load = Load(traffic, traffic_v6, sleep_in_poll)
    counted = []
    for number in range(HOTPLUGS):
        for value in "01":
            put(CPU1, value)
            counted.append(stat()["segments"])
    tt.ok(load.end(), f"CPU 1 goes offline {HOTPLUGS} times under traffic, and traffic goes on", load.errors)
    tt.equal(counted, sorted(counted), "and no CPU takes its counts along")
    after = stat()
    tt.equal(after["connections_total"] - before["connections_total"], load.rounds[0] + load.rounds[1],
             "each connection was seen", after)
else:
    tt.ok(True, "CPUs go offline # SKIP there is one only")

tt.ok(tt.wait_for(lambda: stat()["connections"] == 0, 60), "what is over is forgotten, wherever its timer was", stat())

tt.equal((rmmod().returncode, left(), symbols_left()), (0, [], []), "after all that, rmmod leaves nothing")
tt.sh(f"insmod {KO}")
tt.done()
