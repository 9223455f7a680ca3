/* $.load: what is requested, how often, how many at a time. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "scenario/tables.h"

enum { METHOD_MAX = 16 };

static const char token_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789!#$%&'*+-.^_`|~"; /* RFC 9110, 5.6.2 */

static bool load_is_token(const char *text)
{
    return text[0] != '\0' && strspn(text, token_characters) == strlen(text);
}

static int request_read_method(struct reader *reader, const struct json_place *place, void *object,
                               struct error *err)
{
    struct request_kind *request = object;
    const char *text = NULL;
    if (json_string(place, &text, err) < 0)
        return -1;
    size_t length = strlen(text);
    if (length == 0 || length > METHOD_MAX || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != length)
        return json_error_expected(place, err,
                                   "a method in capital letters, such as \"GET\" or \"POST\"");
    return reader_keep(reader, text, &request->method, err);
}

/* One header as "Name: value". */
static int request_read_header(struct reader *reader, const struct json_place *place,
                               const char **ret, struct error *err)
{
    const char *value = NULL;
    const char *key = json_key(place);
    if (!load_is_token(key))
        return json_error(place, err,
                          "found a header named \"%.60s\", expected a name such as "
                          "\"Content-Type\"",
                          key);
    if (json_string(place, &value, err) < 0)
        return -1;
    if (value[0] == '\0' || value[0] == ' ' || value[strlen(value) - 1] == ' ')
        return json_error_expected(place, err, "a header's value, without spaces around it");
    for (const char *c = value; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return json_error_expected(place, err,
                                       "a header's value in one line, without control characters");
    *ret = arena_printf(reader->arena, "%s: %s", key, value);
    return *ret != NULL ? 0 : error_out_of_memory(err);
}

static int request_read_headers(struct reader *reader, const struct json_place *place, void *object,
                                struct error *err)
{
    struct request_kind *request = object;
    if (json_expect_object(place, err) < 0)
        return -1;
    if (json_length(place) > LOAD_HEADERS_MAX)
        return json_error(place, err, "found %zu headers, expected at most %d", json_length(place),
                          LOAD_HEADERS_MAX);

    request->n_headers = 0;
    struct json_place header;
    for (bool more = json_first(place, &header); more; more = json_next(place, &header)) {
        if (request_read_header(reader, &header, &request->headers[request->n_headers], err) < 0)
            return -1;
        request->n_headers++;
    }
    return 0;
}

static void request_write_method(struct json_writer *writer, const char *key, const void *object)
{
    json_write_text(writer, key, ((const struct request_kind *)object)->method);
}

static void request_write_headers(struct json_writer *writer, const char *key, const void *object)
{
    const struct request_kind *request = object;
    if (request->n_headers == 0)
        return;
    json_write_object(writer, key);
    for (unsigned i = 0; i < request->n_headers; i++) {
        CLEANUP(freep) char *name = strdup(request->headers[i]);
        char *colon = name != NULL ? strstr(name, ": ") : NULL;
        if (colon == NULL)
            continue;
        *colon = '\0';
        json_write_text(writer, name, colon + 2);
    }
    json_write_close_object(writer);
}

#define AT(member)  offsetof(struct request_kind, member)
#define OTHER(name) 0, 0, 0, request_read_##name, request_write_##name

const struct field request_fields[] = {
    {"method", FIELD_OTHER, OTHER(method)},
    {"path", FIELD_URL_PATH, AT(path), 0, 0, NULL, NULL},
    {"body", FIELD_TEXT, AT(body), 0, 0, NULL, NULL},
    {"headers", FIELD_OTHER, OTHER(headers)},
    {"weight", FIELD_UNSIGNED, AT(weight), 1, 1000000, NULL, NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};

const struct field timer_fields[] = {
    {"method", FIELD_OTHER, OTHER(method)},
    {"path", FIELD_URL_PATH, AT(path), 0, 0, NULL, NULL},
    {"body", FIELD_TEXT, AT(body), 0, 0, NULL, NULL},
    {"headers", FIELD_OTHER, OTHER(headers)},
    {"every", FIELD_DURATION, AT(every_ns), 0.001, 86400, NULL, NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};

#undef AT
#undef OTHER

/* An array of requests or timers. */
static int load_read_kinds(struct reader *reader, const struct json_place *place,
                           const struct field *fields, struct request_kind *kinds,
                           struct error *err)
{
    struct json_place item;
    for (bool more = json_first(place, &item); more; more = json_next(place, &item)) {
        struct request_kind kind = {.weight = 1};
        const struct field_group groups[] = {{fields, &kind}, {NULL, NULL}};
        if (fields_read(reader, &item, groups, err) < 0)
            return -1;
        if (kind.path == NULL)
            return json_error(&item, err, "found no \"path\", expected one such as \"/\"");
        if (fields == timer_fields && kind.every_ns == 0)
            return json_error(&item, err, "found no \"every\", expected one such as \"100ms\"");
        if (kind.method == NULL)
            kind.method = kind.body != NULL ? "POST" : "GET";
        kinds[item.index] = kind;
    }
    return 0;
}

static int load_read_requests(struct reader *reader, const struct json_place *place, void *object,
                              struct error *err)
{
    struct load_profile *load = object;
    if (json_expect_array(place, LOAD_KINDS_MAX, err) < 0 ||
        load_read_kinds(reader, place, request_fields, load->requests, err) < 0)
        return -1;
    load->n_requests = (unsigned)json_length(place);
    return 0;
}

static int load_read_timers(struct reader *reader, const struct json_place *place, void *object,
                            struct error *err)
{
    struct load_profile *load = object;
    if (json_expect_array(place, LOAD_KINDS_MAX, err) < 0 ||
        load_read_kinds(reader, place, timer_fields, load->timers, err) < 0)
        return -1;
    load->n_timers = (unsigned)json_length(place);
    return 0;
}

/* "path": "/x" is short for "requests": [{"path": "/x"}]. */
static int load_read_path(struct reader *reader, const struct json_place *place, void *object,
                          struct error *err)
{
    struct load_profile *load = object;
    const char *path = NULL;
    if (json_string(place, &path, err) < 0)
        return -1;
    if (url_path_fault(path) != NULL)
        return json_error_expected(place, err, "%s", url_path_fault(path));
    load->requests[0] = (struct request_kind){.method = "GET", .weight = 1};
    load->n_requests = 1;
    return reader_keep(reader, path, &load->requests[0].path, err);
}

static int load_read_command(struct reader *reader, const struct json_place *place, void *object,
                             struct error *err)
{
    struct load_profile *load = object;
    if (words_read(reader, place, &load->command, err) < 0)
        return -1;
    if (load->command[0] == NULL || load->command[0][0] == '\0')
        return json_error_expected(place, err, "a program, such as [\"./one-job\"]");
    return 0;
}

static void load_write_command(struct json_writer *writer, const char *key, const void *object)
{
    const struct load_profile *load = object;
    if (load->command != NULL)
        words_write(writer, key, load->command);
}

static int load_read_cwd(struct reader *reader, const struct json_place *place, void *object,
                         struct error *err)
{
    struct load_profile *load = object;
    return cwd_read(reader, place, &load->command_cwd, err);
}

static void load_write_cwd(struct json_writer *writer, const char *key, const void *object)
{
    const struct load_profile *load = object;
    if (load->command_cwd != NULL)
        json_write_text(writer, key, load->command_cwd);
}

static void load_write_kinds(struct json_writer *writer, const char *key,
                             const struct field *fields, const struct request_kind *kinds,
                             unsigned count)
{
    json_write_array(writer, key);
    for (unsigned i = 0; i < count; i++) {
        json_write_object(writer, NULL);
        fields_write(writer, fields, &kinds[i]);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

static void load_write_requests(struct json_writer *writer, const char *key, const void *object)
{
    const struct load_profile *load = object;
    load_write_kinds(writer, key, request_fields, load->requests, load->n_requests);
}

static void load_write_timers(struct json_writer *writer, const char *key, const void *object)
{
    const struct load_profile *load = object;
    load_write_kinds(writer, key, timer_fields, load->timers, load->n_timers);
}

#define AT(member) offsetof(struct load_profile, member)

const struct field load_fields[] = {
    {"path", FIELD_OTHER, 0, 0, 0, load_read_path, NULL},
    {"requests", FIELD_OTHER, 0, 0, 0, load_read_requests, load_write_requests},
    {"timers", FIELD_OTHER, 0, 0, 0, load_read_timers, load_write_timers},
    {"command", FIELD_OTHER, 0, 0, 0, load_read_command, load_write_command},
    {"cwd", FIELD_OTHER, 0, 0, 0, load_read_cwd, load_write_cwd},
    {"concurrency", FIELD_UNSIGNED, AT(concurrency), 1, LOAD_CONCURRENCY_MAX, NULL, NULL},
    {"rate", FIELD_NUMBER, AT(rate_per_s), 0.001, 1000000, NULL, NULL},
    {"reuse", FIELD_BOOL, AT(reuse), 0, 0, NULL, NULL},
    {"timeout", FIELD_DURATION, AT(timeout_ns), 0.001, 3600, NULL, NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};
