# Aerostat. make: build; make demo: see it work; make check: the tests; make help: the rest.
CC       ?= gcc
O        ?= out
CFLAGS   ?= -O2 -g
# Rooms in the order of the arrows; a room may use those before it (scripts/lint.py holds everyone to that).
ROOMS    ?= base http model wire auth core sts s3
CPPFLAGS += -std=gnu11 -D_GNU_SOURCE -Isrc -MMD -MP
WARN      = -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wundef -Wpointer-arith -Wwrite-strings -Wcast-qual -Wcast-align -Wformat=2 \
	    -Wstrict-prototypes -Wmissing-prototypes -Wredundant-decls -Wconversion -Wsign-conversion -Wdouble-promotion \
	    -Wimplicit-fallthrough -Wnull-dereference -Werror
GCCWARN   = -Wlogical-op -Wduplicated-cond -Wduplicated-branches
HARD     ?= -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
LDFLAGS  += -pie -Wl,-z,relro,-z,now -pthread
LDLIBS   += -lcrypto -lsqlite3 -lexpat -lpcre2-8 -lz -lm

SRC   := $(filter-out %_test.c,$(foreach r,$(ROOMS),$(wildcard src/$(r)/*.c)))
OBJ   := $(SRC:src/%.c=$(O)/obj/%.o)
TESTS := $(foreach r,$(ROOMS),$(wildcard src/$(r)/*_test.c))
UNITS := $(TESTS:src/%.c=$(O)/unit/%)

all: $(O)/aerostatd $(O)/aerostat

$(O)/libaerostat.a: $(OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(O)/obj/base/%.o: src/base/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(GCCWARN) $(HARD) -c -o $@ $<

$(O)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(GCCWARN) $(HARD) -include src/base/banned.h -c -o $@ $<

$(O)/unit/%: $(O)/obj/%.o $(O)/libaerostat.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# make unit ROOMS="base http": the unit tests of these rooms
unit: $(UNITS)
	@fail=0; for t in $(UNITS); do echo "# $$t"; $$t || fail=1; done; exit $$fail

clean:
	rm -rf $(O)

-include $(OBJ:.o=.d)
.PHONY: all unit clean
.SECONDARY:
