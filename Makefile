# Grannkarta: one Makefile, not recursive. `make help` lists the targets.
#
# A module of lib/ sees the headers of the modules it names in USES_<module>,
# and of nothing else: a wrong include does not compile. Variants are built
# side by side: make BUILD=release|debug|asan|tsan|cov|fuzz.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

BUILD ?= release
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= /lib/systemd/system
PORT ?= 8080
OUT := build/$(BUILD)

VERSION := 0.1.0

# --- What there is -------------------------------------------------------

# In the order of the architecture: a module may use only what stands left.
MODULES := base geo anon stats store snapshot http api
USES_base :=
USES_geo := base
USES_anon := base geo
USES_stats := base
USES_store := base geo
USES_snapshot := base geo stats store
USES_http := base
USES_api := base geo stats snapshot http
PACKAGES_geo := proj
PACKAGES_anon := libsodium
PACKAGES_store := libpq
PACKAGES_http := libmicrohttpd libdeflate libzstd libsodium libxxhash

PROGRAMS := grannkartad grannkarta
USES_grannkartad := base geo stats store snapshot http api
USES_grannkarta := base geo anon stats store snapshot http api
PACKAGES_grannkartad := libsystemd
PACKAGES_grannkarta := gdal libsodium zlib libcurl

# --- How it is compiled --------------------------------------------------

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wformat=2 -Wundef -Wpointer-arith -Wwrite-strings
HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE -fno-common
CFLAGS_release := -O2 -g $(HARDENING)
CFLAGS_debug := -Og -g3
CFLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan := -O1 -g -fsanitize=thread
CFLAGS_cov := -O0 -g --coverage -fprofile-update=atomic
CFLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
LDFLAGS_asan := -fsanitize=address,undefined
LDFLAGS_tsan := -fsanitize=thread
LDFLAGS_cov := --coverage
LDFLAGS_fuzz := -fsanitize=address,undefined
ifeq ($(BUILD),fuzz)
CC := clang-14
else
CC := gcc
endif
ifdef CI
WERROR := -Werror
endif
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -DGK_VERSION='"$(VERSION)"' $(WARNINGS) $(WERROR) $(CFLAGS_$(BUILD)) $(CFLAGS)
ALL_LDFLAGS = $(LDFLAGS_$(BUILD)) $(LDFLAGS)

# Flags of packages, asked once each and only when something is compiled. Their
# headers are not ours to warn about: -isystem.
package_cflags = $(foreach p,$(1),$(eval CF_$(p) ?= $(patsubst -I%,-isystem%,$(shell pkg-config --cflags $(p))))$(CF_$(p)))
package_libs = $(foreach p,$(1),$(eval LB_$(p) ?= $(shell pkg-config --libs $(p)))$(LB_$(p)))
includes = $(patsubst %,-Ilib/%/include,$(1))

# Objects are made again when the compiler or its flags change.
FLAGS_STAMP := $(OUT)/flags
$(FLAGS_STAMP): FORCE
	@mkdir -p $(@D); echo '$(CC) $(subst ','"'"',$(ALL_CFLAGS)) | $(ALL_LDFLAGS)' | cmp -s - $@ || \
	  echo '$(CC) $(subst ','"'"',$(ALL_CFLAGS)) | $(ALL_LDFLAGS)' > $@
FORCE:

.PHONY: FORCE all help deps demo test test-heavy check lint format format-check check-headers \
        check-layers coverage bench compdb install dist clean unit-programs fuzz probe-programs

all: $(PROGRAMS:%=$(OUT)/bin/%)

help:
	@echo 'all deps demo test test-heavy check lint format format-check check-headers check-layers'
	@echo 'coverage bench compdb install dist clean fuzz; variables BUILD, PORT, PREFIX, DESTDIR'

# --- Modules, programs, unit tests ---------------------------------------

define module_rules
SOURCES_$(1) := $$(wildcard lib/$(1)/*.c)
OBJECTS_$(1) := $$(SOURCES_$(1):%.c=$(OUT)/%.o)
$(OUT)/lib/$(1)/%.o: lib/$(1)/%.c $(FLAGS_STAMP)
	@mkdir -p $$(@D)
	$(CC) $$(ALL_CFLAGS) $$(call includes,$(1) $(USES_$(1))) -Ilib/$(1) -I$(OUT)/generated \
	  $$(call package_cflags,$(PACKAGES_$(1))) $$(DEFINES_$(1)_$$*) -MMD -MP -c -o $$@ $$<
$(OUT)/libgk_$(1).a: $$(OBJECTS_$(1))
	@mkdir -p $$(@D); rm -f $$@; ar rcs $$@ $$^
endef
$(foreach m,$(MODULES),$(eval $(call module_rules,$(m))))

# Where both programs look for their configuration, as `install` puts it.
DEFINES_base_options := -DGK_OPTIONS_FILE='"$(SYSCONFDIR)/grannkarta/grannkarta.conf"'
$(OUT)/lib/base/options.o: $(OUT)/sysconfdir
$(OUT)/sysconfdir: FORCE
	@mkdir -p $(@D); echo '$(SYSCONFDIR)' | cmp -s - $@ || echo '$(SYSCONFDIR)' > $@

# The migrations travel in the program: SQL and SHA-256 as rows of a C table.
MIGRATIONS := $(sort $(wildcard sql/migrations/*.sql))
$(OUT)/generated/migrations.inc: $(MIGRATIONS) lib/store/embed-migrations
	@mkdir -p $(@D)
	lib/store/embed-migrations $(MIGRATIONS) > $@
$(OUT)/lib/store/migrate.o: $(OUT)/generated/migrations.inc

# So do the questions of `grannkarta verify`, and the schema they compare with.
VERIFY_SQL := $(sort $(wildcard lib/store/verify/*.sql))
$(OUT)/generated/verify.inc: $(VERIFY_SQL) lib/store/verify/schema.expected lib/store/embed-verify
	@mkdir -p $(@D)
	lib/store/embed-verify $(VERIFY_SQL) > $@
$(OUT)/lib/store/verify_sql.o: $(OUT)/generated/verify.inc

# Archives in link order: users before what they use.
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
archives = $(patsubst %,$(OUT)/libgk_%.a,$(call reverse,$(filter $(1),$(MODULES))))
module_packages = $(sort $(foreach m,$(1),$(PACKAGES_$(m))))

define program_rules
SOURCES_$(1) := $$(wildcard cmd/$(1)/*.c)
OBJECTS_$(1) := $$(SOURCES_$(1):%.c=$(OUT)/%.o)
$(OUT)/cmd/$(1)/%.o: cmd/$(1)/%.c $(FLAGS_STAMP)
	@mkdir -p $$(@D)
	$(CC) $$(ALL_CFLAGS) $$(call includes,$(USES_$(1))) -Icmd/$(1) -I$(OUT)/generated \
	  $$(call package_cflags,$(PACKAGES_$(1))) -MMD -MP -c -o $$@ $$<
$(OUT)/bin/$(1): $$(OBJECTS_$(1)) $$(call archives,$(USES_$(1)))
	@mkdir -p $$(@D)
	$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$^ \
	  $$(call package_libs,$$(call module_packages,$(USES_$(1))) $(PACKAGES_$(1))) -lm -pthread
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rules,$(p))))

# tests/unit/<module>/<name>.c sees what its module sees, and the module's
# private headers; cmd's own code is tested from tests/unit/grannkarta.
UNIT_SOURCES := $(wildcard tests/unit/*/*.c)
UNIT_PROGRAMS := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(UNIT_SOURCES))
define unit_rules
$(OUT)/tests/$(1)/%: tests/unit/$(1)/%.c $(call archives,$(1) $(USES_$(1))) $(wildcard tests/lib/*.h) $(FLAGS_STAMP)
	@mkdir -p $$(@D)
	$(CC) $$(ALL_CFLAGS) -Wno-missing-prototypes $$(ALL_LDFLAGS) -Itests/lib -Ilib/$(1) $$(call includes,$(1) $(USES_$(1))) \
	  $$(call package_cflags,check $(PACKAGES_$(1))) -o $$@ $$< $(call archives,$(1) $(USES_$(1))) \
	  $$(call package_libs,check $$(call module_packages,$(1) $(USES_$(1)))) -lm -pthread
endef
$(foreach m,$(MODULES),$(eval $(call unit_rules,$(m))))
unit-programs: $(UNIT_PROGRAMS)

# The command's own objects, without main, are under test too.
$(OUT)/tests/grannkarta/%: tests/unit/grannkarta/%.c $(filter-out %/main.o,$(OBJECTS_grannkarta)) $(call archives,$(USES_grannkarta)) $(wildcard tests/lib/*.h) $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Wno-missing-prototypes $(ALL_LDFLAGS) -Itests/lib -Icmd/grannkarta -Ilib/anon $(call includes,$(USES_grannkarta)) \
	  $(call package_cflags,check $(PACKAGES_grannkarta)) -o $@ $(filter %.c %.o %.a,$^) \
	  $(call package_libs,check $(call module_packages,$(USES_grannkarta)) $(PACKAGES_grannkarta)) -lm -pthread

# tests/fuzz/<module>_<name>.c: one libFuzzer target each; its corpus is
# tests/fuzz/corpus/<module>_<name>/. tests/fuzz/replay.c gives the same
# targets a main for machines and builds without libFuzzer.
FUZZ_SOURCES := $(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
FUZZ_PROGRAMS := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(FUZZ_SOURCES))
FUZZ_ENGINE = $(if $(filter fuzz,$(BUILD)),-fsanitize=fuzzer,tests/fuzz/replay.c)
# What of the command parses files and needs neither GDAL nor a database.
PARSERS := $(patsubst %,$(OUT)/cmd/grannkarta/%.o,text csv import_fields incident_columns incident_codes \
             incident_row incident_settings)
$(OUT)/fuzz/%: tests/fuzz/%.c tests/fuzz/replay.c $(PARSERS) $(call archives,$(MODULES)) $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Wno-missing-prototypes $(ALL_LDFLAGS) -Icmd/grannkarta $(call includes,$(MODULES)) $(patsubst %,-Ilib/%,$(MODULES)) \
	  $(call package_cflags,$(call module_packages,$(MODULES))) -o $@ $< $(FUZZ_ENGINE) $(PARSERS) \
	  $(call archives,$(MODULES)) $(call package_libs,$(call module_packages,$(MODULES))) -lm -pthread
FUZZ_SECONDS ?= 60
fuzz:
	@deploy/install-dependencies build tools
	$(MAKE) BUILD=fuzz fuzz-run
fuzz-run: $(FUZZ_PROGRAMS)
	@for f in $(FUZZ_PROGRAMS); do n=$$(basename $$f); mkdir -p build/corpus/$$n; echo "== $$n"; \
	  $$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=0 -verbosity=0 build/corpus/$$n tests/fuzz/corpus/$$n || exit 1; done

# --- What people call ----------------------------------------------------

deps:
	@deploy/install-dependencies

# The demo needs neither the tests' clients nor their browser.
demo:
	@deploy/install-dependencies build run
	@$(MAKE) --no-print-directory -s BUILD=release all
	@exec deploy/demo $(PORT)

# Sanitizers on: the programs under test are those of build/asan.
TEST_FILES := $(sort $(wildcard tests/sql/*.t tests/integration/*.t tests/clients/*.t tests/browser/*.t tests/fault/*.t tests/rules/*.t))
test: deps
	@$(MAKE) --no-print-directory -s BUILD=asan all unit-programs fuzz-programs probe-programs
	@$(MAKE) --no-print-directory -s BUILD=release all bench-programs
	@tests/lib/run-tests

fuzz-programs: $(FUZZ_PROGRAMS)

test-heavy: test
	@tests/lib/run-heavy

check: check-layers check-headers format-check lint

bench: deps
	@$(MAKE) --no-print-directory -s BUILD=release all bench-programs
	@tests/bench/run

# tests/bench/<name>.c: measuring programs, linked with every module.
BENCH_SOURCES := $(wildcard tests/bench/*.c)
bench-programs: $(patsubst tests/bench/%.c,$(OUT)/bench/%,$(BENCH_SOURCES))
$(OUT)/bench/%: tests/bench/%.c $(call archives,$(MODULES)) $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Wno-missing-prototypes $(ALL_LDFLAGS) $(call includes,$(MODULES)) $(patsubst %,-Ilib/%,$(MODULES)) \
	  $(call package_cflags,$(call module_packages,$(MODULES))) -o $@ $< \
	  $(call archives,$(MODULES)) $(call package_libs,$(call module_packages,$(MODULES))) -lm -pthread

# This one measures on what `grannkarta synth` invents.
$(OUT)/bench/anonymity: tests/bench/anonymity.c $(filter-out %/main.o,$(OBJECTS_grannkarta)) $(call archives,$(USES_grannkarta)) $(wildcard tests/lib/*.h) $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Wno-missing-prototypes $(ALL_LDFLAGS) -Icmd/grannkarta -Ilib/anon $(call includes,$(USES_grannkarta)) \
	  -o $@ $(filter %.c %.o %.a,$^) $(call package_libs,$(call module_packages,$(USES_grannkarta)) $(PACKAGES_grannkarta)) -lm -pthread

# tests/probe/<name>.c: programs that test scripts ask, linked with every module.
PROBE_SOURCES := $(wildcard tests/probe/*.c)
probe-programs: $(patsubst tests/probe/%.c,$(OUT)/probe/%,$(PROBE_SOURCES))
$(OUT)/probe/%: tests/probe/%.c $(call archives,$(MODULES)) $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Wno-missing-prototypes $(ALL_LDFLAGS) $(call includes,$(MODULES)) \
	  $(call package_cflags,$(call module_packages,$(MODULES))) -o $@ $< \
	  $(call archives,$(MODULES)) $(call package_libs,$(call module_packages,$(MODULES))) -lm -pthread

C_FILES = $(shell git ls-files '*.c' '*.h')
format:
	clang-format-14 -i $(C_FILES)
format-check:
	clang-format-14 --dry-run --Werror $(C_FILES)

# Names for banned things are in tests/lib/check-layers, with the reasons.
check-layers:
	@tests/lib/check-layers $(foreach m,$(MODULES),$(m):$(subst $() ,$(comma),$(strip $(USES_$(m)))))
comma := ,

# Every public header compiles alone.
check-headers:
	@for h in $$(git ls-files 'lib/*/include/*.h'); do m=$$(echo $$h | cut -d/ -f2); \
	  $(MAKE) --no-print-directory -s check-header HEADER=$$h MODULE=$$m || exit 1; done; echo headers stand alone
check-header:
	@echo '#include "$(HEADER:lib/$(MODULE)/include/%=%)"' | $(CC) -fsyntax-only -x c $(filter-out -Wundef,$(ALL_CFLAGS)) -Werror \
	  $(call includes,$(MODULE) $(USES_$(MODULE))) -

lint: compdb
	@deploy/install-dependencies build tools
	clang-tidy-14 --quiet -p build $(foreach m,$(MODULES),$(wildcard lib/$(m)/*.c)) $(wildcard cmd/*/*.c)

compdb:
	@mkdir -p build
	@$(MAKE) --no-print-directory -s BUILD=debug build/debug/generated/migrations.inc build/debug/generated/verify.inc
	@$(MAKE) --no-print-directory -Bn BUILD=debug all 2>/dev/null | tests/lib/compdb > build/compile_commands.json

coverage: deps
	@deploy/install-dependencies tools
	@$(MAKE) --no-print-directory -s BUILD=cov all unit-programs fuzz-programs probe-programs
	@BUILD=cov tests/lib/run-tests
	@mkdir -p build/coverage
	lcov -q -c -d build/cov -o build/coverage/all.info
	lcov -q -e build/coverage/all.info "$(CURDIR)/lib/*" "$(CURDIR)/cmd/*" -o build/coverage/own.info
	genhtml -q -o build/coverage/html build/coverage/own.info
	lcov --summary build/coverage/own.info

install: all
	install -D -m 755 $(OUT)/bin/grannkartad $(DESTDIR)$(PREFIX)/bin/grannkartad
	install -D -m 755 $(OUT)/bin/grannkarta $(DESTDIR)$(PREFIX)/bin/grannkarta
	install -d $(DESTDIR)$(PREFIX)/share/grannkarta/migrations $(DESTDIR)$(PREFIX)/share/doc/grannkarta
	install -m 644 sql/migrations/*.sql $(DESTDIR)$(PREFIX)/share/grannkarta/migrations/
	install -m 755 deploy/setup-database $(DESTDIR)$(PREFIX)/share/grannkarta/setup-database
	install -m 644 README.md LICENSE deploy/nginx.conf $(DESTDIR)$(PREFIX)/share/doc/grannkarta/
	install -m 644 deploy/README.md $(DESTDIR)$(PREFIX)/share/doc/grannkarta/operations.md
	install -d $(DESTDIR)$(UNITDIR) $(DESTDIR)$(SYSCONFDIR)/grannkarta
	sed 's|@PREFIX@|$(PREFIX)|g; s|@SYSCONFDIR@|$(SYSCONFDIR)|g' deploy/grannkartad.service > $(DESTDIR)$(UNITDIR)/grannkartad.service
	$(OUT)/bin/grannkarta config sample > $(DESTDIR)$(SYSCONFDIR)/grannkarta/grannkarta.conf.sample

dist:
	@mkdir -p build
	git archive --prefix=grannkarta-$(VERSION)/ -o build/grannkarta-$(VERSION).tar.gz HEAD

clean:
	rm -rf build

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
