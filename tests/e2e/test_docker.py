#!/usr/bin/python3
"""docker/: the image, containers of it, and a pod, with real limits in the guest."""
import atexit
import functools
import glob
import io
import json
import os
import re
import shutil
import subprocess
import tarfile

import e2e

IMAGE = "localhost/leakcage:latest"
PRIVATE = os.path.join(e2e.ROOT, "tools", "podman-private.sh")
SIZE_MAX_BYTES = 30 << 20


@functools.lru_cache(maxsize=None)
def archive():
    """The image, built from docker/ and the build folder, as a docker-archive; or why not."""
    if shutil.which("podman") is None:
        return None, "podman is not installed: tools/setup.sh test"
    folder = os.path.join(e2e.BUILD, "e2e", "image")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = os.path.join(folder, "leakcage.tar")
    script = 'docker/image.sh "$1" %s && podman save -q --format docker-archive -o "$2" %s' % (
        IMAGE, IMAGE)
    done = subprocess.run([PRIVATE, "sh", "-c", script, "sh", e2e.BUILD, path], cwd=e2e.ROOT,
                          capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0 and os.getuid() != 0:
        return None, "podman cannot build here without being root: %s" % done.stderr.strip()
    assert done.returncode == 0, done.stdout + done.stderr
    return path, None


def needs_image(test):
    """Decorator: hand the archive over, or skip with the reason."""
    @functools.wraps(test)
    def checked(self):
        path, reason = archive()
        if reason:
            self.skipTest(reason)
        return test(self, path)
    return checked


class Image(e2e.Test):
    @needs_image
    def test_it_is_small_and_whole(self, path):
        self.assertLess(os.path.getsize(path), SIZE_MAX_BYTES)
        files = {}
        with tarfile.open(path) as outer:
            manifest = json.load(outer.extractfile("manifest.json"))[0]
            config = json.load(outer.extractfile(manifest["Config"]))["config"]
            for layer in manifest["Layers"]:
                with tarfile.open(fileobj=io.BytesIO(outer.extractfile(layer).read())) as inner:
                    files.update((member.name.lstrip("./"), member) for member in inner)
        self.assertEqual(config["User"], "65534:65534")
        self.assertIn("/usr/bin", config["Env"][0])
        self.assertEqual(manifest["RepoTags"], [IMAGE])
        programs = {os.path.basename(file)[:-2]
                    for file in glob.glob(os.path.join(e2e.ROOT, "services", "*.c"))}
        scenarios = {os.path.basename(file)
                     for file in glob.glob(os.path.join(e2e.SCENARIOS, "*.json"))}

        def below(folder):
            return {name[len(folder):] for name in files if name.startswith(folder)}
        self.assertEqual(below("usr/libexec/leakcage/services/"), programs)
        self.assertEqual(below("usr/share/leakcage/scenarios/"), scenarios)
        self.assertEqual(below("usr/bin/"), {"leakcage"})
        self.assertEqual(files["results"].mode & 0o7777, 0o1777)
        self.assertFalse([name for name, member in files.items() if member.mode & 0o6000])

    @e2e.long
    @e2e.needs_vm
    @needs_image
    def test_a_container_that_leaks_and_one_under_pressure(self, path):
        files = []
        for name in ("global-growth", "transform"):
            with open(e2e.scenario(name), encoding="utf-8") as file:
                scenario = json.load(file)
            scenario["service"].update(image="docker-archive:" + path, command=[name])
            for key in ("$schema", "variants"):
                scenario.pop(key, None)
            files.append(self.write(name + ".json", scenario))
        done = self.run_here("--driver", "vm", *files, timeout=400)
        self.expect_status(done, e2e.PASS)
        self.assertEqual(self.result("global-growth")["cause"], "heap")
        self.assertEqual(self.result("transform")["verdict"], "pressure")
        self.expect_nothing_left()

    @e2e.needs_vm
    @needs_image
    def test_the_harness_in_a_container(self, path):
        run = "podman run --rm --network host"
        harness = "%s leakcage run --driver native --quiet -o /results" % IMAGE
        script = " && ".join([
            "podman load -q -i %s" % path,
            "%s --privileged --user 0:0 %s --shard 1/2 unclosed-body clean" % (run, harness),
            "{ %s %s clean || [ $? = 3 ]; }" % (run, harness),
            "%s --read-only --cap-drop ALL %s leakcage list" % (run, IMAGE)])
        done = self.leakcage("vm", "--", PRIVATE, "sh", "-c", script, timeout=300)
        self.expect_status(done, e2e.PASS)
        self.assertRegex(done.out, r"pass +clean +clean ")
        self.assertIn("1 passed, 0 failed", done.out)
        self.assertIn("driver native cannot run here", done.out + done.err)
        self.assertRegex(done.out, r"unclosed-body +leak ")


class Manifests(e2e.Test):
    def test_leakcage_reads_them_as_well(self):
        """Down to the plan, of which an empty shard is run."""
        containers = {"job": "leakcage", "load": "client", "catalogue": "leakcage",
                      "report": "report"}
        for file in sorted(glob.glob(os.path.join(e2e.ROOT, "docker", "kube", "*.yaml"))):
            name = os.path.basename(file)[:-5]
            done = self.run_here("--shard", "1/2", "--pod", file, "--container",
                                 containers.get(name, name))
            self.expect_status(done, e2e.PASS)
            self.assertIn("shard 1/2: 0 of 1 run", done.err)


class Pod(e2e.Test):
    @e2e.needs_vm
    def test_a_pod_is_killed_restarted_and_judged(self):
        for program in ("podman", "bpftool", "catatonit"):
            if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin") is None:
                self.skipTest("%s is not installed: tools/setup.sh test" % program)
        done = subprocess.run(
            [os.path.join(e2e.ROOT, "tools", "pod.sh"), "unclosed-body"], cwd=e2e.ROOT,
            env=self.environment(PLACE="vm", LEAKCAGE_BUILD=e2e.BUILD), capture_output=True,
            text=True, check=False, timeout=400)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, 0, said)
        self.assertRegex(said, r"verdict +LEAK ")
        self.assertRegex(said, r"cause +sockets")
        restarts = re.search(r"pod: \S*unclosed-body: \w+, restarts: (\d+)", said)
        self.assertTrue(restarts, said)
        self.assertGreater(int(restarts.group(1)), 0, said)
        self.expect_nothing_left()


if __name__ == "__main__":
    e2e.main()
