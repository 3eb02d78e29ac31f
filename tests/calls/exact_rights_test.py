"""Every operation that is served, by exactly its rights: who may everything but one of them is refused by that, and who
may nothing else is served. What an operation asks for is learnt from its refusals, one after the other; all of it is in
AWS's own list of actions."""
import csv
import json
import os
import re

import pytest

from aerostat import ALICE_KEY, BOOTSTRAP, ROOT, Server
from iam_refused_test import (ACCOUNT, ADMIN_KEY, ANYONE, BOB_KEY, ELSEWHERE, MORE, OPS, REFUSALS, UNSERVED, furnish,
                              known, known_to_botocore, outcome)
from minimal import Minimal

SAYS = re.compile(r'is not authorized to perform: ([a-z0-9-]+:\w+)(?: on resource: "?(?:(policy|role|user|group|'
                  r'instance profile) )?([^" ]+)"?)?')
MOST = 8  # rights that one call may want
SILENT = {  # a HEAD has no body to say what is missing
    "s3.HeadObject": ("s3:GetObject", "arn:aws:s3:::refused-bucket/k"),
    "s3.HeadBucket": ("s3:ListBucket", "arn:aws:s3:::refused-bucket"),
}
with open(os.path.join(ROOT, "model/iam_actions.csv"), encoding="utf-8") as f:
    ACTIONS = {f"{row['service']}:{row['action']}" for row in csv.DictReader(f)} | {"sts:TagSession"}


class Alice:
    """A user whose rights are changed between the calls."""

    def __init__(self, folder):
        users = [{"account": k.account, "name": k.name, "access_key": k.access, "secret": k.secret}
                 for k in (ALICE_KEY, ADMIN_KEY, BOB_KEY)]
        self.server = Server(folder, bootstrap={**BOOTSTRAP, "users": users}).start()
        self.minimal = Minimal(known(furnish(self.server, False)), MORE)
        self.iam, self.clients = self.server.client("iam"), {}

    def may(self, *statements):
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)

    def call(self, service, op):
        if service not in self.clients:
            self.clients[service] = self.server.client(service, key=ALICE_KEY, inject_host_prefix=False)
        client = self.clients[service]
        return outcome(client, op, self.minimal.input(service, client.meta.service_model.operation_model(op)))


@pytest.fixture(scope="module")
def alice(tmp_path_factory):
    made = Alice(tmp_path_factory.mktemp("alice"))
    yield made
    made.server.stop()


def statement(effect, right):
    return {"Effect": effect, "Action": right[0], "Resource": right[1]}


def wanted(name, error):
    """The right that a refusal names."""
    if not error or error[0] not in REFUSALS:
        return None
    said = SAYS.search(error[1])
    if not said:
        return SILENT.get(name)
    action, kind, resource = said.groups()
    if kind and not resource.startswith("arn:"):  # IAM says some of them by their names
        resource = f"arn:aws:iam::{ACCOUNT}:{kind.replace(' ', '-')}/{resource}"
    return action, resource or "*"


def wrong_with(alice, service, op):
    name, rights = f"{service}.{op}", [statement("Allow", ("sts:GetCallerIdentity", "*"))]
    for _ in range(MOST):
        alice.may(*rights)
        error = alice.call(service, op)
        right = wanted(name, error)
        if error and error[0] in UNSERVED:
            return None
        if not right:
            return error if error and error[0] in REFUSALS else None
        if right[0] not in ACTIONS:
            return right, "is no action of AWS's"
        alice.may({"Effect": "Allow", "Action": "*", "Resource": "*"}, statement("Deny", right))
        if wanted(name, alice.call(service, op)) != right:
            return right, "is denied, and yet it goes on"
        rights.append(statement("Allow", right))
    return rights, "are not enough"


@pytest.mark.parametrize("service", [s for s in OPS if known_to_botocore(s)])
def test_each_right_is_needed_and_all_are_enough(alice, service):
    wrong, names = {}, sorted(OPS[service], key=lambda op: op.startswith(("Delete", "Remove", "Abort")))
    for op in names:
        name = f"{service}.{op}"
        found = wrong_with(alice, service, op) if name not in ANYONE and name not in ELSEWHERE else None
        if found:
            wrong[op] = found
    assert not wrong
