#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 14000
"""Chaos against the oracle: thousands of connections opened, used and closed in every way, on clean and on bad paths,
compared transition by transition with the kernel's own sockets. Of Linux's segments none may be called a violation.

usage: 05-fidelity.py [TRANSITIONS [SEED]]      (at least so many; 23000 and 1 by default)

With a SEED one difference or one violation is a failure; without, one in 500 endpoints or connections is shown."""
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
FIDELITY = os.path.join(os.environ.get("TCPTRACE_TOP", os.path.join(HERE, "../../..")), "tools/testing/fidelity")
sys.path += [os.path.join(HERE, "lib"), FIDELITY]
sys.setswitchinterval(0.02)
import compare  # noqa: E402
import tt  # noqa: E402

GOAL = int(sys.argv[1]) if len(sys.argv) > 1 else 23000
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
CHAOS = "/tmp/chaos"
THREADS = 12
CORRUPT = ("verdict_bad_checksum", "verdict_truncated")    # what "corrupt" makes
PATHS = ["", "loss 3%", "delay 8ms 6ms", "duplicate 5% delay 2ms", "corrupt 2%", "delay 5ms 4ms loss 2% duplicate 2%"]
# name, client's and server's namespace, then for IPv4 and IPv6 their addresses
PLACES = [("loopback", "l", "l", ("127.0.0.1", "127.0.0.1"), ("::1", "::1")),
          ("veth", "a", "b", ("10.0.1.1", "10.0.1.2"), ("fd00:1::1", "fd00:1::2")),
          ("router", "c", "s", ("10.0.2.1", "10.0.3.2"), ("fd00:2::1", "fd00:3::2"))]
NAMES = ["l", "a", "b", "c", "r", "s"]
DEVICES = [("l", "lo"), ("a", "va"), ("b", "vb"), ("c", "vc"), ("r", "rc"), ("r", "rs"), ("s", "vs")]
FOUR_SETTINGS = "tcp_max_tw_buckets=200000 tcp_fin_timeout=5 tcp_syn_retries=3 tcp_fastopen=1027"


def tolerated(n):
    """A short run must not fail for a case that nobody has met before, only show it. A long one fails."""
    return 0 if len(sys.argv) > 2 else n // 500


def tell(good, text, details):
    tt.ok(good, text, *details)
    if good and len(details) > 1:
        print("\n".join("# " + line for line in details))


def build_world():
    tt.sh("rmmod tcptrace; insmod $TCPTRACE_KO log_events=65536; modprobe sch_netem;"
          "sysctl -qw net.ipv4.tcp_max_orphans=60000")
    tt.sh(f"gcc -O1 -o {CHAOS} {FIDELITY}/chaos.c -lpthread")
    tt.netns(*NAMES)
    tt.veth("a", "b", 1)
    tt.veth("c", "r", 2, ("vc", "rc"))
    tt.veth("r", "s", 3, ("rs", "vs"))
    tt.sh("ip netns exec r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
    for name, route, six in (("c", "10.0.2.2", "fd00:2::2"), ("s", "10.0.3.1", "fd00:3::1")):
        tt.sh(f"ip -n {name} route add default via {route}; ip -n {name} -6 route add default via {six}")
    for name in NAMES:
        tt.sh(f"ip netns exec {name} sysctl -qw " + " ".join("net.ipv4." + s for s in FOUR_SETTINGS.split()))


def set_path(what):
    for name, device in DEVICES:
        tt.sh(f"tc -n {name} qdisc replace dev {device} root netem {what}" if what else
              f"tc -n {name} qdisc del dev {device} root 2>/dev/null || true")


def run_chaos(round_, each):
    """The same chaos in all places at once; no round uses the ports of another."""
    jobs = []
    first = 10000 + round_ * each % 29000
    for _, client, server, *families in PLACES:
        for addresses in families:
            jobs.append(subprocess.Popen([CHAOS, client, server, *addresses, str(SEED * 1000 + round_), str(first),
                                          str(each), str(THREADS)], stdout=subprocess.DEVNULL))
    return [job.wait() for job in jobs]


def settle():
    """Wait until every socket is closed or in TIME-WAIT, and every word about it read."""
    left = tt.wait_for(lambda: not sockets.under_way(), 120)
    sockets.look()
    time.sleep(1)
    return left


build_world()
kernel = compare.Kernel()
sockets = compare.Sockets(NAMES)
ours = {name: compare.Ours(name) for name in NAMES}
time.sleep(1)
round_, statuses = 0, set()
while kernel.count < GOAL:
    path = PATHS[(round_ + SEED - 1) % len(PATHS)]
    set_path(path)
    statuses |= set(run_chaos(round_, 6 if GOAL < 50000 else 20))
    set_path("")
    print(f"# path {path or 'clean'}: {kernel.count} transitions", flush=True)
    round_ += 1
settle()
tt.equal(statuses, {0}, "the generator came to its end")
tt.ok(not kernel.lost and not any(o.lost for o in ours.values()), "neither side lost an event",
      kernel.lost, *[o.lost for o in ours.values()])
for place, client, server, *families in PLACES:
    sides = {}
    for addresses in families:
        for address, name in zip(addresses, (client, server)):
            sides[f"[{address}]" if ":" in address else address] = ours[name]
    result = compare.compare(kernel, sides, sockets)
    tell(result.compared and len(result.reports) <= tolerated(result.endpoints), f"{place}: {result}",
         [line for report in result.reports[:40] for line in report])
    if place == "router":
        remote = compare.compare(kernel, sides, sockets, ours["r"])
        print(f"# seen from the router, both ends remote: {remote}")
for name in NAMES:
    blamed = {n: v for n, v in tt.violations(name).items() if n not in CORRUPT}
    lines = [line for all_lines in ours[name].lines.values() for line in all_lines
             if any("verdict_" + other.split()[-1] in blamed for other in all_lines)]
    tell(sum(blamed.values()) <= tolerated(tt.stat(name, "connections_total")),
         f"netns {name}: Linux is blamed for {sum(blamed.values()) or 'nothing'}", [str(blamed)] + lines[:120])
tt.done()
