#include "memory/process_survey.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "memory/cgroup_procs.h"
#include "memory/descriptors.h"
#include "memory/line_reader.h"
#include "memory/name_counts.h"
#include "memory/process_name.h"
#include "memory/socket_table.h"

#define NAMESPACES_MAX   8
#define BYTES_PER_KIB    1024
#define SIZED_FILES_MAX  256
#define STAT_BLOCK_BYTES 512

/* A network namespace met on the way, and its sockets. */
struct survey_namespace {
    char link[64];              /* "net:[4026531840]" */
    struct socket_table *table; /* owned; NULL: may not be read */
};

struct survey_builder {
    int proc_dir_fd;
    uint16_t service_port;
    struct survey *survey;
    bool denied[SURVEY_FIELD_MAX_]; /* some process would not tell */
    struct name_counts sockets;
    struct name_counts files;
    struct survey_namespace namespaces[NAMESPACES_MAX];
    unsigned n_namespaces;
    unsigned n_sized; /* files whose size was looked at */
};

/* What one process adds. */
struct process_reading {
    struct survey_builder *builder;
    const struct socket_table *sockets; /* borrowed; NULL: may not be read */
    char name[16];
    bool is_zombie;
    bool no_descriptors; /* they may not be read */
    uint64_t value[SURVEY_FIELD_MAX_];
};

/* Fields by the file that tells them, for what is absent when it may not be read. */
static const enum survey_field rollup_fields[] = {SURVEY_RSS,       SURVEY_PSS_ANON,
                                                  SURVEY_PSS_FILE,  SURVEY_PSS_SHMEM,
                                                  SURVEY_LAZY_FREE, SURVEY_ANON_HUGE};
static const enum survey_field maps_fields[] = {SURVEY_HEAP, SURVEY_MAPPINGS};
static const enum survey_field fd_fields[] = {SURVEY_FD_SOCKET, SURVEY_FD_FILE,
                                              SURVEY_FD_PIPE,   SURVEY_FD_ANON_INODE,
                                              SURVEY_FD_DEVICE, SURVEY_FD_OTHER};

/* Told by nobody but the service itself. */
static const enum survey_field allocator_fields[] = {SURVEY_HEAP_ARENA, SURVEY_HEAP_IN_USE,
                                                     SURVEY_HEAP_FREE};

/* Known to whoever started the processes. */
static const enum survey_field starter_fields[] = {SURVEY_FIRST};

static void survey_deny(struct survey_builder *builder, const enum survey_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        builder->denied[fields[i]] = true;
}

static int process_status_line(char *line, void *context, struct error *err)
{
    (void)err;
    struct process_reading *reading = context;
    if (strncmp(line, "Name:\t", 6) == 0)
        snprintf(reading->name, sizeof(reading->name), "%.15s", line + 6);
    else if (strncmp(line, "State:\t", 7) == 0)
        reading->is_zombie = line[7] == 'Z';
    else if (strncmp(line, "Threads:\t", 9) == 0)
        reading->value[SURVEY_THREADS] = strtoull(line + 9, NULL, 10);
    return 0;
}

/* "Pss_Anon:            1234 kB" */
static int process_rollup_line(char *line, void *context, struct error *err)
{
    static const struct {
        const char *key;
        enum survey_field field;
    } keys[] = {
        {"Rss", SURVEY_RSS},
        {"Pss_Anon", SURVEY_PSS_ANON},
        {"Pss_File", SURVEY_PSS_FILE},
        {"Pss_Shmem", SURVEY_PSS_SHMEM},
        {"LazyFree", SURVEY_LAZY_FREE},
        {"AnonHugePages", SURVEY_ANON_HUGE},
    };
    (void)err;
    struct process_reading *reading = context;
    char *colon = strchr(line, ':');
    if (colon == NULL)
        return 0;
    *colon = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
        if (strcmp(keys[i].key, line) == 0)
            reading->value[keys[i].field] = strtoull(colon + 1, NULL, 10) * BYTES_PER_KIB;
    return 0;
}

/* "55d0c9a5e000-55d0c9a7f000 rw-p 00000000 00:00 0    [heap]" */
static int process_maps_line(char *line, void *context, struct error *err)
{
    (void)err;
    struct process_reading *reading = context;
    reading->value[SURVEY_MAPPINGS]++;
    size_t length = strlen(line);
    if (length > 6 && strcmp(line + length - 6, "[heap]") == 0) {
        char *end = NULL;
        uint64_t from = strtoull(line, &end, 16);
        uint64_t to = *end == '-' ? strtoull(end + 1, NULL, 16) : from;
        reading->value[SURVEY_HEAP] += to - from;
    }
    return 0;
}

/* What a socket is that the table does not have; the kernel tells its protocol as an attribute. */
static void process_describe_stray(const struct descriptor *descriptor, char *text, size_t size)
{
    char path[64];
    char protocol[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d/%.16s", descriptor->fd_dir, descriptor->number);
    ssize_t length = getxattr(path, "system.sockprotoname", protocol, sizeof(protocol) - 1);
    if (length <= 0) {
        snprintf(text, size, "socket of another kind");
        return;
    }
    protocol[length] = '\0';
    bool inet = strncmp(protocol, "TCP", 3) == 0 || strncmp(protocol, "UDP", 3) == 0;
    snprintf(text, size, "%s%s", protocol, inet ? " unconnected" : "");
}

/* What a file takes, if it is on a file system that may be in memory. The first ones only: a
 * service with thousands of open files is told by their number. */
static uint64_t process_file_bytes(struct survey_builder *builder,
                                   const struct descriptor *descriptor)
{
    char path[64];
    struct statfs file_system;
    struct stat file;
    if (builder->n_sized == SIZED_FILES_MAX)
        return SURVEY_ABSENT;
    builder->n_sized++;
    snprintf(path, sizeof(path), "/proc/self/fd/%d/%.16s", descriptor->fd_dir, descriptor->number);
    if (statfs(path, &file_system) < 0 ||
        (file_system.f_type != TMPFS_MAGIC && file_system.f_type != OVERLAYFS_SUPER_MAGIC))
        return SURVEY_ABSENT;
    if (stat(path, &file) < 0 || !S_ISREG(file.st_mode))
        return SURVEY_ABSENT;
    return (uint64_t)file.st_blocks * STAT_BLOCK_BYTES;
}

static int process_descriptor(const struct descriptor *descriptor, void *context, struct error *err)
{
    struct process_reading *reading = context;
    reading->value[fd_fields[descriptor->kind]]++;
    if (descriptor->kind == DESCRIPTOR_FILE)
        return name_counts_add_file(&reading->builder->files, descriptor->link,
                                    process_file_bytes(reading->builder, descriptor), err);
    if (descriptor->kind != DESCRIPTOR_SOCKET || reading->sockets == NULL)
        return 0;

    char name[256];
    if (!socket_table_describe(reading->sockets, descriptor->inode, name, sizeof(name)))
        process_describe_stray(descriptor, name, sizeof(name));
    return name_counts_add(&reading->builder->sockets, name, err);
}

/* The sockets of the process's network namespace, read at the first process that is in it. NULL
 * when they cannot be had. */
static int process_find_sockets(struct survey_builder *builder, int process_fd,
                                const struct socket_table **ret, struct error *err)
{
    struct survey_namespace found = {.table = NULL};
    ssize_t length = readlinkat(process_fd, "ns/net", found.link, sizeof(found.link) - 1);
    found.link[length > 0 ? length : 0] = '\0';
    for (unsigned i = 0; i < builder->n_namespaces; i++)
        if (strcmp(builder->namespaces[i].link, found.link) == 0) {
            *ret = builder->namespaces[i].table;
            return 0;
        }

    *ret = NULL;
    bool full = builder->n_namespaces == NAMESPACES_MAX;
    int result = full ? 2 : socket_table_read(process_fd, builder->service_port, &found.table, err);
    if (result < 0 || result == 1)
        return result;
    if (result == 2)
        builder->denied[SURVEY_TIME_WAIT] = true;
    if (!full)
        builder->namespaces[builder->n_namespaces++] = found;
    *ret = found.table;
    return 0;
}

/* One of the process's files; 1 when the process is gone. */
static int process_read_file(struct process_reading *reading, int process_fd, const char *file,
                             line_reader_function function, struct error *err)
{
    int result = line_reader_each(process_fd, file, function, reading, err);
    if (result != 2)
        return result;
    if (function == process_rollup_line)
        survey_deny(reading->builder, rollup_fields, ARRAY_LENGTH(rollup_fields));
    else
        survey_deny(reading->builder, maps_fields, ARRAY_LENGTH(maps_fields));
    return 0;
}

static int process_read(struct process_reading *reading, int process_fd, struct error *err)
{
    int result = process_read_file(reading, process_fd, "smaps_rollup", process_rollup_line, err);
    if (result == 0)
        result = process_read_file(reading, process_fd, "maps", process_maps_line, err);
    if (result == 0)
        result = process_find_sockets(reading->builder, process_fd, &reading->sockets, err);
    if (result == 0)
        result = descriptors_each(process_fd, process_descriptor, reading, err);
    if (result == 2) {
        survey_deny(reading->builder, fd_fields, ARRAY_LENGTH(fd_fields));
        reading->no_descriptors = true;
        result = 0;
    }
    return result;
}

/* The folder of a thread that lives, for a process whose first one has ended; -1: none. */
static int process_open_thread(int process_fd, pid_t pid)
{
    int fd = openat(process_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        closep(&fd);
        return -1;
    }
    int thread_fd = -1;
    const struct dirent *entry = NULL;
    while (thread_fd < 0 && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.' && strtol(entry->d_name, NULL, 10) != pid)
            thread_fd = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    closedir(dir);
    return thread_fd;
}

/* Keep the largest, largest first. */
static void survey_keep_process(struct survey *survey, const struct survey_process *process)
{
    unsigned at = survey->n_processes;
    while (at > 0 && survey->processes[at - 1].anon_bytes < process->anon_bytes)
        at--;
    if (at == SURVEY_PROCESSES_MAX)
        return;
    if (survey->n_processes < SURVEY_PROCESSES_MAX)
        survey->n_processes++;
    memmove(&survey->processes[at + 1], &survey->processes[at],
            (survey->n_processes - at - 1) * sizeof(*process));
    survey->processes[at] = *process;
}

/* Of all kinds. Absent when they may not be read. */
static uint64_t process_count_descriptors(const struct process_reading *reading)
{
    uint64_t count = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(fd_fields); i++)
        count += reading->value[fd_fields[i]];
    return reading->no_descriptors ? SURVEY_ABSENT : count;
}

static void process_find_name(int process_fd, const char *comm, char *ret)
{
    char cmdline[4096];
    CLEANUP(closep) int fd = openat(process_fd, "cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, cmdline, sizeof(cmdline)) : 0;
    process_name(comm, cmdline, length > 0 ? (size_t)length : 0, ret);
}

/* `start_ticks` 0: whichever process has that pid. */
static int survey_one(struct survey_builder *builder, pid_t pid, uint64_t start_ticks,
                      struct error *err)
{
    struct process_reading reading = {.builder = builder};
    struct process_stat stat;
    char name[16];
    snprintf(name, sizeof(name), "%d", pid);
    CLEANUP(closep)
    int process_fd = openat(builder->proc_dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process_fd < 0)
        return errno == ENOENT
                   ? 0
                   : error_set_errno(err, ERROR_INTERNAL, errno, "cannot open /proc/%d", pid);

    int result = start_ticks > 0 ? process_stat_read(process_fd, &stat, err) : 0;
    if (result == 0 && start_ticks > 0 && stat.id.start_ticks != start_ticks)
        return 0;
    if (result == 0)
        result = line_reader_each(process_fd, "status", process_status_line, &reading, err);
    if (result != 0)
        return result < 0 ? -1 : 0;
    CLEANUP(closep) int thread_fd = -1;
    if (reading.is_zombie)
        thread_fd = process_open_thread(process_fd, pid);
    result = process_read(&reading, thread_fd >= 0 ? thread_fd : process_fd, err);
    if (result != 0)
        return result < 0 ? -1 : 0;

    reading.value[SURVEY_PROCESSES] = 1;
    for (unsigned field = 0; field < SURVEY_FIELD_MAX; field++)
        builder->survey->value[field] += reading.value[field];
    struct survey_process process = {
        .pid = pid,
        .anon_bytes = reading.value[SURVEY_PSS_ANON],
        .threads = reading.value[SURVEY_THREADS],
        .descriptors = process_count_descriptors(&reading),
        .shmem_bytes = reading.value[SURVEY_PSS_SHMEM],
    };
    process_find_name(process_fd, reading.name, process.name);
    survey_keep_process(builder->survey, &process);
    return 0;
}

static int survey_process(pid_t pid, void *context, struct error *err)
{
    return survey_one(context, pid, 0, err);
}

static void survey_builder_done(struct survey_builder *builder)
{
    name_counts_done(&builder->sockets);
    name_counts_done(&builder->files);
    for (unsigned i = 0; i < builder->n_namespaces; i++)
        socket_table_free(builder->namespaces[i].table);
}

/* What is known once every process was read; t_ns and memory stay the caller's. */
static int survey_finish(struct survey_builder *builder, struct survey *ret, struct error *err)
{
    struct survey *survey = builder->survey;
    survey_deny(builder, allocator_fields, ARRAY_LENGTH(allocator_fields));
    survey_deny(builder, starter_fields, ARRAY_LENGTH(starter_fields));
    for (unsigned i = 0; i < builder->n_namespaces; i++)
        if (builder->namespaces[i].table != NULL)
            survey->value[SURVEY_TIME_WAIT] += socket_table_time_wait(builder->namespaces[i].table);
    if (builder->n_namespaces == 0)
        builder->denied[SURVEY_TIME_WAIT] = true;
    for (unsigned field = 0; field < SURVEY_FIELD_MAX; field++)
        if (builder->denied[field])
            survey->value[field] = SURVEY_ABSENT;

    if (name_counts_top(&builder->sockets, survey->sockets, &survey->n_sockets, err) < 0 ||
        name_counts_top(&builder->files, survey->files, &survey->n_files, err) < 0)
        return -1;
    survey->t_ns = ret->t_ns;
    survey->memory = ret->memory;
    *ret = *survey;
    return 0;
}

int process_survey_take(int cgroup_dir_fd, int proc_dir_fd, uint16_t service_port,
                        struct survey *ret, struct error *err)
{
    struct survey survey = {.t_ns = 0};
    CLEANUP(survey_builder_done)
    struct survey_builder builder = {
        .proc_dir_fd = proc_dir_fd, .service_port = service_port, .survey = &survey};
    if (cgroup_procs_each(cgroup_dir_fd, survey_process, &builder, err) < 0)
        return -1;
    return survey_finish(&builder, ret, err);
}

int process_survey_take_these(const struct process_id *processes, size_t n, int proc_dir_fd,
                              uint16_t service_port, struct survey *ret, struct error *err)
{
    struct survey survey = {.t_ns = 0};
    CLEANUP(survey_builder_done)
    struct survey_builder builder = {
        .proc_dir_fd = proc_dir_fd, .service_port = service_port, .survey = &survey};
    for (size_t i = 0; i < n; i++)
        if (survey_one(&builder, processes[i].pid, processes[i].start_ticks, err) < 0)
            return -1;
    return survey_finish(&builder, ret, err);
}
