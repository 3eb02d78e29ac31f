#include "s3/post.h"

#include "s3/listing.h"
#include "s3/object.h"
#include "s3/post_policy.h"
#include "s3/routes.h"

#include <errno.h>

static const struct fault malformed_post = { "MalformedPOSTRequest", 400 };
static const struct fault fields_too_large = { "MaxPostPreDataLengthExceededError", 400 };
static const struct fault incomplete_body = { "IncompleteBody", 400 };
static const struct fault request_timeout = { "RequestTimeout", 400 };

struct upload_form {
	struct form form;
	str bucket;
};

static bool post_object(struct call *c);

static const struct route form_route = { "PutObject", post_object, NULL, on_object, TIER1 };

/* "/bucket" or "/bucket/", nothing behind it. */
static str bucket_of(const struct call *c) {
	str name, rest;
	str_cut(str_skip(c->path, 1), '/', &name, &rest);
	return rest.n ? (str){ 0 } : name;
}

bool post_is(const struct call *c) {
	const struct head *h = &c->x->head;
	return str_is(h->method, "POST") && !h->query.n && bucket_of(c).n;
}

/* --- reading it --- */

static const struct fault *fault_for(int rc, const char **sentence) {
	switch (rc) {
	case -E2BIG:
		*sentence = "Your POST request fields preceding the upload file were too large.";
		return &fields_too_large;
	case -EPROTO:
		*sentence = "The body of your POST request is not well-formed multipart/form-data.";
		return &malformed_post;
	case -ETIMEDOUT:
		*sentence = "Your socket connection to the server was not read from or written to within the timeout "
			    "period. Idle connections will be closed.";
		return &request_timeout;
	default: *sentence = "The request body terminated unexpectedly"; return &incomplete_body;
	}
}

static ssize_t pull_file(struct payload *p, void *to, size_t n) {
	struct upload_form *u = p->pull_arg;
	ssize_t got = form_read_file(&u->form, to, n);
	const char *sentence;
	if (got >= 0) {
		return got;
	}
	p->refusal.fault = fault_for((int)got, &sentence);
	p->refusal.message = str_from(sentence);
	return -1;
}

static bool not_a_form(struct call *c) {
	fail(c, &precondition_failed, "At least one of the pre-conditions you specified did not hold");
	fail_detail(c, "Condition", S("Bucket POST must be of the enclosure-type multipart/form-data"));
	return false;
}

static bool read_form(struct call *c, struct upload_form *u) {
	const char *sentence;
	if (!form_open(c->arena, &u->form, c->x, head_get(&c->x->head, "content-type"))) {
		return not_a_form(c);
	}
	int rc = form_read_fields(c->arena, &u->form);
	if (rc) {
		const struct fault *f = fault_for(rc, &sentence);
		return fail(c, f, "%s", sentence);
	}
	if (!form_get(&u->form, "key").n) {
		return fail_argument(
			c, "key", S(""),
			"Bucket POST must contain a field named 'key'.  If it is specified, please check the "
			"order of the fields.");
	}
	return u->form.has_file
		       ? true
		       : fail_argument(c, "file", S("0"), "POST requires exactly one file upload per request.");
}

/* --- the head that it stands for --- */

static str with_file_name(struct arena *a, str key, str file_name) {
	static const str variable = { "${filename}", 11 };
	struct buf b = { .arena = a };
	size_t at;
	while (str_find(key, variable, &at)) {
		put(&b, (str){ key.p, at });
		put(&b, file_name);
		key = str_skip(key, at + variable.n);
	}
	put(&b, key);
	return buf_str(&b);
}

/* The key with its file name; the bucket, which is a field as far as the policy goes. */
static bool complete_fields(struct call *c, struct upload_form *u) {
	struct form *f = &u->form;
	for (size_t i = 0; i < f->n_fields; i++) {
		if (str_is(f->fields[i].name, "key")) {
			f->fields[i].value = with_file_name(c->arena, f->fields[i].value, f->file_name);
		}
	}
	str named = form_get(f, "bucket");
	if (named.p) {
		return str_eq(named, u->bucket) ? true
						: fail_argument(c, "bucket", named,
								"The field bucket names another bucket than the URL.");
	}
	if (f->n_fields == FORM_FIELDS) {
		const char *sentence;
		const struct fault *fault = fault_for(-E2BIG, &sentence);
		return fail(c, fault, "%s", sentence);
	}
	f->fields[f->n_fields++] = (struct form_field){ S("bucket"), u->bucket };
	return true;
}

static bool is_header(str name) {
	static const char *const names[] = { "cache-control",    "content-type", "content-disposition",
					     "content-encoding", "expires",      "content-language",
					     "content-md5",      "if-match",     "if-none-match" };
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (str_is(name, names[i])) {
			return true;
		}
	}
	return str_starts(name, S("x-amz-"));
}

static bool is_line(str value) {
	for (size_t i = 0; i < value.n; i++) {
		if ((unsigned char)value.p[i] < 0x20 && value.p[i] != '\t') {
			return false;
		}
	}
	return true;
}

static bool stays(str name) {
	return str_ieq(name, S("host")) || str_ieq(name, S("origin")) || str_ieq(name, S("referer")) ||
	       str_ieq(name, S("user-agent"));
}

/* The XML of the field "tagging" as the header that PutObject has for it. */
static bool tagging_header(struct call *c, str document, str *out) {
	const struct op *op = op_find(c->service, "PutObjectTagging", sizeof("PutObjectTagging") - 1);
	struct val *v = val_new(c->arena, shape_member(op->in, str_from(op->in->payload))->shape);
	struct buf b = { .arena = c->arena };
	if (!xml_read(c->arena, v, document)) {
		return fail(
			c, &malformed_xml,
			"The XML you provided was not well-formed or did not validate against our published schema");
	}
	const struct val *set = get(v, "TagSet");
	for (const struct val *t = set ? set->first : NULL; t; t = t->next) {
		putz(&b, b.n ? "&" : "");
		put_url(&b, get_str(t, "Key"), false);
		put_byte(&b, '=');
		put_url(&b, get_str(t, "Value"), false);
	}
	*out = buf_str(&b);
	return true;
}

static bool header_of(struct call *c, const struct form_field *f, struct header *out) {
	*out = (struct header){ f->name, f->value };
	if (str_is(f->name, "acl")) {
		out->name = S("x-amz-acl");
	} else if (str_is(f->name, "tagging")) {
		out->name = S("x-amz-tagging");
		return tagging_header(c, f->value, &out->value);
	} else if (!is_header(f->name)) {
		out->name = (str){ 0 };
	}
	return !out->name.p || is_line(f->value) ? true
						 : fail_argument(c, str_z(c->arena, f->name), f->value,
								 "A field that stands for a header may have no control "
								 "characters.");
}

static bool make_head(struct call *c, const struct upload_form *u) {
	struct head *h = &c->x->head;
	struct header *all = NEWS(c->arena, struct header, h->n + u->form.n_fields + 1);
	size_t n = 0;
	for (size_t i = 0; i < h->n; i++) {
		if (stays(h->headers[i].name)) {
			all[n++] = h->headers[i];
		}
	}
	for (size_t i = 0; i < u->form.n_fields; i++) {
		if (!header_of(c, &u->form.fields[i], &all[n])) {
			return false;
		}
		n += all[n].name.p != NULL;
	}
	h->headers = all;
	h->n = n;
	return true;
}

static void make_path(struct call *c, const struct upload_form *u) {
	struct buf b = { .arena = c->arena };
	put_byte(&b, '/');
	put(&b, u->bucket);
	put_byte(&b, '/');
	put_url(&b, form_get(&u->form, "key"), true);
	c->path = buf_str(&b);
}

bool post_begin(struct call *c) {
	struct upload_form *u = NEW(c->arena, struct upload_form);
	const struct form *f = &u->form;
	u->bucket = bucket_of(c);
	if (!read_form(c, u) || !complete_fields(c, u)) {
		return false;
	}
	struct post_signature s = { .policy = form_get(f, "policy"),
				    .token = form_get(f, "x-amz-security-token"),
				    .algorithm = form_get(f, "x-amz-algorithm"),
				    .credential = form_get(f, "x-amz-credential"),
				    .date = form_get(f, "x-amz-date"),
				    .signature = form_get(f, "x-amz-signature"),
				    .v2_key = form_get(f, "awsaccesskeyid"),
				    .v2_signature = form_get(f, "signature") };
	if (!auth_parse_post(c->arena, &s, &c->auth, &c->refusal) || !make_head(c, u)) {
		return false;
	}
	make_path(c, u);
	payload_from(c->arena, &c->payload, pull_file, u);
	c->op = op_find(c->service, "PutObject", sizeof("PutObject") - 1);
	c->route = &form_route;
	return true;
}

/* --- the upload and its answer --- */

static void put_query(struct buf *b, const char *name, str value) {
	putf(b, "%s=", name);
	put_url(b, value, false);
}

static bool redirected(struct call *c, const struct form *f, const struct object *o) {
	str to = form_get(f, "success_action_redirect");
	struct buf b = { .arena = c->arena };
	size_t at;
	to = to.n ? to : form_get(f, "redirect");
	if (!is_line(to) || !(str_starts(to, S("http://")) || str_starts(to, S("https://")))) {
		return false;
	}
	put(&b, to);
	putz(&b, str_find(to, S("?"), &at) ? "&" : "?");
	put_query(&b, "bucket", call_bucket(c)->name);
	put_query(&b, "&key", o->key);
	put_query(&b, "&etag", etag_quoted(c->arena, o->etag));
	c->status = 303;
	putf(&c->headers, "Location: " STR_FMT "\r\n", STR_ARG(buf_str(&b)));
	return true;
}

static str response(struct call *c, const struct object *o, str location) {
	struct buf b = { .arena = c->arena };
	putz(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>");
	put_xml(&b, location);
	putz(&b, "</Location><Bucket>");
	put_xml(&b, call_bucket(c)->name);
	putz(&b, "</Bucket><Key>");
	put_xml(&b, o->key);
	putz(&b, "</Key><ETag>");
	put_xml(&b, etag_quoted(c->arena, o->etag));
	putz(&b, "</ETag></PostResponse>");
	return buf_str(&b);
}

static void answer(struct call *c, const struct form *f, const struct object *o) {
	str status = form_get(f, "success_action_status"), location = object_location(c);
	c->raw = true;
	c->raw_body = S("");
	if (redirected(c, f, o)) {
		return;
	}
	c->status = str_is(status, "200") ? 200 : str_is(status, "201") ? 201 : 204;
	putf(&c->headers, "Location: " STR_FMT "\r\n", STR_ARG(location));
	if (c->status == 201) {
		putz(&c->headers, "Content-Type: application/xml\r\n");
		c->raw_body = response(c, o, location);
	}
}

static bool post_object(struct call *c) {
	const struct upload_form *u = c->payload.pull_arg;
	struct post_limits limits = { 0, object_max };
	struct object o;
	if (c->auth.policy.p && !post_policy_holds(c, c->auth.policy, &u->form, &limits)) {
		return false;
	}
	if (!object_put(c, &o, limits.min, limits.max)) {
		return false;
	}
	answer(c, &u->form, &o);
	return true;
}
