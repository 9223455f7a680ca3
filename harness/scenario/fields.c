#include "scenario/fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

enum { FIELDS_KEYS_MAX = 48 };

int reader_keep(struct reader *reader, const char *text, const char **ret, struct error *err)
{
    char *copy = arena_strdup(reader->arena, text);
    if (copy == NULL)
        return error_out_of_memory(err);
    *ret = copy;
    return 0;
}

const char *url_path_fault(const char *path)
{
    if (path[0] != '/')
        return "a path that starts with '/'";
    for (const char *c = path; *c != '\0'; c++)
        if (*c <= ' ' || *c >= 0x7f || *c == '#')
            return "a path without spaces, control characters, '#' or other characters than ASCII "
                   "(write them as %20)";
    return NULL;
}

static bool fields_is_line(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return text[0] != '\0';
}

static int field_read_text(struct reader *reader, const struct field *field,
                           const struct json_place *place, const char **at, struct error *err)
{
    const char *text = NULL;
    if (json_string(place, &text, err) < 0)
        return -1;
    if (field->kind == FIELD_LINE && !fields_is_line(text))
        return json_error_expected(place, err, "one line of text");
    if (field->kind == FIELD_URL_PATH && url_path_fault(text) != NULL)
        return json_error_expected(place, err, "%s", url_path_fault(text));
    return reader_keep(reader, text, at, err);
}

static int field_read_count(const struct field *field, const struct json_place *place, void *at,
                            struct error *err)
{
    uint64_t count = 0;
    if (json_count(place, (uint64_t)field->minimum, (uint64_t)field->maximum, &count, err) < 0)
        return -1;
    if (field->kind == FIELD_COUNT)
        *(uint64_t *)at = count;
    else if (field->kind == FIELD_UNSIGNED)
        *(unsigned *)at = (unsigned)count;
    else
        *(uint16_t *)at = (uint16_t)count;
    return 0;
}

static int field_read_bytes(const struct field *field, const struct json_place *place, uint64_t *at,
                            struct error *err)
{
    const char *text = NULL;
    if (json_is_string(place) && json_string(place, &text, err) == 0 && strcmp(text, "none") == 0) {
        *at = SCENARIO_NO_LIMIT;
        return 0;
    }
    return json_bytes(place, (uint64_t)field->minimum, (uint64_t)field->maximum, at, err);
}

int field_read(struct reader *reader, const struct field *field, const struct json_place *place,
               void *object, struct error *err)
{
    void *at = (char *)object + field->offset;
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_LINE:
    case FIELD_URL_PATH:
        return field_read_text(reader, field, place, at, err);
    case FIELD_COUNT:
    case FIELD_UNSIGNED:
    case FIELD_PORT:
        return field_read_count(field, place, at, err);
    case FIELD_NUMBER:
        return json_number(place, field->minimum, field->maximum, at, err);
    case FIELD_BYTES:
        return field_read_bytes(field, place, at, err);
    case FIELD_DURATION:
        return json_duration(place, (nsec_t)(field->minimum * 1e9), (nsec_t)(field->maximum * 1e9),
                             at, err);
    case FIELD_BOOL:
        return json_bool(place, at, err);
    case FIELD_OTHER:
        break;
    }
    return field->read(reader, place, object, err);
}

int fields_read(struct reader *reader, const struct json_place *place,
                const struct field_group *groups, struct error *err)
{
    if (json_expect_object(place, err) < 0)
        return -1;

    const char *known[FIELDS_KEYS_MAX + 1] = {NULL};
    size_t n_known = 0;
    for (const struct field_group *group = groups; group->fields != NULL; group++)
        for (const struct field *field = group->fields; field->key != NULL; field++)
            if (n_known < FIELDS_KEYS_MAX)
                known[n_known++] = field->key;
    if (json_check_keys(place, known, err) < 0)
        return -1;

    for (const struct field_group *group = groups; group->fields != NULL; group++) {
        for (const struct field *field = group->fields; field->key != NULL; field++) {
            struct json_place value;
            if (json_member(place, field->key, &value) &&
                field_read(reader, field, &value, group->object, err) < 0)
                return -1;
        }
    }
    return 0;
}

/* In the largest unit that keeps it whole, so that it reads back the same. */
static void field_write_duration(struct json_writer *writer, const char *key, nsec_t duration_ns)
{
    static const struct {
        const char *name;
        nsec_t factor;
    } units[] = {{"s", NSEC_PER_SEC}, {"ms", NSEC_PER_MSEC}, {"us", NSEC_PER_USEC}, {"ns", 1}};
    size_t unit = 0;
    while (duration_ns % units[unit].factor != 0)
        unit++;
    char text[UNITS_TEXT_MAX];
    snprintf(text, sizeof(text), "%" PRId64 "%s", duration_ns / units[unit].factor,
             units[unit].name);
    json_write_text(writer, key, text);
}

static void field_write(struct json_writer *writer, const struct field *field, const void *object)
{
    const void *at = (const char *)object + field->offset;
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_LINE:
    case FIELD_URL_PATH:
        json_write_text(writer, field->key, *(const char *const *)at);
        break;
    case FIELD_COUNT:
        json_write_u64(writer, field->key, *(const uint64_t *)at);
        break;
    case FIELD_UNSIGNED:
        json_write_u64(writer, field->key, *(const unsigned *)at);
        break;
    case FIELD_PORT:
        if (*(const uint16_t *)at != 0)
            json_write_u64(writer, field->key, *(const uint16_t *)at);
        break;
    case FIELD_NUMBER:
        if (*(const double *)at > 0)
            json_write_double(writer, field->key, *(const double *)at);
        break;
    case FIELD_BYTES:
        if (*(const uint64_t *)at != SCENARIO_NO_LIMIT)
            json_write_u64(writer, field->key, *(const uint64_t *)at);
        break;
    case FIELD_DURATION:
        field_write_duration(writer, field->key, *(const nsec_t *)at);
        break;
    case FIELD_BOOL:
        json_write_bool(writer, field->key, *(const bool *)at);
        break;
    case FIELD_OTHER:
        if (field->write != NULL)
            field->write(writer, field->key, object);
        break;
    }
}

void fields_write(struct json_writer *writer, const struct field *fields, const void *object)
{
    for (const struct field *field = fields; field->key != NULL; field++)
        field_write(writer, field, object);
}

static int field_check_number(const struct field *field, double value, struct error *err)
{
    if (value >= field->minimum && value <= field->maximum)
        return 0;
    return error_set(err, ERROR_USAGE, "found %.10g, expected a number from %.10g to %.10g", value,
                     field->minimum, field->maximum);
}

static int field_check_bytes(const struct field *field, uint64_t value, struct error *err)
{
    char text[3][UNITS_TEXT_MAX];
    if ((double)value >= field->minimum && (double)value <= field->maximum)
        return 0;
    return error_set(err, ERROR_USAGE, "found %s, expected a size from %s to %s",
                     units_format_bytes((double)value, text[0]),
                     units_format_bytes(field->minimum, text[1]),
                     units_format_bytes(field->maximum, text[2]));
}

static int field_check_duration(const struct field *field, nsec_t value_ns, struct error *err)
{
    char text[3][UNITS_TEXT_MAX];
    double value = (double)value_ns / 1e9;
    if (value >= field->minimum && value <= field->maximum)
        return 0;
    return error_set(err, ERROR_USAGE, "found %s, expected a time from %s to %s",
                     units_format_duration(value_ns, text[0]),
                     units_format_duration((nsec_t)(field->minimum * 1e9), text[1]),
                     units_format_duration((nsec_t)(field->maximum * 1e9), text[2]));
}

static int field_check(const struct field *field, const void *object, struct error *err)
{
    const void *at = (const char *)object + field->offset;
    const char *path = NULL;
    switch (field->kind) {
    case FIELD_COUNT:
        return field_check_number(field, (double)*(const uint64_t *)at, err);
    case FIELD_UNSIGNED:
        return field_check_number(field, *(const unsigned *)at, err);
    case FIELD_NUMBER:
        if (fpclassify(*(const double *)at) == FP_ZERO)
            return 0;
        return field_check_number(field, *(const double *)at, err);
    case FIELD_BYTES:
        if (*(const uint64_t *)at == SCENARIO_NO_LIMIT)
            return 0;
        return field_check_bytes(field, *(const uint64_t *)at, err);
    case FIELD_DURATION:
        return field_check_duration(field, *(const nsec_t *)at, err);
    case FIELD_URL_PATH:
        path = *(const char *const *)at;
        if (path == NULL || url_path_fault(path) == NULL)
            return 0;
        return error_set(err, ERROR_USAGE, "found \"%.60s\", expected %s", path,
                         url_path_fault(path));
    case FIELD_TEXT:
    case FIELD_LINE:
    case FIELD_PORT:
    case FIELD_BOOL:
    case FIELD_OTHER:
        break;
    }
    return 0;
}

int fields_check(const struct field *fields, const void *object, const char **ret_key,
                 struct error *err)
{
    for (const struct field *field = fields; field->key != NULL; field++) {
        if (field_check(field, object, err) < 0) {
            *ret_key = field->key;
            return -1;
        }
    }
    return 0;
}
