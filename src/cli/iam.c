#include "cli/iam.h"

#include <stdio.h>

/* What every sub-verb that calls AWS takes besides. */
#define WHERE "\n  --aws, --profile NAME, --endpoint-url URL, --region REGION: elsewhere than the local cloud of --data"

static const struct verb subs[] = {
	{ "setup-user", "a user with policies and keys, in a profile of its own",
	  "aerostat iam setup-user NAME [--policy ARN]... [--bucket BUCKET] [--profile NAME] [--force] [--json]\n"
	  "  Makes the user if there is none, attaches the policies (AdministratorAccess, unless --policy or --bucket\n"
	  "  says otherwise), makes an access key and writes it to the profile in ~/.aws, with its endpoint_url.\n"
	  "  --bucket BUCKET   read, write, delete and list in this bucket, by a policy of the user's own\n"
	  "  --profile NAME    the profile to write; else the user's name\n"
	  "  --force           also over a profile that something else has written\n"
	  "  --aws, --as PROFILE, --endpoint-url URL, --region REGION: elsewhere than the local cloud of --data",
	  iam_setup_user },
	{ "setup-role", "the training role with its instance profile",
	  "aerostat iam setup-role NAME --bucket BUCKET [--service ec2.amazonaws.com]... [--instance-profile NAME]\n"
	  "                        [--force] [--json]\n"
	  "  A role that the services may assume, which may use the bucket, write logs and put metrics; and an "
	  "instance\n"
	  "  profile (of the role's name, unless given) with the role in it.\n"
	  "  --force           also replaces a trust policy that is another one" WHERE,
	  iam_setup_role },
	{ "show", "who there is, and what binds them",
	  "aerostat iam show [user NAME | group NAME | role NAME | policy ARN] [--json]" WHERE, iam_show },
	{ "check", "statements that can never match, and the cure",
	  "aerostat iam check [FILE... | --user NAME | --role NAME | --all] [--json]\n"
	  "  Files are policy documents (- is standard input) and need no server. Exit code 1: something can never "
	  "match." WHERE,
	  iam_check },
	{ "explain", "why a request was allowed or refused",
	  "aerostat iam explain [REQUEST-ID] [--json]\n  without an id: the last request that was refused",
	  iam_explain },
	{ "who-can", "who may do this", "aerostat iam who-can ACTION RESOURCE [--account ID] [--json]", iam_who_can },
	{ "suggest", "the least policy for what was really used",
	  "aerostat iam suggest --principal ARN [--since TIME] [--verify] [--json]", iam_suggest },
	{ 0 },
};

static const struct verb *find(const char *name) {
	for (const struct verb *v = subs; v->name; v++) {
		if (strcmp(v->name, name) == 0) {
			return v;
		}
	}
	return NULL;
}

int iam_usage(const char *name) {
	return cli_usage(find(name));
}

static int list(void) {
	puts("aerostat iam: users, roles, policies, and what they may do\n");
	for (const struct verb *v = subs; v->name; v++) {
		printf("  %-11s %s\n", v->name, v->summary);
	}
	puts("\n`aerostat iam SUB-VERB --help` says how each is used.");
	return EXIT_DONE;
}

static bool wants_help(const struct cli *cli) {
	for (int i = 0; i < cli->argc; i++) {
		if (strcmp(cli->argv[i], "--help") == 0 || strcmp(cli->argv[i], "-h") == 0) {
			return true;
		}
	}
	return false;
}

static int help(const struct verb *v) {
	printf("iam %s: %s\n\n%s\n", v->name, v->summary, v->usage);
	return EXIT_DONE;
}

static int iam(struct cli *cli) {
	if (cli->argc == 0 || cli->argv[0][0] == '-' || strcmp(cli->argv[0], "help") == 0) {
		const struct verb *about = cli->argc > 1 ? find(cli->argv[1]) : NULL;
		return about ? help(about) : list();
	}
	const struct verb *v = find(cli->argv[0]);
	if (!v) {
		return cli_fail(EXIT_USAGE, "There is no verb 'iam %s'. `aerostat iam` lists them.", cli->argv[0]);
	}
	if (wants_help(cli)) {
		return help(v);
	}
	cli->argc--;
	cli->argv++;
	return v->run(cli);
}

const struct verb verb_iam = { "iam", "users, roles, policies: set up, show, check, explain",
			       "aerostat iam setup-user | setup-role | show | check | explain | who-can | suggest\n"
			       "  `aerostat iam` says what each does, `aerostat iam SUB-VERB --help` how it is used.",
			       iam };
