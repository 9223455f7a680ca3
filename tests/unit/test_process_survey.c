/* process_survey: against this process and a child, with a made-up cgroup that names them. */
#include "memory/process_survey.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define MANY_DESCRIPTORS 10000

static struct survey take(const struct temp_dir *group)
{
    struct survey survey;
    struct error err = {.kind = ERROR_NONE};
    CLEANUP(closep) int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    survey_init(&survey);
    ck_assert_msg(process_survey_take(group->fd, proc_fd, 0, &survey, &err) == 0, "%s", err.text);
    return survey;
}

static void name_ourselves(const struct temp_dir *group)
{
    char text[32];
    snprintf(text, sizeof(text), "%d\n", getpid());
    temp_dir_write(group, "cgroup.procs", text);
}

static uint64_t rose(const struct survey *before, const struct survey *after,
                     enum survey_field field)
{
    ck_assert_msg(survey_has(before, field) && survey_has(after, field), "%s is absent",
                  survey_field_column[field]);
    return after->value[field] - before->value[field];
}

static uint64_t count_of(const struct survey_group *groups, unsigned n, const char *name)
{
    for (unsigned i = 0; i < n; i++)
        if (strcmp(groups[i].name, name) == 0)
            return groups[i].count;
    return 0;
}

static void *sleep_until_cancelled(void *context)
{
    for (;;)
        pause();
    return context;
}

START_TEST(sees_threads_memory_and_mappings_come)
{
    CLEANUP(temp_dir_done) struct temp_dir group = temp_dir_make();
    name_ourselves(&group);
    pthread_t threads[6];
    /* The first one brings a thread of ThreadSanitizer's own along. */
    ck_assert_int_eq(pthread_create(&threads[5], NULL, sleep_until_cancelled, NULL), 0);
    struct survey before = take(&group);

    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, sleep_until_cancelled, NULL), 0);
    size_t size = (size_t)8 * 1024 * 1024;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(memory, 1, size);
    struct survey after = take(&group);

    ck_assert_uint_eq(before.value[SURVEY_PROCESSES], 1);
    ck_assert_uint_eq(rose(&before, &after, SURVEY_THREADS), 5);
    ck_assert_uint_ge(rose(&before, &after, SURVEY_PSS_ANON), size);
    ck_assert_uint_ge(rose(&before, &after, SURVEY_RSS), size);
    ck_assert_uint_ge(rose(&before, &after, SURVEY_MAPPINGS), 2);
    ck_assert(survey_has(&after, SURVEY_HEAP));
    ck_assert_uint_eq(after.n_processes, 1);
    ck_assert_int_eq(after.processes[0].pid, getpid());
    ck_assert_uint_eq(after.processes[0].anon_bytes, after.value[SURVEY_PSS_ANON]);
    ck_assert_uint_eq(after.processes[0].threads, after.value[SURVEY_THREADS]);

    madvise(memory, size, MADV_FREE);
    struct survey freed = take(&group);
    ck_assert_uint_ge(freed.value[SURVEY_LAZY_FREE], size / 2);
    for (int i = 0; i < 5; i++)
        pthread_cancel(threads[i]);
    for (int i = 0; i < 5; i++)
        pthread_join(threads[i], NULL);
    munmap(memory, size);
}
END_TEST

static uint64_t bytes_of(const struct survey *survey, const char *name)
{
    for (unsigned i = 0; i < survey->n_files; i++)
        if (strcmp(survey->files[i].name, name) == 0)
            return survey->files[i].bytes;
    return SURVEY_ABSENT;
}

START_TEST(sees_sockets_by_state_and_files_by_path)
{
    CLEANUP(temp_dir_done) struct temp_dir group = temp_dir_make();
    name_ourselves(&group);
    temp_dir_write(&group, "report.txt", "x");
    struct survey before = take(&group);

    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, length), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    for (int i = 0; i < 7; i++)
        ck_assert_int_eq(
            connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, length), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_ge(accept(listener, NULL, NULL), 0);
    ck_assert_int_ge(socket(AF_INET, SOCK_STREAM, 0), 0);
    for (int i = 0; i < 4; i++)
        ck_assert_int_ge(openat(group.fd, "report.txt", O_RDONLY), 0);
    int pipes[2];
    ck_assert_int_eq(pipe(pipes), 0);
    struct survey after = take(&group);

    char peer[64];
    char served[64];
    char path[PATH_MAX + 16];
    snprintf(peer, sizeof(peer), "ESTABLISHED 127.0.0.1:%u", ntohs(address.sin_port));
    snprintf(served, sizeof(served), "ESTABLISHED 127.0.0.1:* on :%u", ntohs(address.sin_port));
    snprintf(path, sizeof(path), "%s/report.txt", group.path);
    ck_assert_uint_eq(rose(&before, &after, SURVEY_FD_SOCKET), 12);
    ck_assert_uint_eq(rose(&before, &after, SURVEY_FD_FILE), 4);
    ck_assert_uint_eq(rose(&before, &after, SURVEY_FD_PIPE), 2);
    ck_assert_uint_eq(count_of(after.sockets, after.n_sockets, peer), 7);
    ck_assert_uint_eq(count_of(after.sockets, after.n_sockets, served), 3);
    ck_assert_uint_eq(count_of(after.sockets, after.n_sockets, "TCP unconnected"), 1);
    ck_assert_uint_eq(count_of(after.files, after.n_files, path), 4);
    ck_assert(survey_has(&after, SURVEY_TIME_WAIT));
}
END_TEST

START_TEST(tells_what_a_file_in_memory_takes)
{
    CLEANUP(temp_dir_done) struct temp_dir group = temp_dir_make();
    char text[8 * 4096];
    name_ourselves(&group);
    int fd = memfd_create("leakcage-test", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    memset(text, 'x', sizeof(text));
    ck_assert_int_eq(write(fd, text, sizeof(text)), sizeof(text));
    ck_assert_int_ge(open("/proc/self/status", O_RDONLY | O_CLOEXEC), 0);
    struct survey survey = take(&group);
    ck_assert_uint_eq(bytes_of(&survey, "/memfd:leakcage-test (deleted)"), sizeof(text));
    for (unsigned i = 0; i < survey.n_files; i++)
        if (strncmp(survey.files[i].name, "/proc/", 6) == 0)
            ck_assert_uint_eq(survey.files[i].bytes, SURVEY_ABSENT);
}
END_TEST

START_TEST(counts_processes_of_groups_below)
{
    CLEANUP(temp_dir_done) struct temp_dir group = temp_dir_make();
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    char text[32];
    name_ourselves(&group);
    snprintf(text, sizeof(text), "%d\n", child);
    temp_dir_write(&group, "worker/cgroup.procs", text);
    struct survey survey = take(&group);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);

    ck_assert_uint_eq(survey.value[SURVEY_PROCESSES], 2);
    ck_assert_uint_eq(survey.n_processes, 2);
    struct survey after = take(&group); /* cgroup.procs still names the child, which is gone */
    ck_assert_uint_eq(after.value[SURVEY_PROCESSES], 1);
}
END_TEST

static void *outlive_the_first_thread(void *context)
{
    size_t size = (size_t)4 * 1024 * 1024;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(memory, 1, size);
    int *fd = context;
    ssize_t written = write(*fd, "x", 1);
    sleep(60);
    return written > 0 ? memory : NULL;
}

/* The first thread is one, while others of its process go on. */
static void wait_until_zombie(pid_t pid)
{
    char path[64];
    char state = '?';
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    for (unsigned i = 0; i < 30000 && state != 'Z'; i++) {
        FILE *file = fopen(path, "r");
        ck_assert_ptr_nonnull(file);
        ck_assert_int_eq(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
        fclose(file);
        usleep(1000);
    }
    ck_assert_int_eq(state, 'Z');
}

START_TEST(reads_a_process_whose_first_thread_has_ended)
{
    CLEANUP(temp_dir_done) struct temp_dir group = temp_dir_make();
    int pipes[2];
    ck_assert_int_eq(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, outlive_the_first_thread, &pipes[1]);
        pthread_exit(NULL);
    }
    char text[32];
    ck_assert_int_eq(read(pipes[0], text, 1), 1);
    wait_until_zombie(child);
    snprintf(text, sizeof(text), "%d\n", child);
    temp_dir_write(&group, "cgroup.procs", text);
    struct survey survey = take(&group);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ck_assert_uint_eq(survey.value[SURVEY_PROCESSES], 1);
    ck_assert_uint_ge(survey.value[SURVEY_PSS_ANON], (uint64_t)4 * 1024 * 1024);
    ck_assert_uint_ge(survey.value[SURVEY_FD_PIPE], 2);
}
END_TEST

START_TEST(an_empty_group_has_nothing_and_its_time_wait_is_unknown)
{
    CLEANUP(temp_dir_done) struct temp_dir group = temp_dir_make();
    temp_dir_write(&group, "cgroup.procs", "");
    struct survey survey = take(&group);
    ck_assert_uint_eq(survey.value[SURVEY_PROCESSES], 0);
    ck_assert_uint_eq(survey.value[SURVEY_RSS], 0);
    ck_assert(!survey_has(&survey, SURVEY_TIME_WAIT));
    ck_assert_uint_eq(survey.n_sockets, 0);
}
END_TEST

START_TEST(keeps_what_the_caller_has_set)
{
    CLEANUP(temp_dir_done) struct temp_dir group = temp_dir_make();
    temp_dir_write(&group, "cgroup.procs", "");
    CLEANUP(closep) int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct survey survey;
    survey_init(&survey);
    survey.t_ns = 42;
    memory_sample_set(&survey.memory, MEMORY_ANON, 7);
    ck_assert_int_eq(process_survey_take(group.fd, proc_fd, 0, &survey, NULL), 0);
    ck_assert_int_eq(survey.t_ns, 42);
    ck_assert_uint_eq(memory_sample_get(&survey.memory, MEMORY_ANON, 0), 7);
}
END_TEST

START_TEST(what_may_not_be_read_is_absent_and_the_rest_is_there)
{
    CLEANUP(temp_dir_done) struct temp_dir group = temp_dir_make();
    CLEANUP(temp_dir_done) struct temp_dir proc = temp_dir_make();
    temp_dir_write(&group, "cgroup.procs", "12\n");
    temp_dir_write(&proc, "12/status", "Name:\tsealed\nState:\tS (sleeping)\nThreads:\t3\n");
    temp_dir_write(&proc, "12/smaps_rollup", "Rss: 8 kB\nPss_Anon: 4 kB\nLazyFree: 0 kB\n");
    temp_dir_write(&proc, "12/maps", "1000-3000 rw-p 0 00:00 0 [heap]\n4000-5000 r--p 0 0:0 0\n");
    temp_dir_write(&proc, "12/net/tcp", "sl\n");
    ck_assert_int_eq(mkdirat(proc.fd, "12/fd", 0755), 0);
    bool root = geteuid() == 0;
    char path[PATH_MAX + 32];
    snprintf(path, sizeof(path), "%s/12/smaps_rollup", proc.path);
    ck_assert_int_eq(chmod(path, 0), 0);

    struct survey survey;
    survey_init(&survey);
    ck_assert_int_eq(process_survey_take(group.fd, proc.fd, 0, &survey, NULL), 0);
    ck_assert(root || !survey_has(&survey, SURVEY_RSS)); /* root may read everything */
    ck_assert_uint_eq(survey.value[SURVEY_THREADS], 3);
    ck_assert_uint_eq(survey.value[SURVEY_HEAP], 0x2000);
    ck_assert_uint_eq(survey.value[SURVEY_MAPPINGS], 2);
    ck_assert_str_eq(survey.processes[0].name, "sealed");
}
END_TEST

/* Processor time of this process, which other work on the machine does not lengthen. */
static nsec_t spent_ns(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (nsec_t)spent.tv_sec * NSEC_PER_SEC + spent.tv_nsec;
}

START_TEST(ten_thousand_descriptors_are_read_in_a_fraction_of_a_second)
{
    CLEANUP(temp_dir_done) struct temp_dir group = temp_dir_make();
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    name_ourselves(&group);
    temp_dir_write(&group, "report.txt", "x");
    rlim_t room = limit.rlim_max - 64; /* the survey needs some itself */
    unsigned opened = 0;
    for (; opened < MANY_DESCRIPTORS && opened < room; opened++)
        ck_assert_int_ge(opened % 2 == 0 ? socket(AF_UNIX, SOCK_STREAM, 0)
                                         : openat(group.fd, "report.txt", O_RDONLY),
                         0);

    nsec_t best_ns = NSEC_NEVER;
    for (int i = 0; i < 5; i++) {
        nsec_t start_ns = spent_ns();
        struct survey survey = take(&group);
        nsec_t took_ns = spent_ns() - start_ns;
        best_ns = took_ns < best_ns ? took_ns : best_ns;
        ck_assert_uint_ge(survey.value[SURVEY_FD_SOCKET] + survey.value[SURVEY_FD_FILE], opened);
    }
    printf("%u descriptors in %.1f ms\n", opened, (double)best_ns / 1e6);
    ck_assert_int_lt(best_ns, 300 * NSEC_PER_MSEC); /* 40 ms without a sanitizer */
}
END_TEST

static Suite *process_survey_suite(void)
{
    Suite *suite = suite_create("process_survey");
    TCase *sees = tcase_create("sees");
    tcase_add_test(sees, sees_threads_memory_and_mappings_come);
    tcase_add_test(sees, sees_sockets_by_state_and_files_by_path);
    tcase_add_test(sees, tells_what_a_file_in_memory_takes);
    tcase_add_test(sees, counts_processes_of_groups_below);
    tcase_add_test(sees, reads_a_process_whose_first_thread_has_ended);
    suite_add_tcase(suite, sees);
    TCase *edges = tcase_create("edges");
    tcase_add_test(edges, an_empty_group_has_nothing_and_its_time_wait_is_unknown);
    tcase_add_test(edges, keeps_what_the_caller_has_set);
    tcase_add_test(edges, what_may_not_be_read_is_absent_and_the_rest_is_there);
    suite_add_tcase(suite, edges);
    TCase *cost = tcase_create("cost");
    tcase_set_timeout(cost, 60);
    tcase_add_test(cost, ten_thousand_descriptors_are_read_in_a_fraction_of_a_second);
    suite_add_tcase(suite, cost);
    return suite;
}

CHECK_MAIN(process_survey_suite);
