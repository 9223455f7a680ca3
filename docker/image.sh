#!/bin/sh
# Make the image from a build that is there: seconds, and no base image. (From the sources, with
# nothing but an engine: podman build -f docker/Dockerfile -t leakcage .)
#
# usage: image.sh [BUILD_FOLDER|CONTEXT [IMAGE]]    build/release, localhost/leakcage:latest
# A CONTEXT holds a folder "tree" that tree.sh made: where processors are slow (an emulated guest),
# it is made elsewhere.
# ENGINE: podman, docker, or such a command with options; the first that is there unless told.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../build/release}
image=${2:-localhost/leakcage:latest}
engine=${ENGINE:-$(command -v podman || command -v docker || true)}
[ -n "$engine" ] || {
    echo "${0##*/}: neither podman nor docker is there: apt-get install podman" >&2
    exit 3
}
context=$build
if [ ! -d "$context/tree" ]; then
    context=$(mktemp -d)
    trap 'rm -rf "$context"' EXIT
    trap 'exit 130' INT TERM
    "$here/tree.sh" "$build" "$context/tree"
fi
# shellcheck disable=SC2086 # a command and its options
$engine build -q -f "$here/Dockerfile" --target prepared -t "$image" "$context"
