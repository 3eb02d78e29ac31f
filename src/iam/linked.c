/* Service-linked roles. Names: the services' own guides, and IAM User Guide, "AWS services that work with IAM". */
#include "iam/room.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/rand.h"
#include "policy/aws_policies.h"

#include <errno.h>

enum { NAME_MAX_LENGTH = 64 };

/* The services that ML work meets. policy: as far as AWS's is kept here. */
static const struct linked {
	const char *service, *name; /* without ".amazonaws.com" and "AWSServiceRoleFor" */
	bool suffix; /* may have a custom one */
	const char *policy;
} linked[] = {
	{ "application-signals.cloudwatch", "CloudWatchApplicationSignals", false,
	  "CloudWatchApplicationSignalsServiceRolePolicy" },
	{ "autoscaling", "AutoScaling", true, NULL },
	{ "batch", "Batch", false, NULL },
	{ "cloudwatch-crossaccount", "CloudWatchCrossAccount", false, "CloudWatch-CrossAccountAccess" },
	{ "ec2.application-autoscaling", "ApplicationAutoScaling_EC2SpotFleetRequest", false, NULL },
	{ "ec2fleet", "EC2Fleet", false, NULL },
	{ "ecs", "ECS", false, NULL },
	{ "ecs.application-autoscaling", "ApplicationAutoScaling_ECSService", false, NULL },
	{ "eks", "AmazonEKS", false, NULL },
	{ "eks-nodegroup", "AmazonEKSNodegroup", false, NULL },
	{ "elasticfilesystem", "AmazonElasticFileSystem", false, NULL },
	{ "elasticloadbalancing", "ElasticLoadBalancing", false, NULL },
	{ "events", "CloudWatchEvents", false, "CloudWatchEventsServiceRolePolicy" },
	{ "fsx", "AmazonFSx", false, NULL },
	{ "pullthroughcache.ecr", "ECRPullThroughCache", false, NULL },
	{ "rds", "RDS", false, NULL },
	{ "replication.ecr", "ECRReplication", false, NULL },
	{ "sagemaker", "AmazonSageMakerNotebooks", false, "AmazonSageMakerNotebooksServiceRolePolicy" },
	{ "sagemaker.application-autoscaling", "ApplicationAutoScaling_SageMakerEndpoint", false, NULL },
	{ "spot", "EC2Spot", false, NULL },
	{ "spotfleet", "EC2SpotFleet", false, NULL },
	{ "ssm", "AmazonSSM", false, "AmazonSSMServiceRolePolicy" },
};

static const struct linked *linked_find(str service) {
	const str tail = S(".amazonaws.com");
	if (!str_ends(service, tail)) {
		return NULL;
	}
	for (size_t i = 0; i < sizeof(linked) / sizeof(*linked); i++) {
		if (str_is((str){ service.p, service.n - tail.n }, linked[i].service)) {
			return &linked[i];
		}
	}
	return NULL;
}

/* --- making one --- */

static str path_of(struct call *c) {
	return str_printf(c->arena, "/aws-service-role/" STR_FMT "/", STR_ARG(get_str(c->in, "AWSServiceName")));
}

static str name_of(struct call *c, const struct linked *l) {
	str suffix = get_str(c->in, "CustomSuffix");
	return str_printf(c->arena, "AWSServiceRoleFor%s%s" STR_FMT, l->name, suffix.n ? "_" : "", STR_ARG(suffix));
}

static bool on_new_linked(struct call *c) {
	const struct linked *l = linked_find(get_str(c->in, "AWSServiceName"));
	struct entity e = { .kind = ENTITY_ROLE, .account = c->who.account };
	e.path = path_of(c);
	e.name = l ? name_of(c, l) : S("*");
	c->resource = (struct resource){ .arn = entity_arn(c->arena, &e), .account = c->who.account };
	return true;
}

static void attach_own(struct db *db, const struct linked *l, str role) {
	AUTO_ARENA a = { 0 };
	str arn = str_printf(&a, "arn:aws:iam::aws:policy/aws-service-role/%s", l->policy ? l->policy : "");
	if (aws_policy_find(arn)) {
		db_run(db, "INSERT INTO attachment VALUES(?, ?)", "tt", role, arn);
	}
}

struct making {
	struct call *c;
	const struct linked *linked;
	struct entity role;
};

static int run_create(struct db *db, void *arg) {
	struct making *m = arg;
	int rc = entity_insert(db, &m->role);
	if (rc == -EEXIST) {
		fail(m->c, &invalid_input,
		     "Service role name " STR_FMT " has been taken in this account, please try a different suffix.",
		     STR_ARG(m->role.name));
		return 1;
	}
	attach_own(db, m->linked, m->role.id);
	return rc;
}

static bool suffix_ok(struct call *c, const struct linked *l, str name) {
	if (get_str(c->in, "CustomSuffix").n && !l->suffix) {
		return fail(c, &invalid_input, "Custom suffix is not allowed for " STR_FMT,
			    STR_ARG(get_str(c->in, "AWSServiceName")));
	}
	return name.n <= NAME_MAX_LENGTH ||
	       fail(c, &invalid_input, "The role name " STR_FMT " is longer than %d characters.", STR_ARG(name),
		    NAME_MAX_LENGTH);
}

static bool create_service_linked_role(struct call *c) {
	str service = get_str(c->in, "AWSServiceName");
	struct making m = { .c = c, .linked = linked_find(service) };
	if (!m.linked) {
		return fail(c, &invalid_input, "The service-linked roles of " STR_FMT " are not known here.",
			    STR_ARG(service));
	}
	m.role = (struct entity){
		.kind = ENTITY_ROLE,
		.id = new_id(c->arena, entity_prefix(ENTITY_ROLE)),
		.account = c->who.account,
		.name = name_of(c, m.linked),
		.path = path_of(c),
		.description = get_str(c->in, "Description"),
		.trust = str_printf(c->arena,
				    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
				    "{\"Service\":\"" STR_FMT "\"},\"Action\":\"sts:AssumeRole\"}]}",
				    STR_ARG(service)),
		.max_session = SESSION_SECONDS,
		.created = clock_now(),
	};
	if (!suffix_ok(c, m.linked, m.role.name) || !identity_write(c, run_create, &m)) {
		return false;
	}
	show_entity(c, call_db(c), set(c->arena, c->out, "Role"), &m.role);
	return true;
}

/* --- deleting one: done at once, and the task's id tells that it was given by us (nothing is kept) --- */

enum { NONCE = 8, PROOF = 8 };

static str proof_of(struct call *c, str path, str nonce) {
	struct buf b = { .arena = c->arena };
	str text = str_printf(c->arena, "deletion " STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(c->who.account),
			      STR_ARG(path), STR_ARG(nonce));
	struct digest_value v =
		hmac_sha256((str){ (const char *)c->cloud->seal.key, sizeof(c->cloud->seal.key) }, text);
	put_hex(&b, (str){ (const char *)v.p, PROOF });
	return buf_str(&b);
}

/* "task/aws-service-role/SERVICE/ROLE/UUID" */
static str task_id(struct call *c, const struct entity *role) {
	struct buf nonce = { .arena = c->arena };
	char bytes[NONCE];
	rand_bytes(bytes, sizeof(bytes));
	put_hex(&nonce, (str){ bytes, sizeof(bytes) });
	str path = str_printf(c->arena, STR_FMT STR_FMT, STR_ARG(role->path), STR_ARG(role->name));
	str n = buf_str(&nonce), p = proof_of(c, path, n);
	return str_printf(c->arena, "task" STR_FMT "/%.8s-%.4s-%.4s-%.4s-%.12s", STR_ARG(path), n.p, n.p + 8, n.p + 12,
			  p.p, p.p + 4);
}

struct deletion {
	struct call *c;
	struct entity role;
};

static int run_delete(struct db *db, void *arg) {
	static const char *const tables[] = {
		"DELETE FROM attachment WHERE entity = ?",
		"DELETE FROM inline_policy WHERE entity = ?",
		"DELETE FROM membership WHERE member = ?",
		"DELETE FROM entity WHERE id = ?",
	};
	struct deletion *d = arg;
	if (!must_find(d->c, db, ENTITY_ROLE, &d->role)) {
		return 1;
	}
	if (!is_linked(&d->role)) {
		fail(d->c, &invalid_input, "The role with name " STR_FMT " is not a service-linked role.",
		     STR_ARG(d->role.name));
		return 1;
	}
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		db_run(db, tables[i], "t", d->role.id);
	}
	return 0;
}

static bool delete_service_linked_role(struct call *c) {
	struct deletion d = { .c = c };
	if (!identity_write(c, run_delete, &d)) {
		return false;
	}
	set_str(c->arena, c->out, "DeletionTaskId", task_id(c, &d.role));
	return true;
}

static bool split_task(struct call *c, str *path, str *uuid) {
	str id = get_str(c->in, "DeletionTaskId");
	size_t at = id.n;
	while (at && id.p[at - 1] != '/') {
		at--;
	}
	*uuid = str_skip(id, at);
	*path = str_skip((str){ id.p, at ? at - 1 : 0 }, S("task").n);
	return str_starts(id, S("task/aws-service-role/")) && uuid->n == 36;
}

static bool on_task(struct call *c) {
	str path, uuid;
	if (split_task(c, &path, &uuid)) {
		c->resource.arn = str_printf(c->arena, "arn:aws:iam::" STR_FMT ":role" STR_FMT, STR_ARG(c->who.account),
					     STR_ARG(path));
	}
	return true;
}

static bool is_ours(struct call *c) {
	str path, uuid;
	struct buf plain = { .arena = c->arena };
	if (!split_task(c, &path, &uuid)) {
		return false;
	}
	for (size_t i = 0; i < uuid.n; i++) {
		put(&plain, (str){ uuid.p + i, uuid.p[i] != '-' });
	}
	str hex = buf_str(&plain), nonce = { hex.p, hex.n < 2 * (size_t)NONCE ? hex.n : 2 * (size_t)NONCE };
	return secret_eq(str_skip(hex, nonce.n), proof_of(c, path, nonce));
}

static bool get_deletion_status(struct call *c) {
	if (!is_ours(c)) {
		return fail(c, &no_such_entity, "Deletion task " STR_FMT " cannot be found.",
			    STR_ARG(get_str(c->in, "DeletionTaskId")));
	}
	set_str(c->arena, c->out, "Status", S("SUCCEEDED"));
	return true;
}

const struct route iam_linked_routes[] = {
	{ .op = "CreateServiceLinkedRole", .run = create_service_linked_role, .on = on_new_linked },
	{ .op = "DeleteServiceLinkedRole", .run = delete_service_linked_role, .on = on_role },
	{ .op = "GetServiceLinkedRoleDeletionStatus", .run = get_deletion_status, .on = on_task },
	{ 0 },
};
