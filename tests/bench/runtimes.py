"""Runtimes: services of Python, Node, Java, nginx and Go, clean and leaking, as plain commands; how
often each is judged right, and how fast."""
import concurrent.futures
import os
import sys

import figures
import runs

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "runtimes"))
import services  # pylint: disable=import-error,wrong-import-position

VARIANTS = ["clean", "leak"]
# From ready to the verdict.
GOAL_S = 60.0


def run_one(bench, service, variant, repeat, folder):
    results = bench.folder("runtimes", service.name.replace(", ", "-").replace(" ", "-"),
                           "%s-%d" % (variant, repeat))
    expected = ("clean", None) if variant == "clean" else ("leak", service.cause)
    try:
        records = bench.run(results, service.arguments(variant, folder))
    except runs.BenchError as problem:
        records, why = [], str(problem)
    if records:
        row = runs.row_of(records[0], results, expected)
    else:
        row = runs.missing_row(service.name, variant, expected, results)
        row["reason"] = why
    row.update(scenario=service.name, variant=variant, repeat=repeat)
    bench.settle_folder(row)
    return row


def chosen_services(bench):
    """Those that SCENARIOS names by a word of theirs, or all; without those that cannot run."""
    wanted = bench.scenarios()
    chosen = []
    for service in services.ALL:
        if wanted and not set(wanted) & set(service.name.replace(",", "").split()):
            continue
        if service.missing():
            print("skipped: " + service.missing())
        else:
            chosen.append(service)
    return chosen


def show_service(rows):
    right = sum(row["right"] for row in rows)
    times = [row["verdict_s"] for row in rows if row["verdict_s"] is not None]
    called = sorted({runs.call_of(row) for row in rows})
    return [rows[0]["scenario"], rows[0]["variant"], "%d of %d" % (right, len(rows)),
            "; ".join(called), figures.number(figures.median(times)),
            figures.number(max(times, default=None)),
            figures.number(figures.median(row["requests"] for row in rows))]


def bench_runtimes(bench):
    """JOBS (2) runs at a time, each in a guest of its own; REPEATS (1) of each."""
    jobs, repeats = bench.count("JOBS", 2), bench.count("REPEATS", 1)
    bench.environment = {k: v for k, v in bench.environment.items() if k != "JOBS"}
    folder = bench.folder("runtimes", "build")
    os.makedirs(folder, exist_ok=True)
    chosen = chosen_services(bench)
    for service in chosen:
        service.prepare(folder)
    wanted = [(service, variant, repeat) for repeat in range(1, repeats + 1)
              for service in chosen for variant in VARIANTS]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        rows = list(pool.map(lambda one: run_one(bench, *one, folder), wanted))
    print("\nruntimes: %d runs, %d at a time" % (len(rows), jobs))
    keys = dict.fromkeys((row["scenario"], row["variant"]) for row in rows)
    runs.show(figures.table(
        ["runtime", "variant", "right", "called", "s to verdict", "slowest s", "requests"],
        [show_service([row for row in rows if (row["scenario"], row["variant"]) == key])
         for key in keys]))
    late = [row for row in rows if row["verdict_s"] is None or row["verdict_s"] > GOAL_S]
    print("  right %s; later than %g s: %d" % (
        figures.share(sum(row["right"] for row in rows), len(rows)), GOAL_S, len(late)))
    for row in rows:
        if not row["right"]:
            print("    %s %s, repeat %d: called %s: %s\n      %s" % (
                row["scenario"], row["variant"], row["repeat"], runs.call_of(row), row["reason"],
                row["folder"]))
    return rows
