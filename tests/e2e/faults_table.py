#!/usr/bin/python3
"""The table of faults, for people: made of what the tests of faults wrote.

usage: faults_table.py            run all tests of faults, print the table, write it into README.md
       faults_table.py --no-run   the same with what the tests have written when they ran last
       faults_table.py --check    is the table in README.md of the faults that the tests have?"""
import json
import os
import re
import subprocess
import sys

import e2e
import faults

README = os.path.join(e2e.ROOT, "README.md")
BEGIN, END = "<!-- faults: written by `make faults` -->\n", "<!-- end of faults -->\n"
HEAD = ("| of | fault | what comes of it | took | at most | left behind |\n"
        "| --- | --- | --- | --- | --- | --- |\n")
ROW = re.compile(r"\| (?P<area>[^|]*) \| (?P<fault>[^|]+) \| (?P<result>[^|]+) "
                 r"\| (?P<took>[\d.]+ s) \| (?P<bound>\d+ s) \| (?P<left>[^|]+) \|")


def rows_made(before):
    """Of each fault that is declared its row: as its test has written it, else as it stands in the
    table; None where it is in neither."""
    found = []
    for area, name, bound in faults.declared():
        path = os.path.join(faults.FOLDER, faults.slug(area, name) + ".json")
        row = before.get((area, name, bound))
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                row = json.load(file)
        found.append((area, name, bound, row))
    return found


def table(rows):
    """Markdown; an area is named in its first row."""
    text, last = HEAD, None
    for row in sorted(rows, key=lambda row: row["area"]):
        text += "| %s | %s | %s | %.1f s | %d s | %s |\n" % (
            row["area"] if row["area"] != last else "", row["fault"], row["result"],
            row["took_s"], row["bound_s"], row["left"])
        last = row["area"]
    return text


def parts(readme):
    """What is before, in and behind the marks."""
    before, mark, rest = readme.partition(BEGIN)
    inside, end, behind = rest.partition(END)
    if not mark or not end:
        sys.exit("README.md: no table of faults between its marks")
    return before, inside, behind


def rows_of(inside, wrong):
    """The rows of a table by (area, fault, bound); what is none goes into `wrong`."""
    found, area = {}, ""
    if not inside.startswith(HEAD):
        wrong.append("the head of the table is another")
    for line in inside[len(HEAD):].splitlines():
        row = ROW.fullmatch(line)
        if not row:
            wrong.append("no row: %s" % line)
            continue
        area = row["area"].strip() or area
        bound = int(row["bound"][:-2])
        if (area, row["fault"], bound) in found:
            wrong.append("twice: %s" % line)
        found[(area, row["fault"], bound)] = {
            "area": area, "fault": row["fault"], "result": row["result"], "bound_s": bound,
            "took_s": float(row["took"][:-2]), "left": row["left"]}
    return found


def check():
    """Wrong lines; [] when README.md and the tests agree."""
    wrong = []
    with open(README, encoding="utf-8") as file:
        seen = rows_of(parts(file.read())[1], wrong)
    for row in seen.values():
        if not row["left"].startswith("nothing"):
            wrong.append("something is left behind: %s: %s" % (row["area"], row["fault"]))
        if row["took_s"] > row["bound_s"]:
            wrong.append("too late: %s: %s" % (row["area"], row["fault"]))
    declared = faults.declared()
    wrong += ["not in README.md: %s: %s, at most %d s" % one for one in declared
              if one not in seen]
    wrong += ["in README.md, but no test has it: %s: %s, at most %d s" % one for one in seen
              if one not in declared]
    wrong += ["declared twice: %s: %s" % one[:2] for one in declared if declared.count(one) > 1]
    return wrong


def run_tests():
    done = subprocess.run(["ctest", "--test-dir", e2e.BUILD, "-R", r"^e2e\.faults_", "-j2",
                           "--output-on-failure", "--no-tests=error"], check=False)
    return done.returncode


def main():
    if sys.argv[1:] == ["--check"]:
        wrong = check()
        for line in wrong:
            print("README.md: %s" % line)
        print("%d faults" % len(faults.declared()))
        return 1 if wrong else 0
    failed = run_tests() if sys.argv[1:] != ["--no-run"] else 0
    with open(README, encoding="utf-8") as file:
        before, inside, behind = parts(file.read())
    made = rows_made(rows_of(inside, []))
    rows = [row for _, _, _, row in made if row is not None]
    print(table(rows))
    missing = ["%s: %s" % (area, name) for area, name, _, row in made if row is None]
    for name in missing:
        print("no result: %s" % name)
    print("%d of %d faults, %d with something left behind" % (
        len(rows), len(made), sum(not row["left"].startswith("nothing") for row in rows)))
    with open(README, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + table(rows) + END + behind)
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
