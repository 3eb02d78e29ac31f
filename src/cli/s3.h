/* aerostat s3: one function a sub-verb; cli->argv is what follows the sub-verb. */
#pragma once

#include "cli/where.h"
#include "transfer/name.h"
#include "transfer/wild.h"

int s3_mb(struct cli *cli);
int s3_rb(struct cli *cli);
int s3_ls(struct cli *cli);
int s3_cp(struct cli *cli);
int s3_mv(struct cli *cli);
int s3_rm(struct cli *cli);
int s3_sync(struct cli *cli);
int s3_cat(struct cli *cli);
int s3_presign(struct cli *cli);
int s3_versions(struct cli *cli);
int s3_stat(struct cli *cli);
int s3_tag(struct cli *cli);
int s3_versioning(struct cli *cli);
int s3_lifecycle(struct cli *cli);

/* Of the AWS CLI's users. */
extern const struct habit s3_habits[];

/* Wrong usage of a sub-verb: says how it is used. */
int s3_usage(const char *name);

/* As where_open, but the local cloud is started if it is not up, and said so. changes: elsewhere than there, a line on
 * stderr says first where it goes. */
bool s3_open(struct where *w, struct cli *cli, struct wish *wish, bool changes);

/* s3://bucket/key, or without s3://; the key may be empty. False: it is none; said on stderr. */
bool s3_spot_of(const char *word, struct spot *out);
/* The same with nothing behind the bucket. */
bool s3_bucket_of(const char *word, str *bucket);
/* The same with a key. */
bool s3_object_of(const char *word, struct spot *out);

/* An operation on a bucket, or on an object, to be filled further. */
struct ask s3_ask(struct where *w, const char *op, str bucket);
struct ask s3_ask_object(struct where *w, const char *op, const struct spot *object);

/* As where_call; a failure says what it is about, and what to do. */
bool s3_call(struct where *w, const struct ask *q, struct answer *a);

/* For walks and the like: something failed; on stderr. arg is not looked at. */
void s3_say_trouble(void *arg, str sentence);

/* Another client of the same place with an arena of its own, for calls by the thousand: side_next frees what the last
 * ones took. */
struct s3_side {
	struct where w;
	struct cli cli;
	struct arena arena;
	struct arena_mark mark;
};
void s3_side_open(struct s3_side *s, const struct where *w);
void s3_side_next(struct s3_side *s);
void s3_side_close(struct s3_side *s);

/* One object with a long list in it, as --json prints it, an item a line, while the items come:
 * {HEAD[ITEM, ...]TAIL}. */
struct s3_items {
	str head; /* "\"bucket\":\"b\",\"objects\":" */
	int64_t n;
};
void s3_item(struct s3_items *items, str json);
void s3_items_end(struct s3_items *items, str tail);
/* A member "name":value, with a comma before it unless the buffer ends with an opening brace or is empty. */
void s3_put_member(struct buf *b, const char *name, str value);

/* "12.3 MiB" */
str s3_human(struct arena *a, int64_t bytes);
/* "2026-11-25 08:30:00", UTC */
str s3_time(struct arena *a, int64_t ms);
/* A value by the names of the API reference, as JSON. */
void s3_put_val(struct buf *b, const struct val *v);
/* The other direction. "Id" is taken for "ID", as in the exercise. False: *why is a sentence. */
struct tree;
bool s3_read_val(struct arena *a, struct val *v, const struct tree *t, str *why);

/* Deletes keys (and versions, where they are given) by the thousand. */
struct s3_remover {
	struct where *w;
	struct arena arena; /* of a batch */
	str bucket;
	struct val *in, *list;
	size_t n;
	int64_t removed, failed;
	void (*trouble)(void *arg, str sentence);
	void (*gone)(void *arg, str key, str version); /* of each that is removed; NULL: nobody wants to know */
	void *arg;
};
void s3_remover_open(struct s3_remover *r, struct where *w, str bucket);
void s3_remove(struct s3_remover *r, str key, str version);
/* Everything whose key begins with the prefix. False: it cannot be listed; told as trouble. */
bool s3_remove_all(struct s3_remover *r, str prefix, bool versions);
/* What is left of the batch; the arena is free afterwards. */
void s3_remover_close(struct s3_remover *r);
