# SPDX-License-Identifier: GPL-2.0
"""What a kernel prints when something is wrong with it."""
import re

# WARN(), BUG(), an oops, lockdep, KASAN, UBSAN, kmemleak, a stuck task or namespace.
TROUBLE = re.compile(r"WARNING: |BUG: |Oops|Kernel panic|KASAN|UBSAN: |ODEBUG: |general protection fault|kernel BUG at|"
                     r"refcount_t: |INFO: (task|rcu)|possible circular locking|"
                     r"unregister_netdevice: waiting|stack-protector|Call Trace:|new suspected memory leaks|"
                     r"Objects remaining in tcptrace")


RULE = re.compile(r"={60,}$")
OURS = "[tcptrace"
ACCESS = re.compile(r" by (task|interrupt)")
# What lies below has nothing to do with the access, it was only interrupted by it.
INTERRUPTED = re.compile(r" asm_(sysvec|exc|common_interrupt)")
# Who came last, and what for: no stack any more.
TRAILER = "Reported by Kernel Concurrency Sanitizer"


def concerns_us(race):
    """Is a function of ours in one of the stacks of a report of KCSAN?"""
    interrupted = False
    for line in race:
        if TRAILER in line:
            return False
        if ACCESS.search(line):
            interrupted = False
        elif INTERRUPTED.search(line):
            interrupted = True
        elif TROUBLE.search(line) or OURS in line and not interrupted:
            return True
    return False


def split_races(lines):
    """KCSAN's reports of races in which no function of ours took part, and the lines without them."""
    foreign, rest = [], []
    at = 0
    while at < len(lines):
        end = at + 1
        if RULE.search(lines[at]) and "BUG: KCSAN: " in "".join(lines[end:end + 1]):
            while end < len(lines) and not RULE.search(lines[end]):
                end += 1
            end += 1
        report = lines[at:end]
        others = report[2:]
        if others and not concerns_us(others):
            foreign.append(report)
        else:
            rest += report
        at = end
    return foreign, rest


def trouble(lines):
    """The lines from the first complaint on; none when the kernel is content with what concerns us."""
    lines = split_races(lines)[1]
    for number, line in enumerate(lines):
        if TROUBLE.search(line):
            return lines[number:]
    return []
