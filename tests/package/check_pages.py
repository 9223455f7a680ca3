#!/usr/bin/python3
"""The manual pages: they render without a warning; every command and option of the program is in
them, and none that it has not; every key of a scenario is in leakcage-scenario(5).

usage: check_pages.py BUILD_FOLDER
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Not for people, or said in another way.
HIDDEN = {"guest", "complete"}
# Pages of other packages.
OTHERS = {"cgroups(7)", "rsvg-convert(1)"}
# Options of other programs, in examples.
FOREIGN = {"--port"}
faults = []


def fault(text):
    faults.append(text)


def render(path):
    """As a terminal shows it, without overstriking; with groff's warnings as faults."""
    done = subprocess.run(["man", "--warnings=w", "--encoding=UTF-8", "-l", path], check=False,
                          capture_output=True, text=True,
                          env=dict(os.environ, MANWIDTH="200", LC_ALL="C.UTF-8", MANPAGER="cat",
                                   MAN_KEEP_FORMATTING="", PAGER="cat"))
    if done.returncode != 0 or done.stderr:
        fault("%s: %s" % (path, done.stderr.strip()))
    # The width is wide, but not infinite: hyphenated words are joined.
    return re.sub("\u2010\n *", "", re.sub(".\b", "", done.stdout)).replace("\u2212", "-")


def names_of_options(build):
    """What the program itself takes: it knows its own options best."""
    options, commands = set(), set()
    for line in subprocess.run([os.path.join(build, "leakcage"), "complete", "--", ""], check=True,
                               capture_output=True, text=True).stdout.splitlines():
        commands.add(line.split("\t")[0])
    for command in commands:
        done = subprocess.run([os.path.join(build, "leakcage"), "complete", "--", command, "--"],
                              check=True, capture_output=True, text=True)
        options |= {line.split("\t")[0] for line in done.stdout.splitlines()}
    return options | {"--help", "--version"}, commands


def check_keys(text):
    with open(os.path.join(ROOT, "scenarios", "schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    defs = schema["$defs"]
    objects = {"": schema, "service.": defs["service"], "dependencies.NAME.": defs["dependency"],
               "load.": defs["load"], "load.requests[].": defs["request"],
               "load.timers[].": defs["timer"], "cycles.": defs["cycles"],
               "restart.": defs["restart"], "variants.NAME.": defs["variant"]}
    for prefix, one in objects.items():
        for key in one["properties"]:
            if key != "$schema" and not re.search(
                    r"(?m)^ +%s( |$)" % re.escape(prefix + key), text):
                fault("leakcage-scenario.5 lacks %s%s" % (prefix, key))
    for key in re.findall(r"(?m)^     ([a-z_.A-Z\[\]]+)(?:  |$)", text.partition("KEYS")[2]):
        prefix, _, name = key.rpartition(".")
        if name not in objects.get(prefix + "." if prefix else "", {"properties": {name: 0}})[
                "properties"]:
            fault("leakcage-scenario.5 has %s, which the schema has not" % key)


def main():
    if shutil.which("man") is None or shutil.which("groff") is None:
        print("skipped: man-db and groff are not installed")
        sys.exit(77)
    build = sys.argv[1]
    pages = {os.path.basename(path)[:-3]: render(path) for path in
             glob.glob(os.path.join(build, "packaging", "man*", "*.gz"))}
    if "leakcage.1" not in pages or "leakcage-scenario.5" not in pages:
        print("pages are missing below %s/packaging" % build)
        sys.exit(1)
    options, commands = names_of_options(build)
    everything = "\n".join(text for name, text in pages.items() if name.endswith(".1"))
    # "--kernel" and "--watch, --no-watch" are words of their own.
    said = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", everything))
    for option in sorted(options - said):
        fault("%s is in no manual page" % option)
    for option in sorted(said - options - FOREIGN):
        fault("%s is in a manual page, but no option" % option)
    for command in sorted(commands - HIDDEN):
        if not re.search(r"(?m)^     %s\b" % command, pages["leakcage.1"]):
            fault("leakcage(1) lacks the command %s" % command)
    # What a page refers to is there.
    for name, text in pages.items():
        for other in re.findall(r"\b[a-z][a-z-]+\([1-8]\)", text):
            if other.replace("(", ".").rstrip(")") not in pages and other not in OTHERS:
                fault("%s refers to %s, which there is not" % (name, other))
    check_keys(pages["leakcage-scenario.5"])
    for text in faults:
        print(text)
    print("%d pages, %d options, %d commands" % (len(pages), len(options), len(commands)))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
