/* $.service: what only the service has, besides what every program has. */
#include <ctype.h>
#include <string.h>

#include "scenario/tables.h"

#define SERVICE_SIGNAL_MAX 12

/* SIGxxx are told apart by what starts the process, not here: the name's shape is checked. */
bool service_is_ask(const char *text)
{
    static const char signal_prefix[] = "signal:";
    if (strcmp(text, SERVICE_ASK_JVM) == 0)
        return true;
    if (strncmp(text, signal_prefix, sizeof(signal_prefix) - 1) != 0)
        return url_path_fault(text) == NULL;
    const char *name = text + sizeof(signal_prefix) - 1;
    size_t length = strlen(name);
    return length > 0 && length <= SERVICE_SIGNAL_MAX && isupper((unsigned char)name[0]) &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+") == length;
}

bool service_is_collect_url(const char *text)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        size_t length = strlen(hosts[i]);
        if (strncmp(text, hosts[i], length) != 0)
            continue;
        const char *rest = text + length;
        if (*rest == ':')
            rest += 1 + strspn(rest + 1, "0123456789");
        return url_path_fault(rest) == NULL;
    }
    return url_path_fault(text) == NULL;
}

static int service_read_ask(struct reader *reader, const struct json_place *place, const char **ret,
                            struct error *err)
{
    const char *text = NULL;
    if (json_string(place, &text, err) < 0)
        return -1;
    if (!service_is_ask(text))
        return json_error_expected(place, err,
                                   "a path such as \"/gc\", a signal such as \"signal:USR1\", "
                                   "or \"jvm\"");
    return reader_keep(reader, text, ret, err);
}

static int service_read_trim(struct reader *reader, const struct json_place *place, void *object,
                             struct error *err)
{
    return service_read_ask(reader, place, &((struct settings *)object)->trim, err);
}

static void service_write_trim(struct json_writer *writer, const char *key, const void *object)
{
    json_write_text(writer, key, ((const struct settings *)object)->trim);
}

static int service_read_gc(struct reader *reader, const struct json_place *place, void *object,
                           struct error *err)
{
    struct settings *settings = object;
    const char *text = NULL;
    if (json_string(place, &text, err) == 0 && strcmp(text, SERVICE_ASK_NONE) == 0)
        return reader_keep(reader, text, &settings->gc, err);
    return service_read_ask(reader, place, &settings->gc, err);
}

static void service_write_gc(struct json_writer *writer, const char *key, const void *object)
{
    json_write_text(writer, key, ((const struct settings *)object)->gc);
}

static int service_read_collect(struct reader *reader, const struct json_place *place, void *object,
                                struct error *err)
{
    struct settings *settings = object;
    if (json_expect_object(place, err) < 0)
        return -1;
    if (json_length(place) > SCENARIO_COLLECT_MAX)
        return json_error(place, err, "found %zu things to collect, expected at most %d",
                          json_length(place), SCENARIO_COLLECT_MAX);
    settings->n_collect = 0;
    struct json_place entry;
    for (bool more = json_first(place, &entry); more; more = json_next(place, &entry)) {
        struct collect *collect = &settings->collect[settings->n_collect];
        const char *url = NULL;
        if (!scenario_is_name(json_key(&entry)))
            return json_error(&entry, err, "found the name \"%.60s\", expected %s",
                              json_key(&entry), SCENARIO_NAME_EXPECTED);
        if (json_string(&entry, &url, err) < 0)
            return -1;
        if (!service_is_collect_url(url))
            return json_error_expected(&entry, err,
                                       "a path such as \"/debug/pprof/heap\", or a URL of "
                                       "http://127.0.0.1:PORT");
        if (reader_keep(reader, json_key(&entry), &collect->name, err) < 0 ||
            reader_keep(reader, url, &collect->url, err) < 0)
            return -1;
        settings->n_collect++;
    }
    return 0;
}

static void service_write_collect(struct json_writer *writer, const char *key, const void *object)
{
    const struct settings *settings = object;
    if (settings->n_collect == 0)
        return;
    json_write_object(writer, key);
    for (unsigned i = 0; i < settings->n_collect; i++)
        json_write_text(writer, settings->collect[i].name, settings->collect[i].url);
    json_write_close_object(writer);
}

static const char *const engine_names[] = {"podman", "docker", NULL};

static int service_read_engine(struct reader *reader, const struct json_place *place, void *object,
                               struct error *err)
{
    struct settings *settings = object;
    const char *text = NULL;
    if (json_string(place, &text, err) < 0)
        return -1;
    for (const char *const *name = engine_names; *name != NULL; name++)
        if (strcmp(text, *name) == 0)
            return reader_keep(reader, text, &settings->engine, err);
    return json_error_word(place, text, engine_names, err);
}

static void service_write_engine(struct json_writer *writer, const char *key, const void *object)
{
    json_write_text(writer, key, ((const struct settings *)object)->engine);
}

#define AT(member)  offsetof(struct settings, member)
#define OTHER(name) 0, 0, 0, service_read_##name, service_write_##name

const struct field service_fields[] = {
    {"image", FIELD_LINE, AT(image), 0, 0, NULL, NULL},
    {"engine", FIELD_OTHER, OTHER(engine)},
    {"attach", FIELD_LINE, AT(attach), 0, 0, NULL, NULL},
    {"trim", FIELD_OTHER, OTHER(trim)},
    {"gc", FIELD_OTHER, OTHER(gc)},
    {"heap", FIELD_URL_PATH, AT(heap_path), 0, 0, NULL, NULL},
    {"collect", FIELD_OTHER, OTHER(collect)},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};
