/* descriptors: what a link in /proc/PID/fd says. */
#include "memory/descriptors.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static const struct {
    const char *link;
    enum descriptor_kind kind;
    uint64_t inode;
} links[] = {
    {"socket:[4026531840]", DESCRIPTOR_SOCKET, 4026531840},
    {"pipe:[12]", DESCRIPTOR_PIPE, 0},
    {"anon_inode:[eventpoll]", DESCRIPTOR_ANON_INODE, 0},
    {"anon_inode:inotify", DESCRIPTOR_ANON_INODE, 0},
    {"/var/tmp/report.txt", DESCRIPTOR_FILE, 0},
    {"/var/tmp/report.txt (deleted)", DESCRIPTOR_FILE, 0},
    {"/memfd:cache (deleted)", DESCRIPTOR_FILE, 0},
    {"/dev/shm/cache", DESCRIPTOR_FILE, 0},
    {"/dev/null", DESCRIPTOR_DEVICE, 0},
    {"/dev/pts/3", DESCRIPTOR_DEVICE, 0},
    {"/development/file", DESCRIPTOR_FILE, 0},
    {"mnt:[4026531841]", DESCRIPTOR_OTHER, 0},
    {"", DESCRIPTOR_OTHER, 0},
};

START_TEST(a_link_tells_the_kind)
{
    uint64_t inode = 1;
    ck_assert_int_eq(descriptor_kind_of(links[_i].link, &inode), links[_i].kind);
    ck_assert_uint_eq(inode, links[_i].inode);
}
END_TEST

static int count_kind(const struct descriptor *descriptor, void *context, struct error *err)
{
    (void)err;
    unsigned *counts = context;
    counts[descriptor->kind]++;
    return 0;
}

START_TEST(lists_our_own_descriptors)
{
    int self = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    unsigned before[DESCRIPTOR_OTHER + 1] = {0};
    unsigned after[DESCRIPTOR_OTHER + 1] = {0};
    ck_assert_int_eq(descriptors_each(self, count_kind, before, NULL), 0);

    int pipes[2];
    int sockets[2];
    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    ck_assert_int_ge(eventfd(0, 0), 0);
    ck_assert_int_ge(open("/dev/null", O_RDONLY), 0);
    ck_assert_int_ge(memfd_create("test", 0), 0);
    ck_assert_int_eq(descriptors_each(self, count_kind, after, NULL), 0);

    ck_assert_uint_eq(after[DESCRIPTOR_PIPE] - before[DESCRIPTOR_PIPE], 2);
    ck_assert_uint_eq(after[DESCRIPTOR_SOCKET] - before[DESCRIPTOR_SOCKET], 2);
    ck_assert_uint_eq(after[DESCRIPTOR_ANON_INODE] - before[DESCRIPTOR_ANON_INODE], 1);
    ck_assert_uint_eq(after[DESCRIPTOR_DEVICE] - before[DESCRIPTOR_DEVICE], 1);
    ck_assert_uint_eq(after[DESCRIPTOR_FILE] - before[DESCRIPTOR_FILE], 1);
}
END_TEST

START_TEST(a_process_that_is_gone_is_told_apart)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(descriptors_each(dir.fd, count_kind, NULL, &err), 1);
    ck_assert_int_eq(err.kind, ERROR_NONE);
}
END_TEST

static int refuse(const struct descriptor *descriptor, void *context, struct error *err)
{
    (void)descriptor;
    (void)context;
    return error_set(err, ERROR_INTERNAL, "enough");
}

START_TEST(the_callers_failure_is_passed_on)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    temp_dir_link(&dir, "fd/0", "/dev/null");
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(descriptors_each(dir.fd, refuse, NULL, &err), -1);
    ck_assert_str_eq(err.text, "enough");
}
END_TEST

static Suite *descriptors_suite(void)
{
    Suite *suite = suite_create("descriptors");
    TCase *kinds = tcase_create("kinds");
    tcase_add_loop_test(kinds, a_link_tells_the_kind, 0, (int)ARRAY_LENGTH(links));
    suite_add_tcase(suite, kinds);
    TCase *listing = tcase_create("listing");
    tcase_add_test(listing, lists_our_own_descriptors);
    tcase_add_test(listing, a_process_that_is_gone_is_told_apart);
    tcase_add_test(listing, the_callers_failure_is_passed_on);
    suite_add_tcase(suite, listing);
    return suite;
}

CHECK_MAIN(descriptors_suite);
