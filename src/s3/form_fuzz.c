#include "s3/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct source {
	str left;
	size_t step;
} source;

ssize_t exchange_read(struct exchange *x, void *p, size_t n) {
	size_t got = n < source.left.n ? n : source.left.n;
	got = got < source.step ? got : source.step;
	(void)x;
	if (got) {
		memcpy(p, source.left.p, got);
		source.left = str_skip(source.left, got);
	}
	return (ssize_t)got;
}

/* The fields, and the file or why it has none, as one text. */
static str content(struct arena *a, str type, size_t step) {
	struct form *f = NEW(a, struct form);
	struct exchange x = { .arena = a };
	struct buf b = { .arena = a };
	ssize_t n;
	if (!form_open(a, f, &x, type)) {
		return S("no form");
	}
	int rc = form_read_fields(a, f);
	for (size_t i = 0; i < f->n_fields; i++) {
		put(&b, f->fields[i].name);
		put_byte(&b, '=');
		put(&b, f->fields[i].value);
	}
	if (rc || !f->has_file) {
		putf(&b, " %d", rc);
		return buf_str(&b);
	}
	put(&b, f->file_name);
	while ((n = form_read_file(f, buf_room(&b, step), step)) > 0) {
		b.n += (size_t)n;
	}
	putf(&b, " %d", (int)n);
	return buf_str(&b);
}

/* The first line is the type, the rest the body. However that is cut into reads, the same comes out. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	AUTO_ARENA a = { 0 };
	str type, body;
	if (size < 2) {
		return 0;
	}
	str_cut((str){ (const char *)data + 2, size - 2 }, '\n', &type, &body);
	source = (struct source){ body, 100000 };
	str whole = content(&a, type, 5000);
	source = (struct source){ body, 1u + data[0] % 9 };
	str cut = content(&a, type, 1u + data[1] % 50);
	if (!str_eq(whole, cut)) {
		__builtin_trap();
	}
	return 0;
}
