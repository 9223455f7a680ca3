#!/bin/sh
# Fetch a kernel for the virtual machine that leakcage measures in, where this machine's own
# cgroups cannot serve (leakcage doctor tells).
#
# It is the distribution's own (Debian, Ubuntu), unpacked into a folder of yours; nothing is
# installed and no root is needed. Only the image and the modules that the guest loads are kept,
# about 65 MB of 400.
set -eu

usage() {
    cat <<END
usage: ${0##*/} [--dest DIR] [--force]

  --dest DIR   where to put it (default: \${XDG_CACHE_HOME:-~/.cache}/leakcage/vm)
  --force      fetch it even if there is one
END
}

say() { printf 'fetch-kernel: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 3
}

dest=${XDG_CACHE_HOME:-${HOME:-}/.cache}/leakcage/vm
force=no
while [ $# -gt 0 ]; do
    case $1 in
    --dest)
        [ $# -ge 2 ] || { usage >&2; exit 2; }
        dest=$2
        shift
        ;;
    --dest=*) dest=${1#--dest=} ;;
    --force) force=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done

# A folder appears there under its final name only when it is complete.
if [ "$force" = no ]; then
    for modules in "$dest"/*/modules; do
        [ -d "$modules" ] || continue
        say "already there: ${modules%/modules}"
        exit 0
    done
fi

[ "$(uname -m)" = x86_64 ] || die "only x86_64 is supported, this is $(uname -m)"
for tool in apt-get apt-cache dpkg-deb; do
    command -v "$tool" >/dev/null ||
        die "$tool is missing: this needs Debian or a relative of it; elsewhere set" \
            "LEAKCAGE_KERNEL and LEAKCAGE_MODULES to a kernel that has 9p and overlay"
done

# The packages behind the metapackage: of Debian the unsigned form of its kernel, which has the same
# files, of Ubuntu the same and its modules, which are a package of their own.
find_packages() {
    apt-cache depends linux-image-amd64 2>/dev/null |
        sed -n 's/^ *Depends: *\(linux-image-[0-9][^ ]*-amd64\).*/\1-unsigned/p' | head -n 1 |
        grep . ||
        apt-cache depends linux-image-virtual 2>/dev/null |
        sed -n 's/^ *Depends: *linux-image-\([0-9][^ ]*\)$/\1/p' | head -n 1 |
        sed 's/.*/linux-image-unsigned-& linux-modules-&/'
}
packages=$(find_packages)
if [ -z "$packages" ] && [ "$(id -u)" = 0 ]; then
    say "the package lists are empty: apt-get update"
    apt-get -qq update >&2
    packages=$(find_packages)
fi
[ -n "$packages" ] ||
    die "apt knows neither linux-image-amd64 nor linux-image-virtual: run 'apt-get update' as" \
        "root first"

mkdir -p "$dest"
work=$(mktemp -d "$dest/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

say "downloading $packages (50 to 70 MB)"
# apt would drop root to a user of its own, who may not write here.
# shellcheck disable=SC2086 # a list of packages
(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download $packages >&2) ||
    die "cannot download $packages: see above"

say "unpacking"
mkdir "$work/all"
for package in "$work"/*.deb; do
    dpkg-deb -x "$package" "$work/all"
done
image=$(find "$work/all/boot" -name 'vmlinuz-*' | head -n 1)
[ -n "$image" ] || die "no kernel image in $packages"
version=${image##*/vmlinuz-}
tree=$work/all/lib/modules/$version
[ -d "$tree/kernel" ] || die "no modules of $version in $packages"

# Modules the guest loads (harness/driver/vm.c) with all they depend on.
mkdir -p "$work/new/modules"
cp "$tree/modules.builtin" "$work/new/modules/"
plain() {
    case $1 in
    *.zst) zstd -dcq "$1" ;;
    *.xz) xz -dc "$1" ;;
    *) cat "$1" ;;
    esac
}
keep() {
    for name in $(printf '%s' "$1" | tr ',' ' '); do
        [ ! -e "$work/new/modules/$name.ko" ] || continue
        other=$(printf '%s' "$name" | tr _ -)
        file=$(find "$tree/kernel" -name "$name.ko*" -o -name "$other.ko*" | head -n 1)
        [ -n "$file" ] || continue
        plain "$file" >"$work/new/modules/$name.ko" ||
            die "cannot unpack ${file##*/}: apt-get install zstd xz-utils"
        keep "$(tr '\000' '\n' <"$work/new/modules/$name.ko" | sed -n 's/^depends=//p' | head -n 1)"
    done
}
keep virtio_mmio,virtio_console,9pnet_virtio,9p,overlay

# The plain image inside the compressed one: to unpack it in emulation takes three seconds at
# every start. Where it lies is in the boot header (Documentation/x86/boot.rst: setup_sects,
# payload_offset, payload_length, whose last four bytes are not part of the compressed stream).
number() { od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '; }
extract() {
    start=$((($(number "$image" 497 1) + 1) * 512 + $(number "$image" 584 4)))
    length=$(($(number "$image" 588 4) - 4))
    case $(number "$image" "$start" 4) in
    1484404733) unpack="xz -dc" ;;   # fd 37 7a 58
    4247762216) unpack="zstd -dcq" ;; # 28 b5 2f fd
    *) return 1 ;;
    esac
    command -v "${unpack%% *}" >/dev/null || return 1
    tail -c "+$((start + 1))" "$image" | head -c "$length" | $unpack >"$1" 2>/dev/null
}
if ! extract "$work/new/vmlinux"; then
    say "cannot unpack the image (xz-utils or zstd missing?): the guest will start 3 s later"
    rm -f "$work/new/vmlinux"
    cp "$image" "$work/new/vmlinuz"
fi

chmod -R u=rwX,go=rX "$work/new"
rm -rf "${dest:?}/$version"
mv "$work/new" "$dest/$version"
say "ready: $dest/$version"
