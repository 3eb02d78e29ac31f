/* TLS 1.2 and 1.3 on the server's end of a connection (OpenSSL), with a certificate for each host name that a client
 * asks for, issued on the spot by the local authority and kept for the next one. A name that the authority does not
 * cover is refused by an alert. The socket does not block: nothing here waits. */
#pragma once

#include "base/arena.h"
#include "http/ca.h"

#include <sys/types.h>

struct tls; /* of a process; any thread may use it */
struct tls_end; /* of a connection; in one hand at a time */

enum { TLS_FIRST_BYTE = 0x16 }; /* of a connection that begins with a handshake */

/* Opens the authority in the folder, as ca_open, in a thread of its own: it costs some milliseconds, for which no start
 * should wait; whatever needs it does. A failure is logged, and then every handshake fails. Folder and domains stay the
 * caller's, and stay. */
struct tls *tls_open(const char *folder, const char *const *domains);
/* Waits until it is open. Why no handshake can succeed, as a sentence; absent: they can. t may be NULL. */
str tls_problem(struct tls *t, struct arena *a);
void tls_close(struct tls *t); /* after its last connection; NULL is fine */

/* The end that speaks on fd, which stays the caller's. early: what was read from it already. host: whom the client
 * wants to speak to if it does not say so (SNI), lower case; absent, or none that the authority covers: this
 * machine. */
struct tls_end *tls_begin(struct tls *t, int fd, str early, str host);
void tls_free(struct tls_end *e); /* NULL is fine */

/* The handshake: 0 when it is over, -EAGAIN for more, -EPROTO: it failed, and the client was told why. */
int tls_shake(struct tls_end *e);
/* Bytes; -EAGAIN, or -ECONNRESET. 0 of tls_read: the client has said its last. tls_write may write less than n. */
ssize_t tls_read(struct tls_end *e, void *p, size_t n);
ssize_t tls_write(struct tls_end *e, const void *p, size_t n);
/* Nothing more will be written: the client is told so, as far as the socket takes it. */
void tls_finish(struct tls_end *e);

bool tls_unfinished(const struct tls_end *e); /* in the middle of the handshake, or of a record */
const char *tls_version(const struct tls_end *e); /* "1.2", "1.3" */
