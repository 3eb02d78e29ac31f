#include "auth/keys.h"
#include "auth/sample.h"
#include "auth/scope.h"
#include "auth/sig.h"
#include "base/tap.h"

#define DATED "Host:example.amazonaws.com\nX-Amz-Date:20150830T123600Z\n"
#define UNRESERVED "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define UTF8 "\xe1\x88\xb4"
#define TOKEN                                                                                                          \
	"AQoDYXdzEPT//////////"                                                                                        \
	"wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUu"                    \
	"wthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8Y" \
	"QcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2IC" \
	"CR/oLxBA=="
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define BUCKET "Host: examplebucket.s3.amazonaws.com\n"
#define S3_EMPTY BUCKET "x-amz-content-sha256: " EMPTY "\nx-amz-date: 20130524T000000Z\n"

struct vector {
	const char *name, *request, *body, *names, *signature;
};

/* The public SigV4 cases: AKIDEXAMPLE in us-east-1, service "service". */
static const struct vector suite[] = {
	{ "get-vanilla", "GET / HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-vanilla-query-order-key-case", "GET /?Param2=value2&Param1=value1 HTTP/1.1\n" DATED, "",
	  "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
	{ "get-vanilla-empty-query-key", "GET /?Param1=value1 HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb" },
	{ "get-vanilla-query-unreserved", "GET /?" UNRESERVED "=" UNRESERVED " HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197" },
	{ "get-vanilla-utf8-query", "GET /?" UTF8 "=bar HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04" },
	{ "get-utf8", "GET /" UTF8 " HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85" },
	{ "get-unreserved", "GET /" UNRESERVED " HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
	{ "get-space", "GET /example space/ HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741" },
	{ "get-slash", "GET // HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-slashes", "GET //example// HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84" },
	{ "get-slash-dot-slash", "GET /./ HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-slash-pointless-dot", "GET /./example HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5" },
	{ "get-relative", "GET /example/.. HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-relative-relative", "GET /example1/example2/../.. HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-header-key-duplicate",
	  "GET / HTTP/1.1\nHost:example.amazonaws.com\nMy-Header1:value2\nMy-Header1:value2\nMy-Header1:value1\n"
	  "X-Amz-Date:20150830T123600Z\n",
	  "", "host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea" },
	{ "get-header-value-order",
	  "GET / HTTP/1.1\nHost:example.amazonaws.com\nMy-Header1:value4\nMy-Header1:value1\nMy-Header1:value3\n"
	  "My-Header1:value2\nX-Amz-Date:20150830T123600Z\n",
	  "", "host;my-header1;x-amz-date", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01" },
	{ "get-header-value-trim",
	  "GET / HTTP/1.1\nHost:example.amazonaws.com\nMy-Header1: value1\nMy-Header2: \"a   b   c\"\n"
	  "X-Amz-Date:20150830T123600Z\n",
	  "", "host;my-header1;my-header2;x-amz-date",
	  "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736" },
	{ "post-vanilla", "POST / HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
	{ "post-vanilla-query", "POST /?Param1=value1 HTTP/1.1\n" DATED, "", "host;x-amz-date",
	  "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11" },
	{ "post-header-key-sort",
	  "POST / HTTP/1.1\nHost:example.amazonaws.com\nMy-Header1:value1\n"
	  "X-Amz-Date:20150830T123600Z\n",
	  "", "host;my-header1;x-amz-date", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c" },
	{ "post-header-value-case",
	  "POST / HTTP/1.1\nHost:example.amazonaws.com\nMy-Header1:VALUE1\n"
	  "X-Amz-Date:20150830T123600Z\n",
	  "", "host;my-header1;x-amz-date", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d" },
	{ "post-x-www-form-urlencoded", "POST / HTTP/1.1\nContent-Type:application/x-www-form-urlencoded\n" DATED,
	  "Param1=value1", "content-type;host;x-amz-date",
	  "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a" },
	{ "post-x-www-form-urlencoded-parameters",
	  "POST / HTTP/1.1\nContent-Type:application/x-www-form-urlencoded; charset=utf8\n" DATED, "Param1=value1",
	  "content-type;host;x-amz-date", "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe" },
	{ "post-sts-header-before", "POST / HTTP/1.1\n" DATED "X-Amz-Security-Token:" TOKEN "\n", "",
	  "host;x-amz-date;x-amz-security-token", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead" },
	{ "post-sts-header-after", "POST / HTTP/1.1\n" DATED "X-Amz-Security-Token:" TOKEN "\n", "", "host;x-amz-date",
	  "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
};

/* The examples of the S3 API Reference: AKIAIOSFODNN7EXAMPLE, us-east-1. */
static const struct vector s3_suite[] = {
	{ "get object", "GET /test.txt HTTP/1.1\nRange: bytes=0-9\n" S3_EMPTY, "",
	  "host;range;x-amz-content-sha256;x-amz-date",
	  "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
	{ "put object",
	  "PUT /test$file.text HTTP/1.1\n" BUCKET "Date: Fri, 24 May 2013 00:00:00 GMT\nx-amz-date: 20130524T000000Z\n"
	  "x-amz-storage-class: REDUCED_REDUNDANCY\n"
	  "x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n",
	  "", "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
	  "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd" },
	{ "get lifecycle", "GET /?lifecycle HTTP/1.1\n" S3_EMPTY, "", "host;x-amz-content-sha256;x-amz-date",
	  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
	{ "list", "GET /?max-keys=2&prefix=J HTTP/1.1\n" S3_EMPTY, "", "host;x-amz-content-sha256;x-amz-date",
	  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
	{ "streaming seed",
	  "PUT /examplebucket/chunkObject.txt HTTP/1.1\nHost: s3.amazonaws.com\nx-amz-date: 20130524T000000Z\n"
	  "x-amz-storage-class: REDUCED_REDUNDANCY\nContent-Encoding: aws-chunked\nContent-Length: 66824\n"
	  "x-amz-decoded-content-length: 66560\nx-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\n",
	  "",
	  "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
	  "x-amz-storage-class",
	  "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9" },
	{ "presigned",
	  "GET "
	  "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2F"
	  "s3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
	  "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1\n" BUCKET,
	  "", NULL, "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404" },
};

/* The signature that would be right, for a request that has been read as one would be that has come. */
static str right_signature(struct arena *a, const struct head *h, str secret, const struct auth *auth, str payload) {
	uint8_t key[32];
	struct canonical c = { .head = h,
			       .signed_headers = auth->signed_headers,
			       .payload = payload,
			       .s3 = str_is(auth->service, "s3"),
			       .presigned = auth->way == AUTH_V4_QUERY };
	struct to_sign t = { time_text(a, auth->time, TIME_AMZ), scope_text(a, auth), canonical_request(a, &c) };
	signing_key(secret, &(struct scope){ auth->date, auth->region, auth->service }, key);
	return sigv4_sign(a, key, to_sign_text(a, &t));
}

static void test_vector(struct arena *a, const struct vector *v, bool s3) {
	struct head h;
	struct auth auth;
	struct refusal why;
	str secret = s3 ? S("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY") : S("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
	sample_head(a, &h, v->request);
	if (v->names) {
		const char *credential = s3 ? "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
					    : "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
		str line = str_printf(a, "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=%s,Signature=%s", credential,
				      v->names, v->signature);
		h.headers[h.n++] = (struct header){ S("Authorization"), line };
	}
	bool ok = auth_parse(a, &h, s3 ? AUTH_S3 : AUTH_QUERY, &auth, &why);
	CHECK(ok);
	if (ok) {
		struct buf hash = { .arena = a };
		struct digest_value body = digest_of(DIGEST_SHA256, str_from(v->body));
		put_hex(&hash, digest_str(&body));
		str payload = s3 ? payload_text(&auth) : buf_str(&hash);
		tap_str(right_signature(a, &h, secret, &auth, payload), auth.signature, __FILE__, __LINE__, v->name);
	}
}

/* A key of the cache is never another's: secrets change, scopes differ in where one part ends. */
static void test_keys(void) {
	uint8_t one[32], two[32];
	struct scope s = { S("20260101"), S("us-east-1"), S("s3") };
	struct scope moved = { S("20260101"), S("us-east-1s"), S("3") };
	signing_key(S("old"), &s, one);
	signing_key_keep(S("old"), &s, one);
	signing_key(S("old"), &s, two);
	CHECK(memcmp(one, two, 32) == 0);
	signing_key(S("new"), &s, two);
	CHECK(memcmp(one, two, 32) != 0);
	signing_key(S("old"), &moved, two);
	CHECK(memcmp(one, two, 32) != 0);
	int different = 0;
	for (int i = 0; i < 2000; i++) {
		AUTO_ARENA a = { 0 };
		str secret = str_printf(&a, "secret %d", i % 700);
		signing_key(secret, &s, one);
		signing_key_keep(secret, &s, one);
		signing_key(secret, &s, two);
		different += memcmp(one, two, 32) != 0;
	}
	CHECK_INT(different, 0);
}

int main(void) {
	AUTO_ARENA a = { 0 };
	for (size_t i = 0; i < sizeof(suite) / sizeof(suite[0]); i++) {
		test_vector(&a, &suite[i], false);
	}
	for (size_t i = 0; i < sizeof(s3_suite) / sizeof(s3_suite[0]); i++) {
		test_vector(&a, &s3_suite[i], true);
	}
	test_keys();
	return tap_done();
}
