#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""tcptracectl top, driven through tmux as a person would, and how it leaves the terminal."""
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402

os.environ.update(LC_ALL="C.UTF-8", TERM="xterm")


class Terminal:
    """A shell in a window of tmux."""

    def __init__(self, width=80, height=24):
        self.size = width, height
        self.tmux("new-session", "-d", "-x", str(width), "-y", str(height), "sh")
        tt.wait_for(lambda: "#" in self.screen() or "$" in self.screen())

    def tmux(self, *words):
        return subprocess.run(["tmux", "-L", "top", *words], capture_output=True, text=True).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def lines(self):
        return self.screen().splitlines()

    def keys(self, *words):
        self.tmux("send-keys", *words)

    def shows(self, *words, seconds=30):
        """Does the screen come to hold all these, be it over the end of a line?"""
        return tt.wait_for(lambda: all(word in " ".join(self.screen().split()) for word in words), seconds)

    def run(self, arguments):
        self.keys("clear; stty -g >/tmp/stty; tcptracectl " + arguments +
                  "; echo status=$?; stty -g | cmp - /tmp/stty && echo as it was", "Enter")
        return self.shows("Enter ladder")

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def end(self):
        self.tmux("kill-server")


def check(terminal, good, text):
    tt.ok(good, text, terminal.screen())


def pid_of_top():
    """Of our own: the only one in this machine."""
    return int(tt.wait_for(lambda: subprocess.run(["pidof", "tcptracectl"], capture_output=True, text=True).stdout))


def connect(port, data=b""):
    listener = socket.create_server(("127.0.0.1", port))
    c = socket.create_connection(("127.0.0.1", port))
    s, _ = listener.accept()
    s.sendall(data)
    return c, s


def batch():
    run = subprocess.run("tcptracectl --batch --count 2 --interval 0.5 top".split(), capture_output=True, text=True)
    heads = [line for line in run.stdout.splitlines() if line.startswith("CONN ")]
    rows = [line.split() for line in run.stdout.splitlines() if " 127.0.0.1:81 " in line]
    tt.equal((run.returncode, len(heads), len(rows)), (0, 2, 2), "--batch --count 2 prints two tables", run.stdout)
    tt.equal([row[2] for row in rows], ["FIN-WAIT-2"] * 2, "with the states", run.stdout)
    c, s = connect(90)
    started = subprocess.Popen("tcptracectl --batch --json --port 90 --count 1 --interval 6 top".split(), text=True,
                               stdout=subprocess.PIPE)
    time.sleep(2.5)
    s.sendall(b"x" * 30000)
    row = json.loads(started.communicate()[0])
    tt.ok(2000 < row["bytes_per_second"] < 10000, "30000 bytes in 6 s are about 5000 bytes a second", row)
    tt.ok(row["segments_per_second"] > 0, "and segments a second")
    for arguments in ("--sort nonsense top", "--count 0 top", "--interval x top", "--count 2 top", "--json top",
                      "--batch list", "-f /proc/tcptrace top", "top"):
        run = subprocess.run(["tcptracectl"] + arguments.split(), capture_output=True, text=True,
                             stdin=subprocess.DEVNULL)
        tt.ok(run.returncode == 2 and run.stderr, f"tcptracectl {arguments}: exit status 2", run.returncode, run.stderr)
    run = subprocess.run("tcptracectl --batch --interval 0.1 top | head -n 1; echo ${PIPESTATUS[0]}", shell=True,
                         executable="/bin/bash", capture_output=True, text=True, timeout=60)
    tt.equal((run.stdout.splitlines()[-1], run.stderr), ("141", ""), "a pipe that closes ends it quietly")
    c.close()
    s.close()


def look(t):
    check(t, t.run("--interval 0.5 top"), "top draws")
    check(t, t.shows("127.0.0.1:81", "FIN-W2", "CLOS-W", "127.0.0.1:82", "ESTAB"), "the connections and their states")
    tt.ok(all(len(line) <= 80 for line in t.lines()) and len(t.lines()) <= 24, "within 80x24", t.screen())
    t.keys("s", "s")
    check(t, t.shows("sort:time"), "s chooses what it is sorted by")
    t.keys("/", "fin-w")
    check(t, t.shows("/fin-w") and tt.wait_for(lambda: ":82" not in t.screen()) and t.shows(":81"),
          "/ filters while one types")
    t.keys("Enter")
    check(t, t.shows("filter:fin-w"), "and the filter is told")
    t.keys("Enter")
    check(t, t.shows("x+1", "FIN", "q back"), "Enter shows the ladder")
    t.keys("G")
    check(t, t.shows("now: client FIN-WAIT-2, server CLOSE-WAIT"), "which scrolls to its end")
    t.keys("q", "w")
    check(t, t.shows("The server has not closed: its FIN"), "w tells why")
    t.keys("q", "Escape")
    check(t, t.shows(":82"), "Escape takes the filter away")
    for width, height in ((120, 40), (60, 10), (30, 4), (80, 24)):
        t.resize(width, height)
        check(t, tt.wait_for(lambda: len(t.lines()) <= height and t.lines()[-1].startswith("q quit")),
              f"resized to {width}x{height}")
    t.keys("q")
    check(t, t.shows("status=0", "as it was"), "q ends it, and the terminal is as it was")
    check(t, "CONN" not in t.screen(), "and nothing of it is left there")


def ends(t):
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        t.run("top")
        os.kill(pid_of_top(), name)
        check(t, t.shows("status=0", "as it was"), f"{name.name}: the terminal is as it was")
    t.run("--interval 0.3 top")
    tt.sh("rmmod tcptrace")
    check(t, t.shows("the module tcptrace is not", "status=3", "as it was"), "the module is unloaded: a message, status 3")
    tt.sh("insmod $TCPTRACE_KO")
    master, slave = pty.openpty()
    run = subprocess.Popen(["tcptracectl", "top"], stdin=slave, stdout=slave, stderr=subprocess.PIPE, text=True)
    os.close(slave)
    os.read(master, 1000)
    os.close(master)
    tt.equal((run.wait(20), run.stderr.read()), (6, "tcptracectl: the terminal is gone\n"), "the terminal vanishes")


half, half_server = connect(81)
half.shutdown(socket.SHUT_WR)
idle = connect(82, b"x" * 5000)
batch()
terminal = Terminal()
look(terminal)
ends(terminal)
terminal.end()
tt.done()
