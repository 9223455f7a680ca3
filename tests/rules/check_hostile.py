#!/usr/bin/python3
"""Hostile texts, as parsers of others read them from all that leakcage writes: each comes out as
text, whole where there is room, and nothing else has become of the document.

usage: check_hostile.py TEST_PROGRAM LEAKCAGE

The program is unit/test_hostile_texts: it writes the documents of each text, and a result that
holds it everywhere, from which `leakcage report` makes all its forms here. Pages are also opened in
a browser (tests/browser/test_hostile.js)."""
import csv
import glob
import html.parser
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

import ci_documents
import export_documents
import kept

BIDI = {*range(0x202a, 0x202f), *range(0x2066, 0x206a)}
# The exit status of `leakcage report` where a result is of a run that failed.
SERVICE_FAILED = 4
# Names that are longer are shown cut.
WHOLE = 20
# What Markdown may become.
MARKDOWN_TAGS = {"p", "h2", "h3", "hr", "strong", "em", "table", "thead", "tbody", "tr", "th", "td",
                 "ul", "li", "details", "summary", "br"}
RUNNING_TAGS = {"script", "img", "iframe", "object", "embed", "form", "base", "link"}


def decoded(raw):
    """UTF-8, and U+FFFD for each byte that is none."""
    text, at = "", 0
    while at < len(raw):
        for length in (1, 2, 3, 4):
            try:
                text += raw[at:at + length].decode("utf-8")
                at += length
                break
            except UnicodeDecodeError:
                pass
        else:
            text += "\ufffd"
            at += 1
    return text


def in_line(text):
    """As one line of text: line ends are blanks, controls and what turns text U+FFFD."""
    def shown(char):
        if char in "\t\n\r":
            return " "
        code = ord(char)
        harmful = code < 0x20 or 0x7f <= code < 0xa0 or code in BIDI or code in (0x2028, 0x2029)
        return "\ufffd" if harmful else char
    return "".join(map(shown, text))


def in_html(text):
    """The same in HTML and XML: controls as their pictures, what is no character as U+FFFD."""
    def shown(char):
        code = ord(char)
        if char in "\t\n\r":
            return " "
        if code < 0x20:
            return chr(0x2400 + code)
        if code == 0x7f:
            return "\u2421"
        no_character = code & 0xfffe == 0xfffe or 0xfdd0 <= code <= 0xfdef
        return "\ufffd" if code < 0x7f < code or 0x7f < code < 0xa0 or code in BIDI or \
            no_character else char
    return "".join(map(shown, text))


def in_mark(text):
    """In timeline.csv controls are blanks."""
    return "".join(" " if ord(char) < 0x20 else char for char in text)


def squeezed(text):
    return " ".join(text.split())


def missing(texts, shown, found):
    """The texts (their beginnings, when they are long) that are in none of what was found, neither
    as one way of showing them makes them nor as another."""
    everything = "\n".join(squeezed(one) for one in found)
    for text in texts:
        ways = {squeezed(way(text))[:WHOLE] for way in shown}
        if not any(way in everything for way in ways):
            yield "%.60r does not appear" % sorted(ways)[0]


def of_controls(data):
    """What no document may have."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return ["no UTF-8: %s" % error]
    codes = {ord(char) for char in text if char != "\n"}
    found = [code for code in codes if code < 0x20 or 0x7f <= code < 0xa0 or code in BIDI]
    return ["U+%04X stands in it" % code for code in found]


class Page(html.parser.HTMLParser):
    """Text, attributes, elements of a page; markup that could run or load something."""

    def __init__(self):
        super().__init__()
        self.texts, self.values, self.links, self.problems = [], [], [], []
        self.tags = set()
        self.inside = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.inside.append(tag)
        for name, value in attrs:
            self.values.append(value or "")
            if name.startswith("on") or (name == "style" and "url" in (value or "")):
                self.problems.append("<%s %s=%.60r>" % (tag, name, value))
            if name in ("href", "src", "action", "formaction", "xlink:href"):
                self.links.append(value)

    def handle_endtag(self, tag):
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data):
        if self.inside[-1:] not in (["style"], ["script"]):
            self.texts.append(data)


def page_of(data):
    page = Page()
    page.feed(data.decode("utf-8"))
    page.close()
    return page


# Readers: each takes a document and returns what is wrong with it and the texts that it has.

def of_still_page(data):
    """gate.html, comparison.html: no script, no link but into itself."""
    page = page_of(data)
    tree.fromstring(data)
    wrong = page.problems + ["<%s>" % tag for tag in page.tags & RUNNING_TAGS]
    wrong += ["a link to %r" % link for link in page.links if not link.startswith("#")]
    return wrong, page.texts + page.values


def of_report_page(data):
    """report.html: our scripts only, and the data are what they were."""
    page = page_of(data)
    text = data.decode("utf-8")
    embedded = re.findall(r'<script type="application/json" id="leakcage-view">(.*?)</script>',
                          text, re.S)
    if len(embedded) != 1 or "<" in embedded[0]:
        return ["the data are %d scripts, or have a < in them" % len(embedded)], []
    wrong = page.problems
    if text.count("<script") != text.count("</script"):
        wrong.append("%d scripts begin, %d end" % (text.count("<script"), text.count("</script")))
    return wrong, strings(embedded[0])


def of_markdown(data):
    """As GitHub shows it: text in tables and lists, and no element or link of its own."""
    done = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "strikethrough", "-e",
                           "autolink"], input=data, capture_output=True, check=True)
    page = page_of(done.stdout)
    wrong = page.problems + ["<%s>" % tag for tag in page.tags - MARKDOWN_TAGS]
    return wrong + ["a link to %r" % link for link in page.links], ["".join(page.texts)]


def of_junit(data):
    nodes = tree.fromstring(data).iter()
    return ci_documents.junit(data), [value for node in nodes
                                      for value in [node.text or "", *node.attrib.values()]]


def of_sarif(data):
    return ci_documents.sarif(data), [result["message"]["text"] for run in json.loads(data)["runs"]
                                      for result in run["results"]]


def labels(data):
    """The values of all labels of OpenMetrics."""
    found = set(re.findall(r'="((?:[^"\\\n]|\\.)*)"', data.decode("utf-8")))
    return [re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], one) for one in found]


def of_metrics(data):
    return ci_documents.openmetrics(data), labels(data)


def of_samples(data):
    """OpenMetrics with times, as Prometheus takes it."""
    return export_documents.export_openmetrics(data), labels(data)


def of_trace(data):
    return export_documents.export_trace(data), strings(data)


def of_annotations(data):
    """As GitHub's runner reads what a step prints: each line is a command of ours."""
    wrong, said = [], []
    for line in data.decode("utf-8").splitlines():
        command = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        if not command:
            wrong.append("no command of ours: %.80r" % line)
            continue
        properties = dict(one.split("=", 1) for one in command[2].split(","))
        if not set(properties) <= {"file", "line", "title"}:
            wrong.append("properties %s" % sorted(properties))
        for value in [command[3], *properties.values()]:
            for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","),
                               ("%25", "%")):
                value = value.replace(code, char)
            said.append(value)
    return wrong, said


def strings(data):
    """All keys and texts of JSON."""
    found = []

    def collect(value):
        if isinstance(value, str):
            found.append(value)
        for one in value.items() if isinstance(value, dict) else []:
            collect(one[0])
            collect(one[1])
        for one in value if isinstance(value, list) else []:
            collect(one)
    collect(json.loads(data))
    return found


def of_json(data):
    return [], strings(data)


def of_csv(data):
    """Rows as wide as the head, no cell that a spreadsheet would reckon with."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
    cells = {cell for row in rows for cell in row}
    wrong = ["a row of %d cells, the head has %d" % (len(row), len(rows[0]))
             for row in rows if len(row) != len(rows[0])]
    wrong += export_documents.export_csv(data)
    return wrong + ["a formula: %.40r" % cell for cell in cells
                    if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and
                    not re.fullmatch(r"-?[\d.]+", cell)], cells


def of_svg(data):
    wrong = []
    nodes = list(tree.fromstring(data).iter())
    for node in nodes:
        if node.tag.rpartition("}")[2] in {"image", "foreignObject", "animate", *RUNNING_TAGS}:
            wrong.append("<%s>" % node.tag)
        wrong += ["%s=%.40r" % one for one in node.attrib.items() if one[0].startswith("on")]
    return wrong, [node.text or "" for node in nodes]


def of_text(data):
    return [], [data.decode("utf-8")]


# Ending -> reader, and how the text may be shown.
READERS = {
    ".html": (of_still_page, (in_html,)), ".md": (of_markdown, (in_line,)),
    ".xml": (of_junit, (in_html,)), ".sarif": (of_sarif, (in_line,)),
    ".prom": (of_metrics, (in_line,)), ".annotations": (of_annotations, (in_line,)),
    ".json": (of_json, (str,)),
}
# SARIF's schema takes its time: these have all that JSON and paths make difficult.
SARIF_EVERY = 5

# Form of `leakcage report` -> options, reader, how texts may be shown, which texts they are: the
# scenarios' names, or the errors of those that failed (as for terminals: the ids are harmless); of
# a picture none.
NAMES, ERRORS, NONE = range(3)
REPORTS = {
    "terminal": ([], of_text, (in_line,), ERRORS),
    "markdown": (["--markdown"], of_markdown, (in_line,), ERRORS),
    "junit": (["--junit"], of_junit, (in_html,), ERRORS),
    "sarif": (["--sarif"], of_sarif, (in_line,), ERRORS),
    "openmetrics": (["--openmetrics"], of_metrics, (in_line,), NAMES),
    "json": (["--json"], of_json, (str,), NAMES),
    "html": (["--html"], of_report_page, (str,), NAMES),
    "svg": (["--svg"], of_svg, (in_line,), NONE),
    "csv": (["--csv"], of_csv, (in_line,), NAMES),
    "trace": (["--trace"], of_trace, (str, in_mark), NAMES),
    "samples": (["--openmetrics", "--timeline"], of_samples, (in_line,), NAMES),
}


def documents(folder):
    """What is wrong with the documents of single texts."""
    for path in sorted(glob.glob(os.path.join(folder, "[0-9]*.*"))):
        name = os.path.basename(path)
        number, _, ending = name.partition(".")
        if ending == "raw" or (ending.endswith("sarif") and int(number) % SARIF_EVERY):
            continue
        reader, shown = READERS[os.path.splitext(name)[1]]
        with open(path, "rb") as file, open(os.path.join(folder, number + ".raw"), "rb") as raw:
            data, text = file.read(), decoded(raw.read())
        wrong, found = reader(data)
        if ending == "text.json" and json.loads(data) != {"text": text, text: "key"}:
            wrong.append("it is read back as something else")
        for problem in [*of_controls(data), *wrong, *missing([text], shown, found)]:
            yield "%s: %s" % (name, problem)


def reports(leakcage, folder):
    """What is wrong with the forms of `leakcage report` of all results at once."""
    results = sorted(glob.glob(os.path.join(folder, "[0-9]*", "")))
    texts = {NAMES: [], ERRORS: [], NONE: []}
    for result in results:
        with open(os.path.join(result, "result.json"), encoding="utf-8") as file:
            record = json.load(file)
        texts[NAMES].append(record["scenario"])
        texts[ERRORS] += [record["error"]["text"]] if "error" in record else []
    for form, (options, reader, shown, which) in REPORTS.items():
        path = os.path.join(folder, "report." + form)
        done = subprocess.run([leakcage, "report", *options, "-o", path, *results],
                              capture_output=True, check=False)
        if done.returncode != SERVICE_FAILED:
            yield "report %s: exit status %d: %s" % (form, done.returncode,
                                                     done.stderr.decode(errors="replace"))
            continue
        with open(path, "rb") as file:
            data = file.read()
        wrong, found = reader(data)
        for problem in [*of_controls(data), *wrong, *missing(texts[which], shown, found)]:
            yield "report %s: %s" % (form, problem)


def main():
    program, leakcage = sys.argv[1:]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for problem in kept.keep(program, "LEAKCAGE_KEEP_HOSTILE", folder):
            print(problem)
            wrong += 1
        count = len(glob.glob(os.path.join(folder, "[0-9]*.*")))
        print("%d documents, %d results" % (count,
                                           len(glob.glob(os.path.join(folder, "[0-9]*", "")))))
        wrong += count < 500
        for problem in [*documents(folder), *reports(leakcage, folder)]:
            print(problem)
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
