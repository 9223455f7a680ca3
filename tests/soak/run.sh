#!/bin/sh
# What `make soak` runs: a million requests in ten thousand cycles through one harness, which
# another one watches; the same with the harness's own cgroups, in the guest; and the catalogue 20
# times. Hours: half an hour of it waits for memory to stand still, 10,000 times; the catalogue
# takes some seven minutes a round. What is there of the catalogue is not run again.
#
# usage: run.sh [harness] [guest] [catalogue] [table]   all of them when none is named
#   REQUESTS=1000000 CYCLES=10000   of the harness
#   GUEST_REQUESTS=40000 GUEST_CYCLES=2000   of the one in the guest, where all takes longer
#   ROUNDS=20                       of the catalogue
# `table` writes the figures of what has run into README.md.
set -eu
cd "$(dirname "$0")/../.."
build=${LEAKCAGE_BUILD:-$PWD/build/release}
[ -f "$build/build.ninja" ] || cmake --preset release >/dev/null
{ cmake "$build" -DLEAKCAGE_TESTS=ON && cmake --build "$build"; } >"$build/soak-build.log" 2>&1 || {
    cat "$build/soak-build.log" >&2
    exit 1
}
export LEAKCAGE_BUILD="$build"
python=/usr/bin/python3
status=0
[ $# -gt 0 ] || set -- harness guest catalogue table
for part; do
    case $part in
    harness)
        $python tests/soak/harness.py --requests "${REQUESTS:-1000000}" \
            --cycles "${CYCLES:-10000}" || status=1
        ;;
    guest)
        # What is written in there is gone with the guest.
        mkdir -p "$build/soak/guest"
        "$build/leakcage" vm -- env "LEAKCAGE_BUILD=$build" $python "$PWD/tests/soak/harness.py" \
            --driver native --requests "${GUEST_REQUESTS:-40000}" \
            --cycles "${GUEST_CYCLES:-2000}" -o /tmp/soak --json - \
            >"$build/soak/guest/figures.json" || status=1
        ;;
    catalogue)
        $python tests/soak/catalogue.py --rounds "${ROUNDS:-20}" --jobs "$(nproc)" || status=1
        ;;
    table)
        $python tests/soak/table.py "$build/soak" || status=1
        ;;
    *)
        echo "run.sh: there is no part $part: harness, guest, catalogue, table" >&2
        exit 2
        ;;
    esac
done
exit "$status"
