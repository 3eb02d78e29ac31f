#include "base/tap.h"
#include "wire/inner.h"
#include "wire/rest.h"

static struct arena a;

static const struct op *s3_op(const char *name) {
	return op_find(service_find("s3"), name, strlen(name));
}

static bool reads(const char *op, const char *member, str body, struct val **out) {
	struct val *v = val_new(&a, s3_op(op)->in);
	*out = set(&a, v, member);
	return xml_read_as(&a, *out, body, s3_op(op)->root, NULL);
}

static void check_read(void) {
	struct val *v;
	CHECK(reads("PutBucketTagging", "Tagging",
		    S("<?xml version='1.0' encoding='UTF-8'?>\n<!-- c --><s3:Tagging "
		      "xmlns:s3='x'>\n<s3:TagSet><Tag><Key>a&amp;&#x41;"
		      "</Key><Value><![CDATA[<v>]]></Value><Odd><Key>no</Key></Odd></Tag></s3:TagSet></s3:Tagging>"),
		    &v));
	struct val *tag = get(v, "TagSet")->first;
	CHECK_STR(get_str(tag, "Key"), S("a&A"));
	CHECK_STR(get_str(tag, "Value"), S("<v>"));
	CHECK(reads("PutBucketTagging", "Tagging", S("<Tagging><TagSet/></Tagging>"), &v) && get(v, "TagSet"));
	CHECK(reads("PutBucketVersioning", "VersioningConfiguration",
		    S("<VersioningConfiguration><Status>Enabled</Status><MfaDelete/></VersioningConfiguration>"), &v));
	CHECK_STR(get_str(v, "Status"), S("Enabled"));
	CHECK(reads("PutBucketAcl", "AccessControlPolicy",
		    S("<AccessControlPolicy><AccessControlList><Grant><Grantee "
		      "xmlns:i='http://www.w3.org/2001/XMLSchema-instance' "
		      "i:type='Group'><URI>u</URI></Grantee></Grant></AccessControlList></AccessControlPolicy>"),
		    &v));
	CHECK_STR(get_str(get(get(v, "Grants")->first, "Grantee"), "Type"), S("Group"));
}

static void check_refused(void) {
	struct val *v;
	CHECK(!reads("PutBucketTagging", "Tagging", S(""), &v));
	CHECK(!reads("PutBucketTagging", "Tagging", S("<Tags/>"), &v));
	CHECK(!reads("PutBucketTagging", "Tagging", S("<Tagging>"), &v));
	CHECK(!reads("PutBucketTagging", "Tagging", S("<Tagging/><Tagging/>"), &v));
	CHECK(!reads("PutBucketTagging", "Tagging", S("<!DOCTYPE Tagging><Tagging/>"), &v));
	CHECK(!reads("PutBucketTagging", "Tagging",
		     S("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><Tagging><TagSet>&e;</TagSet></Tagging>"),
		     &v));
	CHECK(!reads("PutBucketTagging", "Tagging", S("<Tagging>&nbsp;</Tagging>"), &v));
	CHECK(!reads("PutBucketTagging", "Tagging", S("<Tagging><TagSet><Tag><Key>\xff</Key></Tag></TagSet></Tagging>"),
		     &v));
	CHECK(!reads("PutBucketLifecycleConfiguration", "LifecycleConfiguration",
		     S("<LifecycleConfiguration><Rule><Expiration><Days>x</Days></Expiration></Rule></"
		       "LifecycleConfiguration>"),
		     &v));
	struct buf b = { .arena = &a };
	for (int i = 0; i < 100000; i++) {
		putz(&b, "<Tagging>");
	}
	CHECK(!reads("PutBucketTagging", "Tagging", buf_str(&b), &v));
}

static str written(const struct val *v, const char *op) {
	struct buf b = { .arena = &a };
	xml_write(&b, v, &(struct wire){ service_find("s3"), s3_op(op), P_RESTXML }, S(""));
	return str_skip(buf_str(&b), strlen("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
}

#define NS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

static void check_write(void) {
	struct val *v = val_new(&a, s3_op("GetBucketLocation")->out);
	CHECK_STR(written(v, "GetBucketLocation"), S("<LocationConstraint" NS "/>"));
	set_str(&a, v, "LocationConstraint", S("eu-west-1"));
	CHECK_STR(written(v, "GetBucketLocation"), S("<LocationConstraint" NS ">eu-west-1</LocationConstraint>"));
	v = val_new(&a, s3_op("GetBucketVersioning")->out);
	CHECK_STR(written(v, "GetBucketVersioning"), S("<VersioningConfiguration" NS "></VersioningConfiguration>"));
	v = val_new(&a, s3_op("ListObjectsV2")->out);
	set_int(&a, v, "KeyCount", 1);
	set_str(&a, v, "Name", S("b<"));
	set_int(&a, v, "IsTruncated", 0);
	struct val *o = append(&a, set(&a, v, "Contents"));
	set_int(&a, o, "LastModified", 1795564800000);
	set_str(&a, o, "Key", S("k\r\n"));
	CHECK_STR(written(v, "ListObjectsV2"),
		  S("<ListBucketResult" NS
		    "><IsTruncated>false</IsTruncated><Contents><Key>k&#13;\n</Key><LastModified>"
		    "2026-11-25T00:00:00.000Z</LastModified></Contents><Name>b&lt;</Name><KeyCount>1</KeyCount>"
		    "</ListBucketResult>"));
	v = val_new(&a, s3_op("GetBucketAcl")->out);
	struct val *who = set(&a, append(&a, set(&a, v, "Grants")), "Grantee");
	set_str(&a, who, "ID", S("i"));
	set_str(&a, who, "Type", S("CanonicalUser"));
	CHECK_STR(written(v, "GetBucketAcl"), S("<AccessControlPolicy" NS "><AccessControlList><Grant><Grantee "
						"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
						"xsi:type=\"CanonicalUser\"><ID>i</ID></Grantee>"
						"</Grant></AccessControlList></AccessControlPolicy>"));
}

static void check_query(void) {
	const struct service *iam = service_find("iam"), *ec2 = service_find("ec2");
	struct buf b = { .arena = &a };
	struct wire w = { iam, op_find(iam, "DeleteRole", 10), P_QUERY };
	xml_write(&b, NULL, &w, S("id"));
	CHECK_STR(buf_str(&b),
		  S("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DeleteRoleResponse "
		    "xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ResponseMetadata><RequestId>id</RequestId>"
		    "</ResponseMetadata></DeleteRoleResponse>"));
	b.n = 0;
	w = (struct wire){ ec2, op_find(ec2, "CreateTags", 10), P_EC2 };
	xml_write(&b, NULL, &w, S("id"));
	CHECK_STR(buf_str(&b),
		  S("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CreateTagsResponse "
		    "xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>id</requestId><return>true</return>"
		    "</CreateTagsResponse>"));
}

int main(void) {
	check_read();
	check_refused();
	check_write();
	check_query();
	arena_free(&a);
	return tap_done();
}
