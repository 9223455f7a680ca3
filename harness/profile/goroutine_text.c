#include "profile/goroutine_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/text_lines.h"

#define GOROUTINE_TITLE " profile: total "

/* A group as it is read: its count, and its frames, by name or (as long as there is none) by
 * address. */
struct goroutine_group {
    int64_t count;
    bool open;
    struct text_line addresses;
    uint32_t *frames;
    size_t capacity;
    uint32_t depth;
};

/* What stands before the title; empty when this is none. */
static struct text_line goroutine_title(const char *text, size_t length)
{
    struct text_lines lines = text_lines_of(text, length);
    struct text_line line = {text, 0};
    if (!text_lines_next(&lines, &line))
        return line;
    const char *title = memmem(line.text, line.length, GOROUTINE_TITLE, strlen(GOROUTINE_TITLE));
    struct text_line name = {text, 0};
    if (title == NULL)
        return name;
    const char *total_text = title + strlen(GOROUTINE_TITLE);
    int64_t total = 0;
    if (text_line_number(total_text, (size_t)(line.text + line.length - total_text), &total))
        name.length = (size_t)(title - text);
    return name;
}

bool goroutine_text_is(const char *text, size_t length)
{
    return goroutine_title(text, length).length > 0;
}

static int goroutine_push(struct profile *profile, struct goroutine_group *group,
                          const struct profile_frame *frame, struct error *err)
{
    if (store_grow(&profile->store, &group->frames, (size_t)group->depth + 1,
                   sizeof(*group->frames), &group->capacity, err) < 0)
        return -1;
    return profile_add_frame(profile, frame, &group->frames[group->depth++], err);
}

/* "0x67ee32\tmain.hang+0x172\t/src/main.go:34", with more tabs to line it up; a name may be
 * missing. */
static int goroutine_read_frame(struct profile *profile, struct goroutine_group *group,
                                struct text_line line, struct error *err)
{
    struct profile_frame frame = {.file = ""};
    struct text_line name = {line.text, 0};
    text_line_cut(&line, '\t'); /* the address */
    while (line.length > 0 && name.length == 0)
        name = text_line_cut(&line, '\t');
    while (line.length > 0 && *line.text == '\t')
        text_line_cut(&line, '\t');
    if (name.length == 0)
        return 0;
    /* Go appends how far into the function it is. */
    const char *plus = memrchr(name.text, '+', name.length);
    if (plus != NULL && plus + 3 < name.text + name.length && memcmp(plus, "+0x", 3) == 0)
        name.length = (size_t)(plus - name.text);
    const char *colon = line.length > 0 ? memrchr(line.text, ':', line.length) : NULL;
    size_t file_length = line.length;
    if (colon != NULL) {
        const char *number = colon + 1;
        size_t number_length = (size_t)(line.text + line.length - number);
        if (text_line_number(number, number_length, &frame.line))
            file_length = (size_t)(colon - line.text);
    }
    if (profile_add_name(profile, name.text, name.length, &frame.function, err) < 0 ||
        profile_add_name(profile, line.text, file_length, &frame.file, err) < 0)
        return -1;
    return goroutine_push(profile, group, &frame, err);
}

/* A group ends: its sample is known. */
static int goroutine_close(struct profile *profile, struct goroutine_group *group,
                           struct error *err)
{
    if (!group->open)
        return 0;
    group->open = false;
    struct text_line addresses = group->addresses;
    if (group->depth > 0)
        addresses.length = 0;
    while (addresses.length > 0) {
        struct profile_frame frame = {.file = ""};
        struct text_line address = text_line_cut(&addresses, ' ');
        if (address.length == 0)
            continue;
        if (profile_add_name(profile, address.text, address.length, &frame.function, err) < 0 ||
            goroutine_push(profile, group, &frame, err) < 0)
            return -1;
    }
    return profile_add_sample(profile, group->frames, group->depth, &group->count, err);
}

static int goroutine_read_line(struct profile *profile, struct goroutine_group *group,
                               struct text_line line, struct error *err)
{
    if (text_line_starts(&line, "#\t")) {
        text_line_cut(&line, '\t');
        return group->open ? goroutine_read_frame(profile, group, line, err) : 0;
    }
    if (line.length == 0 || *line.text == '#')
        return 0;
    if (goroutine_close(profile, group, err) < 0)
        return -1;
    struct text_line count = text_line_cut(&line, ' ');
    if (!text_line_number(count.text, count.length, &group->count) || line.length == 0 ||
        *line.text != '@')
        return error_set(err, ERROR_USAGE, "found no \"COUNT @ ADDRESSES\"");
    text_line_cut(&line, '@');
    group->open = true;
    group->depth = 0;
    group->addresses = line;
    return 0;
}

static int goroutine_read_groups(struct profile *profile, struct goroutine_group *group,
                                 struct text_lines lines, struct error *err)
{
    struct text_line line;
    while (text_lines_next(&lines, &line)) {
        if (lines.number > 1 && goroutine_read_line(profile, group, line, err) < 0)
            return error_prefix(err, "line %zu", lines.number);
    }
    return goroutine_close(profile, group, err);
}

int goroutine_text_read(const char *text, size_t length, struct profile **ret, struct error *err)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    struct goroutine_group group = {.frames = NULL};
    struct text_line title = goroutine_title(text, length);
    const char *type = NULL;
    if (title.length == 0)
        return error_set(err, ERROR_USAGE, "it does not start with \"NAME profile: total N\"");
    if (profile_new(&profile, err) < 0 ||
        profile_add_name(profile, title.text, title.length, &type, err) < 0 ||
        profile_add_type(profile, type, "count", err) < 0)
        return -1;
    int status = goroutine_read_groups(profile, &group, text_lines_of(text, length), err);
    free(group.frames);
    if (status == 0)
        *ret = take_ptr(&profile);
    return status;
}
