#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"

/* In the place of the C library's: what a program draws at random (how its tables are hashed) would
 * make another run of each. */
ssize_t getrandom(void *to, size_t length, unsigned flags)
{
    (void)flags;
    memset(to, 0x5a, length);
    return (ssize_t)length;
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    FUZZ_REQUIRE(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* Where the next part begins, at its line; the end when there is none. */
static const char *fuzz_find_part(const char *at, const char *end)
{
    for (const char *line = at; line != NULL && line < end;) {
        if (end - line >= 4 && memcmp(line, "=== ", 4) == 0)
            return line;
        line = memchr(line, '\n', (size_t)(end - line));
        line = line != NULL ? line + 1 : NULL;
    }
    return end;
}

const char *fuzz_part(const uint8_t *data, size_t size, const char *name, size_t *ret_length)
{
    const char *end = (const char *)data + size;
    size_t length = strlen(name);
    if (size == 0)
        return NULL;
    for (const char *at = fuzz_find_part((const char *)data, end); at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *body = newline != NULL ? newline + 1 : end;
        const char *next = fuzz_find_part(body, end);
        size_t line_length = (size_t)((newline != NULL ? newline : end) - at) - 4;
        if (line_length == length && memcmp(at + 4, name, length) == 0) {
            *ret_length = (size_t)(next - body);
            return body;
        }
        at = next;
    }
    return NULL;
}

char *fuzz_part_text(const uint8_t *data, size_t size, const char *name)
{
    size_t length = 0;
    const char *part = fuzz_part(data, size, name, &length);
    return part != NULL ? fuzz_text((const uint8_t *)part, length) : NULL;
}

static char fuzz_path[PATH_MAX];

static void fuzz_remove_folder(void)
{
    (void)file_remove_tree(fuzz_path, NULL);
}

const char *fuzz_folder(void)
{
    if (fuzz_path[0] != '\0')
        return fuzz_path;
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    const char *chosen = getenv("LEAKCAGE_FUZZ_DIR");
    snprintf(fuzz_path, sizeof(fuzz_path), "%s/leakcage-fuzz-XXXXXX",
             chosen != NULL ? chosen : base);
    FUZZ_REQUIRE(mkdtemp(fuzz_path) != NULL);
    atexit(fuzz_remove_folder);
    return fuzz_path;
}

void fuzz_write(const char *name, const void *data, size_t length)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
    FUZZ_REQUIRE(n > 0 && (size_t)n < sizeof(path));
    if (data == NULL) {
        (void)unlink(path);
        return;
    }
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        char *slash = strrchr(path, '/');
        *slash = '\0';
        FUZZ_REQUIRE(file_make_directories(path, NULL) == 0);
        *slash = '/';
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    }
    FUZZ_REQUIRE(fd >= 0 && write(fd, data, length) == (ssize_t)length);
}

void fuzz_write_parts(const uint8_t *data, size_t size, const char *prefix,
                      const char *const *names)
{
    for (; *names != NULL; names++) {
        char name[NAME_MAX];
        size_t length = 0;
        const char *part = fuzz_part(data, size, *names, &length);
        snprintf(name, sizeof(name), "%s/%s", prefix, *names);
        fuzz_write(name, part, length);
    }
}

void fuzz_require_error(const struct error *err, enum error_kind kind)
{
    if (err->kind != kind || err->text[0] == '\0')
        fprintf(stderr, "error %d: \"%s\"\n", (int)err->kind, err->text);
    FUZZ_REQUIRE(err->kind == kind && err->text[0] != '\0');
}

void fuzz_require_harmless(const char *what, const char *text, size_t length, bool has_lines)
{
    FUZZ_REQUIRE(strlen(text) == length);
    for (size_t at = 0; at < length;) {
        size_t bytes = utf8_length(text + at);
        uint32_t point = bytes > 0 ? utf8_point(text + at, bytes) : 0;
        bool is_control = point < 0x20 || (point >= 0x7f && point < 0xa0);
        bool turns = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
        if (bytes == 0 || ((is_control || turns) && !(has_lines && point == '\n'))) {
            fprintf(stderr, "%s: U+%04X at %zu of \"%s\"\n", what, (unsigned)point, at, text);
            abort();
        }
        at += bytes;
    }
}

void fuzz_require_name(const char *what, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t bytes = utf8_length(at);
        if (bytes == 0 || (unsigned char)*at < ' ' || *at == 0x7f) {
            fprintf(stderr, "%s: a byte %02x in \"%s\"\n", what, (unsigned char)*at, text);
            abort();
        }
        at += bytes;
    }
}

void fuzz_require_json(const char *what, const char *text, size_t length)
{
    CLEANUP(json_freep) struct json_document *document = NULL;
    struct error err = {.kind = ERROR_NONE};
    if (json_load_text(what, text, length, &document, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
}

void fuzz_require_same(const char *what, const char *left, const char *right)
{
    size_t at = 0;
    while (left[at] != '\0' && left[at] == right[at])
        at++;
    if (left[at] == right[at])
        return;
    size_t from = at > 100 ? at - 100 : 0;
    fprintf(stderr, "%s: \"%.200s\" and \"%.200s\"\n", what, left + from, right + from);
    abort();
}
