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
usage: ${0##*/} [--dest DIR] [--suite SUITE] [--arch ARCH] [--force]

  --dest DIR     where to put it (default: \${XDG_CACHE_HOME:-~/.cache}/leakcage/vm, where leakcage
                 finds it; of another suite or architecture: .../leakcage/kernels/SUITE-ARCH, for
                 leakcage --kernel DIR/VERSION)
  --suite SUITE  Debian's kernel of this suite (bullseye, trixie-backports, …), whatever this
                 machine's own is
  --arch ARCH    for guests of amd64 or arm64 (default: this machine's)
  --mirror URL   of that suite (default: the one that this machine's apt uses)
  --force        fetch it even if there is one
END
}

say() { printf 'fetch-kernel: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 3
}

case $(uname -m) in
x86_64) machine=amd64 ;;
aarch64) machine=arm64 ;;
*) machine=$(uname -m) ;;
esac
cache=${XDG_CACHE_HOME:-${HOME:-}/.cache}/leakcage
dest=
suite=
arch=$machine
mirror=
force=no
while [ $# -gt 0 ]; do
    case $1 in
    --dest | --suite | --arch | --mirror)
        [ $# -ge 2 ] || { usage >&2; exit 2; }
        eval "${1#--}=\$2"
        shift
        ;;
    --dest=*) dest=${1#--dest=} ;;
    --suite=*) suite=${1#--suite=} ;;
    --arch=*) arch=${1#--arch=} ;;
    --mirror=*) mirror=${1#--mirror=} ;;
    --force) force=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done

case $arch in
amd64 | arm64) ;;
*) die "knows guests of amd64 and arm64 only, not of $arch" ;;
esac
case $suite in
*[!a-z0-9-]*) die "--suite: found \"$suite\", expected a name like bookworm-backports" ;;
esac
# What leakcage would take by itself is only what fits this machine, and its own suite's.
if [ -n "$suite" ] || [ "$arch" != "$machine" ]; then
    [ -n "$suite" ] || suite=stable
    : "${dest:=$cache/kernels/$suite-$arch}"
fi
: "${dest:=$cache/vm}"

# A folder appears there under its final name only when it is complete.
if [ "$force" = no ]; then
    for modules in "$dest"/*/modules; do
        [ -d "$modules" ] || continue
        say "already there: ${modules%/modules}"
        exit 0
    done
fi

for tool in apt-get apt-cache dpkg-deb; do
    command -v "$tool" >/dev/null ||
        die "$tool is missing: this needs Debian or a relative of it; elsewhere set" \
            "LEAKCAGE_KERNEL and LEAKCAGE_MODULES to a kernel that has 9p and overlay"
done

# Other users may read it.
umask 022
mkdir -p "$dest"
work=$(mktemp -d "$dest/.fetch.XXXXXX")
trap 'rm -rf "$work"; rmdir "$dest" 2>/dev/null || :' EXIT
trap 'exit 130' INT TERM HUP

# Another suite is asked in an apt of its own, which leaves this machine's lists as they are; its
# settings (proxies and the like) hold for that one as well.
own_apt() {
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -e "$keyring" ] || die "$keyring is missing: apt-get install debian-archive-keyring"
    # shellcheck disable=SC2016 # apt's own placeholder
    [ -n "$mirror" ] ||
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 2>/dev/null |
            grep -v -e -security -e /security | head -n 1)
    : "${mirror:=http://deb.debian.org/debian}"
    mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
    : >"$work/apt/status"
    echo "deb [signed-by=$keyring target=Packages] $mirror $suite main" >"$work/apt/sources"
    cat >"$work/apt/conf" <<END
Dir::State "$work/apt";
Dir::State::status "$work/apt/status";
Dir::Cache "$work/apt/cache";
Dir::Etc::sourcelist "$work/apt/sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
END
    export APT_CONFIG="$work/apt/conf"
    say "asking $suite for its kernel of $arch"
    apt-get -qq update >&2 || die "cannot read the package lists of $suite: see above"
}
[ -z "$suite" ] || own_apt

depends() {
    apt-cache depends --important "$1" 2>/dev/null | sed -n 's/^ *Depends: *\([^<>]*\)$/\1/p'
}
is_known() { apt-cache show --no-all-versions "$1" 2>/dev/null | grep -q '^Package:'; }

# The packages behind the metapackage. Of Debian the unsigned form of its kernel, which has the same
# files, or (since 7.0) the three that it was divided into; of Ubuntu the image and its modules,
# which are a package of their own.
find_packages() {
    image=$(depends "linux-image-$arch" | grep "^linux-image-[0-9].*-$arch\$" | head -n 1)
    if [ -n "$image" ]; then
        parts=$(depends "$image" | grep -e '^linux-base-[0-9]' -e '^linux-binary-[0-9]' \
            -e '^linux-modules-[0-9]' | tr '\n' ' ')
        if [ -n "$parts" ]; then
            echo "$parts"
        elif is_known "$image-unsigned"; then
            echo "$image-unsigned"
        else
            echo "$image"
        fi
        return
    fi
    depends linux-image-virtual | sed -n 's/^linux-image-\([0-9].*\)$/\1/p' | head -n 1 |
        sed 's/.*/linux-image-unsigned-& linux-modules-&/'
}
packages=$(find_packages)
if [ -z "$packages" ] && [ -z "$suite" ] && [ "$(id -u)" = 0 ]; then
    say "the package lists are empty: apt-get update"
    apt-get -qq update >&2
    packages=$(find_packages)
fi
if [ -z "$packages" ] && [ -n "$suite" ]; then
    die "$suite has no linux-image-$arch"
fi
[ -n "$packages" ] ||
    die "apt knows neither linux-image-$arch nor linux-image-virtual: run 'apt-get update' as" \
        "root first"

say "downloading $packages (50 to 120 MB)"
# apt would drop root to a user of its own, who may not write here.
# shellcheck disable=SC2086 # a list of packages
(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download $packages >&2) ||
    die "cannot download $packages: see above"

say "unpacking"
mkdir "$work/all"
for package in "$work"/*.deb; do
    dpkg-deb -x "$package" "$work/all"
done
# In /boot, or (since 7.0) beside the modules.
image=$(find "$work/all" -name 'vmlinuz*' -type f | head -n 1)
[ -n "$image" ] || die "no kernel image in $packages"
case $image in
*/boot/*) version=${image##*/vmlinuz-} ;;
*) version=$(basename "$(dirname "$image")") ;;
esac
tree=$work/all/lib/modules/$version
[ -d "$tree/kernel" ] || tree=$work/all/usr/lib/modules/$version
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
    [ "$arch" = amd64 ] || return 1
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
    [ "$arch" != amd64 ] ||
        say "cannot unpack the image (xz-utils or zstd missing?): the guest will start 3 s later"
    rm -f "$work/new/vmlinux"
    cp "$image" "$work/new/vmlinuz"
fi

chmod -R u=rwX,go=rX "$work/new"
rm -rf "${dest:?}/$version"
mv "$work/new" "$dest/$version"
say "ready: $dest/$version"
