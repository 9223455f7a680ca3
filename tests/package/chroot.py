"""A system of Debian's in a folder, and commands in it: nothing of this machine is changed.

Each command has mounts and processes of its own (unshare), gone when it ends: the folder itself is
seen from outside as the commands have left it, without what was mounted.
"""
import hashlib
import os
import shutil
import stat
import subprocess
import textwrap

SETUP = textwrap.dedent("""\
    set -e
    root=$1
    shift
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=755 dev "$root/dev"
    for device in null zero full random urandom tty kvm; do
        [ -e "/dev/$device" ] || continue
        : >"$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir "$root/dev/shm" "$root/dev/pts"
    mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s /proc/self/fd/0 "$root/dev/stdin"
    ln -s /proc/self/fd/1 "$root/dev/stdout"
    ln -s /proc/self/fd/2 "$root/dev/stderr"
    # Not exec: what the command leaves running would have no parent here, and be gone unseen.
    status=0
    "$@" || status=$?
    for left in /proc/[0-9]*; do
        case ${left#/proc/} in 1|$$) continue ;; esac
        [ "$(readlink "$left/ns/pid")" = "$(readlink /proc/self/ns/pid)" ] || continue
        [ -s "$left/cmdline" ] || continue
        case $(tr '\\0' ' ' <"$left/cmdline") in "sh -c "*|"tr "*) continue ;; esac
        echo "left running: $(tr '\\0' ' ' <"$left/cmdline")" >&2
        status=99
    done
    exit $status
    """)


def why_not():
    """Why this machine cannot do it; None: it can."""
    if os.getuid() != 0:
        return "a system in a folder needs root, for debootstrap and chroot"
    for tool in ("debootstrap", "unshare", "chroot"):
        if shutil.which(tool) is None:
            return "%s is not installed" % tool
    done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], check=False,
                          capture_output=True, text=True)
    return None if done.returncode == 0 else "unshare: " + done.stderr.strip()


def release():
    """This machine's distribution, whose libraries the packages were linked with."""
    with open("/etc/os-release", encoding="utf-8") as file:
        for line in file:
            if line.startswith("VERSION_CODENAME="):
                return line.partition("=")[2].strip().strip('"')
    return ""


def mirrors():
    """Lines of a sources.list: where this machine has its own packages from."""
    done = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
         "Created-By: Packages"], check=True, capture_output=True, text=True)
    lines = []
    for line in done.stdout.splitlines():
        uri, suite, component = line.split()
        entry = "deb [trusted=yes] %s %s %s" % (uri, suite, component)
        if suite.startswith(release()) and component == "main" and entry not in lines:
            lines.append(entry)
    return lines


class Root:
    """The system in the folder `path`."""

    def __init__(self, path):
        self.path = path

    def make(self):
        """Debian's minimal system, with this machine's sources of packages."""
        sources = mirrors()
        plain = [line for line in sources if line.split()[3] == release()]
        done = subprocess.run(
            ["debootstrap", "--variant=minbase", release(), self.path, plain[0].split()[2]],
            check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError("debootstrap: %s\n%s" % (done.stdout[-2000:], done.stderr[-2000:]))
        with open(os.path.join(self.path, "etc/apt/sources.list"), "w", encoding="utf-8") as file:
            file.write("\n".join(sources) + "\n")

    def inside(self, *path):
        return os.path.join(self.path, *path)

    def run(self, *words, user=None, home="/root", timeout=600):
        """A command in there; as root, or as that user. Status 99: it left something running."""
        chroot = ["chroot"] + (["--userspec", user] if user else []) + [self.path]
        command = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + home,
                   "LC_ALL=C.UTF-8", "TERM=dumb", "DEBIAN_FRONTEND=noninteractive"]
        for proxy in ("http_proxy", "https_proxy", "no_proxy"):
            if proxy in os.environ:
                command.append("%s=%s" % (proxy, os.environ[proxy]))
        within = ["sh", "-c", 'cd "$HOME" && exec "$@"', "sh", *words]
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
             "--propagation", "private", "sh", "-c", SETUP, "sh", self.path, *chroot, *command,
             *within],
            check=False, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)

    def files(self):
        """Every path, with what it is and a digest of what is in it."""
        found = {}
        for folder, folders, names in os.walk(self.path):
            for name in folders + names:
                path = os.path.join(folder, name)
                state = os.lstat(path)
                text = ""
                if stat.S_ISLNK(state.st_mode):
                    text = os.readlink(path)
                elif stat.S_ISREG(state.st_mode):
                    with open(path, "rb") as file:
                        text = hashlib.sha256(file.read()).hexdigest()
                found[path[len(self.path):]] = (oct(state.st_mode), state.st_uid, state.st_gid,
                                                text)
        return found
