/* What is expected, and what holds for another build: $.expect, $.limit_for, $.expect_for. */
#include <stdio.h>
#include <string.h>

#include "scenario/build.h"
#include "scenario/tables.h"

static int expectation_read_cause(const struct json_place *place,
                                  struct build_expectation *expectation, struct error *err)
{
    const char *text = NULL;
    enum cause cause = CAUSE_NONE;
    if (json_string(place, &text, err) < 0)
        return -1;
    if (!cause_from_name(text, &cause))
        return json_error_word(place, text, cause_names, err);
    bool none = cause == CAUSE_NONE && expectation->verdict == VERDICT_INCONCLUSIVE;
    if (!none && cause_verdict(cause) != expectation->verdict)
        return json_error_expected(place, err, "a cause of %s (this one belongs to %s)",
                                   verdict_kind_name(expectation->verdict),
                                   verdict_kind_name(cause_verdict(cause)));
    expectation->has_cause = true;
    expectation->cause = cause;
    return 0;
}

/* "leak", or {"verdict": "leak", "cause": "sockets"}. */
static int expectation_read(const struct json_place *place, struct build_expectation *ret,
                            struct error *err)
{
    static const char *const known[] = {"verdict", "cause", NULL};
    struct build_expectation read = {.build = ret->build, .cause = CAUSE_NONE};
    struct json_place verdict = *place;
    struct json_place cause;
    const char *text = NULL;
    if (json_is_object(place)) {
        if (json_check_keys(place, known, err) < 0)
            return -1;
        if (!json_member(place, "verdict", &verdict))
            return json_error(place, err, "found no \"verdict\", expected one such as \"leak\"");
    } else if (!json_is_string(place)) {
        return json_error_expected(place, err,
                                   "a verdict such as \"leak\", or {\"verdict\": "
                                   "\"leak\", \"cause\": \"sockets\"}");
    }
    if (json_string(&verdict, &text, err) < 0)
        return -1;
    if (!verdict_kind_from_name(text, &read.verdict))
        return json_error_word(&verdict, text, verdict_kind_names, err);
    if (json_member(place, "cause", &cause) && expectation_read_cause(&cause, &read, err) < 0)
        return -1;
    *ret = read;
    return 0;
}

static void expectation_write(struct json_writer *writer, const char *key,
                              const struct build_expectation *expectation)
{
    if (!expectation->has_cause) {
        json_write_text(writer, key, verdict_kind_name(expectation->verdict));
        return;
    }
    json_write_object(writer, key);
    json_write_text(writer, "verdict", verdict_kind_name(expectation->verdict));
    json_write_text(writer, "cause", cause_name(expectation->cause));
    json_write_close_object(writer);
}

static void settings_expect(struct settings *settings, const struct build_expectation *expectation)
{
    settings->has_expectation = true;
    settings->expect = expectation->verdict;
    settings->expects_cause = expectation->has_cause;
    settings->expect_cause = expectation->cause;
}

int settings_read_expect(struct reader *reader, const struct json_place *place, void *object,
                         struct error *err)
{
    (void)reader;
    struct build_expectation expectation = {.build = NULL};
    if (expectation_read(place, &expectation, err) < 0)
        return -1;
    settings_expect(object, &expectation);
    return 0;
}

void settings_write_expect(struct json_writer *writer, const char *key, const void *object)
{
    const struct settings *settings = object;
    const struct build_expectation expectation = {
        .verdict = settings->expect,
        .has_cause = settings->expects_cause,
        .cause = settings->expect_cause,
    };
    if (settings->has_expectation)
        expectation_write(writer, key, &expectation);
}

/* The key of an entry is a build's name, and `count` entries of other builds leave room for it. */
static int build_read_name(struct reader *reader, const struct json_place *entry, unsigned count,
                           const char **ret, struct error *err)
{
    if (!build_is_name(json_key(entry)))
        return json_error(entry, err, "found a build named \"%.60s\", expected %s", json_key(entry),
                          BUILD_NAME_EXPECTED);
    if (count == SCENARIO_BUILDS_MAX)
        return json_error(entry, err, "found more than %d builds, expected less",
                          SCENARIO_BUILDS_MAX);
    return reader_keep(reader, json_key(entry), ret, err);
}

static unsigned settings_find_limit(const struct settings *settings, const char *build)
{
    unsigned i = 0;
    while (i < settings->n_limit_for && strcmp(settings->limit_for[i].build, build) != 0)
        i++;
    return i;
}

static unsigned settings_find_expectation(const struct settings *settings, const char *build)
{
    unsigned i = 0;
    while (i < settings->n_expect_for && strcmp(settings->expect_for[i].build, build) != 0)
        i++;
    return i;
}

/* A size as $.limit is: the same table reads it. */
static int build_read_limit(struct reader *reader, const struct json_place *entry,
                            struct build_limit *limit, struct error *err)
{
    const struct field field = {"limit",   FIELD_BYTES, offsetof(struct build_limit, limit_bytes),
                                BYTES_MIN, BYTES_MAX,   NULL,
                                NULL};
    return field_read(reader, &field, entry, limit, err);
}

int settings_read_limit_for(struct reader *reader, const struct json_place *place, void *object,
                            struct error *err)
{
    struct settings *settings = object;
    if (json_expect_object(place, err) < 0)
        return -1;
    struct json_place entry;
    for (bool more = json_first(place, &entry); more; more = json_next(place, &entry)) {
        struct build_limit limit = {.build = NULL};
        unsigned at = settings_find_limit(settings, json_key(&entry));
        if (build_read_name(reader, &entry, at, &limit.build, err) < 0 ||
            build_read_limit(reader, &entry, &limit, err) < 0)
            return -1;
        settings->limit_for[at] = limit;
        if (at == settings->n_limit_for)
            settings->n_limit_for++;
    }
    return 0;
}

void settings_write_limit_for(struct json_writer *writer, const char *key, const void *object)
{
    const struct settings *settings = object;
    if (settings->n_limit_for == 0)
        return;
    json_write_object(writer, key);
    for (unsigned i = 0; i < settings->n_limit_for; i++) {
        const struct build_limit *limit = &settings->limit_for[i];
        if (limit->limit_bytes == SCENARIO_NO_LIMIT)
            json_write_text(writer, limit->build, "none");
        else
            json_write_u64(writer, limit->build, limit->limit_bytes);
    }
    json_write_close_object(writer);
}

int settings_read_expect_for(struct reader *reader, const struct json_place *place, void *object,
                             struct error *err)
{
    struct settings *settings = object;
    if (json_expect_object(place, err) < 0)
        return -1;
    struct json_place entry;
    for (bool more = json_first(place, &entry); more; more = json_next(place, &entry)) {
        struct build_expectation expectation = {.build = NULL};
        unsigned at = settings_find_expectation(settings, json_key(&entry));
        if (build_read_name(reader, &entry, at, &expectation.build, err) < 0 ||
            expectation_read(&entry, &expectation, err) < 0)
            return -1;
        settings->expect_for[at] = expectation;
        if (at == settings->n_expect_for)
            settings->n_expect_for++;
    }
    return 0;
}

void settings_write_expect_for(struct json_writer *writer, const char *key, const void *object)
{
    const struct settings *settings = object;
    if (settings->n_expect_for == 0)
        return;
    json_write_object(writer, key);
    for (unsigned i = 0; i < settings->n_expect_for; i++)
        expectation_write(writer, settings->expect_for[i].build, &settings->expect_for[i]);
    json_write_close_object(writer);
}

bool settings_choose_build(struct settings *settings, const char *build)
{
    unsigned limit = settings_find_limit(settings, build);
    unsigned expectation = settings_find_expectation(settings, build);
    bool has_limit = limit < settings->n_limit_for;
    bool has_expectation = expectation < settings->n_expect_for;
    if (has_limit)
        settings->limit_bytes = settings->limit_for[limit].limit_bytes;
    if (has_expectation)
        settings_expect(settings, &settings->expect_for[expectation]);
    settings->n_limit_for = 0;
    settings->n_expect_for = 0;
    return has_limit || has_expectation;
}
