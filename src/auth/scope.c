#include "auth/scope.h"

#include "auth/refuse.h"

str time_text(struct arena *a, int64_t ms, enum time_form form) {
	struct buf b = { .arena = a };
	put_time(&b, ms, form);
	return buf_str(&b);
}

/* S3's complaint about a credential: the same sentence under two headings. */
static bool refuse_scope(struct arena *a, enum auth_way way, str sentence, struct refusal *why) {
	if (way == AUTH_V4_QUERY) {
		return refuse(a, why, &query_parameters_error, "Error parsing the X-Amz-Credential parameter; " STR_FMT,
			      STR_ARG(sentence));
	}
	return refuse(a, why, fault_of(AUTH_S3, REASON_INCOMPLETE), "The authorization header is malformed; " STR_FMT,
		      STR_ARG(sentence));
}

static bool cut_right(str *s, str *last) {
	for (size_t i = s->n; i-- > 0;) {
		if (s->p[i] == '/') {
			*last = str_skip(*s, i + 1);
			s->n = i;
			return true;
		}
	}
	return false;
}

static bool refuse_terminal(struct arena *a, enum auth_style style, enum auth_way way, str last, struct refusal *why) {
	if (style == AUTH_S3) {
		static const char fmt[] = "incorrect terminal \"" STR_FMT "\". This endpoint uses \"aws4_request\".";
		return refuse_scope(a, way, str_printf(a, fmt, STR_ARG(last)), why);
	}
	return refuse(a, why, fault_of(style, REASON_MISMATCH),
		      "Credential should be scoped with a valid terminator: 'aws4_request', not '" STR_FMT "'.",
		      STR_ARG(last));
}

bool scope_parse(struct arena *a, enum auth_style style, str credential, struct auth *auth, struct refusal *why) {
	str rest = credential, last;
	if (!cut_right(&rest, &last) || !cut_right(&rest, &auth->service) || !cut_right(&rest, &auth->region) ||
	    !cut_right(&rest, &auth->date) || (style == AUTH_S3 && !rest.n)) {
		if (style == AUTH_S3) {
			return refuse_scope(a, auth->way,
					    S("the Credential is mal-formed; expecting "
					      "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."),
					    why);
		}
		return refuse(a, why, fault_of(style, REASON_INCOMPLETE),
			      "Credential must have exactly 5 slash-delimited elements, e.g. "
			      "keyid/date/region/service/term, got '" STR_FMT "'",
			      STR_ARG(credential));
	}
	auth->access_key = rest;
	return str_is(last, "aws4_request") || refuse_terminal(a, style, auth->way, last, why);
}

static bool refuse_date(struct arena *a, enum auth_style style, const struct auth *auth, str day, struct refusal *why) {
	if (style != AUTH_S3) {
		return refuse(
			a, why, fault_of(style, REASON_MISMATCH),
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
			"'" STR_FMT "' != '" STR_FMT "', from '" STR_FMT "'.",
			STR_ARG(auth->date), STR_ARG(day), STR_ARG(time_text(a, auth->time, TIME_AMZ)));
	}
	static const char fmt[] =
		"Invalid credential date \"" STR_FMT "\". This date is not the same as X-Amz-Date: \"" STR_FMT "\".";
	str sentence = str_printf(a, fmt, STR_ARG(auth->date), STR_ARG(day));
	if (auth->way == AUTH_V4_QUERY) {
		return refuse(a, why, &query_parameters_error, STR_FMT, STR_ARG(sentence));
	}
	return refuse_scope(a, auth->way, sentence, why);
}

static bool refuse_region(struct arena *a, const struct auth_request *r, const struct auth *auth, struct refusal *why) {
	if (r->style != AUTH_S3) {
		return refuse(a, why, fault_of(r->style, REASON_MISMATCH),
			      "Credential should be scoped to a valid region, not '" STR_FMT "'. ",
			      STR_ARG(auth->region));
	}
	static const char fmt[] = "the region '" STR_FMT "' is wrong; expecting '" STR_FMT "'";
	refuse_scope(a, auth->way, str_printf(a, fmt, STR_ARG(auth->region), STR_ARG(r->region)), why);
	refusal_detail(a, why, "Region", r->region);
	return false;
}

static bool refuse_service(struct arena *a, const struct auth_request *r, const struct auth *auth,
			   struct refusal *why) {
	if (r->style != AUTH_S3) {
		return refuse(a, why, fault_of(r->style, REASON_MISMATCH),
			      "Credential should be scoped to correct service: '" STR_FMT "'. ", STR_ARG(r->service));
	}
	static const char fmt[] = "incorrect service \"" STR_FMT "\". This endpoint belongs to \"" STR_FMT "\".";
	return refuse_scope(a, auth->way, str_printf(a, fmt, STR_ARG(auth->service), STR_ARG(r->service)), why);
}

bool scope_check(struct arena *a, const struct auth_request *r, const struct auth *auth, struct refusal *why) {
	str day = { time_text(a, auth->time, TIME_AMZ).p, 8 };
	if (!str_eq(auth->date, day)) {
		return refuse_date(a, r->style, auth, day, why);
	}
	if (r->region.p && !str_eq(auth->region, r->region)) {
		return refuse_region(a, r, auth, why);
	}
	return !r->service.p || str_eq(auth->service, r->service) || refuse_service(a, r, auth, why);
}

static bool refuse_early(struct arena *a, enum auth_style style, int64_t begins, int64_t now, struct refusal *why) {
	if (style == AUTH_EC2) {
		return refuse(a, why, fault_of(style, REASON_SKEWED), "Request has expired.");
	}
	return refuse(a, why, fault_of(style, REASON_SKEWED),
		      "Signature not yet current: " STR_FMT " is still later than " STR_FMT " (" STR_FMT " + 15 min.)",
		      STR_ARG(time_text(a, begins, TIME_AMZ)), STR_ARG(time_text(a, now + SKEW_MS, TIME_AMZ)),
		      STR_ARG(time_text(a, now, TIME_AMZ)));
}

static bool refuse_late(struct arena *a, enum auth_style style, int64_t began, int64_t lasts, struct refusal *why) {
	int64_t now = clock_real();
	if (style == AUTH_EC2) {
		return refuse(a, why, fault_of(style, REASON_SKEWED), "Request has expired.");
	}
	return refuse(a, why, fault_of(style, REASON_SKEWED),
		      "Signature expired: " STR_FMT " is now earlier than " STR_FMT " (" STR_FMT " - %lld min.)",
		      STR_ARG(time_text(a, began, TIME_AMZ)), STR_ARG(time_text(a, now - lasts, TIME_AMZ)),
		      STR_ARG(time_text(a, now, TIME_AMZ)), (long long)lasts / 60000);
}

bool time_check(struct arena *a, enum auth_style style, int64_t signed_at, struct refusal *why) {
	int64_t now = clock_real(), late = now - signed_at;
	if (late <= SKEW_MS && late >= -SKEW_MS) {
		return true;
	}
	if (style != AUTH_S3) {
		return late > 0 ? refuse_late(a, style, signed_at, SKEW_MS, why)
				: refuse_early(a, style, signed_at, now, why);
	}
	refuse(a, why, fault_of(style, REASON_SKEWED),
	       "The difference between the request time and the current time is too large.");
	refusal_detail(a, why, "RequestTime", time_text(a, signed_at, TIME_AMZ));
	refusal_detail(a, why, "ServerTime", time_text(a, now, TIME_ISO_S));
	refusal_detail(a, why, "MaxAllowedSkewMilliseconds", S("900000"));
	return false;
}

bool refuse_expired(struct arena *a, int64_t ended, int64_t seconds, struct refusal *why) {
	refuse(a, why, &auth_access_denied, "Request has expired");
	if (seconds >= 0) {
		refusal_detail(a, why, "X-Amz-Expires", str_printf(a, "%lld", (long long)seconds));
	}
	refusal_detail(a, why, "Expires", time_text(a, ended, TIME_ISO_S));
	refusal_detail(a, why, "ServerTime", time_text(a, clock_real(), TIME_ISO_S));
	return false;
}

bool expiry_check(struct arena *a, enum auth_style style, const struct auth *auth, struct refusal *why) {
	int64_t now = clock_real(), lasts = auth->expires * 1000, ended = auth->time + lasts;
	bool early = auth->time > now + SKEW_MS, late = !lasts || now > ended;
	if (!early && !late) {
		return true;
	}
	if (style != AUTH_S3) {
		return early ? refuse_early(a, style, auth->time, now, why)
			     : refuse_late(a, style, auth->time, lasts, why);
	}
	return early ? refuse(a, why, &auth_access_denied, "Request is not yet valid")
		     : refuse_expired(a, ended, auth->expires, why);
}
