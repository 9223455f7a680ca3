#pragma once
/* Annotations: GitHub's workflow commands, `::error file=…,line=…,title=…::message`, a line each.
 *
 * error: a case that failed or has no answer because something failed; warning: undecided; notice:
 * not run, and a case that passed with a remark. Errors come first, for GitHub shows the first ten
 * of a kind in a step. Each is told on the case's file; without a line, on its first.
 *
 * In a message %, CR and LF are escaped (%25, %0D, %0A), in a property : and , too (%3A, %2C), so
 * that nothing a service says can become a command of its own. Pure. */
#include "base/buffer.h"
#include "report/ci_report.h"

/* Append the lines to `out`; nothing when there is nothing to tell. */
int ci_annotations_write(const struct ci_report *report, struct buffer *out, struct error *err);
