#include "core/decision_inside.h"

#include "base/fd.h"
#include "base/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

struct seen {
	size_t n;
	str first, last;
	struct arena *arena;
};

static bool see(void *arg, const struct decision *d) {
	struct seen *s = arg;
	s->last = str_dup(s->arena, d->request_id);
	s->first = s->n++ ? s->first : s->last;
	return true;
}

static struct seen look(struct arena *a) {
	struct seen s = { .arena = a };
	decision_each(see, &s);
	return s;
}

static void add(struct arena *a, int i) {
	decision_record(&(struct decision){ .request_id = str_printf(a, "R%d", i),
					    .operation = S("GetObject"),
					    .principal = S("arn:aws:iam::123456789012:user/alice"),
					    .action = S("s3:GetObject"),
					    .resource = S("arn:aws:s3:::b/k"),
					    .policy = S("p"),
					    .sid = S("Read"),
					    .statement = 1,
					    .layer = LAYER_IDENTITY,
					    .allowed = true });
}

static void test_keys(void) {
	struct decision_keys k;
	const str two[] = { S("a"), S("") };
	str rest, key, value;
	k.n = 0;
	decision_add_key(&k, S("aws:TagKeys"), &(struct values){ two, 2, true });
	decision_add_key(&k, S("s3:prefix"), NULL);
	decision_add_key(&k, S("aws:Set"), &(struct values){ NULL, 0, true });
	for (int i = 0; i < 100; i++) {
		decision_add_key(&k, S("a:key"), &(struct values){ two, 1, false });
	}
	CHECK(k.n <= sizeof(k.p));
	rest = (str){ k.p, k.n };
	CHECK(decision_key(&rest, &key, &value) && str_is(key, "aws:TagKeys") && str_is(value, "a"));
	CHECK(decision_key(&rest, &key, &value) && str_is(key, "aws:TagKeys") && value.p && !value.n);
	CHECK(decision_key(&rest, &key, &value) && str_is(key, "s3:prefix") && !value.p);
	CHECK(decision_key(&rest, &key, &value) && str_is(key, "aws:Set") && value.p && !value.n);
	rest = (str){ k.p, 3 }; /* cut */
	CHECK(!decision_key(&rest, &key, &value));
}

static bool keep(void *arg, const struct decision *d) {
	struct buf *b = arg;
	b->n = 0;
	decision_write(b, d);
	put_byte(b, '\n');
	decision_tell(b, d);
	return true;
}

static void test_long(struct arena *a) {
	struct buf b = { .arena = a };
	char *key = arena_alloc(a, 5000);
	size_t at;
	memset(key, 'k', 5000);
	decision_record(&(struct decision){ .request_id = S("LONG"),
					    .action = S("s3:GetObject"),
					    .resource = { key, 5000 },
					    .keys = { key, 5000 },
					    .statement = -1,
					    .layer = LAYER_IDENTITY });
	decision_each(keep, &b);
	CHECK(b.n > 900 && b.n < 3000);
	CHECK(str_find(buf_str(&b), S("\"requestId\":\"LONG\""), &at));
	CHECK(str_find(buf_str(&b), S("\"principal\":\"anonymous\""), &at));
	CHECK(str_find(buf_str(&b), S("k...: no identity policy allows it.\n"), &at));
}

/* What is told is UTF-8, whatever a header holds, and wherever it is cut. */
static void test_text(struct arena *a) {
	struct buf b = { .arena = a };
	struct decision_keys k;
	struct buf accents = { .arena = a };
	putz(&accents, "x");
	for (int i = 0; i < 600; i++) {
		putz(&accents, "\xc3\xa9");
	}
	const str values[] = { S("caf\xe9"), buf_str(&accents) };
	k.n = 0;
	decision_add_key(&k, S("aws:UserAgent"), &(struct values){ values, 2, true });
	decision_record(&(struct decision){ .request_id = S("TEXT"),
					    .action = S("s3:GetObject"),
					    .resource = buf_str(&accents),
					    .keys = { k.p, k.n },
					    .statement = -1 });
	decision_each(keep, &b);
	CHECK(str_utf8(buf_str(&b)));
	decision_record(&(struct decision){ .request_id = S("TEXT"), .keys = { k.p, k.n }, .statement = -1 });
	decision_each(keep, &b);
	size_t at;
	CHECK(str_utf8(buf_str(&b)));
	CHECK(str_find(buf_str(&b), S("\"aws:UserAgent\":[\"caf?\",\"x\xc3\xa9"), &at));
}

static void test_ring(struct arena *a) {
	for (int i = 1; i <= DECISIONS_KEPT + 100; i++) {
		struct arena_mark m = arena_mark(a);
		add(a, i);
		arena_reset(a, m);
	}
	struct seen s = look(a);
	CHECK_INT(s.n, DECISIONS_KEPT);
	CHECK_STR(s.first, S("R101"));
	CHECK_STR(s.last, str_printf(a, "R%d", DECISIONS_KEPT + 100));
}

/* The ring is the process's: what a file brings in is what is newer than what is there. */
static void test_file(struct arena *a, const char *path) {
	struct stat st;
	decision_open(path);
	decision_flush();
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_size, (DECISIONS_KEPT + 1) * SLOT_SIZE);
	CHECK_INT(st.st_mode & 0777, 0600);
	add(a, 1);
	decision_close();
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_size, (DECISIONS_KEPT + 1) * SLOT_SIZE);
}

static void write_at(const char *path, off_t at, str bytes) {
	AUTO_CLOSE fd = open(path, O_WRONLY | O_CREAT, 0600);
	CHECK_INT(pwrite_all(fd, bytes.p, bytes.n, at), 0);
}

static void test_foreign(struct arena *a, const char *path) {
	struct seen before = look(a);
	write_at(path, 0, S("something else"));
	decision_open(path);
	decision_close();
	struct seen after = look(a);
	CHECK_INT(after.n, before.n);
	CHECK_STR(after.last, before.last);
	write_at(path, SLOT_SIZE + 100, S("torn"));
	decision_open(path);
	decision_close();
	CHECK_INT(look(a).n, before.n);
	decision_open("/nowhere/decisions");
	add(a, 2);
	decision_close();
	CHECK_STR(look(a).last, S("R2"));
}

int main(void) {
	AUTO_ARENA a = { 0 };
	char dir[] = "/tmp/decision_test.XXXXXX";
	CHECK(mkdtemp(dir) != NULL);
	const char *path = str_printf(&a, "%s/decisions", dir).p;
	test_keys();
	test_long(&a);
	test_text(&a);
	test_ring(&a);
	test_file(&a, path);
	test_foreign(&a, path);
	unlink(path);
	rmdir(dir);
	return tap_done();
}
