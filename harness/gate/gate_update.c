#include "gate/gate_update.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "gate/gate_decide.h"
#include "verdict/trend.h"

/* So many of the runs, in quarters, must have one verdict. */
#define AGREE_QUARTERS 3

/* How many runs have the verdict of most. */
static unsigned gate_update_agree(const struct baseline_entry *entry, enum verdict_kind *ret_kind)
{
    unsigned of[VERDICT_KIND_MAX_] = {0};
    unsigned most = 0;
    for (unsigned i = 0; i < entry->n_runs; i++)
        of[entry->runs[i].kind]++;
    for (unsigned kind = 0; kind < VERDICT_KIND_MAX_; kind++)
        if (of[kind] > most) {
            most = of[kind];
            *ret_kind = (enum verdict_kind)kind;
        }
    return most;
}

/* Would this be a baseline? False: the case is settled. */
static bool gate_update_is_clear(struct gate *gate, struct gate_case *of,
                                 const struct baseline_entry *entry)
{
    enum verdict_kind kind = VERDICT_INCONCLUSIVE;
    unsigned agree = gate_update_agree(entry, &kind);
    double rate = gate_case_rate(gate->false_alarm_rate, (unsigned)gate->n_compared);
    if (gate_repeats_needed(entry->n_runs, rate) == 0)
        gate_settle(gate, of, GATE_CASE_UNDECIDED, EXIT_INCONCLUSIVE,
                    "not written: beside %u repeat%s no gate could claim a figure at %g %% false "
                    "alarms",
                    entry->n_runs, entry->n_runs == 1 ? "" : "s", 100 * gate->false_alarm_rate);
    else if (4 * agree < AGREE_QUARTERS * entry->n_runs)
        gate_settle(gate, of, GATE_CASE_UNDECIDED, EXIT_INCONCLUSIVE,
                    "not written: its runs do not agree, %u of %u are %s", agree, entry->n_runs,
                    verdict_kind_name(kind));
    else if (kind == VERDICT_INCONCLUSIVE)
        gate_settle(gate, of, GATE_CASE_UNDECIDED, EXIT_INCONCLUSIVE,
                    "not written: %u of %u runs are inconclusive", agree, entry->n_runs);
    else if (of->result != NULL && of->result->status == GATE_UNDECIDED)
        gate_settle(gate, of, GATE_CASE_UNDECIDED, EXIT_INCONCLUSIVE, "not written: %s",
                    of->result->sentence);
    return !of->settled;
}

static bool gate_update_is_kept(const struct gate_result *result)
{
    if (result == NULL || result->status != GATE_PASSED)
        return false;
    for (enum gate_figure figure = 0; figure < GATE_FIGURE_MAX_; figure++)
        if (result->figure[figure].improved)
            return false;
    return true;
}

/* What is written, in short: "clean, floor 5.0 MiB, peak 9.8 MiB, 5 repeats". */
static void gate_update_text(const struct baseline_entry *entry, char *text, size_t size)
{
    static const enum gate_figure figures[] = {GATE_FLOOR, GATE_PEAK};
    enum verdict_kind kind = VERDICT_INCONCLUSIVE;
    (void)gate_update_agree(entry, &kind);
    snprintf(text, size, "%s", verdict_kind_name(kind));
    for (size_t i = 0; i < ARRAY_LENGTH(figures); i++) {
        const struct gate_figure_info *info = &gate_figure_info[figures[i]];
        double values[GATE_RUNS_MAX];
        char amount[UNITS_TEXT_MAX];
        unsigned n = 0;
        for (unsigned k = 0; k < entry->n_runs; k++)
            if (figures_has(&entry->runs[k].figures, info->figure))
                values[n++] = entry->runs[k].figures.value[info->figure];
        size_t used = strlen(text);
        if (n > 0)
            snprintf(text + used, size - used, ", %s %s", info->key,
                     units_format_bytes(trend_median(values, n), amount));
    }
    size_t used = strlen(text);
    snprintf(text + used, size - used, ", %u repeat%s", entry->n_runs,
             entry->n_runs == 1 ? "" : "s");
}

/* 1: its entry is as it was, or there is none to be written. */
static int gate_update_case(struct gate *gate, struct gate_case *of, struct error *err)
{
    struct baseline_entry *entry = NULL;
    char text[200];
    int status = gate_decide_entry(gate, of, GATE_CANDIDATE, &entry, err);
    if (status != 0)
        return status;
    if (!gate_update_is_clear(gate, of, entry))
        return 1;
    if (gate_update_is_kept(of->result)) {
        gate_settle(gate, of, GATE_CASE_KEPT, EXIT_AS_EXPECTED, "%s", of->result->sentence);
        return 1;
    }
    if (baseline_put(gate->baseline, entry, err) < 0)
        return -1;
    if (of->result != NULL)
        gate_settle(gate, of, GATE_CASE_UPDATED, EXIT_AS_EXPECTED, "%s", of->result->sentence);
    gate_update_text(entry, text, sizeof(text));
    if (of->result == NULL && of->replaces != NULL)
        gate_settle(gate, of, GATE_CASE_UPDATED, EXIT_AS_EXPECTED, "replaced (%s): %s",
                    of->replaces, text);
    else if (of->result == NULL)
        gate_settle(gate, of, GATE_CASE_UPDATED, EXIT_AS_EXPECTED, "new: %s", text);
    return 0;
}

/* Returns how many were taken out. */
static size_t gate_update_prune(struct gate *gate)
{
    size_t n = 0;
    for (size_t i = 0; gate->options->prune && i < gate->n_cases; i++)
        if (gate->cases[i].status == GATE_CASE_NOT_RUN) {
            baseline_remove(gate->baseline, &gate->cases[i].key);
            n++;
        }
    return n;
}

int gate_update(struct gate *gate, struct error *err)
{
    const char *path = gate->options->baseline;
    size_t written = 0;
    for (size_t i = 0; i < gate->n_cases; i++) {
        int status = gate->cases[i].settled ? 1 : gate_update_case(gate, &gate->cases[i], err);
        if (status < 0)
            return -1;
        written += status == 0;
    }
    size_t pruned = gate_update_prune(gate);
    if (written + pruned == 0) {
        gate_note_all(gate, "%s is as it was", path);
        return 0;
    }
    if (baseline_store(gate->baseline, path, err) < 0)
        return error_prefix(err, "the baseline");
    gate_note_all(gate, "%s: %zu entr%s written, %zu taken out", path, written,
                  written == 1 ? "y" : "ies", pruned);
    return 0;
}
