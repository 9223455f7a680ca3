"""What leakcage writes for CI systems, as those read it: each function here takes the bytes of a
document and returns what is wrong with it, a list of sentences.

JUnit XML is held against Jenkins' schema, SARIF against that of OASIS (schemas/README.md) and
against what GitHub's code scanning asks for beyond it, OpenMetrics is read by the parsers of
Prometheus' own Python client: that of OpenMetrics, and that of the older text format, which
node_exporter's textfile collector reads."""
import hashlib
import io
import json
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree as tree

import jsonschema
import prometheus_client.openmetrics.parser
import prometheus_client.parser

SCHEMAS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "schemas")
SHA256 = {
    "sarif-schema-2.1.0.json": "10666d46649b52e262001e70d43e6c52f7c0279ca3dbdfe9a7dc2e4071556454",
    "jenkins-junit.xsd": "b74f22f7b3e328e08356c268e18fb979ae95e3bcc746f93ae399260310ad0d6f",
}
XS = "{http://www.w3.org/2001/XMLSchema}"
# GitLab and GitHub's reporters link to it, Jenkins ignores it; the schema of 2010 does not know it.
TESTCASE_MORE = ("file", "line")


def schema(name):
    with open(os.path.join(SCHEMAS, name), "rb") as file:
        data = file.read()
    if hashlib.sha256(data).hexdigest() != SHA256[name]:
        raise RuntimeError("%s is not what was published: see schemas/README.md" % name)
    return data


def junit_schema():
    """Jenkins' schema, with the two attributes that its readers do not mind."""
    tree.register_namespace("xs", XS[1:-1])
    root = tree.fromstring(schema("jenkins-junit.xsd"))
    testcase = root.find("%selement[@name='testcase']/%scomplexType" % (XS, XS))
    for name in TESTCASE_MORE:
        tree.SubElement(testcase, XS + "attribute",
                        {"name": name, "type": "xs:string", "use": "optional"})
    return tree.tostring(root)


def junit(data):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "junit.xsd")
        with open(path, "wb") as file:
            file.write(junit_schema())
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", path, "-"], input=data,
                              capture_output=True, check=False)
    if done.returncode != 0:
        return done.stderr.decode(errors="replace").splitlines()[:10]
    wrong = []
    root = tree.fromstring(data)
    cases = list(root.iter("testcase"))
    names = [(case.get("classname"), case.get("name")) for case in cases]
    if len(set(names)) != len(names):
        wrong.append("two test cases have the same name, and GitLab takes one of them")
    counts = {"tests": len(cases), "failures": len(list(root.iter("failure"))),
              "errors": len(list(root.iter("error"))), "skipped": len(list(root.iter("skipped")))}
    for element in (root, root.find("testsuite")):
        for name, count in counts.items():
            if element.get(name) is not None and int(element.get(name)) != count:
                wrong.append("%s says %s %s, there are %d" % (element.tag, element.get(name), name,
                                                              count))
    return wrong


def sarif_of_github(log):
    """What docs.github.com ("SARIF support for code scanning") calls required."""
    for run in log["runs"]:
        rules = run["tool"]["driver"]["rules"]
        for rule in rules:
            for path in ("shortDescription", "fullDescription", "help"):
                text = rule.get(path, {}).get("text", "")
                if not 0 < len(text) <= 1024:
                    yield "rule %s: no %s" % (rule["id"], path)
        keys = []
        for result in run["results"]:
            if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
                yield "ruleIndex is not that of %s" % result["ruleId"]
            place = result["locations"][0].get("physicalLocation")
            if place is None:
                yield "a result without a physical location"
                continue
            uri = place["artifactLocation"]["uri"]
            if not re.fullmatch(r"(file:///)?([\w.~-]|%[0-9A-F]{2}|/)+", uri, re.ASCII):
                yield "%r is no percent-encoded path" % uri
            keys.append(result["partialFingerprints"]["primaryLocationLineHash"])
        if len(set(keys)) != len(keys):
            yield "two results are the same alert"


def sarif(data):
    try:
        log = json.loads(data.decode("utf-8"))
    except ValueError as error:
        return ["no JSON: %s" % error]
    validator = jsonschema.Draft7Validator(json.loads(schema("sarif-schema-2.1.0.json")))
    wrong = ["%s: %.200s" % ("/".join(map(str, error.path)), error.message)
             for error in validator.iter_errors(log)]
    return wrong or list(sarif_of_github(log))


def openmetrics(data):
    try:
        text = data.decode("utf-8")
        families = list(prometheus_client.openmetrics.parser.text_fd_to_metric_families(
            io.StringIO(text, newline="\n")))
        older = list(prometheus_client.parser.text_fd_to_metric_families(
            io.StringIO(text, newline="\n")))
    except ValueError as error:
        return [str(error)]
    wrong = []
    samples = [sample for family in families for sample in family.samples]
    series = {(sample.name, tuple(sorted(sample.labels.items()))) for sample in samples}
    if len(series) != len(samples):
        wrong.append("a series is there twice: node_exporter drops the whole file")
    if any(sample.timestamp is not None for sample in samples):
        wrong.append("a timestamp: node_exporter drops the whole file")
    for family in families:
        if family.type != "gauge":
            wrong.append("%s: %s is no type of text format 0.0.4" % (family.name, family.type))
        if not family.samples:
            wrong.append("%s has no samples" % family.name)
    if [(s.name, s.labels, s.value) for s in samples] != \
            [(s.name, s.labels, s.value) for family in older for s in family.samples]:
        wrong.append("the two text formats read it differently")
    return wrong


READERS = {".xml": junit, ".sarif": sarif, ".prom": openmetrics}
