#!/bin/sh
# podman kube play, also where no systemd runs and there is no network but loopback (the guest of
# driver vm: leakcage vm -- tools/kube-play.sh POD.yaml).
#
# usage: kube-play.sh MANIFEST.yaml [OPTION of podman kube play...]
#
# Without systemd podman makes the pod's cgroup itself (cgroup manager cgroupfs) and puts a program
# on it that denies every device. A container's own group allows the usual ones, but both must, so
# that crun fails: "mknod /dev/null: Operation not permitted". So the pod is made without being
# started, the program is taken off its cgroup (the containers' own stay), and the pod is started.
# Health checks need systemd's timers; they are off.
#
# Without a network the pod gets the machine's own, and since ports cannot be published then, the
# lists of ports are left out of the manifest: a container's port is the machine's.
#
# podman restarts the containers as the pod's restartPolicy says, at once.
set -eu

[ $# -gt 0 ] || {
    echo "usage: ${0##*/} MANIFEST.yaml [OPTION of podman kube play...]" >&2
    exit 2
}
manifest=$1
shift
[ -r "$manifest" ] || {
    echo "${0##*/}: cannot read $manifest" >&2
    exit 2
}

# Every "ports:" with what is below it, up to the next line that is indented no more.
without_ports() {
    awk '
        { match($0, /^ */); indent = RLENGTH; item = substr($0, indent + 1, 2) == "- " }
        skip && NF && (indent < depth || (indent == depth && !item)) { skip = 0 }
        !skip && $0 ~ /^ *ports:[ ]*(#.*)?$/ { skip = 1; depth = indent; next }
        !skip
    ' "$1"
}

loopback_only() {
    for folder in /sys/class/net/*; do
        [ "${folder##*/}" = lo ] || return 1
    done
}

if loopback_only; then
    played=$(mktemp)
    trap 'rm -f "$played"' EXIT
    without_ports "$manifest" >"$played"
    manifest=$played
    grep -Eq '^ *hostNetwork: *true' "$manifest" || set -- --network host "$@"
fi

if [ "$(podman info --format '{{.Host.CgroupManager}}')" != cgroupfs ] || [ "$(id -u)" != 0 ]; then
    podman kube play "$@" "$manifest"
    exit
fi
command -v bpftool >/dev/null || {
    echo "${0##*/}: bpftool is not in PATH; install it (Debian: apt-get install bpftool)" >&2
    exit 3
}

# Its output is "Pod:", the pod's id, "Container:" and so on, for each pod.
export DISABLE_HC_SYSTEMD=true
said=$(podman kube play --start=false "$@" "$manifest")
pods=$(echo "$said" | awk 'pod { print; pod = 0 } $0 == "Pod:" { pod = 1 }')
[ -n "$pods" ] || {
    echo "${0##*/}: podman kube play made no pod: $said" >&2
    exit 1
}
for pod in $pods; do
    group=/sys/fs/cgroup$(podman pod inspect --format '{{.CgroupPath}}' "$pod")
    for program in $(bpftool cgroup show "$group" | awk '$2 ~ /device/ { print $1 }'); do
        bpftool cgroup detach "$group" device id "$program"
    done
    podman pod start "$pod"
done
podman ps --format '{{.Names}}: {{.Status}}'
