"""What the benchmarks share: calls of `leakcage run` and their results as rows, services on the
host's loopback, and where results of runs are kept.

From the environment:
  REPEATS=N       how often (accuracy, speed: 1; allocators: 3; sensitivity: 5)
  SCENARIOS="…"   these only; robustness takes NAME.VARIANT too, peers its own rows
  ALL=1           robustness takes the whole catalogue
  JOBS=N          handed on to `leakcage run --jobs N`
  BENCH_KEEP=DIR  keep all results there; otherwise those of wrong runs only, in the build folder
  BENCH_JSON=FILE the raw rows of the benchmarks that ran; what others left there stays
  BENCH_ROWS=FILE rows saved so, for accuracy and speed: the catalogue is not run again"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import figures

SCHEMA = "leakcage.bench/1"
# How `leakcage run` ends when it has run: as expected, otherwise, a service failed, inconclusive.
RAN = (0, 1, 4, 5)


class BenchError(Exception):
    """This benchmark cannot go on; the text says why."""


class Bench:
    """The build that is measured, what was asked for, and rows that benchmarks share."""

    def __init__(self, build):
        self.build = build
        self.leakcage = os.path.join(build, "leakcage")
        self.environment = os.environ
        self.catalogue = None  # rows of the catalogue, once there are some
        self.keeps_all = bool(self.environment.get("BENCH_KEEP"))
        self.kept = self.environment.get("BENCH_KEEP") or os.path.join(
            build, "bench-results", time.strftime("%Y%m%d-%H%M%S"))

    def count(self, name, default):
        text = self.environment.get(name) or str(default)
        if not text.isdigit() or int(text) < 1:
            raise BenchError("%s is %r, expected a whole number from 1" % (name, text))
        return int(text)

    def scenarios(self):
        """What SCENARIOS names; None for all."""
        return self.environment.get("SCENARIOS", "").split() or None

    def program(self, *path):
        return os.path.abspath(os.path.join(self.build, *path))

    def options(self):
        return ["--jobs", str(self.count("JOBS", 1))] if self.environment.get("JOBS") else []

    def run(self, results, arguments):
        """Call `leakcage run` with results in this folder; the records as dicts. A run that ended
        without a verdict is among them, with "error"."""
        os.makedirs(results, exist_ok=True)
        done = subprocess.run(
            [self.leakcage, "run", "--json", "--quiet", "-o", results] + self.options() + arguments,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        try:
            records = json.loads(done.stdout)
        except ValueError:
            records = []
        records = records if isinstance(records, list) else [records]
        if done.returncode not in RAN:
            why = "leakcage run ended with status %d: %s" % (done.returncode, done.stderr.strip())
            if not records:
                raise BenchError(why)
            print(why, file=sys.stderr)
        return [record for record in records if "id" in record]

    def compare(self, results, arguments):
        """Call `leakcage compare` with results in this folder; (record, its folder) of each run."""
        os.makedirs(results, exist_ok=True)
        done = subprocess.run(
            [self.leakcage, "compare", "--json", "--quiet", "-o", results] + arguments,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        found = []
        for path in sorted(glob.glob(os.path.join(results, "**", "result.json"), recursive=True)):
            with open(path, encoding="utf-8") as file:
                found.append((json.load(file), os.path.dirname(path)))
        if done.returncode not in RAN or not found:
            why = "leakcage compare ended with status %d: %s" % (done.returncode,
                                                                 done.stderr.strip())
            if not found:
                raise BenchError(why)
            print(why, file=sys.stderr)
        return found

    def folder(self, *names):
        return os.path.abspath(os.path.join(self.kept, *names))

    def settle_folder(self, row):
        """Keep the results of this row, or not: those of right runs go."""
        if self.keeps_all or not row["right"]:
            return
        shutil.rmtree(row.pop("folder"), ignore_errors=True)

    def remove_empty_folders(self):
        top = self.kept if self.keeps_all else os.path.dirname(self.kept)
        for path, _, _ in os.walk(top, topdown=False):
            if not os.listdir(path):
                os.rmdir(path)

    def save(self, name, rows):
        """Into BENCH_JSON, beside what other benchmarks have put there."""
        path = self.environment.get("BENCH_JSON")
        if not path:
            return
        document = {"schema": SCHEMA, "rows": {}}
        if os.path.exists(path):
            document = read_rows_file(path)
        document["rows"][name] = rows
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.write("\n")
        os.replace(path + ".new", path)


def read_rows_file(path):
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError) as problem:
        raise BenchError("%s: %s" % (path, problem)) from problem
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise BenchError("%s: found no %s, the rows that BENCH_JSON writes" % (path, SCHEMA))
    return document


def is_right(called, cause, expect):
    """As it must be? A scenario that expects nothing takes any verdict but a leak."""
    if expect[0] is None:
        return called in figures.VERDICTS and called != "leak"
    return called == expect[0] and expect[1] in (None, cause)


def row_of(record, results, expect):
    """What the benchmarks look at, of a result.json. What the run did not measure is None."""
    growth = record.get("growth_bytes_per_request", {})
    failed = record["outcome"] == "error"
    called = "error" if failed else record["verdict"]
    cause = None if failed else record["cause"]
    reason = record["reason"]
    if failed:
        reason = record.get("error", {}).get("text") or record["termination"]
    return {
        "id": record["id"], "scenario": record["scenario"], "variant": record.get("variant"),
        "expect": expect[0], "expect_cause": expect[1], "called": called, "cause": cause,
        "right": is_right(called, cause, expect),
        "reason": reason, "verdict_s": record.get("verdict_s"),
        "duration_s": record.get("duration_s"), "requests": record.get("requests_total"),
        "growth_bytes": growth.get("estimate"),
        "smallest_leak_bytes": record.get("smallest_leak_bytes_per_request"),
        "limit_bytes": record.get("limit_bytes"),
        "roomy_limit_bytes": record.get("roomy_limit_bytes"),
        "driver": record["driver"], "accel": record.get("accel"), "cpus": record.get("cpus"),
        "folder": os.path.join(results, record["id"]),
    }


def missing_row(name, variant, expect, results):
    """A run that leakcage did not tell about at all: it counts, as an error."""
    full = "%s.%s" % (name, variant) if variant else name
    return {
        "id": full, "scenario": name, "variant": variant, "expect": expect[0],
        "expect_cause": expect[1], "called": "error", "cause": None, "right": False,
        "reason": "leakcage ended before this run", "verdict_s": None, "duration_s": None,
        "requests": None, "growth_bytes": None, "smallest_leak_bytes": None, "limit_bytes": None,
        "roomy_limit_bytes": None, "driver": None, "accel": None, "cpus": None,
        "folder": os.path.join(results, full),
    }


def call_of(row):
    """"leak, sockets", "clean"."""
    return row["called"] if row["cause"] in (None, "none") else "%s, %s" % (row["called"],
                                                                            row["cause"])


def catalogue_files(names=None):
    """Paths of the scenarios of the catalogue: all, or those that are named."""
    there = {os.path.basename(path)[:-5]: path for path in sorted(glob.glob("scenarios/*.json"))
             if not path.endswith("/schema.json")}
    for name in names or []:
        if name not in there:
            raise BenchError("there is no scenario %s, there are: %s" % (name, ", ".join(there)))
    return {name: there[name] for name in (names or there)}


def say(text):
    """How far it is, for who waits; not part of the output."""
    print(text, file=sys.stderr, flush=True)


def show(lines):
    print("\n".join(lines), flush=True)


class Service:
    """A service on the host, on loopback, alone or under a tool. Its own output goes to a file."""

    PATIENCE_S = 120

    def __init__(self, program, arguments=(), prefix=(), environment=None):
        self.program = os.path.realpath(program)
        self.log = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [*prefix, program, *arguments], stdout=self.log, stderr=self.log,
            env=dict(os.environ, PORT="0", **(environment or {})))
        self.pid = self.process.pid
        try:
            self.port = self._await_port()
            self.url = "http://127.0.0.1:%d" % self.port
            self.pid = self._find_pid()
        except BenchError:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    def output(self):
        with open("/proc/self/fd/%d" % self.log.fileno(), encoding="utf-8",
                  errors="replace") as file:
            return file.read()

    def _await_port(self):
        deadline = time.monotonic() + self.PATIENCE_S
        while time.monotonic() < deadline:
            match = re.search(r"listening on 127\.0\.0\.1:(\d+)", self.output())
            if match:
                return int(match.group(1))
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise BenchError("%s did not start: %s" % (self.program, self.output().strip()[-500:]))

    def _find_pid(self):
        """The service itself, where a tool is a script that starts it."""
        parents = {}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % entry, encoding="utf-8", errors="replace") as file:
                    parents.setdefault(int(file.read().rpartition(")")[2].split()[1]),
                                       []).append(int(entry))
            except OSError:
                continue
        below = [self.process.pid]
        for pid in below:
            try:
                if os.readlink("/proc/%d/exe" % pid) == self.program:
                    return pid
            except OSError:
                pass
            below += parents.get(pid, [])
        return self.process.pid

    def rss_bytes(self):
        """What psutil's memory_info().rss reads: of this process, without its children."""
        with open("/proc/%d/statm" % self.pid, encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self):
        """Asks it to end, and waits for it and its tool. Returns the exit status."""
        if self.process.poll() is None:
            try:
                os.kill(self.pid, 15)
            except ProcessLookupError:
                pass
        try:
            self.process.wait(self.PATIENCE_S)
        except subprocess.TimeoutExpired:
            if self.pid != self.process.pid:
                os.kill(self.pid, 9)
            self.process.kill()
            self.process.wait()
        self.log.close()
        return self.process.returncode


def drive(bench, url, connections, amount):
    """Load on loopback: `amount` is "10" (seconds) or "500r" (requests). Returns (requests per
    second, requests answered)."""
    done = subprocess.run([bench.program("tests/bench/load_bench"), url, str(connections), amount],
                          check=True, capture_output=True, text=True)
    match = re.search(r"requests/s (\d+)\s+answered (\d+)", done.stdout)
    return float(match.group(1)), int(match.group(2))
