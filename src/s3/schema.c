#include "s3/rows.h"

/* Every text here is bound as bytes (s), so that it compares as bytes. Ids are never used twice: a row that still
 * names a bucket or an upload that went can not be taken for another's. */
const struct store_table s3_tables[] = {
	{ .schema = "CREATE TABLE IF NOT EXISTS bucket("
		    "id INTEGER PRIMARY KEY AUTOINCREMENT,"
		    "name BLOB NOT NULL UNIQUE,"
		    "account BLOB NOT NULL,"
		    "region BLOB NOT NULL,"
		    "created INTEGER NOT NULL,"
		    "versioning INTEGER NOT NULL," /* enum versioning */
		    "object_lock INTEGER NOT NULL,"
		    "ownership INTEGER NOT NULL," /* enum ownership */
		    "policy INTEGER NOT NULL);" /* revision; 0 or less: none */
		    "CREATE INDEX IF NOT EXISTS bucket_account ON bucket(account, name);" },

	/* A document a kind: kind is its sub-resource ("lifecycle"), id is '' but for kinds that have several. */
	{ .schema = "CREATE TABLE IF NOT EXISTS bucket_config("
		    "bucket INTEGER NOT NULL,"
		    "kind BLOB NOT NULL,"
		    "id BLOB NOT NULL,"
		    "document BLOB NOT NULL,"
		    "PRIMARY KEY(bucket, kind, id)) WITHOUT ROWID;" },

	/* The block of public access of a whole account. */
	{ .schema = "CREATE TABLE IF NOT EXISTS account_block(account BLOB PRIMARY KEY, document BLOB NOT NULL)"
		    " WITHOUT ROWID;" },

	/* A version a row. The least seq of a key is its current version: nothing else says so. What a listing shows
	 * comes first, what may be long comes last. meta and tags are never NULL: '' is none. */
	{ .schema = "CREATE TABLE IF NOT EXISTS object("
		    "bucket INTEGER NOT NULL,"
		    "key BLOB NOT NULL,"
		    "seq INTEGER NOT NULL,"
		    "marker INTEGER NOT NULL,"
		    "size INTEGER NOT NULL,"
		    "modified INTEGER NOT NULL,"
		    "etag BLOB NOT NULL,"
		    "storage_class BLOB NOT NULL,"
		    "version BLOB NOT NULL," /* 'null' or 32 characters */
		    "sum_kind INTEGER NOT NULL," /* enum digest_kind; -1: none */
		    "sum_composite INTEGER NOT NULL,"
		    "sum_value BLOB NOT NULL,"
		    "account BLOB NOT NULL,"
		    "blob INTEGER NOT NULL," /* 0: none, or in parts */
		    "upload INTEGER NOT NULL," /* whose parts are its body; 0: none */
		    "parts INTEGER NOT NULL,"
		    "tags BLOB NOT NULL,"
		    "meta BLOB NOT NULL,"
		    "PRIMARY KEY(bucket, key, seq)) WITHOUT ROWID;",
	  .blob_ids = "SELECT blob FROM object WHERE blob <> 0" },

	/* An upload in progress; its row goes when it is completed, its parts stay as the object's. */
	{ .schema = "CREATE TABLE IF NOT EXISTS upload("
		    "id INTEGER PRIMARY KEY AUTOINCREMENT,"
		    "bucket INTEGER NOT NULL,"
		    "key BLOB NOT NULL,"
		    "initiated INTEGER NOT NULL,"
		    "upload_id BLOB NOT NULL,"
		    "storage_class BLOB NOT NULL,"
		    "sum_kind INTEGER NOT NULL," /* -1: none asked for */
		    "sum_composite INTEGER NOT NULL,"
		    "account BLOB NOT NULL,"
		    "initiator BLOB NOT NULL,"
		    "tags BLOB NOT NULL,"
		    "meta BLOB NOT NULL);"
		    "CREATE INDEX IF NOT EXISTS upload_key ON upload(bucket, key, initiated);" },

	{ .schema = "CREATE TABLE IF NOT EXISTS part("
		    "upload INTEGER NOT NULL,"
		    "number INTEGER NOT NULL,"
		    "start INTEGER NOT NULL," /* in the object, once it is complete; 0 before */
		    "size INTEGER NOT NULL,"
		    "modified INTEGER NOT NULL,"
		    "md5 BLOB NOT NULL," /* 16 bytes */
		    "sum_kind INTEGER NOT NULL,"
		    "sum_value BLOB NOT NULL,"
		    "blob INTEGER NOT NULL,"
		    "PRIMARY KEY(upload, number)) WITHOUT ROWID;",
	  .blob_ids = "SELECT blob FROM part WHERE blob <> 0" },

	{ 0 },
};
