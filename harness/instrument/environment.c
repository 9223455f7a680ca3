#include "instrument/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "driver/environment.h"
#include "scenario/placeholder.h"

struct instrument_environment {
    struct environment environment;
    const struct run_spec *spec; /* borrowed */
};

void instrument_environment_free(struct instrument_environment *environment)
{
    if (environment == NULL)
        return;
    environment_done(&environment->environment);
    free(environment);
}

int instrument_environment_new(const struct run_spec *spec, struct instrument_environment **ret,
                               struct error *err)
{
    static const char *const nothing[] = {NULL};
    const char *const *entry = spec->settings.service.env;
    struct instrument_environment *environment = calloc(1, sizeof(*environment));
    if (environment == NULL)
        return error_out_of_memory(err);
    environment->spec = spec;
    for (entry = entry != NULL ? entry : nothing; *entry != NULL; entry++) {
        if (environment_set(&environment->environment, *entry, err) == 0)
            continue;
        instrument_environment_free(environment);
        return -1;
    }
    *ret = environment;
    return 0;
}

const char *const *instrument_environment_list(const struct instrument_environment *environment)
{
    static const char *const nothing[] = {NULL};
    const char *const *entries = (const char *const *)environment->environment.entries;
    return entries != NULL ? entries : nothing;
}

const char *instrument_environment_get(const struct instrument_environment *environment,
                                       const char *name)
{
    size_t length = strlen(name);
    const char *const *entry = instrument_environment_list(environment);
    for (; *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    /* What we have the service has too, but for one in a container. */
    return environment->spec->settings.image == NULL ? getenv(name) : NULL;
}

int instrument_environment_add(struct instrument_environment *environment, const char *name,
                               const char *value, char separator, struct error *err)
{
    CLEANUP(freep) char *escaped = placeholder_escape(value);
    CLEANUP(freep) char *entry = NULL;
    const char *there = separator != '\0' ? instrument_environment_get(environment, name) : NULL;
    if (environment->spec->settings.attach != NULL)
        return error_set(err, ERROR_ENVIRONMENT,
                         "%s is not in the environment that it was started with, and cannot be put "
                         "there now: start it by leakcage (leakcage explain -- COMMAND)",
                         name);
    if (escaped == NULL)
        return error_out_of_memory(err);
    bool joined = there != NULL && *there != '\0';
    const char between[] = {joined ? separator : '\0', '\0'};
    if (asprintf(&entry, "%s=%s%s%s", name, escaped, between, joined ? there : "") < 0) {
        entry = NULL;
        return error_out_of_memory(err);
    }
    return environment_set(&environment->environment, entry, err);
}
