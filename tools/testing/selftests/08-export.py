#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What other programs get: OpenMetrics, JSON lines, and the tracepoint in perf where it is."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402
from prometheus_client.openmetrics.parser import text_string_to_metric_families  # noqa: E402

ME = os.path.realpath(__file__)
HANDSHAKE = ["client CLOSED SYN-SENT", "server CLOSED LISTEN", "server LISTEN SYN-RECEIVED", "client SYN-SENT ESTABLISHED",
             "server SYN-RECEIVED ESTABLISHED"]
PORTS = iter(range(7001, 7100))


def connect():
    """One connection, opened and reset; its server's port."""
    port = next(PORTS)
    listener = socket.create_server(("127.0.0.1", port))
    c = socket.create_connection(("127.0.0.1", port))
    s, _ = listener.accept()
    for end in (c, s, listener):
        end.close()
    return f"127.0.0.1:{port}"


def metrics():
    text = tt.sh("tcptracectl --openmetrics stats")
    values = {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples
              if not sample.labels}
    before, after = tt.sh("tcptracectl -a stats"), tt.sh("tcptracectl -a stats")
    tt.equal(before, after, "nothing moves while the counters are compared")
    stat = dict(line.split() for line in after.splitlines())
    tt.equal((values["tcptrace_connections"], values["tcptrace_segments_total"], values["tcptrace_transitions_total"]),
             tuple(float(stat[name]) for name in ("connections", "segments", "transitions")), "OpenMetrics has the counters")


def json_lines():
    follower = subprocess.Popen(["tcptracectl", "--json", "--all", "follow"], stdout=subprocess.PIPE, text=True)
    server = connect()
    events = []
    while not any(e["server"] == server and e["to"] == "TIME-WAIT" for e in events):
        events.append(json.loads(follower.stdout.readline()))
    follower.send_signal(signal.SIGINT)
    got = [f"{e['endpoint']} {e['from']} {e['to']}" for e in events if e["server"] == server][:5]
    tt.equal(got, HANDSHAKE, "a follower writes each event as a JSON object when it happens")


def moves(text, server):
    """What a tool printed of the handshake with that server."""
    found = []
    for line in text.splitlines():
        fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
        if fields.get("server") == server:
            found.append("{endpoint} {from} {to}".format(**fields))
    return found[:5]


def perf():
    """This program makes the connection again, with the tracepoint on."""
    if not shutil.which("perf"):
        tt.ok(True, "perf # SKIP there is no perf")
        return
    server = f"127.0.0.1:{next(PORTS)}"
    run = subprocess.run(f"perf record -q -a -o p.data -e tcptrace:tcptrace_transition {sys.executable} {ME} {server} && "
                         "perf script -i p.data", shell=True, capture_output=True, text=True, check=False)
    tt.equal(moves(run.stdout, server), HANDSHAKE, "perf shows the transitions", run.stderr, run.stdout[-2000:])


def main():
    os.chdir("/tmp")
    connect()
    metrics()
    json_lines()
    perf()
    tt.done()


if len(sys.argv) > 1:
    PORTS = iter([int(sys.argv[1].rsplit(":", 1)[1])])
    connect()
else:
    main()
