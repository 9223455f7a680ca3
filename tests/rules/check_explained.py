#!/usr/bin/python3
"""What `leakcage report` says of results that are explained, in every form, as those read it whom
it is for; and that without the explanation each form is what it was.

usage: check_explained.py TEST_PROGRAM LEAKCAGE

The program is a unit test that keeps results in the folder that LEAKCAGE_KEEP_EXPLAINED names: one
that leaks as expected, one that was expected clean, one in which every name is hostile."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import jsonschema

import ci_documents

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SENTENCE = "98 % of the growth is taken at registry_add ("
HOSTILE = "<script>alert(1)</script>"
STATUS = {"leaky": 0, "surprise": 1, "hostile": 0, "holds": 0}


class Reports:
    """Called from within a folder of results, as a repository's checkout."""

    def __init__(self, leakcage, folder):
        self.leakcage = leakcage
        self.folder = folder

    def write(self, name, *words, **environment):
        """What is on standard output and on standard error."""
        env = {key: value for key, value in os.environ.items() if key != "GITHUB_ACTIONS"}
        done = subprocess.run([self.leakcage, "report", name, *words], capture_output=True,
                              cwd=self.folder, env={**env, **environment}, check=False)
        if done.returncode != STATUS[name]:
            raise AssertionError("%s %s: exit status %d: %s" % (
                name, words, done.returncode, done.stderr.decode(errors="replace")))
        return done.stdout, done.stderr.decode()


def location_of(result):
    place = result["locations"][0]["physicalLocation"]
    return place["artifactLocation"]["uri"], place["region"]["startLine"]


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def check_sarif(reports):
    data = reports.write("surprise", "--sarif")[0]
    for problem in ci_documents.sarif(data):
        raise AssertionError("SARIF: %s" % problem)
    results = json.loads(data)["runs"][0]["results"]
    expect(len(results) == 1, "SARIF: %d results" % len(results))
    expect(location_of(results[0]) == ("surprise/source/registry.c", 41),
           "SARIF: at %s:%d" % location_of(results[0]))
    lines = results[0]["message"]["text"].split("\n")
    expect(lines[0].startswith("expected clean, found leak (heap): "), lines[0])
    expect(lines[1].startswith(SENTENCE), lines[1])
    data = reports.write("leaky", "--sarif")[0]
    expect(json.loads(data)["runs"][0]["results"] == [], "SARIF: what passed is a result")


def check_junit(reports):
    for name in STATUS:
        data = reports.write(name, "--junit")[0]
        for problem in ci_documents.junit(data):
            raise AssertionError("JUnit: %s" % problem)
    text = reports.write("surprise", "--junit")[0].decode()
    expect('file="surprise/source/registry.c" line="41"' in text, "JUnit: " + text)
    expect("\n" + SENTENCE in text, "JUnit: " + text)
    text = reports.write("leaky", "--junit")[0].decode()
    expect('file="leaky/result.json" line="1"' in text, "JUnit of what passed: " + text)


def check_annotations(reports):
    expect(reports.write("surprise", "--json")[1] == "", "annotations without GitHub")
    said = reports.write("surprise", "--json", GITHUB_ACTIONS="true")[1]
    expect(said.startswith("::error file=surprise/source/registry.c,line=41,title=leakcage%3A "),
           "annotation: " + said)
    expect("%0A" + SENTENCE.replace("%", "%25") in said, "annotation: " + said)
    for name in STATUS:
        said = reports.write(name, "--json", GITHUB_ACTIONS="true")[1]
        expect(all(line.startswith("::") for line in said.splitlines()), said)


def check_text(reports):
    text = reports.write("leaky", "--markdown")[0].decode()
    expect("\n- **leaky**: " + SENTENCE.replace("_", "\\_") in text, "Markdown: " + text)
    text = reports.write("leaky")[0].decode()
    expect("\n  leaky: " + SENTENCE in text, "table: " + text)
    text = reports.write("hostile", "--markdown")[0].decode()
    expect(HOSTILE not in text, "Markdown: " + text)
    text = reports.write("hostile")[0].decode()
    expect("\x1b" not in text and HOSTILE in text, "table: " + repr(text))
    text = reports.write("holds")[0].decode()
    expect("registry" not in text, "a table of what does not grow: " + text)


def check_json(reports):
    with open(os.path.join(ROOT, "harness/explain/explanation.schema.json"),
              encoding="utf-8") as file:
        validator = jsonschema.Draft202012Validator(json.load(file))
    for name in STATUS:
        result, = json.loads(reports.write(name, "--json")[0])
        explanation = result.pop("explanation")
        for problem in validator.iter_errors(explanation):
            raise AssertionError("JSON: %s: %s" % (name, problem.message))
        with open(os.path.join(reports.folder, name, "result.json"), encoding="utf-8") as file:
            expect(result == json.load(file), "JSON: %s is not its result.json" % name)
    expect(any(validator.iter_errors({**explanation, "share": 2})), "the schema refuses nothing")


def check_unexplained(reports):
    """Without the explanation nothing of it is left, and what is there stands in the same order."""
    forms = ("--json", "--markdown", "--junit", "--sarif", "--html")
    before = {form: reports.write("surprise", form)[0].decode() for form in forms}
    shutil.rmtree(os.path.join(reports.folder, "surprise", "explain"))
    for form in forms:
        text = reports.write("surprise", form, GITHUB_ACTIONS="true")
        expect("registry" not in text[0].decode() and text[1] == "", form + ": " + text[1])
        expect("registry" in before[form], form)


def main():
    program, leakcage = sys.argv[1:]
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="leakcage-explained-") as folder:
        subprocess.run([program], env={**os.environ, "LEAKCAGE_KEEP_EXPLAINED": folder},
                       stdout=subprocess.DEVNULL, check=True)
        reports = Reports(leakcage, folder)
        for check in (check_sarif, check_junit, check_annotations, check_text, check_json,
                      check_unexplained):
            try:
                check(reports)
            except AssertionError as problem:
                print("%s: %s" % (check.__name__, problem))
                wrong += 1
    print("%d problem%s" % (wrong, "" if wrong == 1 else "s"))
    return 1 if wrong else 0


sys.exit(main())
