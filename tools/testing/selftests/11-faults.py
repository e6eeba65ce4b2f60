#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
"""Every allocation of the module fails once: while it loads, while a namespace begins, when a file is opened and read
and a sysctl is written; and by chance when connections begin. Each time the call fails as a whole or works as a whole,
and what is not traced is counted."""
import atexit
import ctypes
import errno
import os
import re
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
sys.path.append(os.path.join(os.path.dirname(os.path.realpath(__file__)), "../vm"))
import dmesg  # noqa: E402
import tt  # noqa: E402

KO = os.environ["TCPTRACE_KO"]
KO_FD = os.open(KO, os.O_RDONLY)
FILES = ("connections", "segments", "stat", "transitions")
DEBUGFS = "/sys/kernel/debug/"
CLONE_NEWNET = 0x40000000
SYS_FINIT_MODULE = 313
LIMIT = 5000                # allocations; more than any of the calls below makes
# Reports of an allocation that failed; other than these none is expected, and each has a stack trace.
EXPECTED = re.compile(r"page allocation failure|vmalloc error|percpu: allocation failed|"
                      r"kmem_cache_create\w*\(tt_(node|extra)\) failed")

said = []

if not os.path.exists("/proc/self/fail-nth"):
    print("ok 1 - allocations fail one by one # SKIP this kernel has no FAULT_INJECTION\n1..1")
    sys.exit(0)


def put(path, value):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(value))


def get(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def modules_begin():
    """The kernel's own text lies below, and that of modules above."""
    return int(next(line for line in get("/proc/kallsyms").splitlines() if line.endswith(" _etext")).split()[0], 16)


def fault(name, value, kinds=("failslab", "fail_page_alloc")):
    for kind in kinds:
        if os.path.exists(DEBUGFS + kind + "/" + name):
            put(DEBUGFS + kind + "/" + name, value)


def leaks():
    """What kmemleak finds; but when a slab cache gets no entry in sysfs the kernel itself loses its name."""
    kmemleak = DEBUGFS + "kmemleak"
    if not os.path.exists(kmemleak):
        return []
    time.sleep(6)       # younger objects are not looked at
    put(kmemleak, "scan")
    put(kmemleak, "scan")
    found = get(kmemleak).split("unreferenced object")[1:]
    put(kmemleak, "clear")
    tt.sh("dmesg -C")
    return [one for one in found if "tt_node." not in one and "tt_extra." not in one]


def trace_of(lines, number):
    """Does a stack trace belong to the report of an allocation?"""
    # 6.1 shows one, and says nothing, whenever it has no memory for a sysctl, the module's or another
    return any(EXPECTED.search(line) for line in lines[max(0, number - 12):number]) or \
        any("dump_stack+" in line and "__register_sysctl_table+" in after
            for line, after in zip(lines[number:number + 60], lines[number + 1:number + 61]))


def listen():
    """Take what the kernel has said: its log is too small for the traces of all allocations of a call."""
    said.extend(tt.sh("dmesg -c").splitlines())


def complaints():
    """What the kernel said, without the reports of allocations. It is forgotten then."""
    listen()
    lines = said.copy()
    said.clear()
    lines = [line for number, line in enumerate(lines) if "Call Trace:" not in line or not trace_of(lines, number)]
    return dmesg.trouble(lines)[:60]


def each_allocation(call, then=None):
    """Call it with its first allocation failing, then with its second, ... until it is through without any. Yields
    its result each time, 0 or an error number, after a success that of then(); in a thread of its own, since the thread
    may be left in another namespace."""
    for nth in range(1, LIMIT):
        result = []

        def run():
            fail = f"/proc/self/task/{threading.get_native_id()}/fail-nth"
            fd = os.open(fail, os.O_RDWR)
            os.write(fd, b"%d" % nth)
            try:
                value = call()
            except OSError as error:
                value = error.errno
            left = int(os.pread(fd, 20, 0).split(b"\0")[0])
            os.pwrite(fd, b"0", 0)
            os.close(fd)
            if not value and then:
                value = then()
            result.extend((value, left == 0))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        listen()
        value, failed = result
        yield value, failed
        if not failed:
            return
    tt.ok(False, f"the call ends with fewer than {LIMIT} allocations")


def loaded():
    return "\ntcptrace " in "\n" + get("/proc/modules")


def nothing_left():
    return not (loaded() or os.path.lexists("/proc/tcptrace") or os.path.exists("/proc/net/tcptrace")
                or os.path.exists("/proc/sys/net/tcptrace") or "\ntt_" in get("/proc/slabinfo"))


def insmod():
    return ctypes.get_errno() if tt.LIBC.syscall(SYS_FINIT_MODULE, KO_FD, b"", 0) else 0


def unshare():
    return ctypes.get_errno() if tt.LIBC.unshare(CLONE_NEWNET) else 0


def usable():
    """0 if the thread's network namespace has all that it should have."""
    base = "/proc/thread-self/net/tcptrace/"
    return 0 if sorted(os.listdir(base)) == sorted(FILES) and os.path.exists("/proc/sys/net/tcptrace") else -1


def read_whole(path):
    def call():
        fd = os.open(path, os.O_RDONLY)
        try:
            while os.read(fd, 4096):
                pass
        finally:
            os.close(fd)
        return 0
    return call


def stat():
    return {name: int(value) for name, value in (line.split() for line in get("/proc/net/tcptrace/stat").splitlines()[1:])}


def connections(count, port):
    """So many, one after the other, over loopback; how many were served."""
    served = 0
    with socket.create_server(("127.0.0.1", port), backlog=64) as listener:
        for _ in range(count):
            with socket.create_connection(("127.0.0.1", port)) as client:
                server, _ = listener.accept()
                client.send(b"x")
                served += server.recv(1) == b"x"
                server.close()
    return served


def write(name, value):
    def call():
        fd = os.open("/proc/sys/net/tcptrace/" + name, os.O_WRONLY)
        try:
            os.write(fd, value.encode())
        finally:
            os.close(fd)
        return 0
    return call


def connections_fail(count, port):
    """Half of the allocations fail meanwhile: how many connections were served, how many allocations failed."""
    fault("times", TIMES)
    fault("probability", 50, ("failslab",))
    served = connections(count, port)
    fault("probability", 0)
    return served, TIMES - int(get(DEBUGFS + "failslab/times"))


TIMES = 1000000
for option in ("ignore-gfp-wait", "ignore-gfp-highmem"):
    fault(option, "N")
fault("min-order", 0)
fault("verbose", 0)
fault("stacktrace-depth", 32)
fault("probability", 0)
fault("times", -1)
OURS_ONLY = os.path.exists(DEBUGFS + "failslab/require-start")
fault("require-start", modules_begin())
atexit.register(fault, "probability", 0)     # however it ends: others come after it

# ---- loading
tt.sh("rmmod tcptrace")
sites = wrong = 0
results = set()
for error, failed in each_allocation(insmod):
    sites += failed
    results.add(error)
    if error and not nothing_left() or not error and not loaded():
        wrong += 1
    if failed and not error:    # done without that memory
        tt.sh("rmmod tcptrace")
        wrong += not nothing_left()
tt.equal(wrong, 0, "a load with an allocation failing leaves nothing, or a module that works")
tt.ok(sites >= 20, "its allocations were tried", f"{sites} of them")
tt.ok({0, errno.ENOMEM} == results, "it fails with ENOMEM", results)
tt.equal(connections(10, 7000), 10, "then it loads and sees connections")
tt.equal(stat()["connections_total"], 10, "each of them")
tt.equal(complaints(), [], "the kernel complains of nothing else")
print(f"# {sites} allocations while loading", flush=True)
tt.equal(leaks(), [], "nothing leaks")

# ---- a network namespace
sites, results = 0, set()
for error, failed in each_allocation(unshare, usable):
    sites += failed
    results.add((error, failed))
tt.ok(sites >= 10, "a namespace's allocations were tried", f"{sites} of them")
# other subsystems, whose allocations fail, too, where they cannot be left out, have errors of their own
tt.ok(all(failed or not error for error, failed in results) and -1 not in {error for error, _ in results},
      "a namespace begins with the module in it, or not at all", results)
tt.ok((errno.ENOMEM, True) in results, "mostly not at all", results)
tt.equal(complaints(), [], "the kernel complains of nothing else")
print(f"# {sites} allocations for a namespace", flush=True)

# ---- the files
for name in FILES:
    sites, results = 0, set()
    for error, failed in each_allocation(read_whole("/proc/net/tcptrace/" + name)):
        sites += failed
        results.add(error)
    tt.ok(sites > 0 and results <= {0, errno.ENOMEM}, f"{name} opens and reads, or says ENOMEM", sites, results)
    print(f"# {sites} allocations for {name}", flush=True)

# ---- sysctls: as they are written, or as they were
tt.sh("sysctl -qw net.tcptrace.enabled=0")
for name, value in (("enabled", "1"), ("filter_prefixes", "10.0.0.0/8"), ("filter_ports", "80,7000-7010")):
    sites, before, wrong = 0, get("/proc/sys/net/tcptrace/" + name).strip(), []
    for error, failed in each_allocation(write(name, value)):
        sites += failed
        now = get("/proc/sys/net/tcptrace/" + name).strip()
        if error not in (0, errno.ENOMEM) or now != (before if error else value):
            wrong.append((error, now))
        if not error:
            write(name, before or "\n")()
    tt.ok(sites > 0 and not wrong, f"{name} is written, or says ENOMEM and stays as it was", sites, wrong)
    print(f"# {sites} allocations for {name}", flush=True)
tt.sh("sysctl -qw net.tcptrace.enabled=1")
tt.equal(complaints(), [], "the kernel complains of nothing else")

# ---- connections
def close_without_memory(count, port):
    """An established connection has no room for what is rare, and there is none when it ends."""
    tt.sh(f"rmmod tcptrace; insmod {KO}")
    with socket.create_server(("127.0.0.1", port), backlog=64) as listener:
        ends = []
        for _ in range(count):
            ends.append(socket.create_connection(("127.0.0.1", port)))
            ends.append(listener.accept()[0])
        time.sleep(5)
        before = stat()
        fault("probability", 100, ("failslab",))
        for end in ends:
            end.close()
        fault("probability", 0)
        after = stat()
    tt.equal(before["connections"], count, "connections are established and at rest")
    tt.equal(after["forgotten"] - before["forgotten"], count, "without memory for their close they are forgotten, and counted")
    tt.ok(after["refused"] - before["refused"] >= count, "so are its segments", after)
    tt.equal(after["connections"], 0, "nothing of them is left")


def close_with_little_memory(port):
    """As above, but only the first allocation fails: one of the connections that are over goes for its sake."""
    with socket.create_server(("127.0.0.1", port), backlog=64) as listener:
        client = socket.create_connection(("127.0.0.1", port))
        server = listener.accept()[0]
        connections(20, port + 1)
        time.sleep(5)
        before = stat()
        fault("times", 1)
        fault("probability", 100, ("failslab",))
        client.close()
        server.close()
        fault("probability", 0)
        after = stat()
    tt.equal([after[name] - before[name] for name in ("evicted", "forgotten", "refused")], [1, 0, 0],
             "for an established connection that needs memory one that is over has to go")
    tt.equal(tt.sh(f"grep -c ':{port} .* fin client ' /proc/net/tcptrace/connections").strip(), "1", "it ends as ever")


def by_chance():
    """Connections: in softirqs, so not one by one."""
    before = stat()
    served, injected = connections_fail(300, 7001)
    refused = stat()["refused"] - before["refused"]
    tt.equal(served, 300, "connections for which there was no memory run as ever")
    tt.ok(50 < refused <= injected, "segments for which there was none are counted in refused", refused, injected)
    print(f"# {injected} allocations failed, {refused} segments refused", flush=True)
    fault("times", -1)
    before = stat()
    fault("probability", 100, ("failslab",))
    tt.equal(connections(50, 7002), 50, "without any memory for the module connections run as ever")
    fault("probability", 0)
    tt.equal(stat()["connections_total"], before["connections_total"], "and none of them is traced")
    before = stat()
    connections(50, 7003)
    tt.equal(stat()["connections_total"] - before["connections_total"], 50, "with memory there again all are")
    close_without_memory(50, 7005)
    close_with_little_memory(7006)
    fault("times", -1)
    tt.sh(f"rmmod tcptrace; insmod {KO} flight_recorder=64")
    served, injected = connections_fail(300, 7004)
    after = stat()
    tt.equal(served, 300, "so they do with flight recorders")
    tt.ok(after["recorders_failed"] > 50, "recorders for which there was no memory are counted", after, injected)
    tt.equal(complaints(), [], "the kernel complains of nothing")


if OURS_ONLY:
    by_chance()
else:
    tt.ok(True, "connections begin without memory # SKIP this kernel cannot tell the module's allocations from others")
tt.sh("rmmod tcptrace")
tt.ok(nothing_left(), "after rmmod nothing is left")
tt.equal(leaks(), [], "and nothing leaks")
tt.sh(f"insmod {KO}")
tt.done()
