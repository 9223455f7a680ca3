#include "memory/runtime_survey.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "memory/cgroup_procs.h"
#include "memory/descriptors.h"
#include "memory/line_reader.h"
#include "memory/process_signal.h"
#include "memory/socket_table.h"

#define WORDS_MAX          512
#define WORDS_MAX_BYTES    ((size_t)256 * 1024)
#define GO_HEAD_BYTES      ((size_t)64 * 1024)
#define PROGRAM_HEADERS    64
#define SOCKET_NAME_MAX    256
#define LISTENER_TRIES_MAX 64

struct runtime_builder {
    int proc_dir_fd;
    uint16_t service_port;
    uint64_t limit_bytes;
    unsigned tries; /* processes whose sockets were looked at */
    struct runtime_survey *survey;
};

/* A NUL-separated file of /proc as words; cut where it is longer. */
struct runtime_words {
    struct buffer text;
    const char *words[WORDS_MAX + 1];
};

static void runtime_words_done(struct runtime_words *words)
{
    buffer_done(&words->text);
}

static void runtime_words_read(int process_fd, const char *file, struct runtime_words *ret)
{
    size_t n = 0;
    if (file_read(process_fd, file, &ret->text, NULL) == 0 && ret->text.length > 0)
        for (const char *at = ret->text.data, *end = at + ret->text.length;
             at < end && n < WORDS_MAX; at += strlen(at) + 1)
            ret->words[n++] = at;
    ret->words[n] = NULL;
}

static int runtime_maps_line(char *line, void *context, struct error *err)
{
    (void)err;
    char *library = context;
    const char *path = strchr(line, '/');
    if (path != NULL && *library == '\0' && runtime_is_library(path))
        snprintf(library, PATH_MAX, "%s", path);
    return 0;
}

/* Go leaves its version at the head of the first segment that is written to. */
static void runtime_read_go(int process_fd, char *ret, size_t size)
{
    Elf64_Ehdr header;
    Elf64_Phdr segments[PROGRAM_HEADERS];
    ret[0] = '\0';
    CLEANUP(closep) int fd = openat(process_fd, "exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_phentsize != sizeof(segments[0]) || header.e_phnum > PROGRAM_HEADERS)
        return;
    size_t length = header.e_phnum * sizeof(segments[0]);
    if (pread(fd, segments, length, (off_t)header.e_phoff) != (ssize_t)length)
        return;
    CLEANUP(freep) unsigned char *head = malloc(GO_HEAD_BYTES);
    for (unsigned i = 0; head != NULL && i < header.e_phnum; i++) {
        if (segments[i].p_type != PT_LOAD || (segments[i].p_flags & PF_W) == 0)
            continue;
        ssize_t got = pread(fd, head, GO_HEAD_BYTES, (off_t)segments[i].p_offset);
        if (got > 0 && runtime_go_version(head, (size_t)got, ret, size))
            return;
    }
}

/* For descriptors: does one of them listen on the port? */
struct runtime_listening {
    const struct socket_table *table;
    uint16_t port;
    bool found;
};

static int runtime_descriptor(const struct descriptor *descriptor, void *context, struct error *err)
{
    (void)err;
    struct runtime_listening *listening = context;
    char name[SOCKET_NAME_MAX];
    if (descriptor->kind != DESCRIPTOR_SOCKET || listening->found ||
        !socket_table_describe(listening->table, descriptor->inode, name, sizeof(name)) ||
        strncmp(name, "LISTEN ", 7) != 0)
        return 0;
    const char *colon = strrchr(name, ':');
    listening->found = colon != NULL && strtoul(colon + 1, NULL, 10) == listening->port;
    return 0;
}

static bool runtime_listens(struct runtime_builder *builder, int process_fd)
{
    struct socket_table *table = NULL;
    if (builder->tries++ >= LISTENER_TRIES_MAX ||
        socket_table_read(process_fd, builder->service_port, &table, NULL) != 0)
        return false;
    struct runtime_listening listening = {.table = table, .port = builder->service_port};
    (void)descriptors_each(process_fd, runtime_descriptor, &listening, NULL);
    socket_table_free(table);
    return listening.found;
}

static void runtime_keep(struct runtime_survey *survey, const struct runtime *runtime)
{
    unsigned at = survey->n;
    while (at > 0 && survey->runtimes[at - 1].pid > runtime->pid)
        at--;
    if (at == RUNTIMES_MAX)
        return;
    if (survey->n < RUNTIMES_MAX)
        survey->n++;
    memmove(&survey->runtimes[at + 1], &survey->runtimes[at],
            (survey->n - at - 1) * sizeof(*runtime));
    survey->runtimes[at] = *runtime;
}

static void runtime_read(const struct runtime_builder *builder, int process_fd, pid_t pid)
{
    char exe[PATH_MAX];
    char library[PATH_MAX] = "";
    char go_version[RUNTIME_VERSION_MAX];
    CLEANUP(runtime_words_done)
    struct runtime_words words = {.text = BUFFER_INIT(WORDS_MAX_BYTES)};
    CLEANUP(runtime_words_done)
    struct runtime_words env = {.text = BUFFER_INIT(WORDS_MAX_BYTES)};
    ssize_t length = readlinkat(process_fd, "exe", exe, sizeof(exe) - 1);
    exe[length > 0 ? length : 0] = '\0';
    (void)line_reader_each(process_fd, "maps", runtime_maps_line, library, NULL);
    runtime_read_go(process_fd, go_version, sizeof(go_version));
    runtime_words_read(process_fd, "cmdline", &words);
    runtime_words_read(process_fd, "environ", &env);
    const struct runtime_facts facts = {
        .exe = exe,
        .library = library,
        .go_version = go_version,
        .words = words.words,
        .env = env.words,
        .limit_bytes = builder->limit_bytes,
    };
    struct runtime runtime = {.pid = pid};
    runtime_recognise(&facts, &runtime);
    if (runtime.kind != RUNTIME_NATIVE)
        runtime_keep(builder->survey, &runtime);
}

static int runtime_process(pid_t pid, void *context, struct error *err)
{
    (void)err;
    struct runtime_builder *builder = context;
    struct runtime_survey *survey = builder->survey;
    char name[16];
    snprintf(name, sizeof(name), "%d", pid);
    CLEANUP(closep)
    int process_fd = openat(builder->proc_dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process_fd < 0)
        return 0; /* gone */
    if (survey->first == 0 || pid < survey->first)
        survey->first = pid;
    if ((survey->listener == 0 || pid < survey->listener) && runtime_listens(builder, process_fd))
        survey->listener = pid;
    runtime_read(builder, process_fd, pid);
    return 0;
}

static uint64_t runtime_machine_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX;
}

static struct runtime_builder runtime_builder_of(int proc_dir_fd, uint16_t service_port,
                                                 uint64_t limit_bytes,
                                                 struct runtime_survey *survey)
{
    uint64_t machine = runtime_machine_bytes();
    memset(survey, 0, sizeof(*survey));
    survey->taken_ticks = process_ticks_now();
    return (struct runtime_builder){
        .proc_dir_fd = proc_dir_fd,
        .service_port = service_port,
        .limit_bytes = limit_bytes < machine ? limit_bytes : machine,
        .survey = survey,
    };
}

int runtime_survey_take(int cgroup_dir_fd, int proc_dir_fd, uint16_t service_port,
                        uint64_t limit_bytes, struct runtime_survey *ret, struct error *err)
{
    struct runtime_builder builder =
        runtime_builder_of(proc_dir_fd, service_port, limit_bytes, ret);
    return cgroup_procs_each(cgroup_dir_fd, runtime_process, &builder, err);
}

void runtime_survey_take_these(const struct process_id *processes, size_t n, int proc_dir_fd,
                               uint16_t service_port, uint64_t limit_bytes,
                               struct runtime_survey *ret)
{
    struct runtime_builder builder =
        runtime_builder_of(proc_dir_fd, service_port, limit_bytes, ret);
    for (size_t i = 0; i < n; i++)
        (void)runtime_process(processes[i].pid, &builder, NULL);
}
