"""What leakcage writes of timelines for other programs, as those read it: each function here takes
the bytes of a document and returns what is wrong with it, a list of sentences.

CSV is read by Python's csv module and loaded into SQLite, OpenMetrics by the parser of Prometheus'
own Python client; trace events are held against the Trace Event Format, which ui.perfetto.dev and
chrome://tracing read."""
import collections
import csv
import io
import json
import sqlite3

import prometheus_client.openmetrics.parser
import prometheus_client.samples

FIRST_COLUMNS = ["run", "scenario", "variant", "build", "allocator", "row", "t_s", "unix_s"]
TEXT_COLUMNS = {"run", "scenario", "variant", "build", "allocator", "row", "phase", "cycle_kind",
                "mark", "mark_text"}
ROWS = {"mark", "memory", "load", "settled", "floor"}
FORMULA = tuple("=+-@\t\r") + ("\uff1d", "\uff0b", "\uff0d", "\uff20")
LABELS = {"scenario", "variant", "build", "allocator", "run", "stall", "result", "event", "status",
          "verdict", "cause"}


def table(data):
    """Header and rows, as the csv module has them."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))
    return rows[0], rows[1:]


def database(header, rows):
    """The table "samples" in SQLite, numbers where they are numbers."""
    base = sqlite3.connect(":memory:")
    base.execute("create table samples (%s)" % ", ".join(
        '"%s" %s' % (name, "text" if name in TEXT_COLUMNS else "numeric") for name in header))
    base.executemany("insert into samples values (%s)" % ", ".join("?" * len(header)),
                     [[cell if cell != "" else None for cell in row] for row in rows])
    return base


def csv_cells(header, rows):
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            yield "line %d has %d cells, the header %d" % (number, len(row), len(header))
            continue
        for name, cell in zip(header, row):
            if name not in TEXT_COLUMNS and cell != "":
                try:
                    float(cell)
                except ValueError:
                    yield "line %d, %s: %r is no number" % (number, name, cell)
            elif cell.lstrip(" ").startswith(FORMULA):
                yield "line %d, %s: %r is a formula" % (number, name, cell)
            elif any(ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0 for c in cell):
                yield "line %d, %s: %r has control characters" % (number, name, cell)


def csv_rows(base):
    """What may be relied on, asked of the database."""
    def ask(question):
        return base.execute(question).fetchall()
    for (row,) in ask("select distinct row from samples"):
        if row not in ROWS:
            yield "%r is no sort of row" % row
    for column, row in (("current_bytes", "load"), ("completed_count", "memory"),
                        ("mark", "memory"), ("floor_bytes", "settled")):
        if ask("select 1 from samples where row = '%s' and %s is not null" % (row, column)):
            yield "a row of %s has %s" % (row, column)
    if ask("select 1 from samples a join samples b on b.rowid = a.rowid + 1 "
           "where a.run = b.run and b.t_s < a.t_s"):
        yield "time goes back within a run"
    if ask("select 1 from samples where unix_s < 1e9"):
        yield "a date before 2001"
    runs = [run for (run,) in ask("select run from samples")]
    blocks = sum(1 for i, run in enumerate(runs) if i == 0 or runs[i - 1] != run)
    if blocks != len(set(runs)):
        yield "a run is in two places"


def export_csv(data):
    try:
        header, rows = table(data)
    except (ValueError, csv.Error, IndexError) as error:
        return ["no CSV: %s" % error]
    if header[:len(FIRST_COLUMNS)] != FIRST_COLUMNS or len(set(header)) != len(header):
        return ["the columns are %s…" % header[:len(FIRST_COLUMNS)]]
    wrong = list(csv_cells(header, rows))
    return wrong or list(csv_rows(database(header, rows)))


def correct_timestamps():
    """The client takes 1.2 s for earlier than 0.9 s: it compares nanoseconds by themselves."""
    prometheus_client.samples.Timestamp.__gt__ = \
        lambda self, other: (self.sec, self.nsec) > (other.sec, other.nsec)


def families(data):
    correct_timestamps()
    return list(prometheus_client.openmetrics.parser.text_fd_to_metric_families(
        io.StringIO(data.decode("utf-8"), newline="\n")))


def openmetrics_family(family):
    last = {}
    if family.type not in ("gauge", "counter"):
        yield "%s is a %s" % (family.name, family.type)
    for sample in family.samples:
        series = tuple(sorted(sample.labels.items()))
        if sample.timestamp is None:
            yield "%s: a sample without a time, which promtool refuses" % sample.name
            return
        if not set(sample.labels) <= LABELS:
            yield "%s: unknown labels in %s" % (sample.name, sorted(sample.labels))
        when = float(sample.timestamp)
        if (series in last and last[series] >= when) or when < 1e9:
            yield "%s: %s follows %s" % (sample.name, when, last.get(series))
        last[series] = when


def export_openmetrics(data):
    try:
        found = families(data)
    except ValueError as error:
        return [str(error)]
    names = [family.name for family in found]
    wrong = ["%s is there twice" % name for name in set(names) if names.count(name) > 1]
    for family in found:
        wrong.extend(openmetrics_family(family))
    return wrong


REQUIRED = {"M": {"name", "args"}, "X": {"name", "dur"}, "C": {"name", "args"},
            "i": {"name", "s"}, "s": {"name", "cat", "id"}, "f": {"name", "cat", "id", "bp"}}
METADATA = {"process_name": "name", "process_labels": "labels", "process_sort_index": "sort_index",
            "thread_name": "name", "thread_sort_index": "sort_index"}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def trace_event(event):
    """What each event must have by its phase."""
    phase = event.get("ph")
    if phase not in REQUIRED:
        yield "unknown phase %r" % phase
        return
    missing = (REQUIRED[phase] | {"pid", "tid", "ts"}) - set(event)
    if missing:
        yield "%s without %s" % (phase, sorted(missing))
        return
    if not all(isinstance(event[key], int) for key in ("pid", "tid")) or \
            not is_number(event["ts"]) or event["ts"] < 0 or not isinstance(event["name"], str):
        yield "%s with a pid, tid, ts or name that is none" % phase
    if phase == "M" and METADATA.get(event["name"]) not in event["args"]:
        yield "metadata %s of %s" % (event["name"], sorted(event["args"]))
    if phase == "X" and (not is_number(event["dur"]) or event["dur"] < 0):
        yield "%s lasts %r" % (event["name"], event["dur"])
    if phase == "C" and (not event["args"] or not all(map(is_number, event["args"].values()))):
        yield "counter %s has %r" % (event["name"], event["args"])
    if phase == "i" and event["s"] not in "tpg":
        yield "an instant of scope %r" % event["s"]


def trace_nesting(events):
    """Slices of a thread are within each other or apart, to the nanosecond."""
    open_slices = collections.defaultdict(list)
    for event in events:
        if event["ph"] != "X":
            continue
        stack = open_slices[event["pid"], event["tid"]]
        begin, end = round(event["ts"] * 1000), round((event["ts"] + event["dur"]) * 1000)
        while stack and stack[-1][1] <= begin:
            stack.pop()
        if stack and end > stack[-1][1]:
            yield "%s begins within %s and ends after it" % (event["name"], stack[-1][0])
        stack.append((event["name"], end))


def trace_arrows(events):
    """Each begins once and ends once, later, and both ends lie in a slice."""
    slices = [e for e in events if e["ph"] == "X"]
    ends = collections.defaultdict(list)
    for event in events:
        if event["ph"] not in "sf":
            continue
        ends[event["cat"], event["id"]].append(event)
        if not any(s["pid"] == event["pid"] and s["tid"] == event["tid"] and
                   s["ts"] <= event["ts"] < s["ts"] + s["dur"] for s in slices):
            yield "an arrow's end at %s is in no slice" % event["ts"]
    for key, both in ends.items():
        if [e["ph"] for e in both] != ["s", "f"] or both[0]["ts"] > both[1]["ts"]:
            yield "arrow %s: %s" % (key, [(e["ph"], e["ts"]) for e in both])


def trace_order(events):
    last = {}
    named = {(e["pid"], e["tid"]) for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
    processes = {e["pid"] for e in events if e["ph"] == "M" and e["name"] == "process_name"}
    for event in events:
        if event["ts"] < last.get(event["pid"], 0):
            yield "%s at %s follows %s" % (event["name"], event["ts"], last[event["pid"]])
        last[event["pid"]] = event["ts"]
        if event["pid"] not in processes or \
                (event["ph"] in "Xisf" and (event["pid"], event["tid"]) not in named):
            yield "%s is of a process or thread without a name" % event["name"]


def export_trace(data):
    try:
        document = json.loads(data.decode("utf-8"))
        events = document["traceEvents"]
    except (ValueError, KeyError, TypeError) as error:
        return ["no trace: %s" % error]
    if document.get("displayTimeUnit") not in ("ms", "ns"):
        return ["displayTimeUnit is %r" % document.get("displayTimeUnit")]
    wrong = [problem for event in events for problem in trace_event(event)]
    if wrong:
        return wrong
    return [problem for check in (trace_order, trace_nesting, trace_arrows)
            for problem in check(events)]


READERS = {".csv": export_csv, ".om": export_openmetrics, ".json": export_trace}
