#!/usr/bin/python3
"""Faults of a machine with cgroups, a clock and pids of its own: in a guest, with driver native."""
import contextlib
import json
import os
import signal
import subprocess
import time

import e2e
import faults

CGROUPS = "/sys/fs/cgroup"
# A shell that stays, and a service that it started and that has nobody to die with.
TREE = "sleep 3600 & exec %s" % e2e.service("clean")
PYTHON = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    held = []
    def do_GET(self):
        self.held.append(bytes(4096))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(str(text))


class Native(faults.FaultTest):
    def group(self):
        """The service's cgroup."""
        def find():
            for folder, names, _ in os.walk(CGROUPS):
                if "service" in names and os.path.basename(folder).startswith("leakcage-"):
                    return os.path.join(folder, "service")
            return None
        return self.wait_until(find, "a cgroup")

    def kill(self, run, fault, number=signal.SIGKILL):
        fault.happens()
        if number:
            run.end(number, 10)
        self.wait_until(lambda: not e2e.processes_marked(self.mark) and not self.unfinished() and
                        not os.listdir(self.tmp) and not self.left_cgroups(), "all is gone", 30)
        fault.over()

    def test_the_cgroup_is_removed(self):
        with self.fault("machine", "the service's cgroup is removed", bound_s=60) as fault:
            run = e2e.Started(self, *e2e.SLOW, "clean")
            run.wait_for("clean: cycle 1")
            group = self.group()
            fault.happens()
            write(os.path.join(group, "cgroup.kill"), 1)

            def removed():
                with contextlib.suppress(OSError):
                    os.rmdir(group)
                return not os.path.exists(group)
            self.wait_until(removed, "the group is removed")
            status, out, err = self.end_of(run, 50)
            fault.over()
            # Between the kill and the removal it has ended, that is all there is to be seen.
            self.assertIn(status, (e2e.ENVIRONMENT, e2e.SERVICE), out + err)
            self.assertRegex(out + err, "cgroup is gone|killed by signal 9")
            fault.result = "error: the service was killed, or its cgroup is gone; exit 3 or 4"

    def test_the_clock_is_stepped(self):
        with self.fault("machine", "the clock is set a day ahead, then a month back",
                        bound_s=120) as fault:
            run = e2e.Started(self, "--json", "unclosed-body")
            run.wait_for("unclosed-body: cycle 1")
            fault.happens()
            begin = time.monotonic()
            now = time.time()
            time.clock_settime(time.CLOCK_REALTIME, now + 86400)
            run.wait_for("unclosed-body: cycle 2")
            time.clock_settime(time.CLOCK_REALTIME, now - 30 * 86400)
            status, out, err = self.end_of(run, 110)
            fault.over()
            time.clock_settime(time.CLOCK_REALTIME, now + time.monotonic() - begin)
            self.assertEqual(status, e2e.PASS, err)
            record = json.loads(out)
            self.assertEqual((record["verdict"], record["cause"]), ("leak", "sockets"))
            self.assertLess(record["duration_s"], 120)
            fault.result = "the right verdict; durations are those of a clock that nobody sets"

    def test_pids_are_used_again(self):
        with self.fault("machine", "pids are used again, all of them every second",
                        bound_s=120) as fault:
            with open("/proc/sys/kernel/pid_max", encoding="utf-8") as file:
                pid_max = file.read()
            write("/proc/sys/kernel/pid_max", 400)
            self.addCleanup(write, "/proc/sys/kernel/pid_max", pid_max)
            # What is left of a session whose pid is ours by now is not taken for alive.
            left = os.path.join(self.results, ".work-leakcage-%d-1-%d" % (
                os.getpid(), os.stat("/proc/self/ns/pid").st_ino))
            os.makedirs(left)
            churn = subprocess.Popen(  # pylint: disable=consider-using-with
                ["sh", "-c", "while :; do /bin/true; done"], env=self.environment())
            try:
                run = e2e.Started(self, "--json", "child-worker")
                status, out, err = self.end_of(run, 110)
            finally:
                churn.kill()
                churn.wait()
            fault.over()
            self.assertEqual(status, e2e.PASS, err)
            self.assertEqual(json.loads(out)["verdict"], "leak")
            self.assertFalse(os.path.exists(left))
            fault.result = "the right verdict; who is dead is told by pid and start time"

    def test_killed_with_a_tree_of_processes(self):
        with self.fault("harness", "killed with driver native, its service has children",
                        bound_s=40) as fault:
            run = e2e.Started(self, "--driver", "native", *e2e.SLOW, "--", "/bin/sh", "-c", TREE)
            run.wait_for("sh: warm-up")
            self.kill(run, fault)
            fault.result = "no result; its guard ends the children and removes the cgroup"

    def test_killed_by_the_oom_killer(self):
        with self.fault("harness", "OOM-killed with driver native", bound_s=60) as fault:
            run = e2e.Started(self, "--driver", "native", *e2e.SLOW, "clean")
            run.wait_for("clean: cycle 1")
            group = os.path.join(CGROUPS, "outside")
            os.mkdir(group)
            self.addCleanup(os.rmdir, group)
            write(os.path.join(CGROUPS, "cgroup.subtree_control"), "+memory")
            write(os.path.join(group, "cgroup.procs"), run.process.pid)
            fault.happens()
            # What it has stays charged elsewhere; what it needs next is too much.
            write(os.path.join(group, "memory.max"), 4096)
            self.assertEqual(run.process.wait(60), -signal.SIGKILL)
            run.end(0, 10)
            self.kill(run, fault, 0)
            fault.result = "no result; its guard ends the service and removes the cgroup"

    def test_killed_while_an_instrument_looks_on(self):
        with self.fault("harness", "explain killed with driver native, its scripts in /tmp",
                        bound_s=40) as fault:
            run = e2e.Started(self, "--driver", "native", "--requests", "40", "--limit", "64M",
                              "--budget", "10s", "--instruments", "python",
                              "--", "/usr/bin/python3", "-c", PYTHON, command="explain")
            # In /tmp, where TMPDIR is too long for a socket's name.
            def folders():
                return [name for place in (self.tmp, "/tmp") for name in os.listdir(place)
                        if name.startswith("leakcage-%d-" % run.process.pid)]
            self.wait_until(folders, "a folder of the instrument's", 240)
            fault.happens()
            run.end(signal.SIGKILL, 10)
            self.expect_no_processes()
            self.wait_until(lambda: not folders(), "it is gone")
            fault.over()
            fault.result = "the plain result stays; its guard removes the folder"


if __name__ == "__main__":
    faults.main_in_guest()
