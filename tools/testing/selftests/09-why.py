#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
"""What tcptracectl why says of every scenario is what really happened: who opened, closed first, reset, what is missing."""
import os
import re
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import scenarios  # noqa: E402
import tt  # noqa: E402
from scenarios import PLACES, SCENARIOS, eof, raw_segment  # noqa: E402

# What each scenario did, clause by clause; a ! marks what must not be said.
FINS = ["client opened it at", "client's ACK completed the handshake", "No segment broke a rule"]
CLIENT_FIRST = FINS + [r"The client closed first: its FIN \(seq \d+\) left [^;]*, which the server acknowledged",
                       r"The server closed second: its FIN \(seq \d+\) left [^;]*, which the client acknowledged",
                       r"client has been in TIME-WAIT for", "server is CLOSED since", "No further segment is expected",
                       "!reset", "!missing"]
SERVER_FIRST = FINS + ["The server closed first: [^;]* which the client acknowledged",
                       "The client closed second: [^;]* which the server acknowledged",
                       "server has been in TIME-WAIT for", "client is CLOSED since", "!reset"]
UNANSWERED = ["client opened it at", r"the server's SYN\+ACK, with ack \d+, is missing", "client has been in SYN-SENT for",
              r"Next expected: the server's SYN\+ACK with ack \d+", "!closed first", "!reset"]
ABORTED = FINS + ["The client reset it: its RST", "in ESTABLISHED; its application aborted", "client is CLOSED since",
                  "server is CLOSED since", "!closed first"]
SAID = {
    "late_synack": CLIENT_FIRST, "client_first": CLIENT_FIRST, "quick_close": CLIENT_FIRST, "fin_with_ack": CLIENT_FIRST,
    "half_close": CLIENT_FIRST, "fin_beyond_hole": CLIENT_FIRST, "server_first": SERVER_FIRST,
    "connect_times_out": UNANSWERED + [r"with a SYN \(x = seq \d+\), repeated"],
    "close_in_syn_sent": UNANSWERED,
    "orphan_times_out": FINS + ["The client closed first: [^;]* which the server acknowledged",
                                # where the ACK finds close() still at work the orphan ends by an RST instead
                                # (tcp_rcv_state_process(), "Bad case")
                                "The server closed second: [^;]* which was never acknowledged|"
                                "in FIN-WAIT-2; it had closed, and nobody reads",
                                "The client reset it: .*(its socket was gone|it had closed)", "client is CLOSED"],
    "simultaneous_close": FINS + [r"closed at the same time \(simultaneous close\)", "client has been in TIME-WAIT",
                                  "server has been in TIME-WAIT", "!reset", "!closed second"],
    "simultaneous_open": [r"Both ends opened it at the same time \(simultaneous open\)", "!handshake", "!reset"],
    "refused": ["client opened it at", r"was refused: the server answered with an RST \(ack \d+ = x\+1\), nobody listens",
                "client is CLOSED", "!closed first", "!reset it"],
    "rst_by_linger": ABORTED, "rst_by_unread_data": ABORTED,
    "rst_in_close_wait": FINS + ["The server closed first: [^;]* which the client acknowledged",
                                 "The client reset it: .* in CLOSE-WAIT; its application aborted", "!closed second"],
    "data_after_close": FINS + ["The client closed first: [^;]* which the server acknowledged",
                                "The client reset it: .* in FIN-WAIT-2; it had closed, and nobody reads",
                                "!closed second"],
    "close_listener_pending": FINS + ["The server reset it: .* in ESTABLISHED; its application aborted",
                                      "!closed first"],
    "time_wait_reuse": CLIENT_FIRST + ["on the ports of an earlier connection that was in TIME-WAIT"],
    "fast_open": CLIENT_FIRST + [r"that carried 5 bytes \(TCP Fast Open\)", r"= x\+1\+5\)"],
    "self_connection": ["a socket connected to itself", "It was closed: its FIN", "has been in TIME-WAIT", "!reset"],
    "lost_segments": ["client opened it at", "The client closed first: [^;]* which the server acknowledged",
                      "The server closed second", "No segment broke a rule", "!reset"],
}
# and these once more where the server is remote
REMOTE = [scenarios.client_first, scenarios.server_first, scenarios.simultaneous_close, scenarios.refused,
          scenarios.rst_by_linger, scenarios.data_after_close, scenarios.half_close]


def why(ns, *words):
    return subprocess.run(["ip", "netns", "exec", ns, "tcptracectl", *words[:-1], "why", str(words[-1])], text=True,
                          capture_output=True)


def last_conn(ns, before):
    """The connections that are new since; the newest of them."""
    return max((int(e.conn) for e in tt.events(ns) if e.conn != "-" and int(e.conn) > before), default=None)


def conns(ns):
    return max((int(e.conn) for e in tt.events(ns) if e.conn != "-"), default=0)


def check(text, clauses, name, *more):
    wrong = [c for c in clauses if bool(re.search(c.lstrip("!"), text)) == (c[0] == "!")]
    tt.ok(text and not wrong, name, *wrong, text, *more)


def at_rest(ns):
    """Nothing is on its way any more."""
    return not any(line.split()[0] in ("FIN-WAIT-1", "CLOSING", "LAST-ACK")
                   for line in tt.sh(f"ip netns exec {ns} ss -tanH").splitlines())


def run(place, scenario):
    before = conns(place.client)
    scenario(place)
    tt.wait_for(lambda: at_rest(place.client) and at_rest(place.server), 60)
    time.sleep(.3)
    done = why(place.client, last_conn(place.client, before))
    clauses = SAID[scenario.__name__]
    if scenario is scenarios.simultaneous_open:     # who is the client is a matter of chance; this port closed first
        closer = "client" if re.search(rf":{scenarios.cport}, server ", done.stdout) else "server"
        clauses = clauses + [f"The {closer} closed first"]
    check(done.stdout, clauses, f"{place.name} {scenario.__name__}", done.stderr, done.returncode)


def name_of(s):
    """As the ABI writes it."""
    address, port = s.getsockname()[:2]
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def open_states(place):
    """Connections that are under way, and those that wait for a segment that was dropped."""
    remote = place.client != place.server
    _, c, s = place.connect()
    name = name_of(c)
    text = why("a", name).stdout
    check(text, ["Neither end has closed it", "client has been in ESTABLISHED for", "server has been in ESTABLISHED for",
                 r"from the server, data or the FIN, with seq \d+, ack \d+", "!missing",
                 "presumed" if remote else "!presumed"],
          f"{place.name}: open")
    c.send(b"x" * 100)
    s.recv(200)
    numbers = subprocess.run(["ip", "netns", "exec", "a", "ss", "-tinH"], text=True, capture_output=True).stdout
    c.shutdown(socket.SHUT_WR)
    eof(s)
    tt.wait_for(lambda: "FIN-WAIT-2" in why("a", name).stdout)
    text = why("a", name).stdout
    check(text, ["The client closed first: [^;]* which the server acknowledged",
                 r"The server has not closed: its FIN is missing", "client has been in FIN-WAIT-2 for",
                 "server has been in CLOSE-WAIT for", r"Next expected: from the server, data or the FIN, with seq \d+, ack"],
          f"{place.name}: half-closed", numbers)
    syn, fin = (int(re.search(pattern, text)[1]) for pattern in (r"x = seq (\d+)", r"its FIN \(seq (\d+)\)"))
    tt.equal((fin - syn) % 2 ** 32, 101, "the FIN's number is that of the SYN, and one, and the data")
    tt.equal(int(re.search(r"ack (\d+)\. ", text)[1]), (fin + 1) % 2 ** 32, "the expected ack is the FIN's number and one")
    s.close()
    eof(c)
    c.close()

    _, c, s = place.connect()
    name = name_of(c)
    allow = place.drop(place.server, "input", f"tcp sport {c.getsockname()[1]}")
    c.close()
    tt.wait_for(lambda: "FIN-WAIT-1" in why("a", name).stdout)
    text = why("a", name).stdout
    fin = int(re.search(r"its FIN \(seq (\d+)\)", text)[1])
    check(text, [f"the server's ACK of it, with ack {(fin + 1) % 2 ** 32}, is missing", "client has been in FIN-WAIT-1",
                 r"Next expected: from the server, the ACK of its FIN"], f"{place.name}: the FIN was dropped")
    if remote:
        check(text, [r"server has been in CLOSE-WAIT for \S+ \w+ \(presumed"],
              f"{place.name}: the server's CLOSE-WAIT is presumed")
    allow()
    tt.wait_for(lambda: "FIN-WAIT-2" in why("a", name).stdout, 30)
    s.close()


def violation():
    """A forged RST within the window: a challenge ACK, and the connection lives."""
    place = PLACES[2]
    _, c, s = place.connect()
    events = [e for e in tt.events("a") if e.client == name_of(c) and e.flags == "S"]
    raw_segment(place, c.getsockname()[1], s.getsockname()[1], (int(events[0].seq) + 1001) % 2 ** 32, 4)
    name = name_of(c)
    tt.wait_for(lambda: "rst_inexact" in why("b", name).stdout)
    check(why("b", name).stdout, [r"The client broke RFC 5961 3\.2 once \(rst_inexact\), first at [0-9:.]+ with seq "
                                  f"{(int(events[0].seq) + 1001) % 2 ** 32}",
                                  r"the server should drop it and answer with a challenge ACK \(RFC 5961 3\.2\)",
                                  "server has been in ESTABLISHED"], "a violation, and what the receiver should do")
    tt.ok(tt.wait_for(lambda: [e for e in tt.events("b") if e.verdict == "challenge_ack"]), "which it did")
    c.close()
    s.close()


def lost():
    """The log has room for 64 events: the beginning is gone."""
    tt.sh("rmmod tcptrace; insmod $TCPTRACE_KO log_events=64")
    place = PLACES[0]
    _, c, s = place.connect()
    name = name_of(c)
    for _ in range(12):
        scenarios.client_first(place)
    check(why("a", name).stdout, [r"The log has lost \d+ events, those of this connection among them",
                                  "rests on the connections file", "The client opened it .* ago",
                                  "client has been in ESTABLISHED for"], "all its events are lost")
    c.shutdown(socket.SHUT_WR)
    eof(s)
    tt.wait_for(lambda: "FIN-WAIT-2" in why("a", name).stdout)
    done = why("a", name)
    check(done.stdout, [r"The log has lost \d+ events, those of its beginning among them", "rests on the connections file",
                        "The client closed first", "The server has not closed: its FIN is missing"],
          "its beginning is lost", done.stderr)
    s.close()
    c.close()


def usage():
    for words, status in ((("999",), 1), (("-f", "-", "1"), 2)):
        done = why("a", *words)
        tt.ok(done.returncode == status and done.stderr, f"why {words}: exit status {status}", done.stderr)


tt.sh("modprobe sch_netem; modprobe nf_tables; sysctl -qw net.ipv4.tcp_max_tw_buckets=65536")
tt.netns("a", "b")
tt.veth("a", "b", 1)
time.sleep(1)
only = sys.argv[1:]
for where, which in ((PLACES[0], SCENARIOS), (PLACES[3], REMOTE)):
    for what in which:
        if not only or what.__name__ in only:
            run(where, what)
    if not only:
        open_states(where)
if not only:
    violation()
    usage()
    lost()
tt.done()
