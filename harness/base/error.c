#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void error_fill(struct error *err, enum error_kind kind, int errno_value, const char *format,
                       va_list arguments)
{
    err->kind = kind;
    err->errno_value = errno_value;
    vsnprintf(err->text, sizeof(err->text), format, arguments);
}

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    if (err == NULL)
        return -1;

    va_list arguments;
    va_start(arguments, format);
    error_fill(err, kind, 0, format, arguments);
    va_end(arguments);
    return -1;
}

int error_set_errno(struct error *err, enum error_kind kind, int errno_value, const char *format,
                    ...)
{
    if (err == NULL)
        return -1;

    va_list arguments;
    va_start(arguments, format);
    error_fill(err, kind, errno_value, format, arguments);
    va_end(arguments);

    size_t length = strlen(err->text);
    snprintf(err->text + length, sizeof(err->text) - length, ": %s", strerror(errno_value));
    return -1;
}

int error_prefix(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return -1;

    char context[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context, sizeof(context), format, arguments);
    va_end(arguments);

    char rest[sizeof(err->text)];
    memcpy(rest, err->text, sizeof(rest));
    size_t length = (size_t)snprintf(err->text, sizeof(err->text), "%s: ", context);
    size_t room = sizeof(err->text) - length - 1;
    size_t kept = strnlen(rest, room);
    memcpy(err->text + length, rest, kept);
    err->text[length + kept] = '\0';
    return -1;
}

int error_out_of_memory(struct error *err)
{
    (void)error_set(err, ERROR_INTERNAL, "out of memory");
    if (err != NULL)
        err->errno_value = ENOMEM;
    return -1;
}
