/* heaptrack_feed: at every moment, what a program under heaptrack holds is known to the block. */
#include "instrument/heaptrack_feed.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "instrument/heaptrack_program.h"
#include "instrument/heaptrack_tail.h"
#include "tests/support/check_main.h"

enum { BLOCK_BYTES = 1008 };

struct child {
    pid_t pid;
    int in, out;
};

static struct child start(struct heaptrack_feed *feed)
{
    char library[HEAPTRACK_PATH_MAX];
    struct error err = {0};
    int in[2];
    int out[2];
    ck_assert_msg(heaptrack_find_library(NULL, library, &err) == 0, "%s", err.text);
    ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        setenv("LD_PRELOAD", library, 1);
        setenv("DUMP_HEAPTRACK_OUTPUT", heaptrack_feed_path(feed), 1);
        execl(HEAP_PROGRAM, HEAP_PROGRAM, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    return (struct child){.pid = pid, .in = in[1], .out = out[0]};
}

/* Take or give back so many, and wait until it is done. */
static void ask(const struct child *child, int n)
{
    char line[32];
    char answer = 0;
    int length = snprintf(line, sizeof(line), "%d\n", n);
    ck_assert_int_eq(write(child->in, line, (size_t)length), length);
    ck_assert_int_eq(read(child->out, &answer, 1), 1);
}

/* How many of its blocks there are, by what one stack holds. */
static int64_t held(struct heaptrack_feed *feed, pid_t pid)
{
    const struct heaptrack_stream *stream = NULL;
    struct error err = {0};
    int64_t most = 0;
    ck_assert_msg(heaptrack_feed_hold(feed, pid, &stream, &err) == 0, "%s", err.text);
    for (size_t i = 0; i < stream->blocks.n_held; i++) {
        const struct heap_held *one = &stream->blocks.held[i];
        if (one->objects > 0 && one->bytes == one->objects * BLOCK_BYTES && one->objects > most)
            most = one->objects;
    }
    heaptrack_feed_release(feed);
    return most;
}

static int end(const struct child *child)
{
    int status = 0;
    close(child->in);
    close(child->out);
    ck_assert_int_eq(waitpid(child->pid, &status, 0), child->pid);
    return status;
}

START_TEST(nothing_is_missing_at_any_moment)
{
    static const int steps[] = {1, 7, 333, -40, 1, 5000, -4999, 2, 100};
    struct heaptrack_feed *feed = NULL;
    struct error err = {0};
    int64_t expected = 0;
    ck_assert_msg(heaptrack_feed_new(&feed, &err) == 0, "%s", err.text);
    struct child child = start(feed);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        ask(&child, steps[i]);
        expected += steps[i];
        ck_assert_int_eq(held(feed, child.pid), expected);
        ck_assert_int_eq(held(feed, child.pid), expected);
    }
    ck_assert(heaptrack_has_open(child.pid, heaptrack_feed_file(feed)));
    ck_assert(!heaptrack_has_open(getppid(), heaptrack_feed_file(feed)));
    ck_assert_int_eq(end(&child), 0);
    ck_assert_int_eq(held(feed, 0), expected);
    heaptrack_feed_end(feed);
}
END_TEST

START_TEST(a_service_lives_on_when_nobody_looks_any_more)
{
    struct heaptrack_feed *feed = NULL;
    struct error err = {0};
    char path[512];
    ck_assert_msg(heaptrack_feed_new(&feed, &err) == 0, "%s", err.text);
    snprintf(path, sizeof(path), "%s", heaptrack_feed_path(feed));
    struct child child = start(feed);
    ask(&child, 10);
    heaptrack_feed_end(feed);
    ck_assert(!file_exists(AT_FDCWD, path));
    *strrchr(path, '/') = '\0';
    ck_assert(!file_exists(AT_FDCWD, path));
    /* Two MiB of stream: more than fits into a pipe. */
    for (unsigned i = 0; i < 20; i++) {
        ask(&child, 4000);
        ask(&child, -4000);
    }
    ck_assert_int_eq(end(&child), 0);
}
END_TEST

START_TEST(what_is_held_back_in_no_process_is_told)
{
    struct heaptrack_feed *feed = NULL;
    const struct heaptrack_stream *stream = NULL;
    struct error err = {0};
    ck_assert_int_eq(heaptrack_feed_new(&feed, &err), 0);
    ck_assert_int_eq(heaptrack_feed_hold(feed, getpid(), &stream, &err), 1);
    ck_assert_ptr_nonnull(strstr(err.text, "holds back in process"));
    heaptrack_feed_release(feed);
    heaptrack_feed_end(feed);
}
END_TEST

START_TEST(what_makes_no_sense_is_told_at_once_and_later)
{
    struct heaptrack_feed *feed = NULL;
    const struct heaptrack_stream *stream = NULL;
    struct error err = {0};
    ck_assert_int_eq(heaptrack_feed_new(&feed, &err), 0);
    int fd = open(heaptrack_feed_path(feed), O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "rubbish\n", 8), 8);
    for (unsigned i = 0; i < 2; i++) {
        err.text[0] = '\0';
        ck_assert_int_eq(heaptrack_feed_hold(feed, 0, &stream, &err), -1);
        ck_assert_ptr_nonnull(strstr(err.text, "line 1: found no version"));
        heaptrack_feed_release(feed);
    }
    close(fd);
    heaptrack_feed_end(feed);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("heaptrack_feed");
    TCase *tcase = tcase_create("heaptrack_feed");
    tcase_add_test(tcase, nothing_is_missing_at_any_moment);
    tcase_add_test(tcase, a_service_lives_on_when_nobody_looks_any_more);
    tcase_add_test(tcase, what_is_held_back_in_no_process_is_told);
    tcase_add_test(tcase, what_makes_no_sense_is_told_at_once_and_later);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);
