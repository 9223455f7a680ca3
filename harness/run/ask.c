#include "run/ask.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/libc.h"
#include "memory/process_signal.h"
#include "run/jvm.h"
#include "run/readiness.h"
#include "scenario/settings.h"

#define SIGNAL_PREFIX "signal:"

static int ask_by_signal(const struct ask_target *target, const char *name, struct error *err)
{
    int number = libc_signal_number(name);
    if (number == 0)
        return error_set(err, ERROR_USAGE, "there is no signal \"%s\"", name);
    const struct runtime_survey *processes = target->processes;
    pid_t pid = 0;
    if (processes != NULL)
        pid = processes->listener > 0 ? processes->listener : processes->first;
    if (pid <= 0)
        return error_set(err, ERROR_SERVICE, "there is no process to send SIG%s to", name);
    if (process_signal_known(pid, processes->taken_ticks, number) < 0)
        return error_set_errno(err, ERROR_SERVICE, errno, "cannot send SIG%s to process %d", name,
                               pid);
    return 0;
}

/* All of them; what their heaps have in use is added up. */
static int ask_jvms(const struct ask_target *target, struct allocator *ret, struct error *err)
{
    unsigned asked = 0;
    struct allocator sum = {0};
    for (unsigned i = 0; target->processes != NULL && i < target->processes->n; i++) {
        const struct runtime *runtime = &target->processes->runtimes[i];
        struct allocator one;
        if (runtime->kind != RUNTIME_JVM ||
            process_signal_known(runtime->pid, target->processes->taken_ticks, 0) < 0)
            continue;
        if (jvm_collect(runtime->pid, &one, err) < 0)
            return -1;
        sum.arena_bytes += one.arena_bytes;
        sum.in_use_bytes += one.in_use_bytes;
        sum.free_bytes += one.free_bytes;
        asked++;
    }
    if (asked == 0)
        return error_set(err, ERROR_SERVICE, "there is no JVM to ask");
    *ret = sum;
    return 0;
}

int ask_service(const struct ask_target *target, const char *ask, struct allocator *ret,
                struct error *err)
{
    struct allocator ignored;
    if (ret == NULL)
        ret = &ignored;
    *ret = ALLOCATOR_ABSENT;
    if (strcmp(ask, SERVICE_ASK_JVM) == 0)
        return ask_jvms(target, ret, err);
    if (strncmp(ask, SIGNAL_PREFIX, strlen(SIGNAL_PREFIX)) == 0)
        return ask_by_signal(target, ask + strlen(SIGNAL_PREFIX), err);
    return readiness_post(target->url, ask, err);
}
