#!/bin/sh
# Find the compiler flag that makes a service leak.
#
# usage: bisect-flags.sh [--source DIR] --build 'COMMAND' FLAG... -- LEAKCAGE-RUN-ARGUMENTS...
#   --source DIR  the source (default: here), which is copied, and built anew for every step
#   --build CMD   a line for sh, run in the copy, with the flags of the step in $FLAGS
#   FLAG...       in the order in which they are added; a word may hold several: '-O2 -g'
#   what follows -- is for `leakcage run`, in the copy: --limit 64M --url /parse -- ./service
#
# A throw-away repository gets a commit for every flag, each with all the flags before it, and
# `git bisect run leakcage run --bisect` finds the first that leaks. All that is made is in a
# temporary folder, gone afterwards. LEAKCAGE_BUILD names the build folder of leakcage.
#
# exit status: 0 found, 1 there is nothing to find, 2 usage, 3 this machine cannot, 5 undecided:
# what cannot be built, run or judged lies where the leak begins
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
self=$here/tools/$(basename "$0")

die() {
    echo "bisect-flags: $1" >&2
    exit "${2:-3}"
}

# The commit that is checked out: build it, run it, and say in one line (to descriptor 3) how it
# went. The exit status is for git.
step() {
    folder=$1
    shift
    n=$(wc -l <"$folder/history/FLAGS")
    status=0
    cd "$folder/work"
    "$LEAKCAGE" run --bisect -o "$folder/results" --build "sh '$folder/build.sh'" "$@" \
        >"$folder/out" 2>"$folder/err" </dev/null || status=$?
    printf '  %2d of %d  %-28s %s\n' "$n" "$(wc -l <"$folder/flags")" \
        "$(if [ "$n" -eq 0 ]; then echo "(none)"; else tail -n 1 "$folder/history/FLAGS"; fi)" \
        "$(sed -n 's/^bisect: //p' "$folder/out")" >&3
    return "$status"
}

# One end of the history: it must be what it is taken for, or the search would find anything.
expect_end() {
    wanted=$1
    commit=$2
    shift 2
    status=0
    git -C "$folder/history" checkout -q --detach "$commit"
    step "$folder" "$@" || status=$?
    [ "$status" -ne "$wanted" ] || return 0
    case $status in
    0) die "with all the flags it does not leak: there is nothing to find" 1 ;;
    1) die "without any of the flags it leaks already: there is nothing to find" 1 ;;
    esac
    cat "$folder/err" >&2
    [ "$status" -ne 125 ] || exit 5
    exit $((status - 128))
}

if [ "${1:-}" = --step ]; then
    shift
    step "$@"
    exit
fi

usage() {
    sed -n 's/^# \{0,1\}//; 4,8p' "$self" >&2
    die "$1" 2
}

source=.
build=
while [ $# -gt 0 ]; do
    case $1 in
    --source | --build)
        [ $# -gt 1 ] || usage "$1: a value is missing"
        if [ "$1" = --source ]; then source=$2; else build=$2; fi
        shift 2
        ;;
    *) break ;;
    esac
done
[ -n "$build" ] || usage "--build is missing"
[ -d "$source" ] || die "--source $source: no such folder" 2
command -v git >/dev/null 2>&1 || die "git is missing (Debian: apt-get install git)"
LEAKCAGE=${LEAKCAGE_BUILD:-$here/build/release}/leakcage
[ -x "$LEAKCAGE" ] || LEAKCAGE=$(command -v leakcage) ||
    die "leakcage is not built: make -C $here"
LEAKCAGE=$(realpath "$LEAKCAGE")
export LEAKCAGE

# A hook that calls us has set where its own repository is.
# shellcheck disable=SC2046
unset $(git rev-parse --local-env-vars)
folder=$(mktemp -d "${TMPDIR:-/tmp}/leakcage-flags.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$folder/history" "$folder/source" "$folder/work"

: >"$folder/flags"
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    [ -n "$1" ] || usage "a flag is empty"
    printf '%s\n' "$1" >>"$folder/flags"
    shift
done
[ -s "$folder/flags" ] || usage "there is no flag"
[ $# -gt 1 ] || usage "there is nothing for leakcage run: -- --limit 64M -- ./service"
shift

# Without what is built there already, as far as git knows it: make would not build it again.
# shellcheck disable=SC2016
(cd "$source" && git ls-files -coz --exclude-standard 2>/dev/null | sort -zu |
    xargs -0r sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' sh) >"$folder/files"
if [ -s "$folder/files" ]; then
    tar -C "$source" --null -T "$folder/files" -cf - | tar -C "$folder/source" -xf -
else
    cp -R "$source/." "$folder/source"
fi
printf '%s\n' "$build" >"$folder/command"
cat >"$folder/build.sh" <<END
set -eu
find . -mindepth 1 -delete
cp -R "$folder/source/." .
FLAGS=\$(tr '\n' ' ' <"$folder/history/FLAGS")
export FLAGS
exec sh -eu "$folder/command"
END

commit() {
    git -C "$folder/history" add FLAGS
    git -C "$folder/history" -c user.name=leakcage -c user.email=leakcage@localhost \
        -c commit.gpgsign=false -c core.hooksPath=/dev/null commit -q -m "$1"
}
git -c init.defaultBranch=flags init -q "$folder/history"
: >"$folder/history/FLAGS"
commit "no flags"
git -C "$folder/history" tag none
while IFS= read -r flag; do
    printf '%s\n' "$flag" >>"$folder/history/FLAGS"
    commit "$flag"
done <"$folder/flags"
git -C "$folder/history" tag all

exec 3>&1
expect_end 1 all "$@"
expect_end 0 none "$@"
cd "$folder/history"
git bisect start all none >"$folder/log" 2>&1
status=0
git bisect run sh "$self" --step "$folder" "$@" >"$folder/log" 2>&1 || status=$?

# Where it can begin: one commit, or several when some could not be tested.
# shellcheck disable=SC2046
git rev-list --reverse refs/bisect/bad --not $(git for-each-ref --format='%(objectname)' \
    'refs/bisect/good-*') >"$folder/left"
if [ "$(wc -l <"$folder/left")" -eq 1 ]; then
    echo "the leak begins with $(git log -1 --format=%s refs/bisect/bad)"
    exit 0
fi
if grep -q 'only .skip.ped commits left' "$folder/log"; then
    echo "the leak begins with one of these, of which some cannot be tested:"
    while IFS= read -r commit; do
        echo "  $(git log -1 --format=%s "$commit")"
    done <"$folder/left"
    exit 5
fi
cat "$folder/err" "$folder/log" >&2
[ "$status" -gt 128 ] || exit 3
exit $((status - 128))
