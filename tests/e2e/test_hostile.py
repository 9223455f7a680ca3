#!/usr/bin/python3
"""Services that misbehave: the documented exit status, and one screen that tells what happened.

One session runs them all, for it goes on after a run that failed; `leakcage judge` then tells the
exit status of each. Two are also run by themselves, as a user does with `run -- COMMAND`."""
import json
import os

import e2e

SCREEN_LINES = 24
SCREEN_COLUMNS = 120

# way -> exit status, and words that the error must have (none: there is a verdict)
WAYS = {
    "exit": (e2e.SERVICE, ["exit status 3 before it was ready", "cannot open the database"]),
    "chatty-exit": (e2e.SERVICE, ["exit status 3 before it was ready", "line 19999"]),
    "binary-exit": (e2e.SERVICE, ["exit status 3 before it was ready"]),
    "never-ready": (e2e.SERVICE, ["was not ready after", "nothing listens on 127.0.0.1:",
                                  "reading the configuration"]),
    "elsewhere": (e2e.SERVICE, ["was not ready after", "but it listens on 127.0.0.1:", "PORT"]),
    "answers-500": (e2e.SERVICE, ["0 of", "other status", "hostile: listening"]),
    "closes": (e2e.SERVICE, ["0 of", "reset"]),
    "crash": (e2e.SERVICE, ["killed by signal 11", "writing where nothing is"]),
    "exit-later": (e2e.SERVICE, ["exit status 5", "the disk is full, giving up"]),
    "fork-and-leave": (e2e.SERVICE, ["exit status 0 and left 1 process behind",
                                     "going to the background"]),
    "stubborn": (e2e.PASS, []),
    "litter": (e2e.PASS, []),
    "daemon": (e2e.PASS, []),
}
NEVER_UP = ("never-ready", "elsewhere", "fork-and-leave")


class Hostile(e2e.Test):
    def scenario_of(self, way, command=None):
        # What comes up has time for it, also on a busy machine.
        timeout = "1500ms" if way in NEVER_UP else "10s"
        return self.write(way + ".json", {
            "name": way,
            "service": {"command": command or [e2e.HOSTILE, way], "ready_timeout": timeout},
            "limit": "32MiB",
            "load": {"path": "/", "concurrency": 4},
            "cycles": {"requests": 60, "warmup": 20},
        })

    def blocks(self, text):
        """What was printed about each run, by its id."""
        found, current = {}, None
        for line in text.splitlines():
            name = line.split(" · ")[0]
            if " · limit " in line and name in WAYS:
                current = found.setdefault(name, [])
            if current is not None and line.startswith(("  pass ", "  error", "  FAIL")) and \
                    line.split()[1:2] and line.split()[1] in WAYS:
                current = None
            if current is not None:
                current.append(line)
        return found

    def check_screen(self, way, lines):
        rows = sum(max(1, -(-len(line) // SCREEN_COLUMNS)) for line in lines)
        self.assertLessEqual(rows, SCREEN_LINES, "\n".join(lines))
        for line in lines:
            self.assertTrue(all(c.isprintable() for c in line), "%s: %r" % (way, line))

    def check_run(self, way, lines):
        status, words = WAYS[way]
        done = self.leakcage("judge", os.path.join(self.results, way))
        self.expect_status(done, status)
        record = self.result(way)
        self.check_screen(way, lines)
        # What it wrote into its data folder is no part of the result.
        self.assertEqual(sorted(os.listdir(os.path.join(self.results, way))),
                         ["cycles.csv", "report.html", "result.json", "run.json", "service.log",
                          "timeline.csv"])
        if status == e2e.PASS:
            self.assertNotIn("error", record)
            self.assertEqual(record["verdict"], "clean")
            self.assertLess(record["duration_s"], 20)
            return
        self.assertEqual(record["error"]["kind"], "service")
        self.assertEqual(record["termination"], "service-failed")
        text = "\n".join(lines)
        for word in words:
            self.assertIn(word, text)
        self.assertTrue(os.path.exists(os.path.join(self.results, way, "service.log")))

    @e2e.needs_driver
    def test_each_ends_with_its_status_and_one_screen(self):
        files = [self.scenario_of(way) for way in WAYS]
        done = self.run_here(*files, timeout=180)
        self.expect_status(done, e2e.SERVICE)
        blocks = self.blocks(done.out)
        for way in WAYS:
            with self.subTest(way=way):
                self.assertIn(way, blocks, str(done))
                self.check_run(way, blocks[way])
        self.expect_nothing_left()

    @e2e.needs_driver
    def test_a_command_that_exits_at_once(self):
        done = self.run_here("--", e2e.HOSTILE, "exit")
        self.expect_status(done, e2e.SERVICE)
        self.assertIn("ended with exit status 3 before it was ready", done.out)
        self.assertIn("cannot open the database", done.out)
        self.assertLessEqual(len((done.out + done.err).splitlines()), SCREEN_LINES, str(done))

    @e2e.needs_driver
    def test_what_cannot_be_executed(self):
        plain = self.write("plain.txt", "no program\n")
        program = os.path.join(self.dir, "bad-format")
        with open(program, "wb") as file:
            file.write(b"\x7fELF but not really")
        os.chmod(program, 0o755)
        done = self.run_here("--", plain)
        self.assertIn(done.status, (e2e.USAGE, e2e.SERVICE), str(done))
        self.assertIn("plain.txt", done.out + done.err)
        done = self.run_here("--json", "--", program)
        self.expect_status(done, e2e.SERVICE)
        self.assertIn("bad-format", json.loads(done.out)["error"]["text"])
        self.expect_nothing_left()

    def test_a_missing_program_is_wrong_usage(self):
        for command in (["/nonexistent/service"], ["no-such-program-anywhere"]):
            done = self.run_here("--", *command)
            self.expect_status(done, e2e.USAGE)
            self.assertIn(command[0], done.err)
            self.assertLess(done.seconds, e2e.SOON_S)
        path = self.scenario_of("missing", ["./not-here"])
        done = self.run_here(path)
        self.expect_status(done, e2e.USAGE)
        self.assertIn("not-here", done.err)

    def test_a_folder_is_no_program(self):
        done = self.run_here("--", self.dir)
        self.assertIn(done.status, (e2e.USAGE, e2e.SERVICE), str(done))


if __name__ == "__main__":
    e2e.main()
