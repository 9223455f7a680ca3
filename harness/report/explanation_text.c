#include "report/explanation_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "report/explanation_saying.h"
#include "report/line_text.h"

#define TEXT_ENTRIES    10 /* with source and stack; the others are in explanation.json */
#define TEXT_HELD       8
#define TEXT_TREE_LINES 40
#define TEXT_AROUND     2  /* lines of source on either side */
#define TEXT_FRAMES     12 /* of a stack, where no width is known */
#define TEXT_PART_MAX   300
#define TEXT_PASSED_MIN 0.99 /* a call that does no more than to make another one */
#define TEXT_RARE_MAX   0.6  /* rarer than this it is "one every …" */

/* "pipe", "eventfd": a word for one of them. */
static bool text_takes_s(const char *label)
{
    return strpbrk(label, " ,:/[]") == NULL && strcmp(label, "unix") != 0;
}

const char *explanation_text_count(const struct explanation_part *part, double objects,
                                   const char *per, char *text, size_t size)
{
    char number[32];
    bool rare = per != NULL && objects < TEXT_RARE_MAX;
    bool one = rare || fabs(objects - 1) <= 0.005;
    const char *word = explanation_object_word(part->instrument, one);
    bool is_descriptor = strcmp(part->instrument, "descriptors") == 0;
    text[0] = '\0';
    if (objects <= 0)
        return text;
    if (rare)
        snprintf(number, sizeof(number), "one");
    else
        saying_number(objects, number, sizeof(number));
    if (is_descriptor && *part->label != '\0')
        snprintf(text, size, "%s %.200s%s", number, part->label,
                 !one && text_takes_s(part->label) ? "s" : "");
    else
        snprintf(text, size, "%s %s%s%.200s", number, word, *part->label != '\0' ? ", " : "",
                 part->label);
    size_t length = strlen(text);
    saying_number(1 / objects, number, sizeof(number));
    if (rare && length < size)
        snprintf(text + length, size - length, " every %s %ss", number, per);
    return text;
}

/* A part, "61 blocks (17.1 KiB)"; of what is held, without a rate. */
static void text_part(const struct saying *writer, const struct explanation_part *part, bool grown,
                      char *text, size_t size)
{
    char count[TEXT_PART_MAX];
    char amount[UNITS_TEXT_MAX];
    double bytes = grown ? part->bytes_per_request : part->held_bytes;
    explanation_text_count(part, grown ? part->objects_per_request : part->held_objects,
                           grown ? saying_per(writer) : NULL, count, sizeof(count));
    if (count[0] == '\0' && part->held_objects >= 1) { /* it is what there is that gets larger */
        snprintf(count, sizeof(count), "in ");
        explanation_text_count(part, part->held_objects, NULL, count + 3, sizeof(count) - 3);
    } else if (count[0] == '\0') {
        snprintf(count, sizeof(count), "%s%s%.200s", part->instrument,
                 *part->label != '\0' ? ", " : "", part->label);
    }
    if (bytes >= 1)
        snprintf(text, size, "%s (%s)", count, units_format_bytes(bytes, amount));
    else
        snprintf(text, size, "%s", count);
}

static void text_parts(struct saying *writer, const struct explanation_entry *entry, bool grown)
{
    CLEANUP(buffer_done) struct buffer words = BUFFER_INIT(SAYING_MAX_BYTES);
    CLEANUP(buffer_done) struct buffer harmless = BUFFER_INIT(SAYING_MAX_BYTES);
    for (unsigned i = 0; i < entry->n_parts; i++) {
        char part[2 * TEXT_PART_MAX];
        text_part(writer, &entry->parts[i], grown, part, sizeof(part));
        buffer_printf(&words, NULL, "%s%s", i > 0 ? "; " : "", part);
    }
    static const struct line_text_indent indent = {.first = "     ", .next = "     "};
    if (words.length == 0 || writer->status < 0)
        return;
    writer->status =
        line_text_append(buffer_text(&words), saying_form(writer), &harmless, writer->err);
    if (writer->status == 0)
        writer->status = line_text_wrap(buffer_text(&harmless), &indent, writer->style->width,
                                        writer->out, writer->err);
}

static void text_source(struct saying *writer, const struct explanation_entry *entry)
{
    const struct explanation_frame *place = explanation_place(entry);
    for (unsigned i = 0; place != NULL && i < entry->source.n; i++) {
        int64_t number = entry->source.first + i;
        bool here = number == place->line;
        if (number < place->line - TEXT_AROUND || number > place->line + TEXT_AROUND)
            continue;
        CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(SAYING_MAX_BYTES);
        char begin[48];
        snprintf(begin, sizeof(begin), "     %c %5" PRId64 " | ", here ? '>' : ' ', number);
        if (writer->status == 0)
            writer->status =
                line_text_append(entry->source.lines[i], saying_form(writer), &line, writer->err);
        size_t columns = writer->style->width;
        size_t room = columns > strlen(begin) ? columns - strlen(begin) : 0;
        size_t length =
            columns > 0 ? line_text_fitting(buffer_text(&line), room) : strlen(buffer_text(&line));
        saying_code(writer, here ? SAYING_BOLD : SAYING_DIM);
        saying_raw(writer, begin);
        if (writer->status == 0 && length > 0)
            writer->status = buffer_append(writer->out, buffer_text(&line), length, writer->err);
        saying_code(writer, SAYING_PLAIN);
        saying_raw(writer, "\n");
    }
}

/* A stack as it becomes a line. */
struct text_stack_line {
    struct buffer line;
    unsigned width;
    unsigned shown;
};

/* Add a frame if there is room for it (and for the mark that there is more); else that mark. */
static bool text_stack_add(const struct saying *writer, struct text_stack_line *stack,
                           const struct explanation_frame *frame, bool is_last)
{
    CLEANUP(buffer_done) struct buffer words = BUFFER_INIT(SAYING_MAX_BYTES);
    char name[400];
    buffer_append_text(&words, stack->shown > 0 ? " < " : "", NULL);
    line_text_append(saying_frame(writer, frame, name, sizeof(name)), saying_form(writer), &words,
                     NULL);
    size_t columns =
        line_text_columns(buffer_text(&stack->line)) + line_text_columns(buffer_text(&words));
    bool full =
        stack->width > 0 ? columns + (is_last ? 0 : 4) > stack->width : stack->shown >= TEXT_FRAMES;
    if (stack->shown > 0 && full) {
        buffer_append_text(&stack->line, writer->style->utf8 ? " < …" : " < ..", NULL);
        return false;
    }
    buffer_append_text(&stack->line, buffer_text(&words), NULL);
    stack->shown++;
    return true;
}

/* "a < b < c" from `begin` to `end`, as far as the line has room; what is above the call that the
 * line to look at makes is left out where it is much. */
static void text_stack(struct saying *writer, const struct explanation_entry *entry,
                       const char *before, unsigned begin, unsigned end)
{
    struct text_stack_line stack = {.line = BUFFER_INIT(SAYING_MAX_BYTES),
                                    .width = writer->style->width};
    unsigned look = begin < entry->origin ? entry->line_frame : entry->origin_frame;
    if (begin >= end)
        return;
    buffer_printf(&stack.line, NULL, "     %s", before);
    for (unsigned i = begin; i < end; i++) {
        if (!text_stack_add(writer, &stack, &entry->frames[i], i + 1 == end))
            break;
        if (i == begin && look < end && look > begin + 2) {
            buffer_append_text(&stack.line, writer->style->utf8 ? " < …" : " < ..", NULL);
            i = look - 2; /* next is the call that the line makes */
        }
    }
    saying_code(writer, SAYING_DIM);
    saying_raw(writer, buffer_text(&stack.line));
    saying_code(writer, SAYING_PLAIN);
    saying_raw(writer, "\n");
    buffer_done(&stack.line);
}

static void text_stacks(struct saying *writer, const struct explanation_entry *entry)
{
    char name[400];
    bool has_origin = entry->origin < entry->n_frames;
    if (has_origin && entry->line_frame < entry->origin) {
        saying_raw(writer, "     waits in ");
        saying_say(writer, "%s",
                   saying_frame(writer, &entry->frames[entry->line_frame], name, sizeof(name)));
        saying_raw(writer, "\n");
    }
    text_stack(writer, entry, "", 0, has_origin ? entry->origin : entry->n_frames);
    if (has_origin)
        text_stack(writer, entry, "started by ", entry->origin, entry->n_frames);
    if (entry->more_stacks > 0)
        saying_say(writer, "     and %u more stack%s", entry->more_stacks,
                   entry->more_stacks == 1 ? "" : "s");
    if (entry->more_stacks > 0)
        saying_raw(writer, "\n");
}

/* What it is called: its line, else what it is. */
static void text_place(struct saying *writer, const struct explanation_entry *entry)
{
    char name[400];
    const struct explanation_frame *place = explanation_place(entry);
    saying_code(writer, SAYING_BOLD);
    if (place != NULL)
        saying_say(writer, "%s", saying_frame(writer, place, name, sizeof(name)));
    else if (entry->n_parts > 0 && *entry->parts[0].label != '\0')
        saying_say(writer, "%s", entry->parts[0].label);
    else if (entry->n_frames > 0)
        saying_say(writer, "%s", saying_frame(writer, &entry->frames[0], name, sizeof(name)));
    else
        saying_raw(writer, "nobody knows where");
    saying_code(writer, SAYING_PLAIN);
    if (place != NULL && place->line == 0 && *place->module != '\0')
        saying_say(writer, " in %s, which has no lines (stripped?)",
                   saying_file(writer, place->module));
}

static void text_entry(struct saying *writer, const struct explanation_entry *entry,
                       unsigned number, bool grown)
{
    char amount[UNITS_TEXT_MAX];
    saying_say(writer, "%3u. ", number);
    text_place(writer, entry);
    if (grown && entry->bytes_per_request > 0)
        saying_say(writer, "   %.0f %%   %s per %s", 100 * entry->share,
                   units_format_bytes(entry->bytes_per_request, amount), saying_per(writer));
    else if (!grown && entry->held_bytes > 0)
        saying_say(writer, "   %s", units_format_bytes(entry->held_bytes, amount));
    saying_raw(writer, "\n");
    text_parts(writer, entry, grown);
    if (grown)
        text_source(writer, entry);
    text_stacks(writer, entry);
}

static void text_entries(struct saying *writer)
{
    const struct explanation *explanation = writer->text->explanation;
    for (unsigned i = 0; i < explanation->n_entries && i < TEXT_ENTRIES; i++)
        text_entry(writer, &explanation->entries[i], i + 1, true);
    if (explanation->n_entries > TEXT_ENTRIES)
        saying_say(writer, "     and %u more in " EXPLANATION_FILE,
                   explanation->n_entries - TEXT_ENTRIES);
    if (explanation->n_entries > TEXT_ENTRIES)
        saying_raw(writer, "\n");
    for (unsigned i = 0; !explanation->grows && i < explanation->n_held && i < TEXT_HELD; i++)
        text_entry(writer, &explanation->held[i], i + 1, false);
    if (explanation->n_entries > 0 || (!explanation->grows && explanation->n_held > 0))
        saying_raw(writer, "\n");
}

/* The only call that a call within the system makes; -1: it is shown, for it is the service's own,
 * or called by it, or calls part here. */
static int64_t text_passed(const struct explanation *explanation, unsigned node)
{
    const struct explanation_node *call = &explanation->nodes[node];
    bool is_within = call->frame.is_system &&
                     (call->parent < 0 || explanation->nodes[call->parent].frame.is_system);
    for (unsigned i = node + 1; is_within && i < explanation->n_nodes; i++)
        if (explanation->nodes[i].parent == node)
            return explanation->nodes[i].bytes_per_request >=
                           TEXT_PASSED_MIN * call->bytes_per_request
                       ? (int64_t)i
                       : -1;
    return -1;
}

static void text_call(struct saying *writer, const struct explanation_node *call, unsigned depth)
{
    const struct explanation *explanation = writer->text->explanation;
    char name[400];
    char amount[UNITS_TEXT_MAX];
    double share = explanation->measured_rate > 0
                       ? 100 * call->bytes_per_request / explanation->measured_rate
                       : 0;
    saying_say(writer, "  %3.0f %%  %9s  ", fmin(100, share),
               units_format_bytes(call->bytes_per_request, amount));
    for (unsigned k = 0; k < depth && k < 24; k++)
        saying_raw(writer, "  ");
    if (!call->frame.is_system)
        saying_code(writer, SAYING_BOLD);
    saying_say(writer, "%s", saying_frame(writer, &call->frame, name, sizeof(name)));
    saying_code(writer, SAYING_PLAIN);
    saying_raw(writer, "\n");
}

/* What a call (-1: nobody) calls, and what is beneath that; *lines is what there is room for. */
static void text_calls(struct saying *writer, int64_t caller, unsigned depth, unsigned *lines)
{
    const struct explanation *explanation = writer->text->explanation;
    for (unsigned i = (unsigned)(caller + 1); i < explanation->n_nodes; i++) {
        unsigned node = i;
        int64_t passed = 0;
        if (explanation->nodes[i].parent != caller || *lines == 0)
            continue;
        while ((passed = text_passed(explanation, node)) >= 0)
            node = (unsigned)passed;
        --*lines;
        text_call(writer, &explanation->nodes[node], depth);
        if (depth < EXPLANATION_STACK_MAX)
            text_calls(writer, node, depth + 1, lines);
    }
}

/* The first line: the answer. */
static void text_answer(struct saying *writer)
{
    const struct explanation *explanation = writer->text->explanation;
    char amount[UNITS_TEXT_MAX];
    bool leak = explanation->grows;
    bool verdict = writer->text->instrumented->error.kind == ERROR_NONE;
    saying_code(writer, leak ? SAYING_RED : verdict ? SAYING_GREEN : SAYING_YELLOW);
    saying_raw(writer, leak ? "LEAK" : verdict ? "NOTHING GROWS" : "NOT EXPLAINED");
    saying_code(writer, SAYING_PLAIN);
    saying_raw(writer, "  ");
    saying_code(writer, SAYING_BOLD);
    saying_say(writer, "%s", writer->text->plain->id);
    saying_code(writer, SAYING_PLAIN);
    if (leak)
        saying_say(writer, "  %s per %s, %.0f %% explained",
                   units_format_bytes(explanation->measured_rate, amount), saying_per(writer),
                   100 * explanation->share);
    else if (verdict)
        saying_say(writer, "  %s (%s)%s", verdict_kind_name(writer->text->plain->verdict.kind),
                   cause_name(writer->text->plain->verdict.cause),
                   explanation->n_held > 0 ? "; held at the last floor:" : "");
    else
        saying_say(writer, "  the run with instruments failed: %s",
                   writer->text->instrumented->error.text);
    saying_raw(writer, "\n\n");
}

static bool text_same_instrument(const struct record_instrument *a,
                                 const struct record_instrument *b)
{
    return a->state == b->state && strcmp(a->why, b->why) == 0 && strcmp(a->effect, b->effect) == 0;
}

/* Those that say the same, by name, and what they say. */
static void text_instrument(struct saying *writer, unsigned first, const char *label)
{
    static const char *const states[] = {
        [RECORD_INSTRUMENT_USED] = "",
        [RECORD_INSTRUMENT_IMPOSSIBLE] = "impossible: ",
        [RECORD_INSTRUMENT_FAILED] = "failed: ",
    };
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(SAYING_MAX_BYTES);
    const struct record *record = writer->text->instrumented;
    const struct record_instrument *instrument = &record->instruments[first];
    for (unsigned i = first; i < record->n_instruments; i++)
        if (text_same_instrument(&record->instruments[i], instrument))
            buffer_printf(&line, NULL, "%s%s", i > first ? ", " : "", record->instruments[i].name);
    bool says = *instrument->why != '\0' || *instrument->effect != '\0';
    bool both = *instrument->why != '\0' && *instrument->effect != '\0';
    buffer_printf(&line, NULL, "%s%s%s%s%s", says ? ": " : "", states[instrument->state],
                  instrument->why, both ? "; " : "", instrument->effect);
    saying_labelled(writer, label, buffer_text(&line));
}

/* What the instruments did to it. */
static void text_instruments(struct saying *writer)
{
    const struct explanation *explanation = writer->text->explanation;
    const struct record *record = writer->text->instrumented;
    char line[EXPLANATION_TEXT_MAX + 64];
    for (unsigned i = 0; i < record->n_instruments; i++) {
        bool is_said = false;
        for (unsigned k = 0; k < i; k++)
            is_said =
                is_said || text_same_instrument(&record->instruments[k], &record->instruments[i]);
        if (!is_said)
            text_instrument(writer, i, i == 0 ? "with" : "");
    }
    if (explanation->slowdown > 0) {
        if (explanation->slowdown < 1.05)
            snprintf(line, sizeof(line), "no slower than without instruments");
        else
            snprintf(line, sizeof(line), "%.1f times as slow as without instruments",
                     explanation->slowdown);
        saying_labelled(writer, "speed", line);
    }
    if (explanation->agrees)
        saying_labelled(writer, "agrees", "with the run without instruments");
    else
        saying_labelled(writer, "differs", explanation->disagreement);
}

/* The name of the profile that tells most of what grows. */
static const char *text_profile(const struct explanation *explanation)
{
    if (!explanation->grows || explanation->n_entries == 0 || explanation->entries[0].n_parts == 0)
        return NULL;
    return explanation->entries[0].parts[0].instrument;
}

static void text_next(struct saying *writer)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(SAYING_MAX_BYTES);
    const char *dir = writer->text->dir;
    const char *name = text_profile(writer->text->explanation);
    if (dir == NULL)
        return;
    buffer_printf(&line, NULL, "%s/" EXPLANATION_FILE "; profiles of every floor in %s/collected/",
                  dir, dir);
    saying_labelled(writer, "files", buffer_text(&line));
    if (name == NULL)
        return;
    buffer_clear(&line);
    buffer_printf(&line, NULL, "go tool pprof -http=: %s/%s.grown.pb.gz", dir, name);
    saying_labelled(writer, "next", buffer_text(&line));
}

int explanation_text_write(const struct explanation_text *text, const struct terminal_style *style,
                           struct buffer *out, struct error *err)
{
    struct saying writer = {.text = text, .style = style, .out = out, .err = err};
    const struct explanation *explanation = text->explanation;
    unsigned lines = TEXT_TREE_LINES;
    text_answer(&writer);
    text_entries(&writer);
    if (explanation->n_nodes > 0) {
        saying_raw(&writer, "  calls of what grows, from the outside in\n");
        text_calls(&writer, -1, 0, &lines);
        saying_raw(&writer, "\n");
    }
    saying_labelled(&writer, "missing", explanation->missing);
    saying_labelled(&writer, "holds", explanation->holding);
    text_instruments(&writer);
    text_next(&writer);
    return writer.status < 0 ? -1 : buffer_append_text(out, "\n", err);
}
