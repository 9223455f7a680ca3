#!/usr/bin/python3
"""What leakcage writes for CI systems, held against what those read (ci_documents.py).

usage: check_ci.py TEST_PROGRAM...

Each program is a unit test that keeps the documents it makes in the folder that LEAKCAGE_KEEP_CI
names: those of everyday, of hostile text, of nothing. Before they count, each reader must have
refused documents that are broken in a way that such files are: a check that lets those pass checks
nothing."""
import glob
import os
import sys
import tempfile

import ci_documents
import kept

# Of a document that is right: what is replaced, and by what.
BROKEN = {
    ".xml": [
        (b"</testsuites>", b""),
        (b"classname=", b"class-name="),
        (b"<failure ", b"<fail "), (b"</failure>", b"</fail>"),
        (b"<failure message=", b"<failure text="),
        (b" tests=\"", b" test=\""),
        (b"failures=\"1\"", b"failures=\"0\""),
        (b"<properties>", b"<properties><property name=\"a\"/>"),
        (b"name=\"json-tree.new\"", b"name=\"json-tree\""),
        (b"baseline has", b"baseline \x01 has"),
        (b"baseline has", b"baseline \xff has"),
        (b"baseline has", b"baseline & has"),
        (b"baseline has", b"baseline <b> has"),
    ],
    ".sarif": [
        (b"\"version\": \"2.1.0\"", b"\"version\": \"2.2.0\""),
        (b"\"level\": \"error\"", b"\"level\": \"fatal\""),
        (b"\"startLine\": 7", b"\"startLine\": 0"),
        (b"\"startLine\": 7", b"\"startLine\": \"7\""),
        (b"\"ruleIndex\": ", b"\"ruleIndices\": "),
        (b"\"ruleIndex\": 3", b"\"ruleIndex\": 4"),
        (b"\"executionSuccessful\": ", b"\"successful\": "),
        (b"\"uri\": \"scenarios/", b"\"uri\": \"scen arios/"),
        (b"\"physicalLocation\": ", b"\"physical\": "),
        (b"\"primaryLocationLineHash\": ", b"\"primaryLocationLineHash\": 1, \"x\": "),
        (b"baseline has", b"baseline \x01 has"),
        (b"baseline has", b"baseline \xff has"),
    ],
    ".prom": [
        (b"# EOF\n", b""),
        (b"# EOF\n", b"# EOF\nleakcage_more 1\n"),
        (b"# UNIT leakcage_floor_bytes bytes", b"# UNIT leakcage_floor_bytes seconds"),
        (b"leakcage_case_status gauge", b"leakcage_case_status stateset"),
        (b"leakcage_threads gauge", b"leakcage_threads unknown"),
        (b"variant=\"slow\"", b"variant=\"gone\""),
        (b"variant=\"slow\"", b"variant=\"sl\"ow\""),
        (b"variant=\"slow\"", b"variant=\"sl\now\""),
        (b"variant=\"slow\"", b"variant=\"sl\xffow\""),
        (b"} 4404019\n", b"} 4404019 1700000000\n"),
        (b"} 4404019\n", b"} 4404019B\n"),
    ],
}


def problems_of_programs(programs, folder):
    for program in programs:
        yield from kept.keep(program, "LEAKCAGE_KEEP_CI", folder)
    for path in sorted(glob.glob(os.path.join(folder, "*"))):
        reader = ci_documents.READERS.get(os.path.splitext(path)[1])
        with open(path, "rb") as file:
            for problem in reader(file.read()) if reader else []:
                yield "%s: %s" % (os.path.basename(path), problem)


def main():
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for problem in problems_of_programs(sys.argv[1:], folder):
            print(problem)
            wrong += 1
        for kind in ci_documents.READERS:
            paths = glob.glob(os.path.join(folder, "*" + kind))
            plain = os.path.join(folder, "plain" + kind)
            print("%s: %d documents" % (kind, len(paths)))
            if plain not in paths or len(paths) < 3:
                print("%s: too few" % kind)
                wrong += 1
            else:
                for problem in kept.refusals(plain, ci_documents.READERS[kind], BROKEN[kind]):
                    print(problem)
                    wrong += 1
    return 1 if wrong else 0


sys.exit(main())
