#!/bin/sh
# make test: every test of preset release that is not long; the unit tests and the end-to-end tests
# that boot no guest once more under the sanitizers of preset asan, those of threads under that of
# preset tsan; the recorded runs once more in every build there is, for a verdict must be the same
# to the digit under either compiler, with and without sanitizers; and every fuzz target for a while
# (FUZZ_SECONDS each). What this machine cannot run is skipped, and said why. What failing tests
# leave is under build/*/e2e and build/*/Testing.
#
# make test-long, for nights: all tests, those with the label long as well; and all that every other
# preset has.
#
# usage: run.sh [--long] [CTEST-OPTION...]   for the tests of preset release, as in: run.sh -L unit
set -eu
cd "$(dirname "$0")/.."

long=no
if [ "${1:-}" = --long ]; then
    long=yes
    shift
fi
begin=$(date +%s)
last=$begin
# lap WHAT: how long this part took.
lap() {
    now=$(date +%s)
    echo "-- $1: $((now - last)) s"
    last=$now
}

# build PRESET [TARGETS]
build() {
    log=build/$1.log
    mkdir -p build
    # shellcheck disable=SC2086 # targets
    if ! { cmake --preset "$1" -DLEAKCAGE_TESTS=ON &&
        cmake --build "build/$1" --target ${2:-all}; } >"$log" 2>&1; then
        cat "$log"
        echo "preset $1 does not build" >&2
        exit 1
    fi
    lap "build of preset $1"
}

# The reasons that skipped tests gave, also those of a file whose other tests ran.
reasons() {
    python3 - "$1" <<'END'
import re
import sys
import xml.etree.ElementTree as tree

for case in tree.parse(sys.argv[1]).getroot().iter("testcase"):
    out = case.findtext("system-out") or ""
    found = re.findall(r"^(?:skipped|Skipped|SKIP): (.*)$", out, re.M)
    if case.find("skipped") is not None and not found:
        found = [(out.strip().splitlines() or ["it did not say why"])[-1]]
    for reason in found:
        print("   skipped: %s: %s" % (case.get("name"), reason))
END
}

# The tests that failed, each with the end of what it said: told once more at the very end, for all
# that some CIs keep of a log is that.
failures() {
    python3 - "$1" "$2" <<'END'
import sys
import xml.etree.ElementTree as tree

for case in tree.parse(sys.argv[2]).getroot().iter("testcase"):
    if case.find("failure") is not None:
        print("-- failed: %s: %s" % (sys.argv[1], case.get("name")))
        print("\n".join((case.findtext("system-out") or "").splitlines()[-15:]))
END
}

# check PRESET CTEST-OPTION...: run tests; remember a failure.
failed=0
told=$PWD/build/failures.txt
mkdir -p build
: >"$told"
check() {
    preset=$1
    shift
    folder=$PWD/build/$preset/Testing
    ctest --test-dir "build/$preset" -j2 --output-on-failure --no-tests=error \
        --output-junit "$folder/junit.xml" --output-log "$folder/output.log" "$@" || failed=1
    reasons "$folder/junit.xml"
    failures "$preset" "$folder/junit.xml" >>"$told"
    lap "tests of preset $preset"
}

# fuzz SECONDS [OPTION...]: every target of tests/fuzz for so long, two at a time; a table of what
# was done.
fuzz() {
    fuzzed="found nothing"
    tests/fuzz/run.py --no-build --told build/fuzz/told.txt --seconds "$@" || {
        failed=1
        fuzzed=FAILED
        { echo "-- failed: fuzzing" && tail -n 30 build/fuzz/told.txt; } >>"$told"
    }
    lap "fuzzing"
}

build release
build asan
clang_sanitized=fuzz
if [ $long = yes ]; then
    clang_sanitized=clang-asan
    build tsan
    build clang
    build clang-asan
    build fuzz fuzz_targets
    for preset in asan tsan clang clang-asan; do
        check "$preset" -L 'unit|golden|e2e'
    done
    fuzz "${FUZZ_SECONDS:-600}"
    check release "$@"
else
    build tsan thread_tests
    build clang test_golden
    build fuzz "fuzz_targets test_golden"
    # Without the simulations: minutes of the same arithmetic that the other tests go through, too.
    check asan -L 'unit|golden|e2e' -LE long -E '^unit\.(method|.*_method)$' --progress
    check tsan -L threads
    check clang -L golden
    # Its sanitizers are those of preset clang-asan.
    check fuzz -L golden
    # The same inputs each time: what is new is found by `make fuzz` and at night.
    fuzz "${FUZZ_SECONDS:-20}" --seed 1
    check release -LE long "$@"
fi

for preset in asan tsan clang "$clang_sanitized" release; do
    echo "$preset: $(grep 'tests passed' "build/$preset/Testing/output.log")"
done
echo "fuzzing: $fuzzed"
echo "-- all: $(($(date +%s) - begin)) s"
[ "$failed" = 0 ] || { cat "$told" && echo "what failed left its files in build/*/e2e"; } >&2
exit "$failed"
