"""Robustness: a verdict is about the service, so it must stay when the setting changes. One thing
is changed at a time: the limit, the concurrency, the sampling, and how busy the machine is."""
import contextlib
import json
import subprocess
import sys
import tempfile

import figures
import runs
import scenario_files

# One for each cause, and healthy ones; ALL=1 takes the whole catalogue.
BY_DEFAULT = ["global-growth", "unclosed-body", "hung-threads", "unclosed-file", "shmem-growth",
              "mmap-growth", "kernel-only.pipes", "lazy-release", "lazy-release.freememory",
              "page-cache", "fragmentation", "transform", "clean", "warm-up"]
DEFAULT_CONCURRENCY = 8
DEFAULT_HZ = 100


def with_limit(factor):
    def change(document):
        limit = scenario_files.parse_size(document.get("limit"))
        return None if limit is None else dict(document, limit=factor * limit)
    return change


def with_concurrency(wanted):
    def change(document):
        load = document["load"]
        by_timers = "timers" in load and "path" not in load and "requests" not in load
        if by_timers or load.get("concurrency", DEFAULT_CONCURRENCY) == wanted:
            return None
        return dict(document, load=dict(load, concurrency=wanted))
    return change


def with_hz(wanted):
    def change(document):
        if document.get("sample_hz", DEFAULT_HZ) == wanted:
            return None
        return dict(document, sample_hz=wanted)
    return change


# Column -> what it changes; None where that is what the scenario has anyway, or cannot have.
SETTINGS = {
    "as it is": lambda document: document,
    "limit x2": with_limit(2), "limit x8": with_limit(8),
    "1 at a time": with_concurrency(1), "8 at a time": with_concurrency(8),
    "32 at a time": with_concurrency(32),
    "50 Hz": with_hz(50), "200 Hz": with_hz(200),
    "other core busy": lambda document: document,
}
BUSY = "other core busy"
ROOMY = "roomy limit"


def accepts(document, changed):
    """Calls that are right in the changed setting, as (verdict, cause or None). Only pressure is
    about the setting too: it must end where there is room, and stay where there is less of it.
    In between, either may be true."""
    verdict, cause = scenario_files.expectation(document)
    if verdict is None:
        return [(called, None) for called in figures.VERDICTS if called != "leak"]
    if verdict != "pressure":
        return [(verdict, cause)]
    calm = [("clean", None)]
    limit = scenario_files.parse_size(document["limit"])
    limit_now = scenario_files.parse_size(changed["limit"])
    load, load_now = (part["load"].get("concurrency", DEFAULT_CONCURRENCY)
                      for part in (document, changed))
    if limit_now >= 8 * limit or load_now == 1:
        return calm
    if limit_now == limit and load_now >= load:
        return [(verdict, cause)]
    return calm + [(verdict, cause)]


def is_accepted(row, accepted):
    return any(row["called"] == verdict and cause in (None, row["cause"])
               for verdict, cause in accepted)


@contextlib.contextmanager
def busy_core():
    """A loop that takes one core of this machine, at the usual priority."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def chosen(bench):
    """{name: resolved scenario}."""
    names = bench.scenarios()
    if names is None and bench.environment.get("ALL") == "1":
        names = []
        for name, path in runs.catalogue_files().items():
            names += [name] + ["%s.%s" % (name, variant) for variant in
                               scenario_files.load(path).get("variants", {})]
    documents = {}
    for full in names or BY_DEFAULT:
        name, variant = scenario_files.split_name(full)
        document = scenario_files.load(runs.catalogue_files([name])[name])
        if variant is not None and variant not in document.get("variants", {}):
            raise runs.BenchError("%s has no variant %s" % (name, variant))
        documents[full] = scenario_files.resolve(document, variant)
    return documents


def run_setting(bench, setting, cases):
    """Rows of one column; `cases` is {name: (document, changed, accepted)}."""
    runs.say("robustness: %s, %d runs" % (setting, len(cases)))
    results = bench.folder("robustness", setting.replace(" ", "-"))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        files = {full: scenario_files.write(folder, full.replace(".", "-"), changed)
                 for full, (_, changed, _) in cases.items()}
        with busy_core() if setting == BUSY else contextlib.nullcontext():
            found = {record["scenario"]: record for record in bench.run(results,
                                                                        list(files.values()))}
    for full, (document, _, accepted) in cases.items():
        key = full.replace(".", "-")
        expect = scenario_files.expectation(document)
        row = (runs.row_of(found[key], results, expect) if key in found else
               runs.missing_row(key, None, expect, results))
        row.update(name=full, setting=setting, accepted=[list(pair) for pair in accepted],
                   right=is_accepted(row, accepted))
        bench.settle_folder(row)
        rows.append(row)
    return rows


def run_roomy(bench, documents, rows):
    """A run under pressure names a limit that would be roomy enough: is it?"""
    cases, named = {}, []
    for row in rows:
        if row["setting"] != "as it is" or row["called"] != "pressure":
            continue
        limit = row["roomy_limit_bytes"]
        if limit is None:
            continue
        document = documents[row["name"]]
        changed = dict(document, limit=limit)
        calm = [(verdict, None) for verdict in figures.VERDICTS if verdict not in
                ("pressure", "leak")]
        cases[row["name"]] = (document, changed, calm)
        named.append(row["name"])
    return run_setting(bench, ROOMY, cases) if cases else []


def cell(row):
    if row is None:
        return "-"
    return row["called"] if row["right"] else row["called"].upper() + " !"


def show(documents, rows):
    columns = [setting for setting in list(SETTINGS) + [ROOMY]
               if any(row["setting"] == setting for row in rows)]
    by_key = {(row["name"], row["setting"]): row for row in rows}
    body = [[full] + [cell(by_key.get((full, setting))) for setting in columns]
            for full in documents]
    runs.show(figures.table(["scenario"] + columns, body))
    deviations = [row for row in rows if not row["right"]]
    if any("-" in line for line in body):
        print("  -: what the scenario has anyway, or cannot have")
    print("  as it must be: %s" % figures.share(len(rows) - len(deviations), len(rows)))
    print("  deviations:%s" % ("" if deviations else " none"))
    for row in deviations:
        print("    %s, %s: called %s, expected %s: %s" % (
            row["name"], row["setting"], runs.call_of(row),
            " or ".join(verdict + (", " + cause if cause else "")
                        for verdict, cause in row["accepted"]), row["reason"]))
        print("      %s" % row["folder"])


def show_roomy(rows):
    for row in rows:
        if row["setting"] == "as it is" and row["called"] == "pressure":
            print("  %s: %s" % (row["name"], "names no limit that would be roomy enough"
                                if row["roomy_limit_bytes"] is None else
                                "names %s as roomy enough" % figures.size(
                                    row["roomy_limit_bytes"])))


def bench_robustness(bench):
    documents = chosen(bench)
    rows = []
    for setting, change in SETTINGS.items():
        cases = {}
        for full, document in documents.items():
            # A copy: nothing that a change does stays.
            changed = change(json.loads(json.dumps(document)))
            if changed is not None:
                cases[full] = (document, changed, accepts(document, changed))
        if cases:
            rows += run_setting(bench, setting, cases)
    rows += run_roomy(bench, documents, rows)
    print("\nrobustness: one setting changed at a time; a verdict must stay (pressure: as long as"
          " there is no room)")
    show(documents, rows)
    show_roomy(rows)
    return rows
