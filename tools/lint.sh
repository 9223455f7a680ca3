#!/bin/sh
# make lint: formatting, the warnings of both compilers, clang-tidy over every file of the harness,
# the project's rules, shellcheck and cppcheck where they are installed. All of it, then the status.
#
# usage: lint.sh [format|gcc|clang|tidy|rules|shell|cppcheck]...
set -eu
cd "$(dirname "$0")/.."
mkdir -p build

failed=
# part NAME COMMAND: run it, show its output when it fails, say how long it took.
part() {
    name=$1
    shift
    log=build/lint-$name.log
    begin=$(date +%s)
    if "$@" >"$log" 2>&1; then
        verdict=ok
    elif [ $? = 77 ]; then
        verdict="skipped: $(tail -n 1 "$log")"
    else
        grep -v -e '^\[[0-9]*/[0-9]*\]' -e 'warnings generated' -e '^-- ' "$log" || true
        verdict=FAILED
        failed="$failed $name"
    fi
    echo "-- $name: $verdict, $(($(date +%s) - begin)) s"
}

compile() {
    cmake --preset "$1" -DLEAKCAGE_TESTS="$2" && cmake --build "build/$1" -- -k 0
}

check_format() {
    git ls-files -co --exclude-standard '*.[ch]' | xargs clang-format --dry-run -Werror
}

check_gcc() {
    compile release ON
}

check_clang() {
    compile clang ON
}

# Without the tests: their tables and check's macros are not what the budgets are for.
check_tidy() {
    compile tidy OFF
}

check_rules() {
    [ -f build/release/build.ninja ] || compile release ON
    ctest --test-dir build/release -L rules --output-on-failure
}

check_shell() {
    command -v shellcheck >/dev/null || { echo "shellcheck is not installed"; return 77; }
    git ls-files -co --exclude-standard '*.sh' | xargs shellcheck
}

# It does not know __attribute__((cleanup)) nor a macro that does not return: what it says about
# leaks and initialisation is left to clang's analyzer and to the sanitizers.
check_cppcheck() {
    command -v cppcheck >/dev/null || { echo "cppcheck is not installed"; return 77; }
    cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,portability \
        --suppress=missingIncludeSystem --suppress=memleak --suppress=resourceLeak \
        --suppress=uninitvar --suppress=legacyUninitvar \
        --suppress=nullPointerArithmeticRedundantCheck --suppress=nullPointerRedundantCheck \
        -D_GNU_SOURCE -D__x86_64__ '-DLEAKCAGE_VERSION=""' -j2 -Iharness harness services
}

[ $# -gt 0 ] || set -- format gcc clang rules shell cppcheck tidy
for name in "$@"; do
    part "$name" "check_$name"
done
[ -z "$failed" ] || { echo "lint failed:$failed" >&2; exit 1; }
