#include "report/ci_rules.h"

#include <string.h>

#include "base/cleanup.h"

const struct ci_rule ci_rules[] = {
    {"leak", "MemoryLeak", "The service leaks memory",
     "Memory that requests leave behind grows with work and does not stop growing.",
     "Look at the cause and at what holds the growth in the run's `result.json`; "
     "`git bisect run leakcage run --bisect` finds the commit. If it is a leak on purpose, say so "
     "in the scenario's `expect`.",
     "error"},
    {"verdict", "OtherVerdict", "The verdict is another one",
     "The runs were judged otherwise than expected, or than those of the baseline.",
     "Look at the reason in the run's `result.json`: pressure means that the load alone needs more "
     "than the limit; lazy-release that memory stays up after the load. If it is right as it is, "
     "change the scenario's `expect`, or write the baseline anew: `leakcage gate --update`.",
     "error"},
    {"growth", "GrowthPerRequest", "Memory grows more per request",
     "The floor rises by more bytes per request than the baseline's, beyond the budget.",
     "Something is kept per request: compare heap profiles of the two "
     "(`--collect heap=URL`), or bisect. The budget is the scenario's `gate.growth`.",
     "error"},
    {"floor", "FloorGrew", "The service needs more memory at rest",
     "What stays in use after the load, and after all was reclaimed, is more than the baseline's, "
     "beyond the budget.",
     "A larger cache, table, pool, or library does this. If it is wanted, write the baseline anew "
     "(`leakcage gate --update`), or raise the scenario's `gate.floor`.",
     "error"},
    {"peak", "PeakGrew", "The service needs more memory under load",
     "The highest use of memory under the same load is more than the baseline's, beyond the "
     "budget: the limit is nearer.",
     "Larger buffers per request, or more requests at a time, do this: see "
     "`transient_bytes_per_request` in `result.json`. The budget is the scenario's `gate.peak`.",
     "error"},
    {"retained", "RetainedGrew", "More memory stays up after the load",
     "What is not given back when the load has ended is more than the baseline's, beyond the "
     "budget.",
     "An allocator that keeps freed memory, or a cache that was filled, does this: "
     "`released_bytes` in `result.json` tells who gives it back when asked. The budget is the "
     "scenario's `gate.retained`.",
     "error"},
    {"threads", "ThreadsGrew", "The service has more threads",
     "After the load there are more threads than in the baseline, beyond the budget.",
     "Look for threads that are started and never joined, or for a larger pool. The budget is the "
     "scenario's `gate.threads`.",
     "error"},
    {"descriptors", "DescriptorsGrew", "The service has more open files",
     "After the load there are more open files, sockets or pipes than in the baseline, beyond the "
     "budget.",
     "Look for files and connections that are opened and never closed. The budget is the "
     "scenario's `gate.descriptors`.",
     "error"},
    {"baseline-missing", "BaselineMissing", "The baseline has no such case",
     "Nothing was compared, for the baseline does not have this case.",
     "Add it: `leakcage gate --update` with the same options, and commit the file.", "error"},
    {"baseline-refused", "BaselineRefused", "The baseline is of another environment or other work",
     "Nothing was compared: figures of another kernel, machine, driver or load cannot stand beside "
     "these.",
     "Make a baseline here (`leakcage gate --update`), or compare with a revision instead, which "
     "needs no stored file (`leakcage gate --against REV`).",
     "error"},
    {"failed", "RunFailed", "A run failed",
     "There is no answer: the service or the machine failed for another cause than memory.",
     "The message says what failed; `service.log` in the run's folder has the service's own words. "
     "`leakcage doctor` tells what this machine can do.",
     "error"},
    {"undecided", "Undecided", "No answer",
     "The evidence is not enough for an answer, so this is no pass.",
     "The message says what would decide it: more requests, more repeats (`--repeats`), a quieter "
     "machine.",
     "warning"},
};
const size_t n_ci_rules = ARRAY_LENGTH(ci_rules);

bool ci_rule_find(const char *id, size_t *ret)
{
    for (size_t i = 0; id != NULL && i < n_ci_rules; i++) {
        if (strcmp(ci_rules[i].id, id) != 0)
            continue;
        *ret = i;
        return true;
    }
    return false;
}
