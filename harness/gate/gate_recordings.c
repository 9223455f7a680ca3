#include "gate/gate_recordings.h"

#include <string.h>

#include "base/cleanup.h"
#include "cli/result_list.h"
#include "gate/gate_baseline.h"

/* The case that this record is of; a new one when there is none. NULL and the error. */
static struct gate_case *gate_recordings_case(struct gate *gate, const struct record *record,
                                              struct error *err)
{
    struct gate_case added = {.file = NULL, .budgets = record->gate};
    baseline_key_of_record(record, &added.key);
    baseline_key_text(&added.key, added.id);
    for (size_t i = 0; i < gate->n_cases; i++)
        if (baseline_compare_keys(&gate->cases[i].key, &added.key) == 0)
            return &gate->cases[i];
    return gate_add_case(gate, &added, err) < 0 ? NULL : &gate->cases[gate->n_cases - 1];
}

int gate_recordings_read(struct gate *gate, struct result_folders *folders, struct error *err)
{
    const char *const *operands = NULL;
    if (result_list_expand(gate->arena, &result_list_gate, gate->options->operands, &operands,
                           err) < 0 ||
        result_folders_read(operands, folders, err) < 0 ||
        result_folders_check_once(folders, err) < 0 || result_folders_check_plain(folders, err) < 0)
        return -1;
    gate->recorded = true;
    for (size_t i = 0; i < folders->n; i++) {
        const struct record *record = folders->items[i].record;
        struct gate_case *of = gate_recordings_case(gate, record, err);
        if (of == NULL)
            return -1;
        gate_runs_add(&of->runs[GATE_CANDIDATE], record, folders->items[i].dir);
        if (of->runs[GATE_CANDIDATE].n > gate->repeats)
            gate->repeats = of->runs[GATE_CANDIDATE].n;
    }
    return 0;
}

/* Both sides of a gate with --against have one name. */
static bool gate_recordings_are_two_sides(const struct gate_runs *runs)
{
    for (unsigned i = 1; i < runs->n; i++)
        if (runs->records[i]->position != runs->records[0]->position)
            return true;
    return false;
}

void gate_recordings_check(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_cases; i++) {
        struct gate_case *of = &gate->cases[i];
        const struct gate_runs *runs = &of->runs[GATE_CANDIDATE];
        struct baseline_work work;
        if (of->settled || runs->n == 0)
            continue;
        if (gate_recordings_are_two_sides(runs)) {
            gate_settle(gate, of, GATE_CASE_REFUSED, EXIT_USAGE,
                        "its runs are of two sides (%s and others), as `gate --against` leaves "
                        "them; name the folders of one",
                        runs->dirs[0]);
            continue;
        }
        baseline_work_of_record(runs->records[0], &work);
        gate_baseline_meet(gate, of, &work);
        if (!of->settled)
            (void)gate_baseline_check(gate, of, runs->records[0]);
    }
}
