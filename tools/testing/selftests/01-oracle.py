#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 1200
"""Local endpoints' transitions are those of the kernel's own sockets (sock:inet_sock_set_state and ss)."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402
from scenarios import PLACES, SCENARIOS, close_in_syn_sent, connect_times_out, eof, raw_segment  # noqa: E402

# The application ends a connection on which no segment tells of it: no observer can know before a time limit.
UNOBSERVABLE = {connect_times_out, close_in_syn_sent}


def kernel_sequence(ns, ends, moves):
    """The tracepoint's sequence in the terms of RFC 9293 (LAB: a full socket in FIN-WAIT-2 or CLOSING "closes" when
    it becomes one of TIME-WAIT, or an orphan that stays in FIN-WAIT-2; ss tells which)."""
    states = []
    for i, (old, new) in enumerate(moves):
        if new == "CLOSED" and old in ("FIN-WAIT-2", "CLOSING"):
            now = tt.ss_state(ns, *ends) if i == len(moves) - 1 else "TIME-WAIT"
            if now == "FIN-WAIT-2":
                continue
            new = now or "?"
        states.append(new)
    return states


def our_sequence(ns, ends, initial):
    """Ours for one endpoint, from the events after the first `initial' ones."""
    states, lines = [], []
    for e in tt.events(ns)[initial:]:
        local, remote = (e.client, e.server) if e.endpoint == "client" else (e.server, e.client)
        if (local, remote) != ends or e.from_ == e.to:
            continue
        lines.append(e.line)
        passive = e.endpoint == "server" and e.to in ("LISTEN", "SYN-RECEIVED") and e.basis in ("presumed", "sent") \
            and e.from_ in ("CLOSED", "LISTEN")
        if passive and (e.to == "LISTEN" or e.from_ == "LISTEN"):
            continue    # the tracepoint does not know of it
        if e.basis == "corrected" and e.from_ == "LISTEN":
            continue    # nobody listened
        states.append(e.to)
    return states, lines


def same(ours, kernels):
    """`?' is a socket that ss does not know any more: an orphan that was reset, or whose time was over. A new
    incarnation begins where TIME-WAIT ended, which the tracepoint does not tell."""
    ours = [s for i, s in enumerate(ours) if not (s == "CLOSED" and i and ours[i - 1] == "TIME-WAIT")]
    if kernels[-1:] == ["?"]:
        return ours in (kernels[:-1], kernels[:-1] + ["CLOSED"], kernels[:-1] + ["TIME-WAIT"])
    return ours == kernels or (kernels[-1:] == ["FIN-WAIT-2"] and ours == kernels + ["CLOSED"])


def under_way(ns):
    """Has ss a socket that no application holds and that will yet change its state by a segment?"""
    return [line for line in tt.sh(f"ip netns exec {ns} ss -tanH").splitlines()
            if line.split()[0] in ("FIN-WAIT-1", "CLOSING", "LAST-ACK", "SYN-RECV")]


def compare(p, scenario):
    names = sorted({p.client, p.server})
    initial = {ns: len(tt.events(ns)) for ns in names}
    tt.trace_clear()
    scenario(p)
    tt.wait_for(lambda: not any(under_way(ns) for ns in names), 60)
    time.sleep(.4)
    compared, wrong = 0, []
    for ends, moves in tt.kernel_moves().items():
        if ends[1].endswith(":0"):
            continue
        address = ends[0].rsplit(":", 1)[0].strip("[]")
        ns = p.client if address == p.caddr else p.server
        want = kernel_sequence(ns, ends, moves)
        got, lines = our_sequence(ns, ends, initial[ns])
        if scenario in UNOBSERVABLE and want == ["SYN-SENT", "CLOSED"]:
            want = ["SYN-SENT"]
        compared += len(want)
        if not same(got, want):
            wrong += [f"{ns} {ends[0]} > {ends[1]}", f"kernel:   {want}", f"tcptrace: {got}"] + lines
    tt.ok(compared and not wrong, f"{p.name} {scenario.__name__}: {compared} states are the kernel's", *wrong)


tt.sh("modprobe sch_netem; modprobe nf_tables")
tt.netns("a", "b")
tt.veth("a", "b", 1)
tt.trace_on()
time.sleep(1)


def time_wait_expires():
    """ss says when the kernel's TIME-WAIT is over; ours is within the grain of the kernel's timers."""
    place = PLACES[0]
    _, c, s = place.connect()
    ends = tuple("%s:%d" % x.getsockname()[:2] for x in (c, s))
    c.close()
    eof(s)
    s.close()
    tt.equal(tt.wait_for(lambda: tt.ss_state("a", *ends), 5), "TIME-WAIT", "ss says TIME-WAIT")
    begin = time.monotonic()
    tt.wait_for(lambda: not tt.ss_state("a", *ends), 80)
    kernels = time.monotonic() - begin

    def ours():
        return [e for e in tt.events("a") if (e.client, e.from_, e.to) == (ends[0], "TIME-WAIT", "CLOSED")]

    found = tt.wait_for(ours, 10)
    tt.ok(found and found[0].basis == "timeout" and kernels > 50,
          f"TIME-WAIT ends by timeout as the kernel's does ({kernels:.0f} s)")


def synrecv_abort(place):
    """No tracepoint tells of a handshake that is never completed: ss does."""
    bracket = "[{}]:{}" if ":" in place.caddr else "{}:{}"
    p, listener = place, place.listen()
    port = listener.getsockname()[1]
    sport = 45000 + port % 1000
    ends = (bracket.format(p.saddr, port), bracket.format(p.caddr, sport))

    def ours():
        return [(e.to, e.basis) for e in tt.events(p.server) if (e.server, e.client) == ends and e.endpoint == "server"
                and e.from_ != e.to][-1:]

    allow = place.drop(place.client, "output", "tcp flags & rst == rst")
    raw_segment(place, sport, port, 1000, 2)
    tt.ok(tt.wait_for(lambda: tt.ss_state(p.server, *ends) == "SYN-RECEIVED"), f"{p.name}: ss says SYN-RECV")
    tt.equal(ours(), [("SYN-RECEIVED", "sent")], f"{p.name} synrecv_abort: SYN-RECEIVED")
    allow()
    raw_segment(place, sport, port, 1001, 4)
    tt.ok(tt.wait_for(lambda: tt.ss_state(p.server, *ends) is None), f"{p.name}: ss says that it is over")
    tt.equal(ours(), [("LISTEN", "received")], f"{p.name} synrecv_abort: back in LISTEN")
    listener.close()


for place in PLACES:
    for run in SCENARIOS:
        if len(sys.argv) > 1 and run.__name__ not in sys.argv[1:]:
            continue
        try:
            compare(place, run)
        except OSError as error:
            tt.ok(False, f"{place.name} {run.__name__}", error)
            place.netem("delay 0ms")
    if len(sys.argv) < 2 or "synrecv_abort" in sys.argv:
        synrecv_abort(place)
if len(sys.argv) < 2 or "time_wait_expires" in sys.argv:
    time_wait_expires()
for ns in ("a", "b"):
    chain = {}
    broken = []
    for e in tt.events(ns):
        key = (e.conn, e.endpoint)
        if e.conn != "-" and chain.get(key, e.from_) != e.from_:
            broken.append(e.line)
        chain[key] = e.to
    tt.ok(not broken, f"netns {ns}: each transition starts where the last one ended", *broken)
    tt.equal(tt.violations(ns), {}, f"netns {ns}: Linux is blamed for nothing")
tt.done()
