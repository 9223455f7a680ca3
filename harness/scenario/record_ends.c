#include "scenario/record_ends.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "scenario/tables.h"

#define SECONDS_MAX   1e9
#define EXIT_CODE_MAX 255
#define COUNT_MAX     ((uint64_t)1 << 53)

/* Milliseconds are what is kept of a time. */
static void ends_write_seconds(struct json_writer *writer, const char *key, nsec_t time_ns)
{
    json_write_double(writer, key, round((double)time_ns / 1e6) / 1e3);
}

static void ends_write_engine(struct json_writer *writer, const struct engine_state *engine)
{
    if (!engine->present)
        return;
    json_write_object(writer, "engine");
    json_write_bool(writer, "running", engine->running);
    json_write_bool(writer, "oom_killed", engine->oom_killed);
    if (engine->has_exit_code)
        json_write_i64(writer, "exit_code", engine->exit_code);
    json_write_u64(writer, "restarts", engine->restarts);
    json_write_close_object(writer);
}

void record_write_ends(struct json_writer *writer, const struct record *record)
{
    if (record->pod[0] != '\0')
        json_write_text(writer, "pod", record->pod);
    if (record->restart.policy != RESTART_AT_ONCE) {
        json_write_object(writer, "restart");
        fields_write(writer, restart_fields, &record->restart);
        json_write_close_object(writer);
    }
    if (record->n_ends == 0)
        return;
    json_write_array(writer, "ends");
    for (unsigned i = 0; i < record->n_ends; i++) {
        const struct run_end *end = &record->ends[i];
        json_write_object(writer, NULL);
        json_write_u64(writer, "start", end->start);
        ends_write_seconds(writer, "t_s", end->t_ns);
        json_write_text(writer, "reason", end_reason_name(end->reason));
        if (end->has_exit_code)
            json_write_i64(writer, "exit_code", end->exit_code);
        json_write_u64(writer, "oom_kills", end->oom_kills);
        if (record_has_backoff(record))
            ends_write_seconds(writer, "backoff_s", end->backoff_ns);
        ends_write_engine(writer, &end->engine);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

static int ends_read_count(const struct json_place *object, const char *key, uint64_t maximum,
                           uint64_t *ret, struct error *err)
{
    struct json_place place;
    return json_member(object, key, &place) ? json_count(&place, 0, maximum, ret, err) : 0;
}

static int ends_read_seconds(const struct json_place *object, const char *key, nsec_t *ret,
                             struct error *err)
{
    struct json_place place;
    double seconds = 0;
    if (!json_member(object, key, &place))
        return 0;
    if (json_number(&place, 0, SECONDS_MAX, &seconds, err) < 0)
        return -1;
    *ret = (nsec_t)llround(seconds * 1e9);
    return 0;
}

static int ends_read_exit_code(const struct json_place *object, bool *ret_has, int *ret,
                               struct error *err)
{
    struct json_place place;
    uint64_t code = 0;
    *ret_has = json_member(object, "exit_code", &place);
    if (ends_read_count(object, "exit_code", EXIT_CODE_MAX, &code, err) < 0)
        return -1;
    *ret = (int)code;
    return 0;
}

static int ends_read_engine(const struct json_place *object, struct engine_state *ret,
                            struct error *err)
{
    struct json_place engine;
    struct json_place place;
    uint64_t restarts = 0;
    if (!json_member(object, "engine", &engine))
        return 0;
    ret->present = true;
    if (json_expect_object(&engine, err) < 0 ||
        (json_member(&engine, "running", &place) && json_bool(&place, &ret->running, err) < 0) ||
        (json_member(&engine, "oom_killed", &place) &&
         json_bool(&place, &ret->oom_killed, err) < 0) ||
        ends_read_exit_code(&engine, &ret->has_exit_code, &ret->exit_code, err) < 0 ||
        ends_read_count(&engine, "restarts", UINT32_MAX, &restarts, err) < 0)
        return -1;
    ret->restarts = (unsigned)restarts;
    return 0;
}

static int ends_read_one(const struct json_place *object, struct run_end *ret, struct error *err)
{
    struct json_place place;
    const char *reason = "";
    uint64_t start = 0;
    if (json_expect_object(object, err) < 0 ||
        ends_read_count(object, "start", UINT32_MAX, &start, err) < 0 ||
        ends_read_seconds(object, "t_s", &ret->t_ns, err) < 0 ||
        ends_read_exit_code(object, &ret->has_exit_code, &ret->exit_code, err) < 0 ||
        ends_read_count(object, "oom_kills", COUNT_MAX, &ret->oom_kills, err) < 0 ||
        ends_read_seconds(object, "backoff_s", &ret->backoff_ns, err) < 0 ||
        ends_read_engine(object, &ret->engine, err) < 0)
        return -1;
    ret->start = (unsigned)start;
    if (!json_member(object, "reason", &place))
        return json_error(object, err, "found no \"reason\", expected one such as \"OOMKilled\"");
    if (json_string(&place, &reason, err) < 0)
        return -1;
    return end_reason_from_name(reason, &ret->reason)
               ? 0
               : json_error(&place, err, "found the unknown reason \"%.40s\"", reason);
}

int record_read_ends(const struct json_place *root, struct record *record, struct error *err)
{
    struct json_place place;
    struct json_place item;
    const char *pod = "";
    struct reader reader = {.arena = NULL};
    const struct field_group groups[] = {{restart_fields, &record->restart}, {NULL, NULL}};
    record->restart = (struct restart){.policy = RESTART_AT_ONCE, .time_scale = 1};
    if (json_member(root, "pod", &place) && json_string(&place, &pod, err) < 0)
        return -1;
    snprintf(record->pod, sizeof(record->pod), "%s", pod);
    if (json_member(root, "restart", &place) && fields_read(&reader, &place, groups, err) < 0)
        return -1;
    if (!json_member(root, "ends", &place))
        return 0;
    if (json_expect_array(&place, RECORD_ENDS_MAX, err) < 0)
        return -1;
    for (bool more = json_first(&place, &item); more; more = json_next(&place, &item)) {
        struct run_end end = {.start = 0};
        if (ends_read_one(&item, &end, err) < 0)
            return -1;
        record_add_end(record, &end);
    }
    return 0;
}
