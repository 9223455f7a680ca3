#include "report/html_text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

void html_begin(struct html_writer *writer, struct buffer *out)
{
    *writer = (struct html_writer){.out = out};
}

static void html_append(struct html_writer *writer, const char *data, size_t length)
{
    if (!writer->failed && buffer_append(writer->out, data, length, &writer->error) < 0)
        writer->failed = true;
}

void html_put(struct html_writer *writer, const char *markup)
{
    html_append(writer, markup, strlen(markup));
}

static void html_vprintf(struct html_writer *writer,
                         void (*put)(struct html_writer *, const char *), const char *format,
                         va_list arguments)
{
    char *text = NULL;
    if (!writer->failed && vasprintf(&text, format, arguments) < 0) {
        error_out_of_memory(&writer->error);
        writer->failed = true;
        return;
    }
    if (text != NULL)
        put(writer, text);
    free(text);
}

void html_printf(struct html_writer *writer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    html_vprintf(writer, html_put, format, arguments);
    va_end(arguments);
}

void html_text_printf(struct html_writer *writer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    html_vprintf(writer, html_text, format, arguments);
    va_end(arguments);
}

/* What must not stand for itself among ASCII; NULL: it may. */
static const char *html_entity(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\n':
    case '\r':
    case '\t':
        return " ";
    case 0x7f:
        return "\xe2\x90\xa1"; /* U+2421 */
    default:
        return NULL;
    }
}

/* Is this no character, or one that does something to those around it? */
static bool html_is_harmful(const char *text, size_t length)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (length == 2)
        return byte[0] == 0xc2 && byte[1] < 0xa0; /* U+0080 to U+009F */
    if (length == 4)
        return (byte[1] & 0x0f) == 0x0f && byte[2] == 0xbf &&
               byte[3] >= 0xbe; /* U+xFFFE, U+xFFFF */
    if (length != 3)
        return false;
    uint32_t point =
        (uint32_t)(byte[0] & 0x0f) << 12 | (uint32_t)(byte[1] & 0x3f) << 6 | (byte[2] & 0x3f);
    return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
           (point >= 0xfdd0 && point <= 0xfdef) || point >= 0xfffe;
}

void html_text(struct html_writer *writer, const char *text)
{
    const char *plain = text; /* start of what is copied as it is */
    while (*text != '\0') {
        size_t length = json_utf8_length(text);
        unsigned char c = (unsigned char)*text;
        const char *entity = length == 1 ? html_entity(c) : NULL;
        const char picture[] = {'\xe2', '\x90', (char)(0x80 + c), '\0'}; /* U+2400 and on */
        if (length == 1 && c < ' ' && entity == NULL)
            entity = picture;
        else if (length == 0 || html_is_harmful(text, length))
            entity = "\xef\xbf\xbd"; /* U+FFFD */
        if (entity != NULL) {
            html_append(writer, plain, (size_t)(text - plain));
            html_put(writer, entity);
        }
        text += length > 0 ? length : 1;
        if (entity != NULL)
            plain = text;
    }
    html_append(writer, plain, (size_t)(text - plain));
}

int html_end(struct html_writer *writer, struct error *err)
{
    if (!writer->failed)
        return 0;
    return error_set(err, writer->error.kind, "%s", writer->error.text);
}
