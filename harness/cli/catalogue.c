#include "cli/catalogue.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "scenario/confinement.h"

#define SUFFIX      ".json"
#define SCHEMA_FILE "schema.json"

static int catalogue_is_scenario(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    size_t suffix = strlen(SUFFIX);
    return length > suffix && strcmp(entry->d_name + length - suffix, SUFFIX) == 0 &&
           strcmp(entry->d_name, SCHEMA_FILE) != 0;
}

int catalogue_names(const struct places *places, char ***ret, struct error *err)
{
    struct dirent **entries = NULL;
    if (places->scenarios[0] == '\0')
        return error_set(err, ERROR_ENVIRONMENT, "the catalogue is not installed");
    int n = scandir(places->scenarios, &entries, catalogue_is_scenario, alphasort);
    if (n < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot read %s", places->scenarios);

    char **names = calloc((size_t)n + 1, sizeof(*names));
    for (int i = 0; i < n; i++) {
        size_t length = strlen(entries[i]->d_name) - strlen(SUFFIX);
        if (names != NULL)
            names[i] = strndup(entries[i]->d_name, length);
        free(entries[i]);
    }
    free(entries);
    if (names == NULL)
        return error_out_of_memory(err);
    *ret = names;
    return 0;
}

void catalogue_free_names(char **names)
{
    for (char **name = names; name != NULL && *name != NULL; name++)
        free(*name);
    free(names);
}

static int catalogue_unknown(const char *name, const struct places *places, struct error *err)
{
    char **names = NULL;
    if (catalogue_names(places, &names, NULL) < 0)
        return error_set(err, ERROR_USAGE, "there is no scenario file \"%.200s\"", name);
    const char *near = json_nearest(name, (const char *const *)names);
    error_set(err, ERROR_USAGE,
              "there is no scenario \"%.200s\", neither a file nor a name of the catalogue%s%s%s",
              name, near != NULL ? "; did you mean " : "", near != NULL ? near : "",
              near != NULL ? "?" : " (leakcage list)");
    catalogue_free_names(names);
    return -1;
}

int catalogue_load(const char *name, const struct places *places, struct scenario **ret,
                   struct error *err)
{
    if (strchr(name, '/') != NULL || strstr(name, SUFFIX) != NULL || access(name, R_OK) == 0)
        return scenario_load(name, ret, err);

    CLEANUP(freep) char *path = NULL;
    if (asprintf(&path, "%s/%s" SUFFIX, places->scenarios, name) < 0) {
        path = NULL;
        return error_out_of_memory(err);
    }
    if (places->scenarios[0] == '\0' || access(path, F_OK) < 0)
        return catalogue_unknown(name, places, err);
    return scenario_load(path, ret, err);
}

bool catalogue_allows_outside(const struct options *options)
{
    const char *asked = getenv("LEAKCAGE_ALLOW_OUTSIDE");
    return options->allow_outside || (asked != NULL && strcmp(asked, "1") == 0);
}

int catalogue_open(const char *name, const struct options *options, const struct places *places,
                   struct scenario **ret, struct error *err)
{
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    if (catalogue_load(name, places, &scenario, err) < 0)
        return -1;
    if (!catalogue_allows_outside(options) && scenario_check_paths(scenario, err) < 0)
        return -1;
    *ret = take_ptr(&scenario);
    return 0;
}
