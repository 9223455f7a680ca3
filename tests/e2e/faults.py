"""What the tests of faults share: something goes wrong on purpose, and then it is held that it ends
within a bound, with nothing left behind and nobody else touched.

    class Guest(faults.FaultTest):
        def test_killed_under_load(self):
            with self.fault("guest", "killed under load", bound_s=20) as fault:
                ...                      # get there; this is not counted
                fault.happens()          # from here on it is (without: from the beginning)
                ...                      # the fault, and what is expected of it
                fault.result = "error: the guest went down; exit 3"

Area, name and bound are literals: tests/rules/check_faults.py reads them here and holds the table
in the README to them. Each fault that was met writes LEAKCAGE_BUILD/e2e/faults/SLUG.json, of which
`make faults` makes the table.

What must hold after the block, besides what the block asserts:
  - it took no longer than the bound;
  - no process, guest, unfinished result, temporary file or (in a guest) cgroup of the test is left.
    What a SIGKILL of the harness leaves is for the next start: the block calls fault.sweep();
  - bystanders, started before with the names of what is disturbed, run on as they were.

A file whose faults need a kernel of their own (cgroups, the clock, pids) ends with
faults.main_in_guest(): it runs itself once more in a guest of driver vm, where it is root and
driver native works.
"""
import ast
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import e2e

FOLDER = os.environ.get("LEAKCAGE_FAULTS", os.path.join(e2e.BUILD, "e2e", "faults"))
IN_GUEST = "LEAKCAGE_FAULTS_IN_GUEST"
NAMES = ("leakcage", "qemu-system-x86_64", "service")  # of bystanders, and what the block adds


def slug(area, name):
    return re.sub(r"[^a-z0-9]+", "-", ("%s %s" % (area, name)).lower()).strip("-")


def state_of(pid):
    """R, S, T, Z … of a process; "" when there is none."""
    with contextlib.suppress(OSError):
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0]
    return ""


class Bystanders:
    """Processes that sleep under the names of what is disturbed. They carry no mark."""

    def __init__(self, names):
        self.folder = tempfile.mkdtemp(prefix="bystanders-", dir=e2e.BUILD)
        self.processes = {}
        environment = {key: value for key, value in os.environ.items() if key != e2e.MARK}
        for name in names:
            program = os.path.join(self.folder, name)
            shutil.copy2("/bin/sleep", program)
            self.processes[name] = subprocess.Popen(  # pylint: disable=consider-using-with
                [program, "3600"], env=environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def disturbed(self):
        """Those that are not as they were, and how they are."""
        found = {}
        for name, process in self.processes.items():
            if process.poll() is not None:
                found[name] = "ended with %d" % process.returncode
            elif state_of(process.pid) not in ("S", "R", "D"):
                found[name] = "in state %s" % state_of(process.pid)
        return found

    def end(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Fault:
    """One row of the table."""

    def __init__(self, test, area, name, bound_s):
        self.test, self.area, self.name, self.bound_s = test, area, name, bound_s
        self.result = ""
        self.left = "nothing"
        self.begin = time.monotonic()
        self.took_s = None

    def happens(self):
        """The fault is now: what it takes is counted from here."""
        self.begin = time.monotonic()

    def over(self):
        """What was to end has ended: what follows is looking at it, and not counted."""
        if self.took_s is None:
            self.took_s = time.monotonic() - self.begin

    def sweep(self):
        """What a killed harness cannot take away any more: its processes are gone by themselves,
        the rest goes with the next start or `leakcage clean`."""
        self.over()
        self.test.expect_no_processes()
        done = self.test.leakcage("clean", "-o", self.test.results)
        self.test.expect_status(done, e2e.PASS)
        self.left = "nothing after `leakcage clean`"
        return done

    def row(self):
        return {"area": self.area, "fault": self.name, "result": self.result,
                "bound_s": self.bound_s, "took_s": round(self.took_s, 1), "left": self.left}


class FaultTest(e2e.Test):
    """A test of one fault, or several."""

    @contextlib.contextmanager
    def fault(self, area, name, bound_s, bystanders=()):
        others = Bystanders([*NAMES, *bystanders])
        self.addCleanup(others.end)
        fault = Fault(self, area, name, bound_s)
        path = os.path.join(FOLDER, slug(area, name) + ".json")
        with contextlib.suppress(OSError):
            os.remove(path)
        yield fault
        fault.over()
        self.assertLessEqual(fault.took_s, bound_s, "%s: %s took too long" % (area, name))
        self.expect_no_processes()
        self.expect_nothing_left()
        self.assertEqual(self.left_cgroups(), [], "cgroups are left")
        self.assertEqual(others.disturbed(), {}, "others were touched")
        others.end()
        self.assertTrue(fault.result, "what comes of it is not told")
        os.makedirs(FOLDER, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(fault.row(), file)

    def expect_no_processes(self, seconds=20):
        """Also none that is stopped; on a busy machine a guest's end takes its time."""
        deadline = time.monotonic() + seconds
        while e2e.processes_marked(self.mark) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(e2e.processes_marked(self.mark), {}, "processes are left")

    def left_cgroups(self):
        """Of leakcage, in a guest; on this machine there may be those of others."""
        if IN_GUEST not in os.environ:
            return []
        return [os.path.join(folder, name) for folder, names, _ in os.walk("/sys/fs/cgroup")
                for name in names if name.startswith("leakcage-") and "-" in name[9:]]

    def guests(self):
        """The pids of this test's guests."""
        return [pid for pid, words in e2e.processes_marked(self.mark).items()
                if "qemu" in words.split(" ")[0]]

    def only_guest(self, seconds=20):
        deadline = time.monotonic() + seconds
        while len(self.guests()) != 1:
            if time.monotonic() > deadline:
                self.fail("guests: %r" % self.guests())
            time.sleep(0.05)
        return self.guests()[0]

    def wait_until(self, check, what, seconds=60):
        """Poll; the first true value of check()."""
        deadline = time.monotonic() + seconds
        while True:
            found = check()
            if found:
                return found
            if time.monotonic() > deadline:
                self.fail("not within %d s: %s" % (seconds, what))
            time.sleep(0.05)

    def end_of(self, started, seconds):
        """Wait for an e2e.Started to end by itself: its status and all of its standard error."""
        try:
            status = started.process.wait(seconds)
        except subprocess.TimeoutExpired:
            started.process.kill()
            self.fail("still there after %d s: %s" % (seconds, started.said))
        started.reader.join(5)
        said = list(started.said)
        while not started.lines.empty():
            line = started.lines.get()
            if line is not None:
                said.append(line)
        out = started.process.stdout.read()
        started.process.stdout.close()
        started.process.stderr.close()
        return status, out, "".join(said)


def declared(folder=os.path.dirname(os.path.abspath(__file__))):
    """(area, name, bound_s) of every fault() call of test_faults_*.py, in the order of the files
    and their lines. A call that is not made of literals is a ValueError."""
    found = []
    for file in sorted(os.listdir(folder)):
        if not re.fullmatch(r"test_faults_\w+\.py", file):
            continue
        with open(os.path.join(folder, file), encoding="utf-8") as text:
            tree = ast.parse(text.read(), file)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and
                 isinstance(node.func, ast.Attribute) and node.func.attr == "fault"]
        for call in sorted(calls, key=lambda node: node.lineno):
            words = {keyword.arg: keyword.value for keyword in call.keywords}
            try:
                area, name = (ast.literal_eval(word) for word in call.args)
                found.append((area, name, ast.literal_eval(words["bound_s"])))
            except (ValueError, KeyError) as error:
                raise ValueError("%s:%d: fault(\"AREA\", \"NAME\", bound_s=N) of literals: %s" % (
                    file, call.lineno, error)) from error
    return found


def main_in_guest():
    """The tests of this file, in a guest of driver vm as its root."""
    if IN_GUEST in os.environ:
        e2e.main()
        return
    if not os.access(e2e.LEAKCAGE, os.X_OK):
        print("skipped: %s is not built" % e2e.LEAKCAGE)
        sys.exit(e2e.SKIPPED)
    if e2e.driver()[0] != "vm":
        print("skipped: driver vm is not what auto picks here")
        sys.exit(e2e.SKIPPED)
    os.makedirs(FOLDER, exist_ok=True)
    # Only this folder is the host's in there: the rest of what is written is gone with the guest.
    environment = dict(os.environ, LEAKCAGE_FAULTS=FOLDER, PYTHONDONTWRITEBYTECODE="1")
    environment[IN_GUEST] = "1"
    with subprocess.Popen([e2e.LEAKCAGE, "vm", FOLDER, "--", "/usr/bin/python3",
                           os.path.abspath(sys.argv[0]), *sys.argv[1:]], env=environment) as guest:
        try:
            status = guest.wait(1200)
        except subprocess.TimeoutExpired:
            guest.send_signal(signal.SIGKILL)
            status = "no end within 20 minutes"
    sys.exit(status)
