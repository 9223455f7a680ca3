#!/bin/sh
# leakcage in a CI job, whichever system runs it: these sources are built, and a driver is found
# that works on the job's machine.
#
# usage: ci.sh setup [auto|native|vm]   packages, build, driver; prints the driver's name
#        ci.sh COMMAND...               leakcage COMMAND..., with the driver in LEAKCAGE_DRIVER
#
#   auto    the guest where it runs under KVM, else this machine's cgroups, else an emulated guest
#   native  this machine's cgroups; with sudo, unless we are root
#   vm      a guest, with a kernel of its own
#
# LEAKCAGE names a program that is installed: then nothing is built. Exit status 3: this machine
# cannot; else that of leakcage.
set -eu

tools=$(cd "$(dirname "$0")" && pwd)
leakcage=${LEAKCAGE:-${tools%/*}/build/${PRESET:-release}/leakcage}

die() {
    echo "ci: $*" >&2
    exit 3
}

# sudo starts with an environment of its own; what the CI system says in ours is for leakcage.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n -E env "PATH=$PATH" "$@"
    fi
}

# can DRIVER COMMAND...: does leakcage, called so, say that it does?
can() {
    driver=$1
    shift
    "$@" doctor 2>/dev/null | grep -q "^ok *driver *$driver: usable"
}

# /dev/kvm is root's on hosted runners, though the machine is ours. Whether guests come up under it
# is known when one has been tried. Last of all, for what is installed may set its mode anew.
kvm_works() {
    [ -w /dev/kvm ] || as_root chmod a+rw /dev/kvm || return 1
    "$leakcage" doctor | grep -q '^note *KVM .* the vm driver tries it' &&
        "$leakcage" vm -- true
    "$leakcage" doctor | grep -q '^ok *KVM '
}

# What the guest needs; its kernel also where cgroups could serve.
get_vm() {
    "$tools/setup.sh" run || return
    if [ -z "${LEAKCAGE_KERNEL:-}" ] && [ "${SETUP:-yes}" != no ]; then
        "$tools/fetch-kernel.sh"
    fi
}

setup() {
    if [ -z "${LEAKCAGE:-}" ]; then
        make -s -C "${tools%/*}" build
    fi
    case $1 in
    auto)
        if [ -e /dev/kvm ] && get_vm && kvm_works; then
            chosen=vm
        elif can native as_root "$leakcage"; then
            chosen=native
        elif get_vm && can vm "$leakcage"; then
            chosen=vm
        else
            "$leakcage" doctor
            die "no driver works here"
        fi
        ;;
    native)
        can native as_root "$leakcage" || {
            as_root "$leakcage" doctor
            die "driver native does not work here"
        }
        chosen=native
        ;;
    vm)
        get_vm
        [ ! -e /dev/kvm ] || kvm_works || echo "ci: no KVM; guests are emulated" >&2
        can vm "$leakcage" || {
            "$leakcage" doctor
            die "driver vm does not work here"
        }
        chosen=vm
        ;;
    *) die "there is no driver \"$1\", there are: auto, native, vm" ;;
    esac
}

# What root has written for these words of a command line belongs to us again.
give_back() {
    results=results
    baseline=
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        case $1 in
        -o | --output) results=${2:-} ;;
        --output=*) results=${1#--output=} ;;
        --baseline) baseline=${2:-} ;;
        --baseline=*) baseline=${1#--baseline=} ;;
        esac
        shift
    done
    for path in "$results" "$baseline"; do
        [ ! -e "$path" ] || as_root chown -R "$(id -u):$(id -g)" "$path"
    done
}

case ${1:-} in
'' | -h | --help)
    sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
    [ $# -gt 0 ] || exit 2
    exit 0
    ;;
setup)
    setup "${2:-auto}" >&2
    echo "$chosen"
    exit 0
    ;;
run | compare | gate)
    command=$1
    shift
    set -- "$command" ${LEAKCAGE_DRIVER:+--driver "$LEAKCAGE_DRIVER"} "$@"
    ;;
esac
[ -x "$leakcage" ] || die "$leakcage is not built: $0 setup"
if [ "${LEAKCAGE_DRIVER:-}" != native ] || [ "$(id -u)" = 0 ]; then
    exec "$leakcage" "$@"
fi
status=0
as_root "$leakcage" "$@" || status=$?
give_back "$@"
exit "$status"
