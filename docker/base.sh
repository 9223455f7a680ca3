#!/bin/sh
# Make the image that docker/Dockerfile builds in from Debian's packages, for machines that cannot
# pull one: debootstrap's minimal system, imported into podman's (or docker's) storage.
#
# usage: base.sh [IMAGE]    IMAGE: localhost/debian:12 unless told; then
#                           podman build --build-arg BASE=localhost/debian:12 …
# Needs root and the package debootstrap. ENGINE='podman --root …' is another engine or storage;
# MIRROR another mirror.
set -eu

image=${1:-localhost/debian:12}
engine=${ENGINE:-podman}
command -v debootstrap >/dev/null 2>&1 || {
    echo "${0##*/}: debootstrap is missing: apt-get install debootstrap" >&2
    exit 3
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
debootstrap --variant=minbase bookworm "$folder/system" "${MIRROR:-http://deb.debian.org/debian}" \
    >"$folder/log" 2>&1 || {
    tail -20 "$folder/log" >&2
    exit 1
}
rm -rf "$folder"/system/var/cache/apt/archives/*.deb "$folder"/system/var/lib/apt/lists/*
# Device files are the engine's to make, and may not be made here at all.
tar -C "$folder/system" --exclude=./dev/'*' -cf "$folder/system.tar" .
# shellcheck disable=SC2086 # a command and its options
$engine import --quiet "$folder/system.tar" "$image"
