#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
"""Readers of the log at the highest rate of events: what they lose is told exactly, and none disturbs another."""
import errno
import os
import re
import select
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "lib"))
import tt  # noqa: E402

KO = os.environ["TCPTRACE_KO"]
FLOOD = "/tmp/flood"
SPORT = iter(range(2000, 60000, 10))
LOG = "/proc/thread-self/net/tcptrace/transitions"
TABLE = "/proc/thread-self/net/tcptrace/connections"


class Reader:
    """Reads for itself, and checks that no number is missing without a word."""

    def __init__(self, path=LOG):
        self.fd = tt.in_netns("b", lambda: os.open(path, os.O_RDONLY))
        self.rest, self.next, self.got, self.lost, self.wrong = b"", 1, 0, 0, []

    def fileno(self):
        return self.fd

    def read(self, size=1 << 20):
        """False at the end of the log."""
        data = os.read(self.fd, size)
        text, mark, self.rest = (self.rest + data).rpartition(b"\n")
        if mark and b"#" not in text:
            self.take_many(text.split(b"\n"))
        elif mark:
            for line in text.decode().splitlines():
                self.take(line)
        return bool(data)

    def take_many(self, lines):
        """Quicker than one by one."""
        first, last = (int(line.split(b" ", 1)[0]) for line in (lines[0], lines[-1]))
        if (first, last) != (self.next, self.next + len(lines) - 1):
            self.wrong.append(f"{first} to {last} in {len(lines)} lines")
        self.next = last + 1
        self.got += len(lines)

    def take(self, line):
        lost = re.match(r"# lost (\d+) events before seqno (\d+)$", line)
        if lost:
            self.lost += int(lost[1])
            self.next += int(lost[1])
            if self.next != int(lost[2]):
                self.wrong.append(line)
        elif not line.startswith("#"):
            if self.next != int(line.split()[0]):
                self.wrong.append(line)
            self.next = int(line.split()[0]) + 1
            self.got += 1

    def catch_up(self):
        """Until it has had all that stat counts."""
        def all_there():
            while self.read():
                pass
            return self.got + self.lost == tt.stat("b", "events")

        return tt.wait_for(all_there)

    def close(self):
        os.close(self.fd)


def flood(count, flags="S", background=False):
    command = ["ip", "netns", "exec", "a", FLOOD, "va", MAC, flags, "198.18.0.0", "10.0.1.2", "80", str(next(SPORT)),
               str(count)]
    if background:
        return subprocess.Popen(command)
    before = tt.stat("b", "segments")
    rate = int(tt.sh(" ".join(command)).split()[1])
    tt.wait_for(lambda: tt.stat("b", "segments") - before >= count, 1)
    return rate


def check(reader, text):
    tt.ok(reader.catch_up(), f"{text}: read + lost = produced", reader.got, reader.lost, tt.stat("b", "events"))
    tt.equal(reader.wrong, [], f"{text}: no number is missing or twice")


tt.sh(f"gcc -O2 -Wall -o {FLOOD} {HERE}/../flood/flood.c")
tt.sh(f"rmmod tcptrace; insmod {KO} log_events=2048 max_connections=4096")
tt.netns("a", "b")
tt.veth("a", "b", 1)
tt.sh("ip -n b route add blackhole 198.18.0.0/15; ip netns exec b sysctl -qw net.ipv4.conf.all.rp_filter=0")
tt.sh("ip netns exec b sysctl -qw net.ipv4.conf.vb.rp_filter=0")
MAC = tt.sh("ip -n b -br link show vb").split()[2]

# ---- one follower, and the rate at which nobody reads
alone = flood(10000)
follower, poll = Reader(), select.poll()
poll.register(follower, select.POLLIN)
attack = flood(10000, background=True)
begin, first = time.monotonic(), tt.stat("b", "events")
while attack.poll() is None:
    if poll.poll(100):
        follower.read()
rate = (tt.stat("b", "events") - first) / (time.monotonic() - begin)
check(follower, "a follower of a flood")
print(f"# {rate:.0f} events/s, of which a follower had {follower.got}, lost {follower.lost}")

# ---- a slow one, one that is stopped, one that reads byte by byte
slow, tiny = Reader(), Reader()
fd = tt.in_netns("b", lambda: os.open(LOG, os.O_RDONLY))
STOPS = f"import os; os.read({fd}, 99); os.kill(os.getpid(), 19)"
child = subprocess.Popen([sys.executable, "-c", STOPS], pass_fds=[fd])
tt.ok(tt.wait_for(lambda: tt.sh(f"ps -o stat= -p {child.pid}").startswith("T")), "one reader has stopped")
attack = flood(10000, background=True)
while attack.poll() is None:
    slow.read(100)
    tiny.read(1)
    time.sleep(.01)
total = tt.stat("b", "connections_total")
flood(1000)
tt.equal(tt.stat("b", "connections_total") - total, 1000, "beside them each connection is traced")
check(slow, "a slow one")
check(tiny, "one that has read byte by byte")
tt.ok(slow.lost > 0, "the slow one has lost some", slow.lost)
os.kill(child.pid, signal.SIGKILL)
child.wait()

# ---- a hundred
crowd = [Reader() for _ in range(100)]
epoll = select.epoll()
for reader in crowd:
    while reader.read():
        pass
    epoll.register(reader, select.EPOLLIN)
total = tt.stat("b", "connections_total")
attack = flood(1000, background=True)
awake = set()


def wake():
    for fd, _ in epoll.poll(.1):
        awake.add(fd)
        next(r for r in crowd if r.fd == fd).read(4096)


while attack.poll() is None:
    wake()
tt.wait_for(lambda: wake() or tt.stat("b", "connections_total") - total == 1000)
tt.equal(tt.stat("b", "connections_total") - total, 1000, "beside a hundred followers each connection is traced")
tt.equal(len(awake), 100, "all were woken")
exact = sum(r.catch_up() and not r.wrong for r in crowd)    # timers go on and make events
tt.equal(exact, 100, "each of them: read + lost = produced")
print(f"# {sum(r.lost for r in crowd)} lost by all of them together")
for reader in crowd[1:] + [slow, tiny]:
    reader.close()
sleepers = [subprocess.Popen(["ip", "netns", "exec", "b", sys.executable, "-c",
                              "import os, select, sys\n"
                              f"fds = [os.open('{TABLE[:-11]}transitions', os.O_RDONLY) for _ in range(50)]\n"
                              "poll = select.poll()\n"
                              "for fd in fds:\n"
                              "    while os.read(fd, 1 << 20): pass\n"
                              "    poll.register(fd, select.POLLIN)\n"
                              "print(flush=True)\n"
                              "while True: poll.poll()"], stdout=subprocess.PIPE) for _ in range(2)]
for sleeper in sleepers:
    sleeper.stdout.readline()
print(f"# a flood comes at {alone}/s when nobody reads, at {flood(10000)}/s beside 100 that poll")
for sleeper in sleepers:
    sleeper.kill()
    sleeper.wait()

# ---- reads of any size; what cannot be done with the file
text = tt.sh("ip netns exec b cat /proc/net/tcptrace/transitions")
for size in (7, 4096, 1 << 20):
    fd = tt.in_netns("b", lambda: os.open(LOG, os.O_RDONLY | os.O_NONBLOCK))
    got = b"".join(iter(lambda s=size, f=fd: os.read(f, s), b"")).decode()
    tt.ok(got == text, f"reads of {size} bytes give the same text", len(got), len(text))
    tt.equal(os.read(fd, 100), b"", "at the end read() returns 0, with O_NONBLOCK, too")


def error(function):
    try:
        function()
    except OSError as problem:
        return errno.errorcode[problem.errno]
    return None


tt.equal(error(lambda: os.pread(fd, 10, 0)), "ESPIPE", "pread() is ESPIPE")
tt.equal(error(lambda: os.lseek(fd, 0, os.SEEK_SET)), "ESPIPE", "lseek() is ESPIPE")
tt.equal(error(lambda: os.write(fd, b"x")), "EBADF", "write() is EBADF")

# ---- select, poll and epoll, level- and edge-triggered
edge = select.epoll()
edge.register(fd, select.EPOLLIN | select.EPOLLET)
level = select.epoll()
level.register(fd, select.EPOLLIN)
tt.equal([edge.poll(0), level.poll(0), select.select([fd], [], [], 0)[0]], [[], [], []],
         "at the end nothing is to be read")
flood(1)
tt.equal(level.poll(5), [(fd, select.EPOLLIN)], "an event wakes epoll")
tt.equal(edge.poll(5), [(fd, select.EPOLLIN)], "edge-triggered, too")
tt.equal(edge.poll(0), [], "once")
tt.equal(level.poll(0), [(fd, select.EPOLLIN)], "while level-triggered it goes on")
tt.ok(os.read(fd, 1 << 20), "then there is something to read")

# ---- a file that grows faster than it is read has an end nevertheless
attack = flood(-1, background=True)
begin = time.monotonic()
run = subprocess.run("ip netns exec b timeout 60 cat /proc/net/tcptrace/transitions | wc -l", shell=True, text=True,
                     stdout=subprocess.PIPE)
print(f"# cat beside a flood: {run.stdout.strip()} lines in {time.monotonic() - begin:.1f} s")
tt.ok(time.monotonic() - begin < 50, "cat ends beside a flood")

# ---- the table, read while it changes
listener = tt.tcp("b")
listener.bind(("127.0.0.1", 90))
listener.listen(100)
stays = []
for _ in range(50):
    c = tt.tcp("b")
    c.connect(("127.0.0.1", 90))
    stays.append((c, listener.accept()[0]))
names = {"%s:%d" % c.getsockname() for c, _ in stays}
for size in (4096, 1 << 20, 61):
    fd = tt.in_netns("b", lambda: os.open(TABLE, os.O_RDONLY))
    lines = b"".join(iter(lambda s=size, f=fd: os.read(f, s), b"")).decode().splitlines()[1:]
    numbers = [line.split()[0] for line in lines]
    tt.ok(len(numbers) > 1000 and len(set(numbers)) == len(numbers),
          f"the changing table, read {size} bytes at a time, has each connection once", len(numbers), len(set(numbers)))
    tt.equal(sorted(line.split()[1] for line in lines if line.split()[1] in names), sorted(names),
             "and each one that stays")
    tt.equal(len({len(line.split()) for line in lines}), 1, "no line is torn")
tt.equal(os.pread(fd, 20, 2), b"tcptrace 1 conn client"[:20], "pread() reads the table anywhere")
os.lseek(fd, 0, os.SEEK_SET)
tt.equal(os.read(fd, 12), b"# tcptrace 1", "lseek() begins again")
attack.kill()
attack.wait()
tt.equal(follower.catch_up() and crowd[0].catch_up(), True, "followers that slept all the time catch up, to the event")
tt.done()
