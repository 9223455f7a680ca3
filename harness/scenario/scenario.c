#include "scenario/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "scenario/tables.h"

enum { NAME_LETTERS_MAX = 48 };

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

/* What belongs to the file as a whole and not to a run of it. */
struct scenario_head {
    const char *name;
    const char *about;
    bool has_variants;
    struct json_place variants;
};

bool scenario_is_name(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > NAME_LETTERS_MAX || text[0] == '-')
        return false;
    for (; *text != '\0'; text++)
        if (strchr(name_letters, *text) == NULL && *text != '-')
            return false;
    return true;
}

static int head_read_name(struct reader *reader, const struct json_place *place, void *object,
                          struct error *err)
{
    struct scenario_head *head = object;
    const char *text = NULL;
    if (json_string(place, &text, err) < 0)
        return -1;
    if (!scenario_is_name(text))
        return json_error_expected(place, err, "%s", SCENARIO_NAME_EXPECTED);
    return reader_keep(reader, text, &head->name, err);
}

/* Variants start from the finished settings, so they are read last. */
static int head_read_variants(struct reader *reader, const struct json_place *place, void *object,
                              struct error *err)
{
    (void)reader;
    struct scenario_head *head = object;
    head->has_variants = true;
    head->variants = *place;
    return json_expect_object(place, err);
}

static const struct field scenario_fields[] = {
    {"name", FIELD_OTHER, 0, 0, 0, head_read_name, NULL},
    {"about", FIELD_LINE, offsetof(struct scenario_head, about), 0, 0, NULL, NULL},
    {"variants", FIELD_OTHER, 0, 0, 0, head_read_variants, NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};

static const struct field variant_fields[] = {
    {"about", FIELD_LINE, offsetof(struct scenario_variant, about), 0, 0, NULL, NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};

static int scenario_read_variants(struct scenario *scenario, const struct json_place *place,
                                  struct error *err)
{
    if (json_length(place) > SCENARIO_VARIANTS_MAX)
        return json_error(place, err, "found %zu variants, expected at most %d", json_length(place),
                          SCENARIO_VARIANTS_MAX);

    struct json_place entry;
    for (bool more = json_first(place, &entry); more; more = json_next(place, &entry)) {
        struct scenario_variant *variant = &scenario->variants[scenario->n_variants];
        struct reader reader = {.arena = scenario->arena};
        if (!scenario_is_name(json_key(&entry)))
            return json_error(&entry, err, "found a variant named \"%.60s\", expected %s",
                              json_key(&entry), SCENARIO_NAME_EXPECTED);
        if (reader_keep(&reader, json_key(&entry), &variant->name, err) < 0)
            return -1;

        variant->settings = scenario->settings;
        settings_collect_names(&entry, &variant->settings, true, &reader.names);
        const struct field_group groups[] = {
            {variant_fields, variant}, {settings_fields, &variant->settings}, {NULL, NULL}};
        if (fields_read(&reader, &entry, groups, err) < 0 ||
            settings_check_place(&variant->settings, &entry, err) < 0)
            return -1;
        scenario->n_variants++;
    }
    return 0;
}

struct scenario *scenario_new(const char *source, const char *dir)
{
    CLEANUP(scenario_freep) struct scenario *scenario = calloc(1, sizeof(*scenario));
    if (scenario == NULL)
        return NULL;
    scenario->arena = arena_new();
    if (scenario->arena == NULL)
        return NULL;
    scenario->source = arena_strdup(scenario->arena, source);
    scenario->dir = arena_strdup(scenario->arena, dir);
    settings_defaults(&scenario->settings);
    return scenario->source != NULL && scenario->dir != NULL ? take_ptr(&scenario) : NULL;
}

/* "scenarios/a.json" is named "a". */
static int scenario_name_from_source(struct scenario *scenario, struct error *err)
{
    const char *slash = strrchr(scenario->source, '/');
    const char *base = slash != NULL ? slash + 1 : scenario->source;
    size_t length = strlen(base);
    if (length > strlen(".json") && strcmp(base + length - strlen(".json"), ".json") == 0)
        length -= strlen(".json");
    scenario->name = arena_strndup(scenario->arena, base, length);
    if (scenario->name == NULL)
        return error_out_of_memory(err);
    if (!scenario_is_name(scenario->name))
        return error_set(err, ERROR_USAGE,
                         "%s: found no \"name\" and a file name that cannot be one, expected %s",
                         scenario->source, SCENARIO_NAME_EXPECTED);
    return 0;
}

static int scenario_read(struct scenario *scenario, const struct json_place *root,
                         struct error *err)
{
    struct scenario_head head = {0};
    struct reader reader = {.arena = scenario->arena};
    settings_collect_names(root, &scenario->settings, true, &reader.names);
    const struct field_group groups[] = {
        {scenario_fields, &head}, {settings_fields, &scenario->settings}, {NULL, NULL}};
    if (fields_read(&reader, root, groups, err) < 0 ||
        settings_check_place(&scenario->settings, root, err) < 0)
        return -1;

    scenario->name = head.name;
    scenario->about = head.about;
    if (scenario->name == NULL && scenario_name_from_source(scenario, err) < 0)
        return -1;
    return head.has_variants ? scenario_read_variants(scenario, &head.variants, err) : 0;
}

static int scenario_from_document(const struct json_document *document, const char *source,
                                  const char *dir, struct scenario **ret, struct error *err)
{
    CLEANUP(scenario_freep) struct scenario *scenario = scenario_new(source, dir);
    if (scenario == NULL)
        return error_out_of_memory(err);
    const struct json_place root = json_root(document);
    if (scenario_read(scenario, &root, err) < 0)
        return -1;
    *ret = take_ptr(&scenario);
    return 0;
}

int scenario_load(const char *path, struct scenario **ret, struct error *err)
{
    CLEANUP(json_freep) struct json_document *document = NULL;
    if (json_load_file(path, JSON_FILE_MAX_BYTES, &document, err) < 0)
        return -1;

    const char *slash = strrchr(path, '/');
    CLEANUP(freep) char *dir = NULL;
    if (slash == NULL)
        dir = strdup(".");
    else
        dir = slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
    if (dir == NULL)
        return error_out_of_memory(err);
    return scenario_from_document(document, path, dir, ret, err);
}

int scenario_load_text(const char *source, const char *dir, const char *text, struct scenario **ret,
                       struct error *err)
{
    CLEANUP(json_freep) struct json_document *document = NULL;
    if (json_load_text(source, text, strlen(text), &document, err) < 0)
        return -1;
    return scenario_from_document(document, source, dir, ret, err);
}

void scenario_make_name(const char *text, char name[SCENARIO_NAME_MAX])
{
    const char *slash = strrchr(text, '/');
    size_t length = 0;
    for (const char *c = slash != NULL ? slash + 1 : text; *c != '\0' && length < NAME_LETTERS_MAX;
         c++) {
        char letter = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
        if (strchr(name_letters, letter) != NULL)
            name[length++] = letter;
        else if (length > 0 && name[length - 1] != '-')
            name[length++] = '-';
    }
    while (length > 0 && name[length - 1] == '-')
        length--;
    name[length] = '\0';
    if (length == 0)
        snprintf(name, SCENARIO_NAME_MAX, "command");
}

int scenario_from_command(const char *name, const char *const *command, struct scenario **ret,
                          struct error *err)
{
    CLEANUP(scenario_freep) struct scenario *scenario = scenario_new("command line", ".");
    if (scenario == NULL)
        return error_out_of_memory(err);

    char made[SCENARIO_NAME_MAX];
    scenario_make_name(name, made);
    scenario->name = arena_strdup(scenario->arena, made);
    if (command != NULL)
        scenario->settings.service.command = command;
    if (scenario->name == NULL || settings_keep(&scenario->settings, scenario->arena, NULL) < 0)
        return error_out_of_memory(err);
    *ret = take_ptr(&scenario);
    return 0;
}

const char *scenario_keep(struct scenario *scenario, const char *text)
{
    return arena_strdup(scenario->arena, text);
}

void scenario_free(struct scenario *scenario)
{
    if (scenario == NULL)
        return;
    arena_free(scenario->arena);
    free(scenario);
}

void scenario_freep(struct scenario **scenario)
{
    scenario_free(*scenario);
}
