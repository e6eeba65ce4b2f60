#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
"""Who may read what: users, containers, other namespaces, tricks with paths; and who pays for a container's memory."""
import os
import re
import socket
import stat
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "lib"))
import tt  # noqa: E402

KO = os.environ["TCPTRACE_KO"]
FILES = ("transitions", "connections", "segments", "stat")
USER = "setpriv --reuid=1000 --regid=1000 --clear-groups "
CONTAINER = USER + "unshare -Urn "      # its own user and network namespace
REFUSED = ("operation not permitted", "permission denied")


def run(command, **more):
    return subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def refused(command, text):
    """The command gets an error of access, and not a byte of the files."""
    got = run(command)
    said_so = any(r in got.stdout.lower() for r in REFUSED)
    tt.ok(got.returncode and said_so and "# tcptrace" not in got.stdout, text, got.stdout)


def grants(command, text):
    got = run(command)
    tt.ok(got.returncode == 0 and got.stdout.startswith("# tcptrace 1"), text, got.stdout[:300])


def connect():
    listener = socket.create_server(("127.0.0.1", 0))
    pair = socket.create_connection(listener.getsockname()), listener.accept()[0]
    return pair + (listener,)


tt.sh("chmod 755 /root /tmp; sysctl -qw kernel.unprivileged_userns_clone=1 || true")
secret = connect()
address = "%s:%d" % secret[0].getsockname()
tt.ok(address in tt.sh("cat /proc/tcptrace"), "the host has a connection that others must not see")

# ---- users
for name in FILES:
    refused(USER + f"cat /proc/net/tcptrace/{name}", f"a user may not read {name}")
    refused(USER + f"--inh-caps=+net_admin --ambient-caps=+net_admin cat /proc/net/tcptrace/{name}",
            f"nor one with CAP_NET_ADMIN alone, for {name} is root's")
    grants(USER + "--inh-caps=+net_admin,+dac_read_search --ambient-caps=+net_admin,+dac_read_search "
           f"cat /proc/net/tcptrace/{name}", f"one who may pass by the mode, too, reads {name}")
    refused(f"setpriv --bounding-set=-net_admin cat /proc/net/tcptrace/{name}", f"nor root without it {name}")
    mode = os.stat(f"/proc/net/tcptrace/{name}")
    tt.equal((mode.st_uid, mode.st_gid, oct(stat.S_IMODE(mode.st_mode))), (0, 0, "0o440"), f"{name} is root's, 0440")
refused(USER + "cat /proc/tcptrace", "nor /proc/tcptrace")
refused(USER + "unshare -Ur cat /proc/tcptrace", "a user namespace's root may not read the network namespace it is in")

# ---- nobody writes
for name in FILES:
    for how in ("echo x >", "rm -f"):
        got = run(f"{how} /proc/net/tcptrace/{name}")
        tt.ok(got.returncode, f"'{how} {name}' fails", got.stdout)
tt.ok(address in tt.sh("cat /proc/tcptrace"), "after all that the log is what it was")

# ---- an open file is a capability of its own: who opens is asked, who reads is not
fd = os.open("/proc/tcptrace", os.O_RDONLY)
got = run(USER + f"cat /proc/self/fd/{fd}", pass_fds=[fd])
tt.ok(address not in got.stdout and "denied" in got.stdout, "who has one may not open it again", got.stdout[:200])
got = run(USER + f"bash -c 'cat <&{fd}'", pass_fds=[fd])
tt.ok(address in got.stdout, "but read it, if root hands it on", got.stdout[:200])
os.close(fd)
refused(USER + "sh -c 'exec 3</proc/tcptrace; cat <&3'", "a user gets none to hand to a helper of root")

# ---- a container's root
inside = run(CONTAINER + "sh -c 'ip link set lo up; nc -z 127.0.0.1 9; cat /proc/tcptrace'").stdout
tt.ok(inside.startswith("# tcptrace 1") and "127.0.0.1:9 " in inside, "a container's root reads of its own connections",
      inside)
tt.ok(address not in inside, "and of no other")
for how, mode in (("", "65534 65534 444"), ("unshare -n ", "0 0 440")):
    owners = run(CONTAINER + how + "stat -c '%u %g %a' " + " ".join(f"/proc/net/tcptrace/{name}" for name in FILES))
    tt.equal(owners.stdout.splitlines(), [mode] * 4, "there the files are its root's, if it had one then")
owners = run(CONTAINER + "stat -c '%n %u:%g:%a' /proc/sys/net/tcptrace/*").stdout.splitlines()
for path, owner in (line.split() for line in owners):
    mode = "444" if path.split("/")[-1] in ("max_connections", "log_transitions") else "644"
    tt.equal(owner, f"0:0:{mode}", f"{path} is its root's, {mode}")
tt.ok(len(owners) > 10, "all settings were looked at", owners)
pid = os.getpid()
for path in (f"/proc/{pid}/net/tcptrace/transitions", "/proc/1/net/tcptrace/transitions",
             f"/proc/{pid}/task/{pid}/net/tcptrace/transitions", f"/proc/{pid}/root/proc/tcptrace",
             f"/proc/{pid}/cwd/../proc/tcptrace"):
    refused(CONTAINER + f"cat {path}", f"a container's root may not read {path.replace(str(pid), 'HOST')}")
refused(CONTAINER + "sh -c 'ln -s /proc/1/net/tcptrace /tmp/trick; cat /tmp/trick/transitions'",
        "nor by a link of its own")
refused(CONTAINER + f"nsenter --net=/proc/{pid}/ns/net cat /proc/tcptrace", "nor enter the host's namespace")
for how, text in (("unshare -m sh -c 'mount -t proc p /proc && cat /proc/tcptrace'", "mounts proc again"),
                  ("unshare -mpf --mount-proc cat /proc/tcptrace", "has pids of its own"),
                  ("unshare -m sh -c 'mkdir -p /tmp/jail; mount --rbind / /tmp/jail;"
                   " exec chroot /tmp/jail cat /proc/tcptrace'", "changes its root")):
    got = run(CONTAINER + how).stdout
    tt.ok(address not in got and (got.startswith("# tcptrace 1") or any(r in got.lower() for r in REFUSED)),
          f"one that {text} sees its own log or nothing", got)
refused(CONTAINER + "sh -c 'chmod 666 /proc/net/tcptrace/transitions;"
        "setpriv --bounding-set=-net_admin cat /proc/tcptrace'",
        "the mode is a container's root's, the capability is not")
grants(CONTAINER + "cat /proc/self/net/tcptrace/stat", "/proc/self/net is the container's")
grants(CONTAINER + "cat /proc/thread-self/net/tcptrace/stat", "/proc/thread-self/net, too")
run("rm -rf /tmp/trick /tmp/jail")

# ---- a privileged process whose threads are in different namespaces: self is the first thread's
tt.netns("t")
own, thread = (tt.in_netns("t", lambda p=path: open(f"/proc/{p}/net/tcptrace/transitions", encoding="ascii").read())
               for path in ("self", "thread-self"))
tt.ok(address in own and address not in thread, "a thread's own namespace is in thread-self, its process's in self")

# ---- no address of the kernel is told
tt.sh("echo 1 > /sys/kernel/tracing/events/tcptrace/enable; sysctl -qw net.tcptrace.log_transitions=1")
for end in connect():
    end.close()
tt.sh("sysctl -qw net.tcptrace.log_transitions=0; echo 0 > /sys/kernel/tracing/events/tcptrace/enable")
everything = {path: tt.sh(f"cat {path}") for path in
              [f"/proc/net/tcptrace/{name}" for name in FILES] +
              [f"/proc/sys/net/tcptrace/{name}" for name in os.listdir("/proc/sys/net/tcptrace")] +
              [f"/sys/module/tcptrace/parameters/{name}" for name in os.listdir("/sys/module/tcptrace/parameters")] +
              ["/sys/kernel/tracing/trace", "/sys/kernel/tracing/events/tcptrace/tcptrace_transition/format"]}
everything["dmesg"] = "\n".join(line for line in tt.sh("dmesg").splitlines() if "tcptrace" in line)
tt.ok("tcptrace_transition" in everything["/sys/kernel/tracing/trace"] and "ESTABLISHED" in everything["dmesg"],
      "the tracepoint and dmesg have had something to tell")
for path, text in everything.items():
    found = re.findall(r"\b(?:0x)?ffff[0-9a-f]{12}\b|ptrval|\b0{8}[0-9a-f]{8}\b", text)
    tt.equal(found, [], f"no kernel address in {path}")
refused(USER + "sh -c 'cat /sys/module/tcptrace/sections/.text'", "the module's own address is root's")

# ---- a container's memory is charged to it
GROUP = "/tmp/cgroup/container"
tt.sh("mkdir -p /tmp/cgroup; mount -t cgroup2 none /tmp/cgroup; echo +memory > /tmp/cgroup/cgroup.subtree_control;"
      f"mkdir {GROUP}; gcc -O2 -o /tmp/flood {HERE}/../flood/flood.c")
JOIN = f"echo $$ > {GROUP}/cgroup.procs; exec "


def charged():
    return int(tt.sh(f"cat {GROUP}/memory.current"))


def namespaces(count):
    """What so many of them, with one process each, are charged for."""
    begin = charged()
    command = ["sh", "-c", JOIN + CONTAINER + "sh -c 'echo; exec sleep 1000'"]
    holders = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(count)]
    for holder in holders:
        holder.stdout.readline()
    used = charged() - begin
    for holder in holders:
        holder.kill()
        holder.wait()
    return used


tt.sh("rmmod tcptrace")
namespaces(1)
without = namespaces(8)
tt.sh(f"insmod {KO}")
each = (namespaces(8) - without) // 8
print(f"# a network namespace is charged {without // 8} bytes without the module, {each} more with it")
tt.ok(1200000 < each < 1900000, "what each namespace costs is charged, and within its documented bound", each)
tt.sh(f"echo 24M > {GROUP}/memory.max; echo 0 > {GROUP}/memory.swap.max || true")
FLOOD = ("sh -c 'ip link set lo up; "
         "ip addr add 10.9.9.9 dev lo; exec /tmp/flood lo 0:0:0:0:0:0 S 198.18.0.0 10.9.9.9 80 2000 -1'")
attack = subprocess.Popen(["sh", "-c", JOIN + CONTAINER + FLOOD])


def counters():
    with open(f"/proc/{attack.pid}/net/tcptrace/stat", encoding="ascii") as file:
        return {n: int(v) for n, v in (line.split() for line in file if not line.startswith("#"))}


tt.wait_for(lambda: counters()["refused"] > 1000, 60)
got = counters()
print(f"# a flood in a container of 24 MB: connections={got['connections']} refused={got['refused']}")
size = int(re.findall(r"connections of (\d+) bytes", tt.sh("dmesg"))[-1])
tt.ok(got["refused"] > 1000 and got["connections"] * size < 24 << 20, "a container's connections take no more than it has",
      size, got)
attack.kill()
attack.wait()
for end in secret:
    end.close()
tt.sh(f"rmdir {GROUP}; umount /tmp/cgroup", check=False)
tt.done()
