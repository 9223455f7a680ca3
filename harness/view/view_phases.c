#include <stdio.h>
#include <string.h>

#include "view/view_parts.h"

/* What fits a mark's text and " at rest". */
#define VIEW_NAME_MAX 112

void view_write_time(struct json_writer *writer, const char *key, nsec_t t_ns)
{
    json_write_decimal(writer, key, (double)t_ns / NSEC_PER_SEC, 4);
}

/* A phase's kind by its name, which is the run's own. */
static const char *view_phase_kind(const char *name)
{
    static const struct {
        const char *begin, *kind;
    } kinds[] = {
        {"start", "start"},    {"ready", "ready"},  {"warm-up", "warmup"},
        {"cycle ", "measure"}, {"probe ", "probe"}, {TIMELINE_PHASE_OTHERS, "others"},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strncmp(name, kinds[i].begin, strlen(kinds[i].begin)) == 0)
            return kinds[i].kind;
    return "idle"; /* a back-off: nothing runs */
}

/* When the load of the cycle that began in this phase ended, and it had to come to rest; end_ns:
 * there was none, or it did not end in here. */
static nsec_t view_load_end(const struct timeline *timeline, nsec_t begin_ns, nsec_t end_ns)
{
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (cycle->begin_ns >= end_ns)
            break;
        if (cycle->begin_ns >= begin_ns && cycle->requests > 0 &&
            cycle->load_end_ns > cycle->begin_ns && cycle->load_end_ns < end_ns)
            return cycle->load_end_ns;
    }
    return end_ns;
}

static void view_write_phase(struct json_writer *writer, nsec_t begin_ns, nsec_t end_ns,
                             const char *name, const char *kind)
{
    json_write_object(writer, NULL);
    view_write_time(writer, "t_s", begin_ns);
    view_write_time(writer, "end_s", end_ns);
    json_write_text(writer, "name", name);
    json_write_text(writer, "kind", kind);
    json_write_close_object(writer);
}

/* The time of the next phase after mark `i`; the end of the run when that is the last. */
static nsec_t view_phase_end(const struct record *record, size_t i)
{
    const struct timeline *timeline = record->timeline;
    for (i++; i < timeline->n_marks; i++)
        if (timeline->marks[i].kind == MARK_PHASE)
            return timeline->marks[i].t_ns;
    return record->duration_ns;
}

void view_write_phases(struct json_writer *writer, const struct record *record)
{
    const struct timeline *timeline = record->timeline;
    json_write_array(writer, "phases");
    for (size_t i = 0; i < timeline->n_marks; i++) {
        const struct mark *mark = &timeline->marks[i];
        if (mark->kind != MARK_PHASE)
            continue;
        const char *kind = view_phase_kind(mark->text);
        nsec_t end_ns = view_phase_end(record, i);
        nsec_t load_end_ns = view_load_end(timeline, mark->t_ns, end_ns);
        if (end_ns < mark->t_ns)
            continue;
        view_write_phase(writer, mark->t_ns, load_end_ns, mark->text, kind);
        if (load_end_ns == end_ns)
            continue;
        char rest[VIEW_NAME_MAX];
        snprintf(rest, sizeof(rest), "%s, at rest", mark->text);
        view_write_phase(writer, load_end_ns, end_ns, rest, "idle");
    }
    json_write_close_array(writer);
}

/* What a mark says that has no text of its own. */
static const char *view_mark_text(const struct mark *mark, char *text, size_t size)
{
    if (mark->text[0] != '\0')
        snprintf(text, size, "%s", mark->text);
    else if (mark->kind == MARK_OOM_KILL)
        snprintf(text, size, "killed for memory");
    else if (mark->kind == MARK_START)
        snprintf(text, size, "start %llu", (unsigned long long)mark->value + 1);
    else
        snprintf(text, size, "%s", mark_kind_name(mark->kind));
    return text;
}

void view_write_marks(struct json_writer *writer, const struct record *record)
{
    const struct timeline *timeline = record->timeline;
    json_write_array(writer, "marks");
    for (size_t i = 0; i < timeline->n_marks; i++) {
        const struct mark *mark = &timeline->marks[i];
        char text[sizeof(mark->text)];
        if (mark->kind == MARK_PHASE || mark->kind == MARK_LATE_TICK)
            continue;
        json_write_object(writer, NULL);
        view_write_time(writer, "t_s", mark->t_ns);
        json_write_text(writer, "kind", mark_kind_name(mark->kind));
        json_write_text(writer, "text", view_mark_text(mark, text, sizeof(text)));
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}
