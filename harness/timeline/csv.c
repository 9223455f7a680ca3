#include "timeline/csv.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writing into a buffer fails only when memory or the buffer's bound runs out; the row then stays
 * short, and csv_end_row's caller sees it through the buffer's length at the end. So failures are
 * not passed on field by field: buffer_append leaves the buffer as it was. */
static void csv_append(struct buffer *out, const char *text)
{
    (void)buffer_append_text(out, text, NULL);
}

void csv_text(struct buffer *out, const char *text)
{
    bool quoted = strpbrk(text, ",\"") != NULL; /* line ends are spaces here */
    csv_append(out, quoted ? "\"" : "");
    for (; *text != '\0'; text++) {
        char byte = (unsigned char)*text < ' ' ? ' ' : *text;
        if (byte == '"')
            csv_append(out, "\"");
        (void)buffer_append(out, &byte, 1, NULL);
    }
    csv_append(out, quoted ? "\"," : ",");
}

void csv_u64(struct buffer *out, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64 ",", value);
    csv_append(out, text);
}

void csv_i64(struct buffer *out, int64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRId64 ",", value);
    csv_append(out, text);
}

void csv_absent(struct buffer *out)
{
    csv_append(out, ",");
}

void csv_end_row(struct buffer *out)
{
    if (out->length > 0 && out->data[out->length - 1] == ',')
        out->data[out->length - 1] = '\n';
}

void csv_reader_init(struct csv_reader *reader, const char *name, char *text)
{
    *reader = (struct csv_reader){.name = name, .next = text};
}

/* Unquote the field at `in`; returns where it ends (at ',' or '\n' or NUL), NULL when malformed. */
static char *csv_unquote(char *in, char **ret_field)
{
    char *out = ++in;
    *ret_field = out;
    for (;; in++) {
        if (*in == '\0')
            return NULL;
        if (*in == '"' && *++in != '"')
            break;
        *out++ = *in;
    }
    if (*in != ',' && *in != '\n' && *in != '\0')
        return NULL;
    char *end = in;
    if (out != end)
        *out = '\0';
    return end;
}

int csv_reader_next(struct csv_reader *reader, struct error *err)
{
    char *in = reader->next;
    if (in == NULL || *in == '\0')
        return 1;

    reader->line++;
    reader->n_fields = 0;
    for (;;) {
        if (reader->n_fields == CSV_FIELDS_MAX)
            return error_set(err, ERROR_USAGE, "%s:%u: more than %d columns", reader->name,
                             reader->line, CSV_FIELDS_MAX);
        char *field = in;
        if (*in == '"')
            in = csv_unquote(in, &field);
        else
            in += strcspn(in, ",\n");
        if (in == NULL)
            return error_set(err, ERROR_USAGE, "%s:%u: column %zu: a quote is not closed",
                             reader->name, reader->line, reader->n_fields + 1);
        reader->fields[reader->n_fields++] = field;
        char separator = *in;
        *in = '\0';
        if (separator == ',') {
            in++;
            continue;
        }
        reader->next = separator == '\n' ? in + 1 : NULL;
        return 0;
    }
}

static int csv_number_error(const struct csv_reader *reader, size_t column, struct error *err)
{
    return error_set(err, ERROR_USAGE, "%s:%u: column %zu: found \"%.40s\", expected a number",
                     reader->name, reader->line, column + 1,
                     column < reader->n_fields ? reader->fields[column] : "(nothing)");
}

/* The text of a field, "" when it is absent; NULL when the row has no such field. */
static const char *csv_field(const struct csv_reader *reader, size_t column, struct error *err)
{
    if (column < reader->n_fields)
        return reader->fields[column];
    (void)csv_number_error(reader, column, err);
    return NULL;
}

int csv_read_u64(const struct csv_reader *reader, size_t column, uint64_t absent, uint64_t *ret,
                 struct error *err)
{
    const char *text = csv_field(reader, column, err);
    if (text == NULL)
        return -1;
    if (*text == '\0') {
        *ret = absent;
        return 0;
    }
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*end != '\0' || errno != 0 || !isdigit((unsigned char)*text))
        return csv_number_error(reader, column, err);
    *ret = value;
    return 0;
}

int csv_read_i64(const struct csv_reader *reader, size_t column, int64_t absent, int64_t *ret,
                 struct error *err)
{
    const char *text = csv_field(reader, column, err);
    if (text == NULL)
        return -1;
    if (*text == '\0') {
        *ret = absent;
        return 0;
    }
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*end != '\0' || errno != 0 || isspace((unsigned char)*text))
        return csv_number_error(reader, column, err);
    *ret = value;
    return 0;
}

int csv_row_error(const struct csv_reader *reader, struct error *err)
{
    if (err != NULL && err->errno_value != ENOMEM)
        err->kind = ERROR_USAGE;
    return error_prefix(err, "%s:%u", reader->name, reader->line);
}
