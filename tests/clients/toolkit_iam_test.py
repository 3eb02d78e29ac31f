"""aerostat iam: setup-user, setup-role, show and check, as a user runs them with a home of their own."""
import json
import os
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.exceptions import ClientError

from aerostat import AEROSTAT, REGION, ROOT_KEY
from session import Tool, aws_cli

# Part 3 of the exercise: the EC2 instance role's policy, as printed.
INSTANCE_ROLE_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
         "Resource": ["arn:aws:s3:::my-ml-bucket/*"]},
        {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
         "Resource": "arn:aws:logs:*:*:*"},
        {"Effect": "Allow", "Action": ["cloudwatch:PutMetricData"], "Resource": "*"},
    ],
}


class Home:
    """A user's home, and the toolkit in it."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        folder.mkdir(exist_ok=True)
        self.credentials, self.config = folder / ".aws/credentials", folder / ".aws/config"

    def env(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return {**env, "HOME": str(self.folder), "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true",
                "NO_PROXY": "127.0.0.1", **more}

    def run(self, *args, rc=0, stdin="", **env):
        done = subprocess.run([AEROSTAT, "iam", *map(str, args), "--data", self.server.data], env=self.env(**env),
                              input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == rc, (args, done)
        return done

    def json(self, *args, **how):
        return json.loads(self.run(*args, "--json", **how).stdout)

    def client(self, service, profile, monkeypatch):
        """What boto3 makes of the profile alone."""
        for name in [k for k in os.environ if k.startswith("AWS_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(self.credentials))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(self.config))
        return boto3.Session(profile_name=profile).client(service)

    def root(self):
        """Root's keys and the endpoint, as `aerostat env` gives them."""
        return {"AWS_ENDPOINT_URL": self.server.url, "AWS_ACCESS_KEY_ID": ROOT_KEY.access,
                "AWS_SECRET_ACCESS_KEY": ROOT_KEY.secret}


@pytest.fixture
def home(tmp_path, server):
    return Home(tmp_path / "home", server)


@pytest.fixture
def name(request):
    """A name of this test's own."""
    return request.node.name.replace("test_", "")[:40].rstrip("-[]").replace("[", "-").replace("]", "")


def refused(call, **args):
    with pytest.raises(ClientError) as e:
        call(**args)
    return e.value.response["Error"]["Code"]


# --- setup-user

def test_user(home, name, server, monkeypatch):
    done = home.run("setup-user", name)
    assert f"user/{name} (made)" in done.stdout and "AdministratorAccess (attached)" in done.stdout
    assert "for learning" in done.stdout
    assert done.stderr == f"on the local cloud at {server.url}, account 123456789012\n"
    secret = next(line.split()[1] for line in done.stdout.split("\n") if line.startswith("secret"))
    assert secret in home.credentials.read_text() and secret not in home.config.read_text()
    assert stat.S_IMODE(home.credentials.stat().st_mode) == 0o600
    assert f"endpoint_url = {server.url}\n" in home.config.read_text()
    who = home.client("sts", name, monkeypatch).get_caller_identity()
    assert who["Arn"] == f"arn:aws:iam::123456789012:user/{name}"
    assert home.client("iam", name, monkeypatch).get_user()["User"]["UserName"] == name


def test_user_twice(home, name):
    home.run("setup-user", name)
    files = home.credentials.read_bytes(), home.config.read_bytes()
    done = home.run("setup-user", name)
    assert "(was there)" in done.stdout and "(was attached)" in done.stdout and "was in the profile" in done.stdout
    assert "secret" not in done.stdout and (home.credentials.read_bytes(), home.config.read_bytes()) == files
    again = home.json("setup-user", name)
    assert not again["made"] and "secretAccessKey" not in again and again["accessKeyId"] in files[0].decode()


def test_user_json(home, name, server):
    made = home.json("setup-user", name, "--policy", "AmazonS3ReadOnlyAccess", "--profile", "ml")
    assert made["made"] and made["profile"] == "ml" and made["endpointUrl"] == server.url and made["region"] == REGION
    assert made["policies"] == [{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "attached": True}]
    assert made["secretAccessKey"] in home.credentials.read_text()


def test_user_of_a_bucket(home, name, bucket, s3, monkeypatch):
    s3.create_bucket(Bucket=bucket + "-other")
    home.run("setup-user", name, "--bucket", bucket)
    mine = home.client("s3", name, monkeypatch)
    mine.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert [o["Key"] for o in mine.list_objects_v2(Bucket=bucket)["Contents"]] == ["a"]
    mine.delete_object(Bucket=bucket, Key="a")
    assert refused(mine.list_objects_v2, Bucket=bucket + "-other") == "AccessDenied"
    assert refused(mine.put_object, Bucket=bucket + "-other", Key="a") == "AccessDenied"
    assert refused(mine.delete_bucket, Bucket=bucket) == "AccessDenied"


def test_user_with_less_stays_so(home, name, bucket, server):
    home.run("setup-user", name, "--bucket", bucket)
    home.run("setup-user", name)
    attached = server.client("iam").list_attached_user_policies(UserName=name)["AttachedPolicies"]
    assert attached == []


def test_user_of_no_bucket(home, name, server):
    done = home.run("setup-user", name, "--bucket", "there-is-none", rc=1)
    assert "no bucket there-is-none" in done.stderr
    assert refused(server.client("iam").get_user, UserName=name) == "NoSuchEntity"


def test_user_of_no_policy(home, name):
    done = home.run("setup-user", name, "--policy", "NoSuchPolicyAtAll", rc=1)
    assert "NoSuchEntity" in done.stderr and "(request " in done.stderr


@pytest.mark.parametrize("bad", ["a b", "a/b", "x" * 65, "ü"])
def test_user_with_an_impossible_name(home, bad):
    done = home.run("setup-user", bad, "--profile", "p", rc=1)
    assert "ValidationError" in done.stderr and not home.credentials.exists()


def test_profile_with_an_impossible_name(home):
    for bad in ("a b", "x]\n[default", ""):
        assert "profile" in home.run("setup-user", "u", "--profile", bad, rc=2).stderr


def test_third_key(home, name, server):
    iam = server.client("iam")
    iam.create_user(UserName=name)
    iam.create_access_key(UserName=name)
    iam.create_access_key(UserName=name)
    done = home.run("setup-user", name, rc=1)
    assert "two access keys already" in done.stderr and not home.credentials.exists()


def test_key_that_is_gone(home, name, server):
    first = home.json("setup-user", name)
    server.client("iam").delete_access_key(UserName=name, AccessKeyId=first["accessKeyId"])
    second = home.json("setup-user", name)
    assert second["accessKeyId"] != first["accessKeyId"] and second["secretAccessKey"]
    assert first["accessKeyId"] not in home.credentials.read_text()


# --- the files of others

def test_other_profiles_stay(home, name):
    home.credentials.parent.mkdir()
    mine = "# ours\n[default]\naws_access_key_id=AKIALIVE\naws_secret_access_key = l/i+ve # note\n\n\n[x]\n"
    home.credentials.write_text(mine)
    home.config.write_text("[default]\nregion=eu-west-1\n[profile z]\nsso_session = corp")
    home.run("setup-user", name)
    home.run("setup-user", name + "-b")
    assert home.credentials.read_text().startswith(mine)
    assert home.config.read_text().startswith("[default]\nregion=eu-west-1\n[profile z]\nsso_session = corp\n")


def test_profile_of_somebody_else(home, name, server):
    home.credentials.parent.mkdir()
    live = f"[{name}]\naws_access_key_id = AKIALIVE\naws_secret_access_key = live\n"
    home.credentials.write_text(live)
    done = home.run("setup-user", name, rc=1)
    assert "did not make it" in done.stderr and "--force" in done.stderr
    assert home.credentials.read_text() == live and not home.config.exists()
    assert refused(server.client("iam").get_user, UserName=name) == "NoSuchEntity"
    home.run("setup-user", name, "--force")
    assert "AKIALIVE" not in home.credentials.read_text()


def test_profile_of_another_user(home, name):
    home.run("setup-user", name + "-a", "--profile", "p")
    done = home.run("setup-user", name + "-b", "--profile", "p", rc=1)
    assert f"for user {name}-a" in done.stderr


@pytest.mark.parametrize("how", ["link", "readonly", "folder"])
def test_files_that_cannot_be_written(home, server, how):
    home.credentials.parent.mkdir()
    if how == "link":
        (home.folder / "elsewhere").write_text("[default]\n")
        home.credentials.symlink_to(home.folder / "elsewhere")
    elif how == "readonly":
        home.credentials.write_text("[default]\n")
        home.credentials.chmod(0o400)
    else:
        home.credentials.mkdir()
    done = home.run("setup-user", f"files-{how}", rc=1)
    assert {"link": "symbolic link", "readonly": "read-only", "folder": "credentials"}[how] in done.stderr
    assert refused(server.client("iam").get_user, UserName=f"files-{how}") == "NoSuchEntity"


def test_two_at_once(home, name, monkeypatch):
    names = [f"{name}-{i}" for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: home.run("setup-user", n), names))
    for n in names:
        assert home.client("sts", n, monkeypatch).get_caller_identity()["Arn"].endswith("/" + n)


def test_aws_cli_takes_the_profile(home, name):
    home.run("setup-user", name)
    aws = Tool([aws_cli(1), "--profile", name], home.env(AWS_PAGER=""))
    assert json.loads(aws.run("sts", "get-caller-identity"))["Arn"].endswith(f":user/{name}")


# --- setup-role

def test_role(home, name, bucket, server):
    made = home.json("setup-role", name, "--bucket", bucket)
    assert made["made"] and made["roleAdded"] and made["instanceProfile"].endswith(f":instance-profile/{name}")
    iam = server.client("iam")
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    assert [s["Principal"] for s in trust["Statement"]] == [{"Service": "ec2.amazonaws.com"}]
    policy = iam.get_role_policy(RoleName=name, PolicyName=made["policy"])["PolicyDocument"]
    by_action = {a: s["Resource"] for s in policy["Statement"] for a in listed(s["Action"])}
    assert by_action["s3:ListBucket"] == f"arn:aws:s3:::{bucket}"
    assert by_action["s3:PutObject"] == f"arn:aws:s3:::{bucket}/*"
    assert by_action["cloudwatch:PutMetricData"] == "*" and "logs:PutLogEvents" in by_action
    assert iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"][0]["RoleName"] == name
    again = home.json("setup-role", name, "--bucket", bucket)
    assert not (again["made"] or again["policyPut"] or again["roleAdded"] or again["trustDiffers"])
    assert "nothing found" in home.run("check", "--role", name).stdout


def listed(x):
    return x if isinstance(x, list) else [x]


def test_role_with_another_trust(home, name, bucket, server):
    home.run("setup-role", name, "--bucket", bucket)
    both = ["--service", "ec2.amazonaws.com", "--service", "sagemaker.amazonaws.com"]
    done = home.run("setup-role", name, "--bucket", bucket, *both)
    assert "another trust policy" in done.stdout
    home.run("setup-role", name, "--bucket", bucket, *both, "--force")
    trust = server.client("iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"]["Service"] == both[1::2]


def test_role_beside_another_in_its_profile(home, name, bucket):
    home.run("setup-role", name + "-a", "--bucket", bucket, "--instance-profile", name)
    done = home.run("setup-role", name + "-b", "--bucket", bucket, "--instance-profile", name, rc=1)
    assert f"holds the role {name}-a" in done.stderr


def test_role_wants_a_bucket(home, name):
    assert "usage" in home.run("setup-role", name, rc=2).stderr
    assert "no bucket" in home.run("setup-role", name, "--bucket", "there-is-none", rc=1).stderr
    assert "no bucket" in home.run("setup-role", name, "--bucket", "No_Name/At All", rc=1).stderr


# --- show

def test_show(home, name, bucket, server):
    iam = server.client("iam")
    home.run("setup-role", name, "--bucket", bucket)
    user = home.json("setup-user", name, "--bucket", bucket)
    iam.create_group(GroupName=name)
    iam.add_user_to_group(GroupName=name, UserName=name)
    iam.attach_group_policy(GroupName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    text = home.run("show").stdout
    for line in (f"user {name}", f"group {name}", f"role {name}", "assumed by   ec2.amazonaws.com",
                 user["accessKeyId"]):
        assert line in text
    assert user["secretAccessKey"] not in text
    text = home.run("show", "user", name).stdout
    assert f"allows s3:ListBucket on arn:aws:s3:::{bucket}\n" in text and "AmazonS3ReadOnlyAccess" in text
    assert "never used" in text
    assert "assumed by   ec2.amazonaws.com" in home.run("show", "role", name).stdout
    assert "allows * on *" in home.run("show", "policy", "AdministratorAccess").stdout
    everything = home.json("show")
    assert name in [u["UserName"] for u in everything["users"]] and name in [r["RoleName"] for r in everything["roles"]]
    assert home.json("show", "user", name)["GroupList"] == [name]
    for kind in ("user", "group", "role"):
        assert home.run("show", kind, "nobody-at-all", rc=1).stderr == f"aerostat: There is no {kind} nobody-at-all.\n"
    assert "usage" in home.run("show", "planet", name, rc=2).stderr


def test_show_all_of_many(home, server):
    iam = server.client("iam")
    for i in range(120):
        iam.create_user(UserName=f"many-{i:03}")
    assert sum(u["UserName"].startswith("many-") for u in home.json("show")["users"]) == 120


# --- check

def test_check_of_the_exercise(home, tmp_path, server):
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(INSTANCE_ROLE_POLICY))
    said = home.json("check", path, rc=1)
    assert [(f["kind"], f["subject"], f.get("statement")) for f in said["findings"]] == \
        [("never", "s3:ListBucket", 1), ("absent", "my-ml-bucket", None)]
    assert said["findings"][0]["cure"] == 'Write "arn:aws:s3:::my-ml-bucket" beside it.' and said["bucketsAsked"]
    server.client().create_bucket(Bucket="my-ml-bucket")
    said = home.json("check", path, rc=1)
    assert [f["subject"] for f in said["findings"]] == ["s3:ListBucket"]
    cured = json.dumps(INSTANCE_ROLE_POLICY).replace('bucket/*"', 'bucket/*", "arn:aws:s3:::my-ml-bucket"')
    path.write_text(cured)
    assert home.run("check", path).stdout == "1 document: nothing found.\n"
    server.client().delete_bucket(Bucket="my-ml-bucket")


def test_check_without_a_server(home, tmp_path):
    path = tmp_path / "policy.json"
    path.write_text('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":'
                    '"arn:aws:s3:::nowhere/*"}}')
    home.server = type("Down", (), {"data": str(tmp_path / "none")})
    done = home.run("check", path)
    assert "not asked" in done.stderr and "nothing found" in done.stdout
    assert "not up" in home.run("check", "--all", rc=1).stderr


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"Statement":[]', "\0\1", '{"Version":"2012-10-17"}'])
def test_check_of_what_is_no_policy(home, text):
    assert "standard input: " in home.run("check", "-", rc=1, stdin=text).stdout


def test_check_of_no_file(home, tmp_path):
    assert "cannot be read" in home.run("check", tmp_path / "none", rc=1).stderr
    assert "cannot be read" in home.run("check", tmp_path, rc=1).stderr
    assert "usage" in home.run("check", rc=2).stderr
    assert "usage" in home.run("check", "--all", "file", rc=2).stderr


def test_check_of_what_is_stored(home, name, server):
    iam = server.client("iam")
    iam.create_user(UserName=name)
    wrong = {"Version": "2012-10-17", "Statement": [{"Sid": "Lost", "Effect": "Allow", "Action": "s3:GetObjects",
                                                     "Resource": "*"}]}
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(wrong))
    arn = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(wrong))["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    said = home.json("check", "--user", name, rc=1)
    assert {f["document"] for f in said["findings"]} == {f"user {name}, policy own", f"policy {arn}"}
    assert {(f["sid"], f["cure"]) for f in said["findings"]} == {("Lost", "Did you mean s3:GetObject?")}
    assert len([f for f in home.json("check", "--all", rc=1)["findings"] if name in f["document"]]) == 2
    assert "no user nobody" in home.run("check", "--user", "nobody", rc=1).stderr
    iam.detach_user_policy(UserName=name, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    iam.delete_user_policy(UserName=name, PolicyName="own")


# --- where calls go

def test_environment_leads_there(home, name, server):
    done = home.run("setup-user", name, **home.root())
    assert done.stderr.startswith(f"at {server.url}, account 123456789012")
    assert f"endpoint_url = {server.url}" in home.config.read_text()


def test_aws_goes_with_no_keys_of_an_endpoint(home, name):
    done = home.run("show", "--aws", rc=1, **home.root())
    assert "AWS_ENDPOINT_URL" in done.stderr and done.stdout == ""
    home.run("setup-user", name)
    done = home.run("show", "--aws", "--profile", name, rc=1)
    assert f"belongs to {home.server.url}" in done.stderr
    assert "no keys" in home.run("show", "--aws", rc=1).stderr


def test_aws_by_another_name(home, name, server):
    keys = {k: v for k, v in home.root().items() if k != "AWS_ENDPOINT_URL"}
    done = home.run("setup-user", name, "--aws", "--endpoint-url", server.url, **keys)
    assert done.stderr == f"on AWS at {server.url}, account 123456789012\n"
    assert "endpoint_url" not in home.config.read_text() and "AWS" in home.config.read_text()


def test_profile_leads_there(home, name, server):
    home.run("setup-user", name)
    done = home.run("show", "user", name, "--profile", name)
    assert done.stderr == f"at {server.url}, account 123456789012, profile {name}\n"
    home.run("setup-user", name + "-2", "--as", name)


def test_refusal_names_the_request(home, name, bucket):
    home.run("setup-user", name, "--bucket", bucket)
    done = home.run("show", "--profile", name, rc=1)
    assert "AccessDenied" in done.stderr and "aerostat iam explain " in done.stderr


def test_role_of_a_profile(home, name, server):
    iam = server.client("iam")
    arn = f"arn:aws:iam::123456789012:role/{name}"
    home.run("setup-user", name)
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"},
                                                     "Action": "sts:AssumeRole",
                                                     "Condition": {"StringEquals": {"sts:ExternalId": "ticket-7"}}}]}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    with open(home.config, "a", encoding="utf-8") as f:
        f.write(f"[profile as-role]\nrole_arn = {arn}\nsource_profile = {name}\nexternal_id = ticket-7\n"
                f"endpoint_url = {server.url}\n")
    text = home.run("show", "role", name, "--profile", "as-role").stdout
    assert 'sts:ExternalId StringEquals "ticket-7"' in text


def test_endpoints_that_do_not_answer(home):
    keys = home.root()
    for url, word in (("http://127.0.0.1:1", "does not answer"), ("127.0.0.1", "no endpoint"),
                      ("ftp://x", "no endpoint")):
        done = home.run("show", "--endpoint-url", url, rc=1, **keys)
        assert word in done.stderr and done.stdout == ""
    assert "no region" in home.run("show", "--region", "x/../y", rc=1, **keys).stderr
    assert "no region" in home.run("show", "--region", "x\r\nX: y", rc=1).stderr


def test_usage(home):
    assert "setup-user" in home.run().stdout and "usage" in home.run("setup-user", rc=2).stderr
    assert "There is no verb" in home.run("fly", rc=2).stderr
    for verb in ("setup-user", "setup-role", "show", "check", "explain", "who-can", "suggest"):
        assert f"aerostat iam {verb}" in home.run(verb, "--help").stdout
    assert "no option --nonsense" in home.run("show", "--nonsense", rc=2).stderr


def test_led_astray(home, name):
    """The environment goes before profiles in every client of AWS's, so a local key could reach a live account."""
    for variable, value in [("AWS_ENDPOINT_URL", "https://iam.amazonaws.com"), ("AWS_ENDPOINT_URL_S3", "https://x.y"),
                            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]:
        assert variable in home.run("setup-user", name, **{variable: value}).stderr
    assert "AWS_" not in home.run("setup-user", name, AWS_ENDPOINT_URL=home.server.url + "/").stderr
