#!/bin/sh
# The packages once more, from a copy of the sources in a folder of another name and depth, by
# another umask, in another language: the bytes must be those of the first.
#
# usage: same_bytes.sh PACKAGES
set -eu

packages=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM HUP

# What the first were built of: the commit and its time, for the copy has no git.
commit=$(git -C "$root" describe --always --dirty=+ --abbrev=12 --exclude='*' 2>/dev/null |
    sed 's/+$/, changed since/')
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || true)}
[ -n "$SOURCE_DATE_EPOCH" ] || unset SOURCE_DATE_EPOCH
copy=$folder/of/the/sources
mkdir -p "$copy"
tar -C "$root" --exclude=./build --exclude=./results --exclude=./.git -cf - . | tar -C "$copy" -xf -
(
    umask 077
    export TZ=Asia/Kathmandu LC_ALL=C LEAKCAGE_COMMIT="$commit"
    [ -z "${SOURCE_DATE_EPOCH:-}" ] || export SOURCE_DATE_EPOCH
    "$copy/tools/package.sh" >/dev/null
)
differ=no
for package in "$packages"/*.deb; do
    name=${package##*/}
    if ! cmp "$package" "$copy/build/package/packages/$name"; then
        differ=yes
    else
        (cd "$packages" && sha256sum "$name")
    fi
done
[ "$differ" = no ]
