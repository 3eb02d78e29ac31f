#include "auth/sample.h"
#include "auth/sig.h"
#include "base/digest.h"
#include "base/tap.h"

#define BUCKET "Host: johnsmith.s3.amazonaws.com\n"

/* The S3 User Guide's examples, johnsmith's. */
static const struct {
	const char *name, *request, *bucket, *text;
} cases[] = {
	{ "object get", "GET /photos/puppy.jpg\n" BUCKET "Date: Tue, 27 Mar 2007 19:36:42 +0000\n", "johnsmith",
	  "GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/johnsmith/photos/puppy.jpg" },
	{ "object put",
	  "PUT /photos/puppy.jpg\nContent-Type: image/jpeg\nContent-Length: 94328\n" BUCKET
	  "Date: Tue, 27 Mar 2007 21:15:45 +0000\n",
	  "johnsmith", "PUT\n\nimage/jpeg\nTue, 27 Mar 2007 21:15:45 +0000\n/johnsmith/photos/puppy.jpg" },
	{ "list",
	  "GET /?prefix=photos&max-keys=50&marker=puppy\nUser-Agent: Mozilla/5.0\n" BUCKET
	  "Date: Tue, 27 Mar 2007 19:42:41 +0000\n",
	  "johnsmith", "GET\n\n\nTue, 27 Mar 2007 19:42:41 +0000\n/johnsmith/" },
	{ "fetch acl", "GET /?acl\n" BUCKET "Date: Tue, 27 Mar 2007 19:44:46 +0000\n", "johnsmith",
	  "GET\n\n\nTue, 27 Mar 2007 19:44:46 +0000\n/johnsmith/?acl" },
	{ "delete, by path, dated twice",
	  "DELETE /johnsmith/photos/puppy.jpg\nHost: s3.amazonaws.com\nDate: Tue, 27 Mar 2007 21:20:27 +0000\n"
	  "x-amz-date: Tue, 27 Mar 2007 21:20:26 +0000\n",
	  "", "DELETE\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 +0000\n/johnsmith/photos/puppy.jpg" },
	{ "upload with metadata",
	  "PUT /db-backup.dat.gz\nHost: static.johnsmith.net:8080\nDate: Tue, 27 Mar 2007 21:06:08 +0000\n"
	  "x-amz-acl: public-read\ncontent-type: application/x-download\nContent-MD5: 4gJE4saaMU4BqNR0kLY+lw==\n"
	  "X-Amz-Meta-ReviewedBy: joe@johnsmith.net\nX-Amz-Meta-ReviewedBy: jane@johnsmith.net\n"
	  "X-Amz-Meta-FileChecksum: 0x02661779\nX-Amz-Meta-ChecksumAlgorithm: crc32\nContent-Length: 5913339\n",
	  "static.johnsmith.net",
	  "PUT\n4gJE4saaMU4BqNR0kLY+lw==\napplication/x-download\nTue, 27 Mar 2007 21:06:08 "
	  "+0000\nx-amz-acl:public-read\n"
	  "x-amz-meta-checksumalgorithm:crc32\nx-amz-meta-filechecksum:0x02661779\n"
	  "x-amz-meta-reviewedby:joe@johnsmith.net,jane@johnsmith.net\n/static.johnsmith.net/db-backup.dat.gz" },
	{ "list all", "GET /\nHost: s3.amazonaws.com\nDate: Wed, 28 Mar 2007 01:29:59 +0000\n", "",
	  "GET\n\n\nWed, 28 Mar 2007 01:29:59 +0000\n/" },
	{ "escaped key",
	  "GET /dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re\nHost: s3.amazonaws.com\n"
	  "Date: Wed, 28 Mar 2007 01:49:49 +0000\n",
	  "", "GET\n\n\nWed, 28 Mar 2007 01:49:49 +0000\n/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re" },
	{ "sub-resources sorted, values decoded",
	  "GET /b/k?versionId=x%2By&response-content-type=a%20b&foo=1&acl\nHost: s3.amazonaws.com\n"
	  "Date: Wed, 28 Mar 2007 01:49:49 +0000\n",
	  "", "GET\n\n\nWed, 28 Mar 2007 01:49:49 +0000\n/b/k?acl&response-content-type=a b&versionId=x+y" },
};

/* "Signature" of one text under the documents' key. */
static const struct {
	const char *text, *signature;
} signatures[] = {
	{ "GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/johnsmith/photos/puppy.jpg", "bWq2s1WEIj+Ydj0vQ697zp+IXMU=" },
	{ "PUT\n\nimage/jpeg\nTue, 27 Mar 2007 21:15:45 +0000\n/johnsmith/photos/puppy.jpg",
	  "MyyxeRY7whkBe+bq8fHCL/2kKUg=" },
	{ "GET\n\n\n1175139620\n/johnsmith/photos/puppy.jpg", "NpgCjnDzrM+WFzoENXmpNDUsSn8=" },
};

static struct auth parse(struct arena *a, struct head *h, const char *request, enum auth_style style) {
	struct auth auth;
	struct refusal why;
	sample_head(a, h, request);
	if (style == AUTH_S3 && !query_has(a, h, "Signature")) {
		h->headers[h->n++] = (struct header){ S("Authorization"), S("AWS AKIAIOSFODNN7EXAMPLE:sig=") };
	}
	CHECK(auth_parse(a, h, style, &auth, &why));
	return auth;
}

static void test_texts(struct arena *a) {
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct head h;
		struct auth auth = parse(a, &h, cases[i].request, AUTH_S3);
		struct auth_request r = { .head = &h, .style = AUTH_S3, .bucket = str_from(cases[i].bucket) };
		tap_str(sigv2_text(a, &r, &auth), str_from(cases[i].text), __FILE__, __LINE__, cases[i].name);
		CHECK_STR(auth.signature, S("sig="));
	}
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		struct buf b = { .arena = a };
		struct digest_value v =
			hmac_sha1(S("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), str_from(signatures[i].text));
		put_base64(&b, digest_str(&v));
		CHECK_STR(buf_str(&b), str_from(signatures[i].signature));
	}
}

static void test_query(struct arena *a) {
	struct head h;
	struct auth auth =
		parse(a, &h,
		      "GET /photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENX"
		      "mpNDUsSn8%3D&Expires=1175139620\n" BUCKET,
		      AUTH_S3);
	struct auth_request r = { .head = &h, .style = AUTH_S3, .bucket = S("johnsmith") };
	CHECK_STR(sigv2_text(a, &r, &auth), S("GET\n\n\n1175139620\n/johnsmith/photos/puppy.jpg"));
	CHECK_STR(auth.signature, S("NpgCjnDzrM+WFzoENXmpNDUsSn8="));
	auth = parse(a, &h,
		     "PUT /b/k?AWSAccessKeyId=AK&x-amz-security-token=T%2Bk&Signature=x&Expires=1&x-amz-acl=private&"
		     "content-type=text%2Fplain\nHost: h\nx-amz-acl: public-read\n",
		     AUTH_S3);
	r = (struct auth_request){ .head = &h, .style = AUTH_S3 };
	CHECK_STR(sigv2_text(a, &r, &auth),
		  S("PUT\n\ntext/plain\n1\nx-amz-acl:public-read\nx-amz-security-token:T+k\n/b/k"));
	CHECK_STR(auth.token, S("T+k"));
	auth = parse(
		a, &h,
		"GET /b/k?AWSAccessKeyId=AK&Signature=x&Expires=1&x%2Damz-acl=private&%61cl&version%49d=v\nHost: h\n",
		AUTH_S3);
	CHECK_STR(sigv2_text(a, &r, &auth), S("GET\n\n\n1\nx-amz-acl:private\n/b/k?acl&versionId=v"));
}

/* The General Reference's example of the query services' form. */
static void test_form(struct arena *a) {
	struct head h;
	struct buf b = { .arena = a };
	struct auth auth =
		parse(a, &h,
		      "GET /?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Action=DescribeJobFlows&SignatureMethod=HmacSHA2"
		      "56&SignatureVersion=2&Timestamp=2011-10-03T15%3A19%3A30&Version=2009-03-31&Signature=i91nKc4"
		      "PWAt0JJIdXwz9HxZCJDdiy6cf%2FMj6vPxyYIs%3D\nHost: elasticmapreduce.amazonaws.com\n",
		      AUTH_QUERY);
	struct auth_request r = { .head = &h, .style = AUTH_QUERY, .body_known = true };
	str text = sigv2_text(a, &r, &auth);
	CHECK_STR(text,
		  S("GET\nelasticmapreduce.amazonaws.com\n/\nAWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Action=DescribeJob"
		    "Flows&SignatureMethod=HmacSHA256&SignatureVersion=2&Timestamp=2011-10-03T15%3A19%3A30&"
		    "Version=2009-03-31"));
	struct digest_value v = hmac_sha256(S("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), text);
	put_base64(&b, digest_str(&v));
	CHECK_STR(buf_str(&b), auth.signature);
	CHECK_INT(auth.time, 1317655170000);
}

int main(void) {
	AUTO_ARENA a = { 0 };
	test_texts(&a);
	test_query(&a);
	test_form(&a);
	return tap_done();
}
