#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""tcptracectl against the live module: what it shows, JSON, filters, exit codes; the tracepoint and dmesg."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402


def ctl(arguments, **more):
    return subprocess.run(["tcptracectl"] + arguments.split(), text=True, capture_output=True, **more)


def lines(arguments):
    return ctl(arguments).stdout.splitlines()


def exits(arguments, status, words, **more):
    run = ctl(arguments, **more)
    tt.ok(run.returncode == status and words in run.stderr, f"tcptracectl {arguments}: exit status {status}",
          run.returncode, run.stderr)


with open(tt.TRACING + "events/tcptrace/tcptrace_transition/enable", "w") as file:
    file.write("1")
# 03-load has left as many in TIME-WAIT as the kernel takes: one more would be reset
tt.sh("sysctl -qw net.ipv4.tcp_max_tw_buckets=65536")
tt.clear_log()
tt.sh("echo 1 > /proc/sys/net/tcptrace/log_transitions")
follower = subprocess.Popen(["tcptracectl", "--json", "follow"], stdout=subprocess.PIPE, text=True)
time.sleep(2)
listener = socket.create_server(("::1", 80), family=socket.AF_INET6)
c = socket.create_connection(("::1", 80))
s, _ = listener.accept()
c.close()
s.recv(1)
s.close()
tt.wait_for(lambda: "LAST-ACK CLOSED" in tt.sh("cat /proc/tcptrace"))
follower.send_signal(signal.SIGINT)
followed = [json.loads(line) for line in follower.communicate()[0].splitlines()]
tt.equal(follower.returncode, 0, "follow ends well at SIGINT")
log = [line.split() for line in tt.sh("cat /proc/tcptrace").splitlines() if line[0] != "#"]
tt.equal([e["seqno"] for e in followed], [int(line[0]) for line in log], "follow shows each event once")
listed = [json.loads(line) for line in lines("--json list")]
tt.equal([(e["c_state"], e["s_state"], e["ended"]) for e in listed], [("TIME-WAIT", "CLOSED", "fin")], "list --json")
tt.ok("TIME-WAIT" in lines("list")[1], "list")
tt.equal(len(lines("--state time_wait --port 80 --addr ::/0 list")), 2, "filters that match")
exits("--port 81 list", 1, "")
ladder = ctl("show 1", env=dict(os.environ, LC_ALL="C.UTF-8")).stdout
for text in ("= x+1 ✓", "= y+1 ✓", "ack = FIN's seq+1 ✓", "now: client TIME-WAIT, server CLOSED"):
    tt.ok(text in ladder, f"show draws {text}", ladder)
tt.ok("✗" not in ladder, "no number is wrong", ladder)
tt.ok(ctl("show 1", env=dict(os.environ, LC_ALL="C")).stdout.isascii(), "without UTF-8 it is ASCII")
tt.ok(any(line.startswith("verdict_syn ") for line in lines("stats")), "stats")
with open(tt.TRACING + "trace") as file:
    traced = [dict(re.findall(r"(\w+)=(\S+)", line)) for line in file if "tcptrace_transition:" in line]
names = tt.sh("cat /proc/tcptrace").splitlines()[0].split()[3:]
both = ("seqno", "conn", "client", "server", "endpoint", "from", "to", "basis", "seq", "ack", "len", "verdict")
tt.equal([[event[name] for name in both] for event in traced],
         [[line[names.index(name)] if line[names.index(name)] != "-" else "0" for name in both] for line in log],
         "the tracepoint has every transition, and its numbers")
tt.equal(tt.sh("dmesg").count("tcptrace: conn "), len(log), "so has dmesg")
exits("show 99", 1, "no connection 99")
exits("list extra", 2, "takes no extra")
exits("nonsense", 2, "no command nonsense")
exits("--state NOWHERE list", 2, "no TCP state")
run = subprocess.run("setpriv --bounding-set=-net_admin tcptracectl list", shell=True, text=True, capture_output=True)
tt.ok(run.returncode == 4 and "CAP_NET_ADMIN" in run.stderr, "without CAP_NET_ADMIN: exit status 4", run.stderr)
with open("/tmp/abi2", "w") as file:
    file.write("# tcptrace 2 seqno\n")
exits("-f /tmp/abi2 follow", 5, "ABI version 2")
with open("/tmp/broken", "w") as file:
    file.write(tt.sh("cat /proc/tcptrace") + "one two\n")
exits("-f /tmp/broken follow", 6, ":" + str(len(log) + 2) + ":")
tt.sh("rmmod tcptrace")
exits("list", 3, "not loaded")
tt.done()
