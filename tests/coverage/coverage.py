#!/usr/bin/python3
"""make coverage: which lines of the harness the unit tests and the recorded runs go through, layer
by layer, as gcov counts them in a build of preset coverage. Status 1 when a layer that is promised
has less than it must.

usage: coverage.py BUILD [LAYER...]    of the layers that are named, also the lines that are missing
"""
import collections
import gzip
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HARNESS = os.path.join(ROOT, "harness")
PROMISED = {"base": 0.9, "timeline": 0.9, "verdict": 0.9, "scenario": 0.9}


def counters(build):
    """What the tests have left, one file for each source that was gone through."""
    found = []
    for folder, _, names in os.walk(os.path.join(build, "harness")):
        found += [os.path.join(folder, name) for name in names if name.endswith(".gcno")]
    return sorted(found)


def read(build):
    """source: {line: how often}. A source that no test went through has only zeros."""
    lines = collections.defaultdict(dict)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["gcov", "--json-format", "--preserve-paths", *counters(build)],
                              cwd=folder, check=False, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit("gcov: " + done.stderr[-2000:])
        for name in os.listdir(folder):
            with gzip.open(os.path.join(folder, name)) as file:
                found = json.load(file)
            for source in found["files"]:
                path = os.path.normpath(os.path.join(found["current_working_directory"],
                                                     source["file"]))
                if os.path.dirname(os.path.dirname(path)) != HARNESS:
                    continue
                for line in source["lines"]:
                    counts = lines[path]
                    number = line["line_number"]
                    counts[number] = max(counts.get(number, 0), line["count"])
    return lines


def ranges(numbers):
    """[1, 2, 3, 7] as "1-3 7"."""
    found = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join("%d" % a if a == b else "%d-%d" % (a, b) for a, b in found)


def main(build, wanted):
    lines = read(build)
    layers = collections.defaultdict(lambda: [0, 0])
    for path, counts in lines.items():
        layer = layers[os.path.basename(os.path.dirname(path))]
        layer[0] += sum(1 for count in counts.values() if count)
        layer[1] += len(counts)
    too_little = []
    print("layer          lines  gone through")
    for name, (hit, all_) in sorted(layers.items(), key=lambda row: -row[1][0] / row[1][1]):
        promised = PROMISED.get(name, 0)
        print("%-12s %7d  %5.1f %%%s" % (
            name, all_, 100 * hit / all_, ", promised %.0f" % (100 * promised) if promised else ""))
        if hit < promised * all_:
            too_little.append(name)
    hit, all_ = (sum(layer[part] for layer in layers.values()) for part in (0, 1))
    print("%-12s %7d  %5.1f %%" % ("all", all_, 100 * hit / all_))
    for path, counts in sorted(lines.items()):
        missing = [number for number, count in counts.items() if not count]
        if os.path.basename(os.path.dirname(path)) in wanted and missing:
            print("%s: %.0f %%, not %s" % (os.path.relpath(path, ROOT), 100 - 100 * len(missing) /
                                           len(counts), ranges(missing)))
    lost = set(PROMISED) - set(layers)
    if too_little or lost:
        print("less than promised: %s" % " ".join([*too_little, *sorted(lost)]), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(os.path.abspath(sys.argv[1]), sys.argv[2:]))
