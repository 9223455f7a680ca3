#!/usr/bin/python3
"""make fuzz: libFuzzer on every target of tests/fuzz, two at a time, and a table of what was done.

usage: run.py [--seconds N] [--jobs N] [--build FOLDER] [--no-build] [TARGET...]

Each target starts from its seeds (seeds/TARGET, what make_seeds has made, and files of the
repository) and from what earlier runs have found worth keeping (FOLDER/tests/fuzz/corpus/TARGET).
An input that breaks something is left in FOLDER/tests/fuzz/found; mended, it becomes a seed. What
hangs on the machine, too (time, memory, threads), is told and counts for nothing when it is well
each time that it is asked again. Exit status: 1 when a target has found something or has not run.
"""

import argparse
import base64
import concurrent.futures
import fcntl
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# Inputs are at most so long; seeds that are longer are cut.
LENGTH = 4096
LENGTHS = {"timeline": 40960, "result": 40960, "scenario": 16384, "json": 16384,
           "explanation": 16384, "baseline": 16384, "processes": 16384}
# What else is in the repository that a target reads.
MORE = {"scenario": ["scenarios"], "json": ["scenarios"], "pod": ["docker/kube"]}

# Of one input: longer is a hang (less is a machine that has other work), more memory is too much.
TIMEOUT_S = 60
MEMORY_MIB = 2048
# Not asked for leaks: threads come and go, and what one that begins is given is nobody's for a
# moment.
WITH_THREADS = ("serve",)

# How often an input that found something is asked again, at most.
AGAIN = 5
# It is told whole when its text is no longer than this.
TOLD_MAX = 4000


class Result:
    """What one target has done."""

    def __init__(self, target):
        self.target = target
        self.executions = self.covered = self.edges = self.seconds = 0
        self.found = [] # as seen from the build folder
        self.once = [] # of these, what was the machine's
        self.ran = False
        self.log = ""

    @property
    def is_good(self):
        return self.ran and not self.really_found

    @property
    def really_found(self):
        return [path for path in self.found if path not in self.once]


def build(folder):
    """Preset `fuzz`, the targets alone."""
    for command in (["cmake", "--preset", "fuzz", "-DLEAKCAGE_TESTS=ON"],
                    ["cmake", "--build", folder, "--target", "fuzz_targets"]):
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            sys.exit(done.stdout + "preset fuzz does not build")


def targets_of(folder):
    names = os.listdir(HERE)
    found = sorted(re.fullmatch(r"fuzz_(\w+)\.c", name).group(1)
                   for name in names if re.fullmatch(r"fuzz_(\w+)\.c", name))
    return [name for name in found
            if os.access(os.path.join(folder, "tests/fuzz/fuzz_" + name), os.X_OK)]


def seeds_of(folder, target):
    """The files of a target, as seen from the build folder, always in one order: a folder's own is
    another on each machine."""
    places = [os.path.join(HERE, "seeds", target), os.path.join(folder, "tests/fuzz/made", target)]
    places += [os.path.join(ROOT, more) for more in MORE.get(target, [])]
    return [os.path.relpath(os.path.join(at, name), folder) for place in places
            for at, folders, names in sorted(os.walk(place)) for name in sorted(names)]


def read_log(result, text):
    """What libFuzzer says it has done, the last word of each."""
    def last(pattern):
        found = re.findall(pattern, text)
        return int(found[-1]) if found else 0
    result.executions = last(r"stat::number_of_executed_units: (\d+)")
    result.covered = last(r"\bcov: (\d+)")
    result.edges = last(r"\((\d+) inline 8-bit counters\)")
    result.found = re.findall(r"Test unit written to (\S+)", text)
    result.log = text


def environment(target, own):
    options = "quarantine_size_mb=16:allocator_release_to_os_interval_ms=-1"
    return {"PATH": "/usr/bin:/bin", "LEAKCAGE_FUZZ_DIR": own,
            "ASAN_OPTIONS": options + (":detect_leaks=0" if target in WITH_THREADS else ""),
            "UBSAN_OPTIONS": "print_stacktrace=1"}


def fixed_addresses():
    """A command's beginning with which it has the same addresses each time; [] where a container
    forbids that: some inputs are others then, and as many."""
    prefix = ["setarch", "--addr-no-randomize"]
    done = subprocess.run(prefix + ["true"], stderr=subprocess.DEVNULL)
    return prefix if done.returncode == 0 else []


def start(folder, target, command, own):
    return subprocess.run(command, cwd=folder, env=environment(target, own),
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def was_machine(folder, target, path, own):
    """Was it one moment's time, memory or threads? An input that breaks a promise is a finding also
    when it is well by itself: what came before it may have left something behind."""
    if os.path.basename(path).startswith(target + "-crash-") and target not in WITH_THREADS:
        return False
    command = ["tests/fuzz/fuzz_" + target, "-timeout=%d" % TIMEOUT_S,
                        "-rss_limit_mb=%d" % MEMORY_MIB, path]
    return all(start(folder, target, command, own).returncode == 0 for _ in range(AGAIN))


def run(folder, target, seconds, seed):
    """One target for so long; it stops at the first thing that it finds. With a seed (0: any) and a
    new build folder, the inputs are the same ones in each run, as many as there is time for: of all
    targets in one build, but `serve` (it has threads); of most in any. Hence no inputs made of what
    was compared (pointers, too), the same addresses, names of one length, an environment of its own
    and no look at the corpus each second for what others have added."""
    result = Result(target)
    corpus = os.path.join("tests/fuzz/corpus", target)
    for name in ("tests/fuzz/found", corpus):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    begin = time.monotonic()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="leakcage-fuzz-", dir=memory) as own:
        inputs = os.path.join(own, "inputs")
        with open(inputs, "w", encoding="utf-8") as file:
            file.write(",".join(seeds_of(folder, target)))
        command = ["tests/fuzz/fuzz_" + target, "-seed_inputs=@" + inputs,
                   "-max_total_time=%d" % seconds, "-timeout=%d" % TIMEOUT_S,
                   "-report_slow_units=%d" % TIMEOUT_S, "-rss_limit_mb=%d" % MEMORY_MIB,
                   "-print_final_stats=1",
                   "-seed=%d" % seed, "-reload=%d" % (0 if seed else 1),
                   "-use_cmp=%d" % (0 if seed else 1),
                   "-max_len=%d" % LENGTHS.get(target, LENGTH),
                   "-artifact_prefix=tests/fuzz/found/%s-" % target, corpus]
        done = start(folder, target, (fixed_addresses() if seed else []) + command, own)
        result.seconds = time.monotonic() - begin
        read_log(result, done.stderr.decode("utf-8", "backslashreplace"))
        result.once = [path for path in result.found if was_machine(folder, target, path, own)]
    result.ran = result.executions > 0 and (done.returncode == 0 or bool(result.found))
    return result


def add_to_totals(folder, results):
    """Executions of all runs in this build folder, by target; several may add at a time."""
    path = os.path.join(folder, "tests/fuzz/totals.json")
    with open(path, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        totals = json.loads(text) if text else {}
        for result in results:
            totals[result.target] = totals.get(result.target, 0) + result.executions
        file.truncate(0)
        json.dump(totals, file, indent=2, sort_keys=True)
    return totals


def print_table(results, totals):
    form = "%-14s %12s %10s %14s %14s %8s"
    print(form % ("target", "executions", "per s", "edges", "in all runs", "found"))
    for result in results:
        print(form % (result.target, format(result.executions, ","),
                      format(int(result.executions / max(result.seconds, 1)), ","),
                      "%d of %d" % (result.covered, result.edges),
                      format(totals.get(result.target, 0), ","), len(result.really_found)))
    print(form % ("all", format(sum(r.executions for r in results), ","), "", "",
                  format(sum(totals.values()), ","), sum(len(r.really_found) for r in results)))


def story(folder, result):
    """What was found, and how it is looked at; inputs stay in a build folder that may be gone soon,
    so their bytes are told, too."""
    lines = [line for line in result.log.splitlines()
             if not re.match(r"#\d+\s|\s+#\d+ .*fuzzer::|NEW_FUNC|INFO:|stat::", line)]
    if not result.ran:
        what = "did not run:"
    elif result.really_found:
        what = "has found something:"
    else:
        what = "has found what is well when it is asked again, %d times:" % AGAIN
    told = ["", "-- %s %s" % (result.target, what)]
    told += lines[-60:]
    for path in result.found:
        with open(os.path.join(folder, path), "rb") as file:
            data = file.read()
        told.append("   again, in %s: %s %s" % (folder, "tests/fuzz/fuzz_" + result.target, path))
        text = base64.b64encode(gzip.compress(data)).decode()
        if len(text) <= TOLD_MAX:
            told.append("   its %d bytes: base64 -d <<<'%s' | gunzip" % (len(data), text))
    return "\n".join(told) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--seed", type=int, default=0,
                        help="of what is random (0: another each time)")
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time (2)")
    parser.add_argument("--build", default=os.path.join(ROOT, "build/fuzz"), metavar="FOLDER")
    parser.add_argument("--no-build", action="store_true", help="they are built already")
    parser.add_argument("--told", metavar="FILE", help="what was found, once more")
    parser.add_argument("target", nargs="*")
    arguments = parser.parse_args()
    folder = os.path.abspath(arguments.build)
    if not arguments.no_build:
        build(folder)
    known = targets_of(folder)
    unknown = [name for name in arguments.target if name not in known]
    if unknown or not known:
        sys.exit("no target %s; there are: %s" % (" ".join(unknown), " ".join(known) or "none"))
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda name: run(folder, name, arguments.seconds, arguments.seed),
                                arguments.target or known))
    print_table(results, add_to_totals(folder, results))
    told = "".join(story(folder, result) for result in results
                   if not result.is_good or result.found)
    print(told, end="")
    if arguments.told:
        with open(arguments.told, "w", encoding="utf-8") as file:
            file.write(told)
    return 0 if all(result.is_good for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
