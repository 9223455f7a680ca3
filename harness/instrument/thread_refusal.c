#include "instrument/thread_refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"

#define REFUSAL_SYS_PTRACE 19 /* the number of the capability */

/* A number of /proc/PID/status; 0 when it is not there. */
static uint64_t refusal_status(const char *pid, const char *field, int base)
{
    char path[64];
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT((size_t)1 << 16);
    snprintf(path, sizeof(path), "/proc/%s/status", pid);
    if (file_read(AT_FDCWD, path, &text, NULL) < 0)
        return 0;
    const char *found = strstr(buffer_text(&text), field);
    return found != NULL ? strtoull(found + strlen(field), NULL, base) : 0;
}

static void refusal_other_tracer(pid_t tracer, char *text, size_t size)
{
    char path[64];
    char name[64] = "";
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)tracer);
    file_tail(AT_FDCWD, path, 1, name, sizeof(name));
    name[strcspn(name, "\n")] = '\0';
    snprintf(text, size, "process %d (%s) traces it, and only one can; end that", (int)tracer,
             name);
}

/* What keeps us out, as far as it can be seen. */
static void refusal_reason(pid_t pid, char *text, size_t size)
{
    char number[24];
    uint64_t scope = 0;
    snprintf(number, sizeof(number), "%d", (int)pid);
    pid_t tracer = (pid_t)refusal_status(number, "\nTracerPid:", 10);
    bool is_capable = (refusal_status("self", "\nCapEff:", 16) >> REFUSAL_SYS_PTRACE & 1) != 0;
    if (file_read_u64(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", &scope, NULL) < 0)
        scope = 0;
    if (tracer != 0 && tracer != getpid())
        refusal_other_tracer(tracer, text, size);
    else if (scope == 3)
        snprintf(text, size,
                 "kernel.yama.ptrace_scope is 3, which forbids it to everybody until the next "
                 "boot; use --driver vm");
    else if (scope > 0 && !is_capable)
        snprintf(text, size,
                 "kernel.yama.ptrace_scope is %" PRIu64
                 "; run as root, or sysctl kernel.yama.ptrace_scope=0",
                 scope);
    else if (!is_capable)
        snprintf(text, size,
                 "it needs the same user, or CAP_SYS_PTRACE; run as root (in a container: "
                 "--cap-add SYS_PTRACE)");
    else if (refusal_status("self", "\nSeccomp:", 10) == 2)
        snprintf(text, size,
                 "a seccomp filter keeps leakcage from it; in a container: --security-opt "
                 "seccomp=unconfined");
    else
        snprintf(text, size,
                 "a security module or another user namespace keeps leakcage from it; "
                 "use --driver vm");
}

int thread_refusal(pid_t pid, int errno_value, const char *what, struct error *err)
{
    char reason[256] = "";
    if (errno_value != EPERM && errno_value != EACCES && errno_value != ENOSYS)
        return error_set_errno(err, ERROR_INTERNAL, errno_value, "cannot look into process %d (%s)",
                               (int)pid, what);
    refusal_reason(pid, reason, sizeof(reason));
    return error_set(err, ERROR_ENVIRONMENT, "cannot look into process %d (%s): %s", (int)pid, what,
                     reason);
}
