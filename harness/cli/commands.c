#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/catalogue.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/places.h"
#include "driver/container.h"
#include "driver/doctor.h"
#include "driver/native.h"
#include "driver/vm_driver.h"
#include "memory/cgroup.h"
#include "run/session.h"
#include "scenario/record_files.h"

/* A tmpfs of the guest's, gone with it. */
#define GUEST_ENGINE_HOME "/run/leakcage-engine"

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

int command_clean(const struct options *options, struct error *err)
{
    (void)err;
    struct cgroup_base base;
    struct error why = {.kind = ERROR_NONE};
    unsigned results = session_sweep(options->output_dir);
    unsigned groups = cgroup_base_open(true, &base, NULL) == 0 ? cgroup_sweep(&base) : 0;
    unsigned containers = container_sweep(&why);
    printf("removed %u unfinished result folder%s, %u cgroup%s and %u container%s of sessions that "
           "are no more\n",
           results, results == 1 ? "" : "s", groups, groups == 1 ? "" : "s", containers,
           containers == 1 ? "" : "s");
    if (why.kind != ERROR_NONE)
        printf("could not look for containers: %s\n", why.text);
    return EXIT_AS_EXPECTED;
}

static void command_vm_output(void *context, int fd, const char *data, size_t length)
{
    (void)context;
    while (length > 0) {
        ssize_t part = write(fd, data, length);
        if (part <= 0)
            return;
        data += part;
        length -= (size_t)part;
    }
}

int command_vm(const struct options *options, struct error *err)
{
    struct places places;
    struct driver_options driver_options;
    if (options->service_command == NULL || options->service_command[0] == NULL)
        return error_set(err, ERROR_USAGE, "no command given: leakcage vm -- COMMAND");
    if (command_places(options, &places, &driver_options, err) < 0)
        return -1;
    if (vm_driver.probe(&driver_options, err) != 0)
        return error_prefix(err, "driver vm cannot run here");
    return vm_driver_run_command(&driver_options, options->service_command, options->operands[0],
                                 command_vm_output, err);
}

int command_guest(const struct options *options, struct error *err)
{
    struct driver_options driver_options = options->driver_options;
    driver_options.engine_home = GUEST_ENGINE_HOME;
    if (options->operands[0] == NULL)
        return error_set(err, ERROR_USAGE, "no work folder given");
    return session_run_for(options->operands[0], &native_driver, &driver_options, STDOUT_FILENO,
                           err);
}
