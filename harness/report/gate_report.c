#include "report/gate_report.h"

const char *const gate_case_status_names[] = {
    [GATE_CASE_PASSED] = "passed",       [GATE_CASE_REGRESSED] = "regressed",
    [GATE_CASE_UNDECIDED] = "undecided", [GATE_CASE_NEW] = "new",
    [GATE_CASE_REFUSED] = "refused",     [GATE_CASE_FAILED] = "failed",
    [GATE_CASE_NOT_RUN] = "not-run",     [GATE_CASE_UPDATED] = "updated",
    [GATE_CASE_KEPT] = "kept",
};
