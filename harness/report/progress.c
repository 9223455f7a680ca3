#include "report/progress.h"

#include <inttypes.h>
#include <string.h>

#include "base/units.h"

#define BAR_CELLS 20

static void progress_bar(const struct run_progress *progress, const struct terminal_style *style,
                         struct buffer *out)
{
    double share = (double)progress->memory_bytes / (double)progress->limit_bytes;
    unsigned filled = share >= 1 ? BAR_CELLS : (unsigned)(share * BAR_CELLS);
    (void)buffer_append_text(out, " [", NULL);
    for (unsigned i = 0; i < BAR_CELLS; i++)
        (void)buffer_append_text(out,
                                 i < filled ? (style->utf8 ? "█" : "#") : (style->utf8 ? "░" : "."),
                                 NULL);
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

int progress_write(const struct run_progress *progress, const struct terminal_style *style,
                   struct buffer *out, struct error *err)
{
    char text[UNITS_TEXT_MAX];
    (void)buffer_printf(out, NULL, "  %s  %-10s", progress->id, progress->phase);
    if (progress->memory_bytes != SURVEY_ABSENT) {
        if (progress->limit_bytes != UINT64_MAX)
            progress_bar(progress, style, out);
        (void)buffer_printf(out, NULL, " %9s",
                            units_format_bytes((double)progress->memory_bytes, text));
        if (progress->limit_bytes != UINT64_MAX)
            (void)buffer_printf(out, NULL, " of %s",
                                units_format_bytes((double)progress->limit_bytes, text));
    }
    if (progress->requests_goal > 0)
        (void)buffer_printf(out, NULL, "  %4" PRIu64 "/%" PRIu64 " requests", progress->requests,
                            progress->requests_goal);
    (void)buffer_printf(out, NULL, "  %s", units_format_duration(progress->elapsed_ns, text));
    nsec_t left_ns = progress_left_ns(progress);
    if (left_ns > 0)
        (void)buffer_printf(out, NULL, ", at most %s more", units_format_duration(left_ns, text));
    return buffer_append_text(out, "", err);
}
