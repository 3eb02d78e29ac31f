/* A whole request or response on any of the six wires: method, path, query, headers and body as one value. The REST
 * wires bind members to the URI, the query string and headers; the others have all in the body. */
#pragma once

#include "http/head.h"
#include "wire/val.h"

/* Which operation of s a REST request is for: by method, path, query and headers; NULL if none. The most specific wins:
 * more literal query parameters in its uri, then more required members found in the query string and the headers
 * (?uploadId=, x-amz-copy-source). "?lifecycle=" is "?lifecycle"; parameters that no operation of the service knows do
 * not matter, but one that names a sub-resource (?torrent) which no operation of this method and path has gives NULL:
 * it never falls back to the plain one. path is raw (escaped) and starts with '/'; for S3 a virtual-host bucket has
 * already been put in front. */
const struct op *rest_route(const struct service *s, const struct head *h, str path);

/* What came: a request or a response. */
struct message {
	const struct head *head;
	str path; /* of a request, as rest_route takes it */
	str body;
};

/* Reads the request into v (of shape op->in). The body is ignored for an operation whose payload streams (it is pulled
 * by the handler). False: malformed. *why is a sentence about the parameter or header that cannot be read; absent when
 * it is the body (MalformedXML, SerializationException). */
bool message_read(struct arena *a, struct val *v, const struct wire *w, const struct message *m, str *why);

/* Whether the payload of a shape is a stream of bytes (not read or written here). */
bool shape_streams(const struct shape *shape);

/* Writes a response: header lines (Content-Type among them, request ids not) and body; returns the status. The buffers'
 * arenas are the caller's to set. v may be NULL for an operation without an output. The body stays empty when the
 * payload streams. */
struct response {
	struct buf headers, body;
	int status;
};
void response_write(struct response *r, const struct val *v, const struct wire *w, str request_id);

/* Event streams (application/vnd.amazon.eventstream), the writer: one event of the output's event-stream member, such
 * as the child "Records" of SelectObjectContent's Payload. An output itself (a value without a member) goes out as the
 * "initial-response" that the JSON and CBOR services begin with. */
void event_write(struct buf *b, const struct val *event, enum proto proto);
/* An exception event. */
void event_write_error(struct buf *b, str code, str message);

/* The client's direction: a request for v, and a response read back. */
struct request {
	str method, path, query; /* escaped; query without '?', absent if there is none */
	struct buf headers, body;
};
void request_write(struct arena *a, struct request *r, const struct val *v, const struct wire *w);
bool response_read(struct arena *a, struct val *v, const struct wire *w, const struct message *m);
/* Code and message of an error response. */
bool fault_read(struct arena *a, enum proto proto, const struct message *m, str *code, str *message);
