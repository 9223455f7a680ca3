"""Sensitivity: the smallest leak that is found in a given number of requests, and the false alarms
at none at all, in the same setting. The service is leak_service.c."""
import tempfile

import figures
import runs
import scenario_files

SIZES = [0, 2, 4, 8, 16, 32, 64, 256]
# All requests of a run that needs all its cycles: warm-up + cycles x requests of each.
CYCLES = {2000: {"warmup": 200, "max": 10, "requests": 180},
          10000: {"warmup": 1000, "max": 10, "requests": 900}}
# (requests in all, variant of the service)
SETTINGS = [(2000, "default"), (10000, "default"), (10000, "varied")]
WORK = {"default": "every request does the same work",
        "varied": "the work differs from request to request"}


def scenario(bench, size, total, variant):
    return {
        "service": {"command": [bench.program("tests/bench/leak_service")],
                    "args": ["--variant", variant], "ready": "/healthz", "trim": "/freememory",
                    "env": {"LEAK_BYTES": str(size)}},
        "limit": "64MiB",
        "load": {"path": "/work", "concurrency": 8},
        "cycles": CYCLES[total],
        "expect": {"verdict": "leak", "cause": "heap"} if size > 0 else "clean",
    }


def write_all(bench, folder):
    """{scenario: (what is varied of it, path)}."""
    cases = {}
    for total, variant in SETTINGS:
        for size in SIZES:
            name = "leak-%d-in-%d-%s" % (size, total, variant)
            path = scenario_files.write(folder, name, scenario(bench, size, total, variant))
            cases[name] = ({"leak_bytes": size, "requests_in_all": total, "work": variant}, path)
    return cases


def run_all(bench, repeats):
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        cases = write_all(bench, folder)
        for repeat in range(1, repeats + 1):
            runs.say("sensitivity: repeat %d of %d, %d runs" % (repeat, repeats, len(cases)))
            results = bench.folder("sensitivity", "repeat-%d" % repeat)
            found = {record["scenario"]: record for record in
                     bench.run(results, [path for _, path in cases.values()])}
            for name, (case, _) in cases.items():
                expect = ("leak", "heap") if case["leak_bytes"] > 0 else ("clean", None)
                row = (runs.row_of(found[name], results, expect) if name in found else
                       runs.missing_row(name, None, expect, results))
                row.update(case, repeat=repeat, honest=is_honest(case["leak_bytes"], row))
                rows.append(row)
    return rows


def is_honest(size, row):
    """A clean run names the smallest leak that it would have found: a larger one was there? None
    where nothing is claimed."""
    if row["called"] != "clean" or row["smallest_leak_bytes"] is None:
        return None
    return size <= row["smallest_leak_bytes"]


def called(rows, verdict):
    return sum(row["called"] == verdict for row in rows)


def claims(rows):
    """What the clean runs claim: "17.9" or "17.9 to 26.2"."""
    values = sorted(row["smallest_leak_bytes"] for row in rows if row["called"] == "clean"
                    and row["smallest_leak_bytes"] is not None)
    if not values:
        return "-"
    low, high = figures.number(values[0]), figures.number(values[-1])
    return low if low == high else "%s to %s" % (low, high)


def show_setting(rows, total, variant):
    cycles = CYCLES[total]
    mine = [row for row in rows if row["requests_in_all"] == total and row["work"] == variant]
    body = []
    for size in SIZES:
        these = [row for row in mine if row["leak_bytes"] == size]
        others = len(these) - sum(called(these, verdict)
                                  for verdict in ("leak", "clean", "inconclusive"))
        body.append([size] + ["%d of %d" % (called(these, verdict), len(these))
                              for verdict in ("leak", "clean", "inconclusive")]
                    + [others or "-",
                       figures.number(figures.median(row["requests"] for row in these), 4),
                       figures.number(figures.median(row["verdict_s"] for row in these)),
                       figures.number(figures.median(row["growth_bytes"] for row in these)),
                       claims(these)])
    print("\n  %s requests and what probes add (%s to warm up, up to %d cycles of %s); %s" % (
        "{:,}".format(total), "{:,}".format(cycles["warmup"]), cycles["max"],
        "{:,}".format(cycles["requests"]), WORK[variant]))
    runs.show(figures.table(
        ["bytes per request", "leak", "clean", "inconclusive", "other", "requests", "s to verdict",
         "bytes found", "smallest that clean claims"], body, "    "))
    show_smallest(mine)


def show_smallest(mine):
    def always_found(size):
        return all(row["called"] == "leak" for row in mine if row["leak_bytes"] == size)
    found = None
    for size in reversed([size for size in SIZES if size > 0]):
        if not always_found(size):
            break
        found = size
    none = [row for row in mine if row["leak_bytes"] == 0]
    print("    %s; false alarms at 0 bytes: %s" % (
        "none of the sizes was found every time" if found is None else
        "%d bytes per request and all larger leaks were found every time" % found,
        figures.share(called(none, "leak"), len(none))))


def bench_sensitivity(bench):
    repeats = bench.count("REPEATS", 5)
    rows = run_all(bench, repeats)
    print("\nsensitivity: a leak of known size in a busy service, %d repeats" % repeats)
    for total, variant in SETTINGS:
        show_setting(rows, total, variant)
    claiming = [row for row in rows if row["honest"] is not None]
    lies = [row for row in claiming if not row["honest"]]
    print("\n  honest claims: %d of %d clean runs had no leak above the smallest they would have"
          " found" % (len(claiming) - len(lies), len(claiming)))
    for row in rows:
        row["right"] = row["right"] if row["leak_bytes"] == 0 else row["honest"] is not False
        bench.settle_folder(row)
    for row in lies:
        print("    %s, repeat %d: leaks %d, claims to find %s: %s" % (
            row["scenario"], row["repeat"], row["leak_bytes"],
            figures.number(row["smallest_leak_bytes"]), row["folder"]))
    for row in rows:
        if row["leak_bytes"] == 0 and row["called"] != "clean":
            print("    %s, repeat %d: called %s: %s\n      %s" % (
                row["scenario"], row["repeat"], runs.call_of(row), row["reason"], row["folder"]))
    return rows
