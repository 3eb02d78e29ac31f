#include "transfer/proof.h"

static const struct {
	enum digest_kind kind;
	const char *name, *member;
} sums[] = {
	{ DIGEST_CRC64NVME, "CRC64NVME", "ChecksumCRC64NVME" },
	{ DIGEST_CRC32, "CRC32", "ChecksumCRC32" },
	{ DIGEST_CRC32C, "CRC32C", "ChecksumCRC32C" },
	{ DIGEST_SHA256, "SHA256", "ChecksumSHA256" },
	{ DIGEST_SHA1, "SHA1", "ChecksumSHA1" },
};
enum { SUMS = sizeof(sums) / sizeof(*sums) };

const char *proof_member(enum digest_kind kind) {
	for (size_t i = 0; i < SUMS; i++) {
		if (sums[i].kind == kind) {
			return sums[i].member;
		}
	}
	return NULL;
}

const char *proof_name(enum digest_kind kind) {
	return proof_member(kind) ? proof_member(kind) + strlen("Checksum") : "MD5";
}

bool proof_combines(const struct proof *s) {
	bool crc = s->kind == DIGEST_CRC64NVME || s->kind == DIGEST_CRC32 || s->kind == DIGEST_CRC32C;
	return s->form == PROOF_WHOLE && crc;
}

str proof_text(struct arena *a, const struct digest_value *v) {
	struct buf b = { .arena = a };
	put_base64(&b, digest_str(v));
	return buf_str(&b);
}

/* "VALUE" or "VALUE-PARTS" */
static bool read_value(struct proof *s, str text, bool base64) {
	AUTO_ARENA a = { 0 };
	str value, parts, bytes;
	bool cut = str_cut(text, '-', &value, &parts);
	if (!(base64 ? base64_decode(&a, value, &bytes) : hex_decode(&a, value, &bytes)) ||
	    bytes.n != digest_size(s->kind) || (cut && !str_uint(parts, &s->parts))) {
		return false;
	}
	memcpy(s->value, bytes.p, bytes.n);
	s->form = cut ? PROOF_PARTS : PROOF_WHOLE;
	return true;
}

static bool etag_is_md5(const struct val *answer) {
	return !str_starts(get_str(answer, "ServerSideEncryption"), S("aws:kms")) &&
	       !get_str(answer, "SSECustomerAlgorithm").n;
}

struct proof proof_of(const struct val *answer) {
	str etag = get_str(answer, "ETag");
	bool composite = str_is(get_str(answer, "ChecksumType"), "COMPOSITE");
	for (size_t i = 0; i < SUMS; i++) {
		struct proof s = { .kind = sums[i].kind };
		if (read_value(&s, get_str(answer, sums[i].member), true) && (!composite || s.form == PROOF_PARTS)) {
			return s;
		}
	}
	struct proof s = { .kind = DIGEST_MD5 };
	if (etag.n > 2 && etag.p[0] == '"' && etag.p[etag.n - 1] == '"') {
		etag = (str){ etag.p + 1, etag.n - 2 };
	}
	if (!etag_is_md5(answer) || !read_value(&s, etag, false)) {
		s.form = PROOF_NONE;
	}
	return s;
}
