#!/usr/bin/python3
"""Services in containers: run in the guest from an archive and from an engine's storage, attached
to while they run, followed when their engine starts them again; and what is said when there is no
such image, container or engine. podman runs in the guest, with storage on a tmpfs."""
import functools
import json
import os
import re
import shutil
import subprocess

import e2e
import images

NEEDED = ("podman", "crun", "conmon")
SHORT = ["--cycles", "6", "--requests", "200"]
LEAKS = ["--url", "/append", "--ready", "/healthz", "--limit", "64M", *SHORT]

# podman's own settings for a guest; what leakcage itself gives podman there is another matter.
SETTINGS = """
set -e
home=/run/podman-of-the-test
mkdir -p $home/net $home/tmp $home/.config/containers
printf '[storage]\\ndriver="overlay"\\ngraphroot="%s/graph"\\nrunroot="%s/run"\\n' \
    $home $home >$home/storage.conf
printf '[containers]\\nnetns="host"\\n[engine]\\ncgroup_manager="cgroupfs"\\n' \
    >$home/containers.conf
printf 'events_logger="file"\\ntmp_dir="%s/libpod"\\n[network]\\nnetwork_config_dir="%s/net"\\n' \
    $home $home >>$home/containers.conf
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >$home/.config/containers/policy.json
export CONTAINERS_STORAGE_CONF=$home/storage.conf CONTAINERS_CONF=$home/containers.conf
export HOME=$home TMPDIR=$home/tmp
say() { echo "== $*"; }
"""


def needs_podman(test):
    """Decorator: skip where podman, or what it starts containers with, is missing."""
    @functools.wraps(test)
    def checked(self, *arguments):
        missing = [name for name in NEEDED if shutil.which(name) is None]
        if missing:
            self.skipTest("%s not installed (apt-get install podman crun conmon)" %
                          " and ".join(missing))
        return test(self, *arguments)
    return checked


class ContainerTest(e2e.Test):
    def image(self, name, *programs, **options):
        """An archive in the test's folder."""
        return images.make(os.path.join(self.dir, name + ".tar"),
                           "localhost/%s:latest" % name, [e2e.service(p) for p in programs],
                           **options)

    def in_guest(self, script, timeout=240):
        """A shell script in the guest; what follows each "== WORD" of it, by word."""
        path = self.write("in-guest.sh", SETTINGS + script)
        done = self.leakcage("vm", "--", "/bin/sh", path, timeout=timeout)
        parts, word = {}, None
        for line in done.out.splitlines():
            if line.startswith("== "):
                word = line[3:]
                parts[word] = ""
            elif word:
                parts[word] += line + "\n"
        self.assertIn("end", parts, str(done))
        return parts, done


class Runs(ContainerTest):
    @e2e.needs_vm
    @needs_podman
    def test_an_archive_and_a_command_of_its_own(self):
        leaky = self.image("leaky", "global-growth", "clean", port=8080)
        done = self.run_here("--driver", "vm", "--image", "docker-archive:" + leaky, *LEAKS,
                             "--expect", "leak")
        self.expect_status(done, e2e.PASS)
        found = self.result("leaky-tar")
        self.assertEqual((found["verdict"], found["cause"]), ("leak", "heap"), str(done))
        self.assertEqual(found["limit_bytes"], 64 << 20)
        self.assertEqual(found["driver"], "vm")
        with open(os.path.join(self.results, "leaky-tar", "service.log"),
                  encoding="utf-8") as file:
            # The image exposes it, so it is the port; and nothing but the service speaks.
            self.assertRegex(file.read(), r"\A[^\n]*listening on 127.0.0.1:8080[^\n]*\n\Z")
        self.expect_nothing_left()

    @e2e.long
    @e2e.needs_vm
    @needs_podman
    def test_from_an_engines_storage(self):
        config = self.write("storage.conf", '[storage]\ndriver="vfs"\ngraphroot="%s/graph"\n'
                            'runroot="%s/run"\n' % (self.dir, self.dir))
        environment = self.environment(CONTAINERS_STORAGE_CONF=config)
        subprocess.run(["podman", "load", "--quiet", "--input", self.image("mended", "clean")],
                       env=environment, check=True, capture_output=True)
        scenario = {"name": "mended", "limit": "64MiB",
                    "service": {"image": "localhost/mended", "ready": "/healthz", "user": "65534",
                                "command": ["/bin/clean"], "env": {"FRUIT": "plum"}},
                    "load": {"path": "/work"}, "cycles": {"requests": 100},
                    "expect": "clean"}
        done = self.run_here("--driver", "vm", self.write("mended.json", scenario),
                             env=environment)
        subprocess.run(["podman", "unshare", "true"], env=environment, check=False,
                       capture_output=True)
        self.expect_status(done, e2e.PASS)
        self.assertEqual(self.result("mended")["verdict"], "clean")
        self.expect_nothing_left()

    @needs_podman
    def test_what_is_not_there(self):
        config = self.write("storage.conf", '[storage]\ndriver="vfs"\ngraphroot="%s/graph"\n'
                            'runroot="%s/run"\n' % (self.dir, self.dir))
        environment = self.environment(CONTAINERS_STORAGE_CONF=config)
        done = self.run_here("--driver", "vm", "--image", "localhost/none:1", env=environment)
        self.expect_status(done, e2e.USAGE)
        self.assertIn('podman has no image "localhost/none:1"', done.err)
        done = self.run_here("--image", "oci-archive:none.tar")
        self.expect_status(done, e2e.USAGE)
        self.assertIn("none.tar", done.err)
        text = self.write("text.tar", "no image")
        done = self.run_here("--driver", "vm", "--image", "docker-archive:" + text)
        self.expect_status(done, e2e.USAGE)
        self.assertIn("it is no tar file", done.err)
        self.expect_nothing_left()

    def test_no_engine(self):
        bare = os.path.join(self.dir, "bin")
        os.makedirs(bare)
        for name in ("qemu-system-x86_64", "sh"):
            if shutil.which(name):
                os.symlink(shutil.which(name), os.path.join(bare, name))
        environment = self.environment(PATH=bare)
        for place in ("vm", "container"):
            done = self.run_here("--driver", place, "--image", "web", env=environment)
            self.expect_status(done, e2e.ENVIRONMENT)
            if place == "container" or "podman" in done.err:
                self.assertIn("apt-get install podman", done.err)

    def test_driver_container_is_for_images(self):
        done = self.run_here("--driver", "container", "clean")
        self.assertIn(done.status, (e2e.USAGE, e2e.ENVIRONMENT), str(done))


class Attached(ContainerTest):
    @e2e.needs_vm
    @needs_podman
    def test_attach_and_a_harness_that_was_killed(self):
        leaky = self.image("leaky", "global-growth")
        slow = " ".join(e2e.SLOW)
        parts, done = self.in_guest("""
podman load --quiet --input '%(image)s'
podman run --detach --name web --memory 64m --memory-swap 64m --env PORT=9000 localhost/leaky
say named
'%(leakcage)s' run -o /run/1 --attach podman:web --json %(leaks)s || true
say lives
podman inspect --format '{{.State.Running}} {{.RestartCount}}' web
say unknown
'%(leakcage)s' run -o /run/2 --attach podman:nobody %(leaks)s 2>&1 || echo "status $?"
say stopped
podman stop --time 0 web >/dev/null
'%(leakcage)s' run -o /run/3 --attach web %(leaks)s 2>&1 || echo "status $?"
podman rm web >/dev/null
say killed
'%(leakcage)s' run -o /run/4 --driver container --image localhost/leaky %(leaks)s %(slow)s \\
    >/run/4.log 2>&1 &
harness=$!
until grep -q 'cycle 1' /run/4.log; do
    kill -0 $harness || break
    sleep 0.2
done
podman ps --format '{{.Names}}'
kill -KILL $harness
say swept
for _ in $(seq 300); do
    [ -n "$(podman ps --all --quiet)" ] || break
    sleep 0.2
done
'%(leakcage)s' clean -o /run/4
podman ps --all --quiet
say end
""" % {"image": leaky, "leakcage": e2e.LEAKCAGE, "slow": slow,
            "leaks": " ".join(["--url", "/append", "--ready", "/healthz", *SHORT])})
        found = json.loads(parts["named"])
        self.assertEqual((found["verdict"], found["cause"]), ("leak", "heap"), str(done))
        self.assertEqual(found["limit_bytes"], 64 << 20)
        self.assertEqual(found["target"], "container web (podman)")
        self.assertEqual(parts["lives"], "true 0\n")
        self.assertIn('podman has no container "nobody"', parts["unknown"])
        self.assertIn("status %d" % e2e.USAGE, parts["unknown"])
        self.assertIn("container web does not run", parts["stopped"])
        self.assertIn("status %d" % e2e.ENVIRONMENT, parts["stopped"])
        self.assertRegex(parts["killed"], r"\Aleakcage-\d+-\d+-\d+\.[0-9a-f]+\n\Z")
        # Its guard, which outlives it, has removed the container: nothing is left for `clean`.
        self.assertRegex(parts["swept"], r"\A[^\n]* 0 containers of [^\n]*\n")
        self.assertEqual(len(parts["swept"].splitlines()), 1 + ("could not look" in parts["swept"]),
                         "containers are left: " + parts["swept"])

    @e2e.long
    @e2e.needs_vm
    @needs_podman
    def test_a_pod_that_podman_starts_again(self):
        if shutil.which("bpftool") is None and not os.path.exists("/usr/sbin/bpftool"):
            self.skipTest("bpftool not installed (apt-get install bpftool)")
        image = self.image("leakcage", "oom-restart")
        parts, done = self.in_guest("""
PATH=$PATH:/usr/sbin
podman load --quiet --input '%(image)s'
say played
'%(root)s/tools/kube-play.sh' '%(root)s/docker/kube/oom-restart.yaml'
say followed
'%(leakcage)s' run -o /run/1 --attach podman:oom-restart-oom-restart --json --port 8080 \\
    --url /thumbnail --cycles 8 --requests 200 --warmup 20 || true
say restarts
podman inspect --format '{{.RestartCount}} {{.State.Running}}' oom-restart-oom-restart
say end
""" % {"image": image, "root": e2e.ROOT, "leakcage": e2e.LEAKCAGE})
        found = json.loads(parts["followed"])
        self.assertEqual((found["verdict"], found["cause"]), ("leak", "heap"), str(done))
        self.assertGreaterEqual(found["oom_kills"], 1)
        self.assertGreaterEqual(found["restarts"], 1)
        self.assertEqual(len(found["ends"]), found["restarts"], found["ends"])
        for end in found["ends"]:
            # podman forgets the exit code when it starts the container again.
            self.assertEqual((end["reason"], end.get("exit_code", 137)), ("OOMKilled", 137))
            self.assertGreaterEqual(end["engine"]["restarts"], 1)
        counted = re.fullmatch(r"(\d+) true\n", parts["restarts"])
        self.assertIsNotNone(counted, parts["restarts"])
        self.assertGreaterEqual(int(counted.group(1)), found["restarts"])


if __name__ == "__main__":
    e2e.main()
