#!/usr/bin/python3
"""Timelines that leakcage writes for other programs, held against what those read
(export_documents.py), and the Grafana dashboard against what is in them (dashboard.py).

usage: check_export.py TEST_PROGRAM...

Each program is a unit test that keeps the documents it makes in the folder that LEAKCAGE_KEEP_CI
names: timelines, and gauges for the textfile collector, which the dashboard shows too. Before they
count, each reader must have refused documents that are broken in a way that such files are."""
import glob
import os
import sys
import tempfile

import dashboard
import export_documents
import kept

# Of a document that is right: what is replaced, and by what.
BROKEN = {
    ".csv": [
        (b"run,scenario", b"scenario,run"),
        (b",0.001000,", b",0.001000,,"),
        (b",0.001000,", b",soon,"),
        (b"1764000000.251000", b"1764.251000"),
        (b"\nleaky,leaky,", b"\nleaky,=leaky,"),
        (b"\nleaky,leaky,", b"\nleaky,\"leaky,"),
        (b"\nleaky,leaky,", b"\nleaky,le\x1baky,"),
        (b"\nleaky,leaky,", b"\nleaky,le\xffaky,"),
        (b",floor,0.900000,", b",floor,0.100000,"),
        (b",memory,0.050000,", b",sample,0.050000,"),
        (b"\nleaky.fixed,leaky,fixed,race,jemalloc,floor,", b"\nleaky,leaky,,,,floor,"),
    ],
    ".om": [
        (b"# EOF\n", b""),
        (b"# UNIT leakcage_cpu_seconds seconds", b"# UNIT leakcage_cpu_seconds bytes"),
        (b"# TYPE leakcage_requests counter", b"# TYPE leakcage_requests unknown"),
        (b"leakcage_cpu_seconds_total{", b"leakcage_cpu_seconds{"),
        (b"leakcage_threads gauge", b"leakcage_floor_bytes gauge"),
        (b" 1764000000.260\n", b"\n"),
        (b" 1764000000.260\n", b" 1764000009.999\n"),
        (b" 1764000000.260\n", b" 17640.260\n"),
        (b"stall=\"some\"", b"stall=\"full\""),
        (b"variant=\"fixed\"", b"variant=\"fi\"xed\""),
        (b"variant=\"fixed\"", b"variant=\"fi\nxed\""),
        (b"variant=\"fixed\"", b"variant=\"fi\xffxed\""),
        (b",stall=", b",kind="),
    ],
    ".json": [
        (b"\"traceEvents\"", b"\"events\""),
        (b"\"ph\": \"X\"", b"\"ph\": \"x\""),
        (b"\"dur\": ", b"\"duration\": "),
        (b"\"dur\": 900000,", b"\"dur\": -1,"),
        (b"\"ts\": 2500000, \"dur\": 300000", b"\"ts\": 2500000, \"dur\": 900000"),
        (b"{\"bytes\": 67108864}", b"{\"bytes\": \"67108864\"}"),
        (b"{\"bytes\": 67108864}", b"{}"),
        (b"\"s\": \"p\"", b"\"s\": \"x\""),
        (b"\"bp\": \"e\"", b"\"bp\": \"e\", \"id\": 7"),
        (b"\"ts\": 8000000, \"name\": \"restart\"", b"\"ts\": 7800000, \"name\": \"restart\""),
        (b"\"pid\": 2, \"tid\": 0, \"ts\": 0, \"name\": \"process_name\"",
         b"\"pid\": 3, \"tid\": 0, \"ts\": 0, \"name\": \"process_name\""),
        (b"\"name\": \"cycles\"", b"\"named\": \"cycles\""),
        (b"\"name\": \"leaky\"", b"\"name\": \"leaky\xff\""),
    ],
}


def problems_of_documents(folder):
    for kind, reader in export_documents.READERS.items():
        paths = sorted(glob.glob(os.path.join(folder, "*" + kind)))
        print("%s: %d documents" % (kind, len(paths)))
        if len(paths) < 3:
            yield "%s: too few" % kind
        for path in paths:
            with open(path, "rb") as file:
                for problem in reader(file.read())[:10]:
                    yield "%s: %s" % (os.path.basename(path), problem)
        yield from kept.refusals(os.path.join(folder, "plain" + kind), reader, BROKEN[kind])


def problems(programs, folder):
    for program in programs:
        yield from kept.keep(program, "LEAKCAGE_KEEP_CI", folder)
    yield from problems_of_documents(folder)
    families = []
    for name in ("plain.om", "hostile.om", "plain.prom", "figures.prom"):
        with open(os.path.join(folder, name), "rb") as file:
            families.extend(export_documents.families(file.read()))
    yield from dashboard.problems(families)


def main():
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for problem in problems(sys.argv[1:], folder):
            print(problem)
            wrong += 1
    return 1 if wrong else 0


sys.exit(main())
