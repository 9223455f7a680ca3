/* attach_target: what a text names, and processes of this test's own. */
#include "driver/attach_target.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/family.h"
#include "tests/support/temp_dir.h"

static struct attach_target parsed(const char *text, const char *mount)
{
    struct attach_target target;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(attach_target_parse(text, mount, &target, &err) == 0, "%s", err.text);
    return target;
}

START_TEST(digits_are_a_pid)
{
    struct attach_target target = parsed("1234", "");
    ck_assert_int_eq(target.kind, ATTACH_PID);
    ck_assert_int_eq(target.pid, 1234);
}
END_TEST

START_TEST(a_folder_is_a_cgroup_by_any_of_its_names)
{
    CLEANUP(temp_dir_done) struct temp_dir mount = temp_dir_make();
    char expected[PATH_MAX + 16];
    snprintf(expected, sizeof(expected), "%s/app/web", mount.path);
    temp_dir_write(&mount, "app/web/cgroup.procs", "");
    char with_slash[PATH_MAX + 32];
    snprintf(with_slash, sizeof(with_slash), "%s/", expected);
    const char *const names[] = {expected, with_slash, "app/web", "/app/web", "app/web/"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct attach_target target = parsed(names[i], mount.path);
        ck_assert_int_eq(target.kind, ATTACH_CGROUP);
        ck_assert_str_eq(target.text, expected);
    }
    ck_assert_int_eq(parsed("app", mount.path).kind, ATTACH_CGROUP);
}
END_TEST

START_TEST(another_word_is_a_container)
{
    CLEANUP(temp_dir_done) struct temp_dir mount = temp_dir_make();
    temp_dir_write(&mount, "web/cgroup.procs", "");
    ck_assert_int_eq(parsed("shop", mount.path).kind, ATTACH_CONTAINER);
    ck_assert_int_eq(parsed("podman:web", mount.path).kind, ATTACH_CONTAINER);
    ck_assert_str_eq(parsed("docker:web", mount.path).text, "docker:web");
    ck_assert_int_eq(parsed("shop", "").kind, ATTACH_CONTAINER);
}
END_TEST

static const char *const wrong[] = {"", "0", "99999999999", "/no/such/folder", "no/such/folder"};

START_TEST(what_cannot_be_is_an_error_that_shows_it)
{
    struct attach_target target;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(attach_target_parse(wrong[_i], "/sys/fs/cgroup", &target, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, wrong[_i]));
}
END_TEST

static void expect_error(pid_t pid, enum error_kind kind, const char *words)
{
    struct watch_point point;
    struct error err = {.kind = ERROR_NONE};
    char text[16];
    snprintf(text, sizeof(text), "%d", pid);
    ck_assert_int_eq(attach_target_find(text, &point, &err), -1);
    ck_assert_int_eq(err.kind, kind);
    ck_assert_msg(strstr(err.text, words) != NULL, "\"%s\" is not in \"%s\"", words, err.text);
}

static struct watch_point found(pid_t pid)
{
    struct watch_point point;
    struct error err = {.kind = ERROR_NONE};
    char text[16];
    snprintf(text, sizeof(text), "%d", pid);
    ck_assert_msg(attach_target_find(text, &point, &err) == 0, "%s", err.text);
    return point;
}

START_TEST(finds_a_process)
{
    CLEANUP(family_done) struct family family = family_start(2);
    struct watch_point point = found(family.parent);
    ck_assert_int_eq(point.pid, family.parent);
    ck_assert_str_eq(point.name, "test_attach_tar"); /* as the kernel cuts it */
    ck_assert_ptr_nonnull(strstr(point.what, "test_attach_tar"));
    /* It shares our cgroup, if it has one at all. */
    ck_assert_str_eq(point.cgroup, "");
    ck_assert_str_ne(point.unseen, "");
}
END_TEST

START_TEST(says_what_cannot_be_attached_to)
{
    siginfo_t info;
    CLEANUP(family_done) struct family family = family_start(0);
    kill(family.parent, SIGKILL);
    ck_assert_int_eq(waitid(P_PID, (id_t)family.parent, &info, WEXITED | WNOWAIT), 0);
    expect_error(family.parent, ERROR_ENVIRONMENT, "has ended");
    pid_t pid = family.parent;
    family_end_parent(&family);
    expect_error(pid, ERROR_ENVIRONMENT, "there is no process");
    expect_error(getpid(), ERROR_USAGE, "leakcage itself");
    expect_error(getppid(), ERROR_USAGE, "leakcage itself descends from");
}
END_TEST

START_TEST(a_thread_of_the_kernel_is_refused)
{
    struct process_stat stat = {.parent = 0};
    CLEANUP(closep) int fd = open("/proc/2", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || process_stat_read(fd, &stat, NULL) != 0 || !stat.kernel_thread) {
        fprintf(stderr, "skipped: this pid namespace shows no thread of the kernel\n");
        return;
    }
    expect_error(2, ERROR_USAGE, "a thread of the kernel");
}
END_TEST

static void *tell_thread(void *context)
{
    pid_t thread = gettid();
    if (write(*(int *)context, &thread, sizeof(thread)) < 0)
        return NULL;
    for (;;)
        pause();
}

START_TEST(a_thread_is_answered_with_its_process)
{
    int ends[2];
    pid_t thread = 0;
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t unused;
        alarm(60);
        pthread_create(&unused, NULL, tell_thread, &ends[1]);
        for (;;)
            pause();
    }
    ck_assert_int_eq(read(ends[0], &thread, sizeof(thread)), (int)sizeof(thread));
    char expected[64];
    snprintf(expected, sizeof(expected), "a thread of process %d", pid);
    expect_error(thread, ERROR_USAGE, expected);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(a_folder_that_is_no_cgroup_is_an_error)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct watch_point point;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(attach_target_find(dir.path, &point, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "no folder of cgroup v2"));
}
END_TEST

static Suite *attach_target_suite(void)
{
    Suite *suite = suite_create("attach_target");
    TCase *texts = tcase_create("texts");
    TCase *processes = tcase_create("processes");
    tcase_add_test(texts, digits_are_a_pid);
    tcase_add_test(texts, a_folder_is_a_cgroup_by_any_of_its_names);
    tcase_add_test(texts, another_word_is_a_container);
    tcase_add_loop_test(texts, what_cannot_be_is_an_error_that_shows_it, 0,
                        (int)ARRAY_LENGTH(wrong));
    tcase_add_test(processes, finds_a_process);
    tcase_add_test(processes, says_what_cannot_be_attached_to);
    tcase_add_test(processes, a_thread_of_the_kernel_is_refused);
    tcase_add_test(processes, a_thread_is_answered_with_its_process);
    tcase_add_test(processes, a_folder_that_is_no_cgroup_is_an_error);
    suite_add_tcase(suite, texts);
    suite_add_tcase(suite, processes);
    return suite;
}
CHECK_MAIN(attach_target_suite);
