#!/usr/bin/python3
"""The disk with the results is full, read-only, gone while they are written: what was found out is
said all the same, and why it is not kept.

It has a mount namespace of its own, for small disks."""
import json
import os
import shutil
import subprocess
import sys

import e2e
import faults

OWN = "LEAKCAGE_OWN_MOUNTS"


class Disk(faults.FaultTest):
    def setUp(self):
        super().setUp()
        self.disk = os.path.join(self.dir, "disk")
        self.results = os.path.join(self.disk, "results")
        os.mkdir(self.disk)

    def mount(self, size):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size, "small", self.disk],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=False,
                        stderr=subprocess.DEVNULL)

    @e2e.needs_driver
    def test_full(self):
        with self.fault("disk", "full when the result is written", bound_s=120) as fault:
            self.mount("60k")
            done = self.run_here("--requests", "40", "unclosed-body", timeout=120)
            fault.over()
            self.expect_status(done, e2e.ENVIRONMENT)
            self.assertIn("No space left on device", done.err)
            self.assertIn("unclosed-body: leak, sockets; but", done.err)
            self.assertEqual(os.listdir(self.results), [])
            fault.result = "error: the verdict, and that it cannot be stored; exit 3"

    @e2e.long
    @e2e.needs_driver
    def test_full_but_for_the_page(self):
        with self.fault("disk", "full when the report is written", bound_s=120) as fault:
            self.mount("300k")
            done = self.run_here("--requests", "40", "unclosed-body", timeout=120)
            fault.over()
            self.expect_status(done, e2e.PASS)
            self.assertIn("no report.html", done.err)
            self.assertIn("No space left on device", done.err)
            self.assertEqual(self.result("unclosed-body")["verdict"], "leak")
            fault.result = "the right verdict, kept; a warning: no page"

    @e2e.needs_driver
    def test_read_only(self):
        with self.fault("disk", "read-only before the run", bound_s=20) as fault:
            self.mount("1m")
            subprocess.run(["mount", "-o", "remount,ro", self.disk], check=True)
            done = self.run_here("clean")
            fault.over()
            self.expect_status(done, e2e.ENVIRONMENT)
            self.assertIn("Read-only file system", done.err)
            self.assertIn(self.results, done.err)
            self.assertEqual(e2e.processes_marked(self.mark), {})
            fault.result = "error: results cannot go there, before anything is run; exit 3"

    def outcome(self, status, err):
        self.assertEqual(status, e2e.ENVIRONMENT, err)
        self.assertIn("cannot", err)
        return "error: what cannot be written, and why; exit 3"

    @e2e.long
    @e2e.needs_driver
    def test_gone_under_load(self):
        with self.fault("disk", "the results' folder is removed in the middle of a run",
                        bound_s=120) as fault:
            run = e2e.Started(self, "clean")
            run.wait_for("clean: cycle 2")
            fault.happens()
            shutil.rmtree(self.results)
            status, _, err = self.end_of(run, 110)
            fault.over()
            fault.result = self.outcome(status, err)

    @e2e.long
    @e2e.needs_driver
    def test_unmounted_under_load(self):
        with self.fault("disk", "unmounted in the middle of a run", bound_s=120) as fault:
            self.mount("4m")
            run = e2e.Started(self, "clean")
            run.wait_for("clean: cycle 2")
            fault.happens()
            subprocess.run(["umount", "--lazy", self.disk], check=True)
            status, _, err = self.end_of(run, 110)
            fault.over()
            fault.result = self.outcome(status, err)

    @e2e.long
    @e2e.needs_driver
    def test_standard_output_is_full(self):
        with self.fault("disk", "/dev/full as standard output", bound_s=120) as fault:
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run(
                    [e2e.LEAKCAGE, "run", "-o", self.results, "--json", "--requests", "40",
                     "clean"], env=self.environment(), cwd=e2e.ROOT, stdout=full,
                    stderr=subprocess.PIPE, text=True, check=False, timeout=120)
            fault.over()
            self.assertEqual(done.returncode, e2e.ENVIRONMENT, done.stderr)
            self.assertIn("No space left on device", done.stderr)
            self.assertEqual(self.result("clean")["verdict"], "clean")
            fault.result = "error: it cannot be written; the result is kept; exit 3"


def main():
    unshare = shutil.which("unshare")
    if OWN not in os.environ and unshare:
        for options in (["--mount"], ["--mount", "--user", "--map-root-user"]):
            if subprocess.run([unshare, *options, "true"], check=False,
                              stderr=subprocess.DEVNULL).returncode == 0:
                os.environ[OWN] = "1"
                os.execv(unshare, [unshare, *options, sys.executable, *sys.argv])
    if OWN not in os.environ:
        print("skipped: no mount namespace to be had (unshare --mount)")
        sys.exit(e2e.SKIPPED)
    e2e.main()


if __name__ == "__main__":
    main()
