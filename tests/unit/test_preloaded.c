/* preloaded: is what LD_PRELOAD names mapped? The process that is asked is this one. */
#include "run/preloaded.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

/* A library that this program has: the kernel names it. */
static void find_libc(char *path, size_t size)
{
    char line[4096];
    FILE *maps = fopen("/proc/self/maps", "re");
    ck_assert_ptr_nonnull(maps);
    path[0] = '\0';
    while (path[0] == '\0' && fgets(line, sizeof(line), maps) != NULL)
        if (strstr(line, "/libc.so") != NULL || strstr(line, "/libc-") != NULL)
            snprintf(path, size, "%.*s", (int)strcspn(strchr(line, '/'), "\n"), strchr(line, '/'));
    fclose(maps);
    ck_assert_str_ne(path, "");
}

static void check(const char *value, const char *image, struct record *record)
{
    char entry[8192];
    const struct runtime_survey processes = {.first = 1, .listener = getpid()};
    const char *const env[] = {"A=1", entry, NULL};
    const struct run_spec spec = {
        .settings = {.service = {.env = value != NULL ? env : env + 2}, .image = image}};
    snprintf(entry, sizeof(entry), "LD_PRELOAD=%s", value != NULL ? value : "");
    preloaded_check(&spec, &processes, record);
}

START_TEST(what_is_mapped_is_no_reason_to_warn)
{
    char libc[4096];
    struct record record = {.n_warnings = 0};
    find_libc(libc, sizeof(libc));
    check(libc, NULL, &record);
    check(NULL, NULL, &record);
    check("", NULL, &record);
    ck_assert_uint_eq(record.n_warnings, 0);
}
END_TEST

START_TEST(what_is_not_mapped_is_told_with_the_process)
{
    char libc[4096];
    char value[8192];
    char expected[200];
    struct record record = {.n_warnings = 0};
    find_libc(libc, sizeof(libc));
    snprintf(value, sizeof(value), "%s /nonexistent/libjemalloc.so.2", libc);
    check(value, NULL, &record);
    ck_assert_uint_eq(record.n_warnings, 1);
    snprintf(expected, sizeof(expected),
             "LD_PRELOAD had no effect: libjemalloc.so.2 is not mapped in test_preloaded (pid %d)",
             getpid());
    ck_assert_str_eq(record.warnings[0], expected);
}
END_TEST

START_TEST(what_the_loader_fills_in_and_what_is_in_an_image_is_not_judged)
{
    struct record record = {.n_warnings = 0};
    check("libhook.so", NULL, &record);
    check("/usr/$LIB/libhook.so", NULL, &record);
    check("/nonexistent/libhook.so", "localhost/web:1", &record);
    ck_assert_uint_eq(record.n_warnings, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("preloaded");
    TCase *tests = tcase_create("preloaded");
    tcase_add_test(tests, what_is_mapped_is_no_reason_to_warn);
    tcase_add_test(tests, what_is_not_mapped_is_told_with_the_process);
    tcase_add_test(tests, what_the_loader_fills_in_and_what_is_in_an_image_is_not_judged);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(suite);
