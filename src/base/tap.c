#include "base/tap.h"

int tap_count, tap_failed;

void tap_check(bool ok, const char *file, int line, const char *what) {
	tap_count++;
	tap_failed += !ok;
	printf("%sok %d - %s:%d %s\n", ok ? "" : "not ", tap_count, file, line, what);
}

void tap_str(str got, str want, const char *file, int line, const char *what) {
	bool ok = str_eq(got, want);
	tap_check(ok, file, line, what);
	if (!ok) {
		printf("# got  '" STR_FMT "'\n# want '" STR_FMT "'\n", STR_ARG(got), STR_ARG(want));
	}
}

int tap_done(void) {
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}
