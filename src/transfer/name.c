#include "transfer/name.h"

enum { NAME_BYTES = 255 };

bool spot_read(str text, struct spot *out) {
	*out = (struct spot){ .kind = SPOT_LOCAL, .path = text };
	if (str_is(text, "-")) {
		out->kind = SPOT_STREAM;
	} else if (str_starts(text, S("s3://"))) {
		out->kind = SPOT_S3;
		str_cut(str_skip(text, 5), '/', &out->bucket, &out->key);
		out->path = (str){ 0 };
		return out->bucket.n > 0;
	}
	return text.n > 0;
}

str spot_text(struct arena *a, const struct spot *s) {
	switch (s->kind) {
	case SPOT_S3: return str_printf(a, "s3://" STR_FMT "/" STR_FMT, STR_ARG(s->bucket), STR_ARG(s->key));
	case SPOT_STREAM: return S("-");
	default: return s->path;
	}
}

static str join(struct arena *a, str head, str name) {
	bool slash = head.n && head.p[head.n - 1] != '/';
	return str_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(head), slash ? "/" : "", STR_ARG(name));
}

str key_join(struct arena *a, str prefix, str name) {
	return join(a, prefix, name);
}

str path_join(struct arena *a, str folder, str name) {
	return join(a, folder, name);
}

str name_last(str path) {
	size_t at = path.n;
	while (at && path.p[at - 1] != '/') {
		at--;
	}
	return str_skip(path, at);
}

str prefix_of_folder(struct arena *a, str key) {
	return !key.n || key.p[key.n - 1] == '/' ? key : str_printf(a, STR_FMT "/", STR_ARG(key));
}

static const char *fault_of(str segment) {
	if (!segment.n) {
		return "has an empty name between slashes";
	}
	if (str_is(segment, ".") || str_is(segment, "..")) {
		return "has . or .. for a name";
	}
	if (segment.n > NAME_BYTES) {
		return "has a name of more than 255 bytes";
	}
	return memchr(segment.p, '\0', segment.n) ? "has a NUL in a name" : NULL;
}

bool name_is_safe(str name, const char **why) {
	str segment, rest = name;
	bool more = true;
	*why = NULL;
	while (more && !*why) {
		more = str_cut(rest, '/', &segment, &rest);
		*why = fault_of(segment);
	}
	return !*why;
}
