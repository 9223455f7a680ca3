/* export_trace: runs as trace events. check_export.py holds what is kept here against the format.
 */
#include "export/export_trace.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "export/export_csv.h"
#include "export/export_openmetrics.h"
#include "tests/support/check_main.h"
#include "tests/support/exported.h"
#include "tests/support/story.h"

#define LONG 100000

START_TEST(a_run_is_a_process_with_its_threads)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    CLEANUP(freep) char *text = exported_write(export_trace_write, &all, "plain.json");
    story_expect_text(text, "{\"ph\": \"M\", \"pid\": 1, \"tid\": 0, \"ts\": 0, \"name\": "
                            "\"process_name\", \"args\": {\"name\": \"leaky\"}}");
    story_expect_text(text,
                      "\"name\": \"process_labels\", \"args\": {\"labels\": \"leak (heap)\"}}");
    story_expect_text(text, "\"pid\": 2, \"tid\": 0, \"ts\": 0, \"name\": \"process_name\", "
                            "\"args\": {\"name\": \"leaky.fixed\"}}");
    story_expect_text(text, "\"tid\": 3, \"ts\": 0, \"name\": \"thread_name\", \"args\": "
                            "{\"name\": \"cycles\"}}");
}
END_TEST

START_TEST(phases_cycles_and_starts_are_slices)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    CLEANUP(freep) char *text = exported_write(export_trace_write, &all, "plain.json");
    story_expect_text(text, "{\"ph\": \"X\", \"pid\": 1, \"tid\": 2, \"ts\": 1002000.002, "
                            "\"dur\": 1000000, \"name\": \"warm-up\", \"cat\": \"phase\", "
                            "\"args\": {\"requests\": 250}}");
    story_expect_text(text, "{\"ph\": \"X\", \"pid\": 1, \"tid\": 3, \"ts\": 2000000, "
                            "\"dur\": 900000, \"name\": \"measure 1\", \"cat\": \"cycle\", "
                            "\"args\": {\"start\": 0, \"concurrency\": 8, \"requests\": 250, "
                            "\"completed\": 250, \"ok\": 250, \"latency_p50_ms\": 1, ");
    story_expect_text(text, "\"floor_bytes\": 9437184, ");
    story_expect_text(text, "\"ts\": 2500000, \"dur\": 300000, \"name\": \"settle\"");
    story_expect_text(text, "\"tid\": 1, \"ts\": 1000.001, \"dur\": 9698999.999, \"name\": "
                            "\"start 0\", \"cat\": \"service\", \"args\": "
                            "{\"end\": \"ended with exit status 0\"}}");
}
END_TEST

START_TEST(an_arrow_leads_from_an_end_to_the_next_start)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    CLEANUP(freep) char *text = exported_write(export_trace_write, &all, "plain.json");
    story_expect_text(text,
                      "{\"ph\": \"s\", \"pid\": 2, \"tid\": 1, \"ts\": 7500000.999, \"name\": "
                      "\"restart\", \"cat\": \"restart\", \"id\": 0}");
    story_expect_text(text, "{\"ph\": \"f\", \"pid\": 2, \"tid\": 1, \"ts\": 8000000, \"name\": "
                            "\"restart\", \"cat\": \"restart\", \"id\": 0, \"bp\": \"e\"}");
    story_expect_text(text,
                      "{\"ph\": \"i\", \"pid\": 2, \"tid\": 1, \"ts\": 7500000, \"name\": "
                      "\"oom-kill\", \"cat\": \"mark\", \"s\": \"p\", \"args\": {\"kills\": 2}}");
}
END_TEST

START_TEST(counters_are_written_where_they_change_and_at_the_end)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    CLEANUP(freep) char *text = exported_write(export_trace_write, &all, "plain.json");
    story_expect_text(text, "{\"ph\": \"C\", \"pid\": 1, \"tid\": 0, \"ts\": 0, \"name\": "
                            "\"memory limit (bytes)\", \"args\": {\"bytes\": 67108864}}");
    story_expect_text(text, "{\"ph\": \"C\", \"pid\": 1, \"tid\": 0, \"ts\": 9800000, \"name\": "
                            "\"memory limit (bytes)\", \"args\": {\"bytes\": 67108864}}");
    story_expect_text(text, "\"ts\": 101234.567, \"name\": \"requests per second\", \"args\": "
                            "{\"completed\": 220}}");
    story_expect_text(text, "\"ts\": 51234.567, \"name\": \"latency (ms)\", \"args\": {\"p50\": "
                            "0.205, \"p99\": 12.345678}}");
    /* 25 ticks of 100 us for each field before it and itself, in 250 ms. */
    char expected[128];
    snprintf(
        expected, sizeof(expected),
        "\"name\": \"memory pressure (%% of the time)\", \"args\": {\"some\": %g, \"full\": %g}",
        (MEMORY_PSI_SOME + 1) * 1.0, (MEMORY_PSI_FULL + 1) * 1.0);
    story_expect_text(text, expected);
}
END_TEST

START_TEST(hostile_names_stay_text)
{
    CLEANUP(exported_done) struct exported all = exported_new_hostile();
    CLEANUP(freep) char *text = exported_write(export_trace_write, &all, "hostile.json");
    ck_assert_ptr_null(strpbrk(text, "\x01\x1b\x7f\xff\r\t"));
    story_expect_text(text, "{\"name\": \"=0<script>alert('1')</script> & \\\"quoted\\\" \\\\ ");
}
END_TEST

START_TEST(of_nothing_there_is_a_document)
{
    CLEANUP(exported_done) struct exported nothing = {.n = 0};
    CLEANUP(freep) char *text = exported_write(export_trace_write, &nothing, "nothing.json");
    story_expect_text(text, "\"traceEvents\": []");
    CLEANUP(exported_done) struct exported empty = exported_new_long(1);
    empty.records[0]->timeline->n_memory = 0;
    CLEANUP(freep) char *bare = exported_write(export_trace_write, &empty, "empty.json");
    story_expect_text(bare, "\"process_name\"");
}
END_TEST

/* More samples than a timeline that was read back has. A million take ten times as long. */
START_TEST(a_long_run_is_written_in_no_time)
{
    static const struct {
        exported_writer write;
        const char *name;
    } forms[] = {{export_csv_write, "CSV"},
                 {export_openmetrics_write, "OpenMetrics"},
                 {export_trace_write, "trace"}};
    CLEANUP(exported_done) struct exported all = exported_new_long(LONG);
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT((size_t)1024 * 1024 * 1024);
    struct error err = {0};
    clock_t before = clock();
    ck_assert_msg(forms[_i].write(all.runs, all.n, &out, &err) == 0, "%s", err.text);
    double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
    printf("%s of %d samples: %.2f s, %zu MiB\n", forms[_i].name, LONG, seconds, out.length >> 20);
    ck_assert_double_le(seconds, 10);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("export_trace");
    TCase *c = tcase_create("export_trace");
    tcase_set_timeout(c, 30);
    tcase_add_test(c, a_run_is_a_process_with_its_threads);
    tcase_add_test(c, phases_cycles_and_starts_are_slices);
    tcase_add_test(c, an_arrow_leads_from_an_end_to_the_next_start);
    tcase_add_test(c, counters_are_written_where_they_change_and_at_the_end);
    tcase_add_test(c, hostile_names_stay_text);
    tcase_add_test(c, of_nothing_there_is_a_document);
    tcase_add_loop_test(c, a_long_run_is_written_in_no_time, 0, 3);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
