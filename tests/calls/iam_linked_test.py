"""Service-linked roles."""
import re

import pytest

from aerostat import Key
from identities import ACCOUNT, allow, arn, name, refused, trust

SPOT = "AWSServiceRoleForEC2Spot"


@pytest.mark.parametrize("service, role", [
    ("spot.amazonaws.com", SPOT), ("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling"),
    ("sagemaker.amazonaws.com", "AWSServiceRoleForAmazonSageMakerNotebooks"),
    ("ecs.amazonaws.com", "AWSServiceRoleForECS"), ("eks.amazonaws.com", "AWSServiceRoleForAmazonEKS"),
    ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
    ("sagemaker.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")])
def test_made_and_deleted(iam, service, role):
    made = iam.create_service_linked_role(AWSServiceName=service, Description="for tests")["Role"]
    assert made["Arn"] == arn(f"role/aws-service-role/{service}/{role}") and made["RoleName"] == role
    assert made["Path"] == f"/aws-service-role/{service}/" and re.fullmatch("AROA[A-Z2-7]{17}", made["RoleId"])
    assert made["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": service}
    assert iam.get_role(RoleName=role)["Role"] == made and made["Description"] == "for tests"
    with refused("InvalidInput", f"Service role name {role} has been taken in this account, please try a different "
                                 "suffix."):
        iam.create_service_linked_role(AWSServiceName=service)
    task = iam.delete_service_linked_role(RoleName=role)["DeletionTaskId"]
    uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(f"task/aws-service-role/{service}/{role}/{uuid}", task)
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    with refused("NoSuchEntity", f"The role with name {role} cannot be found."):
        iam.get_role(RoleName=role)
    with refused("NoSuchEntity"):
        iam.delete_service_linked_role(RoleName=role)


def test_its_service_s_policy_hangs_on_it(iam):
    role = iam.create_service_linked_role(AWSServiceName="ssm.amazonaws.com")["Role"]["RoleName"]
    assert [p["PolicyName"] for p in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]] == [
        "AmazonSSMServiceRolePolicy"]
    iam.delete_service_linked_role(RoleName=role)


def test_a_suffix(iam):
    made = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="mine")["Role"]
    assert made["RoleName"] == "AWSServiceRoleForAutoScaling_mine"
    with refused("InvalidInput", "Custom suffix is not allowed for spot.amazonaws.com"):
        iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com", CustomSuffix="mine")
    with refused("InvalidInput"):
        iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="x" * 60)


@pytest.mark.parametrize("service", ["nothing.amazonaws.com", "spot", "spot.amazonaws.com.evil.com"])
def test_a_service_that_is_not_known(iam, service):
    with refused("InvalidInput", service):
        iam.create_service_linked_role(AWSServiceName=service)


def test_it_is_its_service_s(iam):
    iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com")
    a = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    for call in (lambda: iam.attach_role_policy(RoleName=SPOT, PolicyArn=a),
                 lambda: iam.detach_role_policy(RoleName=SPOT, PolicyArn=a),
                 lambda: iam.put_role_policy(RoleName=SPOT, PolicyName="p", PolicyDocument=allow("s3:*")),
                 lambda: iam.delete_role_policy(RoleName=SPOT, PolicyName="p"),
                 lambda: iam.update_assume_role_policy(RoleName=SPOT, PolicyDocument=trust()),
                 lambda: iam.delete_role(RoleName=SPOT)):
        with refused("UnmodifiableEntity", f"Cannot perform the operation on the protected role '{SPOT}' - this role "
                                           "is only modifiable by AWS"):
            call()
    iam.delete_service_linked_role(RoleName=SPOT)


def test_an_ordinary_role_is_not_deleted_so(iam):
    role = name("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust())
    with refused("InvalidInput"):
        iam.delete_service_linked_role(RoleName=role)
    iam.get_role(RoleName=role)


def test_a_task_that_we_never_gave(iam):
    iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com")
    task = iam.delete_service_linked_role(RoleName=SPOT)["DeletionTaskId"]
    flipped = task[:-1] + ("0" if task[-1] != "0" else "1")
    others = task.replace("spot", "ecs")
    for forged in (flipped, others, "task/x", "x", task + "0", "task/aws-service-role/" + "x" * 900, task[:-36]):
        with refused("NoSuchEntity"):
            iam.get_service_linked_role_deletion_status(DeletionTaskId=forged)


def test_no_ordinary_role_has_its_path(iam):
    with refused("InvalidInput"):
        iam.create_role(RoleName=name("role"), Path="/aws-service-role/spot.amazonaws.com/",
                        AssumeRolePolicyDocument=trust())


def test_it_takes_the_right(server, iam):
    user = name("user")
    iam.create_user(UserName=user)
    k = iam.create_access_key(UserName=user)["AccessKey"]
    his = server.client("iam", key=Key(k["AccessKeyId"], k["SecretAccessKey"], ACCOUNT))
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow(
        "iam:CreateServiceLinkedRole", resource="arn:aws:iam::*:role/aws-service-role/*",
        Condition={"StringEquals": {"iam:AWSServiceName": "spot.amazonaws.com"}}))
    his.create_service_linked_role(AWSServiceName="spot.amazonaws.com")
    with refused("AccessDenied"):
        his.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    with refused("AccessDenied"):
        his.delete_service_linked_role(RoleName=SPOT)
    iam.delete_service_linked_role(RoleName=SPOT)
