#include "s3/kms.h"

#include "base/digest.h"
#include "s3/rows.h"

static const struct fault not_found = { "KMS.NotFoundException", 400 };

/* A key's id is a UUID; this one is worked out, so that it is the same each time. */
static str key_id(struct arena *a, str region, str account) {
	struct buf hex = { .arena = a };
	struct digest_value v = digest_of(
		DIGEST_SHA256, str_printf(a, "aws/s3 " STR_FMT " " STR_FMT, STR_ARG(region), STR_ARG(account)));
	v.p[6] = (uint8_t)((v.p[6] & 0x0f) | 0x40);
	v.p[8] = (uint8_t)((v.p[8] & 0x3f) | 0x80);
	put_hex(&hex, (str){ (const char *)v.p, 16 });
	return str_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex.p, hex.p + 8, hex.p + 12, hex.p + 16, hex.p + 20);
}

static bool no_key(struct call *c, str named, str prefix) {
	bool whole = str_starts(named, S("arn:")), alias = str_starts(named, S("alias/"));
	str arn = whole ? named
			: str_printf(c->arena, STR_FMT "%s" STR_FMT, STR_ARG(prefix), alias ? "" : "key/",
				     STR_ARG(named));
	return alias ? fail(c, &not_found, "Alias " STR_FMT " is not found.", STR_ARG(arn))
		     : fail(c, &not_found, "Key '" STR_FMT "' does not exist", STR_ARG(arn));
}

bool kms_key(struct call *c, str named, str *arn) {
	struct arena *a = c->arena;
	const struct bucket *b = call_bucket(c);
	str account = c->who.account.n ? c->who.account : b->account;
	str prefix = str_printf(a, "arn:aws:kms:" STR_FMT ":" STR_FMT ":", STR_ARG(b->region), STR_ARG(account));
	str id = key_id(a, b->region, account);
	str rest = str_starts(named, prefix) ? str_skip(named, prefix.n) : named;
	*arn = str_printf(a, STR_FMT "key/" STR_FMT, STR_ARG(prefix), STR_ARG(id));
	return !named.n || str_is(rest, "alias/aws/s3") || str_eq(named, id) || str_eq(named, *arn)
		       ? true
		       : no_key(c, named, prefix);
}
