#!/usr/bin/python3
"""Nothing is left behind: no process, no guest, no unfinished result, no temporary file; after
success, failure, Ctrl-C, SIGTERM, and (the results but for the next start) SIGKILL."""
import os
import queue
import signal
import subprocess
import threading
import time

import e2e

# By when the guest is gone; by when an interrupted run is.
GONE_S, INTERRUPTED_S = 2, 5
SLOW = ["--cycles", "200", "--requests", "20000", "--budget", "5m"]
# Memory stays up, and the service cannot be asked for it: the rest probe waits for three seconds.
HOARD = ["--requests", "40", "--warmup", "20", "--", e2e.HOSTILE, "hoard"]


class Started:
    """A run that goes on, its progress watched."""

    def __init__(self, test, *arguments, stderr_lines=True):
        self.test = test
        self.process = test.start("run", "-o", test.results, *arguments)
        self.lines = queue.Queue()
        self.said = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        if stderr_lines:
            self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, words, seconds=60):
        """Until a progress line has these words."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                self.process.kill()
                self.test.fail("no %r within %d s: %s" % (words, seconds, self.said))
            self.said.append(line)
            if words in line:
                return

    def wait_for_guest(self, more_s, seconds=20):
        """Until QEMU runs (or, with driver native, the service does), and so much longer."""
        deadline = time.monotonic() + seconds
        while len(e2e.processes_marked(self.test.mark)) < 2:
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.process.kill()
                self.test.fail("no guest")
            time.sleep(0.01)
        time.sleep(more_s)

    def end(self, number, seconds):
        """Signal, wait; the exit status."""
        self.process.send_signal(number)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.test.fail("still there %d s after signal %d" % (seconds, number))
        finally:
            self.process.stdout.close()
        self.reader.join(5)
        self.process.stderr.close()
        return status


class Leftovers(e2e.Test):
    def whole_or_absent(self, *names):
        """A result folder appears whole or not at all."""
        for name in names:
            folder = os.path.join(self.results, name)
            if os.path.isdir(folder):
                self.assertTrue(os.path.exists(os.path.join(folder, "result.json")), name)

    def interrupt(self, number, words, *arguments):
        """Signal at a progress line with these words; a number: after so many seconds of boot."""
        run = Started(self, *arguments)
        if isinstance(words, str):
            run.wait_for(words)
        else:
            run.wait_for_guest(words)
        status = run.end(number, INTERRUPTED_S)
        self.assertEqual(status, e2e.INTERRUPTED, run.said)
        self.expect_nothing_left(GONE_S)
        self.whole_or_absent("clean", "hostile-service")

    def kill_hard(self, words, *arguments):
        run = Started(self, *arguments)
        if isinstance(words, str):
            run.wait_for(words)
        else:
            run.wait_for_guest(words)
        run.end(signal.SIGKILL, 1)
        deadline = time.monotonic() + GONE_S
        while e2e.processes_marked(self.mark) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(e2e.processes_marked(self.mark), {}, "the guest outlives the harness")
        self.whole_or_absent("clean", "hostile-service")
        self.assertEqual(len(self.unfinished()), 1, "what is to be swept")

    @e2e.needs_driver
    def test_after_success_and_after_failure(self):
        done = self.run_here("--cycles", "1", "--requests", "20", "--warmup", "0", "--expect",
                             "leak", "clean")
        self.assertIn(done.status, (e2e.OTHER, e2e.INCONCLUSIVE), str(done))
        self.expect_nothing_left()

    @e2e.needs_driver
    def test_interrupted_while_starting(self):
        self.interrupt(signal.SIGINT, 0, *SLOW, "clean")
        self.interrupt(signal.SIGHUP, 1, *SLOW, "clean")

    @e2e.needs_driver
    def test_interrupted_under_load(self):
        self.interrupt(signal.SIGINT, "clean: cycle 2", *SLOW, "clean")
        # What it had found by then is kept, and says that it was cut short.
        if os.path.isdir(os.path.join(self.results, "clean")):
            record = self.result("clean")
            self.assertEqual(record["termination"], "interrupted")
            self.assertEqual(record["error"]["kind"], "interrupted")

    @e2e.needs_driver
    def test_terminated_in_a_probe(self):
        self.interrupt(signal.SIGTERM, "probe rest", *HOARD)

    @e2e.needs_driver
    def test_killed_while_starting_then_swept_by_clean(self):
        self.kill_hard(1, *SLOW, "clean")
        done = self.leakcage("clean", "-o", self.results)
        self.expect_status(done, e2e.PASS)
        self.assertIn("removed 1 unfinished result folder ", done.out)
        self.expect_nothing_left()

    @e2e.needs_driver
    def test_killed_under_load_then_swept_by_the_next_run(self):
        self.kill_hard("clean: cycle 2", *SLOW, "clean")
        done = self.run_here("--requests", "40", "clean")
        self.expect_status(done, e2e.PASS)
        self.expect_nothing_left()

    @e2e.needs_driver
    def test_killed_in_a_probe_then_swept_by_clean(self):
        self.kill_hard("probe rest", *HOARD)
        self.expect_status(self.leakcage("clean", "-o", self.results), e2e.PASS)
        self.expect_nothing_left()

    @e2e.needs_vm
    def test_a_guest_that_is_killed_is_an_error_and_not_a_hang(self):
        run = Started(self, *SLOW, "clean")
        run.wait_for("clean: cycle 1")
        guests = [pid for pid, words in e2e.processes_marked(self.mark).items()
                  if "qemu" in words.split(" ")[0]]
        self.assertEqual(len(guests), 1)
        os.kill(guests[0], signal.SIGKILL)
        self.assertEqual(run.process.wait(5), e2e.ENVIRONMENT)
        run.process.stdout.close()
        self.expect_nothing_left()


if __name__ == "__main__":
    e2e.main()
