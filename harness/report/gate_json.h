#pragma once
/* gate.json: a gate as other programs read it. Its keys are a promise, schema "leakcage.gate/1":
 *
 *   schema            "leakcage.gate/1"
 *   sentence          what came of it, in one sentence
 *   passed            true: nothing here fails the gate, as the exit status says
 *   counts            of cases: {"cases", and by status those there are: "passed", "regressed", …}
 *   against           the baseline's file, or the revision or command of --against
 *   environment       where the candidate's runs ran
 *   false_alarm_rate  of the whole gate, 0 to 1
 *   repeats           of the candidate, in the first round
 *   cases             [case], in the order of the plan, then what was not run
 *   notes             [text]
 *
 * and a case:
 *
 *   id                "json-tree.fixed [race+jemalloc]"
 *   scenario, variant, build, malloc
 *   file, line        of the scenario, where its budgets are said
 *   status            "passed", "regressed", "undecided", "new", "refused", "failed", "not-run",
 *                     "updated", "kept"
 *   message           why, and what is to be done; else the sentence
 *   sentence          what the comparison found
 *   verdict           {"baseline", "now", "cause" (of now), "regressed", "runs": {"baseline":
 *                     {"clean": 10}, "now": {"leak": 3, "clean": 1}}}
 *   figures           {"floor_bytes": {"baseline": {"median", "low", "high"}, "now": {…},
 *                     "allowed" (more than the baseline's median, in the figure's unit), "p",
 *                     "regressed", "improved"}, …}
 *   repeats_needed    where there are too few to claim any figure
 *   notes             [text]
 *   results           [folder], of the candidate's runs; baseline_results: the baseline's
 *
 * What does not apply or was not measured is left out. */
#include "base/json_writer.h"
#include "report/gate_report.h"

/* The object. `key` as in json_writer.h; the writer keeps the failure. */
void gate_json_write(struct json_writer *writer, const char *key, const struct gate_report *report);
