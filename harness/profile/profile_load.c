#include "profile/profile_load.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "profile/folded.h"
#include "profile/goroutine_text.h"
#include "profile/gzip.h"
#include "profile/pprof_read.h"
#include "profile/text_lines.h"

/* What services answer with that is no profile as it is, by how it starts. */
static const struct {
    const char *start;
    const char *why;
} profile_load_known[] = {
    {"heap profile: ", "a heap profile in text form, which is not scaled to what it stands for: "
                       "collect it without ?debug=1"},
    {"--- ", "a profile of contention in text form: collect it without ?debug=1"},
    {"goroutine ", "the stacks of goroutines one by one: collect them with ?debug=1, or without"},
    {"heap_v2/", "a heap profile of jemalloc: `jeprof --collapsed` makes folded stacks of it"},
    {"{", "JSON, which is no form of profile that is read"},
    {"[", "JSON, which is no form of profile that is read"},
    {"<", "a page, not a profile: is the URL right?"},
};

static bool profile_load_is_text(const unsigned char *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (iscntrl(data[i]) && data[i] != '\t' && data[i] != '\n' && data[i] != '\r')
            return false;
    }
    return true;
}

static int profile_load_plain(const void *data, size_t length, struct profile **ret,
                              struct error *err)
{
    static const struct profile_type samples = {"samples", "count"};
    struct text_line all = {data, length};
    if (length == 0)
        return error_set(err, ERROR_USAGE, "it is empty");
    if (!profile_load_is_text(data, length))
        return pprof_read(data, length, ret, err);
    if (goroutine_text_is(data, length))
        return goroutine_text_read(data, length, ret, err);
    while (all.length > 0 && isspace((unsigned char)*all.text)) {
        all.text++;
        all.length--;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(profile_load_known); i++) {
        if (text_line_starts(&all, profile_load_known[i].start))
            return error_set(err, ERROR_USAGE, "%s", profile_load_known[i].why);
    }
    if (folded_is(data, length))
        return folded_read(data, length, &samples, ret, err);
    return error_set(err, ERROR_USAGE, "text, which is no form of profile that is read");
}

int profile_load_text(const void *data, size_t length, struct profile **ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer plain = BUFFER_INIT(PPROF_MAX_BYTES);
    struct error problem = {.kind = ERROR_NONE};
    int status = 0;
    if (gzip_is(data, length)) {
        status = gzip_unpack(data, length, &plain, &problem);
        data = buffer_text(&plain);
        length = plain.length;
    }
    if (status == 0)
        status = profile_load_plain(data, length, ret, &problem);
    if (status < 0) {
        error_set(err, problem.kind, "%s", problem.text);
        return problem.kind == ERROR_USAGE ? 1 : -1;
    }
    return 0;
}

int profile_load(int dir_fd, const char *path, struct profile **ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(PROFILE_FILE_MAX_BYTES);
    CLEANUP(closep) int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0)
        return error_set_errno(err, ERROR_USAGE, errno, "cannot open %s", path);
    if (!S_ISREG(status.st_mode)) {
        error_set(err, ERROR_USAGE, "it is no file");
        return 1;
    }
    if (status.st_size > (off_t)PROFILE_FILE_MAX_BYTES) {
        error_set(err, ERROR_USAGE, "it is longer than %zu MiB", PROFILE_FILE_MAX_BYTES >> 20);
        return 1;
    }
    if (file_read(dir_fd, path, &text, err) < 0)
        return -1;
    return profile_load_text(buffer_text(&text), text.length, ret, err);
}
