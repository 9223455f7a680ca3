#include "cli/explain_command.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/units.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/explain_plan.h"
#include "cli/explain_print.h"
#include "cli/places.h"
#include "cli/result_folders.h"
#include "cli/run_plan.h"
#include "cli/run_session.h"
#include "cli/sanitized.h"
#include "explain/explanation_json.h"
#include "explain/explanation_profiles.h"
#include "instrument/instruments.h"
#include "run/work_folder.h"
#include "scenario/instruments.h"
#include "scenario/run_file.h"
#include "view/view_html.h"

#define EXPLAINED_SHARE_MIN 0.8

/* What one call of `leakcage explain` works on. */
struct explain_command {
    const struct options *options;
    struct places places;
    struct console console; /* with the plain records, where they are run now */
    struct plan *plan;      /* of the plain runs */
    struct explain_printer printer;
    enum exit_status status; /* so far */
};

static void explain_command_done(struct explain_command *command)
{
    explain_printer_done(&command->printer);
    plan_free(command->plan);
    console_done(&command->console);
}

/* What is known of one plain run. */
struct explain_case {
    const struct run_spec *run;
    struct stored_record plain;
};

/* Of an explanation; the runs themselves have gone well. */
static enum exit_status explain_status(const struct explain_case *of,
                                       const struct explanation *explanation)
{
    if (explanation->grows)
        return explanation->share >= EXPLAINED_SHARE_MIN ? EXIT_AS_EXPECTED : EXIT_OTHER_VERDICT;
    switch (of->plain.record->verdict.kind) {
    case VERDICT_LEAK:
        return EXIT_OTHER_VERDICT;
    case VERDICT_INCONCLUSIVE:
        return EXIT_INCONCLUSIVE;
    default:
        return EXIT_AS_EXPECTED;
    }
}

/* Where the plain run was: what grew there may not grow elsewhere. */
static struct options explain_options(const struct options *options, const struct explain_case *of)
{
    struct options again = *options;
    again.output_dir = of->plain.dir;
    again.jobs = 0;
    if (again.driver == NULL && of->run->settings.attach == NULL)
        again.driver = of->plain.record->driver;
    return again;
}

/* The one record of a repetition, and where it is stored. */
struct explain_taker {
    struct record *record; /* owned; NULL: none yet */
    char *dir;             /* owned */
};

static void explain_taker_done(struct explain_taker *taker)
{
    record_free(taker->record);
    free(taker->dir);
}

static void explain_take(void *context, struct record *record, const char *dir)
{
    struct explain_taker *taker = context;
    record_free(taker->record);
    free(taker->dir);
    taker->record = record;
    taker->dir = strdup(dir);
}

/* An interrupted repetition explains nothing: nothing of it is left, nor of one before, whose place
 * it has taken. */
static int explain_give_up(const struct explain_case *of, const struct explain_taker *taker,
                           struct error *err)
{
    if (taker->dir != NULL && file_remove_tree(taker->dir, NULL) == 0)
        (void)view_html_store(&of->plain, NULL);
    return error_set(err, ERROR_INTERRUPTED, "interrupted");
}

/* What is different in the repetition. */
static void explain_announce(struct console *console, const struct explain_case *of,
                             const struct settings *again)
{
    char instruments[INSTRUMENTS_TEXT_MAX];
    char limits[2][UNITS_TEXT_MAX];
    console_say(console, "once more, with instruments: %s",
                instruments_text(again->instruments, instruments));
    if (again->limit_bytes != of->run->settings.limit_bytes)
        console_say(console, "  and a limit of %s in place of %s, under which it was killed",
                    units_format_bytes((double)again->limit_bytes, limits[0]),
                    units_format_bytes((double)of->run->settings.limit_bytes, limits[1]));
}

/* The repetition works within the result, which nobody but us may enter: where we are root the
 * service is somebody else, and must pass through on the way to its data. */
static int explain_run_session(const struct explain_case *of, struct run_session *session,
                               struct error *err)
{
    const char *dir = of->plain.dir;
    if (geteuid() == 0 && work_folder_make_passage(dir, err) < 0)
        return -1;
    int status = run_session_run(session, err);
    if (geteuid() == 0)
        (void)file_make_private_directory(dir, NULL);
    return status;
}

/* Run it once more, with instruments. */
static int explain_repeat(struct explain_command *command, const struct explain_case *of,
                          struct explain_taker *taker, struct error *err)
{
    const struct options options = explain_options(command->options, of);
    CLEANUP(plan_freep) struct plan *plan = NULL;
    CLEANUP(console_done) struct console console;
    console_init(&console, &options);
    if (plan_new(&plan, err) < 0 ||
        explain_plan_add(of->run, of->plain.record, options.instruments, plan, err) < 0)
        return -1;
    explain_announce(&console, of, &plan->runs[0].settings);
    struct run_session session = {
        .options = &options,
        .console = &console,
        .plan = plan,
        .progress = console_progress,
        .record_done = explain_take,
        .record_context = taker,
    };
    if (run_session_check_output(of->plain.dir, err) < 0 ||
        run_session_prepare(&session, &command->places, err) < 0)
        return -1;
    console_watch(&console, plan, session.driver->name, session.driver_options.guests);
    int status = explain_run_session(of, &session, err);
    console_watch_end(&console);
    (void)console_print(&console, "", NULL); /* ends the line of progress */
    if (interrupt_count() > 0)
        return explain_give_up(of, taker, err);
    if (status == 0 && taker->record == NULL)
        return error_set(err, ERROR_INTERNAL, "the repetition left no record");
    return status;
}

/* The explanation with all that is made of it, in the folders of both runs. */
static int explain_store(const struct explain_case *of, const struct stored_record *instrumented,
                         const struct explanation *explanation, struct error *err)
{
    if (explanation_store(explanation, instrumented->dir, err) < 0 ||
        explanation_store_profiles(instrumented, err) < 0 || view_html_store(instrumented, err) < 0)
        return -1;
    return view_html_store(&of->plain, err);
}

/* Of a failed run there is nothing to explain. */
static int explain_failed(const struct record *record, struct error *err)
{
    *err = record->error;
    return error_prefix(err, "%s: there is nothing to explain", record->id);
}

static int explain_one(struct explain_command *command, const struct explain_case *of,
                       struct error *err)
{
    CLEANUP(explain_taker_done) struct explain_taker taker = {.record = NULL};
    CLEANUP(explanation_freep) struct explanation *explanation = NULL;
    if (of->plain.record->error.kind != ERROR_NONE)
        return explain_failed(of->plain.record, err);
    if (explain_repeat(command, of, &taker, err) < 0)
        return -1;
    const struct stored_record instrumented = {.record = taker.record, .dir = taker.dir};
    if (taker.record->error.kind != ERROR_NONE)
        return explain_failed(taker.record, err);
    if (explanation_make(&of->plain, &instrumented, &explanation, err) < 0 ||
        explain_store(of, &instrumented, explanation, err) < 0)
        return -1;
    const struct explained explained = {&of->plain, &instrumented, explanation};
    if (explain_print(&command->printer, &explained, err) < 0)
        return -1;
    command->status = exit_status_worse(command->status, explain_status(of, explanation));
    return 0;
}

/* One result that is there. */
static int explain_result(struct explain_command *command, const char *dir, struct error *err)
{
    CLEANUP(record_freep) struct record *record = NULL;
    CLEANUP(plan_freep) struct plan *plan = NULL;
    if (record_load(dir, &record, err) < 0)
        return -1;
    int status = run_file_load(dir, &plan, err);
    if (status < 0)
        return -1;
    if (status == 1)
        return error_set(
            err, ERROR_USAGE,
            "%s: found no %s there, which says what was run: the result is of an older "
            "leakcage, or of a function in a test; run it again: leakcage explain "
            "SCENARIO, or leakcage explain -- COMMAND",
            dir, RUN_FILE_NAME);
    if (plan->runs[0].settings.instruments != 0)
        return error_set(
            err, ERROR_USAGE,
            "%s: found a run with instruments, expected the plain one that it explains "
            "(the folder above it)",
            dir);
    const struct explain_case of = {.run = &plan->runs[0], .plain = {.record = record, .dir = dir}};
    return explain_one(command, &of, err);
}

/* Is every operand a result that is there? Those are explained; all else is run first. */
static bool explain_names_results(const struct options *options)
{
    size_t results = 0;
    size_t n = 0;
    for (; options->operands[n] != NULL; n++) {
        CLEANUP(freep) char *path = file_join(options->operands[n], "result.json");
        results += path != NULL && file_exists(AT_FDCWD, path);
    }
    return n > 0 && results == n;
}

static int explain_results(struct explain_command *command, struct error *err)
{
    const struct options *options = command->options;
    if (options->service_command != NULL || options->image != NULL || options->attach != NULL ||
        options->pod != NULL)
        return error_set(err, ERROR_USAGE,
                         "%s: found a result beside what is to be run; expected one of them",
                         options->operands[0]);
    if (strcmp(options->output_dir, OPTIONS_OUTPUT_DIR) != 0)
        return error_set(err, ERROR_USAGE,
                         "-o %s: an explanation goes into the result that it is of (%s/explain)",
                         options->output_dir, options->operands[0]);
    command->printer.several = options->operands[1] != NULL;
    for (const char *const *dir = options->operands; *dir != NULL; dir++)
        if (explain_result(command, *dir, err) < 0)
            return -1;
    return 0;
}

/* Run what the command line says, as `leakcage run` does. */
static int explain_run_plain(struct explain_command *command, struct error *err)
{
    const struct options *options = command->options;
    struct console *console = &command->console;
    if (options->operands[0] == NULL && options->service_command == NULL &&
        options->image == NULL && options->attach == NULL && options->pod == NULL)
        return error_set(err, ERROR_USAGE,
                         "nothing to explain given: leakcage explain RESULT_DIR, leakcage explain "
                         "SCENARIO, or leakcage explain [options] -- COMMAND");
    if (run_plan_make(options, &command->places, console, command->plan, err) < 0 ||
        sanitized_prepare(command->plan, err) < 0 ||
        run_session_check_output(options->output_dir, err) < 0)
        return -1;
    struct run_session session = {
        .options = options,
        .console = console,
        .plan = command->plan,
        .progress = console_progress,
        .record_done = console_record_done,
    };
    if (run_session_prepare(&session, &command->places, err) < 0)
        return -1;
    console_watch(console, command->plan, session.driver->name, session.driver_options.guests);
    int status = run_session_run(&session, err);
    console_watch_end(console);
    if (status == 0 && interrupt_count() > 0)
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    return status;
}

static int explain_runs(struct explain_command *command, struct error *err)
{
    const struct console *console = &command->console;
    if (explain_run_plain(command, err) < 0)
        return -1;
    command->printer.several = command->plan->n_runs > 1;
    for (size_t i = 0; i < console->n_records; i++) {
        const struct record *record = console->records[i];
        CLEANUP(freep) char *dir = file_join(command->options->output_dir, record->id);
        struct explain_case of = {.run = NULL, .plain = {.record = record, .dir = dir}};
        if (dir == NULL)
            return error_out_of_memory(err);
        for (size_t k = 0; k < command->plan->n_runs; k++)
            if (strcmp(command->plan->runs[k].id, record->id) == 0)
                of.run = &command->plan->runs[k];
        if (of.run != NULL && explain_one(command, &of, err) < 0)
            return -1;
    }
    return 0;
}

int command_explain(const struct options *options, struct error *err)
{
    CLEANUP(explain_command_done) struct explain_command command = {.options = options};
    console_init(&command.console, options);
    explain_printer_init(&command.printer, &command.console);
    if (places_find(&command.places, err) < 0 || plan_new(&command.plan, err) < 0)
        return -1;
    int status = explain_names_results(options) ? explain_results(&command, err)
                                                : explain_runs(&command, err);
    if (explain_print_end(&command.printer, status < 0 ? NULL : err) < 0 || status < 0)
        return -1;
    return (int)command.status;
}
