#!/bin/sh
# make docs: the pictures of the README, each drawn from runs that are made now. The numbers in them
# are those of this machine and this minute; what they show is the same every time, or the script
# fails: a run that is not judged as its scenario expects makes no picture.
#
# usage: docs.sh [PICTURE...]
#   LEAKCAGE_BUILD     the build folder (build/release)
#   LEAKCAGE_PICTURES  where pictures go (docs/pictures)
set -eu
cd "$(dirname "$0")/.."

build=${LEAKCAGE_BUILD:-build/release}
pictures=${LEAKCAGE_PICTURES:-docs/pictures}
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
trap 'exit 130' INT TERM

# picture:the runs it is of, scenario or scenario.variant
all="
unclosed-body:unclosed-body
unclosed-body-fixed:unclosed-body unclosed-body.fixed
lazy-release:lazy-release
concurrency-spike:concurrency-spike"

# run NAME: a result in $runs/NAME; made once for all pictures of it.
run() {
    case $made in *" $1 "*) return ;; esac
    scenario=${1%%.*}
    variant=${1#"$scenario"}
    "$build/leakcage" run "scenarios/$scenario.json" ${variant:+--variant "${variant#.}"} \
        --quiet -o "$runs" >&2
    made="$made$1 "
}

made=" "
mkdir -p "$pictures"
found=
old_ifs=$IFS
IFS='
'
for row in $all; do
    IFS=$old_ifs
    name=${row%%:*}
    if [ $# -gt 0 ]; then
        case " $* " in *" $name "*) ;; *) continue ;; esac
    fi
    found="$found $name"
    results=
    for one in ${row#*:}; do
        run "$one"
        results="$results $runs/$one"
    done
    # shellcheck disable=SC2086 # a list of folders without spaces
    "$build/leakcage" report $results --svg -o "$pictures/$name.svg"
    echo "$pictures/$name.svg: $(wc -c <"$pictures/$name.svg") bytes" >&2
done
IFS=$old_ifs
if [ -z "$found" ]; then
    echo "docs: there is no such picture: $*; there are:$(echo "$all" | sed 's/:.*//' |
        tr '\n' ' ')" >&2
    exit 2
fi
