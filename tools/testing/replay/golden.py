#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""golden.py TCPTRACECTL: replay beside tshark's dissection, segment by segment. TAP.

Compared are seq, ack, len and flags, and the verdicts that mean the same as an analysis flag of tshark. Every capture of
tools/testing/pcaps, and one made here that has what those lack. Where the two differ on purpose DIFFERENCES says why, and
module/Documentation/verdicts.rst tells it; an entry that is not needed any more fails, too."""
import collections
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path += [HERE, os.path.join(os.path.dirname(HERE), "selftests/lib")]
import tt  # noqa: E402
from captures import PCAPS, Conversation, pcap_bytes  # noqa: E402

VERDICTS = os.path.join(os.path.dirname(PCAPS), "../../module/Documentation/verdicts.rst")

# our verdicts by tshark's name, tcp.analysis.*
SAME = {
    "retransmission": ("retransmission", "fast_retransmission", "spurious_retransmission", "partial_retransmission",
                       "syn_retransmission", "synack_retransmission", "fin_retransmission"),
    "duplicate_ack": ("dup_ack",),
    "lost_segment": ("gap",),
    "ack_lost_segment": ("observer_gap",),
    "out_of_order": ("out_of_order",),
    "window_full": ("window_full",),
    "zero_window": ("zero_window",),
    "zero_window_probe": ("zero_window_probe",),
    "zero_window_probe_ack": ("zero_window_probe_ack",),
    "keep_alive": ("keepalive",),
    "keep_alive_ack": ("keepalive_ack",),
    "reused_ports": ("port_reuse", "timewait_reuse"),
}
OURS = {verdict: name for name, verdicts in SAME.items() for verdict in verdicts}
LETTERS = "FSRPAUEC"

# (capture, tshark's name or None, our verdict or None): the reason, a term of verdicts.rst
DIFFERENCES = {
    ("fin_retransmission", "retransmission", "bad_flags"): "one verdict a segment",
    ("reassembly", "lost_segment", "ts_unnegotiated"): "one verdict a segment",
    ("reassembly", "retransmission", "ts_unnegotiated"): "one verdict a segment",
    ("reassembly", "ack_lost_segment", "fin_retransmission"): "an ACK of what was not captured",
    ("reassembly", "ack_lost_segment", None): "an ACK of what was not captured",
    ("reassembly", None, "observer_gap"): "an ACK of what was not captured",
    ("one-sided-2745", None, "observer_gap"): "an ACK of what was not captured",
    ("handshake-reorder", None, "syn_retransmission"): "a SYN captured after its SYN+ACK",
    ("made", None, "out_of_order"): "late or sent again",
    ("made", "retransmission", "out_of_order"): "late or sent again",
    ("made", "zero_window", "zero_window_probe_ack"): "one verdict a segment",
    ("made", "duplicate_ack", None): "duplicate ACKs",
}

Segment = collections.namedtuple("Segment", "time flags seq ack len")


def tshark(path):
    """{segment: the analysis flags that are compared}"""
    fields = ["frame.time_epoch", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "ip.len", "ip.hdr_len", "tcp.hdr_len"]
    analysis = ["tcp.analysis." + name for name in SAME]
    run = subprocess.run(["tshark", "-n", "-r", path, "-Y", "tcp.len", "-T", "fields", "-E", "occurrence=f"] +
                         [word for field in fields + analysis for word in ("-e", field)],
                         capture_output=True, text=True, check=True)
    found = {}
    for row in (line.split("\t") for line in run.stdout.splitlines()):
        flags = int(row[1], 0) & 255
        # where a capture has less than the IP header says, tcp.len is what it has
        length = int(row[5]) - int(row[6]) - int(row[7]) if row[5] else int(row[4])
        segment = Segment(row[0], "".join(c for n, c in enumerate(LETTERS) if flags >> n & 1), row[2],
                          row[3] if flags & 16 else "-", str(length))
        found[segment] = {name for name, value in zip(SAME, row[len(fields):]) if value}
    return found


def replay(ctl, path):
    """{segment: verdict}"""
    run = subprocess.run([ctl, "--checksum", "never", "replay", path], capture_output=True, text=True, check=True)
    found = {}
    for line in run.stdout.splitlines()[1:]:
        f = line.split()
        flags = "".join(c for c in LETTERS if c in f[9])
        if f[9] != "-" and f[14] != "truncated":
            found[Segment(f[1], flags, f[10], f[11], f[12])] = f[14]
    return found


def compare(ctl, path, name, used):
    theirs, ours = tshark(path), replay(ctl, path)
    unknown = [segment for segment in ours if segment not in theirs]
    tt.equal(unknown, [], f"{name}: seq, ack, len, flags are tshark's")
    wrong, same = [], 0
    for segment, flags in theirs.items():
        verdict = ours.get(segment)
        mine = {OURS[verdict]} if verdict in OURS else set()
        same += len(flags & mine)
        for flag in sorted(flags ^ mine):
            key = (name, flag if flag in flags else None, verdict)
            used.add(key)
            if key not in DIFFERENCES:
                wrong.append(f"{segment}: tshark {sorted(flags)}, ours {verdict}: {key}")
    tt.ok(not wrong, f"{name}: the same analysis, {same} times", *wrong)
    return {flag for flags in theirs.values() for flag in flags}


def conversation():
    """What the captures lack."""
    c = Conversation(window=(60000, 400))
    c.handshake()
    c.data(0, 100)
    c.ack(1, win=300)
    c.keepalive(0)
    c.ack(1)
    c.data(0, 100, skip=100)            # one before it is lost
    c.ack(1)
    c.data(0, 100, skip=-200, pause=.5)     # and comes late
    c.ack(1, win=100)
    c.data(0, 100)                      # fills the window
    c.ack(1, win=0)
    c.probe(0)
    c.ack(1, win=0)
    c.ack(1, win=60000)
    c.data(0, 500)
    c.ack(1)
    c.data(0, 500, skip=-500, pause=.5)     # in vain
    c.ack(1)
    c.close()
    return pcap_bytes(101, c.packets)


def main():
    ctl, used, seen = sys.argv[1], set(), set()
    for file in sorted(os.listdir(PCAPS)):
        if file.endswith(".pcap"):
            seen |= compare(ctl, os.path.join(PCAPS, file), file[:-5], used)
    with tempfile.NamedTemporaryFile(suffix=".pcap") as made:
        made.write(conversation())
        made.flush()
        seen |= compare(ctl, made.name, "made", used)
    tt.equal(set(DIFFERENCES) - used, set(), "every difference that is explained is there")
    with open(VERDICTS, encoding="utf-8") as file:
        text = file.read()
    tt.equal({reason for reason in DIFFERENCES.values() if f"\n{reason}\n" not in text}, set(), "and told in verdicts.rst")
    tt.ok(len(seen) >= 8, f"tshark's flags that occur: {' '.join(sorted(seen))}", seen)
    tt.done()


main()
