"""What `leakcage explain` says of a sample service, held against what the service says of itself
(`--truth`) and the line that is marked in its source (tests/support/planted.py)."""
import collections
import json
import os
import sys

import e2e

sys.path.insert(0, os.path.join(e2e.ROOT, "tests", "support"))
import planted  # noqa: E402  pylint: disable=wrong-import-position

# Of what the kernel counted.
SHARE_MIN = 0.9

# service: the source, `program` what runs; variant: the service's own, "default" for none.
Case = collections.namedtuple("Case", "id scenario variant service program expect")


def cases():
    """Every scenario of the catalogue with every variant."""
    found = []
    for name in sorted(os.listdir(e2e.SCENARIOS)):
        if not name.endswith(".json") or name == "schema.json":
            continue
        with open(os.path.join(e2e.SCENARIOS, name), encoding="utf-8") as file:
            authored = json.load(file)
        program = os.path.basename(authored["service"]["command"][0])
        service = max((one for one in planted.names() if program.startswith(one)), key=len)
        variants = {"default": authored}
        variants.update(authored.get("variants", {}))
        for variant, case in variants.items():
            expect = case.get("expect", authored.get("expect"))
            expect = expect if isinstance(expect, str) else (expect or {}).get("verdict", "-")
            found.append(Case(authored["name"] + ("" if variant == "default" else "." + variant),
                              authored["name"], variant, service, program, expect))
    return found


def case(name):
    return next(one for one in cases() if one.id == name)


class Explanation:
    """explanation.json of a run's folder, and the record of the run with instruments."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "explain")
        with open(os.path.join(self.folder, "explanation.json"), encoding="utf-8") as file:
            self.data = json.load(file)
        with open(os.path.join(self.folder, "result.json"), encoding="utf-8") as file:
            self.record = json.load(file)
        with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
            self.plain = json.load(file)

    def stack(self, entry):
        return [self.data["frames"][number] for number in entry["stack"]]

    def entry_text(self, entry):
        """An entry as one line, for tables and for whoever reads why a test failed."""
        return "%s %s:%s %.0f %% %s" % (
            entry.get("function", "?"), os.path.basename(entry.get("file", "?")),
            entry.get("line", "?"), 100 * entry["share"],
            " ".join("%s[%s]" % (part["instrument"], part.get("label", ""))
                     for part in entry["parts"]))

    def text(self):
        return "\n".join(
            ["grows %s, %.0f %% of %.1f explained, agrees %s; %s" % (
                self.data["grows"], 100 * self.data["share"], self.data["measured_rate"],
                self.data["agrees"], self.data.get("missing", ""))] +
            ["  " + self.entry_text(entry) for entry in self.data["entries"][:6]] +
            ["  frame %s %s:%s" % (frame["function"], frame.get("file", "?"),
                                frame.get("line", "?"))
             for entry in self.data["entries"][:1] for frame in self.stack(entry)] +
            ["  instrument %s" % instrument for instrument in self.record.get("instruments", [])] +
            ["  held " + self.entry_text(entry) for entry in self.data["held"][:3]])


def at(marks, frame):
    """Is the frame one of the marked lines?"""
    return any(frame.get("line") == mark.line and
               frame.get("file", "").endswith("/" + mark.file) for mark in marks)


def wrong(one, explanation):
    """What an explanation does not say as the service does; "" when it is right."""
    data = explanation.data
    if one.expect != "leak":
        if data["grows"] or data["entries"]:
            return "nothing grows, and it says that something does"
        if not data["held"] or not data.get("holding"):
            return "it does not say what is held"
        return ""
    if not data["grows"] or not data["entries"]:
        return "it says that nothing grows"
    first = data["entries"][0]
    if not at(planted.lines(one.service, one.variant), first):
        return "the planted line is not the first"
    waits = planted.lines(one.service, one.variant, "waits")
    if waits and not any(at(waits, frame) for frame in explanation.stack(first)):
        return "it does not say where the threads wait"
    if data["share"] < SHARE_MIN:
        return "only %.0f %% are explained" % (100 * data["share"])
    if not data["agrees"]:
        return "it disagrees: " + data.get("disagreement", "")
    return ""


def row(one, explanation, seconds):
    """A line of the table."""
    data = explanation.data
    entry = data["entries"][0] if data["entries"] else data["held"][0] if data["held"] else None
    return "  %-24s %-6s %-52s %4s %6.1f s  %s" % (
        one.id, "grows" if data["grows"] else "holds",
        explanation.entry_text(entry)[:52] if entry else "-",
        "%.0f%%" % (100 * data["share"]) if data["grows"] else "-", seconds,
        wrong(one, explanation) or "right")
