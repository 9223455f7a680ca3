#include "memory/memory_text.h"

#include <string.h>

/* One line of a file: where it is from, and what is left of it to read. */
struct memory_line {
    const char *file;
    unsigned number;
    const char *start;
    const char *end;
};

/* Where to look in the field table: the part that holds this file's fields, starting behind the
 * last match, for kernels list keys in one order, and so does the table. */
struct memory_cursor {
    unsigned first;
    unsigned end;
    unsigned next;
    uint64_t seen;
};

static int memory_text_error(const struct memory_line *line, struct error *err,
                             const char *expected)
{
    int length = (int)(line->end - line->start);
    return error_set(err, ERROR_INTERNAL, "%s:%u: found \"%.*s\", expected %s", line->file,
                     line->number, length < 80 ? length : 80, line->start, expected);
}

/* Digits only, up to the line's end. */
static bool memory_text_number(const char *start, const char *end, uint64_t *ret)
{
    uint64_t value = 0;
    if (start == end)
        return false;
    for (; start < end; start++) {
        if (*start < '0' || *start > '9')
            return false;
        if (__builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (unsigned)(*start - '0'), &value))
            return false;
    }
    *ret = value;
    return true;
}

static bool memory_text_is_field(unsigned field, const char *file, const char *key, size_t length)
{
    const struct memory_field_info *info = &memory_field_info[field];
    return info->key != NULL && info->key[0] == key[0] && strncmp(info->key, key, length) == 0 &&
           info->key[length] == '\0' && strcmp(info->file, file) == 0;
}

/* The field a key stands for; MEMORY_FIELD_MAX when the table does not know it. */
static unsigned memory_text_find(struct memory_cursor *cursor, const char *file, const char *key,
                                 size_t length)
{
    unsigned n = cursor->end - cursor->first;
    unsigned field = cursor->next;
    for (unsigned step = 0; step < n; step++, field++) {
        if (field >= cursor->end)
            field = cursor->first;
        if (memory_text_is_field(field, file, key, length)) {
            cursor->next = field + 1;
            return field;
        }
    }
    return MEMORY_FIELD_MAX;
}

static int memory_text_set(const struct memory_line *line, struct memory_cursor *cursor,
                           unsigned field, uint64_t value, struct memory_sample *ret,
                           struct error *err)
{
    if ((cursor->seen >> field & 1) != 0)
        return memory_text_error(line, err, "each key once");
    cursor->seen |= (uint64_t)1 << field;
    memory_sample_set(ret, (enum memory_field)field, value);
    return 0;
}

/* "anon 1146880" */
static int memory_text_keyed_line(const struct memory_line *line, struct memory_cursor *cursor,
                                  struct memory_sample *ret, struct error *err)
{
    uint64_t value = 0;
    size_t length = (size_t)(line->end - line->start);
    const char *space = memchr(line->start, ' ', length);
    if (space == NULL || space == line->start || !memory_text_number(space + 1, line->end, &value))
        return memory_text_error(line, err, "a key, a space and a number");

    unsigned field =
        memory_text_find(cursor, line->file, line->start, (size_t)(space - line->start));
    if (field == MEMORY_FIELD_MAX)
        return 0;
    return memory_text_set(line, cursor, field, value, ret, err);
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234" */
static int memory_text_pressure_line(const struct memory_line *line, struct memory_cursor *cursor,
                                     struct memory_sample *ret, struct error *err)
{
    static const char total[] = " total=";
    uint64_t value = 0;
    size_t length = (size_t)(line->end - line->start);
    const char *space = memchr(line->start, ' ', length);
    const char *at = memmem(line->start, length, total, sizeof(total) - 1);
    if (space == NULL || space == line->start || at == NULL ||
        !memory_text_number(at + sizeof(total) - 1, line->end, &value))
        return memory_text_error(line, err, "\"some\" or \"full\", averages and total=NUMBER");

    unsigned field =
        memory_text_find(cursor, line->file, line->start, (size_t)(space - line->start));
    if (field == MEMORY_FIELD_MAX)
        return 0;
    return memory_text_set(line, cursor, field, value, ret, err);
}

/* The part of the table that a file's fields are in; empty when it has none. */
static struct memory_cursor memory_text_cursor(const char *file)
{
    struct memory_cursor cursor = {.first = MEMORY_FIELD_MAX};
    const char *name = NULL;
    bool same = false;
    for (unsigned field = 0; field < MEMORY_CGROUP_FIELD_MAX; field++) {
        if (memory_field_info[field].file != name) { /* compare each name once */
            name = memory_field_info[field].file;
            same = strcmp(name, file) == 0;
        }
        if (!same)
            continue;
        if (cursor.first == MEMORY_FIELD_MAX)
            cursor.first = field;
        cursor.end = field + 1;
    }
    if (cursor.end == 0)
        cursor.first = 0;
    cursor.next = cursor.first;
    return cursor;
}

/* Is the file's content one number? */
static bool memory_text_is_single(const struct memory_cursor *cursor)
{
    return cursor->end > cursor->first && memory_field_info[cursor->first].key == NULL;
}

static bool memory_text_is_pressure(const char *file)
{
    size_t length = strlen(file);
    return length > 9 && strcmp(file + length - 9, ".pressure") == 0;
}

int memory_text_parse(const char *file, const char *text, struct memory_sample *ret,
                      struct error *err)
{
    struct memory_cursor cursor = memory_text_cursor(file);
    struct memory_line line = {.file = file, .number = 1, .start = text};
    bool single = memory_text_is_single(&cursor);
    bool pressure = memory_text_is_pressure(file);

    for (; *line.start != '\0' || line.number == 1; line.number++) {
        line.end = strchrnul(line.start, '\n');
        int result = 0;
        uint64_t value = 0;
        if (single)
            result = memory_text_number(line.start, line.end, &value)
                         ? memory_text_set(&line, &cursor, cursor.first, value, ret, err)
                         : memory_text_error(&line, err, "a number");
        else if (*text == '\0')
            return 0;
        else
            result = pressure ? memory_text_pressure_line(&line, &cursor, ret, err)
                              : memory_text_keyed_line(&line, &cursor, ret, err);
        if (result < 0)
            return -1;
        line.start = *line.end == '\n' ? line.end + 1 : line.end;
    }
    return 0;
}
