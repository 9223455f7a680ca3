#!/usr/bin/python3
"""scenarios/schema.json, the scenarios and the parser agree.

- every scenarios/*.json is valid, is named after its file, and its sample services exist;
- the schema refuses what the parser refuses (a few of each kind);
- the keys and ranges of the parser's tables (`const struct field NAME_fields[]`) are the schema's;
- the builds of the sample services are those that the parser knows;
- the words of verdicts and causes are those of harness/timeline/judgement.c;
- the budgets of the gate are those of harness/verdict/gate_budget.h.

Needs Debian's python3-jsonschema; exits 77 (skipped) without it.
"""
import copy
import glob
import json
import os
import re
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Schema definition -> the tables whose keys together are its properties.
OBJECTS = {
    "": ["scenario", "settings"],
    "variant": ["variant", "settings"],
    "service": ["program", "service"],
    "dependency": ["program"],
    "load": ["load"],
    "request": ["request"],
    "timer": ["timer"],
    "cycles": ["cycles"],
    "restart": ["restart"],
}

# What both must refuse: a path into MINIMAL, and the value put there.
MINIMAL = {"service": {"command": ["x"]}, "load": {"path": "/"}}
REFUSED = [
    (["limt"], "64M"),
    (["limit"], "64Q"),
    (["limit"], "-64M"),
    (["limit"], 1048575),
    (["limit"], 1.5),
    (["limit"], None),
    (["name"], "No"),
    (["name"], "x" * 49),
    (["about"], "a\u001b[31m"),
    (["about"], ""),
    (["service"], {}),
    (["service", "command"], []),
    (["service", "command"], [""]),
    (["service", "command"], "x"),
    (["service", "args"], [1]),
    (["service", "port"], 0),
    (["service", "port"], 70000),
    (["service", "ready"], "healthz"),
    (["service", "ready_timeout"], 10),
    (["service", "heap"], "debug/heap"),
    (["service", "env"], {"A=B": "c"}),
    (["service", "env"], {"": "c"}),
    (["service", "cwd"], ""),
    (["dependencies"], {"Up": {"command": ["x"]}}),
    (["dependencies"], {"service": {"command": ["x"]}}),
    (["dependencies"], {"up": {}}),
    (["dependencies"], {"up": {"command": ["x"], "trim": "/"}}),
    (["dependencies"], {"up": {"command": ["x"], "heap": "/"}}),
    (["dependencies"], {name: {"command": ["x"]} for name in "abcde"}),
    (["service", "trim"], "freememory"),
    (["service", "gc"], "signal:"),
    (["service", "gc"], "signal:usr1"),
    (["service", "collect"], {"heap": "http://192.0.2.1/x"}),
    (["service", "collect"], {"Heap": "/x"}),
    (["service", "ready"], "log:"),
    (["service", "engine"], "rkt"),
    (["dependencies"], {"up": {"image": "x"}}),
    (["restart"], {"policy": "Always"}),
    (["restart"], {"time_scale": 0}),
    (["load"], {}),
    (["load"], {"requests": []}),
    (["load"], {"path": "/", "requests": [{"path": "/"}]}),
    (["load", "path"], "fetch"),
    (["load", "path"], "/a b"),
    (["load", "path"], "/a#b"),
    (["load", "path"], "/a\r\nb"),
    (["load"], {"requests": [{"method": "GET"}]}),
    (["load"], {"requests": [{"path": "/", "method": "get"}]}),
    (["load"], {"requests": [{"path": "/", "weight": 0}]}),
    (["load"], {"requests": [{"path": "/", "headers": {"A b": "x"}}]}),
    (["load"], {"requests": [{"path": "/", "headers": {"A": "x\r\nB: y"}}]}),
    (["load"], {"requests": [{"path": "/", "headers": {"A": ""}}]}),
    (["load"], {"requests": [{"path": "/"}] * 17}),
    (["load"], {"timers": [{"path": "/"}]}),
    (["load", "concurrency"], -3),
    (["load", "rate"], 0),
    (["load", "rate"], 1e9),
    (["load", "timeout"], "5"),
    (["cycles"], {"max": 0}),
    (["cycles"], {"settle": "200"}),
    (["thp"], "always"),
    (["expect"], "leek"),
    (["expect"], {"cause": "heap"}),
    (["expect"], {"verdict": "leak", "cause": "socket"}),
    (["limit_for"], "512MiB"),
    (["limit_for"], {"race": "512Q"}),
    (["limit_for"], {"a+b": "512MiB"}),
    (["limit_for"], {name: "512MiB" for name in "abcdefghi"}),
    (["expect_for"], {"race": {"cause": "heap"}}),
    (["expect_for"], {"race/x": "leak"}),
    (["gate"], "+5%"),
    (["gate"], {"flor": "+5%"}),
    (["gate"], {"floor": "5%"}),
    (["gate"], {"floor": 65536}),
    (["gate"], {"floor": "+16B/request"}),
    (["gate"], {"growth": "+16B"}),
    (["gate"], {"threads": "+2KiB"}),
    (["variants"], {"a b": {}}),
    (["variants"], {"fixed": {"name": "x"}}),
    (["variants"], {"fixed": {"servise": {}}}),
]

faults = []


def fault(text):
    faults.append(text)


def source(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def parser_tables():
    """{table: {key: (kind, minimum, maximum)}}, the ranges as numbers where they are literal."""
    tables = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "harness/scenario/*.c"))):
        text = source(os.path.relpath(path, ROOT))
        table = r"const struct field (\w+)_fields\[\] = \{(.*?)\n\};"
        entry = r'\{"(\w+)", (FIELD_\w+)(?:, [^,{}]*\([^()]*\), ([^,]+), ([^,]+))?'
        for name, body in re.findall(table, text, re.S):
            tables[name] = {key: (kind, low.strip(), high.strip())
                            for key, kind, low, high in re.findall(entry, body)}
    return tables


def number(text, defines):
    text = defines.get(text, text)
    try:
        return float(text)
    except ValueError:
        return None


def check_tables(schema):
    tables = parser_tables()
    defines = dict(re.findall(r"#define (LOAD_\w+) +(\d+)", source("harness/load/profile.h")))
    for name, parts in OBJECTS.items():
        definition = schema["$defs"][name] if name else schema
        keys = set(definition["properties"]) - {"$schema"}
        known = set()
        for part in parts:
            known |= set(tables.get(part, {}))
        for key in sorted(keys ^ known):
            fault("schema %s and the parser: only %s knows \"%s\""
                  % (name or "root", "the schema" if key in keys else "the parser", key))
        for part in parts:
            for key, (kind, low, high) in tables.get(part, {}).items():
                check_range(schema, name, key, definition["properties"].get(key, {}), kind,
                            number(low, defines), number(high, defines))


def check_range(schema, name, key, value, kind, low, high):
    if kind not in ("FIELD_COUNT", "FIELD_UNSIGNED", "FIELD_PORT", "FIELD_NUMBER"):
        return
    if "$ref" in value:
        value = schema["$defs"][value["$ref"].rsplit("/", 1)[1]]
    if (value.get("minimum"), value.get("maximum")) != (low, high):
        fault("schema %s.%s: %s to %s, the parser says %s to %s"
              % (name or "root", key, value.get("minimum"), value.get("maximum"), low, high))


def check_words(schema):
    text = source("harness/timeline/judgement.c")
    for definition, table in (("verdict", "verdict_kind_names"), ("cause", "cause_names")):
        body = re.search(table + r"\[\] = \{(.*?)\};", text, re.S).group(1)
        if re.findall(r'"([^"]+)"', body) != schema["$defs"][definition]["enum"]:
            fault("schema %s: other words than %s in judgement.c" % (definition, table))


def check_gate(schema):
    """The figures that have a budget."""
    text = source("harness/verdict/gate_budget.h")
    body = re.search(r"#define GATE_FIGURES\(X\)(.*?)\n\n", text, re.S).group(1)
    if re.findall(r'"([^"]+)"', body) != list(schema["$defs"]["gate"]["properties"]):
        fault("schema gate: other figures than GATE_FIGURES in gate_budget.h")


def service_builds():
    """The builds of the sample services that are not the plain one."""
    table = source("services/builds.cmake")
    return re.search(r"set\(LEAKCAGE_BUILDS ([^)]+)\)", table).group(1).split()


def check_builds(builds):
    """services/builds.cmake and scenario/build.c know the same ones."""
    table = re.search(r"const struct build builds\[\] = \{(.*?)\n\};",
                      source("harness/scenario/build.c"), re.S).group(1)
    known = re.findall(r'^    \{"(\w+)",', table, re.M)
    if known != builds:
        fault("services/builds.cmake builds %s, harness/scenario/build.c knows %s"
              % (builds, known))


def check_scenarios(validator, builds):
    paths = sorted(glob.glob(os.path.join(ROOT, "scenarios/*.json")))
    for path in paths:
        name = os.path.basename(path)
        if name == "schema.json":
            continue
        document = json.loads(source(os.path.relpath(path, ROOT)))
        for error in validator.iter_errors(document):
            fault("scenarios/%s: %s: %s" % (name, error.json_path, error.message))
        if document.get("name", name[:-5]) + ".json" != name:
            fault("scenarios/%s: is named \"%s\"" % (name, document["name"]))
        for service in re.findall(r"\{services\}/([\w-]+)", json.dumps(document)):
            plain = re.sub("-(%s)$" % "|".join(builds), "", service)
            if not os.path.exists(os.path.join(ROOT, "services", plain + ".c")):
                fault("scenarios/%s: there is no services/%s.c" % (name, service))
    if len(paths) < 2:
        fault("no scenarios found")


def check_refusals(validator):
    if not validator.is_valid(MINIMAL):
        fault("the schema refuses the smallest scenario")
    for path, value in REFUSED:
        document = copy.deepcopy(MINIMAL)
        place = document
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        if validator.is_valid(document):
            fault("the schema accepts %s = %s" % (".".join(path), json.dumps(value)))


def main():
    schema = json.loads(source("scenarios/schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    builds = service_builds()
    check_builds(builds)
    check_scenarios(validator, builds)
    check_refusals(validator)
    check_tables(schema)
    check_words(schema)
    check_gate(schema)
    for text in faults:
        print(text)
    sys.exit(1 if faults else 0)


main()
