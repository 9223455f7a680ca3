"""Gate: what has not changed must pass, and what has must not. Real runs in several boots of the
guest; of these, baselines and candidates are drawn without replacement, the candidate from other
boots than the baseline, and `leakcage gate` decides from the recordings. Then some gates that run
what they decide on.

A planted change is run as the same case: a scenario file of the same name, whose service is asked
to be another variant (and, for the curve, a part of the change, PLANTED_PERCENT)."""
import json
import os
import random
import shutil
import subprocess
import tempfile

import gate_figures
import runs
import scenario_files

# One that is judged clean, two that are not (pressure, a leak), and one that creeps while it fills.
SCENARIOS = ["regression", "bounded-cache", "concurrency-spike", "slow-leak"]
PLANTED = "regression"
# What is planted: the service's variant, and how much of it.
CHANGES = {
    "+8 B per request": ("growth", 100), "+5 % of floor": ("floor", 100),
    "+20 % of peak": ("peak", 100), "+1 thread per 1,000 requests": ("threads", 100),
    "+4 B per request": ("growth", 50), "+2 % of floor": ("floor", 40),
    "+10 % of peak": ("peak", 50),
}
ASKED = 4  # the first of these must be caught
SESSIONS, RUNS = 4, 6  # boots, and runs of each unchanged scenario in each
PLANTED_SESSIONS, PLANTED_RUNS = 2, 5
GATES, PLANTED_GATES = 200, 20
BASELINE_RUNS = 10  # GATE_BASELINE_REPEATS
FALSE_ALARMS = 0.01  # GATE_FALSE_ALARM_RATE
MISSED_MAX = 1
REFUSED_MAX = 20  # draws on end
UNDECIDED = 5  # exit status: among others of a baseline whose runs do not agree
LIVE_UNCHANGED = 3
SEED = 1


class Recordings:
    """Folders of results: session by session, case by case. Those that are there are not run again:
    with BENCH_KEEP, what was interrupted goes on."""

    def __init__(self, bench, name, files, sessions, repeats):
        self.sessions = []
        for number in range(1, sessions + 1):
            results = bench.folder("gate", name, "session-%d" % number)
            if len(read_results(results)) < repeats * len(files):
                shutil.rmtree(results, ignore_errors=True)
                runs.say("gate: %s, boot %d of %d, %d runs" % (name, number, sessions,
                                                               repeats * len(files)))
                bench.run(results, ["--repeats", str(repeats)] + files)
            found = read_results(results)
            if not found:
                raise runs.BenchError("no run of %s came to an end" % results)
            self.sessions.append(found)

    def of(self, scenario, sessions):
        return [folder for number in sessions for name, folder in self.sessions[number]
                if name == scenario]

    def count(self):
        return sum(len(session) for session in self.sessions)


def read_results(results):
    """(scenario, folder) of each run that ended with a verdict."""
    found = []
    for name in sorted(os.listdir(results)) if os.path.isdir(results) else []:
        path = os.path.join(results, name, "result.json")
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
        if record.get("outcome") != "error":
            found.append((record["scenario"], os.path.join(results, name)))
    return found


def planted_file(folder, variant, percent):
    """The scenario as if its service had been changed: it does not know of a variant."""
    document = scenario_files.load(runs.catalogue_files([PLANTED])[PLANTED])
    document = scenario_files.resolve(document)
    document.pop("expect", None)
    service = dict(document["service"], args=["--variant", variant],
                   env={"PLANTED_PERCENT": str(percent)})
    return scenario_files.write(folder, PLANTED, dict(document, service=service))


class Unclear(Exception):
    """No baseline is made of runs that do not agree; the text says of which."""


def call(bench, arguments, folder):
    """`leakcage gate`: exit status and the report."""
    done = subprocess.run([bench.leakcage, "gate", "--json", "--quiet", "-o",
                           os.path.join(folder, "out")] + arguments,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          env={name: value for name, value in os.environ.items()
                               if not name.startswith("GITHUB_")})
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        raise runs.BenchError("leakcage gate ended with status %d: %s" % (
            done.returncode, done.stderr.strip())) from None


def gate(bench, baseline, first, more):
    """One gate from recordings, as it would have been run: `first` are the candidate's runs by
    case, and suspects are decided with as many again, `more`. Returns a row."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "baseline.json")
        status, report = call(bench, ["--baseline", path, "--update"] + sum(baseline.values(), []),
                              folder)
        if status == UNDECIDED:
            raise Unclear(report.get("sentence"))
        if status != 0:
            raise runs.BenchError("no baseline was made: %s" % report.get("sentence"))
        status, report = call(bench, ["--baseline", path] + sum(first.values(), []), folder)
        row = {"first": gate_figures.row_of(status, report)}
        suspects = gate_figures.suspects(report)
        if suspects:
            both = {name: first[name] + (more[name] if name in suspects else [])
                    for name in first}
            status, report = call(bench, ["--baseline", path] + sum(both.values(), []), folder)
        row.update(gate_figures.row_of(status, report), confirmed=bool(suspects))
    return row


def draw(chance, recordings, scenarios, repeats):
    """Baseline, candidate and further runs of the candidate, by case; the baseline is of one half
    of the boots, all else of the other."""
    sessions = list(range(len(recordings.sessions)))
    chance.shuffle(sessions)
    half = (len(sessions) + 1) // 2
    baseline, first, more = {}, {}, {}
    for name in scenarios:
        then, now = (recordings.of(name, part) for part in (sessions[:half], sessions[half:]))
        if len(then) < BASELINE_RUNS or len(now) < 2 * repeats:
            raise runs.BenchError("too few runs of %s came to an end" % name)
        baseline[name] = chance.sample(then, BASELINE_RUNS)
        drawn = chance.sample(now, 2 * repeats)
        first[name], more[name] = drawn[:repeats], drawn[repeats:]
    return baseline, first, more


def gate_drawn(bench, chance, recordings, repeats, planted=None):
    """A row of one gate. Who is refused a baseline makes another one: that is drawn again."""
    refused = 0
    while True:
        baseline, first, more = draw(chance, recordings, SCENARIOS, repeats)
        if planted:
            drawn = chance.sample(planted, 2 * repeats)
            first[PLANTED], more[PLANTED] = drawn[:repeats], drawn[repeats:]
        try:
            return dict(gate(bench, baseline, first, more), live=False, refused=refused)
        except Unclear as problem:
            refused += 1
            if refused > REFUSED_MAX:
                raise runs.BenchError("no baseline was made: %s" % problem) from problem


def gate_unchanged(bench, recordings, repeats):
    chance, rows = random.Random(SEED), []
    for number in range(GATES):
        rows.append(dict(gate_drawn(bench, chance, recordings, repeats), change=None))
        if (number + 1) % 20 == 0:
            runs.say("gate: %d of %d gates without a change, %d not passed" % (
                number + 1, GATES, sum(row["status"] != 0 for row in rows)))
    return rows


def gate_planted(bench, recordings, planted, repeats):
    chance, rows = random.Random(SEED), []
    for change, there in planted.items():
        folders = there.of(PLANTED, range(len(there.sessions)))
        for _ in range(PLANTED_GATES):
            rows.append(dict(gate_drawn(bench, chance, recordings, repeats, folders),
                             change=change))
    return rows


def gate_live(bench, files):
    """A baseline that is run, and gates that run their candidates."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "baseline.json")
        runs.say("gate: live, the baseline")
        status, report = call(bench, bench.options() + ["--baseline", path, "--update",
                                                        files[None]], folder)
        if status != 0:
            raise runs.BenchError("no baseline was made: %s" % report.get("sentence"))
        for change, file in [(None, files[None])] * LIVE_UNCHANGED + [
                (change, files[change]) for change in list(CHANGES)[:ASKED]]:
            runs.say("gate: live, %s" % (change or "unchanged"))
            status, report = call(bench, bench.options() + ["--baseline", path, file], folder)
            rows.append(dict(gate_figures.row_of(status, report), change=change, live=True))
    return rows


def bench_gate(bench):
    if bench.scenarios():
        raise runs.BenchError("gate has scenarios of its own and takes no SCENARIOS")
    repeats = gate_figures.repeats_needed(BASELINE_RUNS, FALSE_ALARMS / len(SCENARIOS))
    files = runs.catalogue_files(SCENARIOS)
    with tempfile.TemporaryDirectory() as folder:
        unchanged = Recordings(bench, "unchanged", [files[name] for name in SCENARIOS], SESSIONS,
                               RUNS)
        planted, live = {}, {None: files[PLANTED]}
        for change, (variant, percent) in CHANGES.items():
            name = "%s-%d" % (variant, percent)
            os.makedirs(os.path.join(folder, name))
            live[change] = planted_file(os.path.join(folder, name), variant, percent)
            planted[change] = Recordings(bench, name, [live[change]], PLANTED_SESSIONS,
                                         PLANTED_RUNS)
        rows = gate_unchanged(bench, unchanged, repeats)
        rows += gate_planted(bench, unchanged, planted, repeats)
        rows += gate_live(bench, live)
    print("\ngate: %d runs of %s in %d boots, and %d with planted changes in %d" % (
        unchanged.count(), ", ".join(SCENARIOS), SESSIONS,
        sum(there.count() for there in planted.values()),
        sum(len(there.sessions) for there in planted.values())))
    print("  each gate: %d runs of each as the baseline and %d as the candidate, of other boots,"
          " without replacement; suspects %d more" % (BASELINE_RUNS, repeats, repeats))
    runs.show(gate_figures.show(rows, list(CHANGES), PLANTED, list(CHANGES)[:ASKED], MISSED_MAX))
    if not bench.keeps_all:
        shutil.rmtree(bench.folder("gate"), ignore_errors=True)
    return rows
