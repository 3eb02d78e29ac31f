"""The probe (probe.c), its values as CBOR, and random values of a shape."""

import datetime
import os
import string
import struct
import subprocess
import sys

import botocore.parsers

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROTO = {"ec2": 1, "query": 2, "rest-xml": 4, "json": 8, "rest-json": 16, "smithy-rpc-v2-cbor": 32}
UTC = datetime.timezone.utc


def build_probe(out):
    """Compiles the probe against the objects of the build; its path."""
    path, lib = os.path.join(out, "probe"), os.path.join(out, "libaerostat.a")
    if not os.path.exists(lib):
        sys.exit(f"{lib} is not there: make first")
    flags = os.environ.get("PROBE_CFLAGS", "-O2 -g").split()
    subprocess.run(
        [
            os.environ.get("CC", "gcc"),
            "-std=gnu11",
            "-D_GNU_SOURCE",
            *flags,
            "-I" + os.path.join(ROOT, "src"),
            "-o",
            path,
            os.path.join(ROOT, "tests/wire/probe.c"),
            lib,
            "-Wl,--as-needed",
            "-lcrypto",
            "-lsqlite3",
            "-lexpat",
            "-lpcre2-8",
            "-lz",
            "-lm",
            "-pthread",
        ],
        check=True,
    )
    return path


class Probe:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, command, service, op, proto, *parts):
        p = self.process
        p.stdin.write(f"{command} {service} {op} {PROTO[proto]}\n{len(parts)}\n".encode())
        for part in parts:
            p.stdin.write(b"%d\n" % len(part) + part)
        p.stdin.flush()
        count = p.stdout.readline()
        if not count:
            sys.exit(f"the probe died at {command} {service} {op} {proto}: {parts}")
        return [p.stdout.read(int(p.stdout.readline())) for _ in range(int(count))]

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


# --- values


def head(major, n):
    for info, limit, form in (
        (None, 24, None),
        (24, 1 << 8, ">B"),
        (25, 1 << 16, ">H"),
        (26, 1 << 32, ">I"),
        (27, 1 << 64, ">Q"),
    ):
        if n < limit:
            return bytes([major << 5 | n]) if form is None else bytes([major << 5 | info]) + struct.pack(form, n)
    raise ValueError(n)


def encode(shape, v):
    """A value as the probe takes it."""
    kind = shape.type_name
    if kind == "structure":
        return head(5, len(v)) + b"".join(
            head(3, len(k.encode())) + k.encode() + encode(shape.members[k], x) for k, x in v.items()
        )
    if kind == "map":
        return head(5, len(v)) + b"".join(
            head(3, len(k.encode())) + k.encode() + encode(shape.value, x) for k, x in v.items()
        )
    if kind == "list":
        return head(4, len(v)) + b"".join(encode(shape.member, x) for x in v)
    if kind in ("string", "character"):
        return head(3, len(v.encode())) + v.encode()
    if kind == "blob":
        return head(2, len(v)) + v
    if kind == "boolean":
        return b"\xf5" if v else b"\xf4"
    if kind in ("float", "double"):
        return b"\xfb" + struct.pack(">d", v)
    if kind == "timestamp":
        return b"\xc1\xfb" + struct.pack(">d", v.timestamp())
    return head(0, v) if v >= 0 else head(1, -1 - v)


PARSER = botocore.parsers.RpcV2CBORParser()


def decode(data):
    return PARSER.parse_data_item(PARSER.get_peekable_stream_from_bytes(data)) if data else None


def difference(want, got, at=""):
    """The first place where they differ."""
    if type(want) is type(got) and isinstance(want, dict):
        for k in sorted(set(want) | set(got)):
            if want.get(k, KeyError) != got.get(k, KeyError):
                return difference(want.get(k, KeyError), got.get(k, KeyError), f"{at}.{k}")
    if type(want) is type(got) and isinstance(want, list) and len(want) == len(got):
        for i, (x, y) in enumerate(zip(want, got)):
            if x != y:
                return difference(x, y, f"{at}[{i}]")
    return f"at {at or '.'}: wanted {want!r}, got {got!r}"


def norm(v):
    """Alike what counts as alike: numbers to twelve digits, times in milliseconds."""
    if isinstance(v, dict):
        return {k: norm(x) for k, x in v.items()}
    if isinstance(v, list):
        return [norm(x) for x in v]
    if isinstance(v, bool):
        return v
    if isinstance(v, float):
        return "NaN" if v != v else float(f"{v:.12g}") if abs(v) < 1e300 else "Infinity" if v > 0 else "-Infinity"
    if isinstance(v, datetime.datetime):
        return round(v.timestamp() * 1000)
    return v


TEXT = string.ascii_letters + string.digits + " &<>\"'/+=%?#;:@,é漢\n\t😀"
VISIBLE = string.ascii_letters + string.digits + " &<>\"'/+=%?#;:@()"
TOKEN = string.ascii_lowercase + string.digits + "-_"


class Random:
    """Values of shapes. answer: for a response, where times have milliseconds, and nothing is in the uri."""

    def __init__(self, rng, proto, answer):
        self.rng, self.proto, self.answer = rng, proto, answer

    def pick(self, letters, low, high):
        return "".join(self.rng.choice(letters) for _ in range(self.rng.randint(low, high)))

    def text(self, shape, where):
        r = self.rng
        if shape.enum and r.random() < 0.9:
            return r.choice(shape.enum)
        if shape.serialization.get("hostLabel"):
            return self.pick(string.digits, 12, 12)
        if where in ("header", "headers"):
            return self.pick(VISIBLE.replace(",", ""), 1, 12).strip() or "x"
        text = self.pick(TEXT, 0 if where is None and r.random() < 0.1 else 1, 12)
        return text if where is None else text.strip() or "x"

    def time(self, shape, where):
        second = self.rng.randint(0 if self.proto == "smithy-rpc-v2-cbor" else -(10**9), 4 * 10**9)
        exact = self.answer and where is None and shape.serialization.get("timestampFormat") != "rfc822"
        return datetime.datetime.fromtimestamp(second, UTC) + datetime.timedelta(
            milliseconds=self.rng.randrange(1000) if exact else 0
        )

    def number(self, shape):
        r, kind = self.rng, shape.type_name
        if shape.serialization.get("name") == "Content-Length":
            return r.randint(0, 10**6)
        if kind == "integer":
            return r.choice([0, -1, 2**31 - 1, -(2**31), r.randint(-1000, 1000)])
        if kind == "long":
            return r.choice([0, 2**53, -(2**40), 2**63 - 1, r.randint(-1000, 10**12)])
        if self.proto == "smithy-rpc-v2-cbor" and kind == "float":
            return r.choice([0.5, -2.25, 1024.0])
        odd = [float("inf"), float("-inf"), float("nan")] if r.random() < 0.1 else []
        return r.choice(odd or [0.0, 1.0, 1e-7, 1e22, -123456.789, r.uniform(-1e6, 1e6)])

    def structure(self, shape, depth, names):
        v, members = {}, shape.members
        if shape.is_tagged_union:
            names = [self.rng.choice(sorted(names))] if names else []
        for k in names:
            m = members[k]
            if k == "Event" and "Events" in members:
                continue  # S3's old single form, of the same element
            needed = k in shape.required_members or shape.is_tagged_union
            # What is empty leaves no trace in a form, nor an empty flat list in XML.
            formless = self.proto in ("query", "ec2") and not self.answer or m.serialization.get("flattened")
            if m.serialization.get("eventstream") or (not needed and (depth > 6 or self.rng.random() < 0.5)):
                continue
            x = self.value(m, depth + 1, m.serialization.get("location"))
            if x is not None and (x not in ({}, []) or (needed and not formless)):
                v[k] = x
        return v

    def value(self, shape, depth=0, where=None):
        kind, r = shape.type_name, self.rng
        if depth > 14:
            return {"structure": {}, "list": [], "map": {}}.get(kind)
        if kind == "structure":
            v = self.structure(shape, depth, list(shape.members))
            return None if shape.is_tagged_union and not v else v
        if kind == "list":
            got = [self.value(shape.member, depth + 1, where) for _ in range(r.randint(1, 3 if depth < 5 else 1))]
            return [x for x in got if x not in (None, {}, [])]
        if kind == "map":
            letters = TOKEN if where == "headers" else TEXT
            keys = [
                r.choice(shape.key.enum) if shape.key.enum else self.pick(letters, 1, 8).strip() or "k"
                for _ in range(r.randint(1, 2))
            ]
            got = {k: self.value(shape.value, depth + 1, where) for k in keys}
            return {k: x for k, x in got.items() if x not in (None, {}, [])}
        if kind in ("string", "character"):
            return self.text(shape, where)
        if kind == "timestamp":
            return self.time(shape, where)
        if kind == "boolean":
            return r.random() < 0.5
        if kind == "blob":
            return bytes(r.randrange(256) for _ in range(r.randint(1, 9)))
        return self.number(shape)
