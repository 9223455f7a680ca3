#include "base/json_writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* Keep the first failure. */
static void json_writer_fail(struct json_writer *writer, const char *what)
{
    if (!writer->failed)
        error_set(&writer->error, ERROR_INTERNAL, "writing JSON: %s", what);
    writer->failed = true;
}

static void json_writer_append(struct json_writer *writer, const char *data, size_t length)
{
    if (!writer->failed && buffer_append(writer->out, data, length, &writer->error) < 0)
        writer->failed = true;
}

static void json_writer_put(struct json_writer *writer, const char *text)
{
    json_writer_append(writer, text, strlen(text));
}

static bool json_writer_in_array(const struct json_writer *writer)
{
    return writer->depth > 0 && writer->closer[writer->depth - 1] == ']';
}

static void json_writer_new_line(struct json_writer *writer)
{
    json_writer_put(writer, "\n");
    for (unsigned i = 0; i < writer->depth; i++)
        json_writer_put(writer, "  ");
}

/* One character that cannot stand for itself inside quotes. */
static void json_writer_escape(struct json_writer *writer, unsigned c)
{
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *pair = letters; *pair != '\0'; pair += 2) {
        if ((unsigned char)*pair == c) {
            json_writer_append(writer, (const char[]){'\\', pair[1]}, 2);
            return;
        }
    }
    char hex[8];
    snprintf(hex, sizeof(hex), "\\u%04x", c);
    json_writer_put(writer, hex);
}

/* The character if it must not stand for itself, in JSON, on a terminal or in a script; 0: it may.
 */
static unsigned json_writer_harmful(const char *text, size_t length)
{
    uint32_t point = utf8_point(text, length);
    return utf8_is_harmful(point) || point == '"' || point == '\\' ? point : 0;
}

static void json_writer_quote(struct json_writer *writer, const char *text)
{
    json_writer_put(writer, "\"");
    const char *plain = text; /* start of what is copied as it is */
    while (*text != '\0') {
        size_t length = utf8_length(text);
        unsigned point = length > 0 ? json_writer_harmful(text, length) : 0;
        if (length > 0 && point == 0) {
            text += length;
            continue;
        }
        json_writer_append(writer, plain, (size_t)(text - plain));
        if (length == 0)
            json_writer_put(writer, "\xef\xbf\xbd"); /* U+FFFD */
        else
            json_writer_escape(writer, point);
        text += length > 0 ? length : 1;
        plain = text;
    }
    json_writer_append(writer, plain, (size_t)(text - plain));
    json_writer_put(writer, "\"");
}

/* Comma, new line and key: what stands before a value. */
static void json_writer_lead(struct json_writer *writer, const char *key)
{
    bool in_object = writer->depth > 0 && !json_writer_in_array(writer);
    if ((key != NULL) != in_object)
        json_writer_fail(writer, key != NULL ? "a key outside an object" : "no key in an object");
    else if (writer->depth == 0 && writer->has_member[0])
        json_writer_fail(writer, "a second value at the root");
    if (writer->failed)
        return;

    bool first = !writer->has_member[writer->depth];
    if (!first)
        json_writer_put(writer, ",");
    writer->has_member[writer->depth] = true;
    if (writer->line || writer->row > 0)
        json_writer_put(writer, first || writer->line ? "" : " ");
    else if (writer->depth > 0)
        json_writer_new_line(writer);
    if (key != NULL) {
        json_writer_quote(writer, key);
        json_writer_put(writer, writer->line ? ":" : ": ");
    }
}

static void json_writer_open(struct json_writer *writer, const char *key, const char *brackets)
{
    json_writer_lead(writer, key);
    if (writer->depth == JSON_WRITER_DEPTH_MAX)
        json_writer_fail(writer, "too many levels");
    if (writer->failed)
        return;
    json_writer_append(writer, brackets, 1);
    writer->closer[writer->depth++] = brackets[1];
    writer->has_member[writer->depth] = false;
}

static void json_writer_close(struct json_writer *writer, char closer)
{
    if (writer->depth == 0 || writer->closer[writer->depth - 1] != closer)
        json_writer_fail(writer, "closed what was not open");
    if (writer->failed)
        return;
    bool filled = writer->has_member[writer->depth];
    bool in_row = writer->line || writer->row > 0;
    if (writer->row == writer->depth)
        writer->row = 0;
    writer->depth--;
    if (filled && !in_row)
        json_writer_new_line(writer);
    json_writer_append(writer, &closer, 1);
}

void json_writer_begin(struct json_writer *writer, struct buffer *out)
{
    *writer = (struct json_writer){.out = out};
}

void json_writer_begin_line(struct json_writer *writer, struct buffer *out)
{
    *writer = (struct json_writer){.out = out, .line = true};
}

void json_write_object(struct json_writer *writer, const char *key)
{
    json_writer_open(writer, key, "{}");
}

void json_write_array(struct json_writer *writer, const char *key)
{
    json_writer_open(writer, key, "[]");
}

static void json_writer_open_row(struct json_writer *writer, const char *key, const char *brackets)
{
    json_writer_open(writer, key, brackets);
    if (!writer->failed && writer->row == 0)
        writer->row = writer->depth;
}

void json_write_row(struct json_writer *writer, const char *key)
{
    json_writer_open_row(writer, key, "[]");
}

void json_write_row_object(struct json_writer *writer, const char *key)
{
    json_writer_open_row(writer, key, "{}");
}

void json_write_close_object(struct json_writer *writer)
{
    json_writer_close(writer, '}');
}

void json_write_close_array(struct json_writer *writer)
{
    json_writer_close(writer, ']');
}

static void json_write_word(struct json_writer *writer, const char *key, const char *word)
{
    json_writer_lead(writer, key);
    json_writer_put(writer, word);
}

/* Nothing is known: see the header. */
static void json_write_unknown(struct json_writer *writer, const char *key)
{
    if (json_writer_in_array(writer))
        json_write_word(writer, key, "null");
}

void json_write_text(struct json_writer *writer, const char *key, const char *text)
{
    if (text == NULL) {
        json_write_unknown(writer, key);
        return;
    }
    json_writer_lead(writer, key);
    json_writer_quote(writer, text);
}

void json_write_u64(struct json_writer *writer, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, value);
    json_write_word(writer, key, text);
}

void json_write_i64(struct json_writer *writer, const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRId64, value);
    json_write_word(writer, key, text);
}

void json_write_double(struct json_writer *writer, const char *key, double value)
{
    if (!isfinite(value)) {
        json_write_unknown(writer, key);
        return;
    }
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (back >= value && back <= value)
            break;
    }
    json_write_word(writer, key, text);
}

void json_write_decimal(struct json_writer *writer, const char *key, double value,
                        unsigned decimals)
{
    char text[40];
    /* Beyond, a double has no digits behind the point that mean anything. */
    if (!isfinite(value) || fabs(value) >= 1e15) {
        json_write_double(writer, key, value);
        return;
    }
    int length = snprintf(text, sizeof(text), "%.*f", (int)(decimals < 9 ? decimals : 9), value);
    if (strchr(text, '.') != NULL) {
        while (text[length - 1] == '0')
            text[--length] = '\0';
        if (text[length - 1] == '.')
            text[length - 1] = '\0';
    }
    json_write_word(writer, key, strcmp(text, "-0") == 0 ? "0" : text);
}

void json_write_bool(struct json_writer *writer, const char *key, bool value)
{
    json_write_word(writer, key, value ? "true" : "false");
}

int json_writer_end(struct json_writer *writer, struct error *err)
{
    if (writer->depth > 0)
        json_writer_fail(writer, "a container is still open");
    else if (!writer->has_member[0])
        json_writer_fail(writer, "nothing was written");
    json_writer_put(writer, "\n");
    if (writer->failed)
        return error_set(err, writer->error.kind, "%s", writer->error.text);
    return 0;
}
