"""Random policies and requests, by a seed. Everything comes from small alphabets, and most policies are built around
the request that they are for, so that about a third each is allowed, denied and neither."""
import json
import random

ACCOUNTS = ["111122223333", "444455556666"]
CANONICAL = {"111122223333": "c1" * 32, "444455556666": "c4" * 32}
NAMES = ["alice", "Bob", "ml-job"]
ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "iam:GetUser", "sts:AssumeRole"]
TAILS = ["data", "data/a", "data/alice/x", "data/Bob", "logs/a*b", "logs/2026:01", "ml-job"]
SERVICES = ["ec2.amazonaws.com", "sagemaker.amazonaws.com"]
VALUES = {
    "aws:username": NAMES,
    "aws:PrincipalTag/team": ["ml", "ML", "web", "a*"],
    "s3:prefix": ["home/", "home/alice", "home/Bob/x", "", "", "*", "$"],
    "aws:SourceIp": ["10.0.0.7", "10.1.2.3", "203.0.113.9", "2001:db8::7", "2001:DB8:0::8"],
    "s3:max-keys": ["0", "5", "10", "10.0", "100", "many"],
    "aws:CurrentTime": ["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z", "2026-06-30T12:00:00.500Z",
                        "2026-06-30T14:00:00+02:00"],
    "aws:EpochTime": ["1767225600", "1782820800", "1782820801"],
    "aws:SecureTransport": ["true", "false", "True"],
    "aws:SourceArn": ["arn:aws:sns:us-east-1:111122223333:topic", "arn:aws:s3:::data", "arn:aws:s3:::Data",
                      "arn:aws:logs:us-east-1:111122223333:log-group:a:b"],
    "aws:TagKeys": ["team", "Team", "cost", "stage"],
    "x:bytes": ["QQ==", "QUI=", "////"],
}
WANTED = {
    "String": ["alice", "Bob", "ml", "ML", "ml-job", "home/", "home/*", "*", "?ob", "a*", "${aws:username}", "",
               "home/${aws:username}", "${aws:PrincipalTag/team}", "${aws:PrincipalTag/none, 'ml'}", "${*}", "a${*}",
               "${$}", "${AWS:UserName, 'Bob'}*", "te?m", "cost", "stage", "${aws:TagKeys}", "home/*/x"],
    "Numeric": ["0", "5", "10", "10.00", "99.5", "-1", "none", 10, 5],
    "Date": ["2026-01-01", "2026-01-01T00:00:00Z", "2026-06-30T12:00Z", "2026-06-30T12:00:00Z",
             "2026-06-30T12:00:00.5Z", "1782820800", "2026-06", "2026", "soon"],
    "Bool": ["true", "false", True, False, "TRUE"],
    "Binary": ["QQ==", "QUI=", "////"],
    "Ip": ["10.0.0.0/8", "10.0.0.7", "10.1.2.3/32", "203.0.113.0/24", "0.0.0.0/0", "2001:db8::/32", "2001:db8::7",
           "10.0.0.9/24", "::/0"],
    "Arn": ["arn:aws:sns:us-east-1:111122223333:topic", "arn:aws:sns:*:111122223333:*", "arn:aws:s3:::*", "*",
            "arn:aws:*:*:*:*", "arn:aws:logs:*:*:log-group:*", "arn:aws:logs:*:b", "arn:aws:s3:*",
            "arn:aws:s3:::${aws:username}", "arn:aws:s?:::data", "arn:*:topic"],
    "Null": ["true", "false", True, False],
}
OPERATORS = {
    "String": ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
               "StringNotLike"],
    "Numeric": ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
                "NumericGreaterThanEquals"],
    "Date": ["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
             "DateGreaterThanEquals"],
    "Bool": ["Bool"], "Binary": ["BinaryEquals"], "Ip": ["IpAddress", "NotIpAddress"],
    "Arn": ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"], "Null": ["Null"],
}
KEYS = {
    "String": ["aws:username", "aws:PrincipalTag/team", "s3:prefix", "aws:TagKeys", "aws:TagKeys"],
    "Numeric": ["s3:max-keys"], "Date": ["aws:CurrentTime", "aws:EpochTime"], "Bool": ["aws:SecureTransport"],
    "Binary": ["x:bytes"], "Ip": ["aws:SourceIp"], "Arn": ["aws:SourceArn"], "Null": list(VALUES),
}


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def chance(self, p):
        return self.r.random() < p

    def some(self, make, most=3):
        """One, or a list of them."""
        out = [make() for _ in range(self.r.choice([1, 1, 1, 2, most]))]
        return out[0] if len(out) == 1 and self.chance(0.5) else out

    def any_case(self, text):
        """Names without case, now and then in another one."""
        return self.r.choice([text.lower(), text.upper(), text.swapcase()]) if self.chance(0.15) else text

    # --- the request

    def principal(self):
        kind = self.r.choices(["user", "role", "federated", "root", "service", "anonymous"], [40, 30, 10, 8, 6, 6])[0]
        account, name = self.r.choice(ACCOUNTS), self.r.choice(NAMES)
        user, role = f"arn:aws:iam::{account}:user/{name}", f"arn:aws:iam::{account}:role/team/{name}"
        ids = [prefix + f"{account}{NAMES.index(name):05}" for prefix in ("AIDA", "AROA")]
        who = {"kind": kind, "account": account, "canonical_id": CANONICAL[account]}
        if kind == "user":
            return {**who, "arn": user, "id": ids[0], "entity_arn": user, "entity_id": ids[0], "name": name}
        if kind == "role":
            return {**who, "arn": f"arn:aws:sts::{account}:assumed-role/{name}/run", "id": ids[1] + ":run",
                    "entity_arn": role, "entity_id": ids[1]}
        if kind == "federated":
            return {**who, "arn": f"arn:aws:sts::{account}:federated-user/guest", "id": account + ":guest",
                    "entity_arn": user, "entity_id": ids[0]}
        if kind == "root":
            return {**who, "arn": f"arn:aws:iam::{account}:root", "id": account}
        return {"kind": kind, "service": self.r.choice(SERVICES)} if kind == "service" else {"kind": kind}

    def context(self, who):
        context = {}
        for key, values in VALUES.items():
            if key == "aws:username":
                if who["kind"] == "user":
                    context[key] = [who["name"]]
            elif key == "aws:TagKeys":
                if self.chance(0.6):
                    context[key] = {"many": self.r.sample(values, self.r.choice([0, 1, 1, 2, 3]))}
            elif self.chance(0.6):
                context[key] = self.r.sample(values, 2 if self.chance(0.08) else 1)
        return context

    # --- a policy

    def action(self, request):
        action = request["action"] if self.chance(0.75) else self.r.choice(ACTIONS)
        prefix, _, name = action.partition(":")
        return self.any_case(self.r.choice([action, action, action, prefix + ":*", "*", f"{prefix}:{name[:3]}*",
                                            f"{prefix}:*{name[3:]}", f"{prefix}:?{name[1:]}", action + "?",
                                            f"{prefix}:{name[0]}*{name[-1]}"]))

    def resource(self, request):
        """Patterns that fit the request's resource, or nearly."""
        arn = request["resource"] if self.chance(0.8) else self.r.choice(self.resources(request["action"]))
        if arn == "*" or self.chance(0.15):
            return "*"
        head, tail = arn[:arn.index(":", 8) + 1], arn.split(":", 5)[5]
        kind = tail[:tail.index("/") + 1] if head == "arn:aws:iam:" else ""  # which IAM wants to be written out
        five, tail = ":".join(arn.split(":")[:5]) + ":" + kind, tail[len(kind):]
        i = self.r.randrange(len(tail))
        return self.r.choice([
            arn, arn, five + "*", five + tail[:i] + "*", five + "*" + tail[i:], five + tail[:i] + "?" + tail[i + 1:],
            five + tail[:i] + "*" + tail[i + 1:] + "*", five + tail.replace("/", "?"), five + tail.swapcase(),
            five + tail + "*", five + "data/${aws:username}*", five + "*${aws:username}*",
            five + "data/${aws:PrincipalTag/team, 'a'}", five + "${aws:PrincipalTag/none}*", five + "logs/a${*}b",
            five + "${AWS:username, 'ml-job'}", "arn:aws:*:*:*:*" + tail[i:], "arn:aws:*:" + arn.split(":", 4)[4],
            "arn:aws:*:" + kind + tail, "arn:aws:s3:*", "arn:aws:s3:*:" + tail, "arn:*:" + kind + tail])

    @staticmethod
    def resources(action):
        if action.startswith("s3:"):
            return ["arn:aws:s3:::" + t for t in TAILS]
        return [f"arn:aws:iam::{a}:{'role' if action.startswith('sts') else 'user'}/{n}" for a in ACCOUNTS
                for n in NAMES] + ["*"]

    def condition(self):
        out = {}
        for _ in range(self.r.choice([1, 1, 2])):
            group = self.r.choice(list(OPERATORS) + ["String"] * 5)
            key = self.r.choice(KEYS[group])
            operator = self.r.choice(OPERATORS[group])
            if group != "Null":
                many = key == "aws:TagKeys" and self.chance(0.9)
                if many or self.chance(0.15):
                    operator = self.r.choice(["ForAllValues:", "ForAnyValue:"]) + operator
                operator += "IfExists" if self.chance(0.15) else ""
            out.setdefault(operator, {})[self.any_case(key)] = self.some(lambda g=group: self.r.choice(WANTED[g]))
        return out

    def named(self, request):
        """A Principal: of the one who asks, or of anybody."""
        who = request["principal"]
        own = [("AWS", who[x]) for x in ("arn", "arn", "entity_arn", "entity_arn", "account", "entity_id") if x in who]
        if who.get("account"):
            own += [("AWS", f"arn:aws:iam::{who['account']}:root"), ("CanonicalUser", who["canonical_id"])]
        if who["kind"] == "service":
            own += [("Service", who["service"])] * 3
        other = [("AWS", f"arn:aws:iam::{a}:{t}") for a in ACCOUNTS for t in ("user/alice", "role/team/Bob", "root")]
        other += [("Service", s) for s in SERVICES] + [("CanonicalUser", CANONICAL[ACCOUNTS[1]])]
        if self.chance(0.15):
            return self.r.choice(["*", {"AWS": "*"}])
        out = {}
        for _ in range(self.r.choice([1, 1, 2])):
            kind, text = self.r.choice(own if own and self.chance(0.7) else other)
            out.setdefault(kind, []).append(text)
        return {k: v[0] if len(v) == 1 and self.chance(0.5) else v for k, v in out.items()}

    def statement(self, request, kind, deny):
        s = {"Effect": "Deny" if self.chance(deny) else "Allow"}
        if kind != "identity":
            unnamed = kind == "resource" and self.chance(0.2)
            s["NotPrincipal" if unnamed else "Principal"] = self.named(request)
        s["NotAction" if self.chance(0.12) and kind != "trust" else "Action"] = (
            self.some(lambda: self.action(request)) if kind != "trust" else self.trust_action())
        if kind != "trust":
            s["NotResource" if self.chance(0.12) else "Resource"] = self.some(lambda: self.resource(request))
        if self.chance(0.4):
            s["Condition"] = self.condition()
        return s

    def trust_action(self):
        return self.r.choice(["sts:AssumeRole", "sts:*", "STS:assumerole", ["sts:TagSession", "sts:AssumeRole"],
                              "sts:TagSession", "sts:Assume*"])

    def document(self, request, kind="identity", deny=0.18):
        statements = [self.statement(request, kind, deny) for _ in range(self.r.choice([1, 1, 2, 3]))]
        document = {"Version": "2012-10-17"} if self.chance(0.85) else (
            {"Version": "2008-10-17"} if self.chance(0.5) else {})
        document["Statement"] = statements[0] if len(statements) == 1 and self.chance(0.3) else statements
        return json.dumps(document)

    # --- a case

    def case(self):
        who, action = self.principal(), self.r.choice(ACTIONS)
        trust = action == "sts:AssumeRole" and self.chance(0.8)
        resources = self.resources(action)
        request = {"principal": who, "action": self.any_case(action),
                   "resource": self.r.choice(resources[:-1] if trust else resources)}
        other = self.r.choice(ACCOUNTS)
        request["resource_account"] = who.get("account", other) if self.chance(0.6) else other
        request["context"] = self.context(who)
        return {**request, **self.policies(request, trust), "trust": trust}

    def policies(self, request, trust):
        kind = request["principal"]["kind"]
        entity = kind in ("user", "role", "federated")
        out = {"identity": [], "boundary": None, "session": None, "resource_policy": None, "restricted": False}
        if entity:
            out["identity"] = [self.document(request) for _ in range(self.r.choice([0, 1, 1, 2, 2]))]
            out["boundary"] = self.document(request, deny=0.1) if self.chance(0.2) else None
        if kind in ("role", "federated") and self.chance(0.3 if kind == "role" else 0.8):
            out["session"] = [self.document(request, deny=0.1) for _ in range(self.r.choice([1, 1, 2]))]
        if trust or self.chance(0.6):
            out["resource_policy"] = self.document(request, "trust" if trust else "resource")
            out["restricted"] = not trust and self.chance(0.1)
        return out


def cases(n, seed):
    maker = Maker(seed)
    return [maker.case() for _ in range(n)]
