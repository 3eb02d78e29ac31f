"""aerostat s3: every verb, against our own server and against moto's, as a user runs them; interruptions, and what goes
wrong. AEROSTAT_LONG=1 (make check-long) takes 10,000 files and 20 interruptions."""
import json
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from contextlib import closing

import boto3
import pytest
from botocore.config import Config

from aerostat import AEROSTAT, REGION, ROOT_KEY
from session import ODD, assert_same, make_tree, names_of, skip

LONG = os.environ.get("AEROSTAT_LONG") == "1"
MIB = 1 << 20
EXERCISE_RULES = {"Rules": [
    {"Id": "archive-old-models", "Status": "Enabled", "Prefix": "models/",
     "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
     "NoncurrentVersionExpiration": {"NoncurrentDays": 90}},
    {"Id": "delete-temp-data", "Status": "Enabled", "Prefix": "temp/", "Expiration": {"Days": 7}}]}


class Cloud:
    """A place to go to, and the toolkit pointed at it."""

    def __init__(self, home, name, options, env):
        self.home, self.name, self.options = home, name, options
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.env.update(HOME=str(home), XDG_DATA_HOME=str(home / "xdg"), NO_PROXY="127.0.0.1", AWS_MAX_ATTEMPTS="2",
                        AWS_EC2_METADATA_DISABLED="true", LC_ALL="C.UTF-8", **env)

    def command(self, *args):
        return [AEROSTAT, "s3", *map(os.fspath, args), *self.options]

    def run(self, *args, rc=0, stdin=b"", **env):
        done = subprocess.run(self.command(*args), env={**self.env, **env}, input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=300)
        assert done.returncode == rc, (args, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done

    def out(self, *args, **how):
        return self.run(*args, **how).stdout.decode()

    def err(self, *args, rc=1, **how):
        """What it says when it fails: never a stack of lines, never on stdout only."""
        return self.run(*args, rc=rc, **how).stderr.decode(errors="replace")

    def json(self, *args, **how):
        return json.loads(self.out(*args, "--json", **how))

    def lines(self, *args):
        return [json.loads(line) for line in self.out(*args, "--json").splitlines()]

    def s3(self):
        return boto3.session.Session().client(
            "s3", region_name=REGION, endpoint_url=self.env["AWS_ENDPOINT_URL"],
            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"])


@pytest.fixture(scope="module")
def moto_url(tmp_path_factory):
    program = os.path.join(os.path.dirname(sys.executable), "moto_server")
    if not os.access(program, os.X_OK):
        skip("moto_server is not installed")
    with closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with open(tmp_path_factory.mktemp("moto") / "log", "wb") as log:
        process = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(url + "/moto-api/").close()
            break
        except OSError:
            assert process.poll() is None
            time.sleep(0.05)
    yield url
    process.terminate()
    process.wait()


@pytest.fixture(params=["ours", "moto"])
def cloud(request, tmp_path, server):
    home = tmp_path / "home"
    home.mkdir()
    if request.param == "ours":
        url, key, secret = server.url, ROOT_KEY.access, ROOT_KEY.secret
    else:
        url, key, secret = request.getfixturevalue("moto_url"), "test", "test"
    return Cloud(home, request.param, [], {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": key,
                                           "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": REGION})


@pytest.fixture
def ours(tmp_path, server):
    home = tmp_path / "home"
    home.mkdir()
    return Cloud(home, "ours", [], {"AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": ROOT_KEY.access,
                                    "AWS_SECRET_ACCESS_KEY": ROOT_KEY.secret, "AWS_REGION": REGION})


@pytest.fixture
def place(cloud, request):
    """A fresh bucket's name, made by mb."""
    name = "tool-" + "".join(random.Random(request.node.name).choices("abcdefgh23456789", k=20))
    assert cloud.out("mb", f"s3://{name}") == f"s3://{name} made\n"
    return name


@pytest.fixture
def mine(ours, request):
    name = "mine-" + "".join(random.Random(request.node.name).choices("abcdefgh23456789", k=20))
    ours.run("mb", name)
    return name


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def noise(n, seed=1):
    return random.Random(seed).randbytes(n)


def many(folder, n, seed=3, top=40000):
    """So many files of mixed size, some by parts."""
    rnd = random.Random(seed)
    for i in range(n):
        size = 9 * MIB + i if i % 2500 == 7 else rnd.choice((0, 1, 100, 4096, rnd.randrange(top)))
        write(folder / f"{i % 37:02d}" / f"{i % 11}" / f"f{i}", rnd.randbytes(size))
    return folder


def uploads(cloud, bucket):
    return cloud.s3().list_multipart_uploads(Bucket=bucket).get("Uploads", [])


# --- there and back

def test_a_tree_there_and_back(cloud, place, tmp_path):
    tree = make_tree(tmp_path / "tree", ODD)
    cloud.run("cp", "--recursive", tree, f"s3://{place}/t", "--quiet")
    cloud.run("cp", "-r", f"s3://{place}/t", tmp_path / "back", "--quiet")
    assert_same(tree, tmp_path / "back")
    assert cloud.out("sync", tree, f"s3://{place}/t") == ""
    cloud.run("cp", "-r", f"s3://{place}/t", f"s3://{place}/two/", "--quiet")
    cloud.run("sync", f"s3://{place}/two", tmp_path / "two", "--quiet")
    assert_same(tree, tmp_path / "two")
    if cloud.name == "ours":
        assert not uploads(cloud, place)


def test_many_files(cloud, place, tmp_path):
    n = (10000 if cloud.name == "ours" else 1000) if LONG else (600 if cloud.name == "ours" else 100)
    tree = many(tmp_path / "tree", n)
    assert cloud.json("sync", tree, f"s3://{place}/m")["files"] == n
    assert cloud.json("sync", f"s3://{place}/m", tmp_path / "back")["files"] == n
    assert_same(tree, tmp_path / "back")
    for where in ((tree, f"s3://{place}/m"), (f"s3://{place}/m", tmp_path / "back")):
        assert cloud.json("sync", *where)["found"] == 0
    listed = cloud.lines("ls", "-r", f"s3://{place}/m/")
    assert len(listed) == n and sum(o["size"] for o in listed) == sum(os.path.getsize(tree / f) for f in names_of(tree))


def test_one_file_and_names(cloud, place, tmp_path):
    one = write(tmp_path / "a.txt", b"hello\n")
    assert cloud.out("cp", one, f"s3://{place}") == f"{one} -> s3://{place}/a.txt\n"
    cloud.run("cp", one, f"s3://{place}/as/b.txt")
    cloud.run("cp", one, f"s3://{place}/dir/")
    cloud.run("cp", one, write(tmp_path / "c.txt", b"c"), f"s3://{place}/more/")
    keys = [o["key"] for o in cloud.lines("ls", "-r", f"s3://{place}")]
    assert keys == ["a.txt", "as/b.txt", "dir/a.txt", "more/a.txt", "more/c.txt"]
    cloud.run("cp", f"s3://{place}/as/b.txt", tmp_path / "deep/er/x")
    assert (tmp_path / "deep/er/x").read_bytes() == b"hello\n"
    (tmp_path / "folder").mkdir()
    cloud.run("cp", f"s3://{place}/as/b.txt", tmp_path / "folder")
    assert (tmp_path / "folder/b.txt").read_bytes() == b"hello\n"
    assert [o.get("key", o.get("prefix")) for o in cloud.lines("ls", f"s3://{place}/")] == ["a.txt", "as/", "dir/", "more/"]


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 8 * MIB, 8 * MIB + 1, 21 * MIB])
def test_sizes(cloud, place, tmp_path, size):
    content = noise(size)
    path = write(tmp_path / "f", content)
    cloud.run("cp", path, f"s3://{place}/f")
    assert cloud.run("cat", f"s3://{place}/f").stdout == content
    cloud.run("cp", f"s3://{place}/f", tmp_path / "g")
    assert (tmp_path / "g").read_bytes() == content
    cloud.run("cp", "-", f"s3://{place}/s", stdin=content)
    assert cloud.run("cp", f"s3://{place}/s", "-").stdout == content


def test_globs(cloud, place, tmp_path):
    for name in ("models/a.pth", "models/b.pth", "models/c.txt", "models/old/d.pth", "models/[x].pth"):
        write(tmp_path / "t" / name, name.encode())
    cloud.run("cp", "-r", tmp_path / "t", f"s3://{place}", "--quiet")
    cloud.run("cp", f"s3://{place}/models/*.pth", tmp_path / "one")
    assert names_of(tmp_path / "one") == ["[x].pth", "a.pth", "b.pth"]
    cloud.run("cp", f"s3://{place}/models/**.pth", tmp_path / "two")
    assert names_of(tmp_path / "two") == ["[x].pth", "a.pth", "b.pth", "old/d.pth"]
    cloud.run("cp", f"s3://{place}/models/\\[x\\].pth", tmp_path / "three")
    assert (tmp_path / "three").read_bytes() == b"models/[x].pth"
    assert [o["key"] for o in cloud.lines("ls", f"s3://{place}/models/?.*")] == ["models/a.pth", "models/b.pth",
                                                                                "models/c.txt"]
    assert "There is nothing at" in cloud.err("cp", f"s3://{place}/models/*.bin", tmp_path / "four")
    cloud.run("rm", f"s3://{place}/models/[ab].pth")
    assert len(cloud.lines("ls", "-r", f"s3://{place}")) == 3


def test_filters(cloud, place, tmp_path):
    for name in ("a.txt", "b.bin", "sub/c.txt", "sub/d.bin", "sub/tmp/e.txt"):
        write(tmp_path / "t" / name, b"1")
    cloud.run("sync", tmp_path / "t", f"s3://{place}", "--exclude", "*", "--include", "*.txt", "--exclude=sub/tmp/*")
    assert [o["key"] for o in cloud.lines("ls", "-r", f"s3://{place}")] == ["a.txt", "sub/c.txt"]
    cloud.run("rm", "-r", f"s3://{place}/", "--exclude", "a*")
    assert [o["key"] for o in cloud.lines("ls", "-r", f"s3://{place}")] == ["a.txt"]


def test_mv(cloud, place, tmp_path):
    tree = make_tree(tmp_path / "t", ["a", "b/c"])
    shutil.copytree(tree, tmp_path / "kept")
    cloud.run("mv", "-r", tree, f"s3://{place}/t", "--quiet")
    assert names_of(tree) == []
    cloud.run("mv", f"s3://{place}/t/a", f"s3://{place}/t/z")
    cloud.run("mv", f"s3://{place}/t/z", f"s3://{place}/t/a")
    assert "cannot go to itself" in cloud.err("mv", f"s3://{place}/t/a", f"s3://{place}/t/a")
    cloud.run("mv", "-r", f"s3://{place}/t", tmp_path / "back", "--quiet")
    assert_same(tmp_path / "kept", tmp_path / "back")
    assert cloud.lines("ls", "-r", f"s3://{place}") == []


# --- sync

def test_sync_delete_and_dry_run(cloud, place, tmp_path):
    tree = make_tree(tmp_path / "t", ["a", "b/c", "b/d"])
    cloud.run("sync", tree, f"s3://{place}/p", "--quiet")
    (tree / "b/c").unlink()
    said = cloud.out("sync", tree, f"s3://{place}/p", "--delete", "--dry-run")
    assert said == f"s3://{place}/p/b/c would go\n"
    assert cloud.json("sync", tree, f"s3://{place}/p", "--delete", "--exclude", "b/*")["deleted"] == 0
    assert cloud.json("sync", tree, f"s3://{place}/p", "--delete")["deleted"] == 1
    write(tmp_path / "back/extra/x", b"x")
    assert cloud.json("sync", f"s3://{place}/p", tmp_path / "back", "--delete")["deleted"] == 1
    assert_same(tree, tmp_path / "back")


def test_sync_compares_as_the_aws_cli(cloud, place, tmp_path):
    tree, back = tmp_path / "t", tmp_path / "back"
    path = write(tree / "a", b"1234")
    sent = lambda *args: cloud.json("sync", *args)["files"]  # noqa: E731
    up, down = (tree, f"s3://{place}"), (f"s3://{place}", back)
    assert sent(*up) == 1 and sent(*up) == 0
    os.utime(path, (time.time() + 3600,) * 2)
    assert sent(*up, "--size-only") == 0 and sent(*up) == 1
    os.utime(path, (1e9, 1e9))
    assert sent(*up) == 0
    path.write_bytes(b"12345")
    os.utime(path, (1e9, 1e9))
    assert sent(*up) == 1

    assert sent(*down) == 1 and sent(*down) == 0
    modified = cloud.s3().head_object(Bucket=place, Key="a")["LastModified"].timestamp()
    assert (back / "a").stat().st_mtime == modified
    os.utime(back / "a", (modified - 100,) * 2)
    assert sent(*down) == 0 and sent(*down, "--exact-timestamps") == 1
    os.utime(back / "a", (modified + 100,) * 2)
    assert sent(*down) == 1


def test_sync_does_not_delete_what_it_cannot_see(ours, mine, tmp_path):
    tree = make_tree(tmp_path / "t", ["a", "b/c"])
    ours.run("sync", tree, f"s3://{mine}", "--quiet")
    (tree / "b/c").unlink()
    (tree / "broken").symlink_to("nowhere")
    said = ours.err("sync", tree, f"s3://{mine}", "--delete")
    assert "broken cannot be read: No such file or directory." in said and "Nothing was removed" in said
    assert "b/c" in [o["key"] for o in ours.lines("ls", "-r", f"s3://{mine}")]


# --- one verb each

def test_mb_rb(cloud, place, tmp_path):
    assert f"s3://{place}" in cloud.out("ls")
    cloud.run("cp", write(tmp_path / "a", b"1"), f"s3://{place}/a")
    assert "--force" in cloud.err("rb", f"s3://{place}")
    cloud.run("rb", f"s3://{place}", "--force")
    assert "NoSuchBucket" in cloud.err("ls", f"s3://{place}")
    assert "NoSuchBucket" in cloud.err("rb", f"s3://{place}")


def test_stat(cloud, place, tmp_path):
    path = write(tmp_path / "a.csv", b"x,y\n")
    cloud.run("cp", path, f"s3://{place}/a.csv", "--metadata", "version=1.0", "--metadata=type=training-data",
              "--storage-class", "STANDARD_IA")
    said = cloud.out("stat", f"s3://{place}/a.csv")
    assert "4 (4 bytes)" in said and "text/csv" in said and "version=1.0" in said and "STANDARD_IA" in said
    known = cloud.json("stat", f"s3://{place}/a.csv")
    assert known["Metadata"] == {"version": "1.0", "type": "training-data"} and known["ContentLength"] == 4
    assert cloud.json("stat", f"s3://{place}")["Region"] == REGION
    assert cloud.err("stat", f"s3://{place}/b") == f"aerostat: There is no object s3://{place}/b.\n"


def test_tags(cloud, place, tmp_path):
    cloud.run("cp", write(tmp_path / "a", b"1"), f"s3://{place}/a")
    assert cloud.out("tag", f"s3://{place}/a") == ""
    assert cloud.json("tag", f"s3://{place}/a", "stage=train", "who=me") == {"stage": "train", "who": "me"}
    assert cloud.json("tag", f"s3://{place}/a", "stage=serve", "--remove", "who") == {"stage": "serve"}
    assert cloud.json("tag", f"s3://{place}/a", "--remove=stage") == {}
    assert cloud.json("tag", f"s3://{place}", "cost=ml") == {"cost": "ml"}


def test_presign(cloud, place, tmp_path):
    cloud.run("cp", write(tmp_path / "a b+c", b"linked"), f"s3://{place}/a b+c")
    url = cloud.out("presign", f"s3://{place}/a b+c", "--expires", "30m").strip()
    assert urllib.request.urlopen(url).read() == b"linked"
    put = cloud.json("presign", f"s3://{place}/new", "--method", "PUT")["url"]
    request = urllib.request.Request(put, data=b"put", method="PUT", headers={"Content-Type": "text/plain"})
    urllib.request.urlopen(request).close()
    assert cloud.out("cat", f"s3://{place}/new") == "put"
    for bad in ("8d", "0", "soon", "604801"):
        cloud.run("presign", f"s3://{place}/a", "--expires", bad, rc=2)


def test_versions(cloud, place, tmp_path):
    assert cloud.json("versioning", f"s3://{place}") == {"bucket": place, "versioning": "off"}
    assert "is enabled" in cloud.out("versioning", f"s3://{place}", "enable")
    for content in (b"1", b"22", b"333"):
        cloud.run("cp", write(tmp_path / "a", content), f"s3://{place}/a")
    cloud.run("rm", f"s3://{place}/a")
    found = cloud.lines("versions", f"s3://{place}/a")
    assert [v["deleteMarker"] for v in found] == [True, False, False, False]
    assert [v.get("size") for v in found] == [None, 3, 2, 1] and found[0]["latest"] and not found[1]["latest"]
    assert "--versions" in cloud.err("rb", f"s3://{place}", "--force")
    assert cloud.json("rm", f"s3://{place}/a", "--versions")["deleted"] == 4
    assert cloud.lines("versions", f"s3://{place}") == []
    assert "is suspended" in cloud.out("versioning", f"s3://{place}", "suspend")
    cloud.run("cp", write(tmp_path / "a", b"4"), f"s3://{place}/a")
    cloud.run("rb", f"s3://{place}", "--force", "--versions")


def test_lifecycle(cloud, place, tmp_path):
    rules = write(tmp_path / "lifecycle.json", json.dumps(EXERCISE_RULES).encode())
    assert cloud.json("lifecycle", f"s3://{place}") == {"Rules": []}
    assert "2 rules" in cloud.out("lifecycle", "set", f"s3://{place}", rules)
    got = json.loads(cloud.out("lifecycle", f"s3://{place}"))["Rules"]
    assert [r["ID"] for r in got] == ["archive-old-models", "delete-temp-data"]
    cloud.run("lifecycle", "remove", f"s3://{place}")
    assert cloud.json("lifecycle", f"s3://{place}") == {"Rules": []}
    assert "has no rules" in cloud.err("lifecycle", "preview", f"s3://{place}")
    write(rules, b'{"Rules":[{"Status":"Enabled","Perfix":"x"}]}')
    assert "Perfix is nothing that can stand here" in cloud.err("lifecycle", "set", f"s3://{place}", rules)
    write(rules, b'{"Rules":[\n}')
    assert "line 2, column 1" in cloud.err("lifecycle", "set", f"s3://{place}", rules)


def test_lifecycle_preview(cloud, place, tmp_path):
    rules = write(tmp_path / "lifecycle.json", json.dumps(EXERCISE_RULES).encode())
    for name, size in (("models/big.pth", 200000), ("models/small.pth", 10), ("temp/x", 10), ("else", 200000)):
        cloud.run("cp", write(tmp_path / "f", noise(size)), f"s3://{place}/{name}")
    events = cloud.lines("lifecycle", "preview", f"s3://{place}", "--rules", rules)
    assert [(e["key"], e["action"], e.get("to")) for e in events] == [
        ("temp/x", "expire", None), ("models/big.pth", "transition", "STANDARD_IA"),
        ("models/big.pth", "transition", "GLACIER")]
    made = cloud.s3().head_object(Bucket=place, Key="temp/x")["LastModified"].timestamp()
    day = lambda n: time.strftime("%Y-%m-%d", time.gmtime(-(-(made + n * 86400) // 86400) * 86400))  # noqa: E731
    assert [e["day"] for e in events] == [day(7), day(30), day(90)]
    assert len(cloud.lines("lifecycle", "preview", f"s3://{place}", "--rules", rules, "--until", "40")) == 2
    cloud.run("versioning", f"s3://{place}", "enable")
    cloud.run("rm", f"s3://{place}/models/big.pth")
    gone = cloud.lines("lifecycle", "preview", f"s3://{place}/models/big.pth", "--rules", rules)
    assert [(e["action"], e["day"], "versionId" in e) for e in gone] == [("expire", day(90), True)]


# --- checksums

def test_checksums_go_with_everything(ours, mine, tmp_path):
    for name, size in (("small", 100), ("middle", 3 * MIB), ("parts", 20 * MIB)):
        ours.run("cp", write(tmp_path / name, noise(size)), f"s3://{mine}/{name}")
        head = ours.s3().head_object(Bucket=mine, Key=name, ChecksumMode="ENABLED")
        assert head["ChecksumCRC64NVME"] and head["ChecksumType"] == "FULL_OBJECT"


@pytest.mark.parametrize("how", ["CRC32", "SHA256", "none"])
def test_objects_of_others_are_verified(ours, mine, tmp_path, how):
    """Composite checksums, and the ETag of parts where there is nothing else."""
    s3, content = ours.s3(), noise(13 * MIB)
    extra = {} if how == "none" else {"ChecksumAlgorithm": how}
    plain = boto3.session.Session().client(
        "s3", region_name=REGION, endpoint_url=ours.env["AWS_ENDPOINT_URL"], aws_access_key_id=ROOT_KEY.access,
        aws_secret_access_key=ROOT_KEY.secret, config=Config(request_checksum_calculation="when_required"))
    upload = plain.create_multipart_upload(Bucket=mine, Key="k", **extra)["UploadId"]
    parts = []
    for i, at in enumerate(range(0, len(content), 5 * MIB)):
        part = plain.upload_part(Bucket=mine, Key="k", UploadId=upload, PartNumber=i + 1, Body=content[at:at + 5 * MIB],
                                 **extra)
        kept = {k: v for k, v in part.items() if k.startswith("Checksum") and k != "ChecksumType"} if extra else {}
        parts.append({"PartNumber": i + 1, "ETag": part["ETag"], **kept})
    plain.complete_multipart_upload(Bucket=mine, Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(Bucket=mine, Key="k")["ContentLength"] == len(content)
    assert ours.json("cp", f"s3://{mine}/k", tmp_path / "k")["unverified"] == 0
    assert (tmp_path / "k").read_bytes() == content
    assert ours.run("cat", f"s3://{mine}/k").stdout == content


class Liar:
    """A server between, which changes what comes down."""

    def __init__(self, url):
        import http.server
        import threading
        outer = self
        self.lie = True

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                import http.client
                c = http.client.HTTPConnection(url.split("//")[1])
                c.request(self.command, self.path, headers=dict(self.headers))
                r = c.getresponse()
                body = r.read()
                if outer.lie and self.command == "GET" and len(body) > 10 and b"<?xml" not in body[:10]:
                    body = body[:5] + bytes([body[5] ^ 1]) + body[6:]
                self.send_response(r.status)
                for k, v in r.getheaders():
                    self.send_header(k, v)
                self.end_headers()
                self.wfile.write(body if self.command == "GET" else b"")

            do_HEAD = do_GET

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.mark.parametrize("size", [1000, 12 * MIB])
def test_a_changed_bit_is_noticed(ours, mine, tmp_path, size):
    ours.run("cp", write(tmp_path / "f", noise(size)), f"s3://{mine}/f")
    liar = Liar(ours.env["AWS_ENDPOINT_URL"])
    # The host is signed, so the request is signed for the real one: a virtual port would be refused.
    env = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{liar.port}"}
    said = ours.err("cp", f"s3://{mine}/f", tmp_path / "g", **env)
    assert "what has arrived has another checksum" in said and not (tmp_path / "g").exists()
    assert "another checksum" in ours.err("cat", f"s3://{mine}/f", **env)
    liar.lie = False
    ours.run("cp", f"s3://{mine}/f", tmp_path / "g", **env)
    liar.server.shutdown()


# --- what goes wrong

def test_wrong_credentials(ours, mine, tmp_path):
    path = write(tmp_path / "f", b"1")
    for args in (("cp", path, f"s3://{mine}/f"), ("ls", f"s3://{mine}"), ("sync", tmp_path, f"s3://{mine}"),
                 ("cat", f"s3://{mine}/f"), ("mb", "s3://another-one")):
        said = ours.err(*args, AWS_SECRET_ACCESS_KEY="wrong")
        assert "SignatureDoesNotMatch" in said or "403" in said, said
    said = ours.err("cp", path, f"s3://{mine}/f", AWS_ACCESS_KEY_ID="AKIANOBODY")
    assert "InvalidAccessKeyId" in said and str(path) in said


def test_missing_bucket(cloud, tmp_path):
    path = write(tmp_path / "t/f", b"1")
    said = cloud.err("cp", path, "s3://there-is-none-such/f")
    assert said.count("\n") == 2 and f"{path} did not get to s3://there-is-none-such/f: NoSuchBucket" in said
    assert "NoSuchBucket" in cloud.err("sync", tmp_path / "t", "s3://there-is-none-such")
    assert "NoSuchBucket" in cloud.err("cp", "-r", "s3://there-is-none-such/x", tmp_path / "d")
    assert "s3://there-is-none-such/f" in cloud.err("cp", "s3://there-is-none-such/f", tmp_path / "d")
    assert "s3://there-is-none-such/f" in cloud.err("cat", "s3://there-is-none-such/f")


def test_nobody_there(ours, tmp_path):
    with closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{s.getsockname()[1]}"
    assert f"{url} does not answer" in ours.err("ls", AWS_ENDPOINT_URL=url)
    path = write(tmp_path / "f", b"1")
    assert f"{url} does not answer" in ours.err("cp", path, "s3://b/f", AWS_ENDPOINT_URL=url)


def test_usage(ours, tmp_path):
    for args in (("cp",), ("cp", "a"), ("cp", "a", "b"), ("cp", "a", "s3://"), ("cp", "a", "s3://b", "--frobnicate"),
                 ("cp", "a", "s3://b", "--jobs", "0"), ("cp", "a", "s3://b", "--part-size", "4"),
                 ("cp", "a", "s3://b", "--metadata", "x"), ("sync", "a", "b"), ("sync", "-", "s3://b"), ("ls", "b"),
                 ("rm", "s3://b"), ("rm", "x"), ("presign", "s3://b"), ("tag", "s3://b/k", "x"), ("mb",), ("frob",),
                 ("versioning", "s3://b", "on"), ("cp", "a", "s3://b", "--exclude"), ("stat", "x"), ("cat", "x")):
        ours.run(*args, rc=2)
    for verb in ("mb rb ls cp mv rm sync cat presign versions stat tag versioning lifecycle").split():
        assert "usage" not in ours.err(verb, "--help", rc=0) and "aerostat s3 " + verb in ours.out(verb, "--help")
    (tmp_path / "d").mkdir()
    assert "--recursive" in ours.err("cp", tmp_path / "d", "s3://b")
    assert "--recursive" in ours.err("cp", "s3://b", tmp_path / "d")


def as_nobody(command, env, **how):
    """Without root's rights, which would not be refused anything."""
    if os.geteuid() != 0:
        return subprocess.run(command, env=env, **how)
    return subprocess.run(command, env=env, user=65534, group=65534, extra_groups=[], **how)


def test_read_only_folder(ours, mine, tmp_path):
    ours.run("cp", write(tmp_path / "f", b"1"), f"s3://{mine}/f")
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    at = tmp_path
    while at != at.parent and os.geteuid() == 0:
        if stat.S_IMODE(at.stat().st_mode) & 0o5 != 0o5 and at.owner() == "root":
            at.chmod(at.stat().st_mode | 0o5)
        at = at.parent
    tool = tmp_path / "aerostat"
    shutil.copy(AEROSTAT, tool)
    tool.chmod(0o755)
    for args in (("cp", f"s3://{mine}/f", closed / "g"), ("sync", f"s3://{mine}", closed),
                 ("cp", "-r", f"s3://{mine}", closed / "x")):
        done = as_nobody([str(tool), "s3", *map(str, args)], ours.env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "Permission denied" in done.stderr, done
    assert not os.listdir(closed)


def test_unreadable_and_vanishing_files(ours, mine, tmp_path):
    tree = make_tree(tmp_path / "t", ["a", "b"])
    if os.geteuid() != 0:
        (tree / "b").chmod(0)
        assert "b did not get to" in ours.err("cp", "-r", tree, f"s3://{mine}/x")
        (tree / "b").chmod(0o644)
    assert "cannot be read: No such file" in ours.err("cp", tmp_path / "none", f"s3://{mine}/x")
    assert "cannot be read: No such file" in ours.err("sync", tmp_path / "none", f"s3://{mine}/x")
    # The walk is quicker than one job that sends: files go while they wait for it.
    many(tree / "many", 300, top=400000)
    process = subprocess.Popen(ours.command("cp", "-r", tree, f"s3://{mine}/v", "--jobs", "1", "--json"), env=ours.env,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not ours.s3().list_objects_v2(Bucket=mine, Prefix="v/").get("KeyCount"):
        pass
    shutil.rmtree(tree / "many")
    out, err = process.communicate(timeout=120)
    done = json.loads(out)
    assert process.returncode == (1 if done["failed"] else 0)
    assert done["failed"] == 0 or b"No such file or directory" in err
    assert done["files"] + done["failed"] >= 3


def test_links_and_odd_files(ours, mine, tmp_path):
    tree = make_tree(tmp_path / "t", ["real/f", "z"])
    (tree / "link").symlink_to("real")
    (tree / "real/loop").symlink_to("..")
    os.mkfifo(tree / "pipe")
    write(tmp_path / "bytes/f", b"1")
    os.rename(os.fsencode(tree / "z"), os.fsencode(tree) + b"/\xff\xfe")
    said = ours.err("cp", "-r", tree, f"s3://{mine}")
    assert "leads back to a folder that it is in" in said and "neither a file nor a folder" in said
    assert "not UTF-8" in said and said.count("\n") == 6
    keys = [o["key"] for o in ours.lines("ls", "-r", f"s3://{mine}")]
    assert keys == ["big.bin", "empty", "link/f", "real/f"]


def test_keys_that_are_no_paths(ours, mine, tmp_path):
    s3 = ours.s3()
    bad = ["../escape", "a/../../escape", "/absolute", "a//b", "./dot", "a/..", "x" * 300, "file/below"]
    for key in ["good", "file", "folder/", *bad]:
        s3.put_object(Bucket=mine, Key=key, Body=b"" if key == "folder/" else b"1")
    before = set(names_of(tmp_path))
    said = ours.err("sync", f"s3://{mine}", tmp_path / "in/side")
    new = set(names_of(tmp_path)) - before
    assert {n for n in new if not n.startswith("home")} <= {"in/side/good", "in/side/file", "in/side/file/below"}
    for key in bad[:-1]:
        assert f"s3://{mine}/{key} cannot be a file below" in said
    assert not os.path.exists("/absolute")
    down = ours.json("cp", f"s3://{mine}/../escape", tmp_path / "named")
    assert down["files"] == 1 and (tmp_path / "named").read_bytes() == b"1"


def test_a_target_that_is_no_file(ours, mine, tmp_path):
    ours.run("cp", write(tmp_path / "f", b"1"), f"s3://{mine}/f")
    os.mkfifo(tmp_path / "pipe")
    assert "no file" in ours.err("cp", f"s3://{mine}/f", tmp_path / "pipe")
    assert "no file" in ours.err("cp", f"s3://{mine}/f", "/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode) and stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)


def test_full_disk(ours, mine, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(small)], capture_output=True,
                      check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        ours.run("cp", write(tmp_path / "big", noise(20 * MIB)), f"s3://{mine}/big")
        ours.run("cp", write(tmp_path / "mid", noise(6 * MIB)), f"s3://{mine}/mid")
        ours.run("cp", write(tmp_path / "fits", noise(MIB)), f"s3://{mine}/fits")
        said = ours.err("sync", f"s3://{mine}", small)
        assert said.count("No space left on device") == 2 and "2 failed, 1 were sent." in said
        assert os.listdir(small) == ["fits"]
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_the_output_is_full(ours, mine, tmp_path):
    ours.run("cp", write(tmp_path / "f", noise(MIB)), f"s3://{mine}/f")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(ours.command("cat", f"s3://{mine}/f"), env=ours.env, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1 and b"No space left on device" in done.stderr


def test_a_file_that_changes(ours, mine, tmp_path):
    """While its parts go up it is written to: what arrives must never be a mixture that passes for the file."""
    path = write(tmp_path / "f", noise(200 * MIB))
    process = subprocess.Popen(ours.command("cp", path, f"s3://{mine}/f", "--jobs", "1"), env=ours.env,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.poll() is None and not uploads(ours, mine):
        pass
    with open(path, "r+b") as f:
        f.seek(150 * MIB)
        f.write(b"changed")
    _, err = process.communicate(timeout=120)
    if process.returncode == 0:
        assert ours.run("cat", f"s3://{mine}/f").stdout in (path.read_bytes(), noise(200 * MIB))
    else:
        assert b"it changed on its way" in err and not uploads(ours, mine)


# --- interrupted

def interrupt(cloud, args, delay, how):
    process = subprocess.Popen(cloud.command(*args, "--quiet"), env=cloud.env, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.send_signal(how)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, -how), (process.returncode, err)
    return process.returncode


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_and_run_again(ours, mine, tmp_path, how):
    tree, rnd, rounds = many(tmp_path / "t", 2000 if LONG else 500), random.Random(how), 10 if LONG else 4
    write(tree / "big", noise(60 * MIB))
    stopped = 0
    for i in range(rounds):
        up, back = f"s3://{mine}/{i}", tmp_path / f"back{i}"
        for args in (("sync", tree, up), ("sync", up, back)):
            stopped += interrupt(ours, args, rnd.uniform(0.02, 0.3), how) != 0
            if how == signal.SIGINT:
                assert not uploads(ours, mine)
            if back.exists():
                for name in names_of(back):
                    assert (back / name).read_bytes() == (tree / name).read_bytes(), f"half of {name} is there"
            again = ours.json(*args)
            assert again["failed"] == 0
        assert_same(tree, back)
    assert stopped >= rounds


def test_uploads_are_kept_and_gone_on_with(ours, mine, tmp_path):
    path = write(tmp_path / "f", noise(160 * MIB))
    process = subprocess.Popen(ours.command("cp", path, f"s3://{mine}/f", "--jobs", "1", "--keep"), env=ours.env,
                               stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        found = uploads(ours, mine)
        parts = ours.s3().list_parts(Bucket=mine, Key="f", UploadId=found[0]["UploadId"]) if found else {}
        if len(parts.get("Parts", [])) >= 3:
            break
    process.send_signal(signal.SIGINT)
    process.wait(30)
    kept = uploads(ours, mine)
    assert len(kept) == 1
    before = ours.s3().list_parts(Bucket=mine, Key="f", UploadId=kept[0]["UploadId"])["Parts"]
    assert len(before) >= 3
    path.write_bytes(path.read_bytes()[:9 * MIB] + b"x" + path.read_bytes()[9 * MIB + 1:])  # in the second part
    ours.run("cp", path, f"s3://{mine}/f", "--keep", "--quiet")
    assert not uploads(ours, mine)
    assert ours.run("cat", f"s3://{mine}/f").stdout == path.read_bytes()


def test_a_server_that_goes_away(start_server, tmp_path):
    server = start_server()
    home = tmp_path / "home"
    home.mkdir()
    cloud = Cloud(home, "ours", [], {"AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": ROOT_KEY.access,
                                     "AWS_SECRET_ACCESS_KEY": ROOT_KEY.secret, "AWS_REGION": REGION})
    cloud.run("mb", "s3://goes-away")
    tree = many(tmp_path / "t", 400)
    write(tree / "z", noise(100 * MIB))
    process = subprocess.Popen(cloud.command("sync", tree, "s3://goes-away", "--quiet", "--jobs", "1"), env=cloud.env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while not cloud.s3().list_objects_v2(Bucket="goes-away").get("KeyCount"):
        pass
    server.kill()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1 and b"failed" in err
    server.start()
    cloud.run("sync", tree, "s3://goes-away", "--quiet")
    cloud.run("sync", "s3://goes-away", tmp_path / "back", "--quiet")
    assert_same(tree, tmp_path / "back")


# --- where it goes

def test_the_local_cloud_is_started(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    cloud = Cloud(home, "local", ["--data", str(tmp_path / "data")], {})
    try:
        done = cloud.run("mb", "s3://first-bucket")
        assert b"was not up; it is now" in done.stderr
        assert cloud.run("ls").stderr == b"" and "first-bucket" in cloud.out("ls")
        cloud.run("cp", write(tmp_path / "f", b"1"), "s3://first-bucket/f")
        assert cloud.out("cat", "s3://first-bucket/f") == "1"
    finally:
        subprocess.run([AEROSTAT, "down", "--data", str(tmp_path / "data")], check=True, stdout=subprocess.DEVNULL)


def test_elsewhere_is_said_first(ours, mine, tmp_path):
    path, url = write(tmp_path / "f", b"1"), ours.env["AWS_ENDPOINT_URL"]
    line = f"at {url}, region {REGION}\n"
    assert ours.run("cp", path, f"s3://{mine}/f").stderr.decode() == line
    assert ours.run("rm", f"s3://{mine}/f").stderr.decode() == line
    assert ours.run("ls", f"s3://{mine}").stderr == b""


def test_dry_runs_do_nothing(ours, mine, tmp_path):
    tree = make_tree(tmp_path / "t", ["a"])
    assert ours.out("cp", "-r", tree, f"s3://{mine}", "--dry-run").count(" would go to ") == 3
    assert ours.lines("ls", "-r", f"s3://{mine}") == []
    ours.run("sync", tree, f"s3://{mine}", "--quiet")
    ours.run("rm", "-r", f"s3://{mine}", "--dry-run")
    ours.run("mv", "-r", f"s3://{mine}", tmp_path / "back", "--dry-run")
    assert len(ours.lines("ls", "-r", f"s3://{mine}")) == 3 and not (tmp_path / "back").exists()
