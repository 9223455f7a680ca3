#include "base/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "base/units.h"

#define TOOL_LOOK_NS (100 * NSEC_PER_MSEC)
#define TOOL_STOP_NS (2 * NSEC_PER_SEC)

/* Its output goes to memory, not to a pipe: what it leaves running in the background may keep its
 * end of a pipe open for ever. */
static int tool_open_output(const struct tool_spec *spec, const struct buffer *wanted, int *ret,
                            struct error *err)
{
    int fd = -1;
    if (spec->log_path != NULL)
        fd = open(spec->log_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    else if (wanted != NULL)
        fd = memfd_create("output", MFD_CLOEXEC);
    else
        return 0;
    if (fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open %s for %s",
                               spec->log_path != NULL ? spec->log_path : "a file in memory",
                               spec->words[0]);
    *ret = fd;
    return 0;
}

/* The whole of it is there now. What there is no room for is dropped. */
static void tool_take_output(int fd, struct buffer *into)
{
    char chunk[16384];
    ssize_t length = 0;
    off_t at = 0;
    if (fd < 0 || into == NULL)
        return;
    while ((length = pread(fd, chunk, sizeof(chunk), at)) > 0) {
        size_t room = into->max_bytes > into->length ? into->max_bytes - into->length : 0;
        size_t taken = (size_t)length < room ? (size_t)length : room;
        if (taken == 0 || buffer_append(into, chunk, taken, NULL) < 0)
            return;
        at += length;
    }
}

/* All of its process group, gently at first. */
static void tool_end(struct process *process, struct process_end *ret_end)
{
    pid_t group = process->pid;
    kill(-group, SIGTERM);
    process_stop(process, clock_now_ns() + TOOL_STOP_NS, ret_end);
    kill(-group, SIGKILL);
}

static int tool_wait(const struct tool_spec *spec, struct process *process,
                     struct process_end *ret_end, struct error *err)
{
    nsec_t begin_ns = clock_now_ns();
    for (;;) {
        nsec_t now_ns = clock_now_ns();
        if (process_wait(process, now_ns + TOOL_LOOK_NS, ret_end) == 0)
            return 0;
        bool late = spec->timeout_ns > 0 && now_ns - begin_ns > spec->timeout_ns;
        if (interrupt_count() == 0 && !late)
            continue;
        tool_end(process, ret_end);
        if (interrupt_count() > 0)
            return error_set(err, ERROR_INTERRUPTED, "interrupted while %s ran", spec->words[0]);
        char text[UNITS_TEXT_MAX];
        return error_set(err, ERROR_ENVIRONMENT, "%s %s: not done after %s", spec->words[0],
                         spec->words[1] != NULL ? spec->words[1] : "",
                         units_format_duration(spec->timeout_ns, text));
    }
}

/* The words as exec wants them; NULL when out of memory. */
static char **tool_argv(const char *const *words)
{
    size_t n = 0;
    while (words[n] != NULL)
        n++;
    char **argv = calloc(n + 1, sizeof(*argv));
    if (argv != NULL)
        memcpy(argv, words, n * sizeof(*argv));
    return argv;
}

int tool_run(const struct tool_spec *spec, struct process_end *ret_end, struct error *err)
{
    CLEANUP(freep) char **argv = tool_argv(spec->words);
    if (argv == NULL)
        return error_out_of_memory(err);
    CLEANUP(closep) int out = -1;
    CLEANUP(closep) int own_error_out = -1;
    bool shared = spec->log_path != NULL || spec->out == spec->error_out;
    if (tool_open_output(spec, spec->out, &out, err) < 0 ||
        (!shared && tool_open_output(spec, spec->error_out, &own_error_out, err) < 0))
        return -1;

    const struct process_spec process_spec = {
        .argv = argv,
        .env = spec->env,
        .cwd = spec->cwd,
        .stdin_fd = -1,
        .stdout_fd = out,
        .stderr_fd = shared ? out : own_error_out,
    };
    CLEANUP(process_done) struct process process = PROCESS_NONE;
    if (process_spawn(&process_spec, &process, err) < 0) {
        if (err != NULL && err->kind == ERROR_SERVICE)
            err->kind = ERROR_ENVIRONMENT; /* no service of anybody's */
        return -1;
    }
    if (tool_wait(spec, &process, ret_end, err) < 0)
        return -1;
    if (spec->log_path != NULL)
        return 0;
    tool_take_output(out, spec->out);
    tool_take_output(own_error_out, spec->error_out);
    return 0;
}

bool tool_went_well(const struct process_end *end)
{
    return !end->signaled && end->status == 0;
}
