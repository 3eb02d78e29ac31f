"""Examples that AWS publishes, each with its words that say what comes of it (a little shortened). compare.py puts them
to the evaluator and to the driver. Source: IAM User Guide (the pages that evaluator.py names), Amazon S3 User Guide."""
import json

A, B = "111122223333", "444455556666"


def user(name="carlossalazar", account=A):
    arn = f"arn:aws:iam::{account}:user/{name}"
    return {"kind": "user", "account": account, "arn": arn, "id": "AIDAEXAMPLE", "entity_arn": arn, "name": name,
            "entity_id": "AIDAEXAMPLE"}


def session(role="examplerole", name="examplerolesessionname", account=A):
    return {"kind": "role", "account": account, "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
            "id": f"AROAEXAMPLE:{name}", "entity_arn": f"arn:aws:iam::{account}:role/{role}",
            "entity_id": "AROAEXAMPLE"}


def federated(name="exampleuser", account=A):
    return {"kind": "federated", "account": account, "arn": f"arn:aws:sts::{account}:federated-user/{name}",
            "id": f"{account}:{name}", "entity_arn": f"arn:aws:iam::{account}:user/bob", "entity_id": "AIDAEXAMPLE"}


ROOT = {"kind": "root", "account": A, "arn": f"arn:aws:iam::{A}:root", "id": A}
ANYBODY = {"kind": "anonymous"}


def document(*statements, version="2012-10-17"):
    return json.dumps({"Version": version, "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


def to(principal):
    """A bucket's policy that grants s3:GetObject."""
    return document(allow("s3:GetObject", "arn:aws:s3:::bucket/*", Principal=principal))


def case(who, action="s3:GetObject", resource="arn:aws:s3:::bucket/key", **more):
    return {"principal": who, "action": action, "resource": resource, "resource_account": A, "context": {},
            "identity": [], "boundary": None, "session": None, "resource_policy": None, "restricted": False,
            "trust": False, **more}


CARLOS = document(
    allow(["s3:GetBucketLocation", "s3:GetAccountPublicAccessBlock", "s3:ListAccessPoints", "s3:ListAllMyBuckets"],
          "arn:aws:s3:::*"),
    allow("s3:*", ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"]),
    deny("s3:*", "arn:aws:s3:::*log*"))
CARLOS_BUCKET = document(allow("s3:*", ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"],
                               Principal={"AWS": f"arn:aws:iam::{A}:user/carlossalazar"}))
SHIRLEY = document(allow(["s3:*", "cloudwatch:*", "ec2:*"]))
EVERYTHING, NOTHING = document(allow("*")), document(allow("none:None"))
REPORTS = document(allow(["iam:Get*", "iam:List*"]), deny("iam:*Report"))
TEAM = document(allow("s3:GetObject"), deny("s3:GetObject", "arn:aws:s3:::bucket/*", Condition={"StringNotEquals": {
    "s3:ExistingObjectTag/Team": "${aws:PrincipalTag/Team}"}}))
DEFAULT = document(allow("s3:GetObject", "arn:aws:s3:::bucket-${aws:PrincipalTag/team, 'company-wide'}/*"))
TABLE = document(allow("dynamodb:GetItem", Condition={"ForAllValues:StringLike": {
    "dynamodb:Attributes": ["PostDateTime", "Message", "Tags"]}}))
UPDATE = document(allow("*"), deny("dynamodb:PutItem", Condition={"ForAnyValue:StringLike": {
    "dynamodb:Attributes": ["ID", "PostDateTime"]}}))
BOTH = ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"]
BOB_ONLY = document(deny("s3:*", BOTH, NotPrincipal={"AWS": [f"arn:aws:iam::{B}:user/Bob", f"arn:aws:iam::{B}:root"]}),
                    allow("s3:*", BOTH, Principal={"AWS": B}))
USER_ARN, ROLE_ARN = f"arn:aws:iam::{A}:user/carlossalazar", f"arn:aws:iam::{A}:role/examplerole"
SNS = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"


def like(operator):
    return document(allow("s3:GetObject", Condition={operator: {
        "x:Arn": "arn:aws:someservice:*:111122223333:finance/*"}}))


def attributes(action, *names):
    return {"action": "dynamodb:" + action, "resource": f"arn:aws:dynamodb:us-east-1:{A}:table/Thread",
            "context": {"dynamodb:Attributes": {"many": list(names)}}}


EXAMPLES = [  # the words, the outcome, the case
    ("it finds one, because the policy explicitly denies Carlos access to any S3 buckets used for logging",
     "explicit", case(user(), "s3:PutObject", "arn:aws:s3:::carlossalazar-logs/x", identity=[CARLOS])),
    ("both the identity-based and the resource-based policy allow the request. Therefore, AWS allows the request",
     "allow", case(user(), "s3:PutObject", "arn:aws:s3:::carlossalazar/x", identity=[CARLOS],
                   resource_policy=CARLOS_BUCKET)),
    ("if one of the policy types allows the request and the other doesn't, the request is still allowed",
     "allow", case(user(), "s3:PutObject", "arn:aws:s3:::carlossalazar/x", resource_policy=CARLOS_BUCKET)),
    ("all requests are implicitly denied with the exception of the AWS account root user, which has full access",
     "allow", case(ROOT)),
    ("the AllowGetList statement allows read-only access to IAM actions that begin with Get and List",
     "allow", case(user(), "iam:GetUser", "*", identity=[REPORTS])),
    ("all other actions in IAM, such as iam:CreatePolicy are implicitly denied",
     "implicit", case(user(), "iam:CreatePolicy", "*", identity=[REPORTS])),
    ("report-related requests are still denied because of this explicit deny", "explicit",
     case(user(), "iam:GenerateCredentialReport", "*", identity=[REPORTS, EVERYTHING])),
    ("if you attach this policy to Shirley, and she tries to create a user, the operation fails", "implicit",
     case(user(), "iam:CreateUser", "*", identity=[document(allow("iam:CreateUser"))], boundary=SHIRLEY)),
    ("it limits the user's permissions but does not provide permissions on its own",
     "implicit", case(user(), boundary=SHIRLEY)),
    ("policies that grant to an IAM user ARN are not limited by an implicit deny in an identity policy or boundary",
     "allow", case(user(), boundary=NOTHING, resource_policy=to({"AWS": USER_ARN}))),
    ("policies that grant permissions to an IAM role ARN are limited by an implicit deny in a permissions boundary",
     "implicit", case(session(), boundary=NOTHING, identity=[EVERYTHING], resource_policy=to({"AWS": ROLE_ARN}))),
    ("... or session policy", "implicit", case(session(), session=[NOTHING], resource_policy=to({"AWS": ROLE_ARN}))),
    ("if a policy specifies the role, its permissions are added to the role's identity-based policy",
     "allow", case(session(), session=[EVERYTHING], resource_policy=to({"AWS": ROLE_ARN}))),
    ("permissions granted directly to a session are not limited by an implicit deny in any of the three", "allow",
     case(session(), session=[NOTHING], boundary=NOTHING, resource_policy=to({"AWS": session()["arn"]}))),
    ("policies that grant to a federated user ARN grant permissions directly to the session",
     "allow", case(federated(), session=[NOTHING], resource_policy=to({"AWS": federated()["arn"]}))),
    ("if it grants to the IAM user who federated, requests are limited by an implicit deny in a session policy",
     "implicit", case(federated(), session=[NOTHING], resource_policy=to({"AWS": f"arn:aws:iam::{A}:user/bob"}))),
    ("permissions granted with a wildcard in Principal are not limited by permissions boundaries or session policies",
     "allow", case(session(), session=[NOTHING], boundary=NOTHING, resource_policy=to("*"))),
    ("this delegates authority to the account: an administrator must then grant access to an identity in it",
     "implicit", case(user(), resource_policy=to({"AWS": A}))),
    ("using a wildcard with an Allow effect grants access to all users, including anonymous users",
     "allow", case(ANYBODY, resource_policy=to({"AWS": "*"}))),
    ("for principals in other accounts, they must also have identity-based permissions in their account",
     "implicit", case(user(account=B), resource_policy=to("*"))),
    ("the request is allowed only if both evaluations return a decision of Allow",
     "allow", case(user(account=B), identity=[EVERYTHING], resource_policy=to({"AWS": B}))),
    ("... and not by the identity-based policy alone", "implicit", case(user(account=B), identity=[EVERYTHING])),
    ("all principals except the user named Bob in AWS account 444455556666 are explicitly denied", "explicit",
     case(user(), identity=[EVERYTHING], resource_policy=BOB_ONLY)),
    ("it only omits Bob from the list of principals that are explicitly denied",
     "allow", case(user("Bob", B), identity=[EVERYTHING], resource_policy=BOB_ONLY)),
    ("GetItem of PostDateTime and Message: the requested attributes all match values specified in the policy",
     "allow", case(user(), identity=[TABLE], **attributes("GetItem", "PostDateTime", "Message"))),
    ("there's no match for UserName, so the condition operator returns false",
     "implicit", case(user(), identity=[TABLE], **attributes("GetItem", "PostDateTime", "UserName"))),
    ("ForAllValues also returns true if there are no context keys in the request",
     "allow", case(user(), identity=[TABLE], **attributes("GetItem"))),
    ("PutItem of UserName, Message, PostDateTime: if any one of these tests returns true, the condition returns true",
     "explicit", case(user(), identity=[UPDATE], **attributes("PutItem", "UserName", "Message", "PostDateTime"))),
    ("the effect of the policy (Deny) is also false, and the request is not denied by this policy",
     "allow", case(user(), identity=[UPDATE], **attributes("PutItem", "UserName"))),
    ("access is explicitly denied when aws:PrincipalTag/Team is not set", "explicit",
     case(user(), identity=[TEAM], context={"s3:ExistingObjectTag/Team": ["yellow"]})),
    ("Team must be equal to s3:ExistingObjectTag/Team to allow access", "allow", case(
        user(), identity=[TEAM],
        context={"s3:ExistingObjectTag/Team": ["yellow"], "aws:PrincipalTag/Team": ["yellow"]})),
    ("for users without team tags, it sets a default value of company-wide",
     "allow", case(user(), resource="arn:aws:s3:::bucket-company-wide/k", identity=[DEFAULT])),
    ("if a principal is tagged with team=yellow, they can access the bucket of yellow, but not those of other teams",
     "implicit", case(user(), resource="arn:aws:s3:::bucket-company-wide/k", identity=[DEFAULT],
                      context={"aws:PrincipalTag/team": ["yellow"]})),
    ("with a StringLike condition, the match succeeds",
     "allow", case(user(), identity=[like("StringLike")], context={"x:Arn": [SNS]})),
    ("with an ArnLike condition, which matches elements between colons, the match fails",
     "implicit", case(user(), identity=[like("ArnLike")], context={"x:Arn": [SNS]})),
    ("restricts access to AWS service principals and authorized users within this account if the policy is public",
     "implicit", case(user(account=B), identity=[EVERYTHING], resource_policy=to("*"), restricted=True)),
    ("role trust policies must explicitly allow access for principals: an identity policy does not suffice",
     "implicit", case(user(), "sts:AssumeRole", ROLE_ARN, identity=[EVERYTHING], trust=True,
                      resource_policy=document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                                "Action": "sts:AssumeRole"}))),
]
