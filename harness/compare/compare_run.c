#include "compare/compare_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/word_list.h"
#include "cli/overrides.h"
#include "driver/build_probe.h"
#include "driver/native.h"
#include "scenario/build.h"
#include "scenario/tables.h"

static const char *const no_words[] = {NULL};

/* A program that the command line names belongs to the working directory, and not to the folder of
 * the scenario. */
static int compare_set_command(struct arena *arena, const char *const *command,
                               struct program *service, struct error *err)
{
    service->args = no_words;
    service->command = command;
    if (strchr(command[0], '/') == NULL || command[0][0] == '/' || command[0][0] == '{')
        return 0;
    CLEANUP(freep) char *working_dir = getcwd(NULL, 0);
    const char *path =
        working_dir != NULL ? arena_printf(arena, "%s/%s", working_dir, command[0]) : NULL;
    service->command = path != NULL ? words_with_first(arena, command, path) : NULL;
    return service->command != NULL ? 0 : error_out_of_memory(err);
}

/* What --env says is for one variant alone. */
static int compare_choose_env(const struct compare_variant *variant, struct options *options,
                              struct error *err)
{
    options->n_env = 0;
    for (unsigned i = 0; variant->env != NULL && variant->env[i] != NULL; i++) {
        if (i == OPTIONS_ENV_MAX)
            return error_set(err, ERROR_USAGE, "--env: found more than %d variables",
                             OPTIONS_ENV_MAX);
        options->env[options->n_env++] = variant->env[i];
    }
    return 0;
}

/* The scenario as this variant has it, in copy->settings. */
static int compare_apply(const struct compare_request *request,
                         const struct compare_variant *variant, struct scenario *copy,
                         struct error *err)
{
    struct options options = *request->options;
    struct program *service = &copy->settings.service;
    const struct scenario_variant *base = NULL;
    copy->n_variants = 0;
    if (variant->scenario_variant != NULL) {
        base = plan_find_variant(request->scenario, variant->scenario_variant, err);
        if (base == NULL)
            return -1;
        copy->settings = base->settings;
        copy->about = base->about != NULL ? base->about : copy->about;
    }
    if (copy->settings.image != NULL && (variant->build != NULL || variant->preload != NULL))
        return error_set(err, ERROR_USAGE,
                         "%s: found beside the image %s, expected a program of this machine: its "
                         "files are not in a container",
                         variant->build != NULL ? "--builds" : "--allocators",
                         copy->settings.image);
    if (variant->build != NULL)
        (void)settings_choose_build(&copy->settings, variant->build);
    if (variant->command != NULL &&
        compare_set_command(copy->arena, variant->command, service, err) < 0)
        return -1;
    if (compare_choose_env(variant, &options, err) < 0 || overrides_apply(&options, copy, err) < 0)
        return -1;
    if (variant->args != NULL)
        service->args = words_append(copy->arena, service->args, variant->args);
    if (service->args == NULL)
        return error_out_of_memory(err);
    return variant->preload != NULL ? preload_set(variant->preload, copy, &copy->settings, err) : 0;
}

/* The revision that a variant is of; NULL: of none. */
static const struct revision *compare_revision(const struct compare_request *request,
                                               const struct compare_variant *variant)
{
    for (unsigned i = 0; variant->rev != NULL && i < request->revisions->n; i++)
        if (strcmp(request->revisions->list[i].name, variant->rev) == 0)
            return &request->revisions->list[i];
    return NULL;
}

/* A name that is no build's may be one misspelt. Always -1. */
static int compare_unknown_build(const char *build, struct error *err)
{
    const char *names[32] = {NULL};
    for (size_t i = 0; builds[i].name != NULL && i + 1 < ARRAY_LENGTH(names); i++)
        names[i] = builds[i].name;
    const char *near = build_find(build) == NULL ? json_nearest(build, names) : NULL;
    if (near != NULL)
        return error_prefix(err, "--builds: did you mean \"%s\"?", near);
    return error_prefix(err, "--builds");
}

/* The program of this build in place of the plain one. 1: there is none here, and *ret_why says
 * why (the arena's). */
static int compare_choose_build(struct arena *arena, const char *build, struct program *service,
                                const char **ret_why, struct error *err)
{
    CLEANUP(freep) char *found = NULL;
    int status = build_program(service->command[0], build, &found, err);
    if (status < 0)
        return compare_unknown_build(build, err);
    const char *kept = arena_strdup(arena, found);
    if (kept == NULL)
        return error_out_of_memory(err);
    if (status > 0) {
        *ret_why = kept;
        return 1;
    }
    service->command = words_with_first(arena, service->command, kept);
    return service->command != NULL ? 0 : error_out_of_memory(err);
}

/* Random bits of addresses where this will run. Only where this machine has more than some builds
 * bear it has to be known which place that is: a guest has no more than they do. */
static unsigned compare_mmap_rnd_bits(const struct options *options)
{
    unsigned bits = build_mmap_rnd_bits();
    if (bits <= BUILD_MMAP_RND_BITS_MAX)
        return bits;
    bool here = options->driver == NULL || strcmp(options->driver, "auto") == 0
                    ? native_driver.probe(&options->driver_options, NULL) == 0
                    : strcmp(options->driver, native_driver.name) == 0;
    return here ? bits : BUILD_MMAP_RND_BITS_MAX;
}

/* Why this program cannot be run as the variant says; 1: *ret_why does (malloc'd). */
static int compare_probe_program(const struct options *options,
                                 const struct compare_variant *variant, const char *program,
                                 char **ret_why, struct error *err)
{
    int status = build_probe(program, compare_mmap_rnd_bits(options), ret_why, err);
    if (status != 0 || variant->preload == NULL || variant->preload->path[0] == '\0')
        return status;
    if (preload_is_ignored(program, ret_why))
        return *ret_why != NULL ? 1 : error_out_of_memory(err);
    return build_probe_preload(program, ret_why, err);
}

/* The program that this variant runs. 1: it cannot be run so, and its `skipped` says why. */
static int compare_choose_program(const struct compare_request *request,
                                  struct compare_variant *variant, struct arena *arena,
                                  struct run_spec *run, struct error *err)
{
    struct program *service = &run->settings.service;
    CLEANUP(freep) char *why = NULL;
    if (run->settings.image != NULL)
        return 0;
    if (variant->build != NULL) {
        int status = compare_choose_build(arena, variant->build, service, &variant->skipped, err);
        if (status != 0)
            return status;
    }
    if (variant->build == NULL && variant->preload == NULL)
        return 0;
    int status = compare_probe_program(request->options, variant, service->command[0], &why, err);
    if (status <= 0)
        return status;
    variant->skipped = arena_strdup(arena, why);
    return variant->skipped != NULL ? 1 : error_out_of_memory(err);
}

/* Where this variant's names are resolved. 1: its revision could not be built. */
static int compare_paths(const struct compare_request *request, struct compare_variant *variant,
                         struct plan_paths *ret)
{
    const char *services = request->places->services;
    *ret = (struct plan_paths){.services_dir = services[0] != '\0' ? services : NULL};
    const struct revision *revision = compare_revision(request, variant);
    if (revision == NULL)
        return 0;
    revision_set_paths(request->revisions, revision, ret);
    variant->skipped = revision->failed;
    variant->failed = revision->failed != NULL;
    return variant->failed;
}

int compare_run_add(const struct compare_request *request, struct compare_variant *variant,
                    struct plan *plan, struct error *err)
{
    struct plan_paths paths;
    if (variant->skipped != NULL || compare_paths(request, variant, &paths) == 1)
        return 1;
    CLEANUP(freep) struct scenario *copy = malloc(sizeof(*copy));
    if (copy == NULL)
        return error_out_of_memory(err);
    *copy = *request->scenario;
    if (compare_apply(request, variant, copy, err) < 0)
        return -1;
    const char *name = variant->name[0] != '\0' ? variant->name : NULL;
    copy->variants[0] = (struct scenario_variant){.name = name, .settings = copy->settings};
    copy->n_variants = name != NULL;
    if (plan_add(plan, copy, name, &paths, err) < 0)
        return -1;
    struct run_spec *run = &plan->runs[plan->n_runs - 1];
    int status = compare_choose_program(request, variant, plan->arena, run, err);
    if (status != 0)
        plan->n_runs--;
    if (status != 0)
        return status;
    run->label = arena_strdup(plan->arena, variant->label);
    run->build = arena_strdup(plan->arena, variant->build);
    run->allocator =
        variant->preload != NULL ? arena_strdup(plan->arena, variant->preload->name) : NULL;
    run->group = 1;
    run->position = (unsigned)plan->n_runs;
    return run->label != NULL ? 0 : error_out_of_memory(err);
}
