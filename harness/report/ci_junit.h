#pragma once
/* JUnit XML: a test suite with a test case for each case, as Jenkins, GitLab and GitHub's reporters
 * read it.
 *
 * classname is "leakcage.SCENARIO" (what they group by), name the id, which is unique; file and
 * line are those of the scenario. A regression is a failure, whose text has the details too, for
 * GitLab shows that only; no answer is an error, also an undecided one: nothing passes by accident.
 * The numbers are properties of the suite ("ID: floor_bytes", "…baseline", "…allowed"), which is
 * where the schemas have them, and lines of system-out. There is no timestamp: the same report
 * gives the same text.
 *
 * It is what Jenkins' schema (jenkins-junit.xsd) allows, and two attributes of a test case that it
 * does not know and no reader minds: file and line. Text is as html_text.h has it: what XML forbids
 * comes out as something visible. Pure. */
#include "base/buffer.h"
#include "report/ci_report.h"

/* Append the document to `out`. */
int ci_junit_write(const struct ci_report *report, struct buffer *out, struct error *err);
