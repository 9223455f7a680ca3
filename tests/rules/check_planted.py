#!/usr/bin/python3
"""Each leaking variant of a sample service says in which function its mistake is, and its source
marks the line; what is clean marks none. What `leakcage explain` finds is held against these.

usage: check_planted.py BUILD_FOLDER"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "support"))
import planted  # noqa: E402  pylint: disable=wrong-import-position

# A build of its own, for what only it does: service -> program.
BUILDS = {"json-tree": "json-tree-race"}


def lines_that_call(program):
    """FILE:LINE of every call in the program, as its debug information has it."""
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], capture_output=True,
                          text=True, check=True).stdout
    calls = re.findall(r"^\s+([0-9a-f]+):\s+(?:call\s|jmp\s+[0-9a-f]+ <\w+@plt)", code, re.M)
    done = subprocess.run(["addr2line", "-e", program], input="\n".join(calls),
                          capture_output=True, text=True, check=True)
    return {re.sub(r" \(discriminator.*", "", line) for line in done.stdout.splitlines()}


def marks_without_a_call(name, program):
    """A call that spans lines is on one of them; the mark has to be there."""
    marked = [mark for mark in planted.marks() if mark.service == name]
    called = lines_that_call(program) if marked and os.uname().machine == "x86_64" else None
    for mark in marked:
        place = "%s:%d" % (mark.file, mark.line)
        if called is not None and not any(line.endswith("/" + place) for line in called):
            yield mark.variant, "the compiler knows of no call at %s" % place


def problems_of(name, variant, truth):
    """What is wrong with the marks of a leaking variant."""
    marked = planted.lines(name, variant)
    waits = planted.lines(name, variant, "waits")
    if not truth.functions:
        yield "--truth names no function"
    if not marked:
        yield "no line is marked"
    # One line takes what grows, unless a request takes two of them.
    if len({mark.function for mark in marked}) != len(truth.functions):
        yield "%d functions and marks in %d of them" % (
            len(truth.functions), len({mark.function for mark in marked}))
    for mark in marked:
        if mark.function not in truth.functions:
            yield "%s:%d is in %s(), and --truth says %s" % (
                mark.file, mark.line, mark.function or "no function", truth.functions)
    if (truth.cause == "threads") != bool(waits):
        yield "where its threads wait is %smarked" % ("" if waits else "not ")
    if truth.cause == "threads" and len(waits) != len(marked):
        yield "%d threads are started and %d wait" % (len(marked), len(waits))


def check(build):
    """(service, variant, what is wrong) of all of them; ends with how many were looked at."""
    leaking = 0
    for name in planted.names():
        truths = planted.truths(os.path.join(build, "services", name))
        race = os.path.join(build, "services", BUILDS.get(name, ""))
        if name in BUILDS and os.access(race, os.X_OK) and not os.path.isdir(race):
            truths.update({variant: truth for variant, truth in planted.truths(race).items()
                           if truth.verdict == "leak"})
        elif name in BUILDS:
            print("skipped: %s is not built" % BUILDS[name])
            truths["default"] = None
        for variant, truth in truths.items():
            if truth and truth.verdict == "leak":
                leaking += 1
                for problem in problems_of(name, variant, truth):
                    yield name, variant, problem
            elif truth and (truth.functions or planted.lines(name, variant, "planted", "waits")):
                yield name, variant, "does not leak, and has a function or a mark"
        program = race if name in BUILDS else os.path.join(build, "services", name)
        if os.access(program, os.X_OK):
            for variant, problem in marks_without_a_call(name, program):
                yield name, variant, problem
        for mark in planted.marks():
            if mark.service == name and mark.variant not in truths:
                yield name, mark.variant, "%s:%d marks no variant of it" % (mark.file, mark.line)
    known = set(planted.names())
    for mark in planted.marks():
        if mark.service not in known:
            yield mark.service, mark.variant, "%s:%d marks no service" % (mark.file, mark.line)
    print("%d leaking variants" % leaking)
    if leaking < 25:
        yield "all", "all", "only %d variants leak: the truth is not read" % leaking


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    problems = 0
    for name, variant, problem in check(os.path.abspath(sys.argv[1])):
        print("%s %s: %s" % (name, variant, problem))
        problems += 1
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
