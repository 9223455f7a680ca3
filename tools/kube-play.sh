#!/bin/sh
# podman kube play, also where no systemd runs (the guest of driver vm: leakcage vm -- ...).
#
# usage: kube-play.sh POD.yaml [OPTION of podman kube play...]
#
# Without systemd podman makes the pod's cgroup itself (cgroup manager cgroupfs) and puts a program
# on it that denies every device. A container's own group allows the usual ones, but both must, so
# that crun fails: "mknod /dev/null: Operation not permitted". Where that is so, the pod is made
# without being started, the program is taken off its cgroup (the containers' own stay), and then
# the pod is started. podman restarts its containers as the pod's restartPolicy says.
set -eu

[ $# -gt 0 ] || {
    echo "usage: ${0##*/} POD.yaml [OPTION of podman kube play...]" >&2
    exit 2
}
manifest=$1
shift

manager=$(podman info --format '{{.Host.CgroupManager}}')
if [ "$manager" != cgroupfs ] || [ "$(id -u)" != 0 ]; then
    exec podman kube play "$@" "$manifest"
fi
command -v bpftool >/dev/null || {
    echo "${0##*/}: bpftool is not in PATH; install it (Debian: apt-get install bpftool)" >&2
    exit 3
}

# Its output is "Pod:", the pod's id, "Container:" and so on, for each pod.
played=$(podman kube play --start=false "$@" "$manifest")
pods=$(echo "$played" | awk 'pod { print; pod = 0 } $0 == "Pod:" { pod = 1 }')
[ -n "$pods" ] || {
    echo "${0##*/}: podman kube play made no pod of $manifest: $played" >&2
    exit 1
}
for pod in $pods; do
    group=/sys/fs/cgroup$(podman pod inspect --format '{{.CgroupPath}}' "$pod")
    for program in $(bpftool cgroup show "$group" | awk '$2 ~ /device/ { print $1 }'); do
        bpftool cgroup detach "$group" device id "$program"
    done
    podman pod start "$pod"
done
