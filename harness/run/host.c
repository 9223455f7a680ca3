#include "run/host.h"

#include <fcntl.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/processor.h"

#define HOST_MM_FOLDER "/sys/kernel/mm"
#define HOST_THP_FILE  HOST_MM_FOLDER "/transparent_hugepage/enabled"

bool host_thp_word(const char *text, char *ret, size_t size)
{
    static const char *const words[] = {"never", "madvise", "always"};
    const char *start = strchr(text, '[');
    const char *end = start != NULL ? strchr(start, ']') : NULL;
    if (end == NULL)
        return false;
    size_t length = (size_t)(end - start - 1);
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (strlen(words[i]) != length || strncmp(words[i], start + 1, length) != 0)
            continue;
        snprintf(ret, size, "%s", words[i]);
        return true;
    }
    return false;
}

/* A service that was not started here was not kept from having them. */
static void host_describe_thp(const struct settings *settings, struct record_machine *ret)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(4096);
    bool forbidden = settings->attach == NULL && settings->thp == THP_NEVER;
    bool missing = /* a kernel without them */
        !file_exists(AT_FDCWD, HOST_THP_FILE) && file_exists(AT_FDCWD, HOST_MM_FOLDER);
    if (forbidden || missing)
        snprintf(ret->thp, sizeof(ret->thp), "never");
    else if (file_read(AT_FDCWD, HOST_THP_FILE, &text, NULL) == 0)
        (void)host_thp_word(buffer_text(&text), ret->thp, sizeof(ret->thp));
}

void host_describe(struct record *record, const struct settings *settings)
{
    struct record_machine *machine = &record->machine;
    snprintf(record->accel, sizeof(record->accel), "%s", processor_hypervisor());
    struct utsname name;
    if (uname(&name) == 0) {
        snprintf(record->kernel, sizeof(record->kernel), "%.64s", name.release);
        snprintf(machine->architecture, sizeof(machine->architecture), "%.15s", name.machine);
    }
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    record->cpus = cpus > 0 ? (unsigned)cpus : 1;
    long page_bytes = sysconf(_SC_PAGESIZE);
    machine->page_bytes = page_bytes > 0 ? (unsigned)page_bytes : 0;
#ifdef __GLIBC__
    if (settings->image == NULL && settings->attach == NULL)
        snprintf(machine->libc, sizeof(machine->libc), "glibc %s", gnu_get_libc_version());
#endif
    host_describe_thp(settings, machine);
}

/* The number after `key` at the start of a line; 0 when there is none. */
static uint64_t host_value(const char *text, const char *key)
{
    size_t length = strlen(key);
    for (const char *line = text; line != NULL && *line != '\0';) {
        if (strncmp(line, key, length) == 0 && line[length] == ' ')
            return strtoull(line + length, NULL, 10);
        line = strchr(line, '\n');
        if (line != NULL)
            line++;
    }
    return 0;
}

/* The 8th number of the "cpu " line. */
static uint64_t host_steal(const char *text)
{
    uint64_t steal = 0;
    sscanf(text, "cpu %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &steal);
    return steal;
}

void host_look(struct host_state *ret)
{
    *ret = (struct host_state){0};
    struct buffer text = BUFFER_INIT((size_t)1024 * 1024);
    if (file_read(AT_FDCWD, "/proc/vmstat", &text, NULL) == 0) {
        ret->swap_out_pages = host_value(buffer_text(&text), "pswpout");
        ret->oom_kills = host_value(buffer_text(&text), "oom_kill");
    }
    buffer_clear(&text);
    if (file_read(AT_FDCWD, "/proc/stat", &text, NULL) == 0)
        ret->steal_ticks = host_steal(buffer_text(&text));
    buffer_done(&text);
}

/* Was the instance itself OOM-killed, under load or by a squeeze? */
static bool host_knows_kills(const struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->n_marks; i++)
        if (timeline->marks[i].kind == MARK_OOM_KILL)
            return true;
    return false;
}

void host_leave_out(const struct host_state *since, struct host_state *before)
{
    struct host_state now;
    host_look(&now);
    before->swap_out_pages += now.swap_out_pages - since->swap_out_pages;
    before->oom_kills += now.oom_kills - since->oom_kills;
    before->steal_ticks += now.steal_ticks - since->steal_ticks;
}

void host_compare(const struct host_state *before, struct record *record)
{
    struct host_state now;
    host_look(&now);
    if (now.swap_out_pages > before->swap_out_pages)
        record_warn(record, "the machine swapped %" PRIu64 " pages out during the run",
                    now.swap_out_pages - before->swap_out_pages);
    if (now.oom_kills > before->oom_kills && !host_knows_kills(record->timeline))
        record_warn(record, "the kernel OOM-killed %" PRIu64 " other processes during the run",
                    now.oom_kills - before->oom_kills);
    double steal_s = (double)(now.steal_ticks - before->steal_ticks) / 100;
    if (steal_s * 10 > (double)(record->duration_ns - record->waited_ns) / 1e9)
        record_warn(record, "the hypervisor took %.1f s of processor time during the run", steal_s);
}
