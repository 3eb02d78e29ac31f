#include "core/identity_try.h"

#include "base/clock.h"

static struct session session_of(enum principal_kind kind, str entity_id, const char *name) {
	return (struct session){ .kind = kind,
				 .account = ACCOUNT,
				 .entity_id = entity_id,
				 .name = str_from(name),
				 .issued = clock_now(),
				 .expires = clock_now() + 3600000 };
}

static void test_there_and_back(void) {
	AUTO_ARENA a = { 0 };
	const str arns[] = { S("arn:aws:iam::aws:policy/ReadOnlyAccess") }, transitive[] = { S("team") };
	const struct tag tags[] = { { S("team"), S("ml \"x\"") }, { S("empty"), S("") } };
	struct session out, s = session_of(PRINCIPAL_ROLE, S("AROAX"), "name");
	s.policy = S("{\"Version\":\"2012-10-17\"}");
	s.policy_arns = arns;
	s.n_policy_arns = 1;
	s.tags = tags;
	s.n_tags = 2;
	s.transitive = transitive;
	s.n_transitive = 1;
	s.source_identity = S("me");
	s.chained = true;
	str token = session_create(&cloud, &a, &s);
	CHECK(str_starts(s.access_key, S("ASIA")) && s.access_key.n == 20 && s.secret.n == 40);
	CHECK(session_open(&cloud, &a, token, &out));
	CHECK_STR(out.access_key, s.access_key);
	CHECK_STR(out.secret, s.secret);
	CHECK_STR(out.policy, s.policy);
	CHECK_STR(out.policy_arns[0], arns[0]);
	CHECK_STR(out.tags[0].value, tags[0].value);
	CHECK(out.n_tags == 2 && out.tags[1].value.p && out.n_transitive == 1 && out.n_policy_arns == 1);
	CHECK_STR(out.source_identity, S("me"));
	CHECK(out.chained && !out.mfa && out.kind == PRINCIPAL_ROLE);
	CHECK_INT(out.expires, s.expires);
	CHECK_INT(out.issued, s.issued);
}

static void test_forged(void) {
	AUTO_ARENA a = { 0 };
	struct session out, s = session_of(PRINCIPAL_ROOT, (str){ 0 }, NULL);
	str token = session_create(&cloud, &a, &s);
	struct buf other = { .arena = &a };
	char *bent = str_z(&a, token);
	int opened = 0;
	for (size_t i = 0; i < token.n; i++) {
		char was = bent[i];
		bent[i] = was == 'A' ? 'B' : 'A';
		opened += session_open(&cloud, &a, (str){ bent, token.n }, &out);
		opened += session_open(&cloud, &a, (str){ token.p, i }, &out);
		bent[i] = was;
	}
	CHECK_INT(opened, 0);
	CHECK(!session_open(&cloud, &a, S(""), &out));
	/* something else that was sealed here */
	put_base64(&other, seal_close(&cloud.seal, &a, S("{\"access_key\":\"ASIAX\",\"secret\":\"x\"}")));
	CHECK(!session_open(&cloud, &a, buf_str(&other), &out));
	struct cloud foreign = cloud;
	foreign.seal.key[0] ^= 1;
	CHECK(!session_open(&foreign, &a, token, &out));
}

static void test_role(void) {
	AUTO_ARENA a = { 0 };
	struct not_found why;
	const struct tag tags[] = { { S("Team"), S("session") } };
	str role = make_entity(ENTITY_ROLE, "Trainer",
			       "[{\"Key\":\"team\",\"Value\":\"ml\"},{\"Key\":\"cost\",\"Value\":\"7\"}]");
	struct session s = session_of(PRINCIPAL_ROLE, role, "run-1"), t = session_of(PRINCIPAL_ROLE, role, "run-2");
	s.tags = tags;
	s.n_tags = 1;
	str token = session_create(&cloud, &a, &s), other = session_create(&cloud, &a, &t);
	const struct identity *who = look_up(&a, s.access_key, token, &why);
	CHECK(who && who->who.kind == PRINCIPAL_ROLE && !who->has_session);
	CHECK_STR(who->who.arn, S("arn:aws:sts::123456789012:assumed-role/Trainer/run-1"));
	CHECK_STR(who->who.entity_arn, S("arn:aws:iam::123456789012:role/team/Trainer"));
	CHECK(str_ends(who->who.id, S(":run-1")) && !who->who.name.p);
	CHECK_INT(who->n_tags, 2);
	CHECK_STR(who->tags[0].value, S("session"));
	CHECK_STR(who->tags[1].value, S("7"));
	/* A token goes with its own key alone, whether that is known already or not. */
	CHECK(!look_up(&a, s.access_key, other, &why) && why.token == TOKEN_BAD);
	CHECK(!look_up(&a, t.access_key, token, &why) && why.token == TOKEN_BAD);
	CHECK(!look_up(&a, s.access_key, (str){ 0 }, &why) && why.token == TOKEN_GOOD);
	CHECK(look_up(&a, s.access_key, token, &why) == who);
	change("DELETE FROM entity WHERE id = ?", role, (str){ 0 }, (str){ 0 });
	CHECK(!look_up(&a, s.access_key, token, &why) && why.token == TOKEN_BAD);
}

static void test_end(void) {
	AUTO_ARENA a = { 0 };
	struct not_found why;
	struct session s = session_of(PRINCIPAL_USER, id_of_alice(), NULL), t = s;
	str token = session_create(&cloud, &a, &s), unseen = session_create(&cloud, &a, &t);
	const struct identity *who = look_up(&a, s.access_key, token, &why);
	CHECK(who && who->who.kind == PRINCIPAL_USER && str_is(who->who.name, "alice"));
	clock_set_offset(3599000);
	CHECK(look_up(&a, s.access_key, token, &why) != NULL);
	clock_set_offset(3600000);
	CHECK(!look_up(&a, s.access_key, token, &why) && why.token == TOKEN_EXPIRED);
	CHECK(!look_up(&a, t.access_key, unseen, &why) && why.token == TOKEN_EXPIRED);
	clock_set_offset(0);
}

static void test_federated(void) {
	AUTO_ARENA a = { 0 };
	struct not_found why;
	struct session s = session_of(PRINCIPAL_FEDERATED, id_of_alice(), "bob");
	str token = session_create(&cloud, &a, &s);
	const struct identity *who = look_up(&a, s.access_key, token, &why);
	CHECK(who && who->who.kind == PRINCIPAL_FEDERATED && who->has_session && who->n_session == 0);
	CHECK_STR(who->who.arn, S("arn:aws:sts::123456789012:federated-user/bob"));
	CHECK_STR(who->who.id, S("123456789012:bob"));
	s = session_of(PRINCIPAL_FEDERATED, (str){ 0 }, "eve");
	token = session_create(&cloud, &a, &s);
	who = look_up(&a, s.access_key, token, &why);
	CHECK(who && who->who.kind == PRINCIPAL_FEDERATED && who->has_session);
	/* A role's id does not make a user's session. */
	s = session_of(PRINCIPAL_USER, make_entity(ENTITY_ROLE, "Other", NULL), NULL);
	token = session_create(&cloud, &a, &s);
	CHECK(!look_up(&a, s.access_key, token, &why) && why.token == TOKEN_BAD);
}

int main(void) {
	static void (*const tests[])(void) = { test_there_and_back, test_forged, test_role, test_end,
					       test_federated,      NULL };
	return run_in_cloud(tests);
}
