/* A scenario (scenario/scenario.h), the plan that is made of it, and that plan as JSON, as it goes
 * to a guest and into run.json; what is no scenario is read as such a plan. */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "scenario/plan.h"
#include "tests/fuzz/fuzz.h"

#define OUT_MAX ((size_t)64 << 20)

static char services[PATH_MAX];
static char scenarios[PATH_MAX];

/* Programs for the scenarios' services. */
static void set_up(void)
{
    static const char *const programs[] = {"services/clean", "services/json-tree",
                                           "services/unclosed-body", "services/upstream",
                                           "scenarios/local"};
    if (services[0] != '\0')
        return;
    snprintf(services, sizeof(services), "%s/services", fuzz_folder());
    snprintf(scenarios, sizeof(scenarios), "%s/scenarios", fuzz_folder());
    for (size_t i = 0; i < ARRAY_LENGTH(programs); i++) {
        char path[PATH_MAX + 64];
        snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), programs[i]);
        fuzz_write(programs[i], "#!/bin/sh\n", 10);
        FUZZ_REQUIRE(chmod(path, 0755) == 0);
    }
}

/* Read back it is the same. */
static void check_writing(const struct plan *plan)
{
    CLEANUP(buffer_done) struct buffer first = BUFFER_INIT(OUT_MAX);
    CLEANUP(buffer_done) struct buffer second = BUFFER_INIT(OUT_MAX);
    CLEANUP(plan_freep) struct plan *again = NULL;
    struct error err = {.kind = ERROR_NONE};
    FUZZ_REQUIRE(plan_write(plan, &first, &err) == 0);
    fuzz_require_harmless("a plan", buffer_text(&first), first.length, true);
    if (plan_read("plan", buffer_text(&first), first.length, &again, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    FUZZ_REQUIRE(plan_write(again, &second, &err) == 0);
    fuzz_require_same("what was written", buffer_text(&first), buffer_text(&second));
}

static void check_values(const struct plan *plan)
{
    const uint16_t ports[SCENARIO_DEPENDENCIES_MAX + 1] = {8080, 8081, 8082, 8083, 8084};
    const struct plan_values values = {.ports = ports, .data_dir = "/data"};
    for (size_t i = 0; i < plan->n_runs; i++) {
        const struct program *service = &plan->runs[i].settings.service;
        for (size_t k = 0; service->command != NULL && service->command[k] != NULL; k++) {
            CLEANUP(freep)
            char *filled =
                plan_fill_values(&plan->runs[i].settings, 0, service->command[k], &values);
            FUZZ_REQUIRE(filled != NULL);
        }
    }
}

static void check_plan(const struct scenario *scenario)
{
    const struct plan_paths paths = {.services_dir = services};
    CLEANUP(plan_freep) struct plan *plan = NULL;
    struct error err = {.kind = ERROR_NONE};
    FUZZ_REQUIRE(plan_new(&plan, &err) == 0);
    if (plan_add_all(plan, scenario, &paths, &err) < 0) {
        FUZZ_REQUIRE(err.kind == ERROR_USAGE || err.kind == ERROR_ENVIRONMENT);
        fuzz_require_error(&err, err.kind);
        return;
    }
    FUZZ_REQUIRE(plan->n_runs == scenario->n_variants + 1);
    check_writing(plan);
    check_values(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = fuzz_text(data, size);
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    CLEANUP(plan_freep) struct plan *plan = NULL;
    struct error err = {.kind = ERROR_NONE};
    set_up();
    if (scenario_load_text("input.json", scenarios, text, &scenario, &err) == 0) {
        FUZZ_REQUIRE(scenario_is_name(scenario->name));
        check_plan(scenario);
        return 0;
    }
    fuzz_require_error(&err, ERROR_USAGE);
    if (plan_read("plan.json", text, size, &plan, &err) == 0)
        check_writing(plan);
    else
        fuzz_require_error(&err, ERROR_USAGE);
    return 0;
}
