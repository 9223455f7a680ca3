#!/usr/bin/python3
"""What is printed where: terminal or not, colours, widths, --quiet, --json."""
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

import e2e

SHORT = ["--requests", "40", "--warmup", "20"]
ESCAPE = re.compile(r"\033\[[0-9;?]*[A-Za-z]")


def read_terminal(master, process, seconds=60):
    """All that arrives until the program has ended."""
    text, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline:
        ready, _, _ = select.select([master], [], [], 0.2)
        part = b""
        if ready:
            with contextlib.suppress(OSError):
                part = os.read(master, 65536)
        text += part
        if not part and process.poll() is not None:
            break
    return text.decode("utf-8", errors="replace")


class Terminal(e2e.Test):
    def on_terminal(self, columns, *arguments, **environment):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        command = [e2e.LEAKCAGE, "run", "-o", self.results, *SHORT, *arguments, "clean"]
        with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=e2e.ROOT,
                              env=self.environment(**environment)) as process:
            os.close(slave)
            text = read_terminal(master, process)
        os.close(master)
        self.assertEqual(process.returncode, e2e.PASS, text)
        return text

    @e2e.needs_driver
    def test_a_live_line_with_colours(self):
        text = self.on_terminal(60)
        self.assertIn("\033[1;32m", text, "no colour")
        live = [part for part in re.split(r"\r", text) if part.startswith("\033[K")]
        self.assertGreater(len(live), 5, "no live progress")
        self.assertTrue(any("cycle 2" in part for part in live), live)
        for part in live:
            line = ESCAPE.sub("", part).split("\n")[0]
            if "clean  " in line:
                self.assertLess(len(line), 60, "the live line is wider than the terminal")
        # The last thing done to the live line is to erase it.
        plain = [line for line in text.split("\n") if "clean  cycle" in ESCAPE.sub("", line)]
        for line in plain:
            self.assertIn("\r\033[K", line)
        self.assertIn("CLEAN", text)

    @e2e.needs_driver
    def test_a_dumb_terminal_gets_plain_lines(self):
        text = self.on_terminal(80, TERM="dumb")
        self.assertNotIn("\033", text)
        self.assertNotIn("\r\033", text)
        self.assertRegex(text, r"(?m)^  clean: cycle 1 \(")

    @e2e.needs_driver
    def test_no_color(self):
        text = self.on_terminal(80, NO_COLOR="1", LC_ALL="C", LANG="C")
        self.assertNotRegex(text, r"\033\[[0-9;]*m")
        self.assertIn("\r\033[K", text, "NO_COLOR is about colour, not about the live line")
        self.assertTrue(text.isascii(), "the locale has no UTF-8")


class Plain(e2e.Test):
    @e2e.needs_driver
    def test_lines_without_a_terminal(self):
        done = self.run_here(*SHORT, "clean")
        self.expect_status(done, e2e.PASS)
        self.assertNotIn("\033", done.out + done.err)
        self.assertNotIn("\r", done.out + done.err)
        self.assertRegex(done.err, r"(?m)^  clean: cycle 2 \(")
        self.assertNotIn("verdict", done.err)
        for label in ("memory", "floor", "verdict", "expected", "results"):
            self.assertRegex(done.out, r"(?m)^  %s " % label)

    @e2e.needs_driver
    def test_quiet_is_a_line_per_run(self):
        done = self.run_here(*SHORT, "--quiet", "clean")
        self.expect_status(done, e2e.PASS)
        self.assertEqual(done.err, "")
        lines = [line for line in done.out.splitlines() if line.strip()]
        self.assertEqual(len(lines), 2, done.out)
        self.assertRegex(lines[0], r"^  pass +clean +clean +none ")
        self.assertEqual(lines[1].strip(), "1 passed, 0 failed, 0 undecided, 0 in error")

    @e2e.needs_driver
    def test_json_is_alone_on_standard_output(self):
        done = self.run_here(*SHORT, "--json", "clean")
        self.expect_status(done, e2e.PASS)
        record = json.loads(done.out)
        self.assertEqual(record["scenario"], "clean")
        self.assertEqual(record, self.result("clean"))
        self.assertIn("cycle 1", done.err)
        # A guest's clock is the machine's.
        ended_s = record["started_unix_s"] + record["duration_s"]
        self.assertTrue(time.time() - 30 < ended_s < time.time() + 2, record["started_unix_s"])

    @e2e.needs_driver
    def test_another_verdict_is_status_1(self):
        done = self.run_here(*SHORT, "--json", "--expect", "leak", "clean")
        self.expect_status(done, e2e.OTHER)
        record = json.loads(done.out)
        self.assertEqual((record["verdict"], record["outcome"]), ("clean", "fail"))

    @e2e.needs_driver
    def test_nobody_reads(self):
        # "leakcage run … | head -1": the reader goes away, the run ends all the same.
        command = "%s run -o %s %s clean | head -1" % (e2e.LEAKCAGE, self.results, " ".join(SHORT))
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command], env=self.environment(),
                              cwd=e2e.ROOT, capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertTrue(done.stdout.startswith("clean"), done.stdout + done.stderr)
        self.assertEqual(self.result("clean")["verdict"], "clean")
        self.expect_nothing_left()


class Docs(e2e.Test):
    """What `make docs` runs."""

    def docs(self, *names):
        return subprocess.run([os.path.join(e2e.ROOT, "tools", "docs.sh"), *names],
                              env=self.environment(LEAKCAGE_BUILD=e2e.BUILD,
                                                   LEAKCAGE_PICTURES=self.results),
                              capture_output=True, text=True, timeout=120, check=False)

    @e2e.needs_driver
    def test_a_picture_is_of_a_run_that_was_made_now(self):
        done = self.docs("lazy-release")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.listdir(self.results), ["lazy-release.svg"])
        with open(os.path.join(self.results, "lazy-release.svg"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn('<tspan class="warn">LAZY RELEASE</tspan>', text)
        self.assertIn("· 5 cycles of 8 requests ·", text)
        self.expect_nothing_left()

    def test_a_picture_that_there_is_not(self):
        done = self.docs("nothing")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("there is no such picture: nothing; there are: unclosed-body ", done.stderr)
        self.expect_nothing_left()


if __name__ == "__main__":
    e2e.main()
