#include "base/rand.h"
#include "s3/lifecycle.h"
#include "s3/meta.h"

#include <stdarg.h>

enum {
	RULES_MAX = 1000,
	ID_MAX = 255,
	PREFIX_MAX = 1024,
	NEWER_MAX = 100,
	TAGS_MAX = 50,
	IA_DAYS = 30,
	DAY_MS = 86400000
};

/* Storage classes in the order that objects may go down. */
static const char *const waterfall[] = { "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR",
					 "GLACIER",     "DEEP_ARCHIVE" };

struct check {
	struct arena *arena;
	struct refusal *why;
	const struct val *rule;
	bool tags, sizes; /* its filter has */
	const char *filter; /* as AWS's sentences show it: "(prefix=logs/)" */
};

static bool no(struct check *k, const struct fault *f, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static bool no(struct check *k, const struct fault *f, const char *fmt, ...) {
	char text[2048];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	size_t size = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	k->why->fault = f;
	k->why->message = str_dup(k->arena, (str){ text, size });
	return false;
}

static bool bad_schema(struct check *k) {
	return no(k, &malformed_xml,
		  "The XML you provided was not well-formed or did not validate against our published schema");
}

static bool has(const struct val *v, const char *name) {
	return get(v, name) != NULL;
}

/* --- what a rule is for --- */

static bool check_tag(struct check *k, const struct val *tag) {
	str key = get_str(tag, "Key"), value = get_str(tag, "Value");
	k->tags = true;
	if (!key.n || key.n > 4 * 128) {
		return no(k, &invalid_tag, "The TagKey you have provided is invalid");
	}
	return value.n <= 4 * 256 ? true : no(k, &invalid_tag, "The TagValue you have provided is invalid");
}

static bool check_prefix(struct check *k, str prefix) {
	k->filter = str_printf(k->arena, "(prefix=" STR_FMT ")", STR_ARG(prefix)).p;
	return prefix.n <= PREFIX_MAX ? true : no(k, &invalid_request, "The maximum size of a prefix is 1024.");
}

static bool check_sizes(struct check *k, const struct val *in) {
	int64_t above = get_int(in, "ObjectSizeGreaterThan", 0), below = get_int(in, "ObjectSizeLessThan", INT64_MAX);
	k->sizes = has(in, "ObjectSizeGreaterThan") || has(in, "ObjectSizeLessThan");
	if (above < 0) {
		return no(k, &invalid_argument, "'ObjectSizeGreaterThan' should be greater than or equal to 0");
	}
	if (below < 1) {
		return no(k, &invalid_argument, "'ObjectSizeLessThan' should be greater than 0");
	}
	return above < below ? true
			     : no(k, &invalid_request,
				  "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'");
}

static bool tags_differ(struct check *k, const struct val *tags) {
	for (const struct val *t = tags ? tags->first : NULL; t; t = t->next) {
		if (!check_tag(k, t)) {
			return false;
		}
		for (const struct val *u = t->next; u; u = u->next) {
			if (str_eq(get_str(t, "Key"), get_str(u, "Key"))) {
				return no(k, &invalid_request, "Duplicate Tag Keys are not allowed.");
			}
		}
	}
	return true;
}

static bool check_and(struct check *k, const struct val *and) {
	const struct val *tags = get(and, "Tags");
	size_t n = val_count(tags) + has(and, "Prefix") + has(and, "ObjectSizeGreaterThan") +
		   has(and, "ObjectSizeLessThan");
	if (n < 2 || val_count(tags) > TAGS_MAX) {
		return bad_schema(k);
	}
	return check_prefix(k, get_str(and, "Prefix")) && check_sizes(k, and) && tags_differ(k, tags);
}

static bool check_filter(struct check *k, const struct val *filter) {
	if (val_count(filter) > 1) {
		return bad_schema(k);
	}
	const struct val *and = get(filter, "And"), *tag = get(filter, "Tag");
	if (and) {
		return check_and(k, and);
	}
	return check_prefix(k, get_str(filter, "Prefix")) && check_sizes(k, filter) && (!tag || check_tag(k, tag));
}

/* --- what it does --- */

static bool check_date(struct check *k, const struct val *date) {
	return !date || date->i % DAY_MS == 0 ? true : no(k, &invalid_argument, "'Date' must be at midnight GMT");
}

static bool check_expiration(struct check *k, const struct val *e) {
	const struct val *days = get(e, "Days");
	if (!e) {
		return true;
	}
	if (val_count(e) != 1) {
		return bad_schema(k);
	}
	if (days && days->i < 1) {
		return no(k, &invalid_argument, "'Days' for Expiration action must be a positive integer");
	}
	if (has(e, "ExpiredObjectDeleteMarker") && k->tags) {
		return no(k, &invalid_request, "ExpiredObjectDeleteMarker cannot be specified with Tags.");
	}
	return check_date(k, get(e, "Date"));
}

static int rank(str class) {
	for (size_t i = 0; i < sizeof(waterfall) / sizeof(*waterfall); i++) {
		if (str_is(class, waterfall[i])) {
			return (int)i;
		}
	}
	return -1;
}

static bool infrequent(str class) {
	return str_is(class, "STANDARD_IA") || str_is(class, "ONEZONE_IA");
}

/* Transition and NoncurrentVersionTransition differ in these words alone. */
struct action {
	const char *days, *transition, *expiration;
};
static const struct action current = { "Days", "Transition", "Expiration" };
static const struct action noncurrent = { "NoncurrentDays", "NoncurrentVersionTransition",
					  "NoncurrentVersionExpiration" };

static bool check_step(struct check *k, const struct action *act, const struct val *t) {
	str class = get_str(t, "StorageClass");
	const struct val *days = get(t, act->days);
	bool dated = act == &current && has(t, "Date");
	if (rank(class) < 0 || dated == (days != NULL)) {
		return bad_schema(k);
	}
	if (dated) {
		return check_date(k, get(t, "Date"));
	}
	if (days->i < 0) {
		return no(k, &invalid_argument, "'%s' for %s action must be a non-negative integer", act->days,
			  act->transition);
	}
	return days->i >= IA_DAYS || !infrequent(class)
		       ? true
		       : no(k, &invalid_argument,
			    "'%s' in %s action must be greater than or equal to 30 for storageClass '" STR_FMT "'",
			    act->days, act->transition, STR_ARG(class));
}

static int64_t when(const struct val *t, const struct action *act) {
	return act == &current && has(t, "Date") ? get_int(t, "Date", 0) / DAY_MS : get_int(t, act->days, 0);
}

/* Two steps of a rule: another class each, further down later, 30 days after an infrequent-access class. */
static bool check_pair(struct check *k, const struct action *act, const struct val *a, const struct val *b) {
	str upper = get_str(a, "StorageClass"), lower = get_str(b, "StorageClass");
	if (str_eq(upper, lower)) {
		return no(k, &invalid_request,
			  "'StorageClass' must be different for '%s' actions in same 'Rule' with filter '%s'",
			  act->transition, k->filter);
	}
	if (rank(upper) > rank(lower)) {
		return check_pair(k, act, b, a);
	}
	int64_t gap = when(b, act) - when(a, act), need = infrequent(upper) ? IA_DAYS : 1;
	if (gap >= need) {
		return true;
	}
	const char *how = need > 1 ? "30 days more than" : "greater than";
	return no(
		k, &invalid_argument,
		"'%s' in the %s action for StorageClass '" STR_FMT "' for filter '%s' must be %s 'filter '%s'' in the "
		"%s action for StorageClass '" STR_FMT "'",
		act->days, act->transition, STR_ARG(lower), k->filter, how, k->filter, act->transition, STR_ARG(upper));
}

static bool check_each(struct check *k, const struct action *act, const struct val *list) {
	for (const struct val *t = list ? list->first : NULL; t; t = t->next) {
		if (!check_step(k, act, t)) {
			return false;
		}
	}
	return true;
}

static bool check_pairs(struct check *k, const struct action *act, const struct val *list) {
	for (const struct val *t = list ? list->first : NULL; t; t = t->next) {
		for (const struct val *u = t->next; u; u = u->next) {
			if (!check_pair(k, act, t, u)) {
				return false;
			}
		}
	}
	return true;
}

/* Dates and days are not mixed in a rule. */
static bool one_measure(struct check *k, const struct val *steps, const struct val *expiration) {
	bool days = has(expiration, "Days"), dates = has(expiration, "Date");
	for (const struct val *t = steps ? steps->first : NULL; t; t = t->next) {
		days |= has(t, "Days");
		dates |= has(t, "Date");
	}
	return days && dates ? no(k, &invalid_request,
				  "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle "
				  "rule for filter '%s'",
				  k->filter)
			     : true;
}

static bool expires_last(struct check *k, const struct action *act, const struct val *steps, const struct val *e) {
	bool dated = act == &current && has(e, "Date");
	if (!dated && !has(e, act->days)) {
		return true;
	}
	for (const struct val *t = steps ? steps->first : NULL; t; t = t->next) {
		if (when(e, act) <= when(t, act)) {
			const char *what = dated ? "Date" : act->days;
			return no(k, &invalid_argument,
				  "'%s' in the %s action for filter '%s' must be greater than '%s' in the %s action",
				  what, act->expiration, k->filter, what, act->transition);
		}
	}
	return true;
}

static bool check_newer(struct check *k, const struct val *v, const char *action) {
	const struct val *n = get(v, "NewerNoncurrentVersions");
	if (!n || (n->i >= 1 && n->i <= NEWER_MAX)) {
		return true;
	}
	return n->i < 1 ? no(k, &invalid_argument, "'NewerNoncurrentVersions' for %s action must be a positive integer",
			     action)
			: no(k, &invalid_argument,
			     "'NewerNoncurrentVersions' for %s action must be less than or equal to %d", action,
			     NEWER_MAX);
}

static bool check_noncurrent(struct check *k, const struct val *steps, const struct val *e) {
	const struct val *days = get(e, "NoncurrentDays");
	for (const struct val *t = steps ? steps->first : NULL; t; t = t->next) {
		if (!check_newer(k, t, noncurrent.transition)) {
			return false;
		}
	}
	if (e && !days) {
		return bad_schema(k);
	}
	if (days && days->i < 1) {
		return no(k, &invalid_argument,
			  "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer");
	}
	return check_newer(k, e, noncurrent.expiration) && check_each(k, &noncurrent, steps) &&
	       check_pairs(k, &noncurrent, steps) && expires_last(k, &noncurrent, steps, e);
}

static bool check_abort(struct check *k, const struct val *abort) {
	if (!abort) {
		return true;
	}
	if (!has(abort, "DaysAfterInitiation")) {
		return bad_schema(k);
	}
	if (k->tags) {
		return no(k, &invalid_request, "AbortIncompleteMultipartUpload cannot be specified with Tags.");
	}
	if (k->sizes) {
		return no(k, &invalid_request, "AbortIncompleteMultipartUpload cannot be specified with Object Size.");
	}
	return get_int(abort, "DaysAfterInitiation", 0) >= 1
		       ? true
		       : no(k, &invalid_argument,
			    "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive "
			    "integer");
}

static bool does_something(struct check *k) {
	static const char *const actions[] = { "Expiration", "Transitions", "NoncurrentVersionTransitions",
					       "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload" };
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (has(k->rule, actions[i])) {
			return true;
		}
	}
	return no(k, &invalid_request, "At least one action needs to be specified in a rule");
}

static bool check_actions(struct check *k) {
	const struct val *steps = get(k->rule, "Transitions"), *e = get(k->rule, "Expiration");
	return does_something(k) && check_expiration(k, e) && check_each(k, &current, steps) &&
	       one_measure(k, steps, e) && check_pairs(k, &current, steps) && expires_last(k, &current, steps, e) &&
	       check_noncurrent(k, get(k->rule, "NoncurrentVersionTransitions"),
				get(k->rule, "NoncurrentVersionExpiration")) &&
	       check_abort(k, get(k->rule, "AbortIncompleteMultipartUpload"));
}

/* --- a rule, all rules --- */

/* The older form has a prefix in the rule, the newer one a filter; a configuration is of one form. */
static bool check_form(struct check *k, bool newer) {
	const struct val *filter = get(k->rule, "Filter"), *prefix = get(k->rule, "Prefix");
	if (!filter && !prefix) {
		return bad_schema(k);
	}
	if (prefix && newer) {
		return no(k, &invalid_request,
			  "Base level prefix cannot be used in Lifecycle V2, prefixes are only "
			  "supported in the Filter.");
	}
	return filter ? check_filter(k, filter) : check_prefix(k, prefix->s);
}

static bool check_id(struct check *k, const struct val *rule) {
	str id = get_str(rule, "ID");
	if (id.n > ID_MAX) {
		return no(k, &invalid_argument, "ID length should not exceed allowed limit of %d", ID_MAX);
	}
	for (const struct val *r = rule->next; id.n && r; r = r->next) {
		if (str_eq(get_str(r, "ID"), id)) {
			return no(k, &invalid_argument, "Rule ID must be unique. Found same ID for more than one rule");
		}
	}
	return true;
}

static bool newer_form(const struct val *rules) {
	for (const struct val *r = rules->first; r; r = r->next) {
		if (has(r, "Filter")) {
			return true;
		}
	}
	return false;
}

static void give_id(struct arena *a, struct val *rule) {
	if (!get_str(rule, "ID").n) {
		set_str(a, rule, "ID", rand_uuid(a));
	}
}

bool lifecycle_check(struct arena *a, struct val *rules, struct refusal *why) {
	struct check k = { .arena = a, .why = why, .filter = "(prefix=)" };
	if (!rules || !rules->first) {
		return bad_schema(&k);
	}
	if (val_count(rules) > RULES_MAX) {
		return no(&k, &invalid_request,
			  "The number of lifecycle rules must not exceed the allowed limit of %d rules", RULES_MAX);
	}
	bool newer = newer_form(rules);
	for (struct val *r = rules->first; r; r = r->next) {
		k = (struct check){ .arena = a, .why = why, .rule = r, .filter = "(prefix=)" };
		if (!check_id(&k, r) || !check_form(&k, newer) || !check_actions(&k)) {
			return false;
		}
		give_id(a, r);
	}
	return true;
}
