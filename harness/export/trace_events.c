#include "export/trace_events.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "verdict/indicators.h"

/* What a mark can become: a slice, an instant, and both ends of an arrow. */
#define EVENTS_PER_MARK 4
/* A cycle and its parts. */
#define EVENTS_PER_CYCLE 4

struct trace_list {
    struct trace_event *events;
    size_t n;
    const struct record *record;
};

static void trace_add(struct trace_list *list, const struct trace_event *event)
{
    struct trace_event *added = &list->events[list->n];
    *added = *event;
    if (added->end_ns < added->t_ns)
        added->end_ns = added->t_ns;
    added->order = list->n++;
}

/* The next mark of this kind; NULL: there is none. */
static const struct mark *trace_next_mark(const struct timeline *timeline, size_t from,
                                          enum mark_kind kind)
{
    for (size_t i = from; i < timeline->n_marks; i++)
        if (timeline->marks[i].kind == kind)
            return &timeline->marks[i];
    return NULL;
}

nsec_t trace_last_ns(const struct record *record)
{
    const struct timeline *timeline = record->timeline;
    const nsec_t times[] = {
        timeline->n_marks > 0 ? timeline->marks[timeline->n_marks - 1].t_ns : 0,
        timeline->n_memory > 0 ? timeline->memory[timeline->n_memory - 1].t_ns : 0,
        timeline->n_load > 0 ? timeline->load[timeline->n_load - 1].t_ns : 0,
        timeline->n_cycles > 0 ? timeline->cycles[timeline->n_cycles - 1].floor_ns : 0,
    };
    nsec_t last_ns = record->duration_ns;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        if (times[i] > last_ns)
            last_ns = times[i];
    return last_ns;
}

/* A start of the service until its end, and an arrow from there to the next start. */
static void trace_add_start(struct trace_list *list, size_t index, unsigned *arrows)
{
    const struct timeline *timeline = list->record->timeline;
    const struct mark *start = &timeline->marks[index];
    const struct mark *end = trace_next_mark(timeline, index + 1, MARK_EXIT);
    const struct mark *next = trace_next_mark(timeline, index + 1, MARK_START);
    if (end != NULL && next != NULL && end->t_ns > next->t_ns)
        end = NULL;
    nsec_t end_ns = end != NULL    ? end->t_ns
                    : next != NULL ? next->t_ns
                                   : trace_last_ns(list->record);
    trace_add(
        list,
        &(struct trace_event){
            .kind = TRACE_START, .t_ns = start->t_ns, .end_ns = end_ns, .mark = start, .end = end});
    if (next == NULL)
        return;
    /* An arrow begins within a slice, and its end is no part of that. */
    unsigned number = (*arrows)++;
    trace_add(list, &(struct trace_event){.kind = TRACE_LEAVE,
                                          .t_ns = end_ns > start->t_ns ? end_ns - 1 : end_ns,
                                          .number = number});
    trace_add(list,
              &(struct trace_event){.kind = TRACE_ARRIVE, .t_ns = next->t_ns, .number = number});
}

static void trace_add_marks(struct trace_list *list)
{
    const struct timeline *timeline = list->record->timeline;
    unsigned arrows = 0;
    for (size_t i = 0; i < timeline->n_marks; i++) {
        const struct mark *mark = &timeline->marks[i];
        const struct mark *next = NULL;
        switch (mark->kind) {
        case MARK_PHASE:
            next = trace_next_mark(timeline, i + 1, MARK_PHASE);
            trace_add(list, &(struct trace_event){
                                .kind = TRACE_PHASE,
                                .t_ns = mark->t_ns,
                                .end_ns = next != NULL ? next->t_ns : trace_last_ns(list->record),
                                .mark = mark});
            break;
        case MARK_START:
            trace_add_start(list, i, &arrows);
            trace_add(list,
                      &(struct trace_event){.kind = TRACE_MARK, .t_ns = mark->t_ns, .mark = mark});
            break;
        default:
            trace_add(list,
                      &(struct trace_event){.kind = TRACE_MARK, .t_ns = mark->t_ns, .mark = mark});
            break;
        }
    }
}

static void trace_add_part(struct trace_list *list, const char *name, nsec_t from_ns, nsec_t to_ns)
{
    if (to_ns > from_ns)
        trace_add(list, &(struct trace_event){
                            .kind = TRACE_PART, .t_ns = from_ns, .end_ns = to_ns, .part = name});
}

/* When it was over: at its floor, or when its load had ended, or the next one began. */
static nsec_t trace_cycle_end_ns(const struct record *record, size_t index)
{
    const struct timeline *timeline = record->timeline;
    const struct cycle *cycle = &timeline->cycles[index];
    nsec_t bound_ns = index + 1 < timeline->n_cycles ? timeline->cycles[index + 1].begin_ns
                                                     : trace_last_ns(record);
    nsec_t end_ns = cycle->complete ? cycle->floor_ns : cycle->load_end_ns;
    if (end_ns <= cycle->begin_ns || end_ns > bound_ns)
        end_ns = bound_ns;
    return end_ns;
}

static nsec_t trace_least(nsec_t a, nsec_t b)
{
    return a < b ? a : b;
}

static void trace_add_cycles(struct trace_list *list)
{
    const struct timeline *timeline = list->record->timeline;
    unsigned measured = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        nsec_t end_ns = trace_cycle_end_ns(list->record, i);
        if (cycle->kind == CYCLE_MEASURE)
            measured++;
        trace_add(list, &(struct trace_event){.kind = TRACE_CYCLE,
                                              .t_ns = cycle->begin_ns,
                                              .end_ns = end_ns,
                                              .cycle = cycle,
                                              .number = measured});
        nsec_t load_ns = cycle->begin_ns;
        if (cycle->concurrency > 0) {
            load_ns = trace_least(cycle->load_end_ns, end_ns);
            trace_add_part(list, "load", cycle->begin_ns, load_ns);
        }
        if (!cycle->complete)
            continue;
        nsec_t settled_ns = trace_least(cycle->settled_ns, end_ns);
        trace_add_part(list, "settle", load_ns, settled_ns);
        trace_add_part(list, cycle->reclaimed ? "reclaim" : "survey", settled_ns, end_ns);
    }
}

/* By time; a slice before those that it holds. */
static int trace_compare(const void *a, const void *b)
{
    const struct trace_event *left = a;
    const struct trace_event *right = b;
    if (left->t_ns != right->t_ns)
        return left->t_ns < right->t_ns ? -1 : 1;
    if (left->end_ns != right->end_ns)
        return left->end_ns > right->end_ns ? -1 : 1;
    return left->order < right->order ? -1 : left->order > right->order;
}

int trace_events_collect(const struct record *record, struct trace_event **ret, size_t *ret_n,
                         struct error *err)
{
    const struct timeline *timeline = record->timeline;
    struct trace_list list = {.record = record};
    list.events =
        calloc(EVENTS_PER_MARK * timeline->n_marks + EVENTS_PER_CYCLE * timeline->n_cycles + 1,
               sizeof(*list.events));
    if (list.events == NULL)
        return error_out_of_memory(err);
    trace_add_marks(&list);
    trace_add_cycles(&list);
    if (list.n > 1)
        qsort(list.events, list.n, sizeof(*list.events), trace_compare);
    *ret = list.events;
    *ret_n = list.n;
    return 0;
}

void trace_event_open(struct json_writer *writer, const char *phase, unsigned pid, unsigned thread,
                      nsec_t t_ns)
{
    json_write_row_object(writer, NULL);
    json_write_text(writer, "ph", phase);
    json_write_u64(writer, "pid", pid);
    json_write_u64(writer, "tid", thread);
    json_write_double(writer, "ts", (double)t_ns / (double)NSEC_PER_USEC);
}

static void trace_write_slice(struct json_writer *writer, const struct trace_event *event,
                              unsigned pid, enum trace_thread thread)
{
    trace_event_open(writer, "X", pid, thread, event->t_ns);
    json_write_double(writer, "dur", (double)(event->end_ns - event->t_ns) / (double)NSEC_PER_USEC);
}

static void trace_write_start(struct json_writer *writer, const struct trace_event *event,
                              unsigned pid)
{
    char name[32];
    snprintf(name, sizeof(name), "start %u", (unsigned)event->mark->value);
    trace_write_slice(writer, event, pid, TRACE_SERVICE);
    json_write_text(writer, "name", name);
    json_write_text(writer, "cat", "service");
    json_write_object(writer, "args");
    json_write_text(writer, "end", event->end != NULL ? event->end->text : NULL);
    json_write_close_object(writer);
}

static void trace_write_phase(struct json_writer *writer, const struct trace_event *event,
                              unsigned pid)
{
    trace_write_slice(writer, event, pid, TRACE_PHASES);
    json_write_text(writer, "name", event->mark->text);
    json_write_text(writer, "cat", "phase");
    json_write_object(writer, "args");
    if (event->mark->value > 0)
        json_write_u64(writer, "requests", event->mark->value);
    json_write_close_object(writer);
}

static void trace_write_figures(struct json_writer *writer, const struct cycle *cycle)
{
    struct floor_parts floor = {0};
    int64_t settled = 0;
    json_write_object(writer, "args");
    json_write_u64(writer, "start", cycle->start);
    if (cycle->concurrency > 0) {
        json_write_u64(writer, "concurrency", cycle->concurrency);
        json_write_u64(writer, "requests", cycle->requests);
        json_write_u64(writer, "completed", load_counts_completed(&cycle->counts));
        json_write_u64(writer, "ok", cycle->counts.ok);
    }
    if (cycle->latency_p50_ns >= 0)
        json_write_double(writer, "latency_p50_ms", (double)cycle->latency_p50_ns / 1e6);
    if (cycle->latency_p99_ns >= 0)
        json_write_double(writer, "latency_p99_ms", (double)cycle->latency_p99_ns / 1e6);
    if (cycle->peak_bytes != SURVEY_ABSENT)
        json_write_u64(writer, "peak_bytes", cycle->peak_bytes);
    if (cycle->complete)
        floor = indicators_floor(&cycle->floor);
    if (cycle->complete && indicators_footprint(&cycle->settled, &settled))
        json_write_i64(writer, "settled_bytes", settled);
    if (floor.present)
        json_write_i64(writer, "floor_bytes", floor.total_bytes);
    json_write_u64(writer, "oom_kills", cycle->oom_kills);
    json_write_bool(writer, "complete", cycle->complete);
    if (cycle->complete)
        json_write_bool(writer, "came_to_rest", cycle->came_to_rest);
    json_write_close_object(writer);
}

static void trace_write_cycle(struct json_writer *writer, const struct trace_event *event,
                              unsigned pid)
{
    char name[48];
    const char *kind = cycle_kind_name(event->cycle->kind);
    snprintf(name, sizeof(name), "%s %u", kind, event->number);
    trace_write_slice(writer, event, pid, TRACE_CYCLES);
    json_write_text(writer, "name", event->cycle->kind == CYCLE_MEASURE ? name : kind);
    json_write_text(writer, "cat", "cycle");
    trace_write_figures(writer, event->cycle);
}

static void trace_write_part(struct json_writer *writer, const struct trace_event *event,
                             unsigned pid)
{
    trace_write_slice(writer, event, pid, TRACE_CYCLES);
    json_write_text(writer, "name", event->part);
    json_write_text(writer, "cat", "cycle");
}

/* One end of an arrow between slices of the service's thread. */
static void trace_write_arrow(struct json_writer *writer, const struct trace_event *event,
                              unsigned pid, unsigned first_arrow)
{
    bool arrives = event->kind == TRACE_ARRIVE;
    trace_event_open(writer, arrives ? "f" : "s", pid, TRACE_SERVICE, event->t_ns);
    json_write_text(writer, "name", "restart");
    json_write_text(writer, "cat", "restart");
    json_write_u64(writer, "id", first_arrow + event->number);
    json_write_text(writer, "bp", arrives ? "e" : NULL);
}

/* What happened to the run is marked over all of its threads; late samples would hide that. */
static void trace_write_mark(struct json_writer *writer, const struct trace_event *event,
                             unsigned pid)
{
    const struct mark *mark = event->mark;
    bool is_late = mark->kind == MARK_LATE_TICK;
    trace_event_open(writer, "i", pid, is_late ? TRACE_PHASES : TRACE_SERVICE, event->t_ns);
    json_write_text(writer, "name", mark_kind_name(mark->kind));
    json_write_text(writer, "cat", "mark");
    json_write_text(writer, "s", is_late ? "t" : "p");
    json_write_object(writer, "args");
    json_write_text(writer, "text", mark->text[0] != '\0' ? mark->text : NULL);
    if (is_late)
        json_write_double(writer, "late_ms", (double)mark->value / (double)NSEC_PER_MSEC);
    else if (mark->kind == MARK_START)
        json_write_u64(writer, "start", mark->value);
    else if (mark->kind == MARK_OOM_KILL)
        json_write_u64(writer, "kills", mark->value);
    json_write_close_object(writer);
}

void trace_event_write(struct json_writer *writer, const struct trace_event *event, unsigned pid,
                       unsigned first_arrow)
{
    switch (event->kind) {
    case TRACE_START:
        trace_write_start(writer, event, pid);
        break;
    case TRACE_PHASE:
        trace_write_phase(writer, event, pid);
        break;
    case TRACE_CYCLE:
        trace_write_cycle(writer, event, pid);
        break;
    case TRACE_PART:
        trace_write_part(writer, event, pid);
        break;
    case TRACE_LEAVE:
    case TRACE_ARRIVE:
        trace_write_arrow(writer, event, pid, first_arrow);
        break;
    case TRACE_MARK:
        trace_write_mark(writer, event, pid);
        break;
    }
    json_write_close_object(writer);
}
