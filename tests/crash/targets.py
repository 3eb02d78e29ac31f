"""What the crash tests are done to: a program that keeps things in a folder. A target

    begin(folder, env)   starts writing there, with a ledger of what is asked and acknowledged
    kill()               kill -9, and what was acknowledged is in the ledger
    wait()               until so many changes have been made
    check(folder)        opens the folder as after a crash: (key -> state, complaints)

The store alone (store.c) and the whole server over HTTP are two of them."""
import hashlib
import http.client
import json
import os
import random
import re
import shlex
import socket
import subprocess
import sys
import threading
from urllib.parse import quote

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.path.join(ROOT, os.environ.get("O", "out"))
sys.path[:0] = [os.path.dirname(HERE), HERE]

from ledger import GONE, Ledger  # noqa: E402


def build(name, sources, *options):
    """Compiles a C program of this folder; make has made the library."""
    out = os.path.join(OUT, "crash", name)
    os.makedirs(os.path.dirname(out), exist_ok=True)
    command = [os.environ.get("CC", "gcc"), "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O2", "-g",
               "-I" + os.path.join(ROOT, "src"), "-o", out, *[os.path.join(HERE, s) for s in sources], *options]
    subprocess.run(command, check=True)
    return out


def build_recorder():
    return build("record.so", ["record.c"], "-shared", "-fPIC", "-ldl")


class StoreTarget:
    """The store without a server."""
    name = "store"

    def __init__(self, threads, changes=0):
        self.program = build("store", ["store.c"], os.path.join(OUT, "libaerostat.a"), "-lcrypto", "-lsqlite3", "-lz",
                             "-lm", "-pthread")
        self.threads, self.changes = threads, changes
        self.ledger, self.first = Ledger(), 1
        self.process = self.reader = self.socket = None

    def begin(self, folder, env=None):
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [self.program, "write", folder, str(self.threads), str(self.first), str(self.changes // self.threads)]
        self.process = subprocess.Popen(command, stdout=theirs.fileno(), env={**os.environ, **(env or {})})
        theirs.close()
        self.reader = threading.Thread(target=self.listen)
        self.reader.start()

    def listen(self):
        while True:
            words = self.socket.recv(4096).decode().split()
            if not words:
                return
            if words[0] == "op":
                self.first = max(self.first, int(words[1]) + 1)
                self.ledger.begin(words[1], words[2], words[3])
            else:
                self.ledger.ack(words[1])

    def kill(self):
        self.process.kill()
        self.end()

    def wait(self):
        assert self.process.wait() == 0, "the writer failed"
        self.end()

    def end(self):
        self.process.wait()
        self.reader.join()
        self.socket.close()

    @staticmethod
    def acks(said):
        """The changes that these bytes acknowledge."""
        return [said[4:].decode()] if said.startswith(b"ack ") else []

    @staticmethod
    def begins(said):
        """The changes that these bytes announce; None: nobody announces them."""
        return [said.split()[1].decode()] if said.startswith(b"op ") else []

    def check(self, folder):
        run = subprocess.run([self.program, "check", folder], capture_output=True, text=True, check=False)
        bad = [] if run.returncode == 0 else [f"store check ended with {run.returncode}: {run.stderr[-500:]}"]
        found = {}
        for line in run.stdout.splitlines():
            words = line.split()
            if words[0] == "have":
                found[words[1]] = words[2]
            elif words[0] == "torn":
                bad.append(f"the body of {words[1]} is torn")
            elif words[0] == "#" or (words[0] == "fsck" and words[1:] != ["0"] * 4):
                bad.append(line)
        return found, bad


class ServerTarget:
    """The server, written to over HTTP by as many connections as threads. command: the server's, else AEROSTATD."""
    name = "server"
    bucket = "crash"

    def __init__(self, threads, changes=0, keys=8, command=None):
        import aerostat  # boto3 is needed from here on only
        self.aerostat = aerostat
        if command:
            aerostat.AEROSTATD = command
        self.threads, self.changes, self.keys = threads, changes, keys
        self.ledger, self.numbers, self.request_ids = Ledger(), iter(range(1, 1 << 60)), {}
        self.server = None
        self.workers = []
        self.stopping = False
        self.lock = threading.Lock()

    def begin(self, folder, env=None):
        self.server = self.aerostat.Server(os.path.dirname(folder), env=env).start()
        reply = self.server.request("PUT", "/" + self.bucket)
        assert reply.status in (200, 409), reply
        self.stopping = False
        self.workers = [threading.Thread(target=self.work, args=(i,)) for i in range(self.threads)]
        for w in self.workers:
            w.start()

    def work(self, thread):
        rng = random.Random()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
            for _ in range(self.changes // self.threads or 1 << 60):
                if self.stopping:
                    break
                self.change(connection, rng, f"t{thread}-{rng.randrange(self.keys)}")
            connection.close()
        except (OSError, http.client.HTTPException):
            assert self.stopping, "the server hung up"

    def change(self, connection, rng, key):
        with self.lock:
            change = next(self.numbers)
        size = 0 if rng.random() < 0.2 else 1 + rng.randrange(1 << rng.randrange(21))
        body = random.Random(change).randbytes(size)
        state = self.state_of(body) if body else GONE
        method, target = "PUT" if body else "DELETE", f"/{self.bucket}/{quote(key)}"
        headers = self.server.sign(method, target, {}, body)
        self.ledger.begin(change, key, state)
        connection.request(method, target, body=body, headers=headers)
        reply = connection.getresponse()
        text = reply.read()
        assert reply.status in (200, 204), (reply.status, text[:500])
        with self.lock:
            self.request_ids[reply.headers["x-amz-request-id"]] = change
        self.ledger.ack(change)

    @staticmethod
    def state_of(body):
        return f"{hashlib.md5(body).hexdigest()}:{len(body)}"

    def kill(self):
        self.stopping = True
        self.server.kill()
        self.join()

    def wait(self):
        self.join()
        self.server.stop()

    def join(self):
        for w in self.workers:
            w.join()

    def acks(self, said):
        m = re.match(rb"HTTP/1.1 20[04] .*?x-amz-request-id: (\S+)", said, re.S | re.I)
        change = self.request_ids.get(m.group(1).decode()) if m else None
        return [] if change is None else [change]

    @staticmethod
    def begins(_said):
        return None

    def check(self, folder):
        """fsck with the server down, then all keys through it."""
        bad = []
        run = subprocess.run([*shlex.split(self.aerostat.AEROSTATD), "--data", folder, "--fsck"], capture_output=True,
                             text=True, check=False)
        if run.returncode:
            bad.append(f"fsck ended with {run.returncode}: {(run.stdout + run.stderr)[-800:]}")
        server, found = self.aerostat.Server(os.path.dirname(folder)), {}
        try:
            server.start()
            for key in self.list(server):
                found[key] = self.read(server, key, bad)
            server.stop()
        except (AssertionError, OSError, RuntimeError, http.client.HTTPException) as e:
            bad.append(f"the server: {str(e)[:800]}")
            if server.process:
                server.kill()
        return found, bad

    def read(self, server, key, bad):
        try:
            reply = server.request("GET", f"/{self.bucket}/{quote(key)}")
        except http.client.IncompleteRead:
            return "cut short"
        state = self.state_of(reply.body) if reply.status == 200 else f"answered with {reply.status}"
        if reply.status == 200 and reply.headers["etag"].strip('"') != state.split(":", maxsplit=1)[0]:
            bad.append(f"{key} has another ETag than its body")
        return state

    def list(self, server):
        reply = server.request("GET", f"/{self.bucket}")
        return re.findall(r"<Key>([^<]*)</Key>", reply.body.decode()) if reply.status == 200 else []
