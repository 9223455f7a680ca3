#include "driver/container_command.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "driver/environment.h"

#define COMMAND_WORDS_MAX 2048

void container_command_done(struct container_command *command)
{
    for (size_t i = 0; i < command->n_words; i++)
        free(command->words[i]);
    free(command->words);
    *command = (struct container_command){.words = NULL};
}

/* Appends words and remembers the first failure, which is looked at once, at the end. */
struct command_maker {
    const struct container_order *order;
    struct plan_values values;
    struct container_command command;
    bool failed;
};

static void command_done(struct command_maker *maker)
{
    container_command_done(&maker->command);
}

/* Takes the text over; NULL is a failure. */
static void command_take(struct command_maker *maker, char *text)
{
    if (text != NULL && maker->command.n_words < COMMAND_WORDS_MAX)
        maker->command.words[maker->command.n_words++] = text;
    else {
        free(text);
        maker->failed = true;
    }
}

__attribute__((format(printf, 2, 3))) static void command_add(struct command_maker *maker,
                                                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    command_take(maker, text);
    va_end(arguments);
}

static char *command_fill(const struct command_maker *maker, const char *text)
{
    return plan_fill_values(maker->order->settings, 0, text, &maker->values);
}

/* Who it is, where its id goes, and what would only be in the way. */
static void command_identity(struct command_maker *maker)
{
    const struct container_order *order = maker->order;
    command_add(maker, "run");
    command_add(maker, "--name=%s", order->name);
    command_add(maker, "--label=" CONTAINER_OWNER_LABEL "=%s", order->owner);
    command_add(maker, "--cidfile=%s", order->id_path);
    command_add(maker, "--pull=never");
    command_add(maker, "--restart=no");
    command_add(maker, "--log-driver=none"); /* what it prints comes to us */
    command_add(maker, "--security-opt=label=disable");
    if (!order->engine->is_podman)
        return;
    command_add(maker, "--pidfile=%s", order->pid_path);
    command_add(maker, "--http-proxy=false");
    command_add(maker, "--quiet");
}

/* memory-swap is the sum of both: no swap. A reservation or the like is not set. */
static void command_limits(struct command_maker *maker)
{
    const struct settings *settings = maker->order->settings;
    if (settings->limit_bytes != SCENARIO_NO_LIMIT) {
        command_add(maker, "--memory=%" PRIu64, settings->limit_bytes);
        command_add(maker, "--memory-swap=%" PRIu64, settings->limit_bytes);
    }
    if (settings->pids > 0)
        command_add(maker, "--pids-limit=%" PRIu64, settings->pids);
    if (settings->cpus > 0)
        command_add(maker, "--cpus=%.3f", settings->cpus);
    if (!maker->order->engine->is_podman)
        return;
    command_add(maker, "--cgroup-conf=memory.oom.group=%d", settings->oom_group ? 1 : 0);
    if (settings->high_bytes != SCENARIO_NO_LIMIT)
        command_add(maker, "--cgroup-conf=memory.high=%" PRIu64, settings->high_bytes);
    if (settings->min_bytes != SCENARIO_NO_LIMIT)
        command_add(maker, "--cgroup-conf=memory.min=%" PRIu64, settings->min_bytes);
}

/* PORT, NAME_PORT, LEAKCAGE_DATA, then what the scenario sets. */
static int command_environment(struct command_maker *maker, struct error *err)
{
    const struct container_order *order = maker->order;
    const struct settings *settings = order->settings;
    CLEANUP(environment_done) struct environment environment = ENVIRONMENT_INIT;
    CLEANUP(freep) char *data = NULL;
    if (asprintf(&data, "LEAKCAGE_DATA=%s", order->data_dir) < 0) {
        data = NULL;
        return error_out_of_memory(err);
    }
    if (environment_set_port(&environment, NULL, order->ports[0], err) < 0 ||
        environment_set(&environment, data, err) < 0)
        return -1;
    for (unsigned i = 0; i < settings->n_dependencies; i++)
        if (environment_set_port(&environment, settings->dependencies[i].name, order->ports[i + 1],
                                 err) < 0)
            return -1;
    for (const char *const *entry = settings->service.env; *entry != NULL; entry++) {
        CLEANUP(freep) char *filled = command_fill(maker, *entry);
        if (filled == NULL)
            return error_out_of_memory(err);
        if (environment_set(&environment, filled, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < environment.n_entries; i++)
        command_add(maker, "--env=%s", environment.entries[i]);
    return 0;
}

static void command_surroundings(struct command_maker *maker)
{
    const struct container_order *order = maker->order;
    const struct program *service = &order->settings->service;
    if (order->host_port == 0)
        command_add(maker, "--network=host");
    else
        command_add(maker, "--publish=127.0.0.1:%u:%u", order->host_port, order->ports[0]);
    if (service->user != NULL)
        command_add(maker, "--user=%s", service->user);
    if (service->cwd != NULL) {
        CLEANUP(freep) char *cwd = command_fill(maker, service->cwd);
        command_add(maker, "--workdir=%s", cwd != NULL ? cwd : "");
        maker->failed = maker->failed || cwd == NULL;
    }
    command_add(maker, "--mount=type=bind,source=%s,target=%s", order->data_dir, order->data_dir);
}

static void command_words(struct command_maker *maker, const char *const *words)
{
    for (; *words != NULL; words++)
        command_take(maker, command_fill(maker, *words));
}

/* The image, and what runs in it: the words of a command are its CMD, but a pod's command is
 * Kubernetes' word for the ENTRYPOINT. */
static void command_program(struct command_maker *maker)
{
    const struct settings *settings = maker->order->settings;
    const char *const *words = settings->service.command;
    if (settings->pod != NULL && words[0] != NULL) {
        CLEANUP(freep) char *program = command_fill(maker, *words++);
        command_add(maker, "--entrypoint=%s", program != NULL ? program : "");
        maker->failed = maker->failed || program == NULL;
    }
    command_add(maker, "%s", maker->order->image);
    command_words(maker, words);
    command_words(maker, settings->service.args);
}

int container_command_make(const struct container_order *order, struct container_command *ret,
                           struct error *err)
{
    CLEANUP(command_done)
    struct command_maker maker = {
        .order = order,
        .values = {.ports = order->ports, .data_dir = order->data_dir},
    };
    if (strchr(order->data_dir, ',') != NULL)
        return error_set(err, ERROR_USAGE,
                         "the results are in %s, and an engine's --mount takes no path with a "
                         "comma: choose another folder (-o)",
                         order->data_dir);
    maker.command.words = calloc(COMMAND_WORDS_MAX + 1, sizeof(*maker.command.words));
    if (maker.command.words == NULL)
        return error_out_of_memory(err);
    command_identity(&maker);
    command_limits(&maker);
    if (command_environment(&maker, err) < 0)
        return -1;
    command_surroundings(&maker);
    command_program(&maker);
    if (maker.failed)
        return error_out_of_memory(err);
    *ret = maker.command;
    maker.command = (struct container_command){.words = NULL};
    return 0;
}
