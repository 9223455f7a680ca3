#include "profile/folded.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/frame_text.h"
#include "profile/text_lines.h"

/* The stack and the value of a line. */
static bool folded_split(const struct text_line *line, size_t *stack_length, int64_t *value)
{
    size_t end = line->length;
    while (end > 0 && line->text[end - 1] != ' ')
        end--;
    if (end < 2)
        return false;
    *stack_length = end - 1;
    return text_line_number(line->text + end, line->length - end, value);
}

bool folded_is(const char *text, size_t length)
{
    struct text_lines lines = text_lines_of(text, length);
    struct text_line line;
    bool has_stack = false;
    while (text_lines_next(&lines, &line)) {
        size_t stack_length = 0;
        int64_t value = 0;
        if (line.length == 0)
            continue;
        if (!folded_split(&line, &stack_length, &value))
            return false;
        has_stack = has_stack || memchr(line.text, ';', stack_length) != NULL;
    }
    return has_stack;
}

/* Frames of a line, from its end: the leaf first. */
struct folded_stack {
    uint32_t *frames;
    size_t capacity;
    uint32_t depth;
};

static int folded_push(struct profile *profile, struct folded_stack *stack, const char *text,
                       size_t length, struct error *err)
{
    struct profile_frame frame = {.file = ""};
    if (profile_add_name(profile, text, length, &frame.function, err) < 0 ||
        store_grow(&profile->store, &stack->frames, (size_t)stack->depth + 1,
                   sizeof(*stack->frames), &stack->capacity, err) < 0)
        return -1;
    return profile_add_frame(profile, &frame, &stack->frames[stack->depth++], err);
}

static int folded_read_line(struct profile *profile, struct folded_stack *stack,
                            const struct text_line *line, struct error *err)
{
    size_t end = 0;
    int64_t value = 0;
    if (!folded_split(line, &end, &value))
        return error_set(err, ERROR_USAGE, "found no stack and a whole number after a space");
    stack->depth = 0;
    for (size_t begin = end;; begin--) {
        if (begin > 0 && line->text[begin - 1] != ';')
            continue;
        if (folded_push(profile, stack, line->text + begin, end - begin, err) < 0)
            return -1;
        if (begin == 0)
            break;
        end = begin - 1;
    }
    return profile_add_sample(profile, stack->frames, stack->depth, &value, err);
}

int folded_read(const char *text, size_t length, const struct profile_type *type,
                struct profile **ret, struct error *err)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    struct folded_stack stack = {.frames = NULL};
    struct text_lines lines = text_lines_of(text, length);
    struct text_line line;
    if (profile_new(&profile, err) < 0 ||
        profile_add_type(profile, type->type, type->unit, err) < 0)
        return -1;
    int status = 0;
    while (status == 0 && text_lines_next(&lines, &line)) {
        if (line.length > 0 && folded_read_line(profile, &stack, &line, err) < 0)
            status = error_prefix(err, "folded stacks: line %zu", lines.number);
    }
    free(stack.frames);
    if (status == 0)
        *ret = take_ptr(&profile);
    return status;
}

int folded_write(const struct profile *profile, unsigned type, struct buffer *out,
                 struct error *err)
{
    for (size_t i = 0; i < profile->n_samples; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        if (sample->values[type] <= 0)
            continue;
        for (uint32_t k = sample->depth; k-- > 0;) {
            if (frame_text_append(&profile->frames[sample->frames[k]], out, err) < 0 ||
                buffer_append_text(out, k > 0 ? ";" : "", err) < 0)
                return -1;
        }
        const char *nobody = sample->depth == 0 ? "(unknown)" : "";
        if (buffer_printf(out, err, "%s %" PRId64 "\n", nobody, sample->values[type]) < 0)
            return -1;
    }
    return 0;
}
