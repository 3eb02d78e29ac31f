#include "s3/config.h"
#include "s3/object.h"
#include "s3/routes.h"

enum { OBJECT_TAGS = 10 };

static void show_version(struct call *c, const struct object *o) {
	set_str(c->arena, c->out, "VersionId", version_shown(call_bucket(c), o));
}

static bool get_object_tagging(struct call *c) {
	struct object o;
	if (!must_allow_version(c, "s3:GetObjectTagging", "s3:GetObjectVersionTagging") ||
	    !object_of_input(c, call_db(c), &o)) {
		return false;
	}
	show_version(c, &o);
	tags_show(c->arena, set(c->arena, c->out, "TagSet"), o.tags);
	return true;
}

struct retag {
	struct call *c;
	str tags;
	struct object o;
};

static int retag(struct db *db, void *arg) {
	struct retag *w = arg;
	if (!object_of_input(w->c, db, &w->o)) {
		return 1;
	}
	w->o.tags = w->tags;
	object_update(db, &w->o);
	return db_error(db);
}

static bool keep(struct call *c, str tags) {
	struct retag w = { .c = c, .tags = tags };
	if (!object_of_input(c, call_db(c), &w.o) || !call_write(c, retag, &w, NULL)) {
		return false;
	}
	show_version(c, &w.o);
	return true;
}

static bool put_object_tagging(struct call *c) {
	str tags;
	const struct val *document;
	if (!must_allow_version(c, "s3:PutObjectTagging", "s3:PutObjectVersionTagging")) {
		return false;
	}
	document = config_body(c);
	return document && tags_of_set(c, get(document, "TagSet"), OBJECT_TAGS, &tags) && keep(c, tags);
}

static bool delete_object_tagging(struct call *c) {
	return must_allow_version(c, "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging") && keep(c, (str){ 0 });
}

const struct route tagging_routes[] = {
	{ "GetObjectTagging", get_object_tagging, "", on_object, TIER2 },
	{ "PutObjectTagging", put_object_tagging, "", on_object, TIER1 },
	{ "DeleteObjectTagging", delete_object_tagging, "", on_object, NULL },
	{ 0 },
};
