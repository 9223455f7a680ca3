#include "instrument/java_classes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "instrument/class_histogram.h"
#include "instrument/held_text.h"
#include "run/jvm.h"

#define ANSWER_MAX_BYTES ((size_t)16 << 20)

struct java_classes {
    pid_t pids[RUNTIMES_MAX];
    unsigned n;
};

static int java_begin(struct instrument_share *share, struct instrument_environment *environment,
                      void **ret, struct error *err)
{
    (void)share;
    (void)environment;
    struct java_classes *java = calloc(1, sizeof(*java));
    if (java == NULL)
        return error_out_of_memory(err);
    *ret = java;
    return 0;
}

/* Which processes are JVMs is known when it is ready, and that they can be asked is tried then. */
static int java_ready(void *self, const struct instrument_target *target, struct error *err)
{
    struct java_classes *java = self;
    CLEANUP(buffer_done) struct buffer answer = BUFFER_INIT(ANSWER_MAX_BYTES);
    java->n = 0;
    for (unsigned i = 0; target->processes != NULL && i < target->processes->n; i++)
        if (target->processes->runtimes[i].kind == RUNTIME_JVM)
            java->pids[java->n++] = target->processes->runtimes[i].pid;
    if (java->n == 0) {
        error_set(err, ERROR_SERVICE, "no process of it is a JVM");
        return 1;
    }
    for (unsigned i = 0; i < java->n; i++)
        if (jvm_command(java->pids[i], "VM.version", &answer, err) < 0)
            return 1;
    return 0;
}

static int java_snapshot(void *self, const char *dir, size_t cycle, struct error *err)
{
    const struct java_classes *java = self;
    CLEANUP(profile_freep) struct profile *profile = NULL;
    if (held_text_profile(&profile, err) < 0)
        return -1;
    for (unsigned i = 0; i < java->n; i++) {
        CLEANUP(buffer_done) struct buffer answer = BUFFER_INIT(ANSWER_MAX_BYTES);
        if (jvm_command(java->pids[i], "GC.class_histogram", &answer, err) < 0 ||
            class_histogram_read(buffer_text(&answer), answer.length, profile, err) < 0)
            return -1;
    }
    profile->time_ns = clock_wall_ms() * NSEC_PER_MSEC;
    return instrument_store(profile, dir, "java", cycle, err);
}

static void java_effect(const void *self, char *text, size_t size)
{
    (void)self;
    snprintf(text, size,
             "all garbage is collected at each floor, with the JVM stopped for "
             "it; classes have no stacks");
}

static void java_end(void *self)
{
    free(self);
}

const struct instrument instrument_java = {
    .kinds = 1u << INSTRUMENT_JAVA,
    .begin = java_begin,
    .ready = java_ready,
    .snapshot = java_snapshot,
    .effect = java_effect,
    .end = java_end,
};
