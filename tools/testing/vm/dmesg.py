# SPDX-License-Identifier: GPL-2.0
"""What a kernel prints when something is wrong with it."""
import re

# WARN(), BUG(), an oops, lockdep, KASAN, UBSAN, kmemleak, a stuck task or namespace.
TROUBLE = re.compile(r"WARNING: |BUG: |Oops|Kernel panic|KASAN|UBSAN: |ODEBUG: |general protection fault|kernel BUG at|"
                     r"refcount_t: |INFO: (task|rcu)|possible circular locking|"
                     r"unregister_netdevice: waiting|stack-protector|Call Trace:|new suspected memory leaks|"
                     r"Objects remaining in tcptrace")


def trouble(lines):
    """The lines from the first complaint on; none when the kernel is content."""
    for number, line in enumerate(lines):
        if TROUBLE.search(line):
            return lines[number:]
    return []
