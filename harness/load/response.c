#include "load/response.h"

#include <string.h>
#include <strings.h>

/* A piece of a line or value; borrowed. */
struct span {
    const char *text;
    size_t length;
};

static void begin_head(struct response *response)
{
    response->state = RESPONSE_STATUS_LINE;
    response->status = 0;
    response->chunked = false;
    response->has_length = false;
    response->left = 0;
}

void response_begin(struct response *response, bool head)
{
    begin_head(response);
    response->head = head;
    response->keep_alive = false;
    response->started = false;
    response->line_cut = false;
    response->line_length = 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span trim(struct span span)
{
    while (span.length > 0 && is_blank(span.text[0])) {
        span.text++;
        span.length--;
    }
    while (span.length > 0 && is_blank(span.text[span.length - 1]))
        span.length--;
    return span;
}

static bool equals(struct span span, const char *word)
{
    return span.length == strlen(word) && strncasecmp(span.text, word, span.length) == 0;
}

/* The last element of a comma-separated list, cut off from it. */
static struct span take_last(struct span *list)
{
    const char *comma = memrchr(list->text, ',', list->length);
    struct span last = *list;
    if (comma != NULL) {
        last.text = comma + 1;
        last.length = (size_t)(list->text + list->length - last.text);
        list->length = (size_t)(comma - list->text);
    } else {
        list->length = 0;
    }
    return trim(last);
}

/* As far as it is there. */
static bool begins_as_http(const char *line, size_t length)
{
    static const char begin[] = "HTTP/1.";
    size_t known = sizeof(begin) - 1;
    return memcmp(line, begin, length < known ? length : known) == 0;
}

/* "HTTP/1.1 200 OK": the version sets the default for the connection. */
static bool take_status_line(struct response *response, struct span line)
{
    const char *text = line.text;
    if (line.length < 12 || memcmp(text, "HTTP/1.", 7) != 0 || !is_digit(text[7]) || text[8] != ' ')
        return false;
    if (!is_digit(text[9]) || !is_digit(text[10]) || !is_digit(text[11]))
        return false;
    if (line.length > 12 && text[12] != ' ')
        return false;
    response->status = (unsigned)(text[9] - '0') * 100 + (unsigned)(text[10] - '0') * 10 +
                       (unsigned)(text[11] - '0');
    response->keep_alive = text[7] != '0';
    response->state = RESPONSE_HEADER;
    return response->status >= 100;
}

static bool take_content_length(struct response *response, struct span value)
{
    uint64_t length = 0;
    if (value.length == 0 || value.length > 18)
        return false;
    for (size_t i = 0; i < value.length; i++) {
        if (!is_digit(value.text[i]))
            return false;
        length = length * 10 + (uint64_t)(value.text[i] - '0');
    }
    if (response->has_length && response->left != length)
        return false;
    response->has_length = true;
    response->left = length;
    return true;
}

static void take_connection(struct response *response, struct span value)
{
    while (value.length > 0) {
        struct span option = take_last(&value);
        if (equals(option, "keep-alive"))
            response->keep_alive = true;
        if (equals(option, "close")) {
            response->keep_alive = false;
            return;
        }
    }
}

/* A header that matters here; others pass. */
static bool take_header(struct response *response, struct span line, bool cut)
{
    const char *colon = memchr(line.text, ':', line.length);
    if (colon == NULL)
        return cut; /* an endless name is the timeout's business */
    struct span name = {line.text, (size_t)(colon - line.text)};
    struct span value = trim((struct span){colon + 1, line.length - name.length - 1});

    switch (name.length) {
    case 10:
        if (equals(name, "Connection")) {
            take_connection(response, value);
            response->keep_alive = response->keep_alive && !cut;
        }
        return true;
    case 14:
        return !equals(name, "Content-Length") || (!cut && take_content_length(response, value));
    case 17:
        if (!equals(name, "Transfer-Encoding"))
            return true;
        response->chunked = equals(value, "chunked");
        return response->chunked && !cut;
    default:
        return true;
    }
}

/* The empty line: what follows? */
static enum response_progress finish_head(struct response *response)
{
    if (response->status < 200) {
        if (response->status == 101)
            return RESPONSE_BROKEN; /* nobody asked to switch protocols */
        begin_head(response);
        return RESPONSE_MORE;
    }
    if (response->head || response->status == 204 || response->status == 304)
        return RESPONSE_DONE;
    if (response->chunked) {
        response->state = RESPONSE_CHUNK_SIZE;
    } else if (response->has_length) {
        if (response->left == 0)
            return RESPONSE_DONE;
        response->state = RESPONSE_BODY_LENGTH;
    } else {
        response->state = RESPONSE_BODY_TO_END;
        response->keep_alive = false;
    }
    return RESPONSE_MORE;
}

/* "1a2b;extension": hexadecimal, at most 15 digits. */
static bool take_chunk_size(struct response *response, struct span line)
{
    uint64_t size = 0;
    size_t i = 0;
    for (; i < line.length; i++) {
        char c = line.text[i];
        unsigned digit;
        if (is_digit(c))
            digit = (unsigned)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (unsigned)((c | 0x20) - 'a') + 10;
        else
            break;
        size = size << 4 | digit;
    }
    if (i == 0 || i > 15 || (i < line.length && line.text[i] != ';' && !is_blank(line.text[i])))
        return false;
    response->left = size;
    response->state = size == 0 ? RESPONSE_TRAILER : RESPONSE_CHUNK_DATA;
    return true;
}

static enum response_progress take_line(struct response *response, struct span line, bool cut)
{
    bool good = true;
    switch (response->state) {
    case RESPONSE_STATUS_LINE:
        good = !cut && take_status_line(response, line);
        break;
    case RESPONSE_HEADER:
        if (line.length == 0)
            return finish_head(response);
        good = take_header(response, line, cut);
        break;
    case RESPONSE_CHUNK_SIZE:
        good = take_chunk_size(response, line);
        break;
    case RESPONSE_CHUNK_END:
        good = line.length == 0;
        response->state = RESPONSE_CHUNK_SIZE;
        break;
    case RESPONSE_TRAILER:
        if (line.length == 0)
            return RESPONSE_DONE;
        break;
    case RESPONSE_BODY_LENGTH:
    case RESPONSE_BODY_TO_END:
    case RESPONSE_CHUNK_DATA:
        break;
    }
    return good ? RESPONSE_MORE : RESPONSE_BROKEN;
}

/* Keep the beginning of a line that has not ended yet. */
static void keep_piece(struct response *response, const char *data, size_t length)
{
    size_t room = RESPONSE_LINE_MAX - response->line_length;
    if (length > room) {
        length = room;
        response->line_cut = true;
    }
    memcpy(response->line + response->line_length, data, length);
    response->line_length += (unsigned)length;
}

/* One line, or as much of it as there is. */
static enum response_progress feed_line(struct response *response, struct span data, size_t *used)
{
    const char *end = memchr(data.text, '\n', data.length);
    if (end == NULL) {
        *used = data.length;
        keep_piece(response, data.text, data.length);
        /* What is not HTTP must not hold the connection until the timeout. */
        if (response->state == RESPONSE_STATUS_LINE &&
            (response->line_cut || !begins_as_http(response->line, response->line_length)))
            return RESPONSE_BROKEN;
        return RESPONSE_MORE;
    }

    struct span line = {data.text, (size_t)(end - data.text)};
    *used = line.length + 1;
    bool cut = false;
    if (response->line_length > 0) {
        keep_piece(response, line.text, line.length);
        line = (struct span){response->line, response->line_length};
        cut = response->line_cut;
        response->line_length = 0;
        response->line_cut = false;
    } else if (line.length > RESPONSE_LINE_MAX) {
        line.length = RESPONSE_LINE_MAX;
        cut = true;
    }
    if (!cut && line.length > 0 && line.text[line.length - 1] == '\r')
        line.length--;
    return take_line(response, line, cut);
}

/* Body bytes that only need counting. */
static enum response_progress feed_body(struct response *response, size_t length, size_t *used)
{
    if (response->state == RESPONSE_BODY_TO_END) {
        *used = length;
        return RESPONSE_MORE;
    }
    *used = response->left < length ? (size_t)response->left : length;
    response->left -= *used;
    if (response->left > 0)
        return RESPONSE_MORE;
    if (response->state == RESPONSE_BODY_LENGTH)
        return RESPONSE_DONE;
    response->state = RESPONSE_CHUNK_END;
    return RESPONSE_MORE;
}

static bool is_body(enum response_state state)
{
    return state == RESPONSE_BODY_LENGTH || state == RESPONSE_BODY_TO_END ||
           state == RESPONSE_CHUNK_DATA;
}

enum response_progress response_feed(struct response *response, const char *data, size_t length,
                                     size_t *used)
{
    size_t position = 0;
    enum response_progress progress = RESPONSE_MORE;
    response->started = response->started || length > 0;
    while (position < length && progress == RESPONSE_MORE) {
        size_t step = 0;
        if (is_body(response->state))
            progress = feed_body(response, length - position, &step);
        else
            progress =
                feed_line(response, (struct span){data + position, length - position}, &step);
        position += step;
    }
    *used = position;
    return progress;
}

enum response_progress response_end(struct response *response)
{
    return response->state == RESPONSE_BODY_TO_END ? RESPONSE_DONE : RESPONSE_BROKEN;
}
