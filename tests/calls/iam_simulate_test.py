"""Simulations: decided as calls are, and answered in the form of AWS's."""
import json

import pytest

from aerostat import OTHER_KEY, Key
from identities import ACCOUNT, OTHER, allow, arn, name, refused, trust

ONE = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}'


@pytest.fixture
def user(iam):
    made = name("user")
    iam.create_user(UserName=made)
    return made


def key_of(iam, user):
    made = iam.create_access_key(UserName=user)["AccessKey"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"], ACCOUNT, user)


def custom(iam, *policies, actions=("s3:GetObject",), **more):
    return iam.simulate_custom_policy(PolicyInputList=list(policies), ActionNames=list(actions), **more)[
        "EvaluationResults"]


def decisions(results):
    return [r["EvalDecision"] for r in results]


def documents(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_outcomes_and_where_they_come_from(iam):
    deny = documents({"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
                     {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    results = custom(iam, ONE, deny, actions=["s3:GetObject", "s3:DeleteObject", "ec2:RunInstances"])
    assert decisions(results) == ["allowed", "explicitDeny", "implicitDeny"]
    assert [r["EvalResourceName"] for r in results] == ["*"] * 3
    assert [[m["SourcePolicyId"] for m in r["MatchedStatements"]] for r in results] == [
        ["PolicyInputList.1", "PolicyInputList.2"], ["PolicyInputList.2"], []]
    assert {m["SourcePolicyType"] for r in results for m in r["MatchedStatements"]} == {"IAM Policy"}
    assert all("ResourceSpecificResults" not in r and "EvalDecisionDetails" not in r for r in results)


def test_the_place_of_a_statement(iam):
    first, = custom(iam, ONE)
    at = first["MatchedStatements"][0]
    assert (at["StartPosition"], at["EndPosition"]) == ({"Line": 1, "Column": 41}, {"Line": 1, "Column": len(ONE) - 1})
    lines = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {"Effect": "Allow", "Action": "s3:*", ' \
            '"Resource": "*"},\n    {\n      "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"\n    }\n  ]\n}'
    denied, = custom(iam, lines)
    at = denied["MatchedStatements"][0]
    assert (at["StartPosition"], at["EndPosition"]) == ({"Line": 4, "Column": 59}, {"Line": 7, "Column": 6})


def test_resources_are_told_one_by_one(iam):
    policy = allow("s3:GetObject", resource="arn:aws:s3:::mine/*")
    both = ["arn:aws:s3:::mine/k", "arn:aws:s3:::yours/k"]
    result, = custom(iam, policy, ResourceArns=both)
    assert result["EvalDecision"] == "implicitDeny"
    assert [(r["EvalResourceName"], r["EvalResourceDecision"]) for r in result["ResourceSpecificResults"]] == [
        (both[0], "allowed"), (both[1], "implicitDeny")]
    assert [len(r["MatchedStatements"]) for r in result["ResourceSpecificResults"]] == [1, 0]
    one, = custom(iam, policy, ResourceArns=both[:1])
    assert (one["EvalDecision"], one["EvalResourceName"]) == ("allowed", both[0])
    assert one["EvalDecisionDetails"] == {}


@pytest.mark.parametrize("operator, wanted, kind, good, bad", [
    ("StringEquals", "a", "string", ["a"], ["b"]),
    ("StringLike", "a*", "string", ["abc"], ["b"]),
    ("NumericLessThan", "10", "numeric", ["9"], ["11"]),
    ("DateGreaterThan", "2026-01-01T00:00:00Z", "date", ["2026-06-01T00:00:00Z"], ["2025-06-01T00:00:00Z"]),
    ("Bool", "true", "boolean", ["true"], ["false"]),
    ("IpAddress", "10.0.0.0/8", "ip", ["10.1.2.3"], ["11.1.2.3"]),
    ("BinaryEquals", "aGVsbG8=", "binary", ["aGVsbG8="], ["aGVsbGE="]),
    ("ForAllValues:StringEquals", ["a", "b"], "stringList", ["a", "b"], ["a", "c"]),
    ("ForAnyValue:StringEquals", ["a", "b"], "stringList", ["z", "b"], ["y", "z"]),
])
def test_context(iam, operator, wanted, kind, good, bad):
    policy = allow("s3:GetObject", Condition={operator: {"my:Key": wanted}})

    def with_values(values):
        return custom(iam, policy, ContextEntries=[
            {"ContextKeyName": "My:key", "ContextKeyValues": values, "ContextKeyType": kind}])[0]
    assert with_values(good)["EvalDecision"] == "allowed"
    assert with_values(bad)["EvalDecision"] == "implicitDeny"
    assert with_values(good)["MissingContextValues"] == []
    assert custom(iam, policy)[0]["MissingContextValues"] == ["my:Key"]


def test_missing_keys_are_told_where_the_resources_are(iam):
    policy = allow("s3:GetObject", resource="arn:aws:s3:::${aws:username}/*",
                   Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}})
    result, = custom(iam, policy, ResourceArns=["arn:aws:s3:::b/k"])
    assert result["MissingContextValues"] == []
    assert sorted(result["ResourceSpecificResults"][0]["MissingContextValues"]) == ["aws:RequestedRegion",
                                                                                     "aws:username"]


def test_bad_context(iam):
    def entry(**e):
        return lambda: custom(iam, ONE, ContextEntries=[e])
    for call in (entry(ContextKeyName="my:Key", ContextKeyValues=["x"], ContextKeyType="numeric"),
                 entry(ContextKeyName="my:Key", ContextKeyValues=["x"], ContextKeyType="date"),
                 entry(ContextKeyName="my:Key", ContextKeyValues=["x"], ContextKeyType="boolean"),
                 entry(ContextKeyName="my:Key", ContextKeyValues=["a", "b"], ContextKeyType="string"),
                 entry(ContextKeyValues=["a"], ContextKeyType="string")):
        with refused("InvalidInput"):
            call()


def test_boundary(iam):
    boundary = allow("s3:GetObject", resource="arn:aws:s3:::mine/*")
    result, = custom(iam, ONE, PermissionsBoundaryPolicyInputList=[boundary],
                     ResourceArns=["arn:aws:s3:::mine/k", "arn:aws:s3:::yours/k"])
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert [(r["EvalResourceDecision"], r["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"])
            for r in result["ResourceSpecificResults"]] == [("allowed", True), ("implicitDeny", False)]
    assert [m["SourcePolicyId"] for m in result["ResourceSpecificResults"][0]["MatchedStatements"]] == [
        "PolicyInputList.1"]
    with refused("InvalidInput"):
        custom(iam, ONE, PermissionsBoundaryPolicyInputList=[boundary, boundary])


def test_resource_policy_across_accounts(iam):
    bucket = "arn:aws:s3:::theirs/k"
    policy = documents({"Effect": "Allow", "Principal": {"AWS": arn("user/bob")}, "Action": "s3:GetObject",
                        "Resource": "arn:aws:s3:::theirs/*"})

    def result(identity, owner=OTHER, caller="user/bob"):
        return custom(iam, identity, ResourceArns=[bucket], ResourcePolicy=policy,
                      ResourceOwner=owner, CallerArn=arn(caller))[0]
    both = result(ONE)
    assert both["EvalDecision"] == "allowed"
    assert both["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "allowed"}
    assert [(m["SourcePolicyId"], m["SourcePolicyType"]) for m in both["MatchedStatements"]] == [
        ("PolicyInputList.1", "IAM Policy"), ("ResourcePolicy", "Resource Policy")]
    other = result(ONE, owner=arn("root", OTHER), caller="user/eve")
    assert other["EvalDecision"] == "implicitDeny"
    assert other["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "implicitDeny"}
    neither = result(allow("ec2:*"))
    assert neither["EvalDecision"] == "implicitDeny"
    # In one account the bucket's word is enough.
    same = result(allow("ec2:*"), owner="123456789012")
    assert (same["EvalDecision"], same["EvalDecisionDetails"]) == ("allowed", {})
    with refused("InvalidInput"):
        custom(iam, ONE, ResourcePolicy=policy)
    with refused("InvalidInput", "'nobody' is not a valid as a Resource Owner."):
        result(ONE, owner="nobody")
    with refused("InvalidInput"):
        result(ONE, caller="role/bob")


def test_malformed_input(iam):
    for policy in ("{", "[]", '{"Statement": []}', allow("GetObject"), allow("s3:GetObject", effect="Maybe")):
        with refused("InvalidInput", "PolicyInputList.2: "):
            custom(iam, ONE, policy)
    for action in ("GetObject", ":GetObject", "s3:Get*"):
        with refused("InvalidInput", action):
            custom(iam, ONE, actions=[action])
    with refused("InvalidInput", "not-an-arn"):
        custom(iam, ONE, ResourceArns=["not-an-arn"])


def test_scenarios(iam):
    arns = [f"arn:aws:ec2:us-east-1:{ACCOUNT}:{kind}/x" for kind in
            ("instance", "image", "security-group", "network-interface", "volume")]
    run = dict(actions=["ec2:RunInstances"], ResourceHandlingOption="EC2-VPC-EBS")
    assert decisions(custom(iam, allow("ec2:*"), ResourceArns=arns, **run)) == ["allowed"]
    with refused("InvalidInput", "volume"):
        custom(iam, allow("ec2:*"), ResourceArns=arns[:-1], **run)
    with refused("InvalidInput", "No-Such-Scenario"):
        custom(iam, allow("ec2:*"), actions=["ec2:RunInstances"], ResourceHandlingOption="No-Such-Scenario")


def test_pages(iam):
    actions = [f"s3:Do{i}" for i in range(7)]
    pages = list(iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[ONE], ActionNames=actions, PaginationConfig={"PageSize": 3}))
    sizes = [len(p["EvaluationResults"]) for p in pages]
    assert sizes == [3, 3, 1]
    assert [r["EvalActionName"] for p in pages for r in p["EvaluationResults"]] == actions
    with refused("ValidationError"):
        iam.simulate_custom_policy(PolicyInputList=[ONE], ActionNames=actions, Marker="none of ours")


def test_a_user_with_all_that_hangs_on_him(iam, user):
    group, managed = name("group"), name("policy")
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=allow("s3:GetObject"))
    iam.put_group_policy(GroupName=group, PolicyName="shared", PolicyDocument=allow("s3:PutObject"))
    policy = iam.create_policy(PolicyName=managed, PolicyDocument=allow("s3:ListBucket"))["Policy"]["Arn"]
    iam.attach_user_policy(UserName=user, PolicyArn=policy)
    actions = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObject"]
    results = iam.simulate_principal_policy(PolicySourceArn=arn(f"user/{user}"), ActionNames=actions)[
        "EvaluationResults"]
    assert decisions(results) == ["allowed"] * 3 + ["implicitDeny"]
    assert [m["SourcePolicyId"] for r in results for m in r["MatchedStatements"]] == [
        f"user_{user}_own", f"group_{group}_shared", managed]
    assert all("StartPosition" in m for r in results for m in r["MatchedStatements"])
    of_group = iam.simulate_principal_policy(PolicySourceArn=arn(f"group/{group}"), ActionNames=actions)
    assert decisions(of_group["EvaluationResults"]) == ["implicitDeny", "allowed"] + ["implicitDeny"] * 2
    more = iam.simulate_principal_policy(PolicySourceArn=arn(f"user/{user}"), ActionNames=actions,
                                         PolicyInputList=[allow("s3:*", effect="Deny")])
    assert decisions(more["EvaluationResults"]) == ["explicitDeny"] * 4


def test_who_asks_is_in_the_context(iam, user):
    iam.tag_user(UserName=user, Tags=[{"Key": "team", "Value": "red"}])
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=documents(
        {"Effect": "Allow", "Action": "s3:GetObject",
         "Resource": "arn:aws:s3:::home/${aws:username}/${aws:PrincipalTag/team}/*"}))

    def decision(key, **more):
        return iam.simulate_principal_policy(
            PolicySourceArn=arn(f"user/{user}"), ActionNames=["s3:GetObject"],
            ResourceArns=[f"arn:aws:s3:::home/{key}"], **more)["EvaluationResults"][0]["EvalDecision"]
    assert decision(f"{user}/red/k") == "allowed"
    assert decision("somebody/red/k") == "implicitDeny"
    blue = {"ContextKeyName": "aws:PrincipalTag/team", "ContextKeyValues": ["blue"], "ContextKeyType": "string"}
    assert decision("eve/blue/k", CallerArn=arn("user/eve"), ContextEntries=[blue]) == "allowed"


def test_a_role_and_its_boundary(iam):
    role, bound = name("role"), name("bound")
    boundary = iam.create_policy(PolicyName=bound, PolicyDocument=allow("s3:GetObject"))["Policy"]["Arn"]
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(), PermissionsBoundary=boundary)
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

    def run(**more):
        return iam.simulate_principal_policy(
            PolicySourceArn=arn(f"role/{role}"), ActionNames=["s3:GetObject", "s3:PutObject"], **more)[
                "EvaluationResults"]
    results = run()
    assert decisions(results) == ["allowed", "implicitDeny"]
    assert results[0]["MatchedStatements"][0]["SourcePolicyId"] == "AdministratorAccess"
    assert results[1]["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert decisions(run(PermissionsBoundaryPolicyInputList=[allow("s3:PutObject")])) == ["implicitDeny", "allowed"]


def test_simulated_as_it_is_enforced(server, iam, user):
    """What the simulation says of somebody is what happens to him."""
    bucket = name("enforced")
    server.client("s3").create_bucket(Bucket=bucket)
    iam.put_user_policy(UserName=user, PolicyName="some",
                        PolicyDocument=allow("s3:ListBucket", resource=f"arn:aws:s3:::{bucket}"))
    s3 = server.client("s3", key=key_of(iam, user))
    results = iam.simulate_principal_policy(
        PolicySourceArn=arn(f"user/{user}"), ActionNames=["s3:ListBucket", "s3:GetBucketTagging"],
        ResourceArns=[f"arn:aws:s3:::{bucket}"])["EvaluationResults"]
    assert decisions(results) == ["allowed", "implicitDeny"]
    s3.list_objects_v2(Bucket=bucket)
    with refused("AccessDenied"):
        s3.get_bucket_tagging(Bucket=bucket)


def test_who_is_not_there(iam):
    for what in ("user", "group", "role"):
        with refused("NoSuchEntity", f"The {what} with name nobody cannot be found."):
            iam.simulate_principal_policy(PolicySourceArn=arn(f"{what}/nobody"), ActionNames=["s3:GetObject"])
    for bad in (arn("root"), arn("policy/p"), "arn:aws:sts::123456789012:assumed-role/r/s", "x" * 20):
        with refused("InvalidInput", f"Invalid Entity Arn: {bad} does not clearly define entity type and name."):
            iam.simulate_principal_policy(PolicySourceArn=bad, ActionNames=["s3:GetObject"])


def test_not_everybody_may_simulate(server, iam, user):
    caller, source = name("caller"), arn(f"user/{user}")
    iam.create_user(UserName=caller)
    his = server.client("iam", key=key_of(iam, caller))

    def simulate(client, who=source):
        client.simulate_principal_policy(PolicySourceArn=who, ActionNames=["s3:GetObject"])
    with refused("AccessDenied", "iam:SimulatePrincipalPolicy"):
        simulate(his)
    iam.put_user_policy(UserName=caller, PolicyName="sim",
                        PolicyDocument=allow("iam:SimulatePrincipalPolicy", resource=source))
    simulate(his)
    for client, who in ((his, arn("user/alice")), (server.client("iam", key=OTHER_KEY), source)):
        with refused("AccessDenied"):
            simulate(client, who)


def test_context_keys(iam, user):
    policy = allow("s3:GetObject", resource="arn:aws:s3:::${aws:username}/*", Condition={
        "StringEquals": {"aws:RequestedRegion": "x"}, "Bool": {"aws:SecureTransport": "true"},
        "StringNotEquals": {"aws:requestedregion": "y"}})
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[policy, ONE])["ContextKeyNames"]
    assert sorted(k.lower() for k in keys) == ["aws:requestedregion", "aws:securetransport", "aws:username"]
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[ONE])["ContextKeyNames"] == []
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy)
    more = allow("s3:PutObject", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn(f"user/{user}"), PolicyInputList=[more])
    assert len(keys["ContextKeyNames"]) == 4 and "aws:MultiFactorAuthPresent" in keys["ContextKeyNames"]
    with refused("InvalidInput"):
        iam.get_context_keys_for_custom_policy(PolicyInputList=["{}"])


# --- what would take forever

def big(n, **more):
    return documents(*[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"} | more] * n)


def test_a_page_ends_before_it_is_too_large(iam):
    """A product of actions, resources and statements is paid for page by page."""
    asked = {"PolicyInputList": [big(100, Action="ec2:*")], "ActionNames": [f"s3:Get{i}" for i in range(1000)],
             "ResourceArns": [f"arn:aws:s3:::b/{i}" for i in range(100)], "MaxItems": 1000}
    first = iam.simulate_custom_policy(**asked)
    assert first["IsTruncated"] and 1 <= len(first["EvaluationResults"]) < 100
    second = iam.simulate_custom_policy(**asked, Marker=first["Marker"])
    assert second["EvaluationResults"][0]["EvalActionName"] == f"s3:Get{len(first['EvaluationResults'])}"


def test_one_action_that_is_too_much_is_refused(iam):
    with refused("InvalidInput", "too many"):
        custom(iam, *[big(1000)] * 20, ResourceArns=[f"arn:aws:s3:::b/{i}" for i in range(1000)])
    values = [{"ContextKeyName": "aws:x", "ContextKeyType": "stringList", "ContextKeyValues": ["y"] * 20000}]
    with refused("InvalidInput", "too many"):
        custom(iam, big(1, Condition={"ForAnyValue:StringLike": {"aws:x": [f"*{i}" for i in range(10000)]}}),
               ContextEntries=values)


def test_many_documents_and_keys(iam):
    """None of it is looked for among all the others again and again."""
    assert decisions(custom(iam, *[ONE] * 20000)) == ["allowed"]
    keys = [big(1, Condition={"StringEquals": {f"aws:k{j}-{i}": "v" for i in range(3000)}}) for j in range(30)]
    assert len(iam.get_context_keys_for_custom_policy(PolicyInputList=keys)["ContextKeyNames"]) == 90000
    same = [big(1, Condition={"StringEquals": {"aws:Some": "v", "aws:sOME": "v"}})]
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=same * 2)["ContextKeyNames"] == ["aws:Some"]


def test_callers_of_other_accounts_stay_strangers(server, iam):
    """Their tags are nobody's business here."""
    theirs = name("theirs")
    server.client("iam", OTHER_KEY).create_user(UserName=theirs, Tags=[{"Key": "team", "Value": "secret"}])
    tagged = documents({"Effect": "Allow", "Action": "s3:*", "Resource": "*",
                        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "secret"}}})
    assert decisions(custom(iam, tagged, CallerArn=arn(f"user/{theirs}", OTHER))) == ["implicitDeny"]
