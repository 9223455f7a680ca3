#!/bin/sh
# Compile what is in harness/ with musl instead of glibc, warnings as errors, and link the guest's
# init with it. Of the libraries that leakcage is made of Debian has none for musl, so the program
# itself is linked where a distribution has them (Alpine); the headers are those of this machine.
#
# usage: musl.sh [BUILD]   BUILD (build/release) has what is generated
set -eu

cd "$(dirname "$0")/.."
build=${1:-build/release}
command -v musl-gcc >/dev/null || {
    echo "musl: musl-gcc is not there: apt-get install musl-tools" >&2
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Headers of libraries and of the kernel, without those of glibc beside them.
mkdir "$work/include"
for header in cjson yaml.h zlib.h libelf.h gelf.h dwarf.h elfutils libcgroup libcgroup.h \
    microhttpd.h libiberty linux asm-generic; do
    ln -s "/usr/include/$header" "$work/include/"
done
for header in /usr/include/*-linux-gnu/curl /usr/include/*-linux-gnu/asm \
    /usr/include/*-linux-gnu/zconf.h; do
    [ ! -e "$header" ] || ln -sf "$header" "$work/include/"
done

generated=$(find "$build/harness" -name '*.h' -printf '-I%h\n' | sort -u | tr '\n' ' ')
flags="-std=c17 -D_GNU_SOURCE -O1 -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wwrite-strings -Wcast-qual -Wundef -Wvla -Werror -ffp-contract=off
    -Iharness -isystem $work/include"
# shellcheck disable=SC2086 # lists of words
git ls-files 'harness/*.c' |
    xargs -n 40 musl-gcc $flags -DLEAKCAGE_VERSION='"0"' $generated -fsyntax-only
# shellcheck disable=SC2086
musl-gcc $flags -static harness/guest/init.c -o "$work/leakcage-init"
if file -b "$work/leakcage-init" 2>/dev/null | grep -q 'dynamically linked'; then
    echo "musl: the guest's init is not static" >&2
    exit 1
fi
echo "musl: $(git ls-files 'harness/*.c' | wc -l) files compile, the guest's init is $(
    stat -c %s "$work/leakcage-init"
) bytes"
