#!/usr/bin/env python3
"""Turns AWS's public service models (as botocore packs them) into src/model/*_model.c: the operations that
model/ops.txt names, with the shapes that they reach. Pinned to one botocore, so that a run changes nothing unless
ops.txt did."""

import os
import sys

import botocore
import botocore.loaders

PINNED = "1.43.11"
KIND = {
    "structure": "K_STRUCT",
    "list": "K_LIST",
    "map": "K_MAP",
    "string": "K_STR",
    "character": "K_STR",
    "blob": "K_BLOB",
    "integer": "K_INT",
    "long": "K_INT",
    "float": "K_DBL",
    "double": "K_DBL",
    "boolean": "K_BOOL",
    "timestamp": "K_TIME",
}
PROTO = {
    "ec2": "P_EC2",
    "query": "P_QUERY",
    "rest-xml": "P_RESTXML",
    "json": "P_JSON",
    "rest-json": "P_RESTJSON",
    "smithy-rpc-v2-cbor": "P_CBOR",
}
LOC = {
    "uri": "L_URI",
    "querystring": "L_QUERY",
    "header": "L_HEADER",
    "headers": "L_HEADERS",
    "statusCode": "L_STATUS",
}
TIME = {"iso8601": "T_ISO", "unixTimestamp": "T_UNIX", "rfc822": "T_RFC822"}

# Elements around S3's responses, where they are not the name of the output shape (S3's API reference).
ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CreateSession": "CreateSessionResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycle": "LifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotification": "NotificationConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}
BARE = {"GetBucketLocation"}


def quote(text):
    out = ""
    for byte in text.encode():
        c = chr(byte)
        out += "\\" + c if c in '"\\' else c if 32 <= byte < 127 else "\\%03o" % byte
    return '"' + out.replace("??", "?\\?") + '"'


def row(*fields):
    """A designated initializer of the fields that are set."""
    return "{ " + ", ".join(".%s = %s" % f for f in fields if f[1]) + " }"


def text(value):
    return quote(value) if value else None


class Service:
    def __init__(self, name, ops, model):
        self.name, self.model, self.shapes = name, model, model["shapes"]
        self.ops = {op: model["operations"][op] for op in sorted(ops)}
        self.meta = model["metadata"]
        self.protocols = self.meta.get("protocols") or [self.meta["protocol"]]
        self.order, self.seen = [], set()
        for op in self.ops.values():
            for side in ("input", "output"):
                if side in op:
                    self.reach(op[side]["shape"])

    def shadowed(self, shape, name, ref):
        """Is it the old single form of a list that has the same element (S3's Event and Events)?"""
        return ref.get("deprecated") and any(
            r["shape"] != ref["shape"] and r.get("locationName") == ref.get("locationName", name)
            for r in shape["members"].values()
        )

    def refs(self, shape):
        members = shape.get("members", {}).items()
        return [(k, ref) for k, ref in members if not self.shadowed(shape, k, ref)] + [
            (None, shape[k]) for k in ("member", "key", "value") if k in shape
        ]

    def reach(self, name):
        """Shapes in the order of need: what a shape refers to comes before it, as far as there is no cycle."""
        if name in self.seen:
            return
        self.seen.add(name)
        for _, ref in self.refs(self.shapes[name]):
            self.reach(ref["shape"])
        self.order.append(name)

    def member(self, name, ref, owner):
        target = self.shapes[ref["shape"]]
        trait = lambda key: ref.get(key) or target.get(key)
        if ref.get("xmlNamespace") and name != owner.get("payload"):
            sys.exit("%s: the namespace of member %s has no place in the tables" % (self.name, name))
        wire = trait("locationName")
        query = ref.get("queryName") or (wire[0].upper() + wire[1:] if wire else None)
        flags = [
            flag
            for flag, on in (
                ("M_REQUIRED", name in owner.get("required", [])),
                ("M_FLAT", trait("flattened")),
                ("M_ATTR", ref.get("xmlAttribute")),
                ("M_JSONVALUE", trait("jsonvalue")),
                ("M_EVENTPAYLOAD", ref.get("eventpayload")),
                ("M_EVENTHEADER", ref.get("eventheader")),
            )
            if on
        ]
        time = trait("timestampFormat")
        return row(
            ("name", text(name)),
            ("wire", text(wire) if wire != name else None),
            ("query", text(query) if "ec2" in self.protocols and query != name else None),
            ("shape", "&s_" + ref["shape"]),
            ("loc", LOC[ref["location"]] if "location" in ref else None),
            ("flags", " | ".join(flags)),
            ("time", TIME[time] if time else None),
        )

    def streaming(self, name):
        """Is some member that refers to this shape a stream?"""
        return any(
            ref["shape"] == name and ref.get("streaming") for n in self.order for _, ref in self.refs(self.shapes[n])
        )

    def shape(self, name):
        shape, out = self.shapes[name], []
        rows = [self.member(k, ref, shape) for k, ref in self.refs(shape)]
        if rows:
            out.append("static const struct member m_%s[] = {\n\t%s,\n};" % (name, ",\n\t".join(rows)))
        if "enum" in shape:
            out.append(
                "static const char *const e_%s[] = { %s, NULL };" % (name, ", ".join(map(quote, shape["enum"])))
            )
        flags = [
            flag
            for flag, on in (
                ("SH_STREAMING", shape.get("streaming") or self.streaming(name)),
                ("SH_EVENTSTREAM", shape.get("eventstream")),
                ("SH_EVENT", shape.get("event")),
                ("SH_UNION", shape.get("union")),
                ("SH_SENSITIVE", shape.get("sensitive")),
                ("SH_LONG", shape["type"] == "long"),
            )
            if on
        ]
        ns = shape.get("xmlNamespace")
        if isinstance(ns, dict):
            ns = ns.get("prefix", "") + "|" + ns["uri"]
        numeric = shape["type"] in (
            "integer",
            "long",
            "float",
            "double",
            "string",
            "character",
            "blob",
            "list",
            "map",
        )
        low, high = (shape.get("min"), shape.get("max")) if numeric else (None, None)
        out.append(
            "static const struct shape s_%s = %s;"
            % (
                name,
                row(
                    ("name", quote(name)),
                    ("kind", KIND[shape["type"]]),
                    ("has_min", low is not None and "true"),
                    ("has_max", high is not None and "true"),
                    ("n", rows and len(rows)),
                    ("flags", " | ".join(flags)),
                    ("m", rows and "m_" + name),
                    ("payload", text(shape.get("payload"))),
                    ("xmlns", text(ns)),
                    ("min", low and int(low)),
                    ("max", high and min(int(high), 2**63 - 1)),
                    ("pattern", text(shape.get("pattern"))),
                    ("values", "enum" in shape and "e_" + name),
                ),
            )
        )
        return "\n".join(out)

    def root(self, op):
        """Element and namespace around the body of a rest-xml request."""
        ref = op.get("input")
        if "rest-xml" not in self.protocols or not ref:
            return None, None
        shape = self.shapes[ref["shape"]]
        if shape.get("payload"):
            ref = shape["members"][shape["payload"]]
        return ref.get("locationName"), ref.get("xmlNamespace", {}).get("uri")

    def out_root(self, name, op):
        if "rest-xml" not in self.protocols or "output" not in op:
            return None
        shape = self.shapes[op["output"]["shape"]]
        if shape.get("payload"):
            member = shape["members"][shape["payload"]]
            return (
                member.get("locationName") or shape["payload"]
                if self.shapes[member["shape"]]["type"] == "structure"
                else None
            )
        return ROOTS.get(name) or op["output"]["shape"]

    def op(self, name, op):
        http, (root, root_ns) = op["http"], self.root(op)
        status = int(http.get("responseCode", 200))
        auth = op.get("authtype")
        return row(
            ("name", quote(name)),
            ("method", quote(http["method"])),
            ("uri", quote(http["requestUri"])),
            ("in", "input" in op and "&s_" + op["input"]["shape"]),
            ("out", "output" in op and "&s_" + op["output"]["shape"]),
            ("wrapper", text(op.get("output", {}).get("resultWrapper"))),
            ("root", text(root)),
            ("root_ns", text(root_ns)),
            ("out_root", text(self.out_root(name, op))),
            ("host", text(op.get("endpoint", {}).get("hostPrefix"))),
            ("checksum_required", op.get("httpChecksum", {}).get("requestChecksumRequired") and "true"),
            ("unsigned_payload", (op.get("unsignedPayload") or auth == "v4-unsigned-body") and "true"),
            ("no_auth", (auth == "none" or op.get("auth") == ["smithy.api#noAuth"]) and "true"),
            ("deprecated", op.get("deprecated") and self.superseded(name, op) and "true"),
            ("bare", name in BARE and "true"),
            ("status", status if status != 200 else None),
        )

    def superseded(self, name, op):
        return any(o["http"] == op["http"] for n, o in self.ops.items() if n != name)

    def error(self, name, shape):
        error = shape.get("error", {})
        code = error.get("code")
        return row(
            ("name", quote(name)),
            ("code", text(code) if code != name else None),
            ("status", error.get("httpStatusCode")),
        )

    def decisive(self):
        """Names of query parameters that tell operations of the same method and path apart."""
        names = set()
        for op in self.ops.values():
            literals = op["http"]["requestUri"].partition("?")[2]
            shape = self.shapes[op["input"]["shape"]] if "input" in op else {}
            names |= {p.split("=")[0] for p in literals.split("&") if p}
            names |= {
                ref.get("locationName", k)
                for k, ref in shape.get("members", {}).items()
                if not literals and ref.get("location") == "querystring" and k in shape.get("required", [])
            }
        return sorted(names)

    def namespace(self):
        found = {op_root[1] for op_root in map(self.root, self.ops.values()) if op_root[1]}
        return self.meta.get("xmlNamespace") or (found.pop() if len(found) == 1 else None)

    def file(self):
        ident, meta = self.name.replace("-", "_"), self.meta
        errors = {n: s for n, s in sorted(self.shapes.items()) if s.get("exception")}
        out = [
            "/* Generated by model/gen.py from AWS's models (botocore %s, Apache-2.0; see NOTICE); do not edit. */"
            % PINNED,
            '#include "model/model.h"\n',
            "extern const struct service %s_service;\n" % ident,
        ]
        out += ["static const struct shape s_%s;" % n for n in self.order]
        out += [self.shape(n) for n in self.order]
        out.append(
            "static const struct op ops[] = {\n%s\n};" % "\n".join("\t%s," % self.op(*o) for o in self.ops.items())
        )
        out.append(
            "static const struct error errors[] = {\n%s\t{ 0 },\n};"
            % "".join("\t%s,\n" % self.error(*e) for e in errors.items())
        )
        decisive = self.decisive()
        if decisive:
            out.append("static const char *const decisive[] = { %s, NULL };" % ", ".join(map(quote, decisive)))
        out.append(
            "const struct service %s_service = {\n\t%s,\n};"
            % (
                ident,
                row(
                    ("name", quote(self.name)),
                    ("endpoint", quote(meta["endpointPrefix"])),
                    ("signing", text(meta.get("signingName"))),
                    ("id", quote(meta["serviceId"])),
                    ("version", quote(meta["apiVersion"])),
                    ("protos", " | ".join(PROTO[p] for p in self.protocols)),
                    ("json", text(meta.get("jsonVersion"))),
                    ("target", text(meta.get("targetPrefix"))),
                    ("xmlns", text(self.namespace())),
                    ("query_compatible", "awsQueryCompatible" in meta and "true"),
                    ("ops", "ops"),
                    ("n_ops", len(self.ops)),
                    ("errors", "errors"),
                    ("decisive", decisive and "decisive"),
                )[2:-2].replace(", .", ",\n\t."),
            )
        )
        return "\n".join(out) + "\n"


def read_ops(path):
    """Service -> operations: a service stands at the start of a line, its operations on the indented ones after it."""
    wanted, service = {}, None
    for line in open(path):
        line = line.split("#")[0]
        if line.strip() and not line[0].isspace():
            service = wanted.setdefault(line.strip(), [])
        else:
            service = service if service is not None else []
            service += line.split()
    return wanted


def index(names):
    idents = [n.replace("-", "_") for n in names]
    return "\n".join(
        [
            "/* Generated by model/gen.py from model/ops.txt; do not edit. */",
            '#include "model/model.h"\n',
            "extern const struct service %s;\n" % ", ".join(i + "_service" for i in idents),
            "const struct service *const services[] = {",
        ]
        + ["\t&%s_service," % i for i in idents]
        + ["\tNULL,", "};", ""]
    )


def main():
    if botocore.__version__ != PINNED:
        sys.exit("model/gen.py wants botocore %s, this is %s" % (PINNED, botocore.__version__))
    here = os.path.dirname(os.path.abspath(__file__))
    to = os.path.join(here, "..", "src", "model")
    wanted = read_ops(os.path.join(here, "ops.txt"))
    loader = botocore.loaders.Loader()
    for name, ops in wanted.items():
        service = Service(name, ops, loader.load_service_model(name, "service-2"))
        with open(os.path.join(to, name.replace("-", "_") + "_model.c"), "w") as f:
            f.write(service.file())
    with open(os.path.join(to, "services_model.c"), "w") as f:
        f.write(index(wanted))


if __name__ == "__main__":
    main()
