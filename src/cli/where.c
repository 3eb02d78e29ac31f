#include "cli/where.h"

#include "base/clock.h"
#include "client/endpoint.h"
#include "wire/tree.h"

#include <stdio.h>

static bool say_no(str why) {
	cli_fail(EXIT_REFUSED, STR_FMT, STR_ARG(why));
	return false;
}

/* Of the running server: a member of what its control channel tells. */
static bool ask_server(struct cli *cli, const char *path, struct tree **out) {
	int status;
	str body;
	int rc = control_call(cli, "GET", path, &status, &body);
	if (rc) {
		cli_fail(EXIT_REFUSED, "Aerostat is not up on " STR_FMT ". `aerostat up` starts it.",
			 STR_ARG(cli->data));
		return false;
	}
	*out = status == 200 ? tree_read(cli->arena, body) : NULL;
	return *out || say_no(body.n ? str_trim(body) : S("The server's answer cannot be read."));
}

static bool find_local(struct cli *cli, const struct wish *wish, struct place *out) {
	struct tree *env;
	if (wish->region.n && !region_is_plain(wish->region)) {
		return say_no(str_printf(cli->arena, STR_FMT " is no region: one is written like us-east-1.",
					 STR_ARG(wish->region)));
	}
	if (!ask_server(cli, "/env", &env)) {
		return false;
	}
	*out = (struct place){ .local = true };
	out->endpoint = tree_text(tree_get(env, "AWS_ENDPOINT_URL"));
	out->region = wish->region.n ? wish->region : tree_text(tree_get(env, "AWS_REGION"));
	out->keys.access_key = tree_text(tree_get(env, "AWS_ACCESS_KEY_ID"));
	out->keys.secret = tree_text(tree_get(env, "AWS_SECRET_ACCESS_KEY"));
	return true;
}

int where_refuse(const struct where *w, str about, const struct answer *a) {
	bool denied = str_is(a->code, "AccessDenied") || str_is(a->code, "UnauthorizedOperation");
	cli_fail(EXIT_REFUSED, STR_FMT "%s" STR_FMT, STR_ARG(about), about.n ? ": " : "",
		 STR_ARG(answer_sentence(w->cli->arena, a)));
	if (denied && a->request_id.n && !w->client.place.aws) {
		fprintf(stderr, "`aerostat iam explain " STR_FMT "` says why.\n", STR_ARG(a->request_id));
	}
	return EXIT_REFUSED;
}

bool where_open(struct where *w, struct cli *cli, const struct wish *wish) {
	struct place place;
	struct answer failed;
	str why;
	*w = (struct where){ .cli = cli };
	if (wish_is_local(wish)) {
		if (!find_local(cli, wish, &place)) {
			return false;
		}
	} else if (!place_find(cli->arena, wish, &place, &why)) {
		return say_no(why);
	}
	if (!client_open(&w->client, cli->arena, &place, &failed)) {
		where_refuse(w, (str){ 0 }, &failed);
		return false;
	}
	return true;
}

void where_say(const struct where *w, str account, str region) {
	const struct place *p = &w->client.place;
	struct buf b = { .arena = w->cli->arena };
	putz(&b, p->local ? "on the local cloud" : p->aws ? "on AWS" : "");
	if (p->endpoint.n) {
		putf(&b, "%sat " STR_FMT, b.n ? " " : "", STR_ARG(p->endpoint));
	}
	const struct {
		const char *name;
		str value;
	} more[] = { { "account", account }, { "region", region }, { "profile", p->profile } };
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
		if (more[i].value.n) {
			putf(&b, ", %s " STR_FMT, more[i].name, STR_ARG(more[i].value));
		}
	}
	fprintf(stderr, STR_FMT "\n", STR_ARG(buf_str(&b)));
}

bool where_tell(struct where *w) {
	struct ask q = ask_new(w, "sts", "GetCallerIdentity");
	struct answer a;
	if (!where_call(w, &q, &a)) {
		return false;
	}
	w->account = get_str(a.out, "Account");
	where_say(w, w->account, (str){ 0 });
	return true;
}

int64_t where_now(struct where *w) {
	int status;
	str body;
	int64_t ms;
	bool asked =
		w->client.place.local && control_call(w->cli, "GET", "/clock", &status, &body) == 0 && status == 200;
	const struct tree *t = asked ? tree_read(w->cli->arena, body) : NULL;
	return time_parse(tree_text(tree_get(t, "clock")), &ms) ? ms : clock_real();
}

struct ask ask_new(struct where *w, const char *service, const char *op) {
	return (struct ask){ service, op, client_input(&w->client, service, op), NULL };
}

struct ask ask_about(struct where *w, const char *op, const char *member, str value) {
	struct ask q = ask_new(w, "iam", op);
	set_str(w->cli->arena, q.in, member, value);
	return q;
}

bool where_call_about(struct where *w, const struct ask *q, str about, struct answer *a) {
	if (client_call(&w->client, q->service, q->op, q->in, a) || (q->expected && str_is(a->code, q->expected))) {
		return true;
	}
	where_refuse(w, about, a);
	return false;
}

bool where_call(struct where *w, const struct ask *q, struct answer *a) {
	return where_call_about(w, q, (str){ 0 }, a);
}

bool where_page(struct where *w, struct ask *q, struct answer *a) {
	if (a->out && !get_int(a->out, "IsTruncated", 0)) {
		return false;
	}
	if (a->out) {
		set_str(w->cli->arena, q->in, "Marker", get_str(a->out, "Marker"));
	}
	a->out = NULL;
	return where_call(w, q, a) && a->out;
}

enum bucket_is where_bucket(struct where *w, str bucket) {
	struct answer a;
	struct ask q = ask_new(w, "s3", "HeadBucket");
	set_str(w->cli->arena, q.in, "Bucket", bucket);
	if (client_call(&w->client, q.service, q.op, q.in, &a)) {
		return BUCKET_THERE;
	}
	switch (a.status) {
	case 301: return BUCKET_THERE; /* in another region */
	case 400: /* no name that a bucket can have */
	case 404: return BUCKET_NOT_THERE;
	case 403: return BUCKET_ELSEWHERE;
	default: where_refuse(w, (str){ 0 }, &a); return BUCKET_UNKNOWN;
	}
}
