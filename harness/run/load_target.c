#include "run/load_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "driver/environment.h"
#include "driver/launch_user.h"

struct load_target {
    struct load_command command;
    struct environment environment;
    char **words; /* owned, each too */
    char *cwd;
    struct account account;
};

void load_target_free(struct load_target *target)
{
    if (target == NULL)
        return;
    for (size_t i = 0; target->words != NULL && target->words[i] != NULL; i++)
        free(target->words[i]);
    free(target->words);
    free(target->cwd);
    environment_done(&target->environment);
    free(target);
}

void load_target_freep(struct load_target **target)
{
    load_target_free(*target);
}

const struct load_command *load_target_command(const struct load_target *target)
{
    return &target->command;
}

/* The port in "http://127.0.0.1:8080"; 0 where there is none. */
static uint16_t load_target_port(const char *url)
{
    const char *colon = url != NULL ? strrchr(url, ':') : NULL;
    return colon != NULL ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
}

static int load_target_fill_words(const struct load_place *place, const struct plan_values *values,
                                  struct load_target *target, struct error *err)
{
    const struct settings *settings = &place->spec->settings;
    const char *const *command = settings->load.command;
    size_t count = 0;
    while (command[count] != NULL)
        count++;
    target->words = calloc(count + 1, sizeof(*target->words));
    if (target->words == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < count; i++)
        if ((target->words[i] = plan_fill_values(settings, 0, command[i], values)) == NULL)
            return error_out_of_memory(err);
    if (settings->load.command_cwd == NULL)
        return 0;
    target->cwd = plan_fill_values(settings, 0, settings->load.command_cwd, values);
    return target->cwd != NULL ? 0 : error_out_of_memory(err);
}

static int load_target_set_environment(const struct load_place *place,
                                       const struct plan_values *values, struct load_target *target,
                                       struct error *err)
{
    const struct settings *settings = &place->spec->settings;
    struct environment *environment = &target->environment;
    const char *url = place->driver->endpoint(place->instance, 0);
    if (environment_add_all(environment, environ, err) < 0 ||
        environment_set_text(environment, "LEAKCAGE_DATA", values->data_dir, err) < 0)
        return -1;
    if (url != NULL && (environment_set_text(environment, "LEAKCAGE_URL", url, err) < 0 ||
                        environment_set_port(environment, NULL, values->ports[0], err) < 0))
        return -1;
    for (unsigned i = 0; i < settings->n_dependencies; i++)
        if (environment_set_port(environment, settings->dependencies[i].name, values->ports[i + 1],
                                 err) < 0)
            return -1;
    return 0;
}

/* Nothing can be below the data folder before the first start, so what is named there is made. */
static bool load_target_is_in_data(const struct load_place *place, const struct load_target *target)
{
    const char *data_dir = place->files->data_dir;
    return target->cwd != NULL && strncmp(target->cwd, data_dir, strlen(data_dir)) == 0;
}

/* As whom it runs, and what has to be his: as the service does when nobody was named, and else as
 * ourselves. `*ret` NULL: ourselves. */
static int load_target_find_user(const struct load_place *place, struct load_target *target,
                                 const struct account **ret, struct error *err)
{
    const struct settings *settings = &place->spec->settings;
    const char *data_dir = place->files->data_dir;
    if (settings->service.user != NULL)
        return 0;
    if (launch_user_find(NULL, &target->account, ret, err) < 0)
        return -1;
    if (*ret == NULL)
        return 0;
    bool in_data = load_target_is_in_data(place, target);
    if ((settings->image != NULL && launch_user_give(*ret, data_dir, err) < 0) ||
        (target->cwd != NULL && !in_data && launch_user_reach(*ret, target->cwd, err) < 0))
        return error_prefix(err, "the load's folder is out of reach");
    for (char **word = target->words; *word != NULL; word++)
        if (**word == '/' && launch_user_reach(*ret, *word, err) < 0)
            return error_prefix(err, "%s of the load is out of reach", *word);
    return launch_user_describe(*ret, &target->environment, err);
}

int load_target_new(const struct load_place *place, struct load_target **ret, struct error *err)
{
    CLEANUP(load_target_freep) struct load_target *target = calloc(1, sizeof(*target));
    uint16_t ports[1 + SCENARIO_DEPENDENCIES_MAX] = {0};
    if (target == NULL)
        return error_out_of_memory(err);
    target->environment = ENVIRONMENT_INIT;
    for (unsigned i = 0; i <= place->spec->settings.n_dependencies; i++)
        ports[i] = load_target_port(place->driver->endpoint(place->instance, i));
    const struct plan_values values = {.ports = ports, .data_dir = place->files->data_dir};
    if (load_target_fill_words(place, &values, target, err) < 0 ||
        load_target_set_environment(place, &values, target, err) < 0)
        return -1;
    const struct account *user = NULL;
    if (load_target_find_user(place, target, &user, err) < 0)
        return -1;
    target->command = (struct load_command){
        .argv = target->words,
        .env = target->environment.entries,
        .cwd = target->cwd,
        .make_cwd = load_target_is_in_data(place, target),
        .log_path = place->files->load_log_path,
        .user = user,
        .confined = place->spec->settings.service.user == NULL,
    };
    *ret = take_ptr(&target);
    return 0;
}
