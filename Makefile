# Daybook's Makefile. One file; V chooses the variant, and each variant has its own folder build/$(V)/ (with clang
# build/$(V)-clang/), so that switching between them rebuilds nothing.
#
#   make                   the program and the libraries, in build/release; looks for what they need first
#   make demo              three billing months over fixtures/: invoices, PDFs, a verified chain
#   make check             everything that must hold before a commit: tests, sanitizers, faults, short fuzzing, tidy
#   make check-long        more of it: valgrind, gcc's analyzer, all variants, fuzzing for FUZZ_SECONDS (60) a target
#   make tidy              style as a test
#   make fuzz              all fuzz targets, FUZZ_SECONDS each
#   make bench             measures beside floors and peers
#   make coverage          lines and branches that the tests reach
#   make install           to $(DESTDIR)$(PREFIX); PREFIX is /usr/local
#   make deps              looks for the libraries and installs what is missing where apt-get is there
#   make clean
#   make V=debug test-ROOM one room's tests: base store book ledger projections reports importers billing
#   make V=debug test      all of them
#
# Variants: release debug asan coverage fuzz analyzer. Compilers: CC=gcc (default), CC=clang. WERROR= lets a stranger's
# compiler warn without failing, Q= shows the commands, JOBS=N sets how much runs at once.

B ?= build
V ?= release
Q ?= @
PREFIX ?= /usr/local
# Where Debian's python3 looks: one folder for all versions under /usr, one a version under /usr/local.
PYTHON_DIR ?= $(PREFIX)/lib/python3$(if $(filter-out /usr,$(PREFIX)),$(shell python3 -c 'import sys; print(".%d" % sys.version_info.minor)' 2>/dev/null))/dist-packages
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(V),fuzz)
override CC := clang
endif
IS_CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
O := $(B)/$(V)$(if $(IS_CLANG),$(if $(filter fuzz,$(V)),,-clang))
VERSION := $(or $(shell sed -n 's/^.define DAYBOOK_VERSION "\(.*\)"/\1/p' billing/daybook.h 2>/dev/null),0.1.0)
SONAME := libdaybook.so.$(firstword $(subst ., ,$(VERSION)))

# --- flags

PKGS := lmdb msgpack libcurl libmicrohttpd zlib openssl jansson icu-i18n icu-uc libqrencode xlsxwriter libpng libxml-2.0
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lhpdf -lcsv -lpthread
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
  -Wmissing-declarations -Wold-style-definition -Wredundant-decls -Wnested-externs -Wpointer-arith -Wcast-qual \
  -Wbad-function-cast -Wwrite-strings -Wundef -Wvla -Walloca -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough \
  -Wdouble-promotion -Wfloat-conversion -Wnull-dereference -Wdate-time -Wframe-larger-than=16384
HARDEN := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
  $(if $(filter x86_64,$(shell uname -m)),-fcf-protection=full,-mbranch-protection=standard)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
ifneq ($(IS_CLANG),)
WARN += -Wcomma -Wassign-enum -Wconditional-uninitialized -Wunreachable-code-aggressive -Wextra-semi-stmt \
  -Wnewline-eof -Wcast-align -Wimplicit-int-conversion -Wshorten-64-to-32 -Wmissing-variable-declarations -Wgnu
SANITIZE := -fsanitize=address,undefined,implicit-conversion,local-bounds,nullability -fno-sanitize-recover=all
# Criterion's Test() makes variables without a declaration before them.
WARN_TESTS := -Wno-missing-variable-declarations
else
WARN += -Wformat-signedness -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wcast-align=strict \
  -Wformat-overflow=2 -Wformat-truncation=2 -Wstringop-overflow=4 -Warith-conversion -Wtrampolines
HARDEN += -ftrivial-auto-var-init=zero
endif
WERROR ?= -Werror
FLAGS_release  := -O2 -g $(HARDEN)
FLAGS_debug    := -O1 -g
FLAGS_asan     := -O1 -g -fno-omit-frame-pointer $(SANITIZE)
FLAGS_coverage := -O0 -g --coverage -fprofile-update=atomic
FLAGS_fuzz     := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link $(SANITIZE)
FLAGS_analyzer := -O1 -g -fanalyzer
ifeq ($(FLAGS_$(V)),)
$(error V=$(V) is no variant: release debug asan coverage fuzz analyzer)
endif
CFLAGS_ALL = -std=c17 -D_DEFAULT_SOURCE -I. -fPIC -fvisibility=hidden $(WARN) $(WERROR) $(FLAGS_$(V)) $(PKG_CFLAGS) $(CFLAGS)
LDFLAGS_ALL = $(FLAGS_$(V)) -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed $(LDFLAGS)

# --- rooms: each is linked with the rooms below it

SRC_base        := $(wildcard ledger/base/*.c)
SRC_store       := $(SRC_base) $(wildcard ledger/store/*.c)
SRC_book        := $(SRC_store) $(wildcard ledger/book/*.c)
SRC_ledger      := $(SRC_book) $(wildcard ledger/*.c)
SRC_projections := $(SRC_ledger) $(wildcard projections/*.c)
SRC_reports     := $(SRC_projections) $(wildcard reports/*.c)
-include reports/fonts.mk
SRC_importers   := $(SRC_projections) $(wildcard importers/*.c)
SRC_all         := $(sort $(SRC_reports) $(SRC_importers) $(filter-out billing/main.c,$(wildcard billing/*.c billing/http/*.c)))
SRC_billing     := $(SRC_all)
# The verifier is a program of its own: the ground, and nothing that writes ledgers.
SRC_verifier    := $(addprefix ledger/base/,arena.c base64.c buffer.c card.c error.c sha256.c text.c) \
  $(filter-out billing/verify/main.c,$(wildcard billing/verify/*.c))
SRC_verify      := $(sort $(SRC_base) $(SRC_verifier))
VERIFY_LIBS     := $(shell pkg-config --libs libcrypto zlib 2>/dev/null) -lpthread
ROOMS := base store book ledger projections reports importers billing verify
# The tests' own Stripe server stands in the archive; only its main is a program of its own.
TEST_LIB := $(filter-out tests/lib/stripe_main.c,$(wildcard tests/lib/*.c))
TESTED := $(foreach r,$(ROOMS),$(if $(wildcard tests/$(r)/*.c),$(r)))
FUZZERS := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES := $(patsubst tests/bench/%.c,$(O)/bench/%,$(wildcard tests/bench/bench_*.c))
# What looks into the verifier is linked with it alone: its names are those of FORMAT.md, as the writer's are.
OF_VERIFIER := tests/faults/tamper.c $(wildcard tests/fuzz/fuzz_verify_*.c)
FAULTS := $(patsubst tests/faults/%.c,$(O)/faults/%,$(wildcard tests/faults/*.c))
own_objs = $(call objs,$(if $(filter $(1),$(OF_VERIFIER)),$(SRC_verify),$(SRC_all)))
objs = $(patsubst %.c,$(O)/%.o,$(1))
say = @printf '  %-6s %s\n' '$(1)' '$@'

# --- what people ask for; deps first, then make again, so that pkg-config is asked when it is there

.DEFAULT_GOAL := all
again = +@$(MAKE) --no-print-directory V=$(V) B=$(B)
all: deps
	$(again) build
deps:
	@sh tests/tools/deps.sh build
deps-check:
	@sh tests/tools/deps.sh build check
deps-long:
	@sh tests/tools/deps.sh build check long
deps-bench:
	@sh tests/tools/deps.sh build bench

demo: deps
	+@$(MAKE) --no-print-directory V=release B=$(B) -j$(JOBS) build
	@sh fixtures/demo.sh $(B)/release/daybook $(B)/demo

collect = +@MAKE='$(MAKE)' B='$(B)' JOBS='$(JOBS)' FUZZ_SECONDS='$(1)' bash tests/tools/check.sh
check: deps-check
	$(call collect,5) tidy debug release asan-clang faults fuzz clang-tidy
check-long: export SIM_HISTORIES ?= 100000
check-long: deps-long
	$(call collect,$(FUZZ_SECONDS)) tidy debug release asan-clang asan-gcc debug-clang release-clang analyzer valgrind faults-long fuzz clang-tidy
tidy: deps-check
	$(call collect,0) tidy clang-tidy
fuzz: deps-check
	$(call collect,$(FUZZ_SECONDS)) fuzz
bench: deps-bench
	+@$(MAKE) --no-print-directory V=release B=$(B) -j$(JOBS) build bench-programs
	@bash tests/tools/bench.sh $(B)/release
coverage: deps-long
	+@$(MAKE) --no-print-directory V=coverage CC=gcc WERROR= B=$(B) -j$(JOBS) tests
	@bash tests/tools/coverage.sh $(B)/coverage
clean:
	rm -rf $(B)

# --- objects, libraries, programs

build: $(O)/libdaybook.a $(O)/libdaybook.so $(O)/daybook.pc $(if $(wildcard billing/main.c),$(O)/daybook) $(O)/daybook-verify
objects: $(call objs,$(SRC_all) $(wildcard billing/main.c) $(SRC_verifier) billing/verify/main.c)

flags_line = $(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL)
# Written anew only when compiler or flags change, and then everything is compiled anew.
$(O)/flags: always
	@mkdir -p $(@D)
	@echo '$(flags_line)' | cmp -s - $@ || echo '$(flags_line)' > $@
$(O)/tests/%.o: private WARN += $(WARN_TESTS)
$(O)/%.o: %.c $(O)/flags
	@mkdir -p $(@D)
	@printf '  %-6s %s\n' CC $<
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# The catalog that a new ledger begins with is carried inside the program.
$(call objs,$(filter billing/%,$(SRC_all))): fixtures/catalog.json
$(call objs,billing/completion.c): billing/daybook.bash billing/daybook.zsh billing/daybook.fish

# In the archive too only what daybook.h declares can be seen, or its short names would meet a program's own.
$(O)/libdaybook.o: $(call objs,$(SRC_all))
	$(call say,LD)
	$(Q)$(LD) -r -o $@ $^ && objcopy --localize-hidden $@
$(O)/libdaybook.a: $(O)/libdaybook.o
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $<
$(O)/$(SONAME): $(call objs,$(SRC_all)) billing/libdaybook.map
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS_ALL) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=billing/libdaybook.map -o $@ \
	  $(filter %.o,$^) $(LIBS)
$(O)/libdaybook.so: $(O)/$(SONAME)
	$(Q)ln -sf $(SONAME) $@
$(O)/daybook: $(call objs,$(SRC_all) billing/main.c)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS_ALL) -pie -o $@ $^ $(LIBS)
$(O)/daybook-verify: $(call objs,$(SRC_verifier) billing/verify/main.c)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS_ALL) -pie -o $@ $^ $(VERIFY_LIBS)
$(O)/daybook.pc: always
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' '' 'Name: daybook' \
	  'Description: append-only billing ledger with an encrypted, hash-chained log' 'Version: $(VERSION)' \
	  'Libs: -L$${libdir} -ldaybook' 'Libs.private: $(LIBS)' 'Cflags: -I$${includedir}' > $@

# Where Debian's zsh looks: what packages bring is not where an administrator's is.
ZSH_FUNCTIONS := share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
install: all
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin lib/pkgconfig include share/man/man1 share/doc/daybook \
	  share/bash-completion/completions $(ZSH_FUNCTIONS) share/fish/vendor_completions.d)
	$(if $(wildcard billing/main.c),install $(O)/daybook $(DESTDIR)$(PREFIX)/bin/)
	install $(O)/daybook-verify $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(O)/libdaybook.a $(DESTDIR)$(PREFIX)/lib/
	install $(O)/$(SONAME) $(DESTDIR)$(PREFIX)/lib/
	ln -sf $(SONAME) $(DESTDIR)$(PREFIX)/lib/libdaybook.so
	install -m 644 $(O)/daybook.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/
	install -m 644 billing/daybook.h $(DESTDIR)$(PREFIX)/include/
	$(foreach f,$(wildcard billing/*.1),install -m 644 $(f) $(DESTDIR)$(PREFIX)/share/man/man1/;)
	install -m 644 billing/verify.html $(DESTDIR)$(PREFIX)/share/doc/daybook/
	install -m 644 billing/daybook.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/daybook
	install -m 644 billing/daybook.zsh $(DESTDIR)$(PREFIX)/$(ZSH_FUNCTIONS)/_daybook
	install -m 644 billing/daybook.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/daybook.fish
	install -m 644 README.md $(wildcard ledger/FORMAT.md) $(DESTDIR)$(PREFIX)/share/doc/daybook/
	install -d $(addprefix $(DESTDIR)$(PYTHON_DIR)/,daybook src/system/billing)
	install -m 644 billing/python/daybook/*.py billing/python/daybook/py.typed $(DESTDIR)$(PYTHON_DIR)/daybook/
	install -m 644 billing/python/src/system/billing/*.py $(DESTDIR)$(PYTHON_DIR)/src/system/billing/

# --- tests. The shared fixture is an archive: each test program takes from it what its rooms can carry.

$(O)/tests/lib.a: $(call objs,$(TEST_LIB))
	$(Q)rm -f $@ && $(AR) rcs $@ $^
link_test = $(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS_ALL) $(1) -o $@ $(filter %.o %.a,$^) $(LIBS)
define room_test
$(O)/tests/test_$(1): $(call objs,$(SRC_$(1)) $(wildcard tests/$(1)/*.c)) $(O)/tests/lib.a
	$$(call say,LD)
	$$(call link_test) -lcriterion
test-$(1): $(O)/tests/test_$(1)
	ASAN_OPTIONS=abort_on_error=1 $(O)/tests/test_$(1)
endef
$(foreach r,$(ROOMS),$(eval $(call room_test,$(r))))
test: $(TESTED:%=test-%)
tests: $(TESTED:%=$(O)/tests/test_%) $(if $(wildcard tests/spec/*.c),$(O)/tests/spec_runner) \
  $(if $(wildcard tests/sim/*.c),$(O)/tests/sim_runner) $(O)/tests/stripe_server $(FAULTS)
tested-rooms:
	@echo $(TESTED)

$(O)/tests/spec_runner: $(call objs,$(SRC_all) $(wildcard tests/spec/*.c)) $(O)/tests/lib.a
	$(call say,LD)
	$(call link_test)
$(O)/tests/sim_runner: $(call objs,$(SRC_all) $(wildcard tests/sim/*.c)) $(O)/tests/lib.a
	$(call say,LD)
	$(call link_test)
$(O)/tests/stripe_server: $(call objs,$(SRC_base) tests/lib/stripe_main.c) $(O)/tests/lib.a
	$(call say,LD)
	$(call link_test)
.SECONDEXPANSION:
$(FAULTS): $(O)/faults/%: $(O)/tests/faults/%.o $$(call own_objs,tests/faults/$$*.c) $(O)/tests/lib.a
	$(call say,LD)
	$(call link_test)
$(FUZZERS): $(O)/fuzz/%: $(O)/tests/fuzz/%.o $$(call own_objs,tests/fuzz/$$*.c) $(O)/tests/lib.a
	$(call say,LD)
	$(call link_test,-fsanitize=fuzzer)
# Scenarios are read by the words of the runner.
$(O)/fuzz/fuzz_scenario: $(call objs,$(filter-out %/runner.c,$(wildcard tests/spec/*.c)))
fuzzers: $(FUZZERS)
# SQLCipher has SQLite's names, so a program has one of the two.
$(BENCHES): $(O)/bench/%: $(O)/tests/bench/%.o $(call objs,$(SRC_all)) $(O)/tests/lib.a
	$(call say,LD)
	$(call link_test) $(if $(findstring sqlcipher,$*),-lsqlcipher,-lsqlite3)
bench-programs: $(BENCHES) $(O)/tests/stripe_server

# One stamp a file: clang-tidy is slow, and an object that needs no compiling needs no reading either.
$(O)/tidy/%.ok: %.c $(O)/%.o .clang-tidy
	@mkdir -p $(@D)
	@printf '  %-6s %s\n' TIDY $<
	$(Q)clang-tidy --quiet $< -- -std=c17 -D_DEFAULT_SOURCE -I. $(PKG_CFLAGS) 2>/dev/null && touch $@
clang-tidy: $(patsubst %.c,$(O)/tidy/%.ok,$(filter-out $(PDF_ASSETS),$(SRC_all)) $(wildcard billing/main.c billing/verify/*.c))

always:
.PHONY: all build objects deps deps-check deps-long deps-bench demo check check-long tidy fuzz bench coverage clean install \
  test tests tested-rooms fuzzers bench-programs clang-tidy always $(ROOMS:%=test-%)
-include $(shell find $(O) -name '*.d' 2>/dev/null)
