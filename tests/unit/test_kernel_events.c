/* kernel_events: who opens, maps, touches and starts, of a process that is looked at by its pid. */
#include "instrument/kernel_events.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instrument/perf_session.h"
#include "instrument/thread_origins.h"
#include "instrument/tracefs.h"
#include "profile/profile_load.h"
#include "scenario/instruments.h"
#include "tests/support/temp_dir.h"

#define KINDS                                                                            \
    (1U << INSTRUMENT_PAGES | 1U << INSTRUMENT_MAPPINGS | 1U << INSTRUMENT_DESCRIPTORS | \
     1U << INSTRUMENT_THREADS)

enum { SOCKETS = 5, PAGES = 40, MAPPINGS = 3, MAPPING_BYTES = 5 * 4096 };

/* What the process that is looked at does, when it is told to. */
__attribute__((noinline)) static void opens_sockets(void)
{
    for (int i = 0; i < SOCKETS; i++) {
        int closed = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int forgotten = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (closed < 0 || forgotten < 0 || close(closed) < 0)
            _exit(1);
    }
}

__attribute__((noinline)) static void opens_pipe(void)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        _exit(1);
}

static char untouched[(PAGES + 1) * 4096];

__attribute__((noinline)) static void touches_pages(void)
{
    memset(untouched, 'x', sizeof(untouched));
    __asm__ volatile("" : : "r"(untouched) : "memory"); /* no tail call, which would hide it */
}

__attribute__((noinline)) static void maps_memory(void)
{
    for (int i = 0; i < MAPPINGS; i++) {
        char *mapped =
            mmap(NULL, MAPPING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED)
            _exit(1);
        memset(mapped, 'y', MAPPING_BYTES - 4096);
        munmap(mapped, 4096);
    }
}

static void *waits(void *context)
{
    pause();
    return context;
}

__attribute__((noinline)) static void starts_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, waits, NULL) != 0)
        _exit(1);
}

static void child_main(int orders, int answers)
{
    char order;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (read(orders, &order, 1) == 1) {
        opens_sockets();
        opens_pipe();
        touches_pages();
        maps_memory();
        starts_thread();
        if (write(answers, &order, 1) != 1)
            _exit(1);
    }
    _exit(0);
}

/* What everything needs, and the process. */
struct fixture {
    struct temp_dir dir;
    struct run_spec spec;
    struct run_files files;
    struct instrument_site site;
    struct instrument_share share;
    pthread_mutex_t lock;
    void *self;
    pid_t pid;
    int orders, answers;
};

static void fixture_child(struct fixture *fixture)
{
    int orders[2];
    int answers[2];
    ck_assert_int_eq(pipe(orders), 0);
    ck_assert_int_eq(pipe(answers), 0);
    fixture->pid = fork();
    ck_assert_int_ge(fixture->pid, 0);
    if (fixture->pid == 0)
        child_main(orders[0], answers[1]);
    close(orders[0]);
    close(answers[1]);
    fixture->orders = orders[1];
    fixture->answers = answers[0];
}

static void fixture_work(const struct fixture *fixture)
{
    char order = 'x';
    ck_assert_int_eq(write(fixture->orders, &order, 1), 1);
    ck_assert_int_eq(read(fixture->answers, &order, 1), 1);
}

/* False: the kernel refuses; then `err` says why. */
static bool fixture_begin(struct fixture *fixture, struct error *err)
{
    *fixture = (struct fixture){.dir = temp_dir_make(), .spec.settings.instruments = KINDS};
    pthread_mutex_init(&fixture->lock, NULL);
    fixture->site = (struct instrument_site){.spec = &fixture->spec, .files = &fixture->files};
    fixture->share.site = &fixture->site;
    fixture->share.lock = &fixture->lock;
    ck_assert_int_eq(symbols_new(&fixture->share.symbols, err), 0);
    ck_assert_int_eq(call_stacks_new(&fixture->share.stacks, err), 0);
    ck_assert_int_eq(thread_origins_new(&fixture->share.origins, err), 0);
    fixture_child(fixture);
    struct runtime_survey processes = {.first = fixture->pid};
    struct instrument_target target = {.processes = &processes};
    int status = instrument_kernel_events.begin(&fixture->share, NULL, &fixture->self, err);
    if (status == 0)
        status = instrument_kernel_events.started(fixture->self, &target, err);
    ck_assert_msg(status >= 0, "%s", err->text);
    return status == 0;
}

static void fixture_end(struct fixture *fixture)
{
    instrument_kernel_events.end(fixture->self);
    kill(fixture->pid, SIGKILL);
    waitpid(fixture->pid, NULL, 0);
    close(fixture->orders);
    close(fixture->answers);
    thread_origins_free(fixture->share.origins);
    call_stacks_free(fixture->share.stacks);
    symbols_free(fixture->share.symbols);
    temp_dir_done(&fixture->dir);
}

static struct profile *fixture_profile(const struct fixture *fixture, const char *name)
{
    char path[PATH_MAX + 64];
    struct profile *profile;
    struct error err = {.kind = ERROR_NONE};
    snprintf(path, sizeof(path), "%s/%s.000.gz", fixture->dir.path, name);
    ck_assert_msg(profile_load(AT_FDCWD, path, &profile, &err) == 0, "%s", err.text);
    return profile;
}

static bool sample_has(const struct profile *profile, const struct profile_sample *sample,
                       const char *function)
{
    for (uint32_t i = 0; i < sample->depth; i++)
        if (strcmp(profile->frames[sample->frames[i]].function, function) == 0)
            return true;
    return false;
}

/* The sum over the stacks with this function in them. `leaf`: only those; NULL: any. */
static int64_t held_by(const struct profile *profile, const char *function, const char *leaf,
                       unsigned type)
{
    int64_t sum = 0;
    for (size_t i = 0; i < profile->n_samples; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        if (sample_has(profile, sample, function) &&
            (leaf == NULL || strcmp(profile->frames[sample->frames[0]].function, leaf) == 0))
            sum += sample->values[type];
    }
    return sum;
}

static void check_profiles(const struct fixture *fixture)
{
    struct profile *descriptors = fixture_profile(fixture, "descriptors");
    ck_assert_int_eq(held_by(descriptors, "opens_sockets", "[socket, not connected]", 0), SOCKETS);
    ck_assert_int_eq(held_by(descriptors, "opens_sockets", NULL, 0), SOCKETS);
    ck_assert_int_eq(held_by(descriptors, "opens_pipe", "[pipe]", 0), 2);
    ck_assert_int_ge(held_by(descriptors, "[before]", NULL, 0), 2);
    ck_assert_int_eq(held_by(descriptors, "[received]", NULL, 0), 0);
    profile_free(descriptors);
    struct profile *mappings = fixture_profile(fixture, "mappings");
    ck_assert_int_eq(held_by(mappings, "maps_memory", NULL, 0), MAPPINGS);
    ck_assert_int_eq(held_by(mappings, "maps_memory", NULL, 1),
                     (int64_t)MAPPINGS * (MAPPING_BYTES - 2 * 4096));
    profile_free(mappings);
    struct profile *pages = fixture_profile(fixture, "pages");
    ck_assert_int_ge(held_by(pages, "touches_pages", NULL, 0), PAGES);
#ifndef __SANITIZE_THREAD__ /* it has its own pages for each of them */
    ck_assert_int_le(held_by(pages, "touches_pages", NULL, 0), PAGES + 2);
#endif
    ck_assert_int_eq(held_by(pages, "maps_memory", NULL, 1),
                     (int64_t)MAPPINGS * (MAPPING_BYTES - 2 * 4096));
    profile_free(pages);
}

/* The thread that was started is not the first. */
static pid_t other_thread(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    pid_t found = 0;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if ((pid_t)strtol(entry->d_name, NULL, 10) != pid)
            found = found == 0 ? (pid_t)strtol(entry->d_name, NULL, 10) : found;
    closedir(dir);
    return found;
}

static void check_origin(const struct fixture *fixture)
{
    struct error err = {.kind = ERROR_NONE};
    struct profile *profile;
    int64_t one = 1;
    struct call_sample sample = {
        .stack = thread_origins_get(fixture->share.origins, other_thread(fixture->pid))};
    ck_assert_uint_ne(sample.stack, 0);
    ck_assert_int_eq(profile_new(&profile, &err), 0);
    ck_assert_int_eq(profile_add_type(profile, "threads", "count", &err), 0);
    ck_assert_int_eq(call_stacks_add_sample(fixture->share.stacks, fixture->share.symbols, profile,
                                            &sample, &one, &err),
                     0);
    ck_assert_int_eq(held_by(profile, "starts_thread", NULL, 0), 1);
    profile_free(profile);
}

START_TEST(names_who_opened_mapped_touched_and_started)
{
    struct fixture fixture;
    struct error err = {.kind = ERROR_NONE};
    char effect[512];
    ck_assert_msg(fixture_begin(&fixture, &err), "%s", err.text);
    fixture_work(&fixture);
    int status = instrument_kernel_events.snapshot(fixture.self, fixture.dir.path, 0, &err);
    ck_assert_msg(status == 0, "%s", err.text);
    check_profiles(&fixture);
    check_origin(&fixture);
    instrument_kernel_events.effect(fixture.self, effect, sizeof(effect));
    ck_assert_ptr_nonnull(strstr(effect, " events read in "));
    ck_assert_ptr_null(strstr(effect, "lost"));
    fixture_end(&fixture);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("kernel_events");
    TCase *tcase = tcase_create("live");
    tcase_add_test(tcase, names_who_opened_mapped_touched_and_started);
    suite_add_tcase(all, tcase);
    return all;
}

static void ignores(void *context, unsigned source, const struct perf_record *record)
{
    (void)context;
    (void)source;
    (void)record;
}

/* Whether the kernel lets us look at all; what there is to be looked at with goes through the same
 * functions. */
static bool is_allowed(struct error *err)
{
    struct perf_handler handler = {.record = ignores};
    struct perf_session *session = NULL;
    pid_t self = getpid();
    struct perf_place place = {.pids = &self, .n_pids = 1};
    int tracefs_fd = -1;
    bool allowed = perf_session_new(&handler, 1 << 20, &session, err) == 0 &&
                   perf_session_open(session, &place, err) == 0 &&
                   tracefs_open(&tracefs_fd, err) == 0;
    if (tracefs_fd >= 0)
        close(tracefs_fd);
    perf_session_free(session);
    return allowed;
}

int main(void)
{
    struct error err = {.kind = ERROR_NONE};
    if (!is_allowed(&err)) {
        fprintf(stderr, "%s\n", err.text);
        return 77;
    }
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
