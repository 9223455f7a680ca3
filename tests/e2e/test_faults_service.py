#!/usr/bin/python3
"""Services that misbehave towards the machine: bombs, daemons, logs and data without end, those
that do not listen, leave their cage or use up what there is. HTTP is test_faults_http.py's."""
import e2e
import faults
import fault_runs


class Service(fault_runs.Runs):
    def said(self, record):
        return "\n".join(record.get("findings", []) + record.get("warnings", []))

    def test_fork_bomb(self):
        with self.fault("service", "a fork bomb, at its limit of processes", bound_s=120) as fault:
            done, record = self.run_with("bomb", pids=100, limit="256MiB",
                                         load={"timeout": "1s"})
            fault.over()
            self.assertIn(done.status, (e2e.PASS, e2e.SERVICE, e2e.INCONCLUSIVE), str(done))
            self.assertIn("the limit of 100 processes and threads (pids) was reached",
                          self.said(record))
            fault.result = "said: the limit of processes (pids) was reached, and how often"

    def test_fork_bomb_in_memory(self):
        with self.fault("service", "a fork bomb, at its limit of memory", bound_s=120) as fault:
            done, record = self.run_with("bomb", limit="16MiB", load={"timeout": "1s"},
                                         cycles={"budget": "20s"})
            fault.over()
            # How many starts there are time for is the machine's business.
            self.assertIn(record["verdict"], ("pressure", "inconclusive"), str(done))
            self.assertEqual(record["ends"][0]["reason"], "OOMKilled", str(done))
            self.assertRegex(self.said(record), r"up to \d+ processes and threads were in it")
            fault.result = "no leak: OOM-killed; said: how many processes there were"

    def test_ignores_sigterm(self):
        with self.fault("service", "ignores SIGTERM", bound_s=90) as fault:
            done, record = self.run_with("ignores-sigterm")
            fault.over()
            self.expect_verdict(done, record, "clean")
            fault.result = "clean; killed after 2 s"

    def test_closes_its_log(self):
        with self.fault("service", "closes its log", bound_s=90) as fault:
            done, record = self.run_with("closes-log")
            fault.over()
            self.expect_verdict(done, record, "clean")
            fault.result = "clean"

    def test_fills_its_log(self):
        with self.fault("service", "fills its log, 10 GB as fast as it can", bound_s=90) as fault:
            done, record = self.run_with("log", 10 ** 10)
            fault.over()
            self.expect_verdict(done, record, "clean")
            self.assertLess(self.log_bytes(), 17 << 20)
            self.assertIn("of what the service printed are left out of service.log",
                          self.said(record))
            fault.result = "clean; service.log has the first 14 MiB and the last 2 MiB, and says so"

    def test_daemons(self):
        with self.fault("service", "leaves daemons that ignore SIGTERM", bound_s=90) as fault:
            done, record = self.run_with("daemons", 3)
            fault.over()
            self.expect_verdict(done, record, "clean")
            fault.result = "clean; they are counted, and gone with it"

    def test_crashes_between_requests(self):
        with self.fault("service", "crashes between two requests", bound_s=90) as fault:
            done, record = self.run_with("crash-between", 50, load={"concurrency": 1})
            fault.over()
            self.expect_error(done, record, "killed by signal 11", "a bug that nobody asked for")
            fault.result = "error: killed by signal 11, with the end of its log; exit 4"

    def test_many_sockets(self):
        # Emulated processors take seconds to look at 10,000 descriptors, twice a cycle.
        with self.fault("service", "10,000 open sockets", bound_s=300) as fault:
            done, record = self.run_with("sockets", 10000, limit="64MiB",
                                         cycles={"budget": "4m"})
            fault.over()
            self.expect_verdict(done, record, "clean")
            fault.result = "clean"

    def test_fills_memory_with_descriptors(self):
        with self.fault("service", "opens files until its memory is full",
                        bound_s=120) as fault:
            done, record = self.run_with("descriptors", limit="8MiB")
            fault.over()
            # It fills up as it gets ready; whether before or just after is a race of its own.
            self.assertIn(done.status, (e2e.PASS, e2e.SERVICE, e2e.INCONCLUSIVE), str(done))
            self.assertEqual(record["ends"][0]["reason"], "OOMKilled", str(done))
            self.assertRegex(done.out, "OOM-killed", str(done))
            fault.result = "OOM-killed, and said so"

    def test_much_data(self):
        with self.fault("service", "200 MB in LEAKCAGE_DATA", bound_s=90) as fault:
            done, record = self.run_with("data", 200 * 10 ** 6, limit="512MiB")
            fault.over()
            self.expect_verdict(done, record, "clean")
            fault.result = "clean; removed with the run"

    def test_lifts_its_limit(self):
        with self.fault("service", "as root, lifts its own limit", bound_s=90) as fault:
            done, record = self.run_with("raises-limit", service={"user": "root"})
            fault.over()
            self.expect_error(done, record, "has changed memory.max of its cgroup", "--user")
            fault.result = "error: it has changed memory.max of its cgroup; exit 4"

    def test_leaves_its_cgroup(self):
        with self.fault("service", "as root, leaves its cgroup", bound_s=90) as fault:
            done, record = self.run_with("leaves-cgroup", service={"user": "root"})
            fault.over()
            self.expect_error(done, record, "has left its cgroup", "--user")
            fault.result = "error: it has left its cgroup; exit 4"


if __name__ == "__main__":
    faults.main_in_guest()
