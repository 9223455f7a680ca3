#include "report/pod_status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_S INT64_C(60)
#define HOUR_S   INT64_C(3600)
#define DAY_S    INT64_C(86400)
/* kubectl leaves smaller units out beyond these. */
#define SECONDS_ALONE_S (2 * MINUTE_S)
#define SECONDS_SHOWN_S (10 * MINUTE_S)
#define MINUTES_ALONE_S (3 * HOUR_S)
#define MINUTES_SHOWN_S (8 * HOUR_S)
#define HOURS_ALONE_S   (2 * DAY_S)

/* "2m5s", or "2m" when the smaller one is nothing. */
static void pod_two_units(int64_t large, char large_unit, int64_t small, char small_unit,
                          char *text)
{
    if (small > 0)
        snprintf(text, POD_AGE_TEXT_MAX, "%" PRId64 "%c%" PRId64 "%c", large, large_unit, small,
                 small_unit);
    else
        snprintf(text, POD_AGE_TEXT_MAX, "%" PRId64 "%c", large, large_unit);
}

const char *pod_age_text(nsec_t age_ns, char *text)
{
    int64_t seconds = age_ns / NSEC_PER_SEC;
    if (seconds < SECONDS_ALONE_S)
        snprintf(text, POD_AGE_TEXT_MAX, "%" PRId64 "s", seconds);
    else if (seconds < SECONDS_SHOWN_S)
        pod_two_units(seconds / MINUTE_S, 'm', seconds % MINUTE_S, 's', text);
    else if (seconds < MINUTES_ALONE_S)
        snprintf(text, POD_AGE_TEXT_MAX, "%" PRId64 "m", seconds / MINUTE_S);
    else if (seconds < MINUTES_SHOWN_S)
        pod_two_units(seconds / HOUR_S, 'h', seconds % HOUR_S / MINUTE_S, 'm', text);
    else if (seconds < HOURS_ALONE_S)
        snprintf(text, POD_AGE_TEXT_MAX, "%" PRId64 "h", seconds / HOUR_S);
    else
        snprintf(text, POD_AGE_TEXT_MAX, "%" PRId64 "d", seconds / DAY_S);
    return text;
}

/* How the last start ended by itself; NULL: it did not. */
static const struct run_end *pod_last_end(const struct record *record)
{
    const struct run_end *last = record->n_ends > 0 ? &record->ends[record->n_ends - 1] : NULL;
    return last != NULL && last->start + 1 == record->starts ? last : NULL;
}

const char *pod_status_word(const struct record *record)
{
    const struct run_end *end = pod_last_end(record);
    if (end == NULL)
        return "Running";
    bool is_done = end->reason == END_COMPLETED && record->restart.policy == RESTART_ON_FAILURE;
    return end->backoff_ns > 0 && !is_done ? "CrashLoopBackOff" : end_reason_name(end->reason);
}

/* "3 (2s ago)": how often, and when the last end before that was. */
static void pod_restarts_text(const struct record *record, char *text, size_t size)
{
    char ago[POD_AGE_TEXT_MAX];
    unsigned restarts = record->starts > 0 ? record->starts - 1 : 0;
    snprintf(text, size, "%u", restarts);
    if (restarts > 0 && record->n_ends > 0)
        snprintf(text, size, "%u (%s ago)", restarts,
                 pod_age_text(record->duration_ns - record->ends[record->n_ends - 1].t_ns, ago));
}

int pod_status_write(const struct record *record, const char *const indents[2], struct buffer *out,
                     struct error *err)
{
    static const char ready_head[] = "READY";
    char restarts[32 + POD_AGE_TEXT_MAX];
    char age[POD_AGE_TEXT_MAX];
    if (record->restart.policy == RESTART_AT_ONCE)
        return 0;
    const char *name = record->pod[0] != '\0' ? record->pod : record->id;
    const char *status = pod_status_word(record);
    bool ready = pod_last_end(record) == NULL && record->has_ready;
    pod_restarts_text(record, restarts, sizeof(restarts));
    int name_width = (int)strlen(name) > 4 ? (int)strlen(name) : 4;
    int status_width = (int)strlen(status) > 6 ? (int)strlen(status) : 6;
    int restarts_width = (int)strlen(restarts) > 8 ? (int)strlen(restarts) : 8;
    buffer_printf(out, NULL, "%s%-*s   %s   %-*s   %-*s   AGE\n", indents[0], name_width, "NAME",
                  ready_head, status_width, "STATUS", restarts_width, "RESTARTS");
    return buffer_printf(out, err, "%s%-*s   %-*s   %-*s   %-*s   %s\n", indents[1], name_width,
                         name, (int)strlen(ready_head), ready ? "1/1" : "0/1", status_width, status,
                         restarts_width, restarts, pod_age_text(record->duration_ns, age));
}
