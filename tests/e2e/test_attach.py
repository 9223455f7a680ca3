#!/usr/bin/python3
"""--attach: what runs already gets the verdict that `run` gives it, and lives on as it was."""
import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

import e2e

LONG_ROUNDS = 3
ROUNDS_IN_GUEST = int(os.environ.get("ROUNDS", "1")) # each takes half a minute
NOBODY = 65534
IN_GUEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "attach_in_guest.sh")
UNTOUCHED = "what was attached to is not as it was"
# Listens on two ports, answers on the second.
TWO_PORTS = """
import http.server, socket, sys
other = socket.create_server(("127.0.0.1", int(sys.argv[1])))
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])),
                       http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wait_for_port(test, port, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    test.fail("nothing listens on port %d" % port)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def state_of(pid):
    """What must be the same afterwards: who it is, its limits, its groups."""
    stat = read("/proc/%d/stat" % pid).rpartition(")")
    fields = stat[2].split()
    return (stat[0], fields[1], fields[19], read("/proc/%d/limits" % pid),
            read("/proc/%d/cgroup" % pid), read("/proc/%d/oom_score_adj" % pid))


class Attach(e2e.Test):
    def begin(self, *command, port=None, **options):
        """A service that runs, as this test's child; ended with the test."""
        port = port or free_port()
        options.setdefault("env", self.environment(PORT=str(port), LEAKCAGE_DATA=self.tmp))
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd="/", **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for_port(self, port)
        return process

    def attach(self, target, *arguments, **options):
        return self.run_here("--json", "--attach", str(target), *arguments, **options)

    def expect_verdict(self, process, expected, *arguments):
        before = state_of(process.pid)
        done = self.attach(process.pid, "--expect", expected, *arguments)
        self.expect_status(done, e2e.PASS)
        self.assertIsNone(process.poll(), "the service has ended")
        self.assertEqual(state_of(process.pid), before, UNTOUCHED)
        result = json.loads(done.out)
        self.assertEqual(result["driver"], "attach")
        self.assertIn("pid %d " % process.pid, result["target"])
        self.assertNotIn("reclaim", result["released_bytes"])
        self.assertFalse(result["question"]["can_reclaim"])
        self.assertEqual(result["restarts"], 0)
        return result

    def load_of(self, name):
        """Options for the load of a scenario of the catalogue, and what it expects."""
        scenario = json.loads(read(e2e.scenario(name)))
        options = ["--url", scenario["load"]["path"],
                   "--concurrency", str(scenario["load"]["concurrency"]),
                   "--requests", str(scenario["cycles"]["requests"])]
        expect = scenario["expect"]
        if isinstance(expect, str):
            return options, expect
        return options, "%s/%s" % (expect["verdict"], expect["cause"])

    def services(self, name, rounds=1, **environment):
        options, expected = self.load_of(name)
        for _ in range(rounds):
            port = free_port()
            env = self.environment(PORT=str(port), LEAKCAGE_DATA=self.tmp, **environment)
            process = self.begin(e2e.service(name), port=port, env=env)
            result = self.expect_verdict(process, expected, *options)
            process.kill()
            process.wait()
        return result

    def test_a_leak_is_found_and_lives_on(self):
        result = self.services("global-growth")
        self.assertAlmostEqual(result["growth_bytes_per_request"]["estimate"], 1040, delta=60)

    def test_a_clean_service_is_clean(self):
        self.services("clean")

    def test_sockets_are_found_though_kernel_memory_may_not_be_seen(self):
        port = free_port()
        self.begin(e2e.service("upstream"), port=port)
        result = self.services("unclosed-socket", UPSTREAM_PORT=str(port))
        self.assertIn("127.0.0.1:%d" % port, result["evidence"])

    def test_growth_by_the_requests_of_others_is_not_clean(self):
        port = free_port()
        process = self.begin(e2e.service("global-growth"), port=port)
        stop = threading.Event()

        def use():
            connection = http.client.HTTPConnection("127.0.0.1", port)
            while not stop.wait(0.004):
                connection.request("GET", "/append")
                connection.getresponse().read()

        others = threading.Thread(target=use)
        others.start()
        try:
            done = self.attach(process.pid, "--url", "/healthz")
        finally:
            stop.set()
            others.join()
        # By the clock, or, on a busy machine that lets others come unevenly, not at all.
        result = json.loads(done.out)
        self.assertIn((done.status, result["verdict"]),
                      ((e2e.OTHER, "leak"), (e2e.INCONCLUSIVE, "inconclusive")), str(done))
        if result["verdict"] == "inconclusive":
            self.assertIn("others use it", result["reason"])
        self.assertTrue(any("while nothing was asked of it" in finding
                            for finding in result["findings"]), result["findings"])

    def test_what_cannot_be_seen_is_said_and_absent(self):
        process = self.begin(e2e.service("clean"))
        result = self.expect_verdict(process, "clean", "--url", "/work")
        if "peak_bytes" in result:
            self.skipTest("this process has a cgroup of its own with the memory controller")
        self.assertGreater(result["peak_rss_bytes"], 1 << 20)
        self.assertNotIn("limit_bytes", result)
        self.assertRegex(result["warnings"][0], "kernel memory cannot be seen: ")
        done = self.leakcage("judge", os.path.join(self.results, "clean"))
        self.assertRegex(done.out, r"clean · no limit · pid \d+ \(clean\) · driver attach ")
        self.assertRegex(done.out, r"\n  rss  .* peak [0-9.]+ MiB\n")
        self.assertRegex(done.out, r"kernel memory is not seen but counted")

    def test_judged_again_it_gets_the_same_verdict(self):
        process = self.begin(e2e.service("global-growth"))
        done = self.attach(process.pid, "--url", "/append", "--requests", "250")
        again = self.leakcage("judge", "--json", os.path.join(self.results, "global-growth"))
        first, second = json.loads(done.out), json.loads(again.out)
        self.assertEqual(first["verdict"], "leak")
        self.assertEqual(first, second)

    def test_a_worker_that_leaks_is_found_behind_its_parent(self):
        process = self.begin("/bin/sh", "-c", "%s & wait" % e2e.service("global-growth"))
        result = self.expect_verdict(process, "leak/heap", "--url", "/append")
        self.assertEqual(result["id"], "sh")
        self.assertRegex(result["evidence"], r"in process \d+ \(global-growth\)")

    def test_a_scenario_may_say_what_to_attach_to(self):
        process = self.begin(e2e.service("clean"))
        path = self.write("runs-already.json", {
            "service": {"attach": str(process.pid)}, "load": {"path": "/work"}, "expect": "clean"})
        self.expect_status(self.run_here(path), e2e.PASS)
        self.assertEqual(self.result("runs-already")["target"], "pid %d (clean)" % process.pid)

    def test_its_end_while_attached_ends_the_run(self):
        self.expect_its_end_to_end_the_run(1)

    @e2e.long
    def test_time_after_time(self):
        self.services("global-growth", LONG_ROUNDS)
        self.services("clean", LONG_ROUNDS)
        self.expect_its_end_to_end_the_run(LONG_ROUNDS)

    def expect_its_end_to_end_the_run(self, rounds):
        for _ in range(rounds):
            process = self.begin(e2e.service("clean"))
            run = e2e.Started(self, "--attach", str(process.pid), "--url", "/work", *e2e.SLOW)
            run.wait_for("cycle 1")
            process.kill()
            begin = time.monotonic()
            out, _ = run.process.communicate(timeout=60)
            self.assertLess(time.monotonic() - begin, e2e.SOON_S)
            self.assertEqual(run.process.returncode, e2e.SERVICE, out)
            self.assertIn("what was attached to has ended during the run: pid %d (clean)" %
                          process.pid, out)
            process.wait()
            self.expect_nothing_left()

    def test_an_interrupt_leaves_it_alone(self):
        process = self.begin(e2e.service("clean"))
        before = state_of(process.pid)
        run = e2e.Started(self, "--attach", str(process.pid), "--url", "/work", *e2e.SLOW)
        run.wait_for("cycle 1")
        self.assertEqual(run.end(2, 30), e2e.INTERRUPTED)
        self.assertIsNone(process.poll())
        self.assertEqual(state_of(process.pid), before, UNTOUCHED)

    def expect_error(self, status, words, *arguments, **options):
        done = self.run_here(*arguments, **options)
        self.expect_status(done, status)
        self.assertRegex(done.err + done.out, words)
        self.assertEqual(self.unfinished(), [])

    def test_what_cannot_be_attached_to_is_told(self):
        process = self.begin(e2e.service("clean"))
        gone = subprocess.Popen(["/bin/true"])  # pylint: disable=consider-using-with
        gone.wait()
        pid = str(process.pid)
        self.expect_error(e2e.ENVIRONMENT, r"there is no process %d" % gone.pid, "--attach",
                          str(gone.pid))
        self.expect_error(e2e.USAGE, r"leakcage itself descends from process %d" % os.getpid(),
                          "--attach", str(os.getpid()))
        self.expect_error(e2e.USAGE, r"expected a pid from 1", "--attach", "0")
        self.expect_error(e2e.ENVIRONMENT, r"there is no cgroup /no/such", "--attach", "/no/such")
        self.expect_error(e2e.USAGE, r"no folder of cgroup v2", "--attach", self.dir)
        self.expect_error(e2e.USAGE, r"both --attach and a command", "--attach", pid, "--",
                          "/bin/true")
        self.expect_error(e2e.USAGE, r"--attach; expected one of them", "--attach", pid, "clean")
        self.expect_error(e2e.USAGE, r"limit: .*beside \"attach\"", "--attach", pid, "--limit",
                          "64M")
        self.expect_error(e2e.USAGE, r"--driver vm: what is attached to runs on this machine",
                          "--attach", pid, "--driver", "vm")
        self.assertIsNone(process.poll())

    def test_of_several_ports_one_must_be_named(self):
        ports = sorted([free_port(), free_port()])
        process = self.begin(sys.executable, "-c", TWO_PORTS, *map(str, ports), port=ports[1])
        pid = str(process.pid)
        self.expect_error(e2e.USAGE, r"several ports \(%d, %d\): --port" % tuple(ports), "--attach",
                          pid)
        self.expect_status(self.run_here("--attach", pid, "--port", str(ports[1]), "--requests",
                                         "20", "--warmup", "20", "--cycles", "5", "--expect",
                                         "clean"), e2e.PASS)

    def test_without_a_port_there_is_nothing_to_drive(self):
        process = subprocess.Popen(["/bin/sleep", "60"])  # pylint: disable=consider-using-with
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.expect_error(e2e.ENVIRONMENT, r"listens on no TCP port: --port", "--attach",
                          str(process.pid))

    def as_nobody(self):
        """Options for a process of user nobody, where we may start one."""
        if os.geteuid() != 0:
            self.skipTest("only root can start processes of another user")
        os.chmod(self.dir, 0o777)
        os.chmod(self.tmp, 0o777)
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        try:
            subprocess.run([e2e.LEAKCAGE, "version"], check=True, capture_output=True, cwd="/",
                           **options)
        except PermissionError:
            self.skipTest("user nobody may not come to %s" % e2e.BUILD)
        return options

    def test_another_users_process_needs_the_right(self):
        options = self.as_nobody()
        process = self.begin(e2e.service("clean"))
        self.expect_error(
            e2e.ENVIRONMENT,
            r"cannot read /proc/%d/smaps_rollup, which belongs to user root: run leakcage as that "
            r"user, as root, or with the capability CAP_SYS_PTRACE" % process.pid,
            "--attach", str(process.pid), "--url", "/work", **options)
        self.assertIsNone(process.poll())

    def test_ones_own_process_needs_no_root(self):
        options = self.as_nobody()
        process = self.begin(e2e.service("global-growth"), **options)
        done = self.attach(process.pid, "--url", "/append", "--expect", "leak/heap", **options)
        self.expect_status(done, e2e.PASS)
        self.assertIsNone(process.poll())

    @e2e.needs_vm
    def test_in_a_cgroup_by_pid_and_by_path(self):
        done = self.leakcage("vm", "--", "sh", IN_GUEST, e2e.BUILD, str(ROUNDS_IN_GUEST),
                             timeout=240 + 60 * ROUNDS_IN_GUEST)
        self.expect_status(done, e2e.PASS)
        self.assertTrue(done.out.endswith("all done\n"), str(done))
        self.assertNotIn("alive\n", done.out)
        runs = re.split(r"(?m)^run ", done.out)[1:]
        self.assertEqual(len(runs), ROUNDS_IN_GUEST * 4 + 1, done.out[-2000:])
        for run in runs:
            head, _, rest = run.partition("\n")
            service, how, status = head.split()
            result, end = json.JSONDecoder().raw_decode(rest)
            self.assertIsInstance(result, dict, run)
            if how == "killed":
                self.assertEqual((int(status), result["termination"]),
                                 (e2e.INCONCLUSIVE, "oom-killed"), run)
                self.assertEqual(result["oom_kills"], 1)
                self.assertEqual(result["restarts"], 0)
                self.assertIn("not started again", result["reason"])
                continue
            leaks = service == "global-growth"
            self.assertEqual((result["verdict"], result["cause"], int(status)),
                             ("leak", "heap", e2e.OTHER) if leaks else ("clean", "none", e2e.PASS),
                             run)
            self.assertEqual(result["limit_bytes"], 200 << 20) # of the group above it
            self.assertIn("peak_bytes", result)
            self.assertTrue(result["target"].startswith(
                "pid " if how == "pid" else "cgroup /sys/fs/cgroup/app/web"), run)
            self.assertEqual(result["warnings"], [], run)
            self.assertIn("untouched\n", rest[end:], UNTOUCHED)


if __name__ == "__main__":
    e2e.main()
