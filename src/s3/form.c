#include "s3/form.h"

#include <errno.h>

enum { WINDOW = 64 * 1024, LINE_MAX_BYTES = 8 * 1024, BOUNDARY_MAX = 200 };

/* --- a parameter of a header: name="value" or name=value --- */

static size_t value_length(str s, bool *quoted) {
	*quoted = s.n && s.p[0] == '"';
	size_t i = *quoted;
	for (; i < s.n; i++) {
		bool escaped = s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == '"';
		if (*quoted && escaped) {
			i++;
		} else if (s.p[i] == (*quoted ? '"' : ';')) {
			break;
		}
	}
	return i;
}

/* Old browsers send the backslashes of a path as they are: only one before a quote stands for nothing. */
static str unescape(struct arena *a, str s) {
	struct buf b = { .arena = a };
	for (size_t i = 0; i < s.n; i++) {
		bool escape = s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == '"';
		if (!escape) {
			put_byte(&b, s.p[i]);
		}
	}
	return buf_str(&b);
}

static str parameter(struct arena *a, str header, const char *name) {
	str key, rest, ignored;
	bool quoted;
	str_cut(header, ';', &ignored, &rest);
	while (str_cut(rest, '=', &key, &rest)) {
		rest = str_trim(rest);
		size_t n = value_length(rest, &quoted);
		str value = { rest.p + quoted, n - quoted };
		if (str_ieq(str_trim(key), str_from(name))) {
			return quoted ? unescape(a, value) : str_trim(value);
		}
		str_cut(str_skip(rest, n < rest.n ? n : rest.n), ';', &ignored, &rest);
	}
	return (str){ 0 };
}

/* --- the window --- */

bool form_open(struct arena *a, struct form *f, struct exchange *x, str content_type) {
	str type, rest, boundary = parameter(a, content_type, "boundary");
	str_cut(content_type, ';', &type, &rest);
	if (!str_ieq(str_trim(type), S("multipart/form-data")) || !boundary.n || boundary.n > BOUNDARY_MAX) {
		return false;
	}
	f->x = x;
	f->delimiter = str_printf(a, "\r\n--" STR_FMT, STR_ARG(boundary));
	f->window = arena_raw(a, WINDOW);
	/* The first delimiter may stand at the very beginning. */
	memcpy(f->window, "\r\n", 2);
	f->n = 2;
	return true;
}

static str rest_of(const struct form *f) {
	return (str){ f->window + f->at, f->n - f->at };
}

static int fill(struct form *f) {
	memmove(f->window, f->window + f->at, f->n - f->at);
	f->n -= f->at;
	f->at = 0;
	ssize_t got = f->n < WINDOW ? exchange_read(f->x, f->window + f->n, WINDOW - f->n) : -EPROTO;
	if (got <= 0) {
		return got < 0 ? (int)got : -EPROTO;
	}
	f->n += (size_t)got;
	return 0;
}

/* How many bytes of the window are content for sure; *ends: the delimiter follows them. */
static size_t content(const struct form *f, bool *ends) {
	str rest = rest_of(f);
	const char *p = memmem(rest.p, rest.n, f->delimiter.p, f->delimiter.n);
	*ends = p != NULL;
	if (p) {
		return (size_t)(p - rest.p);
	}
	return rest.n >= f->delimiter.n ? rest.n - f->delimiter.n + 1 : 0;
}

ssize_t form_read_file(struct form *f, void *to, size_t n) {
	bool ends;
	for (;;) {
		size_t k = content(f, &ends);
		if (k) {
			k = k < n ? k : n;
			memcpy(to, f->window + f->at, k);
			f->at += k;
			return (ssize_t)k;
		}
		if (ends) {
			return 0;
		}
		int rc = fill(f);
		if (rc) {
			return rc;
		}
	}
}

/* --- parts --- */

/* Up to the line's end, which is taken too. */
static int read_line(struct arena *a, struct form *f, str *out) {
	size_t at;
	while (!str_find(rest_of(f), S("\r\n"), &at)) {
		int rc = f->n - f->at > LINE_MAX_BYTES ? -EPROTO : fill(f);
		if (rc) {
			return rc;
		}
	}
	*out = str_dup(a, (str){ f->window + f->at, at });
	f->at += at + 2;
	return at > LINE_MAX_BYTES ? -EPROTO : 0;
}

struct part {
	str name, file_name; /* absent: none was given */
	bool last; /* there is no part: the form has ended */
};

/* The text behind the file's last slash or backslash. */
static str without_folders(str path) {
	for (size_t i = path.n; i-- > 0;) {
		if (path.p[i] == '/' || path.p[i] == '\\') {
			return str_skip(path, i + 1);
		}
	}
	return path;
}

static int read_part(struct arena *a, struct form *f, struct part *out) {
	str line, name, value;
	size_t total = 0;
	f->at += f->delimiter.n;
	*out = (struct part){ .last = false };
	int rc = read_line(a, f, &line);
	out->last = !rc && str_starts(line, S("--"));
	if (rc || out->last) {
		return rc;
	}
	rc = str_trim(line).n ? -EPROTO : 0;
	while (!rc && !(rc = read_line(a, f, &line)) && line.n) {
		total += line.n;
		if (!str_cut(line, ':', &name, &value) || total > LINE_MAX_BYTES) {
			return -EPROTO;
		}
		if (str_ieq(str_trim(name), S("content-disposition"))) {
			out->name = parameter(a, value, "name");
			out->file_name = parameter(a, value, "filename");
		}
	}
	return rc ? rc : out->name.p ? 0 : -EPROTO;
}

/* What comes before the next delimiter, at most max bytes. */
static int read_value(struct form *f, struct buf *out, size_t max) {
	for (;;) {
		ssize_t got = form_read_file(f, buf_room(out, 4096), 4096);
		if (got <= 0) {
			return (int)got;
		}
		out->n += (size_t)got;
		if (out->n > max) {
			return -E2BIG;
		}
	}
}

int form_read_fields(struct arena *a, struct form *f) {
	struct part part;
	struct buf before = { .arena = a };
	size_t total = 0;
	int rc = read_value(f, &before, FORM_FIELDS_MAX);
	while (!rc && !(rc = read_part(a, f, &part)) && !part.last) {
		if (str_ieq(part.name, S("file"))) {
			f->has_file = true;
			f->file_name = part.file_name.p ? without_folders(part.file_name) : S("");
			return 0;
		}
		struct buf value = { .arena = a };
		rc = f->n_fields == FORM_FIELDS ? -E2BIG : read_value(f, &value, FORM_FIELDS_MAX - total);
		if (rc) {
			return rc;
		}
		total += value.n;
		f->fields[f->n_fields++] = (struct form_field){ str_lower(a, part.name), buf_str(&value) };
	}
	return rc;
}

str form_get(const struct form *f, const char *name) {
	for (size_t i = 0; i < f->n_fields; i++) {
		if (str_is(f->fields[i].name, name)) {
			return f->fields[i].value;
		}
	}
	return (str){ 0 };
}
