#include "cli/sanitized.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "driver/build_probe.h"
#include "scenario/tables.h"

/* Does the environment set the variable of "K=V"? */
static bool sanitized_sets(const char *const *env, const char *entry)
{
    size_t key = strcspn(entry, "=") + 1;
    for (; *env != NULL; env++)
        if (strncmp(*env, entry, key) == 0)
            return true;
    return false;
}

static int sanitized_append(struct arena *arena, const char *entry, struct program *service,
                            struct error *err)
{
    size_t n = words_count(service->env);
    const char **env = arena_alloc(arena, (n + 2) * sizeof(*env));
    if (env == NULL)
        return error_out_of_memory(err);
    memcpy(env, service->env, n * sizeof(*env));
    env[n] = entry;
    env[n + 1] = NULL;
    service->env = env;
    return 0;
}

/* The options of this sanitizer, ours or those that we have chosen ourselves. */
static int sanitized_set(struct arena *arena, const char *options, struct run_spec *run,
                         struct error *err)
{
    const char *name = arena_strndup(arena, options, strcspn(options, "="));
    if (name == NULL)
        return error_out_of_memory(err);
    const char *ours = getenv(name);
    /* Braces would be placeholders. */
    if (ours == NULL || strchr(ours, '{') != NULL) {
        run->sanitizer_options = options;
        return sanitized_append(arena, options, &run->settings.service, err);
    }
    const char *entry = arena_printf(arena, "%s=%s", name, ours);
    if (entry == NULL)
        return error_out_of_memory(err);
    return sanitized_append(arena, entry, &run->settings.service, err);
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
        if (options != NULL && !sanitized_sets(settings->service.env, options) &&
            sanitized_set(plan->arena, options, run, err) < 0)
            return -1;
    }
    return 0;
}
