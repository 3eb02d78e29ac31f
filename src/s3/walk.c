#include "s3/object_rows.h"

/* So many old versions or delete markers of one key are stepped over before the walk seeks past it. */
enum { SKIP_MAX = 8 };

/* Keys have at most 1024 bytes, so one more is all that matters of a longer place to begin. */
static void keep_from(struct walk *w, str from) {
	w->from_n = from.n < sizeof(w->from_key) ? from.n : sizeof(w->from_key);
	if (w->from_n) {
		memmove(w->from_key, from.p, w->from_n);
	}
	w->from = (str){ w->from_key, w->from_n };
}

static void begin(struct walk *w, int64_t from_seq) {
	query_done(w->query);
	w->skipped = 0;
	w->query = db_query(w->db,
			    "SELECT " OBJECT_COLUMNS " FROM object WHERE bucket = ? AND (key, seq) >= (?, ?)"
			    " ORDER BY key, seq",
			    "isi", w->bucket, w->from, from_seq);
}

static str last_key(const struct walk *w) {
	return (str){ w->key, w->key_n };
}

static void note_key(struct walk *w, str key) {
	w->key_n = key.n < sizeof(w->key) ? key.n : sizeof(w->key);
	memcpy(w->key, key.p, w->key_n);
	w->skipped = 0;
}

/* Beginning among the versions of a key: is the first of them behind? */
static void look_behind(struct walk *w) {
	AUTO_QUERY q = db_query(w->db, "SELECT 1 FROM object WHERE bucket = ? AND key = ? AND seq < ? LIMIT 1", "isi",
				w->bucket, w->from, w->from_seq);
	if (query_step(q)) {
		note_key(w, w->from);
	}
}

static void start(struct walk *w) {
	int64_t seq = w->versions ? w->from_seq : INT64_MIN;
	w->started = true;
	keep_from(w, w->from);
	if (seq != INT64_MIN) {
		look_behind(w);
	}
	begin(w, seq);
}

static void skip_key(struct walk *w) {
	char next[sizeof(w->key) + 1];
	memcpy(next, w->key, w->key_n);
	next[w->key_n] = 0;
	keep_from(w, (str){ next, w->key_n + 1 });
	begin(w, INT64_MIN);
}

bool walk_next(struct walk *w, struct object *out) {
	if (!w->started) {
		start(w);
	}
	while (w->query && query_step(w->query)) {
		str key = query_str(w->query, 1);
		bool same = w->key_n && str_eq(key, last_key(w));
		if (!same) {
			note_key(w, key);
		} else if (!w->versions) {
			if (++w->skipped > SKIP_MAX) {
				skip_key(w);
			}
			continue;
		}
		if (w->versions || !query_int(w->query, 3)) {
			object_read(w->query, w->arena, out);
			out->latest = !same;
			return true;
		}
	}
	return false;
}

void walk_seek(struct walk *w, str from) {
	w->started = true;
	w->key_n = 0;
	if (!from.p) {
		walk_end(w);
		w->from = (str){ 0 };
		return;
	}
	keep_from(w, from);
	begin(w, INT64_MIN);
}

void walk_end(struct walk *w) {
	query_done(w->query);
	w->query = NULL;
}
