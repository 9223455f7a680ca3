#!/bin/sh
# Gate memory in whatever runs a script: Jenkins, Buildkite, a cron job. Copy this into your
# repository. What HEAD changes and what is there without it run side by side on this machine, so
# nothing is stored; the exit status is the answer, results/ has the reports.
#
# usage: gate.sh [OPTION-OF-LEAKCAGE-GATE...]
#   LEAKCAGE_DIR  leakcage's sources: a clone, a submodule (default: leakcage)
#   BASE          the revision to hold against (default: where HEAD left origin/main; on main
#                 itself the commit before)
#
# Jenkins:   junit 'results/junit.xml'; archiveArtifacts 'results/**'
# Buildkite: buildkite-agent annotate <results/gate.md
set -eu

leakcage=${LEAKCAGE_DIR:-leakcage}/tools/ci.sh
base=${BASE:-$(git merge-base origin/main HEAD)}
[ "$(git rev-parse "$base")" != "$(git rev-parse HEAD)" ] || base=HEAD^1

LEAKCAGE_DRIVER=$("$leakcage" setup)
export LEAKCAGE_DRIVER
make
exec "$leakcage" gate --against "$base" --build make "$@" memory.json
