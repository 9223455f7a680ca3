"""Accuracy and speed: the catalogue with all its variants, and what was called what, how fast."""
import os
import statistics
import subprocess

import figures
import runs
import scenario_files

GOAL_MEDIAN_S = 12.0
GOAL_LEAK_S = 6.0
LARGE_LEAK_BYTES = 1024


def run_catalogue(bench):
    """All scenarios and variants, as often as REPEATS says: a row for each run."""
    files = runs.catalogue_files(bench.scenarios())
    wanted = {}
    for name, path in files.items():
        document = scenario_files.load(path)
        for variant in [None] + list(document.get("variants", {})):
            wanted[name, variant] = scenario_files.expectation(
                scenario_files.resolve(document, variant))
    repeats = bench.count("REPEATS", 1)
    rows = []
    for repeat in range(1, repeats + 1):
        runs.say("catalogue: repeat %d of %d, %d runs" % (repeat, repeats, len(wanted)))
        results = bench.folder("accuracy", "repeat-%d" % repeat)
        found = {(record["scenario"], record.get("variant")): record for record in
                 bench.run(results, ["--variant", "all"] + list(files.values()))}
        for (name, variant), expect in wanted.items():
            record = found.get((name, variant))
            row = (runs.row_of(record, results, expect) if record else
                   runs.missing_row(name, variant, expect, results))
            row["repeat"] = repeat
            bench.settle_folder(row)
            rows.append(row)
    return rows


def catalogue_rows(bench):
    """Those of this call, those that BENCH_ROWS holds, or those of a run that is made now."""
    saved = bench.environment.get("BENCH_ROWS")
    if bench.catalogue is None and saved:
        rows = runs.read_rows_file(saved)["rows"]
        if "accuracy" not in rows:
            raise runs.BenchError("%s has no rows of accuracy, but of: %s" % (
                saved, ", ".join(rows) or "nothing"))
        bench.catalogue = rows["accuracy"]
        print("\nrows of %s; nothing was run" % saved)
    if bench.catalogue is None:
        bench.catalogue = run_catalogue(bench)
    return bench.catalogue


def show_confusion(rows):
    matrix = figures.confusion((row["expect"], row["called"]) for row in rows)
    body = []
    for verdict in figures.VERDICTS:
        cells = ["%d" % matrix[verdict][called] if matrix[verdict][called] else "-"
                 for called in figures.CALLED]
        body.append([verdict] + cells + [figures.percent(figures.precision(matrix, verdict)),
                                         figures.percent(figures.recall(matrix, verdict))])
    runs.show(figures.table(["expected \\ called"] + figures.CALLED + ["precision", "recall"],
                            body))


def show_shares(rows):
    named = [row for row in rows if row["expect_cause"] and row["called"] == row["expect"]]
    healthy = [row for row in rows if row["expect"] != "leak"]
    shares = [
        ("right, verdict and cause", sum(row["right"] for row in rows), len(rows)),
        ("cause right, where the verdict is", sum(row["cause"] == row["expect_cause"]
                                                  for row in named), len(named)),
        ("inconclusive", sum(row["called"] == "inconclusive" for row in rows), len(rows)),
        ("false alarms: no leak, called one", sum(row["called"] == "leak" for row in healthy),
         len(healthy)),
    ]
    for what, hits, n in shares:
        print("  %-34s %s" % (what, figures.share(hits, n)))


def show_wrong(rows):
    wrong = [row for row in rows if not row["right"]]
    if not wrong:
        print("  wrong or undecided: none")
        return
    print("  wrong or undecided:")
    for row in wrong:
        expected = row["expect"] or "no leak"
        expected += ", " + row["expect_cause"] if row["expect_cause"] else ""
        print("    %s, repeat %d: expected %s, called %s: %s" % (
            row["id"], row["repeat"], expected, runs.call_of(row), row["reason"]))
        if row.get("folder"):
            print("      %s" % row["folder"])


def bench_accuracy(bench):
    rows = catalogue_rows(bench)
    repeats = len({row["repeat"] for row in rows})
    print("\naccuracy: %d scenarios with their variants, %d runs in %d repeat%s" % (
        len({row["scenario"] for row in rows}), len(rows), repeats, "" if repeats == 1 else "s"))
    show_confusion(rows)
    show_shares(rows)
    show_wrong(rows)
    if bench.keeps_all:
        print("  results: %s" % bench.folder("accuracy"))
    return rows


def truth_low_bytes(bench, scenario, variant):
    """Bytes planted per request, at least, as the service itself says; None where it cannot."""
    document = scenario_files.load(os.path.join("scenarios", scenario + ".json"))
    command = document["service"]["command"][0]
    done = subprocess.run([command.replace("{services}", bench.program("services")), "--truth"],
                          capture_output=True, text=True, check=False)
    for words in (line.split("\t") for line in done.stdout.splitlines()):
        if words[0] == (variant or "default") and words[5] != "-":
            return int(words[4])
    return None


def speed_rows(bench, rows):
    """A row for each scenario and variant: medians over the repeats."""
    speeds = []
    for key in dict.fromkeys((row["scenario"], row["variant"]) for row in rows):
        mine = [row for row in rows if (row["scenario"], row["variant"]) == key]
        decided = [row for row in mine if row["called"] not in ("inconclusive", "error")]
        leak = mine[0]["expect"] == "leak"
        growth = figures.median(row["growth_bytes"] for row in mine if row["called"] == "leak")
        if leak and growth is None:
            growth = truth_low_bytes(bench, *key)
        speeds.append({
            "id": mine[0]["id"], "scenario": key[0], "variant": key[1],
            "expect": mine[0]["expect"],
            "runs": len(mine), "decided": len(decided),
            "verdict_s": figures.median(row["verdict_s"] for row in mine),
            "slowest_s": max((row["verdict_s"] for row in mine if row["verdict_s"] is not None),
                             default=None),
            "requests": figures.median(row["requests"] for row in mine),
            "leak_bytes": growth if leak else None,
        })
    return speeds


def show_speed_totals(rows, speeds):
    times = [row["verdict_s"] for row in rows if row["verdict_s"] is not None]
    if times:
        middle = statistics.median(times)
        print("  catalogue, ready to verdict: median %s s (goal %g s: %s), slowest %s s, all %s s"
              % (figures.number(middle), GOAL_MEDIAN_S,
                 "met" if middle <= GOAL_MEDIAN_S else "missed",
                 figures.number(max(times)), figures.number(sum(times))))
    large = [row for row in speeds if row["leak_bytes"] is not None
             and row["leak_bytes"] >= LARGE_LEAK_BYTES]
    late = [row for row in large if row["verdict_s"] is None or row["verdict_s"] > GOAL_LEAK_S]
    print("  leaks of 1 KiB per request and more: %d of %d within %g s" % (
        len(large) - len(late), len(large), GOAL_LEAK_S))
    for row in late:
        print("    %s: %s s" % (row["id"], figures.number(row["verdict_s"])))


def bench_speed(bench):
    rows = catalogue_rows(bench)
    speeds = speed_rows(bench, rows)
    machine = sorted({"driver %s%s" % (row["driver"], " (%s)" % row["accel"] if row["accel"]
                                       else "") for row in rows if row["driver"]})
    print("\nspeed: from ready to verdict, medians over the repeats; %s" % ", ".join(machine))
    runs.show(figures.table(
        ["scenario", "expected", "bytes per request", "s to verdict", "slowest s", "requests",
         "decided"],
        [[row["id"], row["expect"] or "no leak",
          figures.number(row["leak_bytes"]), figures.number(row["verdict_s"]),
          figures.number(row["slowest_s"]),
          "-" if row["requests"] is None else "{:,.0f}".format(row["requests"]),
          "%d of %d" % (row["decided"], row["runs"])] for row in speeds]))
    show_speed_totals(rows, speeds)
    return speeds
