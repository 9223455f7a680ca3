#include "report/terminal.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "report/line_text.h"
#include "report/record_lines.h"

#define TERMINAL_BOLD "\033[1m"
#define TERMINAL_DIM  "\033[2m"
/* An id, each byte of it made harmless. */
#define TERMINAL_ID_MAX (4 * sizeof(((struct record *)NULL)->id))

static const char *terminal_code(const struct terminal_style *style, const char *code)
{
    return style->color ? code : "";
}

static const char *terminal_tone(const struct terminal_style *style, enum record_tone tone)
{
    static const char *const codes[] = {
        [RECORD_TONE_PLAIN] = "\033[0m",
        [RECORD_TONE_GOOD] = "\033[1;32m",
        [RECORD_TONE_BAD] = "\033[1;31m",
        [RECORD_TONE_WARN] = "\033[1;33m",
    };
    return terminal_code(style, codes[tone]);
}

static enum line_text_form terminal_form(const struct terminal_style *style)
{
    return style->utf8 ? LINE_TEXT_UTF8 : LINE_TEXT_ASCII;
}

/* Lines on their way to the terminal. */
struct terminal_block {
    const struct terminal_style *style; /* borrowed */
    struct buffer *out;                 /* borrowed */
    bool judged;                        /* the facts are all written */
    int status;                         /* -1: one of them could not be written */
    struct error *err;                  /* why not; borrowed */
};

/* A text, made harmless: a name in it that has line ends must not begin a line. */
static void terminal_text(struct terminal_block *block, const char *text)
{
    if (block->status == 0)
        block->status = line_text_append(text, terminal_form(block->style), block->out, block->err);
}

/* An error may be of several lines: it quotes the service's log. */
static void terminal_lines(struct terminal_block *block, const char *text)
{
    if (block->status == 0)
        block->status =
            line_text_append_lines(text, terminal_form(block->style), block->out, block->err);
}

/* One line of the block: its label, what stands out in its colour. */
static void terminal_line(void *user, const struct record_line *line)
{
    struct terminal_block *block = user;
    const struct terminal_style *style = block->style;
    const char *plain = terminal_tone(style, RECORD_TONE_PLAIN);
    if (line->judged && !block->judged)
        buffer_append_text(block->out, "\n", NULL);
    block->judged = line->judged;
    buffer_printf(block->out, NULL, "  %s%-8s%s ", terminal_code(style, TERMINAL_DIM), line->name,
                  plain);
    terminal_text(block, line->before);
    if (*line->word != '\0') {
        buffer_append_text(block->out, terminal_tone(style, line->tone), NULL);
        terminal_lines(block, line->word);
        buffer_append_text(block->out, plain, NULL);
    }
    if (*line->after != '\0' && (*line->before != '\0' || *line->word != '\0'))
        buffer_append_text(block->out, "   ", NULL);
    terminal_text(block, line->after);
    buffer_append_text(block->out, "\n", NULL);
}

int terminal_write_record(const struct record *record, const char *results_dir,
                          const struct terminal_style *style, struct buffer *out, struct error *err)
{
    const struct record_lines lines = {.record = record,
                                       .results_dir = results_dir,
                                       .next_dir = style->explains ? NULL : results_dir,
                                       .utf8 = style->utf8,
                                       .sparkline = true};
    struct terminal_block block = {.style = style, .out = out, .err = err};
    buffer_append_text(out, terminal_code(style, TERMINAL_BOLD), NULL);
    terminal_text(&block, record->id);
    buffer_append_text(out, terminal_tone(style, RECORD_TONE_PLAIN), NULL);
    CLEANUP(buffer_done) struct buffer rest = BUFFER_INIT(4096);
    if (record_headline_write(&lines, &rest, err) < 0)
        return -1;
    terminal_text(&block, buffer_text(&rest));
    buffer_append_text(out, "\n\n", NULL);
    if (record_lines_each(&lines, terminal_line, &block, err) < 0 || block.status < 0)
        return -1;
    return buffer_append_text(out, "\n", err);
}

int terminal_write_summary(const struct record *const *records, size_t n_records,
                           const struct terminal_style *style, struct buffer *out,
                           struct error *err)
{
    unsigned counts[OUTCOME_MAX_] = {0};
    for (size_t i = 0; i < n_records; i++) {
        const struct record *record = records[i];
        char duration[UNITS_TEXT_MAX];
        bool pass = record->outcome == OUTCOME_PASS;
        CLEANUP(buffer_done) struct buffer id = BUFFER_INIT(TERMINAL_ID_MAX);
        enum line_text_form form = terminal_form(style);
        if (line_text_append(record->id, form, &id, err) < 0)
            return -1;
        counts[record->outcome]++;
        buffer_printf(out, NULL, "  %s%-5s%s %-28s %-13s %-12s %s\n",
                      terminal_tone(style, pass ? RECORD_TONE_GOOD : RECORD_TONE_BAD),
                      outcome_name(record->outcome), terminal_tone(style, RECORD_TONE_PLAIN),
                      buffer_text(&id),
                      record->error.kind != ERROR_NONE ? "-"
                                                       : verdict_kind_name(record->verdict.kind),
                      cause_name(record->verdict.cause),
                      units_format_duration(record->duration_ns - record->waited_ns, duration));
    }
    return buffer_printf(out, err, "  %u passed, %u failed, %u undecided, %u in error\n\n",
                         counts[OUTCOME_PASS], counts[OUTCOME_FAIL], counts[OUTCOME_UNDECIDED],
                         counts[OUTCOME_ERROR]);
}
