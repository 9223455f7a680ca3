#include "scenario/run_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define RUN_FILE_MAX_BYTES ((size_t)16 << 20)
#define RUN_FILE_MODE      0600

static int run_file_write(const char *path, const struct buffer *text, struct error *err)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot remove %s", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, RUN_FILE_MODE);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        closep(&fd);
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot create %s", path);
    }
    bool written = fwrite(buffer_text(text), 1, text->length, file) == text->length;
    if (fclose(file) != 0 || !written)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot write %s", path);
    return 0;
}

int run_file_store(const struct run_spec *run, const char *dir, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(RUN_FILE_MAX_BYTES);
    CLEANUP(freep) char *path = file_join(dir, RUN_FILE_NAME);
    struct run_spec copy = *run;
    const struct plan plan = {.runs = &copy, .n_runs = 1};
    if (path == NULL)
        return error_out_of_memory(err);
    if (plan_write(&plan, &text, err) < 0)
        return -1;
    return run_file_write(path, &text, err);
}

int run_file_load(const char *dir, struct plan **ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(RUN_FILE_MAX_BYTES);
    CLEANUP(plan_freep) struct plan *plan = NULL;
    CLEANUP(freep) char *path = file_join(dir, RUN_FILE_NAME);
    if (path == NULL)
        return error_out_of_memory(err);
    if (!file_exists(AT_FDCWD, path))
        return 1;
    if (file_read(AT_FDCWD, path, &text, err) < 0 ||
        plan_read(path, buffer_text(&text), text.length, &plan, err) < 0)
        return -1;
    if (plan->n_runs != 1)
        return error_set(err, ERROR_USAGE, "%s: found %zu runs, expected one", path, plan->n_runs);
    *ret = take_ptr(&plan);
    return 0;
}
