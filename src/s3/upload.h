/* Uploads in progress, their parts, and what becomes of them: for the files about multipart uploads. What changes rows
 * takes the committer's db, in a work. */
#pragma once

#include "s3/rows.h"

enum { PARTS_MAX = 10000 };
extern const int64_t part_min, part_max; /* bytes: 5 MiB for all but the last, 5 GiB */

/* An upload id says when it began and which row it is, and a digest over these, the bucket and the key seals it: a
 * marker can be read after its upload has gone. False: it is no upload id of this bucket and key. */
bool upload_id_read(str upload_id, int64_t bucket, str key, int64_t *initiated, int64_t *id);

/* u gets its id and upload_id. */
void upload_insert(struct db *db, struct arena *a, struct upload *u);
bool upload_alive(struct db *db, int64_t upload);
void upload_remove(struct db *db, int64_t upload); /* the row alone; its parts are an object's now */

/* The call's upload (UploadId of the input), or fails with NoSuchUpload. */
bool upload_of_input(struct call *c, struct db *db, struct upload *out);
bool fail_no_upload(struct call *c);

/* The uploads of a bucket by key, then by age: those after this place. */
struct query *uploads_after(struct db *db, int64_t bucket, str key, int64_t initiated, int64_t id);
bool uploads_next(struct query *q, struct arena *a, struct upload *out);

/* In place of the part of that number, whose body is forgotten. */
void part_put(struct db *db, const struct part *p);
void part_drop(struct db *db, const struct part *p);
void part_place(struct db *db, const struct part *p); /* keeps its start */
/* The parts of an upload, or those of the object that it became, with numbers over this. */
struct query *parts_after(struct db *db, int64_t upload, int64_t number);
bool parts_next(struct query *q, struct arena *a, struct part *out);

/* The checksum that an upload keeps of each part: what was asked for, else CRC64NVME. */
static inline int upload_sum_kind(const struct upload *u) {
	return u->sum_kind >= 0 ? u->sum_kind : DIGEST_CRC64NVME;
}
const char *sum_type(bool composite); /* as ChecksumType */
str sum_lower(struct arena *a, int kind); /* "crc32"; "null" for -1 */
