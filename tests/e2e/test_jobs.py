#!/usr/bin/python3
"""--jobs: several guests at once give what one gives, run after run."""
import json
import os
import re
import signal

import e2e
import tmux

# Quick ones of every sort, the slowest first: the others get done before it.
NAMES = ["unclosed-body", "clean", "shmem-growth", "log-file"]
GONE_S, INTERRUPTED_S = 10, 30


def guests_of(test):
    return [pid for pid, words in e2e.processes_marked(test.mark).items()
            if "qemu" in words.split(" ")[0]]


class Jobs(e2e.Test):
    def verdicts(self, *arguments):
        done = self.run_here("--json", *arguments, *NAMES, timeout=180)
        self.expect_status(done, e2e.PASS)
        self.expect_nothing_left()
        return [(r["id"], r["verdict"], r["cause"], r["outcome"]) for r in json.loads(done.out)]

    @e2e.long
    @e2e.needs_vm
    def test_the_same_verdicts_in_the_same_order(self):
        alone = self.verdicts()
        self.assertEqual([row[0] for row in alone], NAMES)
        self.assertEqual(self.verdicts("--jobs", "2"), alone)
        self.assertEqual(sorted(os.listdir(self.results)), sorted(NAMES))

    @e2e.needs_vm
    def test_what_is_printed_is_whole(self):
        done = self.run_here("--jobs", "2", *NAMES, timeout=120)
        self.expect_status(done, e2e.PASS)
        printed = []
        for block in re.split(r"(?m)^(?=\S+ · limit )", done.out)[1:]:
            lines = block.splitlines()
            name = lines[0].split(" · ")[0]
            printed.append(name)
            results = [line for line in lines if line.startswith("  results ")]
            self.assertEqual([os.path.basename(line) for line in results], [name], done.out)
            self.assertEqual(len([line for line in lines if line.startswith("  verdict ")]), 1)
        self.assertEqual(sorted(printed), sorted(NAMES))
        summary = re.findall(r"(?m)^  pass +(\S+) ", done.out)
        self.assertEqual(summary, NAMES, done.out)
        # Each phase of each run once, though they go on side by side.
        phases = re.findall(r"(?m)^  (\S+: [^(]*) \(", done.err)
        self.assertEqual(len(phases), len(set(phases)), done.err)
        self.assertTrue(set(NAMES) <= {phase.split(":")[0] for phase in phases}, done.err)

    @e2e.long
    @e2e.needs_vm
    def test_the_live_view_has_a_row_for_each_guest(self):
        with tmux.Terminal(self, 80, 24) as terminal:
            terminal.run("--watch", "--jobs", "2", *e2e.SLOW, "clean", "bounded-cache")
            text = terminal.wait_for(r"(?s)^(?=.*\n clean .* cycle \d+ )"
                                     r"(?=.*\n bounded-cache .* cycle \d+ )")
            self.assertTrue(terminal.shows_view())
            self.assertRegex(text, r"^ leakcage · driver vm +0 of 2 done\n\n")
            for name in ("clean", "bounded-cache"):
                self.assertRegex(text, r"(?m)^ %s +[█░]{12} +[\d.]+ [KM]iB  cycle \d+ .* "
                                 r"\d+/20000$" % name)
            terminal.press("q")
            self.assertEqual(terminal.wait_for_status(INTERRUPTED_S), e2e.INTERRUPTED)
            terminal.expect_restored()
        self.expect_nothing_left(GONE_S)

    @e2e.needs_vm
    def test_an_interrupt_ends_all_guests(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            run = e2e.Started(self, "--jobs", "2", *e2e.SLOW, "clean", "clean")
            run.wait_for("clean: cycle 1", "clean.2: cycle 1")
            self.assertEqual(len(guests_of(self)), 2)
            self.assertEqual(run.end(number, INTERRUPTED_S), e2e.INTERRUPTED, run.said)
            self.expect_nothing_left(GONE_S)

    @e2e.long
    @e2e.needs_vm
    def test_a_killed_session_takes_its_guests_along(self):
        run = e2e.Started(self, "--jobs", "2", *e2e.SLOW, "clean", "clean")
        run.wait_for("clean: cycle 1", "clean.2: cycle 1")
        run.end(signal.SIGKILL, 10)
        self.expect_status(self.leakcage("clean", "-o", self.results), e2e.PASS)
        self.expect_nothing_left(GONE_S)

    @e2e.needs_vm
    def test_a_guest_that_is_killed_takes_its_run_and_no_other(self):
        run = e2e.Started(self, "--jobs", "2", *NAMES)
        run.wait_for(NAMES[0] + ": cycle 1")
        guests = guests_of(self)
        self.assertEqual(len(guests), 2)
        os.kill(guests[0], signal.SIGKILL)
        self.assertEqual(run.process.wait(90), e2e.ENVIRONMENT)
        run.reader.join(5)
        run.process.stdout.close()
        run.process.stderr.close()
        while not run.lines.empty():
            run.said.append(run.lines.get() or "")
        self.assertRegex("".join(run.said), r"leakcage: vm [12] of 2: ")
        # All, if it was between two runs.
        self.assertIn(len(os.listdir(self.results)), (len(NAMES) - 1, len(NAMES)))
        self.expect_nothing_left()

    @e2e.needs_vm
    def test_more_guests_than_fit_are_refused(self):
        with open("/proc/meminfo", encoding="ascii") as file:
            available_mib = int(re.search(r"MemAvailable: +(\d+)", file.read()).group(1)) >> 10
        done = self.run_here("--jobs", "2", "--vm-memory", "%dM" % (available_mib * 3 // 5),
                             "clean", "clean")
        self.expect_status(done, e2e.ENVIRONMENT)
        self.assertRegex(done.err, r"memory of 2 guests.*does not fit.*--jobs")
        self.assertLess(done.seconds, e2e.SOON_S)

    @e2e.needs_vm
    def test_a_crowd_is_warned_of(self):
        many = (os.cpu_count() or 1) + 1
        run = e2e.Started(self, "--jobs", str(many), *["clean"] * many)
        run.wait_for("warning: %d guests on " % many)
        self.assertEqual(run.end(signal.SIGINT, INTERRUPTED_S), e2e.INTERRUPTED)
        self.expect_nothing_left(GONE_S)

    def test_driver_native_refuses_and_says_why(self):
        done = self.run_here("--driver", "native", "--jobs", "2", "clean")
        self.expect_status(done, e2e.USAGE)
        self.assertRegex(done.err, r"--jobs 2: driver native .*--driver vm")


if __name__ == "__main__":
    e2e.main()
