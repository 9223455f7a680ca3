#include "instrument/held_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/text_lines.h"

#define FRAMES_FIRST  256
#define FUNCTION_NONE "(unknown)"

struct held_text {
    struct text_lines lines;
    struct profile *profile;
    uint32_t *frames; /* the profile's number of each of the text's; owned */
    size_t n_frames, capacity;
};

static const char end_line[] = "end\n";

bool held_text_is_whole(const char *text, size_t length)
{
    const size_t end = sizeof(end_line) - 1;
    return length >= end && memcmp(text + length - end, end_line, end) == 0 &&
           (length == end || text[length - end - 1] == '\n');
}

int held_text_profile(struct profile **ret, struct error *err)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    if (profile_new(&profile, err) < 0 ||
        profile_add_type(profile, "inuse_objects", "count", err) < 0 ||
        profile_add_type(profile, "inuse_space", "bytes", err) < 0)
        return -1;
    profile->default_type = 1;
    *ret = take_ptr(&profile);
    return 0;
}

static int held_text_error(const struct held_text *held, const char *expected, struct error *err)
{
    return error_set(err, ERROR_SERVICE, "line %zu of what it tells: expected %s",
                     held->lines.number, expected);
}

/* A number that is not negative, and what separates it from the next. */
static bool held_text_number(struct text_line *line, int64_t *ret)
{
    struct text_line word = text_line_cut(line, ' ');
    return text_line_number(word.text, word.length, ret) && *ret >= 0;
}

static int held_text_keep(struct held_text *held, uint32_t frame, struct error *err)
{
    if (held->n_frames == held->capacity) {
        size_t capacity = held->capacity == 0 ? FRAMES_FIRST : held->capacity * 2;
        uint32_t *frames = realloc(held->frames, capacity * sizeof(*frames));
        if (frames == NULL)
            return error_out_of_memory(err);
        held->frames = frames;
        held->capacity = capacity;
    }
    held->frames[held->n_frames++] = frame;
    return 0;
}

static int held_text_frame(struct held_text *held, struct text_line line, struct error *err)
{
    struct profile_frame frame = {.function = ""};
    const char *file_name = NULL;
    const char *function = NULL;
    if (held->n_frames == HELD_TEXT_FRAMES_MAX)
        return held_text_error(held, "fewer frames", err);
    if (!held_text_number(&line, &frame.line))
        return held_text_error(held, "a frame: LINE FILE, a tab, FUNCTION", err);
    struct text_line file = text_line_cut(&line, '\t');
    if (profile_add_name(held->profile, file.text, file.length, &file_name, err) < 0 ||
        profile_add_name(held->profile, line.text, line.length, &function, err) < 0)
        return -1;
    frame.file = file_name;
    frame.module = file_name;
    frame.function = function;
    if (*frame.function == '\0')
        frame.function = *file_name != '\0' ? file_name : FUNCTION_NONE;
    uint32_t number = 0;
    if (profile_add_frame(held->profile, &frame, &number, err) < 0)
        return -1;
    return held_text_keep(held, number, err);
}

static int held_text_stack(struct held_text *held, struct text_line line, struct error *err)
{
    uint32_t frames[HELD_TEXT_DEPTH_MAX];
    uint32_t depth = 0;
    int64_t values[2];
    if (!held_text_number(&line, &values[0]) || !held_text_number(&line, &values[1]))
        return held_text_error(held, "a stack: OBJECTS BYTES, and frames by number", err);
    while (line.length > 0) {
        int64_t number = 0;
        if (!held_text_number(&line, &number) || (uint64_t)number >= held->n_frames)
            return held_text_error(held, "the number of a frame that was told before", err);
        if (depth < HELD_TEXT_DEPTH_MAX) /* what is deeper is cut at the root */
            frames[depth++] = held->frames[number];
    }
    return profile_add_sample(held->profile, frames, depth, values, err);
}

/* 1: it was the last one. */
static int held_text_line(struct held_text *held, struct text_line line, struct error *err)
{
    const struct text_line whole = line;
    struct text_line word = text_line_cut(&line, ' ');
    if (text_line_starts(&whole, "frame "))
        return held_text_frame(held, line, err);
    if (text_line_starts(&whole, "stack "))
        return held_text_stack(held, line, err);
    if (text_line_starts(&whole, "failed "))
        return error_set(err, ERROR_SERVICE, "the runtime could not tell what it holds: %.*s",
                         line.length < 200 ? (int)line.length : 200, line.text);
    if (word.length == 3 && memcmp(word.text, "end", 3) == 0 && line.length == 0)
        return 1;
    return held_text_error(held, "frame, stack, failed or end", err);
}

int held_text_read(const char *text, size_t length, struct profile *profile, struct error *err)
{
    struct held_text held = {.lines = text_lines_of(text, length), .profile = profile};
    struct text_line line;
    int status = 0;
    while (status == 0 && text_lines_next(&held.lines, &line))
        status = held_text_line(&held, line, err);
    free(held.frames);
    if (status == 0)
        return held_text_error(&held, "end", err);
    return status < 0 ? -1 : 0;
}
