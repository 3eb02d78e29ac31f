#include "cli/s3_properties.h"

#include "wire/tree.h"

static bool is_sse(const char *word) {
	static const char *const kinds[] = { "AES256", "aws:kms", "aws:kms:dsse", "aws:fsx", NULL };
	for (const char *const *k = kinds; *k; k++) {
		if (strcmp(*k, word) == 0) {
			return true;
		}
	}
	return false;
}

void s3_complete_sse(struct cli *cli) {
	for (int i = 0; i < cli->argc && strcmp(cli->argv[i], "--") != 0; i++) {
		if (strcmp(cli->argv[i], "--sse") == 0 && (i + 1 == cli->argc || !is_sse(cli->argv[i + 1]))) {
			cli->argv[i] = str_z(cli->arena, S("--sse=AES256"));
		}
	}
}

/* --- metadata --- */

struct metadata {
	struct arena *arena;
	struct metadatum *list;
	size_t n, room;
};

static bool add(struct metadata *m, str name, str value) {
	if (m->n == m->room) {
		struct metadatum *old = m->list;
		m->room = m->room ? m->room * 2 : 16;
		m->list = NEWS(m->arena, struct metadatum, m->room);
		if (m->n) {
			memcpy(m->list, old, m->n * sizeof(*old));
		}
	}
	m->list[m->n++] = (struct metadatum){ name, value };
	return name.n > 0;
}

static bool read_json(struct metadata *m, str text) {
	const struct tree *t = tree_read(m->arena, text);
	bool good = t && t->kind == TREE_OBJECT;
	for (const struct tree *c = good ? t->first : NULL; c && good; c = c->next) {
		good = c->kind == TREE_STRING && add(m, c->name, c->s);
	}
	return good;
}

/* A comma without a name and = behind it belongs to the value. */
static str next_pair(str *rest) {
	str piece, more, after = *rest, all = *rest;
	for (size_t n = 0; str_cut(after, ',', &piece, &after); n++) {
		n += piece.n;
		str_cut(after, ',', &more, &(str){ 0 });
		if (memchr(more.p, '=', more.n)) {
			*rest = after;
			return (str){ all.p, n };
		}
	}
	*rest = (str){ 0 };
	return all;
}

static bool read_pairs(struct metadata *m, str text) {
	do {
		str name, value, pair = next_pair(&text);
		if (!str_cut(pair, '=', &name, &value) || !add(m, name, value)) {
			return false;
		}
	} while (text.n);
	return true;
}

static bool read_metadata(struct cli *cli, const struct option_values *from, struct transfer_setup *setup) {
	struct metadata m = { .arena = cli->arena };
	for (size_t i = 0; i < from->n; i++) {
		str text = from->v[i];
		bool json = text.n && strchr("{[", text.p[0]);
		if (json ? !read_json(&m, text) : !read_pairs(&m, text)) {
			cli_fail(EXIT_USAGE,
				 "--metadata wants NAME=VALUE[,NAME=VALUE...], or {\"NAME\": \"VALUE\", ...}.");
			return false;
		}
	}
	setup->metadata = m.list;
	setup->n_metadata = m.n;
	return true;
}

bool s3_read_properties(struct cli *cli, const struct s3_properties *p, struct transfer_setup *setup) {
	const struct property all[] = { { "ContentType", p->content_type },
					{ "ContentEncoding", p->content_encoding },
					{ "ContentDisposition", p->content_disposition },
					{ "ContentLanguage", p->content_language },
					{ "CacheControl", p->cache_control },
					{ "StorageClass", p->storage_class },
					{ "ACL", p->acl },
					{ "ServerSideEncryption", p->sse },
					{ "SSEKMSKeyId", p->kms_key } };
	struct property *kept = NEWS(cli->arena, struct property, sizeof(all) / sizeof(*all));
	memcpy(kept, all, sizeof(all));
	setup->properties = kept;
	setup->n_properties = sizeof(all) / sizeof(*all);
	return read_metadata(cli, &p->metadata, setup);
}
