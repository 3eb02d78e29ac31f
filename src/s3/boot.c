/* Buckets that are made without a request: --bootstrap. */
#include "core/cloud.h"
#include "s3/bucket.h"
#include "s3/bucket_name.h"
#include "s3/s3.h"

#include <errno.h>

static int run(struct db *db, void *arg) {
	const struct bucket_birth *b = arg;
	AUTO_ARENA a = { 0 };
	struct bucket old;
	if (bucket_find(db, &a, b->name, &old)) {
		return str_eq(old.account, b->account) ? -EEXIST : -EINVAL;
	}
	return bucket_insert(db, b) ? 0 : db_error(db);
}

int s3_bucket_create(struct cloud *cloud, str name, str account, str region) {
	struct bucket_birth b = { .name = name, .account = account, .region = region };
	struct work w = { .run = run, .arg = &b };
	return bucket_name_ok(name) && region_known(region) ? store_write(cloud->store, &w) : -EINVAL;
}
