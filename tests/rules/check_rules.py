#!/usr/bin/python3
"""What a tool does not check is not a rule: these are the project's, each a function below.

usage: check_rules.py BUILD_FOLDER

Prints FILE:LINE: what is wrong, and ends with 1 when there was something."""
import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

C_LINES_MAX = 500
HEADER_LINES_MAX = 120
COLUMNS_MAX = 100

# Function -> what to use. Called by nobody but tests.
BANNED = {
    "strcpy": "snprintf or memcpy", "strcat": "snprintf", "sprintf": "snprintf",
    "vsprintf": "vsnprintf", "gets": "fgets", "atoi": "units_parse_count",
    "atol": "units_parse_count", "atof": "strtod", "system": "process_spawn",
    "popen": "process_spawn", "strtok": "strsep", "usleep": "clock_sleep_until",
    "alloca": "malloc", "mktemp": "mkdtemp", "tmpnam": "mkdtemp", "tempnam": "mkdtemp",
    "rand": "a generator with a seed", "srand": "a generator with a seed",
    "setenv": "environment_set",
    "localtime": "localtime_r", "gmtime": "gmtime_r", "asctime": "strftime", "ctime": "strftime",
}
# Only main ends the program: everything else returns its error. (The child after fork has _exit.)
ENDS = {"exit", "abort", "quick_exit"}

# External header -> the only places that may include it.
EXTERNAL = {
    "cjson/": ["harness/base/"],
    "cJSON": ["harness/base/"],
    "zlib.h": ["harness/profile/gzip.c"],
    "libcgroup": ["harness/memory/cgroup_libcgroup"],
    "curl/": ["harness/load/", "harness/run/readiness.c", "harness/run/allocator.c",
              "harness/run/collector.c", "harness/instrument/go_profiles.c",
              "harness/cli/main.c", "services/", "tests/"],
    "microhttpd": ["services/", "harness/serve/serve_server.c", "tests/soak/"],
    "check.h": ["tests/", "examples/"],
}

# Each layer may include those before it: include flags are checked by a compiler below.
LAYERS = ["base", "timeline", "profile", "symbol", "verdict", "memory", "load", "scenario",
          "driver", "run", "library", "instrument", "explain", "report", "export", "view", "cli",
          "compare", "gate", "serve"]
# Mutable state at file scope: the interrupt flag, no more.
STATE_ALLOWED = {("harness_base", "interrupt_seen")}

TEXT_FILES = (".c", ".h", ".js", ".css", ".py", ".sh", ".txt", ".md", ".json", ".cmake", ".yml",
              "Makefile")


def files_of_project():
    """Tracked files and those that will be; without git, everything but build and results."""
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        names = done.stdout.splitlines()
    else:
        names = [os.path.relpath(path, ROOT)
                 for path in glob.glob(os.path.join(ROOT, "**"), recursive=True)]
        names = [n for n in names if not n.startswith(("build/", "results/"))]
    return sorted(n for n in names if n.endswith(TEXT_FILES) and
                  os.path.isfile(os.path.join(ROOT, n)))


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def without_comments(text, strings=False):
    """C with comments (and texts) blanked, lines kept."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def blank(match):
        piece = match.group()
        if piece.startswith("/"):
            return re.sub(r"[^\n]", " ", piece)
        return piece if not strings else piece[0] + " " * (len(piece) - 2) + piece[-1]
    return re.sub(pattern, blank, text, flags=re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def check_text(name, text):
    """No tabs (but in Makefiles), no spaces at line ends, no paths of a machine."""
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip() and not name.endswith(".md"):
            yield number, "space at the end of the line"
        if "\t" in line and not name.endswith(("Makefile", ".md")):
            yield number, "tab"
        # clang-format sees to those of C.
        if name.endswith((".py", ".sh", ".js", ".css")) and len(line) > COLUMNS_MAX:
            yield number, "%d columns, at most %d" % (len(line), COLUMNS_MAX)
        if re.search(r"(?<![\w.])/(work/|home/\w|Users/\w|root/)", line) and \
                name != "tests/rules/check_rules.py":
            yield number, "a path of somebody's machine"
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end"


def check_length(name, text):
    lines = text.count("\n")
    limit = {".c": C_LINES_MAX, ".h": HEADER_LINES_MAX}.get(os.path.splitext(name)[1])
    if limit and lines > limit:
        yield lines, "%d lines, at most %d" % (lines, limit)


def check_calls(name, text):
    """No banned function is called; only main ends the program."""
    if not name.endswith((".c", ".h")) or name.startswith("tests/"):
        return
    plain = without_comments(text, strings=True)
    for match in re.finditer(r"(?<![\w.>])(\w+)\s*\(", plain):
        word = match.group(1)
        if word in BANNED:
            yield line_of(plain, match.start()), "%s(): use %s" % (word, BANNED[word])
        if word in ENDS and name.startswith("harness/") and name != "harness/cli/main.c":
            yield line_of(plain, match.start()), "%s(): only main ends the program" % word


# Names of shells as data: which processes are wrappers, and how their command lines are read.
KNOWS_SHELLS = {"harness/instrument/heaptrack_program.c", "harness/memory/process_name.c"}

# Binds all addresses, to know whether they are free, and never listens.
BINDS_ALL = {"harness/driver/free_ports.c"}


def check_security(name, text):
    """Nothing listens beyond loopback, no shell is started, no token is compared byte by byte until
    it differs."""
    if not name.endswith((".c", ".h")) or not name.startswith(("harness/", "services/")):
        return
    plain = without_comments(text)
    for match in re.finditer(r"\bINADDR_ANY\b|\bin6addr_any\b|\bIN6ADDR_ANY_INIT\b", plain):
        if name not in BINDS_ALL or re.search(r"\blisten\s*\(", plain):
            yield line_of(plain, match.start()), "%s: what is ours listens on loopback" % match[0]
    for match in re.finditer(r"\b(str\w*cmp|memcmp|bcmp)\s*\([^;]*\btoken\b", plain):
        yield line_of(plain, match.start()), "%s(): compare tokens in constant time" % match[1]
    for match in re.finditer(r'"(?:/bin/|/usr/bin/)?(?:ba|da|k|z)?sh"', plain):
        if name not in KNOWS_SHELLS:
            yield line_of(plain, match.start()), "%s: no shell is started" % match[0]


def check_includes(name, text):
    """No way around the layers, and each library met in its one place."""
    if not name.endswith((".c", ".h")):
        return
    plain = without_comments(text)
    for match in re.finditer(r'^\s*#\s*include\s*([<"])([^>"]+)', plain, re.M):
        path, line = match.group(2), line_of(plain, match.start())
        if path.startswith("../") or "/../" in path:
            yield line, '"../" goes round the layers'
        for library, places in EXTERNAL.items():
            if path.startswith(library) and not name.startswith(tuple(places)):
                yield line, "%s is for %s" % (path, ", ".join(places))


def check_header(name, text):
    """#pragma once, a first comment that says what it is, and every function explained."""
    if not re.fullmatch(r"harness/\w+/\w+\.h", name):
        return
    if not text.startswith("#pragma once\n/*"):
        yield 1, "expected #pragma once, then a comment that says what this is"
    documented = False
    depth = 0
    statement = ""
    comment = False
    for number, line in enumerate(text.split("\n"), 1):
        code = re.sub(r"/\*.*?\*/", "", line)
        starts, ends = "/*" in code, "*/" in code
        here = comment or starts or "/*" in line
        if here and depth == 0 and not statement:
            documented = True
        comment = (comment or starts) and not ends
        if comment or (here and not code.split("/*")[0].strip()) or (ends and not starts):
            continue
        code = code.split("/*")[0]
        if not code.strip():
            documented = documented and bool(statement)
            continue
        if code.startswith("#"):
            continue
        depth += code.count("{") - code.count("}")
        statement += code
        if depth == 0 and code.rstrip().endswith((";", "}")):
            prototype = re.match(r"[\w\s*]+?\b(\w+)\s*\(", statement)
            if prototype and "{" not in statement and not statement.startswith("struct {"):
                if not documented:
                    yield number, "%s() has no comment, nor has its group" % prototype.group(1)
            elif not prototype:
                documented = False
            statement = ""


def check_whole_text():
    for name in files_of_project():
        try:
            text = read(name)
        except UnicodeDecodeError:
            yield name, 1, "no UTF-8"
            continue
        checks = [check_text, check_length, check_calls, check_security, check_includes,
                  check_header]
        for check in checks:
            for line, problem in check(name, text):
                yield name, line, problem


def check_state(build):
    """The built objects have no variables of their own but the interrupt flag."""
    for layer in LAYERS:
        library = os.path.join(build, "harness", "libharness_%s.a" % layer)
        if not os.path.exists(library):
            yield library, 1, "is not built"
            continue
        done = subprocess.run(["nm", "--defined-only", library], capture_output=True, text=True,
                              check=True)
        for line in done.stdout.splitlines():
            match = re.fullmatch(r"[0-9a-f]+ ([bBdDsSgGcC]) (.+)", line)
            if not match:
                continue
            symbol = re.sub(r"\.\d+$", "", match.group(2))
            # Tables of constant pointers are .data.rel.ro ('d'): told apart by section.
            if match.group(1) in "dD" and symbol in read_only_after_relocation(library):
                continue
            # What the sanitizers add is theirs.
            if symbol.startswith(("__", "_asan", ".L")):
                continue
            if ("harness_" + layer, symbol) not in STATE_ALLOWED:
                yield "harness/" + layer, 1, "the variable %s is state at file scope" % symbol


def read_only_after_relocation(library, cache={}):  # pylint: disable=dangerous-default-value
    """Symbols in .data.rel.ro: const, but with addresses in them."""
    if library not in cache:
        done = subprocess.run(["objdump", "-t", library], capture_output=True, text=True,
                              check=True)
        cache[library] = {re.sub(r"\.\d+$", "", line.split()[-1]) for line in
                          done.stdout.splitlines() if ".data.rel.ro" in line}
    return cache[library]


def include_flags(build, layer):
    """As the build gives them to this layer's files."""
    library = "harness/libharness_%s.a" % layer
    done = subprocess.run(["ninja", "-C", build, "-t", "commands", library],
                          capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        if "/harness_%s.dir/" % layer in line and " -c " in line:
            return re.findall(r"-I\S+|-isystem \S+", line)
    return []


def compiles(flags, header):
    command = ["cc", "-std=c17", "-D_GNU_SOURCE", "-fsyntax-only", "-x", "c", *flags, "-"]
    return subprocess.run(command, input='#include "%s"\n' % header, text=True,
                          capture_output=True, check=False).returncode == 0


def check_layers(build):
    """An include of a later layer does not compile: tried, with the build's own flags."""
    headers = {layer: sorted(glob.glob(os.path.join(ROOT, "harness", layer, "*.h")))
               for layer in LAYERS}
    for place, layer in enumerate(LAYERS):
        flags = include_flags(build, layer)
        if not flags:
            yield "harness/" + layer, 1, "no compile command in the build"
            continue
        own = "%s/%s" % (layer, os.path.basename(headers[layer][0]))
        if not compiles(flags, own):
            yield "harness/" + layer, 1, "%s does not compile: the check itself is wrong" % own
        for later in LAYERS[place + 1:]:
            header = "%s/%s" % (later, os.path.basename(headers[later][0]))
            if compiles(flags, header):
                yield "harness/" + layer, 1, "can include %s, a later layer" % header


def check_readmes():
    """Every top-level folder is told about, and every folder that is told about is there."""
    path = os.path.join(ROOT, "README.md")
    if not os.path.exists(path):
        yield "README.md", 1, "is missing"
        return
    text = read("README.md")
    names = files_of_project()
    for folder in sorted({name.split("/")[0] for name in names if "/" in name}):
        if not folder.startswith(".") and folder + "/" not in text and "`%s`" % folder not in text:
            yield "README.md", 1, "does not mention the folder %s/" % folder
    for match in re.finditer(r"`([a-z][\w.-]*/(?:[\w./-]*/)?)`|\]\(([\w./-]+)\)", text):
        place = match.group(1) or match.group(2)
        if place.startswith(("build/", "results/", "http")):
            continue
        if not os.path.exists(os.path.join(ROOT, place)):
            yield "README.md", line_of(text, match.start()), "%s does not exist" % place


def check_truth(build):
    """What a scenario expects is what its service says of itself."""
    import json  # pylint: disable=import-outside-toplevel
    for path in sorted(glob.glob(os.path.join(ROOT, "scenarios", "*.json"))):
        name = os.path.relpath(path, ROOT)
        if name.endswith("schema.json"):
            continue
        with open(path, encoding="utf-8") as file:
            scenario = json.load(file)
        program = re.fullmatch(r"\{services\}/([\w-]+)", scenario["service"]["command"][0])
        if not program:
            continue
        service = os.path.join(build, "services", program.group(1))
        if not os.path.exists(service):
            yield name, 1, "%s is not built" % service
            continue
        done = subprocess.run([service, "--truth"], capture_output=True, text=True, check=True,
                              timeout=10)
        truth = {row[0]: row[1:] for row in
                 (line.split("\t") for line in done.stdout.splitlines())}
        cases = {"default": scenario}
        cases.update(scenario.get("variants", {}))
        for variant, case in cases.items():
            expect = case.get("expect")
            if variant not in truth:
                yield name, 1, "the service knows no variant %s" % variant
                continue
            verdict = expect if isinstance(expect, str) else (expect or {}).get("verdict", "-")
            cause = None if isinstance(expect, str) else (expect or {}).get("cause")
            if verdict != truth[variant][0] or cause not in (None, truth[variant][1]):
                yield name, 1, "variant %s: expects %s, and the truth is %s" % (
                    variant, expect, truth[variant][:2])
        paths = [truth["default"][2]]
        load = scenario.get("load", {})
        if "path" in load and load["path"].split("?")[0] not in paths:
            yield name, 1, "drives %s, and the service's path is %s" % (load["path"], paths[0])


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    build = os.path.abspath(sys.argv[1])
    checks = [check_whole_text(), check_state(build), check_layers(build), check_readmes(),
              check_truth(build)]
    problems = 0
    for check in checks:
        for name, line, problem in check:
            print("%s:%d: %s" % (name, line, problem))
            problems += 1
    print("%d problem%s in %d files" % (problems, "" if problems == 1 else "s",
                                        len(files_of_project())))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
