#include "base/json_scan.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

enum { JSON_NUMBER_MAX_CHARS = 63 }; /* what cJSON reads of a number */

struct json_scanner {
    const char *name;
    const char *text;
    size_t length;
    size_t at;
    size_t line_start;
    uint32_t line;
    uint32_t key_line; /* of the key before the value that comes next; 0: none */
    unsigned depth;
    char closer[JSON_NESTING_MAX]; /* what closes the container at this depth */
    uint32_t opened_line[JSON_NESTING_MAX];
    struct json_marks *marks;
};

void json_marks_done(struct json_marks *marks)
{
    free(marks->items);
    *marks = (struct json_marks){0};
}

/* The byte at the scanner's place; '\0' at the end, for the text itself holds none. */
static char json_scan_peek(const struct json_scanner *scanner)
{
    return scanner->text[scanner->at];
}

static bool json_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "file:line:column: " and the text; columns count characters, from 1. */
__attribute__((format(printf, 3, 4))) static int json_scan_error(const struct json_scanner *scanner,
                                                                 struct error *err,
                                                                 const char *format, ...)
{
    size_t column = 1;
    for (size_t i = scanner->line_start; i < scanner->at; i++)
        if (((unsigned char)scanner->text[i] & 0xc0) != 0x80)
            column++;

    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    return error_set(err, ERROR_USAGE, "%s:%u:%zu: %s", scanner->name, scanner->line, column, what);
}

/* "found 'x', expected …", with help for what people write by habit. */
static int json_scan_expected(const struct json_scanner *scanner, struct error *err,
                              const char *expected)
{
    char c = json_scan_peek(scanner);
    const char *hint = "";
    if (c == '/' || c == '#')
        hint = " (JSON has no comments)";
    else if (c == '\'')
        hint = " (JSON quotes text with \")";

    if (scanner->at == scanner->length)
        return json_scan_error(scanner, err, "found the end of the file, expected %s", expected);
    if ((unsigned char)c < ' ' || c == 0x7f)
        return json_scan_error(scanner, err, "found the byte 0x%02x, expected %s", (unsigned char)c,
                               expected);

    int bytes = 1; /* of the whole character */
    while (((unsigned char)scanner->text[scanner->at + (size_t)bytes] & 0xc0) == 0x80)
        bytes++;
    return json_scan_error(scanner, err, "found '%.*s'%s, expected %s", bytes,
                           scanner->text + scanner->at, hint, expected);
}

/* The whole text is UTF-8 without NUL; leaves the scanner where it was. */
static int json_scan_encoding(const struct json_scanner *start, struct error *err)
{
    struct json_scanner scanner = *start;
    while (scanner.at < scanner.length) {
        size_t length = utf8_length(scanner.text + scanner.at);
        if (length == 0)
            return json_scan_error(&scanner, err, "found the byte 0x%02x, expected UTF-8",
                                   (unsigned char)json_scan_peek(&scanner));
        if (json_scan_peek(&scanner) == '\0')
            return json_scan_error(&scanner, err, "found a NUL byte, expected JSON text");
        if (json_scan_peek(&scanner) == '\n') {
            scanner.line++;
            scanner.line_start = scanner.at + 1;
        }
        scanner.at += length;
    }
    return 0;
}

static void json_scan_space(struct json_scanner *scanner)
{
    for (;; scanner->at++) {
        char c = json_scan_peek(scanner);
        if (c == '\n') {
            scanner->line++;
            scanner->line_start = scanner->at + 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

/* Note that a value starts here. */
static int json_scan_mark(struct json_scanner *scanner, struct error *err)
{
    struct json_marks *marks = scanner->marks;
    if (marks->count == marks->capacity) {
        size_t capacity = marks->capacity > 0 ? marks->capacity * 2 : 64;
        struct json_mark *items = reallocarray(marks->items, capacity, sizeof(*items));
        if (items == NULL)
            return error_out_of_memory(err);
        marks->items = items;
        marks->capacity = capacity;
    }
    marks->items[marks->count++] = (struct json_mark){
        .offset = (uint32_t)scanner->at, .line = scanner->line, .key_line = scanner->key_line};
    scanner->key_line = 0;
    return 0;
}

/* Four hexadecimal digits after "\u". */
static int json_scan_hex4(struct json_scanner *scanner, unsigned *ret, struct error *err)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++, scanner->at++) {
        char c = json_scan_peek(scanner);
        if (json_is_digit(c))
            value = value * 16 + (unsigned)(c - '0');
        else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
            value = value * 16 + 10 + (unsigned)((c | 0x20) - 'a');
        else
            return json_scan_expected(scanner, err, "four hexadecimal digits after \\u");
    }
    *ret = value;
    return 0;
}

/* What follows a backslash. */
static int json_scan_escape(struct json_scanner *scanner, struct error *err)
{
    char c = json_scan_peek(scanner);
    if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL)
        return json_scan_expected(scanner, err, "one of \" \\ / b f n r t u after a backslash");
    scanner->at++;
    if (c != 'u')
        return 0;

    unsigned high = 0;
    unsigned low = 0;
    if (json_scan_hex4(scanner, &high, err) < 0)
        return -1;
    if (high == 0)
        return json_scan_error(scanner, err, "found \\u0000, expected text without NUL");
    if (high < 0xd800 || high > 0xdfff)
        return 0;
    if (high <= 0xdbff && strncmp(scanner->text + scanner->at, "\\u", 2) == 0) {
        scanner->at += 2;
        if (json_scan_hex4(scanner, &low, err) < 0)
            return -1;
    }
    if (low < 0xdc00 || low > 0xdfff)
        return json_scan_error(scanner, err, "found half of a surrogate pair, expected both");
    return 0;
}

/* From the opening quote to behind the closing one. */
static int json_scan_string(struct json_scanner *scanner, struct error *err)
{
    scanner->at++;
    for (;;) {
        char c = json_scan_peek(scanner);
        if (c == '"') {
            scanner->at++;
            return 0;
        }
        if (scanner->at == scanner->length || c == '\n')
            return json_scan_error(scanner, err, "found the end of the %s, expected a closing \"",
                                   c == '\n' ? "line" : "file");
        if ((unsigned char)c < ' ')
            return json_scan_expected(scanner, err, "it escaped, as in \\t or \\u001b");
        scanner->at++;
        if (c == '\\' && json_scan_escape(scanner, err) < 0)
            return -1;
    }
}

static int json_scan_digits(struct json_scanner *scanner, struct error *err)
{
    if (!json_is_digit(json_scan_peek(scanner)))
        return json_scan_expected(scanner, err, "a digit");
    while (json_is_digit(json_scan_peek(scanner)))
        scanner->at++;
    return 0;
}

static int json_scan_number(struct json_scanner *scanner, struct error *err)
{
    size_t start = scanner->at;
    if (json_scan_peek(scanner) == '-')
        scanner->at++;
    bool leading_zero = json_scan_peek(scanner) == '0';
    if (json_scan_digits(scanner, err) < 0)
        return -1;
    if (leading_zero && scanner->at - start > (scanner->text[start] == '-' ? 2U : 1U)) {
        scanner->at = start;
        return json_scan_error(scanner, err, "found a number with a leading zero, expected none");
    }
    if (json_scan_peek(scanner) == '.') {
        scanner->at++;
        if (json_scan_digits(scanner, err) < 0)
            return -1;
    }
    if (json_scan_peek(scanner) == 'e' || json_scan_peek(scanner) == 'E') {
        scanner->at++;
        if (json_scan_peek(scanner) == '+' || json_scan_peek(scanner) == '-')
            scanner->at++;
        if (json_scan_digits(scanner, err) < 0)
            return -1;
    }

    size_t length = scanner->at - start;
    if (length <= JSON_NUMBER_MAX_CHARS)
        return 0;
    scanner->at = start;
    return json_scan_error(scanner, err, "found a number of %zu characters, expected at most %d",
                           length, JSON_NUMBER_MAX_CHARS);
}

/* true, false or null. */
static int json_scan_word(struct json_scanner *scanner, struct error *err)
{
    static const char *const words[] = {"true", "false", "null", NULL};
    for (const char *const *word = words; *word != NULL; word++) {
        size_t length = strlen(*word);
        if (strncmp(scanner->text + scanner->at, *word, length) == 0) {
            scanner->at += length;
            return 0;
        }
    }
    bool dangling = scanner->depth > 0 && scanner->closer[scanner->depth - 1] == ']' &&
                    json_scan_peek(scanner) == ']';
    return json_scan_expected(scanner, err,
                              dangling ? "a value (no comma after the last one)" : "a value");
}

/* "key" and ':'. */
static int json_scan_key(struct json_scanner *scanner, struct error *err)
{
    json_scan_space(scanner);
    if (json_scan_peek(scanner) != '"')
        return json_scan_expected(scanner, err,
                                  json_scan_peek(scanner) == '}'
                                      ? "a key in quotes (no comma after the last member)"
                                      : "a key in quotes");
    scanner->key_line = scanner->line;
    if (json_scan_string(scanner, err) < 0)
        return -1;
    json_scan_space(scanner);
    if (json_scan_peek(scanner) != ':')
        return json_scan_expected(scanner, err, "':' after the key");
    scanner->at++;
    return 0;
}

/* '{' or '['. *ret_value: a value follows (not so in an empty container). */
static int json_scan_open(struct json_scanner *scanner, bool *ret_value, struct error *err)
{
    if (scanner->depth == JSON_NESTING_MAX)
        return json_scan_error(scanner, err, "found more than %d levels of nesting, expected less",
                               JSON_NESTING_MAX);
    bool object = json_scan_peek(scanner) == '{';
    scanner->closer[scanner->depth] = object ? '}' : ']';
    scanner->opened_line[scanner->depth] = scanner->line;
    scanner->depth++;
    scanner->at++;
    json_scan_space(scanner);
    if (json_scan_peek(scanner) == scanner->closer[scanner->depth - 1]) {
        *ret_value = false; /* json_scan_after() closes it */
        return 0;
    }
    *ret_value = true;
    return object ? json_scan_key(scanner, err) : 0;
}

/* One value, or the opening of one. */
static int json_scan_value(struct json_scanner *scanner, bool *ret_value, struct error *err)
{
    json_scan_space(scanner);
    if (json_scan_mark(scanner, err) < 0)
        return -1;
    *ret_value = false;
    char c = json_scan_peek(scanner);
    if (c == '{' || c == '[')
        return json_scan_open(scanner, ret_value, err);
    if (c == '"')
        return json_scan_string(scanner, err);
    if (c == '-' || json_is_digit(c))
        return json_scan_number(scanner, err);
    return json_scan_word(scanner, err);
}

/* Behind a value: closers, then a comma. *ret_value: another value follows. */
static int json_scan_after(struct json_scanner *scanner, bool *ret_value, struct error *err)
{
    *ret_value = false;
    json_scan_space(scanner);
    while (scanner->depth > 0 && json_scan_peek(scanner) == scanner->closer[scanner->depth - 1]) {
        scanner->depth--;
        scanner->at++;
        json_scan_space(scanner);
    }
    if (scanner->depth == 0)
        return scanner->at == scanner->length
                   ? 0
                   : json_scan_expected(scanner, err, "the end of the file");

    char closer = scanner->closer[scanner->depth - 1];
    if (json_scan_peek(scanner) != ',') {
        char expected[64];
        snprintf(expected, sizeof(expected), "',' or '%c' (opened on line %u)", closer,
                 scanner->opened_line[scanner->depth - 1]);
        return json_scan_expected(scanner, err, expected);
    }
    scanner->at++;
    *ret_value = true;
    return closer == '}' ? json_scan_key(scanner, err) : 0;
}

int json_scan(const char *name, const char *text, size_t length, struct json_marks *marks,
              struct error *err)
{
    struct json_scanner scanner = {
        .name = name, .text = text, .length = length, .line = 1, .marks = marks};
    if (json_scan_encoding(&scanner, err) < 0)
        return -1;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0) /* a byte order mark, as some editors write */
        scanner.at = scanner.line_start = 3;

    json_scan_space(&scanner);
    if (scanner.at == length)
        return error_set(err, ERROR_USAGE, "%s: found an empty file, expected JSON", name);

    bool value = true;
    while (value) {
        if (json_scan_value(&scanner, &value, err) < 0)
            return -1;
        if (!value && json_scan_after(&scanner, &value, err) < 0)
            return -1;
    }
    return 0;
}
