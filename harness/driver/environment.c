#include "driver/environment.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void environment_done(struct environment *environment)
{
    for (size_t i = 0; i < environment->n_entries; i++)
        free(environment->entries[i]);
    free(environment->entries);
    *environment = ENVIRONMENT_INIT;
}

/* Where an entry of the same key stands; n_entries when there is none. */
static size_t environment_find(const struct environment *environment, const char *entry)
{
    size_t key = strcspn(entry, "=");
    size_t i = 0;
    for (; i < environment->n_entries; i++)
        if (strncmp(environment->entries[i], entry, key) == 0 &&
            (environment->entries[i][key] == '=' || environment->entries[i][key] == '\0'))
            break;
    return i;
}

int environment_set(struct environment *environment, const char *entry, struct error *err)
{
    if (environment->n_entries + 2 > environment->capacity) {
        size_t capacity = environment->capacity > 0 ? environment->capacity * 2 : 64;
        char **larger = reallocarray(environment->entries, capacity, sizeof(*larger));
        if (larger == NULL)
            return error_out_of_memory(err);
        environment->entries = larger;
        environment->capacity = capacity;
    }
    char *copy = strdup(entry);
    if (copy == NULL)
        return error_out_of_memory(err);

    size_t at = environment_find(environment, entry);
    if (at == environment->n_entries)
        environment->n_entries++;
    else
        free(environment->entries[at]);
    environment->entries[at] = copy;
    environment->entries[environment->n_entries] = NULL;
    return 0;
}

int environment_set_text(struct environment *environment, const char *name, const char *text,
                         struct error *err)
{
    CLEANUP(freep) char *entry = NULL;
    if (asprintf(&entry, "%s=%s", name, text) < 0) {
        entry = NULL;
        return error_out_of_memory(err);
    }
    return environment_set(environment, entry, err);
}

int environment_add_all(struct environment *environment, char *const *entries, struct error *err)
{
    for (; *entries != NULL; entries++)
        if (environment_set(environment, *entries, err) < 0)
            return -1;
    return 0;
}

int environment_set_port(struct environment *environment, const char *name, unsigned port,
                         struct error *err)
{
    char entry[128];
    size_t length = 0;
    for (; name != NULL && *name != '\0' && length < sizeof(entry) - 16; name++) {
        unsigned char byte = (unsigned char)*name;
        entry[length++] = isalnum(byte) ? (char)toupper(byte) : '_';
    }
    snprintf(entry + length, sizeof(entry) - length, "%sPORT=%u", length > 0 ? "_" : "", port);
    return environment_set(environment, entry, err);
}
