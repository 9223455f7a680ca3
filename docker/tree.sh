#!/bin/sh
# Lay out the file system of the image: programs, sample services, catalogue, and the libraries that
# they load (found with ldd; everything is for this machine's processor and C library).
#
# usage: tree.sh BUILD_FOLDER OUT    OUT must not exist, or be empty
#
# Left out: what belongs to driver vm, json-tree-race, whose race detector is larger than all the
# rest, the library for tests, which nothing here is built with, manual pages and completions.
set -eu

[ $# = 2 ] || {
    echo "usage: ${0##*/} BUILD_FOLDER OUT" >&2
    exit 2
}
build=$1
out=$2
[ -x "$build/leakcage" ] || {
    echo "${0##*/}: there is no $build/leakcage; build it first: make" >&2
    exit 1
}
mkdir -p "$out"
[ -z "$(ls -A "$out")" ] || {
    echo "${0##*/}: $out is not empty" >&2
    exit 1
}
out=$(cd "$out" && pwd)

DESTDIR=$out cmake --install "$build" --prefix /usr --component leakcage >/dev/null
rm -f "$out"/usr/libexec/leakcage/leakcage-init "$out"/usr/libexec/leakcage/fetch-kernel.sh \
    "$out/usr/libexec/leakcage/services/json-tree-race"
# Nobody reads a manual or types at a shell in there. The licences stay.
for folder in man bash-completion zsh fish lintian; do
    rm -rf "${out:?}/usr/share/$folder"
done
programs="$out/usr/bin/* $out/usr/libexec/leakcage/services/*"
# shellcheck disable=SC2086 # a list of patterns
strip $programs

# "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)" and "/lib64/ld-linux-x86-64.so.2 (0x…)".
# shellcheck disable=SC2086
libraries=$(ldd $programs | sed -n 's,^[^/]*\(/[^ :]*\) (0x[0-9a-f]*)$,\1,p' | sort -u)
# What threads that end by pthread_exit or are cancelled load when they do.
for library in $libraries /lib/*-linux-gnu/libgcc_s.so.1; do
    mkdir -p "$out${library%/*}"
    cp -L "$library" "$out$library"
    chmod 755 "$out$library"
done

mkdir -p "$out/etc" "$out/tmp" "$out/results"
chmod 1777 "$out/tmp" "$out/results"
cat >"$out/etc/passwd" <<'END'
root:x:0:0:root:/:/sbin/nologin
nobody:x:65534:65534:nobody:/:/sbin/nologin
END
cat >"$out/etc/group" <<'END'
root:x:0:
nogroup:x:65534:
END
