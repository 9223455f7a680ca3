#!/usr/bin/python3
"""Timelines for other programs, from the command line: CSV, OpenMetrics with times, trace events,
as their readers see them (rules/export_documents.py). No guest is booted: results are the recorded
runs of golden/."""
import json
import os
import sys

import e2e

sys.path.insert(0, os.path.join(e2e.ROOT, "tests", "rules"))
import export_documents  # pylint: disable=wrong-import-position

KILLED, CLEAN = "oom-restart", "clean"
FORMS = {("--csv",): export_documents.export_csv, ("--trace",): export_documents.export_trace,
         ("--openmetrics", "--timeline"): export_documents.export_openmetrics}
STARTED_S = 1764000000.25
HOSTILE = "=<b>]]> & \"x\" 100%\r\n::error file=a::no\n\x1b[31m\x01\u202e"


class Export(e2e.Test):
    def told(self, form, *more, status=e2e.PASS):
        done = self.leakcage("report", *form, self.results, *more)
        self.expect_status(done, status)
        self.assertEqual(done.err, "")
        return done.out

    def test_recorded_runs_in_every_form(self):
        recorded = sorted(os.listdir(e2e.GOLDEN))
        for i, name in enumerate(sorted({KILLED, *recorded[::6]})):
            self.take(name, id=name, started_unix_s=STARTED_S + 100 * i)
        worst = self.leakcage("report", self.results).status
        for form, reader in FORMS.items():
            text = self.told(form, status=worst)
            self.assertEqual(reader(text.encode())[:10], [], form)
            self.assertIn(KILLED, text)

    def test_a_table_has_what_was_recorded(self):
        folder = self.take(KILLED, started_unix_s=STARTED_S)
        self.take(CLEAN, started_unix_s=STARTED_S)
        base = export_documents.database(*export_documents.table(self.told(("--csv",)).encode()))
        with open(os.path.join(folder, "timeline.csv"), encoding="utf-8") as file:
            recorded = file.read().splitlines()[1:]
        for row in ("memory", "load", "mark"):
            (found,), = base.execute("select count(*) from samples where run = ? and row = ?",
                                     (KILLED, row))
            self.assertEqual(found, sum(",%s," % row in line for line in recorded), row)
        with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
            cycles = json.load(file)["cycles"]
        floors = base.execute("select floor_bytes from samples where run = ? and row = 'floor' and "
                              "cycle_kind = 'measure' order by t_s", (KILLED,))
        self.assertEqual([floor for floor, in floors], [c["floor_bytes"] for c in cycles])
        (first,), = base.execute("select min(unix_s) from samples where run = ?", (KILLED,))
        self.assertLess(abs(first - STARTED_S), 1)

    def test_the_ending_of_the_file_is_the_form(self):
        self.take(CLEAN)
        for name, form in (("x.csv", ("--csv",)), ("x.trace.json", ("--trace",))):
            path = os.path.join(self.dir, name)
            self.assertEqual(self.told((), "-o", path), "")
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), self.told(form))

    def test_a_run_without_a_date_is_refused_where_dates_are_needed(self):
        folder = self.take(CLEAN)
        done = self.leakcage("report", "--openmetrics", "--timeline", self.results)
        self.expect_status(done, e2e.USAGE)
        self.assertEqual(done.out, "")
        for part in ('found no "started_unix_s"', "%s/result.json" % folder, "`date -r "):
            self.assertIn(part, done.err)
        self.assertIn(",memory,", self.told(("--csv",)))
        self.assertIn('"ph": "X"', self.told(("--trace",)))

    def test_any_name_stays_text(self):
        self.take(KILLED, started_unix_s=STARTED_S, id=HOSTILE, scenario=HOSTILE[1:40])
        for form, reader in FORMS.items():
            text = self.told(form)
            self.assertEqual(reader(text.encode()), [], form)
            for bad in ("\x1b", "\x01", "\n::error"):
                self.assertNotIn(bad, text)

    def test_the_timeline_is_of_openmetrics(self):
        for options, says in ((["--timeline"], "--openmetrics"),
                              (["--csv", "--timeline"], "--openmetrics"),
                              (["--csv", "--trace"], "expected one of them")):
            done = self.leakcage("report", *options, self.results)
            self.expect_status(done, e2e.USAGE)
            self.assertIn(says, done.err)


if __name__ == "__main__":
    e2e.main()
