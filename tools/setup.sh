#!/bin/sh
# Make sure that what `make` needs is there; says what it installs and why. With SETUP=no it
# installs nothing and lists what is missing.
#
# usage: setup.sh build|run|pod|package|test|lint|bench
#   build  compiler and libraries
#   run    and what driver vm needs, when this machine's own cgroups cannot serve
#   pod    and podman, unless there is a cluster (minikube, kind)
#   package  and what packs it, and tries it in a clean system
#   test, lint, bench  and their tools; test and bench: from npm's registry, what drives a browser
set -eu

purpose=${1:-build}
here=$(dirname "$0")

# package:what proves that it is there:why
needs="
gcc:/usr/bin/gcc:C compiler
libc6-dev:/usr/include/stdio.h:C library headers
cmake:/usr/bin/cmake:build
ninja-build:/usr/bin/ninja:build
pkg-config:/usr/bin/pkg-config:build
libcurl4-openssl-dev:@libcurl:load generator
libcgroup-dev:@libcgroup:cgroups
libcjson-dev:@libcjson:scenario files
libyaml-dev:@yaml-0.1:manifests of pods
zlib1g-dev:@zlib:profiles of runtimes (pprof)
libdw-dev:@libdw:stacks of calls and names of lines (leakcage explain)
libiberty-dev:/usr/include/libiberty/demangle.h:names of C++ and Rust as they were written
libmicrohttpd-dev:@libmicrohttpd:HTTP of leakcage serve and of the sample services
libjs-dygraphs:/usr/share/javascript/dygraphs/dygraph.min.js:charts within HTML reports"
vm_needs="
qemu-system-x86:/usr/bin/qemu-system-x86_64:virtual machine with cgroup v2 (driver vm)
xz-utils:/usr/bin/xz:unpacks the virtual machine's kernel"
# Ubuntu packs its kernel in another way.
if grep -qs '^ID=ubuntu' /etc/os-release; then
    vm_needs="$vm_needs
zstd:/usr/bin/zstd:unpacks the virtual machine's kernel"
fi
# Preloaded, never linked against.
explain_needs="
libheaptrack:/usr/lib/heaptrack/libheaptrack_preload.so:who holds the heap (leakcage explain)"
# podman starts a pod's first container from catatonit; without systemd, what it puts on the pod's
# cgroup has to be taken off by bpftool (tools/kube-play.sh).
pod_needs="
podman:/usr/bin/podman:containers and pods
crun:/usr/bin/crun:starts the containers
conmon:/usr/bin/conmon:watches the containers
netavark:/usr/lib/podman/netavark:network of the containers
catatonit:/usr/bin/catatonit:first process of a pod
bpftool:/usr/sbin/bpftool:pods where no systemd runs, as in the virtual machine"
# debootstrap: also what docker/base.sh makes an image's base with.
package_needs="
gzip:/usr/bin/gzip:manual pages
dpkg-dev:/usr/bin/dpkg-shlibdeps:Debian packages
fakeroot:/usr/bin/fakeroot:Debian packages
lintian:/usr/bin/lintian:checks of the packages
debootstrap:/usr/sbin/debootstrap:a clean system to install them in"
test_needs="
check:@check:unit tests
git:/usr/bin/git:tests of revisions and bisections
python3:/usr/bin/python3:tests of the scenario files
python3-jsonschema:/usr/lib/python3/dist-packages/jsonschema:tests of the scenario files
python3-prometheus-client:/usr/lib/python3/dist-packages/prometheus_client:tests of OpenMetrics
tmux:/usr/bin/tmux:tests of the live view
google-perftools:/usr/bin/google-pprof:tests of profiles that it reads (NAME.grown.heap)
man-db:/usr/bin/man:tests of the manual pages
groff:/usr/share/groff/*/tmac/an.tmac:tests of the manual pages
zsh:/usr/bin/zsh:tests of its completions
fish:/usr/bin/fish:tests of its completions
cmark-gfm:/usr/bin/cmark-gfm:tests of Markdown
libxml2-utils:/usr/bin/xmllint:tests of JUnit XML and SVG
librsvg2-bin:/usr/bin/rsvg-convert:pictures as PNG (report --png)
python3-yaml:/usr/lib/python3/dist-packages/yaml:tests of the manifests
clang:/usr/bin/clang:second compiler
musl-tools:/usr/bin/musl-gcc:second C library (tools/musl.sh)
libclang-rt-dev:/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a:libFuzzer"
# Ubuntu has no such package: there, what is installed of Chromium's kin is taken.
browser_needs="
nodejs:/usr/bin/node:tests of HTML pages
npm:/usr/bin/npm:fetches what drives their browser (playwright-core)"
if ! grep -qs '^ID=ubuntu' /etc/os-release; then
    browser_needs="$browser_needs
chromium:/usr/bin/chromium:opens the pages"
fi
lint_needs="
clang-format:/usr/bin/clang-format:formatting
clang-tidy:/usr/bin/clang-tidy:budgets and checks"
# Preloaded, never linked against: what a service runs under when allocators are compared.
allocator_needs="
libjemalloc2:/usr/lib/*/libjemalloc.so.2:an allocator to compare (--allocators jemalloc)
libtcmalloc-minimal4:/usr/lib/*/libtcmalloc_minimal.so.4:an allocator to compare
libmimalloc2.0:/usr/lib/*/libmimalloc.so.2:an allocator to compare"
# LeakSanitizer, another peer, comes with gcc.
bench_needs="
wrk:/usr/bin/wrk:what the load generator is measured against
valgrind:/usr/bin/valgrind:what leakcage is compared with (BENCH=peers)
heaptrack:/usr/bin/heaptrack:what leakcage is compared with (BENCH=peers)
libgoogle-perftools4:/usr/lib/*/libtcmalloc.so.4:what its instruments are (BENCH=instruments)"

case $purpose in
build) ;;
run) needs=$needs$vm_needs$explain_needs ;;
pod)
    if ! { command -v minikube || command -v kind; } >/dev/null 2>&1; then
        needs=$needs$vm_needs$pod_needs
    fi
    ;;
package) needs=$needs$package_needs ;;
test)
    needs=$needs$vm_needs$explain_needs$pod_needs$package_needs$test_needs$allocator_needs
    needs=$needs$browser_needs
    ;;
lint) needs=$needs$test_needs$lint_needs ;;
bench) needs=$needs$vm_needs$explain_needs$bench_needs$allocator_needs$browser_needs ;;
*)
    echo "usage: ${0##*/} build|run|pod|package|test|lint|bench" >&2
    exit 2
    ;;
esac

# Is it there? By file, or (@name) by pkg-config's own folders, so that a second run costs nothing.
is_there() {
    case $1 in
    @*)
        for folder in /usr/lib/*/pkgconfig /usr/lib/pkgconfig /usr/share/pkgconfig \
            /usr/local/lib/pkgconfig; do
            [ -e "$folder/${1#@}.pc" ] && return 0
        done
        return 1
        ;;
    *)
        # shellcheck disable=SC2086 # may be a pattern
        for file in $1; do
            [ -e "$file" ] && return 0
        done
        # A program may be elsewhere; a library of the same name as some program may not.
        case $1 in
        */bin/* | */sbin/*) command -v "${1##*/}" >/dev/null 2>&1 ;;
        *) return 1 ;;
        esac
        ;;
    esac
}

missing=
list=
old_ifs=$IFS
IFS='
'
for need in $needs; do
    package=${need%%:*}
    rest=${need#*:}
    if ! is_there "${rest%%:*}"; then
        missing="$missing $package"
        list="$list
  $package (${rest#*:})"
    fi
done
IFS=$old_ifs

if [ -n "$missing" ]; then
    if [ "${SETUP:-yes}" = no ]; then
        echo "setup: missing packages, and SETUP=no forbids to install them:$list" >&2
        exit 3
    fi
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "setup: this is no Debian (there is no apt-get); please install what these Debian" \
            "packages hold:$list" >&2
        exit 3
    fi
    sudo=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || {
            echo "setup: neither root nor sudo; please have these packages installed:$list" >&2
            exit 3
        }
        sudo=sudo
    fi
    echo "setup: installing with apt-get:$list" >&2
    install() {
        # shellcheck disable=SC2086 # a list of packages
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
            $missing >/dev/null
    }
    install 2>/dev/null || { $sudo apt-get update -qq >/dev/null && install; } || {
        echo "setup: apt-get could not install them" >&2
        exit 3
    }
fi

# The packages of tests/browser/package-lock.json, checked by its hashes, in build/browser. Without
# them all tests run but those of pages, which fail and say so.
browser_packages() {
    from=$here/../tests/browser
    to=$here/../build/browser
    if cmp -s "$from/package-lock.json" "$to/node_modules/installed.json"; then
        return 0
    fi
    if [ "${SETUP:-yes}" = no ]; then
        echo "setup: build/browser lacks the npm packages of tests/browser/package.json, and" \
            "SETUP=no forbids to fetch them" >&2
        exit 3
    fi
    echo "setup: fetching with npm: playwright-core (drives the browser of tests/browser)" >&2
    mkdir -p "$to"
    cp "$from/package.json" "$from/package-lock.json" "$to"
    if ! npm ci --prefix "$to" --ignore-scripts --no-audit --no-fund >"$to/npm.log" 2>&1; then
        tail -n 5 "$to/npm.log" >&2
        echo "setup: npm could not fetch them, so tests/browser will fail; \`npm config set" \
            "registry ADDRESS\` names another registry" >&2
        return 0
    fi
    cp "$from/package-lock.json" "$to/node_modules/installed.json"
}
case $purpose in
test | bench) browser_packages ;;
esac

# A kernel for driver vm: downloaded and unpacked, not installed. Needed unless this machine's own
# cgroup v2 has the memory controller and is ours to write.
needs_vm() {
    [ -w /sys/fs/cgroup/cgroup.subtree_control ] || return 0
    ! grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null
}
case $purpose in
run | pod | test | bench)
    if [ -z "${LEAKCAGE_KERNEL:-}" ] && { [ "$purpose" = test ] || needs_vm; }; then
        if [ "${SETUP:-yes}" = no ]; then
            cache=${XDG_CACHE_HOME:-${HOME:-}/.cache}/leakcage/vm
            for folder in "$cache"/*/modules; do
                [ -d "$folder" ] && exit 0
            done
            echo "setup: driver vm has no kernel, and SETUP=no forbids to fetch one: run" \
                "tools/fetch-kernel.sh, or set LEAKCAGE_KERNEL and LEAKCAGE_MODULES" >&2
            exit 3
        fi
        "$here/fetch-kernel.sh" 2>&1 | grep -v 'already there' >&2 || true
    fi
    ;;
esac
