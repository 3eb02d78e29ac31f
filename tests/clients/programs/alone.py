"""unshare -n -m alone.py COMMAND...: runs it in a network of its own that has nothing but loopback and a line to
nowhere, which all that is for another machine takes. A resolver of its own hears whose addresses are asked for, and
knows none. The last line says what there was: packets on the line, names asked for, and how many packets a single try
to reach another machine makes, so that it is known to count."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

LINE = ["ip link set lo up", "ip link add sink type veth peer name nowhere", "ip link set nowhere up",
        "ip addr add 192.0.2.1/24 dev sink", "ip link set sink up", "ip route add default dev sink"]
names = set()


def prepare():
    resolver = tempfile.NamedTemporaryFile("w")
    resolver.write("nameserver 127.0.0.1\n")
    resolver.flush()
    subprocess.run(["mount", "--bind", resolver.name, "/etc/resolv.conf"], check=True)
    for command in LINE:
        subprocess.run(command.split(), check=True)
        for end in ("sink", "nowhere"):  # IPv6 would look for neighbours by itself
            path = f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6"
            if os.path.exists(path):
                with open(path, "w", encoding="ascii") as f:
                    f.write("1")
    return resolver


def resolve():
    """There is no such name (RFC 1035, RCODE 3), whatever it is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 53))
        while True:
            question, who = s.recvfrom(4096)
            labels, at = [], 12
            while question[at]:
                labels.append(question[at + 1:at + 1 + question[at]].decode("ascii", "replace"))
                at += 1 + question[at]
            names.add(".".join(labels))
            s.sendto(question[:2] + b"\x81\x83" + question[4:], who)


def gone():
    with open("/proc/net/dev", encoding="ascii") as f:
        return next(int(line.split()[10]) for line in f if line.strip().startswith("sink:"))


def attempt():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.settimeout(1.5)
        try:
            s.connect(("198.51.100.1", 443))
        except OSError:
            pass


kept = prepare()
threading.Thread(target=resolve, daemon=True).start()
before = gone()
status = subprocess.run(sys.argv[1:], check=False).returncode
after = gone()
attempt()
print(json.dumps({"packets": after - before, "names": sorted(names), "try": gone() - after}))
sys.exit(status)
