#include "tests/support/instrumented.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "driver/environment.h"
#include "instrument/environment.h"
#include "profile/profile_load.h"

#define END_BOUND_NS (2 * NSEC_PER_SEC)

extern char **environ;

int instrumented_begin(struct instrumented *it, const struct instrument *instrument,
                       struct error *err)
{
    it->dir = temp_dir_make();
    it->instrument = instrument;
    it->process = PROCESS_NONE;
    it->files.data_dir = it->dir.path;
    it->site = (struct instrument_site){.spec = &it->spec, .files = &it->files};
    it->share = (struct instrument_share){.site = &it->site};
    ck_assert_int_eq(instrument_environment_new(&it->spec, &it->environment, err), 0);
    return instrument->begin(&it->share, it->environment, &it->self, err);
}

static void instrumented_expect(struct instrumented *it, const char *answer)
{
    char line[256];
    ck_assert_msg(fgets(line, sizeof(line), it->said) != NULL, "it ended; expected %s", answer);
    ck_assert_str_eq(line, answer);
}

int instrumented_start(struct instrumented *it, const char *const *words, enum runtime_kind kind,
                       struct error *err)
{
    int order_fds[2];
    int answer_fds[2];
    CLEANUP(environment_done) struct environment environment = ENVIRONMENT_INIT;
    ck_assert_int_eq(pipe2(order_fds, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(answer_fds, O_CLOEXEC), 0);
    ck_assert_int_eq(environment_add_all(&environment, environ, NULL), 0);
    const char *const *added = instrument_environment_list(it->environment);
    for (; *added != NULL; added++)
        ck_assert_int_eq(environment_set(&environment, *added, NULL), 0);
    char *argv[8] = {NULL};
    for (size_t i = 0; words[i] != NULL && i + 1 < ARRAY_LENGTH(argv); i++)
        ck_assert_ptr_nonnull(argv[i] = strdup(words[i]));
    const struct process_spec spec = {.argv = argv,
                                      .env = environment.entries,
                                      .cwd = it->dir.path,
                                      .stdin_fd = order_fds[0],
                                      .stdout_fd = answer_fds[1],
                                      .stderr_fd = STDERR_FILENO};
    ck_assert_msg(process_spawn(&spec, &it->process, err) == 0, "%s", err->text);
    for (size_t i = 0; argv[i] != NULL; i++)
        free(argv[i]);
    close(order_fds[0]);
    close(answer_fds[1]);
    it->orders = fdopen(order_fds[1], "w");
    it->said = fdopen(answer_fds[0], "r");
    instrumented_expect(it, "ready\n");
    it->processes = (struct runtime_survey){
        .first = it->process.pid, .n = 1, .runtimes = {{.kind = kind, .pid = it->process.pid}}};
    it->target.processes = &it->processes;
    if (it->instrument->started != NULL)
        ck_assert_int_eq(it->instrument->started(it->self, &it->target, err), 0);
    return it->instrument->ready(it->self, &it->target, err);
}

void instrumented_work(struct instrumented *it, unsigned units)
{
    ck_assert_int_gt(fprintf(it->orders, "%u\n", units), 0);
    ck_assert_int_eq(fflush(it->orders), 0);
    instrumented_expect(it, "done\n");
}

struct profile *instrumented_snapshot(struct instrumented *it, const char *name, size_t cycle)
{
    char file[64];
    struct profile *profile = NULL;
    struct error err = {.text = ""};
    ck_assert_msg(it->instrument->snapshot(it->self, it->dir.path, cycle, &err) == 0, "%s",
                  err.text);
    snprintf(file, sizeof(file), "%s.%03zu.gz", name, cycle);
    ck_assert_msg(profile_load(it->dir.fd, file, &profile, &err) == 0, "%s", err.text);
    return profile;
}

void instrumented_end(struct instrumented *it)
{
    struct process_end end;
    if (it->orders != NULL)
        fclose(it->orders);
    /* It ends by itself then, and removes what it has in /tmp, as a JVM does. */
    if (it->process.pid != 0)
        (void)process_wait(&it->process, clock_now_ns() + END_BOUND_NS, &end);
    process_done(&it->process);
    if (it->said != NULL)
        fclose(it->said);
    if (it->self != NULL)
        it->instrument->end(it->self);
    instrument_environment_free(it->environment);
    temp_dir_done(&it->dir);
}

int64_t instrumented_held(const struct profile *profile, const char *type, const char *function,
                          const char *file)
{
    unsigned which = profile_find_type(profile, type);
    int64_t sum = 0;
    ck_assert_uint_lt(which, profile->n_types);
    for (size_t i = 0; i < profile->n_samples; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        for (uint32_t k = 0; k < sample->depth; k++) {
            const struct profile_frame *frame = &profile->frames[sample->frames[k]];
            if (strcmp(frame->function, function) != 0 ||
                (file != NULL && strstr(frame->file, file) == NULL))
                continue;
            sum += sample->values[which];
            break;
        }
    }
    return sum;
}
