#include "base/log.h"

#include "base/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum log_level least = LOG_INFO;

void log_set_level(enum log_level level) {
	least = level;
}

/* One write a line, so that lines of several threads never mix. A newline inside cannot forge another line. */
__attribute__((format(printf, 2, 0))) static void line(enum log_level level, const char *fmt, va_list ap) {
	static const char *const names[] = { "error", "warning", "info", "debug" };
	char text[2048];
	AUTO_ARENA a = { 0 };
	struct buf b = { .arena = &a };
	put_time(&b, clock_real(), TIME_ISO);
	int n = snprintf(text, sizeof(text), "%.*s %s: ", (int)b.n, b.p, names[level]);
	int m = vsnprintf(text + n, sizeof(text) - (size_t)n - 1, fmt, ap);
	size_t end = (size_t)n + (m < 0 ? 0 : (size_t)m);
	end = end < sizeof(text) - 1 ? end : sizeof(text) - 2;
	for (size_t i = 0; i < end; i++) {
		text[i] = text[i] == '\n' || text[i] == '\r' ? ' ' : text[i];
	}
	text[end] = '\n';
	if (write(STDERR_FILENO, text, end + 1) < 0) {
		return;
	}
}

void log_line(enum log_level level, const char *fmt, ...) {
	int saved = errno;
	if (level <= least) {
		va_list ap;
		va_start(ap, fmt);
		line(level, fmt, ap);
		va_end(ap);
	}
	errno = saved;
}

void bug(const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	line(LOG_ERROR, fmt, ap);
	va_end(ap);
	abort();
}
