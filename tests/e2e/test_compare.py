#!/usr/bin/python3
"""leakcage compare: variants side by side in a guest, and the same table from recordings."""
import json
import os
import shutil
import signal
import subprocess

import e2e
import repository

FILES = ("comparison.html", "comparison.json", "comparison.md")
# A service that works, at a load that is soon done.
QUICK = ["--limit", "64M", "--requests", "40", "--warmup", "40", "--repeats", "1"]
# It finishes what it began, and the guest's end takes a moment.
INTERRUPTED_S, GONE_S = 30, 10


class Compare(e2e.Test):
    def compare(self, *arguments, **options):
        return self.leakcage("compare", "-o", self.results, *arguments, **options)

    def comparison(self):
        with open(os.path.join(self.results, "comparison.json"), encoding="utf-8") as file:
            return json.load(file)

    def row(self, done, name):
        """The cells of a row of the table, as words."""
        for line in done.out.splitlines():
            if line.startswith("  " + name + " "):
                return line[2 + len(name):].split()
        self.fail("no row %r in %s" % (name, done))
        return []


def build(test, *services):
    built = subprocess.run(
        ["cmake", "--build", e2e.BUILD, "--target", *("service-" + name for name in services)],
        capture_output=True, text=True, check=False)
    test.assertEqual(built.returncode, 0, built.stdout + built.stderr)


class Sanitized(e2e.Test):
    PARSE = ("--limit", "64M", "--url", "/parse", "--ready", "/healthz", "--requests", "150")

    @e2e.needs_driver
    def test_what_the_sanitizer_keeps_is_no_leak(self):
        build(self, "json-tree-asan")
        plain = self.environment(ASAN_OPTIONS=None)
        # A name that says nothing of what is in it.
        program = os.path.join(self.dir, "my-service")
        shutil.copy(e2e.service("json-tree-asan"), program)
        done = self.run_here(*self.PARSE, "--", program, env=plain)
        self.expect_status(done, e2e.PASS)
        result = self.result("my-service")
        self.assertEqual(result["verdict"], "clean")
        self.assertTrue(result["sanitizer_options"].startswith("ASAN_OPTIONS=quarantine_size_mb=0"))
        self.assertEqual(result["warnings"], [])
        self.assertEqual(done.out.count("AddressSanitizer: run with ASAN_OPTIONS="), 1, str(done))
        # What only starts it is no program with a sanitizer in it; the process is.
        done = self.run_here(*self.PARSE, "--", "/bin/sh", "-c", program + " --port $PORT",
                             env=plain)
        self.expect_status(done, e2e.INCONCLUSIVE)
        result = self.result("sh")
        self.assertNotIn("sanitizer_options", result)
        self.assertGreater(result["question"]["quarantine_bytes"], 256 << 20)
        self.assertIn("ASAN_OPTIONS=quarantine_size_mb=0", result["reason"])
        self.assertRegex(result["warnings"][0], "^AddressSanitizer keeps what is freed, up to ")
        again = self.leakcage("judge", os.path.join(self.results, "sh"), "--json")
        self.assertEqual(json.loads(again.out)["reason"], result["reason"])
        self.expect_nothing_left()


class Builds(Compare):
    @e2e.needs_driver
    def test_the_same_source_leaks_in_one_build_only(self):
        build(self, "json-tree-race", "json-tree-asan")
        done = self.compare("json-tree", "--builds", "plain,race,asan", "--repeats", "2",
                            timeout=240)
        # Each is as the scenario expects of it: race leaks.
        self.expect_status(done, e2e.PASS)
        self.assertEqual(self.row(done, "verdict"), ["CLEAN", "LEAK", "CLEAN"], str(done))
        self.assertIn("2 repeats can show no difference at 5 %: at least 4", done.out)
        self.assertEqual(done.out.count("run with ASAN_OPTIONS="), 1, str(done))
        self.assertIn("race: ThreadSanitizer: run with TSAN_OPTIONS=history_size=0", done.out)
        self.assertRegex(done.err, r"json-tree: plain, race, asan; 2 repeats")
        self.assertEqual(len([line for line in done.err.splitlines() if "json-tree.race" in line]),
                         2, str(done))
        variants = self.comparison()["variants"]
        self.assertEqual([variant["label"] for variant in variants], ["plain", "race", "asan"])
        self.assertEqual((variants[1]["verdict"], variants[1]["cause"]), ("leak", "heap"))
        for run in ("json-tree.plain", "json-tree.race.2"):
            self.assertIn(run, os.listdir(self.results))
        result = self.result("json-tree.race.2")
        self.assertEqual((result["group"], result["position"], result["build"]), (2, 2, "race"))
        self.expect_again(done)
        self.expect_nothing_left()

    def expect_again(self, done):
        """From the recordings: the same table, the same object, and nothing else beside it."""
        again = os.path.join(self.dir, "again")
        # What an earlier, longer comparison left in the folder is none of this one.
        shutil.copytree(os.path.join(self.results, "json-tree.plain"),
                        os.path.join(self.results, "json-tree.plain.3"))
        table = self.leakcage("compare", self.results, "-o", again)
        self.expect_status(table, e2e.PASS)
        self.assertEqual(table.out, done.out)
        self.assertEqual(sorted(os.listdir(again)), list(FILES))
        printed = self.leakcage("compare", self.results, "-o", again, "--json", "--quiet")
        self.assertEqual(printed.err, "")
        self.assertEqual(json.loads(printed.out), self.comparison())


class Failures(Compare):
    @e2e.needs_driver
    def test_one_that_never_gets_ready_leaves_the_others_alone(self):
        done = self.compare("--a", e2e.service("clean"), "--b",
                            "/bin/sh -c 'echo no database; exit 3'", "--url", "/work", *QUICK,
                            "--json")
        self.expect_status(done, e2e.SERVICE)
        variants = json.loads(done.out)["variants"]
        self.assertEqual([variant["label"] for variant in variants], ["clean", "sh"])
        self.assertEqual((variants[0]["verdict"], variants[0]["failed"]), ("clean", 0))
        self.assertEqual((variants[1]["runs"], variants[1]["failed"]), (1, 1))
        self.assertNotIn("verdict", variants[1])
        table = self.leakcage("compare", "-o", self.results, self.results)
        self.expect_status(table, e2e.SERVICE)
        self.assertRegex(table.out, r"sh: failed: the service ended with exit status 3 before it "
                                    r"was ready")
        self.assertIn("no database", table.out)
        self.expect_nothing_left()

    @e2e.needs_driver
    def test_an_allocator_that_is_not_taken_is_warned_of(self):
        library = "/lib/x86_64-linux-gnu/libm.so.6"
        if not os.path.exists(library):
            self.skipTest("%s is not there" % library)
        # The program takes the variable away again.
        done = self.compare("--allocators", "glibc," + library, "--url", "/work", *QUICK, "--",
                            "/usr/bin/env", "-u", "LD_PRELOAD", e2e.service("clean"))
        self.expect_status(done, e2e.PASS)
        self.assertIn("LD_PRELOAD had no effect: ", done.out)
        self.assertEqual(self.result("env.glibc")["warnings"], [])
        result = self.result("env.m")
        self.assertEqual(result["malloc"], "m")
        self.assertRegex(result["warnings"][0], r"^LD_PRELOAD had no effect: libm\S* is not mapped "
                                                r"in clean \(pid \d+\)$")
        # Without that it is there, and nothing is said.
        done = self.compare("--allocators", "glibc," + library, "--url", "/work", *QUICK, "--",
                            e2e.service("clean"))
        self.expect_status(done, e2e.PASS)
        self.assertNotIn("LD_PRELOAD", done.out)

    @e2e.needs_vm
    def test_an_interrupt_leaves_nothing_behind(self):
        run = e2e.Started(self, "clean", "--env", "A=1", *e2e.SLOW, command="compare")
        run.wait_for("take turns")
        run.wait_for_guest(4)
        self.assertEqual(run.end(signal.SIGINT, INTERRUPTED_S), e2e.INTERRUPTED, run.said)
        self.expect_nothing_left(GONE_S)


class Revisions(repository.Repository, Compare):
    """A repository with two commits: the second one keeps what it was asked."""
    SERVICE = """#!/usr/bin/python3
import http.server, os
kept = []
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *arguments):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

    @e2e.needs_driver
    def test_the_commit_that_leaks_is_seen_beside_the_one_that_does_not(self):
        self.make_repository()
        self.write("repository/Makefile", "svc: svc.py\n\tcp svc.py svc && chmod +x svc\n")
        self.write("repository/svc.py", self.SERVICE)
        self.commit("one")
        self.git("tag", "v1")
        self.write("repository/svc.py", self.SERVICE.replace(
            "        self.send_response", "        kept.append(bytearray(20000))\n"
            "        self.send_response"))
        self.commit("two")
        done = self.compare("--rev", "v1", "--rev", "HEAD", "--build", "make", *QUICK, "--",
                            "./svc", cwd=self.repository)
        self.expect_status(done, e2e.OTHER)
        self.assertEqual(self.row(done, "verdict"), ["CLEAN", "LEAK"], str(done))
        self.assertRegex(done.out, r"\n +v1 +HEAD\n")
        self.assertEqual(self.unfinished(), [])
        # Nothing was built where one works.
        self.assertFalse(os.path.exists(os.path.join(self.repository, "svc")))


class Words(Compare):
    """What is wrong is told at once, and no guest is booted."""

    def expect_usage(self, *arguments, status=e2e.USAGE, says=()):
        done = self.compare(*arguments)
        self.expect_status(done, status)
        self.assertEqual(done.out, "")
        self.assertLess(done.seconds, e2e.SOON_S)
        for word in says:
            self.assertIn(word, done.err)

    def test_what_cannot_be_compared_says_what_can(self):
        self.expect_usage("clean", says=["nothing to compare", "--builds plain,race"])
        self.expect_usage("clean", "--builds", "plain,nosuch",
                          says=["nosuch", "expected one of the builds that are there: plain"])
        self.expect_usage("clean", "--allocators", "glibc,jemaloc",
                          says=['did you mean "jemalloc"?', "tcmalloc, mimalloc"])
        self.expect_usage("clean", "--builds", "plain,,race", says=["empty word"])
        self.expect_usage("clean", "slow-leak", "--env", "A=1", says=["expected one"])
        self.expect_usage("--image", "x", "--allocators", "glibc,jemalloc",
                          says=["--allocators", "container"])
        self.expect_usage("clean", "--attach", "1", "--env", "A=1", says=["--attach"])
        self.expect_usage("clean", "--json", "--markdown", says=["expected one of them"])
        self.assertFalse(os.path.exists(self.results))

    def test_options_of_compare_are_for_compare(self):
        for option in (["--builds", "a"], ["--allocators", "a"], ["--args", "a"], ["--a", "a"],
                       ["--rev", "a"]):
            done = self.run_here("clean", *option)
            self.expect_status(done, e2e.USAGE)
            self.assertRegex(done.err, r"%s: .*leakcage compare" % option[0])

    def test_a_static_program_takes_no_allocator(self):
        program = os.path.join(self.dir, "fixed")
        source = self.write("fixed.c", "int main(void) { return 0; }\n")
        built = subprocess.run(["cc", "-static", "-o", program, source], capture_output=True,
                               text=True, check=False)
        if built.returncode != 0:
            self.skipTest("no static C library: " + built.stderr[-200:])
        library = self.write("libother.so", "")
        self.expect_usage("--allocators", "glibc," + library, "--", program,
                          status=e2e.ENVIRONMENT, says=["nothing to compare with", "other: "])


class Recordings(Compare):
    def take(self, folder, *names):
        for name in names:
            shutil.copytree(os.path.join(e2e.GOLDEN, name), os.path.join(self.dir, folder, name))
        return os.path.join(self.dir, folder)

    def test_runs_that_were_made_by_run(self):
        folder = self.take("old", "global-growth", "global-growth.fixed")
        done = self.compare(folder)
        self.expect_status(done, e2e.PASS)
        self.assertEqual(self.row(done, "verdict"), ["LEAK", "CLEAN"])
        self.assertRegex(done.out, r"\n +global-growth +fixed\n")
        # They did not take turns: what that means for figures of time is said.
        self.assertIn("did not take turns", done.out)
        self.assertEqual(sorted(os.listdir(self.results)), list(FILES))

    def test_one_variant_in_two_folders(self):
        before, after = self.take("before", "global-growth"), self.take("after", "global-growth")
        done = self.compare(before, after)
        self.expect_status(done, e2e.PASS)
        self.assertRegex(done.out, r"\n +before +after\n")

    def test_what_does_not_belong_together_is_refused(self):
        folder = self.take("mixed", "global-growth", "clean")
        done = self.compare(folder)
        self.expect_status(done, e2e.USAGE)
        self.assertIn("found results of the scenarios", done.err)
        one = self.take("one", "clean")
        done = self.compare(one)
        self.expect_status(done, e2e.USAGE)
        self.assertIn("nothing to compare", done.err)
        done = self.compare(one, one)
        self.expect_status(done, e2e.USAGE)
        self.assertIn("found twice", done.err)
        done = self.compare(one, "--builds", "plain,race")
        self.expect_status(done, e2e.USAGE)
        self.assertIn("is a folder", done.err)


if __name__ == "__main__":
    e2e.main()
