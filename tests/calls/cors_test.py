"""CORS applied: preflights, and the headers on what pages really ask for."""
import pytest

from aerostat import path_of

PAGE = "https://app.example.com"
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
RULES = [
    {"AllowedOrigins": ["https://*.example.com"], "AllowedMethods": ["GET", "PUT"],
     "AllowedHeaders": ["x-amz-*", "Content-Type"], "ExposeHeaders": ["ETag", "x-amz-version-id"],
     "MaxAgeSeconds": 300},
    {"AllowedOrigins": ["http://plain.test"], "AllowedMethods": ["DELETE"]},
    {"AllowedOrigins": ["*"], "AllowedMethods": ["HEAD"], "AllowedHeaders": ["*"]},
]
NOT_ALLOWED = ("CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
               "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted "
               "by the resource's CORS spec.")


@pytest.fixture
def open_bucket(s3, bucket):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    return bucket


def ask(server, bucket, method="GET", origin=PAGE, headers=None, key="k"):
    head = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    head = {k: v for k, v in head.items() if v is not None}
    return server.request("OPTIONS", path_of(bucket, key), head, signed=False)


def allowed(reply):
    return {k.removeprefix("access-control-"): v for k, v in reply.headers.items() if k.startswith("access-control-")}


def test_preflight(server, open_bucket):
    r = ask(server, open_bucket, "PUT", headers="X-Amz-Date, content-type")
    assert (r.status, r.body, r.headers["vary"]) == (200, b"", VARY), r
    assert allowed(r) == {"allow-origin": PAGE, "allow-methods": "GET, PUT",
                          "allow-headers": "x-amz-date, content-type",
                          "expose-headers": "ETag, x-amz-version-id", "max-age": "300", "allow-credentials": "true"}
    assert "x-amz-request-id" in r.headers
    r = ask(server, open_bucket, "DELETE", "http://plain.test")
    assert allowed(r) == {"allow-origin": "http://plain.test", "allow-methods": "DELETE", "allow-credentials": "true"}
    r = ask(server, open_bucket, "HEAD", "null", "anything", key="")
    assert allowed(r) == {"allow-origin": "*", "allow-methods": "HEAD", "allow-headers": "anything"}


@pytest.mark.parametrize("how", [
    {"method": "DELETE"}, {"origin": "https://example.com"}, {"origin": "https://a.EXAMPLE.com"},
    {"origin": "http://app.example.com"}, {"headers": "authorization"}, {"headers": "x-amz-date,other"},
    {"method": "DELETE", "origin": "http://plain.test", "headers": "x-amz-date"},
])
def test_preflight_that_no_rule_allows(server, open_bucket, how):
    r = ask(server, open_bucket, **how)
    assert (r.status, r.code, r.message) == (403, "AccessForbidden", NOT_ALLOWED)
    assert f"<Method>{how.get('method', 'GET')}</Method><ResourceType>OBJECT</ResourceType>".encode() in r.body
    assert not allowed(r)


def test_preflight_without_what_it_needs(server, open_bucket, s3, bucket):
    r = ask(server, open_bucket, origin=None)
    assert (r.status, r.code, r.message) == (400, "BadRequest",
                                             "Insufficient information. Origin request header needed.")
    r = ask(server, open_bucket, method=None)
    assert (r.status, r.code, r.message) == (400, "BadRequest", "Invalid Access-Control-Request-Method: null")
    assert ask(server, open_bucket, method="PATCH").message == "Invalid Access-Control-Request-Method: PATCH"
    s3.delete_bucket_cors(Bucket=bucket)
    r = ask(server, bucket, key="")
    assert (r.status, r.code, r.message) == (403, "AccessForbidden",
                                             "CORSResponse: CORS is not enabled for this bucket.")
    assert b"<ResourceType>BUCKET</ResourceType>" in r.body
    assert ask(server, "no-such-bucket-here").message == "CORSResponse: Bucket not found"
    assert ask(server, "", key="").status == 403


def test_requests(server, s3, open_bucket):
    put = server.request("PUT", path_of(open_bucket, "k"), {"Origin": PAGE}, b"hello")
    assert put.status == 200 and put.headers["vary"] == VARY
    assert allowed(put) == {"allow-origin": PAGE, "allow-methods": "GET, PUT",
                            "expose-headers": "ETag, x-amz-version-id", "max-age": "300", "allow-credentials": "true"}
    got = server.request("GET", path_of(open_bucket, "k"), {"Origin": PAGE})
    assert got.body == b"hello" and allowed(got)["allow-origin"] == PAGE
    head = server.request("HEAD", path_of(open_bucket, "k"), {"Origin": "http://any.where"})
    assert allowed(head) == {"allow-origin": "*", "allow-methods": "HEAD"}
    for origin in ("http://other.test", ""):
        got = server.request("GET", path_of(open_bucket, "k"), {"Origin": origin} if origin else {})
        assert got.body == b"hello" and not allowed(got) and "vary" not in got.headers


def test_refusals_can_be_read_too(server, s3, open_bucket):
    missing = server.request("GET", path_of(open_bucket, "none"), {"Origin": PAGE})
    assert missing.status == 404 and allowed(missing)["allow-origin"] == PAGE
    anonymous = server.request("GET", path_of(open_bucket, "k"), {"Origin": PAGE}, signed=False)
    assert anonymous.status == 403 and allowed(anonymous)["allow-origin"] == PAGE
    forged = server.request("GET", path_of(open_bucket, "k"),
                            {"Origin": PAGE, "Authorization": "AWS AKIANOBODY:x", "Date": "x"}, signed=False)
    assert forged.status == 403 and allowed(forged)["allow-origin"] == PAGE
    s3.put_object(Bucket=open_bucket, Key="cold", Body=b"x", StorageClass="GLACIER")
    cold = server.request("GET", path_of(open_bucket, "cold"), {"Origin": PAGE})
    assert cold.code == "InvalidObjectState" and allowed(cold)["allow-origin"] == PAGE


def test_forms(server, s3, bucket):
    from post_form_test import anything, post

    rule = {"AllowedOrigins": [PAGE], "AllowedMethods": ["POST"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    r = post(server, bucket, {"key": "k", **anything(bucket)}, headers={"Origin": PAGE})
    assert r.status == 204 and allowed(r)["allow-origin"] == PAGE


def test_of_no_bucket(server):
    r = server.request("GET", "/", {"Origin": PAGE})
    assert r.status == 200 and not allowed(r)
    r = server.request("POST", "/", {"Origin": PAGE, "Content-Type": "application/x-www-form-urlencoded"},
                       b"Action=GetCallerIdentity&Version=2011-06-15", service="sts")
    assert r.status == 200 and not allowed(r)
