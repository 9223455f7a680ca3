#include "symbol/source_path.h"

#include <stdbool.h>
#include <string.h>

struct source_path {
    char *text;
    size_t size;
    size_t length;
    bool is_absolute;
};

/* The length without its last part; what it was when there is none that can be taken away. */
static size_t source_path_parent(const struct source_path *path)
{
    const char *slash = memrchr(path->text, '/', path->length);
    size_t begin = slash == NULL ? 0 : (size_t)(slash - path->text) + 1;
    if (path->length - begin == 2 && memcmp(path->text + begin, "..", 2) == 0)
        return path->length;
    if (slash == NULL)
        return 0;
    return begin == 1 && path->is_absolute ? 1 : begin - 1;
}

static void source_path_append(struct source_path *path, const char *part, size_t length)
{
    bool is_root = path->is_absolute && path->length == 1;
    if (length == 0 || (length == 1 && *part == '.'))
        return;
    if (length == 2 && memcmp(part, "..", 2) == 0) {
        size_t parent = source_path_parent(path);
        if (is_root || (path->length > 0 && parent != path->length)) {
            path->length = is_root ? 1 : parent;
            return;
        }
    }
    if (path->length > 0 && !is_root && path->length + 1 < path->size)
        path->text[path->length++] = '/';
    size_t room = path->size - 1 - path->length;
    size_t kept = length < room ? length : room;
    memcpy(path->text + path->length, part, kept);
    path->length += kept;
}

static void source_path_append_all(struct source_path *path, const char *parts)
{
    while (*parts != '\0') {
        size_t length = strcspn(parts, "/");
        source_path_append(path, parts, length);
        parts += length + (parts[length] == '/');
    }
}

const char *source_path_make(const char *folder, const char *file, char *text, size_t size)
{
    struct source_path path = {.text = text, .size = size};
    bool is_joined = *file != '/' && *folder != '\0';
    path.is_absolute = *(is_joined ? folder : file) == '/';
    if (path.is_absolute)
        text[path.length++] = '/';
    if (is_joined)
        source_path_append_all(&path, folder);
    source_path_append_all(&path, file);
    text[path.length] = '\0';
    return text;
}
