/* export_openmetrics: samples with their times. check_export.py has what is kept here read by
 * Prometheus' own parser. */
#include "export/export_openmetrics.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "export/export_series.h"
#include "tests/support/check_main.h"
#include "tests/support/exported.h"
#include "tests/support/story.h"

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    while ((text = strstr(text, part)) != NULL) {
        text += strlen(part);
        n++;
    }
    return n;
}

START_TEST(a_sample_has_the_time_of_the_wall_clock)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    CLEANUP(freep) char *text = exported_write(export_openmetrics_write, &all, "plain.om");
    story_expect_text(text, "# TYPE leakcage_memory_current_bytes gauge\n"
                            "# UNIT leakcage_memory_current_bytes bytes\n");
    story_expect_text(text, "\nleakcage_memory_current_bytes{scenario=\"leaky\"} 8393216 "
                            "1764000000.260\n");
    story_expect_text(text, "\nleakcage_memory_current_bytes{scenario=\"leaky\",variant=\"fixed\","
                            "build=\"race\",allocator=\"jemalloc\"} 8393216 1764003600.260\n");
    story_expect_text(text, "\nleakcage_floor_bytes{scenario=\"leaky\"} 9437184 1764000003.150\n");
    story_expect_text(text, "\nleakcage_threads{scenario=\"leaky\"} 4 1764000001.050\n");
    ck_assert_str_eq(text + strlen(text) - 6, "# EOF\n");
}
END_TEST

START_TEST(counters_are_totals_in_base_units)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    CLEANUP(freep) char *text = exported_write(export_openmetrics_write, &all, "plain.om");
    story_expect_text(text, "# TYPE leakcage_memory_pressure_seconds counter\n"
                            "# UNIT leakcage_memory_pressure_seconds seconds\n");
    char expected[160];
    snprintf(expected, sizeof(expected),
             "\nleakcage_memory_pressure_seconds_total{scenario=\"leaky\",stall=\"some\"} 0.%06u "
             "1764000000.500\n",
             25 * (MEMORY_PSI_SOME + 1) * 100);
    story_expect_text(text, expected);
    story_expect_text(text, "\nleakcage_requests_total{scenario=\"leaky\",result=\"ok\"} 10 "
                            "1764000000.301\n");
    story_expect_text(text, "\nleakcage_latency_p50_seconds{scenario=\"leaky\"} 0.000205000 "
                            "1764000000.301\n");
    ck_assert_uint_eq(count(text, "# TYPE leakcage_requests counter\n"), 1);
    ck_assert_ptr_null(strstr(text, "leakcage_requests{"));
}
END_TEST

START_TEST(a_run_ends_with_its_figures)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    CLEANUP(freep) char *text = exported_write(export_openmetrics_write, &all, "plain.om");
    story_expect_text(text, "\nleakcage_case_status{scenario=\"leaky\",status=\"passed\"} 1 "
                            "1764000010.050\n");
    story_expect_text(text, "\nleakcage_case_verdict{scenario=\"leaky\",verdict=\"leak\","
                            "cause=\"heap\"} 1 1764000010.050\n");
    story_expect_text(text, "\nleakcage_growth_bytes_per_request{scenario=\"leaky\"} 4194.304 "
                            "1764000010.050\n");
    /* What has a timeline is not said again at the end. */
    ck_assert_uint_eq(count(text, "# TYPE leakcage_floor_bytes gauge\n"), 1);
    ck_assert_uint_eq(count(text, "# TYPE leakcage_limit_bytes gauge\n"), 1);
    ck_assert_uint_eq(count(text, "# TYPE leakcage_oom_kills "), 1);
    ck_assert_uint_eq(count(text, "\nleakcage_limit_bytes{scenario=\"leaky\"} 67108864 "), 2);
}
END_TEST

START_TEST(what_stands_is_repeated_once_a_second)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    struct timeline *timeline = all.records[0]->timeline;
    for (size_t i = 0; i < timeline->n_memory; i++)
        timeline->memory[i].value[MEMORY_CURRENT] = i < 450 ? 4096 : 8192;
    for (size_t i = 0; i < timeline->n_cycles; i++)
        timeline->cycles[i].settled.memory.present = timeline->cycles[i].floor.memory.present = 0;
    all.n = 1;
    CLEANUP(freep) char *text = exported_write(export_openmetrics_write, &all, "stands.om");
    all.n = EXPORTED_MAX;
    /* From 0.01 s to 4.50 s, and from 4.51 s to 9.00 s. */
    ck_assert_uint_eq(count(text, "\nleakcage_memory_current_bytes{scenario=\"leaky\"} 4096 "), 5);
    ck_assert_uint_eq(count(text, "\nleakcage_memory_current_bytes{scenario=\"leaky\"} 8192 "), 6);
    story_expect_text(text, "} 8192 1764000004.760\n");
    story_expect_text(text, "} 8192 1764000009.250\n");
}
END_TEST

START_TEST(of_two_within_a_millisecond_the_last_counts)
{
    CLEANUP(exported_done) struct exported all = exported_new_long(4);
    struct timeline *timeline = all.records[0]->timeline;
    timeline->memory[1].t_ns = timeline->memory[0].t_ns + 1;
    timeline->memory[2].t_ns = timeline->memory[0].t_ns + 999999;
    CLEANUP(freep) char *text = exported_write(export_openmetrics_write, &all, "crowded.om");
    ck_assert_uint_eq(count(text, "\nleakcage_memory_current_bytes{"), 2);
    story_expect_text(text, " 8402432 1764000000.260\n"); /* the third */
    story_expect_text(text, " 8407040 1764000000.290\n");
}
END_TEST

START_TEST(a_run_of_which_it_is_not_known_when_it_began_is_refused)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1024);
    struct error err = {0};
    all.records[1]->started_unix_ms = 0;
    ck_assert_int_eq(export_openmetrics_write(all.runs, all.n, &out, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    story_expect_text(err.text, "results/leaky.fixed/result.json: found no \"started_unix_s\"");
    story_expect_text(err.text, "date -r results/leaky.fixed/result.json +%s` says less 10,");
    ck_assert_uint_eq(out.length, 0);
}
END_TEST

START_TEST(hostile_names_stay_labels)
{
    CLEANUP(exported_done) struct exported all = exported_new_hostile();
    CLEANUP(freep) char *text = exported_write(export_openmetrics_write, &all, "hostile.om");
    ck_assert_ptr_null(strpbrk(text, "\x01\x1b\x7f\xff\r"));
    ck_assert_ptr_null(strstr(text, "\n::"));
    story_expect_text(text, "run=\"=1<script>alert('1')</script> & \\\"quoted\\\" \\\\ ]]> 100%");
}
END_TEST

START_TEST(names_units_and_helps_are_as_the_specification_wants_them)
{
    for (size_t i = 0; i < export_series_count(); i++) {
        struct export_series series;
        export_series_at(i, &series);
        size_t length = strlen(series.family);
        size_t unit = series.unit != NULL ? strlen(series.unit) : 0;
        ck_assert_msg(unit == 0 || strcmp(series.family + length - unit, series.unit) == 0, "%s",
                      series.family);
        ck_assert_ptr_null(strpbrk(series.help, "\"\\\n"));
        ck_assert((series.label == NULL) == (series.value == NULL));
        ck_assert_ptr_eq(strstr(series.family, "leakcage_"), series.family);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("export_openmetrics");
    TCase *c = tcase_create("export_openmetrics");
    tcase_add_test(c, a_sample_has_the_time_of_the_wall_clock);
    tcase_add_test(c, counters_are_totals_in_base_units);
    tcase_add_test(c, a_run_ends_with_its_figures);
    tcase_add_test(c, what_stands_is_repeated_once_a_second);
    tcase_add_test(c, of_two_within_a_millisecond_the_last_counts);
    tcase_add_test(c, a_run_of_which_it_is_not_known_when_it_began_is_refused);
    tcase_add_test(c, hostile_names_stay_labels);
    tcase_add_test(c, names_units_and_helps_are_as_the_specification_wants_them);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
