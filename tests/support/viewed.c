#include "tests/support/viewed.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define VIEWED_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define VIEWED_PATH_MAX  256

struct json_document *viewed(const struct view_input *input)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(VIEWED_MAX_BYTES);
    struct json_document *document = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(view_json_write(input, &text, &err) == 0, "%s", err.text);
    ck_assert_msg(json_load_text("view", buffer_text(&text), text.length, &document, &err) == 0,
                  "%s", err.text);
    return document;
}

struct json_document *viewed_one(const struct record *record, const char *dir)
{
    const struct stored_record run = {.record = record, .dir = dir};
    return viewed(&(const struct view_input){.runs = &run, .n_runs = 1});
}

static bool viewed_child(const struct json_place *place, const char *name, struct json_place *ret)
{
    if (!json_is_array(place))
        return json_member(place, name, ret);
    size_t index = strtoul(name, NULL, 10);
    for (bool more = json_first(place, ret); more; more = json_next(place, ret))
        if (ret->index == index)
            return true;
    return false;
}

bool viewed_find(const struct json_document *document, const char *path, struct json_place *ret)
{
    char names[VIEWED_PATH_MAX];
    char *next = names;
    snprintf(names, sizeof(names), "%s", path);
    *ret = json_root(document);
    for (char *name = strsep(&next, "/"); name != NULL; name = strsep(&next, "/")) {
        struct json_place child;
        if (!viewed_child(ret, name, &child))
            return false;
        *ret = child;
    }
    return true;
}

struct json_place viewed_place(const struct json_document *document, const char *path)
{
    struct json_place place;
    ck_assert_msg(viewed_find(document, path, &place), "no %s", path);
    return place;
}

const char *viewed_text(const struct json_document *document, const char *path)
{
    struct json_place place = viewed_place(document, path);
    struct error err = {.kind = ERROR_NONE};
    const char *text = NULL;
    ck_assert_msg(json_string(&place, &text, &err) == 0, "%s", err.text);
    return text;
}

static double viewed_value(const struct json_place *place)
{
    struct error err = {.kind = ERROR_NONE};
    double value = 0;
    ck_assert_msg(json_number(place, -1e18, 1e18, &value, &err) == 0, "%s", err.text);
    return value;
}

double viewed_number(const struct json_document *document, const char *path)
{
    struct json_place place = viewed_place(document, path);
    return viewed_value(&place);
}

size_t viewed_index(const struct json_document *document, const char *list, const char *key,
                    const char *text)
{
    struct json_place place = viewed_place(document, list);
    struct json_place child;
    for (bool more = json_first(&place, &child); more; more = json_next(&place, &child)) {
        struct json_place value;
        const char *found = NULL;
        if (json_member(&child, key, &value) && json_string(&value, &found, NULL) == 0 &&
            strcmp(found, text) == 0)
            return child.index;
    }
    ck_abort_msg("none of %s has %s %s", list, key, text);
}

static double *viewed_values(const struct json_place *list, size_t n)
{
    double *values = calloc(n + 1, sizeof(*values));
    struct json_place child;
    ck_assert_ptr_nonnull(values);
    ck_assert_uint_eq(json_length(list), n);
    for (bool more = json_first(list, &child); more; more = json_next(list, &child))
        values[child.index] = json_is_null(&child) ? NAN : viewed_value(&child);
    return values;
}

struct viewed_series viewed_series(const struct json_document *document, const char *key)
{
    char path[VIEWED_PATH_MAX];
    size_t index = viewed_index(document, "runs/0/series", "key", key);
    snprintf(path, sizeof(path), "runs/0/series/%zu/t_s", index);
    struct json_place times = viewed_place(document, path);
    snprintf(path, sizeof(path), "runs/0/series/%zu/v", index);
    struct json_place values = viewed_place(document, path);
    size_t n = json_length(&times);
    return (struct viewed_series){viewed_values(&times, n), viewed_values(&values, n), n};
}

void viewed_series_done(struct viewed_series *series)
{
    free(series->t_s);
    free(series->v);
}
