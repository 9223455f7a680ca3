#include "report/sparkline.h"

#define CELLS_MAX 256

/* Does nothing run at that time, because the service has ended and is not yet started again? */
static bool sparkline_is_down(const struct timeline *timeline, nsec_t t_ns)
{
    bool down = false;
    for (size_t i = 0; i < timeline->n_marks && timeline->marks[i].t_ns <= t_ns; i++) {
        if (timeline->marks[i].kind == MARK_EXIT)
            down = true;
        else if (timeline->marks[i].kind == MARK_START)
            down = false;
    }
    return down;
}

int sparkline_write(const struct timeline *timeline, unsigned cells, double top_bytes,
                    const struct terminal_style *style, struct buffer *out, struct error *err)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const letters[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
    if (timeline->n_memory == 0 || top_bytes <= 0)
        return 0;
    nsec_t begin_ns = timeline->memory[0].t_ns;
    nsec_t span_ns = timeline->memory[timeline->n_memory - 1].t_ns - begin_ns + 1;
    size_t next = 0;
    unsigned level = 0;
    for (unsigned cell = 0; cell < cells; cell++) {
        nsec_t end_ns = begin_ns + span_ns / cells * (cell + 1) + 1;
        uint64_t highest = 0;
        bool seen = false;
        for (; next < timeline->n_memory && timeline->memory[next].t_ns < end_ns; next++) {
            const struct memory_sample *sample = &timeline->memory[next];
            uint64_t current =
                memory_sample_get(sample, MEMORY_CURRENT, memory_sample_get(sample, MEMORY_RSS, 0));
            highest = current > highest ? current : highest;
            seen = true;
        }
        if (seen) {
            double share = (double)highest / top_bytes;
            level = share >= 1 ? 7 : (unsigned)(share * 8);
        } else if (sparkline_is_down(timeline, end_ns)) {
            level = 0;
        }
        if (buffer_append_text(out, style->utf8 ? blocks[level] : letters[level], err) < 0)
            return -1;
    }
    return 0;
}

bool sparkline_has_failures(const struct record *record)
{
    for (unsigned i = 0; i < record->n_ends; i++)
        if (record->ends[i].reason != END_OOM_KILLED)
            return true;
    return false;
}

bool sparkline_has_ends(const struct record *record)
{
    for (size_t i = 0; i < record->timeline->n_marks; i++)
        if (record->timeline->marks[i].kind == MARK_OOM_KILL)
            return true;
    return sparkline_has_failures(record);
}

/* The cell of that time; the first or the last one when it is outside. */
static unsigned sparkline_cell(const struct timeline *timeline, unsigned cells, nsec_t t_ns)
{
    nsec_t begin_ns = timeline->memory[0].t_ns;
    nsec_t span_ns = timeline->memory[timeline->n_memory - 1].t_ns - begin_ns + 1;
    if (t_ns <= begin_ns)
        return 0;
    double share = (double)(t_ns - begin_ns) / (double)span_ns;
    return share < 1 ? (unsigned)(share * cells) : cells - 1;
}

const char *sparkline_kill_mark(const struct terminal_style *style)
{
    return style->utf8 ? "✗" : "x";
}

int sparkline_write_ends(const struct record *record, unsigned cells,
                         const struct terminal_style *style, struct buffer *out, struct error *err)
{
    const struct timeline *timeline = record->timeline;
    char kinds[CELLS_MAX] = {0};
    if (timeline->n_memory == 0 || cells > CELLS_MAX)
        return 0;
    for (unsigned i = 0; i < record->n_ends; i++)
        if (record->ends[i].reason != END_OOM_KILLED)
            kinds[sparkline_cell(timeline, cells, record->ends[i].t_ns)] = '!';
    for (size_t i = 0; i < timeline->n_marks; i++)
        if (timeline->marks[i].kind == MARK_OOM_KILL)
            kinds[sparkline_cell(timeline, cells, timeline->marks[i].t_ns)] = 'x';
    for (unsigned cell = 0; cell < cells; cell++) {
        const char *text = kinds[cell] == 'x'   ? sparkline_kill_mark(style)
                           : kinds[cell] == '!' ? "!"
                                                : " ";
        if (buffer_append_text(out, text, err) < 0)
            return -1;
    }
    return 0;
}
