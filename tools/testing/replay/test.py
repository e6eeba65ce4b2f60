#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""tcptracectl replay, built with ASan and UBSan: real captures, every link type, hostile files. TAP.

What is expected of the captures was read off tshark's dissection and RFC 9293; golden.py compares with tshark itself."""
import concurrent.futures
import gzip
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import jsonschema

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.dont_write_bytecode = True
sys.path += [HERE, os.path.join(TOP, "tools/testing/selftests/lib")]
import tt  # noqa: E402
from prometheus_client.openmetrics.parser import text_string_to_metric_families  # noqa: E402
from captures import PCAPS, Conversation, fragments4, fragments6, pcap, pcap_bytes, read_pcap, to_ipv6  # noqa: E402

WORK = tempfile.mkdtemp(prefix="tcptrace-replay.")
CTL = os.path.join(WORK, "tcptracectl")
MUTANTS = int(os.environ.get("REPLAY_MUTANTS", "600"))


def build():
    core = subprocess.run(["make", "-s", "-f", TOP + "/module/Kbuild.core", "--eval", "core: ; @echo $(tt-core)", "core"],
                          capture_output=True, text=True, check=True).stdout.split()
    sources = [f"{TOP}/module/{name}.c" for name in core]
    for directory in ("tcptracectl", "replay"):
        path = f"{TOP}/tools/{directory}"
        sources += [os.path.join(path, name) for name in os.listdir(path) if name.endswith(".c")]
    subprocess.run(["gcc", "-std=gnu11", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
                    "-D_GNU_SOURCE", *(f"-I{TOP}/{d}" for d in ("tools/tcptracectl", "tools/include", "tools/replay",
                                                                "module")),
                    "-o", CTL, *sources, "-ljansson", "-lpcap", "-lncursesw", "-ltinfo", "-lz"], check=True)


def ctl(*arguments, **more):
    return subprocess.run([CTL, *arguments], capture_output=True, timeout=60, **more)


def lines(*arguments, **more):
    run = ctl(*arguments, **more)
    return run.stdout.decode().splitlines()


def states(text):
    """The last state of each endpoint, by connection."""
    last = {}
    for line in text[1:]:
        field = line.split()
        if field[2] != "-":
            last.setdefault(int(field[2]), {})[field[5]] = field[7]
    return last


def stat(path, *arguments):
    return {n: int(v) for n, v in (line.split() for line in lines("-a", *arguments, "-f", path, "stats"))}


# ---- what the captures hold: segments, last states (client, server) by connection, verdicts worth a line
CLOSED = ("TIME-WAIT", "CLOSED")
HOLD = {
    "fin_retransmission": (5, {1: ("CLOSED", "CLOSED")}, {"fin_retransmission": 1, "bad_flags": 1}),
    "get-without-fins": (11, {1: ("ESTABLISHED", "ESTABLISHED")}, {}),
    "handshake-reorder": (14, {1: CLOSED}, {"midstream": 1, "syn_retransmission": 1}),
    "syn-synack": (2, {1: ("ESTABLISHED", "SYN-RECEIVED")}, {}),
    "syn-then-rst": (2, {1: ("CLOSED", "SYN-RECEIVED")}, {"late_rst": 1}),
    "missing-syn": (21, {1: CLOSED}, {"midstream": 1}),
    "retransmit-fast009": (39, {1: ("CLOSED", "CLOSED")}, {"fast_retransmission": 1, "retransmission": 2, "dup_ack": 5}),
    "option-sack": (4, {1: ("SYN-SENT", "SYN-RECEIVED")}, {"syn_retransmission": 3}),
    "timestamp": (878, {1: ("CLOSED", "TIME-WAIT")}, {}),
    "ip4-tcp-bad-chksum": (1, {}, {"bad_checksum": 1}),
    "ip6-tcp-bad-chksum": (1, {}, {"bad_checksum": 1}),
    "truncated-header": (24, {1: ("CLOSED", "TIME-WAIT")}, {"truncated": 1, "midstream": 1}),
    "ssh_client_sends_first_enc_pkt_with_newkeys": (47, {1: CLOSED}, {}),
}
FINE = ("data", "ack", "window_update", "syn", "synack", "handshake_ack", "simultaneous_open", "fin", "rst",
        "timewait_reuse", "tfo_syn")


def hold():
    for name, (segments, wanted, verdicts) in sorted(HOLD.items()):
        counted = stat(pcap(name))
        tt.equal(counted["segments"], segments, f"{name}: its segments are counted")
        tt.equal({n[8:]: v for n, v in counted.items() if n.startswith("verdict_") and v and n[8:] not in FINE},
                 verdicts, f"{name}: what is unusual in it")
        found = states(lines("replay", pcap(name)))
        tt.equal({c: (s["client"], s["server"]) for c, s in found.items()}, wanted, f"{name}: the last states")


def tshark():
    """golden.py, a TAP stream of its own."""
    if not shutil.which("tshark"):
        tt.ok(True, "the numbers and the analysis are tshark's # SKIP it is not installed")
        return
    run = subprocess.run([os.path.join(HERE, "golden.py"), CTL], check=False)
    tt.ok(run.returncode == 0, "the numbers and the analysis are tshark's")


def show():
    """show.py, the same."""
    run = subprocess.run([os.path.join(HERE, "show.py"), CTL], check=False)
    tt.ok(run.returncode == 0, "show draws captures")


# ---- captures made here: the same packets behind other headers

def write_pcap(name, link, packets):
    path = os.path.join(WORK, name)
    with open(path, "wb") as file:
        file.write(pcap_bytes(link, packets))
    return path


def links():
    name = "ssh_client_sends_first_enc_pkt_with_newkeys"
    want = lines("replay", pcap(name))
    packets = read_pcap(name)
    ether = [(s, u, n, d) for s, u, n, d in packets]

    def behind(header, link, label):
        path = write_pcap("link", link, [(s, u, 0, header + d[14:]) for s, u, _, d in ether])
        tt.equal(lines("replay", path), want, f"{label}: the lines are the same")

    macs = b"\0" * 12
    behind(b"", 101, "raw IP")
    behind(b"\x02\0\0\0", 0, "BSD loopback")
    behind(b"\0\0\0\x02", 108, "OpenBSD loopback")
    behind(macs + b"\x81\0\0\x05\x08\0", 1, "VLAN")
    behind(macs + b"\x88\xa8\0\x05\x81\0\0\x06\x08\0", 1, "QinQ")
    behind(macs + b"\x88\x64\x11\0\0\1\0\0\0\x21", 1, "PPPoE")
    behind(b"\0\0\0\1\0\6" + b"\0" * 8 + b"\x08\0", 113, "Linux cooked v1")
    behind(b"\x08\0" + b"\0" * 18, 276, "Linux cooked v2")
    behind(b"\xff\x03\0\x21", 9, "PPP")
    behind(b"\x21", 9, "PPP with its header compressed")
    behind(b"\xff\x03\0\x21", 50, "PPP in HDLC-like framing")
    behind(b"\x11\0\0\1\0\0\0\x21", 51, "PPPoE alone")
    behind(b"\x0f\0\x08\0", 104, "Cisco HDLC")
    behind(b"\0\1\x10\x40\0\2\x21\x40", 219, "MPLS, two labels")
    behind(macs + b"\x88\x47\0\1\x11\x40", 1, "MPLS on Ethernet")
    behind(macs + b"\0\x40\xaa\xaa\3\0\0\0\x08\0", 1, "802.3 with SNAP")
    behind(macs + b"\x91\0\0\5\x88\xa8\0\5\x81\0\0\6\x08\0", 1, "three VLAN tags")
    behind(b"", 228, "LINKTYPE_IPV4")
    behind(b"\0\0\0\2" + b"\0" * 8, 109, "OpenBSD enc")
    behind(b"\2\0\0\0" b"\x08\0\1\0\x08\0\0\0" b"\x07\0\x0a\0ab\0\0" + struct.pack("<HH", 64, 9), 239, "NFLOG")
    other = write_pcap("other", 0, [(s, u, 0, b"\7\0\0\0" + d[14:]) for s, u, _, d in ether])
    counted = stat(other)
    tt.equal((counted["segments"], counted["packets_without_tcp"]), (0, len(ether)), "another family on BSD loopback")
    six = [line.split()[5:] for line in want[1:]]
    for label, extensions in (("IPv6", []), ("IPv6 with hop-by-hop options", [(0, b"\0\1\4\0\0\0\0")]),
                              ("IPv6 with a routing header and options", [(43, b"\0\0\0\0\0\0\0"),
                                                                          (60, b"\0\1\4\0\0\0\0")]),
                              ("IPv6 with an authentication header", [(51, b"\4" + b"\0" * 22)]),
                              ("IPv6 in an atomic fragment", [(44, b"\0\0\0\0\0\0\1")])):
        path = write_pcap("six", 101, [(s, u, 0, to_ipv6(d[14:], extensions)) for s, u, _, d in ether])
        tt.equal([line.split()[5:] for line in lines("replay", path)[1:]], six, f"{label}: the lines are the same")
    nano = bytearray(open(pcap(name), "rb").read())
    tt.equal(lines("replay", "-", input=bytes(nano)), want, "standard input")


def fragments():
    name = "ssh_client_sends_first_enc_pkt_with_newkeys"
    want = lines("replay", pcap(name))
    packets = read_pcap(name)

    def cut(how, order=lambda parts: parts, six=False):
        return [(s, u, 0, part) for n, (s, u, _, d) in enumerate(packets)
                for part in order(how(to_ipv6(d[14:], [(60, b"\0\1\4\0\0\0\0")]) if six else d[14:], n))]

    def same(capture, label):
        counted = stat(capture)
        tt.equal((counted["fragments"], counted["segments"]), (0, len(packets)), f"{label}: put together")
        tt.equal([line.split()[6:] for line in lines("replay", capture)], [line.split()[6:] for line in want],
                 f"{label}: the lines are the same")

    random.seed(791)
    same(write_pcap("f", 101, cut(lambda ip, n: fragments4(ip, 400, n))), "IPv4 fragments")
    same(write_pcap("f", 101, cut(lambda ip, n: fragments4(ip, 24, n), lambda parts: parts[::-1])), "small, from the last on")
    same(write_pcap("f", 101, cut(lambda ip, n: fragments4(ip, 200, n), lambda parts: random.sample(parts, len(parts)))),
         "in any order")
    same(write_pcap("f", 101, cut(lambda ip, n: fragments6(ip, 400, n), six=True)), "IPv6 fragments")
    same(write_pcap("f", 101, cut(lambda ip, n: fragments6(ip, 16, n), lambda parts: parts[::-1], six=True)),
         "IPv6, with options cut through, from the last on")
    lost = write_pcap("f", 101, cut(lambda ip, n: fragments4(ip, 400, n), lambda parts: parts[:-1] if len(parts) > 1 else parts))
    counted, run = stat(lost), ctl("replay", lost)
    tt.ok(counted["fragments"] > 0 and 0 < counted["segments"] < len(packets), "fragments whose last is missing are counted",
          counted)
    tt.ok(f"not shown: {counted['fragments']} IP fragments".encode() in run.stderr, "and told", run.stderr)


def overlaps():
    ip = next(d[14:] for _, _, _, d in read_pcap("reassembly") if len(d) > 1400)
    parts = fragments4(ip, 400, 9)
    forged = fragments4(ip[:20] + b"\xff" * (len(ip) - 20), 400, 9)
    shifted = forged[1][:6] + struct.pack("!H", 0x2000 | 49) + b"\x40\6\0\0" + forged[1][12:]
    early = forged[1][:6] + struct.pack("!H", 50) + b"\x40\6\0\0" + forged[1][12:]
    for label, packets, whole in (("a fragment that overlaps ends its datagram (RFC 5722)", [parts[0], shifted, *parts[1:]], 0),
                                  ("an end before what came already", [parts[0], *parts[2:], early], 0),
                                  ("the same place again is ignored", [parts[0], forged[0], *parts[1:]], 1),
                                  ("31 seconds are too long", [parts[0], None, *parts[1:]], 0)):
        at, out = 100, []
        for part in packets:
            if part:
                out.append((at, 0, 0, part))
            else:
                at += 31
        counted = stat(write_pcap("f", 101, out))
        tt.equal(counted["segments"], whole, label, counted)
    flood = [(1, 0, 0, fragments4(ip, 400, n)[0]) for n in range(3000)]
    counted = stat(write_pcap("f", 101, flood))
    tt.equal(counted["fragments"], 3000, "more of them than are kept: all are counted")


def checksums():
    """A capture of a machine whose device fills in checksums, its addresses rewritten afterwards."""
    name = "ssh_client_sends_first_enc_pkt_with_newkeys"
    packets = read_pcap(name)
    source = packets[0][3][26:30]
    wrong = [(s, u, n, d[:50] + bytes((d[50] ^ 0x55, d[51])) + d[52:] if d[26:30] == source else d)
             for s, u, n, d in packets]
    path = write_pcap("offload", 1, wrong)
    run = ctl("replay", path)
    address = ".".join(str(byte) for byte in source)
    tt.ok(run.stdout.decode().splitlines() == lines("replay", pcap(name)) and address in run.stderr.decode(),
          "checksums of one source are mostly wrong: not verified, and said", run.stderr)
    tt.equal(int(stat(path, "--checksum", "always")["verdict_bad_checksum"]), sum(d[26:30] == source for *_, d in packets),
             "--checksum always")
    few = [packet if i < 3 else packets[i] for i, packet in enumerate(wrong)]
    tt.equal(int(stat(write_pcap("few", 1, few))["verdict_bad_checksum"]), sum(d[26:30] == source for *_, d in packets[:3]),
             "a few wrong checksums are those of damaged segments")


def compressed():
    whole = open(pcap("timestamp"), "rb").read()
    path = os.path.join(WORK, "timestamp.pcap.gz")
    with open(path, "wb") as file:
        file.write(gzip.compress(whole))
    tt.equal(lines("replay", path), lines("replay", pcap("timestamp")), "gzip: the lines are the same")
    tt.equal(lines("-f", path, "list"), lines("-f", pcap("timestamp"), "list"), "and the connections")
    with open(path, "wb") as file:
        file.write(gzip.compress(whole)[:-200])
    run = ctl("replay", path)
    tt.ok(run.returncode == 6 and run.stderr and len(run.stdout.splitlines()) > 3,
          "gzip that broke off: a message, status 6, and what there was", run.stderr)


def terminal():
    """The progress bar, on a terminal."""
    size = 0
    big = os.path.join(WORK, "big")
    body = pcap_bytes(1, read_pcap("timestamp"))[24:]
    with open(big, "wb") as file:
        file.write(pcap_bytes(1, []))
        while size < 80 << 20:
            size += file.write(body)
    run = subprocess.run(["script", "-qec", f"{CTL} --checksum never replay {big} >/dev/null", "/dev/null"],
                         capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=60)
    shares = [int(n) for n in re.findall(rb"\r\[#* *\] +(\d+)%", run.stdout)]
    tt.ok(len(shares) > 2 and shares == sorted(shares) and 0 <= shares[0] and shares[-1] <= 100,
          "a long file has a progress bar on a terminal", run.stdout[:300])
    tt.ok(b"\r\x1b[K" in run.stdout, "and it is gone in the end")
    tt.ok(b"%" not in ctl("--checksum", "never", "replay", big).stderr, "but not in a pipe")
    os.unlink(big)


def growing():
    """A file, or a pipe, that somebody is still writing."""
    name = pcap("timestamp")
    data = open(name, "rb").read()
    want = lines("replay", name)
    grows = os.path.join(WORK, "grows")
    with open(grows, "wb") as file:
        file.write(data[:30000])
        file.flush()
        run = ctl("replay", grows)
        some = run.stdout.decode().splitlines()
        tt.ok(run.returncode == 6 and b"truncated" in run.stderr and some == want[:len(some)] and len(some) > 5,
              "a file that is being written: what there is, a message, status 6", run.returncode, run.stderr)
        file.write(data[30000:])
    tt.equal(lines("replay", grows), want, "and later the rest")
    for options, text in (((), "before its end"), (("--state", "SYN-SENT,LISTEN,SYN-RECEIVED"), "also through a filter")):
        with subprocess.Popen(["timeout", "20", CTL, *options, "replay", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as process:
            process.stdin.write(data[:24 + 32 * (16 + 96)])
            process.stdin.flush()
            first = [process.stdout.readline().decode().rstrip() for _ in range(3)]
            tt.equal(first[-2:], want[1:3] if not options else want[2:4], f"lines of a pipe come {text}")
            process.stdin.close()


def timers():
    """They run on the capture's time."""
    c = Conversation()
    c.handshake()
    c.close()
    end, c.now = c.now, c.now + 100
    c.segment(0, 2, 99)
    path = write_pcap("timers", 101, c.packets)
    over = [line.split() for line in lines("replay", path) if " timeout " in line]
    tt.equal([f[5:8] for f in over], [["client", "TIME-WAIT", "CLOSED"]], "TIME-WAIT is over in a capture that goes on")
    tt.ok(over and abs(float(over[0][1]) - end - 60) < .01, "60 seconds after its last segment", over, end)
    path = write_pcap("timers", 101, c.packets[:-1])
    tt.equal([line for line in lines("replay", path) if " timeout " in line], [], "but not in one that ends before")


def local():
    name = pcap("ssh_client_sends_first_enc_pkt_with_newkeys")
    got = [line.split() for line in lines("replay", "--local", "10.0.2.0/24", name)[1:]]
    client = {f[8] for f in got if f[5] == "client"}
    tt.equal(client, {"sent", "received"}, "--local: nothing is presumed of a local client")
    tt.ok("presumed" in {f[8] for f in got if f[5] == "server"}, "but of the remote server")
    got = [line.split() for line in lines("replay", "--local", "0.0.0.0/0", name)[1:]]
    tt.equal([f for f in got if f[8] == "presumed" and f[7] != "LISTEN"], [], "--local for both: nothing but LISTEN")


def commands():
    name = pcap("timestamp")
    run = ctl("-f", name, "show", "1")
    tt.ok(run.returncode == 0 and "ack 2671263823 = x+1 ✓" in run.stdout.decode(), "show draws a capture's connection", run.stdout)
    rows = [json.loads(line) for line in lines("--json", "-f", name, "list")]
    tt.ok(len(rows) == 1 and rows[0]["s_bytes"] > 900000 and rows[0]["ended"] == "fin", "list has its row", rows)
    rows = [json.loads(line) for line in lines("--json", "replay", name)]
    tt.equal(rows[0]["to"], "SYN-SENT", "--json is one object a line")
    tt.equal(len(lines("--state", "TIME-WAIT", "replay", name)), 1, "filters work")


def why():
    """Who closed first and what is missing, as the capture has it."""
    text = ctl("-f", pcap("timestamp"), "why", "1").stdout.decode()
    tt.ok("The server closed first: its FIN (seq 3361746693)" in text and "The client closed second" in text,
          "why: who closed first", text)
    text = ctl("-f", pcap("syn-synack"), "why", "1").stdout.decode()
    tt.ok("the client's ACK of it, with ack 2779762239, is missing" in text, "why: what is missing", text)
    text = ctl("-f", pcap("fin_retransmission"), "why", "1").stdout.decode()
    tt.ok("The client broke RFC 9293 3.1 once (bad_flags)" in text and "should drop it in silence" in text,
          "why: what broke a rule, and what its receiver should do", text)
    tt.equal(ctl("-f", pcap("timestamp"), "why", "7").returncode, 1, "why: no such connection")


def schema():
    """Every object of every capture is what the schema says."""
    with open(os.path.join(TOP, "tools/tcptracectl/tcptracectl.schema.json"), encoding="utf-8") as file:
        described = json.load(file)
    jsonschema.Draft202012Validator.check_schema(described)
    for kind, arguments in (("event", ["follow"]), ("connection", ["list"]), ("counter", ["-a", "stats"]),
                            ("reason", ["why", "1"])):
        validator = jsonschema.Draft202012Validator({**described, "anyOf": [{"$ref": "#/$defs/" + kind}]})
        known, problems, checked = described["$defs"][kind]["properties"], [], 0
        for name in sorted(HOLD):
            for row in (json.loads(line) for line in lines("--json", "-f", pcap(name), *arguments)):
                checked += 1
                problems += [f"{name}: {error.message}" for error in validator.iter_errors(row)]
                problems += [f"{name}: {member} is not described" for member in row if member not in known]
        tt.ok(checked and not problems, f"{checked} objects of the kind {kind} are what the schema says", *problems[:5])


def errors():
    def fails(words, status, *arguments, **more):
        run = ctl(*arguments, **more)
        tt.ok(run.returncode == status and words in run.stderr.decode(errors="replace"),
              f"tcptracectl {' '.join(arguments).replace(WORK, '')}: status {status}", run.returncode, run.stderr)

    for name, data in (("empty", b""), ("garbage", b"nothing like a capture" * 10)):
        with open(os.path.join(WORK, name), "wb") as file:
            file.write(data)
        fails(name, 6, "replay", os.path.join(WORK, name))
    fails("No such file", 6, "replay", "/nonexistent")
    fails("directory", 6, "replay", "/tmp")
    fails("not known", 6, "replay", write_pcap("bluetooth", 201, []))
    run = ctl("-f", os.path.join(WORK, "bluetooth"), "list")
    tt.equal((run.returncode, len(run.stderr.splitlines())), (6, 1), "list of it: one message")
    fails("one FILE", 2, "replay")
    fails("no IPv4 or IPv6", 2, "--local", "x", "replay", pcap("timestamp"))
    fails("a prefix is", 2, "--local", "::/129", "replay", pcap("timestamp"))
    whole = open(pcap("timestamp"), "rb").read()
    run = ctl("replay", "-", input=whole[:-100])
    tt.ok(run.returncode == 6 and b"truncated" in run.stderr and len(run.stdout.splitlines()) > 8,
          "a capture that broke off: a message, status 6, and what there was", run.stderr)
    run = subprocess.run(f"{CTL} replay {pcap('reassembly')} | head -n 1", shell=True, capture_output=True, text=True,
                         check=False)
    tt.ok(run.stdout.startswith("# tcptrace 1") and "runtime error" not in run.stderr, "a pipe that closes", run.stderr)


def hostile():
    small = open(pcap("syn-synack"), "rb").read()
    bad = []
    whole = lines("replay", pcap("syn-synack"))
    for cut in range(len(small)):
        run = ctl("replay", "-", input=small[:cut])
        text = run.stdout.decode().splitlines()
        if run.returncode not in (0, 6) or text != whole[:len(text)] or b"runtime error" in run.stderr:
            bad.append((cut, run.returncode, run.stderr[-500:]))
    tt.equal(bad, [], f"cut at each of {len(small)} bytes")
    random.seed(9293)
    sources = [open(os.path.join(PCAPS, name), "rb").read()[:6000] for name in sorted(os.listdir(PCAPS))
               if name.endswith(".pcap")]

    def mutant(i):
        data = bytearray(random.choice(sources))
        for _ in range(random.choice((1, 2, 5, 30))):
            data[random.randrange(24 if i % 4 else 0, len(data))] = random.choice((0, 255, random.randrange(256)))
        return random.choice(("auto", "never")), bytes(data)

    def bad(mutated):
        run = ctl("--checksum", mutated[0], "replay", "-", input=mutated[1])
        return run.returncode not in (0, 6) or (run.returncode and not run.stderr)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        mutants = [mutant(i) for i in range(MUTANTS)]
        found = [mutated for mutated, is_bad in zip(mutants, pool.map(bad, mutants)) if is_bad]
    tt.equal(found[:3], [], f"{MUTANTS} mutated captures: no crash, and a message with status 6")


def hostile_packets():
    """Thousands of mutated packets in one capture, for each link type."""
    random.seed(7323)
    frames = [d for name in ("reassembly", "option-sack", "tcp-fast-open") for _, _, _, d in read_pcap(name)]
    frames += [b"\0" * 12 + b"\x86\xdd" + part for d in frames[:40] if d[12:14] == b"\x08\0"
               for part in fragments6(to_ipv6(d[14:], [(60, b"\0\1\4\0\0\0\0")]), 24, random.randrange(3))]
    frames += [d[:14] + part for d in frames[:40] if d[12:14] == b"\x08\0" for part in fragments4(d[14:], 24, random.randrange(3))]
    for link in (0, 1, 9, 50, 51, 101, 104, 108, 109, 113, 219, 228, 229, 239, 276):
        packets = []
        for n in range(3000):
            data = bytearray(random.choice(frames)[0 if link == 1 or n % 2 else 14:])
            for _ in range(random.choice((0, 1, 2, 8))):
                data[random.randrange(min(len(data), 60))] = random.choice((0, 255, 1 << random.randrange(8), random.randrange(256)))
            cut = random.choice((len(data), random.randrange(len(data))))
            packets.append((n // 30 + random.choice((0, 0, 0, 100)), 0, random.choice((0, len(data))), bytes(data[:cut])))
        run = ctl("--checksum", "never", "-a", "-f", write_pcap("hostile", link, packets), "stats")
        tt.ok(run.returncode == 0 and re.search(rb"^packets +3000$", run.stdout, re.M), f"3000 mutated packets of link type {link}", run.stderr[-900:])


def offered():
    """What --help names: the commands, the long options."""
    text = ctl("--help").stdout.decode()
    commands = [line.split()[0] for line in text.split("commands:\n")[1].split("\n\n")[0].splitlines()
                if line.startswith("  ") and line[2] != " "]
    return commands, re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", text, re.M)


def completion():
    script = os.path.join(TOP, "tools/tcptracectl/tcptracectl.bash")

    def complete(*words):
        run = subprocess.run(["bash", "-c", 'source "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); '
                              '_tcptracectl; printf "%s\n" "${COMPREPLY[@]}"', "-", script, "tcptracectl", *words],
                             capture_output=True, text=True, check=True, cwd=PCAPS,
                             env=dict(os.environ, PATH=WORK + ":" + os.environ["PATH"]))
        return run.stdout.split()

    commands, options = offered()
    tt.ok("replay" in commands and "--json" in options, "--help names commands and options", commands, options)
    tt.equal(sorted(complete("")), sorted(commands + options), "completion offers what --help names, and no more")
    tt.equal(complete("repl"), ["replay"], "it completes a command")
    tt.equal(complete("--loc"), ["--local"], "and an option")
    tt.equal(complete("--state", "FIN"), ["FIN-WAIT-1", "FIN-WAIT-2"], "and a state")
    tt.equal(complete("--checksum", "a"), ["auto", "always"], "and what --checksum takes")
    tt.equal(complete("replay", "syn-t"), ["syn-then-rst.pcap"], "and a file")


def metrics():
    """The counters as OpenMetrics, read by another program's strict parser."""
    stat = os.path.join(WORK, "stat")
    with open(stat, "w", encoding="ascii") as file:
        file.write("# tcptrace 1 name value\nconnections 3\nconnections_max 64\nconnections_total 9\nsegments 8\n"
                   "malformed_ip 4\nfrom_a_later_version 1\nverdict_data 5\nverdict_gap 2\nverdict_bad_flags 1\n"
                   "verdict_of_a_later_version 6\n")
    for path in (os.path.join(PCAPS, "syn-then-rst.pcap"), stat):
        families = list(text_string_to_metric_families(ctl("-f", path, "--openmetrics", "stats").stdout.decode()))
        samples = [sample for family in families for sample in family.samples]
        values = {}
        for sample in samples:
            kind = next(iter(sample.labels), None)
            name = {"verdict": "verdict_", "reason": "malformed_"}.get(kind, "") + sample.labels.get(kind, "") or sample.name
            values[name.removeprefix("tcptrace_").removesuffix("_total")] = int(sample.value)
        want = {{"connections_total": "connections_traced"}.get(name, name): int(value)
                for name, value in (line.split() for line in lines("-f", path, "-a", "stats"))}
        tt.equal(values, want, f"OpenMetrics has every counter of {os.path.basename(path)}")
    kinds = {family.name: family.type for family in families}
    tt.equal((kinds["tcptrace_connections"], kinds["tcptrace_segments"]), ("gauge", "counter"), "gauges and counters")
    classes = {sample.labels["verdict"]: sample.labels.get("class") for sample in samples if "verdict" in sample.labels}
    tt.equal((classes["data"], classes["gap"], classes["bad_flags"]), ("fine", "unusual", "violation"), "classes")
    run = ctl("--openmetrics", "list")
    tt.ok(run.returncode == 2 and b"stats" in run.stderr, "--openmetrics with another command: exit status 2", run.stderr)


def manual():
    with open(os.path.join(TOP, "tools/tcptracectl/tcptracectl.8"), encoding="utf-8") as file:
        page = file.read().replace("\\-", "-")
    commands, options = offered()
    missing = [word for word in commands + options if word not in ("--help", "--version") and word not in page]
    tt.equal(missing, [], "the man page has every command and option of --help")


def hostile_saved():
    """Files that only look like the module's: no command reads or writes where it must not."""
    def saved(text):
        path = os.path.join(WORK, "saved")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    connections, transitions = (ctl("-f", pcap("syn-synack"), *words).stdout.decode()
                                for words in (["list", "-j"], ["follow"]))
    fields = " ".join(json.loads(connections))
    values = "1 1.1.1.1:1 2.2.2.2:2" + " -" * (len(fields.split()) - 3)
    path = saved(f"# tcptrace 1 {fields}\n# a remark\n{values}\n# {'long ' * 1000}\n{values}\n")
    tt.equal([ctl("-f", path, "list").returncode, len(lines("-f", path, "list"))], [0, 3],
             "list passes over remarks")
    path = saved("# tcptrace 1 name value\n# a remark\nsegments 1\n# " + "long " * 1000 + "\nevents 2\n")
    tt.equal([line.split() for line in lines("-f", path, "stats")], [["segments", "1"], ["events", "2"]],
             "stats passes over remarks")
    names = lines("replay", pcap("syn-synack"))[0]
    line = "1 {} 1 1.1.1.1:1 2.2.2.2:2 client CLOSED SYN-SENT sent {} 1 1 1 1 syn\n"
    for what, text in (("flags of 1000 letters", line.format("1.0", "S" * 1000)),
                       ("a time of 30 digits", line.format("9" * 30 + ".1", "S") + line.format("0.1", "S"))):
        run = ctl("-f", saved(f"{names}\n{text}"), "show", "1")
        tt.ok(run.returncode == 0 and b"SYN-SENT" in run.stdout, f"show draws {what}", run.stderr[-900:])
    run = ctl("--addr", "10.0.0.0/4294967304", "-f", saved(transitions), "follow")
    tt.equal(run.returncode, 2, "a prefix of 2^32 + 8 bits is none")


build()
hold()
tshark()
show()
links()
fragments()
overlaps()
checksums()
compressed()
terminal()
growing()
timers()
local()
commands()
why()
schema()
errors()
completion()
metrics()
manual()
hostile()
hostile_packets()
hostile_saved()
shutil.rmtree(WORK)
tt.done()
