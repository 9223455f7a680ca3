"""The Grafana dashboard in examples/grafana: valid as dashboards are, and every metric and label
that it asks for is one that leakcage writes."""
import json
import os
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "grafana",
                    "leakcage.json")
WORDS = {"or", "and", "unless", "sum", "max", "min", "avg", "count", "rate", "increase",
         "last_over_time"}
GRID_WIDTH = 24
# What the collector or the server add to each sample.
ADDED = {"job", "instance"}


def written(families):
    """Name of each sample -> the labels that it was seen with."""
    found = {}
    for family in families:
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def asked(expression):
    """The metrics of a PromQL expression, each with the labels that are asked of it, and words that
    are neither metric, nor label, nor PromQL."""
    plain = re.sub(r'"(\\.|[^"\\])*"', '""', expression)
    plain = re.sub(r"\[[^]]*\]", "", plain)
    metrics = []
    for match in re.finditer(r"\b(leakcage_\w+)\s*(\{[^}]*\})?", plain):
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", match.group(2) or ""))
        metrics.append((match.group(1), labels))
    rest = re.sub(r"\bleakcage_\w+\s*(\{[^}]*\})?", "", plain)
    grouped = set()
    for match in re.finditer(r"\b(?:by|on|ignoring|without)\s*\(([^)]*)\)", rest):
        grouped |= set(re.findall(r"\w+", match.group(1)))
    rest = re.sub(r"\b(by|on|ignoring|without)\s*\([^)]*\)", "", rest)
    unknown = set(re.findall(r"[A-Za-z_]\w*", rest)) - WORDS
    return metrics, grouped, unknown


def expressions(dashboard):
    """Where each stands, what it says, and the labels that are shown of it."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            legend = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", target.get("legendFormat", "")))
            yield panel["title"], target["expr"], legend
    for annotation in dashboard["annotations"]["list"]:
        if "expr" in annotation:
            shown = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", annotation["titleFormat"]))
            yield annotation["name"], annotation["expr"], \
                shown | set(annotation["tagKeys"].split(","))
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            inner = re.fullmatch(r"label_values\((.*),\s*(\w+)\)", variable["query"]["query"])
            yield variable["name"], inner.group(1), {inner.group(2)}


def queries(dashboard, names):
    variables = {v["name"] for v in dashboard["templating"]["list"]}
    for place, expression, shown in expressions(dashboard):
        for name in re.findall(r"\$\{?(\w+)", expression):
            if name not in variables and not name.startswith("__"):
                yield "%s: there is no variable $%s" % (place, name)
        metrics, grouped, unknown = asked(expression)
        if unknown or not metrics:
            yield "%s: %s in %s" % (place, sorted(unknown) or "no metric", expression)
        for name, labels in metrics:
            if name not in names:
                yield "%s: leakcage writes no %s" % (place, name)
            elif not labels | grouped | shown <= names[name] | ADDED:
                yield "%s: %s has no label %s" % (
                    place, name, sorted((labels | grouped | shown) - names[name] - ADDED))


def overlap(a, b):
    return a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and \
        a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]


def layout(dashboard):
    panels = dashboard["panels"]
    if dashboard["schemaVersion"] < 36 or not dashboard["uid"] or dashboard["id"] is not None:
        yield "schemaVersion, uid or id are not those of a dashboard to import"
    ids = [panel["id"] for panel in panels]
    if len(set(ids)) != len(ids):
        yield "two panels have one id"
    for i, panel in enumerate(panels):
        grid = panel["gridPos"]
        if not panel["title"] or grid["x"] + grid["w"] > GRID_WIDTH or min(grid.values()) < 0:
            yield "panel %d has no title, or does not fit" % panel["id"]
        for other in panels[:i]:
            if overlap(grid, other["gridPos"]):
                yield "%s lies over %s" % (panel["title"], other["title"])
        if panel["type"] == "row":
            continue
        references = [target["refId"] for target in panel["targets"]]
        if not references or len(set(references)) != len(references):
            yield "%s: targets without, or with the same refId" % panel["title"]
        for place in [panel] + panel["targets"]:
            if place["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
                yield "%s: a data source that nobody can choose" % panel["title"]
        if not panel.get("description") or \
                ("unit" not in panel["fieldConfig"]["defaults"] and panel["type"] == "timeseries"):
            yield "%s: no description or unit" % panel["title"]


def checks(dashboard, names):
    return list(layout(dashboard)) + list(queries(dashboard, names))


# What must be refused before anything counts: part of the text, and what is put there.
BROKEN = [
    ("leakcage_memory_anon_bytes", "leakcage_memory_anonymous_bytes"),
    ("leakcage_requests_total", "leakcage_requests"),
    ("{{result}}", "{{outcome}}"),
    ("scenario=~", "scenery=~"),
    ("by (status)", "by (state)"),
    ("$window", "$windows"),
    ("sum by", "summe by"),
    ('"x": 12', '"x": 11'),
    ('"id": 3,', '"id": 2,'),
    ('"refId": "B"', '"refId": "A"'),
    ("${datasource}", "prometheus"),
]


def problems(families):
    """Families are those of all that leakcage writes."""
    names = written(families)
    with open(PATH, encoding="utf-8") as file:
        text = file.read()
    for old, new in BROKEN:
        if old not in text:
            yield "dashboard: there is no %s to break" % old
        elif not checks(json.loads(text.replace(old, new)), names):
            yield "dashboard: with %s in place of %s it should be refused" % (new, old)
    for problem in checks(json.loads(text), names):
        yield "dashboard: %s" % problem
    print("dashboard: %d queries of %d metrics that are written" %
          (len(list(expressions(json.loads(text)))), len(names)))
