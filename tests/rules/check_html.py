#!/usr/bin/python3
"""HTML reports as parsers of others read them.

usage: check_html.py TEST_PROGRAM...

Each program is a unit test that keeps the documents it makes in the folder that LEAKCAGE_KEEP_HTML
names: those of hostile names, of nothing, of a million samples. All of them must be well-formed XML
and balanced HTML, run nothing, load nothing, and have numbers where numbers belong."""
import html.parser
import re
import sys
import xml.etree.ElementTree

import kept

BYTES_MAX = 400 * 1000
VOID = {"meta", "br", "hr", "img"}
ELEMENTS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "a", "div",
            "table", "thead", "tbody", "tr", "th", "td", "small", "b", "ul", "li", "svg", "path",
            "text", "circle"}
ATTRIBUTES = {"lang", "charset", "name", "content", "class", "scope", "title", "viewbox", "xmlns",
              "role", "aria-label", "d", "x", "y", "cx", "cy", "r", "text-anchor", "id", "href"}
NUMBER = r"-?\d+(\.\d+)?(e[-+]\d+)?"
FORMS = {
    "d": r"([MLHVmlhv]( ?%s)+)+" % NUMBER,
    "viewbox": r"0 0 \d+ \d+",
    "id": r"[a-z][a-z0-9-]*",
    "href": r"#[a-z][a-z0-9-]*",
    "x": NUMBER, "y": NUMBER, "cx": NUMBER, "cy": NUMBER, "r": NUMBER,
}


class Reader(html.parser.HTMLParser):
    """What is wrong with a document goes to `problems`."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.problems = []

    def look(self, tag, attributes):
        if tag not in ELEMENTS:
            self.problems.append("<%s>" % tag)
        for name, value in attributes:
            if name not in ATTRIBUTES:
                self.problems.append("<%s %s=%r>" % (tag, name, value))
            elif name in FORMS and not re.fullmatch(FORMS[name], value):
                self.problems.append("<%s %s=%.80r> is no number" % (tag, name, value))

    def handle_starttag(self, tag, attrs):
        self.look(tag, attrs)
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.look(tag, attrs)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append("</%s> ends nothing" % tag)

    def handle_comment(self, data):
        self.problems.append("a comment: %.80r" % data)

    def handle_data(self, data):
        if self.open and self.open[-1] == "style" and re.search(r"url\(|@import|expression", data):
            self.problems.append("the style loads something")
        if re.search(r"\b(nan|inf)\b", data):
            self.problems.append("no number: %.80r" % data)


def problems_of(path):
    with open(path, "rb") as file:
        data = file.read()
    if len(data) > BYTES_MAX:
        yield "%d bytes, at most %d" % (len(data), BYTES_MAX)
    try:
        xml.etree.ElementTree.fromstring(data)
    except xml.etree.ElementTree.ParseError as error:
        yield "not well-formed: %s" % error
    reader = Reader()
    reader.feed(data.decode("utf-8"))
    reader.close()
    yield from reader.problems
    if reader.open:
        yield "not closed: %s" % ", ".join(reader.open)


def main():
    wrong = 0
    for problem in kept.problems(sys.argv[1:], "LEAKCAGE_KEEP_HTML", ".html", problems_of):
        print(problem)
        wrong += 1
    return 1 if wrong else 0


sys.exit(main())
