#!/usr/bin/python3
"""Nothing is left behind: no process, no guest, no unfinished result, no temporary file; after
success, failure, Ctrl-C and SIGTERM (SIGKILL is in test_faults_harness.py)."""
import os
import signal

import e2e

# By when the guest is gone; by when an interrupted run is.
GONE_S, INTERRUPTED_S = 10, 30
# Memory stays up, and the service cannot be asked for it: the rest probe waits for three seconds.
HOARD = ["--requests", "40", "--warmup", "20", "--", e2e.HOSTILE, "hoard"]


class Leftovers(e2e.Test):
    def whole_or_absent(self, *names):
        """A result folder appears whole or not at all."""
        for name in names:
            folder = os.path.join(self.results, name)
            if os.path.isdir(folder):
                self.assertTrue(os.path.exists(os.path.join(folder, "result.json")), name)

    def interrupt(self, number, words, *arguments):
        """Signal at a progress line with these words; a number: after so many seconds of boot."""
        run = e2e.Started(self, *arguments)
        if isinstance(words, str):
            run.wait_for(words)
        else:
            run.wait_for_guest(words)
        status = run.end(number, INTERRUPTED_S)
        self.assertEqual(status, e2e.INTERRUPTED, run.said)
        self.expect_nothing_left(GONE_S)
        self.whole_or_absent("clean", "hostile-service")

    @e2e.needs_driver
    def test_after_success_and_after_failure(self):
        done = self.run_here("--cycles", "1", "--requests", "20", "--warmup", "0", "--expect",
                             "leak", "clean")
        self.assertIn(done.status, (e2e.OTHER, e2e.INCONCLUSIVE), str(done))
        self.expect_nothing_left()

    @e2e.needs_driver
    def test_interrupted_while_starting(self):
        self.interrupt(signal.SIGINT, 0, *e2e.SLOW, "clean")
        self.interrupt(signal.SIGHUP, 1, *e2e.SLOW, "clean")

    @e2e.needs_driver
    def test_interrupted_under_load(self):
        self.interrupt(signal.SIGINT, "clean: cycle 2", *e2e.SLOW, "clean")
        # What it had found by then is kept, and says that it was cut short.
        if os.path.isdir(os.path.join(self.results, "clean")):
            record = self.result("clean")
            self.assertEqual(record["termination"], "interrupted")
            self.assertEqual(record["error"]["kind"], "interrupted")

    @e2e.needs_driver
    def test_terminated_in_a_probe(self):
        self.interrupt(signal.SIGTERM, "probe rest", *HOARD)


if __name__ == "__main__":
    e2e.main()
