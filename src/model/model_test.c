#include "base/tap.h"
#include "model/model.h"

static void check_sorted(const struct service *s) {
	bool sorted = true, found = true;
	for (size_t i = 0; i < s->n_ops; i++) {
		sorted = sorted && (i == 0 || strcmp(s->ops[i - 1].name, s->ops[i].name) < 0);
		found = found && op_find(s, s->ops[i].name, strlen(s->ops[i].name)) == &s->ops[i];
	}
	CHECK(sorted && found);
}

static void check_find(void) {
	const struct service *s3 = service_find("s3");
	CHECK(s3 && s3->protos == P_RESTXML);
	CHECK(!service_find("s4"));
	CHECK(!op_find(s3, "GetObjec", 8));
	CHECK(!op_find(s3, "GetObjectX", 10));
	CHECK(!op_find(s3, "", 0));
	CHECK(!op_find(s3, "GetObject\0", 10));
	CHECK_STR(str_from(op_find(s3, "GetObjectAcl", 9)->name), S("GetObject"));
	CHECK_INT(op_find(s3, "DeleteObject", 12)->status, 204);
	CHECK_STR(str_from(s3->xmlns), S("http://s3.amazonaws.com/doc/2006-03-01/"));
}

static void check_traits(void) {
	const struct service *cw = service_find("cloudwatch"), *sts = service_find("sts"), *s3 = service_find("s3");
	CHECK(cw->query_compatible && cw->protos == (P_CBOR | P_JSON | P_QUERY));
	CHECK_STR(str_from(error_find(cw, "ResourceNotFoundException")->name), S("ResourceNotFoundException"));
	CHECK(!error_find(cw, "NoSuchThing"));
	CHECK(op_find(sts, "AssumeRoleWithWebIdentity", 25)->no_auth && !op_find(sts, "AssumeRole", 10)->no_auth);
	CHECK(op_find(s3, "DeleteObjects", 13)->checksum_required);
	CHECK(op_find(s3, "GetBucketLocation", 17)->bare);
	CHECK(op_find(s3, "GetBucketLifecycle", 18)->deprecated);
	CHECK_STR(str_from(op_find(s3, "ListObjectsV2", 13)->out_root), S("ListBucketResult"));
	CHECK_STR(str_from(service_find("logs")->id), S("CloudWatch Logs"));
}

int main(void) {
	for (const struct service *const *s = services; *s; s++) {
		check_sorted(*s);
	}
	check_find();
	check_traits();
	return tap_done();
}
