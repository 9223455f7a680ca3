#!/usr/bin/python3
"""Pictures as parsers of others read them.

usage: check_svg.py TEST_PROGRAM...

Each program is a unit test that keeps the pictures it makes in the folder that LEAKCAGE_KEEP_SVG
names: those of hostile names, of nothing, of very long runs. They and the README's own must be
well-formed, run nothing, load nothing, have numbers where numbers belong, all of it on their paper,
and words for those who cannot see them. Every picture of the README's folder is shown somewhere,
with an alternative text, and `make docs` makes it."""
import glob
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

import kept

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCS = os.path.join("docs", "pictures")

BYTES_MAX = 60 * 1024
SVG = "{http://www.w3.org/2000/svg}"
NUMBER = r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?"
WORDS = r"[a-z][a-z0-9]*( [a-z][a-z0-9]*)*"
# Element -> its attributes; nothing else may be there.
ELEMENTS = {
    "svg": {"class", "width", "height", "viewBox", "role", "aria-labelledby"},
    "title": {"id"}, "desc": {"id"}, "style": set(),
    "rect": {"class", "x", "y", "width", "height", "rx"},
    "path": {"class", "d"},
    "circle": {"class", "cx", "cy", "r"},
    "text": {"class", "x", "y", "text-anchor"},
    "tspan": {"class", "dx"},
}
FORMS = {
    "class": WORDS, "id": WORDS, "aria-labelledby": WORDS, "text-anchor": "end|middle",
    "role": "img", "viewBox": r"0 0 \d+ %s" % NUMBER,
    "d": r"([MLHVmlhv]( ?%s)+)+" % NUMBER,
}
LOADS = r"url\(|@import|@font-face|expression|://|var\("


def attribute_problems(element, name):
    for key, value in element.attrib.items():
        if key not in ELEMENTS[name]:
            yield "<%s %s=%.60r>" % (name, key, value)
        elif not re.fullmatch(FORMS.get(key, NUMBER), value):
            yield "<%s %s=%.80r> is nothing that belongs there" % (name, key, value)


def paper_problems(root):
    """Whether all of it is on the paper."""
    width, height = float(root.get("width")), float(root.get("height"))
    if root.get("viewBox") != "0 0 %s %s" % (root.get("width"), root.get("height")):
        yield "its view box is %s" % root.get("viewBox")
    for element in root.iter():
        name = element.tag.replace(SVG, "")
        x = float(element.get("x", element.get("cx", "0")))
        y = float(element.get("y", element.get("cy", "0")))
        if name in ("text", "circle") and not (0 <= x <= width and 0 < y <= height):
            yield "a %s at %g %g, on a paper of %g by %g" % (name, x, y, width, height)
        if name != "path":
            continue
        for x_text, y_text in re.findall(r"[ML](%s) (%s)" % (NUMBER, NUMBER), element.get("d")):
            x, y = float(x_text), float(y_text)
            if not (-5 <= x <= width + 5 and 0 <= y <= height):
                yield "a line at %g %g, on a paper of %g by %g" % (x, y, width, height)


def word_problems(root):
    """A title, a description, and both schemes."""
    first = [element.tag.replace(SVG, "") for element in root][:2]
    ids = [element.get("id") for element in root][:2]
    if first != ["title", "desc"] or root.get("aria-labelledby", "").split() != ids:
        yield "it is not told what it shows: %s, %s" % (first, root.get("aria-labelledby"))
    elif not all((element.text or "").strip() for element in list(root)[:2]):
        yield "its title or its description is empty"
    style = root.findtext(SVG + "style") or ""
    if re.search(LOADS, style):
        yield "its style loads something, or is nothing that all readers know"
    if "@media screen and (prefers-color-scheme:dark)" not in style:
        yield "it is not dark where the screen is"
    if style.count("{") != style.count("}"):
        yield "its style is not balanced"


def problems_of(path):
    with open(path, "rb") as file:
        data = file.read()
    if len(data) > BYTES_MAX:
        yield "%d bytes, at most %d" % (len(data), BYTES_MAX)
    done = subprocess.run(["xmllint", "--nonet", "--noout", path], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        yield "xmllint: %s" % done.stderr[:200]
        return
    root = xml.etree.ElementTree.fromstring(data)
    if root.tag != SVG + "svg":
        yield "<%s>" % root.tag
        return
    for element in root.iter():
        name = element.tag.replace(SVG, "")
        if name not in ELEMENTS:
            yield "<%s>" % name
            continue
        yield from attribute_problems(element, name)
        if re.search(r"\b(nan|inf)\b", element.text or "") and name == "text":
            yield "no number: %.80r" % element.text
    yield from paper_problems(root)
    yield from word_problems(root)


def text_of(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def docs_problems():
    """The README's pictures: as all others, shown, described, and made again by `make docs`."""
    names = sorted(os.path.basename(path) for path in
                   glob.glob(os.path.join(ROOT, DOCS, "*")))
    if not names:
        yield DOCS, "there are no pictures"
    shown = {}
    for page in glob.glob("**/*.md", root_dir=ROOT, recursive=True):
        if page.startswith(("build/", "results/")):
            continue
        for alternative, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text_of(page)):
            place = os.path.normpath(os.path.join(os.path.dirname(page), target))
            shown[place] = alternative
            if len(alternative.split()) < 5:
                yield page, "%s has no alternative text that tells what it shows" % target
            if not os.path.exists(os.path.join(ROOT, place)):
                yield page, "%s is not there" % target
    script = text_of(os.path.join("tools", "docs.sh"))
    for name in names:
        if os.path.join(DOCS, name) not in shown:
            yield name, "is shown nowhere"
        if not re.search(r"^%s:" % re.escape(os.path.splitext(name)[0]), script, re.M):
            yield name, "is not made by tools/docs.sh"
        for problem in problems_of(os.path.join(ROOT, DOCS, name)):
            yield name, problem


def main():
    wrong = 0
    for problem in kept.problems(sys.argv[1:], "LEAKCAGE_KEEP_SVG", ".svg", problems_of):
        print(problem)
        wrong += 1
    for name, problem in docs_problems():
        print("%s: %s" % (name, problem))
        wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
