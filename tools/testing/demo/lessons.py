#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""lessons.py [LESSON...]: in the guest, makes the connections of the lessons and prints what tcptrace says of them: one
JSON object, {name of an output: text}. Each lesson has a host (a network namespace) of its own, with nothing but
loopback, so both endpoints of a connection are local and each segment is seen twice: when it is sent and when it
arrives. What a lesson tells is module/Documentation/tutorial.rst."""
import json
import os
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "selftests/lib"))
import tt  # noqa: E402

CLIENT, SERVER = 40001, 5001


class Host:
    """One connection, from port CLIENT to port SERVER, and what the log holds of it."""

    def __init__(self, name):
        self.name = name
        self.listener = None
        tt.netns(name)

    def listen(self):
        self.listener = tt.tcp(self.name)
        self.listener.bind(("127.0.0.1", SERVER))
        self.listener.listen(4)

    def client(self):
        c = tt.tcp(self.name)
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        c.bind(("127.0.0.1", CLIENT))
        return c

    def connect(self):
        self.listen()
        c = self.client()
        c.connect(("127.0.0.1", SERVER))
        s, _ = self.listener.accept()
        self.reach("server", "ESTABLISHED")
        return c, s

    def lines(self):
        text = tt.sh(f"ip netns exec {self.name} cat /proc/tcptrace").splitlines()
        return [line for line in text if line.startswith("# tcptrace") or len(line.split()) == 15]

    def wait(self, what):
        """Until a line of the log is so."""
        if not tt.wait_for(lambda: [line for line in self.lines()[1:] if what(line.split())], 30):
            raise RuntimeError(f"{self.name}: waited in vain; the log: " + "\n".join(self.lines()))

    def reach(self, endpoint, state):
        self.wait(lambda f: (f[5], f[7]) == (endpoint, state))

    def delay(self, milliseconds):
        tt.sh(f"tc -n {self.name} qdisc add dev lo root netem delay {milliseconds}ms")

    def lose_first(self, length):
        """The first segment to the server with that much payload does not arrive."""
        tt.sh(f"ip netns exec {self.name} nft 'table ip t {{ chain c {{ type filter hook input priority 0; "
              f"tcp dport {SERVER} ip length {length + 52} numgen inc mod 1000 == 0 drop; }}; }}'")

    def since(self, begin):
        return "\n".join(self.lines()[:1] + self.lines()[begin:])

    def ctl(self, *words):
        run = subprocess.run(["tcptracectl", "-n", self.name, *words], capture_output=True, text=True, check=True)
        return run.stdout.rstrip("\n")


def reading(host):
    """README: from the handshake to FIN-WAIT-2."""
    c, s = host.connect()
    c.send(b"hello")
    s.recv(10)
    s.send(b"x" * 5000)
    while len(c.recv(5000, socket.MSG_PEEK)) < 5000:
        pass
    c.recv(5000)
    c.close()
    host.reach("client", "FIN-WAIT-2")
    yield "reading", host.since(1)


def handshake(host):
    ends = host.connect()       # kept, else they close
    yield "handshake", host.since(1)
    del ends


def close(host):
    c, s = host.connect()
    begin = len(host.lines())
    c.close()
    host.reach("client", "FIN-WAIT-2")
    s.close()
    host.reach("client", "TIME-WAIT")
    host.reach("server", "CLOSED")
    yield "close", host.since(begin)
    yield "ladder", host.ctl("show", "1")


def simultaneous_close(host):
    host.delay(200)
    c, s = host.connect()
    begin = len(host.lines())
    c.shutdown(socket.SHUT_WR)
    s.shutdown(socket.SHUT_WR)
    host.reach("client", "TIME-WAIT")
    host.reach("server", "TIME-WAIT")
    yield "simultaneous-close", host.since(begin)


def refused(host):
    try:
        host.client().connect(("127.0.0.1", SERVER))
    except ConnectionRefusedError:
        pass
    host.reach("client", "CLOSED")
    yield "refused", host.since(1)


def reset(host):
    c, _ = host.connect()
    begin = len(host.lines())
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()
    host.reach("server", "CLOSED")
    yield "reset", host.since(begin)


def half_close(host):
    c, s = host.connect()
    begin = len(host.lines())
    c.shutdown(socket.SHUT_WR)
    host.reach("client", "FIN-WAIT-2")
    s.send(b"y" * 500)
    c.recv(500)
    s.close()
    host.reach("server", "CLOSED")
    yield "half-close", host.since(begin)


def time_wait(host):
    c, s = host.connect()
    c.close()
    host.reach("client", "FIN-WAIT-2")
    s.close()
    host.reach("client", "TIME-WAIT")
    host.reach("server", "CLOSED")
    yield "time-wait-list", host.ctl("list")
    begin = len(host.lines())
    while not tt.wait_for(lambda: any(" timeout " in line for line in host.lines()), 10):
        pass
    yield "time-wait", host.since(begin)


def retransmission(host):
    c, s = host.connect()
    begin = len(host.lines())
    host.lose_first(100)
    c.send(b"a" * 100)
    s.recv(100)
    host.wait(lambda f: f[14] == "retransmission")
    yield "retransmission", host.since(begin)
    yield "retransmission-ladder", host.ctl("show", "1")


LESSONS = {function.__name__.replace("_", "-"): function
           for function in (reading, handshake, close, simultaneous_close, refused, reset, half_close, time_wait,
                            retransmission)}


def main():
    outputs, failed = {}, []

    def learn(name):
        try:
            outputs.update(LESSONS[name](Host(name)))
        except Exception as error:      # told, and the others go on
            failed.append(f"{name}: {error}")

    tt.sh("modprobe -a sch_netem nf_tables")
    names = sys.argv[1:] or list(LESSONS)
    longest = threading.Thread(target=learn, args=("time-wait",))
    if "time-wait" in names:
        longest.start()
    for name in names:
        if name != "time-wait":
            learn(name)
    if "time-wait" in names:
        longest.join()
    json.dump(outputs, sys.stdout, indent=1)
    print("\n".join(failed), file=sys.stderr, end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
