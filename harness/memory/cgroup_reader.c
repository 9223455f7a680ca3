#include "memory/cgroup_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "memory/memory_text.h"

/* Longer than any file of the table by an order of magnitude. */
#define READER_TEXT_MAX    32768
#define READER_SOURCES_MAX 16

struct reader_source {
    const char *file;
    int fd; /* -1: this kernel lacks it */
    bool quick;
};

struct cgroup_reader {
    struct reader_source sources[READER_SOURCES_MAX];
    unsigned n_sources;
    char text[READER_TEXT_MAX];
};

static bool reader_is_quick(const char *file)
{
    return strcmp(file, "memory.current") == 0;
}

static bool reader_has(const struct cgroup_reader *reader, const char *file)
{
    for (unsigned i = 0; i < reader->n_sources; i++)
        if (strcmp(reader->sources[i].file, file) == 0)
            return true;
    return false;
}

static int reader_add(struct cgroup_reader *reader, int dir_fd, const char *file, struct error *err)
{
    if (reader_has(reader, file))
        return 0;
    if (reader->n_sources == READER_SOURCES_MAX)
        return error_set(err, ERROR_INTERNAL, "the field table names too many files");

    int fd = openat(dir_fd, file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot open %s", file);
    reader->sources[reader->n_sources++] =
        (struct reader_source){.file = file, .fd = fd, .quick = reader_is_quick(file)};
    return 0;
}

static void reader_freep(struct cgroup_reader **reader)
{
    cgroup_reader_free(*reader);
}

int cgroup_reader_open(int dir_fd, struct cgroup_reader **ret, struct error *err)
{
    if (!file_exists(dir_fd, "memory.current"))
        return error_set(err, ERROR_ENVIRONMENT,
                         "the cgroup has no memory.current: its parent's cgroup.subtree_control "
                         "does not list memory");

    CLEANUP(reader_freep) struct cgroup_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return error_out_of_memory(err);

    /* Reading cpu.stat brings memory.stat up to date, so it comes first. */
    if (reader_add(reader, dir_fd, "cpu.stat", err) < 0)
        return -1;
    for (unsigned field = 0; field < MEMORY_CGROUP_FIELD_MAX; field++)
        if (reader_add(reader, dir_fd, memory_field_info[field].file, err) < 0)
            return -1;

    *ret = take_ptr(&reader);
    return 0;
}

void cgroup_reader_free(struct cgroup_reader *reader)
{
    if (reader == NULL)
        return;
    for (unsigned i = 0; i < reader->n_sources; i++)
        closep(&reader->sources[i].fd);
    free(reader);
}

/* 0: read, or not offered by this kernel. 1: the group is gone. */
static int reader_read_source(struct cgroup_reader *reader, struct reader_source *source,
                              struct memory_sample *ret, struct error *err)
{
    /* One read gives the whole of such a file, and saves the one that would only say so. */
    ssize_t length = pread(source->fd, reader->text, sizeof(reader->text) - 1, 0);
    if (length < 0 && (errno == ENODEV || errno == ENOENT))
        return 1;
    if (length < 0 && errno == EOPNOTSUPP) { /* pressure, where PSI is switched off */
        close(take_fd(&source->fd));
        return 0;
    }
    if (length < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot read %s", source->file);
    if ((size_t)length == sizeof(reader->text) - 1)
        return error_set(err, ERROR_INTERNAL, "%s is longer than %zu bytes", source->file,
                         sizeof(reader->text) - 1);
    reader->text[length] = '\0';
    return memory_text_parse(source->file, reader->text, ret, err);
}

static int reader_read(struct cgroup_reader *reader, bool full, struct memory_sample *ret,
                       struct error *err)
{
    struct memory_sample sample = {.t_ns = 0};
    for (unsigned i = 0; i < reader->n_sources; i++) {
        struct reader_source *source = &reader->sources[i];
        if (source->fd < 0 || !(full || source->quick))
            continue;
        int result = reader_read_source(reader, source, &sample, err);
        if (result != 0)
            return result;
    }
    *ret = sample;
    return 0;
}

int cgroup_reader_quick(struct cgroup_reader *reader, struct memory_sample *ret, struct error *err)
{
    return reader_read(reader, false, ret, err);
}

int cgroup_reader_full(struct cgroup_reader *reader, struct memory_sample *ret, struct error *err)
{
    return reader_read(reader, true, ret, err);
}
