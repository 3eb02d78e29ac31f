#include "core/identity_try.h"

#include <pthread.h>

#define DOCUMENT(sid)                                                                                                  \
	"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"" sid                                                   \
	"\",\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}"

static const struct bound *policy_named(const struct identity *who, const char *name) {
	for (size_t i = 0; i < who->n_policies; i++) {
		if (str_is(who->policies[i].name, name)) {
			return &who->policies[i];
		}
	}
	static const struct bound none;
	return &none;
}

static bool may(const struct identity *who, const char *action) {
	AUTO_ARENA a = { 0 };
	struct verdict v;
	struct question q = {
		.access = { .who = &who->who, .action = str_from(action), .resource = S("*"), .arena = &a },
		.identity = who->policies,
		.n_identity = who->n_policies,
		.boundary = who->boundary,
	};
	decide(&q, &v);
	return v.allowed;
}

static str sid_of(const struct bound *b) {
	return b->policy ? policy_sid(b->policy, 0) : (str){ 0 };
}

static void test_who(void) {
	AUTO_ARENA a = { 0 };
	struct not_found why;
	struct key root;
	const struct identity *who = look_up(&a, ALICE, (str){ 0 }, &why);
	CHECK(who && who->who.kind == PRINCIPAL_USER);
	CHECK_STR(who->who.arn, S("arn:aws:iam::123456789012:user/alice"));
	CHECK_STR(who->who.name, S("alice"));
	CHECK_STR(who->who.id, id_of_alice());
	CHECK_STR(who->who.access_key, ALICE);
	CHECK_STR(who->secret, S("secret"));
	CHECK_STR(who->who.display_name, S("first"));
	CHECK_INT(who->n_policies, 0);
	CHECK(account_root_key(&cloud, &a, ACCOUNT, &root));
	who = look_up(&a, root.access_key, (str){ 0 }, &why);
	CHECK(who && who->who.kind == PRINCIPAL_ROOT);
	CHECK_STR(who->who.arn, S("arn:aws:iam::123456789012:root"));
	CHECK_STR(who->secret, root.secret);
	CHECK(!look_up(&a, S("AKIANOBODY"), (str){ 0 }, &why) && why.token == TOKEN_GOOD);
	CHECK(!look_up(&a, ALICE, S("token"), &why) && why.token == TOKEN_BAD);
	CHECK(!look_up(&a, S("test"), (str){ 0 }, &why));
}

static void test_policies(void) {
	AUTO_ARENA a = { 0 };
	struct not_found why;
	str alice = id_of_alice(), group = make_entity(ENTITY_GROUP, "ml", NULL);
	str policy = make_entity(ENTITY_POLICY, "own", NULL);
	const str arn = S("arn:aws:iam::123456789012:policy/team/own");
	change("INSERT INTO policy_version VALUES(?, 0, ?, 1)", policy, S(DOCUMENT("Managed")), (str){ 0 });
	change("INSERT INTO membership VALUES(?, ?, 1)", group, alice, (str){ 0 });
	change("INSERT INTO attachment VALUES(?, ?)", alice, S("arn:aws:iam::aws:policy/ReadOnlyAccess"), (str){ 0 });
	change("INSERT INTO attachment VALUES(?, ?)", group, arn, (str){ 0 });
	put_inline(alice, "mine", DOCUMENT("Mine"));
	put_inline(group, "ours", DOCUMENT("Ours"));
	put_inline(alice, "broken", "{");
	change("UPDATE entity SET boundary = ? WHERE id = ?", arn, alice, (str){ 0 });
	const struct identity *who = look_up(&a, ALICE, (str){ 0 }, &why);
	CHECK_INT(who->n_policies, 4); /* the broken one counts for nothing */
	CHECK(policy_named(who, "arn:aws:iam::aws:policy/ReadOnlyAccess")->policy != NULL);
	CHECK_STR(policy_named(who, "ours")->from, S("arn:aws:iam::123456789012:group/team/ml"));
	CHECK_STR(sid_of(policy_named(who, "mine")), S("Mine"));
	CHECK_STR(sid_of(policy_named(who, arn.p)), S("Managed"));
	CHECK(who->boundary && str_eq(who->boundary->name, arn) && may(who, "s3:ListAllMyBuckets"));
	change("DELETE FROM policy_version WHERE policy = ?", policy, (str){ 0 }, (str){ 0 });
	who = look_up(&a, ALICE, (str){ 0 }, &why);
	CHECK(who->boundary != NULL); /* a boundary that is lost does not set free */
	CHECK(!may(who, "s3:ListAllMyBuckets"));
	CHECK(!policy_named(who, arn.p)->policy);
	change("UPDATE entity SET boundary = NULL WHERE id = ?", alice, (str){ 0 }, (str){ 0 });
	change("DELETE FROM inline_policy WHERE name = ?", S("broken"), (str){ 0 }, (str){ 0 });
}

static void test_shared_until_changed(void) {
	AUTO_ARENA a = { 0 }, b = { 0 };
	struct not_found why;
	const struct identity *first = look_up(&a, ALICE, (str){ 0 }, &why);
	CHECK(look_up(&b, ALICE, (str){ 0 }, &why) == first);
	arena_free(&b);
	identity_changed(&cloud);
	const struct identity *next = look_up(&b, ALICE, (str){ 0 }, &why);
	CHECK(next != first);
	CHECK_STR(first->who.name, S("alice")); /* who holds it keeps it */
	change("UPDATE access_key SET active = 0 WHERE id = ?", ALICE, (str){ 0 }, (str){ 0 });
	CHECK(!look_up(&b, ALICE, (str){ 0 }, &why) && why.token == TOKEN_GOOD);
	change("UPDATE access_key SET active = 1 WHERE id = ?", ALICE, (str){ 0 }, (str){ 0 });
	CHECK(look_up(&b, ALICE, (str){ 0 }, &why) != NULL);
}

static void test_without_a_key(void) {
	AUTO_ARENA a = { 0 };
	str role = make_entity(ENTITY_ROLE, "Trainer", "[{\"Key\":\"team\",\"Value\":\"ml\"}]");
	struct db *db = store_reader(cloud.store);
	const struct identity *who = identity_of(db, &a, role);
	CHECK(who && who->who.kind == PRINCIPAL_ROLE && who->n_tags == 1);
	CHECK_STR(who->who.entity_arn, S("arn:aws:iam::123456789012:role/team/Trainer"));
	CHECK(str_starts(who->who.arn, S("arn:aws:sts::123456789012:assumed-role/Trainer/")));
	who = identity_of(db, &a, ACCOUNT);
	CHECK(who && who->who.kind == PRINCIPAL_ROOT);
	CHECK(!identity_of(db, &a, S("AROANOBODY")) && !identity_of(db, &a, S("210987654321")));
	store_reader_done(cloud.store, db);
}

/* --- nothing stale: looked up while it changes --- */

static bool stop;

static void *hammer(void *arg) {
	(void)arg;
	struct not_found why;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		AUTO_ARENA a = { 0 };
		identity_find(&cloud, &a, ALICE, (str){ 0 }, &why);
	}
	return NULL;
}

static void test_never_stale(void) {
	pthread_t threads[3];
	struct not_found why;
	str alice = id_of_alice();
	int stale = 0;
	for (int i = 0; i < 3; i++) {
		pthread_create(&threads[i], NULL, hammer, NULL);
	}
	for (int i = 0; i < 200; i++) {
		AUTO_ARENA a = { 0 };
		const char *document = i % 2 ? DOCUMENT("Odd") : DOCUMENT("Even");
		struct change n = { "INSERT OR REPLACE INTO inline_policy VALUES(?, ?, ?)", alice, S("mine"),
				    str_from(document) };
		struct work w = { .run = run_change, .arg = &n };
		store_write(cloud.store, &w);
		identity_changed(&cloud);
		const struct identity *who = identity_find(&cloud, &a, ALICE, (str){ 0 }, &why);
		const struct bound *mine = who ? policy_named(who, "mine") : NULL;
		stale += !mine || !str_is(policy_sid(mine->policy, 0), i % 2 ? "Odd" : "Even");
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
	}
	CHECK_INT(stale, 0);
}

static void test_many(void) {
	AUTO_ARENA a = { 0 };
	struct not_found why;
	int lost = 0;
	str alice = id_of_alice();
	for (int i = 0; i < 5000; i++) {
		AUTO_ARENA b = { 0 };
		struct session s = {
			.kind = PRINCIPAL_USER, .account = ACCOUNT, .entity_id = alice, .expires = INT64_MAX
		};
		str token = session_create(&cloud, &b, &s);
		lost += !identity_find(&cloud, &b, s.access_key, token, &why);
	}
	CHECK_INT(lost, 0);
	CHECK(look_up(&a, ALICE, (str){ 0 }, &why) != NULL);
}

/* Large identities push each other out long before they are many. */
static void test_large(void) {
	AUTO_ARENA a = { 0 }, b = { 0 };
	struct not_found why;
	str alice = id_of_alice(), blank = str_printf(&a, "%8388608s", "");
	put_inline(alice, "large",
		   str_printf(&a,
			      "{\"Statement\":[" STR_FMT "{\"Effect\":\"Deny\",\"Action\":\"ec2:*\","
			      "\"Resource\":\"*\"}]}",
			      STR_ARG(blank))
			   .p);
	const struct identity *first = look_up(&a, ALICE, (str){ 0 }, &why);
	CHECK(look_up(&b, ALICE, (str){ 0 }, &why) == first);
	for (int i = 0; i < 60; i++) {
		AUTO_ARENA c = { 0 };
		struct session s = {
			.kind = PRINCIPAL_USER, .account = ACCOUNT, .entity_id = alice, .expires = INT64_MAX
		};
		str token = session_create(&cloud, &c, &s);
		identity_find(&cloud, &c, s.access_key, token, &why);
	}
	CHECK(look_up(&b, ALICE, (str){ 0 }, &why) != first);
	change("DELETE FROM inline_policy WHERE name = ?", S("large"), (str){ 0 }, (str){ 0 });
}

int main(void) {
	static void (*const tests[])(void) = {
		test_who,   test_policies, test_shared_until_changed, test_without_a_key, test_never_stale, test_many,
		test_large, NULL
	};
	return run_in_cloud(tests);
}
