/* cgroup_reclaim: which file is asked, and that memory.high is as before. (That the kernel does
 * take memory back by either is contract.native's, in a guest.) */
#include "memory/cgroup_reclaim.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

/* A watch on writes to one of its files. */
static int watch_writes(const struct temp_dir *dir, const char *name)
{
    CLEANUP(freep) char *path = file_join(dir->path, name);
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_ge(inotify_add_watch(fd, path, IN_MODIFY), 0);
    return fd;
}

static bool was_written(int fd)
{
    char events[4096];
    return read(fd, events, sizeof(events)) > 0;
}

static void expect_text(const struct temp_dir *dir, const char *name, const char *text)
{
    CLEANUP(buffer_done) struct buffer found = BUFFER_INIT(4096);
    ck_assert_int_eq(file_read(dir->fd, name, &found, NULL), 0);
    ck_assert_str_eq(buffer_text(&found), text);
}

static int reclaim(const struct temp_dir *dir, struct error *err)
{
    int64_t bytes = 0;
    return cgroup_reclaim_folder(dir->fd, clock_now_ns() + NSEC_PER_SEC, &bytes, err);
}

START_TEST(without_memory_reclaim_memory_high_is_lowered_and_put_back)
{
    static const char *const limits[] = {"max\n", "104857600\n"};
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    temp_dir_write(&dir, "memory.current", "1048576\n");
    temp_dir_write(&dir, "memory.high", limits[_i]);
    CLEANUP(closep) int writes = watch_writes(&dir, "memory.high");

    ck_assert_str_eq(cgroup_reclaim_file(dir.fd), "memory.high");
    ck_assert_int_eq(reclaim(&dir, NULL), 0);
    ck_assert(was_written(writes));
    expect_text(&dir, "memory.high", limits[_i]);
}
END_TEST

START_TEST(where_there_is_memory_reclaim_memory_high_is_left_alone)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    temp_dir_write(&dir, "memory.current", "1048576\n");
    temp_dir_write(&dir, "memory.high", "max\n");
    temp_dir_write(&dir, "memory.reclaim", "");
    CLEANUP(closep) int writes = watch_writes(&dir, "memory.high");

    ck_assert_str_eq(cgroup_reclaim_file(dir.fd), "memory.reclaim");
    ck_assert_int_eq(reclaim(&dir, NULL), 0);
    ck_assert(!was_written(writes));
    expect_text(&dir, "memory.reclaim", "1048576");
}
END_TEST

START_TEST(with_neither_there_is_nothing_to_ask)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    temp_dir_write(&dir, "memory.current", "1048576\n");
    ck_assert_ptr_null(cgroup_reclaim_file(dir.fd));
    ck_assert_int_eq(reclaim(&dir, NULL), 1);
}
END_TEST

static Suite *cgroup_reclaim_suite(void)
{
    Suite *suite = suite_create("cgroup_reclaim");
    TCase *files = tcase_create("files");
    tcase_add_loop_test(files, without_memory_reclaim_memory_high_is_lowered_and_put_back, 0, 2);
    tcase_add_test(files, where_there_is_memory_reclaim_memory_high_is_left_alone);
    tcase_add_test(files, with_neither_there_is_nothing_to_ask);
    suite_add_tcase(suite, files);
    return suite;
}

CHECK_MAIN(cgroup_reclaim_suite);
