#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_done(struct buffer *buffer)
{
    free(buffer->data);
    buffer->data = NULL;
    buffer->length = 0;
    buffer->capacity = 0;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

int buffer_reserve(struct buffer *buffer, size_t more, struct error *err)
{
    if (more > buffer->max_bytes || buffer->length > buffer->max_bytes - more)
        return error_set(err, ERROR_INTERNAL, "more than %zu bytes", buffer->max_bytes);

    size_t need = buffer->length + more + 1;
    if (need <= buffer->capacity)
        return 0;

    size_t capacity = buffer->capacity > 0 ? buffer->capacity : 256;
    while (capacity < need)
        capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (data == NULL)
        return error_out_of_memory(err);
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int buffer_append(struct buffer *buffer, const void *data, size_t length, struct error *err)
{
    if (buffer_reserve(buffer, length, err) < 0)
        return -1;
    if (length > 0)
        memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return 0;
}

int buffer_append_text(struct buffer *buffer, const char *text, struct error *err)
{
    return buffer_append(buffer, text, strlen(text), err);
}

int buffer_printf(struct buffer *buffer, struct error *err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return error_set(err, ERROR_INTERNAL, "cannot format \"%s\"", format);
    if (buffer_reserve(buffer, (size_t)length, err) < 0)
        return -1;

    va_start(arguments, format);
    vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
    return 0;
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->data != NULL ? buffer->data : "";
}
