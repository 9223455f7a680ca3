#!/usr/bin/python3
"""One harness for a long time: a million requests in ten thousand cycles, of one `leakcage run`.

usage: harness.py [--requests N] [--cycles N] [--driver attach|native] [-o DIR] [--json FILE]

Three processes: a service that works as much as it is granted (gate_service.c); the harness, which
drives it cycle after cycle; and a second leakcage that attaches to the harness and judges it as it
would any other process. Its unit of work is a cycle of the first: it has so many granted, waits
until they are done, lets the harness rest (its requests wait for their grant), and reads its floor.
What the first harness keeps of a run is bounded (timeline.h); it is judged from when that is full.

Driver attach needs nothing. Driver native, whose cgroups the harness then makes, limits and reads,
needs the right to have some: `leakcage vm -- tests/soak/harness.py --driver native` does.
Ends with 1 when something grew, or when work is missing."""
import argparse
import csv
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("LEAKCAGE_BUILD", os.path.join(ROOT, "build", "release"))
LEAKCAGE = os.path.join(BUILD, "leakcage")
GATE = os.path.join(BUILD, "tests", "soak", "gate_service")
# Cycles of the one that watches, at most: so many that each is over within half a minute. One unit
# of its work is a cycle of the one that is watched.
WATCHED_CYCLES = 200
# It is over before the other has no work left.
WATCHED_SHARE = 0.95
# Until so much of its work is done what is kept of a run may still become more.
WARMUP_SHARE = 0.45
PATIENCE_S = 300
MIB = 1048576.0


class SoakError(Exception):
    """It cannot go on; the text says why."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_scenario(path, **document):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
    return path


def status_of(pid):
    """What the kernel says of a process, in bytes, and its open descriptors; {} when it is gone."""
    try:
        with open("/proc/%d/status" % pid, encoding="utf-8", errors="replace") as file:
            lines = dict(line.split(":", 1) for line in file if ":" in line)
        found = {key: int(lines[key].split()[0]) * 1024 for key in ("VmRSS", "VmHWM")}
        return found | {"descriptors": len(os.listdir("/proc/%d/fd" % pid))}
    except (OSError, KeyError, ValueError):
        return {}


class Soak:
    """The processes of one soak; all are ended with it."""

    def __init__(self, options):
        self.options = options
        self.folder = os.path.abspath(options.output)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.size = max(1, options.requests // options.cycles)
        self.port = free_port()
        self.processes = []
        self.harness = None
        self.last = {}

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def start(self, name, *command):
        with open(os.path.join(self.folder, name + ".log"), "wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def log_of(self, name):
        with open(os.path.join(self.folder, name + ".log"), encoding="utf-8",
                  errors="replace") as file:
            return file.read().strip()[-600:]

    def start_gate(self):
        gate = self.start("gate", GATE, str(self.port))
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return gate.pid
            except OSError:
                if gate.poll() is not None:
                    break
                time.sleep(0.05)
        raise SoakError("the service does not listen: " + self.log_of("gate"))

    def start_harness(self):
        """The harness that is soaked; every cycle of it waits for its grant."""
        if self.options.driver == "attach":
            service = {"attach": str(self.start_gate()), "port": self.port}
        else:
            service = {"command": [GATE, "{port}"], "port": self.port}
        scenario = write_scenario(
            os.path.join(self.folder, "soaked.json"), name="soaked", service=service,
            load={"path": "/work", "concurrency": 8, "timeout": "10m"}, sample_hz=200,
            cycles={"max": self.options.cycles, "min": self.options.cycles,
                    "requests": self.size, "warmup": 0, "settle": "1ms", "budget": "24h"})
        command = [LEAKCAGE, "run", "--quiet", "-o", self.folder]
        if self.options.driver != "attach":
            command += ["--driver", self.options.driver, "--limit", "64M", "--allow-outside"]
        self.harness = self.start("soaked", *command, scenario)

    def grant(self, cycles):
        """Have it do so many cycles more, about: it varies their size by a tenth."""
        url = "http://127.0.0.1:%d/grant/%d" % (self.port, cycles * self.size)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
                    return answer.read()
            except OSError as error:
                # Driver native has its service started by the harness: it may not be there yet.
                refused = isinstance(getattr(error, "reason", error), ConnectionRefusedError)
                if not refused or self.harness.poll() is not None or time.monotonic() > deadline:
                    raise SoakError("the service does not answer (%s): %s" % (
                        error, self.log_of("soaked"))) from error
                time.sleep(0.1)

    def look(self):
        found = status_of(self.harness.pid)
        self.last = found or self.last
        return self.last

    def warm_up(self, cycles):
        """The first part of the work; what the harness takes at its begin and at its end."""
        self.grant(1)
        first = dict(self.look())
        for done in range(0, cycles, 100):
            self.grant(min(100, cycles - done))
            say("%d of %d cycles, %.1f MiB" % (done + 100, self.options.cycles,
                                               self.look()["VmRSS"] / MIB))
        return first, dict(self.look())

    def watch(self, cycles):
        """Another leakcage attaches to the harness, and judges it by what is left of the work."""
        cycles = int(cycles * WATCHED_SHARE)
        watched = max(5, min(WATCHED_CYCLES, cycles // 4))
        scenario = write_scenario(
            os.path.join(self.folder, "watcher.json"), name="watcher",
            service={"attach": str(self.harness.pid), "port": self.port},
            load={"path": "/grant/%d" % self.size, "concurrency": 1, "timeout": "10m"},
            expect="clean",
            cycles={"max": watched, "min": watched, "requests": max(1, cycles // watched),
                    "warmup": 0, "settle": "500ms", "budget": "24h"})
        watcher = self.start("watcher", LEAKCAGE, "run", "--quiet", "-o", self.folder, scenario)
        while watcher.poll() is None:
            time.sleep(0.5)
            self.look()
        return self.result("watcher")

    def result(self, name):
        path = os.path.join(self.folder, name, "result.json")
        if not os.path.exists(path):
            raise SoakError("%s has no result: %s" % (name, self.log_of(name)))
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    def finish(self):
        """Grant all that is left; until the harness has judged, written and ended."""
        def open_gate():
            try:
                self.grant(2 * self.options.cycles)
            except (SoakError, OSError):
                pass  # it goes with the harness
        threading.Thread(target=open_gate, daemon=True).start()
        while self.harness.poll() is None:
            self.look()
            time.sleep(0.02)
        return self.result("soaked")

    def descriptors(self):
        """Of the harness at the floors that the other one read, by kind."""
        with open(os.path.join(self.folder, "watcher", "cycles.csv"), encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [sum(int(value) for key, value in row.items()
                    if key.startswith("floor_fd_") and value) for row in rows]


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(soak):
    begin = time.monotonic()
    warmup = int(soak.options.cycles * WARMUP_SHARE)
    soak.start_harness()
    first, warm = soak.warm_up(warmup)
    say("watched from here on")
    watcher = soak.watch(soak.options.cycles - warmup)
    rest = dict(soak.look())
    end = time.monotonic()
    soaked = soak.finish()
    opened = soak.descriptors()
    cycles = sum(cycle.get("cycles", 1) for cycle in soaked["cycles"])
    result = os.path.join(soak.folder, "soaked")
    return {
        "driver": soaked["driver"], "requests": soaked["requests_total"], "cycles": cycles,
        "rows": len(soaked["cycles"]), "soaked_verdict": soaked["verdict"],
        "verdict": watcher["verdict"], "reason": watcher["reason"],
        "outcome": watcher["outcome"],
        "growth_bytes_per_cycle": watcher.get("growth_bytes_per_request"),
        "smallest_leak_bytes_per_cycle": watcher.get("smallest_leak_bytes_per_request"),
        "watched_cycles": watcher["requests_total"],
        "descriptors": {"at_first": first["descriptors"], "most": max(opened),
                        "first_third": statistics.median(opened[:len(opened) // 3 + 1]),
                        "last_third": statistics.median(opened[-(len(opened) // 3 + 1):])},
        "rss_bytes": {"at_first": first["VmRSS"], "warm": warm["VmRSS"], "last": rest["VmRSS"],
                      "highest": soak.last["VmHWM"]},
        "result_bytes": {name: os.path.getsize(os.path.join(result, name))
                         for name in sorted(os.listdir(result))},
        "seconds": {"run": round(soaked["duration_s"], 1), "all": round(end - begin, 1),
                    "written_after": round(time.monotonic() - begin - soaked["duration_s"], 1)},
    }


def show(figures, out):
    rss = figures["rss_bytes"]
    opened = figures["descriptors"]
    smallest = figures["smallest_leak_bytes_per_cycle"]
    print("harness: %d requests in %d cycles, driver %s, %.0f s" % (
        figures["requests"], figures["cycles"], figures["driver"], figures["seconds"]["run"]),
          file=out)
    print("  its verdict on itself  %s over %d cycles: %s" % (
        figures["verdict"], figures["watched_cycles"], figures["reason"]), file=out)
    if smallest is not None:
        print("  it would have found    %.0f B per cycle" % smallest, file=out)
    print("  resident               %.1f MiB at first, %.1f MiB when its timeline was full, "
          "%.1f MiB at the end; %.1f MiB at most, while it wrote its results" % (
              rss["at_first"] / MIB, rss["warm"] / MIB, rss["last"] / MIB, rss["highest"] / MIB),
          file=out)
    print("  descriptors            %(first_third)g in the first third of the floors, "
          "%(last_third)g in the last; %(most)d at most" % opened, file=out)
    print("  results                %d rows of cycles; %s" % (figures["rows"], ", ".join(
        "%s %.1f MiB" % (name, size / MIB) for name, size in figures["result_bytes"].items()
        if size > MIB / 10)), file=out)


def is_right(options, figures):
    opened = figures["descriptors"]
    return (figures["outcome"] == "pass" and figures["cycles"] >= options.cycles and
            figures["requests"] >= options.cycles * max(1, options.requests // options.cycles) *
            0.99 and opened["last_third"] <= opened["first_third"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--requests", type=int, default=1000000)
    parser.add_argument("--cycles", type=int, default=10000)
    parser.add_argument("--driver", choices=["attach", "native"], default="attach")
    parser.add_argument("-o", "--output", default=os.path.join(BUILD, "soak", "harness"))
    parser.add_argument("--json", metavar="FILE", help="the figures; -: on standard output")
    options = parser.parse_args()
    try:
        with Soak(options) as soak:
            figures = run(soak)
    except SoakError as error:
        print("soak: %s" % error, file=sys.stderr)
        return 1
    if options.json == "-":
        show(figures, sys.stderr)
        json.dump(figures, sys.stdout, indent=1)
    else:
        show(figures, sys.stdout)
        with open(options.json or os.path.join(soak.folder, "figures.json"), "w",
                  encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
    return 0 if is_right(options, figures) else 1


if __name__ == "__main__":
    sys.exit(main())
