/* load: replays signed requests over keep-alive connections and says how fast they were answered.
 *   load [--tls] PORT CONNECTIONS COUNT REQUESTS [BODY]
 * --tls: over TLS, and whoever answers is believed. REQUESTS: a file of heads, each with a 4-byte big-endian length
 * before it, used in turn and again from the start; BODY: a file that goes after each head. One thread a connection,
 * blocking. Prints one JSON object: requests, errors (not 2xx), seconds (handshakes are in them), bytes (of bodies
 * received), p50 and p99 in microseconds. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct piece {
	const char *p;
	size_t n;
};

struct reply {
	long length;
	int last;
};

/* A connection; ssl NULL: plain. */
struct line {
	int fd;
	SSL *ssl;
};

static struct {
	SSL_CTX *tls;
	int port;
	size_t count, heads_n;
	struct piece *heads, body;
	uint32_t *micros;
	_Atomic size_t next, errors, bytes;
} load;

static void die(const char *what) {
	perror(what);
	exit(1);
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct piece map_file(const char *path) {
	struct stat st;
	int fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0) {
		die(path);
	}
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (p == MAP_FAILED) {
		die(path);
	}
	close(fd);
	return (struct piece){ p, (size_t)st.st_size };
}

static void split_heads(struct piece all) {
	size_t cap = 0;
	for (size_t at = 0; at + 4 <= all.n;) {
		uint32_t n;
		memcpy(&n, all.p + at, 4);
		n = ntohl(n);
		if (load.heads_n == cap) {
			cap = cap * 2 + 64;
			load.heads = realloc(load.heads, cap * sizeof(*load.heads));
		}
		load.heads[load.heads_n++] = (struct piece){ all.p + at + 4, n };
		at += 4 + n;
	}
}

static struct line dial(void) {
	struct line l = { 0 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)load.port) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		die("connect");
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	l.fd = fd;
	if (load.tls) {
		l.ssl = SSL_new(load.tls);
		SSL_set_fd(l.ssl, fd);
		if (SSL_connect(l.ssl) != 1) {
			fprintf(stderr, "load: no TLS\n");
			exit(1);
		}
	}
	return l;
}

static void hang_up(struct line *l) {
	SSL_free(l->ssl);
	close(l->fd);
}

static ssize_t take(struct line *l, char *p, size_t n) {
	size_t got = 0;
	if (!l->ssl) {
		return recv(l->fd, p, n, 0);
	}
	return SSL_read_ex(l->ssl, p, n, &got) == 1 ? (ssize_t)got : -1;
}

static int give_tls(SSL *ssl, struct piece head, struct piece body) {
	size_t n;
	return SSL_write_ex(ssl, head.p, head.n, &n) == 1 && (!body.n || SSL_write_ex(ssl, body.p, body.n, &n) == 1)
		       ? 0
		       : -1;
}

static int send_all(struct line *l, struct piece head, struct piece body) {
	if (l->ssl) {
		return give_tls(l->ssl, head, body);
	}
	struct iovec v[2] = { { (void *)(uintptr_t)head.p, head.n }, { (void *)(uintptr_t)body.p, body.n } };
	int i = 0;
	while (i < 2) {
		ssize_t n = writev(l->fd, v + i, 2 - i);
		if (n < 0) {
			return -1;
		}
		for (; i < 2 && (size_t)n >= v[i].iov_len; i++) {
			n -= (ssize_t)v[i].iov_len;
		}
		if (i < 2) {
			v[i].iov_base = (char *)v[i].iov_base + n;
			v[i].iov_len -= (size_t)n;
		}
	}
	return 0;
}

/* What follows "\nNAME:" in the head; NULL if there is no such line. */
static const char *find(const char *head, const char *end, const char *name) {
	size_t n = strlen(name);
	for (const char *p = head; p + n + 2 < end; p++) {
		if (*p == '\n' && strncasecmp(p + 1, name, n) == 0 && p[n + 1] == ':') {
			return p + n + 2;
		}
	}
	return NULL;
}

static long content_length(const char *head, const char *end) {
	const char *value = find(head, end, "content-length");
	return value ? atol(value) : 0;
}

static int closes(const char *head, const char *end) {
	const char *value = find(head, end, "connection");
	return value && strncasecmp(value + strspn(value, " "), "close", 5) == 0;
}

/* The status, or 0 when the connection was closed; r->last: it was the last reply of this connection. */
static int receive(struct line *l, char *buf, size_t cap, struct reply *r) {
	size_t got = 0;
	for (;;) {
		ssize_t n = take(l, buf + got, cap - got - 1);
		if (n <= 0) {
			return 0;
		}
		got += (size_t)n;
		buf[got] = 0;
		char *end = memmem(buf, got, "\r\n\r\n", 4);
		if (!end) {
			continue;
		}
		*r = (struct reply){ content_length(buf, end), closes(buf, end) };
		long left = r->length - (long)(got - (size_t)(end + 4 - buf));
		while (left > 0) {
			n = take(l, buf + 4096, (size_t)left < cap - 4096 ? (size_t)left : cap - 4096);
			if (n <= 0) {
				return 0;
			}
			left -= n;
		}
		return atoi(buf + 9);
	}
}

static void *work(void *arg) {
	size_t cap = 512 * 1024, i;
	char *buf = malloc(cap);
	struct line l = dial();
	(void)arg;
	while ((i = atomic_fetch_add(&load.next, 1)) < load.count) {
		struct reply r = { 0 };
		double began = now();
		int status = send_all(&l, load.heads[i % load.heads_n], load.body) == 0 ? receive(&l, buf, cap, &r) : 0;
		load.micros[i] = (uint32_t)((now() - began) * 1e6);
		if (status / 100 != 2) {
			if (atomic_fetch_add(&load.errors, 1) == 0) {
				fprintf(stderr, "load: first bad answer %d: %.300s\n", status, buf);
			}
		}
		atomic_fetch_add(&load.bytes, (size_t)r.length);
		if (status == 0 || r.last) {
			hang_up(&l);
			l = dial();
		}
	}
	hang_up(&l);
	free(buf);
	return NULL;
}

static int compare(const void *a, const void *b) {
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv) {
	if (argc > 1 && strcmp(argv[1], "--tls") == 0) {
		load.tls = SSL_CTX_new(TLS_client_method());
		argc--;
		argv++;
	}
	if (argc < 5) {
		fprintf(stderr, "usage: load [--tls] PORT CONNECTIONS COUNT REQUESTS [BODY]\n");
		return 2;
	}
	size_t connections = (size_t)atol(argv[2]);
	load.port = atoi(argv[1]);
	load.count = (size_t)atol(argv[3]);
	split_heads(map_file(argv[4]));
	load.body = argc > 5 ? map_file(argv[5]) : (struct piece){ "", 0 };
	load.micros = calloc(load.count, sizeof(*load.micros));
	pthread_t *threads = calloc(connections, sizeof(*threads));
	double began = now();
	for (size_t i = 0; i < connections; i++) {
		pthread_create(&threads[i], NULL, work, NULL);
	}
	for (size_t i = 0; i < connections; i++) {
		pthread_join(threads[i], NULL);
	}
	double seconds = now() - began;
	qsort(load.micros, load.count, sizeof(*load.micros), compare);
	printf("{\"requests\":%zu,\"errors\":%zu,\"seconds\":%.6f,\"bytes\":%zu,\"p50\":%u,\"p99\":%u}\n", load.count,
	       (size_t)load.errors, seconds, (size_t)load.bytes, load.micros[load.count / 2],
	       load.micros[load.count * 99 / 100]);
	free(threads);
	return 0;
}
