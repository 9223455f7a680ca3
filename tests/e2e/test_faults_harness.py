#!/usr/bin/python3
"""The harness is killed (SIGKILL) in each of its phases: its guard takes away what it had, at once
and without being asked. And two harnesses do the same at the same time."""
import json
import os
import signal
import time

import e2e
import faults

# Memory stays up, and the service cannot be asked for it: the rest probe waits for three seconds.
HOARD = ["--requests", "40", "--warmup", "20", "--", e2e.HOSTILE, "hoard"]
# In a cycle for a while, and soon there.
SLOW = ["--cycles", "200", "--requests", "4000", "--budget", "5m"]
# By when its guard has cleaned up behind a harness.
GONE_S = 30


class Harness(faults.FaultTest):
    def kill(self, run, fault):
        """SIGKILL; then nothing is asked of anybody."""
        fault.happens()
        run.end(signal.SIGKILL, 10)
        self.wait_until(lambda: not e2e.processes_marked(self.mark) and not self.unfinished() and
                        not os.listdir(self.tmp), "all is gone", GONE_S)
        fault.over()
        fault.result = "no result; those that were there stay"

    def kill_at(self, fault, words, *arguments, **options):
        run = e2e.Started(self, *arguments, **options)
        run.wait_for(*words)
        self.kill(run, fault)
        self.assertFalse(os.path.exists(os.path.join(self.results, "clean")))

    @e2e.needs_driver
    def test_killed_while_the_guest_starts(self):
        with self.fault("harness", "killed while the guest starts", bound_s=30) as fault:
            before = self.take("unclosed-body")
            run = e2e.Started(self, *SLOW, "clean")
            run.wait_for_guest(0.5)
            self.kill(run, fault)
            self.assertTrue(os.path.exists(os.path.join(before, "result.json")))

    @e2e.long
    @e2e.needs_driver
    def test_killed_before_the_service_is_ready(self):
        with self.fault("harness", "killed before the service is ready", bound_s=30) as fault:
            path = self.write("late.json", {
                "name": "late", "limit": "32MiB", "load": {"path": "/"},
                "service": {"command": [e2e.HOSTILE, "never-ready"], "ready_timeout": "60s"}})
            run = e2e.Started(self, path)
            run.wait_for("late: start")
            self.kill(run, fault)

    @e2e.long
    @e2e.needs_driver
    def test_killed_in_the_warm_up(self):
        with self.fault("harness", "killed in the warm-up", bound_s=30) as fault:
            self.kill_at(fault, ["clean: warm-up"], *SLOW, "--warmup", "100000", "clean")

    @e2e.needs_driver
    def test_killed_in_a_cycle(self):
        with self.fault("harness", "killed under load", bound_s=30) as fault:
            self.kill_at(fault, ["clean: cycle 2"], *SLOW, "clean")

    @e2e.long
    @e2e.needs_driver
    def test_killed_in_a_probe(self):
        with self.fault("harness", "killed in a probe", bound_s=30) as fault:
            self.kill_at(fault, ["probe rest"], *HOARD)

    @e2e.needs_vm
    def test_killed_while_it_writes_the_result(self):
        with self.fault("harness", "killed while it writes the result", bound_s=30) as fault:
            run = e2e.Started(self, "--requests", "40", "clean")
            # The guest's part is whole; ours begins.
            self.wait_until(lambda: any(
                os.path.basename(folder) == "clean" and "result.json" in files
                for folder, _, files in os.walk(self.results)), "the guest's record", 180)
            self.kill(run, fault)
            folder = os.path.join(self.results, "clean")
            if os.path.exists(folder):
                self.expect_status(self.leakcage("judge", folder), e2e.PASS)
            fault.result = "a whole result or none"

    @e2e.needs_driver
    def test_killed_together_with_its_guard(self):
        with self.fault("harness", "killed, and its guard, too", bound_s=30) as fault:
            run = e2e.Started(self, *SLOW, "clean")
            run.wait_for("clean: cycle 1")
            fault.happens()
            for pid in [*e2e.guards(self.mark), run.process.pid]:
                os.kill(pid, signal.SIGKILL)
            run.end(signal.SIGKILL, 10)
            self.expect_no_processes()
            fault.over()
            self.assertEqual(len(self.unfinished()), 1, "what is to be swept")
            done = fault.sweep()
            self.assertRegex(done.out, r"removed 1 unfinished result folder\b")
            fault.result = "no result; the next start, or `leakcage clean`, sweeps"

    @e2e.long
    @e2e.needs_driver
    def test_killed_while_it_explains(self):
        with self.fault("harness", "explain killed in its second run", bound_s=30) as fault:
            run = e2e.Started(self, "--requests", "40", "unclosed-body", command="explain")
            folder = os.path.join(self.results, "unclosed-body")
            run.wait_for("once more, with instruments", seconds=300)
            self.wait_until(self.guests, "its guest")
            fault.happens()
            run.end(signal.SIGKILL, 10)
            self.expect_no_processes()
            self.wait_until(lambda: not [name for name in os.listdir(folder)
                                         if name.startswith(".")], "all is gone", GONE_S)
            fault.over()
            self.expect_status(self.leakcage("judge", folder), e2e.PASS)
            fault.result = "the plain result stays whole; no explanation"

    @e2e.long
    @e2e.needs_driver
    def test_killed_while_it_gates(self):
        with self.fault("harness", "gate killed while it updates a baseline",
                        bound_s=30) as fault:
            baseline = os.path.join(self.dir, "leakcage.json")
            run = e2e.Started(self, "--update", "--baseline", baseline, *SLOW, "clean",
                              command="gate")
            self.wait_until(self.guests, "a guest")
            self.kill(run, fault)
            self.assertEqual([name for name in os.listdir(self.dir) if "leakcage" in name], [])
            fault.result = "no baseline, and none that is half"

    def test_serve_is_killed_and_starts_again(self):
        with self.fault("harness", "serve killed", bound_s=30) as fault:
            self.take("unclosed-body")
            server = self.start("serve", self.results)
            self.assertIn("http://127.0.0.1:", server.stdout.readline())
            fault.happens()
            server.kill()
            server.wait(10)
            server.stdout.close()
            server.stderr.close()
            fault.over()
            self.expect_no_processes()
            fault.result = "results are as they were"

    @e2e.needs_driver
    def test_two_at_once_on_the_same_scenario(self):
        with self.fault("harness", "two at once, one scenario, one folder", bound_s=180) as fault:
            processes = [self.start("run", "-o", self.results, "--json", "--requests", "40",
                                    "clean") for _ in range(2)]
            for process in processes:
                out, err = process.communicate(timeout=170)
                self.assertEqual(process.returncode, e2e.PASS, out + err)
                self.assertEqual(json.loads(out)["verdict"], "clean")
            fault.over()
            folder = os.path.join(self.results, "clean")
            self.expect_status(self.leakcage("judge", folder), e2e.PASS)
            # The page is of the result that it lies beside.
            with open(os.path.join(folder, "report.html"), encoding="utf-8") as file:
                page = file.read()
            port = self.result("clean")["duration_s"]
            self.assertIn(str(port), page)
            fault.result = "both right; the later result stays, whole"

    @e2e.long
    @e2e.needs_driver
    def test_suspended_under_load(self):
        with self.fault("harness", "stopped for 8 s, and continued", bound_s=120) as fault:
            run = e2e.Started(self, "--json", "clean")
            run.wait_for("clean: cycle 1")
            fault.happens()
            os.kill(run.process.pid, signal.SIGSTOP)
            time.sleep(8)
            os.kill(run.process.pid, signal.SIGCONT)
            status, out, err = self.end_of(run, 110)
            fault.over()
            self.assertEqual(status, e2e.PASS, err)
            self.assertEqual(json.loads(out)["verdict"], "clean")
            fault.result = "the right verdict: the guest goes on meanwhile"


if __name__ == "__main__":
    e2e.main()
