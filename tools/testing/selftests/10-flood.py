#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
"""Floods from forged addresses: real connections stay tracked, memory stays bounded, everything is accounted for."""
import collections
import os
import resource
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "lib"))
import tt  # noqa: E402

KO = os.environ["TCPTRACE_KO"]
FLOOD = "/tmp/flood"
COUNT = 5000
MAX = 4096
REAL = 1000
SPARE = 16384                           # nodes that may wait for a grace period, see abi.rst
FORGED = "198.18.0.0"
SERVER = "10.0.2.2"
resource.setrlimit(resource.RLIMIT_NOFILE, (4 * REAL, 4 * REAL))


def reload(parameters):
    tt.sh(f"rmmod tcptrace; insmod {KO} {parameters}")


def mac_of(name, device):
    return tt.sh(f"ip -n {name} -br link show {device}").split()[2]


def flood(flags, sport, count=COUNT, network=FORGED, numbers=None):
    """From a through r to b. (How many were sent, how many a second)."""
    run = subprocess.run(["ip", "netns", "exec", "a", "taskset", "1", FLOOD, "va", MAC, flags, network, SERVER, "80",
                          str(sport), str(count)], input=numbers, text=True, check=True, stdout=subprocess.PIPE)
    return [int(n) for n in run.stdout.split()]


def rows(name):
    """The connections of a namespace: number, client, server, and the two states."""
    text = tt.sh(f"ip netns exec {name} cat /proc/net/tcptrace/connections").splitlines()
    names = text[0].split()[3:]
    index = [names.index(n) for n in ("conn", "client", "server", "c_state", "s_state")]
    return [[line.split()[i] for i in index] for line in text[1:]]


def ss_states(name):
    """{(local, remote): state} as the kernel's own sockets have it."""
    states = {}
    for line in tt.sh(f"ip netns exec {name} ss -tanH").splitlines():
        state, _, _, local, remote = line.split()[:5]
        states[local, remote] = {"ESTAB": "ESTABLISHED"}.get(state, state)
    return states


def kept(name):
    """Of the real connections those that are tracked with both states as ss has them."""
    client, server = ss_states("c"), ss_states("b")
    traced = {(row[1], row[2]): row[3:] for row in rows(name)}
    return sum(traced.get(ends) == [client.get(ends), server.get(ends[::-1])] for ends in real)


def adds_up(name):
    def sums():
        s = tt.stat(name)
        return s["connections_total"] == s["connections"] + s["forgotten"] + s["evicted"] + s["replaced"]

    return tt.wait_for(sums)


def slab(name):
    """Objects of the module's in the whole machine, and the size of one; None: they are merged with another cache's."""
    for line in tt.sh("cat /proc/slabinfo").splitlines():
        if line.startswith(name + " "):
            return int(line.split()[1]), int(line.split()[3])
    return None


def nodes():
    return slab("tt_node") or \
        [int(tt.sh(f"cat /sys/kernel/slab/tt_node/{name}").split()[0]) for name in ("objects", "slab_size")]


def few_extras():
    """Of the real connections in three namespaces none but those that are half-closed keeps one."""
    return slab("tt_extra")[0] < 3 * REAL / 3


def vmalloc():
    """Bytes that the module has outside of the slabs, in all namespaces together."""
    return sum(int(line.split()[1]) for line in tt.sh("cat /proc/vmallocinfo").splitlines() if "tt_" in line.split()[2])


def longest_chain(name):
    """The file goes from chain to chain, in each the oldest first, then from the newest on: those numbers fall."""
    chains, last = [], 0
    for number, client, *_ in rows(name):
        if not client.startswith("198."):
            continue
        if last and int(number) < last:
            chains[-1].append(client)
        else:
            chains.append([client])
        last = int(number)
    return max(chains, key=len)


def number_of(client, sport):
    """Which segment of the flood came from there."""
    a, b, c, d = (int(n) for n in client.split(":")[0].split("."))
    return (b - 18) * 65536 + c * 256 + d + (int(client.split(":")[1]) - sport) * 131072


def round_trips(pair, count=200):
    """Median of a byte's way there and back, microseconds."""
    times = []
    for _ in range(count):
        begin = time.monotonic()
        pair[0].send(b"x")
        pair[1].recv(1)
        pair[1].send(b"y")
        pair[0].recv(1)
        times.append(time.monotonic() - begin)
    return round(statistics.median(times) * 1e6)


def connect(listener):
    c = tt.in_netns("c", lambda: tt.socket.create_connection((SERVER, 80), 20))
    return c, listener.accept()[0]


tt.sh(f"gcc -O2 -Wall -o {FLOOD} {HERE}/../flood/flood.c")
tt.netns("a", "r", "b", "c")
tt.veth("a", "r", 1, ("va", "ra"))
tt.veth("r", "b", 2, ("rb", "vb"))
tt.veth("c", "r", 3, ("vc", "rc"))
tt.sh("ip netns exec r sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.ra.rp_filter=0")
tt.sh("ip -n b route add default via 10.0.2.1; ip -n c route add default via 10.0.3.2")
tt.sh(f"ip -n r route add blackhole {FORGED}/15")       # what b answers ends here, before the hook
MAC = mac_of("r", "ra")

# ---- without the module, for comparison
tt.sh("rmmod tcptrace")
listener = tt.tcp("b")
listener.bind((SERVER, 80))
listener.listen(4096)
pair = connect(listener)
quiet = round_trips(pair)
rate = flood("A", 1024)[1]
print(f"# without the module: {rate} segments/s, a round trip takes {quiet} us")
for end in pair:
    end.close()

# ---- 1,000 real connections, some of them half-closed
tt.sh(f"insmod {KO} max_connections={MAX}")
pairs = [connect(listener) for _ in range(REAL)]
for c, _ in pairs[800:900]:
    c.shutdown(tt.socket.SHUT_WR)
for _, s in pairs[900:]:
    s.shutdown(tt.socket.SHUT_WR)
for name in "rbc":      # they are idle for longer
    tt.sh(f"ip netns exec {name} sysctl -qw net.tcptrace.timeout_fin_wait_2=3600")
# half-open connections of a flood soon run out, while it goes on
tt.sh("ip netns exec b sysctl -qw net.tcptrace.timeout_syn_received=2")
real = {("%s:%d" % c.getsockname(), f"{SERVER}:80") for c, _ in pairs}
tt.ok(tt.wait_for(lambda: kept("r") == REAL), f"{REAL} real connections, states as ss has them", kept("r"))
if slab("tt_extra"):
    tt.ok(tt.wait_for(few_extras, 10), "soon those that are established have no more than a node", slab("tt_extra"))
else:
    tt.ok(True, "soon those that are established have no more than a node # SKIP this kernel merges slab caches")

# ---- floods
arrays, namespaces = vmalloc(), 1 + len(tt.sh("ip netns list").splitlines())
peak = most = 0
stop = False


def watch():
    global peak, most
    while not stop:
        peak = max(peak, nodes()[0])
        most = max(most, tt.stat("r", "connections"), tt.stat("b", "connections"))
        time.sleep(.2)


watcher = threading.Thread(target=watch)
watcher.start()
for i, flags in enumerate(("S", "A", "R", "FA", "SA")):
    before = tt.stat("r")
    sent, rate = flood(flags, 2000 + 100 * i)
    tt.wait_for(lambda: tt.stat("r", "segments") - before["segments"] >= sent, 2)
    after = tt.stat("r")
    gain = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    seen = gain["segments"]
    print(f"# {sent} {flags}, {rate}/s: " + " ".join(f"{n}={v}" for n, v in gain.items() if "verdict" not in n))
    tt.ok(seen > sent / 2, f"flood of {flags}: its segments come through", seen, sent)
    if flags == "R":
        tt.equal(gain.get("connections_total", 0), 0, "an RST begins no connection")
    else:
        tt.equal(gain.get("connections_total", 0) + gain.get("refused", 0), seen, f"each {flags} is traced, or refused")
        tt.equal(gain.get("refused", 0), 0, f"and no {flags} is refused: what is forged gives way")
    for name in ("r", "b"):
        tt.equal(kept(name), REAL, f"all {REAL} real connections are still tracked in {name}, states as ss has them")
        tt.ok(adds_up(name), f"the counters of {name} add up", tt.stat(name))
    tt.equal(tt.stat("b", "refused"), 0, "b has refused none, either",
             collections.Counter(tuple(row[3:]) for row in rows("b")))
    tt.ok(after["connections"] <= MAX + os.cpu_count(), "the table keeps its bound", after["connections"])
alive = 0
for c, s in pairs[:800]:
    c.send(b"still there")
    alive += s.recv(20) == b"still there"
tt.equal(alive, 800, "and they work")

# ---- the table is full of forged connections of each kind: real ones are traced nevertheless
attack = subprocess.Popen(["ip", "netns", "exec", "a", FLOOD, "va", MAC, "A", FORGED, SERVER, "80", "3000", "-1"])
tt.wait_for(lambda: tt.stat("r", "connections") >= MAX)
more = [connect(listener) for _ in range(50)]
busy = round_trips(more[0])
print(f"# with the module, beside the flood: a round trip takes {busy} us")
attack.kill()
attack.wait()
states = {(row[1], row[2]): row[3:] for row in rows("r")}
tt.equal(tt.stat("b", "refused"), 0, "beside it b has refused none, either",
         collections.Counter(tuple(row[3:]) for row in rows("b")), tt.stat("b"))
good = sum(states.get(("%s:%d" % c.getsockname(), f"{SERVER}:80")) == ["ESTABLISHED"] * 2 for c, _ in more)
tt.equal(good, 50, "50 connections made during a flood of ACKs are all traced")
tt.equal(tt.stat("r", "refused"), 0, "nothing was refused")
stop = True
watcher.join()
size = nodes()[1]
print(f"# at most {most} connections in a namespace, {peak} nodes of {size} bytes allocated in the machine")
tt.ok(0 < peak <= 2 * (MAX + max(MAX, SPARE)) + 2 * REAL, "their memory keeps the documented bound", peak)
bound = namespaces * (8 * 65536 + 88 * 8192 + (20 << 10) + 3 * (4 << 10))   # a page to guard each of three arrays
print(f"# {arrays} bytes of vmalloc in {namespaces} namespaces, of {bound} allowed")
tt.ok(arrays <= bound, "so do the arrays, as far as they are from vmalloc()", arrays, bound)
tt.equal(vmalloc(), arrays, "and it does not grow in a flood")
tt.ok(most <= MAX + os.cpu_count(), "so does the number of connections, at any time", most)
tt.sh("ip netns exec r sysctl -qw net.tcptrace.max_connections=2048")
flood("A", 4000, 3 * MAX)
tt.ok(tt.stat("r", "connections") <= 2048 + os.cpu_count(), "a bound that is lowered under load is soon kept",
      tt.stat("r", "connections"))
tt.equal(kept("r"), REAL, "without losing a real connection")

# ---- full of real connections: the rest is refused, and counted
tt.sh(f"ip netns exec r sysctl -qw net.tcptrace.max_connections={REAL // 2}")
before = tt.stat("r")
sent, rate = flood("S", 5000)
after = tt.stat("r")
refused = after["refused"] - before["refused"]
print(f"# a table full of real connections: {rate} SYN/s, {refused} refused")
tt.ok(refused > sent / 4, "what finds no room is refused and counted", after)
tt.equal(kept("r"), REAL, "no real connection gives way")
tt.ok(adds_up("r"), "the counters add up", tt.stat("r"))

# ---- churn
def churn(seconds):
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        c = tt.socket.create_connection((SERVER, 80), 20)
        listener.accept()[0].close()
        c.close()
        count += 1
    return count


total = tt.stat("c", "connections_total")
tt.sh("ip netns exec c sysctl -qw net.tcptrace.max_connections=1100")
made = tt.in_netns("c", lambda: churn(3))
print(f"# churn: {made / 3:.0f} connections/s")
tt.equal(tt.stat("c", "connections_total") - total, made, "of short connections each one is traced")
tt.ok(adds_up("c"), "and accounted for", tt.stat("c"))
for c, s in pairs + more:
    c.close()
    s.close()

# ---- an attacker who knows the code looks for addresses that fall into one chain of 56; the key is another one then
reload("hashsize=64")
flood("S", 6000, 6400)
chain = tt.wait_for(lambda: tt.stat("r", "connections") >= 6300) and longest_chain("r")
print(f"# 6400 connections in 56 chains: the longest chain has {len(chain)}")
tt.ok(100 < len(chain) < 170, "the hash spreads its keys evenly", len(chain))
again = "\n".join(str(number_of(client, 6000)) for client in chain)
reload("hashsize=64")
flood("S", 6000, 0, numbers=again)
tt.ok(tt.wait_for(lambda: tt.stat("r", "connections") >= len(chain) - 5), "those that collided come again")
worst = longest_chain("r")
print(f"# the {len(chain)} that collided, with another key: the longest chain has {len(worst)}")
tt.ok(len(worst) < 25, "and collide no more", len(worst))
tt.done()
