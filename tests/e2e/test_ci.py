#!/usr/bin/python3
"""What the commands print for CI systems, as those read it: against schemas and with parsers that
are not ours (rules/ci_documents.py). No guest is booted: results are the recorded runs of golden/."""
import json
import os
import shutil
import sys
import xml.etree.ElementTree as tree

import e2e

sys.path.insert(0, os.path.join(e2e.ROOT, "tests", "rules"))
import ci_documents  # pylint: disable=wrong-import-position

GOLDEN = os.path.join(e2e.BUILD, "tests", "golden", "runs")
LEAK, CLEAN, PRESSURE = "global-growth", "clean", "transform"
FORMS = {"--junit": ci_documents.junit, "--sarif": ci_documents.sarif,
         "--openmetrics": ci_documents.openmetrics}
HOSTILE = "<b>]]> & \"x\" 100%\r\n::error file=a::no\n\x1b[31m\x01\u202e"


class Report(e2e.Test):
    def take(self, name, to=None, **keys):
        """A recorded run as a result, with these keys of its result.json changed."""
        folder = os.path.join(self.results, to or name)
        shutil.copytree(os.path.join(GOLDEN, name), folder)
        path = os.path.join(folder, "result.json")
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        result.update(keys)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(result, file)
        return folder

    def told(self, form, status, **options):
        """What the command prints in this form, which must be right, as text."""
        done = self.leakcage("report", form, os.path.relpath(self.results, self.dir),
                             cwd=self.dir, **options)
        self.expect_status(done, status)
        self.assertEqual(done.err, "")
        self.assertEqual(FORMS[form](done.out.encode()), [], done)
        return done.out

    def test_all_recorded_runs_in_every_form(self):
        for name in os.listdir(GOLDEN):
            self.take(name, id=name)
        recorded = len(os.listdir(GOLDEN))
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


if __name__ == "__main__":
    e2e.main()
