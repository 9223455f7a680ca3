#!/usr/bin/python3
"""The completions, in the shells themselves: what is offered is what the program says, and paths
where it says so.

usage: test_completions.py BUILD_FOLDER

A shell that is not installed is skipped and said; without any the test is skipped (77).
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = ""
FILES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                     "packaging", "completions")

BASH = r"""
source "$1/leakcage.bash"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
compopt() { :; }
_leakcage
printf '%s\n' "${COMPREPLY[@]}"
"""

# What zsh's own functions would show.
ZSH = r"""
_describe() { local -a list; list=("${(@P)argv[-1]}"); print -rl -- "${(@)list%%:*}" }
_files() {
    local begun=$words[CURRENT]
    [[ $1 == -/ ]] && print -rl -- $begun*(/N) || print -rl -- $begun*(N)
}
file=$1/_leakcage
shift
words=("$@")
CURRENT=$#
source $file
"""


class Shell:
    """What every shell must offer."""
    name = ""

    def setUp(self):
        if shutil.which(self.name) is None:
            self.skipTest("%s is not installed" % self.name)
        self.home = tempfile.mkdtemp()
        self.dir = os.path.join(self.home, "here")
        self.addCleanup(shutil.rmtree, self.home)
        os.mkdir(self.dir)
        os.mkdir(os.path.join(self.dir, "folder"))
        with open(os.path.join(self.dir, "file.json"), "w", encoding="utf-8"):
            pass

    def run_shell(self, *words):
        environment = dict(os.environ, HOME=self.home, XDG_CONFIG_HOME=self.home,
                           XDG_DATA_HOME=self.home, LC_ALL="C.UTF-8",
                           PATH=BUILD + ":" + os.environ["PATH"])
        done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=self.dir,
                              env=environment, timeout=60)
        self.assertEqual(done.stderr, "")
        return sorted(word for word in done.stdout.splitlines() if word)

    def offered(self, *words):
        raise NotImplementedError

    def test_commands(self):
        self.assertEqual(self.offered("r"), ["report", "run"])

    def test_options(self):
        self.assertEqual(self.offered("run", "--dr"), ["--driver"])
        self.assertEqual(self.offered("run", "--vm-"), ["--vm-cpus", "--vm-memory"])
        self.assertEqual(self.offered("gate", "--base"), ["--baseline"])

    def test_values(self):
        self.assertEqual(self.offered("run", "--driver", ""), ["auto", "container", "native", "vm"])
        self.assertEqual(self.offered("run", "unclosed-body", "--variant", ""), ["all", "fixed"])
        self.assertEqual(self.offered("run", "--expect", "pressure/tr"), ["pressure/transient"])

    def test_scenarios(self):
        self.assertEqual(self.offered("show", "unclosed-f"), ["unclosed-file"])

    def test_paths(self):
        # Each shell shows folders as it does.
        def paths(*words):
            return [word.rstrip("/") for word in self.offered(*words)]
        self.assertEqual(paths("gate", "--baseline", ""), ["file.json", "folder"])
        self.assertEqual(paths("judge", ""), ["folder"])


class Bash(Shell, unittest.TestCase):
    name = "bash"

    def offered(self, *words):
        return self.run_shell("bash", "--norc", "-c", BASH, "bash", FILES, "leakcage", *words)

    def test_values_behind_an_equals_sign(self):
        self.assertEqual(self.offered("run", "--driver", "=", "v"), ["vm"])


class Zsh(Shell, unittest.TestCase):
    name = "zsh"

    def offered(self, *words):
        return self.run_shell("zsh", "-f", "-c", ZSH, "zsh", FILES, "leakcage", *words)

    def test_values_behind_an_equals_sign(self):
        self.assertEqual(self.offered("run", "--driver=v"), ["--driver=vm"])


class Fish(Shell, unittest.TestCase):
    name = "fish"

    def offered(self, *words):
        line = " ".join(word for word in ("leakcage",) + words)
        out = self.run_shell("fish", "--no-config", "-c",
                             'source "%s/leakcage.fish"; complete --do-complete "%s"' % (
                                 FILES, line))
        return [word.split("\t")[0] for word in out]

    def test_values_behind_an_equals_sign(self):
        self.assertEqual(self.offered("run", "--driver=v"), ["--driver=vm"])


if __name__ == "__main__":
    BUILD = os.path.abspath(sys.argv.pop(1))
    program = unittest.main(exit=False)
    result = program.result
    for _, reason in result.skipped:
        print("skipped: " + reason)
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if len(result.skipped) == result.testsRun else 0)
