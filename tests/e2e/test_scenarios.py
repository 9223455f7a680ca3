#!/usr/bin/python3
"""The core scenarios with all their variants in one session, against what the services say of
themselves.

The expectation in a scenario file is ours; the truth that a service prints with --truth stands
beside the code that makes it so."""
import csv
import json
import os
import re
import subprocess
import unittest

import e2e

PROMISED = [
    "schema", "scenario", "verdict", "cause", "reason", "expect", "outcome", "termination",
    "growth_bytes_per_request", "requests_total", "cycles", "limit_bytes", "peak_bytes",
    "retained_bytes", "released_bytes", "oom_kills", "restarts", "duration_s", "verdict_s",
    "driver", "kernel", "findings", "warnings",
]
FILES = ["result.json", "timeline.csv", "cycles.csv", "service.log", "report.html",
         "run.json"]
# What a column's unit may be; text and flags have none.
UNITS = ("_ns", "_us", "_bytes", "_pages", "_count")
UNITLESS = {"row", "mark", "mark_value", "mark_text", "kind", "start", "complete", "came_to_rest",
            "deadline_hit", "reclaimed", "settled_sockets", "settled_files", "settled_processes",
            "floor_sockets", "floor_files", "floor_processes"}
# Recomputed from the recording, these must be what the run found, to the digit.
JUDGED = ["verdict", "cause", "reason", "evidence", "effect", "growth_bytes_per_request",
          "smallest_leak_bytes_per_request", "growth_shares", "retained_bytes", "released_bytes",
          "requests_to_oom", "transient_bytes_per_request", "safe_concurrency", "requests_total",
          "cycles", "peak_bytes", "oom_kills", "findings", "outcome"]


def truths(name):
    """variant -> (verdict, cause, path, low, high) as services/NAME says."""
    text = subprocess.run([e2e.service(name), "--truth"], capture_output=True, text=True,
                          check=True, timeout=10).stdout
    rows = [line.split("\t") for line in text.splitlines()]
    return {row[0]: (row[1], row[2], row[3],
                     None if row[4] == "-" else float(row[4]),
                     None if row[5] == "-" else float(row[5])) for row in rows}


# What every change is held against. The whole catalogue takes twice as long as all other tests
# together: `make bench BENCH=accuracy` runs it and prints what was called what.
CORE = ["clean", "global-growth", "hung-threads", "lazy-release", "transform", "unclosed-body",
        "unclosed-socket"]


def scenario_files():
    return [os.path.join(e2e.SCENARIOS, name + ".json") for name in CORE]


class Catalogue(e2e.Test):
    def check_files(self, record):
        folder = os.path.join(self.results, record["id"])
        for name in FILES:
            self.assertTrue(os.path.getsize(os.path.join(folder, name)) > 0, name)
        self.assertEqual([n for n in os.listdir(folder)
                          if not n.startswith("service.log") and n not in FILES], [])
        self.assertEqual(self.result(record["id"]), record, "result.json is not what --json said")
        for key in PROMISED:
            self.assertIn(key, record)
        self.assertEqual(record["schema"], "leakcage.result/1")
        for key in ("estimate", "low", "high"):
            self.assertIn(key, record["growth_bytes_per_request"])
        for cycle in record["cycles"]:
            self.assertEqual({"requests", "settled_bytes", "floor_bytes", "peak_bytes"},
                             set(cycle), "a cycle of the result")

    def check_table(self, record, name, time_column):
        with open(os.path.join(self.results, record["id"], name), encoding="utf-8",
                  newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertGreater(len(rows), 3, name)
        for column in rows[0]:
            self.assertTrue(column in UNITLESS or column.endswith(UNITS),
                            "%s: the column %s has no unit" % (name, column))
        times = [int(row[time_column]) for row in rows]
        self.assertEqual(times, sorted(times), "%s is not in time order" % name)

    def check_truth(self, record):
        # The variant of the scenario tells the service which of its variants to be.
        variant = record.get("variant", "default")
        verdict, cause, _, low, high = truths(record["scenario"])[variant]
        self.assertEqual((record["verdict"], record["cause"]), (verdict, cause),
                         json.dumps(record, indent=1)[:3000])
        self.assertEqual(record["outcome"], "pass")
        growth = record["growth_bytes_per_request"]
        self.assertLessEqual(growth["low"], growth["estimate"])
        self.assertLessEqual(growth["estimate"], growth["high"])
        if low is not None:
            self.assertTrue(low <= growth["estimate"] <= high,
                            "%s, expected %g to %g" % (growth, low, high))
            self.assertIn("requests_to_oom", record)

    def check_judged(self, records):
        folders = [os.path.join(self.results, record["id"]) for record in records]
        done = self.leakcage("judge", "--json", *folders)
        self.expect_status(done, e2e.PASS)
        for judged, record in zip(json.loads(done.out), records):
            for key in JUDGED:
                self.assertEqual(judged.get(key), record.get(key), "%s: %s" % (record["id"], key))

    @e2e.needs_driver
    def test_verdicts_are_the_truth(self):
        done = self.run_here("--variant", "all", "--json", *scenario_files(), timeout=480)
        records = json.loads(done.out)
        expected = []
        for path in scenario_files():
            with open(path, encoding="utf-8") as file:
                authored = json.load(file)
            expected += [authored["name"]]
            expected += [authored["name"] + "." + v for v in authored.get("variants", {})]
        self.assertEqual([record["id"] for record in records], expected, str(done))
        for record in records:
            print("  %-24s %-13s %-10s %12s B/request  %5.1f s" % (
                record["id"], record["verdict"], record["cause"],
                record.get("growth_bytes_per_request", {}).get("estimate", "-"),
                record["duration_s"]))
        for record in records:
            with self.subTest(run=record["id"]):
                self.check_files(record)
                self.check_table(record, "timeline.csv", "t_ns")
                self.check_table(record, "cycles.csv", "begin_ns")
                self.check_truth(record)
        self.expect_status(done, e2e.PASS)
        self.check_judged(records)
        self.expect_nothing_left()


class MakeScenario(e2e.Test):
    @e2e.needs_driver
    def test_the_command_of_the_readme(self):
        # The build that is tested, and no set-up: ctest has the folder it needs.
        done = subprocess.run(
            ["make", "--no-print-directory", "-C", e2e.ROOT, "scenario", "NAME=unclosed-body",
             "PRESET=" + os.path.basename(e2e.BUILD), "SETUP=no", "ARGS=-o " + self.results],
            env=self.environment(), capture_output=True, text=True, check=False, timeout=120)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, 0, said)
        self.assertRegex(done.stdout, r"(?m)^unclosed-body · limit 50(\.0)? MiB · driver \w+ \(")
        self.assertRegex(done.stdout, r"(?m)^  verdict  LEAK   \+[\d.]+ KiB per request \(95 %")
        self.assertRegex(done.stdout, r"(?m)^  cause    sockets: ")
        self.assertRegex(done.stdout, r"(?m)^  floor    [\d.]+ → ")
        self.assertLessEqual(len(done.stdout.splitlines()), 24, "more than one screen")
        seconds = self.result("unclosed-body")["duration_s"]
        self.assertLess(seconds, 60, "the run took %g s" % seconds)
        self.assertFalse(re.search(r"\033", said), "colours, and this is no terminal")
        for name in FILES:
            self.assertTrue(os.path.exists(os.path.join(self.results, "unclosed-body", name)))
        self.expect_nothing_left()


if __name__ == "__main__":
    e2e.main()
