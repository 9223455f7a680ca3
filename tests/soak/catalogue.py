#!/usr/bin/python3
"""The catalogue over and over: every scenario with all its variants, ROUNDS times, and one line for
each run.

usage: catalogue.py [--rounds N] [--jobs N] [--file FILE] [--keep DIR] [--through 'COMMAND']
                    [SCENARIO...]
       catalogue.py --show FILE

FILE (build/release/soak/catalogue.tsv) has the columns of COLUMNS, tabs between; what is there is
not run again, so that an interrupted soak goes on where it was. Results of runs that were not as
expected are kept in DIR. COMMAND is what leakcage is started by, as `nice -n 5`. Ends with 1 when a
run was not as expected."""
import argparse
import concurrent.futures
import glob
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("LEAKCAGE_BUILD", os.path.join(ROOT, "build", "release"))
# `load` is that of the machine when the run ended: how many wanted one of its processors.
COLUMNS = ["round", "run", "verdict", "expected", "outcome", "seconds", "verdict_s", "load", "why"]


def scenario_names():
    return sorted(os.path.basename(path)[:-5] for path in
                  glob.glob(os.path.join(ROOT, "scenarios", "*.json"))
                  if not path.endswith("/schema.json"))


def with_cause(verdict, cause):
    return verdict if cause in (None, "none") else "%s/%s" % (verdict, cause)


def row_of(number, record):
    """What is told of a run; `why` is its reason, or its error."""
    expect = record.get("expect", {})
    error = record.get("error")
    why = error["text"] if error else record.get("reason", "")
    warnings = record.get("warnings", [])
    return {
        "round": str(number), "run": record["id"],
        "verdict": "error" if error else with_cause(record["verdict"], record.get("cause")),
        "expected": with_cause(expect.get("verdict", "not leak"), expect.get("cause")),
        "outcome": record.get("outcome", "error"),
        "seconds": "%.1f" % record.get("duration_s", 0),
        "verdict_s": "%.1f" % record["verdict_s"] if "verdict_s" in record else "-",
        "load": "%.1f" % os.getloadavg()[0],
        "why": " | ".join([why] + warnings).replace("\t", " ").replace("\n", " "),
    }


def read_rows(path):
    """Rows of that file, in its order; none where there is none."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()[1:]
    return [dict(zip(COLUMNS, line.split("\t"))) for line in lines]


def write_rows(path, rows):
    """Appended, at once: whoever looks at the file sees how far it is."""
    fresh = not os.path.exists(path)
    with open(path, "a", encoding="utf-8") as file:
        if fresh:
            print("\t".join(COLUMNS), file=file)
        for row in rows:
            print("\t".join(row[column] for column in COLUMNS), file=file)


def run_scenario(number, name, options):
    """One scenario with its variants in one guest; rows. Results stay when they are wrong."""
    folder = os.path.join(options.keep, "round-%d" % number, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    begin = time.monotonic()
    done = subprocess.run(
        shlex.split(options.through) +
        [os.path.join(BUILD, "leakcage"), "run", "--json", "--quiet", "--variant", "all", "-o",
         folder, os.path.join(ROOT, "scenarios", name + ".json")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    try:
        records = json.loads(done.stdout)
    except ValueError:
        records = []
    records = records if isinstance(records, list) else [records]
    rows = [row_of(number, record) for record in records if "id" in record]
    if not rows:
        rows = [dict.fromkeys(COLUMNS, "-") | {
            "round": str(number), "run": name, "verdict": "error", "outcome": "error",
            "seconds": "%.1f" % (time.monotonic() - begin),
            "why": "status %d: %s" % (done.returncode, " ".join(done.stderr.split())[-600:])}]
    if all(row["outcome"] == "pass" for row in rows):
        shutil.rmtree(folder)
    return rows


def show(rows):
    """The table of all rounds: a line for each run that was not always right, and the sums."""
    wrong = [row for row in rows if row["outcome"] != "pass"]
    rounds = {row["round"] for row in rows}
    seconds = [float(row["seconds"]) for row in rows]
    verdicts = [float(row["verdict_s"]) for row in rows if row["verdict_s"] != "-"]
    print("catalogue: %d rounds, %d runs of %d different ones, %d as expected, %d not" % (
        len(rounds), len(rows), len({row["run"] for row in rows}), len(rows) - len(wrong),
        len(wrong)))
    if verdicts:
        print("  from ready to the verdict: median %.1f s, longest %.1f s; all runs %.0f min" % (
            statistics.median(verdicts), max(verdicts), sum(seconds) / 60))
    for row in wrong:
        print("  round %s, %s: %s, expected %s (%s), load %s: %s" % (
            row["round"], row["run"], row["verdict"], row["expected"], row["outcome"],
            row["load"], row["why"]))
    return 1 if wrong else 0


def soak(options):
    names = options.scenarios or scenario_names()
    there = {(row["round"], row["run"].split(".")[0]) for row in read_rows(options.file)}
    os.makedirs(os.path.dirname(os.path.abspath(options.file)), exist_ok=True)
    missing = [(number, name) for number in range(1, options.rounds + 1) for name in names
               if (str(number), name) not in there]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = [pool.submit(run_scenario, number, name, options) for number, name in missing]
        try:
            for done in concurrent.futures.as_completed(running):
                write_rows(options.file, done.result())
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return show(read_rows(options.file))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1, help="scenarios at a time, a guest each (1)")
    parser.add_argument("--file", default=os.path.join(BUILD, "soak", "catalogue.tsv"))
    parser.add_argument("--keep", default=os.path.join(BUILD, "soak", "catalogue"))
    parser.add_argument("--through", default="", help="a command that starts leakcage")
    parser.add_argument("--show", metavar="FILE", help="run nothing, tell what FILE says")
    parser.add_argument("scenarios", nargs="*")
    options = parser.parse_args()
    return show(read_rows(options.show)) if options.show else soak(options)


if __name__ == "__main__":
    sys.exit(main())
