#include "cli/sanitized.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/word_list.h"
#include "driver/build_probe.h"

/* The options of this sanitizer, ours or those that we have chosen ourselves. */
static int sanitized_set(struct arena *arena, const char *options, struct run_spec *run,
                         struct error *err)
{
    struct program *service = &run->settings.service;
    const char *entry = options;
    const char *name = arena_strndup(arena, options, strcspn(options, "="));
    if (name == NULL)
        return error_out_of_memory(err);
    const char *ours = getenv(name);
    /* Braces would be placeholders. */
    if (ours == NULL || strchr(ours, '{') != NULL)
        run->sanitizer_options = options;
    else
        entry = arena_printf(arena, "%s=%s", name, ours);
    service->env = entry != NULL ? words_set_variable(arena, service->env, entry) : NULL;
    return service->env != NULL ? 0 : error_out_of_memory(err);
}

int sanitized_prepare(struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan->n_runs; i++) {
        struct run_spec *run = &plan->runs[i];
        const struct settings *settings = &run->settings;
        const char *program = settings->service.command[0];
        struct build_facts facts;
        /* What may be run but not read shows nothing. */
        if (settings->image != NULL || settings->attach != NULL || program == NULL ||
            build_facts_read(program, &facts, NULL) < 0)
            continue;
        const char *options = build_sanitizer_options(facts.sanitizer);
        const char *const *env = settings->service.env;
        if (options != NULL && env[words_find_variable(env, options)] == NULL &&
            sanitized_set(plan->arena, options, run, err) < 0)
            return -1;
    }
    return 0;
}
