#!/usr/bin/python3
"""The figures of soaks, as a table in README.md between its markers.

usage: table.py [--print] FOLDER

FOLDER is where harness.py and catalogue.py leave theirs: harness/figures.json, guest/figures.json,
catalogue.tsv; what is not there is left out. --print writes the table to standard output."""
import argparse
import collections
import json
import os
import sys

import catalogue
import harness

README = os.path.join(harness.ROOT, "README.md")
BEGIN, END = "<!-- soak: begin -->\n", "<!-- soak: end -->\n"
MIB = harness.MIB


def harness_rows(what, figures):
    rss, opened = figures["rss_bytes"], figures["descriptors"]
    smallest = figures["smallest_leak_bytes_per_cycle"]
    found = "; %.0f B a cycle would have been found" % smallest if smallest is not None else ""
    yield what, "{:,} requests in {:,} cycles, {:.0f} min".format(
        figures["requests"], figures["cycles"], figures["seconds"]["run"] / 60)
    yield "its verdict on itself", "**%s** over %s cycles%s" % (
        figures["verdict"], "{:,}".format(figures["watched_cycles"]), found)
    yield "resident", "%.1f MiB at first, %.1f MiB with its timeline full, %.1f MiB at the end; " \
        "%.1f MiB while it writes the results" % (
            rss["at_first"] / MIB, rss["warm"] / MIB, rss["last"] / MIB, rss["highest"] / MIB)
    yield "descriptors", "%g in the first third of the floors, %g in the last" % (
        opened["first_third"], opened["last_third"])
    yield "its results", "%d rows of cycles; report.html %.1f MiB, timeline.csv %.1f MiB" % (
        figures["rows"], figures["result_bytes"]["report.html"] / MIB,
        figures["result_bytes"]["timeline.csv"] / MIB)


def catalogue_rows(rows):
    right = sum(row["outcome"] == "pass" for row in rows)
    sizes = collections.Counter(row["round"] for row in rows).values()
    yield "the catalogue, over and over", "%s runs (%d whole rounds of %d), %s as expected" % (
        "{:,}".format(len(rows)), sum(size == max(sizes) for size in sizes), max(sizes),
        "{:,}".format(right))


def table_of(folder):
    rows = []
    for name, what in (("harness", "one harness"),
                       ("guest", "one harness with cgroups, in a guest")):
        path = os.path.join(folder, name, "figures.json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                rows += harness_rows(what, json.load(file))
    runs = catalogue.read_rows(os.path.join(folder, "catalogue.tsv"))
    rows += catalogue_rows(runs) if runs else []
    if not rows:
        raise SystemExit("table.py: there are no figures in %s: make soak" % folder)
    return "".join(["| soak | |\n", "| --- | --- |\n"] +
                   ["| %s | %s |\n" % row for row in rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--print", action="store_true")
    parser.add_argument("folder")
    options = parser.parse_args()
    table = table_of(options.folder)
    if options.print:
        sys.stdout.write(table)
        return
    with open(README, encoding="utf-8") as file:
        text = file.read()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit("table.py: README.md has no markers of a soak")
    with open(README, "w", encoding="utf-8") as file:
        file.write(before + begin + table + end + after)


if __name__ == "__main__":
    main()
