#include "s3/sse.h"

#include "base/rand.h"
#include "core/cloud.h"
#include "s3/config.h"
#include "s3/customer.h"
#include "s3/kms.h"
#include "s3/listing.h"

#define HOW "x-amz-server-side-encryption"
#define KMS_KEY HOW "-aws-kms-key-id"
#define BUCKET_KEY HOW "-bucket-key-enabled"
#define CONTEXT HOW "-context"

/* Not of a request: how the body lies on the disk, and what is known of a customer's key. */
#define SEALED "sealed"
#define CHECK "sse-c"

static const char *const all[] = { HOW, KMS_KEY, BUCKET_KEY, CONTEXT, SEALED, CHECK };

static str header(const struct call *c, const char *name) {
	return head_get(&c->x->head, name);
}

static bool is_kms(str how) {
	return str_is(how, "aws:kms") || str_is(how, "aws:kms:dsse");
}

/* --- what is asked for --- */

static bool bad_argument(struct call *c, const char *name, str value, const char *sentence) {
	return fail_argument(c, name, value, sentence);
}

/* The bucket's rule; NULL: it has the default that all have. */
static const struct val *default_rule(struct call *c) {
	const struct val *v = config_value(c, call_db(c), "encryption", "GetBucketEncryption");
	const struct val *rules = get(v, "Rules");
	return rules ? rules->first : NULL;
}

static bool blocked(const struct val *rule) {
	const struct val *types = get(get(rule, "BlockedEncryptionTypes"), "EncryptionType");
	for (const struct val *t = types ? types->first : NULL; t; t = t->next) {
		if (str_is(t->s, "SSE-C")) {
			return true;
		}
	}
	return false;
}

static bool context_ok(struct call *c, str context) {
	str text;
	bool ok = !context.p || (base64_decode(c->arena, context, &text) && str_utf8(text) &&
				 str_starts(str_trim(text), S("{")) && str_ends(str_trim(text), S("}")));
	return ok ? true
		  : bad_argument(
			    c, CONTEXT, context,
			    "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string "
			    "holding JSON which represents a string-string map");
}

static bool flag_of_header(struct call *c, str text, bool *out) {
	*out = str_ieq(text, S("true"));
	return *out || !text.p || str_ieq(text, S("false"))
		       ? true
		       : bad_argument(c, BUCKET_KEY, text, "The value of this header must be true or false.");
}

/* SSE-S3 and SSE-KMS by the request's own headers. */
static bool by_headers(struct call *c, const struct val *rule, struct sse *out) {
	str key = header(c, KMS_KEY), flag = header(c, BUCKET_KEY);
	out->how = header(c, HOW);
	out->context = header(c, CONTEXT);
	if (!is_kms(out->how)) {
		if (!str_is(out->how, "AES256")) {
			return bad_argument(c, HOW, out->how, "The encryption method specified is not supported");
		}
		return key.p ? bad_argument(c, HOW, out->how,
					    "Server Side Encryption with AWS KMS managed key requires HTTP header "
					    "x-amz-server-side-encryption : aws:kms")
			     : true;
	}
	out->bucket_key = get_int(rule, "BucketKeyEnabled", 0) != 0;
	return (!flag.p || flag_of_header(c, flag, &out->bucket_key)) && context_ok(c, out->context) &&
	       kms_key(c, key, &out->key);
}

/* What nobody has asked for is said, as AWS says it of every object, but not done: it would take sendfile away from all
 * that is read, six times the work for a large object. */
static bool by_default(struct call *c, const struct val *rule, struct sse *out) {
	const struct val *how = get(rule, "ApplyServerSideEncryptionByDefault");
	if (header(c, KMS_KEY).p) {
		return bad_argument(c, HOW, (str){ 0 },
				    "Server Side Encryption with AWS KMS managed key requires HTTP header "
				    "x-amz-server-side-encryption : aws:kms");
	}
	out->how = how ? get_str(how, "SSEAlgorithm") : S("AES256");
	out->seal = how ? out->seal : NULL;
	out->bucket_key = is_kms(out->how) && get_int(rule, "BucketKeyEnabled", 0) != 0;
	return !is_kms(out->how) || kms_key(c, get_str(how, "KMSMasterKeyID"), &out->key);
}

static bool by_customer(struct call *c, const struct val *rule, struct sse *out) {
	struct seal *seal = NEW(c->arena, struct seal);
	str how = header(c, HOW);
	if (how.p) {
		return bad_argument(c, HOW, how,
				    "Server Side Encryption with Customer provided key is incompatible with the "
				    "encryption method specified");
	}
	if (!customer_key(c, &customer_headers, seal)) {
		return false;
	}
	if (blocked(rule)) {
		return fail(
			c, &access_denied,
			"User: " STR_FMT " is not authorized to perform: s3:PutObject on resource: \"" STR_FMT
			"\" because this bucket has blocked upload requests that specify Server Side Encryption with "
			"Customer provided keys (SSE-C). Please specify a different server-side encryption type",
			STR_ARG(c->who.arn), STR_ARG(c->resource.arn));
	}
	out->seal = seal;
	out->check = customer_check(c->arena, seal);
	return true;
}

bool sse_of_input(struct call *c, struct sse *out) {
	const struct val *rule = default_rule(c);
	*out = (struct sse){ .how = { 0 } };
	if (customer_sent(c, &customer_headers)) {
		return by_customer(c, rule, out);
	}
	out->seal = &c->cloud->seal;
	return header(c, HOW).p ? by_headers(c, rule, out) : by_default(c, rule, out);
}

/* --- what is kept --- */

static void put_some(struct buf *b, const char *name, str value) {
	if (value.p) {
		put_pair(b, str_from(name), value);
	}
}

str sse_keep(struct arena *a, str meta, const struct sse *sse) {
	struct buf b = { .arena = a };
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		meta = pairs_with(a, meta, str_from(all[i]), (str){ 0 });
	}
	put(&b, meta);
	put_some(&b, HOW, sse->how);
	put_some(&b, KMS_KEY, sse->key);
	put_some(&b, CONTEXT, sse->context);
	put_some(&b, BUCKET_KEY, sse->bucket_key ? S("true") : (str){ 0 });
	put_some(&b, CHECK, sse->check);
	put_some(&b, SEALED, sse->seal ? S("1") : (str){ 0 });
	return buf_str(&b);
}

bool sse_sealed(str meta) {
	return meta_get(meta, SEALED).p != NULL;
}

void sse_apply(const struct sse *sse, struct checksum *sum) {
	sum->seal = sse->seal;
	sum->opaque = !sse->how.p || is_kms(sse->how);
}

/* --- reading --- */

/* The keeper of what was kept; a customer's key is judged by the caller. */
static const struct seal *seal_of(const struct call *c, str meta) {
	return sse_sealed(meta) ? &c->cloud->seal : NULL;
}

static bool not_applicable(struct call *c) {
	return fail(c, &invalid_request, "The encryption parameters are not applicable to this object.");
}

static bool open_with(struct call *c, const struct customer_headers *h, struct object *o) {
	str check = meta_get(o->meta, CHECK);
	struct seal *seal = NEW(c->arena, struct seal);
	bool sent = customer_sent(c, h);
	o->seal = seal_of(c, o->meta);
	if (!check.p) {
		return sent ? not_applicable(c) : true;
	}
	if (!sent) {
		return fail(c, &invalid_request,
			    "The object was stored using a form of Server Side Encryption. The correct parameters must "
			    "be provided to retrieve the object.");
	}
	if (!customer_key(c, h, seal)) {
		return false;
	}
	o->seal = seal;
	return customer_matches(c->arena, check, seal)
		       ? true
		       : fail(c, &access_denied,
			      "Requests specifying Server Side Encryption with Customer provided keys must provide the "
			      "correct secret key.");
}

bool sse_open(struct call *c, struct object *o) {
	str how = header(c, HOW);
	if (how.p) {
		return bad_argument(c, HOW, how,
				    "x-amz-server-side-encryption header is not supported for this operation.");
	}
	return open_with(c, &customer_headers, o);
}

bool sse_open_source(struct call *c, struct object *o) {
	return open_with(c, &customer_source_headers, o);
}

bool sse_of_upload(struct call *c, str meta, struct sse *out) {
	str check = meta_get(meta, CHECK);
	struct seal *seal = NEW(c->arena, struct seal);
	bool sent = customer_sent(c, &customer_headers);
	*out = (struct sse){ .how = meta_get(meta, HOW), .seal = seal_of(c, meta) };
	if (sent != (check.p != NULL)) {
		return fail(c, &invalid_request,
			    "The multipart upload initiate requested encryption. Subsequent part requests must include "
			    "the appropriate encryption parameters.");
	}
	if (!sent) {
		return true;
	}
	if (!customer_key(c, &customer_headers, seal)) {
		return false;
	}
	out->seal = seal;
	return customer_matches(c->arena, check, seal)
		       ? true
		       : fail(c, &invalid_request,
			      "The provided encryption parameters did not match the ones used originally.");
}

/* --- showing --- */

static void show(struct call *c, const char *member, str value) {
	if (value.p && shape_member(c->out->shape, str_from(member))) {
		set_str(c->arena, c->out, member, value);
	}
}

void sse_show(struct call *c, str meta) {
	show(c, "ServerSideEncryption", meta_get(meta, HOW));
	show(c, "SSEKMSKeyId", meta_get(meta, KMS_KEY));
	if (c->op->in && shape_member(c->op->in, S("SSEKMSEncryptionContext"))) {
		show(c, "SSEKMSEncryptionContext", meta_get(meta, CONTEXT));
	}
	if (meta_get(meta, BUCKET_KEY).p && shape_member(c->out->shape, S("BucketKeyEnabled"))) {
		set_int(c->arena, c->out, "BucketKeyEnabled", true);
	}
	if (meta_get(meta, CHECK).p && customer_sent(c, &customer_headers)) {
		show(c, "SSECustomerAlgorithm", S("AES256"));
		show(c, "SSECustomerKeyMD5", customer_md5(c, &customer_headers));
	}
}
