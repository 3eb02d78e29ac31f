#!/usr/bin/env python3
"""Every operation of model/ops.txt over every wire of its service, with random values and botocore as the oracle:
    request   botocore writes it, our server's reader reads it (and rest_route finds the operation)
    response  our server's writer writes it, botocore reads it; our client's reader reads it too
    client    our client's writer writes a request, botocore writes the same one
    event     event streams, one event at a time
    fault     error envelopes
No difference is allowed. --n values a direction and operation, --seed, --only SERVICE[.OPERATION], --show N of them.
"""

import argparse
import collections
import json
import os
import random
import sys
import urllib.parse
import xml.etree.ElementTree as ET

import botocore.eventstream
import botocore.handlers
import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize
from botocore.awsrequest import HeadersDict

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../model"))
import codec
from gen import read_ops

REST = ("rest-xml", "rest-json")


class Bench:
    def __init__(self, options):
        self.options = options
        self.probe = codec.Probe(codec.build_probe(os.environ.get("O", "out")))
        self.passed, self.failed, self.shown = collections.Counter(), collections.Counter(), 0

    def check(self, what, want, got, wire):
        """what: (service, op, proto, direction)"""
        key = (what[0], what[2], what[3])
        if want == got:
            self.passed[key] += 1
            return
        self.failed[key] += 1
        if self.shown < self.options.show:
            self.shown += 1
            print("---", *what, codec.difference(want, got)[:1000], "\n wire", str(wire)[:1000])

    # --- requests

    @staticmethod
    def serialize(om, proto, params):
        """(method, target, headers, body) as botocore sends them."""
        req = botocore.serialize.create_serializer(proto, False).serialize_to_request(params, om)
        body = req["body"]
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body)
        target, query = req["url_path"], req["query_string"]
        if isinstance(query, dict):
            query = urllib.parse.urlencode(query, doseq=True, quote_via=urllib.parse.quote)
        if query:
            target += ("&" if "?" in target else "?") + query
        return req["method"], target, dict(req["headers"]), body.encode() if isinstance(body, str) else body

    @staticmethod
    def request_params(om, proto, rng):
        """A text that is the whole body is not empty: that would be none."""
        if om.input_shape is None:
            return {}
        params, payload = codec.Random(rng, proto, False).value(om.input_shape), om.input_shape.serialization.get(
            "payload"
        )
        if params.get(payload) == "":
            params[payload] = "text"
        return params

    @staticmethod
    def streaming(shape):
        """The payload member if its bytes are streamed past the codec."""
        name = shape.serialization.get("payload") if shape is not None else None
        streams = name and (
            shape.members[name].serialization.get("streaming") or shape.members[name].serialization.get("eventstream")
        )
        return name if streams else None

    def request(self, what, om, rng):
        proto, shape = what[2], om.input_shape
        params = self.request_params(om, proto, rng)
        method, target, headers, body = self.serialize(om, proto, params)
        lines = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        routed, trouble, value = self.probe.ask(
            "read", what[0], what[1], proto, method.encode(), target.encode(), lines.encode(), body, b""
        )
        if shape is not None:
            want = {k: v for k, v in params.items() if k != self.streaming(shape)}
            got = codec.norm(codec.decode(value) if not trouble else trouble)
            self.check(
                what + ("request",), self.lower_meta(shape, codec.norm(want)), got, (method, target, headers, body)
            )
        if proto in REST:
            self.check(what + ("route",), self.routes_to(om), routed.decode(), (method, target))

    @staticmethod
    def lower_meta(shape, params):
        """A list in a header cannot be empty."""
        return {
            k: v
            for k, v in params.items()
            if not (v == [] and shape.members[k].serialization.get("location") == "header")
        }

    @staticmethod
    def routes_to(om):
        """Of operations that look alike the one that is not deprecated, and the general one of buckets."""
        if om.name == "ListDirectoryBuckets":
            return "ListBuckets"
        alike = [n for n in om.service_model.operation_names if om.service_model.operation_model(n).http == om.http]
        return next(
            (n for n in alike if om.deprecated and not om.service_model.operation_model(n).deprecated), om.name
        )

    # --- the client's requests

    def client(self, what, om, rng):
        proto, shape = what[2], om.input_shape
        params = self.request_params(om, proto, rng)
        if shape is not None:
            params = {k: v for k, v in params.items() if k != self.streaming(shape)}
        method, target, headers, body = self.serialize(om, proto, params)
        value = codec.encode(shape, params) if shape is not None else b""
        got = self.probe.ask("request", what[0], what[1], proto, value)
        path, _, query = target.partition("?")
        want = [
            method,
            path,
            sorted(urllib.parse.parse_qsl(query, True)),
            self.headers_of(headers, shape),
            self.body_of(proto, body, shape),
        ]
        ours = [
            got[0].decode(),
            got[1].decode(),
            sorted(urllib.parse.parse_qsl(got[2].decode(), True)),
            self.headers_of(self.lines(got[3]), shape),
            self.body_of(proto, got[4], shape),
        ]
        self.check(what + ("client",), codec.norm(want), codec.norm(ours), (target, headers, body, got))

    @staticmethod
    def lines(data):
        return dict(line.split(": ", 1) for line in data.decode().split("\r\n") if line)

    @staticmethod
    def headers_of(headers, shape):
        """Those that say something: not the type of a body of XML or plain text, which botocore leaves out."""
        bound = {
            m.serialization.get("name", "").lower()
            for m in (shape.members.values() if shape is not None else ())
            if m.serialization.get("location") == "header"
        }
        return {
            k.lower(): v.replace(".000Z", "Z")
            for k, v in headers.items()
            if k.lower() != "content-type" or "content-type" in bound or "amz-json" in v or "cbor" in v
        }

    def body_of(self, proto, body, shape):
        payload = shape.serialization.get("payload") if shape is not None else None
        if proto in REST and payload and shape.members[payload].type_name in ("blob", "string"):
            return body
        if proto in ("query", "ec2"):
            return {k: self.number_of(v) for k, v in urllib.parse.parse_qsl(body.decode(), True)}
        if not body:
            return {} if proto == "rest-json" else None
        if proto == "smithy-rpc-v2-cbor":
            return codec.decode(body)
        return self.tree(ET.fromstring(body)) if proto == "rest-xml" else json.loads(body)

    @staticmethod
    def number_of(text):
        """1e+22 and 10000000000000000000000 are one number, as 2.0 and 2; 12:00:00Z and 12:00:00.000Z are one time."""
        try:
            return codec.norm(float(text)) if text.strip() == text and text[:1] in "-0123456789" else text
        except ValueError:
            return text.replace(".000Z", "Z")

    def tree(self, e):
        return e.tag, sorted(e.attrib.items()), self.number_of(e.text or ""), [self.tree(c) for c in e]

    # --- responses

    def response(self, what, om, rng):
        service, op, proto, shape = *what, om.output_shape
        if (
            proto not in REST
            and shape is not None
            and any(m.serialization.get("eventstream") for m in shape.members.values())
        ):
            return  # all of it goes out as events
        value = codec.Random(rng, proto, True).value(shape) if shape is not None else {}
        payload = shape.serialization.get("payload") if shape is not None else None
        plain = proto in REST and payload and shape.members[payload].type_name in ("blob", "string")
        if plain and payload in value and shape.members[payload].type_name == "blob":
            value[payload] = b"bytes"  # which botocore shows as text
        value = {k: v for k, v in value.items() if k != self.streaming(shape)}
        status, lines, body, back = self.probe.ask(
            "response", service, op, proto, codec.encode(shape, value) if shape is not None else b""
        )
        headers = HeadersDict(self.lines(lines))
        parser = botocore.parsers.create_parser(proto)
        parsed = parser.parse(
            {"status_code": int(status), "headers": headers, "body": body, "context": {"operation_name": op}}, shape
        )
        parsed.pop("ResponseMetadata", None)
        for v in parsed.values():
            if isinstance(v, dict) and "Events" in v:
                v.pop("Event", None)
        want = dict(value)
        if shape is not None:
            for k, m in shape.members.items():  # botocore shows these whether they are there or not
                if m.serialization.get("location") == "headers" and not parsed.get(k):
                    parsed.pop(k, None)
            self.undo(om, parsed, body, want)
        self.check(what + ("response",), codec.norm(want), codec.norm(parsed), (status, headers, body))
        if shape is not None:
            status_members = [k for k, m in shape.members.items() if m.serialization.get("location") == "statusCode"]
            again = {k: v for k, v in (codec.decode(back) or {}).items() if k not in status_members}
            if value.get(payload) == "":
                value.pop(payload)
            again = {k: v for k, v in again.items() if v != "" or k in value or om.name != "GetBucketLocation"}
            self.check(
                what + ("reread",),
                codec.norm({k: v for k, v in value.items() if k not in status_members}),
                codec.norm(again),
                (headers, body),
            )

    def undo(self, om, parsed, body, want):
        """What botocore does outside its parsers, or shows without being told."""
        if om.name == "GetBucketLocation":
            parsed.clear()
            botocore.handlers.parse_get_bucket_location(parsed, type("Response", (), {"content": body, "raw": True}))
            want.setdefault("LocationConstraint", None)
            parsed["LocationConstraint"] = parsed["LocationConstraint"] or want["LocationConstraint"]
        payload = om.output_shape.serialization.get("payload")
        if not payload:
            return
        if self.streaming(om.output_shape):
            parsed.pop(payload, None)
        elif payload not in want and not parsed.get(payload):
            parsed.pop(payload, None)
        elif want.get(payload) == "":
            want.pop(payload)
            parsed.pop(payload)
        elif isinstance(want.get(payload), bytes):
            want[payload] = want[payload].decode()

    # --- event streams and faults

    def events(self, what, om, rng):
        proto, shape = what[2], om.output_shape
        stream = (
            next((k for k, m in shape.members.items() if m.serialization.get("eventstream")), None)
            if shape is not None
            else None
        )
        if not stream:
            return
        events = shape.members[stream]
        if proto not in REST:
            value = codec.Random(rng, proto, True).value(shape)
            (data,) = self.probe.ask("event", what[0], what[1], proto, codec.encode(shape, value))
            got = self.unframe(data)[0].to_response_dict()
            self.check(
                what + ("event",),
                ("initial-response", codec.norm(value)),
                (
                    got["headers"][":event-type"],
                    codec.norm(codec.decode(got["body"]) if "cbor" in proto else json.loads(got["body"])),
                ),
                data,
            )
        for kind, event in events.members.items():
            if event.metadata.get("exception"):
                continue
            value = codec.Random(rng, proto, True).value(event)
            value.update(
                {
                    k: codec.Random(rng, proto, True).value(m)
                    for k, m in event.members.items()
                    if m.serialization.get("eventpayload")
                }
            )
            (data,) = self.probe.ask("event", what[0], what[1], proto, codec.encode(shape, {stream: {kind: value}}))
            parser = botocore.parsers.create_parser(proto)._event_stream_parser
            got = [parser.parse(e.to_response_dict(), events) for e in self.unframe(data)]
            self.check(what + ("event",), [codec.norm({kind: value})], codec.norm(got), data)

    @staticmethod
    def unframe(data):
        buffer = botocore.eventstream.EventStreamBuffer()
        buffer.add_data(data)
        return list(buffer)

    def faults(self, service, sm, proto, op):
        """Every error that the service declares, one that it does not, and a message that means harm."""
        shapes = sm.error_shapes if proto != "ec2" else []
        for code, name in [(e.error_code, e.name) for e in shapes] + [("SomeCode", "SomeCode")]:
            for message in ('It\'s "so" <b>&amp;</b> é😀', "", ']]></Message>\\" \r\n'):
                lines, body, back, text = self.probe.ask("fault", service, op, proto, name.encode(), message.encode())
                parser = botocore.parsers.create_parser(proto)
                got = parser.parse(
                    {"status_code": 400, "headers": HeadersDict(self.lines(lines)), "body": body}, None
                )["Error"]
                what = (service, name, proto, "fault")
                query = proto in ("query", "ec2", "rest-xml") or "awsQueryCompatible" in sm.metadata
                self.check(
                    what,
                    (code if query else name, message or None),
                    (got["Code"], got["Message"] or None),
                    (lines, body),
                )
                self.check(what, (code if query else name, message), (back.decode(), text.decode()), (lines, body))

    # --- all

    def run_service(self, loader, service, ops):
        sm = botocore.model.ServiceModel(loader.load_service_model(service, "service-2"), service)
        for proto in sm.metadata.get("protocols") or [sm.metadata["protocol"]]:
            for op in ops:
                om = sm.operation_model(op)
                for i in range(self.options.n):
                    for direction in (self.request, self.client, self.response, self.events):
                        rng = random.Random(f"{self.options.seed} {service} {op} {proto} {direction.__name__} {i}")
                        direction((service, op, proto), om, rng)
            self.faults(service, sm, proto, ops[0])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--n", type=int)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--only", default="")
    p.add_argument("--show", type=int, default=3)
    p.add_argument("--long", action="store_true")
    options = p.parse_args()
    options.n = options.n or (200 if options.long else 20)
    bench, loader = Bench(options), botocore.loaders.Loader()
    for service, ops in read_ops(os.path.join(codec.ROOT, "model/ops.txt")).items():
        if options.only in ("", service):
            bench.run_service(loader, service, ops)
        elif options.only.startswith(service + "."):
            bench.run_service(loader, service, [o for o in ops if o == options.only.split(".")[1]])
    bench.probe.close()
    for key in sorted(set(bench.passed) | set(bench.failed)):
        print(*key, bench.passed[key], f"DIFFERENT {bench.failed[key]}" if bench.failed[key] else "")
    print(f"{sum(bench.passed.values())} passed, {sum(bench.failed.values())} failed")
    sys.exit(1 if bench.failed else 0)


if __name__ == "__main__":
    main()
