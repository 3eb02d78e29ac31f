#include "http/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const domains[] = { "localhost", "amazonaws.com", NULL };

static struct tls *open_once(void) {
	static char folder[] = "/tmp/aerostat-fuzz-XXXXXX";
	static struct tls *tls;
	if (!tls) {
		tls = mkdtemp(folder) ? tls_open(folder, domains) : NULL;
	}
	return tls && !tls_problem(tls, NULL).n ? tls : NULL;
}

/* A client that says this, the first part of it in one piece with what came before, and goes. Nobody gets through a
 * handshake so, and nobody keeps it waiting for more. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	int fds[2];
	struct tls *tls = open_once();
	if (!size || size > 30000 || !tls || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0) {
		return 0;
	}
	size_t early = data[0] % size;
	ssize_t sent = write(fds[1], data + early, size - early);
	shutdown(fds[1], SHUT_WR);
	struct tls_end *end = tls_begin(tls, fds[0], (str){ (const char *)data, early }, S("s3.amazonaws.com"));
	int rc = tls_shake(end);
	if (sent < 0 || (rc != -EPROTO && rc != -ECONNRESET) || tls_unfinished(end)) {
		__builtin_trap();
	}
	tls_finish(end);
	tls_free(end);
	close(fds[0]);
	close(fds[1]);
	return 0;
}
