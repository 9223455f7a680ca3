#!/usr/bin/python3
"""Other users, other folders, two at once."""
import json
import os
import re
import shutil
import subprocess
import time

import e2e

NOBODY = 65534
SHORT = ["--requests", "40", "--warmup", "20"]


class Unprivileged(e2e.Test):
    def cache_for_all(self):
        """The fetched kernel, where anybody can read it; None when there is none."""
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        fetched = os.path.join(cache, "leakcage", "vm")
        if not os.path.isdir(fetched):
            return None
        place = os.path.join(self.dir, "cache")
        shutil.copytree(fetched, os.path.join(place, "leakcage", "vm"))
        subprocess.run(["chmod", "-R", "a+rX", place], check=True)
        return place

    def reachable(self):
        """Whether nobody may get to the build folder at all."""
        return subprocess.run(["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY),
                               "--clear-groups", "test", "-x", e2e.LEAKCAGE],
                              check=False).returncode == 0

    @e2e.needs_vm
    def test_driver_vm_needs_no_root(self):
        if os.getuid() != 0:
            self.skipTest("not root: all other tests have shown it already")
        if shutil.which("setpriv") is None:
            self.skipTest("no setpriv on this machine (util-linux)")
        if not self.reachable():
            self.skipTest("uid %d cannot reach the build folder" % NOBODY)
        home = os.path.join(self.dir, "home")
        os.makedirs(home)
        os.chown(home, NOBODY, NOBODY)
        os.chown(self.tmp, NOBODY, NOBODY)
        environment = self.environment(HOME=home)
        if "LEAKCAGE_KERNEL" not in os.environ:
            cache = self.cache_for_all()
            if cache is None:
                self.skipTest("there is no fetched kernel to share")
            environment["XDG_CACHE_HOME"] = cache
        self.results = os.path.join(home, "results")
        # Folders that keep their own owner out are the harder to remove without root.
        litter = self.write("litter.json", {
            "service": {"command": [e2e.HOSTILE, "litter"]}, "load": {"path": "/"}})
        done = self.run_here("--driver", "vm", "--json", *SHORT, "clean", litter, env=environment,
                             prefix=["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY),
                                     "--clear-groups", "--"])
        self.expect_status(done, e2e.PASS)
        self.assertEqual([(r["id"], r["verdict"]) for r in json.loads(done.out)],
                         [("clean", "clean"), ("litter", "clean")])
        for name in ("result.json", "timeline.csv", "cycles.csv", "service.log", "report.html",
                     "run.json"):
            path = os.path.join(self.results, "clean", name)
            self.assertEqual(os.stat(path).st_uid, NOBODY)
        self.assertEqual(sorted(os.listdir(self.results)), ["clean", "litter"])
        self.assertEqual(len(os.listdir(os.path.join(self.results, "litter"))), 6)
        self.expect_nothing_left()


class Places(e2e.Test):
    @e2e.needs_driver
    def test_two_at_once(self):
        folders = [os.path.join(self.results, str(i)) for i in range(2)]
        runs = [self.start("run", "-o", folder, "--json", *SHORT, "clean") for folder in folders]
        for run, folder in zip(runs, folders):
            out, err = run.communicate(timeout=90)
            self.assertEqual(run.returncode, e2e.PASS, err)
            self.assertEqual(json.loads(out)["verdict"], "clean")
            self.assertEqual(sorted(os.listdir(folder)), ["clean"])
        self.expect_nothing_left()

    @e2e.needs_driver
    def test_two_at_once_with_the_same_results(self):
        runs = [self.start("run", "-o", self.results, "--json", *SHORT, "clean")
                for _ in range(2)]
        for run in runs:
            out, err = run.communicate(timeout=90)
            self.assertEqual(run.returncode, e2e.PASS, err)
            self.assertEqual(json.loads(out)["verdict"], "clean")
        self.assertEqual(self.result("clean")["verdict"], "clean")
        self.expect_nothing_left()

    @e2e.needs_vm
    def test_a_result_of_an_overlays_lower_layer_is_replaced(self):
        # As in a container whose image holds results: here the guest's layer over this machine's.
        old = os.path.join(self.results, "clean")
        os.makedirs(old)
        with open(os.path.join(old, "old"), "w", encoding="utf-8") as file:
            file.write("of an earlier run\n")
        done = self.leakcage("vm", "--", "/bin/sh", "-c",
                             '"$1" run -o "$2" --quiet --requests 40 --warmup 20 clean && '
                             'ls "$2/clean"', "sh", e2e.LEAKCAGE, self.results)
        self.expect_status(done, e2e.PASS)
        self.assertTrue(done.out.endswith(
            "cycles.csv\nreport.html\nresult.json\nrun.json\nservice.log\n"
            "timeline.csv\n"), str(done))
        self.assertNotIn("old\n", done.out)
        self.assertEqual(os.listdir(old), ["old"], "the guest wrote on this machine")

    @e2e.needs_driver
    def test_awkward_folders(self):
        # A comma ends a value in QEMU's options; a relative path starts where the user is.
        place = os.path.join(self.dir, "a folder, with = and 'quotes' ü")
        os.makedirs(place)
        done = self.leakcage("run", "-o", "my, results", "--json", *SHORT,
                             "--url", "/work", "--", e2e.service("clean"), cwd=place)
        self.expect_status(done, e2e.PASS)
        self.assertEqual(os.listdir(place), ["my, results"])
        self.assertEqual(os.listdir(os.path.join(place, "my, results")), ["clean"])

    @e2e.needs_driver
    def test_a_command_gets_its_arguments_and_environment(self):
        script = self.write("wrap.sh", '#!/bin/sh\necho "arguments: $*, fruit: $FRUIT"\n'
                            'echo kept >"$LEAKCAGE_DATA/file" && cat "$4/file"\n'
                            'exec "%s" --port "$3"\n' % e2e.service("clean"))
        os.chmod(script, 0o755)
        environment = self.environment(FRUIT="plum")
        done = self.run_here("--json", *SHORT, "--ready", "/healthz", "--url", "/work", "--",
                             "./wrap.sh", "a b", "--run", "{port}", "{data}", cwd=self.dir,
                             env=environment)
        self.expect_status(done, e2e.PASS)
        with open(os.path.join(self.results, "wrap-sh", "service.log"), encoding="utf-8") as file:
            said = file.read()
        self.assertRegex(said, r"arguments: a b --run \d+ /\S+, fruit: plum\nkept\n")
        data = re.search(r"--run \d+ (/\S+),", said).group(1)
        self.assertFalse(os.path.exists(data), "what the service wrote is left")
        self.assertEqual(sorted(os.listdir(os.path.join(self.results, "wrap-sh"))),
                         ["cycles.csv", "report.html", "result.json", "run.json", "service.log",
                          "timeline.csv"])

    @e2e.needs_driver
    def test_a_user_in_a_hurry_gets_a_verdict_soon(self):
        begin = time.monotonic()
        done = self.run_here("--json", "unclosed-body")
        seconds = time.monotonic() - begin
        self.expect_status(done, e2e.PASS)
        self.assertLess(seconds, 60)
        print("  unclosed-body: %.1f s from the command to its end, verdict after %.1f s" % (
            seconds, json.loads(done.out)["verdict_s"]))


if __name__ == "__main__":
    e2e.main()
