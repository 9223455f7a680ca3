#include "scenario/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "scenario/plan_resolve.h"
#include "scenario/tables.h"

int plan_new(struct plan **ret, struct error *err)
{
    CLEANUP(plan_freep) struct plan *plan = calloc(1, sizeof(*plan));
    if (plan == NULL)
        return error_out_of_memory(err);
    plan->arena = arena_new();
    if (plan->arena == NULL)
        return error_out_of_memory(err);
    *ret = take_ptr(&plan);
    return 0;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    arena_free(plan->arena);
    free(plan->runs);
    free(plan);
}

void plan_freep(struct plan **plan)
{
    plan_free(*plan);
}

static bool plan_has_id(const struct plan *plan, const char *id)
{
    for (size_t i = 0; i < plan->n_runs; i++)
        if (strcmp(plan->runs[i].id, id) == 0)
            return true;
    return false;
}

/* Room for a number behind it. */
#define ID_STEM_MAX (sizeof(((struct run_spec *)NULL)->id) - sizeof(".4294967295"))

/* "name", "name.variant", "name.variant.tag", or the alias, and ".2", ".3"… behind it when that is
 * taken. */
static void plan_make_id(const struct plan *plan, struct run_spec *run)
{
    char id[ID_STEM_MAX];
    snprintf(id, sizeof(id), "%.*s%s%.*s%s%s", SCENARIO_NAME_MAX, run->scenario,
             run->variant != NULL ? "." : "", SCENARIO_NAME_MAX,
             run->variant != NULL ? run->variant : "", run->tag != NULL ? "." : "",
             run->tag != NULL ? run->tag : "");
    if (run->alias != NULL)
        snprintf(id, sizeof(id), "%s", run->alias);
    for (;; run->repeat = run->repeat == 0 ? 2 : run->repeat + 1) {
        if (run->repeat > 0)
            snprintf(run->id, sizeof(run->id), "%s.%u", id, run->repeat);
        else
            snprintf(run->id, sizeof(run->id), "%s", id);
        if (!plan_has_id(plan, run->id))
            return;
    }
}

int plan_append(struct plan *plan, const struct run_spec *run, struct error *err)
{
    if (plan->n_runs == PLAN_RUNS_MAX)
        return error_set(err, ERROR_USAGE, "found more than %d runs, expected less", PLAN_RUNS_MAX);
    struct run_spec *runs = reallocarray(plan->runs, plan->n_runs + 1, sizeof(*runs));
    if (runs == NULL)
        return error_out_of_memory(err);
    plan->runs = runs;
    runs[plan->n_runs] = *run;
    plan_make_id(plan, &runs[plan->n_runs]);
    plan->n_runs++;
    return 0;
}

const struct scenario_variant *plan_find_variant(const struct scenario *scenario, const char *name,
                                                 struct error *err)
{
    const char *names[SCENARIO_VARIANTS_MAX + 1] = {NULL};
    char list[512] = "none";
    size_t used = 0;
    for (unsigned i = 0; i < scenario->n_variants; i++) {
        names[i] = scenario->variants[i].name;
        if (strcmp(names[i], name) == 0)
            return &scenario->variants[i];
        if (used < sizeof(list))
            used += (size_t)snprintf(list + used, sizeof(list) - used, "%s\"%s\"",
                                     i > 0 ? ", " : "", names[i]);
    }
    const char *near = json_nearest(name, names);
    error_set(err, ERROR_USAGE, "%s: found no variant \"%.60s\", expected one of: %s%s%s%s",
              scenario->source, name, list, near != NULL ? "; did you mean \"" : "",
              near != NULL ? near : "", near != NULL ? "\"?" : "");
    return NULL;
}

/* What `dir` stands for; NULL when out of memory. */
static const char *plan_map(struct arena *arena, const struct plan_paths *paths, const char *dir)
{
    if (paths == NULL || paths->from == NULL)
        return dir;
    CLEANUP(freep) char *real = realpath(dir, NULL);
    size_t length = strlen(paths->from);
    if (real == NULL || strncmp(real, paths->from, length) != 0 ||
        (real[length] != '/' && real[length] != '\0'))
        return dir;
    return arena_printf(arena, "%s%s", paths->to, real + length);
}

static int plan_make_place(struct arena *arena, const struct scenario *scenario,
                           const struct plan_paths *paths, struct plan_place *ret,
                           struct error *err)
{
    CLEANUP(freep) char *working_dir = getcwd(NULL, 0);
    if (working_dir == NULL)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot tell the working directory");

    const char *dir = strcmp(scenario->dir, ".") == 0 ? "" : scenario->dir;
    const char *services_dir = paths != NULL ? paths->services_dir : NULL;
    struct plan_place place = {.arena = arena};
    place.load_working_dir = arena_strdup(arena, working_dir);
    place.load_dir = *dir == '\0' ? place.load_working_dir : plan_absolute(arena, working_dir, dir);
    if (services_dir != NULL)
        place.services_dir = plan_absolute(arena, working_dir, services_dir);
    if (place.load_working_dir == NULL || place.load_dir == NULL ||
        (services_dir != NULL && place.services_dir == NULL))
        return error_out_of_memory(err);
    place.working_dir = plan_map(arena, paths, place.load_working_dir);
    place.dir = plan_map(arena, paths, place.load_dir);
    if (place.working_dir == NULL || place.dir == NULL)
        return error_out_of_memory(err);
    *ret = place;
    return 0;
}

/* "scenarios/a.json: variant "fixed"" in front. */
static int plan_error_prefix(const struct scenario *scenario, const char *variant,
                             struct error *err)
{
    if (variant == NULL)
        return error_prefix(err, "%s", scenario->source);
    return error_prefix(err, "%s: variant \"%s\"", scenario->source, variant);
}

int plan_add(struct plan *plan, const struct scenario *scenario, const char *variant,
             const struct plan_paths *paths, struct error *err)
{
    struct run_spec run = {.settings = scenario->settings};
    const char *about = scenario->about;
    if (variant != NULL) {
        const struct scenario_variant *found = plan_find_variant(scenario, variant, err);
        if (found == NULL)
            return -1;
        run.settings = found->settings;
        about = found->about != NULL ? found->about : about;
    }

    run.scenario = arena_strdup(plan->arena, scenario->name);
    run.source = arena_strdup(plan->arena, scenario->source);
    run.variant = arena_strdup(plan->arena, variant);
    run.about = arena_strdup(plan->arena, about);
    if (run.scenario == NULL || run.source == NULL || (variant != NULL && run.variant == NULL) ||
        (about != NULL && run.about == NULL))
        return error_out_of_memory(err);
    if (settings_keep(&run.settings, plan->arena, err) < 0)
        return -1;

    char key[SETTINGS_KEY_MAX];
    if (settings_check(&run.settings, key, err) < 0) {
        error_prefix(err, "$.%s", key);
        return plan_error_prefix(scenario, variant, err);
    }
    struct plan_place place;
    if (plan_make_place(plan->arena, scenario, paths, &place, err) < 0)
        return -1;
    if (plan_resolve(&place, &run.settings, err) < 0)
        return plan_error_prefix(scenario, variant, err);
    return plan_append(plan, &run, err);
}

int plan_add_all(struct plan *plan, const struct scenario *scenario, const struct plan_paths *paths,
                 struct error *err)
{
    size_t before = plan->n_runs;
    int result = plan_add(plan, scenario, NULL, paths, err);
    for (unsigned i = 0; i < scenario->n_variants && result == 0; i++)
        result = plan_add(plan, scenario, scenario->variants[i].name, paths, err);
    if (result < 0)
        plan->n_runs = before;
    return result;
}

int plan_repeat(struct plan *plan, size_t index, struct error *err)
{
    const struct run_spec run = plan->runs[index];
    return plan_append(plan, &run, err);
}

/* Which program's port a placeholder stands for; -1: none. */
static int plan_port_index(const struct settings *settings, unsigned self,
                           const struct placeholder *placeholder)
{
    if (placeholder_is(placeholder, "port"))
        return (int)self;
    if (placeholder_is_port_of(placeholder, "service"))
        return 0;
    for (unsigned i = 0; i < settings->n_dependencies; i++)
        if (placeholder_is_port_of(placeholder, settings->dependencies[i].name))
            return (int)i + 1;
    return -1;
}

/* Append what the placeholder stands for. */
static int plan_fill_one(const struct settings *settings, unsigned self,
                         const struct placeholder *placeholder, const struct plan_values *values,
                         struct buffer *out)
{
    if (placeholder->escaped) {
        /* {{word}}: all but the outer braces. */
        if (buffer_append_text(out, "{", NULL) < 0 ||
            buffer_append(out, placeholder->name, placeholder->name_length, NULL) < 0)
            return -1;
        return buffer_append_text(out, "}", NULL);
    }
    if (placeholder_is(placeholder, "data"))
        return buffer_append_text(out, values->data_dir, NULL);
    int index = plan_port_index(settings, self, placeholder);
    return index < 0 ? -1 : buffer_printf(out, NULL, "%u", values->ports[index]);
}

char *plan_fill_values(const struct settings *settings, unsigned self, const char *text,
                       const struct plan_values *values)
{
    size_t longest = strlen(values->data_dir) + sizeof("65535");
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT((strlen(text) + 1) * longest);
    struct placeholder found;
    size_t at = 0;
    for (; placeholder_next(text, at, &found); at = found.end)
        if (buffer_append(&out, text + at, found.start - at, NULL) < 0 ||
            plan_fill_one(settings, self, &found, values, &out) < 0)
            return NULL;
    if (buffer_append_text(&out, text + at, NULL) < 0)
        return NULL;
    return take_ptr(&out.data);
}
