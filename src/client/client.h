/* The toolkit's AWS client: one call, signed, sent, tried again where AWS's own SDKs do (throttling, 500, 502, 503,
 * 504, broken connections; three attempts, or AWS_MAX_ATTEMPTS), and read back. */
#pragma once

#include "client/place.h"
#include "wire/val.h"

struct client {
	struct arena *arena;
	struct place place;
	int attempts;
	int pause_ms; /* a pause before another attempt is random, up to this, doubled each time, 20 s at most */
	struct transport *transport;
};

struct answer {
	struct val *out; /* of the operation's output shape; NULL: it has none, or the call failed */
	int status; /* 0: there was no answer at all */
	str code, message, request_id; /* code: of a failure; "" when nothing answered, message then says why */
};

/* Assumes the place's role if it has one. False: *failed says why. */
bool client_open(struct client *c, struct arena *a, const struct place *place, struct answer *failed);

/* An input to fill; a name that there is not is a bug and aborts. */
struct val *client_input(struct client *c, const char *service, const char *op);
/* in may be NULL. False: it failed. */
bool client_call(struct client *c, const char *service, const char *op, const struct val *in, struct answer *out);

/* One sentence: "AccessDenied: User ... is not authorized to ... (request 1234)". */
str answer_sentence(struct arena *a, const struct answer *failed);
