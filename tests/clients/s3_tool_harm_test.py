"""aerostat s3 where its user, or who answers it, would lose something by it: nothing is taken away before it is
certain to be elsewhere, nothing of another's passes for what was asked for."""
import gzip
import re
import signal
import stat
import subprocess
import threading
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from fake_s3 import NS, fake, fault, forward, listing, object_of
from s3_cloud import MIB, Cloud, at, mine, noise, ours, uploads, write  # noqa: F401
from session import names_of


def keys(cloud, bucket):
    return [o["Key"] for o in cloud.s3().list_objects_v2(Bucket=bucket).get("Contents", [])]


def fill(cloud, bucket, names):
    """Every object has its key for a content."""
    for name in names:
        cloud.s3().put_object(Bucket=bucket, Key=name, Body=name.encode())


def contents(cloud, bucket):
    return {k: cloud.s3().get_object(Bucket=bucket, Key=k)["Body"].read().decode() for k in keys(cloud, bucket)}


# --- mv

def test_mv_of_what_is_replaced_in_between(ours, mine, tmp_path):
    """An object that takes the place of the one that is on its way stays."""
    url = ours.env["AWS_ENDPOINT_URL"]
    for to in (tmp_path / "f", f"s3://{mine}/g"):
        fill(ours, mine, ["f"])

        def change(ask, status, headers, body):
            if status == 200 and (ask.method == "GET" and ask.key == "f" or ask.method == "PUT"):
                ours.s3().put_object(Bucket=mine, Key="f", Body=b"second")
            return status, headers, body

        with fake(forward(url, change)) as (lie, _):
            said = ours.err("mv", f"s3://{mine}/f", to, AWS_ENDPOINT_URL=lie)
        assert f"s3://{mine}/f got to {to}: " in said and said.count("\n") <= 2, said
        assert contents(ours, mine)["f"] == "second"


def test_mv_of_two_to_one_name(ours, mine, tmp_path):
    """The second does not take the place of the first, whose source is gone by then."""
    fill(ours, mine, ["a/f", "b/f"])
    said = ours.err("mv", f"s3://{mine}/a/f", f"s3://{mine}/b/f", f"s3://{mine}/t/")
    assert contents(ours, mine) == {"b/f": "b/f", "t/f": "a/f"} and f"s3://{mine}/b/f" in said
    fill(ours, mine, ["a/f"])
    ours.err("mv", f"s3://{mine}/a/f", f"s3://{mine}/b/f", str(tmp_path))
    assert contents(ours, mine) == {"b/f": "b/f", "t/f": "a/f"} and (tmp_path / "f").read_bytes() == b"a/f"
    one, two = write(tmp_path / "1/x/f", b"1"), write(tmp_path / "2/x/f", b"2")
    said = ours.err("mv", "-r", tmp_path / "1", tmp_path / "2", f"s3://{mine}/u/")
    assert contents(ours, mine)["u/x/f"] == "1" and not one.exists() and two.exists() and str(two) in said


def test_mv_and_sync_into_and_out_of_itself(ours, mine):
    fill(ours, mine, ["a/1", "a/b/2"])
    ours.run("mv", "-r", f"s3://{mine}/a", f"s3://{mine}/a/b", rc=None)
    assert sorted(contents(ours, mine).values()) == ["a/1", "a/b/2"], contents(ours, mine)
    ours.run("rm", "-r", f"s3://{mine}")
    fill(ours, mine, [f"a/{i:04d}" for i in range(50)] + ["a/a/0007"])
    ours.run("sync", f"s3://{mine}/a", f"s3://{mine}/a/zz", rc=None)
    assert len(keys(ours, mine)) <= 102
    ours.run("rm", "-r", f"s3://{mine}")
    for verb in ("mv", "cp", "sync"):
        names = ["a/1", "a/a/1", "a/a/a/1"]
        fill(ours, mine, names)
        args = ("-r",) if verb != "sync" else ()
        ours.run(verb, *args, f"s3://{mine}/a", f"s3://{mine}", rc=None)
        assert set(contents(ours, mine).values()) == set(names), (verb, contents(ours, mine))
        ours.run("rm", "-r", f"s3://{mine}")


def test_mv_onto_itself(ours, mine):
    fill(ours, mine, ["f", "d/f"])
    for args in ((f"s3://{mine}/f", f"s3://{mine}/f"), (f"s3://{mine}/f", f"s3://{mine}"),
                 (f"s3://{mine}/f", f"s3://{mine}/"), ("-r", f"s3://{mine}/d", f"s3://{mine}/d/"),
                 ("-r", f"s3://{mine}", f"s3://{mine}"), (f"s3://{mine}/*", f"s3://{mine}")):
        assert "cannot go to itself" in ours.err("mv", *args)
    assert contents(ours, mine) == {"f": "f", "d/f": "d/f"}


@pytest.mark.parametrize("said", [(200, {}, b""), (200, {"Content-Type": "text/html"}, b"<html>Welcome to the hotel"),
                                  (204, {}, b"")])
def test_mv_to_what_is_no_s3(at, tmp_path, said):
    """Whoever says yes to all has not kept it."""
    small, large = write(tmp_path / "f", b"12345"), write(tmp_path / "large", noise(9 * MIB))
    with fake(lambda a: (200, {"Content-Length": "5", "ETag": '"x"'}, b"") if a.method == "HEAD" else said) as \
            (url, asked):
        at(url).err("mv", small, "s3://b/f")
        at(url).err("mv", large, "s3://b/large")
        at(url).err("mv", "s3://b/f", "s3://b/g")
        at(url).err("cp", "s3://b/f", "s3://b/g")
        at(url).err("cp", large, "s3://b/large")
    assert small.exists() and large.exists()
    assert not [a for a in asked if a.method == "DELETE" and not a.query.get("uploadId")]


@pytest.mark.parametrize("other", [lambda a: fault(403, "AccessDenied"), lambda a: fault(503, "SlowDown"),
                                   lambda a: (200, {}, b"<Error><Code>InternalError</Code></Error>")])
def test_mv_where_nothing_may_go(ours, mine, tmp_path, other):
    fill(ours, mine, ["f"])
    with fake(lambda a: other(a) if a.method in ("DELETE", "POST") else forward(ours.env["AWS_ENDPOINT_URL"])(a)) as \
            (url, _):
        said = ours.err("mv", f"s3://{mine}/f", tmp_path / "f", AWS_ENDPOINT_URL=url)
        assert f"s3://{mine}/f got to {tmp_path}/f: " in said
        ours.err("rm", f"s3://{mine}/f", AWS_ENDPOINT_URL=url)
        write(tmp_path / "empty/x", b"1")
        ours.err("sync", tmp_path / "empty", f"s3://{mine}", "--delete", AWS_ENDPOINT_URL=url)
    assert (tmp_path / "f").read_bytes() == b"f" and "f" in keys(ours, mine)


def test_mv_where_conditions_are_unknown(ours, mine):
    fill(ours, mine, ["f"])

    def answer(ask):
        if ask.method == "DELETE" and "if-match" in {k.lower() for k in ask.headers}:
            return fault(501, "NotImplemented")
        return forward(ours.env["AWS_ENDPOINT_URL"])(ask)

    with fake(answer) as (url, _):
        ours.run("mv", f"s3://{mine}/f", f"s3://{mine}/g", AWS_ENDPOINT_URL=url)
    assert contents(ours, mine) == {"g": "f"}


# --- rm

@pytest.mark.parametrize("said", [b"", b"<Foo/>", f"<DeleteResult {NS}/>".encode(),
                                  f"<DeleteResult {NS}><Deleted><Key>b</Key></Deleted></DeleteResult>".encode()])
def test_removed_is_what_is_said_to_be(at, said):
    with fake(lambda a: listing([("a", 1)]) if "list-type" in a.query else (200, {}, said)) as (url, _):
        done = at(url).json("rm", "-r", "s3://b", rc=1)
    assert (done["deleted"], done["failed"] > 0) == (0, True)


def versions(*keys, more="<IsTruncated>false</IsTruncated>"):
    rows = "".join(f"<Version><Key>{k}</Key><VersionId>v</VersionId><Size>1</Size></Version>" for k in keys)
    return 200, {}, f"<ListVersionsResult {NS}>{more}{rows}</ListVersionsResult>".encode()


@pytest.mark.parametrize("page", [versions("zzz"), versions("p2", "p1"), versions(more=""), (200, {}, b"<Foo/>")],
                         ids=["unasked", "no order", "nothing", "other"])
def test_lists_of_versions_that_are_none(at, page):
    with fake(lambda a: page if "versions" in a.query else (200, {}, b"")) as (url, asked):
        for args in (("rm", "-r", "--versions", "s3://b/p/"), ("versions", "s3://b/p"),
                     ("rm", "--versions", "s3://b/p")):
            assert at(url).err(*args).count("\n") <= 3
    assert b"zzz" not in b"".join(a.body for a in asked)


@pytest.mark.parametrize("said", [b"", b"<Foo/>", f"<DeleteResult {NS}/>".encode()])
def test_brought_back_is_what_is_said_to_be(at, said):
    """The delete marker before it is gone only if the answer names it."""
    rows = ("<DeleteMarker><Key>k</Key><VersionId>m</VersionId><IsLatest>true</IsLatest></DeleteMarker>"
            "<Version><Key>k</Key><VersionId>v</VersionId><Size>1</Size></Version>")
    page = f"<ListVersionsResult {NS}><IsTruncated>false</IsTruncated>{rows}</ListVersionsResult>".encode()
    with fake(lambda a: (200, {}, page if "versions" in a.query else said)) as (url, _):
        assert "stays deleted" in at(url).err("versions", "restore", "s3://b/k")


def test_lists_of_versions_that_go_in_circles(at):
    def answer(ask):
        other = "a" if ask.query.get("key-marker") == "b" else "b"
        return versions(more=f"<IsTruncated>true</IsTruncated><NextKeyMarker>{other}</NextKeyMarker>")

    with fake(answer) as (url, asked):
        at(url).err("versions", "s3://b")
    assert len(asked) < 5


# --- sync --delete

def test_delete_with_a_wrong_source(ours, mine, tmp_path):
    """A prefix with nothing under it is a word that is wrong."""
    kept = write(tmp_path / "d/kept", b"1")
    fill(ours, mine, ["right/a", "other/b"])
    for args in ((f"s3://{mine}/wrong", tmp_path / "d"), (f"s3://{mine}/wrong", f"s3://{mine}/other"),
                 (tmp_path / "none", f"s3://{mine}"), (kept, f"s3://{mine}"), (f"s3://{mine}/right/a", tmp_path / "d")):
        said = ours.err("sync", *args, "--delete")
        assert said.count("\n") <= 3, said
    assert kept.exists() and set(keys(ours, mine)) == {"right/a", "other/b"}
    ours.run("sync", f"s3://{mine}/right", tmp_path / "d", "--delete", "--exclude", "*")
    assert kept.exists()


def test_delete_spares_its_own_source(ours, mine):
    """Of a target that the source is below, and the other way round."""
    fill(ours, mine, ["a/1", "a/2", "b/x", "old"])
    ours.run("sync", f"s3://{mine}/a", f"s3://{mine}", "--delete")
    assert contents(ours, mine) == {"a/1": "a/1", "a/2": "a/2", "1": "a/1", "2": "a/2"}
    fill(ours, mine, ["c/old"])
    ours.run("sync", f"s3://{mine}", f"s3://{mine}/c", "--delete", "--exclude", "a/*")
    assert keys(ours, mine) == ["1", "2", "a/1", "a/2", "c/1", "c/2"]


def test_many_sources(ours, mine, tmp_path):
    """Names of two folders, a few of them the same."""
    for i in range(1500):
        write(tmp_path / "1" / str(i), b"1")
        write(tmp_path / "2" / str(i + 1495), b"2")
    done = ours.json("cp", "-r", tmp_path / "1", tmp_path / "2", f"s3://{mine}/t", rc=1)
    assert (done["files"], done["failed"]) == (2995, 5)
    assert all("where another has just gone" in e for e in done["errors"])


def test_delete_waits_for_what_replaces_it(ours, mine, tmp_path):
    """A file that has another name by now and does not arrive: the old one is all that is there."""
    write(tmp_path / "t/new", b"1")
    fill(ours, mine, ["old"])
    forbid = [True]

    def answer(ask):
        return fault(403, "AccessDenied") if forbid[0] and ask.method == "PUT" \
            else forward(ours.env["AWS_ENDPOINT_URL"])(ask)

    with fake(answer) as (url, _):
        assert "Nothing was removed" in ours.err("sync", tmp_path / "t", f"s3://{mine}", "--delete",
                                                 AWS_ENDPOINT_URL=url)
        assert keys(ours, mine) == ["old"]
        forbid[0] = False
        ours.run("sync", tmp_path / "t", f"s3://{mine}", "--delete", AWS_ENDPOINT_URL=url)
        assert keys(ours, mine) == ["new"]


def test_delete_goes_through_no_link(ours, mine, tmp_path):
    """What a link leads to is not below the folder."""
    outside = write(tmp_path / "outside/precious", b"1")
    write(tmp_path / "d/extra", b"1")
    (tmp_path / "d/link").symlink_to("../outside")
    fill(ours, mine, ["a"])
    ours.run("sync", f"s3://{mine}", tmp_path / "d", "--delete", rc=None)
    assert outside.exists() and names_of(tmp_path / "d")[0] == "a" and not (tmp_path / "d/extra").exists()


# --- what comes down

def parts_of(body, lie, size=None, **headers):
    """A large object: HEAD says what it is, and lie(start, end) answers ranges."""
    def answer(ask):
        if ask.method == "HEAD":
            return 200, {"Content-Length": len(body), "ETag": '"e"', **headers}, b""
        start, end = map(int, ask.headers["Range"][6:].split("-"))
        return lie(start, end)
    return answer


BODY = noise(20 * MIB)
LIES = {
    "another's part": lambda a, b: (206, {"ETag": '"e"' if a == 0 else '"other"'}, BODY[a:b + 1]),
    "another range": lambda a, b: (206, {"ETag": '"e"', "Content-Range": f"bytes 0-{b - a}/{len(BODY)}"},
                                   BODY[:b - a + 1]),
    "another size": lambda a, b: (206, {"ETag": '"e"', "Content-Range": f"bytes {a}-{b}/{len(BODY) + 1}"},
                                  BODY[a:b + 1]),
    "all of it": lambda a, b: (200, {"ETag": '"e"'}, BODY),
    "200 with a piece": lambda a, b: (200, {"ETag": '"e"'}, BODY[:b - a + 1]),
    "nothing": lambda a, b: (204, {"ETag": '"e"'}, b""),
}


@pytest.mark.parametrize("lie", LIES)
def test_ranges_that_lie(at, tmp_path, lie):
    """With nothing to compare the whole with."""
    with fake(parts_of(BODY, LIES[lie])) as (url, _):
        assert "did not get to" in at(url).err("cp", "s3://b/f", tmp_path / "f")
        at(url).err("cat", "s3://b/f")
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize("lie", [(206, {"ETag": '"abc"', "Content-Range": "bytes 0-4/6"}, b"xxxxx"),
                                 (201, {}, b"xxxxx"), (200, {}, b"xxxx"), (200, {}, b"xxxxxx"),
                                 (204, {}, b"")], ids=str)
@pytest.mark.parametrize("words", [[], ["--no-verify"]])
def test_small_ones_that_lie(at, tmp_path, lie, words):
    """With nothing to compare them with: mv must not take away what it has no more than a piece of."""
    def answer(ask):
        if "list-type" in ask.query:
            return listing([("f", 5)])
        return (200, {"Content-Length": "5"}, b"") if ask.method == "HEAD" else lie

    with fake(answer) as (url, asked):
        for args in (("sync", "s3://b", tmp_path / "d"), ("mv", "s3://b/f", tmp_path / "d/f"),
                     ("mv", "-r", "s3://b", tmp_path / "d")):
            assert "did not get to" in at(url).err(*args, *words)
    assert names_of(tmp_path / "d") == [] and not [a for a in asked if a.method == "DELETE"]


def test_rights_stay(ours, mine, tmp_path):
    """Of a file whose place is taken."""
    fill(ours, mine, ["f"])
    ours.s3().put_object(Bucket=mine, Key="large", Body=noise(9 * MIB))
    for name in ("f", "large"):
        path = write(tmp_path / name, b"secret")
        path.chmod(0o600)
        ours.run("cp", f"s3://{mine}/{name}", path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and path.stat().st_size != 6


def test_ranges_that_do_not(at, tmp_path):
    with fake(parts_of(BODY, lambda a, b: (206, {"ETag": '"e"', "Content-Range": f"bytes {a}-{b}/{len(BODY)}"},
                                           BODY[a:b + 1]))) as (url, _):
        assert at(url).json("cp", "s3://b/f", tmp_path / "f")["unverified"] == 1
    assert (tmp_path / "f").read_bytes() == BODY


def test_bytes_stay_as_they_are(ours, mine, tmp_path):
    body = gzip.compress(b"text" * 1000)
    ours.s3().put_object(Bucket=mine, Key="f", Body=body, ContentEncoding="gzip", ContentType="text/plain")
    ours.run("cp", f"s3://{mine}/f", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == body and ours.run("cat", f"s3://{mine}/f").stdout == body


def test_no_length_is_no_empty_object(at, tmp_path):
    with fake(lambda a: (200, {"Content-Length": "", "ETag": '"x"'}, b"abc")) as (url, _):
        at(url).err("cat", "s3://b/f")


@pytest.mark.parametrize("size", [2 ** 63 - 1, -5, 2 ** 63, "1e9", ""])
def test_sizes_that_are_none(at, tmp_path, size):
    def answer(ask):
        return listing([("a", size), ("b", size), ("c", size)]) if "list-type" in ask.query else fault(404, "NoSuchKey")
    with fake(answer) as (url, _):
        for args in (("sync", "s3://b", tmp_path / "d"), ("ls", "-r", "s3://b", "--summarize", "--human"),
                     ("ls", "s3://b", "--json"), ("cp", "-r", "s3://b", "s3://c"), ("sync", "s3://b", "s3://c"),
                     ("mv", "-r", "s3://b", tmp_path / "e")):
            at(url).run(*args, rc=None)


# --- streams

@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(ours, mine, tmp_path, closed):
    """No file takes their place, to have sentences written into it."""
    fill(ours, mine, ["a", "b"])
    subprocess.run(["sh", "-c", f'"$0" "$@" {closed}', *map(str, ours.command("sync", f"s3://{mine}", tmp_path / "d"))],
                   env=ours.env, timeout=60)
    assert {n: (tmp_path / "d" / n).read_text() for n in names_of(tmp_path / "d")} == {"a": "a", "b": "b"}
    done = subprocess.run(["sh", "-c", f'"$0" "$@" {closed}', *map(str, ours.command("cp", "-", f"s3://{mine}/in"))],
                          env=ours.env, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == (1 if "<" in closed else 0)
    done = subprocess.run(["sh", "-c", f'"$0" "$@" {closed}', *map(str, ours.command("cat", f"s3://{mine}/a"))],
                          env=ours.env, timeout=60)
    assert done.returncode == (1 if " >" in " " + closed else 0)


def test_an_end_by_its_user_is_no_failure(ours, mine, tmp_path):
    """Nothing is said of calls that were broken off by it."""
    fill(ours, mine, ["f"])
    hanging, go = threading.Event(), threading.Event()

    def answer(ask):
        hanging.set()
        go.wait(30)
        return forward(ours.env["AWS_ENDPOINT_URL"])(ask)

    with fake(answer) as (url, _):
        for args in (("cp", f"s3://{mine}/f", tmp_path / "f"), ("sync", f"s3://{mine}", tmp_path / "d")):
            hanging.clear()
            process = subprocess.Popen(ours.command(*args), env={**ours.env, "AWS_ENDPOINT_URL": url},
                                       stderr=subprocess.PIPE)
            assert hanging.wait(30)
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=30)[1].decode()
            assert process.returncode == -signal.SIGINT and re.fullmatch(r"Interrupted: 0 of \d files .*\n", said), said
        go.set()


def test_nohup(ours, mine, tmp_path):
    """Signals that are ignored from the beginning stay so."""
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = subprocess.Popen(ours.command("cp", "-", f"s3://{mine}/f"), env=ours.env, stdin=subprocess.PIPE,
                               preexec_fn=ignore)
    process.stdin.write(noise(9 * MIB))
    process.stdin.flush()
    while not uploads(ours, mine):
        pass
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    process.stdin.close()
    assert process.wait(30) == 0 and keys(ours, mine) == ["f"]


# --- the rest

@pytest.mark.parametrize("hours", [-3, 3])
@pytest.mark.parametrize("code", ["RequestTimeTooSkewed", "RequestExpired"])
def test_a_clock_that_is_wrong(at, tmp_path, hours, code):
    """Signed again by their clock, once for all that follows; a clock that cannot be followed is a refusal."""
    theirs = datetime.now(timezone.utc) + timedelta(hours=hours)
    follow = [True]

    def answer(ask):
        when = datetime.strptime(ask.headers["X-Amz-Date"], "%Y%m%dT%H%M%S%z")
        if abs(when - theirs) > timedelta(minutes=15):
            status, headers, body = fault(403, code)
            return status, {**headers, **({"Date": format_datetime(theirs, True)} if follow[0] else {})}, body
        return (listing([(f"k{i:02d}", 1) for i in range(40)])) if "list-type" in ask.query else object_of(b"1")

    with fake(answer) as (url, asked):
        assert at(url).json("sync", "s3://b", tmp_path / "d", "--jobs", "8")["files"] == 40
        assert len(asked) <= 41 + 9
        follow[0] = False
        assert code in at(url).err("ls", "s3://b")


def test_uploads_that_are_gone_are_not_kept(ours, mine, tmp_path):
    path = write(tmp_path / "f", noise(20 * MIB))

    def answer(ask):
        for upload in uploads(ours, mine) if ask.method == "PUT" else []:
            ours.s3().abort_multipart_upload(Bucket=mine, Key="f", UploadId=upload["UploadId"])
        return forward(ours.env["AWS_ENDPOINT_URL"])(ask)

    with fake(answer) as (url, _):
        done = ours.json("cp", path, f"s3://{mine}/f", "--keep", "--jobs", "1", rc=1, AWS_ENDPOINT_URL=url)
    assert done["kept"] == 0 and "NoSuchUpload" in done["errors"][0]
    ours.run("cp", path, f"s3://{mine}/f", "--keep")


def test_throttled_listings_are_waited_for(at, tmp_path):
    """As long as for objects."""
    left = [5]

    def answer(ask):
        left[0] -= 1
        return fault(503, "SlowDown") if left[0] >= 0 else listing([("a", 1)]) if "list-type" in ask.query \
            else object_of(b"1")

    with fake(answer) as (url, _):
        cloud = at(url)
        del cloud.env["AWS_MAX_ATTEMPTS"]
        assert cloud.json("sync", "s3://b", tmp_path / "d")["files"] == 1

@pytest.mark.parametrize("words", [["--metadata", "a=b\r\nx-evil: 1"], ["--metadata", "a\r\nx-evil=b"],
                                   ["--content-type", "a/b\r\nx-evil: 1"], ["--storage-class", "S\nx-evil: 1"]])
def test_words_that_would_be_headers(at, tmp_path, words):
    with fake(lambda a: (200, {"ETag": '"x"'}, b"")) as (url, asked):
        at(url).run("cp", write(tmp_path / "f", b"1"), "s3://b/f", *words, rc=None)
    assert not [a for a in asked if "x-evil" in {k.lower() for k in a.headers}]


BOMB = "<!DOCTYPE l [<!ENTITY a \"" + "x" * 1000 + "\">" + "".join(
    f"<!ENTITY {chr(98 + i)} \"{f'&{chr(97 + i)};' * 10}\">" for i in range(9)) + "]>"


@pytest.mark.parametrize("page", [
    f"{BOMB}<ListBucketResult {NS}><IsTruncated>false</IsTruncated><Name>&j;</Name></ListBucketResult>",
    f"<ListBucketResult {NS}><IsTruncated>false</IsTruncated><Contents><Key>&#0;</Key></Contents></ListBucketResult>",
    f"<ListBucketResult {NS}><IsTruncated>false</IsTruncated><Contents><Key>a</Key><LastModified>99999-01-01T00:00:00Z"
    "</LastModified></Contents></ListBucketResult>",
    f"<ListBucketResult {NS}><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents><Key>%00a%</Key>"
    "<Size>1</Size></Contents></ListBucketResult>",
    f"<ListBucketResult {NS}>" + "<Contents>" * 2000], ids=range(5))
def test_pages_that_are_bombs(at, tmp_path, page):
    with fake(lambda a: (200, {}, page.encode()) if "list-type" in a.query else object_of(b"1")) as (url, _):
        for args in (("sync", "s3://b", tmp_path / "d"), ("ls", "s3://b"), ("ls", "-r", "s3://b", "--json"),
                     ("rm", "-r", "s3://b", "--dry-run")):
            at(url).run(*args, rc=None)


def test_a_message_that_does_not_end(at, tmp_path):
    with fake(lambda a: fault(403, "AccessDenied", "word " * 1000000)) as (url, _):
        assert len(at(url).err("ls", "s3://b")) < 10000
        assert len(at(url).err("cp", "s3://b/f", tmp_path / "f")) < 10000
