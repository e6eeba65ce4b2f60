# SPDX-License-Identifier: GPL-2.0
"""Our endpoints against the kernel's sockets: everything that both said, tuple by tuple."""
import collections
import os
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../selftests/lib"))
import tt  # noqa: E402

Endpoint = collections.namedtuple("Endpoint", "local remote")
# What no observer of segments can know, by name. Each is documented in module/Documentation/fidelity.rst.
GIVEN_UP = "the application or a timer ended it without a segment"
UNSENT_FIN = "close() with data unsent: its FIN had not left yet"
GONE = "close() in SYN-SENT: the SYN+ACK found no socket"
IGNORED_ACK = "the listener ignored the handshake's ACK"
DROPPED = "the socket dropped data that had reached the hook, so the FIN came too early"
ANSWERED_BY_RST = "the socket answered the segment by RST"
MAY_END_IN_SILENCE = {"SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK",
                      "CLOSE-WAIT"}


class Kernel(threading.Thread):
    """What sock:inet_sock_set_state says, as it comes."""

    EVENT = re.compile(r" (\d+\.\d+): inet_sock_set_state: .*protocol=IPPROTO_TCP sport=(\d+) dport=(\d+) saddr=(\S+) daddr=(\S+) "
                       r"saddrv6=(\S+) daddrv6=(\S+) oldstate=TCP_(\w+) newstate=TCP_(\w+)")

    def __init__(self):
        super().__init__(daemon=True)
        with open(tt.TRACING + "buffer_size_kb", "w") as file:
            file.write("16384")
        with open(tt.TRACING + "trace_clock", "w") as file:
            file.write("global")
        tt.trace_on()
        self.moves = collections.defaultdict(list)
        self.lost = 0
        self.count = 0
        self.pipe = open(tt.TRACING + "trace_pipe")
        self.start()

    def run(self):
        for line in self.pipe:
            if "LOST" in line:
                self.lost += 1
            found = self.EVENT.search(line)
            if not found or found[3] == "0":
                continue
            when, sport, dport, a4, b4, a6, b6, old, new = found.groups()
            four = "AF_INET " in line
            ends = Endpoint(f"{a4 if four else f'[{a6}]'}:{sport}", f"{b4 if four else f'[{b6}]'}:{dport}")
            self.count += 1
            self.moves[ends].append((float(when), tt.STATES[old], tt.STATES[new]))

    def in_order(self, ends):
        """The pipe does not keep the order of what happened on different CPUs."""
        moves = sorted(self.moves[ends], key=lambda move: move[0])
        for i in range(len(moves)):     # CPUs' clocks differ a little, too: each begins where one ended
            before = (moves[i - 1][2],) if i else ("CLOSED", "LISTEN", "SYN-RECEIVED")
            fits = [j for j in range(i, len(moves)) if moves[j][1] in before]
            if fits:
                moves.insert(i, moves.pop(fits[0]))
        return [(old, new) for _, old, new in moves]


class Ours(threading.Thread):
    """What tcptrace says in one namespace, as it comes."""

    def __init__(self, netns):
        super().__init__(daemon=True)
        self.netns = netns
        self.fd = tt.in_netns(netns, lambda: os.open("/proc/thread-self/net/tcptrace/transitions", os.O_RDONLY))
        self.moves = collections.defaultdict(list)
        self.lines = collections.defaultdict(list)
        self.blamed = []
        self.count = 0
        self.lost = []
        self.stop = False
        self.start()

    def run(self):
        rest = b""
        while True:
            data = os.read(self.fd, 1 << 18)
            if not data:
                if self.stop:
                    return
                time.sleep(.05)
                continue
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self.line(line.decode())

    def line(self, line):
        if line.startswith("#"):
            if "lost" in line:
                self.lost.append(line)
            return
        _, _, conn, client, server, endpoint, old, new, basis, flags, *_, verdict = line.split()
        if conn == "-":
            return
        ends = Endpoint(client, server) if endpoint == "client" else Endpoint(server, client)
        self.lines[frozenset(ends)].append(line)
        if old != new:
            self.count += 1
            self.moves[ends].append((old, new, basis, verdict))


class Sockets(threading.Thread):
    """Which tuples ss has seen in TIME-WAIT, which no tracepoint tells."""

    def __init__(self, names, every=5):
        super().__init__(daemon=True)
        self.names, self.every, self.stop = names, every, False
        self.time_wait = {name: set() for name in names}
        self.start()

    def look(self):
        for name in self.names:
            run = subprocess.run(["ip", "netns", "exec", name, "ss", "-tanH", "state", "time-wait"],
                                 stdout=subprocess.PIPE, text=True, check=True)
            for line in run.stdout.splitlines():
                self.time_wait[name].add(Endpoint(*line.split()[2:4]))

    def run(self):
        while not self.stop:
            self.look()
            time.sleep(self.every)


def under_way(names):
    """How many sockets will yet change their state by a segment or a short timer."""
    count = 0
    for name in names:
        text = tt.sh(f"ip netns exec {name} ss -tanH state all exclude listening exclude time-wait")
        count += len(text.splitlines())
    return count


def kernel_states(moves, saw_time_wait):
    """The tracepoint's sequence in the terms of RFC 9293: one list of states for each incarnation of the tuple.

    FIN-WAIT-2 or CLOSING "closes" when the socket becomes one of TIME-WAIT, or an orphan that stays in FIN-WAIT-2.
    SYN-RECEIVED of a listener is left out: the tracepoint tells of it only when it is over."""
    lives, several = [[]], sum(new == "CLOSED" for _, new in moves) > 1
    for old, new in moves:
        if new == old or new == "SYN-RECEIVED" and old == "LISTEN":
            continue
        if old == "SYN-RECEIVED" and new == "CLOSED" and not lives[-1] and several:
            continue    # of two CPUs that made a socket for the same handshake one throws it away
        if new == "CLOSED" and old in ("FIN-WAIT-2", "CLOSING") and (saw_time_wait or several):
            new = "TIME-WAIT or CLOSED" if several else "TIME-WAIT"
        lives[-1].append(new)
        if new.endswith("CLOSED") or new == "TIME-WAIT":
            lives.append([])
    return [life for life in lives if life]


def deny_fin(lives):
    """The socket had dropped the FIN that we saw arrive: what followed from that is taken back."""
    if not lives[-1] and len(lives) > 1:
        lives.pop()
    while lives[-1] and lives[-1][-1][0] in ("CLOSING", "TIME-WAIT"):
        lives[-1].pop()
    lives[-1] = [move for move in lives[-1] if move != ("CLOSE-WAIT", "received")]


def our_states(moves):
    """Ours in the same terms: (state, basis)."""
    lives, passive = [[]], False
    for old, new, basis, _ in moves:
        if new == "LISTEN":
            passive = True
        if new == "SYN-SENT":
            passive = False
        if old == "TIME-WAIT" and new == "CLOSED" and basis != "timeout" and len(lives) > 1:
            lives[-2][-1] = ("TIME-WAIT", "answered by RST" if basis == "sent" else "cut short")
        if old in ("CLOSING", "TIME-WAIT") and basis == "corrected" and new.startswith("FIN-WAIT"):
            deny_fin(lives)
            if lives[-1][-1][0] == new:     # where it was before the FIN
                basis = "denied" if lives[-1][-1][1] == "corrected" else lives[-1][-1][1]
                lives[-1].pop()
            else:
                basis = "denied"
        if basis == "timeout" or old == "unknown" or old == "TIME-WAIT" and new == "CLOSED":
            continue    # the tracepoint has none of these
        if passive and (new == "LISTEN" or new == "SYN-RECEIVED" and basis != "corrected" or
                        old in ("LISTEN", "SYN-RECEIVED") and new == "CLOSED"):
            continue
        lives[-1].append((new, basis))
        if new in ("CLOSED", "TIME-WAIT"):
            lives.append([])
    return [life for life in lives if life]


def judge(kernel, life):
    """None if equal, else the reason why no observer could do better, or "different"."""
    ours = [state for state, _ in life]
    basis = {state: b for state, b in life}
    if kernel[-1] == "TIME-WAIT or CLOSED" and ours and ours[-1] in ("TIME-WAIT", "CLOSED"):
        kernel = kernel[:-1] + ours[-1:]
    if kernel[-1] == "TIME-WAIT or CLOSED" and ours[-1:] == ["FIN-WAIT-2"] and ours == kernel[:-1]:
        return GIVEN_UP
    if kernel == ours and "denied" in basis.values():
        return DROPPED
    # a RST ended TIME-WAIT before ss could see it
    if kernel == ours or basis.get("TIME-WAIT") in ("cut short", "answered by RST") and \
            ours == kernel[:-1] + ["TIME-WAIT"]:
        return None
    if basis.get("TIME-WAIT") == "answered by RST" and kernel[-2:] == ["FIN-WAIT-1", "CLOSED"] and \
            ours[:len(kernel) - 1] == kernel[:-1]:
        return ANSWERED_BY_RST
    if ours[:3] == ["ESTABLISHED", "SYN-RECEIVED", "ESTABLISHED"] and judge(kernel, life[2:]) != "different":
        return IGNORED_ACK
    if kernel[:-1] == ours and kernel[-1] == "CLOSED" and ours and ours[-1] in MAY_END_IN_SILENCE:
        return GIVEN_UP
    if kernel == ["SYN-SENT", "CLOSED"] and ours == ["SYN-SENT", "ESTABLISHED", "CLOSED"] and \
            basis["CLOSED"] == "corrected":
        return GONE
    if kernel[-2:] == ["FIN-WAIT-1", "CLOSED"] and ours == kernel[:-2] + ["CLOSE-WAIT", "CLOSED"] and \
            basis["CLOSED"] == "sent":
        return ANSWERED_BY_RST
    if ours[-2:] == ["CLOSE-WAIT", "CLOSED"] and basis["CLOSED"] == "received" and kernel == ours[:-2] + ["CLOSED"]:
        return DROPPED
    for closing in ("FIN-WAIT-1", "LAST-ACK"):
        if kernel[-2:] == [closing, "CLOSED"] and ours == kernel[:-2] + ["CLOSED"]:
            return UNSENT_FIN
    if "corrected" in basis.values() and "CLOSE-WAIT" in ours and \
            judge(kernel, [x for x in life if x[0] != "CLOSE-WAIT"]) != "different":
        return UNSENT_FIN
    if "CLOSING" in kernel and "CLOSE-WAIT" in ours:
        start = kernel.index("FIN-WAIT-1")
        if kernel[start:start + 2] == ["FIN-WAIT-1", "CLOSING"] and ours[:start] == kernel[:start] and \
                ours[start:] in (["CLOSE-WAIT", "CLOSED"], ["CLOSE-WAIT", "LAST-ACK", "CLOSED"],
                                 ["CLOSE-WAIT"], ["CLOSE-WAIT", "LAST-ACK"]):
            return UNSENT_FIN
    if ours[-1:] == ["CLOSED"] and basis["CLOSED"] == "sent" and kernel == ours[:-2] + ["CLOSED"] and \
            life[-2][1] == "received":
        return ANSWERED_BY_RST
    return "different"


class Comparison:
    """Of all the endpoints in some namespaces."""

    def __init__(self):
        self.compared = self.equal = self.different = self.missing = self.endpoints = 0
        self.excepted = collections.Counter()
        self.reports = []

    def endpoint(self, name, ends, kernel, ours, lines):
        self.endpoints += 1
        wrong = len(kernel) != len(ours)
        for i, life in enumerate(kernel):
            mine = ours[i] if i < len(ours) else []
            self.compared += len(life)
            reason = judge(life, mine)
            common = sum(1 for a, b in zip(life, mine) if a == b[0])
            if reason is None:
                self.equal += len(life)
                continue
            if reason == "different":
                wrong = True
                self.equal += common
                self.missing += max(0, len(life) - len(mine))
                self.different += len(life) - common
            else:
                self.excepted[reason] += 1
                self.equal += min(common, len(life))
        if wrong:
            words = [" | ".join(" ".join(s if isinstance(s, str) else s[0] for s in life) for life in side)
                     for side in (kernel, ours)]
            self.reports.append([f"{name}: {ends.local} > {ends.remote}", f"kernel:   {words[0]}",
                                 f"tcptrace: {words[1]}"] + lines)

    def __str__(self):
        text = f"{self.compared} transitions compared, {self.equal} equal, {self.different} different, " \
               f"{self.missing} missing"
        return text + "".join(f"; {n} x {reason}" for reason, n in sorted(self.excepted.items()))


def compare(kernel, sides, sockets):
    """sides: {local address: Ours}"""
    result = Comparison()
    for ends in list(kernel.moves):
        moves = kernel.in_order(ends)
        side = sides.get(ends.local.rsplit(":", 1)[0])
        if not side:
            continue
        saw = ends in sockets.time_wait[side.netns]
        theirs, mine = kernel_states(moves, saw), our_states(side.moves.get(ends, []))
        if theirs == [["CLOSED"]] and not mine:
            continue    # the socket of a handshake that came to nothing: SYN-RECEIVED, which is left out
        result.endpoint(side.netns, ends, theirs, mine, side.lines.get(frozenset(ends), []))
    return result
