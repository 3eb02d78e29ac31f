#include "http/server.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FILE_SIZE = 8 * 1024 * 1024, LIMIT_MS = 100, GIVE_UP_MS = 20000 };

static struct arena arena;
static struct server *server;
static int port, big_file = -1;
static atomic_int entered, last_error, open_gate;
static char unix_path[64];

/* What the handlers under test do, by path. */

struct pieces {
	int n;
	int64_t size;
	bool fail;
};

static int pull_pieces(void *arg, struct piece *out) {
	struct pieces *p = arg;
	if (p->n == 0) {
		return p->fail ? -EIO : 0;
	}
	p->n--;
	*out = (struct piece){ .fd = dup(big_file), .at = p->size * p->n, .n = p->size, .close_fd = true };
	return 1;
}

static int answer_pieces(struct exchange *x, int n, int64_t size, bool fail) {
	struct pieces p = { n, size, fail };
	int64_t length = n * size + (fail ? 10 : 0);
	bool head = str_is(x->head.method, "HEAD");
	return exchange_reply(
		x,
		&(struct reply){ .status = 200, .length = length, .pull = pull_pieces, .arg = &p, .head_only = head });
}

static int answer_text(struct exchange *x, int status, str text) {
	bool head = str_is(x->head.method, "HEAD");
	return exchange_reply(x, &(struct reply){ .status = status,
						  .headers = S("Content-Type: text/plain\r\n"),
						  .body = text,
						  .head_only = head });
}

static void echo(struct exchange *x) {
	str body = S("");
	int rc = exchange_read_all(x, 1024 * 1024, &body);
	last_error = rc;
	str sum = exchange_trailer(x, "x-sum");
	answer_text(x, rc ? 400 : 200,
		    sum.p ? str_printf(x->arena, STR_FMT "+" STR_FMT, STR_ARG(body), STR_ARG(sum)) : body);
}

static void count(struct exchange *x) {
	static _Thread_local char chunk[100000];
	int64_t total = 0;
	ssize_t got;
	while ((got = exchange_read(x, chunk, sizeof(chunk))) > 0) {
		total += got;
	}
	last_error = (int)got;
	answer_text(x, got ? 400 : 200, str_printf(x->arena, "%lld", (long long)total));
}

static void stream(struct exchange *x) {
	exchange_begin(x, 200, S("Content-Type: text/event-stream\r\n"));
	exchange_send(x, S("one,"));
	exchange_send(x, S(""));
	exchange_send(x, S("two"));
	exchange_end(x);
}

static void wait_gone(struct exchange *x) {
	for (int i = 0; i < 2000 && !exchange_gone(x); i++) {
		poll(NULL, 0, 5);
	}
	last_error = exchange_gone(x) ? 1 : 2;
	answer_text(x, 200, S("late"));
}

static void wait_gate(struct exchange *x) {
	while (!open_gate) {
		poll(NULL, 0, 2);
	}
	answer_text(x, 200, S("waited"));
}

static void handle(struct exchange *x, void *arg) {
	str path = x->head.path;
	(void)arg;
	entered++;
	if (str_is(path, "/echo")) {
		echo(x);
	} else if (str_is(path, "/count")) {
		count(x);
	} else if (str_is(path, "/big")) {
		last_error = answer_pieces(x, 4, FILE_SIZE / 4, false);
	} else if (str_is(path, "/small")) {
		answer_pieces(x, 4, 1024, false);
	} else if (str_is(path, "/short")) {
		last_error = answer_pieces(x, 1, 100000, true);
	} else if (str_is(path, "/deny")) {
		answer_text(x, 403, S("no"));
	} else if (str_is(path, "/nothing")) {
		answer_text(x, 204, S(""));
	} else if (str_is(path, "/stream")) {
		stream(x);
	} else if (str_is(path, "/gone")) {
		wait_gone(x);
	} else if (str_is(path, "/wait")) {
		wait_gate(x);
	} else if (str_is(path, "/peer")) {
		answer_text(x, 200, x->peer);
	} else if (!str_is(path, "/silent")) {
		answer_text(x, 200, S("hello"));
	}
}

static void refuse(struct buf *message, enum head_result why, void *arg) {
	(void)arg;
	putf(message, "HTTP/1.1 400 Bad Request\r\nContent-Length: 1\r\nConnection: close\r\n\r\n%d", (int)why);
}

/* A client on a bare socket. */

static bool join(int fd) {
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct timeval limit = { GIVE_UP_MS / 1000, 0 };
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

static int dial(void) {
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return join(fd) ? fd : -1;
}

static bool say(int fd, str text) {
	while (text.n) {
		ssize_t sent = send(fd, text.p, text.n, MSG_NOSIGNAL);
		if (sent <= 0) {
			return false;
		}
		text = str_skip(text, (size_t)sent);
	}
	return true;
}

struct answer {
	struct head head;
	str body;
	bool ok;
};

/* One answer with a Content-Length, read to its last byte and no further, so that the next one can be read after it. */
static struct answer hear_as(int fd, bool head_only) {
	struct answer a = { 0 };
	struct buf b = { .arena = &arena };
	size_t used = 0;
	enum head_result rc = HEAD_MORE;
	while (rc == HEAD_MORE && recv(fd, buf_room(&b, 1), 1, 0) == 1) {
		b.n++;
		rc = b.p[b.n - 1] == '\n' ? head_read_response(&arena, buf_str(&b), &a.head, &used) : HEAD_MORE;
	}
	if (rc != HEAD_OK) {
		return a;
	}
	size_t n = head_only || a.head.content_length < 0 ? 0 : (size_t)a.head.content_length;
	char *p = arena_alloc(&arena, n + 1);
	a.body = (str){ p, n };
	a.ok = n == 0 || recv(fd, p, n, MSG_WAITALL) == (ssize_t)n;
	return a;
}

static struct answer hear(int fd) {
	return hear_as(fd, false);
}

static str hear_all(int fd) {
	struct buf b = { .arena = &arena };
	ssize_t got;
	while ((got = recv(fd, buf_room(&b, 65536), 65536, 0)) > 0) {
		b.n += (size_t)got;
	}
	return buf_str(&b);
}

static bool ended(int fd) {
	char c;
	return recv(fd, &c, 1, 0) == 0;
}

static str get(const char *path) {
	return str_printf(&arena, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
}

static bool soon(const atomic_int *value, int want) {
	for (int i = 0; i < GIVE_UP_MS && *value != want; i++) {
		poll(NULL, 0, 1);
	}
	return *value == want;
}

/* The tests. */

static void start(int workers) {
	struct server_config config = { .workers_max = workers,
					.idle_ms = 60000,
					.head_ms = LIMIT_MS,
					.body_stall_ms = LIMIT_MS,
					.handle = handle,
					.refuse = refuse };
	int fds[2] = { -1, -1 };
	CHECK_INT(listen_tcp("127.0.0.1", 0, &port, &fds[0]), 0);
	CHECK_INT(listen_unix(unix_path, 0600, &fds[1]), 0);
	CHECK_INT(server_start(&server, &config, fds, 2), 0);
	CHECK(server != NULL);
}

static void keep_alive(void) {
	AUTO_CLOSE fd = dial();
	for (int i = 0; i < 3; i++) {
		CHECK(say(fd, get("/")));
		struct answer a = hear(fd);
		CHECK(a.ok && a.head.status == 200 && a.head.keep_alive && head_count(&a.head, "date") == 1);
		CHECK_STR(a.body, S("hello"));
		poll(NULL, 0, i == 1 ? 2 * LIMIT_MS : 0); /* once longer than a worker lingers */
	}
	say(fd, S("GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
	struct answer a = hear(fd);
	CHECK(a.ok && !a.head.keep_alive && a.body.n == 4096 && ended(fd));
}

static void old_client(void) {
	AUTO_CLOSE fd = dial();
	say(fd, S("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
	struct answer a = hear(fd);
	CHECK(a.ok && str_is(head_get(&a.head, "connection"), "keep-alive"));
	say(fd, S("GET /stream HTTP/1.0\r\n\r\n"));
	str all = hear_all(fd);
	CHECK(str_ends(all, S("\r\n\r\none,two")));
	AUTO_CLOSE other = dial();
	say(other, S("GET / HTTP/1.0\r\n\r\n"));
	CHECK(hear(other).ok && ended(other));
}

static void pipelining(void) {
	AUTO_CLOSE fd = dial();
	struct buf b = { .arena = &arena };
	for (int i = 0; i < 50; i++) {
		putf(&b, "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n%02d", i);
		putf(&b, "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n%02d\r\n0\r\n\r\n",
		     i);
		put(&b, get("/"));
	}
	CHECK(say(fd, buf_str(&b)));
	bool ok = true;
	for (int i = 0; i < 50; i++) {
		str want = str_printf(&arena, "%02d", i);
		ok &= str_eq(hear(fd).body, want);
		ok &= str_eq(hear(fd).body, want);
		ok &= str_is(hear(fd).body, "hello");
	}
	CHECK(ok);
}

static void heads_only(void) {
	AUTO_CLOSE fd = dial();
	say(fd, S("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /big HTTP/1.1\r\nHost: a\r\n\r\n"));
	CHECK_INT(hear_as(fd, true).head.content_length, 5);
	CHECK_INT(hear_as(fd, true).head.content_length, FILE_SIZE);
	say(fd, get("/nothing"));
	struct answer a = hear(fd);
	CHECK(a.ok && a.head.status == 204 && head_count(&a.head, "content-length") == 0);
	say(fd, S("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
	CHECK(hear_as(fd, true).head.chunked);
	say(fd, get("/"));
	CHECK_STR(hear(fd).body, S("hello"));
}

static void chunked(void) {
	AUTO_CLOSE fd = dial();
	say(fd, S("PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n5"));
	poll(NULL, 0, 10);
	say(fd, S("\r\ndefgh\r\n0\r\nX-Sum: 42\r\n\r\n"));
	CHECK_STR(hear(fd).body, S("abcdefgh+42"));
	struct buf b = { .arena = &arena };
	for (int i = 0; i < 300; i++) {
		putf(&b, "%x\r\n%.*s\r\n", 1000 + i, 1000 + i, (char *)memset(arena_alloc(&arena, 1400), 'x', 1400));
	}
	putz(&b, "0\r\n\r\n");
	say(fd, S("PUT /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
	say(fd, buf_str(&b));
	CHECK_STR(hear(fd).body, S("344850"));
	say(fd, S("PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n"));
	struct answer a = hear(fd);
	CHECK(a.ok && a.head.status == 400 && !a.head.keep_alive && last_error == -EPROTO && ended(fd));
}

static void streams(void) {
	AUTO_CLOSE fd = dial();
	say(fd, S("GET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
	str all = hear_all(fd);
	size_t at;
	CHECK(str_find(all,
		       S("Transfer-Encoding: chunked\r\n\r\n4\r\none,\r\n3\r\ntwo\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"),
		       &at));
}

static void expectations(void) {
	AUTO_CLOSE fd = dial();
	char line[25];
	say(fd, S("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
	CHECK_INT(recv(fd, line, sizeof(line), MSG_WAITALL), 25);
	CHECK_STR(((str){ line, 25 }), S("HTTP/1.1 100 Continue\r\n\r\n"));
	say(fd, S("body"));
	CHECK_STR(hear(fd).body, S("body"));
	say(fd, S("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody"));
	CHECK_STR(hear(fd).body, S("body"));
	say(fd, S("PUT /deny HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
	struct answer a = hear(fd);
	CHECK(a.head.status == 403 && !a.head.keep_alive && ended(fd));
}

static void slow_heads(void) {
	AUTO_CLOSE slow = dial();
	AUTO_CLOSE other = dial();
	int64_t before = clock_monotonic();
	say(slow, S("GET / HTTP/1.1\r\nHo"));
	say(other, get("/"));
	CHECK(hear(other).ok);
	poll(NULL, 0, LIMIT_MS / 2);
	say(slow, S("st: a\r\n"));
	CHECK(ended(slow));
	int64_t took = (clock_monotonic() - before) / 1000;
	CHECK(took >= LIMIT_MS && took < GIVE_UP_MS);
	AUTO_CLOSE pieces = dial();
	str text = get("/");
	for (size_t i = 0; i < text.n; i++) {
		say(pieces, (str){ text.p + i, 1 });
	}
	CHECK_STR(hear(pieces).body, S("hello"));
}

static void stalls(void) {
	AUTO_CLOSE fd = dial();
	say(fd, S("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"));
	struct answer a = hear(fd);
	CHECK(a.ok && a.head.status == 400 && !a.head.keep_alive && last_error == -ETIMEDOUT);
	AUTO_CLOSE gone = dial();
	last_error = 0;
	say(gone, S("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"));
	shutdown(gone, SHUT_WR);
	CHECK(soon(&last_error, -ECONNRESET));
	AUTO_CLOSE deaf = dial();
	last_error = 0;
	int small = 4096;
	setsockopt(deaf, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	say(deaf, get("/big"));
	CHECK(soon(&last_error, -ETIMEDOUT));
}

static void refusals(void) {
	static const char *const heads[] = {
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
		"PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
		"GET / HTTP/1.1\nHost: a\n\n",
		"\x16\x03\x01\x02\r\n",
		"GET / HTTP/3.0\r\nHost: a\r\n\r\n",
	};
	int before = entered;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		AUTO_CLOSE fd = dial();
		say(fd, str_from(heads[i]));
		struct answer a = hear(fd);
		CHECK(a.ok && a.head.status == 400 && ended(fd));
	}
	AUTO_CLOSE fd = dial();
	char *x = memset(arena_alloc(&arena, 2 * HEAD_MAX), 'x', 2 * HEAD_MAX);
	say(fd, S("GET /"));
	say(fd, (str){ x, 2 * HEAD_MAX });
	struct answer a = hear(fd);
	CHECK(a.ok && a.body.p[0] == '0' + HEAD_TOO_LARGE);
	CHECK_INT(entered, before);
}

static void big_reply(void) {
	AUTO_CLOSE fd = dial();
	say(fd, get("/big"));
	say(fd, get("/"));
	struct answer a = hear(fd);
	char *want = mmap(NULL, FILE_SIZE, PROT_READ, MAP_SHARED, big_file, 0);
	bool same = a.body.n == FILE_SIZE;
	for (int64_t i = 0, q = FILE_SIZE / 4; i < 4 && same; i++) {
		same = memcmp(a.body.p + i * q, want + (3 - i) * q, (size_t)q) == 0;
	}
	munmap(want, FILE_SIZE);
	CHECK(a.ok && same);
	CHECK_STR(hear(fd).body, S("hello"));
	say(fd, get("/short"));
	a = hear(fd);
	CHECK(!a.ok && a.head.status == 200 && soon(&last_error, -EIO));
	AUTO_CLOSE silent = dial();
	say(silent, get("/silent"));
	CHECK(ended(silent));
}

/* The reply reaches a client that is still sending its body. */
static void lingering(void) {
	AUTO_CLOSE fd = dial();
	enum { SIZE = 4 * 1024 * 1024 };
	say(fd, str_printf(&arena, "PUT /deny HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", SIZE));
	CHECK(say(fd, (str){ arena_alloc(&arena, SIZE), SIZE }));
	struct answer a = hear(fd);
	CHECK(a.ok && a.head.status == 403 && !a.head.keep_alive && ended(fd));
	AUTO_CLOSE little = dial();
	say(little, S("PUT /deny HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n"));
	say(little, (str){ arena_alloc(&arena, 50000), 50000 });
	a = hear(little);
	CHECK(a.ok && a.head.status == 403 && a.head.keep_alive);
	say(little, get("/"));
	CHECK_STR(hear(little).body, S("hello"));
	say(little, S("PUT /deny HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"));
	a = hear(little);
	CHECK(a.ok && a.head.status == 403);
	say(little, get("/"));
	CHECK_STR(hear(little).body, S("hello"));
}

static void peers(void) {
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	memcpy(a.sun_path, unix_path, strlen(unix_path));
	AUTO_CLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_INT(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	say(fd, get("/peer"));
	CHECK_STR(hear(fd).body, S("unix"));
	AUTO_CLOSE tcp = dial();
	say(tcp, get("/peer"));
	CHECK_STR(hear(tcp).body, S("127.0.0.1"));
	AUTO_CLOSE leaving = dial();
	last_error = 0;
	say(leaving, get("/gone"));
	poll(NULL, 0, 20);
	close_fd(&leaving);
	CHECK(soon(&last_error, 1));
}

/* More connections than workers, all alive, each served. */
static void *hammer(void *arg) {
	int fds[8], *bad = arg;
	char reply[512];
	for (int i = 0; i < 8; i++) {
		fds[i] = dial();
	}
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 8; i++) {
			*bad += !say(fds[i], S("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
		}
		for (int i = 0; i < 8; i++) {
			ssize_t got = recv(fds[i], reply, sizeof(reply), 0);
			*bad += got < 5 || memcmp(reply + got - 5, "hello", 5) != 0;
		}
	}
	for (int i = 0; i < 8; i++) {
		close_fd(&fds[i]);
	}
	return NULL;
}

static void crowd(void) {
	pthread_t threads[4];
	int bad[4] = { 0 };
	for (int i = 0; i < 4; i++) {
		pthread_create(&threads[i], NULL, hammer, &bad[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		CHECK_INT(bad[i], 0);
	}
	CHECK(server_stats(server).workers <= 6);
}

/* A worker that lingers on a connection is taken from it for another. */
static void stealing(void) {
	AUTO_CLOSE one = dial();
	AUTO_CLOSE two = dial();
	for (int i = 0; i < 20; i++) {
		say(i % 2 ? one : two, get("/"));
		CHECK(hear(i % 2 ? one : two).ok);
	}
	CHECK_INT(server_stats(server).workers, 1);
}

static void descriptors(void) {
	struct rlimit before, few;
	getrlimit(RLIMIT_NOFILE, &before);
	AUTO_CLOSE first = dial();
	say(first, get("/"));
	CHECK(hear(first).ok);
	AUTO_CLOSE second = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	few = before;
	few.rlim_cur = (rlim_t)second + 1;
	setrlimit(RLIMIT_NOFILE, &few);
	CHECK(join(second));
	say(second, get("/"));
	say(first, get("/"));
	CHECK(hear(first).ok);
	poll(NULL, 0, 20);
	setrlimit(RLIMIT_NOFILE, &before);
	CHECK(hear(second).ok);
}

static void *open_later(void *arg) {
	(void)arg;
	poll(NULL, 0, 50);
	open_gate = 1;
	return NULL;
}

static void stopping(void) {
	pthread_t thread;
	AUTO_CLOSE busy = dial();
	AUTO_CLOSE idle = dial();
	AUTO_CLOSE half = dial();
	int before = entered;
	say(idle, get("/"));
	CHECK(hear(idle).ok);
	say(busy, get("/wait"));
	say(half, S("GET / HTTP/1.1\r\n"));
	CHECK(soon(&entered, before + 2));
	pthread_create(&thread, NULL, open_later, NULL);
	server_stop(server, GIVE_UP_MS);
	pthread_join(thread, NULL);
	struct answer a = hear(busy);
	CHECK(a.ok && str_is(a.body, "waited") && !a.head.keep_alive && ended(busy));
	CHECK(ended(idle) && ended(half));
	CHECK_INT(dial(), -1);
}

/* The grace is over: the client of an exchange in progress is cut off. */
static void stopping_hard(void) {
	start(4);
	AUTO_CLOSE fd = dial();
	int before = entered;
	last_error = 0;
	say(fd, get("/gone"));
	CHECK(soon(&entered, before + 1));
	server_stop(server, 10);
	CHECK_INT(last_error, 1);
	server_stop(NULL, 0);
}

static void (*const tests[])(void) = { keep_alive,   old_client, pipelining,  heads_only, chunked,   streams,
				       expectations, slow_heads, stalls,      refusals,   big_reply, lingering,
				       peers,        crowd,      descriptors, stopping };

int main(void) {
	int n = snprintf(unix_path, sizeof(unix_path), "/tmp/aerostat-server-test.%d", (int)getpid());
	CHECK(n > 0);
	big_file = memfd_create("big", MFD_CLOEXEC);
	CHECK_INT(ftruncate(big_file, FILE_SIZE), 0);
	for (int64_t i = 0; i < FILE_SIZE / 4; i++) {
		unsigned word = (unsigned)i * 2654435761u;
		pwrite_all(big_file, &word, i % 64 ? 0 : 4, i * 4);
	}
	start(6);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		tests[i]();
	}
	start(1);
	stealing();
	server_stop(server, 1000);
	stopping_hard();
	unlink(unix_path);
	close_fd(&big_file);
	arena_free(&arena);
	return tap_done();
}
