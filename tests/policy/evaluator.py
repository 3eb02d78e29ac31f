"""What AWS decides, as the IAM User Guide tells it: a plain evaluator of policies, written from the documents and not
from src/policy, so that two readings of them can be compared (compare.py). Slow and simple on purpose. A case is the
object that the driver reads (see compare.py); `evaluate` returns the outcome and every layer that may be named as its
reason.

Pages: Policy evaluation logic (within one account, cross-account), Permissions boundaries, Policies and permissions
(session policies), JSON policy elements: Principal, NotPrincipal, Action, Resource, Condition, Condition operators,
Single-valued vs. multivalued context keys, Variables and tags; S3: Blocking public access.

Open points, where the documents leave a choice, and what is chosen here:
 1. A key with several values under an operator without ForAllValues/ForAnyValue ("requires a set operator"): one value
    that matches suffices; a negated operator wants that none does.
 2. ForAnyValue with ...IfExists and no such key: "evaluate the condition element as true" (IfExists) against "if the
    key does not exist, the condition returns false" (ForAnyValue): the latter. Who tried it at AWS reports the same.
 3. ForAllValues is true for "a null dataset, such as an empty string": a key whose one value is "" counts as empty
    under both set operators, and is there for all others (Null included).
 4. What a variable stands for is text: its wildcards match themselves. So is a default value.
 5. Resource: "*" at the end of one of the first five segments runs on past colons, any other "*" or "?" there stays in
    its segment. ArnLike: every segment by itself; the last of fewer than six covers the rest if it ends with "*".
 6. Values that are no number, date, address, true or false match nothing, and so satisfy the negated operator.
 7. Bool compares without case; policies may write true for "true", 10 for "10".
 8. NotPrincipal in a Deny: "AWS might validate the account first, then the role, and then the assumed-role user": each
    of them must be excepted, or the statement applies. In an Allow it excepts whom the same Principal would name.
 9. CanonicalUser is "an option for specifying an account principal": it names the account.
10. {"AWS": "*"} is "*", for services too.
11. In the trust policy of a role of one account "*" and the caller's own ARN suffice; its role's ARN passes the
    boundary and the session policies as any grant to a role does.
12. BinaryEquals: the request's value is base64 too.
13. Dates of four digits are years, other numbers seconds since 1970 (below 10^12); without a zone: UTC.
14. "?" is one character, not one byte.
"""
import base64
import binascii
import datetime
import ipaddress
import json
import re
from decimal import Decimal

ACCOUNT, ROLE, SELF = 1, 2, 3  # how directly a grant names who asks
VARIABLE = re.compile(r"\$\{(\*|\?|\$|[^}]*)\}")
VARIABLES_SINCE = "2012-10-17"


def listed(value):
    return value if isinstance(value, list) else [value]


def text_of(value):
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


# --- patterns: a list of characters, and of the wildcards MANY and ONE

MANY, ONE = object(), object()


class NoValue(Exception):
    """A variable stands for nothing in this request."""


def with_wildcards(text):
    return [MANY if c == "*" else ONE if c == "?" else c for c in text]


def fill(text, request, filled=True, wildcards=True):
    """The pattern of a policy's text; raises NoValue."""
    plain = with_wildcards if wildcards else list
    if not filled:
        return plain(text)
    out, at = [], 0
    for m in VARIABLE.finditer(text):
        out += plain(text[at:m.start()]) + list(stands_for(m.group(1), request))
        at = m.end()
    return out + plain(text[at:])


def stands_for(name, request):
    if name in ("*", "?", "$"):
        return name
    default = re.fullmatch(r"\s*([^,']*?)\s*,\s*'(.*)'\s*", name, re.S)
    value = request.single(default.group(1) if default else name.strip())
    if value is not None:
        return value
    if default:
        return default.group(2)
    raise NoValue(name)


def matches(pattern, text, many=".*", one="."):
    parts = [many if c is MANY else one if c is ONE else re.escape(c) for c in pattern]
    return re.fullmatch("".join(parts), text, re.S) is not None


def lower(pattern):
    return [c.lower() if isinstance(c, str) else c for c in pattern]


def segments(pattern, most=6):
    """The pattern cut at its first five colons."""
    out = [[]]
    for c in pattern:
        if c == ":" and len(out) < most:
            out.append([])
        else:
            out[-1].append(c)
    return out


def matches_resource(pattern, arn):
    """Open point 5."""
    if pattern == [MANY]:
        return True
    parts = segments(pattern)
    regex = []
    for i, part in enumerate(parts):
        piece = ""
        for j, c in enumerate(part):
            wide = i == 5 or (j == len(part) - 1 and c is MANY)
            piece += ((".*" if wide else "[^:]*") if c is MANY else ("." if wide else "[^:]") if c is ONE
                      else re.escape(c))
        regex.append(piece)
    return re.fullmatch(":".join(regex), arn, re.S) is not None


def matches_arn(pattern, arn):
    if pattern == [MANY]:
        return True
    parts = segments(pattern)
    rest = arn.split(":", len(parts) - 1)
    if len(rest) != len(parts):
        return False
    if len(parts) < 6 and ":" in rest[-1] and not (parts[-1] and parts[-1][-1] is MANY):
        return False
    return all(matches(p, t) for p, t in zip(parts, rest))


# --- conditions

NOT = {"StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
       "StringNotLike": "StringLike", "NumericNotEquals": "NumericEquals", "DateNotEquals": "DateEquals",
       "NotIpAddress": "IpAddress", "ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike"}
ORDER = {"Equals": lambda a, b: a == b, "LessThan": lambda a, b: a < b, "LessThanEquals": lambda a, b: a <= b,
         "GreaterThan": lambda a, b: a > b, "GreaterThanEquals": lambda a, b: a >= b}


def number(text):
    return Decimal(text) if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text) else None


def date(text):
    seconds = None if re.fullmatch(r"\d{4}", text) else number(text)
    if seconds is not None:
        return seconds if abs(seconds) < 10**12 else None
    m = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?", text)
    if not m:
        return None
    year, month, day, hour, minute, second = (int(x) if x else None for x in m.groups()[:6])
    try:
        at = datetime.datetime(year, month or 1, day or 1, hour or 0, minute or 0, second or 0)
    except ValueError:
        return None
    zone = m.group(8)
    minutes = 0 if zone in (None, "Z") else int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[4:]))
    since = at - datetime.datetime(1970, 1, 1) - datetime.timedelta(minutes=minutes)
    return Decimal(since.days * 86400 + since.seconds) + Decimal(m.group(7) or 0)


def compared(read, order, have, want):
    a, b = read(have), read(want)
    return a is not None and b is not None and order(a, b)


def within(have, want):
    try:
        return "%" not in have and ipaddress.ip_address(have) in ipaddress.ip_network(want, strict=False)
    except (ValueError, TypeError):
        return False


def same_bytes(have, want):
    try:
        return base64.b64decode(have, validate=True) == base64.b64decode(want, validate=True)
    except (binascii.Error, ValueError):
        return False


def value_matches(operator, have, want, request, filled):
    """One value of the request against one of the policy, by an operator that is not negated."""
    if operator.startswith(("String", "Arn")):
        try:
            pattern = fill(want, request, filled, wildcards=operator in ("StringLike", "ArnEquals", "ArnLike"))
        except NoValue:
            return False
        if operator.startswith("Arn"):
            return matches_arn(pattern, have)
        if operator == "StringEqualsIgnoreCase":
            return matches(lower(pattern), have.lower())
        return matches(pattern, have)
    if operator.startswith("Numeric"):
        return compared(number, ORDER[operator[7:]], have, want)
    if operator.startswith("Date"):
        return compared(date, ORDER[operator[4:]], have, want)
    if operator == "Bool":
        return have.lower() == want.lower() in ("true", "false")
    if operator == "IpAddress":
        return within(have, want)
    if operator == "BinaryEquals":
        return same_bytes(have, want)
    raise KeyError(operator)


def condition_holds(operator, key, wants, request, filled):
    wants = [text_of(w) for w in listed(wants)]
    have = request.key(key) or None  # a set without members is no value
    if operator == "Null":
        return ("true" if have is None else "false") in [w.lower() for w in wants]
    qualifier, _, operator = operator.rpartition(":")
    if_exists = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    negated, operator = operator in NOT, NOT.get(operator, operator)

    def one(value):
        return any(value_matches(operator, value, w, request, filled) for w in wants) != negated

    if qualifier == "ForAllValues":
        return have in (None, [""]) or all(one(v) for v in have)
    if qualifier == "ForAnyValue":
        return have not in (None, [""]) and any(one(v) for v in have)
    if have is None:
        return negated or if_exists
    return all(one(v) for v in have) if negated else any(one(v) for v in have)


# --- statements

class Request:
    def __init__(self, case):
        self.case, self.who = case, case["principal"]
        self.action, self.resource = case["action"], case["resource"]
        self.context = {}
        for name, values in case["context"].items():
            self.context[name.lower()] = values

    def key(self, name):
        values = self.context.get(name.lower())
        return values["many"] if isinstance(values, dict) else values

    def single(self, name):
        """"You cannot use a multivalued context key as a policy variable"."""
        values = self.context.get(name.lower())
        return values[0] if isinstance(values, list) and len(values) == 1 else None


def namings(principal, who):
    """How directly each entry of a Principal names who asks; 0: not at all."""
    if principal == "*":
        return {SELF}
    return {named_by(kind, text, who) for kind, texts in principal.items() for text in listed(texts)}


def excepted(principal, request, deny):
    """By NotPrincipal."""
    if not deny:
        return any(namings(principal, request.who))
    if request.case["boundary"] is not None:
        return False  # it "will always deny any IAM principal that has a permissions boundary policy attached"
    if principal == "*" or "*" in listed(principal.get("AWS", [])):
        return True
    needed = {"root": {ACCOUNT}, "user": {ACCOUNT, SELF}, "federated": {ACCOUNT, SELF}, "role": {ACCOUNT, ROLE, SELF}}
    return needed.get(request.who["kind"], {SELF}) <= namings(principal, request.who)


def named_by(kind, text, who):
    if kind == "Service":
        return SELF if who["kind"] == "service" and text == who.get("service") else 0
    if kind == "CanonicalUser":
        return ACCOUNT if who.get("canonical_id") == text else 0
    if kind != "AWS":
        return 0
    if text == "*":
        return SELF
    if who["kind"] in ("anonymous", "service"):
        return 0
    if text in (who["account"], f"arn:aws:iam::{who['account']}:root"):
        return ACCOUNT
    if text == who["arn"]:
        return SELF
    entity = text in (who.get("entity_arn"), who.get("entity_id"))  # the id stands where the ARN no longer exists
    return 0 if not entity else SELF if who["kind"] == "user" else ROLE


def any_action(patterns, request):
    return any(matches(lower(with_wildcards(p)), request.action.lower()) for p in listed(patterns))


def any_resource(patterns, request, filled):
    return any(resource_matches(p, request, filled) for p in listed(patterns))


def resource_matches(text, request, filled):
    """Variables are filled in after the fifth colon."""
    parts = text.split(":", 5)
    try:
        head = with_wildcards(":".join(parts[:5])) if len(parts) == 6 else []
        pattern = head + [":"] + fill(parts[5], request, filled) if head else with_wildcards(text)
    except NoValue:
        return False
    return matches_resource(pattern, request.resource)


def applies(statement, request, kind, filled):
    """How directly the statement names who asks (SELF where it names nobody); 0: it does not apply."""
    named = SELF
    if kind != "identity":
        if "NotPrincipal" in statement:
            named = 0 if excepted(statement["NotPrincipal"], request, statement["Effect"] == "Deny") else SELF
        else:
            named = max(namings(statement["Principal"], request.who), default=0)
    if "NotAction" in statement:
        right = not any_action(statement["NotAction"], request)
    else:
        right = any_action(statement["Action"], request)
    if kind != "trust":
        if "NotResource" in statement:
            right = right and not any_resource(statement["NotResource"], request, filled)
        else:
            right = right and any_resource(statement["Resource"], request, filled)
    for operator, keys in statement.get("Condition", {}).items():
        for key, wants in keys.items():
            right = right and condition_holds(operator, key, wants, request, filled)
    return named if right else 0


class Said:
    """What documents say together: deny, and the most direct allow."""

    def __init__(self, documents, request, kind="identity"):
        self.deny, self.allow = False, 0
        for text in documents:
            document = json.loads(text)
            filled = document.get("Version") == VARIABLES_SINCE
            for s in listed(document["Statement"]):
                named = applies(s, request, kind, filled)
                if s["Effect"] == "Deny":
                    self.deny = self.deny or named > 0
                else:
                    self.allow = max(self.allow, named)


# --- the decision

class Bound:
    """What binds the caller on his own side."""

    def __init__(self, case, request):
        kind = case["principal"]["kind"]
        has = kind in ("user", "role", "federated")
        self.said = {}
        if has:
            self.said["identity"] = Said(case["identity"], request)
        if has and case["boundary"] is not None:
            self.said["boundary"] = Said([case["boundary"]], request)
        if (has or kind == "root") and case["session"] is not None:
            self.said["session"] = Said(case["session"], request)
        elif kind == "federated":
            self.said["session"] = Said([], request)  # "otherwise, the request is implicitly denied"

    def denying(self):
        return {layer for layer, said in self.said.items() if said.deny}

    def not_allowing(self):
        return {layer for layer, said in self.said.items() if not said.allow}


def evaluate(case):
    """(outcome, the layers that may have decided)"""
    request = Request(case)
    bound = Bound(case, request)
    documents = [case["resource_policy"]] if case["resource_policy"] is not None else []
    resource = Said(documents, request, "trust" if case["trust"] else "resource")
    denying = bound.denying() | ({"resource"} if resource.deny else set())
    if denying:
        return "explicit", denying
    who = case["principal"]
    own = who.get("account") is not None and case["resource_account"] in (None, who["account"])
    grant, without = resource.allow, {"resource"}
    if case["restricted"] and grant and not own and who["kind"] != "service":
        grant, without = 0, {"block"}
    if who["kind"] in ("service", "anonymous"):
        return ("allow", {"resource"}) if grant else ("implicit", without | {"none"})
    missing = bound.not_allowing()
    if not own:
        missing |= set() if grant else without
        return ("implicit", missing) if missing else ("allow", {"identity", "resource", "root"})
    if case["trust"] and not grant:
        return "implicit", without | missing
    return within_account(grant, missing, who, case["trust"])


def within_account(grant, missing, who, trust):
    if who["kind"] == "root":
        return ("implicit", missing) if missing else ("allow", {"root", "resource"} if grant else {"root"})
    by_identity = set() if missing else {"identity"}
    if grant == SELF or (grant == ROLE and not missing - {"identity"}):
        return "allow", {"resource"} | by_identity
    if not missing:
        return "allow", {"identity", "resource"} if trust else {"identity"}
    return "implicit", missing
