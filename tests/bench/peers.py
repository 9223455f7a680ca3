"""Peers: the same mistakes, and the same healthy services, under the tools one would try first."""
import os
import tempfile

import costs
import figures
import peer_tools
import runs
import scenario_files

MISTAKES = ["lost-pointer", "global-growth", "deferred-free", "slow-leak", "child-worker",
            "mmap-growth", "shmem-growth", "hung-threads", "unclosed-file", "unclosed-socket",
            "unclosed-body", "kernel-only"]
HEALTHY = ["lazy-release", "bounded-cache", "warm-up", "clean", "transform"]

RULES = """\
  Every tool gets the same service, the same load on loopback, and as many requests as leakcage
  needed for its verdict; then the service is asked to end (SIGTERM) and ends cleanly.
  Caught is
    leakcage       verdict leak (driver %s)
    LeakSanitizer  gcc -fsanitize=leak: lost at exit, 1 byte per request or more
    memcheck       valgrind --leak-check=full: lost at exit, definitely, indirectly or possibly,
                   1 byte per request or more; or --track-fds: open at exit, one descriptor for
                   every two requests or more
    heaptrack      it has no verdict, it lists what is not freed at exit: 1 byte per request or more
                   above what it lists for the mended service under the same load (where there is
                   no mend: for the service without load). Who looks for a leak does not have that.
    RSS            10 %% higher at the end than when the service was ready (psutil, its process)
    RSS warmed     10 %% higher at the end than after a tenth of the requests
  A healthy service that meets the same rule is a false alarm; of the peers only when it does so
  again in a second run."""


class Case:
    """A row: a service with its mistake, from the catalogue or from here."""

    def __init__(self, bench, name, healthy):
        self.bench, self.name, self.healthy = bench, name, healthy
        if name == "lost-pointer":
            self.document = lost_pointer(bench)
        else:
            self.document = scenario_files.load(runs.catalogue_files([name])[name])
        self.mended = "fixed" if "fixed" in self.document.get("variants", {}) else None
        self.upstream = None

    def resolved(self, variant):
        return scenario_files.resolve(self.document, variant)

    def program(self, build=None):
        command = self.resolved(None)["service"]["command"][0]
        path = command.replace("{services}", self.bench.program("services"))
        own = os.path.abspath(self.bench.build)
        return path if build is None else os.path.join(build, os.path.relpath(path, own))

    def target(self):
        """What the build calls it."""
        name = os.path.basename(self.program())
        return name if self.name == "lost-pointer" else "service-" + name

    def start(self, variant, build=None, prefix=(), environment=None):
        arguments = self.resolved(variant)["service"].get("args", [])
        environment = dict(environment or {})
        if self.upstream:
            environment["UPSTREAM_PORT"] = str(self.upstream.port)
        return runs.Service(self.program(build), arguments, prefix, environment)

    def drive(self, service, requests):
        """Returns how many were answered; a tool under which they are not has no say."""
        load = self.document["load"]
        answered = runs.drive(self.bench, service.url + load["path"], load["concurrency"],
                              "%dr" % requests)[1]
        if answered < 0.99 * requests:
            raise runs.BenchError("only %d of %d requests were answered" % (answered, requests))
        return answered

    def __enter__(self):
        if self.document.get("dependencies"):
            self.upstream = runs.Service(self.bench.program("services/upstream"))
        return self

    def __exit__(self, *unused):
        if self.upstream:
            self.upstream.stop()
            self.upstream = None


def lost_pointer(bench):
    return {
        "service": {"command": [bench.program("tests/bench/lost_pointer")], "ready": "/healthz",
                    "trim": "/freememory"},
        "limit": "64MiB",
        "load": {"path": "/work", "concurrency": 8},
        "cycles": {"requests": 250},
        "expect": {"verdict": "leak", "cause": "heap"},
        "variants": {"fixed": {"service": {"args": ["--variant", "fixed"]}, "expect": "clean"}},
    }


def run_leakcage(bench, cases):
    """{(name, variant): row} of leakcage itself, all in one call."""
    results = bench.folder("peers")
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        wanted = {}
        for case in cases:
            for variant in variants(case):
                name = "%s-%s" % (case.name, variant) if variant else case.name
                wanted[name] = (case, variant, scenario_files.write(folder, name,
                                                                    case.resolved(variant)))
        runs.say("peers: leakcage, %d runs" % len(wanted))
        found = {record["scenario"]: record for record in
                 bench.run(results, [path for _, _, path in wanted.values()])}
    for name, (case, variant, _) in wanted.items():
        expect = scenario_files.expectation(case.resolved(variant))
        row = (runs.row_of(found[name], results, expect) if name in found else
               runs.missing_row(name, None, expect, results))
        bench.settle_folder(row)
        rows[case.name, variant] = row
    return rows


def requests_of(case, row):
    """As many as leakcage needed; where it failed, its least."""
    cycles = case.document.get("cycles", {})
    return row["requests"] or cycles.get("warmup", 250) + 5 * cycles.get("requests", 250)


def measure(tool, case, variant, requests):
    """What the tool found, or {"failed": why}."""
    runs.say("peers: %s, %s%s" % (tool.name, case.name, "." + variant if variant else ""))
    try:
        return tool.measure(case, variant, requests)
    except runs.BenchError as problem:
        return {"failed": str(problem)}


def row_of(tool, case, variant, found, control):
    """A raw row. Of heaptrack the mended service is the control: it says nothing on that itself."""
    row = {"case": case.name, "variant": variant or "default", "tool": tool.name,
           "healthy": case.healthy or variant is not None, "alarm": None, "shown": None,
           "found": found}
    if "failed" in found:
        row["shown"] = found["failed"]
    elif control is None or "failed" not in control:
        row["alarm"], row["shown"] = tool.judge(found, control)
    return row


def run_variant(tool, case, variant, requests, control=None):
    """A raw row; a false alarm counts when a second run gives it too, and that run is shown."""
    row = row_of(tool, case, variant, measure(tool, case, variant, requests), control)
    if row["healthy"] and row["alarm"]:
        row = row_of(tool, case, variant, measure(tool, case, variant, requests), control)
    return row


def run_tool(tool, case, requests):
    if tool.name == "heaptrack":
        control = (measure(tool, case, case.mended, requests) if case.mended else
                   measure(tool, case, None, 0))
        return [run_variant(tool, case, None, requests, control)]
    return [run_variant(tool, case, variant, requests) for variant in variants(case)]


def variants(case):
    """The mistake, and its mend where there is one."""
    return [None, case.mended] if case.mended else [None]


def run_case(case, leakcage, tools):
    rows = []
    for variant in variants(case):
        mine = leakcage[case.name, variant]
        row = {"case": case.name, "variant": variant or "default", "tool": "leakcage",
               "healthy": case.healthy or variant is not None, "found": mine,
               "alarm": None if mine["called"] == "error" else mine["called"] == "leak",
               "shown": runs.call_of(mine)}
        rows.append(row)
    requests = requests_of(case, leakcage[case.name, None])
    with case:
        for tool in tools:
            if not tool.missing:
                rows += run_tool(tool, case, requests)
    for row in rows:
        row["requests"] = requests
    return rows


def cell(row, healthy):
    if row is None:
        return "not installed"
    if row["alarm"] is None:
        return "failed"
    if row["tool"] == "leakcage":
        return row["shown"]
    if healthy:
        return "FALSE ALARM " + row["shown"] if row["alarm"] else "quiet " + row["shown"]
    return ("caught " if row["alarm"] else "missed ") + row["shown"]


def show_table(cases, rows, columns):
    by_key = {(row["case"], row["variant"], row["tool"]): row for row in rows}
    for healthy, title in ((False, "mistakes"), (True, "healthy, but some look otherwise")):
        mine = [case for case in cases if case.healthy == healthy]
        if not mine:
            continue
        body = []
        for case in mine:
            cells = [cell(by_key.get((case.name, "default", name)), healthy) for name in columns]
            requests = by_key[case.name, "default", "leakcage"]["requests"]
            body.append([case.name, "{:,}".format(requests)] + cells)
        print("\n  %s (bytes per request)" % title)
        runs.show(figures.table(["service", "requests"] + columns, body, "    "))


def show_summary(rows, columns, slow_and_notes, missing):
    slow, notes = slow_and_notes
    body = []
    for name in columns:
        mine = [row for row in rows if row["tool"] == name]
        if name in missing:
            body.append([name, "not installed", "", "", "", "", missing[name]])
            continue
        caught = [row for row in mine if not row["healthy"] and row["alarm"] is not None]
        quiet = [row for row in mine if row["healthy"] and row["alarm"] is not None]
        body.append([name, "%d of %d" % (sum(row["alarm"] for row in caught), len(caught)),
                     "%d of %d" % (sum(row["alarm"] for row in quiet), len(quiet))]
                    + figures.spread(slow.get(name, []))[:3] + [notes.get(name, "")])
    print()
    runs.show(figures.table(["tool", "mistakes caught", "false alarms", "slow-down", "min", "max",
                             ""], body))
    for name in columns:
        alarms = [row for row in rows if row["tool"] == name and row["healthy"] and row["alarm"]]
        if alarms:
            print("  false alarms of %s: %s" % (name, ", ".join(
                "%s.%s (%s)" % (row["case"], row["variant"], row["shown"]) for row in alarms)))
    for row in rows:
        if row["alarm"] is None:
            print("  failed: %s on %s.%s: %s" % (row["tool"], row["case"], row["variant"],
                                                 row["shown"]))


def slow_down(bench, tools, rounds=5, seconds="1"):
    """({tool: [plain throughput / throughput under the tool]}, {tool: what to say about it}), in
    turn, on the service `clean`."""
    runs.say("peers: slow-down")
    case = Case(bench, "clean", True)

    def rate(service):
        with service:
            return runs.drive(bench, service.url + "/work", 8, seconds)[0]
    under = [tool for tool in tools if not tool.missing and not isinstance(tool, peer_tools.Rss)]
    slow = {tool.name: [] for tool in under}
    plain_rates = []
    for _ in range(rounds):
        plain = rate(case.start(None))
        plain_rates.append(plain)
        for tool in under:
            with tempfile.TemporaryDirectory() as folder:
                slow[tool.name].append(plain / rate(tool.start(case, None, folder)))
    where, lines = costs.sampler_on_service(bench, 2, rounds)
    sampled = costs.sampled_rows(lines)
    slow["leakcage"] = [1 / row["relative"] for row in sampled if row["hz"] == 100]
    notes = {"leakcage": "sampling at 100 Hz"}
    if where != "native":
        own = figures.median(row["requests_per_s"] for row in sampled if row["hz"] == 0)
        notes["leakcage"] += "; its guest is %s times slower than this host" % figures.number(
            figures.median(plain_rates) / own)
    for tool in tools:
        if isinstance(tool, peer_tools.Rss):
            slow[tool.name] = [1.0]
            notes[tool.name] = "by its nature: reads /proc twice"
    return slow, notes


def bench_peers(bench):
    names = bench.scenarios() or MISTAKES + HEALTHY
    unknown = [name for name in names if name not in MISTAKES + HEALTHY]
    if unknown:
        raise runs.BenchError("SCENARIOS: no row for %s, there are: %s" % (
            ", ".join(unknown), ", ".join(MISTAKES + HEALTHY)))
    cases = [Case(bench, name, name in HEALTHY) for name in names]
    tools = [peer_tools.Rss("RSS", "ready_bytes"), peer_tools.Rss("RSS warmed", "warm_bytes"),
             peer_tools.LeakSanitizer(bench, sorted({case.target() for case in cases} |
                                                    {"service-clean"})),
             peer_tools.Memcheck(), peer_tools.Heaptrack()]
    leakcage = run_leakcage(bench, cases)
    rows = [row for case in cases for row in run_case(case, leakcage, tools)]
    slow = slow_down(bench, tools)

    columns = ["leakcage", "LeakSanitizer", "memcheck", "heaptrack", "RSS", "RSS warmed"]
    driver = {row["driver"] for row in leakcage.values() if row["driver"]}
    print("\npeers: who catches what, at what cost")
    print(RULES % ", ".join(sorted(driver)))
    show_table(cases, rows, columns)
    show_summary(rows, columns, slow, {tool.name: tool.missing for tool in tools if tool.missing})
    control = [row for row in rows if row["case"] == "lost-pointer" and not row["healthy"]
               and row["tool"] in ("LeakSanitizer", "memcheck") and row["alarm"] is False]
    for row in control:
        print("  %s does not find a lost pointer here: do not trust its column" % row["tool"])
    return rows + [{"tool": name, "slow_down": values} for name, values in slow[0].items()]
