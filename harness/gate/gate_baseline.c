#include "gate/gate_baseline.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "scenario/baseline_match.h"

/* Can it be written there? To be asked before anything is measured. */
static int gate_baseline_check_writable(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    CLEANUP(freep)
    char *dir =
        slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (dir == NULL)
        return error_out_of_memory(err);
    if (access(dir, F_OK) < 0)
        return error_set(err, ERROR_USAGE,
                         "the baseline cannot be written to %s: there is no "
                         "folder %s",
                         path, dir);
    if (access(dir, W_OK) < 0)
        return error_set(err, ERROR_ENVIRONMENT,
                         "the baseline cannot be written to %s: the folder %s is not writable",
                         path, dir);
    return 0;
}

int gate_baseline_load(struct gate *gate, struct error *err)
{
    const struct options *options = gate->options;
    int status = baseline_load(options->baseline, &gate->baseline, err);
    if (status < 0)
        return -1;
    if (options->update)
        return gate_baseline_check_writable(options->baseline, err);
    if (status > 0)
        return error_set(err, ERROR_USAGE,
                         "there is no baseline %s; make one of what is right now: the same command "
                         "with --update",
                         options->baseline);
    return 0;
}

void gate_baseline_meet(struct gate *gate, struct gate_case *of, const struct baseline_work *work)
{
    char text[BASELINE_DIFFERENCE_MAX];
    const struct baseline_entry *entry = baseline_find(gate->baseline, &of->key);
    bool update = gate->options->update;
    if (entry == NULL && !update)
        gate_settle(gate, of, GATE_CASE_NEW, EXIT_USAGE,
                    "the baseline %s has no such case, so nothing was compared; take it in with "
                    "--update",
                    gate->options->baseline);
    if (entry == NULL)
        return;
    if (baseline_same_work(entry, work, text)) {
        of->entry = entry;
        return;
    }
    of->replaces = arena_strdup(gate->arena, text);
    if (!update)
        gate_settle(gate, of, GATE_CASE_REFUSED, EXIT_USAGE,
                    "the baseline is of other work: %s; make it anew with --update", text);
}

bool gate_baseline_check(struct gate *gate, struct gate_case *of, const struct record *record)
{
    char text[BASELINE_DIFFERENCE_MAX];
    struct baseline_environment now;
    struct baseline_work work;
    if (of->entry == NULL)
        return true;
    baseline_environment_of_record(record, &now);
    baseline_work_of_record(record, &work);
    if (baseline_same_environment(of->entry, &now, text)) {
        if (*baseline_remark(of->entry, &now, &work, text) != '\0')
            gate_note(gate, of, "%s", text);
        return true;
    }
    of->entry = NULL;
    of->replaces = arena_strdup(gate->arena, text);
    if (gate->options->update)
        return true;
    gate_settle(gate, of, GATE_CASE_REFUSED, EXIT_USAGE,
                "the baseline is of another environment: %s; make one for this with --update, or "
                "gate with --against REV, which needs none",
                text);
    return false;
}

int gate_baseline_add_absent(struct gate *gate, struct error *err)
{
    size_t n = gate->n_cases;
    for (size_t i = 0; i < gate->baseline->n; i++) {
        struct gate_case absent = {.key = gate->baseline->entries[i].key};
        size_t k = 0;
        while (k < n && baseline_compare_keys(&gate->cases[k].key, &absent.key) != 0)
            k++;
        if (k < n)
            continue;
        baseline_key_text(&absent.key, absent.id);
        gate_settle(gate, &absent, GATE_CASE_NOT_RUN, EXIT_AS_EXPECTED,
                    gate->options->prune ? "taken out of the baseline"
                                         : "only in the baseline: it was not asked for, or its "
                                           "scenario is no more (--update --prune takes it out)");
        if (gate_add_case(gate, &absent, err) < 0)
            return -1;
    }
    return 0;
}

unsigned gate_baseline_runs(const struct gate *gate)
{
    unsigned fewest = 0;
    for (size_t i = 0; i < gate->n_cases; i++) {
        const struct gate_case *of = &gate->cases[i];
        if (!of->settled && of->entry != NULL && (fewest == 0 || of->entry->n_runs < fewest))
            fewest = of->entry->n_runs;
    }
    return fewest;
}
