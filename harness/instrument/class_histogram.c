#include "instrument/class_histogram.h"

#include <stdio.h>
#include <string.h>

#include "profile/text_lines.h"

/* The letter of an array's element; NULL: it is no primitive type. */
static const char *class_histogram_primitive(char letter)
{
    switch (letter) {
    case 'B':
        return "byte";
    case 'C':
        return "char";
    case 'D':
        return "double";
    case 'F':
        return "float";
    case 'I':
        return "int";
    case 'J':
        return "long";
    case 'S':
        return "short";
    case 'Z':
        return "boolean";
    default:
        return NULL;
    }
}

const char *class_histogram_name(const char *name, size_t length, char *ret)
{
    size_t dimensions = 0;
    while (dimensions < length && name[dimensions] == '[')
        dimensions++;
    const char *element = name + dimensions;
    size_t left = length - dimensions;
    const char *primitive = left == 1 ? class_histogram_primitive(*element) : NULL;
    if (dimensions > 0 && primitive != NULL) {
        element = primitive;
        left = strlen(primitive);
    } else if (dimensions > 0 && left > 2 && *element == 'L' && element[left - 1] == ';') {
        element++;
        left -= 2;
    } else {
        element = name;
        left = length;
        dimensions = 0;
    }
    if (left + 2 * dimensions >= CLASS_NAME_MAX) {
        left = left < CLASS_NAME_MAX ? left : CLASS_NAME_MAX - 1;
        dimensions = (CLASS_NAME_MAX - 1 - left) / 2;
    }
    memcpy(ret, element, left);
    for (size_t i = 0; i < dimensions; i++)
        memcpy(ret + left + 2 * i, "[]", 2);
    ret[left + 2 * dimensions] = '\0';
    return ret;
}

/* The next word of a line whose columns have spaces between them. */
static struct text_line class_histogram_word(struct text_line *line)
{
    struct text_line word = {.length = 0};
    while (line->length > 0 && word.length == 0)
        word = text_line_cut(line, ' ');
    return word;
}

/* "   1:         18591        1293832  [B (java.base@17.0.15)". False: another line. */
static bool class_histogram_line(struct text_line line, struct text_line *ret_name, int64_t *values)
{
    int64_t row = 0;
    struct text_line number = class_histogram_word(&line);
    if (number.length < 2 || number.text[number.length - 1] != ':' ||
        !text_line_number(number.text, number.length - 1, &row))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        struct text_line word = class_histogram_word(&line);
        if (!text_line_number(word.text, word.length, &values[i]) || values[i] < 0)
            return false;
    }
    *ret_name = class_histogram_word(&line);
    return ret_name->length > 0;
}

int class_histogram_read(const char *text, size_t length, struct profile *profile,
                         struct error *err)
{
    struct text_lines lines = text_lines_of(text, length);
    struct text_line line;
    size_t n = 0;
    while (text_lines_next(&lines, &line)) {
        struct text_line name;
        int64_t values[2];
        char function[CLASS_NAME_MAX];
        uint32_t frame = 0;
        if (!class_histogram_line(line, &name, values))
            continue;
        n++;
        const struct profile_frame class = {
            .function = class_histogram_name(name.text, name.length, function), .file = ""};
        if (profile_add_frame(profile, &class, &frame, err) < 0 ||
            profile_add_sample(profile, &frame, 1, values, err) < 0)
            return -1;
    }
    if (n == 0)
        return error_set(err, ERROR_SERVICE, "GC.class_histogram: found no class in \"%.*s\"",
                         length < 60 ? (int)length : 60, text);
    return 0;
}
