#!/usr/bin/python3
"""Services that speak HTTP badly: what is wrong with the answers is said, soon, and what can be
lived with is. That none of it costs the load generator memory is held by unit/test_generator."""
import faults
import fault_runs


class Http(fault_runs.Runs):
    def errs(self, fault, mode, *words, amount=0, timeout="5s"):
        """An error that tells how the first request has failed."""
        done, record = self.run_with(mode, amount, load={"timeout": timeout})
        fault.over()
        self.expect_error(done, record, "only 0 of ", *words)
        self.assertIn(words[-1], done.out)
        fault.result = "error: %s; exit 4" % words[-1]

    def lives(self, fault, mode):
        done, record = self.run_with(mode)
        fault.over()
        self.expect_verdict(done, record, "clean")
        fault.result = "clean"

    def test_truncated(self):
        with self.fault("HTTP", "answers are cut off in the body", bound_s=90) as fault:
            self.errs(fault, "truncated", "20 reset",
                      "the connection was closed before the answer was whole")

    def test_cut_head(self):
        with self.fault("HTTP", "answers are cut off in the headers", bound_s=90) as fault:
            self.errs(fault, "cut-head", "20 reset",
                      "the connection was closed within the headers")

    def test_lying_chunks(self):
        with self.fault("HTTP", "chunks are longer than they say", bound_s=90) as fault:
            self.errs(fault, "lying-chunks", "20 failed",
                      "a chunk of its answer is not as long as it says")

    def test_two_lengths(self):
        with self.fault("HTTP", "two lengths that contradict each other", bound_s=90) as fault:
            self.errs(fault, "two-lengths", "20 failed",
                      "its headers contradict each other, or are none")

    def test_http2(self):
        with self.fault("HTTP", "speaks HTTP/2, in frames", bound_s=90) as fault:
            self.errs(fault, "http2-settings", "20 failed", "what it answers is not HTTP/1.1")

    def test_not_http(self):
        with self.fault("HTTP", "speaks no HTTP at all", bound_s=90) as fault:
            self.errs(fault, "not-http", "20 failed", "what it answers is not HTTP/1.1")

    def test_redirects(self):
        with self.fault("HTTP", "redirects to itself without end", bound_s=90) as fault:
            self.errs(fault, "redirect", "20 other status",
                      "it answered 302 (no redirect is followed)")

    def test_silent(self):
        with self.fault("HTTP", "takes requests and never answers", bound_s=90) as fault:
            self.errs(fault, "silent", "20 timed out", "there was no answer in time",
                      timeout="500ms")

    def test_slow(self):
        with self.fault("HTTP", "sends a byte now and then (slowloris)", bound_s=90) as fault:
            self.errs(fault, "slow", "20 timed out", "its headers did not end in time",
                      timeout="4s")

    def test_endless_headers(self):
        with self.fault("HTTP", "headers without end", bound_s=90) as fault:
            self.errs(fault, "endless-headers", "20 timed out",
                      "its headers did not end in time", timeout="500ms")

    def test_endless_continue(self):
        with self.fault("HTTP", "100 Continue without end", bound_s=90) as fault:
            self.errs(fault, "endless-continue", "20 timed out",
                      "there was no final answer in time", timeout="500ms")

    def test_large_body(self):
        with self.fault("HTTP", "a body of 10 GB", bound_s=90) as fault:
            self.errs(fault, "body", "20 timed out", "its answer did not end in time",
                      amount=10 ** 10, timeout="500ms")

    def test_continue(self):
        with self.fault("HTTP", "100 Continue and 103 before each answer", bound_s=90) as fault:
            self.lives(fault, "continue")

    def test_hang_up(self):
        with self.fault("HTTP", "closes each connection without saying so", bound_s=90) as fault:
            self.lives(fault, "hang-up")


if __name__ == "__main__":
    faults.main_in_guest()
