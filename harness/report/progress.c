#include "report/progress.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "report/line_text.h"

#define BAR_CELLS_WIDE   20
#define BAR_CELLS_NARROW 8
#define WIDE_COLUMNS     110
#define LINE_BYTES_MAX   ((size_t)64 * 1024)

static void progress_bar(const struct run_progress *progress, const struct terminal_style *style,
                         struct buffer *out)
{
    double share = (double)progress->memory_bytes / (double)progress->limit_bytes;
    unsigned cells = style->width >= WIDE_COLUMNS ? BAR_CELLS_WIDE : BAR_CELLS_NARROW;
    unsigned filled = share >= 1 ? cells : (unsigned)(share * cells);
    (void)buffer_append_text(out, " [", NULL);
    for (unsigned i = 0; i < cells; i++)
        (void)buffer_append_text(
            out, i < filled ? (style->utf8 ? "█" : "#") : (style->utf8 ? "░" : "."), NULL);
    (void)buffer_append_text(out, "]", NULL);
}

/* How long it will take at the longest: the budget; the cycles so far tell more once there are
 * some. 0: not known yet. */
static nsec_t progress_left_ns(const struct run_progress *progress)
{
    if (progress->cycle == 0 || progress->cycles_max <= progress->cycle)
        return 0;
    nsec_t per_cycle_ns = progress->elapsed_ns / (progress->cycle + 1);
    return per_cycle_ns * (progress->cycles_max - progress->cycle);
}

/* The line, made harmless, and not beyond the last column: one that wraps cannot be taken back. */
static int progress_put(const struct buffer *line, const struct terminal_style *style,
                        struct buffer *out, struct error *err)
{
    size_t begin = out->length;
    if (line_text_append(buffer_text(line), style->utf8 ? LINE_TEXT_UTF8 : LINE_TEXT_ASCII, out,
                         err) < 0)
        return -1;
    if (style->width > 0) {
        out->length = begin + line_text_fitting(out->data + begin, style->width);
        out->data[out->length] = '\0';
    }
    return 0;
}

int progress_write(const struct run_progress *progress, const struct terminal_style *style,
                   struct buffer *out, struct error *err)
{
    char text[UNITS_TEXT_MAX];
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(LINE_BYTES_MAX);
    (void)buffer_printf(&line, NULL, "  %s  %-10s", progress->id, progress->phase);
    if (progress->memory_bytes != SURVEY_ABSENT) {
        if (progress->limit_bytes != UINT64_MAX)
            progress_bar(progress, style, &line);
        (void)buffer_printf(&line, NULL, " %9s",
                            units_format_bytes((double)progress->memory_bytes, text));
        if (progress->limit_bytes != UINT64_MAX)
            (void)buffer_printf(&line, NULL, " of %s",
                                units_format_bytes((double)progress->limit_bytes, text));
    }
    if (progress->requests_goal > 0)
        (void)buffer_printf(&line, NULL, "  %4" PRIu64 "/%" PRIu64, progress->requests,
                            progress->requests_goal);
    (void)buffer_printf(&line, NULL, "  %s", units_format_duration(progress->elapsed_ns, text));
    nsec_t left_ns = progress_left_ns(progress);
    if (left_ns > 0)
        (void)buffer_printf(&line, NULL, ", at most %s more", units_format_duration(left_ns, text));
    return progress_put(&line, style, out, err);
}

int progress_write_several(const struct run_progress *runs, unsigned n,
                           const struct progress_tally *tally, const struct terminal_style *style,
                           struct buffer *out)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(LINE_BYTES_MAX);
    (void)buffer_printf(&line, NULL, "  %zu", tally->done);
    if (tally->all > 0)
        (void)buffer_printf(&line, NULL, " of %zu", tally->all);
    (void)buffer_append_text(&line, " done", NULL);
    for (unsigned i = 0; i < n; i++) {
        char text[UNITS_TEXT_MAX];
        (void)buffer_printf(&line, NULL, " %s %s %s", style->utf8 ? "·" : "|", runs[i].id,
                            runs[i].phase);
        if (runs[i].memory_bytes != SURVEY_ABSENT)
            (void)buffer_printf(&line, NULL, " %s",
                                units_format_bytes((double)runs[i].memory_bytes, text));
    }
    return progress_put(&line, style, out, NULL);
}
