/* aerostatd: the local cloud's server. */
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/version.h"
#include "core/address.h"
#include "core/cloud.h"
#include "core/control.h"
#include "core/decision.h"
#include "core/entity.h"
#include "core/identity.h"
#include "daemon/bootstrap.h"
#include "daemon/extras.h"
#include "daemon/options.h"
#include "http/tls.h"
#include "iam/iam.h"
#include "s3/s3.h"
#include "sts/sts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>

static const struct face *const faces[] = { &s3_face, &s3control_face, &sts_face, &iam_face, NULL };

enum { FLUSH_SECONDS = 5, TABLES_MAX = 32, GRACE_MS = 5000, DOCUMENT_MAX = 16 * 1024 * 1024 };

static bool refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static bool refuse(const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	fputs("aerostatd: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputs("\n", stderr);
	va_end(ap);
	return false;
}

static void ask_to_stop(struct cloud *cloud) {
	(void)cloud;
	kill(getpid(), SIGTERM);
}

static size_t add_tables(struct store_table *all, size_t n, const struct store_table *tables) {
	for (; tables && tables->schema && n < TABLES_MAX; tables++) {
		all[n++] = *tables;
	}
	return n;
}

static bool open_store(struct cloud *cloud) {
	struct store_table *all = NEWS(cloud->arena, struct store_table, TABLES_MAX + 1);
	str why = { 0 };
	size_t n = add_tables(all, 0, account_tables);
	n = add_tables(all, n, entity_tables);
	n = add_tables(all, n, meter_tables);
	for (size_t i = 0; faces[i]; i++) {
		n = add_tables(all, n, faces[i]->store);
	}
	if (store_open(cloud->arena, &cloud->store, cloud->data.p, all, &why)) {
		return refuse(STR_FMT, STR_ARG(why));
	}
	const char *path = str_printf(cloud->arena, STR_FMT "/seal.key", STR_ARG(cloud->data)).p;
	int rc = seal_open(&cloud->seal, path);
	identities_open(cloud);
	return rc ? refuse("the key file %s cannot be used: %s.", path, strerror(-rc)) : true;
}

static bool write_extras(const struct cloud *cloud) {
	str path = { 0 };
	int rc = extras_write(cloud, &path);
	return rc ? refuse(STR_FMT " cannot be written: %s.", STR_ARG(path), strerror(-rc)) : true;
}

static bool run_bootstrap(struct cloud *cloud, const struct options *o) {
	str json, why;
	if (!o->bootstrap.n) {
		return true;
	}
	int rc = file_read(cloud->arena, o->bootstrap.p, DOCUMENT_MAX, &json);
	if (rc) {
		return refuse("%s cannot be read: %s.", o->bootstrap.p, strerror(-rc));
	}
	return bootstrap_run(cloud, cloud->arena, json, &why)
		       ? true
		       : refuse("%s: " STR_FMT ".", o->bootstrap.p, STR_ARG(why));
}

/* The account gets a random root key only if the bootstrap file has given it none. */
static bool make_accounts(struct cloud *cloud, const struct options *o) {
	if (!run_bootstrap(cloud, o)) {
		return false;
	}
	int rc = account_create(cloud, cloud->account, S("aerostat"), (str){ 0 }, NULL);
	return rc ? refuse("the account cannot be made: %s.", strerror(-rc)) : true;
}

static bool open_calls_log(struct cloud *cloud, const struct options *o) {
	cloud->calls_fd = -1;
	if (!o->log_calls.n) {
		return true;
	}
	cloud->calls_fd = open(o->log_calls.p, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return cloud->calls_fd >= 0 ? true : refuse("%s cannot be written: %s.", o->log_calls.p, strerror(errno));
}

static bool start_api(struct cloud *cloud, const struct options *o, struct server **out) {
	struct server_config config = { .backlog = 1024,
					.workers_max = 256,
					.idle_ms = 300000,
					.head_ms = 15000,
					.body_stall_ms = 30000,
					.body_rate = 128,
					.tls = cloud->tls,
					.handle = cloud_handle,
					.refuse = cloud_refuse,
					.arg = cloud };
	int fd, rc = listen_tcp(o->listen.p, o->port, &cloud->port, &fd);
	if (rc == -EADDRINUSE) {
		return refuse("port %d of %s is in use; --port names another, --port 0 picks one.", o->port,
			      o->listen.p);
	}
	if (rc) {
		return refuse("%s port %d cannot be listened on: %s.", o->listen.p, o->port, strerror(-rc));
	}
	rc = server_start(out, &config, &fd, 1);
	return rc ? refuse("the server cannot start: %s.", strerror(-rc)) : true;
}

static bool start_control(struct cloud *cloud, struct server **out) {
	struct server_config config = { .backlog = 16,
					.workers_max = 8,
					.idle_ms = 60000,
					.head_ms = 5000,
					.body_stall_ms = 30000,
					.handle = control_handle,
					.refuse = control_refuse,
					.arg = cloud };
	str path = str_printf(cloud->arena, STR_FMT "/control.sock", STR_ARG(cloud->data));
	int fd, rc = listen_unix(path.p, 0600, &fd);
	rc = rc ? rc : server_start(out, &config, &fd, 1);
	return rc ? refuse("%s cannot be made: %s.", path.p, strerror(-rc)) : true;
}

/* Every file that a body needs is an open one: as many as the system lets us have. */
static void raise_limits(void) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void flush(struct cloud *cloud) {
	meter_flush(cloud);
	keys_flush(cloud);
	decision_flush();
}

static void wait_for_end(struct cloud *cloud, const sigset_t *signals) {
	const struct timespec every = { .tv_sec = FLUSH_SECONDS };
	while (sigtimedwait(signals, NULL, &every) < 0) {
		flush(cloud);
	}
}

static bool check(struct cloud *cloud, const struct options *o) {
	struct buf out = { .arena = cloud->arena };
	bool clean = open_store(cloud) && control_fsck(cloud->store, &out, !o->json);
	fwrite(buf_str(&out).p, 1, out.n, stdout);
	return clean;
}

static bool run(struct cloud *cloud, const struct options *o, const sigset_t *signals) {
	struct server *api = NULL, *control = NULL;
	if (!open_calls_log(cloud, o) || !open_store(cloud)) {
		return false;
	}
	cloud->tls = tls_open(cloud->data.p, address_domains);
	if (!write_extras(cloud) || !make_accounts(cloud, o)) {
		tls_close(cloud->tls);
		return false;
	}
	control_clock_load(cloud);
	decision_open(str_printf(cloud->arena, STR_FMT "/decisions", STR_ARG(cloud->data)).p);
	bool up = start_api(cloud, o, &api) && start_control(cloud, &control);
	if (!ca_exists(cloud->data.p)) {
		tls_problem(cloud->tls, cloud->arena); /* who is told that it is up may look for its certificate */
	}
	if (up) {
		struct buf url = { .arena = cloud->arena };
		put_endpoint(&url, cloud);
		printf("ready " STR_FMT "\n", STR_ARG(buf_str(&url)));
		fflush(stdout);
		log_info("aerostatd %s serves " STR_FMT " from " STR_FMT, AEROSTAT_VERSION, STR_ARG(buf_str(&url)),
			 STR_ARG(cloud->data));
		wait_for_end(cloud, signals);
	}
	server_stop(api, GRACE_MS);
	server_stop(control, GRACE_MS);
	tls_close(cloud->tls);
	unlink(str_printf(cloud->arena, STR_FMT "/control.sock", STR_ARG(cloud->data)).p);
	flush(cloud);
	decision_close();
	return up;
}

static str whole_path(struct arena *a, str path) {
	char *real = realpath(path.p, NULL);
	str out = real ? str_dup(a, str_from(real)) : path;
	heap_free(real);
	return out;
}

int main(int argc, char **argv) {
	static struct arena process;
	struct options o;
	sigset_t signals;
	if (!options_read(&o, argc, argv)) {
		return 2;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files acts as a full disk */
	raise_limits();
	if (!o.fsck) {
		make_dirs(o.data.p, 0700);
	}
	struct cloud cloud = { .arena = &process,
			       .faces = faces,
			       .region = o.region,
			       .account = o.account,
			       .data = whole_path(&process, o.data),
			       .listen = o.listen,
			       .accept_test_keys = o.accept_test_keys,
			       .started = clock_real(),
			       .stop = ask_to_stop };
	bool ok = o.fsck ? check(&cloud, &o) : run(&cloud, &o, &signals);
	if (cloud.store) {
		store_close(cloud.store);
	}
	identities_close(&cloud);
	arena_free(&process);
	return ok ? 0 : 1;
}
