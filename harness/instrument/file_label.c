#include "instrument/file_label.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

#define DELETED     " (deleted)"
#define MEMFD       "/memfd:"
#define SYSV        "/SYSV"
#define ANONYMOUS   "/dev/zero" DELETED
#define NAME_ROOM   256
#define DATA_FOLDER "{data}"

static bool file_label_begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The length without " (deleted)"; *ret_deleted: that was there. */
static size_t file_label_length(const char *link, bool *ret_deleted)
{
    size_t length = strlen(link);
    size_t end = sizeof(DELETED) - 1;
    *ret_deleted = length >= end && strcmp(link + length - end, DELETED) == 0;
    return *ret_deleted ? length - end : length;
}

enum file_kind file_label_kind(const char *link, bool is_shmem)
{
    bool deleted = false;
    (void)file_label_length(link, &deleted);
    if (deleted && file_label_begins(link, MEMFD))
        return FILE_KIND_MEMFD;
    if (deleted && file_label_begins(link, SYSV))
        return FILE_KIND_SYSV;
    if (strcmp(link, ANONYMOUS) == 0)
        return FILE_KIND_ANONYMOUS;
    return is_shmem ? FILE_KIND_SHMEM : FILE_KIND_CACHE;
}

/* Is a number in its name a version? */
static bool file_label_is_installed(const char *path)
{
    static const char *const places[] = {"/usr/", "/lib", "/bin/", "/sbin/", "/opt/", "/etc/"};
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++)
        if (file_label_begins(path, places[i]))
            return true;
    return false;
}

/* Append `length` bytes of a name, with "*" for numbers, as many whole characters as there is room
 * for up to size. Returns the new end. What stands behind the bytes (a NUL, " (deleted)") is no
 * part of a character. */
static size_t file_label_append(char *text, size_t at, size_t size, const char *name, size_t length,
                                bool keeps_digits)
{
    bool was_digit = false;
    while (length > 0) {
        size_t bytes = utf8_length(name);
        bool is_plain = bytes > 0 && (unsigned char)*name >= ' ' && *name != 0x7f;
        bool is_digit = isdigit((unsigned char)*name) && !keeps_digits;
        bytes = is_plain ? bytes : 1;
        if (at + bytes >= size)
            break;
        if (!is_digit || !was_digit) {
            memcpy(text + at, !is_plain ? "?" : is_digit ? "*" : name, bytes);
            at += bytes;
        }
        was_digit = is_digit;
        name += bytes;
        length -= bytes;
    }
    text[at] = '\0';
    return at;
}

const char *file_label(enum file_kind kind, const char *link, const char *data_dir, char *ret)
{
    char name[NAME_ROOM];
    bool deleted = false;
    size_t length = file_label_length(link, &deleted);
    const char *rest = link;
    size_t at = 0;
    if (kind == FILE_KIND_SYSV || kind == FILE_KIND_ANONYMOUS) {
        snprintf(ret, FILE_LABEL_MAX,
                 kind == FILE_KIND_SYSV ? "[SysV shared memory]" : "[shared anonymous memory]");
        return ret;
    }
    if (kind == FILE_KIND_MEMFD) {
        rest += sizeof(MEMFD) - 1;
        (void)file_label_append(name, 0, sizeof(name), rest, length - (size_t)(rest - link), false);
        snprintf(ret, FILE_LABEL_MAX, "[memfd %s]", name);
        return ret;
    }
    size_t data_length = data_dir != NULL ? strlen(data_dir) : 0;
    if (data_length > 0 && length >= data_length && memcmp(link, data_dir, data_length) == 0 &&
        (link[data_length] == '/' || length == data_length)) {
        at = (size_t)snprintf(name, sizeof(name), DATA_FOLDER);
        rest += data_length;
    }
    (void)file_label_append(name, at, sizeof(name), rest, length - (size_t)(rest - link),
                            file_label_is_installed(link));
    snprintf(ret, FILE_LABEL_MAX, "[%s %s%s]", kind == FILE_KIND_SHMEM ? "shmem" : "cache", name,
             deleted ? ", deleted" : "");
    return ret;
}
