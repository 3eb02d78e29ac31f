"""The verbs of aerostat s3 as somebody new meets them: mistakes, what is shown on a terminal and in a pipe, --json,
names of all kinds, versions, tags, lifecycle rules and what they will do."""
import datetime
import json
import os
import pty
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from aerostat import AEROSTAT
from fake_s3 import NS, fake, listing
from s3_cloud import Cloud, cloud, mine, moto_url, noise, ours, place, write  # noqa: F401

VERBS = "mb rb ls cp mv rm sync cat presign versions stat tag versioning lifecycle".split()
ODD_KEYS = ["a b", "a+b", "a%20b", "ü/é 中", "x\x1b[31mred", "new\nline", "tab\there", "'q\"", "#?&=;", "~", "k" * 1024,
            "\U0001f680", "a//b", "trail/", "*?[x]", "\\"]


def is_sanitized():
    with open(AEROSTAT, "rb") as f:
        return b"__asan_init" in f.read()


def is_sentence(said):
    """One, behind the line that says where it goes."""
    lines = said.splitlines()
    return len(lines) == 1 + lines[0].startswith("at http://")


# --- a new user

def test_help():
    def say(*args):
        return subprocess.run([AEROSTAT, *args], stdout=subprocess.PIPE, check=True).stdout.decode()

    first = say("s3")
    assert first == say("s3", "--help") == say("s3", "help") and all(f"\n  {v} " in first for v in VERBS)
    for verb in VERBS:
        text = say("s3", verb, "--help")
        assert text == say("s3", "help", verb) and f"aerostat s3 {verb} " in text and "--endpoint-url" in text
        assert all(len(line) <= 118 for line in text.split("\n"))


@pytest.mark.parametrize("args, rc, word", [
    (["lss"], 2, "Is `aerostat s3 ls` meant?"), (["synch"], 2, "`aerostat s3 sync` meant"),
    (["delete", "s3://x"], 2, "`aerostat s3 rm` meant"), (["xyzzy"], 2, "`aerostat s3` lists them"),
    (["--json", "--aws", "ls"], 2, "The verb comes first"), (["ls", "--recursve"], 2, "There is no option --recursve"),
    (["ls", "a", "b"], 2, "usage: aerostat s3 ls"), (["ls", "s3:/b"], 2, "s3:/b is no place in S3"),
    (["ls", "s3://"], 0, ""), (["ls", "/b"], 2, "/b is no place in S3"), (["mb"], 2, "usage: aerostat s3 mb"),
    (["mb", "s3://b/key"], 2, "is no bucket: one is written like s3://my-bucket"),
    (["mb", "s3://UPPER"], 1, "A name is 3 to 63 lower case letters"), (["mb", "s3://ab"], 1, "A name is 3 to 63"),
    (["rb", "s3://none-here"], 1, "NoSuchBucket"), (["ls", "s3://none-here"], 1, "NoSuchBucket"),
    (["stat", "s3://none-here"], 1, "`aerostat s3 ls` lists the buckets"), (["cat", "s3://b"], 2, "is no object"),
    (["stat", "s3://none-here/k"], 1, "There is no object s3://none-here/k."), (["cat"], 2, "usage: aerostat s3 cat"),
    (["cat", "s3://none-here/k"], 1, "there is nothing of that name"), (["cp", "a"], 2, "usage: aerostat s3 cp"),
    (["cp", "a", "b"], 2, "Neither a nor b is s3://"), (["cp", "/no/file", "s3://none-here"], 1, "cannot be read"),
    (["presign", "b"], 2, "is no object"), (["presign", "b/k", "--expires", "8d"], 2, "7 days"),
    (["presign", "b/k", "--method", "PATCH"], 2, "GET, PUT, HEAD or DELETE"),
    (["presign", "b/k", "--expires"], 2, "A value is missing behind --expires"),
    (["versioning", "b", "maybe"], 2, "goes on or off, not maybe"), (["versioning"], 2, "usage:"),
    (["tag", "b/k", "x"], 2, "x is no tag"), (["tag", "set", "b/k"], 2, "usage:"), (["tag"], 2, "usage:"),
    (["tag", "set", "b/k", "=v"], 2, "=v is no tag"), (["tag", "get", "b/k", "a=b"], 2, "is no tag"),
    (["lifecycle"], 2, "usage:"), (["lifecycle", "set", "b"], 2, "Set what?"),
    (["lifecycle", "set", "b", "/no/file"], 1, "/no/file cannot be read: No such file"),
    (["lifecycle", "preview", "b", "--until", "soon"], 2, "a number of days"),
    (["versions"], 2, "usage:"), (["versions", "restore", "b"], 2, "is no object"),
    (["ls", "--region", "../x"], 1, "is no region"), (["ls", "--endpoint-url", "nope"], 1, "is no endpoint"),
    (["sync", "/no/folder", "s3://none-here"], 1, "cannot be read"), (["rm", "s3://b"], 2, "--recursive"),
])
def test_mistakes(ours, args, rc, word):
    """A sentence or the usage, the right exit code, nothing on stdout."""
    done = ours.run(*args, rc=rc)
    said = done.stderr.decode()
    assert word in said and "bug" not in said
    if rc:
        assert done.stdout == b"" and (is_sentence(said) or "usage: " in said), said


@pytest.mark.parametrize("verb", VERBS)
def test_a_server_that_is_not_there(ours, verb, tmp_path):
    args = {"mb": ["b-b"], "rb": ["b-b"], "ls": [], "cp": [write(tmp_path / "f", b"1"), "s3://b-b/f"],
            "mv": ["s3://b-b/f", "s3://b-b/g"], "rm": ["s3://b-b/f"], "sync": ["s3://b-b", tmp_path / "x"],
            "presign": None, "lifecycle": ["b-b"], "versioning": ["b-b", "on"], "tag": ["b-b"]}.get(verb, ["b-b/k"])
    if args:
        said = ours.err(verb, *args, AWS_ENDPOINT_URL="http://127.0.0.1:1")
        assert "http://127.0.0.1:1 does not answer" in said and "Traceback" not in said


# --- names

def test_names_of_all_kinds(ours, mine, tmp_path):
    s3 = ours.s3()
    for key in ODD_KEYS:
        s3.put_object(Bucket=mine, Key=key, Body=key.encode())
    listed = [e["key"] for e in ours.lines("ls", "-r", mine)]
    assert listed == sorted(ODD_KEYS, key=str.encode)
    text = ours.out("ls", "-r", mine)
    assert text.count("\n") == len(ODD_KEYS) and "\x1b" not in text and "x\\u001b[31mred" in text
    for key in ODD_KEYS:
        assert ours.run("cat", f"s3://{mine}/{key}").stdout.decode() == key
        assert ours.json("stat", f"s3://{mine}/{key}")["Key"] == key
        assert "\x1b" not in ours.out("stat", f"s3://{mine}/{key}")
        url = ours.out("presign", f"s3://{mine}/{key}").strip()
        assert urllib.request.urlopen(url).read().decode() == key
        assert ours.json("tag", f"s3://{mine}/{key}", "a=ü b") == {"a": "ü b"}
    assert [v["key"] for v in ours.lines("versions", mine)] == listed
    assert ours.json("rm", "-r", f"s3://{mine}/")["deleted"] == len(ODD_KEYS)
    assert ours.lines("ls", "-r", mine) == []


def test_on_a_terminal(ours, mine):
    """Nothing that came from elsewhere moves the cursor, nor the sentences about it."""
    ours.s3().put_object(Bucket=mine, Key="k\x1b[2J\x9b31m", Body=b"")
    for args in (["ls", mine], ["ls", "-r", mine, "--human", "--summarize"], ["versions", mine],
                 ["stat", f"{mine}/k\x1b[2J\x9b31m"], ["cat", f"s3://{mine}/\x1b[2J"], ["\x1b[2J"],
                 ["rm", f"s3://{mine}/k\x1b[2J\x9b31m"]):
        leader, follower = pty.openpty()
        subprocess.run(ours.command(*args), env=ours.env, stdout=follower, stderr=follower, timeout=60)
        os.close(follower)
        shown = b""
        try:
            while chunk := os.read(leader, 65536):
                shown += chunk
        except OSError:
            pass
        os.close(leader)
        assert shown and b"\x1b" not in shown and b"\xc2\x9b" not in shown, (args, shown)


def test_output_that_cannot_be_written(ours, mine):
    with open("/dev/full", "wb") as full:
        for args in (["ls"], ["ls", mine], ["stat", mine], ["versions", mine]):
            ours.s3().put_object(Bucket=mine, Key="k", Body=b"1")
            done = subprocess.run(ours.command(*args), env=ours.env, stdout=full, stderr=subprocess.PIPE)
            assert done.returncode == 1 and b"Standard output cannot be written: No space left" in done.stderr, args


# --- buckets

def test_buckets(cloud, place):
    made = [f"{place}-{i}" for i in "ab"]
    assert cloud.json("mb", *(f"s3://{b}" for b in made), "--versioning") == {"made": made}
    assert cloud.json("versioning", made[0]) == {"bucket": made[0], "versioning": "enabled"}
    assert cloud.out("versioning", "off", made[0]) == f"versioning of s3://{made[0]} is suspended\n"
    assert cloud.json("versioning", made[0], "on") == {"bucket": made[0], "versioning": "enabled"}
    assert cloud.json("versioning", "status", place)["versioning"] == "off"
    assert set(made) <= {b["bucket"] for b in cloud.lines("ls")}
    assert cloud.json("rb", made[0]) == {"bucket": made[0], "removed": True}
    assert cloud.out("rb", f"s3://{made[1]}") == f"s3://{made[1]} removed\n"


def test_a_bucket_of_another_region(ours, mine):
    ours.run("mb", f"{mine}-eu", "--region", "eu-west-1")
    assert ours.json("stat", f"{mine}-eu")["Region"] == "eu-west-1"
    assert ours.s3().get_bucket_location(Bucket=f"{mine}-eu")["LocationConstraint"] == "eu-west-1"


def test_a_bucket_with_locks(ours, mine):
    name = f"{mine}-lock"
    ours.run("mb", name, "--lock")
    s3, until = ours.s3(), datetime.datetime(2099, 1, 1, tzinfo=datetime.timezone.utc)
    s3.put_object(Bucket=name, Key="k", Body=b"1", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)
    text, known = ours.out("stat", name), ours.json("stat", f"{name}/k")
    assert "ObjectLock           Enabled" in text and "Versioning           Enabled" in text
    assert known["ObjectLockMode"] == "COMPLIANCE" and known["ObjectLockRetainUntilDate"].startswith("2099-01-01T")
    said = ours.err("rb", name, "--force", "--versions")
    assert "s3://" in said and "AccessDenied" in said
    assert len(ours.lines("versions", name)) == 1


def test_rb_says_what_is_in_it(ours, mine, tmp_path):
    ours.run("versioning", mine, "on")
    ours.run("cp", write(tmp_path / "f", b"1"), f"s3://{mine}/f")
    assert "--force removes what is in it" in ours.err("rb", mine)
    assert "--force --versions" in ours.err("rb", mine, "--force")
    ours.run("rb", mine, "--force", "--versions")


# --- stat, tag

def test_stat_says_all(ours, mine, tmp_path):
    s3 = ours.s3()
    ours.run("cp", write(tmp_path / "f", noise(20 << 20)), f"s3://{mine}/f", "--metadata", "a=b")
    known = ours.json("stat", f"{mine}/f")
    assert known["PartsCount"] == 3 and known["ChecksumCRC64NVME"] and known["ChecksumType"] == "FULL_OBJECT"
    assert known["StorageClass"] == "STANDARD" and known["ServerSideEncryption"] == "AES256"
    text = ours.out("stat", f"s3://{mine}/f")
    assert "20971520 bytes (20.0 MiB)" in text and "PartsCount           3" in text
    assert "Metadata             a=b" in text
    ours.run("versioning", mine, "on")
    old = s3.put_object(Bucket=mine, Key="f", Body=b"1")["VersionId"]
    s3.put_object(Bucket=mine, Key="f", Body=b"22")
    assert ours.json("stat", f"{mine}/f", "--version", old)["ContentLength"] == 1
    s3.delete_object(Bucket=mine, Key="f")
    assert "There is no object" in ours.err("stat", f"{mine}/f")
    marker = s3.list_object_versions(Bucket=mine)["DeleteMarkers"][0]["VersionId"]
    assert "delete marker" in ours.err("stat", f"{mine}/f", "--version", marker)
    write(tmp_path / "r.json", b'{"Rules":[{"ID":"r","Status":"Enabled","Prefix":"","Expiration":{"Days":1}}]}')
    ours.run("lifecycle", "set", mine, tmp_path / "r.json")
    ours.run("tag", "set", mine, "cost=ml")
    text = ours.out("stat", mine)
    assert "Lifecycle            1 rules" in text and "Tags                 cost=ml" in text and "blocked" in text
    assert ours.json("stat", mine)["Tags"] == [{"Key": "cost", "Value": "ml"}]


def test_tag_words(cloud, place, tmp_path):
    cloud.run("cp", write(tmp_path / "a", b"1"), f"s3://{place}/a")
    for target in (f"s3://{place}/a", place):
        assert cloud.json("tag", "get", target) == {}
        assert cloud.json("tag", "set", target, "a=1", "b=x=y") == {"a": "1", "b": "x=y"}
        assert cloud.json("tag", "set", target, "b=", "--remove", "a") == {"b": ""}
        assert cloud.out("tag", "set", target, "c=3") == "b=\nc=3\n"
        assert cloud.json("tag", "rm", target, "b") == {"c": "3"}
        assert cloud.json("tag", "rm", target) == {}


# --- presign

def test_presigned_urls(ours, mine, tmp_path):
    put = ours.out("presign", f"s3://{mine}/k", "--method", "put", "--expires", "60").strip()
    curl = ["curl", "-sS", "-f", "--noproxy", "*"]
    subprocess.run([*curl, "-T", write(tmp_path / "f", noise(100000)), put], check=True)
    got = ours.json("presign", f"s3://{mine}/k", "--expires", "7d")
    assert subprocess.run([*curl, got["url"]], check=True, stdout=subprocess.PIPE).stdout == noise(100000)
    end = datetime.datetime.strptime(got["expires"], "%Y-%m-%dT%H:%M:%SZ") - datetime.datetime.utcnow()
    assert abs(end.total_seconds() - 7 * 86400) < 60
    short = ours.out("presign", f"s3://{mine}/k", "--expires", "1").strip()
    time.sleep(2.1)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(short)
    assert refused.value.code == 403
    gone = ours.out("presign", f"s3://{mine}/k", "--method", "DELETE").strip()
    subprocess.run([*curl, "-X", "DELETE", gone], check=True)
    assert ours.lines("ls", mine) == []


# --- versions

def test_bringing_back(cloud, place):
    s3 = cloud.s3()
    cloud.run("versioning", place, "on")
    ids = [s3.put_object(Bucket=place, Key="k+ü", Body=b"%d" % i)["VersionId"] for i in range(3)]
    s3.put_object(Bucket=place, Key="k+ü2", Body=b"other")
    target = f"s3://{place}/k+ü"
    assert "name the version" in cloud.err("versions", "restore", target)
    for _ in range(2 if cloud.name == "ours" else 1):  # moto does not come back from two
        cloud.run("rm", target)
    assert cloud.json("versions", "restore", target)["versionId"] == ids[2]
    assert cloud.out("cat", target) == "2" and len(cloud.lines("versions", target)) == 4
    again = cloud.json("versions", "restore", target, ids[0])["versionId"]
    assert again not in ids and cloud.out("cat", target) == "0"
    assert "is there again, version " in cloud.out("versions", "restore", target, ids[1])
    assert is_sentence(cloud.err("versions", "restore", target, "none"))
    assert "has no version to bring back" in cloud.err("versions", "restore", f"s3://{place}/never")


# --- listings

def test_listings(ours, mine):
    s3 = ours.s3()
    done = subprocess.run(ours.command("ls", "-r", f"s3://{mine}/none/", "--json"), env=ours.env,
                          stdout=subprocess.PIPE)
    assert done.returncode == 1 and json.loads(done.stdout)["entries"] == []
    s3.put_object(Bucket=mine, Key="a", Body=b"12")
    s3.put_object(Bucket=mine, Key="b/c", Body=b"345")
    assert ours.out("ls", mine, "--summarize").endswith(" a\n" + " " * 29 + "PRE b/\n1 object, 2 bytes\n")
    assert ours.out("ls", "-r", mine, "--human", "--summarize").endswith("3 bytes b/c\n2 objects, 5 bytes\n")
    got = ours.json("ls", "-r", mine)
    assert (got["bucket"], got["prefix"], got["objects"], got["bytes"], got["complete"]) == (mine, "", 2, 5, True)
    assert ours.lines("ls", f"s3://{mine}/b") == [{"prefix": "b/"}]
    assert [e["key"] for e in ours.lines("ls", f"{mine}/b/")] == ["b/c"]


NEXT = "<NextKeyMarker>{0}</NextKeyMarker><NextVersionIdMarker>{0}</NextVersionIdMarker>"


def page_of_versions(ask, pages, more=NEXT):
    at = int(ask.query.get("key-marker", "k00000")[1:6])
    rows = "".join(f"<Version><Key>k{at + i:05d}{'k' * 1000}</Key><VersionId>v</VersionId><IsLatest>true</IsLatest>"
                   f"<Size>1</Size><LastModified>2026-01-02T03:04:05.000Z</LastModified></Version>"
                   for i in range(1000))
    last = at + 1000 >= pages * 1000
    return 200, {"Content-Type": "application/xml"}, (
        f"<ListVersionsResult {NS}><IsTruncated>{str(not last).lower()}</IsTruncated>{rows}"
        + ("" if last else more.format(f"k{at + 1000:05d}")) + "</ListVersionsResult>").encode()


def peak(command, env):
    """Lines of stdout, and the most memory that it took, in MiB."""
    code = "import os, sys\npid = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])\n" \
           "_, rc, use = os.wait4(pid, 0)\nprint(use.ru_maxrss // 1024, file=sys.stderr)\nsys.exit(rc >> 8)"
    done = subprocess.run([sys.executable, "-c", code, *command], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), int(done.stderr.splitlines()[-1])


def test_long_listings_stream(ours):
    """100,000 keys of 1 KiB: each of them once, in no more memory than a page takes."""
    def answer(ask):
        if "versions" in ask.query:
            return page_of_versions(ask, 100)
        at = int(ask.query.get("continuation-token", 0))
        keys = [(f"k{at + i:05d}" + "k" * 1000, 1) for i in range(1000)]
        return listing(keys, token=str(at + 1000) if at < 99000 else None)

    limit = 400 if is_sanitized() else 40
    with fake(answer) as (url, _):
        env = {**ours.env, "AWS_ENDPOINT_URL": url}
        for args in (["ls", "-r", "s3://b"], ["ls", "-r", "b", "--json"], ["versions", "b"],
                     ["versions", "b", "--json"]):
            lines, mib = peak(ours.command(*args), env)
            assert sum(b"k99999k" in line for line in lines) == 1 and len(lines) - 100000 in (0, 2), args
            assert mib < limit, (args, mib)


@pytest.mark.parametrize("more", ["", "<NextKeyMarker>k00000</NextKeyMarker>", "<NextKeyMarker></NextKeyMarker>"])
def test_versions_that_lead_nowhere(ours, more):
    with fake(lambda ask: page_of_versions(ask, 3, more)) as (url, asked):
        done = subprocess.run(ours.command("versions", "b", "--json"), env={**ours.env, "AWS_ENDPOINT_URL": url},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 1 and len(asked) <= 2
        assert b"does not say where they begin" in done.stderr or b"came, too late" in done.stderr
        assert json.loads(done.stdout)["complete"] is False


@pytest.mark.parametrize("body", [b"", b"<", b"\x1b[2J", b"<a>" * 70000, b"<Error>\x1b[2J</Error>", b"\xff" * 1000,
                                  b"<ListVersionsResult><Version><Key>\xff</Key></Version></ListVersionsResult>",
                                  b"<!DOCTYPE x [<!ENTITY a 'b'><!ENTITY c '&a;&a;&a;'>]><x>&c;</x>"])
@pytest.mark.parametrize("status", [200, 403])
def test_hostile_answers(ours, tmp_path, body, status):
    rules = write(tmp_path / "r.json", json.dumps(RULES).encode())
    headers = {"ETag": "\x9b31m", "x-amz-meta-\x9b": "\x9b", "Last-Modified": "never"}
    with fake(lambda ask: (status, headers, body)) as (url, _):
        for args in (["ls"], ["ls", "b"], ["versions", "b"], ["versions", "restore", "b/k"], ["stat", "b"],
                     ["stat", "b/k"], ["tag", "b/k"], ["tag", "set", "b/k", "a=b"], ["lifecycle", "b"],
                     ["versioning", "b"], ["lifecycle", "preview", "b", "--rules", rules],
                     ["lifecycle", "set", "b", rules], ["mb", "b-b"],
                     ["rb", "b", "--force", "--versions"]):
            done = subprocess.run(ours.command(*args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                                  env={**ours.env, "AWS_ENDPOINT_URL": url, "AWS_MAX_ATTEMPTS": "1"})
            assert done.returncode in (0, 1) and (status == 200 or done.returncode == 1), (args, done)
            assert b"\x1b" not in done.stdout + done.stderr and b"Sanitizer" not in done.stderr, (args, done)


# --- lifecycle

RULES = {"Rules": [
    {"Id": "archive-old-models", "Status": "Enabled", "Prefix": "models/",
     "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
     "NoncurrentVersionExpiration": {"NoncurrentDays": 90}},
    {"Id": "delete-temp-data", "Status": "Enabled", "Prefix": "temp/", "Expiration": {"Days": 7}}]}


def rule(**parts):
    return {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **parts}


def midnight(when, days=0):
    day = when.astimezone(datetime.timezone.utc) + datetime.timedelta(days=days)
    whole = day.replace(hour=0, minute=0, second=0, microsecond=0)
    return (whole if whole == day else whole + datetime.timedelta(days=1)).strftime("%Y-%m-%d")


class Future:
    """What preview says of rules that are not set."""

    def __init__(self, cloud, bucket, path):
        self.cloud, self.bucket, self.path = cloud, bucket, path

    def __call__(self, *rules, prefix="", options=()):
        write(self.path, json.dumps({"Rules": rules}).encode())
        place = f"s3://{self.bucket}/{prefix}"
        events = self.cloud.lines("lifecycle", "preview", place, "--rules", self.path, *options)
        return [(e["day"], e["key"], e["action"], e.get("to")) for e in events]


@pytest.fixture
def future(ours, mine, tmp_path):
    return Future(ours, mine, tmp_path / "rules.json")


def test_lifecycle_words(cloud, place, tmp_path):
    for name in ("Id", "ID"):
        rules = json.loads(json.dumps(RULES).replace('"Id"', f'"{name}"'))
        path = write(tmp_path / "lifecycle.json", json.dumps(rules).encode())
        assert cloud.json("lifecycle", "set", f"s3://{place}", path) == {"bucket": place, "rules": 2}
        got = cloud.json("lifecycle", "get", place)
        assert [r["ID"] for r in got["Rules"]] == ["archive-old-models", "delete-temp-data"]
        assert got["Rules"][0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
        assert cloud.json("lifecycle", "rm", place) == {"bucket": place, "rules": 0}
        # What get prints, set takes.
        cloud.run("lifecycle", "set", place, "-", stdin=json.dumps(got).encode())
        assert cloud.json("lifecycle", place)["Rules"] == got["Rules"]
    cloud.run("lifecycle", "rm", f"s3://{place}")


@pytest.mark.parametrize("text, word", [
    (b"", "is no JSON: line 1, column 1"), (b"{\n  \"Rules\": [\n}", "line 3, column 1"), (b"[]", "must be an object"),
    (b'{"Rules":{}}', "Rules must be a list"), (b'{"Rules":[{"Status":1}]}', "Status must be a string"),
    (b'{"Rule":[]}', "Rule is nothing that can stand here"), (b"\xff", "is no JSON"), (b"[" * 100000, "is no JSON"),
    (b'{"Rules":[{"Status":"Enabled","Prefix":"","Expiration":{"Days":"x"}}]}', "a value that it cannot have"),
    (b'{"Rules":[{"Status":"Enabled","Prefix":"","Expiration":{"Days":0}}]}', "s3://"),
    (b'{"Rules":[{"\\u001b[2J":1}]}', "\\u001b[2J is nothing"),
])
def test_lifecycle_files_that_are_wrong(ours, mine, tmp_path, text, word):
    said = ours.err("lifecycle", "set", mine, write(tmp_path / "rules.json", text))
    assert word in said and is_sentence(said) and "\x1b" not in said


def test_preview_of_an_object(ours, mine, future):
    s3 = ours.s3()
    s3.put_object(Bucket=mine, Key="big", Body=noise(200000))
    s3.put_object(Bucket=mine, Key="small", Body=b"1", Tagging="a=b")
    made = s3.head_object(Bucket=mine, Key="big")["LastModified"]
    move = {"Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}]}
    assert future(rule(**move)) == [(midnight(made, 30), "big", "transition", "STANDARD_IA"),
                                    (midnight(made, 90), "big", "transition", "GLACIER")]
    assert future(rule(**move), options=["--until", "40"]) == future(rule(**move))[:1]
    assert future(rule(**move), prefix="small") == [] and future({**rule(**move), "Status": "Disabled"}) == []
    # A rule that names a size is for small ones too; going comes before moving; the cheaper class before the dearer.
    sized = rule(**move, Expiration={"Days": 60})
    sized["Filter"] = {"ObjectSizeGreaterThan": 0}
    assert [e[1:] for e in future(sized)] == [
        ("big", "transition", "STANDARD_IA"), ("small", "transition", "STANDARD_IA"), ("big", "expire", None),
        ("small", "expire", None)]
    both = [rule(Transitions=[{"Days": 10, "StorageClass": c}]) for c in ("ONEZONE_IA", "DEEP_ARCHIVE")]
    assert [e[1:] for e in future(*both)] == [("big", "transition", "DEEP_ARCHIVE")]
    tagged = rule(Expiration={"Days": 5})
    for filter_, keys in (({"Tag": {"Key": "a", "Value": "b"}}, ["small"]), ({"Tag": {"Key": "a", "Value": "c"}}, []),
                          ({"And": {"Prefix": "s", "Tags": [{"Key": "a", "Value": "b"}]}}, ["small"]),
                          ({"And": {"Prefix": "b", "Tags": [{"Key": "a", "Value": "b"}]}}, []), ({}, ["big", "small"])):
        tagged["Filter"] = filter_
        assert [e[1] for e in future(tagged)] == keys
    dated = rule(Expiration={"Date": "2001-01-01T00:00:00Z"})
    assert future(dated)[0] == ("2001-01-01", "big", "expire", None)
    assert " due  big  goes  (r)" in ours.out("lifecycle", "preview", mine, "--rules", future.path)


def test_preview_of_versions(ours, mine, future):
    """The exercise's rule: what is replaced has 90 days left. What a delete marker hides, and what becomes of it."""
    s3 = ours.s3()
    ours.run("versioning", mine, "on")
    for key, times in (("once", 1), ("thrice", 3), ("deleted", 1)):
        for i in range(times):
            s3.put_object(Bucket=mine, Key=key, Body=b"%d" % i)
    s3.delete_object(Bucket=mine, Key="deleted")
    made = s3.head_object(Bucket=mine, Key="once")["LastModified"]
    old = rule(NoncurrentVersionExpiration={"NoncurrentDays": 90})
    assert [e[1:3] for e in future(old)] == [("deleted", "expire"), ("thrice", "expire"), ("thrice", "expire")]
    assert {e[0] for e in future(old)} == {midnight(made, 90)}
    spared = rule(NoncurrentVersionExpiration={"NoncurrentDays": 90, "NewerNoncurrentVersions": 1})
    assert [e[1] for e in future(spared)] == ["thrice"]
    # Versions are hidden first; then 90 days are left, and with the last of them the marker has nothing to hide.
    life = rule(Expiration={"Days": 10}, NoncurrentVersionExpiration={"NoncurrentDays": 90})
    assert [(e[0], e[2]) for e in future(life, prefix="once")] == [
        (midnight(made, 10), "hide"), (midnight(made, 101), "expire"), (midnight(made, 101), "removeMarker")]
    clean = rule(Expiration={"ExpiredObjectDeleteMarker": True})
    assert future(clean) == []
    assert [(e[0], e[1], e[2]) for e in future(clean, old) if e[1] == "deleted"] == [
        (midnight(made, 90), "deleted", "expire"), (midnight(made, 90), "deleted", "removeMarker")]
    versions = s3.list_object_versions(Bucket=mine, Prefix="deleted")["Versions"]
    s3.delete_object(Bucket=mine, Key="deleted", VersionId=versions[0]["VersionId"])
    assert [e[1:3] for e in future(clean)] == [("deleted", "removeMarker")]
    moves = rule(NoncurrentVersionTransitions=[{"NoncurrentDays": 5, "StorageClass": "GLACIER"}])
    assert future(moves) == []
    s3.put_object(Bucket=mine, Key="large", Body=noise(200000))
    s3.put_object(Bucket=mine, Key="large", Body=b"")
    assert [e[1:] for e in future(moves)] == [("large", "transition", "GLACIER")]


def test_preview_of_uploads(ours, mine, future):
    s3 = ours.s3()
    upload = s3.create_multipart_upload(Bucket=mine, Key="in/work")
    begun = s3.list_multipart_uploads(Bucket=mine)["Uploads"][0]["Initiated"]
    abort = rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 3})
    assert future(abort) == [(midnight(begun, 3), "in/work", "abort", None)]
    assert upload["UploadId"] in ours.out("lifecycle", "preview", mine, "--rules", future.path)
    abort["Filter"] = {"Prefix": "other/"}
    assert future(abort) == []


def test_preview_goes_by_the_clouds_clock(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    data = ["--data", str(tmp_path / "data")]
    here = Cloud(home, "local", data, {})
    control = lambda *args: subprocess.run([AEROSTAT, *args, *data], env=here.env, check=True,  # noqa: E731
                                           stdout=subprocess.DEVNULL)
    control("up", "--port", "0")
    try:
        here.run("mb", "clocked")
        here.run("cp", write(tmp_path / "f", b"1"), "s3://clocked/temp/f")
        path = write(tmp_path / "rules.json", json.dumps(RULES).encode())
        here.run("lifecycle", "set", "clocked", path)
        line = here.out("lifecycle", "preview", "clocked")
        assert "  temp/f  goes  (delete-temp-data)" in line and "due" not in line
        control("clock", "advance", "9d")
        assert " due  temp/f  goes" in here.out("lifecycle", "preview", "clocked")
    finally:
        control("down")
