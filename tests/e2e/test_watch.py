#!/usr/bin/python3
"""The live view, on a real terminal (tmux): real runs are seen as they go, in whatever size; and
however a run ends, the terminal is as it was."""
import os
import re
import signal
import time
import unittest

import e2e
import tmux

GONE_S = 10
ENDLESS = ["--limit", "8M", "--cycles", "250", "--requests", "5000", "--budget", "5m", "clean"]
BRAILLE = re.compile("[\u2801-\u28ff]")


class Watch(e2e.Test):
    def expect_frame(self, lines, columns, rows):
        """A whole picture of a run: every part in its place, nothing beyond the edges."""
        text = "\n".join(lines)
        self.assertEqual(len(lines), rows, text)
        self.assertLessEqual(max(len(line) for line in lines), columns, text)
        self.assertRegex(lines[0], r"^ \S+ · limit \S+ MiB · driver \w+ .* m?s$")
        self.assertRegex(lines[1], r"^ \S.* \d+ of \d+ to \d+ cycles done$")
        self.assertEqual(lines[-1].split(), ["q", "stop", "p", "hold", "the", "picture"])
        for label in ("requests", "latency", "threads", "files", "stalled", "floor", "growth",
                      "verdict"):
            self.assertEqual(len([x for x in lines if x.startswith(" " + label + " ")]), 1, text)
        self.assertRegex(text, r"(?m)^ +\S+ MiB┤╌{20}")
        self.assertRegex(text, r"(?m)^ +└─.* \d+ m?s(in)?$")
        self.assertTrue(BRAILLE.search("".join(lines[4:rows - 9])), "nothing is drawn:\n" + text)

    def pictures(self, terminal, phase):
        """All different pictures until the view is gone, from the first one of that phase on."""
        terminal.wait_for(r"(?m)^ %s " % phase)
        seen = []
        while True:
            lines = terminal.screen()
            if not terminal.shows_view():
                return seen
            if not seen or seen[-1] != lines:
                seen.append(lines)
            time.sleep(0.05)

    @e2e.needs_driver
    def test_a_run_from_its_start_to_its_verdict(self):
        with tmux.Terminal(self, 80, 24) as terminal:
            terminal.run("unclosed-body")
            seen = self.pictures(terminal, "cycle 1")
            self.assertEqual(terminal.wait_for_status(), e2e.PASS)
            terminal.expect_restored()
            after = "\n".join(terminal.screen())
        self.assertGreater(len(seen), 10)
        for lines in seen:
            self.expect_frame(lines, 80, 24)
        # What is shown is what was recorded.
        result = self.result("unclosed-body")
        floors = [cycle["floor_bytes"] / 2**20 for cycle in result["cycles"]]
        row = [line for line in seen[-1] if line.startswith(" floor ")][0]
        last = [float(number) for number in re.findall(r"\d+\.\d+", row)]
        self.assertGreater(len(last), 3, row)
        for floor in last[2:]:  # those before are of no measured cycle
            self.assertTrue(any(abs(floor - other) < 0.06 for other in floors), (row, floors))
        growth = [line for line in seen[-1] if line.startswith(" growth ")][0]
        shown = re.search(r"\+([\d.]+) KiB per request \(95 %: ", growth)
        self.assertAlmostEqual(float(shown.group(1)) * 1024,
                               result["growth_bytes_per_request"]["estimate"], delta=2048)
        verdicts = [line for lines in seen for line in lines if line.startswith(" verdict ")]
        self.assertTrue(any(re.search(r"in about .*, in .* at most", line) for line in verdicts))
        # And the verdict itself stays, on the screen of before.
        self.assertRegex(after, r"(?m)^  verdict  LEAK   \+")
        self.assertNotIn("q stop", after)
        self.assertFalse(BRAILLE.search(after), after)
        self.expect_nothing_left()

    @e2e.needs_driver
    def test_a_terminal_that_changes_and_keys(self):
        with tmux.Terminal(self, 200, 50) as terminal:
            terminal.run(*ENDLESS)
            terminal.wait_for(r"(?m)^ cycle \d+ ")
            self.expect_frame(terminal.screen(), 200, 50)
            self.assertEqual(terminal.ask("#{alternate_on} #{cursor_flag}"), "1 0")
            terminal.resize(90, 26)
            terminal.wait_for(r"\A \S+ · limit .{40,80} s\n")
            time.sleep(0.3)
            self.expect_frame(terminal.screen(), 90, 26)
            # What others print stands in the view, and after it.
            with open("/proc/%d/fd/2" % terminal.leakcage(), "w", encoding="utf-8") as stderr:
                stderr.write("somebody: \001 said\n")
            terminal.wait_for(r"(?m)^ ▸ somebody: \? said$")
            # Job control: the shell has the terminal as it was, then the view has it again.
            terminal.press("C-z")
            terminal.wait_for(r"(?s)somebody: .*Stopped .*\$$")
            terminal.expect_restored()
            terminal.type("fg")
            terminal.wait_for(r"(?m)^ cycle \d+ ")
            self.assertTrue(terminal.shows_view())
            terminal.press("x", "Up", "Escape")  # mean nothing
            terminal.press("p")
            held = terminal.wait_for("held: the run goes on")
            time.sleep(0.5)
            self.assertEqual("\n".join(terminal.screen()), held)
            terminal.press("q")
            terminal.wait_for(r"(?m)^  error +interrupted$", 10)
            self.assertEqual(terminal.wait_for_status(), e2e.INTERRUPTED)
            terminal.expect_restored()
        self.expect_nothing_left(GONE_S)
        self.assertEqual(self.result("clean")["termination"], "interrupted")

    def end(self, terminal, number):
        """A run that is ended by a signal while it is shown; SIGINT is typed."""
        terminal.run(*ENDLESS)
        terminal.wait_for(r"(?m)^ (the guest starts|start|ready|warm-up|cycle \d+) ")
        self.assertTrue(terminal.shows_view())
        if number == signal.SIGINT:
            terminal.press("C-c")
        else:
            os.kill(terminal.leakcage(), number)
        if number in (signal.SIGSEGV, signal.SIGKILL):
            # A shell that was fast has its prompt where the view was, and is asked for another.
            deadline = time.monotonic() + GONE_S
            while terminal.shows_view() and time.monotonic() < deadline:
                time.sleep(0.05)
            terminal.press("Enter")
        status = terminal.wait_for_status(10)
        terminal.expect_restored()
        return status

    @e2e.needs_driver
    def test_whatever_ends_it_the_terminal_is_as_it_was(self):
        with tmux.Terminal(self, 100, 30) as terminal:
            for number in (signal.SIGINT, signal.SIGTERM):
                self.assertEqual(self.end(terminal, number), e2e.INTERRUPTED)
                self.expect_nothing_left(GONE_S)
            for number in (signal.SIGSEGV, signal.SIGKILL):
                self.assertEqual(self.end(terminal, number), 128 + number)
        self.expect_status(self.leakcage("clean", "-o", self.results), e2e.PASS)
        self.expect_nothing_left(GONE_S)

    @e2e.needs_driver
    def test_lines_where_there_can_be_no_view(self):
        for columns, environment, why, then in (
                (80, {"TERM": "dumb"}, "TERM is dumb", "clean: start "),
                (79, {}, "79 columns and 24 rows, and 80 and 24 are needed", "told in lines")):
            with tmux.Terminal(self, columns, 24, **environment) as terminal:
                terminal.run("--watch", *ENDLESS)
                terminal.wait_for(then)
                text = "\n".join(terminal.screen("-J"))
                self.assertRegex(text, r"--watch: .*%s.*; what goes on is told in lines" % why)
                self.assertFalse(terminal.shows_view())
                terminal.press("C-c")
                self.assertEqual(terminal.wait_for_status(10), e2e.INTERRUPTED)
                terminal.expect_restored()
            self.expect_nothing_left(GONE_S)


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    e2e.main()
