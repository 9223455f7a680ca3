"""Where the sample services plant what grows: what each says of itself (`--truth`) and the comments
that mark the line in its source ("planted: default", "waits: default"; in services/common/
"planted: unclosed-socket.default"). services/common/service.h explains them."""
import collections
import glob
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVICES = os.path.join(ROOT, "services")

Truth = collections.namedtuple("Truth", "verdict cause path low_bytes high_bytes functions")
# file: as in "services/clean.c"; kind: "planted" or "waits".
Mark = collections.namedtuple("Mark", "kind service variant file line function")

MARK = re.compile(r"/\* (planted|waits): ([\w.-]+(?:, [\w.-]+)*) \*/$")
# Anything like it, to find what is misspelt.
LIKE = re.compile(r"/\*\s*(planted|waits)\b", re.I)
# A function begins at the margin and has no semicolon: `static int grow(void)`.
FUNCTION = re.compile(r"^(?:(?:__attribute__\(\(\w+\)\)|[a-zA-Z_]\w*)[ *]+)+(\w+)\(")


def names():
    """The services that leakcage_service() builds, but for the two that are none of the samples."""
    with open(os.path.join(SERVICES, "CMakeLists.txt"), encoding="utf-8") as file:
        found = re.findall(r"^leakcage_service\(([\w-]+)", file.read(), re.M)
    return [name for name in found if name not in ("client", "upstream")]


def truths(program):
    """variant -> Truth, as the program says."""
    done = subprocess.run([program, "--truth"], capture_output=True, text=True, check=True,
                          timeout=20)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {row[0]: Truth(row[1], row[2], row[3], None if row[4] == "-" else int(row[4]),
                          None if row[5] == "-" else int(row[5]),
                          [] if row[6] == "-" else row[6].split()) for row in rows}


def _marks_of_file(path):
    stem = os.path.splitext(os.path.basename(path))[0]
    common = os.path.basename(os.path.dirname(path)) == "common"
    function = ""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            begin = FUNCTION.match(line)
            if begin and not line.rstrip().endswith(";"):
                function = begin.group(1)
            elif line.startswith("}"):
                function = ""
            found = MARK.search(line.rstrip())
            if not found:
                if LIKE.search(line):
                    raise ValueError("%s:%d: a mark that is not at the end of its line, or not "
                                     "\"planted: VARIANT, VARIANT\"" % (path, number))
                continue
            for word in found.group(2).split(", "):
                service, dot, variant = word.partition(".")
                if common != bool(dot):
                    raise ValueError("%s:%d: \"%s\", and SERVICE.VARIANT is for common/ only" %
                                     (path, number, word))
                yield Mark(found.group(1), service if common else stem,
                           variant if common else word, os.path.relpath(path, ROOT), number,
                           function)


def marks():
    """All marks of all services."""
    found = []
    for path in sorted(glob.glob(os.path.join(SERVICES, "*.c")) +
                       glob.glob(os.path.join(SERVICES, "common", "*.c"))):
        found += _marks_of_file(path)
    return found


def lines(service, variant, *kinds):
    """The marks of a variant, of these kinds ("planted" alone when none is named)."""
    return [mark for mark in marks()
            if mark.service == service and mark.variant == variant and
            mark.kind in (kinds or ("planted",))]
