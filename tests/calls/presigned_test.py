"""Presigned URLs: what their query carries for headers, what they are good for, and SigV2 of the query services."""
import base64
import hashlib
import hmac
import time
import urllib.request
from urllib.parse import quote, urlencode

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from aerostat import REGION, ROOT_KEY


def presigned(server, method, path, params):
    """A V4 URL whose query has more than the credentials."""
    request = AWSRequest(method, server.url + path + "?" + urlencode(params))
    botocore.auth.S3SigV4QueryAuth(Credentials(ROOT_KEY.access, ROOT_KEY.secret), "s3", REGION, 60).add_auth(request)
    return request.url[len(server.url):]


def test_metadata_in_the_query_is_kept(server, s3, bucket):
    params = {"x-amz-meta-colour": "blue", "x-amz-storage-class": "STANDARD_IA"}
    target = presigned(server, "PUT", f"/{bucket}/k", params)
    reply = server.request("PUT", target, body=b"body", signed=False)
    assert reply.status == 200, reply
    head = s3.head_object(Bucket=bucket, Key="k")
    assert head["Metadata"] == {"colour": "blue"} and head["StorageClass"] == "STANDARD_IA"


def test_a_checksum_is_of_a_header_only(server, s3, bucket):
    """The JavaScript SDK signs the checksum of no body into a link for an upload; S3 ignores it."""
    params = {"x-amz-checksum-crc32": "AAAAAA==", "x-amz-sdk-checksum-algorithm": "CRC32"}
    target = presigned(server, "PUT", f"/{bucket}/k", params)
    assert server.request("PUT", target, body=b"body", signed=False).status == 200
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    reply = server.request("PUT", target, {"x-amz-checksum-sha256": wrong}, b"body", signed=False)
    assert (reply.status, reply.code) == (403, "AccessDenied")  # a header that was not signed
    target = presigned(server, "GET", f"/{bucket}/k", {"x-amz-checksum-mode": "ENABLED"})
    assert "x-amz-checksum-crc64nvme" in server.request("GET", target, signed=False).headers


def test_a_parameter_that_was_not_signed_is_no_header(server, bucket):
    target = presigned(server, "PUT", f"/{bucket}/k", {}) + "&x-amz-meta-colour=red"
    reply = server.request("PUT", target, body=b"body", signed=False)
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")


def test_an_escaped_name_does_not_pass_sigv2(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"body", Tagging="a=b")
    old = server.client("s3", signature_version="s3")
    get = old.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})[len(server.url):]
    put = old.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k2"})[len(server.url):]
    assert server.request("GET", get, signed=False).status == 200
    for method, target in (("GET", get + "&%74agging"), ("PUT", put + f"&x%2Damz-copy-source={bucket}%2Fk"),
                           ("PUT", put + "&x%2Damz-meta-a=b")):
        reply = server.request(method, target, signed=False)
        assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch"), target


def test_a_link_is_for_the_host_that_the_target_names(server, s3, bucket):
    """RFC 9112, 3.2.2: of an absolute target its authority counts, the Host header does not."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"not yours")
    request = AWSRequest("GET", "http://other-bucket.s3.localhost/k")
    botocore.auth.S3SigV4QueryAuth(Credentials(ROOT_KEY.access, ROOT_KEY.secret), "s3", REGION, 60).add_auth(request)
    bent = request.url.replace("other-bucket", bucket)
    reply = server.request("GET", bent, {"Host": "other-bucket.s3.localhost"}, signed=False)
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
    assert server.request("GET", request.url, {"Host": "a.proxy"}, signed=False).code == "NoSuchBucket"


def test_line_ends_do_not_come_in_by_the_query(server, s3, bucket):
    target = presigned(server, "PUT", f"/{bucket}/k", {"x-amz-meta-a": "x\r\nx-amz-meta-b: y"})
    assert server.request("PUT", target, body=b"body", signed=False).status == 200
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {}


def test_a_url_for_one_host_is_not_good_for_another_in_the_target(server, s3, bucket):
    """The host of a target in absolute form goes before the Host field, so it is the one that must be signed."""
    s3.create_bucket(Bucket=bucket + "-other")
    s3.put_object(Bucket=bucket + "-other", Key="k", Body=b"secret")
    s3.put_object(Bucket=bucket, Key="k", Body=b"shown")
    signed, other = f"{bucket}.s3.amazonaws.com", f"{bucket}-other.s3.amazonaws.com"
    request = AWSRequest("GET", f"http://{signed}/k")
    botocore.auth.S3SigV4QueryAuth(Credentials(ROOT_KEY.access, ROOT_KEY.secret), "s3", REGION, 60).add_auth(request)
    for host, want in ((signed, (200, None)), (other, (403, "SignatureDoesNotMatch"))):
        target = request.url.replace(signed, host)
        reply = server.talk(f"GET {target} HTTP/1.1\r\nHost: {signed}\r\nConnection: close\r\n\r\n".encode())[0]
        assert (reply.status, reply.code) == want, reply


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_sigv2_of_a_bucket(server, bucket, style):
    s3 = server.client(signature_version="s3", s3={"addressing_style": style})
    url = s3.generate_presigned_url("list_objects", {"Bucket": bucket})
    assert server.request("GET", url[len(server.url):], signed=False).status == 200
    assert s3.get_bucket_location(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("extra", ["publicAccessBlock", "encryption", "%65ncryption", "attributes", "policyStatus"])
def test_a_v2_link_is_not_bent_by_what_v2_does_not_sign(server, bucket, extra):
    s3 = server.client(signature_version="s3")
    url = s3.generate_presigned_url("list_objects", {"Bucket": bucket})[len(server.url):]
    reply = server.request("GET", url + "&" + extra, signed=False)
    assert reply.status in (400, 403) and reply.code in ("InvalidRequest", "SignatureDoesNotMatch"), reply
    listing = s3.generate_presigned_url("list_objects_v2", {"Bucket": bucket})[len(server.url):]
    assert server.request("GET", listing, signed=False).status == 200


def sigv2_form(server, secret):
    params = {"Action": "GetCallerIdentity", "Version": "2011-06-15", "AWSAccessKeyId": ROOT_KEY.access,
              "SignatureVersion": "2", "SignatureMethod": "HmacSHA256",
              "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    query = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(params.items()))
    text = f"POST\nsts.amazonaws.com\n/\n{query}"
    params["Signature"] = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
    headers = {"Host": "sts.amazonaws.com", "Content-Type": "application/x-www-form-urlencoded"}
    request = urllib.request.Request(server.url + "/", urlencode(params).encode(), headers)
    return urllib.request.urlopen(request)


def test_sigv2_of_a_query_service(server):
    assert b"arn:aws:iam::123456789012:root" in sigv2_form(server, ROOT_KEY.secret).read()


def test_sigv2_of_a_query_service_with_another_secret(server):
    try:
        sigv2_form(server, "wrong")
        raise AssertionError("it was let in")
    except urllib.error.HTTPError as e:
        assert e.code == 403 and b"SignatureDoesNotMatch" in e.read()
