#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
"""10,000 connections, then rmmod while traffic runs and namespaces come and go: nothing is left, nothing warned."""
import os
import resource
import select
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402

KO = os.environ["TCPTRACE_KO"]
COUNT = 10000
resource.setrlimit(resource.RLIMIT_NOFILE, (3 * COUNT, 3 * COUNT))
stop = False


def traffic(port):
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    while not stop:
        c = socket.create_connection(("127.0.0.1", port))
        s, _ = listener.accept()
        c.send(b"x" * 5000)
        c.close()
        while s.recv(65536):
            pass
        s.close()


def namespaces():
    while not stop:
        subprocess.run("ip netns add t && ip -n t link set lo up; ip netns exec t nc -z 127.0.0.1 1; ip netns delete t",
                       shell=True, stderr=subprocess.DEVNULL)


listener = socket.create_server(("127.0.0.1", 7000), backlog=4096)
pairs = []
for i in range(COUNT):
    c = socket.socket()
    c.bind((f"127.0.{1 + i // 5000}.1", 0))
    c.connect(("127.0.0.1", 7000))
    pairs.append((c, listener.accept()[0]))
with open("/proc/net/tcptrace/connections") as file:
    lines = file.readlines()
both = sum(line.split()[8] == line.split()[19] == "ESTABLISHED" for line in lines[1:])
tt.equal(both, COUNT, f"{COUNT} connections are established at both ends")
threads = [threading.Thread(target=traffic, args=(7001 + i,)) for i in range(3)] + [threading.Thread(target=namespaces)]
for thread in threads:
    thread.start()
for i in range(5):
    time.sleep(2)
    follower = subprocess.Popen("exec cat /proc/tcptrace > /dev/null; sleep 1", shell=True)
    follower.wait()
    run = subprocess.run("rmmod tcptrace", shell=True, capture_output=True, text=True)
    tt.equal(run.returncode, 0, f"rmmod number {i + 1} under traffic", run.stderr)
    tt.ok(not os.path.lexists("/proc/tcptrace") and not os.path.exists("/proc/net/tcptrace")
          and not os.path.exists("/proc/sys/net/tcptrace"), "its files are gone")
    tt.equal(subprocess.run(f"insmod {KO}", shell=True).returncode, 0, "insmod again")
stop = True
for thread in threads:
    thread.join()
for c, s in pairs[::100]:
    c.send(b"still there")
    if s.recv(20) != b"still there":
        tt.ok(False, "a connection broke")
for c, s in pairs:
    c.close()
    s.close()

# ---- a full table
tt.sh("rmmod tcptrace")
tt.sh(f"insmod {KO} max_connections=16")


def stat():
    with open("/proc/net/tcptrace/stat") as file:
        return {name: int(value) for name, value in (line.split() for line in file.readlines()[1:])}


def rows():
    with open("/proc/net/tcptrace/connections") as file:
        return [line.split() for line in file.readlines()[1:]]


def connect():
    c = socket.create_connection(("127.0.0.1", 7000))
    return c, listener.accept()[0]


kept = [connect() for _ in range(10)]
names = {"%s:%d" % c.getsockname() for c, _ in kept}
for _ in range(100):
    for end in connect():
        end.close()
tt.equal(stat()["refused"], 0, "in a table of 16, 100 short connections beside 10 long ones are all traced")
tt.ok(stat()["evicted"] >= 90, "since those that are over make room", stat())
tt.ok(stat()["connections"] <= 16, "and the table keeps its bound", stat())
established = {row[1] for row in rows() if row[8] == row[19] == "ESTABLISHED"}
tt.equal(established, names, "no established connection was evicted")
kept += [connect() for _ in range(10)]
tt.equal(stat()["connections"], 16, "a table full of established connections stays as it is")
tt.equal(stat()["refused"] > 0, True, "and what it refuses is counted")
tt.ok("table full" in tt.sh("dmesg"), "dmesg says so", tt.sh("dmesg"))
for c, s in kept:
    c.close()
    s.close()

# ---- readers asleep in poll(), also one that asks for nothing, hold up nobody
SLEEPER = """
import os, select, sys
fd = os.open("/proc/tcptrace", os.O_RDONLY)
while os.read(fd, 65536):
    pass
poll = select.poll()
poll.register(fd, int(sys.argv[1]))
print("asleep", flush=True)
poll.poll(int(sys.argv[2]))
"""


def sleeper(events, prefix=()):
    child = subprocess.Popen([*prefix, sys.executable, "-c", SLEEPER, str(events), "100000"], stdout=subprocess.PIPE)
    child.stdout.readline()
    return child


tt.sh("ip netns add t")
sleepers = [sleeper(events, prefix) for events in (0, select.POLLIN) for prefix in ((), ("ip", "netns", "exec", "t"))]
time.sleep(.5)
begin = time.monotonic()
tt.sh("rmmod tcptrace")
tt.ok(time.monotonic() - begin < 20, "rmmod does not wait for sleeping readers")
tt.equal(sleepers[2].wait(10), 0, "who waited to read is woken by it")
for child in sleepers:
    child.kill()
tt.sh(f"ip netns del t; insmod {KO}")
tt.equal(tt.complaint(), [], "the kernel warned of nothing")
tt.done()
