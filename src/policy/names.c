#include "policy/room.h"

/* What an action's vendor and a partition may be made of. */
static bool made_of(str s, const char *beyond) {
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], low = (char)(c | 0x20);
		if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') && !(c && strchr(beyond, c))) {
			return false;
		}
	}
	return true;
}

bool action_check(struct reading *r, const struct spot *spot, str s) {
	str vendor, name, more;
	if (str_is(s, "*") && r->kind != POLICY_TRUST) {
		return true;
	}
	if (!str_cut(s, ':', &vendor, &name)) {
		return flaw(r, FLAW_ACTION, spot, s,
			    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
	}
	if (str_cut(name, ':', &name, &more)) {
		return flaw(r, FLAW_ACTION, spot, s, "Actions/Condition can contain only one colon.");
	}
	if (vendor.n == 0 || !made_of(vendor, "-.")) {
		return flaw(r, FLAW_ACTION, spot, s,
			    str_printf(r->arena, "Vendor " STR_FMT " is not valid", STR_ARG(vendor)).p);
	}
	return r->kind != POLICY_TRUST || str_ieq(vendor, S("sts")) ||
	       flaw(r, FLAW_TRUST_ACTION, spot, s, "AssumeRole policy may only specify STS AssumeRole actions.");
}

static bool open_field(str s) {
	size_t at;
	return str_find(s, S("*"), &at) || str_find(s, S("${"), &at);
}

/* What the ARNs of two services cannot have. */
static bool region_check(struct reading *r, const struct spot *spot, str s, const str field[static 6]) {
	bool iam = str_is(field[2], "iam"), s3 = str_is(field[2], "s3");
	if (r->kind != POLICY_IDENTITY || !(iam || s3) || !field[3].n || open_field(field[3])) {
		return true;
	}
	str words =
		iam ? str_printf(r->arena, "IAM resource " STR_FMT " cannot contain region information.", STR_ARG(s))
		    : str_printf(r->arena, "Resource " STR_FMT " can not contain region information.", STR_ARG(s));
	return flaw(r, FLAW_RESOURCE, spot, s, words.p);
}

static bool path_check(struct reading *r, const struct spot *spot, str s, const str field[static 6]) {
	static const char *const starts[] = { "user/",
					      "federated-user/",
					      "role/",
					      "group/",
					      "instance-profile/",
					      "mfa/",
					      "server-certificate/",
					      "policy/",
					      "sms-mfa/",
					      "saml-provider/",
					      "oidc-provider/",
					      "report/",
					      "access-report/" };
	struct buf list = { .arena = r->arena };
	if (r->kind != POLICY_IDENTITY || !str_is(field[2], "iam") || !field[5].p || str_is(field[5], "*") ||
	    str_is(field[5], "root") || str_starts(field[5], S("${"))) {
		return true;
	}
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		if (str_starts(field[5], str_from(starts[i]))) {
			return true;
		}
		putf(&list, "%s%s", i ? ", " : "", starts[i]);
	}
	return flaw(r, FLAW_RESOURCE, spot, s,
		    str_printf(r->arena, "IAM resource path must either be \"*\" or start with " STR_FMT ".",
			       STR_ARG(buf_str(&list)))
			    .p);
}

/* A field that is not there is one that is open, as AWS completes it. */
static void split_fields(str s, str field[static 6]) {
	for (int i = 0; i < 6; i++) {
		field[i] = (str){ 0 };
	}
	for (int i = 0; i < 5; i++) {
		if (!str_cut(s, ':', &field[i], &s)) {
			return;
		}
	}
	field[5] = s;
}

bool resource_check(struct reading *r, const struct spot *spot, str s) {
	str field[6];
	if (str_is(s, "*")) {
		return true;
	}
	split_fields(s, field);
	if (!str_is(field[0], "arn") || field[0].n == s.n) {
		return flaw(r, FLAW_RESOURCE, spot, s,
			    str_printf(r->arena, "Resource " STR_FMT " must be in ARN format or \"*\".", STR_ARG(s)).p);
	}
	if (!open_field(field[1]) && !(str_starts(field[1], S("aws")) && made_of(field[1], "-"))) {
		return flaw(r, FLAW_RESOURCE, spot, s,
			    str_printf(r->arena, "Partition \"" STR_FMT "\" is not valid for resource \"" STR_FMT "\".",
				       STR_ARG(field[1]), STR_ARG(s))
				    .p);
	}
	if (!field[2].n) {
		return flaw(r, FLAW_RESOURCE, spot, s,
			    "Resource vendor must be fully qualified and cannot contain regexes.");
	}
	return region_check(r, spot, s, field) && path_check(r, spot, s, field);
}
