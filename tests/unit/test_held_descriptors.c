/* held_descriptors: who opened what, over opens, closes, forks, execs and ends. */
#include "instrument/held_descriptors.h"

#include <limits.h>

#include "instrument/descriptor_labels.h"
#include "tests/support/check_main.h"

#define UNKNOWN 9999

static uint32_t opener(const struct held_descriptors *held, pid_t pid, int fd)
{
    uint32_t stack;
    return held_descriptors_get(held, pid, fd, &stack) ? stack : UNKNOWN;
}

static struct held_descriptors *held_new(void)
{
    struct held_descriptors *held;
    ck_assert_int_eq(held_descriptors_new(&held, NULL), 0);
    return held;
}

static void opens(struct held_descriptors *held, pid_t pid, int fd, uint32_t stack)
{
    ck_assert_int_eq(held_descriptors_open(held, pid, fd, stack, NULL), 0);
}

START_TEST(a_descriptor_is_whose_it_was_opened_by_last)
{
    struct held_descriptors *held = held_new();
    ck_assert_uint_eq(opener(held, 10, 3), UNKNOWN);
    opens(held, 10, 3, 7);
    opens(held, 10, 5000, 8);
    opens(held, 11, 3, 9);
    ck_assert_uint_eq(opener(held, 10, 3), 7);
    ck_assert_uint_eq(opener(held, 10, 5000), 8);
    ck_assert_uint_eq(opener(held, 10, 4999), UNKNOWN);
    ck_assert_uint_eq(opener(held, 11, 3), 9);
    held_descriptors_close(held, 10, 3, 3);
    ck_assert_uint_eq(opener(held, 10, 3), UNKNOWN);
    opens(held, 10, 3, 0); /* from nobody knows where */
    ck_assert_uint_eq(opener(held, 10, 3), 0);
    opens(held, 10, -1, 1);
    opens(held, 10, INT_MAX, 1);
    held_descriptors_close(held, 10, 4, INT_MAX);
    ck_assert_uint_eq(opener(held, 10, 5000), UNKNOWN);
    ck_assert_uint_eq(opener(held, 10, 3), 0);
    held_descriptors_close(held, 12, 0, INT_MAX);
    held_descriptors_free(held);
}
END_TEST

static bool is_even(void *context, int fd)
{
    (void)context;
    return fd % 2 == 0;
}

START_TEST(a_fork_copies_and_an_exec_keeps_what_is_open)
{
    struct held_descriptors *held = held_new();
    for (int fd = 3; fd < 100; fd++)
        opens(held, 10, fd, (uint32_t)fd);
    ck_assert_int_eq(held_descriptors_fork(held, 20, 10, NULL), 0);
    held_descriptors_close(held, 10, 4, 4);
    ck_assert_uint_eq(opener(held, 20, 4), 4);
    held_descriptors_keep(held, 20, is_even, NULL);
    ck_assert_uint_eq(opener(held, 20, 4), 4);
    ck_assert_uint_eq(opener(held, 20, 5), UNKNOWN);
    ck_assert_uint_eq(opener(held, 10, 5), 5);
    held_descriptors_exit(held, 10);
    ck_assert_uint_eq(opener(held, 10, 5), UNKNOWN);
    ck_assert_uint_eq(opener(held, 20, 4), 4);
    /* The pid again, of a parent that has none. */
    ck_assert_int_eq(held_descriptors_fork(held, 20, 10, NULL), 0);
    ck_assert_uint_eq(opener(held, 20, 4), UNKNOWN);
    held_descriptors_free(held);
}
END_TEST

START_TEST(thousands_of_processes_come_and_go)
{
    struct held_descriptors *held = held_new();
    opens(held, 1, 3, 33);
    for (pid_t pid = 2; pid < 5000; pid++) {
        ck_assert_int_eq(held_descriptors_fork(held, pid, 1, NULL), 0);
        ck_assert_uint_eq(opener(held, pid, 3), 33);
        if (pid % 10 != 0)
            held_descriptors_exit(held, pid);
    }
    for (pid_t pid = 2; pid < 5000; pid++)
        ck_assert_uint_eq(opener(held, pid, 3), pid % 10 != 0 ? UNKNOWN : 33);
    held_descriptors_free(held);
}
END_TEST

static const struct {
    const char *link, *socket, *label;
} labels[] = {
    {"socket:[1]", "CLOSE_WAIT 127.0.0.1:80", "[tcp to 127.0.0.1:80, CLOSE_WAIT]"},
    {"socket:[1]", "ESTABLISHED 127.0.0.1:* on :8080",
     "[tcp from 127.0.0.1 at :8080, ESTABLISHED]"},
    {"socket:[1]", "LISTEN 0.0.0.0:80", "[tcp listening at 0.0.0.0:80]"},
    {"socket:[1]", "ESTABLISHED [::1]:443", "[tcp to [::1]:443, ESTABLISHED]"},
    {"socket:[1]", "UDP 127.0.0.1:53", "[udp to 127.0.0.1:53]"},
    {"socket:[1]", "UDP unconnected", "[udp, not connected]"},
    {"socket:[1]", "unix CONNECTED", "[unix CONNECTED]"},
    {"socket:[1]", "unix LISTEN /run/x.17", "[unix LISTEN /run/x.*]"},
    {"socket:[1]", NULL, "[socket, not connected]"},
    {"pipe:[12]", NULL, "[pipe]"},
    {"anon_inode:[eventfd]", NULL, "[eventfd]"},
    {"anon_inode:inotify", NULL, "[inotify]"},
    {"/memfd:cache-17 (deleted)", NULL, "[memfd cache-*]"},
    {"/dev/null", NULL, "[device /dev/null]"},
    {"/tmp/x-aQ3fZ9", NULL, "[file /tmp/x-*]"},
    {"/tmp/x-QwErTy (deleted)", NULL, "[file /tmp/x-*, deleted]"},
    {"/tmp/job/0001.log", NULL, "[file /tmp/job/*.log]"},
    {"/proc/4711/status", NULL, "[file /proc/*/status]"},
    {"/srv/3f2a9c1e/data", NULL, "[file /srv/*/data]"},
    {"/etc/hostname", NULL, "[file /etc/hostname]"},
    {"/tmp/a\nb\x1b[31m", NULL, "[file /tmp/a?b?[*m]"},
};

START_TEST(a_label_is_what_those_of_a_sort_have_in_common)
{
    char text[DESCRIPTOR_LABEL_MAX];
    ck_assert_str_eq(descriptor_label(labels[_i].link, labels[_i].socket, text), labels[_i].label);
}
END_TEST

START_TEST(a_long_path_is_cut)
{
    char path[PATH_MAX];
    char text[DESCRIPTOR_LABEL_MAX];
    memset(path, 'a', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    descriptor_label(path, NULL, text);
    ck_assert_uint_eq(strlen(text), DESCRIPTOR_LABEL_MAX - 1);
    ck_assert_int_eq(text[DESCRIPTOR_LABEL_MAX - 2], ']');
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("held_descriptors");
    TCase *tcase = tcase_create("descriptors");
    tcase_add_test(tcase, a_descriptor_is_whose_it_was_opened_by_last);
    tcase_add_test(tcase, a_fork_copies_and_an_exec_keeps_what_is_open);
    tcase_add_test(tcase, thousands_of_processes_come_and_go);
    tcase_add_loop_test(tcase, a_label_is_what_those_of_a_sort_have_in_common, 0,
                        (int)(sizeof(labels) / sizeof(*labels)));
    tcase_add_test(tcase, a_long_path_is_cut);
    suite_add_tcase(all, tcase);
    return all;
}

CHECK_MAIN(suite);
