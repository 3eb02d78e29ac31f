#include "iam/room.h"

/* A Marker is "1" and the sort key that the page before ended with, in base 64. */
bool page_of_input(struct call *c, struct page *p) {
	str marker = get_str(c->in, "Marker"), plain;
	*p = (struct page){ .after = S(""), .max = get_int(c->in, "MaxItems", 100) };
	if (!marker.p) {
		return true;
	}
	if (!base64_decode(c->arena, marker, &plain) || plain.n < 2 || plain.p[0] != '1' || !str_utf8(plain)) {
		return fail(c, &validation_error, "Invalid Marker.");
	}
	p->after = str_skip(plain, 1);
	return true;
}

void page_end(struct call *c, bool more, str last) {
	struct buf marker = { .arena = c->arena };
	set_int(c->arena, c->out, "IsTruncated", more);
	if (more) {
		put_base64(&marker, str_printf(c->arena, "1" STR_FMT, STR_ARG(last)));
		set_str(c->arena, c->out, "Marker", buf_str(&marker));
	}
}

void show_page(struct call *c, const char *list, const struct page *page, struct query *q) {
	struct val *v = set(c->arena, c->out, list);
	struct entity e = { 0 };
	int64_t n = 0;
	bool more = false;
	while (query_step(q) && !(more = n++ == page->max)) {
		entity_read(c->arena, q, &e);
		show_listed(c, call_db(c), append(c->arena, v), &e);
	}
	page_end(c, more, str_lower(c->arena, e.name));
}
