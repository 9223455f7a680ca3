#include "scenario/placeholder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"

enum { PLACEHOLDER_TEXT_MAX_BYTES = 4 * 1024 * 1024 };

static const char word_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789._-";

bool placeholder_next(const char *text, size_t from, struct placeholder *ret)
{
    for (const char *brace = strchr(text + from, '{'); brace != NULL;
         brace = strchr(brace + 1, '{')) {
        bool escaped = brace[1] == '{';
        const char *name = brace + (escaped ? 2 : 1);
        size_t length = strspn(name, word_characters);
        const char *end = name + length;
        if (length == 0 || strncmp(end, "}}", escaped ? 2 : 1) != 0)
            continue;
        *ret = (struct placeholder){
            .start = (size_t)(brace - text),
            .end = (size_t)(end - text) + (escaped ? 2 : 1),
            .name = name,
            .name_length = length,
            .escaped = escaped,
        };
        return true;
    }
    return false;
}

bool placeholder_is(const struct placeholder *placeholder, const char *name)
{
    return strlen(name) == placeholder->name_length &&
           memcmp(placeholder->name, name, placeholder->name_length) == 0;
}

bool placeholder_is_port_of(const struct placeholder *placeholder, const char *program)
{
    size_t length = strlen(program);
    return placeholder->name_length == length + strlen(".port") &&
           memcmp(placeholder->name, program, length) == 0 &&
           memcmp(placeholder->name + length, ".port", strlen(".port")) == 0;
}

static bool placeholder_has_value(const struct placeholder *placeholder,
                                  const struct placeholder_names *names)
{
    if (placeholder_is(placeholder, "services") || placeholder_is(placeholder, "dir"))
        return names->paths;
    if (placeholder_is(placeholder, "data"))
        return names->data;
    if (!names->ports)
        return false;
    for (const char *const *name = names->dependencies; *name != NULL; name++)
        if (placeholder_is_port_of(placeholder, *name))
            return true;
    return placeholder_is(placeholder, "port") || placeholder_is_port_of(placeholder, "service");
}

bool placeholder_find_unknown(const char *text, const struct placeholder_names *names,
                              struct placeholder *ret)
{
    struct placeholder found;
    for (size_t at = 0; placeholder_next(text, at, &found); at = found.end) {
        if (!found.escaped && !placeholder_has_value(&found, names)) {
            *ret = found;
            return true;
        }
    }
    return false;
}

const char *placeholder_list(const struct placeholder_names *names, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    if (names->paths)
        used += (size_t)snprintf(text, size, "{services}, {dir}");
    if (names->data && used < size)
        used += (size_t)snprintf(text + used, size - used, "%s{data}", used > 0 ? ", " : "");
    if (names->ports && used < size)
        used += (size_t)snprintf(text + used, size - used, "%s{port}, {service.port}",
                                 used > 0 ? ", " : "");
    for (const char *const *name = names->dependencies; *name != NULL && used < size; name++)
        if (names->ports)
            used += (size_t)snprintf(text + used, size - used, ", {%s.port}", *name);
    return text;
}

/* Append text[from, to). */
static int placeholder_copy(struct buffer *out, const char *text, size_t from, size_t to)
{
    return buffer_append(out, text + from, to - from, NULL);
}

static char *placeholder_take(struct buffer *out)
{
    return out->data != NULL ? take_ptr(&out->data) : strdup("");
}

char *placeholder_escape(const char *text)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(PLACEHOLDER_TEXT_MAX_BYTES);
    struct placeholder found;
    size_t at = 0;
    /* An escaped one gets another pair of braces round its inner one: {{{word}}}. */
    for (; placeholder_next(text, at, &found); at = found.end) {
        if (placeholder_copy(&out, text, at, found.start) < 0 ||
            buffer_append_text(&out, "{", NULL) < 0 ||
            placeholder_copy(&out, text, found.start, found.end) < 0 ||
            buffer_append_text(&out, "}", NULL) < 0)
            return NULL;
    }
    if (buffer_append_text(&out, text + at, NULL) < 0)
        return NULL;
    return placeholder_take(&out);
}

char *placeholder_unescape(const char *text)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(PLACEHOLDER_TEXT_MAX_BYTES);
    struct placeholder found;
    size_t at = 0;
    for (; placeholder_next(text, at, &found); at = found.end) {
        size_t braces = found.escaped ? 1 : 0;
        if (placeholder_copy(&out, text, at, found.start + braces) < 0)
            return NULL;
        if (placeholder_copy(&out, text, found.start + 2 * braces, found.end - braces) < 0)
            return NULL;
    }
    if (buffer_append_text(&out, text + at, NULL) < 0)
        return NULL;
    return placeholder_take(&out);
}

char *placeholder_fill_paths(const char *text, const char *services, const char *dir)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(PLACEHOLDER_TEXT_MAX_BYTES);
    struct placeholder found;
    size_t at = 0;
    for (; placeholder_next(text, at, &found); at = found.end) {
        const char *value = NULL;
        if (!found.escaped && placeholder_is(&found, "services"))
            value = services;
        else if (!found.escaped && placeholder_is(&found, "dir"))
            value = dir;
        if (value == NULL) {
            if (placeholder_copy(&out, text, at, found.end) < 0)
                return NULL;
            continue;
        }
        CLEANUP(freep) char *escaped = placeholder_escape(value);
        if (escaped == NULL || placeholder_copy(&out, text, at, found.start) < 0 ||
            buffer_append_text(&out, escaped, NULL) < 0)
            return NULL;
    }
    if (buffer_append_text(&out, text + at, NULL) < 0)
        return NULL;
    return placeholder_take(&out);
}
