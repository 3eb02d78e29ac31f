/* The toolkit's AWS client: one call, signed, sent, tried again where AWS's own SDKs do (throttling, 500, 502, 503,
 * 504, broken connections; three attempts, or AWS_MAX_ATTEMPTS), and read back. Where nothing listens on this machine
 * itself it is not tried again, unless somebody has answered there before: a server may be on its way back. A signature
 * whose time is refused is made again by their clock. */
#pragma once

#include "client/credentials.h"
#include "client/transport.h"
#include "wire/val.h"

struct client {
	struct arena *arena;
	struct place place;
	struct credentials *credentials; /* NULL: the place's keys as they are */
	int attempts;
	int pause_ms; /* a pause before another attempt is random, up to this, doubled each time, 20 s at most */
	struct transport *transport;
	_Atomic bool *heard; /* somebody has answered there, to this client or to one of its clones */
	_Atomic int64_t *ahead; /* ms by which their clock is before ours, once they have refused a signature's time */
	const _Atomic bool *stop; /* calls end soon after it becomes true; NULL: they do not */
	char region[40]; /* the bucket's own, once S3 has said that it is another than place.region was */
};

struct answer {
	struct val *out; /* of the operation's output shape; NULL: it has none, or the call failed */
	int status; /* 0: there was no answer at all */
	str code, message, request_id; /* code: of a failure; "" when nothing answered, message then says why */
};

/* A call: which, and with what (in may be NULL). */
struct request_of {
	const char *service, *op;
	const struct val *in;
};

/* Fetches the place's keys, if they come from elsewhere. False: *failed says why. */
bool client_open(struct client *c, struct arena *a, const struct place *place, struct answer *failed);

/* Another one of the same place with connections of its own, for another thread. a: the arena of all its calls; what is
 * there now must stay as long as the client does. */
void client_clone(struct client *c, struct arena *a, const struct client *from);
/* Tries longer than who waits at a prompt likes to: six times (or AWS_MAX_ATTEMPTS), after short pauses first. */
void client_be_patient(struct client *c);
/* Sets c->stop. */
void client_heed(struct client *c, const _Atomic bool *stop);
bool client_is_stopped(const struct client *c);

/* An input to fill; a name that there is not is a bug and aborts. */
struct val *client_input(struct client *c, const char *service, const char *op);
/* in may be NULL. False: it failed. */
bool client_call(struct client *c, const char *service, const char *op, const struct val *in, struct answer *out);
/* The same with a body that flows: see transport.h. flow may be NULL. A flow that breaks leaves out->message to be what
 * went wrong with it. */
bool client_stream(struct client *c, const struct request_of *r, struct flow *flow, struct answer *out);
/* Must a body be hashed before it is sent, or may it go as UNSIGNED-PAYLOAD? It must where anybody could change it on
 * its way. */
bool client_hashes(const struct client *c);
/* A URL that is this call, for so many seconds, to whoever has it. */
str client_presign(struct client *c, const struct request_of *r, int64_t seconds);

/* One sentence: "AccessDenied: User ... is not authorized to ... (request 1234)"; and where it is known, what to do. */
str answer_sentence(struct arena *a, const struct answer *failed);
