#include "report/html_text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

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

/* Is this no character, or one that does something to those around it? Line ends of Unicode do
 * nothing in a page. */
static bool html_is_harmful(const char *text, size_t length)
{
    uint32_t point = utf8_point(text, length);
    bool ends_line = point == 0x2028 || point == 0x2029;
    return (point > 0x7f && utf8_is_harmful(point) && !ends_line) ||
           (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) == 0xfffe;
}

void html_text(struct html_writer *writer, const char *text)
{
    const char *plain = text; /* start of what is copied as it is */
    while (*text != '\0') {
        size_t length = utf8_length(text);
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
