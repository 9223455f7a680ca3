"""Benchmarks of leakcage, as ratios measured in one run. Usage: bench.py BUILD [NAME...]

load      throughput of the load generator against wrk, in turn, on the same service
sampler   what sampling costs: share of a core, and what it takes from the service
vm        from start to a command running in the guest of driver vm
verdict   `leakcage run unclosed-body` from start to verdict
accuracy  the whole catalogue: what was called what (minutes; only when it is named)
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def median_of(values):
    return "median %.3g (min %.3g, max %.3g, n %d)" % (
        statistics.median(values), min(values), max(values), len(values))


class Service:
    """A sample service on the host, on loopback."""

    def __init__(self, build, name):
        self.process = subprocess.Popen(
            [os.path.join(build, "services", name)], env=dict(os.environ, PORT="0"),
            stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        self.url = "http://" + re.search(r"127\.0\.0\.1:\d+", line).group(0)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()


def wrk_rate(url, connections, seconds):
    out = subprocess.run(["wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds, url],
                         check=True, capture_output=True, text=True).stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def own_rate(build, url, connections, seconds):
    out = subprocess.run([os.path.join(build, "tests/bench/load_bench"), url, str(connections),
                          str(seconds)], check=True, capture_output=True, text=True).stdout
    return float(re.search(r"requests/s (\d+)", out).group(1))


def bench_load(build):
    if not shutil.which("wrk"):
        print("load      skipped: wrk is not installed")
        return
    with Service(build, "clean") as service:
        url = service.url + "/work"
        for connections in (8, 32):
            ratios, ours = [], []
            for _ in range(5):
                theirs = wrk_rate(url, connections, 2)
                ours.append(own_rate(build, url, connections, 2))
                ratios.append(ours[-1] / theirs)
            print("load      %2d connections: of wrk's throughput %s; %.0f requests/s (goal 0.9)"
                  % (connections, median_of(ratios), statistics.median(ours)))


# What the files of a small service's cgroup look like; memory.stat has some fifty lines.
CGROUP_FILES = {
    "memory.current": "1495040\n", "memory.peak": "1495040\n", "pids.current": "5\n",
    "memory.stat": "".join("%s %d\n" % (key, 4096 * n) for n, key in enumerate(
        "anon file kernel kernel_stack pagetables sec_pagetables percpu sock vmalloc shmem zswap "
        "zswapped file_mapped file_dirty file_writeback swapcached anon_thp file_thp shmem_thp "
        "inactive_anon active_anon inactive_file active_file unevictable slab_reclaimable "
        "slab_unreclaimable slab workingset_refault_anon workingset_refault_file "
        "workingset_activate_anon pgscan pgsteal pgfault pgmajfault pgrefill pgactivate "
        "pgdeactivate pglazyfree pglazyfreed thp_fault_alloc thp_collapse_alloc".split())),
    "memory.events": "low 0\nhigh 0\nmax 2\noom 0\noom_kill 0\noom_group_kill 0\n",
    "memory.events.local": "low 0\nhigh 0\nmax 2\noom 0\noom_kill 0\noom_group_kill 0\n",
    "memory.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=12\n"
                       "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n",
    "cpu.stat": "usage_usec 1234\nuser_usec 1000\nsystem_usec 234\nthrottled_usec 0\n",
}


def bench_sampler_here(build):
    """Not emulated: plain files in place of a cgroup's."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in CGROUP_FILES.items():
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        done = subprocess.run([os.path.join(build, "tests/bench/sampler_bench"), "--files", folder,
                               "2", "3"], capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    for hz, goal in ((100, 0.01), (1000, 0.05)):
        print("sampler   %4d Hz, plain files, not emulated: share of a core %s (goal %.2f)" % (
            hz, median_of([float(words[3]) for words in lines if words[1] == str(hz)]), goal))


def bench_sampler(build):
    bench_sampler_here(build)
    command = [os.path.join(build, "tests/bench/sampler_bench"),
               os.path.join(build, "services/clean"), "2", "5"]
    done = subprocess.run(command, capture_output=True, text=True)
    where = "native"
    if done.returncode == 77:
        where = "in the guest"
        done = subprocess.run([os.path.join(build, "leakcage"), "vm", "--"]
                              + [os.path.abspath(command[0]), os.path.abspath(command[1])]
                              + command[2:], capture_output=True, text=True)
    if done.returncode != 0:
        print("sampler   failed: %s" % done.stderr.strip())
        return
    lines = [line.split() for line in done.stdout.splitlines()]
    rows = [dict(zip(words[::2], map(float, words[1::2]))) for words in lines
            if words and words[0] == "hz"]
    for hz in (100, 1000):
        print("sampler   %4d Hz %s: an empty timer alone takes of a core %s" % (
            hz, where, median_of([float(words[3]) for words in lines
                                  if words[:2] == ["empty", str(hz)]])))
    for hz, goal in ((100, 0.01), (1000, 0.05)):
        mine = [row for row in rows if row["hz"] == hz]
        print("sampler   %4d Hz %s: share of a core %s (goal %.2f)" % (
            hz, where, median_of([row["core_share"] for row in mine]), goal))
        print("sampler   %4d Hz %s: of the unsampled throughput %s%s" % (
            hz, where, median_of([row["relative"] for row in mine]),
            " (goal 0.99)" if hz == 100 else ""))


def bench_vm(build):
    times = []
    for _ in range(7):
        begin = time.monotonic()
        done = subprocess.run([os.path.join(build, "leakcage"), "vm", "--", "/bin/echo", "up"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            print("vm        failed: %s" % done.stderr.strip())
            return
        times.append(time.monotonic() - begin)
    print("vm        start to a command having run and the guest gone, s: %s (goal 2.5)"
          % median_of(times))


def bench_verdict(build):
    totals, verdicts = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(5):
            begin = time.monotonic()
            done = subprocess.run(
                [os.path.join(build, "leakcage"), "run", "--json", "--quiet", "-o", folder,
                 "scenarios/unclosed-body.json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True)
            totals.append(time.monotonic() - begin)
            result = json.loads(done.stdout)
            if result["verdict"] != "leak":
                print("verdict   wrong: %s" % result["reason"])
            verdicts.append(result["verdict_s"])
    print("verdict   unclosed-body, start of the program to its end, s: %s" % median_of(totals))
    print("verdict   unclosed-body, service ready to verdict, s: %s" % median_of(verdicts))


def bench_accuracy(build):
    files = sorted(os.path.join("scenarios", name) for name in os.listdir("scenarios")
                   if name.endswith(".json") and name != "schema.json")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [os.path.join(build, "leakcage"), "run", "--json", "--quiet", "--variant", "all", "-o",
             folder] + files, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    records = [record for record in json.loads(done.stdout) if "expect" in record]
    kinds = ["leak", "pressure", "lazy-release", "clean", "inconclusive"]
    print("accuracy  %-14s called %s" % ("expected", " ".join("%12s" % k for k in kinds)))
    for kind in kinds[:-1]:
        mine = [r["verdict"] for r in records if r["expect"]["verdict"] == kind]
        print("accuracy  %-14s        %s" % (kind, " ".join("%12d" % mine.count(k)
                                                           for k in kinds)))
    for record in records:
        if record["outcome"] != "pass":
            print("accuracy  wrong: %s: %s (%s)" % (record["id"], record["verdict"],
                                                     record["reason"]))
    print("accuracy  %d of %d right, verdict and cause; ready to verdict, s: %s" % (
        sum(r["outcome"] == "pass" for r in records), len(records),
        median_of([r["verdict_s"] for r in records if "verdict_s" in r])))


BENCHMARKS = {"load": bench_load, "sampler": bench_sampler, "vm": bench_vm,
              "verdict": bench_verdict, "accuracy": bench_accuracy}


def main():
    build = sys.argv[1]
    names = sys.argv[2:] or [name for name in BENCHMARKS if name != "accuracy"]
    for name in names:
        if name not in BENCHMARKS:
            sys.exit("there is no benchmark %s, there are: %s" % (name, ", ".join(BENCHMARKS)))
        BENCHMARKS[name](build)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
