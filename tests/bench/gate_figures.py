"""What the gate's benchmark reckons with and prints: pure functions, no clock, no file, no process.

A row is one gate: its exit status, and which cases did not pass and why; "first" the same before
suspects were looked at again; what was planted ("change", None: nothing) and where ("live")."""
import math

import figures

PASSED = "passed"


def repeats_needed(baseline_runs, case_rate, least=3):
    """Runs of a candidate beside so many of the baseline: there must be enough ways to deal them
    out for one to be as rare as that."""
    repeats = least
    while math.comb(baseline_runs + repeats, repeats) * case_rate < 1:
        repeats += 1
    return repeats


def figures_of(case):
    """Figures that regressed, without their units: {"floor": 0.0004}."""
    return {key.partition("_")[0]: figure.get("p")
            for key, figure in case.get("figures", {}).items() if figure.get("regressed")}


def row_of(status, report):
    cases = {}
    for case in report.get("cases", []):
        if case["status"] != PASSED:
            causes = sorted(figures_of(case))
            if case.get("verdict", {}).get("regressed"):
                causes.append("verdict")
            cases[case["id"]] = {"status": case["status"], "causes": causes,
                                 "sentence": case.get("sentence") or case.get("message")}
    return {"status": status, "cases": cases}


def suspects(report):
    return {case["scenario"] for case in report.get("cases", []) if case.get("suspect")}


def causes(rows):
    """Why gates did not pass: "slow-leak: regressed (peak)" -> how often."""
    counts = {}
    for row in rows:
        if row["status"] != 0 and not row["cases"]:
            counts["exit status %d" % row["status"]] = counts.get(
                "exit status %d" % row["status"], 0) + 1
        for name, case in row["cases"].items():
            text = "%s: %s" % (name, case["status"])
            if case["causes"]:
                text += " (%s)" % ", ".join(case["causes"])
            counts[text] = counts.get(text, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def is_caught(row, scenario):
    return row["status"] == 1 and row["cases"].get(scenario, {}).get("status") == "regressed"


def unchanged_lines(rows):
    alarms = [row for row in rows if row["status"] != 0]
    once = [row for row in rows if row["first"]["status"] != 0]
    lines = ["  nothing changed: not passed %s (must be 0: %s)" % (
        figures.share(len(alarms), len(rows)), "held" if not alarms else "not held")]
    lines += ["    %s: %d times" % item for item in causes(alarms)]
    refused = sum(row.get("refused", 0) for row in rows)
    if refused:
        lines.append("    baselines that were refused, for their runs did not agree, and drawn"
                     " again: %d" % refused)
    lines.append("    before suspects were looked at again: %d" % len(once))
    lines += ["      %s: %d times" % item for item in causes(row["first"] for row in once)]
    return lines


def cause_cell(rows, scenario):
    """"floor 20, peak 3": what it was caught by, how often."""
    counts = {}
    for row in rows:
        for cause in row["cases"].get(scenario, {}).get("causes", []):
            counts[cause] = counts.get(cause, 0) + 1
    return ", ".join("%s %d" % item for item in
                     sorted(counts.items(), key=lambda item: (-item[1], item[0]))) or "-"


def show(rows, changes, scenario, asked, missed_max):
    """All lines: what had not changed, each planted change, and the gates that were run."""
    drawn = [row for row in rows if not row["live"]]
    lines = unchanged_lines([row for row in drawn if row["change"] is None])
    body = []
    for change in changes:
        mine = [row for row in drawn if row["change"] == change]
        caught = sum(is_caught(row, scenario) for row in mine)
        others = sum(any(name != scenario for name in row["cases"]) for row in mine)
        held = "-"
        if change in asked:
            held = "held" if len(mine) - caught <= missed_max else "not held"
        body.append([change, "%d of %d" % (caught, len(mine)), cause_cell(mine, scenario), held,
                     others])
    lines += [""] + figures.table(["planted", "caught", "by", "at most %d missed" % missed_max,
                                   "others not passed"], body)
    live = [row for row in rows if row["live"]]
    lines += ["", "  run, not drawn:"]
    for row in live:
        lines.append("    %-28s exit status %d%s" % (
            row["change"] or "unchanged", row["status"],
            "".join("; %s" % case["sentence"] for case in row["cases"].values())))
    return lines
