/* The condition keys of S3 (docs: Service Authorization Reference, "Condition keys for Amazon S3"; S3 User Guide,
 * "Bucket policy examples using condition keys"). A key is there only for the operations that have it: a header that
 * means nothing to an operation is no value of it. */
#include "base/clock.h"
#include "s3/lock.h"
#include "s3/meta.h"
#include "s3/resource.h"

/* Operations, by the keys that they have. */
enum { LISTS = 1, MAKES = 2, ACLS = 4, BIRTH = 8, DELETES = 16, RETAGS = 32, LOCKS = 64, ANY = 128 };

static const struct {
	const char *op;
	int group;
} groups[] = {
	{ "ListObjects", LISTS },        { "ListObjectsV2", LISTS },     { "ListObjectVersions", LISTS },
	{ "PutObject", MAKES },          { "CopyObject", MAKES },        { "CreateMultipartUpload", MAKES },
	{ "UploadPart", MAKES },         { "UploadPartCopy", MAKES },    { "CompleteMultipartUpload", MAKES },
	{ "PutBucketAcl", ACLS },        { "PutObjectAcl", ACLS },       { "CreateBucket", BIRTH },
	{ "DeleteObject", DELETES },     { "PutObjectTagging", RETAGS }, { "PutObjectRetention", LOCKS },
	{ "PutObjectLegalHold", LOCKS },
};

struct wanted {
	struct call *c;
	struct target *t; /* NULL: no bucket or object */
	str name; /* behind the slash */
	struct values *out;
};

/* The source of a copy is read, whatever is said about what is made of it. */
static int group_of(const struct wanted *q) {
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		if (strcmp(groups[i].op, q->c->op->name) == 0) {
			bool made = q->t && q->t->key.p && !q->t->seen;
			return ANY | (groups[i].group != MAKES || made ? groups[i].group : 0);
		}
	}
	return ANY;
}

static bool one(const struct wanted *q, str s) {
	return values_one(q->c->arena, s, q->out);
}

/* --- of the request --- */

static bool prefix(const struct wanted *q) {
	return one(q, get_str(q->c->in, "Prefix"));
}

static bool delimiter(const struct wanted *q) {
	return one(q, get_str(q->c->in, "Delimiter"));
}

static bool max_keys(const struct wanted *q) {
	const struct val *v = get(q->c->in, "MaxKeys");
	return v && one(q, str_printf(q->c->arena, "%lld", (long long)v->i));
}

static bool copy_source(const struct wanted *q) {
	str s = head_get(&q->c->x->head, "x-amz-copy-source");
	return s.p && one(q, url_decode(q->c->arena, s));
}

static bool location(const struct wanted *q) {
	return one(q, get_str(get(q->c->in, "CreateBucketConfiguration"), "LocationConstraint"));
}

/* Those that can have conditions, so that a policy can want these of them alone. */
static bool creation(const struct wanted *q) {
	const char *op = q->c->op->name;
	bool whole = strcmp(op, "PutObject") == 0 || strcmp(op, "CopyObject") == 0 ||
		     strcmp(op, "CompleteMultipartUpload") == 0;
	return one(q, whole ? S("true") : S("false"));
}

static bool content_sha256(const struct wanted *q) {
	str s = head_get(&q->c->x->head, "x-amz-content-sha256");
	return one(q, !s.p && q->c->auth.way == AUTH_V4_QUERY ? S("UNSIGNED-PAYLOAD") : s);
}

static bool auth_type(const struct wanted *q) {
	enum auth_way way = q->c->auth.way;
	bool query = way == AUTH_V4_QUERY || way == AUTH_V2_QUERY, form = way == AUTH_V4_POST || way == AUTH_V2_POST;
	return way != AUTH_ANONYMOUS && one(q, form ? S("POST") : query ? S("REST-QUERY-STRING") : S("REST-HEADER"));
}

/* "1.3": of a connection without TLS there is no such key. */
static bool tls_version(const struct wanted *q) {
	return q->c->x->tls.n && one(q, q->c->x->tls);
}

static bool signature_version(const struct wanted *q) {
	enum auth_way way = q->c->auth.way;
	bool v4 = way == AUTH_V4_HEADER || way == AUTH_V4_QUERY || way == AUTH_V4_POST;
	return way != AUTH_ANONYMOUS && one(q, v4 ? S("AWS4-HMAC-SHA256") : S("AWS"));
}

static bool signature_age(const struct wanted *q) {
	int64_t age = clock_real() - q->c->auth.time;
	return q->c->auth.way != AUTH_ANONYMOUS && q->c->auth.time &&
	       one(q, str_printf(q->c->arena, "%lld", (long long)(age > 0 ? age : 0)));
}

/* --- of the resource --- */

static bool resource_account(const struct wanted *q) {
	return one(q, q->t ? q->t->bucket->account : q->c->who.account);
}

static bool version_id(const struct wanted *q) {
	return q->t && one(q, q->t->version);
}

static bool existing_tag(const struct wanted *q) {
	const struct object *o = q->t && q->t->seen ? target_object(q->c, q->t) : NULL;
	str name, value, rest = o ? o->tags : (str){ 0 };
	while (pair_next(&rest, &name, &value)) {
		if (str_ieq(name, q->name)) {
			return one(q, value);
		}
	}
	return false;
}

/* --- tags that are sent --- */

/* The next tag of x-amz-tagging; what is wrong with it is told later, by whoever keeps it. */
static bool header_tag(struct arena *a, str *rest, str *name, str *value) {
	str text;
	if (!rest->n) {
		return false;
	}
	str_cut(*rest, '&', &text, rest);
	str_cut(text, '=', name, value);
	*name = url_decode_form(a, *name);
	*value = url_decode_form(a, *value);
	return true;
}

/* The tags of the request as pairs. */
static str sent_tags(const struct wanted *q) {
	struct call *c = q->c;
	struct buf b = { .arena = c->arena };
	str name, value, rest = head_get(&c->x->head, "x-amz-tagging");
	const struct val *set = NULL;
	if (strcmp(c->op->name, "PutObjectTagging") == 0) {
		set = get(get(c->in, "Tagging"), "TagSet");
	} else if (strcmp(c->op->name, "CreateBucket") == 0) {
		set = get(get(c->in, "CreateBucketConfiguration"), "Tags");
	} else {
		while (header_tag(c->arena, &rest, &name, &value)) {
			put_pair(&b, name, value);
		}
	}
	for (const struct val *v = set ? set->first : NULL; v; v = v->next) {
		put_pair(&b, get_str(v, "Key"), get_str(v, "Value"));
	}
	return buf_str(&b);
}

static bool sent_tag(const struct wanted *q) {
	str name, value, rest = sent_tags(q);
	while (pair_next(&rest, &name, &value)) {
		if (str_ieq(name, q->name)) {
			return one(q, value);
		}
	}
	return false;
}

static bool sent_tag_keys(const struct wanted *q) {
	str name, value, rest = sent_tags(q);
	str *all = NEWS(q->c->arena, str, tags_count(rest) + 1);
	*q->out = (struct values){ .v = all, .many = true };
	while (pair_next(&rest, &name, &value)) {
		all[q->out->n++] = name;
	}
	return q->out->n > 0;
}

/* --- a lock that is asked for --- */

static bool lock_mode(const struct wanted *q) {
	return one(q, lock_asked(q->c).mode);
}

static bool lock_hold(const struct wanted *q) {
	return one(q, lock_asked(q->c).hold);
}

static bool lock_end(const struct wanted *q) {
	struct lock l = lock_asked(q->c);
	struct buf b = { .arena = q->c->arena };
	if (!l.mode.p) {
		return false;
	}
	put_time(&b, l.until, TIME_ISO);
	return one(q, buf_str(&b));
}

/* A day that has begun counts. */
static bool lock_days(const struct wanted *q) {
	static const int64_t day = 86400000;
	struct lock l = lock_asked(q->c);
	int64_t left = l.until - clock_now();
	return l.mode.p && one(q, str_printf(q->c->arena, "%lld", (long long)((left + day - 1) / day)));
}

/* --- all of them --- */

static const struct key {
	const char *name; /* with a slash at its end: of several */
	int groups;
	bool (*find)(const struct wanted *q);
	const char *header; /* without find: the header that it is */
} keys[] = {
	{ "s3:prefix", LISTS, prefix, NULL },
	{ "s3:delimiter", LISTS, delimiter, NULL },
	{ "s3:max-keys", LISTS, max_keys, NULL },
	{ "s3:ExistingObjectTag/", ANY, existing_tag, NULL },
	{ "s3:RequestObjectTag/", MAKES | RETAGS, sent_tag, NULL },
	{ "s3:RequestObjectTagKeys", MAKES | RETAGS, sent_tag_keys, NULL },
	{ "aws:RequestTag/", BIRTH, sent_tag, NULL },
	{ "aws:TagKeys", BIRTH, sent_tag_keys, NULL },
	{ "s3:versionid", ANY, version_id, NULL },
	{ "s3:ResourceAccount", ANY, resource_account, NULL },
	{ "s3:authType", ANY, auth_type, NULL },
	{ "s3:TlsVersion", ANY, tls_version, NULL },
	{ "s3:signatureversion", ANY, signature_version, NULL },
	{ "s3:signatureAge", ANY, signature_age, NULL },
	{ "s3:x-amz-content-sha256", ANY, content_sha256, NULL },
	{ "s3:locationconstraint", BIRTH, location, NULL },
	{ "s3:ObjectCreationOperation", MAKES, creation, NULL },
	{ "s3:x-amz-copy-source", MAKES, copy_source, NULL },
	{ "s3:x-amz-acl", MAKES | ACLS | BIRTH, NULL, "x-amz-acl" },
	{ "s3:x-amz-grant-full-control", MAKES | ACLS | BIRTH, NULL, "x-amz-grant-full-control" },
	{ "s3:x-amz-grant-read", MAKES | ACLS | BIRTH, NULL, "x-amz-grant-read" },
	{ "s3:x-amz-grant-read-acp", MAKES | ACLS | BIRTH, NULL, "x-amz-grant-read-acp" },
	{ "s3:x-amz-grant-write", MAKES | ACLS | BIRTH, NULL, "x-amz-grant-write" },
	{ "s3:x-amz-grant-write-acp", MAKES | ACLS | BIRTH, NULL, "x-amz-grant-write-acp" },
	{ "s3:x-amz-object-ownership", BIRTH, NULL, "x-amz-object-ownership" },
	{ "s3:x-amz-bucket-namespace", BIRTH, NULL, "x-amz-bucket-namespace" },
	{ "s3:x-amz-metadata-directive", MAKES, NULL, "x-amz-metadata-directive" },
	{ "s3:x-amz-server-side-encryption", MAKES, NULL, "x-amz-server-side-encryption" },
	{ "s3:x-amz-server-side-encryption-aws-kms-key-id", MAKES, NULL,
	  "x-amz-server-side-encryption-aws-kms-key-id" },
	{ "s3:x-amz-server-side-encryption-customer-algorithm", MAKES, NULL,
	  "x-amz-server-side-encryption-customer-algorithm" },
	{ "s3:x-amz-storage-class", MAKES | ACLS, NULL, "x-amz-storage-class" },
	{ "s3:x-amz-website-redirect-location", MAKES, NULL, "x-amz-website-redirect-location" },
	{ "s3:if-match", MAKES | DELETES, NULL, "if-match" },
	{ "s3:if-none-match", MAKES, NULL, "if-none-match" },
	{ "s3:object-lock-mode", MAKES | LOCKS, lock_mode, NULL },
	{ "s3:object-lock-legal-hold", MAKES | LOCKS, lock_hold, NULL },
	{ "s3:object-lock-retain-until-date", MAKES | LOCKS, lock_end, NULL },
	{ "s3:object-lock-remaining-retention-days", MAKES | LOCKS, lock_days, NULL },
	{ 0 },
};

/* NULL: there is no such key. */
static const struct key *key_find(str key, str *name) {
	for (const struct key *k = keys; k->name; k++) {
		str whole = str_from(k->name);
		bool several = whole.p[whole.n - 1] == '/';
		if (several ? key.n > whole.n && str_ieq((str){ key.p, whole.n }, whole) : str_ieq(key, whole)) {
			*name = str_skip(key, whole.n);
			return k;
		}
	}
	return NULL;
}

bool s3_key(struct call *c, const struct resource *r, str key, struct values *out) {
	bool ours = r->granted == acl_grants; /* else of another room: a role that is passed */
	struct wanted q = { .c = c, .t = ours ? r->subject : NULL, .out = out };
	const struct key *k = key_find(key, &q.name);
	if (!k || !(k->groups & group_of(&q))) {
		return false;
	}
	return k->find ? k->find(&q) : one(&q, head_get(&c->x->head, k->header));
}
