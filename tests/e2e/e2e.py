"""What the end-to-end tests share: a folder for each test, calls of leakcage, and what must not be
left behind.

LEAKCAGE_BUILD names the build folder (ctest sets it; build/release when it is not set). A test's
folder, build/…/e2e/FILE.CLASS.TEST, is removed when the test has passed and kept when it has not.
A file ends with e2e.main(): status 77, with the reason, when all its tests were skipped.

@e2e.long marks what takes long and is left to `make test-long`: ctest has it as e2e.NAME.long, with
the label long. LEAKCAGE_LENGTH=short or long is which of the two runs; by hand both do. Builds
with a sanitizer run what needs no driver (LEAKCAGE_GUEST=no), and at night some that do ("only").
"""
import contextlib
import functools
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("LEAKCAGE_BUILD", os.path.join(ROOT, "build", "release"))
LEAKCAGE = os.path.join(BUILD, "leakcage")
HOSTILE = os.path.join(BUILD, "tests", "e2e", "hostile_service")
SERVICES = os.path.join(BUILD, "services")
SCENARIOS = os.path.join(ROOT, "scenarios")
GOLDEN = os.path.join(BUILD, "tests", "golden", "runs")  # recorded runs, as result folders

PASS, OTHER, USAGE, ENVIRONMENT, SERVICE, INCONCLUSIVE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
SKIPPED = 77
LENGTH = os.environ.get("LEAKCAGE_LENGTH", "") # "short", "long", or all
GUEST = os.environ.get("LEAKCAGE_GUEST", "") # "no": what boots none; "only": what does; or all
MARK = "LEAKCAGE_E2E_MARK"
SANITIZE = os.environ.get("LEAKCAGE_SANITIZE", "") # what the build has in it: "thread"
PATIENCE = 5 if SANITIZE else 1 # how many times longer all that is timed may take
# Less than a second, on a machine that is busy with much else.
SOON_S = 15 * PATIENCE
# For a run that is still going on when it is to be disturbed.
SLOW = ["--cycles", "200", "--requests", "20000", "--budget", "5m"]


def service(name):
    return os.path.join(SERVICES, name)


def scenario(name):
    return os.path.join(SCENARIOS, name + ".json")


def long(test):
    """Decorator: only in `make test-long`; in `make test` others stand for it."""
    test.is_long = True
    return test


@functools.lru_cache(maxsize=None)
def driver():
    """The driver that `auto` picks here, "" when none works; and the whole of doctor's output."""
    done = subprocess.run([LEAKCAGE, "doctor"], capture_output=True, text=True, check=False)
    found = re.search(r"auto picks driver (\w+)", done.stdout)
    return found.group(1) if found else "", done.stdout + done.stderr


def needs_driver(test):
    """Decorator: skip where no driver works, with doctor's reasons."""
    @functools.wraps(test)
    def checked(self, *arguments):
        name, report = driver()
        if not name:
            missing = [line for line in report.splitlines() if line.startswith("missing")]
            self.skipTest("no driver works here: " +
                          "; ".join(" ".join(line.split()) for line in missing))
        return test(self, *arguments)
    checked.boots_guest = True
    return checked


def needs_vm(test):
    """Decorator: skip where driver vm is not the one that runs by itself."""
    @functools.wraps(test)
    def checked(self, *arguments):
        if driver()[0] != "vm":
            self.skipTest("driver vm is not what auto picks here")
        return test(self, *arguments)
    checked.boots_guest = True
    return checked


class Done:
    """How a call of leakcage ended."""

    def __init__(self, arguments, status, out, err, seconds):
        self.arguments, self.status = arguments, status
        self.out, self.err, self.seconds = out, err, seconds

    def __str__(self):
        return "leakcage %s\nexit status %d after %.1f s\n--- stdout\n%s\n--- stderr\n%s" % (
            " ".join(self.arguments), self.status, self.seconds, self.out[-4000:],
            self.err[-4000:])


def processes_marked(mark):
    """Command lines of the living processes that carry this mark in their environment."""
    wanted = ("%s=%s" % (MARK, mark)).encode()
    found = {}
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if not entry.isdigit() or int(entry) == os.getpid():
                continue
            with open("/proc/%s/environ" % entry, "rb") as file:
                if wanted not in file.read().split(b"\0"):
                    continue
            with open("/proc/%s/stat" % entry, encoding="utf-8", errors="replace") as file:
                if file.read().rpartition(")")[2].split()[0] in "ZX":
                    continue
            with open("/proc/%s/cmdline" % entry, "rb") as file:
                found[int(entry)] = file.read().replace(b"\0", b" ").decode(errors="replace")[:200]
    return found


def guards(mark):
    """The pids of those that clean up behind a harness of this test that is killed."""
    return [pid for pid, words in processes_marked(mark).items() if " clean -o " in words]


class Test(unittest.TestCase):
    """A test with its own folder (self.dir), results (self.results), and mark."""
    maxDiff = None

    def setUp(self):
        self.dir = os.path.join(BUILD, "e2e", self.id().replace("__main__", stem()))
        shutil.rmtree(self.dir, ignore_errors=True)
        self.results = os.path.join(self.dir, "results")
        self.tmp = os.path.join(self.dir, "tmp")
        os.makedirs(self.tmp)
        self.mark = uuid.uuid4().hex
        self.addCleanup(self._finish)

    def _finish(self):
        for pid in processes_marked(self.mark):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        result = self._outcome.result
        failed = [getattr(test, "test_case", test) for test, _ in result.failures + result.errors]
        if not any(test is self for test in failed):
            shutil.rmtree(self.dir, ignore_errors=True)

    def environment(self, **changes):
        """Ours, quiet and English, with the mark; a change to None removes."""
        environment = dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm", TMPDIR=self.tmp)
        environment[MARK] = self.mark
        # Scenarios that tests write name programs of the build folder; test_security looks at that.
        environment["LEAKCAGE_ALLOW_OUTSIDE"] = "1"
        for inherited in ("NO_COLOR", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
            environment.pop(inherited, None)
        for key, value in changes.items():
            environment.pop(key, None)
            if value is not None:
                environment[key] = value
        return environment

    def start(self, *arguments, env=None, cwd=None, prefix=(), **options):
        return subprocess.Popen(  # pylint: disable=consider-using-with
            [*prefix, LEAKCAGE, *arguments], env=env or self.environment(), cwd=cwd or ROOT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            **options)

    def leakcage(self, *arguments, timeout=120, **options):
        """Call leakcage and wait."""
        begin = time.monotonic()
        timeout *= PATIENCE
        process = self.start(*arguments, **options)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.fail("leakcage %s: not done after %d s\n%s\n%s" % (
                " ".join(arguments), timeout, out[-4000:], err[-4000:]))
        return Done(arguments, process.returncode, out, err, time.monotonic() - begin)

    def run_here(self, *arguments, **options):
        """leakcage run, with its results in the test's folder."""
        return self.leakcage("run", "-o", self.results, *arguments, **options)

    def result(self, name):
        with open(os.path.join(self.results, name, "result.json"), encoding="utf-8") as file:
            return json.load(file)

    def take(self, name, to=None, **keys):
        """A recorded run as a result, with these keys of its result.json changed."""
        folder = os.path.join(self.results, to or name)
        shutil.copytree(os.path.join(GOLDEN, name), folder)
        path = os.path.join(folder, "result.json")
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        result.update(keys)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(result, file)
        return folder

    def write(self, name, text):
        """A file in the test's folder; returns its path."""
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text if isinstance(text, str) else json.dumps(text))
        return path

    def expect_status(self, done, status):
        self.assertEqual(done.status, status, str(done))

    def expect_nothing_left(self, seconds=10):
        """No process of this test, no unfinished results, no temporary file."""
        deadline = time.monotonic() + seconds
        while processes_marked(self.mark) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(processes_marked(self.mark), {}, "processes are left")
        self.assertEqual(self.unfinished(), [], "unfinished results are left")
        self.assertEqual(os.listdir(self.tmp), [], "temporary files are left")

    def unfinished(self):
        names = os.listdir(self.results) if os.path.isdir(self.results) else []
        return [name for name in names if name.startswith(".")]


class Started:
    """A run that goes on, its progress watched."""

    def __init__(self, test, *arguments, stderr_lines=True, command="run"):
        self.test = test
        self.process = test.start(command, "-o", test.results, *arguments)
        self.lines = queue.Queue()
        self.said = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        if stderr_lines:
            self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, *words, seconds=180):
        """Until there was a progress line with each of these, in whatever order."""
        deadline = time.monotonic() + seconds
        missing = set(words)
        while missing:
            try:
                line = self.lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                self.process.kill()
                self.test.fail("no %r within %d s: %s" % (missing, seconds, self.said))
            self.said.append(line)
            missing = {some for some in missing if some not in line}

    def wait_for_guest(self, more_s, seconds=20):
        """Until QEMU runs (or, with driver native, the service does), and so much longer."""
        deadline = time.monotonic() + seconds
        while len(set(processes_marked(self.test.mark)) - set(guards(self.test.mark))) < 2:
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


def stem():
    return os.path.splitext(os.path.basename(sys.argv[0]))[0]


class _Report(unittest.TextTestResult):
    """The usual words, and how long each test took."""

    def startTest(self, test):
        self.begin = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.stream.writeln("ok, %.1f s" % (time.monotonic() - self.begin))


class _Loader(unittest.TestLoader):
    """Only the tests of this length, with or without a guest."""

    def getTestCaseNames(self, testCaseClass):
        def has(name, mark):
            return getattr(getattr(testCaseClass, name), mark, False)
        both = (False, True)
        lengths = {"short": (False,), "long": (True,)}.get(LENGTH, both)
        guests = {"no": (False,), "only": (True,)}.get(GUEST, both)
        return [name for name in super().getTestCaseNames(testCaseClass)
                if has(name, "is_long") in lengths and has(name, "boots_guest") in guests]


def main():
    sys.stdout.reconfigure(line_buffering=True)
    if not os.access(LEAKCAGE, os.X_OK):
        print("skipped: %s is not built" % LEAKCAGE)
        sys.exit(SKIPPED)
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=_Report)
    program = unittest.main(testRunner=runner, testLoader=_Loader(), exit=False)
    result = program.result
    for test, reason in result.skipped:
        print("skipped: %s: %s" % (test.id().rpartition(".")[2], reason))
    if not result.testsRun:
        print("there is no such test in this file (length %r, guest %r): "
              "see tests/e2e/CMakeLists.txt" % (LENGTH, GUEST))
    if not (result.wasSuccessful() and result.testsRun):
        sys.exit(1)
    sys.exit(SKIPPED if len(result.skipped) == result.testsRun else 0)
