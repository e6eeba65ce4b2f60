#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
"""10,000 connections, then rmmod while traffic runs and namespaces come and go: nothing is left, nothing warned."""
import os
import resource
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
tt.sh("echo 16 > /proc/sys/net/tcptrace/max_connections")
for _ in range(100):
    with socket.create_connection(("127.0.0.1", 7000)):
        listener.accept()[0].close()
with open("/proc/net/tcptrace/stat") as file:
    stat = dict(line.split() for line in file.readlines()[1:])
tt.ok(int(stat["evicted"]) + int(stat["refused"]) > 0, "a full table evicts or refuses, and counts it",
      stat["evicted"], stat["refused"])
trouble = [line for line in tt.sh("dmesg").splitlines()
           if any(word in line for word in ("WARNING", "BUG", "Oops", "Objects remaining", "rcu: INFO"))]
tt.equal(trouble, [], "the kernel warned of nothing")
tt.done()
