#!/usr/bin/python3
"""The scripts and the style of HTML pages (harness/page): what a page must never do stands in none.

usage: check_page.py

Prints FILE:LINE: what is wrong, and ends with 1 when there was something."""
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "harness", "page")

COLUMNS_MAX = 100
LINES_MAX = 320
FUNCTION_LINES_MAX = 70
ADDRESSES = {"http://www.w3.org/2000/svg"}

# Pattern -> why not, in scripts and in the style.
NEVER = {
    r"(inner|outer)HTML|insertAdjacentHTML|document\.write|createContextualFragment|\.srcdoc\b":
        "text would become markup: use textContent",
    r"\beval\b|\bFunction\s*\(|set(Timeout|Interval)\s*\(\s*[\"'`]": "text would become code",
    r"XMLHttpRequest|WebSocket|sendBeacon|\bimport\b|@import|\burl\(|\.src\b":
        "a page loads nothing",
    r"</\s*(script|style)|<!--": "it would end its element in the page",
    r"localStorage|sessionStorage|indexedDB|document\.cookie":
        "a page keeps nothing but its address",
    r"\t|[ ]$": "tab, or space at the end of the line",
    r"\bvar\s": "let or const",
    r"[^=!]==[^=]|!=[^=]": "=== or !==",
}
# Only there: a run while it goes on has a server, and so has the list that one shows.
ONLY = {r"\bEventSource\b": "live.js", r"\bfetch\s*\(": "list.js"}


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().split("\n")


def check_lines(name, lines):
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield number, "%d columns, at most %d" % (len(line), COLUMNS_MAX)
        for pattern, why in NEVER.items():
            if name.endswith(".css") and "==" in pattern:
                continue
            if re.search(pattern, line):
                yield number, "%s: %s" % (re.search(pattern, line).group(), why)
        for pattern, place in ONLY.items():
            if name != place and re.search(pattern, line):
                yield number, "%s is for %s" % (re.search(pattern, line).group(), place)
        for address in re.findall(r"\w+://[^\"'` ]*", line):
            if address not in ADDRESSES:
                yield number, "%s: a page knows no address" % address
    if lines[-1] != "":
        yield len(lines), "no newline at the end"
    if len(lines) > LINES_MAX:
        yield len(lines), "%d lines, at most %d" % (len(lines), LINES_MAX)


def check_trimmed(lines):
    """The build takes indentation and comments away, line by line (page/asset.cmake)."""
    comment = False
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if comment and not re.match(r"\*( |/|$)", text):
            yield number, "within a comment, and does not begin with an asterisk"
        if not comment and re.match(r"\*( |/|$)", text):
            yield number, "code that begins with an asterisk"
        if text.startswith("/*") and "*/" in text and not text.endswith("*/"):
            yield number, "code after a comment"
        if line.count("`") % 2:
            yield number, "a text over several lines"
        if "//" in re.sub(r"\w+://", "", re.sub(r"\"[^\"]*\"", "", line)):
            yield number, "a comment with //"
        begins, ends = text.rfind("/*"), text.rfind("*/")
        comment = begins > ends or (comment and ends < 0)


def check_script(lines):
    if lines[0] != '"use strict";' or not lines[1].startswith("/*"):
        yield 1, 'expected "use strict"; then a comment that says what this is'
    begin = None
    for number, line in enumerate(lines, 1):
        if re.match(r"  (const \w+ = (async )?\(.*|const \w+ = .*=>) ?.*\{$", line):
            begin = number
        if line == "  };" and begin is not None:
            if number - begin > FUNCTION_LINES_MAX:
                yield begin, "%d lines, at most %d" % (number - begin, FUNCTION_LINES_MAX)
            begin = None


def check_list(paths):
    """All scripts are in the build's list, or an asset of their own."""
    listed = os.path.join(FOLDER, "assets.cmake")
    with open(listed, encoding="utf-8") as file:
        text = file.read()
    named = re.search(r"set\(page_scripts ([^)]*)\)", text).group(1).split()
    named += re.findall(r"/(\w+)\.js\)", text)
    for path in paths:
        name = os.path.splitext(os.path.basename(path))[0]
        if name not in named:
            yield "assets.cmake", 1, "does not name %s.js" % name


def problems():
    scripts = sorted(glob.glob(os.path.join(FOLDER, "*.js")))
    styles = sorted(glob.glob(os.path.join(FOLDER, "*.css")))
    if not scripts or not styles:
        yield "harness/page", 1, "there is nothing"
    yield from check_list(scripts)
    for path in scripts + styles:
        name = os.path.basename(path)
        lines = lines_of(path)
        checks = [check_lines(name, lines), check_trimmed(lines)]
        if name.endswith(".js"):
            checks.append(check_script(lines))
        for check in checks:
            for line, problem in check:
                yield name, line, problem


def main():
    wrong = 0
    for name, line, problem in problems():
        print("harness/page/%s:%d: %s" % (os.path.basename(name), line, problem))
        wrong += 1
    print("%d problem%s" % (wrong, "" if wrong == 1 else "s"))
    return 1 if wrong else 0


sys.exit(main())
