#pragma once
/* SARIF 2.1.0: a result for each case that has not passed, as GitHub's code scanning takes it.
 *
 * level is "error" for what failed or has no answer because something failed, "warning" for what is
 * undecided; what passed or was not run is no result, for each would be an alert. Rules are those
 * of ci_rules.h, always all of them. A location is the case's file, or the report's, as a
 * percent-encoded URI relative to the working directory, and a logical location beside it; where
 * there is no file at all, the id stands in its place, for GitHub refuses a document in which a
 * result has no physical location. partialFingerprints are made of case, build and rule, not of
 * text and figures: the same finding tomorrow is the same alert; two variants of one file are two.
 * executionSuccessful is false where a case has no answer because something failed. Numbers are in
 * the result's properties. There is no time and no host in it: the same report gives the same text.
 *
 * Pure. */
#include "base/buffer.h"
#include "report/ci_report.h"

/* Append the document to `out`. */
int ci_sarif_write(const struct ci_report *report, struct buffer *out, struct error *err);
