#include "profile/text_lines.h"

#include <string.h>

struct text_lines text_lines_of(const char *text, size_t length)
{
    return (struct text_lines){.at = text, .end = text + length};
}

bool text_lines_next(struct text_lines *lines, struct text_line *ret)
{
    if (lines->at == lines->end)
        return false;
    struct text_line rest = {lines->at, (size_t)(lines->end - lines->at)};
    *ret = text_line_cut(&rest, '\n');
    if (ret->length > 0 && ret->text[ret->length - 1] == '\r')
        ret->length--;
    lines->at = rest.text;
    lines->number++;
    return true;
}

bool text_line_starts(const struct text_line *line, const char *start)
{
    size_t length = strlen(start);
    return line->length >= length && memcmp(line->text, start, length) == 0;
}

bool text_line_number(const char *text, size_t length, int64_t *ret)
{
    bool negative = length > 0 && *text == '-';
    int64_t value = 0;
    if (length == (negative ? 1 : 0))
        return false;
    for (size_t i = negative ? 1 : 0; i < length; i++) {
        int64_t digit = text[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *ret = negative ? -value : value;
    return true;
}

struct text_line text_line_cut(struct text_line *line, char separator)
{
    const char *found = line->length > 0 ? memchr(line->text, separator, line->length) : NULL;
    struct text_line part = *line;
    if (found != NULL)
        part.length = (size_t)(found - line->text);
    size_t passed = part.length + (found != NULL ? 1 : 0);
    line->text += passed;
    line->length -= passed;
    return part;
}
