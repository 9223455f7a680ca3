#!/usr/bin/python3
"""What the commands print for CI systems, as those read it: against schemas and with parsers that
are not ours (rules/ci_documents.py). No guest is booted: results are the recorded runs of
golden/."""
import json
import os
import shutil
import sys
import xml.etree.ElementTree as tree

import e2e

sys.path.insert(0, os.path.join(e2e.ROOT, "tests", "rules"))
import ci_documents  # pylint: disable=wrong-import-position

LEAK, CLEAN, PRESSURE = "global-growth", "clean", "transform"
FORMS = {"--junit": ci_documents.junit, "--sarif": ci_documents.sarif,
         "--openmetrics": ci_documents.openmetrics}
HOSTILE = "<b>]]> & \"x\" 100%\r\n::error file=a::no\n\x1b[31m\x01\u202e"


class Report(e2e.Test):
    def told(self, form, status, **options):
        """What the command prints in this form, which must be right, as text."""
        done = self.leakcage("report", form, os.path.relpath(self.results, self.dir),
                             cwd=self.dir, **options)
        self.expect_status(done, status)
        self.assertEqual(done.err, "")
        self.assertEqual(FORMS[form](done.out.encode()), [], done)
        return done.out

    def test_all_recorded_runs_in_every_form(self):
        for name in os.listdir(e2e.GOLDEN):
            self.take(name, id=name)
        recorded = len(os.listdir(e2e.GOLDEN))
        worst = self.leakcage("report", self.results).status
        self.assertEqual(self.told("--junit", worst).count("<testcase "), recorded)
        self.told("--sarif", worst)
        self.assertEqual(self.told("--openmetrics", worst).count('status="passed"'), recorded)

    def test_what_cannot_be_taken_is_no_pass(self):
        self.take(CLEAN)
        os.truncate(os.path.join(self.take(LEAK), "result.json"), 100)
        for form, reader in FORMS.items():
            done = self.leakcage("report", form, self.results)
            self.expect_status(done, e2e.USAGE)
            self.assertEqual(reader(done.out.encode()), [])
            self.assertIn("results", done.out)
        self.assertIn('errors="1"', self.leakcage("report", "--junit", self.results).out)

    def test_what_is_not_as_expected(self):
        self.take(LEAK, expect={"verdict": "clean"})
        self.take(CLEAN)
        root = tree.fromstring(self.told("--junit", e2e.OTHER))
        cases = {case.get("name"): case for case in root.iter("testcase")}
        self.assertEqual(set(cases), {LEAK, CLEAN})
        failure = cases[LEAK].find("failure")
        self.assertEqual(failure.get("type"), "leak")
        self.assertRegex(failure.get("message"), "^expected clean, found leak")
        self.assertIsNone(cases[CLEAN].find("failure"))
        run = json.loads(self.told("--sarif", e2e.OTHER))["runs"][0]
        self.assertTrue(run["invocations"][0]["executionSuccessful"])
        self.assertEqual([result["ruleId"] for result in run["results"]], ["leak"])
        place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        self.assertEqual(place["uri"], "results/%s/result.json" % LEAK)
        text = self.told("--openmetrics", e2e.OTHER)
        self.assertIn('leakcage_case_status{scenario="%s",status="failed"} 1\n' % LEAK, text)
        self.assertIn('verdict="leak",cause="heap"} 1\n', text)

    def test_repeats_are_told_apart(self):
        for repeat in ("1", "2"):
            self.take(LEAK, to=repeat, id="%s.%s" % (LEAK, repeat))
        for form in FORMS:
            self.told(form, e2e.PASS)

    def test_a_folder_with_any_name_and_an_error_with_any_text(self):
        self.take(LEAK, to="a <b> & %41\u00e4 :,;'x", expect={"verdict": "clean"})
        self.take(CLEAN, error={"kind": "service", "text": HOSTILE})
        for form in FORMS:
            text = self.told(form, e2e.SERVICE)
            for bad in ("\x1b", "\x01", "\u202e", "\n::error"):
                self.assertNotIn(bad, text)
        self.assertIn("%26%20%2541%C3%A4%20%3A%2C%3B%27x", self.told("--sarif", e2e.SERVICE))

    def test_a_file_instead_of_standard_output(self):
        self.take(CLEAN)
        path = os.path.join(self.dir, "leakcage.prom")
        done = self.leakcage("report", "--openmetrics", "-o", path, self.results)
        self.expect_status(done, e2e.PASS)
        self.assertEqual(done.out + done.err, "")
        with open(path, "rb") as file:
            self.assertEqual(ci_documents.openmetrics(file.read()), [])

    def test_one_form_at_a_time(self):
        self.take(CLEAN)
        for pair in (("--junit", "--sarif"), ("--json", "--junit"), ("--markdown", "--openmetrics"),
                     ("--sarif", "--openmetrics")):
            done = self.leakcage("report", *pair, self.results)
            self.expect_status(done, e2e.USAGE)
            self.assertIn("found %s and %s, expected one of them" % pair, done.err)
            self.assertEqual(done.out, "")


class Gate(e2e.Test):
    """Cases of each kind in one gate over recordings, ten repeats each; their baseline is made of
    the same recordings, and then changed by hand."""
    REPEATS = 10
    REGRESSED, PASSED, NEW, REFUSED, FAILED, GONE, FEW = \
        "clean", "json-tree", "transform", "page-cache", "warm-up", "thp-steps", "time-wait"

    def take(self, name, repeats):
        for repeat in range(repeats):
            shutil.copytree(os.path.join(e2e.GOLDEN, name),
                            os.path.join(self.results, "%s.%d" % (name, repeat)))

    def gate(self, *arguments, **options):
        return self.leakcage("gate", "--baseline", "base line.json", "-o", "out", *arguments,
                             cwd=self.dir, **options)

    def make_baseline(self):
        """Of what is there now, and then the figures less, the kernel another one."""
        self.expect_status(self.gate("--update", "results"), e2e.PASS)
        path = os.path.join(self.dir, "base line.json")
        with open(path, encoding="utf-8") as file:
            baseline = json.load(file)
        entries = {entry["scenario"]: entry for entry in baseline["entries"]}
        floors = entries[self.REGRESSED]["floor_bytes"]
        entries[self.REGRESSED]["floor_bytes"] = [floor // 2 for floor in floors]
        entries[self.REFUSED]["environment"]["kernel"] = "5.4.0"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(baseline, file)

    def break_one(self):
        path = os.path.join(self.results, self.FAILED + ".3", "result.json")
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        result["error"] = {"kind": "service", "text": HOSTILE}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(result, file)

    def written(self, name, reader):
        """A file that the gate wrote, which must be right."""
        with open(os.path.join(self.dir, "out", name), "rb") as file:
            data = file.read()
        self.assertEqual(reader(data), [], data)
        return data.decode()

    def test_every_status_in_every_form(self):
        for name in (self.REGRESSED, self.PASSED, self.REFUSED, self.FAILED, self.GONE):
            self.take(name, self.REPEATS)
        self.make_baseline()
        for repeat in range(self.REPEATS):
            shutil.rmtree(os.path.join(self.results, "%s.%d" % (self.GONE, repeat)))
        self.take(self.NEW, self.REPEATS)
        self.break_one()
        done = self.gate("results", env=self.environment(GITHUB_ACTIONS="true"))
        self.expect_status(done, e2e.USAGE)

        root = tree.fromstring(self.written("junit.xml", ci_documents.junit))
        found = {}
        for case in root.iter("testcase"):
            for kind in ("failure", "error", "skipped"):
                if case.find(kind) is not None:
                    found[case.get("name")] = (kind, case.find(kind).get("type"))
        self.assertEqual(found, {
            self.REGRESSED: ("failure", "floor"), self.NEW: ("error", "baseline-missing"),
            self.REFUSED: ("error", "baseline-refused"), self.FAILED: ("error", "failed"),
            self.GONE: ("skipped", None)})

        run = json.loads(self.written("gate.sarif", ci_documents.sarif))["runs"][0]
        self.assertEqual(sorted(result["ruleId"] for result in run["results"]),
                         ["baseline-missing", "baseline-refused", "failed", "floor"])
        self.assertFalse(run["invocations"][0]["executionSuccessful"])
        for result in run["results"]:
            place = result["locations"][0]["physicalLocation"]["artifactLocation"]
            self.assertEqual(place["uri"], "base%20line.json")

        text = self.written("gate.prom", ci_documents.openmetrics)
        self.assertIn('leakcage_case_status{scenario="%s",status="passed"} 1\n' % self.PASSED, text)
        self.assertIn('leakcage_floor_baseline_bytes{scenario="%s"} ' % self.REGRESSED, text)
        self.assertIn('leakcage_floor_allowed_bytes{scenario="%s"} ' % self.REGRESSED, text)

        told = [line for line in done.err.splitlines() if line.startswith("::")]
        self.assertEqual([line.split(" ")[0] for line in told], ["::error"] * 4 + ["::notice"])
        for line in told:
            self.assertIn(" file=base line.json,line=1,title=leakcage gate%3A ", line)
        self.assertNotIn("\n::error file=a::no", done.err + done.out)

    def test_too_few_repeats_are_a_warning_and_no_pass(self):
        self.take(self.FEW, self.REPEATS)
        self.expect_status(self.gate("--update", "results"), e2e.PASS)
        done = self.gate(os.path.join("results", self.FEW + ".0"),
                         env=self.environment(GITHUB_ACTIONS="true"))
        self.expect_status(done, e2e.INCONCLUSIVE)
        self.assertIn('type="undecided"', self.written("junit.xml", ci_documents.junit))
        run = json.loads(self.written("gate.sarif", ci_documents.sarif))["runs"][0]
        self.assertEqual([result["level"] for result in run["results"]], ["warning"])
        self.written("gate.prom", ci_documents.openmetrics)
        self.assertIn("\n::warning file=", "\n" + done.err)


if __name__ == "__main__":
    e2e.main()
