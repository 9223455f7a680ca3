#!/usr/bin/python3
"""The commit, or the compiler flag, with which a leak begins: `git bisect run leakcage run
--bisect`, in throw-away repositories."""
import os
import re
import signal
import subprocess
import time

import e2e

TREE = os.path.join(e2e.ROOT, "tests", "e2e", "programs", "tree.c")
FLAGS = os.path.join(e2e.ROOT, "tools", "bisect-flags.sh")
GOOD, BAD, SKIP, STOP_USAGE, STOP_ENVIRONMENT, STOP_INTERRUPTED = 0, 1, 125, 130, 131, 130
# Short: what grows here does so by a kilobyte a request, or not at all.
BRIEF = ["--limit", "256M", "--requests", "60", "--concurrency", "1"]
MAKEFILE = "service: tree.c Makefile\n\tgcc -O1 -Wall -Werror -o service tree.c\n"


class Test(e2e.Test):
    def setUp(self):
        super().setUp()
        self.repository = os.path.join(self.dir, "repository")
        os.mkdir(self.repository)
        # Nothing of the user's own git.
        self.git_environment = self.environment(
            GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1", LEAKCAGE_BUILD=e2e.BUILD)

    def run_there(self, *words, timeout=300):
        return subprocess.run(words, cwd=self.repository, env=self.git_environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                              check=False)

    def git(self, *words, **options):
        done = self.run_there("git", "-c", "user.name=a", "-c", "user.email=a@b.example", *words,
                              **options)
        self.assertEqual(done.returncode, 0, "git %s\n%s\n%s" % (words, done.stdout, done.stderr))
        return done.stdout.strip()

    def commit(self, subject, **files):
        """All of the files replaced; the commit."""
        for name, text in files.items():
            with open(os.path.join(self.repository, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)
        return self.git("rev-parse", "HEAD")


class Commits(Test):
    def make_history(self):
        """Eight commits: from the sixth on no node is freed; the fourth, the first that the search
        comes to, cannot be built."""
        with open(TREE, encoding="utf-8") as file:
            source = file.read()
        freed = "    free(node);\n"
        self.assertEqual(source.count(freed), 1)
        self.git("init", "-q")
        commits = []
        for number in range(1, 9):
            text = source if number < 6 else source.replace(freed, "")
            text = text if number != 4 else "#error half done\n" + text
            commits.append(self.commit("commit %d" % number, Makefile=MAKEFILE,
                                       **{"tree.c": "/* %d */\n%s" % (number, text)}))
        return commits

    @e2e.needs_driver
    def test_the_commit_that_brought_a_leak_is_found_past_one_that_does_not_build(self):
        commits = self.make_history()
        self.git("bisect", "start", commits[7], commits[0])
        out = self.git("bisect", "run", e2e.LEAKCAGE, "run", "--bisect", "--build", "make", *BRIEF,
                       "-o", self.results, "--", "./service")
        self.assertIn(commits[5] + " is the first bad commit", out)
        said = [line for line in out.splitlines() if line.startswith("bisect: ")]
        self.assertRegex(said[0], r"^bisect: skip \(the build failed: make: exit status 2 "
                                  r"\(.*/build\.log\)\)$")
        self.assertIn("bisect: good (clean)", said)
        self.assertRegex("\n".join(said), r"bisect: bad \(leak, \+[0-9.]+ (B|KiB) per request\)")
        self.assertEqual(self.git("status", "--porcelain"), "?? service")
        self.expect_nothing_left()


class Statuses(Test):
    """Of a single run, without git."""

    def bisect(self, *arguments, **options):
        return self.run_here("--bisect", *arguments, cwd=self.repository, **options)

    def expect_end(self, status, words, *arguments):
        done = self.bisect(*arguments)
        self.expect_status(done, status)
        self.assertRegex(done.out, r"(?m)^bisect: %s" % words)
        self.assertEqual(len(re.findall("(?m)^bisect: ", done.out)), 1, str(done))

    def test_what_must_stop_the_search_is_never_taken_for_a_bad_commit(self):
        stop = r"stop \("
        for status, words, arguments in (
                (STOP_USAGE, stop + "unknown option", ["--limti", "64M", "--", "true"]),
                (STOP_USAGE, stop + "no scenario and no command", []),
                (STOP_USAGE, stop + "command line: .*expected a program", ["--", "no-such-thing"]),
                (STOP_USAGE, stop + "--build: found a ' that",
                 ["--build", "make 'x", "--", "true"]),
                (STOP_USAGE, stop + "--bisect: found beside --shard", ["--shard", "0/2", "clean"]),
                (STOP_USAGE, stop + "--bisect: found with another command", ["--help"]),
                (STOP_ENVIRONMENT, stop + "--build: cannot execute no-such-thing",
                 ["--build", "no-such-thing all", "--", "true"]),
                (STOP_ENVIRONMENT, stop + "driver vm cannot run here",
                 ["--driver", "vm", "--kernel", "/no/such/kernel", "--modules", "/no/such/modules",
                  "--", "true"])):
            with self.subTest(words):
                self.expect_end(status, words, *arguments)
        done = self.leakcage("judge", "--bisect", self.results)
        self.expect_status(done, STOP_USAGE)

    def test_what_this_commit_cannot_do_is_skipped(self):
        failing = "sh -c 'echo first; echo the last line; exit 3'"
        self.expect_end(SKIP, r"skip \(the build failed: sh -c .*: exit status 3 \(",
                        "--build", failing, "--", "./service")
        self.assertIn("the last line", self.bisect("--build", failing, "--", "./service").err)
        with open(os.path.join(self.results, "build.log"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "first\nthe last line\n")
        self.expect_end(SKIP, r"skip \(the build failed: cannot execute \./build\.sh: No such",
                        "--build", "./build.sh", "--", "./service")
        self.expect_end(SKIP, r"skip \(command line: .*/service\", expected a program: No such",
                        "--", "./service")

    def test_a_build_that_is_interrupted_stops_the_search_and_leaves_nothing(self):
        process = self.start("run", "--bisect", "-o", self.results, "--build",
                             "sh -c 'sleep 50 & wait'", "--", "true", cwd=self.repository)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 20
        while len(e2e.processes_marked(self.mark)) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, STOP_INTERRUPTED, err)
        self.assertIn("bisect: stop (--build: interrupted while sh ran)", out)
        self.expect_nothing_left()

    def test_a_build_is_for_bisections_only(self):
        done = self.run_here("--build", "make", "--", "true")
        self.expect_status(done, e2e.USAGE)
        self.assertIn("--build: found without --bisect", done.err)

    @e2e.needs_driver
    def test_a_service_that_crashes_is_skipped(self):
        self.expect_end(SKIP, r"skip \(.*exit status 7", "--", "sh", "-c", "exit 7")
        self.expect_nothing_left()

    @e2e.needs_driver
    def test_repeats_are_runs_of_their_own_and_agree(self):
        done = self.bisect("--repeats", "2", "--json", *BRIEF, e2e.scenario("clean"))
        self.expect_status(done, GOOD)
        self.assertTrue(done.out.startswith("["), done.out)
        self.assertIn("bisect: good (clean; 2 runs agree)", done.err)
        self.assertEqual([self.result(name)["id"] for name in ("clean", "clean.2")],
                         ["clean", "clean.2"])


class Flags(Test):
    def bisect_flags(self, *arguments):
        return self.run_there("sh", FLAGS, *arguments)

    def test_what_is_wrong_is_said(self):
        for words, arguments in (
                ("--build is missing", ["-O2", "--", "x"]),
                ("--build: a value is missing", ["--build"]),
                ("there is no flag", ["--build", "true", "--", "x"]),
                ("there is nothing for leakcage run", ["--build", "true", "-O2"]),
                ("a flag is empty", ["--build", "true", "", "--", "x"]),
                ("no such folder", ["--source", "/no/where", "--build", "true", "-O2", "--", "x"])):
            with self.subTest(words):
                done = self.bisect_flags(*arguments)
                self.assertEqual(done.returncode, e2e.USAGE, done.stderr)
                self.assertIn(words, done.stderr)
        self.assertEqual(os.listdir(self.tmp), [])

    def test_what_does_not_build_with_all_the_flags_is_undecided(self):
        done = self.bisect_flags("--build", "echo no compiler; exit 9", "-O2", "-g", "--",
                                 "./service")
        self.assertEqual(done.returncode, e2e.INCONCLUSIVE, done.stderr)
        self.assertIn("2 of 2  -g ", done.stdout)
        self.assertIn("no compiler", done.stderr)
        self.assertEqual(os.listdir(self.tmp), [])

    @e2e.needs_driver
    def test_the_flag_that_makes_a_service_leak_is_found(self):
        race = "-O1 -fsanitize=thread"
        with open(TREE, encoding="utf-8") as file:
            source = file.read()
        with open(os.path.join(self.repository, "tree.c"), "w", encoding="utf-8") as file:
            file.write(source)
        done = self.run_there("gcc", *race.split(), "-o", "service", "tree.c")
        if done.returncode != 0:
            self.skipTest("gcc has no race detector here (Debian: apt-get install libtsan2): " +
                          done.stderr[-300:])
        done = self.bisect_flags("--build", "gcc -Wall $FLAGS -o service tree.c", "-g", race,
                                 "-fno-plt", "--", *BRIEF, "./service")
        self.assertEqual(done.returncode, e2e.USAGE, done.stdout)  # a command stands after --
        done = self.bisect_flags("--build", "gcc -Wall $FLAGS -o service tree.c", "-g", race,
                                 "-fno-plt", "--", *BRIEF, "--", "./service")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.splitlines()[-1], "the leak begins with " + race)
        self.assertRegex(done.stdout, r"3 of 3 +-fno-plt +bad \(leak, ")
        self.assertRegex(done.stdout, r"0 of 3 +\(none\) +good \(clean\)")
        self.expect_nothing_left()


if __name__ == "__main__":
    e2e.main()
