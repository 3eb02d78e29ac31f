#include "base/tap.h"
#include "wire/rest.h"

static struct arena a;

/* "METHOD /path?query" to the operation's name, with one header if it has a name. */
static const char *route(const char *request, const char *header) {
	str method, target;
	struct header one = { str_from(header), S("x") };
	struct head h = { .headers = &one, .n = header ? 1 : 0 };
	str_cut(str_from(request), ' ', &method, &target);
	h.method = method;
	str_cut(target, '?', &h.path, &h.query);
	const struct op *op = rest_route(service_find("s3"), &h, h.path);
	return op ? op->name : "";
}

static void check_routes(void) {
	static const char *const rows[][3] = {
		{ "GET /", "ListBuckets" },
		{ "GET /b", "ListObjects" },
		{ "GET /b/", "ListObjects" },
		{ "GET /b?list-type=2&prefix=x", "ListObjectsV2" },
		{ "GET /b?list-type=1", "" },
		{ "GET /b?versions", "ListObjectVersions" },
		{ "GET /b/?uploads=", "ListMultipartUploads" },
		{ "GET /b?lifecycle=", "GetBucketLifecycleConfiguration" },
		{ "PUT /b?lifecycle", "PutBucketLifecycleConfiguration" },
		{ "GET /b?notification", "GetBucketNotificationConfiguration" },
		{ "GET /b?analytics", "ListBucketAnalyticsConfigurations" },
		{ "GET /b?analytics&id=1", "GetBucketAnalyticsConfiguration" },
		{ "PUT /b", "CreateBucket" },
		{ "PUT /b?acl", "PutBucketAcl" },
		{ "DELETE /b?acl", "" },
		{ "HEAD /b", "HeadBucket" },
		{ "POST /b?delete", "DeleteObjects" },
		{ "POST /b", "" },
		{ "GET /b/k", "GetObject" },
		{ "GET /b/k/", "GetObject" },
		{ "GET /b//k", "GetObject" },
		{ "GET /b/k?x-id=GetObject&X-Amz-Signature=1", "GetObject" },
		{ "GET /b/k?versionId=1&partNumber=2", "GetObject" },
		{ "GET /b/k?torrent", "GetObjectTorrent" },
		{ "PUT /b/k?torrent", "" },
		{ "GET /b/k?policy", "" },
		{ "GET /b/k?%61cl", "GetObjectAcl" },
		{ "GET /b/k?uploadId=1", "ListParts" },
		{ "DELETE /b/k?uploadId=1", "AbortMultipartUpload" },
		{ "DELETE /b/k", "DeleteObject" },
		{ "POST /b/k?uploadId=1", "CompleteMultipartUpload" },
		{ "POST /b/k?uploads", "CreateMultipartUpload" },
		{ "POST /b/k", "" },
		{ "POST /b/k?select&select-type=2", "SelectObjectContent" },
		{ "POST /b/k?select", "" },
		{ "PUT /b/k", "PutObject" },
		{ "PUT /b/k?partNumber=1&uploadId=2", "UploadPart" },
		{ "PUT /b/k?partNumber=1", "" },
		{ "PUT /b/k", "CopyObject", "X-Amz-Copy-Source" },
		{ "PUT /b/k?partNumber=1&uploadId=2", "UploadPartCopy", "x-amz-copy-source" },
		{ "PUT /b/k?tagging", "PutObjectTagging", "x-amz-copy-source" },
		{ "GET /b/k?attributes", "GetObjectAttributes" },
		{ "PATCH /b/k", "" },
		{ "get /b", "" },
		{ "GET b", "" },
		{ "GET //", "" },
		{ "GET /b?acl&policy", "" },
		{ "GET /b?acl&acl&acl&acl&acl&acl&acl&acl&acl", "" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_STR(str_from(route(rows[i][0], rows[i][2])), str_from(rows[i][1]));
	}
}

static struct val *read(const char *op, str path, str query, struct header *headers, size_t n) {
	const struct service *s3 = service_find("s3");
	struct wire w = { s3, op_find(s3, op, strlen(op)), P_RESTXML };
	struct head h = { .query = query, .headers = headers, .n = n };
	struct val *v = val_new(&a, w.op->in);
	str why;
	return message_read(&a, v, &w, &(struct message){ &h, path, { 0 } }, &why) ? v : NULL;
}

static void check_read(void) {
	struct header headers[] = {
		{ S("X-AMZ-META-Color"), S("red") },
		{ S("x-amz-meta-color"), S("blue") },
		{ S("Expires"), S("never") },
		{ S("x-amz-tagging"), S("") },
		{ S("x-amz-object-lock-retain-until-date"), S("2026-11-25T00:00:00Z") },
	};
	struct val *v = read("PutObject", S("/b/a%2Fb/c+%C3%A9"), (str){ 0 }, headers, 5);
	CHECK_STR(get_str(v, "Key"), S("a/b/c+\xc3\xa9"));
	CHECK_STR(get_str(v, "Bucket"), S("b"));
	CHECK_STR(get_key(get(v, "Metadata"), S("color"))->s, S("red,blue"));
	CHECK(!get(v, "Expires"));
	CHECK_STR(get_str(v, "Tagging"), S(""));
	CHECK_INT(get_int(v, "ObjectLockRetainUntilDate", 0), 1795564800000);
	v = read("ListObjectsV2", S("/b"), S("list-type=2&prefix=&max-keys=&delimiter=%2F"), NULL, 0);
	CHECK_STR(get_str(v, "Prefix"), S(""));
	CHECK(get_str(v, "Prefix").p && !get(v, "MaxKeys"));
	CHECK_STR(get_str(v, "Delimiter"), S("/"));
	CHECK(!read("ListObjectsV2", S("/b"), S("list-type=2&max-keys=x"), NULL, 0));
	CHECK(!read("PutBucketTagging", S("/b"), S("tagging"), NULL, 0));
	CHECK(read("CompleteMultipartUpload", S("/b/k"), S("uploadId=1"), NULL, 0));
	struct header list[] = { { S("x-amz-object-attributes"), S("ETag, \"Object\\\"Size\",,Checksum") } };
	v = get(read("GetObjectAttributes", S("/b/k"), S("attributes"), list, 1), "ObjectAttributes");
	CHECK_INT(val_count(v), 3);
	CHECK_STR(v->first->next->s, S("Object\"Size"));
}

int main(void) {
	check_routes();
	check_read();
	arena_free(&a);
	return tap_done();
}
