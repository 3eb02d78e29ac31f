#include "http/server.h"

#include "base/fd.h"
#include "base/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

static char path[64];

static void tcp(void) {
	AUTO_CLOSE fd = -1;
	AUTO_CLOSE six = -1;
	int port = 0, taken = -1;
	CHECK_INT(listen_tcp("127.0.0.1", 0, &port, &fd), 0);
	CHECK(fd >= 0 && port > 0);
	CHECK_INT(listen_tcp("127.0.0.1", port, NULL, &taken), -EADDRINUSE);
	CHECK_INT(listen_tcp("localhost", 0, NULL, &taken), -EINVAL);
	CHECK_INT(listen_tcp("127.0.0.1", 65536, NULL, &taken), -EINVAL);
	CHECK_INT(listen_tcp("127.0.0.1", -1, NULL, &taken), -EINVAL);
	CHECK_INT(taken, -1);
	int rc = listen_tcp("::1", 0, &port, &six);
	CHECK((rc == 0 && six >= 0) || rc == -EADDRNOTAVAIL || rc == -EAFNOSUPPORT);
}

static void local(void) {
	AUTO_CLOSE fd = -1;
	AUTO_CLOSE again = -1;
	struct stat st;
	int taken = -1;
	char longer[200];
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	CHECK_INT(listen_unix(path, 0600, &fd), 0);
	CHECK(stat(path, &st) == 0 && S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0600);
	CHECK_INT(listen_unix(path, 0600, &taken), -EADDRINUSE);
	CHECK_INT(listen_unix(longer, 0600, &taken), -ENAMETOOLONG);
	CHECK_INT(listen_unix("", 0600, &taken), -ENAMETOOLONG);
	close_fd(&fd);
	CHECK_INT(listen_unix(path, 0660, &again), 0); /* the stale one goes */
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0660);
	unlink(path);
}

/* What is not a socket is somebody's: it stays. */
static void file_in_the_way(void) {
	int taken = -1;
	AUTO_CLOSE file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	CHECK(file >= 0);
	CHECK_INT(listen_unix(path, 0600, &taken), -EEXIST);
	CHECK_INT(access(path, F_OK), 0);
	unlink(path);
}

int main(void) {
	int n = snprintf(path, sizeof(path), "/tmp/aerostat-listen-test.%d", (int)getpid());
	CHECK(n > 0);
	tcp();
	local();
	file_in_the_way();
	CHECK_STR(str_from(status_text(404)), S("Not Found"));
	CHECK_STR(str_from(status_text(599)), S("Unknown"));
	return tap_done();
}
