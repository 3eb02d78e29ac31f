#include "iam/self.h"

static str type_of(const struct principal *who) {
	static const char *const types[] = {
		[PRINCIPAL_ANONYMOUS] = "Anonymous",
		[PRINCIPAL_ROOT] = "Account",
		[PRINCIPAL_USER] = "User",
		[PRINCIPAL_ROLE] = "AssumedRole",
		[PRINCIPAL_FEDERATED] = "FederatedUser",
		[PRINCIPAL_SERVICE] = "Service",
	};
	return str_from(types[who->kind]);
}

static str username(const struct principal *who) {
	return who->kind == PRINCIPAL_USER ? who->name : (str){ 0 };
}

static str userid(const struct principal *who) {
	return who->id;
}

static str arn(const struct principal *who) {
	return who->entity_arn.n ? who->entity_arn : who->arn;
}

static str account(const struct principal *who) {
	return who->account;
}

static const struct {
	const char *key;
	str (*of)(const struct principal *who);
} keys[] = {
	{ "aws:username", username },        { "aws:userid", userid },         { "aws:PrincipalArn", arn },
	{ "aws:PrincipalAccount", account }, { "aws:PrincipalType", type_of },
};

static const str tag_prefix = { "aws:PrincipalTag/", 17 };

static bool is_tag(str key) {
	return key.n > tag_prefix.n && str_ieq((str){ key.p, tag_prefix.n }, tag_prefix);
}

bool is_self_key(str key) {
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (str_ieq(key, str_from(keys[i].key))) {
			return true;
		}
	}
	return is_tag(key);
}

bool self_key(const struct self *s, str key, struct values *out) {
	if (!s->who) {
		return false;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (str_ieq(key, str_from(keys[i].key))) {
			return values_one(s->arena, keys[i].of(s->who), out);
		}
	}
	for (size_t i = 0; is_tag(key) && i < s->n_tags; i++) {
		if (str_ieq(str_skip(key, tag_prefix.n), s->tags[i].key)) {
			return values_one(s->arena, s->tags[i].value, out);
		}
	}
	return false;
}
