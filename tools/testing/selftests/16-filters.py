#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What tcptracectl's filters let through: processes, users, times, namespaces; JSON is what the schema says."""
import json
import os
import signal
import socket
import subprocess
import sys
import time

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))
with open(os.path.join(TOP, "tools/tcptracectl/tcptracectl.schema.json"), encoding="utf-8") as schema:
    SCHEMA = json.load(schema)
CLIENT = """
import os, socket, sys, time
os.setuid(int(sys.argv[2]))
s = socket.create_connection((sys.argv[3], int(sys.argv[1])))
print("connected", flush=True)
sys.stdin.read(1)
s.close()
print("closed", flush=True)
sys.stdin.read(1)
"""


def ctl(arguments, netns=None):
    prefix = ["ip", "netns", "exec", netns] if netns else []
    return subprocess.run(prefix + ["tcptracectl"] + arguments.split(), text=True, capture_output=True)


def objects(arguments, kind, netns=None):
    """The JSON lines, each checked against the schema; a member that it does not describe is an error, too."""
    found = [json.loads(line) for line in ctl("--json " + arguments, netns).stdout.splitlines()]
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    problems = [error.message for o in found for error in validator.iter_errors(o)]
    problems += [name for o in found for name in o if name not in SCHEMA["$defs"][kind]["properties"]]
    tt.ok(found and not problems, f"--json {arguments}: {len(found)} lines are what the schema says", *problems[:5])
    return found


def ports(arguments, netns=None):
    """The server's ports that list shows."""
    return sorted(int(line.split()[3].rsplit(":", 1)[1])
                  for line in ctl(arguments + " list", netns).stdout.splitlines()[1:])


def client(port, uid, address="127.0.0.1", netns=None):
    prefix = ["ip", "netns", "exec", netns] if netns else []
    process = subprocess.Popen(prefix + [sys.executable, "-c", CLIENT, str(port), str(uid), address], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def go_on(process):
    process.stdin.write("x")
    process.stdin.flush()
    return process.stdout.readline()


def processes():
    listeners = [socket.create_server(("127.0.0.1", port)) for port in (81, 82)]
    a, b = client(81, 1001), client(82, 1002)
    accepted = [listener.accept()[0] for listener in listeners]
    tt.equal(ports(f"--pid {a.pid}"), [81], "--pid: the client's process")
    tt.equal(ports(f"--pid {os.getpid()}"), [81, 82], "--pid: the server's process")
    tt.equal(ports("--uid 1002"), [82], "--uid by number")
    tt.equal(ports("--uid root"), [81, 82], "--uid by name: the server's sockets are root's")
    with open(f"/proc/{a.pid}/comm", encoding="utf-8") as file:
        comm = file.read().strip()
    tt.equal(ports(f"--comm nobody,{comm} --port 82"), [82], "--comm and --port together")
    tt.equal(ctl("--comm nobody list").returncode, 1, "no process of that name: exit status 1")
    rows = {o["server"]: o for o in objects("--processes list", "connection")}
    row = rows["127.0.0.1:81"]
    tt.equal((row["c_pid"], row["c_uid"], row["c_comm"], row["s_pid"], row["s_uid"]),
             (a.pid, 1001, comm, os.getpid(), 0), "--processes: whose both sockets are")
    tt.ok(f"{comm}/{b.pid}/1002>" in ctl("-p list").stdout, "and in the table")

    follower = subprocess.Popen(["tcptracectl", "-a", "--pid", str(a.pid), "follow"], stdout=subprocess.PIPE, text=True)
    seen = [follower.stdout.readline() for _ in range(5)]
    go_on(a)
    while not any("FIN-WAIT-1" in line for line in seen) and seen[-1]:
        seen.append(follower.stdout.readline())
    tt.ok("FIN-WAIT-1" in seen[-1], "follow --pid goes on when the process has closed its socket", *seen)
    accepted[0].close()
    tt.wait_for(lambda: ctl("--conn %s --state TIME-WAIT list" % row["conn"]).returncode == 0)
    tt.equal(ports(f"--pid {a.pid}"), [], "what is in TIME-WAIT is nobody's")
    follower.send_signal(signal.SIGTERM)
    rest = follower.communicate()[0]
    tt.ok(":82 " not in "".join(seen) + rest, "and shows no other process's", rest)
    for process in (a, b):
        process.communicate("xx")
    accepted[1].close()


def since():
    first = tt.sh("cat /proc/tcptrace").splitlines()[1].split()[1]
    log = [line.split()[1] for line in tt.sh("cat /proc/tcptrace").splitlines() if line[0] != "#"]
    middle = log[len(log) // 2]
    got = ctl(f"-a --since @{middle} -f /proc/tcptrace follow").stdout.splitlines()
    tt.equal(len(got), len([x for x in log if x >= middle]), "--since @SECONDS: the events from then on")
    tt.ok(first not in " ".join(got), "and none before")
    tt.wait_for(lambda: ctl("--since 1500ms list").returncode == 1, 20)
    tt.equal(ctl("--since 1500ms list").returncode, 1, "--since 1500ms: nobody has sent anything for so long")
    tt.ok(ports("--since 1h"), "--since 1h: they have within the hour")
    tt.ok(ports("--since " + time.strftime("%Y-%m-%d")), "--since DAY")


def namespaces():
    tt.netns("a", "b")
    tt.veth("a", "b", 1)
    time.sleep(1)
    listener = tt.tcp("b")
    listener.bind(("10.0.1.2", 90))
    listener.listen(4)
    c = client(90, 1003, "10.0.1.2", "a")
    s, _ = listener.accept()
    holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up; echo up; read x"], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    nameless = subprocess.Popen(["nsenter", "--net", "-t", str(holder.pid), sys.executable, "-c",
                                 "import socket, sys; l = socket.create_server(('127.0.0.1', 91)); "
                                 "c = socket.create_connection(('127.0.0.1', 91)); print('up', flush=True); "
                                 "sys.stdin.read()"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    nameless.stdout.readline()
    rows = [(o["netns"], o["server"]) for o in objects("--all-netns --port 90 list", "connection")]
    tt.equal(sorted(rows), [("a", "10.0.1.2:90"), ("b", "10.0.1.2:90")], "--all-netns: once for each namespace")
    rows = [o["netns"] for o in objects("--all-netns --port 91 list", "connection")]
    tt.equal(rows, [str(holder.pid)], "one without a name has the ID of its first process")
    tt.equal(len(ctl(f"-n {rows[0]} list").stdout.splitlines()), 2, "which --netns takes")
    head, *lines = ctl("--all-netns --port 90 list").stdout.splitlines()
    tt.equal((head.split()[0], [line.split()[0] for line in lines]), ("NETNS", ["a", "b"]), "the column NETNS")
    tt.equal([o["netns"] for o in objects(f"--all-netns --pid {c.pid} list", "connection")], ["a"],
             "a process has its socket in one of them")
    c.communicate("xx")
    s.close()
    nameless.communicate("")
    holder.communicate("x\n")


def usage():
    for arguments, words in (("--since yesterday list", "neither a duration"), ("--verdict syn list", "takes no"),
                             ("--verdict nonsense follow", "no verdict"), ("--uid nosuchuser list", "no user"),
                             ("--pid x list", "not a process ID"), ("--port 80 stats", "takes no filter"),
                             ("--all-netns follow", "list does"), ("--all-netns -n 1 list", "exclude each other"),
                             ("-f /proc/tcptrace --pid 1 follow", "file does not tell"),
                             ("-f /proc/tcptrace --since 5m follow", "give a time")):
        run = ctl(arguments)
        tt.ok(run.returncode == 2 and words in run.stderr, f"tcptracectl {arguments}: exit status 2", run.stderr)


def closed_pipe():
    run = subprocess.run("tcptracectl -a follow | head -n 1; echo ${PIPESTATUS[0]}", shell=True, executable="/bin/bash",
                         text=True, capture_output=True, timeout=60)
    tt.ok(run.stdout.startswith("1 ") and not run.stderr, "follow ends quietly when nobody reads", run.stdout, run.stderr)


processes()
objects("-f /proc/tcptrace follow", "event")
objects("-a stats", "counter")
objects("show 1", "story")
objects("why 1", "reason")
objects("--batch --count 1 --interval 0.2 top", "connection")
since()
usage()
closed_pipe()
namespaces()
tt.done()
