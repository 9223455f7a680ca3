#!/bin/sh
# Run a command with a podman of its own: storage, settings and state in a temporary folder that is
# gone afterwards, and whatever ran there with it. The user's own podman is not touched, nothing in
# /etc is needed, and it works where no systemd does (the guest of driver vm).
#
# usage: podman-private.sh COMMAND [ARG...]
set -eu
[ $# -gt 0 ] || {
    echo "usage: ${0##*/} COMMAND [ARG...]" >&2
    exit 2
}
command -v podman >/dev/null 2>&1 || {
    echo "${0##*/}: podman is missing: apt-get install podman" >&2
    exit 3
}
# The guest's /run is memory, as all of it; but only there are overlays of overlays possible.
for parent in /run "${TMPDIR:-/tmp}"; do
    [ -w "$parent" ] && break
done
folder=$(mktemp -d "$parent/leakcage-podman.XXXXXX")
mkdir -p "$folder/tmp" "$folder/net" "$folder/home/.config/containers"
manager=systemd
[ -d /run/systemd/system ] || manager=cgroupfs
cat >"$folder/storage.conf" <<END
[storage]
driver = "${PODMAN_STORAGE:-overlay}"
graphroot = "$folder/storage"
runroot = "$folder/run"
END
cat >"$folder/containers.conf" <<END
[containers]
netns = "host"
[engine]
cgroup_manager = "$manager"
events_logger = "file"
tmp_dir = "$folder/libpod"
[network]
network_backend = "netavark"
network_config_dir = "$folder/net"
END
echo '{"default":[{"type":"insecureAcceptAnything"}]}' \
    >"$folder/home/.config/containers/policy.json"
export CONTAINERS_STORAGE_CONF="$folder/storage.conf" CONTAINERS_CONF="$folder/containers.conf"
export HOME="$folder/home" TMPDIR="$folder/tmp"
# Health checks would be systemd's timers.
[ "$manager" = systemd ] || export DISABLE_HC_SYSTEMD=true

clean_up() {
    trap '' INT TERM
    podman pod rm --all --force --time 1 >/dev/null 2>&1 || true
    podman rm --all --force --time 1 >/dev/null 2>&1 || true
    umount "$folder/storage/overlay" 2>/dev/null || true
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
"$@"
