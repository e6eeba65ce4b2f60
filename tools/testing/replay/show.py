#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""show.py TCPTRACECTL: the ladders of captures, as text, JSON and SVG. TAP.

The numbers are tshark's: compared with it where it is installed, else as read off its dissection."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.dom.minidom

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path += [HERE, os.path.join(os.path.dirname(HERE), "selftests/lib")]
import tt  # noqa: E402
from captures import PCAPS  # noqa: E402

CTL = sys.argv[1]
WORK = tempfile.mkdtemp(prefix="tcptrace-show.")


def ctl(*arguments, **more):
    return subprocess.run([CTL, *arguments], capture_output=True, timeout=60, check=False, **more)


def lines(*arguments, **more):
    return ctl(*arguments, **more).stdout.decode().splitlines()


def pcap(name):
    return os.path.join(PCAPS, name + ".pcap")


FIELDS = ("frame.time_epoch", "tcp.seq_raw", "tcp.ack_raw", "tcp.flags", "tcp.len", "tcp.seq", "tcp.ack",
          "tcp.analysis.retransmission")


def dissected(name):
    """tshark's rows of a capture: time, flags, seq, ack, len, relative seq, is it a retransmission."""
    run = subprocess.run(["tshark", "-r", pcap(name), "-Y", "tcp", "-T", "fields"] +
                         [word for field in FIELDS for word in ("-e", field)], capture_output=True, text=True, check=True)
    names = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
    order = ("SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
    for time, seq, ack, flags, size, relative, _, again in (line.split("\t") for line in run.stdout.splitlines()):
        flags = {n for i, n in enumerate(names) if int(flags, 0) >> i & 1}
        yield (time, ",".join(n for n in order if n in flags), int(seq), int(ack) if "ACK" in flags else None, int(size),
               int(relative), bool(again))


def stories(name):
    return [json.loads(line) for line in lines("--json", "-f", pcap(name), "show", "1")]


def show_tshark():
    if not shutil.which("tshark"):
        tt.ok(True, "show's numbers are tshark's # SKIP it is not installed")
        return
    for name in ("timestamp", "retransmit-fast009", "ssh_client_sends_first_enc_pkt_with_newkeys", "get-without-fins"):
        want = list(dissected(name))
        told, = stories(name)
        steps = [step for step in told["steps"] if step["kind"] == "segment"]
        tt.equal([(e["time"], e["flags"], e["seq"], e["ack"], e["len"], e["seq_relative"]) for e in steps],
                 [row[:6] for row in want], f"{name}: show has tshark's segments, absolute and relative")
        tt.equal([e["seq"] for e in steps if "retransmission" in e["verdict"]], [row[2] for row in want if row[6]],
                 f"{name}: and its retransmissions")


def drawn(name, *arguments, columns="80", locale="C.UTF-8"):
    more = dict(os.environ, LC_ALL=locale, COLUMNS=columns)
    return ctl(*arguments, "-f", pcap(name), "show", "1", env=more).stdout.decode()


def show_text():
    text = drawn("timestamp")
    plain = re.sub("[│\n]", " ", text)
    for part in ("SYN seq 2671263822 = x,", "SYN,ACK seq 3360746692 = y", "ack 2671263823 = x+1 ✓", "ack 3360746693 = y+1 ✓",
                 "ack 3361746694 = y+1000002", "ack 2671263824 = x+2", "FIN's seq 3361746693"):
        tt.ok(part in text, f"show: {part}", text)
    tt.equal(text.count("ack = FIN's seq+1 ✓"), 3, "show: the ACKs of both FINs are checked", text)
    folded = re.search(r"… ([0-9,]+) segments, ([0-9.]+) kB from the server, folded; --all shows them",
                       re.sub(" +", " ", plain))
    arrows = text.count("►") + text.count("◄")
    tt.ok(folded and arrows < 20 and arrows + int(folded[1]) == 878, "show: drawn and folded are the capture's 878 segments",
          text)
    whole = drawn("timestamp", "--all")
    tt.equal(whole.count("►") + whole.count("◄"), 878, "show --all draws all of them")
    for columns in (72, 80, 160):
        widest = max(map(len, drawn("timestamp", columns=str(columns)).splitlines()))
        tt.ok(columns - 5 <= widest <= columns, f"show: as wide as {columns} columns, not wider", widest)
    tt.ok(drawn("timestamp", locale="C").isascii(), "show is ASCII in the C locale")
    text = re.sub(" +", " ", re.sub("[│\n]", " ", drawn("retransmit-fast009")))
    for part in ("! dup_ack (RFC 5681 2)", "! fast_retransmission: sent 0.366 s before (RFC 5681 3.2)", "60.2 s pass"):
        tt.ok(part in text, f"show: {part}", text)
    text = drawn("fin_retransmission")
    tt.ok("✗ bad_flags (RFC 9293 3.1)" in text, "show: a violation, and the section", text)


def show_svg():
    svg = ctl("--svg", "--all", "-f", pcap("fin_retransmission"), "show", "1").stdout.decode()
    root = xml.dom.minidom.parseString(svg).documentElement
    paths = [e for e in root.getElementsByTagName("path") if e.getAttribute("class") != "bar"]
    tt.equal((root.tagName, len(paths)), ("svg", 5), "--svg: well-formed, an arrow for each segment")
    tt.ok(svg.count("violation") > 2 and "prefers-color-scheme: dark" in svg and "http" not in
          svg.replace("http://www.w3.org/2000/svg", ""), "it needs nothing else, and knows the dark", svg[:900])
    header = lines("--segments", "replay", pcap("syn-synack"))[0]
    path = os.path.join(WORK, "saved")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{header}\n1 1.0 1 <a&b>\x1b:1 \xe9:2 client passed S 1 - 0 1 syn - - - SYN-SENT LISTEN 1 -\n")
    svg = ctl("--svg", "-f", path, "show", "1").stdout.decode()
    tt.ok("&lt;a&amp;b&gt;?:1" in svg and xml.dom.minidom.parseString(svg), "what a file says is escaped", svg[-900:])


def show_saved():
    """From saved copies of both files."""
    path = os.path.join(WORK, "saved")
    for words, label in ((["--segments"], "segments"), ([], "transitions")):
        with open(path, "wb") as file:
            file.write(ctl(*words, "replay", pcap("timestamp")).stdout)
        text = ctl("-f", path, "show", "1", env=dict(os.environ, LC_ALL="C.UTF-8")).stdout.decode()
        tt.ok("= y+1 ✓" in text and "now: client CLOSED, server TIME-WAIT" in text and
              ("drawn from the log" in text) == (label == "transitions"), f"show reads saved {label}", text)
    with open(path, "wb") as file:
        rows = ctl("--segments", "replay", pcap("timestamp")).stdout.splitlines(keepends=True)
        file.writelines(rows[:1] + rows[101:])
    text = re.sub(" +", " ", re.sub("[│\n]", " ", ctl("-f", path, "show", "1").stdout.decode()))
    tt.ok("the flight recorder overwrote 100 earlier segments" in text, "and says what is missing", text)


def show_readme():
    """The ladder in the README is what the tool draws."""
    with open(os.path.join(PCAPS, "../../../README.md"), encoding="utf-8") as file:
        text = "".join(line.removeprefix("    ") for line in file)
    tt.ok(drawn("fin_retransmission") in text, "the README's ladder is drawn so", drawn("fin_retransmission"))


def show_errors():
    for words, status, *arguments in (
            ("no connection 99 in", 1, "show", "99"),
            ("no connection 1.2.3.4:5 6.7.8.9:1 in", 1, "show", "1.2.3.4:5", "6.7.8.9:1"),
            ("not both", 2, "--json", "--svg", "show", "1"), ("show needs CONN", 2, "show")):
        run = ctl("-f", pcap("timestamp"), *arguments)
        tt.ok(run.returncode == status and words in run.stderr.decode() and not run.stdout,
              f"{' '.join(arguments)}: status {status}", run.returncode, run.stderr)


show_tshark()
show_text()
show_svg()
show_saved()
show_readme()
show_errors()
shutil.rmtree(WORK)
tt.done()
