#include "cli/commands.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/temporary.h"
#include "cli/catalogue.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/guard.h"
#include "cli/places.h"
#include "cli/result_folders.h"
#include "driver/container.h"
#include "driver/doctor.h"
#include "driver/native.h"
#include "instrument/instruments.h"
#include "memory/cgroup.h"
#include "run/session.h"
#include "scenario/record_files.h"

/* A tmpfs of the guest's, gone with it. */
#define GUEST_ENGINE_HOME "/run/leakcage-engine"

/* RESULTS/SHARD/RUN. */
#define CLEAN_DEPTH_MAX 2

/* Behind a session that was killed. */
#define CLEAN_LOOKS   5
#define CLEAN_LOOK_NS (200 * NSEC_PER_MSEC)

static int command_places(const struct options *options, struct places *places,
                          struct driver_options *driver_options, struct error *err)
{
    if (places_find(places, err) < 0)
        return -1;
    *driver_options = options->driver_options;
    driver_options->program_path = places->program;
    driver_options->guest_init_path = places->guest_init;
    return 0;
}

int command_judge(const struct options *options, struct error *err)
{
    CLEANUP(console_done) struct console console;
    console_init(&console, options);
    enum exit_status status = EXIT_AS_EXPECTED;
    if (options->operands[0] == NULL)
        return error_set(err, ERROR_USAGE, "no result folder given: leakcage judge RESULT_DIR...");
    for (const char *const *dir = options->operands; *dir != NULL; dir++) {
        struct record *record = NULL;
        if (record_load(*dir, &record, err) < 0)
            return -1;
        status = exit_status_worse(status, exit_status_of_record(record));
        console_record_done(&console, record, *dir);
    }
    return console_finish(&console, err) < 0 ? -1 : (int)status;
}

int command_list(const struct options *options, struct error *err)
{
    struct places places;
    struct driver_options driver_options;
    char **names = NULL;
    if (command_places(options, &places, &driver_options, err) < 0 ||
        catalogue_names(&places, &names, err) < 0)
        return -1;
    int status = 0;
    for (char **name = names; *name != NULL && status == 0; name++) {
        CLEANUP(scenario_freep) struct scenario *scenario = NULL;
        status = catalogue_load(*name, &places, &scenario, err);
        if (status == 0)
            printf("%-18s %-13s %s\n", *name,
                   scenario->settings.has_expectation ? verdict_kind_name(scenario->settings.expect)
                                                      : "",
                   scenario->about != NULL ? scenario->about : "");
    }
    catalogue_free_names(names);
    return status;
}

int command_show(const struct options *options, struct error *err)
{
    struct places places;
    struct driver_options driver_options;
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    CLEANUP(plan_freep) struct plan *plan = NULL;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT((size_t)1024 * 1024);
    if (options->operands[0] == NULL)
        return error_set(err, ERROR_USAGE, "no scenario given: leakcage show NAME");
    if (command_places(options, &places, &driver_options, err) < 0 ||
        catalogue_load(options->operands[0], &places, &scenario, err) < 0 ||
        plan_new(&plan, err) < 0)
        return -1;

    printf("%s: %s\n", scenario->name, scenario->about != NULL ? scenario->about : "");
    for (unsigned i = 0; i < scenario->n_variants; i++) {
        const struct scenario_variant *variant = &scenario->variants[i];
        printf("  variant %-10s %-13s %s\n", variant->name,
               variant->settings.has_expectation ? verdict_kind_name(variant->settings.expect) : "",
               variant->about != NULL ? variant->about : "");
    }
    const struct plan_paths paths = {
        .services_dir = places.services[0] != '\0' ? places.services : NULL,
    };
    if (plan_add(plan, scenario, options->variant, &paths, err) < 0 ||
        plan_write(plan, &text, err) < 0)
        return -1;
    printf("\nas it is run%s%s:\n%s", options->variant != NULL ? ", variant " : "",
           options->variant != NULL ? options->variant : "", buffer_text(&text));
    return 0;
}

int command_doctor(const struct options *options, struct error *err)
{
    struct places places;
    struct driver_options driver_options;
    if (command_places(options, &places, &driver_options, err) < 0)
        return -1;
    struct doctor_report report;
    if (doctor_run(&driver_options, &report, err) < 0)
        return -1;
    doctor_print(&report, stdout);
    return report.chosen != NULL ? EXIT_AS_EXPECTED : EXIT_ENVIRONMENT;
}

static int command_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* What killed sessions left in a folder of results, in those below it, and in the results: a run is
 * explained in the folder of its result. */
static unsigned command_sweep(const char *dir, unsigned depth)
{
    struct dirent **names = NULL;
    unsigned swept = session_sweep(dir);
    int n = depth > 0 ? scandir(dir, &names, command_visible, alphasort) : 0;
    for (int i = 0; i < n; i++) {
        CLEANUP(freep) char *path = file_join(dir, names[i]->d_name);
        if (path != NULL && result_folders_is_folder(path))
            swept += command_sweep(path, depth - 1);
        free(names[i]);
    }
    free(names);
    return swept;
}

/* Behind one session, at its end; see cli/guard.h. What dies with it may write into its folder for
 * a moment yet. */
static int command_clean_behind(const struct options *options)
{
    struct cgroup_base base;
    guard_wait(options->operands[0]);
    for (unsigned i = 0; i < CLEAN_LOOKS; i++) {
        if (i > 0)
            clock_sleep_until(clock_now_ns() + CLEAN_LOOK_NS);
        (void)session_sweep(options->output_dir);
        (void)temporary_sweep();
        if (cgroup_base_open(true, &base, NULL) == 0)
            (void)cgroup_sweep(&base);
    }
    if (options->driver != NULL && strcmp(options->driver, container_driver.name) == 0)
        (void)container_sweep(NULL);
    return EXIT_AS_EXPECTED;
}

int command_clean(const struct options *options, struct error *err)
{
    (void)err;
    struct cgroup_base base;
    struct error why = {.kind = ERROR_NONE};
    if (options->operands[0] != NULL)
        return command_clean_behind(options);
    unsigned results = command_sweep(options->output_dir, CLEAN_DEPTH_MAX);
    unsigned folders = temporary_sweep();
    unsigned groups = cgroup_base_open(true, &base, NULL) == 0 ? cgroup_sweep(&base) : 0;
    unsigned containers = container_sweep(&why);
    printf("removed %u unfinished result folder%s, %u temporary folder%s, %u cgroup%s and %u "
           "container%s of sessions that are no more\n",
           results, results == 1 ? "" : "s", folders, folders == 1 ? "" : "s", groups,
           groups == 1 ? "" : "s", containers, containers == 1 ? "" : "s");
    if (why.kind != ERROR_NONE)
        printf("could not look for containers: %s\n", why.text);
    return EXIT_AS_EXPECTED;
}

int command_guest(const struct options *options, struct error *err)
{
    struct driver_options driver_options = options->driver_options;
    driver_options.engine_home = GUEST_ENGINE_HOME;
    if (options->operands[0] == NULL)
        return error_set(err, ERROR_USAGE, "no work folder given");
    return session_run_for(options->operands[0], &native_driver, &driver_options,
                           &instruments_table, STDOUT_FILENO, err);
}
