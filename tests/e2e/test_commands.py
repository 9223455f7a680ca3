#!/usr/bin/python3
"""Any service from a plain command line: process trees, daemons, other users, work that is not
HTTP. The programs are in programs/; which process leaks must be said."""
import os
import re

import e2e

PROGRAMS = os.path.join(e2e.ROOT, "tests", "e2e", "programs")
PYTHON = "/usr/bin/python3"
# A folder in the guest that is on no share: there are no FIFOs on one.
FIFO = "/tmp/jobs.{port}"


def program(name):
    return os.path.join(PROGRAMS, name)


def load_of(*arguments):
    """A client as an option has it. Python starts faster without its site, and is slow enough."""
    return " ".join([PYTHON, "-IS", "'%s'" % program("job.py"), FIFO, *arguments])


class Commands(e2e.Test):
    def run_command(self, *arguments, status, timeout=400):
        done = self.run_here("--limit", "64M", "--no-color", *arguments, timeout=timeout)
        self.expect_status(done, status)
        self.expect_nothing_left()
        return done

    def folder(self):
        """The one result there is."""
        names = os.listdir(self.results)
        self.assertEqual(len(names), 1, names)
        return names[0]

    def text_of(self, name):
        with open(os.path.join(self.results, self.folder(), name), encoding="utf-8") as file:
            return file.read()

    def expect_leak(self, done, name, processes):
        """Of the heap, in these processes and no others; said everywhere."""
        result = self.result(self.folder())
        self.assertEqual((result["verdict"], result["cause"]), ("leak", "heap"), str(done))
        growth = result["growth_bytes_per_request"]["estimate"]
        self.assertTrue(16000 < growth < 18000, growth)
        found = result["growth_processes"]
        self.assertEqual({process["name"] for process in found}, {name}, found)
        self.assertEqual(len(found), processes, found)
        self.assertGreater(sum(process["share"] for process in found), 0.9, found)
        self.assertIn("in process %d (%s)" % (found[0]["pid"], name), result["evidence"])
        self.assertRegex(done.out, r"process +%s \(pids? %d[^)]*\) holds? \d+ %% of the growth" % (
            re.escape(name), found[0]["pid"]))

    @e2e.needs_driver
    def test_a_worker_that_leaks_is_named_and_its_master_is_not(self):
        done = self.run_command("--", PYTHON, program("prefork.py"), "--leak", status=e2e.OTHER)
        self.expect_leak(done, "prefork.py", 2)

    @e2e.long
    @e2e.needs_driver
    def test_workers_that_keep_nothing_are_clean(self):
        self.run_command("--", PYTHON, program("prefork.py"), status=e2e.PASS)
        result = self.result(self.folder())
        self.assertEqual(result["verdict"], "clean")
        self.assertNotIn("growth_processes", result)

    @e2e.needs_driver
    def test_behind_a_wrapper_and_as_another_user_the_server_is_named(self):
        done = self.run_command("--user", "nobody", "--ready", "log:^prefork: uid [0-9]+, ", "--",
                                program("wrapper.sh"), PYTHON, program("prefork.py"), "--leak",
                                status=e2e.OTHER)
        self.expect_leak(done, "prefork.py", 2)
        log = self.text_of("service.log")
        self.assertIn("wrapper: starting " + PYTHON, log)
        self.assertRegex(log, r"prefork: uid 65534, groups \[65534\], home /")

    @e2e.long
    @e2e.needs_driver
    def test_a_daemon_is_judged_and_named(self):
        done = self.run_command("--", PYTHON, program("daemon.py"), "--leak", status=e2e.OTHER)
        self.expect_leak(done, "daemon.py", 1)

    @e2e.needs_driver
    def test_work_that_is_not_http_leaks(self):
        done = self.run_command("--ready", "log:^jobs: reading ", "--load", load_of(),
                                "--requests", "25", "--warmup", "25", "--",
                                PYTHON, program("jobs.py"), FIFO, "--leak", status=e2e.OTHER)
        result = self.result(self.folder())
        self.assertEqual((result["verdict"], result["cause"]), ("leak", "heap"), str(done))
        growth = result["growth_bytes_per_request"]["estimate"]
        self.assertTrue(15500 < growth < 18000, growth)
        self.assertNotIn("growth_processes", result)
        self.assertEqual(self.text_of("load.log"), "")

    @e2e.long
    @e2e.needs_driver
    def test_work_that_is_not_http_and_litters_is_clean(self):
        self.run_command("--ready", "none", "--load", load_of("--litter"), "--requests", "12",
                         "--warmup", "12", "--", PYTHON, program("jobs.py"), FIFO,
                         status=e2e.PASS)
        self.assertEqual(self.result(self.folder())["verdict"], "clean")

    @e2e.needs_driver
    def test_work_that_fails_is_shown(self):
        done = self.run_command("--ready", "none",
                                "--load", "sh -c 'echo no job for {port}; exit 3'",
                                "--", "sleep", "1000", status=e2e.SERVICE)
        self.assertIn("only 0 of 40 runs of the load's command ended with exit status 0 "
                      "(40 with another", done.out)
        self.assertRegex(done.out, r"the end of what it printed:\nno job for \d+\n")
        self.assertRegex(self.text_of("load.log"), r"^(no job for \d+\n){40}$")

    @e2e.needs_driver
    def test_a_line_that_never_comes_shows_the_log(self):
        scenario = self.write("mute.json", {
            "service": {"command": ["sh", "-c", "echo starting up; sleep 1000"],
                        "ready": "log:^listening", "ready_timeout": "1s"},
            "load": {"command": ["true"]}})
        done = self.run_command(scenario, status=e2e.SERVICE)
        self.assertIn('none of the 1 lines it printed matches "^listening"', done.out)
        self.assertIn("starting up", done.out)


class Usage(e2e.Test):
    WRONG = (
        (["--load", "client 'a b"], "--load: found a ' that is not closed at column 8"),
        (["--load", "client | tee x"], "no shell reads this"),
        (["--load", "no-such-program-anywhere"], "$.load.command: found"),
        (["--load", "true {prot}"], "unknown placeholder {prot}"),
        (["--load", "true", "--url", "/"], "both --url and --load"),
        (["--load", "true", "--concurrency", "300"], "at most 256"),
        (["--ready", "log:up("], "POSIX extended regular expression"),
        (["--user", "no-such-user"], "expected a user of this machine"),
        (["--user", "nobody:no-such-group"], "expected a group of this machine"),
    )

    def test_what_is_wrong_is_said_before_anything_runs(self):
        for arguments, words in self.WRONG:
            with self.subTest(words):
                done = self.run_here(*arguments, "--", "true")
                self.expect_status(done, e2e.USAGE)
                self.assertIn(words, done.err)
                self.assertLess(done.seconds, e2e.SOON_S)


if __name__ == "__main__":
    e2e.main()
