#include "policy/decide.h"

/* What the policies of one kind say together. */
struct heard {
	struct said said;
	const struct bound *by;
};

/* The first that denies, else the first that allows most directly. */
static struct heard hear(const struct bound *b, size_t n, const struct access *q) {
	struct heard best = { .said.statement = -1 };
	for (size_t i = 0; i < n; i++) {
		struct said said = policy_says(b[i].policy, q);
		if (said.say == SAY_DENY || (said.say == SAY_ALLOW && said.named > best.said.named)) {
			best = (struct heard){ said, &b[i] };
		}
		if (said.say == SAY_DENY) {
			break;
		}
	}
	return best;
}

struct trial {
	const struct question *q;
	struct verdict *out;
	struct heard identity, boundary, session, resource;
	bool same_account, bound_by_session;
	bool all_rights; /* root, or who acts for root */
};

static bool end(struct trial *t, bool allowed, enum layer layer, const struct heard *h) {
	*t->out = (struct verdict){ allowed, false, layer, h ? h->by : NULL, h && h->by ? h->said.statement : -1 };
	return allowed;
}

static bool denied(struct trial *t, enum layer layer, const struct heard *h) {
	if (h->said.say == SAY_DENY) {
		end(t, false, layer, h);
		t->out->explicit_deny = true;
	}
	return t->out->explicit_deny;
}

static void hear_all(struct trial *t) {
	const struct question *q = t->q;
	struct access access = q->access;
	access.bounded = q->boundary != NULL;
	t->identity = hear(q->identity, q->n_identity, &access);
	t->boundary = hear(q->boundary, q->boundary ? 1 : 0, &access);
	t->session = hear(q->session, q->n_session, &access);
	t->resource = hear(q->resource, q->resource ? 1 : 0, &access);
}

/* Anything that is denied in so many words. */
static bool denied_anywhere(struct trial *t) {
	bool spared = t->q->owner_may && t->q->access.who->kind == PRINCIPAL_ROOT && t->same_account;
	return denied(t, LAYER_IDENTITY, &t->identity) || denied(t, LAYER_BOUNDARY, &t->boundary) ||
	       denied(t, LAYER_SESSION, &t->session) || (!spared && denied(t, LAYER_RESOURCE, &t->resource));
}

static bool allows(const struct heard *h) {
	return h->said.say == SAY_ALLOW;
}

/* What the boundary and the session's policies leave of what h allows. */
static bool cut(struct trial *t, enum layer layer, const struct heard *h) {
	if (t->q->boundary && !allows(&t->boundary)) {
		return end(t, false, LAYER_BOUNDARY, NULL);
	}
	if (t->bound_by_session && !allows(&t->session)) {
		return end(t, false, LAYER_SESSION, NULL);
	}
	return end(t, true, layer, h);
}

static bool by_identity(struct trial *t) {
	if (t->all_rights) {
		return cut(t, LAYER_ROOT, NULL);
	}
	return allows(&t->identity) ? cut(t, LAYER_IDENTITY, &t->identity) : end(t, false, LAYER_IDENTITY, NULL);
}

/* The resource's side for those of whom its account knows nothing: its policy, or its ACL. */
static bool by_resource(struct trial *t, bool restricted) {
	if (allows(&t->resource) && !restricted) {
		return end(t, true, LAYER_RESOURCE, &t->resource);
	}
	if (t->q->granted && !t->q->trust) {
		return end(t, true, LAYER_ACL, NULL);
	}
	return end(t, false, allows(&t->resource) ? LAYER_BLOCK : LAYER_RESOURCE,
		   allows(&t->resource) ? &t->resource : NULL);
}

static bool within_account(struct trial *t) {
	enum named named = allows(&t->resource) ? t->resource.said.named : NAMED_NOT;
	if (t->q->access.who->kind == PRINCIPAL_ROOT && !t->q->trust) {
		return by_identity(t);
	}
	if (named == NAMED_SELF) {
		return end(t, true, LAYER_RESOURCE, &t->resource);
	}
	if (named == NAMED_ROLE) {
		return cut(t, LAYER_RESOURCE, &t->resource);
	}
	if (t->q->trust && named == NAMED_NOT) {
		return end(t, false, LAYER_RESOURCE, NULL);
	}
	return by_identity(t);
}

static bool across_accounts(struct trial *t) {
	if (!by_identity(t)) {
		return false;
	}
	return by_resource(t, t->q->restricted);
}

void decide(const struct question *q, struct verdict *out) {
	const struct principal *who = q->access.who;
	bool federated = who->kind == PRINCIPAL_FEDERATED;
	struct trial t = { .q = q, .out = out };
	*out = (struct verdict){ .statement = -1 };
	t.same_account = !q->resource_account.n || str_eq(q->resource_account, who->account);
	t.bound_by_session = q->has_session || federated;
	t.all_rights = who->kind == PRINCIPAL_ROOT || (federated && !who->entity_id.n);
	hear_all(&t);
	if (denied_anywhere(&t)) {
		return;
	}
	if (who->kind == PRINCIPAL_SERVICE || who->kind == PRINCIPAL_ANONYMOUS) {
		by_resource(&t, q->restricted && who->kind == PRINCIPAL_ANONYMOUS);
	} else if (t.same_account) {
		within_account(&t);
	} else {
		across_accounts(&t);
	}
}
