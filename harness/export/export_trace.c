#include "export/export_trace.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "export/trace_counters.h"
#include "export/trace_events.h"

#define LABELS_MAX 512

/* A name of a process or a thread, or its place among the others: metadata, of no time. */
static void trace_open_metadata(struct json_writer *writer, const char *name, unsigned pid,
                                unsigned thread)
{
    trace_event_open(writer, "M", pid, thread, 0);
    json_write_text(writer, "name", name);
    json_write_object(writer, "args");
}

static void trace_close_metadata(struct json_writer *writer)
{
    json_write_close_object(writer);
    json_write_close_object(writer);
}

/* "leak (sockets)", "error". */
static const char *trace_labels(const struct record *record, char *text)
{
    const struct verdict *verdict = &record->verdict;
    if (record->outcome == OUTCOME_ERROR)
        snprintf(text, LABELS_MAX, "%s", outcome_name(record->outcome));
    else if (verdict->cause != CAUSE_NONE)
        snprintf(text, LABELS_MAX, "%s (%s)", verdict_kind_name(verdict->kind),
                 cause_name(verdict->cause));
    else
        snprintf(text, LABELS_MAX, "%s", verdict_kind_name(verdict->kind));
    return text;
}

static void trace_write_names(struct json_writer *writer, const struct record *record, unsigned pid)
{
    static const char *const threads[] = {
        [TRACE_SERVICE] = "service", [TRACE_PHASES] = "phases", [TRACE_CYCLES] = "cycles"};
    char labels[LABELS_MAX];
    trace_open_metadata(writer, "process_name", pid, 0);
    json_write_text(writer, "name", record->id);
    trace_close_metadata(writer);
    trace_open_metadata(writer, "process_labels", pid, 0);
    json_write_text(writer, "labels", trace_labels(record, labels));
    trace_close_metadata(writer);
    trace_open_metadata(writer, "process_sort_index", pid, 0);
    json_write_u64(writer, "sort_index", pid);
    trace_close_metadata(writer);
    for (unsigned i = TRACE_SERVICE; i < TRACE_THREAD_END_; i++) {
        trace_open_metadata(writer, "thread_name", pid, i);
        json_write_text(writer, "name", threads[i]);
        trace_close_metadata(writer);
        trace_open_metadata(writer, "thread_sort_index", pid, i);
        json_write_u64(writer, "sort_index", i);
        trace_close_metadata(writer);
    }
}

/* One run, in order of time. Adds to *arrows those that it has. */
static int trace_write_run(struct json_writer *writer, const struct record *record, unsigned pid,
                           unsigned *arrows, struct error *err)
{
    CLEANUP(freep) struct trace_event *events = NULL;
    size_t n = 0;
    if (trace_events_collect(record, &events, &n, err) < 0)
        return -1;
    trace_write_names(writer, record, pid);
    struct trace_counters counters;
    trace_counters_begin(&counters, pid);
    trace_counters_limit(writer, &counters, record->question.limit_bytes);

    struct export_walk walk;
    export_walk_begin(&walk, record->timeline);
    unsigned first = *arrows;
    size_t k = 0;
    for (bool more = true; more && !writer->failed;) {
        more = export_walk_next(&walk);
        for (; k < n && (!more || events[k].t_ns <= walk.at.t_ns); k++) {
            trace_event_write(writer, &events[k], pid, first);
            *arrows += events[k].kind == TRACE_LEAVE;
        }
        if (more)
            trace_counters_step(writer, &counters, &walk.at);
    }
    trace_counters_end(writer, &counters, trace_last_ns(record));
    return 0;
}

int export_trace_write(const struct stored_record *runs, size_t n, struct buffer *out,
                       struct error *err)
{
    struct json_writer writer;
    unsigned arrows = 0;
    json_writer_begin(&writer, out);
    json_write_object(&writer, NULL);
    json_write_text(&writer, "displayTimeUnit", "ms");
    json_write_row_object(&writer, "otherData");
    json_write_text(&writer, "generator", "leakcage " LEAKCAGE_VERSION);
    json_write_close_object(&writer);
    json_write_array(&writer, "traceEvents");
    for (size_t i = 0; i < n; i++)
        if (trace_write_run(&writer, runs[i].record, (unsigned)i + 1, &arrows, err) < 0)
            return -1;
    json_write_close_array(&writer);
    json_write_close_object(&writer);
    return json_writer_end(&writer, err) < 0 ? export_too_large("trace", err) : 0;
}
