/* A body in more parts than are opened ahead, plain and encrypted, read while its parts go; upload ids. */
#include "s3/body.h"

#include "base/fd.h"
#include "base/tap.h"
#include "core/cloud.h"
#include "s3/cipher.h"
#include "s3/upload.h"

#include <errno.h>
#include <stdlib.h>

enum { PARTS = 3 * BODY_AHEAD + 7, UPLOAD = 5 };

static struct cloud cloud;
static const struct seal *seal; /* what the parts are encrypted under */
static struct arena top;

/* Part n has n % 700 + 1 bytes; one in a hundred is large. */
static size_t size_of(int n) {
	return n % 100 == 99 ? BLOB_SMALL + 500 : (size_t)(n % 700) + 1;
}

static char byte_of(int n, size_t at) {
	return (char)(n * 31 + (int)(at * 7));
}

struct upload_parts {
	struct part all[PARTS];
	struct blob_writer *blobs[PARTS];
};

static int keep_parts(struct db *db, void *arg) {
	const struct upload_parts *u = arg;
	for (int n = 0; n < PARTS; n++) {
		part_put(db, &u->all[n]);
	}
	return db_error(db);
}

static int forget_parts(struct db *db, void *arg) {
	(void)arg;
	parts_forget(db, UPLOAD);
	return db_error(db);
}

static void write_part(struct arena *a, struct upload_parts *u, int n, int64_t start) {
	struct blob_writer *w = blob_begin(cloud.store, a);
	size_t size = size_of(n);
	char *p = arena_alloc(a, size);
	for (size_t i = 0; i < size; i++) {
		p[i] = byte_of(n, i);
	}
	struct encryption *e = seal ? encrypt_begin(a, seal, w) : NULL;
	if ((e ? encrypt_append(e, p, size) || encrypt_finish(e) : blob_append(w, p, size)) || blob_finish(w)) {
		tap_check(false, __FILE__, __LINE__, "a part is written");
	}
	u->blobs[n] = w;
	u->all[n] = (struct part){ .upload = UPLOAD,
				   .number = n + 1,
				   .size = (int64_t)size,
				   .start = start,
				   .md5 = S("0"),
				   .sum.kind = -1,
				   .blob = blob_id(w) };
}

static void write_parts(struct object *o, int64_t *middle) {
	AUTO_ARENA a = { 0 };
	struct upload_parts *u = NEW(&a, struct upload_parts);
	for (int n = 0; n < PARTS; n++) {
		*middle = n == 50 ? o->size : *middle;
		write_part(&a, u, n, o->size);
		o->size += (int64_t)size_of(n);
	}
	struct work work = { .run = keep_parts, .arg = u, .blobs = u->blobs, .n_blobs = PARTS };
	CHECK_INT(store_write(cloud.store, &work), 0);
}

struct reading {
	int n; /* part */
	size_t at; /* in it */
	int64_t seen, forget_at;
	bool same;
};

static int take(void *arg, const void *p, size_t n) {
	struct reading *r = arg;
	const char *bytes = p;
	for (size_t i = 0; i < n; i++) {
		r->same &= bytes[i] == byte_of(r->n, r->at);
		if (++r->at == size_of(r->n)) {
			r->n++;
			r->at = 0;
		}
	}
	r->seen += (int64_t)n;
	if (r->forget_at && r->seen >= r->forget_at) {
		struct work work = { .run = forget_parts };
		r->forget_at = 0;
		CHECK_INT(store_write(cloud.store, &work), 0);
	}
	return 0;
}

static struct call *call_new(struct arena *a) {
	struct call *c = NEW(a, struct call);
	c->arena = a;
	c->cloud = &cloud;
	return c;
}

static void read_range(const struct object *o, struct reading r, int64_t at, int64_t n) {
	AUTO_ARENA a = { 0 };
	struct call *c = call_new(&a);
	struct body *body;
	r.same = true;
	CHECK_INT(body_find(c, o, at, n, &body), 0);
	call_db_done(c);
	CHECK_INT(body_read(c, body, take, &r), 0);
	CHECK(r.same && r.seen == n);
}

static void parts_test(void) {
	struct object o = { .upload = UPLOAD, .parts = PARTS, .seal = seal };
	int64_t middle = 0;
	write_parts(&o, &middle);
	read_range(&o, (struct reading){ 0 }, 0, o.size);
	read_range(&o, (struct reading){ .n = 50, .at = 3 }, middle + 3, 1);
	read_range(&o, (struct reading){ .n = 50, .at = 3 }, middle + 3, 5000);
	read_range(&o, (struct reading){ 0 }, 0, 0);
	{
		AUTO_ARENA a = { 0 }; /* given up half-way: nothing stays open */
		struct body *body;
		struct piece piece;
		CHECK_INT(body_find(call_new(&a), &o, 0, o.size, &body), 0);
		CHECK_INT(body_next(body, &piece), 1);
		CHECK(piece.n == 1);
		if (piece.close_fd) {
			close(piece.fd);
		}
	}
	read_range(&o, (struct reading){ .forget_at = 1000 }, 0, o.size);
	AUTO_ARENA a = { 0 };
	struct body *body;
	CHECK_INT(body_find(call_new(&a), &o, 0, o.size, &body), -EIO);
}

struct making {
	struct arena *a;
	struct upload u;
};

static int make_upload(struct db *db, void *arg) {
	struct making *m = arg;
	upload_insert(db, m->a, &m->u);
	return db_error(db);
}

static void ids_test(void) {
	AUTO_ARENA a = { 0 };
	struct making m = { &a,
			    { .bucket = 3,
			      .key = S("k"),
			      .initiated = 1795412791860,
			      .storage_class = S("STANDARD"),
			      .account = S("123456789012"),
			      .sum_kind = -1 } };
	struct work work = { .run = make_upload, .arg = &m };
	int64_t initiated, id;
	CHECK_INT(store_write(cloud.store, &work), 0);
	str text = m.u.upload_id;
	CHECK(upload_id_read(text, 3, S("k"), &initiated, &id) && id == m.u.id && initiated == m.u.initiated);
	CHECK(!upload_id_read(text, 4, S("k"), &initiated, &id) && !upload_id_read(text, 3, S("kk"), &initiated, &id));
	for (size_t i = 0; i < text.n; i++) {
		char *other = str_z(&a, str_dup(&a, text));
		other[i] = other[i] == '0' ? '1' : '0';
		if (upload_id_read((str){ other, text.n }, 3, S("k"), &initiated, &id)) {
			tap_check(false, __FILE__, __LINE__, "a changed id is none");
		}
	}
	struct db *db = store_reader(cloud.store);
	struct upload found = { .bucket = 3, .key = S("k"), .upload_id = text };
	CHECK(upload_find(db, &a, &found) && found.sum_kind == -1 && str_is(found.storage_class, "STANDARD"));
	found = (struct upload){ .bucket = 3, .key = S("k"), .upload_id = (str){ text.p, text.n - 1 } };
	CHECK(!upload_find(db, &a, &found));
	store_reader_done(cloud.store, db);
}

int main(void) {
	char dir[] = "/tmp/aerostat-body-XXXXXX";
	char tidy[64];
	str why;
	if (!mkdtemp(dir) || store_open(&top, &cloud.store, dir, s3_tables, &why)) {
		return 1;
	}
	parts_test();
	seal = &cloud.seal;
	parts_test();
	ids_test();
	struct fsck found = { 0 };
	CHECK_INT(store_fsck(cloud.store, &found, NULL, NULL), 0);
	CHECK_INT(found.missing + found.torn + found.unowned, 0);
	store_close(cloud.store);
	arena_free(&top);
	snprintf(tidy, sizeof(tidy), "rm -rf %s", dir);
	CHECK_INT(system(tidy), 0);
	return tap_done();
}
