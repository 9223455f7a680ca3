#!/usr/bin/python3
"""What SECURITY.md promises, asked of the program: services without privileges, a guest that cannot
write the host, results for nobody else, scenarios that stay in their folder, no listener beyond
loopback."""
import os
import re
import stat

import e2e

PROBER = os.path.join(e2e.ROOT, "tests", "e2e", "programs", "prober.py")
PYTHON = "/usr/bin/python3"
SHORT = ["--limit", "64M", "--cycles", "2", "--requests", "10", "--warmup", "5", "--budget", "60s"]
SECRET = "what the host keeps to itself\n"


class Prober(e2e.Test):
    def setUp(self):
        super().setUp()
        self.victim = self.write("victim", SECRET)
        os.chmod(self.victim, 0o600)

    def probe(self, *options):
        """Run the prober. Whatever it did, and whatever its verdict is, there is a result."""
        done = self.run_here("--driver", "vm", *SHORT, *options, "--", PYTHON, PROBER, self.victim,
                             timeout=300)
        self.assertIn(done.status, (e2e.PASS, e2e.OTHER, e2e.INCONCLUSIVE, e2e.SERVICE), str(done))
        self.folder = os.path.join(self.results, "python3")
        self.assertTrue(os.path.isfile(os.path.join(self.folder, "result.json")), str(done))
        self.expect_host_untouched(done)
        return done

    def said(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return dict(re.findall(r"^prober: (.*?): (.*)$", file.read(), re.M))

    def expect_host_untouched(self, done):
        with open(self.victim, encoding="utf-8") as file:
            self.assertEqual(file.read(), SECRET, str(done))
        self.assertEqual(stat.S_IMODE(os.stat(self.victim).st_mode), 0o600)
        self.assertFalse(os.path.exists("/etc/leakcage-prober"))
        self.assertNotIn(SECRET.strip(), done.out + done.err)
        for folder, folders, files in os.walk(self.results):
            self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode) & 0o077,
                             0 if folder != self.results else 0o055, folder)
            for name in folders + files:
                path = os.path.join(folder, name)
                mode = os.lstat(path).st_mode
                self.assertTrue(stat.S_ISREG(mode) or stat.S_ISDIR(mode), path)
                self.assertEqual(mode & 0o7000, 0, path)
                if stat.S_ISREG(mode):
                    with open(path, encoding="utf-8", errors="replace") as file:
                        self.assertNotIn(SECRET.strip(), file.read(), path)
        self.expect_nothing_left()

    @e2e.needs_vm
    def test_a_service_has_no_privileges(self):
        self.probe()
        said = self.said("service.log")
        user = os.getuid() or int(os.environ.get("SUDO_UID", 65534)) or 65534
        self.assertEqual(said["Uid"], " ".join([str(user)] * 4), said)
        self.assertEqual((said["NoNewPrivs"], said["Seccomp"]), ("1", "2"), said)
        for name in ("CapEff", "CapBnd"):
            self.assertEqual(int(said[name], 16), 0, said)
        self.assertEqual(said["write data"], "done", said)
        for what in ("write /etc", "mount", "mount the host's root", "set the clock"):
            self.assertNotEqual(said[what], "done", said)
        if os.getuid() == 0:  # else the service is who owns these
            for what in ("write the victim", "list the work folder", "read the plan", "lay traps"):
                self.assertNotEqual(said[what], "done", said)

    @e2e.needs_vm
    def test_not_even_the_guests_root_reaches_the_host(self):
        """It may do what it likes in its guest, and does: so that this tests something."""
        done = self.probe("--user", "root")
        said = self.said("old.log")
        self.assertEqual((said["Uid"], said["write /etc"], said["lay traps"]),
                         ("0 0 0 0", "done", "done"), str(said))
        self.assertNotEqual(said["mount the host's root"], "done", str(said))
        for name in ("report.html", "run.json"):
            path = os.path.join(self.folder, name)
            self.assertTrue(os.path.isfile(path) and not os.path.islink(path), str(done))
        for name in ("service.log", "collected", "explanation.json"):
            self.assertFalse(os.path.lexists(os.path.join(self.folder, name)), name)


class Paths(e2e.Test):
    def run_strict(self, *arguments):
        return self.run_here(*arguments, env=self.environment(LEAKCAGE_ALLOW_OUTSIDE=None))

    def test_a_scenario_stays_in_its_folder(self):
        os.makedirs(os.path.join(self.dir, "inner"))
        self.write("program", "")
        for command in ("../program", os.path.join(self.dir, "program"), "{dir}/../program"):
            path = self.write("inner/scenario.json", {
                "service": {"command": [command]}, "load": {"path": "/"}, "limit": "64MiB"})
            for asked in ("run", "gate", "compare", "explain"):
                more = {"gate": ["--baseline", "b.json", "--update"],
                        "compare": ["--allocators", "glibc,jemalloc"]}.get(asked, [])
                done = self.leakcage(asked, "-o", self.results, *more, path,
                                     env=self.environment(LEAKCAGE_ALLOW_OUTSIDE=None))
                self.expect_status(done, e2e.USAGE)
                self.assertIn("--allow-outside", done.err)
                self.assertIn("$.service.command", done.err)
            # Asked for it is another error: it is no program.
            done = self.run_strict("--allow-outside", path)
            self.expect_status(done, e2e.USAGE)
            self.assertIn("not executable", done.err)
        self.assertFalse(os.path.exists(self.results))


if __name__ == "__main__":
    e2e.main()
