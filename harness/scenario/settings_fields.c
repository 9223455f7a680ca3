/* The root of a scenario, and its variants: everything but name, about and variants. */
#include <string.h>

#include "scenario/tables.h"

void settings_collect_names(const struct json_place *object, const struct settings *settings,
                            bool paths, struct placeholder_names *ret)
{
    unsigned count = 0;
    *ret = (struct placeholder_names){.paths = paths, .data = true, .ports = true};
    for (; count < settings->n_dependencies; count++)
        ret->dependencies[count] = settings->dependencies[count].name;

    struct json_place all;
    struct json_place entry;
    if (!json_member(object, "dependencies", &all) || !json_is_object(&all))
        return;
    for (bool more = json_first(&all, &entry); more && count < SCENARIO_DEPENDENCIES_MAX;
         more = json_next(&all, &entry))
        ret->dependencies[count++] = json_key(&entry);
}

static int settings_read_service(struct reader *reader, const struct json_place *place,
                                 void *object, struct error *err)
{
    struct settings *settings = object;
    const struct field_group groups[] = {
        {program_fields, &settings->service}, {service_fields, settings}, {NULL, NULL}};
    return fields_read(reader, place, groups, err);
}

static void settings_write_service(struct json_writer *writer, const char *key, const void *object)
{
    const struct settings *settings = object;
    json_write_object(writer, key);
    fields_write(writer, program_fields, &settings->service);
    fields_write(writer, service_fields, settings);
    json_write_close_object(writer);
}

/* The dependency of this name, added when there is none; NULL when there are too many. */
static struct program *settings_dependency(struct settings *settings, const char *name)
{
    for (unsigned i = 0; i < settings->n_dependencies; i++)
        if (strcmp(settings->dependencies[i].name, name) == 0)
            return &settings->dependencies[i];
    if (settings->n_dependencies == SCENARIO_DEPENDENCIES_MAX)
        return NULL;
    struct program *added = &settings->dependencies[settings->n_dependencies++];
    *added = program_defaults(name);
    return added;
}

static int settings_read_dependencies(struct reader *reader, const struct json_place *place,
                                      void *object, struct error *err)
{
    struct settings *settings = object;
    if (json_expect_object(place, err) < 0)
        return -1;

    struct json_place entry;
    for (bool more = json_first(place, &entry); more; more = json_next(place, &entry)) {
        const char *name = NULL;
        if (!scenario_is_name(json_key(&entry)) || strcmp(json_key(&entry), "service") == 0)
            return json_error(&entry, err,
                              "found a dependency named \"%.60s\", expected %s, and "
                              "not \"service\"",
                              json_key(&entry), SCENARIO_NAME_EXPECTED);
        if (reader_keep(reader, json_key(&entry), &name, err) < 0)
            return -1;
        struct program *program = settings_dependency(settings, name);
        if (program == NULL)
            return json_error(&entry, err, "found more than %d dependencies, expected less",
                              SCENARIO_DEPENDENCIES_MAX);
        const struct field_group groups[] = {{program_fields, program}, {NULL, NULL}};
        if (fields_read(reader, &entry, groups, err) < 0)
            return -1;
    }
    return 0;
}

static void settings_write_dependencies(struct json_writer *writer, const char *key,
                                        const void *object)
{
    const struct settings *settings = object;
    if (settings->n_dependencies == 0)
        return;
    json_write_object(writer, key);
    for (unsigned i = 0; i < settings->n_dependencies; i++) {
        json_write_object(writer, settings->dependencies[i].name);
        fields_write(writer, program_fields, &settings->dependencies[i]);
        json_write_close_object(writer);
    }
    json_write_close_object(writer);
}

static const char *const thp_names[] = {[THP_NEVER] = "never", [THP_SYSTEM] = "system", NULL};

static int settings_read_thp(struct reader *reader, const struct json_place *place, void *object,
                             struct error *err)
{
    (void)reader;
    struct settings *settings = object;
    const char *text = NULL;
    if (json_string(place, &text, err) < 0)
        return -1;
    for (enum thp_mode mode = THP_NEVER; thp_names[mode] != NULL; mode++) {
        if (strcmp(text, thp_names[mode]) == 0) {
            settings->thp = mode;
            return 0;
        }
    }
    return json_error_word(place, text, thp_names, err);
}

static void settings_write_thp(struct json_writer *writer, const char *key, const void *object)
{
    json_write_text(writer, key, thp_names[((const struct settings *)object)->thp]);
}

const char *const restart_policy_names[] = {
    [RESTART_AT_ONCE] = "at-once",
    [RESTART_ALWAYS] = "always",
    [RESTART_ON_FAILURE] = "on-failure",
    [RESTART_NEVER] = "never",
    NULL,
};

static int restart_read_policy(struct reader *reader, const struct json_place *place, void *object,
                               struct error *err)
{
    (void)reader;
    struct restart *restart = object;
    const char *text = NULL;
    if (json_string(place, &text, err) < 0)
        return -1;
    for (enum restart_policy i = RESTART_AT_ONCE; restart_policy_names[i] != NULL; i++) {
        if (strcmp(text, restart_policy_names[i]) == 0) {
            restart->policy = i;
            return 0;
        }
    }
    return json_error_word(place, text, restart_policy_names, err);
}

static void restart_write_policy(struct json_writer *writer, const char *key, const void *object)
{
    json_write_text(writer, key, restart_policy_names[((const struct restart *)object)->policy]);
}

static int settings_read_restart(struct reader *reader, const struct json_place *place,
                                 void *object, struct error *err)
{
    struct settings *settings = object;
    const struct field_group groups[] = {{restart_fields, &settings->restart}, {NULL, NULL}};
    return fields_read(reader, place, groups, err);
}

static void settings_write_restart(struct json_writer *writer, const char *key, const void *object)
{
    const struct settings *settings = object;
    if (settings->restart.policy == RESTART_AT_ONCE)
        return;
    json_write_object(writer, key);
    fields_write(writer, restart_fields, &settings->restart);
    json_write_close_object(writer);
}

static int settings_read_load(struct reader *reader, const struct json_place *place, void *object,
                              struct error *err)
{
    struct settings *settings = object;
    struct json_place both;
    if (json_member(place, "path", &both) && json_member(place, "requests", &both))
        return json_error(&both, err, "found \"path\" beside \"requests\", expected one of them");
    if (settings->load.command == NULL && json_member(place, "command", &both))
        settings_suit_command(settings);
    const struct field_group groups[] = {{load_fields, &settings->load}, {NULL, NULL}};
    return fields_read(reader, place, groups, err);
}

static void settings_write_load(struct json_writer *writer, const char *key, const void *object)
{
    json_write_object(writer, key);
    fields_write(writer, load_fields, &((const struct settings *)object)->load);
    json_write_close_object(writer);
}

/* "max" alone takes a larger minimum, which may be the default one, along. */
static int settings_read_cycles(struct reader *reader, const struct json_place *place, void *object,
                                struct error *err)
{
    struct settings *settings = object;
    const struct field_group groups[] = {{cycles_fields, settings}, {NULL, NULL}};
    if (fields_read(reader, place, groups, err) < 0)
        return -1;
    struct json_place minimum;
    if (!json_member(place, "min", &minimum) && settings->cycles_min > settings->cycles)
        settings->cycles_min = settings->cycles;
    return 0;
}

static void settings_write_cycles(struct json_writer *writer, const char *key, const void *object)
{
    json_write_object(writer, key);
    fields_write(writer, cycles_fields, object);
    json_write_close_object(writer);
}

#define AT(member)  offsetof(struct settings, member)
#define OTHER(name) 0, 0, 0, settings_read_##name, settings_write_##name

const struct field cycles_fields[] = {
    {"max", FIELD_UNSIGNED, AT(cycles), 1, 100000, NULL, NULL},
    {"min", FIELD_UNSIGNED, AT(cycles_min), 1, 100000, NULL, NULL},
    {"requests", FIELD_COUNT, AT(cycle_requests), 1, 10000000, NULL, NULL},
    {"warmup", FIELD_COUNT, AT(warmup_requests), 0, 10000000, NULL, NULL},
    {"settle", FIELD_DURATION, AT(settle_ns), 0, 3600, NULL, NULL},
    {"budget", FIELD_DURATION, AT(budget_ns), 1, 86400, NULL, NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};

const struct field restart_fields[] = {
    {"policy", FIELD_OTHER, 0, 0, 0, restart_read_policy, restart_write_policy},
    {"time_scale", FIELD_NUMBER, offsetof(struct restart, time_scale), 0.001, 100000, NULL, NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};

const struct field settings_fields[] = {
    {"service", FIELD_OTHER, OTHER(service)},
    {"dependencies", FIELD_OTHER, OTHER(dependencies)},
    {"limit", FIELD_BYTES, AT(limit_bytes), BYTES_MIN, BYTES_MAX, NULL, NULL},
    {"high", FIELD_BYTES, AT(high_bytes), BYTES_MIN, BYTES_MAX, NULL, NULL},
    {"min", FIELD_BYTES, AT(min_bytes), BYTES_MIN, BYTES_MAX, NULL, NULL},
    {"oom_group", FIELD_BOOL, AT(oom_group), 0, 0, NULL, NULL},
    {"restart", FIELD_OTHER, OTHER(restart)},
    {"pod", FIELD_LINE, AT(pod), 0, 0, NULL, NULL},
    {"pids", FIELD_COUNT, AT(pids), 1, 4194304, NULL, NULL},
    {"cpus", FIELD_NUMBER, AT(cpus), 0.01, 1024, NULL, NULL},
    {"thp", FIELD_OTHER, OTHER(thp)},
    {"sample_hz", FIELD_UNSIGNED, AT(sample_hz), 1, 1000, NULL, NULL},
    {"load", FIELD_OTHER, OTHER(load)},
    {"cycles", FIELD_OTHER, OTHER(cycles)},
    {"expect", FIELD_OTHER, OTHER(expect)},
    {"limit_for", FIELD_OTHER, OTHER(limit_for)},
    {"expect_for", FIELD_OTHER, OTHER(expect_for)},
    {"gate", FIELD_OTHER, OTHER(gate)},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};
