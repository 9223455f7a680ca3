#!/bin/sh
# Recorded runs: a folder each, with result.json and, packed, cycles.csv and timeline.csv.
#   refresh.sh record RESULTS_DIR   take over the runs in RESULTS_DIR, as `leakcage run` wrote them
#   refresh.sh judge LEAKCAGE       the rules were changed on purpose: judge each run again
# Read the difference before it is committed: every changed verdict is a promise that changes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case ${1-} in
record)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  for run in "$2"/*/; do
    to=$here/$(basename "$run")
    mkdir -p "$to"
    cp "$run/result.json" "$to/"
    cp "$run/timeline.csv" "$work/"
    # The open files that a cycle lists are under the recording machine's paths.
    sed 's#/[^;,=]*/\([^/;,=]*\.run/\)#/results/.work/\1#g' "$run/cycles.csv" >"$work/cycles.csv"
    (cd "$work" && tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=0644 \
      -cf - cycles.csv timeline.csv | xz -9e >"$to/recording.tar.xz")
  done
  ;;
judge)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  for run in "$here"/*/; do
    cp "$run/result.json" "$work/"
    tar -xJf "$run/recording.tar.xz" -C "$work"
    "$2" judge --json "$work" >"$work/judged.json" || [ $? -lt 2 ] || [ $? -eq 5 ]
    cp "$work/judged.json" "$run/result.json"
  done
  ;;
*)
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
  ;;
esac
