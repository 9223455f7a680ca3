#!/bin/sh
# Run a manifest of docker/kube as a pod, drive it, and watch it being killed and restarted.
#
# usage: pod.sh [NAME]    NAME: unclosed-body, oom-restart; without one, those there are
#
# Where: minikube or kind, when one of them runs and kubectl is there; else podman, when it can
# bound memory here (cgroup v2, root); else podman in the guest of driver vm. PLACE=kubectl, podman
# or vm chooses. In podman the pod is driven by leakcage itself, attached to its container, and is
# gone afterwards; in a cluster by load.yaml, and stays.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
kube=$here/docker/kube
build=$(realpath "${LEAKCAGE_BUILD:-$here/build/release}")
image=localhost/leakcage:latest

usage() {
    echo "usage: make pod NAME=x" >&2
    for file in "$kube"/*.yaml; do
        grep -q leakcage/url "$file" && echo "  $(basename "$file" .yaml)" >&2
    done
    exit 2
}

die() {
    echo "pod: $1" >&2
    exit "${2:-3}"
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# What the manifest says of itself.
path_of() {
    sed -n 's,^ *leakcage/url: *,,p' "$1"
}

# Which cluster is up: "minikube", "kind", or nothing.
cluster() {
    has kubectl || return 0
    if has minikube && minikube status >/dev/null 2>&1; then
        echo minikube
    elif has kind && [ -n "$(kind get clusters 2>/dev/null)" ]; then
        echo kind
    fi
}

podman_can() {
    has podman && [ "$(id -u)" = 0 ] &&
        grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null
}

choose() {
    if [ -n "$(cluster)" ]; then
        echo kubectl
    elif podman_can; then
        echo podman
    else
        echo vm
    fi
}

# In a cluster: the image goes there as an archive, for there is no registry.
on_kubectl() {
    which=$(cluster)
    [ -n "$which" ] ||
        die "neither minikube nor kind runs here: minikube start, or kind create cluster"
    engine=$(command -v docker || command -v podman) || die "an image needs docker or podman"
    ENGINE=$engine "$here/docker/image.sh" "$build" "$image"
    archive=$(mktemp)
    trap 'rm -f "$archive"' EXIT
    "$engine" save -o "$archive" "$image"
    if [ "$which" = minikube ]; then
        context=$(minikube profile)
        minikube image load "$archive"
    else
        cluster=$(kind get clusters | head -1)
        context=kind-$cluster
        kind load image-archive --name "$cluster" "$archive"
    fi
    kubectl="kubectl --context $context"
    $kubectl apply -f "$kube/$name.yaml"
    $kubectl wait --for=condition=Ready --timeout=60s pod -l "app=$name"
    sed -e "s,app: unclosed-body,app: $name," -e "s,8080/fetch,8080$(path_of "$kube/$name.yaml")," \
        "$kube/load.yaml" | $kubectl apply -f -
    echo "pod: watching for five minutes; end it with Ctrl-C" >&2
    $kubectl get pod -l "app=$name" --watch --request-timeout=300s || true
    ended='.lastState.terminated'
    each='{range .items[*].status.containerStatuses[*]}'
    $kubectl get pod -l "app=$name" -o jsonpath="$each{.name}: {.restartCount} restarts, the last \
after {$ended.reason} ({$ended.exitCode}){\"\\n\"}{end}"
    echo "pod: it stays; kubectl delete -f docker/kube/$name.yaml -f docker/kube/load.yaml ends it"
}

# With podman, as it is set up by podman-private.sh. The image is made from CONTEXT.
with_podman() {
    "$here/docker/image.sh" "$1" "$image" >/dev/null
    # The host's network, and of it 127.0.0.1 alone: the guest has no other, and podman publishes
    # every port that a manifest names, which it cannot there.
    manifest=${TMPDIR:-/tmp}/pod.yaml
    sed -e 's/^\( *\)containers:/\1hostNetwork: true\n&/' \
        -e 's/^\( *\)env:$/&\n\1  - name: LISTEN\n\1    value: "127.0.0.1"/' \
        -e '/^ *ports:$/,/containerPort/d' "$kube/$name.yaml" >"$manifest"
    "$here/tools/kube-play.sh" "$manifest" >/dev/null
    container=$(podman ps --all --format '{{.Names}}' | grep -E -- "-$name\$" | head -1)
    [ -n "$container" ] || die "podman has no container of the pod $name" 1
    echo "pod: podman kube play docker/kube/$name.yaml, container $container"
    status=0
    # shellcheck disable=SC2086 # options
    "$build/leakcage" run --attach "podman:$container" --port 8080 --url "$(path_of "$manifest")" \
        --budget 3m -o "${RESULTS:-${TMPDIR:-/tmp}/results}" ${ARGS:-} || status=$?
    podman inspect --format 'pod: {{.Name}}: {{.State.Status}}, restarts: {{.RestartCount}}' \
        "$container"
    # A leak is what these are for.
    [ "$status" = 1 ] && status=0
    return "$status"
}

# --podman NAME CONTEXT: from inside podman-private.sh.
if [ "${1:-}" = --podman ]; then
    name=$2
    with_podman "$3"
    exit
fi

name=${1:-}
if [ -z "$name" ] || [ ! -f "$kube/$name.yaml" ] || [ -z "$(path_of "$kube/$name.yaml")" ]; then
    usage
fi
[ -x "$build/leakcage" ] || die "$build/leakcage is not built: make" 1
place=${PLACE:-$(choose)}
case $place in
kubectl)
    on_kubectl
    ;;
podman | vm)
    context=$(mktemp -d)
    trap 'rm -rf "$context"' EXIT
    trap 'exit 130' INT TERM
    "$here/docker/tree.sh" "$build" "$context/tree"
    in_guest=
    if [ "$place" = vm ]; then
        echo "pod: podman in the guest of driver vm; a minute or so" >&2
        for program in podman bpftool; do
            has "$program" || [ -x "/usr/sbin/$program" ] ||
                die "$program is missing: make setup-pod"
        done
        in_guest="$build/leakcage vm --"
    fi
    # shellcheck disable=SC2086 # a command and its options
    $in_guest env PATH="$PATH:/usr/sbin" ARGS="${ARGS:-}" LEAKCAGE_BUILD="$build" \
        "$here/tools/podman-private.sh" "$here/tools/pod.sh" --podman "$name" "$context"
    ;;
*)
    die "found PLACE=$place, expected kubectl, podman or vm" 2
    ;;
esac
