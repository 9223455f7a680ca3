#include "explain/source_lines.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

bool source_lines_is_source(const char *file)
{
    static const char *const endings[] = {
        "c",     "h",  "cc",  "cpp", "cxx", "hh", "hpp", "hxx",  "inl",   "ipp", "go",
        "rs",    "js", "ts",  "mjs", "cjs", "py", "pyx", "java", "scala", "kt",  "s",
        "swift", "d",  "nim", "zig", "pas", "rb", "php", "f90",  "ml",    "hs",  "cu",
    };
    const char *slash = strrchr(file, '/');
    const char *dot = strrchr(slash != NULL ? slash + 1 : file, '.');
    for (size_t i = 0; dot != NULL && i < ARRAY_LENGTH(endings); i++)
        if (strcasecmp(dot + 1, endings[i]) == 0)
            return true;
    return false;
}

/* The file, if it is one that may be read; NULL. */
static FILE *source_open(const char *file)
{
    struct stat status;
    if (!source_lines_is_source(file))
        return NULL;
    CLEANUP(closep) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
        status.st_size > (off_t)SOURCE_FILE_MAX_BYTES)
        return NULL;
    FILE *stream = fdopen(fd, "r");
    if (stream != NULL)
        take_fd(&fd);
    return stream;
}

bool source_lines_read(const char *file, int64_t line, unsigned around, struct source_lines *ret)
{
    if (2 * around + 1 > SOURCE_LINES_MAX)
        around = (SOURCE_LINES_MAX - 1) / 2;
    *ret = (struct source_lines){.first = line > around ? line - around : 1};
    bool possible = line > 0 && line <= (int64_t)SOURCE_FILE_MAX_BYTES;
    FILE *stream = possible ? source_open(file) : NULL;
    if (stream == NULL)
        return false;
    CLEANUP(freep) char *text = NULL;
    size_t room = 0;
    ssize_t length = 0;
    for (int64_t at = 1; at <= line + around && (length = getline(&text, &room, stream)) >= 0;
         at++) {
        if (at < ret->first)
            continue;
        /* A NUL ends what is shown of a line, and with it of the line. */
        size_t shown = strcspn(text, "\r\n");
        snprintf(ret->text[ret->n++], SOURCE_LINE_MAX, "%.*s", (int)shown, text);
    }
    fclose(stream);
    return ret->first + ret->n > line;
}
