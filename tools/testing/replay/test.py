#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""tcptracectl replay, built with ASan and UBSan: real captures, every link type, hostile files. TAP.

What is expected of the captures was read off tshark's dissection and RFC 9293; where tshark is installed, the numbers of
every line are compared with its."""
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(TOP, "tools/testing/selftests/lib"))
import tt  # noqa: E402

PCAPS = os.path.join(TOP, "tools/testing/pcaps")
WORK = tempfile.mkdtemp(prefix="tcptrace-replay.")
CTL = os.path.join(WORK, "tcptracectl")


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
                    "-o", CTL, *sources, "-ljansson", "-lpcap"], check=True)


def ctl(*arguments, **more):
    return subprocess.run([CTL, *arguments], capture_output=True, timeout=60, **more)


def lines(*arguments, **more):
    run = ctl(*arguments, **more)
    return run.stdout.decode().splitlines()


def pcap(name):
    return os.path.join(PCAPS, name + ".pcap")


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
    """seq, ack, flags of every line are those of a segment that tshark sees at that time."""
    if not shutil.which("tshark"):
        tt.ok(True, "the numbers are tshark's # SKIP it is not installed")
        return
    for name in sorted(os.listdir(PCAPS)):
        if not name.endswith(".pcap"):
            continue
        fields = ["frame.time_epoch", "tcp.seq_raw", "tcp.ack_raw", "tcp.flags"]
        run = subprocess.run(["tshark", "-r", os.path.join(PCAPS, name), "-Y", "tcp", "-T", "fields"] +
                             [word for field in fields for word in ("-e", field)], capture_output=True, text=True,
                             check=True)
        seen = set()
        for row in (line.split("\t") for line in run.stdout.splitlines()):
            if all(row):
                flags = int(row[3], 0)
                letters = "".join(c for bit, c in zip((2, 1, 4, 8, 16, 32, 64, 128), "SFRPAUEC") if flags & bit) or "-"
                seen.add((row[0], row[1], row[2] if flags & 16 else "-", letters))
        wrong = []
        for line in lines("replay", os.path.join(PCAPS, name))[1:]:
            f = line.split()
            if f[9] != "-" and f[14] != "truncated" and (f[1], f[10], f[11], f[9]) not in seen:
                wrong.append(line)
        tt.ok(seen or "truncated" in name, f"{name}: tshark sees segments")
        tt.equal(wrong, [], f"{name}: the numbers are tshark's")


# ---- captures made here: the same packets behind other headers

def read_pcap(name):
    with open(pcap(name), "rb") as file:
        data = file.read()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    packets, at = [], 24
    while at < len(data):
        sec, usec, have, size = struct.unpack(order + "IIII", data[at:at + 16])
        packets.append((sec, usec, size, data[at + 16:at + 16 + have]))
        at += 16 + have
    return packets


def write_pcap(name, link, packets):
    path = os.path.join(WORK, name)
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link))
        for sec, usec, size, data in packets:
            file.write(struct.pack("<IIII", sec, usec, len(data), max(size, len(data))) + data)
    return path


def checksum(data):
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def to_ipv6(ip, extensions):
    """The same TCP segment in IPv6, with these extension headers: a list of (type, bytes without next header)."""
    tcp = ip[(ip[0] & 15) * 4:struct.unpack("!H", ip[2:4])[0]]
    addresses = b"\xfd" + b"\0" * 11 + ip[12:16] + b"\xfd" + b"\0" * 11 + ip[16:20]
    pseudo = addresses + struct.pack("!II", len(tcp), 6)
    tcp = tcp[:16] + b"\0\0" + tcp[18:]
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    kinds = [kind for kind, _ in extensions] + [6]
    chain = b"".join(bytes([kinds[i + 1]]) + body for i, (_, body) in enumerate(extensions))
    return struct.pack("!IHBB", 6 << 28, len(chain + tcp), kinds[0], 64) + addresses + chain + tcp


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
    six = [line.split()[5:] for line in want[1:]]
    for label, extensions in (("IPv6", []), ("IPv6 with hop-by-hop options", [(0, b"\0\1\4\0\0\0\0")]),
                              ("IPv6 with a routing header and options", [(43, b"\0\0\0\0\0\0\0"),
                                                                          (60, b"\0\1\4\0\0\0\0")]),
                              ("IPv6 with an authentication header", [(51, b"\4" + b"\0" * 22)]),
                              ("IPv6 in an atomic fragment", [(44, b"\0\0\0\0\0\0\1")])):
        path = write_pcap("six", 101, [(s, u, 0, to_ipv6(d[14:], extensions)) for s, u, _, d in ether])
        tt.equal([line.split()[5:] for line in lines("replay", path)[1:]], six, f"{label}: the lines are the same")
    path = write_pcap("fragment", 101, [(s, u, 0, to_ipv6(d[14:], [(44, b"\0\0\1\0\0\0\1")])) for s, u, _, d in ether])
    counted = stat(path)
    tt.equal((counted["fragments"], counted["segments"]), (len(ether), 0), "IPv6 fragments are counted")
    run = ctl("replay", path)
    tt.ok(b"not shown: 47 IP fragments" in run.stderr, "and told", run.stderr)
    nano = bytearray(open(pcap(name), "rb").read())
    tt.equal(lines("replay", "-", input=bytes(nano)), want, "standard input")


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
    tt.ok(run.returncode == 0 and "ack = x+1 ✓" in run.stdout.decode(), "show draws a capture's connection", run.stdout)
    rows = [json.loads(line) for line in lines("--json", "-f", name, "list")]
    tt.ok(len(rows) == 1 and rows[0]["s_bytes"] > 900000 and rows[0]["ended"] == "fin", "list has its row", rows)
    rows = [json.loads(line) for line in lines("--json", "replay", name)]
    tt.equal(rows[0]["to"], "SYN-SENT", "--json is one object a line")
    tt.equal(len(lines("--state", "TIME-WAIT", "replay", name)), 1, "filters work")


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
    bad = []
    sources = [open(pcap(name), "rb").read() for name in ("option-sack", "syn-synack", "fin_retransmission",
                                                          "tcp-fast-open", "truncated-header", "ip6-tcp-bad-chksum")]
    for i in range(400):
        data = bytearray(random.choice(sources))
        for _ in range(random.choice((1, 2, 5, 30))):
            data[random.randrange(24 if i % 4 else 0, len(data))] = random.choice((0, 255, random.randrange(256)))
        run = ctl("--checksum", random.choice(("auto", "never")), "replay", "-", input=bytes(data))
        if run.returncode not in (0, 6):
            bad.append((i, run.returncode, run.stderr[-800:]))
    tt.equal(bad, [], "400 mutated captures")


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


def manual():
    with open(os.path.join(TOP, "tools/tcptracectl/tcptracectl.8"), encoding="utf-8") as file:
        page = file.read().replace("\\-", "-")
    commands, options = offered()
    missing = [word for word in commands + options if word not in ("--help", "--version") and word not in page]
    tt.equal(missing, [], "the man page has every command and option of --help")


build()
hold()
tshark()
links()
local()
commands()
errors()
completion()
manual()
hostile()
shutil.rmtree(WORK)
tt.done()
