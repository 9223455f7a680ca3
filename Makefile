# A thin front: what is real is in CMakeLists.txt, harness/ and tools/.
PRESET ?= release
BUILD  := build/$(PRESET)
CLI    := $(BUILD)/leakcage
# For one scenario: NAME=unclosed-body, VARIANT=fixed or all, ARGS='--limit 64M'
VARIANT ?=
ARGS    ?=
# To compare: BUILDS=plain,race,asan (unless ALLOCATORS=glibc,jemalloc,… are to be), REPEATS=4
ALLOCATORS ?=
REPEATS    ?=
COMMA      := ,
BUILDS     ?= $(if $(ALLOCATORS),,plain$(COMMA)race$(COMMA)asan)

.PHONY: all build install package package-test scenario compare pod test test-long coverage fuzz explain-catalogue faults lint bench soak docs format doctor clean help

all: setup-build build

# Packages, a kernel for the VM: SETUP=no forbids.
.PHONY: setup-build setup-run setup-pod setup-test setup-lint setup-bench setup-package
setup-build setup-run setup-pod setup-test setup-lint setup-bench setup-package: setup-%:
	@tools/setup.sh $*

build: | setup-build
	@[ -x $(CLI) ] || echo "make: building into $(BUILD), once" >&2
	@[ -f $(BUILD)/build.ninja ] || cmake --preset $(PRESET) -DLEAKCAGE_TESTS=$(TESTS) >/dev/null
	@cmake --build $(BUILD) >$(BUILD)/build.log 2>&1 || { cat $(BUILD)/build.log; exit 1; }

# The tests are configured when they are asked for.
TESTS ?= OFF
test test-long bench explain-catalogue faults: TESTS = ON

PREFIX ?= /usr/local
install: setup-build build
	@DESTDIR=$(abspath $(DESTDIR)) cmake --install $(BUILD) --prefix $(PREFIX)

# Debian packages, in build/package/packages: the same bytes from every folder.
package: setup-package
	@tools/package.sh

# Installed in a clean system, used, removed; built twice, the same bytes. Minutes.
package-test: setup-package
	@tests/package/run.sh

scenario: setup-run build
	@[ -n "$(NAME)" ] || { echo "usage: make scenario NAME=unclosed-body [VARIANT=fixed|all]"; \
	  echo; $(CLI) list; exit 2; }
	@$(CLI) run scenarios/$(NAME).json $(if $(VARIANT),--variant $(VARIANT)) $(ARGS)

# A build that cannot be made here is told by `leakcage compare`, and why.
compare: setup-run build
	@[ -n "$(NAME)" ] || { echo "usage: make compare NAME=json-tree [BUILDS=plain,race,asan]" \
	  "[ALLOCATORS=glibc,jemalloc] [REPEATS=4] [ARGS='…']"; echo; $(CLI) list; exit 2; }
	@for build in $(filter-out plain,$(subst $(COMMA), ,$(BUILDS))); do \
	  cmake --build $(BUILD) --target service-$(NAME)-$$build >$(BUILD)/build.log 2>&1 || :; done
	@$(CLI) compare scenarios/$(NAME).json $(if $(BUILDS),--builds $(BUILDS)) \
	  $(if $(ALLOCATORS),--allocators $(ALLOCATORS)) $(if $(REPEATS),--repeats $(REPEATS)) $(ARGS)

pod: setup-pod build
	@LEAKCAGE_BUILD=$(BUILD) ARGS='$(ARGS)' tools/pod.sh $(NAME)

test: setup-test
	@tests/run.sh

# libFuzzer, so many seconds a target, two at a time: SECONDS=3600 at night, TARGET='pod json' alone.
SECONDS ?= 60
TARGET  ?=
fuzz: setup-test
	@tests/fuzz/run.py --seconds $(SECONDS) $(TARGET)

# For nights: an hour or two.
test-long: setup-test
	@tests/run.sh --long

# LAYERS='base verdict': of these, which lines are missing, too.
coverage: setup-test
	@tests/coverage/run.sh $(LAYERS)

# `make test` explains some of the catalogue; this is all of it, as a table.
explain-catalogue: setup-test build
	@LEAKCAGE_BUILD=$(CURDIR)/$(BUILD) /usr/bin/python3 tests/e2e/test_explain.py --all

# All tests of faults, and the README's table of them anew.
faults: setup-test build
	@LEAKCAGE_BUILD=$(CURDIR)/$(BUILD) /usr/bin/python3 tests/e2e/faults_table.py

lint: setup-lint
	@tools/lint.sh

bench: setup-bench
	@tests/bench/run.sh $(BENCH)

# Hours; SOAK names parts of it.
soak: setup-test
	@tests/soak/run.sh $(SOAK)

# The pictures of the README.
docs: setup-run build
	@LEAKCAGE_BUILD=$(BUILD) tools/docs.sh $(NAME)

format:
	@git ls-files '*.[ch]' | xargs clang-format -i

doctor: setup-build build
	@$(CLI) doctor

clean:
	rm -rf build results

help:
	@echo "make                          build into $(BUILD)"
	@echo "make scenario NAME=x          run scenarios/x.json (VARIANT=fixed, VARIANT=all, ARGS='…')"
	@echo "make compare NAME=json-tree   BUILDS=plain,race,asan side by side, REPEATS=4 times"
	@echo "                              (ALLOCATORS=glibc,jemalloc,tcmalloc,mimalloc, ARGS='--env K=V')"
	@echo "make pod NAME=x                docker/kube/x.yaml in minikube, kind or podman (in the VM where it must be)"
	@echo "make fuzz                     libFuzzer on all that is read from outside (SECONDS=60 each, TARGET='pod json')"
	@echo "make test                     every test that is not long; what cannot run here says so"
	@echo "make test-long                all that, what takes long, and under every sanitizer: for nights"
	@echo "make coverage                 which lines the unit tests go through, by layer (LAYERS='base verdict')"
	@echo "make explain-catalogue        the line of every leak of scenarios/, as a table (half an hour)"
	@echo "make install                  program, catalogue, manual pages, library (PREFIX=/usr/local DESTDIR=)"
	@echo "make package                  Debian packages in build/package/packages (make package-test: tries them)"
	@echo "make faults                   what goes wrong on purpose, and what comes of it: the README's table anew"
	@echo "make lint                     formatting, warnings of both compilers, clang-tidy, rules"
	@echo "make bench                    what leakcage costs, as ratios measured in one run: load, sampler, vm, verdict"
	@echo "make bench BENCH='…'          accuracy speed sensitivity peers robustness (minutes each):"
	@echo "                              REPEATS=10 SCENARIOS='a b' JOBS=2 BENCH_KEEP=DIR BENCH_JSON=FILE BENCH_ROWS=FILE"
	@echo "make soak                     a million requests, ten thousand cycles, the catalogue 20 times: hours"
	@echo "                              SOAK='harness guest catalogue table' REQUESTS=… CYCLES=… ROUNDS=…"
	@echo "make docs                     draw docs/pictures/ again, from runs that are made now (NAME=x: one)"
	@echo "make doctor                   what works on this machine"
	@echo "SETUP=no                      install and download nothing"
	@echo "PRESET=release|dev|clang|asan|tsan|fuzz|tidy"
