/* held_files: what files are called, and a program that keeps memory in files of each kind. */
#include "instrument/held_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "instrument/file_label.h"
#include "instrument/file_opens.h"
#include "instrument/file_pages.h"
#include "instrument/sysv_segments.h"
#include "tests/support/check_main.h"
#include "tests/support/instrumented.h"

#define UNITS      200
#define UNIT_BYTES 8192

static char label[FILE_LABEL_MAX];

static const char *label_of(const char *link, bool is_shmem)
{
    return file_label(file_label_kind(link, is_shmem), link, "/var/run-12/x.data", label);
}

START_TEST(files_that_are_named_alike_have_one_label)
{
    ck_assert_str_eq(label_of("/dev/shm/frame-0017", true), "[shmem /dev/shm/frame-*]");
    ck_assert_str_eq(label_of("/dev/shm/a.12.34 (deleted)", true),
                     "[shmem /dev/shm/a.*.*, deleted]");
    ck_assert_str_eq(label_of("/memfd:frame (deleted)", true), "[memfd frame]");
    ck_assert_str_eq(label_of("/memfd:pool-3 (deleted)", true), "[memfd pool-*]");
    ck_assert_str_eq(label_of("/SYSV00000000 (deleted)", true), "[SysV shared memory]");
    ck_assert_str_eq(label_of("/dev/zero (deleted)", true), "[shared anonymous memory]");
    ck_assert_str_eq(label_of("/var/log/x.1", false), "[cache /var/log/x.*]");
    ck_assert_str_eq(label_of("/usr/lib/libc.so.6", false), "[cache /usr/lib/libc.so.6]");
    ck_assert_str_eq(label_of("/var/run-12/x.data/j.7", false), "[cache {data}/j.*]");
    ck_assert_str_eq(label_of("/var/run-12/x.database", false), "[cache /var/run-*/x.database]");
    ck_assert_str_eq(file_label(FILE_KIND_CACHE, "/a1", NULL, label), "[cache /a*]");
}
END_TEST

START_TEST(a_name_is_text_whatever_is_in_it)
{
    char name[5000] = "/\x1b[31m\n\x7f";
    ck_assert_str_eq(label_of(name, false), "[cache /?[*m??]");
    ck_assert_str_eq(label_of("/caf\xc3\xa9-7 (deleted)", false),
                     "[cache /caf\xc3\xa9-*, deleted]");
    ck_assert_str_eq(label_of("/\xff\xc3 (deleted)", true), "[shmem /\?\?, deleted]");
    for (size_t i = 1; i + 2 < sizeof(name); i += 2) /* none is cut in two */
        memcpy(name + i, "\xc3\xa9", 2);
    ck_assert_str_eq(strstr(label_of(name, false), "\xa9]"), "\xa9]");
    memset(name, '/', sizeof(name) - 1);
    ck_assert_uint_lt(strlen(label_of(name, false)), FILE_LABEL_MAX);
    ck_assert_str_eq(label_of("", false), "[cache ]");
    ck_assert_str_eq(label_of("/memfd: (deleted)", true), "[memfd ]");
}
END_TEST

START_TEST(segments_of_system_v_are_read)
{
    struct sysv_segment segment;
    ck_assert(!sysv_segment_parse("       key      shmid perms       size  cpid  lpid nattch   uid",
                                  &segment));
    ck_assert(!sysv_segment_parse("", &segment));
    ck_assert(sysv_segment_parse("         0         32   600                  8192   123   124"
                                 "      0     0     0     0     0          0          0 1784000000"
                                 "                  4096                     0",
                                 &segment));
    ck_assert_uint_eq(segment.id, 32);
    ck_assert_int_eq(segment.creator, 123);
    ck_assert_int_eq(segment.last, 124);
    ck_assert_uint_eq(segment.bytes, 4096);
}
END_TEST

START_TEST(pages_of_a_file_are_counted)
{
    struct temp_dir dir = temp_dir_make();
    struct file_pages pages;
    struct file_pages_count count;
    char text[3 * 4096 + 2];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    temp_dir_write(&dir, "a", text);
    temp_dir_write(&dir, "empty", "");
    file_pages_init(&pages, NULL);
    CLEANUP(closep) int fd = openat(dir.fd, "a", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(file_pages_measure(&pages, fd, &count, NULL), 0);
    ck_assert_uint_eq(count.bytes, (uint64_t)4 * (uint64_t)sysconf(_SC_PAGESIZE));
    CLEANUP(closep) int empty = openat(dir.fd, "empty", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(file_pages_measure(&pages, empty, &count, NULL), 0);
    ck_assert_uint_eq(count.bytes, 0);
    ck_assert_int_eq(file_pages_measure(&pages, dir.fd, &count, NULL), 1);
    file_pages_done(&pages);
    temp_dir_done(&dir);
}
END_TEST

/* How much a label's files grew, in bytes a unit. */
static double growth(const struct profile *before, const struct profile *after, const char *of)
{
    return (double)(instrumented_held(after, "inuse_space", of, NULL) -
                    instrumented_held(before, "inuse_space", of, NULL)) /
           UNITS;
}

START_TEST(each_kind_of_file_is_told_with_its_growth)
{
    static const char *const labels[] = {"[memfd frame]", "[SysV shared memory]",
                                         "[shared anonymous memory]",
                                         "[shmem /dev/shm/leakcage-files.*.log, deleted]"};
    struct error err = {.text = ""};
    struct instrumented it = {.self = NULL};
    ck_assert_msg(instrumented_begin(&it, &instrument_held_files, &err) == 0, "%s", err.text);
    ck_assert_msg(instrumented_start(
                      &it, (const char *const[]){"/usr/bin/python3", RUNTIMES "/files.py", NULL},
                      RUNTIME_PYTHON, &err) == 0,
                  "%s", err.text);
    instrumented_work(&it, UNITS);
    CLEANUP(profile_freep) struct profile *before = instrumented_snapshot(&it, "files", 0);
    instrumented_work(&it, UNITS);
    CLEANUP(profile_freep) struct profile *after = instrumented_snapshot(&it, "files", 1);
    instrumented_end(&it);
    for (size_t i = 0; i < ARRAY_LENGTH(labels); i++)
        ck_assert_msg(growth(before, after, labels[i]) == UNIT_BYTES, "%s: %.1f", labels[i],
                      growth(before, after, labels[i]));
    /* Where the test's folder lies is not for us to say. */
    double cached = growth(before, after, "[cache {data}/journal.*]") +
                    growth(before, after, "[shmem {data}/journal.*]");
    ck_assert_msg(cached == UNIT_BYTES, "%.1f", cached);
    ck_assert_int_eq(instrumented_held(after, "inuse_objects", "[memfd frame]", NULL),
                     INT64_C(2) * UNITS);
}
END_TEST

static int note_path(const char *path, void *context, struct error *err)
{
    (void)err;
    *(bool *)context |= strstr(path, "/leakcage-opened") != NULL;
    return 0;
}

START_TEST(what_was_opened_and_closed_is_known)
{
    struct error err = {.text = ""};
    struct file_opens *opens = NULL;
    bool seen = false;
    if (file_opens_begin(&opens, &err) == 1) {
        ck_assert_msg(strstr(err.text, "fanotify") != NULL, "%s", err.text);
        fprintf(stderr, "skipped: %s\n", err.text);
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        close(open("/tmp/leakcage-opened", O_CREAT | O_RDWR | O_CLOEXEC, 0600));
        _exit(unlink("/tmp/leakcage-opened"));
    }
    ck_assert_int_eq(child > 0 ? waitpid(child, NULL, 0) : -1, child);
    for (unsigned i = 0; i < 100 && !seen; i++) {
        ck_assert_int_eq(file_opens_each(opens, note_path, &seen, NULL), 0);
        clock_sleep_until(clock_now_ns() + 20 * NSEC_PER_MSEC);
    }
    ck_assert(seen);
    ck_assert_uint_eq(file_opens_dropped(opens), 0);
    file_opens_end(opens);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("held_files");
    TCase *tcase = tcase_create("held_files");
    tcase_add_test(tcase, files_that_are_named_alike_have_one_label);
    tcase_add_test(tcase, a_name_is_text_whatever_is_in_it);
    tcase_add_test(tcase, segments_of_system_v_are_read);
    tcase_add_test(tcase, pages_of_a_file_are_counted);
    tcase_add_test(tcase, each_kind_of_file_is_told_with_its_growth);
    tcase_add_test(tcase, what_was_opened_and_closed_is_known);
    suite_add_tcase(s, tcase);
    return s;
}

CHECK_MAIN(suite);
