#include "cli/run_place.h"

#include <string.h>
#include <unistd.h>

#include "driver/attach.h"
#include "driver/container.h"
#include "driver/registry.h"
#include "scenario/plan_groups.h"

/* Several runs at a time need a machine each. */
static int run_check_jobs(const struct driver *driver, unsigned jobs, struct error *err)
{
    if (jobs <= 1 || driver->relocate != NULL)
        return 0;
    return error_set(err, ERROR_USAGE,
                     "--jobs %u: driver %s runs services on this machine itself, where they would "
                     "take processor time and memory from each other, and the figures would be "
                     "wrong; use --driver vm, which has a guest for each, or --jobs 1",
                     jobs, driver->name);
}

void run_place_warn_of_crowd(unsigned guests, struct console *console)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (cpus > 0 && guests > (unsigned long)cpus)
        console_say(console,
                    "warning: %u guests on %ld processor%s: they wait for each other, samples come "
                    "late, and no time is won (--jobs %ld)",
                    guests, cpus, cpus == 1 ? "" : "s", cpus);
}

/* Why the first place that `auto` would take is not the one that it took, in short; `leakcage
 * doctor` has the whole of it. */
static void run_say_choice(const struct driver *chosen, const struct driver_options *driver_options,
                           const struct plan *plan, struct console *console)
{
    struct error why = {0};
    const struct driver *first = plan->n_runs > 0 && plan->runs[0].settings.image != NULL
                                     ? &container_driver
                                     : registry_drivers[0];
    if (chosen != first && first->probe(driver_options, &why) != 0)
        console_say(console, "driver %s; driver %s cannot run here: %.*s (leakcage doctor)",
                    chosen->name, first->name, (int)strcspn(why.text, ":;\n"), why.text);
}

/* What runs already runs here, and can be driven from nowhere else. 1: the plan attaches to
 * nothing; 0: to something in all its runs, and *ret is the driver for it. */
static int run_choose_attach(const struct options *options, const struct plan *plan,
                             const struct driver **ret, struct error *err)
{
    size_t attached = 0;
    for (size_t i = 0; i < plan->n_runs; i++)
        attached += plan->runs[i].settings.attach != NULL;
    if (attached == 0)
        return 1;
    if (attached < plan->n_runs)
        return error_set(err, ERROR_USAGE,
                         "found scenarios that attach to what runs already beside others; run them "
                         "one after the other");
    if (options->driver != NULL && strcmp(options->driver, "vm") == 0)
        return error_set(err, ERROR_USAGE,
                         "--driver vm: what is attached to runs on this machine, not in a guest; "
                         "leave --driver out");
    if (options->jobs > 1)
        return error_set(err, ERROR_USAGE,
                         "--jobs %u: what is attached to runs on this machine, where one run would "
                         "disturb the other; use --jobs 1",
                         options->jobs);
    *ret = &attach_driver;
    return 0;
}

int run_place_choose(const struct options *options, const struct plan *plan,
                     const struct driver_options *driver_options, struct console *console,
                     const struct driver **ret, struct error *err)
{
    if (plan_check_groups(plan, err) < 0)
        return -1;
    int status = run_choose_attach(options, plan, ret, err);
    if (status <= 0)
        return status;
    if (options->driver == NULL || strcmp(options->driver, "auto") == 0) {
        if (registry_choose(driver_options, plan, ret, err) < 0)
            return -1;
        run_say_choice(*ret, driver_options, plan, console);
        return run_check_jobs(*ret, options->jobs, err);
    }
    if (registry_find(options->driver, ret, err) < 0 ||
        run_check_jobs(*ret, options->jobs, err) < 0)
        return -1;
    if ((*ret)->probe(driver_options, err) != 0 ||
        registry_check_plan(*ret, driver_options, plan, err) < 0)
        return error_prefix(err, "driver %s cannot run here", (*ret)->name);
    return 0;
}
