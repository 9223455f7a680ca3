"""Which allocator? The same services under each of them: are the verdicts right, and what does each
cost; and what becomes of freed memory, with room and without (MADV_FREE and the others)."""
import csv
import glob
import os
import shutil
import tempfile

import figures
import runs
import scenario_files

ALLOCATORS = {"glibc": None, "jemalloc": "libjemalloc.so.2", "tcmalloc": "libtcmalloc_minimal.so.4",
              "mimalloc": "libmimalloc.so.2"}
# A leak, a small one, a healthy heap that is always busy, large blocks for a moment, and a burst.
SCENARIOS = ["global-growth", "slow-leak.long", "bounded-cache", "concurrency-spike", "freed-burst"]

# What is there for the burst of 12 MiB and the 12 MiB that are needed after it; and what is not
# enough for both, where the burst is still there.
LIMITS = {"roomy": "64MiB", "tight": "20MiB"}
LAZY = "freed-burst"
# Row -> (allocator, what is set, variant of the scenario).
SETTINGS = {
    "glibc": ("glibc", {}, None),
    "glibc, no thread cache": ("glibc", {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}, None),
    "jemalloc": ("jemalloc", {}, None),
    "jemalloc, muzzy pages": ("jemalloc", {
        "MALLOC_CONF": "dirty_decay_ms:1,muzzy_decay_ms:-1"}, None),
    "jemalloc, no decay": ("jemalloc", {
        "MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0"}, None),
    "jemalloc, its own thread": ("jemalloc", {
        "MALLOC_CONF": "background_thread:true,dirty_decay_ms:1000"}, None),
    "tcmalloc": ("tcmalloc", {}, None),
    "tcmalloc, quick release": ("tcmalloc", {"TCMALLOC_RELEASE_RATE": "10"}, None),
    "tcmalloc, decommit": ("tcmalloc", {"TCMALLOC_AGGRESSIVE_DECOMMIT": "t"}, None),
    "mimalloc": ("mimalloc", {}, None),
    "mimalloc, no delay": ("mimalloc", {"MIMALLOC_RESET_DELAY": "0"}, None),
    "mimalloc, no decommit": ("mimalloc", {"MIMALLOC_ALLOW_DECOMMIT": "0"}, None),
    "the service: MADV_FREE": ("glibc", {}, "madv-free"),
    "the service: MADV_DONTNEED": ("glibc", {}, "dontneed"),
    "the service keeps it": ("glibc", {}, "kept"),
}


def library(name):
    """Path of an allocator's library; None for what every program has."""
    if ALLOCATORS[name] is None:
        return None
    for folder in ("/usr/local/lib", "/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/lib"):
        for path in sorted(glob.glob(os.path.join(folder, ALLOCATORS[name]))):
            return path
    raise runs.BenchError("%s is not installed: tools/setup.sh bench" % ALLOCATORS[name])


def compared(bench, results, full, repeats):
    """Rows of one scenario under all allocators, which take turns."""
    name, variant = scenario_files.split_name(full)
    path = runs.catalogue_files([name])[name]
    expect = scenario_files.expectation(
        scenario_files.resolve(scenario_files.load(path), variant))
    arguments = [path, "--allocators", ",".join(ALLOCATORS), "--repeats", str(repeats)]
    rows = []
    for record, folder in bench.compare(results, arguments + (["--variant", variant] if variant
                                                             else [])):
        row = runs.row_of(record, results, expect)
        cycles = record.get("cycles", [])
        # Under the load alone: a squeeze fills the limit.
        peaks = [cycle["peak_bytes"] for cycle in cycles if "peak_bytes" in cycle]
        row.update(name=full, allocator=record.get("malloc", "glibc"), folder=folder,
                   peak_bytes=max(peaks, default=None), oom_kills=record.get("oom_kills", 0),
                   stays_bytes=cycles[-1]["settled_bytes"] if cycles else None,
                   safe_concurrency=record.get("safe_concurrency"))
        rows.append(row)
    for allocator in ALLOCATORS:
        missing = repeats - sum(row["allocator"] == allocator for row in rows)
        rows += [dict(runs.missing_row(name, variant, expect, results), name=full,
                      allocator=allocator, peak_bytes=None, stays_bytes=None, oom_kills=None,
                      safe_concurrency=None, folder=results)] * missing
    return rows


def bench_allocators(bench):
    for name in ALLOCATORS:
        library(name)
    names = bench.scenarios() or SCENARIOS
    repeats = bench.count("REPEATS", 3)
    rows = []
    for full in names:
        runs.say("allocators: %s, %d repeats" % (full, repeats))
        results = bench.folder("allocators", full)
        mine = compared(bench, results, full, repeats)
        if not bench.keeps_all and all(row["right"] for row in mine):
            shutil.rmtree(results, ignore_errors=True)
        rows += mine
    print("\nallocators: %d repeats of each, in turns within one; medians\n" % repeats)
    body = []
    for full in names:
        mine = [row for row in rows if row["name"] == full]
        expect = mine[0]["expect"] or "not a leak"
        body.append(["`%s` (%s)" % (full, expect)] + [
            figures.allocator_cell([row for row in mine if row["allocator"] == allocator])
            for allocator in ALLOCATORS])
    runs.show(figures.markdown(["scenario (expected)"] + list(ALLOCATORS), body))
    right = sum(row["right"] for row in rows)
    print("\n  right: %s" % figures.share(right, len(rows)))
    for row in rows:
        if not row["right"]:
            print("    %s, %s: called %s: %s\n      %s" % (
                row["name"], row["allocator"], runs.call_of(row), row["reason"], row["folder"]))
    return rows


def read_cycles(folder):
    with open(os.path.join(folder, "cycles.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(cycle, column):
    """None for what was not measured."""
    text = cycle.get(column)
    return int(text) if text else None


def lazy_figures(record, cycles):
    """What became of the freed memory, from cycles.csv; None where it was not measured."""
    found = {"killed": record.get("oom_kills", 0), "stays_bytes": None, "lazy_bytes": None,
             "rest_bytes": None, "taken_bytes": None,
             "squeezed": record.get("squeeze"), "called": record.get("verdict")}
    measured = [cycle for cycle in cycles if cycle["kind"] == "measure" and
                cycle["complete"] == "1"]
    ready = next((cycle for cycle in cycles if cycle["kind"] == "ready"), None)
    if not measured or ready is None:
        return found
    before = number(ready, "settled_anon_bytes")
    found["stays_bytes"] = figures.median(
        number(cycle, "settled_anon_bytes") - before for cycle in measured)
    found["lazy_bytes"] = figures.median(number(cycle, "settled_lazy_free_bytes")
                                         for cycle in measured)
    rest = [cycle for cycle in cycles if cycle["kind"] == "rest" and cycle["complete"] == "1"]
    if rest:
        found["rest_bytes"] = number(rest[-1], "settled_anon_bytes") - before
    # Under load, not when leakcage asked: from the floor before to the end of the cycle.
    taken = requests = 0
    for last, cycle in zip(cycles, cycles[1:]):
        if cycle in measured:
            taken += number(cycle, "settled_pglazyfreed_pages") - number(
                last, "floor_pglazyfreed_pages")
            requests += number(cycle, "requests_count")
    found["taken_bytes"] = taken * 4096 / requests
    return found


def run_lazy(bench, limit):
    """{row: its figures} at one limit, all in one guest."""
    document = scenario_files.load(runs.catalogue_files([LAZY])[LAZY])
    results = bench.folder("lazy", limit)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for index, (row, (allocator, settings, variant)) in enumerate(SETTINGS.items()):
            changed = scenario_files.resolve(document, variant)
            changed.pop("expect", None)  # with room; without it, it may be pressure
            preload = library(allocator)
            changed["service"]["env"] = dict(
                changed["service"]["env"], **settings, **({"LD_PRELOAD": preload} if preload
                                                          else {}))
            changed["limit"] = LIMITS[limit]
            files["lazy-%d" % index] = (row, scenario_files.write(folder, "lazy-%d" % index,
                                                                  changed))
        for record in bench.run(results, [path for _, path in files.values()]):
            row = files[record["scenario"]][0]
            found[row] = lazy_figures(record,
                                      read_cycles(os.path.join(results, record["id"])))
    if not bench.keeps_all:
        shutil.rmtree(results, ignore_errors=True)
    return found


def bench_lazy(bench):
    found = {}
    for limit, size in LIMITS.items():
        runs.say("lazy: %d settings at %s" % (len(SETTINGS), size))
        found[limit] = run_lazy(bench, limit)
    print("\nlazy: 12 MiB freed, then 12 MiB needed elsewhere, at a limit of %s and of %s\n" % (
        LIMITS["roomy"], LIMITS["tight"]))
    body = []
    for row in SETTINGS:
        roomy, tight = found["roomy"].get(row), found["tight"].get(row)
        setting = " ".join("`%s=%s`" % pair for pair in SETTINGS[row][1].items())
        body.append([(row + ": " + setting) if setting else row] +
                    figures.lazy_cells(roomy, tight))
    runs.show(figures.markdown(["who frees it", "stays after the load", "of it lazily free",
                                "after a rest", "verdict", "squeezed", "where there is no room",
                                "what that means"], body))
    leaks = [row for row in SETTINGS for limit in LIMITS
             if (found[limit].get(row) or {}).get("called") == "leak"]
    print("\n  called a leak, which none is: %s" % (", ".join(leaks) or "none"))
    return [dict(figures_of, row=row, limit=limit) for limit, rows in found.items()
            for row, figures_of in rows.items()]
