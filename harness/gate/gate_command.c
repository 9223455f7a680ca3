#include "gate/gate_command.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "cli/run_session.h"
#include "gate/gate_baseline.h"
#include "gate/gate_decide.h"
#include "gate/gate_files.h"
#include "gate/gate_plan.h"
#include "gate/gate_recordings.h"
#include "gate/gate_report_make.h"
#include "gate/gate_rounds.h"
#include "gate/gate_update.h"

/* What became of the cases, shown and kept. */
static int gate_show(struct gate *gate, struct error *err)
{
    struct gate_report report;
    if (gate_report_make(gate, &report, err) < 0 ||
        gate_files_put(&report, &gate->console, err) < 0)
        return -1;
    return (int)(interrupt_count() > 0 ? EXIT_INTERRUPTED : gate_report_status(gate));
}

/* The cases are decided, or have the runs of which a baseline is made. */
static int gate_finish(struct gate *gate, struct error *err)
{
    if (gate->baseline != NULL && gate_baseline_add_absent(gate, err) < 0)
        return -1;
    if (gate->options->update && interrupt_count() == 0 && gate_update(gate, err) < 0)
        return -1;
    return gate_show(gate, err);
}

/* What is known of the cases before they are run. */
static void gate_meet_baseline(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_cases; i++) {
        struct gate_case *of = &gate->cases[i];
        struct baseline_work work;
        if (of->settled)
            continue;
        baseline_work_of_run(&gate->templates->runs[of->template[GATE_CANDIDATE]], &work);
        gate_baseline_meet(gate, of, &work);
    }
}

/* What is about to happen, and how sure it will be. */
static void gate_say_plan(struct gate *gate)
{
    const struct options *options = gate->options;
    size_t open = gate_count_open(gate);
    if (open == 0)
        return;
    console_say(&gate->console, "%zu case%s, %u repeat%s %s%s%s", open, open == 1 ? "" : "s",
                gate->repeats, gate->repeats == 1 ? "" : "s",
                options->update            ? "for the baseline "
                : options->against != NULL ? "in turns with "
                                           : "beside the baseline ",
                options->against != NULL ? options->against : options->baseline,
                open > 1 ? "; cases take turns" : "");
}

static int gate_run(struct gate *gate, struct error *err)
{
    const struct options *options = gate->options;
    if (options->baseline != NULL && gate_baseline_load(gate, err) < 0)
        return -1;
    if (gate_plan_make(gate, err) < 0)
        return -1;
    if (gate->baseline != NULL)
        gate_meet_baseline(gate);
    if (gate_decide_repeats(gate, err) < 0 ||
        run_session_check_output(options->output_dir, err) < 0)
        return -1;
    gate_say_plan(gate);
    int status = gate_rounds_run(gate, err);
    /* What a session failed of is said after what it got done, none of which is a baseline. */
    if (status < 0)
        return gate->console.n_records > 0 && gate_show(gate, NULL) < 0 ? -1 : status;
    return gate_finish(gate, err);
}

/* With recordings nothing is run, so nothing can be said of how. */
static int gate_check_recordings(const struct options *options, struct error *err)
{
    const struct {
        bool given;
        const char *name;
    } words[] = {
        {options->against != NULL, "--against"},
        {options->image != NULL, "--image"},
        {options->pod != NULL, "--pod"},
        {options->builds != NULL, "--builds"},
        {options->allocators != NULL, "--allocators"},
        {options->variant != NULL, "--variant"},
        {options->n_env > 0, "--env"},
        {options->repeats > 0, "--repeats"},
        {options->service_command != NULL, "a command"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (words[i].given)
            return error_set(err, ERROR_USAGE,
                             "%s is a folder: recordings are gated as they are; found %s, expected "
                             "nothing that says what is to be run",
                             options->operands[0], words[i].name);
    return 0;
}

static int gate_recorded(struct gate *gate, struct error *err)
{
    CLEANUP(result_folders_done) struct result_folders folders = {0};
    if (gate_check_recordings(gate->options, err) < 0 || gate_baseline_load(gate, err) < 0 ||
        gate_recordings_read(gate, &folders, err) < 0)
        return -1;
    if (folders.n == 0)
        return EXIT_USAGE; /* what was told has said it all */
    gate_recordings_check(gate);
    gate->n_compared = gate_count_open(gate);
    if (gate_decide_open(gate, err) < 0)
        return -1;
    if (!gate->options->update)
        gate_decide_settle(gate);
    if (folders.n_broken > 0)
        gate_note_all(gate, "%zu of the results could not be taken", folders.n_broken);
    int status = gate_finish(gate, err);
    if (status < 0 || folders.n_broken == 0)
        return status;
    return (int)exit_status_worse((enum exit_status)status, EXIT_USAGE);
}

int command_gate(const struct options *options, struct error *err)
{
    CLEANUP(gate_done) struct gate gate = {.options = NULL};
    const char *const *operands = options->operands;
    if (gate_init(&gate, options, err) < 0)
        return -1;
    if (operands[0] != NULL && result_folders_is_folder(operands[0]))
        return gate_recorded(&gate, err);
    return gate_run(&gate, err);
}
