# Aerostat. make: build; make demo: see it work; make check: the tests; make help: the rest.
CC       ?= gcc
O        ?= out
CFLAGS   ?= -O2 -g
PREFIX   ?= /usr/local
# A room is a folder of src. Which may use which is said in ARCHITECTURE.md, and make lint holds everyone to it.
ROOMS    ?= $(sort $(notdir $(patsubst %/,%,$(wildcard src/*/))))
CPPFLAGS += -std=gnu11 -D_GNU_SOURCE -Isrc -MMD -MP
WARN      = -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wundef -Wpointer-arith -Wwrite-strings -Wcast-qual -Wcast-align -Wformat=2 \
	    -Wstrict-prototypes -Wmissing-prototypes -Wredundant-decls -Wconversion -Wsign-conversion -Wdouble-promotion \
	    -Wimplicit-fallthrough -Wnull-dereference -Werror
CLANG    := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
GCCWARN   = $(if $(CLANG),,-Wlogical-op -Wduplicated-cond -Wduplicated-branches)
HARD     ?= -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
LDFLAGS  += -pie -Wl,-z,relro,-z,now,-z,pack-relative-relocs -Wl,--as-needed -pthread
LDLIBS   += -lssl -lcrypto -lsqlite3 -lexpat -lpcre2-8 -lz -lm
# What the sanitizer builds are made with.
ASAN      = CFLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer" HARD=
TSAN      = CFLAGS="-O1 -g -fsanitize=thread -fno-omit-frame-pointer" HARD=
FUZZ      = CC=clang CFLAGS="-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
	    -fno-omit-frame-pointer" HARD=
SECONDS  ?= 60

MAKEFLAGS += --no-print-directory
# As many jobs as there are processors, unless the user says otherwise (-j1 counts).
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
Q = $(if $(V),,@)

MAINS := src/cli/aerostat_main.c src/daemon/aerostatd.c
ALL   := $(foreach r,$(ROOMS),$(wildcard src/$(r)/*.c))
TESTS := $(filter %_test.c,$(ALL))
FUZZS := $(filter %_fuzz.c,$(ALL))
SRC   := $(filter-out $(TESTS) $(FUZZS) $(MAINS),$(ALL))
OBJ   := $(SRC:src/%.c=$(O)/obj/%.o)
UNITS := $(TESTS:src/%.c=$(O)/unit/%)
FUZZERS := $(FUZZS:src/%.c=$(O)/fuzz/%)

all: $(O)/aerostatd $(O)/aerostat

$(O)/libaerostat.a: $(OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(O)/aerostatd: $(O)/obj/daemon/aerostatd.o $(O)/libaerostat.a
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(O)/aerostat: $(O)/obj/cli/aerostat_main.o $(O)/libaerostat.a
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcurl

$(O)/obj/base/%.o: src/base/%.c | $(O)/.deps
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(GCCWARN) $(HARD) -c -o $@ $<

# Generated, and nothing but tables: the slow warnings find nothing there, and optimizing them is for nothing.
$(O)/obj/%_model.o: src/%_model.c | $(O)/.deps
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -fanalyzer,$(CFLAGS)) -Wall -Wextra -Werror $(HARD) -c -o $@ $<

$(O)/obj/%.o: src/%.c | $(O)/.deps
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(GCCWARN) $(HARD) -include src/base/banned.h -c -o $@ $<

$(O)/unit/%: $(O)/obj/%.o $(O)/libaerostat.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcurl

$(O)/fuzz/%: $(O)/obj/%.o $(O)/libaerostat.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# A missing header is said as a sentence, not as a page of errors.
$(O)/.deps:
	@mkdir -p $(@D)
	@scripts/deps.sh --only-look build
	@touch $@

units: $(UNITS)
fuzzers: $(FUZZERS)
objects: $(OBJ) $(ALL:src/%.c=$(O)/obj/%.o)

# make unit ROOMS="base http": the unit tests of these rooms
unit: $(UNITS)
	@fail=0; for t in $(UNITS); do echo "# $$t"; $$t || fail=1; done; exit $$fail

deps:
	@scripts/deps.sh build test lint bench fuzz

demo:
	@scripts/deps.sh build demo
	@$(MAKE) all
	@scripts/demo.sh

check:
	@scripts/deps.sh build test $(if $(filter lint,$(WITH)),lint)
	@$(MAKE) all units
	@scripts/venv.sh
	@python3 scripts/check.py $(WITH)

check-long:
	@scripts/deps.sh build test lint fuzz
	@$(MAKE) all units
	@scripts/venv.sh
	@python3 scripts/check.py --long lint asan tsan fuzz $(WITH)

lint:
	@scripts/deps.sh lint
	@python3 scripts/lint.py

asan:
	@$(MAKE) O=out/asan $(ASAN) all units
	@scripts/venv.sh
	@O=out/asan python3 scripts/check.py --only unit calls

# The rooms where threads meet, and every call.
tsan:
	@$(MAKE) O=out/tsan $(TSAN) all units
	@scripts/venv.sh
	@O=out/tsan python3 scripts/check.py --only unit calls

# make fuzz SECONDS=60: every reader that the network reaches, so long each
fuzz:
	@scripts/deps.sh build fuzz
	@$(MAKE) O=out/fuzz $(FUZZ) fuzzers
	@python3 scripts/fuzz.py out/fuzz/fuzz $(SECONDS)

bench:
	@scripts/deps.sh build test bench
	@$(MAKE) all
	@scripts/venv.sh bench
	@$(MAKE) -C bench

# make crash ROUNDS=50: kill -9 in the middle of writing, then read everything back
crash: all
	@scripts/venv.sh
	@python3 scripts/check.py --long --only crash

# From the models of the pinned botocore, AWS's managed policies and its actions; the result is committed.
model:
	@scripts/venv.sh
	@.venv/bin/python model/gen.py
	@.venv/bin/python model/policies.py
	@.venv/bin/python model/actions.py

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/doc/aerostat $(DESTDIR)$(PREFIX)/share/aerostat/examples
	install -m 755 $(O)/aerostat $(O)/aerostatd $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(wildcard README.md LICENSE NOTICE) $(DESTDIR)$(PREFIX)/share/doc/aerostat
	install -m 644 $(wildcard examples/*) $(DESTDIR)$(PREFIX)/share/aerostat/examples

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/aerostat $(DESTDIR)$(PREFIX)/bin/aerostatd
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/aerostat $(DESTDIR)$(PREFIX)/share/aerostat

clean:
	rm -rf $(O)

help:
	@cat scripts/help.txt

-include $(ALL:src/%.c=$(O)/obj/%.d)
.PHONY: all units fuzzers objects unit deps demo check check-long lint asan tsan fuzz bench crash model install uninstall \
	clean help
.SECONDARY:
.DELETE_ON_ERROR:
