# SPDX-License-Identifier: GPL-2.0
"""Our endpoints against the kernel's sockets: everything that both said, tuple by tuple."""
import collections
import os
import re
import select
import socket
import struct
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
DROPPED_IN_SILENCE = "the socket dropped data without a word, and then took an RST"
ANSWERED_BY_RST = "the socket answered the segment by RST"
NEVER_OPENED = "connect() failed before a SYN left"
# And of remote endpoints, by an observer between both:
TAKEN_BACK = "a presumption was wrong, and corrected"
LOST_BEHIND = "lost behind the observer, or refused, and no later segment told"
LOST_BEFORE = "lost before the observer, or done without a segment"
SEVERAL = "several of these"
STAYS_WRONG = {"different", LOST_BEHIND, LOST_BEFORE, SEVERAL}
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
        self.count = 0
        self.lost = []
        self.start()

    def run(self):
        rest = b""
        news = select.poll()
        news.register(self.fd, select.POLLIN)
        while True:
            data = os.read(self.fd, 1 << 18)
            if not data:
                news.poll()
                time.sleep(.05)     # many at once cost less
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
        elif verdict == "late_rst":
            receiver = Endpoint(*reversed(ends)) if basis == "sent" else ends
            self.moves[receiver].append((old, old, basis, verdict))


class Diag:
    """What ss asks the kernel, over one socket in a namespace: no process for each question."""

    # 1 << TCP_*: as in the kernel's net/tcp_states.h
    TIME_WAIT = 1 << 6
    UNDER_WAY = sum(1 << state for state in (1, 2, 3, 4, 5, 8, 9, 11, 12))  # not TIME-WAIT, CLOSE, LISTEN
    DUMP, DONE, ERROR, BY_FAMILY = 0x301, 3, 2, 20

    def __init__(self, name):
        self.socket = tt.in_netns(name, lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4))

    def sockets(self, states):
        """The ends of every socket in one of the states."""
        for family in socket.AF_INET, socket.AF_INET6:
            request = struct.pack("=BBBBI48x", family, socket.IPPROTO_TCP, 0, 0, states)
            self.socket.send(struct.pack("=IHHII", 16 + len(request), self.BY_FAMILY, self.DUMP, 0, 0) + request)
            more = True
            while more:
                for kind, message in self.messages(self.socket.recv(1 << 16)):
                    if kind == self.ERROR:
                        raise OSError("sock_diag")
                    more &= kind != self.DONE
                    if kind == self.BY_FAMILY:
                        yield self.ends(family, message)

    @staticmethod
    def messages(data):
        while data:
            size, kind = struct.unpack_from("=IH", data)
            yield kind, data[16:size]
            data = data[(size + 3) & ~3:]

    @staticmethod
    def ends(family, message):
        sport, dport = struct.unpack_from("!HH", message, 4)
        size = 4 if family == socket.AF_INET else 16
        words = [socket.inet_ntop(family, message[at:at + size]) for at in (8, 24)]
        form = "{}:{}" if family == socket.AF_INET else "[{}]:{}"
        return Endpoint(form.format(words[0], sport), form.format(words[1], dport))


class Sockets(threading.Thread):
    """Which tuples were in TIME-WAIT, which no tracepoint tells."""

    def __init__(self, names, every=8):
        super().__init__(daemon=True)
        self.every = every
        self.diags = {name: Diag(name) for name in names}
        self.one_at_a_time = threading.Lock()
        self.time_wait = {name: set() for name in names}
        self.start()

    def look(self):
        with self.one_at_a_time:
            for name, diag in self.diags.items():
                self.time_wait[name].update(diag.sockets(Diag.TIME_WAIT))

    def under_way(self):
        """How many sockets will yet change their state by a segment or a short timer."""
        with self.one_at_a_time:
            return sum(1 for diag in self.diags.values() for _ in diag.sockets(Diag.UNDER_WAY))

    def run(self):
        while True:
            self.look()
            time.sleep(self.every)


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


FIN_GOT = ("CLOSE-WAIT", "received"), ("CLOSE-WAIT", "received, and a late RST")
FIN_DENIED = {("CLOSE-WAIT", "ESTABLISHED"), ("CLOSING", "FIN-WAIT-1"), ("TIME-WAIT", "FIN-WAIT-2")}


def deny_fin(lives):
    """The socket had dropped the FIN that we saw arrive: what followed from that is taken back."""
    if not lives[-1] and len(lives) > 1:
        lives.pop()
    while lives[-1] and lives[-1][-1][0] in ("CLOSING", "TIME-WAIT"):
        lives[-1].pop()
    lives[-1] = [move for move in lives[-1] if move not in FIN_GOT]


def our_states(moves):
    """Ours in the same terms: (state, basis)."""
    lives, passive = [[]], False
    for old, new, basis, _ in moves:
        if old == new:
            if lives[-1][-1:] == [FIN_GOT[0]]:
                lives[-1][-1] = FIN_GOT[1]
            continue
        if new == "LISTEN":
            passive = True
        if new == "SYN-SENT":
            passive = False
        if old == "TIME-WAIT" and new == "CLOSED" and basis != "timeout" and len(lives) > 1:
            lives[-2][-1] = ("TIME-WAIT", "answered by RST" if basis == "sent" else "cut short")
        if basis == "corrected" and (old, new) in FIN_DENIED:
            deny_fin(lives)
            if lives[-1] and lives[-1][-1][0] == new:     # where it was before the FIN
                basis = "denied" if lives[-1][-1][1] == "corrected" else lives[-1][-1][1]
                lives[-1].pop()
            else:
                basis = "denied"
        if basis == "timeout" or old == "unknown" or old == "TIME-WAIT" and new == "CLOSED":
            continue    # the tracepoint has none of these
        if old == "CLOSED" and basis == "corrected" and len(lives) > 1:
            lives.pop()     # it had not ended
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
    if kernel == ["SYN-SENT", "CLOSED"] and not ours:
        return NEVER_OPENED
    if kernel == ["FIN-WAIT-1", "CLOSED"] and not ours:
        return UNSENT_FIN   # closed in SYN-RECEIVED, of a fast open, and then an RST took that back
    if kernel[0] == "FIN-WAIT-1" and ours[:1] == ["ESTABLISHED"] and \
            judge(["ESTABLISHED"] + kernel, life) != "different":
        return UNSENT_FIN   # closed in SYN-RECEIVED, of a fast open
    basis = {state: b for state, b in life}
    if kernel[-1] == "TIME-WAIT or CLOSED" and ours and ours[-1] in ("TIME-WAIT", "CLOSED"):
        kernel = kernel[:-1] + ours[-1:]
    if kernel[-1] == "TIME-WAIT or CLOSED" and ours[-1:] == ["FIN-WAIT-2"] and ours == kernel[:-1]:
        return GIVEN_UP
    if kernel == ours and "denied" in basis.values():
        return DROPPED
    if basis.get("FIN-WAIT-2") == "denied" and \
            judge(kernel, [move for move in life if move[0] != "FIN-WAIT-2"]) != "different":
        return DROPPED      # and the ACK behind it, which was then out of the window
    if kernel[-2:] == ["FIN-WAIT-2", "CLOSED"] and basis.get("TIME-WAIT") == "answered by RST" and \
            ours == kernel[:-2] + ["CLOSING", "TIME-WAIT"]:
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
    if kernel[-1] == "CLOSED" and ours == kernel[:-1] + ["CLOSE-WAIT"] and life[-1] == FIN_GOT[1]:
        return DROPPED_IN_SILENCE
    for closing in ("FIN-WAIT-1", "LAST-ACK"):
        # and then an RST ended it, or the kernel gave it up
        if kernel[-2:] == [closing, "CLOSED"] and ours in (kernel[:-2] + ["CLOSED"], kernel[:-2]) and ours:
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
            life[-2][1].startswith("received"):
        return ANSWERED_BY_RST
    return "different"


def without_what_was_taken_back(life):
    settled = []
    for state, basis in life:
        if basis == "corrected" and settled:
            states = [s for s, _ in settled]
            settled = settled[:states.index(state)] if state in states else settled[:-1]
        settled.append((state, basis))
    return settled


def is_part(few, many):
    """Are all in the other sequence, in that order?"""
    rest = iter(many)
    return all(one in rest for one in few)


def judge_remote(kernel, life):
    """The same for an endpoint that is only seen from afar: there is always a reason, the last one says the least."""
    reason = judge(kernel, life)
    if reason != "different":
        return reason
    settled = without_what_was_taken_back(life)
    if judge(kernel, settled) != "different":
        return TAKEN_BACK
    states = [state for state, _ in settled]
    if kernel[-1] == "TIME-WAIT or CLOSED":
        kernel = kernel[:-1] + (states[-1:] if states[-1:] == ["TIME-WAIT"] else ["CLOSED"])
    if is_part(kernel, states):
        return LOST_BEHIND
    if is_part(states, kernel):
        return LOST_BEFORE
    return SEVERAL


def pair_up(kernel, ours):
    """The lives of both, side by side; a connect() that failed at once has none of ours."""
    ours = list(ours)
    for i, life in enumerate(kernel):
        missing = len(kernel) - i > len(ours)
        yield life, [] if not ours or missing and life == ["SYN-SENT", "CLOSED"] else ours.pop(0)
    yield from ((None, life) for life in ours)


class Comparison:
    """Of all the endpoints in some namespaces."""

    def __init__(self, judge_one):
        self.judge = judge_one
        self.compared = self.equal = self.different = self.missing = self.endpoints = 0
        self.excepted = collections.Counter()
        self.reports = []

    def life(self, kernel, ours):
        """One incarnation of an endpoint. True if nothing excuses the difference."""
        reason = self.judge(kernel, ours) if kernel else "different"
        kernel = kernel or []
        self.compared += len(kernel)
        if reason is None:
            self.equal += len(kernel)
            return False
        common = min(len(kernel), sum(1 for a, b in zip(kernel, ours) if a == b[0]))
        self.equal += common
        if reason in STAYS_WRONG:
            self.missing += max(0, len(kernel) - len(ours))
            self.different += len(kernel) - common
        if reason != "different":
            self.excepted[reason] += 1
        return reason == "different"

    def endpoint(self, name, ends, kernel, ours, lines):
        self.endpoints += 1
        if any([self.life(life, mine) for life, mine in pair_up(kernel, ours)]):
            words = [" | ".join(" ".join(s if isinstance(s, str) else s[0] for s in life) for life in side)
                     for side in (kernel, ours)]
            self.reports.append([f"{name}: {ends.local} > {ends.remote}", f"kernel:   {words[0]}",
                                 f"tcptrace: {words[1]}"] + lines)

    def __str__(self):
        text = f"{self.compared} transitions compared, {self.equal} equal, {self.different} different, " \
               f"{self.missing} missing"
        return text + "".join(f"; {n} x {reason}" for reason, n in sorted(self.excepted.items()))


def compare(kernel, sides, sockets, observer=None):
    """sides: {local address: Ours}; observer: the Ours of a namespace between them, to whom both ends are remote"""
    result = Comparison(judge_remote if observer else judge)
    for ends in list(kernel.moves):
        moves = kernel.in_order(ends)
        side = sides.get(ends.local.rsplit(":", 1)[0])
        if not side:
            continue
        saw = ends in sockets.time_wait[side.netns]
        ours = observer or side
        theirs, mine = kernel_states(moves, saw), our_states(ours.moves.get(ends, []))
        if theirs == [["CLOSED"]] and not mine:
            continue    # the socket of a handshake that came to nothing: SYN-RECEIVED, which is left out
        result.endpoint(ours.netns, ends, theirs, mine, ours.lines.get(frozenset(ends), []))
    return result
