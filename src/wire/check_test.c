#include "base/tap.h"
#include "wire/inner.h"
#include "wire/pattern.h"

static struct arena a;

static str checked(const char *service, const char *op, str json) {
	struct val *v = val_new(&a, op_find(service_find(service), op, strlen(op))->in);
	return json_read(&a, v, json) ? val_check(&a, v) : S("malformed");
}

static void check_sentences(void) {
	CHECK(!checked("iam", "GetRole", S("{\"RoleName\":\"r\"}")).p);
	CHECK_STR(checked("iam", "GetRole", S("{}")),
		  S("1 validation error detected: Value null at 'roleName' failed to satisfy "
		    "constraint: Member must not be null"));
	CHECK_STR(checked("iam", "GetRole", S("{\"RoleName\":\"\"}")),
		  S("2 validation errors detected: Value '' at 'roleName' failed to satisfy constraint: Member must "
		    "have length "
		    "greater than or equal to 1; Value '' at 'roleName' failed to satisfy constraint: Member must "
		    "satisfy regular "
		    "expression pattern: [\\w+=,.@-]+"));
	CHECK_STR(checked("iam", "CreateRole",
			  S("{\"RoleName\":\"r\",\"AssumeRolePolicyDocument\":\"{}\",\"MaxSessionDuration\":5,"
			    "\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"},{\"Value\":\"v\"}]}")),
		  S("2 validation errors detected: Value '5' at 'maxSessionDuration' failed to satisfy constraint: "
		    "Member must have "
		    "value greater than or equal to 3600; Value null at 'tags.2.member.key' failed to satisfy "
		    "constraint: Member "
		    "must not be null"));
	CHECK_STR(checked("ssm", "PutParameter", S("{\"Name\":\"n\",\"Value\":\"v\",\"Type\":\"Odd\"}")),
		  S("1 validation error detected: Value 'Odd' at 'type' failed to satisfy constraint: Member must "
		    "satisfy enum value "
		    "set: [String, StringList, SecureString]"));
	CHECK_STR(checked("iam", "UntagRole", S("{\"RoleName\":\"r\",\"TagKeys\":[\"a\",\"\"]}")),
		  S("1 validation error detected: Value '[a, ]' at 'tagKeys' failed to satisfy constraint: Member must "
		    "satisfy "
		    "constraint: [Member must have length less than or equal to 128, Member must have length greater "
		    "than or equal "
		    "to 1, Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+]"));
}

/* Sixty-four characters of two bytes are not too long. */
static void check_lengths(void) {
	struct buf b = { .arena = &a };
	putz(&b, "{\"logGroupName\":\"g\",\"kmsKeyId\":\"");
	for (int i = 0; i < 256; i++) {
		putz(&b, "\xc3\xa9");
	}
	putz(&b, "\"}");
	CHECK(!checked("logs", "CreateLogGroup", buf_str(&b)).p);
	b.n -= 2;
	putz(&b, "x\"}");
	CHECK(str_ends(checked("logs", "CreateLogGroup", buf_str(&b)),
		       S("Member must have length less than or equal to 256")));
}

static void check_maps(void) {
	str got = checked("sagemaker", "CreateModel",
			  S("{\"ModelName\":\"m\",\"PrimaryContainer\":{\"Environment\":{\"1\":\"x\"}}}"));
	CHECK(str_starts(
		got, S("1 validation error detected: Value '{1=x}' at 'primaryContainer.environment' failed to satisfy "
		       "constraint: Map keys must satisfy constraint: [")));
}

/* Nothing that a client sends makes a pattern take long. */
static void check_hostile(void) {
	static const char hostile[] = "(a+)+$";
	char text[64];
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '!';
	CHECK(!pattern_matches(hostile, (str){ text, sizeof(text) }));
	CHECK(pattern_matches("[a-z]+", S("abc")) && !pattern_matches("[a-z]+", S("abc1")) &&
	      !pattern_matches("[a-z]+", S("1abc")));
	CHECK(!pattern_matches("[a-z]*", S("\xff")));
	CHECK(pattern_matches("(unclosed", S("anything")) && !pattern_known("(unclosed"));
	CHECK(pattern_matches("[\\u0009\\u0020-\\u00FF]*", S("\t \xc3\xa9")));
	struct buf b = { .arena = &a };
	putz(&b, "{\"RoleName\":\"");
	for (int i = 0; i < 1000000; i++) {
		put_byte(&b, '!');
	}
	putz(&b, "\"}");
	CHECK(checked("iam", "GetRole", buf_str(&b)).n < 5000);
}

static void count_patterns(const struct service *s, const struct shape *in, int counts[2]) {
	for (size_t k = 0; in && k < in->n; k++) {
		const char *pattern = in->m[k].shape->pattern;
		if (!pattern) {
			continue;
		}
		bool known = pattern_known(pattern);
		counts[known]++;
		if (!known) {
			printf("# not read: %s %s: %s\n", s->name, in->m[k].shape->name, pattern);
		}
	}
}

/* All but a handful of the models' patterns can be read. */
static void check_patterns(void) {
	int counts[2] = { 0 };
	for (const struct service *const *s = services; *s; s++) {
		for (size_t i = 0; i < (*s)->n_ops; i++) {
			count_patterns(*s, (*s)->ops[i].in, counts);
		}
	}
	printf("# %d patterns, and %d that PCRE2 cannot read\n", counts[1], counts[0]);
	CHECK(counts[1] > 400 && counts[0] < 10);
}

int main(void) {
	check_sentences();
	check_lengths();
	check_maps();
	check_hostile();
	check_patterns();
	arena_free(&a);
	return tap_done();
}
