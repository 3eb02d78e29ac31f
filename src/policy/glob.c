#include "policy/room.h"

enum { WORD_BITS = 64, BYTES = 256 };

static bool inside(char c) {
	return ((unsigned char)c & 0xc0) == 0x80;
}

static unsigned char small(const struct glob *g, char c) {
	return (unsigned char)(g->fold && c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/* The length of the character that text begins with: 0 if there is none. */
static size_t char_len(str text) {
	size_t n = text.n > 0;
	while (n && n < text.n && inside(text.p[n])) {
		n++;
	}
	return n;
}

/* Takes from text what seg (no star in it) matches at its beginning. */
static bool take_front(struct glob *g, str seg, str *text) {
	if (!g->fold && seg.n && !memchr(seg.p, g->any, seg.n)) {
		bool starts = str_starts(*text, seg);
		*text = str_skip(*text, starts ? seg.n : 0);
		g->steps += seg.n;
		return starts;
	}
	for (size_t i = 0; i < seg.n; i++) {
		size_t n = seg.p[i] == g->any ? char_len(*text) : text->n > 0;
		if (n == 0 || (seg.p[i] != g->any && small(g, seg.p[i]) != small(g, text->p[0]))) {
			return false;
		}
		*text = str_skip(*text, n);
		g->steps += n;
	}
	return true;
}

static bool take_back(struct glob *g, str seg, str *text) {
	for (size_t i = seg.n; i-- > 0;) {
		if (text->n == 0) {
			return false;
		}
		char c = text->p[--text->n];
		g->steps++;
		while (seg.p[i] == g->any && inside(c) && text->n) {
			c = text->p[--text->n];
			g->steps++;
		}
		if (seg.p[i] != g->any && small(g, seg.p[i]) != small(g, c)) {
			return false;
		}
	}
	return true;
}

/* Sets of the places in a segment at which a byte may stand, one bit a place. */
struct places {
	uint64_t *of; /* [BYTES][words] */
	uint64_t *any, *state;
	size_t words;
};

static void places_init(struct arena *a, const struct glob *g, str seg, struct places *p) {
	p->words = (seg.n + WORD_BITS - 1) / WORD_BITS;
	p->of = NEWS(a, uint64_t, BYTES * p->words);
	p->any = NEWS(a, uint64_t, p->words);
	p->state = NEWS(a, uint64_t, p->words);
	for (size_t i = 0; i < seg.n; i++) {
		uint64_t bit = (uint64_t)1 << i % WORD_BITS;
		uint64_t *to = seg.p[i] == g->any ? p->any : p->of + small(g, seg.p[i]) * p->words;
		to[i / WORD_BITS] |= bit;
	}
}

/* One byte of the text further: a place is reached from the one before it; at a '?' the rest of a character's bytes
 * stay where they are. */
static void places_step(struct places *p, unsigned char c) {
	bool rest = inside((char)c);
	const uint64_t *of = p->of + c * p->words;
	uint64_t carry = 1;
	for (size_t w = 0; w < p->words; w++) {
		uint64_t old = p->state[w];
		uint64_t next = (old << 1 | carry) & (rest ? of[w] : of[w] | p->any[w]);
		p->state[w] = next | (rest ? old & p->any[w] : 0);
		carry = old >> (WORD_BITS - 1);
	}
}

/* Where seg first ends in text; 0: nowhere. Both ends of seg are no '?'. */
static size_t find_end(struct glob *g, str seg, str text) {
	AUTO_ARENA a = { 0 };
	struct places p;
	size_t last = seg.n - 1;
	places_init(&a, g, seg, &p);
	g->steps += seg.n + p.words * 4;
	for (size_t i = 0; i < text.n; i++) {
		places_step(&p, small(g, text.p[i]));
		g->steps += p.words;
		if (p.state[last / WORD_BITS] >> last % WORD_BITS & 1) {
			return i + 1;
		}
	}
	return 0;
}

/* Takes from text its first occurrence of seg and what stands before it. */
static bool take_first(struct glob *g, str seg, str *text) {
	size_t at;
	if (seg.n > text->n) {
		return false;
	}
	if (seg.n == 0) {
		return true;
	}
	if (!g->fold && !memchr(seg.p, g->any, seg.n)) {
		bool found = str_find(*text, seg, &at);
		g->steps += found ? at + seg.n : text->n;
		*text = str_skip(*text, found ? at + seg.n : 0);
		return found;
	}
	size_t end = find_end(g, seg, *text);
	*text = str_skip(*text, end);
	return end > 0;
}

/* A segment between two stars: its '?' at both ends only take their number of characters. */
static bool take_middle(struct glob *g, str seg, str *text) {
	size_t front = 0, back = 0;
	while (front < seg.n && seg.p[front] == g->any) {
		front++;
	}
	while (back < seg.n - front && seg.p[seg.n - 1 - back] == g->any) {
		back++;
	}
	str core = { seg.p + front, seg.n - front - back };
	return take_front(g, (str){ seg.p, front }, text) && take_first(g, core, text) &&
	       take_front(g, (str){ core.p + core.n, back }, text);
}

/* The text's ends are fixed by what stands before the first star and after the last one; what stands between two is
 * looked for from the left, and the first place is as good as any. */
bool glob_run(struct glob *g, str pattern, str text) {
	str seg, rest;
	if (!str_cut(pattern, g->star, &seg, &rest)) {
		return take_front(g, pattern, &text) && text.n == 0;
	}
	if (!take_front(g, seg, &text)) {
		return false;
	}
	const char *last = rest.n ? memrchr(rest.p, g->star, rest.n) : NULL;
	str back = last ? (str){ last + 1, (size_t)(rest.p + rest.n - last - 1) } : rest;
	if (!take_back(g, back, &text)) {
		return false;
	}
	rest = last ? (str){ rest.p, (size_t)(last - rest.p) } : (str){ 0 };
	while (rest.n) {
		str_cut(rest, g->star, &seg, &rest);
		g->steps++;
		if (!take_middle(g, seg, &text)) {
			return false;
		}
	}
	return true;
}

bool glob_match(str pattern, str text) {
	struct glob g = { .star = '*', .any = '?' };
	return glob_run(&g, pattern, text);
}

bool glob_match_case(str pattern, str text) {
	struct glob g = { .star = '*', .any = '?', .fold = true };
	return glob_run(&g, pattern, text);
}

bool glob_arn(struct glob *g, str pattern, str arn) {
	str part, text, rest;
	if (pattern.n == 1 && pattern.p[0] == g->star) {
		return true;
	}
	for (int i = 0; i < 5; i++) {
		if (!str_cut(pattern, ':', &part, &pattern)) {
			bool open = part.n && part.p[part.n - 1] == g->star;
			return (open || !str_cut(arn, ':', &text, &rest)) && glob_run(g, part, arn);
		}
		if (!str_cut(arn, ':', &text, &arn) || !glob_run(g, part, text)) {
			return false;
		}
	}
	return glob_run(g, pattern, arn);
}

/* One field of the pattern against the text's field at each place where it may begin (may[i]: at byte i); next is
 * where the one after it may. */
static void step_field(struct glob *g, str part, str arn, const bool *may, bool *next) {
	bool open = part.n && part.p[part.n - 1] == g->star, running = false;
	size_t end;
	for (size_t at = 0; at < arn.n; at = end + 1) {
		const char *colon = memchr(arn.p + at, ':', arn.n - at);
		if (!colon) {
			return;
		}
		end = (size_t)(colon - arn.p);
		bool now = may[at] && glob_run(g, part, (str){ arn.p + at, end - at });
		running = running || (now && open);
		next[end + 1] = now || running;
	}
}

/* Every way to lay the pattern's fields on the text's. */
static bool lay_fields(struct glob *g, str pattern, str arn) {
	AUTO_ARENA a = { 0 };
	bool *may = NEWS(&a, bool, arn.n + 1), more = true;
	str part, text, rest;
	may[0] = true;
	for (int i = 0; i < 5 && (more = str_cut(pattern, ':', &part, &rest)); i++) {
		bool *next = NEWS(&a, bool, arn.n + 1);
		step_field(g, part, arn, may, next);
		may = next;
		pattern = rest;
	}
	for (size_t at = 0; at <= arn.n; at++) {
		text = str_skip(arn, at);
		if (!more) {
			str_cut(text, ':', &text, &rest);
		}
		if (may[at] && glob_run(g, pattern, text)) {
			return true;
		}
	}
	return false;
}

bool glob_resource(struct glob *g, str pattern, str arn) {
	return glob_arn(g, pattern, arn) || lay_fields(g, pattern, arn);
}

bool arn_match(str pattern, str arn) {
	struct glob g = { .star = '*', .any = '?' };
	return glob_arn(&g, pattern, arn);
}
