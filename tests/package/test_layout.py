#!/usr/bin/python3
"""What is installed, from a build folder: below a prefix (DESTDIR and PREFIX), and as packages.

usage: test_layout.py BUILD_FOLDER

The package is made of the program's component only, which is the same in every preset, and must
be lintian clean; `make package-test` looks at all packages.
"""
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

BUILD = ""
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What a user of the program needs, below the prefix.
PRESENT = [
    "bin/leakcage", "libexec/leakcage/leakcage-init", "libexec/leakcage/fetch-kernel.sh",
    "libexec/leakcage/services/unclosed-body", "libexec/leakcage/services/clean",
    "share/leakcage/scenarios/schema.json", "share/leakcage/scenarios/unclosed-body.json",
    "share/leakcage/grafana/leakcage.json", "share/man/man1/leakcage.1.gz",
    "share/man/man1/leakcage-run.1.gz", "share/man/man5/leakcage-scenario.5.gz",
    "share/bash-completion/completions/leakcage", "share/fish/vendor_completions.d/leakcage.fish",
    "share/doc/leakcage/copyright", "share/doc/leakcage/changelog.gz"]


def command(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL, **options)


class Layout(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)

    def expect(self, *words, status=0, **options):
        done = command(*words, check=False, **options)
        self.assertEqual(done.returncode, status, " ".join(words) + done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_make_install(self):
        """DESTDIR and PREFIX; what lies there works from there, wherever it is moved."""
        stage = os.path.join(self.dir, "stage")
        self.expect("make", "-C", ROOT, "install", "SETUP=no", "BUILD=" + BUILD,
                    "DESTDIR=" + stage, "PREFIX=/opt/leakcage")
        self.assertEqual(os.listdir(stage), ["opt"])
        prefix = os.path.join(self.dir, "moved")
        os.rename(os.path.join(stage, "opt/leakcage"), prefix)
        for name in PRESENT + ["include/leakcage.h"]:
            self.assertTrue(os.path.exists(os.path.join(prefix, name)), name)
        for folder, folders, names in os.walk(prefix):
            for name in folders + names:
                mode = os.lstat(os.path.join(folder, name)).st_mode
                self.assertFalse(not stat.S_ISLNK(mode) and mode & 0o022,
                                 "%s can be written by others" % name)
        program = os.path.join(prefix, "bin/leakcage")
        self.assertIn("unclosed-body", self.expect(program, "list", cwd="/"))
        shown = self.expect(program, "show", "unclosed-body", cwd="/")
        self.assertIn(os.path.join(prefix, "libexec/leakcage/services/unclosed-body"), shown)
        self.expect(program, "show", "nothing-such", status=2, cwd="/")
        with open(os.path.join(ROOT, "scenarios", "unclosed-body.json"), encoding="utf-8") as file:
            self.assertIn(json.load(file)["about"], shown)

    def test_every_service_of_the_catalogue_is_installed(self):
        stage = os.path.join(self.dir, "stage")
        self.expect("cmake", "--install", BUILD, "--prefix", stage, "--component", "leakcage")
        there = os.listdir(os.path.join(stage, "libexec/leakcage/services"))
        for name in os.listdir(os.path.join(ROOT, "scenarios")):
            with open(os.path.join(ROOT, "scenarios", name), encoding="utf-8") as file:
                text = file.read()
            for word in json.loads(text).get("service", {}).get("command", []) \
                    if name.endswith(".json") and name != "schema.json" else []:
                if word.startswith("{services}/"):
                    self.assertIn(word.partition("/")[2], there, name)
        self.assertFalse(os.path.exists(os.path.join(stage, "include")))

    def test_version(self):
        """Its facts are of this build."""
        text = self.expect(os.path.join(BUILD, "leakcage"), "--version")
        facts = dict(line.split(None, 1) if not line.startswith(("build type", "built with",
                                                                 "runs with", "C library"))
                     else (line[:10].strip(), line[12:]) for line in text.splitlines())
        with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as file:
            cache = file.read()
        self.assertRegex(facts["leakcage"], r"^\d+\.\d+\.\d+$")
        self.assertIn("CMAKE_BUILD_TYPE:STRING=" + facts["build type"], cache)
        self.assertRegex(facts["compiler"], r"^(GNU|Clang) \d")
        self.assertRegex(facts["C library"], r"^(glibc \d|not glibc)")
        self.assertEqual(facts["processor"], os.uname().machine)
        self.assertRegex(facts["commit"], r"^([0-9a-f]{12}(, changed since)?|unknown|[\w.-]+)$")
        self.assertIn("libcurl", facts["runs with"])
        for library in ("libcurl", "zlib", "elfutils"):
            self.assertRegex(facts["built with"], r"\b%s \d" % library)

    def test_the_package_is_lintian_clean(self):
        if shutil.which("lintian") is None:
            self.skipTest("lintian is not installed")
        packages = os.path.join(self.dir, "packages")
        self.expect("cpack", "-G", "DEB", "-B", packages, "-D", "CPACK_COMPONENTS_ALL=leakcage",
                    cwd=BUILD)
        debs = [name for name in os.listdir(packages) if name.endswith(".deb")]
        self.assertEqual(len(debs), 1)
        out = self.expect("lintian", "--allow-root", "--fail-on", "error,warning,info",
                          "--tag-display-limit", "0", os.path.join(packages, debs[0]),
                          env=dict(os.environ, TMPDIR=self.dir))  # it leaves a file there
        self.assertNotIn("E:", out)
        depends = self.expect("dpkg-deb", "-f", os.path.join(packages, debs[0]), "Depends")
        for package in ("libc6", "libcurl", "libmicrohttpd", "libdw1"):
            self.assertIn(package, depends)


if __name__ == "__main__":
    BUILD = os.path.abspath(sys.argv.pop(1))
    program = unittest.main(exit=False)
    for _, reason in program.result.skipped:
        print("skipped: " + reason)
    sys.exit(0 if program.result.wasSuccessful() else 1)
