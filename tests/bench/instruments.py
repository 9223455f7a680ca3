"""Instruments: what each costs the service that it looks into, in throughput and memory, and how
much of a leak it explains; beside what others do with the same services."""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile

import figures
import instrument_figures
import runs
import scenario_files

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "runtimes"))
import services  # pylint: disable=import-error,wrong-import-position

SERVICES = ["global-growth", "unclosed-body", "json-tree"]
NATIVE = ["heaptrack", "malloc", "pages", "mappings", "descriptors", "threads", "files"]
# Whose heap each of these knows.
RUNTIMES = {"node": "node", "python": "python", "java": "java", "go": "go"}
# The same service under other tools, by how its program is started.
PEERS = {
    "tcmalloc's heap profile": {"env": {
        "LD_PRELOAD": "libtcmalloc.so.4", "HEAPPROFILE": "{data}/profile",
        "HEAP_PROFILE_ALLOCATION_INTERVAL": "0", "HEAP_PROFILE_INUSE_INTERVAL": "0"}},
    "jemalloc's, all blocks": {"env": {
        "LD_PRELOAD": "libjemalloc.so.2", "MALLOC_CONF": "prof:true,lg_prof_sample:0"}},
    "valgrind --track-fds": {"prefix": ["valgrind", "--tool=none", "--track-fds=yes"]},
    "valgrind's memcheck": {"prefix": ["valgrind", "--leak-check=no", "--max-threads=10000"]},
}
NOTES = """\
  Each cell: the service's throughput without, by that with it (median of the cycles of the same
  work), and what the service's cgroup has more at its floors; of a leak, what share of its growth
  is explained. Plain runs are repeated for each round, in turn with the others."""


def read_cycles(folder):
    with open(os.path.join(folder, "cycles.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Subject:
    """A service, and how `leakcage run` is asked for it."""

    def __init__(self, name, arguments, instruments, document=None):
        self.name, self.arguments, self.instruments = name, arguments, instruments
        self.document = document

    def under(self, peer, folder):
        """A scenario in which it runs under another tool; the arguments."""
        document = scenario_files.resolve(self.document)
        service = document["service"]
        service["command"] = PEERS[peer].get("prefix", []) + service["command"]
        service["env"] = dict(service.get("env", {}), **PEERS[peer].get("env", {}))
        # A tool's own memory is not what is asked for here.
        document["limit"] = "none"
        document.pop("expect", None)
        return [scenario_files.write(folder, "under", document)]


def native_subjects():
    for name, path in runs.catalogue_files(SERVICES).items():
        yield Subject(name, [path], NATIVE, scenario_files.load(path))


def runtime_subjects(folder):
    for service in services.ALL:
        if service.name not in RUNTIMES:
            continue
        if service.missing():
            print("skipped: " + service.missing())
            continue
        service.prepare(folder)
        yield Subject(service.name, service.arguments("leak", folder), [RUNTIMES[service.name]])


def run_plain(bench, subject, results):
    """The folder of a run without instruments."""
    records = bench.run(results, subject.arguments)
    if not records:
        raise runs.BenchError("%s: there is no result" % subject.name)
    return os.path.join(results, records[0]["id"])


def explain(bench, plain, instrument):
    """The folder of the same run with this instrument, and its record's word of it."""
    folder = plain + "." + instrument
    shutil.copytree(plain, folder)
    done = subprocess.run(
        [bench.leakcage, "explain", "--quiet", "--instruments", instrument, folder],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    again = os.path.join(folder, "explain")
    if not os.path.exists(os.path.join(again, "result.json")):
        raise runs.BenchError("leakcage explain ended with status %d: %s" % (
            done.returncode, done.stderr.strip()[-300:]))
    return again


def read_json(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def row_of(subject, tool, plain, folder):
    before, after = read_cycles(plain), read_cycles(folder)
    explanation = read_json(folder, "explanation.json")
    used = {one["name"]: one for one in read_json(folder, "result.json").get("instruments", [])}
    slow_down = instrument_figures.slow_down(before, after)
    if slow_down is None:
        return failed_row(subject, tool, "no cycle came to its end: %s" %
                          read_json(folder, "result.json").get("reason"))
    return {
        "service": subject.name, "tool": tool, "slow_down": slow_down,
        "extra_bytes": instrument_figures.extra_bytes(before, after),
        "share": explanation.get("share") if explanation.get("grows") else None,
        "state": used.get(tool, {}).get("state", "used"),
        "why": used.get(tool, {}).get("why"), "effect": used.get(tool, {}).get("effect"),
    }


def failed_row(subject, tool, why):
    return {"service": subject.name, "tool": tool, "slow_down": None, "extra_bytes": None,
            "share": None, "state": "failed", "why": why, "effect": None}


def measure(bench, subject, number):
    """The rows of one round."""
    rows = []
    results = bench.folder("instruments", subject.name, str(number))
    runs.say("instruments: %s, without" % subject.name)
    plain = run_plain(bench, subject, results)
    for instrument in subject.instruments:
        runs.say("instruments: %s, %s" % (subject.name, instrument))
        try:
            rows.append(row_of(subject, instrument, plain, explain(bench, plain, instrument)))
        except runs.BenchError as problem:
            rows.append(failed_row(subject, instrument, str(problem)))
    for peer in PEERS if subject.document else []:
        runs.say("instruments: %s, %s" % (subject.name, peer))
        with tempfile.TemporaryDirectory() as folder:
            try:
                records = bench.run(os.path.join(results, "peer"), subject.under(peer, folder))
                rows.append(row_of(subject, peer, plain,
                                   os.path.join(results, "peer", records[0]["id"])))
            except (runs.BenchError, OSError, IndexError) as problem:
                rows.append(failed_row(subject, peer, str(problem)))
            shutil.rmtree(os.path.join(results, "peer"), ignore_errors=True)
    if not bench.keeps_all:
        shutil.rmtree(results, ignore_errors=True)
    return rows


def show(rows):
    names = list(dict.fromkeys(row["service"] for row in rows))
    tools = list(dict.fromkeys(row["tool"] for row in rows))
    body = [["`%s`" % tool if tool not in PEERS else tool] +
            [instrument_figures.cell([row for row in rows if row["tool"] == tool and
                                      row["service"] == name]) for name in names]
            for tool in tools]
    print("\ninstruments: what each costs\n" + NOTES + "\n")
    runs.show(figures.markdown(["instrument"] + ["`%s`" % name for name in names], body))
    for row in rows:
        if row["state"] != "used":
            print("  %s, %s: %s: %s" % (row["service"], row["tool"], row["state"], row["why"]))


def bench_instruments(bench):
    wanted = bench.scenarios()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        subjects = [subject for subject in [*native_subjects(), *runtime_subjects(folder)]
                    if not wanted or subject.name in wanted]
        for number in range(bench.count("REPEATS", 1)):
            for subject in subjects:
                rows += measure(bench, subject, number)
    if not rows:
        raise runs.BenchError("SCENARIOS names none of %s" % ", ".join(
            SERVICES + list(RUNTIMES)))
    show(rows)
    return rows
