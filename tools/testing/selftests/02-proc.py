#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The files: who may read, what a reader misses, namespaces, NAT, checksums, limits."""
import errno
import os
import re
import select
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import tt  # noqa: E402

KO = os.environ["TCPTRACE_KO"]


def exchange(client, server, address, port, count=1, data=b""):
    """Connections one after the other; the server closes last."""
    listener = tt.tcp(server)
    listener.bind(("0.0.0.0", port))
    listener.listen(8)
    for _ in range(count):
        c = tt.tcp(client)
        c.connect((address, port))
        s, _ = listener.accept()
        c.sendall(data)
        c.close()
        while s.recv(65536):
            pass
        s.close()


def reload(parameters=""):
    tt.sh("rmmod tcptrace")
    return subprocess.run(f"insmod {KO} {parameters}", shell=True, capture_output=True).returncode


tt.sh("modprobe -a nf_tables nf_nat nft_chain_nat nft_masq || true")
tt.netns("a", "r", "b")
tt.veth("a", "r", 1, ("va", "ra"))
tt.veth("r", "b", 2, ("rb", "vb"))
tt.sh("ip netns exec r sysctl -qw net.ipv4.ip_forward=1")
tt.sh("ip -n a route add default via 10.0.1.2; ip -n b route add default via 10.0.2.1")

# ---- the router with NAT sees one connection, not two
tt.sh("ip netns exec r nft 'table ip n { chain p { type nat hook postrouting priority 100; oifname \"rb\" masquerade; };"
      " chain d { type nat hook prerouting priority -100; tcp dport 81 dnat to 10.0.2.2:82; }; }'")
for port, listen, kind in ((80, 80, "SNAT"), (81, 82, "DNAT")):
    before = tt.stat("r", "connections_total")
    listener = tt.tcp("b")
    listener.bind(("0.0.0.0", listen))
    listener.listen(8)
    c = tt.tcp("a")
    c.connect(("10.0.2.2" if kind == "SNAT" else "10.0.1.2", port))
    s, _ = listener.accept()
    c.send(b"hello")
    s.recv(5)
    c.close()
    s.recv(1)
    s.close()
    tt.wait_for(lambda: any(e.to == "TIME-WAIT" for e in tt.events("r")[-2:]))
    tt.equal(tt.stat("r", "connections_total") - before, 1, f"a router with {kind} sees one connection")
for e in ("client TIME-WAIT", "server CLOSED"):
    endpoint, state = e.split()
    tt.ok(any(x.endpoint == endpoint and x.to == state for x in tt.events("r")), f"through the router: {e}")
tt.equal(tt.violations("r"), {}, "and blames nobody")

# ---- namespaces do not see each other
tt.ok(not any("127.0.0.1" in e.line for e in tt.events("b")), "b has seen nothing of loopback")
exchange("a", "a", "127.0.0.1", 90)
tt.ok(any("127.0.0.1" in e.line for e in tt.events("a")), "a's own loopback connection is in a's log")
tt.ok(not any("127.0.0.1" in e.line for e in tt.events("b")), "and not in b's")

# ---- a segment over loopback counts once: compared with the interface's counter
tt.netns("l")
listener = tt.tcp("l")
listener.bind(("127.0.0.1", 80))
listener.listen(1)
first = tt.sh("ip -n l -s link show lo").split("TX:")[1].split()[7]
c = tt.tcp("l")
c.connect(("127.0.0.1", 80))
s, _ = listener.accept()
for i in range(20):
    c.send(b"q")
    s.recv(1)
    s.send(b"a")
    c.recv(1)
c.close()
s.recv(1)
s.close()
time.sleep(.5)
sent = tt.sh("ip -n l -s link show lo").split("TX:")[1].split()[7]
tt.equal(tt.stat("l", "segments"), int(sent) - int(first), "segments are those that lo has sent")
tt.equal([v for n, v in tt.stat("l").items() if "retransmission" in n and v], [], "none of them twice")


# ---- bad checksums and malformed segments, injected from the peer's device
def segment(src, dst, sport, dport, seq, ack, flags, options=b"", offset=None, good=True, cut=None):
    words = 5 + (len(options) + 3) // 4 if offset is None else offset
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, words << 4, flags, 1000, 0, 0) + options
    tcp += b"\0" * (-len(tcp) % 4)
    tcp = tcp[:cut]
    pseudo = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, 6, len(tcp))
    if len(tcp) >= 18:
        tcp = tcp[:16] + struct.pack("!H", tt.checksum(pseudo + tcp) ^ (0 if good else 0x1234)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0, socket.inet_aton(src),
                     socket.inet_aton(dst))
    return ip[:10] + struct.pack("!H", tt.checksum(ip)) + ip[12:] + tcp


mac = bytes.fromhex(tt.sh("ip netns exec r cat /proc/net/arp; ip -n r -br link show rb").split("rb@")[-1].split()[2]
                    .replace(":", ""))
wire = tt.in_netns("b", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0x0800))


def inject(packet):
    wire.sendto(packet, ("vb", 0x0800, 0, 0, mac))


c, s = tt.connect("b", "r", "10.0.2.1", 100)
c.send(b"x")
s.recv(1)
last = [e for e in tt.events("r") if e.server == "10.0.2.1:100"][-1]
sport, seq, ack = c.getsockname()[1], int(last.seq) + 1, int(last.ack)
me = ("10.0.2.2", "10.0.2.1", sport, 100)
for flags in (4, 0x11, 2):
    inject(segment(*me, seq, ack, flags, good=False))
tt.ok(tt.wait_for(lambda: tt.stat("r", "verdict_bad_checksum") == 3), "three bad checksums are three verdicts",
      tt.violations("r"))
tt.equal(tt.stat("r", "malformed_checksum"), 3, "and counted as malformed")
server = [e for e in tt.events("r") if e.server == "10.0.2.1:100" and e.endpoint == "server" and e.from_ != e.to]
tt.equal(server[-1].to, "ESTABLISHED", "they moved nothing")
c.send(b"y")
tt.equal(s.recv(1), b"y", "the kernel thinks so, too")

# ---- and from a packet socket of the machine itself: through a VRF it passes the output hook
if subprocess.run("modprobe vrf; ip -n r link add vrf0 type vrf table 10", shell=True, check=False).returncode:
    tt.ok(True, "a bad checksum of a packet socket's is one # SKIP this kernel has no VRF")
else:
    for name in "br":
        tt.sh(f"ip netns exec {name} sysctl -qw net.ipv4.tcp_timestamps=0")
    cc, ss = tt.connect("b", "r", "10.0.2.1", 101)
    for name in "br":
        tt.sh(f"ip netns exec {name} sysctl -qw net.ipv4.tcp_timestamps=1")
    cc.send(b"x")
    ss.recv(1)
    tt.sh("ip -n r link set vrf0 up;"
          "ip -n r link add d0 type dummy; ip -n r link set d0 master vrf0; ip -n r link set d0 up;"
          "ip -n r route add 10.0.2.0/24 dev d0 table 10")
    packets = tt.in_netns("r", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0))
    last = [e for e in tt.events("r") if e.server == "10.0.2.1:101"][-1]
    mine = ("10.0.2.1", "10.0.2.2", 101, cc.getsockname()[1], int(last.ack), int(last.seq) + 1, 24)
    before = tt.stat("r")
    packets.sendto(segment(*mine, options=b"evil", offset=5, good=False), ("vrf0", 0x0800, 0, 0, b"\2\0\0\0\0\1"))
    tt.ok(tt.wait_for(lambda: tt.stat("r", "verdict_bad_checksum") == before["verdict_bad_checksum"] + 1),
          "a bad checksum of a packet socket's is one", tt.stat("r"))
    ss.send(b"good")
    tt.equal(cc.recv(9), b"good", "what the server itself sends arrives")
    time.sleep(.2)
    after = tt.stat("r")
    tt.equal([after[n] - before[n] for n in ("malformed_checksum", "verdict_data", "verdict_retransmission")],
             [1, 1, 0], "and is the first that it has sent")
    tt.sh("ip -n r link del vrf0; ip -n r link del d0")
    cc.close()
    ss.close()
for counter, packet in (("malformed_data_offset", segment(*me, seq, ack, 16, offset=4)),
                        ("malformed_data_offset", segment(*me, seq, ack, 16, offset=15)),
                        ("malformed_truncated", segment(*me, seq, ack, 16, cut=12)),
                        ("malformed_truncated", segment(*me, seq, ack, 16, cut=0)),
                        ("malformed_option", segment(*me, seq, ack, 16, options=bytes([8, 0, 0, 0]))),
                        ("malformed_option", segment(*me, seq, ack, 16, options=bytes([8, 1, 0, 0])))):
    before = tt.stat("r", counter)
    inject(packet)
    tt.ok(tt.wait_for(lambda: tt.stat("r", counter) == before + 1), f"{counter} counts {packet[20:].hex()[24:28]}")
for verdict, args in (("rst_inexact", (seq + 6, 0, 4)), ("rst_out_of_window", (seq - 5, 0, 4)),
                      ("syn_in_sync", (seq + 9, 0, 2)), ("ack_unsent", (seq + 1, ack + 999, 16)),
                      ("seq_beyond_window", (seq + 10000000, ack, 16)), ("bad_flags", (seq, 0, 3))):
    before = tt.stat("r", "verdict_" + verdict)
    inject(segment(*me, *args))
    tt.ok(tt.wait_for(lambda: tt.stat("r", "verdict_" + verdict) == before + 1), f"{verdict} is named",
          tt.violations("r"))
state = tt.ss_state("r", "10.0.2.1:100", f"10.0.2.2:{sport}")
server = [e for e in tt.events("r") if e.server == "10.0.2.1:100" and e.endpoint == "server" and e.from_ != e.to]
tt.equal(server[-1].to, state, "after all that the state is what ss says")
inject(segment(*me, seq + 1, 0, 4))
tt.ok(tt.wait_for(lambda: not tt.ss_state("r", "10.0.2.1:100", f"10.0.2.2:{sport}")), "an exact RST resets the socket")
server = [e for e in tt.events("r") if e.server == "10.0.2.1:100" and e.endpoint == "server" and e.from_ != e.to]
tt.equal((server[-1].to, server[-1].verdict), ("CLOSED", "rst"), "and our endpoint")

# ---- who may read
for path in ("/proc/tcptrace", "/proc/net/tcptrace/connections", "/proc/net/tcptrace/stat"):
    run = subprocess.run(f"setpriv --reuid=65534 --regid=65534 --clear-groups cat {path}", shell=True,
                         capture_output=True, text=True)
    tt.ok(run.returncode and "Permission denied" in run.stderr, f"nobody may not read {path}", run.stderr)
run = subprocess.run("setpriv --bounding-set=-net_admin cat /proc/tcptrace", shell=True, capture_output=True, text=True)
tt.ok(run.returncode and "not permitted" in run.stderr, "nor root without CAP_NET_ADMIN", run.stderr)
run = subprocess.run("unshare -n sh -c 'head -c 12 /proc/tcptrace'", shell=True, capture_output=True, text=True)
tt.equal(run.stdout, "# tcptrace 1", "a new namespace has a log of its own")

# ---- limits
def write(path, text):
    """0, or the errno."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    except OSError as error:
        return error.errno
    finally:
        os.close(fd)
    return 0


for name, low, high in (("max_connections", 16, 4194304), ("log_transitions", 0, 1), ("timeout_time_wait", 1, 31622400)):
    path = f"/proc/sys/net/tcptrace/{name}"
    old = tt.sh(f"cat {path}").strip()
    for value in (low, high):
        tt.ok(subprocess.run(f"echo {value} > {path}", shell=True).returncode == 0, f"{name} takes {value}")
    for value in (low - 1, high + 1, "x"):
        tt.clear_log()
        tt.equal(write(path, f"{value}\n"), errno.EINVAL, f"{name} refuses {value} with EINVAL")
    tt.ok(f"from {low} to {high}" in tt.sh("dmesg"), f"dmesg names the range of {name}", tt.sh("dmesg"))
    tt.sh(f"echo {old} > {path}")
inside = "unshare -Urn sh -c 'echo {} > /proc/sys/net/tcptrace/{}'"
for name, good in (("max_connections", False), ("log_transitions", False), ("timeout_time_wait", True)):
    run = subprocess.run(inside.format(1000 if good else 1, name), shell=True, stderr=subprocess.DEVNULL)
    tt.equal(run.returncode == 0, good, f"a container's root may {'' if good else 'not '}set {name}")
for parameter in ("log_events=63", "log_events=1048577", "hashsize=1", "max_connections=1", "log_transitions=2"):
    tt.clear_log()
    tt.ok(reload(parameter) and re.search(r"is not from \d+ to \d+", tt.sh("dmesg")),
          f"insmod refuses {parameter} and says why", tt.sh("dmesg"))
    tt.sh(f"insmod {KO}")

# ---- the ring, overrun
tt.equal(reload("log_events=64"), 0, "a log of 64 events")
tt.sh("tcptracectl --version")
log = tt.in_netns("a", lambda: os.open("/proc/thread-self/net/tcptrace/transitions", os.O_RDONLY))
slow = os.read(log, 100000).decode().splitlines()
exchange("a", "a", "127.0.0.1", 91, 20)
tt.wait_for(lambda: tt.stat("a", "events") >= 200)
last = tt.stat("a", "events")
text = tt.sh("ip netns exec a cat /proc/net/tcptrace/transitions").splitlines()
lost = re.match(r"# lost (\d+) events before seqno (\d+)$", text[1])
tt.ok(lost and int(lost[1]) + 1 == int(lost[2]), "the second line tells what was lost", text[1])
tt.equal(len(text) - 2, 64, "64 events are left")
tt.equal(int(lost[1]) + 64, last, "lost and left are all there were")
poll = select.poll()
poll.register(log, select.POLLIN)
tt.equal(poll.poll(1000), [(log, select.POLLIN)], "a follower is woken")
got = os.read(log, 1000000).decode().splitlines()
tt.equal(got, text[1:], "a slow follower gets the same gap and events")
tt.equal(os.read(log, 1000), b"", "then the end")
tt.equal(poll.poll(0), [], "and poll() waits")
exchange("a", "a", "127.0.0.1", 92)
tt.ok(poll.poll(5000) and os.read(log, 100000).startswith(str(last + 1).encode()), "it goes on where it was")
tiny = tt.in_netns("a", lambda: os.open("/proc/thread-self/net/tcptrace/transitions", os.O_RDONLY))
one = b"".join(iter(lambda: os.read(tiny, 1), b"")).decode()
tt.equal(one, tt.sh("ip netns exec a cat /proc/net/tcptrace/transitions"), "byte by byte it is the same text")
os.close(tiny)
os.close(log)
tt.done()
