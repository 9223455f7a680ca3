"""What leakcage costs, as ratios measured in one run: load generator, sampler, guest, verdict."""
import os
import re
import shutil
import subprocess
import tempfile
import time

import figures
import runs

HEAD = ["what", "median", "min", "max", "n", "goal"]


def line(rows, what, values, goal=""):
    """A row of the table and of the raw figures."""
    rows.append({"what": what, "values": values, "goal": goal})


def show(name, rows):
    print("\n%s" % name)
    runs.show(figures.table(HEAD, [[row["what"]] + figures.spread(row["values"]) + [row["goal"]]
                                   for row in rows]))


def wrk_rate(url, connections, seconds):
    out = subprocess.run(["wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds, url],
                         check=True, capture_output=True, text=True).stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def bench_load(bench):
    if not shutil.which("wrk"):
        print("\nload: not measured: wrk is not installed (apt-get install wrk)")
        return []
    rows = []
    with runs.Service(bench.program("services/clean")) as service:
        url = service.url + "/work"
        for connections in (8, 32):
            ratios, ours = [], []
            for _ in range(5):
                theirs = wrk_rate(url, connections, 2)
                ours.append(runs.drive(bench, url, connections, "2")[0])
                ratios.append(ours[-1] / theirs)
            line(rows, "of wrk's throughput, %d connections" % connections, ratios, ">= 0.9")
            line(rows, "requests per second, %d connections" % connections, ours)
    show("load: the load generator against wrk, in turn, on the same service", rows)
    return rows


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


def sampler_on_files(bench, rows):
    """Not emulated: plain files in place of a cgroup's."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in CGROUP_FILES.items():
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        done = subprocess.run([bench.program("tests/bench/sampler_bench"), "--files", folder,
                               "2", "3"], capture_output=True, text=True, check=True)
    lines = [words.split() for words in done.stdout.splitlines()]
    for hz, goal in ((100, "<= 0.01"), (1000, "<= 0.05")):
        line(rows, "share of a core, %d Hz, plain files, not emulated" % hz,
             [float(words[3]) for words in lines if words[1] == str(hz)], goal)


def sampler_on_service(bench, seconds, rounds):
    """("native" or "in the guest", lines of sampler_bench as words)."""
    command = [bench.program("tests/bench/sampler_bench"), bench.program("services/clean"),
               str(seconds), str(rounds)]
    where = "native"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 77:
        where = "in the guest"
        done = subprocess.run([bench.leakcage, "vm", "--"] + command, capture_output=True,
                              text=True, check=False)
    if done.returncode != 0:
        raise runs.BenchError("sampler_bench failed: %s" % done.stderr.strip())
    return where, [words.split() for words in done.stdout.splitlines()]


def sampled_rows(lines):
    """The lines that tell of a rate: {"hz": 100, "core_share": …, "requests_per_s": …}."""
    return [dict(zip(words[::2], map(float, words[1::2]))) for words in lines
            if words and words[0] == "hz"]


def bench_sampler(bench):
    rows = []
    sampler_on_files(bench, rows)
    where, lines = sampler_on_service(bench, 2, 5)
    for hz in (100, 1000):
        line(rows, "share of a core, %d Hz, %s, an empty timer alone" % (hz, where),
             [float(words[3]) for words in lines if words[:2] == ["empty", str(hz)]])
    for hz, goal in ((100, "<= 0.01"), (1000, "<= 0.05")):
        mine = [row for row in sampled_rows(lines) if row["hz"] == hz]
        line(rows, "share of a core, %d Hz, %s" % (hz, where),
             [row["core_share"] for row in mine], goal)
        line(rows, "of the unsampled throughput, %d Hz, %s" % (hz, where),
             [row["relative"] for row in mine], ">= 0.99" if hz == 100 else "")
    show("sampler: what sampling costs, and what it takes from the service", rows)
    return rows


def bench_vm(bench):
    times = []
    for _ in range(7):
        begin = time.monotonic()
        done = subprocess.run([bench.leakcage, "vm", "--", "/bin/echo", "up"],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise runs.BenchError("the guest did not run: %s" % done.stderr.strip())
        times.append(time.monotonic() - begin)
    rows = []
    line(rows, "start to a command having run and the guest gone, s", times, "<= 2.5")
    show("vm: the guest of driver vm", rows)
    return rows


def bench_verdict(bench):
    totals, verdicts = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(5):
            begin = time.monotonic()
            record = bench.run(folder, ["scenarios/unclosed-body.json"])[0]
            totals.append(time.monotonic() - begin)
            if record["verdict"] != "leak":
                print("verdict: wrong: %s: %s" % (record["verdict"], record["reason"]))
            verdicts.append(record.get("verdict_s"))
    rows = []
    line(rows, "start of the program to its end, s", totals)
    line(rows, "service ready to verdict, s", verdicts)
    show("verdict: `leakcage run unclosed-body`", rows)
    return rows
