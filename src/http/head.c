#include "http/line.h"

/* What the fields say, before it is known whether they may say it together. */
struct facts {
	str host;
	int hosts, lengths, codings;
	bool close, keep_alive;
};

static void note_connection(struct facts *f, str value) {
	str token;
	while (value.p) {
		str_cut(value, ',', &token, &value);
		token = str_trim(token);
		f->close |= str_ieq(token, S("close"));
		f->keep_alive |= str_ieq(token, S("keep-alive"));
	}
}

static enum head_result note_length(struct head *h, struct facts *f, str value) {
	f->lengths++;
	return str_uint(value, &h->content_length) ? HEAD_OK : HEAD_MALFORMED;
}

static enum head_result note_coding(struct head *h, struct facts *f, str value) {
	f->codings++;
	h->chunked = true;
	return str_ieq(value, S("chunked")) ? HEAD_OK : HEAD_CODING;
}

static enum head_result note(struct head *h, struct facts *f, const struct header *x) {
	switch (x->name.n) {
	case 4:
		if (str_ieq(x->name, S("Host"))) {
			f->hosts++;
			f->host = x->value;
		}
		return HEAD_OK;
	case 6:
		h->expect_continue |= str_ieq(x->name, S("Expect")) && str_ieq(x->value, S("100-continue"));
		return HEAD_OK;
	case 10:
		if (str_ieq(x->name, S("Connection"))) {
			note_connection(f, x->value);
		}
		return HEAD_OK;
	case 14: return str_ieq(x->name, S("Content-Length")) ? note_length(h, f, x->value) : HEAD_OK;
	case 17: return str_ieq(x->name, S("Transfer-Encoding")) ? note_coding(h, f, x->value) : HEAD_OK;
	default: return HEAD_OK;
	}
}

/* The fields up to the empty line. They are counted on the stack, so that the arena holds no more than there are. */
static enum head_result read_fields(struct arena *a, str *bytes, struct head *h, struct facts *f) {
	struct header fields[HEADERS_MAX];
	str line;
	enum head_result rc;
	while ((rc = line_take(bytes, &line)) == HEAD_OK && line.n) {
		if (h->n == HEADERS_MAX) {
			return HEAD_TOO_LARGE;
		}
		if (!field_read(line, &fields[h->n])) {
			return HEAD_MALFORMED;
		}
		rc = note(h, f, &fields[h->n++]);
		if (rc != HEAD_OK) {
			return rc;
		}
	}
	if (rc == HEAD_OK) {
		h->headers = NEWS(a, struct header, h->n);
		memcpy(h->headers, fields, h->n * sizeof(fields[0]));
	}
	return rc;
}

static enum head_result settle(struct head *h, const struct facts *f) {
	bool both = f->lengths && f->codings;
	if (f->lengths > 1 || f->codings > 1 || f->hosts > 1 || both || (f->codings && h->minor == 0)) {
		return HEAD_MALFORMED;
	}
	h->keep_alive = !f->close && (h->minor == 1 || f->keep_alive);
	h->expect_continue &= h->minor == 1;
	return HEAD_OK;
}

static enum head_result read_version(str s, int *minor) {
	if (!str_starts(s, S("HTTP/")) || s.n != 8 || s.p[6] != '.') {
		return HEAD_MALFORMED;
	}
	*minor = s.p[7] - '0';
	return s.p[5] == '1' && (*minor == 0 || *minor == 1) ? HEAD_OK : HEAD_VERSION;
}

/* A host with or without a port, in the characters of RFC 3986, 3.2.2; no user, no path. */
static bool authority_is(str s) {
	static const uint32_t bits[] = { 0, 0x2fff7ff2, 0xaffffffe, 0x47fffffe };
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];
		if (c >= 0x80 || !(bits[c >> 5] >> (c & 31) & 1)) {
			return false;
		}
	}
	return true;
}

static bool read_absolute(str rest, struct head *h) {
	size_t n = 0;
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?') {
		n++;
	}
	h->host = (str){ rest.p, n };
	h->path = str_skip(rest, n);
	return n > 0 && authority_is(h->host);
}

static bool read_connect(struct head *h) {
	str host, port;
	int64_t number;
	const char *colon = memrchr(h->target.p, ':', h->target.n);
	if (!colon) {
		return false;
	}
	host = (str){ h->target.p, (size_t)(colon - h->target.p) };
	port = str_skip(h->target, host.n + 1);
	h->host = h->target;
	return host.n && authority_is(host) && str_uint(port, &number) && number <= 65535;
}

static bool read_target(struct head *h) {
	str whole = h->target;
	if (str_is(h->method, "CONNECT")) {
		return read_connect(h);
	}
	if (whole.p[0] == '/') {
		h->path = whole;
	} else if (whole.n > 7 && str_ieq((str){ whole.p, 7 }, S("http://"))) {
		if (!read_absolute(str_skip(whole, 7), h)) {
			return false;
		}
	} else if (whole.n > 8 && str_ieq((str){ whole.p, 8 }, S("https://"))) {
		if (!read_absolute(str_skip(whole, 8), h)) {
			return false;
		}
	} else {
		h->path = whole;
		return str_is(whole, "*") && str_is(h->method, "OPTIONS");
	}
	str_cut(h->path, '?', &h->path, &h->query);
	h->path = h->path.n ? h->path : S("/");
	return true;
}

static enum head_result read_request_line(str line, struct head *h) {
	str version;
	if (!str_cut(line, ' ', &h->method, &line) || !str_cut(line, ' ', &h->target, &version)) {
		return HEAD_MALFORMED;
	}
	if (!token_is(h->method) || h->target.n == 0 || memchr(h->target.p, '\t', h->target.n) || !read_target(h)) {
		return HEAD_MALFORMED;
	}
	return read_version(version, &h->minor);
}

static enum head_result read_status_line(str line, struct head *h) {
	str version, status, reason;
	int64_t code;
	str_cut(line, ' ', &version, &line);
	str_cut(line, ' ', &status, &reason);
	if (status.n != 3 || !str_uint(status, &code) || code < 100 || code > 599) {
		return HEAD_MALFORMED;
	}
	h->status = (int)code;
	return read_version(version, &h->minor);
}

static enum head_result read_head(struct arena *a, str *bytes, struct head *h, bool response) {
	struct facts f = { 0 };
	str line;
	enum head_result rc = line_take(bytes, &line);
	if (rc == HEAD_OK) {
		rc = response ? read_status_line(line, h) : read_request_line(line, h);
	}
	if (rc == HEAD_OK) {
		rc = read_fields(a, bytes, h, &f);
	}
	if (rc == HEAD_OK) {
		rc = settle(h, &f);
	}
	if (rc != HEAD_OK || response) {
		return rc;
	}
	if ((h->minor == 1 && !f.hosts) || !authority_is(f.host)) {
		return HEAD_MALFORMED;
	}
	h->host = h->host.p ? h->host : f.host;
	return HEAD_OK;
}

static enum head_result read_limited(struct arena *a, str bytes, struct head *out, size_t *used, bool response) {
	size_t size = bytes.n;
	bytes.n = size < HEAD_MAX ? size : HEAD_MAX;
	str rest = str_starts(bytes, S("\r\n")) ? str_skip(bytes, 2) : bytes;
	*out = (struct head){ .content_length = -1 };
	enum head_result rc = rest.n ? read_head(a, &rest, out, response) : HEAD_MORE;
	*used = rc == HEAD_OK ? (size_t)(rest.p - bytes.p) : 0;
	if (rc != HEAD_OK) {
		*out = (struct head){ .content_length = -1 };
	}
	return rc == HEAD_MORE && size >= HEAD_MAX ? HEAD_TOO_LARGE : rc;
}

enum head_result head_read(struct arena *a, str bytes, struct head *out, size_t *used) {
	return read_limited(a, bytes, out, used, false);
}

enum head_result head_read_response(struct arena *a, str bytes, struct head *out, size_t *used) {
	return read_limited(a, bytes, out, used, true);
}

str head_get(const struct head *h, const char *name) {
	str wanted = str_from(name);
	for (size_t i = 0; i < h->n; i++) {
		if (str_ieq(h->headers[i].name, wanted)) {
			return h->headers[i].value;
		}
	}
	return (str){ 0 };
}

size_t head_count(const struct head *h, const char *name) {
	str wanted = str_from(name);
	size_t count = 0;
	for (size_t i = 0; i < h->n; i++) {
		count += str_ieq(h->headers[i].name, wanted);
	}
	return count;
}

bool query_next(str *rest, str *name, str *value) {
	str item = { 0 };
	while (rest->n && !item.n) {
		str_cut(*rest, '&', &item, rest);
	}
	str_cut(item, '=', name, value);
	return item.n > 0;
}

static str plain(struct arena *a, str s) {
	return s.n && (memchr(s.p, '%', s.n) || memchr(s.p, '+', s.n)) ? url_decode_form(a, s) : s;
}

/* The raw value of the first parameter of that name; absent if there is none. */
static str find_parameter(struct arena *a, str query, const char *name) {
	str key, value, wanted = str_from(name);
	while (query_next(&query, &key, &value)) {
		key = plain(a, key);
		if (key.n && str_eq(key, wanted)) {
			return value.p ? value : S("");
		}
	}
	return (str){ 0 };
}

str query_get(struct arena *a, const struct head *h, const char *name) {
	str value = find_parameter(a, h->query, name);
	return plain(a, value);
}

bool query_has(struct arena *a, const struct head *h, const char *name) {
	return find_parameter(a, h->query, name).p != NULL;
}
