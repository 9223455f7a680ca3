/* picture_svg: one run, and several, as a picture for tickets and READMEs. */
#include "view/picture_svg.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/chart_svg.h"
#include "scenario/record_files.h"
#include "tests/support/check_main.h"
#include "tests/support/page.h"
#include "tests/support/picture.h"
#include "tests/support/story.h"

#define USUAL_BYTES_MAX ((size_t)60 * 1024)
#define MANY            65536
#define HOSTILE         "</text><script>alert(\"1\")</script>\x1b[2J\xff'"
#define HOSTILE_ESCAPED                                                             \
    "&lt;/text&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;\xe2\x90\x9b[2J" \
    "\xef\xbf\xbd&#39;"

static struct record *recorded(const char *name)
{
    char path[4096];
    struct record *record = NULL;
    struct error err = {0};
    snprintf(path, sizeof(path), "%s/%s", GOLDEN_RUNS, name);
    ck_assert_msg(record_load(path, &record, &err) == 0, "%s", err.text);
    return record;
}

static struct record *sampled(const char *id)
{
    struct record *record = story_leak(id, VERDICT_LEAK);
    record->sample_hz = 100;
    return record;
}

START_TEST(a_leak_is_told_and_shown)
{
    CLEANUP(record_freep) struct record *record = recorded("unclosed-body");
    CLEANUP(freep) char *text = picture_drawn_one(record);
    ck_assert_uint_lt(strlen(text), USUAL_BYTES_MAX);
    page_expect_part(text, "<tspan class=\"bad\">LEAK</tspan><tspan dx=\"12\">unclosed-body<");
    page_expect_part(text, ">+41.7 KiB per request (95 %: 41.6 KiB to 41.8 KiB)</text>");
    page_expect_part(text, ">sockets: one more open socket per request, ESTABLISHED to");
    page_expect_part(text, ">out of memory after about 573 more requests");
    /* In the legend, and as the tooltip of what is drawn. */
    page_expect_part(text, ">memory.current</text>");
    page_expect_part(text, ">floors, fitted: +41.7 KiB per request</text>");
    page_expect_part(text, "><title>its 95 % band</title></path>");
    page_expect_part(text, "<title>limit 50.0 MiB</title>");
    page_expect_part(text, ">floor: what cannot be taken back</text>");
    ck_assert_uint_eq(page_count(text, "<title>floor: "), 7);
    /* The phases, and panels of what the cause is about. */
    page_expect_part(text, ">cycle 5</text>");
    ck_assert_uint_eq(page_count(text, "<path class=\"span p1\""), 20);
    ck_assert_uint_eq(page_count(text, "<path class=\"span p0\""), 4);
    page_expect_part(text, ">open descriptors</text>");
    page_expect_part(text, ">requests/s</text>");
    page_expect_part(text, ">latency, ms</text>");
    ck_assert_uint_eq(page_count(text, ">time, s</text>"), 1);
    page_expect_part(text, "· driver vm (6.1.0-56-amd64, tcg) · 5 cycles of 100 requests · 9.8 s "
                           "· 100 samples/s</text>");
    page_expect_part(text, "verdict: LEAK +41.7 KiB per request");
}
END_TEST

START_TEST(kills_and_restarts_are_marked)
{
    CLEANUP(record_freep) struct record *record = recorded("oom-restart");
    CLEANUP(freep) char *text = picture_drawn_one(record);
    ck_assert_uint_lt(strlen(text), USUAL_BYTES_MAX);
    page_expect_part(text, ">killed for memory</text>");
    ck_assert_uint_eq(page_count(text, "<title>killed for memory</title>"), 3);
    /* In the memory's chart and in each panel; told once. */
    ck_assert_uint_eq(page_count(text, "<title>started again</title>"), 8);
    ck_assert_uint_eq(page_count(text, ">started again</text>"), 1);
    page_expect_part(text, ">stalled, % of time</text>");
    page_expect_part(text, ">some (PSI)</text>");
}
END_TEST

static const struct {
    const char *run, *parts[3];
} causes[] = {
    {"hung-threads", {">threads</text>", ">kernel</text>"}},
    {"unjoined-threads", {">mappings</text>"}},
    {"unclosed-file", {">open descriptors</text>", "class=\"bad\">LEAK<"}},
    {"lazy-release", {">lazily freed, MiB</text>", "class=\"warn\">LAZY RELEASE<"}},
    {"fragmentation", {">heap, MiB</text>", ">free, with the allocator</text>"}},
    {"page-cache", {">file</text>", "d=\"M"}},
    {"shmem-growth", {">shmem</text>"}},
    {"transform", {"class=\"warn\">PRESSURE<", ">safe</text>", ">above</text>"}},
    {"clean", {"class=\"good\">CLEAN<", ">requests/s</text>"}},
    {"idle-leak", {">floors, fitted</text>", " per second, with requests or without"}},
    {"concurrency-spike", {">requests/s (cut: once "}},
};

START_TEST(each_cause_has_its_panel)
{
    CLEANUP(record_freep) struct record *record = recorded(causes[_i].run);
    CLEANUP(freep) char *text = picture_drawn_one(record);
    ck_assert_uint_lt(strlen(text), USUAL_BYTES_MAX);
    for (size_t k = 0; k < ARRAY_LENGTH(causes[_i].parts) && causes[_i].parts[k] != NULL; k++)
        page_expect_part(text, causes[_i].parts[k]);
}
END_TEST

START_TEST(several_runs_are_laid_over_each_other)
{
    CLEANUP(record_freep) struct record *leak = recorded("unclosed-body");
    CLEANUP(record_freep) struct record *fixed = recorded("unclosed-body.fixed");
    const struct stored_record runs[] = {{.record = leak}, {.record = fixed}};
    struct view_input input = {.runs = runs, .n_runs = 2};
    CLEANUP(freep) char *text = picture_drawn(&input);
    ck_assert_uint_lt(strlen(text), USUAL_BYTES_MAX);
    page_expect_part(text, ">unclosed-body · unclosed-body.fixed</text>");
    page_expect_part(text, "<tspan class=\"word bad\">LEAK</tspan>"
                           "<tspan dx=\"8\">unclosed-body: +41.7 KiB per request");
    page_expect_part(text, "<tspan class=\"word good\">CLEAN</tspan>");
    ck_assert_uint_eq(page_count(text, ">unclosed-body.fixed</text>"), 1); /* the legend */
    ck_assert_uint_eq(page_count(text, "<title>unclosed-body.fixed, repeat 1</title>"), 2);
    ck_assert_uint_eq(page_count(text, ">limit 50.0 MiB</text>"), 1);
    page_expect_part(text, ">time from the first cycle on, s</text>");
    page_expect_part(text, ">floors, MiB</text>");
    page_expect_part(text, ">completed requests</text>");
    input.title = "before and after";
    CLEANUP(freep) char *titled = picture_drawn(&input);
    page_expect_part(titled, ">before and after</text>");
}
END_TEST

START_TEST(many_runs_are_counted)
{
    struct record *records[40];
    struct stored_record runs[40];
    char id[32];
    for (size_t i = 0; i < ARRAY_LENGTH(runs); i++) {
        snprintf(id, sizeof(id), "leaky.%zu", i);
        records[i] = sampled(id);
        records[i]->question.limit_bytes = (20 + i) * STORY_MIB;
        runs[i].record = records[i];
    }
    const struct view_input input = {.runs = runs, .n_runs = ARRAY_LENGTH(runs)};
    CLEANUP(freep) char *text = picture_drawn(&input);
    page_expect_part(text, ">40 runs</text>");
    page_expect_part(text, ">and 32 more</text>");
    page_expect_part(text, ">24 of 40 are drawn</text>");
    for (size_t i = 0; i < ARRAY_LENGTH(runs); i++)
        record_free(records[i]);
}
END_TEST

START_TEST(texts_of_others_are_text)
{
    CLEANUP(record_freep) struct record *record = sampled(HOSTILE);
    snprintf(record->verdict.evidence, sizeof(record->verdict.evidence), "%s", HOSTILE);
    snprintf(record->driver, sizeof(record->driver), "<b>\x01");
    timeline_add_mark(record->timeline, 8 * NSEC_PER_SEC, MARK_START, 1, HOSTILE);
    CLEANUP(freep) char *text = picture_drawn_one(record);
    page_expect_part(text, "<title id=\"title\">leakcage: " HOSTILE_ESCAPED "</title>");
    page_expect_part(text, "<title>" HOSTILE_ESCAPED "</title></path>");
    page_expect_part(text, "&lt;b&gt;");
    const struct stored_record runs[] = {{.record = record}, {.record = record}};
    const struct view_input input = {.runs = runs, .n_runs = 2, .title = HOSTILE};
    CLEANUP(freep) char *several = picture_drawn(&input);
    page_expect_part(several, "&lt;script&gt;");
}
END_TEST

START_TEST(long_texts_are_cut)
{
    CLEANUP(record_freep) struct record *record = sampled("");
    memset(record->id, 'n', sizeof(record->id) - 1);
    record->error.kind = ERROR_SERVICE;
    memset(record->error.text, 'e', sizeof(record->error.text) - 1);
    for (size_t i = 9; i < sizeof(record->error.text) - 1; i += 10)
        record->error.text[i] = i % 100 == 99 ? '\n' : ' ';
    CLEANUP(freep) char *text = picture_drawn_one(record);
    page_expect_part(text, "n…n");
    page_expect_part(text, " …</text>");
    ck_assert_uint_lt(strlen(text), USUAL_BYTES_MAX);
}
END_TEST

START_TEST(a_run_that_failed_says_why)
{
    CLEANUP(record_freep) struct record *record = sampled("leaky");
    timeline_free(record->timeline);
    ck_assert_int_eq(timeline_new(16, &record->timeline, NULL), 0);
    record->error.kind = ERROR_SERVICE;
    record->duration_ns = 0;
    snprintf(record->error.text, sizeof(record->error.text), "never ready: <refused>");
    CLEANUP(freep) char *text = picture_drawn_one(record);
    page_expect_part(text, "<tspan class=\"warn\">NO VERDICT</tspan>");
    page_expect_part(text, ">never ready: &lt;refused&gt;</text>");
    page_expect_part(text, ">nothing was measured</text>");
}
END_TEST

START_TEST(what_is_absent_is_not_drawn)
{
    CLEANUP(record_freep) struct record *record = sampled("leaky");
    struct timeline *timeline = record->timeline;
    record->question.limit_bytes = UINT64_MAX;
    record->sample_hz = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        survey_init(&timeline->cycles[i].settled);
        survey_init(&timeline->cycles[i].floor);
    }
    timeline->n_memory = 1;
    CLEANUP(freep) char *text = picture_drawn_one(record);
    ck_assert_uint_eq(page_count(text, "class=\"rule\""), 0);
    ck_assert_uint_eq(page_count(text, "fitted"), 0);
    ck_assert_uint_eq(page_count(text, ">floor: what"), 0);
    ck_assert_uint_eq(page_count(text, "samples/s"), 0);
    page_expect_part(text, "h0\">"); /* the one sample can be seen */
    page_expect_part(text, "no limit");
    /* And with neither samples nor cycles. */
    timeline->n_memory = 0;
    timeline->n_cycles = 0;
    CLEANUP(freep) char *nothing = picture_drawn_one(record);
    page_expect_part(nothing, ">nothing was measured</text>");
}
END_TEST

START_TEST(a_long_run_is_no_larger_and_keeps_its_peak)
{
    CLEANUP(record_freep) struct record *record = sampled("leaky");
    struct timeline *timeline = NULL;
    ck_assert_int_eq(timeline_new(MANY, &timeline, NULL), 0);
    timeline_free(record->timeline);
    record->timeline = timeline;
    record->duration_ns = MANY * NSEC_PER_SEC / 4;
    for (size_t i = 0; i < MANY; i++) {
        struct memory_sample memory = {.t_ns = (nsec_t)i * NSEC_PER_SEC / 4};
        struct load_sample load = {.t_ns = memory.t_ns,
                                   .counts = {.started = 9 * i, .ok = 9 * i},
                                   .latency_p50_ns = (nsec_t)(i % 13) * NSEC_PER_MSEC,
                                   .latency_p99_ns = (nsec_t)(i % 17 + 20) * NSEC_PER_MSEC};
        uint64_t bytes = i == 12345 ? 60 * STORY_MIB : (20 + i % 7) * STORY_MIB;
        memory_sample_set(&memory, MEMORY_CURRENT, bytes);
        memory_sample_set(&memory, MEMORY_ANON, bytes / 2);
        memory_sample_set(&memory, MEMORY_PSI_SOME, 10000 * i);
        memory_sample_set(&memory, MEMORY_PSI_FULL, 5000 * i * (i % 2));
        ck_assert_int_eq(timeline_add_memory(timeline, &memory, NULL), 0);
        ck_assert_int_eq(timeline_add_load(timeline, &load, NULL), 0);
    }
    CLEANUP(freep) char *text = picture_drawn_one(record);
    ck_assert_uint_lt(strlen(text), USUAL_BYTES_MAX);
    page_expect_part(text, ">time, h:min</text>");
    page_expect_part(text, ">1:00</text>");
    /* The peak sets the axis, and a line goes up to it. */
    page_expect_part(text, ">60</text>");
    const char *line = strstr(text, "<path class=\"line s2 d0\"");
    ck_assert_ptr_nonnull(line);
    double lowest = 1e9;
    for (const char *at = strpbrk(line, "L"); at != NULL && *at == 'L';
         at = strpbrk(at + 1, "L\"")) {
        double x = 0;
        double y = 0;
        ck_assert_int_eq(sscanf(at, "L%lf %lf", &x, &y), 2);
        lowest = y < lowest ? y : lowest;
    }
    const char *top = strstr(text, ">60</text>");
    while (top > text && strncmp(top, " y=\"", 4) != 0)
        top--;
    double tick = 0;
    ck_assert_int_eq(sscanf(top, " y=\"%lf\"", &tick), 1);
    ck_assert_double_eq_tol(lowest, tick - 4, 0.11);
}
END_TEST

START_TEST(no_run_is_an_error)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(PICTURE_BYTES_MAX);
    const struct view_input input = {.n_runs = 0};
    struct error err = {0};
    ck_assert_int_eq(picture_svg_write(&input, &out, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

START_TEST(what_does_not_fit_is_an_error)
{
    CLEANUP(record_freep) struct record *record = sampled("leaky");
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(100);
    const struct stored_record run = {.record = record};
    const struct view_input input = {.runs = &run, .n_runs = 1};
    struct error err = {0};
    ck_assert_int_eq(picture_svg_write(&input, &out, &err), -1);
    ck_assert_uint_eq(out.length, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("picture_svg");
    TCase *c = tcase_create("picture_svg");
    tcase_add_test(c, a_leak_is_told_and_shown);
    tcase_add_test(c, kills_and_restarts_are_marked);
    tcase_add_loop_test(c, each_cause_has_its_panel, 0, (int)ARRAY_LENGTH(causes));
    tcase_add_test(c, several_runs_are_laid_over_each_other);
    tcase_add_test(c, many_runs_are_counted);
    tcase_add_test(c, texts_of_others_are_text);
    tcase_add_test(c, long_texts_are_cut);
    tcase_add_test(c, a_run_that_failed_says_why);
    tcase_add_test(c, what_is_absent_is_not_drawn);
    tcase_add_test(c, a_long_run_is_no_larger_and_keeps_its_peak);
    tcase_add_test(c, no_run_is_an_error);
    tcase_add_test(c, what_does_not_fit_is_an_error);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
