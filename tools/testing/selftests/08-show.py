#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""tcptracectl show on live connections with the flight recorder: tcpdump and the sockets are the judges."""
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
import xml.dom.minidom

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402

KEEP = 64
CAPTURE = "/tmp/show.pcap"
UTF8 = dict(os.environ, LC_ALL="C.UTF-8", COLUMNS="80")


def ctl(*arguments, env=UTF8, check=True):
    return subprocess.run(["tcptracectl", "-n", "a", *arguments], env=env, text=True, capture_output=True, check=check).stdout


def name(s):
    return "%s:%d" % s.getsockname()[:2]


def connect(port):
    c, s = tt.connect("a", "b", "10.0.1.2", port)
    return c, s, name(c)


def story(client):
    return json.loads(ctl("--json", "show", client))


def segments(told):
    return [step for step in told["steps"] if step["kind"] == "segment"]


def capture_begin():
    tcpdump = subprocess.Popen(["ip", "netns", "exec", "a", "tcpdump", "-i", "va", "-U", "-s", "0", "-w", CAPTURE, "tcp"],
                               stderr=subprocess.PIPE, text=True)
    while "listening" not in tcpdump.stderr.readline():
        pass
    return tcpdump


def capture_end(tcpdump):
    time.sleep(1)
    tcpdump.terminate()
    tcpdump.wait()


def captured(client):
    """(sent by the client, flags, seq, ack, len) of a connection's segments, out of tcpdump's file."""
    with open(CAPTURE, "rb") as file:
        data = file.read()
    found, at, port = [], 24, int(client.rsplit(":", 1)[1])
    while at < len(data):
        have, = struct.unpack("<I", data[at + 8:at + 12])
        ip = data[at + 16 + 14:at + 16 + have]
        tcp = ip[(ip[0] & 15) * 4:]
        size = struct.unpack("!H", ip[2:4])[0] - (ip[0] & 15) * 4 - (tcp[12] >> 4) * 4
        sport, dport, seq, ack = struct.unpack("!HHII", tcp[:12])
        names = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
        if port in (sport, dport):
            found.append((sport == port, {n for i, n in enumerate(names) if tcp[13] >> i & 1}, seq, ack, size))
        at += 16 + have
    return found


def close_and_handshake():
    tcpdump = capture_begin()
    c, s, client = connect(81)
    c.send(b"x" * 300)
    s.recv(1000)
    c.close()
    s.recv(1)
    s.close()
    tt.wait_for(lambda: story(client)["steps"][-1]["client_state"] == "TIME-WAIT")
    capture_end(tcpdump)
    told, wire = story(client), captured(client)
    tt.equal([(e["sender"] == "client", set(e["flags"].split(",")), e["seq"], e["ack"] or 0, e["len"])
              for e in segments(told)], wire, "show has the segments that tcpdump captured")
    x, y = wire[0][2], wire[1][2]
    tt.equal((told["x"], told["y"], told["recorded"], told["overwritten"]), (x, y, True, 0), "x and y are those on the wire")
    drawn = ctl("show", client)
    fin = next(w for w in wire if w[0] and "FIN" in w[1])
    for text in (f"seq {x} = x,", f"ack {x + 1} = x+1 ✓", f"ack {y + 1} = y+1 ✓", f"ack {fin[2] + 1} = x+302",
                 "ack = FIN's seq+1 ✓", "now: client TIME-WAIT, server CLOSED"):
        tt.ok(text in drawn, f"show draws {re.sub('[0-9]{4,}', 'N', text)}", drawn)
    tt.ok("✗" not in drawn and max(map(len, drawn.splitlines())) <= 80, "nothing is wrong, and no line is beyond 80 columns",
          drawn)
    tt.ok(ctl("show", client, env=dict(UTF8, LC_ALL="C")).isascii(), "without UTF-8 it is ASCII")
    run = subprocess.run(["tcptracectl", "--segments", "--local", "10.0.1.1", "replay", CAPTURE], text=True,
                         capture_output=True, check=False)
    module = [line.split()[3:] for line in tt.sh("ip netns exec a cat /proc/net/tcptrace/segments").splitlines()
              if f" {client} " in line]
    tt.equal([line.split()[3:] for line in run.stdout.splitlines() if f" {client} " in line], module,
             "replay --segments prints the module's lines")
    svg = ctl("--svg", "show", client)
    tt.ok(xml.dom.minidom.parseString(svg).documentElement.tagName == "svg" and client in svg and "x+1 ✓" in svg,
          "--svg is well-formed, and has the endpoint and the arithmetic", svg[:500])
    terminal = 'script -qec "stty cols 132; tcptracectl -n a show %s" /dev/null' % client
    colours = subprocess.run(terminal, shell=True, env={k: v for k, v in UTF8.items() if k != "COLUMNS"}, text=True,
                             capture_output=True, check=True).stdout
    plain = re.sub("\033\\[[0-9;]*m", "", colours)
    tt.ok(colours != plain and max(map(len, plain.splitlines())) > 110, "on a terminal: colours, and its width", plain)
    tt.ok("\033" not in subprocess.run(terminal, shell=True, env=dict(UTF8, NO_COLOR="1"), text=True, capture_output=True,
                                       check=True).stdout, "NO_COLOR is respected")


def retransmission():
    c, s, client = connect(82)
    c.send(b"a" * 50)
    s.recv(100)
    tt.sh("tc -n a qdisc add dev va root netem loss 100%")
    c.send(b"b" * 70)
    again = tt.wait_for(lambda: [e for e in segments(story(client)) if "retransmission" in e.get("verdict", "")])
    tt.sh("tc -n a qdisc del dev va root")
    first = next(e for e in segments(story(client)) if e["len"] == 70)
    tt.ok(again and again[0]["seq"] == first["seq"] == story(client)["x"] + 51 and again[0]["rfc"] == "9293 3.8.1",
          "what netem lost is sent again, with the same seq", again, first)
    drawn = ctl("show", client)
    tt.ok(re.search(r"! retransmission: sent 0\.[0-9]{3} s", drawn), "and drawn so", drawn)
    tt.ok(tt.wait_for(lambda: s.recv(100) == b"b" * 70), "then it arrives")
    return c, s, client


def violation(c, s, client):
    """An ACK of what was never sent, from the server's host."""
    told = story(client)
    sent = c.getsockname()[1]
    tcp = struct.pack("!HHIIBBHHH", 82, sent, (told["y"] + 1) % 2**32, (told["x"] + 1 + 120 + 999) % 2**32, 5 << 4, 0x10,
                      1000, 0, 0)
    pseudo = socket.inet_aton("10.0.1.2") + socket.inet_aton("10.0.1.1") + struct.pack("!HH", 6, len(tcp))
    total = sum(struct.unpack(f"!{len(pseudo + tcp) // 2}H", pseudo + tcp))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    raw = tt.in_netns("b", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP))
    raw.sendto(tcp[:16] + struct.pack("!H", ~total & 0xffff) + tcp[18:], ("10.0.1.1", 0))
    bad = tt.wait_for(lambda: [e for e in segments(story(client)) if e.get("class") == "violation"])
    tt.equal([(e["verdict"], e["expected"], e["actual"], e["rfc"]) for e in bad],
             [("ack_unsent", (told["x"] + 121) % 2**32, (told["x"] + 1120) % 2**32, "9293 3.10.7.4")],
             "an ACK of what was never sent: expected, actual, RFC")
    drawn = " ".join(re.sub("[│\n]", " ", ctl("show", client)).split())
    tt.ok(re.search(r"✗ ack_unsent: expected ack at most \d+ \(x\+121\), got \d+ \(x\+1120\) \(RFC 9293 3.10.7.4\)", drawn),
          "and drawn so", drawn)


def reset(c, s, client):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
    tt.wait_for(lambda: story(client)["steps"][-1]["client_state"] == "CLOSED")
    last = story(client)["steps"][-1]
    tt.ok("RST" in last["flags"] and last["sender"] == "server" and last["server_state"] == "CLOSED",
          "the last segment is the server's RST, and both are CLOSED", last)
    tt.ok("RST" in ctl("show", client).splitlines()[-3] + ctl("show", client).splitlines()[-2], "it is drawn last",
          ctl("show", client))
    c.close()


def overwritten():
    c, s, client = connect(83)
    for _ in range(KEEP):
        c.send(b"z" * 10)
        s.recv(10)
        s.send(b"y" * 10)
        c.recv(10)
    told = story(client)
    count = len(segments(told))
    tt.ok(told["overwritten"] > KEEP // 2 and KEEP <= count <= KEEP + 4,
          "of a longer connection the last segments are kept, and the handshake of the log", told["overwritten"], count)
    drawn = ctl("show", client)
    text = " ".join(re.sub("[│\n]", " ", drawn).split())
    tt.ok(f"the flight recorder overwrote {told['overwritten']} earlier segments" in text, "which is said", drawn)
    tt.ok(f"seq {told['x']} = x," in drawn and " segments, " in text and "folded; --all shows them" in text,
          "the SYN is drawn, the data folded", drawn)
    whole = ctl("--all", "show", client)
    tt.ok("folded" not in whole and whole.count("len 10") > KEEP // 2, "and not with --all")
    c.close()
    s.close()


def loopback():
    c, s = tt.connect("a", "a", "127.0.0.1", 90)
    client = name(c)
    told = story(client)
    tt.equal([e["flags"] for e in segments(told)], ["SYN", "SYN,ACK", "ACK"], "over loopback each segment has one arrow")
    tt.equal((told["steps"][-1]["client_state"], told["steps"][-1]["server_state"]), ("ESTABLISHED", "ESTABLISHED"),
             "and moves both ends")
    c.close()
    s.close()


def several():
    """Twice the same addresses and ports."""
    for _ in range(2):
        c, s = tt.tcp("a"), tt.tcp("b")
        s.bind(("10.0.1.2", 84))
        s.listen(1)
        c.bind(("10.0.1.1", 4444))
        c.connect(("10.0.1.2", 84))
        peer, _ = s.accept()
        peer.close()
        c.recv(1)
        c.close()
        s.close()
        time.sleep(.3)
        tt.sh("ip netns exec b ss -K state time-wait >/dev/null 2>&1 || true")
    drawn = ctl("show", "10.0.1.1:4444")
    tt.equal(len(re.findall("^connection ", drawn, re.M)), 2, "two connections of one name are both drawn", drawn)


def without():
    tt.sh("rmmod tcptrace; insmod $TCPTRACE_KO")
    c, s, client = connect(85)
    drawn = ctl("show", client)
    tt.ok("drawn from the log" in drawn and "= x+1 ✓" in drawn, "without a recorder the log is drawn, which is said", drawn)
    tt.equal(len(tt.sh("ip netns exec a cat /proc/net/tcptrace/segments").splitlines()), 1, "segments has a header only")
    run = subprocess.run("tcptracectl show 99999", shell=True, text=True, capture_output=True, check=False)
    tt.ok(run.returncode == 1 and "no connection 99999" in run.stderr, "an unknown connection: status 1, a message", run)
    tt.equal(oct(os.stat("/proc/self/net/tcptrace/segments").st_mode & 0o777), "0o440", "segments is for root only")
    run = subprocess.run("setpriv --bounding-set=-net_admin cat /proc/net/tcptrace/segments", shell=True, check=False,
                         text=True, capture_output=True)
    tt.ok(run.returncode == 1 and "not permitted" in run.stderr, "with CAP_NET_ADMIN", run.stderr)
    c.close()
    s.close()
    run = subprocess.run("rmmod tcptrace; insmod $TCPTRACE_KO flight_recorder=1025", shell=True, check=False)
    tt.ok(run.returncode and "flight_recorder=1025 is not from 0 to 1024" in tt.sh("dmesg"), "too many are refused")
    tt.sh("insmod $TCPTRACE_KO")


tt.sh(f"rmmod tcptrace; insmod $TCPTRACE_KO flight_recorder={KEEP}; modprobe sch_netem")
tt.netns("a", "b")
tt.veth("a", "b", 1)
time.sleep(1)
close_and_handshake()
pair = retransmission()
violation(*pair)
reset(*pair)
overwritten()
loopback()
several()
tt.equal(tt.stat("a", "recorders_failed"), 0, "no recorder was missing")
without()
tt.done()
