#!/usr/bin/python3
"""libleakcage as others get it: installed, found by pkg-config, the examples compiled in C and in
C++ and run in the guest."""
import os
import shutil
import subprocess

import e2e

EXAMPLE = os.path.join(e2e.ROOT, "examples", "library")


class Library(e2e.Test):
    def command(self, *words, cwd=None, **changes):
        """A program of this machine; its output, when it went well."""
        done = subprocess.run(words, cwd=cwd, env=self.environment(**changes), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, "%s\n%s" % (" ".join(words), done.stdout))
        return done.stdout

    def install(self):
        """The prefix, and where its leakcage.pc lies."""
        prefix = os.path.join(self.dir, "prefix")
        self.command("cmake", "--install", e2e.BUILD, "--prefix", prefix)
        for folder, _, names in os.walk(prefix):
            if "leakcage.pc" in names:
                return prefix, folder
        self.fail("no leakcage.pc below %s" % prefix)

    def build(self, name, pc, **variables):
        """A copy of the example, made with what is installed."""
        folder = os.path.join(self.dir, name)
        shutil.copytree(EXAMPLE, folder)
        self.command("make", *("%s=%s" % item for item in variables.items()), cwd=folder,
                     PKG_CONFIG_PATH=pc)
        return folder

    def test_what_is_installed(self):
        prefix, pc = self.install()
        path = {"PKG_CONFIG_PATH": pc}
        self.assertEqual(self.command("pkg-config", "--modversion", "leakcage", **path).strip(),
                         self.leakcage("--version").out.split()[1])
        self.assertTrue(os.path.exists(os.path.join(prefix, "include", "leakcage.h")))
        library = os.path.join(
            self.command("pkg-config", "--variable=libdir", "leakcage", **path).strip(),
            "libleakcage.so")
        names = self.command("nm", "-D", "--defined-only", library).split()[2::3]
        self.assertEqual(sorted(name.partition("@")[0] for name in names
                                if not name.startswith("LEAKCAGE_")),
                         ["leakcage_check_abi", "leakcage_verdict_name", "leakcage_version"])
        self.assertIn("libleakcage.so.0", self.command("readelf", "-d", library))

    def test_the_static_library_is_enough(self):
        _, pc = self.install()
        folder = os.path.join(self.dir, "static")
        shutil.copytree(EXAMPLE, folder)
        flags = {some: self.command("pkg-config", "--static", some, "leakcage",
                                    PKG_CONFIG_PATH=pc).split() for some in ("--cflags", "--libs")}
        flags["--libs"][flags["--libs"].index("-lleakcage")] = "-l:libleakcage.a"
        self.command("cc", "-c", "words.c", cwd=folder)
        self.command("c++", *flags["--cflags"], "-o", "test_words", "test_words.cpp", "words.o",
                     *flags["--libs"], cwd=folder)
        program = os.path.join(folder, "test_words")
        self.assertNotIn("libleakcage", self.command("readelf", "-d", program))
        names = [line.split()[-1] for line in self.command("nm", program).splitlines()
                 if " T " in line]
        self.assertIn("leakcage_check_abi", names)
        self.assertNotIn("error_set", names)

    def test_the_header_alone_in_every_language(self):
        _, pc = self.install()
        flags = self.command("pkg-config", "--cflags", "leakcage", PKG_CONFIG_PATH=pc).split()
        source = self.write("alone.c", "#include <leakcage.h>\n")
        for language in (["cc", "-std=c99", "-x", "c"], ["cc", "-std=c17", "-x", "c"],
                         ["c++", "-std=c++11", "-x", "c++"], ["c++", "-std=c++20", "-x", "c++"]):
            self.command(*language, "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror",
                         "-fsyntax-only", *flags, source)

    @e2e.needs_vm
    def test_where_there_is_no_cage_nothing_passes(self):
        _, pc = self.install()
        folder = self.build("here", pc)
        for program, status in (("test_words", 1), ("test_words_cpp", 77)):
            done = subprocess.run([os.path.join(folder, program)], capture_output=True, text=True,
                                  env=self.environment(), check=False)
            said = done.stdout + done.stderr
            self.assertEqual(done.returncode, status, said)
            self.assertIn("not checked: ", said)
            self.assertIn("leakcage vm -- ", said)
        self.expect_nothing_left()

    @e2e.needs_vm
    def test_the_examples_in_the_guest(self):
        prefix, pc = self.install()
        mended = self.build("mended", pc)
        leaking = self.build("leaking", pc, CFLAGS="-DFORGETFUL")
        installed = os.path.join(prefix, "bin", "leakcage")
        script = """
            mkdir /tmp/own; export TMPDIR=/tmp/own
            {mended}/test_words; echo "C $?"
            {mended}/test_words_cpp; echo "C++ $?"
            RESULTS=/tmp/kept {leaking}/test_words; echo "leaking $?"
            {leakcage} judge /tmp/kept/split; echo "judge $?"
            ls -d /sys/fs/cgroup/leakcage-* 2>/dev/null; ls -A /tmp/own
            echo done""".format(mended=mended, leaking=leaking, leakcage=installed)
        done = self.leakcage("vm", "--", "sh", "-c", script, timeout=240)
        self.expect_status(done, e2e.PASS)
        for words in ("\nC 0\n", "\nC++ 0\n", "\nleaking 1\n", "leak: heap, +", "\njudge 1\n"):
            self.assertIn(words, "\n" + done.out)
        # No group, no folder is left there.
        self.assertRegex(done.out, r"judge 1\ndone\n$")


if __name__ == "__main__":
    e2e.main()
