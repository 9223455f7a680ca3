/* view_html: report.html, whole and small, whatever is in it. */
#include "view/view_html.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "scenario/record_files.h"
#include "tests/support/check_main.h"
#include "tests/support/explained.h"
#include "tests/support/page.h"
#include "tests/support/random.h"
#include "tests/support/story.h"
#include "tests/support/temp_dir.h"
#include "tests/support/viewed.h"

/* What a page of one usual run takes at most, and that of a run of a million samples. */
#define USUAL_BYTES_MAX     ((size_t)400 * 1000)
#define EXPLAINED_BYTES_MAX ((size_t)500 * 1000)
#define LARGE_BYTES_MAX     ((size_t)5 * 1000 * 1000)
#define HOSTILE             "</script><script>alert(1)</script><!--&\"'"

static void write_page(const struct record *record, const char *dir, struct buffer *out)
{
    const struct stored_record run = {.record = record, .dir = dir};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(
        view_html_write(&(const struct view_input){.runs = &run, .n_runs = 1}, out, &err) == 0,
        "%s", err.text);
}

/* Readings as uneven as can be, of everything a page draws: what a guest keeps at most, or more. */
static struct record *busy_record(size_t samples)
{
    static const enum memory_field fields[] = {
        MEMORY_CURRENT,       MEMORY_ANON,     MEMORY_FILE,     MEMORY_KERNEL, MEMORY_SHMEM,
        MEMORY_INACTIVE_FILE, MEMORY_PSI_SOME, MEMORY_PSI_FULL, MEMORY_PIDS};
    struct record *record = story_leak("busy", VERDICT_LEAK);
    struct timeline *timeline = record->timeline;
    struct random random = random_from(samples);
    timeline->max_memory = timeline->max_load = samples;
    uint64_t stall_us[2] = {0, 0};
    struct load_sample load = {.t_ns = 0};
    for (size_t i = 1; i <= samples; i++) {
        struct memory_sample sample = {.t_ns = 10 * NSEC_PER_SEC + (nsec_t)i * 10 * NSEC_PER_MSEC};
        stall_us[0] += random_u64(&random) % 10000;
        stall_us[1] += random_u64(&random) % 10000;
        for (size_t k = 0; k < ARRAY_LENGTH(fields); k++)
            if (k == 0 || i % 10 == 0)
                memory_sample_set(&sample, fields[k],
                                  fields[k] == MEMORY_PSI_SOME   ? stall_us[0]
                                  : fields[k] == MEMORY_PSI_FULL ? stall_us[1]
                                                                 : random_u64(&random) >> 34);
        ck_assert_int_eq(timeline_add_memory(timeline, &sample, NULL), 0);
        load.t_ns = sample.t_ns;
        load.counts.ok += random_u64(&random) % 10;
        load.counts.failed += random_u64(&random) % 3;
        load.latency_p50_ns = (nsec_t)(random_u64(&random) >> 36);
        load.latency_p99_ns = (nsec_t)(random_u64(&random) >> 33);
        if (i % 5 == 0)
            ck_assert_int_eq(timeline_add_load(timeline, &load, NULL), 0);
    }
    record->duration_ns = load.t_ns + NSEC_PER_SEC;
    return record;
}

/* Profiles of a kind, as full as they may be. */
static void fill_profiles(const struct temp_dir *dir, const char *folder, const char *kind)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(1 << 24);
    struct random random = random_from(7);
    for (unsigned cycle = 0; cycle < 8; cycle++) {
        char name[64];
        buffer_clear(&text);
        for (unsigned i = 0; i < 3000; i++)
            buffer_printf(&text, NULL, "main;handler%u;a_function_with_a_long_name_%u;leaf%u %u\n",
                          i % 7, i % 1000, i, 1 + (unsigned)(random_u64(&random) % 100000) * cycle);
        snprintf(name, sizeof(name), "%scollected/%s.%03u.txt", folder, kind, cycle);
        temp_dir_write(dir, name, buffer_text(&text));
    }
}

/* Log and profiles as full as they may be. */
static void fill_folder(const struct temp_dir *dir)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(1 << 24);
    for (unsigned i = 0; i < 4000; i++)
        buffer_printf(&text, NULL, "%s line %u\n", HOSTILE, i);
    temp_dir_write(dir, "service.log", buffer_text(&text));
    fill_profiles(dir, "", "heap");
}

/* And an explanation, with profiles of its own. */
static void fill_explanation(const struct temp_dir *dir)
{
    static const char *const kinds[] = {"heap", "pages", "mappings", "descriptors", "threads"};
    CLEANUP(record_freep) struct record *plain = NULL;
    CLEANUP(record_freep) struct record *instrumented = NULL;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%.4000s/explained", dir->path);
    explained_write(path, NULL, VERDICT_LEAK, &plain, &instrumented);
    explained_write_large(path);
    ck_assert_int_eq(renameat(dir->fd, "explained/explain", dir->fd, "explain"), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        fill_profiles(dir, "explain/", kinds[i]);
}

START_TEST(the_page_of_the_busiest_run_that_is_explained_is_below_500_kb)
{
    CLEANUP(record_freep) struct record *record = busy_record(TIMELINE_SAMPLES_MAX);
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(buffer_done) struct buffer page = BUFFER_INIT(1 << 24);
    fill_folder(&dir);
    fill_explanation(&dir);
    write_page(record, dir.path, &page);
    ck_assert_uint_le(page.length, EXPLAINED_BYTES_MAX);
    ck_assert_uint_gt(page.length, EXPLAINED_BYTES_MAX / 2);
}
END_TEST

START_TEST(the_page_of_the_busiest_usual_run_is_below_400_kb)
{
    CLEANUP(record_freep) struct record *record = busy_record(TIMELINE_SAMPLES_MAX);
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(buffer_done) struct buffer page = BUFFER_INIT(1 << 24);
    fill_folder(&dir);
    write_page(record, dir.path, &page);
    ck_assert_uint_le(page.length, USUAL_BYTES_MAX);
    /* The room is used: it is neither empty nor much coarser than it need be. */
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, dir.path);
    ck_assert_double_ge(viewed_number(view, "runs/0/samples/shown"), 1000);
}
END_TEST

START_TEST(the_page_of_a_large_timeline_is_below_5_mb)
{
    CLEANUP(record_freep) struct record *record = busy_record((size_t)TIMELINE_SAMPLES_MAX * 3);
    CLEANUP(buffer_done) struct buffer page = BUFFER_INIT(1 << 24);
    write_page(record, NULL, &page);
    ck_assert_uint_le(page.length, LARGE_BYTES_MAX);
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, NULL);
    ck_assert_double_ge(viewed_number(view, "runs/0/samples/shown"), 7000);
}
END_TEST

START_TEST(pages_of_recorded_runs_are_below_400_kb)
{
    static const char *const runs[] = {
        "unclosed-body", "oom-restart",    "health-check.timeout",         "concurrency-spike",
        "transform",     "idle-leak.idle", "freed-burst.jemalloc-no-decay"};
    for (size_t i = 0; i < ARRAY_LENGTH(runs); i++) {
        CLEANUP(record_freep) struct record *record = NULL;
        CLEANUP(buffer_done) struct buffer page = BUFFER_INIT(1 << 24);
        CLEANUP(freep) char *dir = file_join(GOLDEN_RUNS, runs[i]);
        struct error err = {.kind = ERROR_NONE};
        ck_assert_msg(record_load(dir, &record, &err) == 0, "%s", err.text);
        write_page(record, dir, &page);
        ck_assert_uint_le(page.length, USUAL_BYTES_MAX);
        page_expect_part(buffer_text(&page), record->id);
        /* Where no script may run: in words, and as a picture. */
        page_expect_part(buffer_text(&page), "<noscript>\n<pre>");
        page_expect_part(buffer_text(&page), "\n  verdict  ");
        page_expect_part(buffer_text(&page), "<svg class=\"chart\"");
    }
}
END_TEST

START_TEST(many_runs_share_the_room)
{
    struct stored_record runs[40];
    CLEANUP(record_freep) struct record *record = busy_record(4000);
    CLEANUP(buffer_done) struct buffer page = BUFFER_INIT(1 << 24);
    for (size_t i = 0; i < ARRAY_LENGTH(runs); i++)
        runs[i] = (struct stored_record){.record = record};
    ck_assert_int_eq(
        view_html_write(&(const struct view_input){.runs = runs, .n_runs = ARRAY_LENGTH(runs)},
                        &page, NULL),
        0);
    ck_assert_uint_le(page.length, LARGE_BYTES_MAX);
}
END_TEST

START_TEST(nothing_that_is_text_ends_its_element)
{
    CLEANUP(record_freep) struct record *record = story_leak("leaky", VERDICT_LEAK);
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(buffer_done) struct buffer plain = BUFFER_INIT(1 << 24);
    CLEANUP(buffer_done) struct buffer page = BUFFER_INIT(1 << 24);
    write_page(record, NULL, &plain);
    snprintf(record->id, sizeof(record->id), "%s", HOSTILE);
    record_warn(record, "%s", HOSTILE);
    timeline_add_mark(record->timeline, 9 * NSEC_PER_SEC, MARK_EXIT, 0, HOSTILE);
    temp_dir_write(&dir, "service.log", HOSTILE);
    temp_dir_write(&dir,
                   "collected/"
                   "<script>.001",
                   "main;<script>alert(1)</script> 5\n");
    write_page(record, dir.path, &page);
    ck_assert_uint_eq(page_count(buffer_text(&page), "<script"),
                      page_count(buffer_text(&plain), "<script"));
    ck_assert_uint_eq(page_count(buffer_text(&page), "</script"),
                      page_count(buffer_text(&plain), "</script"));
    ck_assert_uint_eq(page_count(buffer_text(&page), "<!--"),
                      page_count(buffer_text(&plain), "<!--"));
}
END_TEST

START_TEST(a_page_is_stored_whole_or_not_at_all)
{
    CLEANUP(record_freep) struct record *record = story_leak("leaky", VERDICT_LEAK);
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(buffer_done) struct buffer page = BUFFER_INIT(1 << 24);
    const struct stored_record run = {.record = record, .dir = dir.path};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(view_html_store(&run, &err) == 0, "%s", err.text);
    ck_assert_int_eq(file_read(dir.fd, "report.html", &page, NULL), 0);
    ck_assert_str_eq(buffer_text(&page) + page.length - 8, "</html>\n");
    /* A folder of that name is in its place: what is there stays. */
    ck_assert_int_eq(unlinkat(dir.fd, "report.html", 0), 0);
    temp_dir_write(&dir, "report.html/kept", "kept");
    ck_assert_int_eq(view_html_store(&run, &err), -1);
    ck_assert(file_exists(dir.fd, "report.html/kept"));
    const struct stored_record gone = {.record = record, .dir = "there/is/none"};
    ck_assert_int_eq(view_html_store(&gone, &err), -1);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("view_html");
    TCase *tcase = tcase_create("view_html");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, the_page_of_the_busiest_usual_run_is_below_400_kb);
    tcase_add_test(tcase, the_page_of_the_busiest_run_that_is_explained_is_below_500_kb);
    tcase_add_test(tcase, the_page_of_a_large_timeline_is_below_5_mb);
    tcase_add_test(tcase, pages_of_recorded_runs_are_below_400_kb);
    tcase_add_test(tcase, many_runs_share_the_room);
    tcase_add_test(tcase, nothing_that_is_text_ends_its_element);
    tcase_add_test(tcase, a_page_is_stored_whole_or_not_at_all);
    return suite;
}

CHECK_MAIN(suite);
