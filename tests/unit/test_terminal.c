/* terminal: the closing block as a person sees it. */
#include "report/sparkline.h"
#include "report/terminal.h"

#include <string.h>

#include "base/cleanup.h"
#include "scenario/record_instruments.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

/* A leak of 1 MiB a cycle from 8 MiB on, judged, under an expectation. */
static struct record *make_record(void)
{
    static const struct run_spec spec = {
        .id = "unclosed-body",
        .scenario = "unclosed-body",
        .settings = {.limit_bytes = 64 * STORY_MIB,
                     .load = {.concurrency = 8},
                     .cycles = 10,
                     .cycles_min = 5,
                     .cycle_requests = STORY_REQUESTS,
                     .has_expectation = true,
                     .expect = VERDICT_LEAK,
                     .expects_cause = true,
                     .expect_cause = CAUSE_HEAP},
    };
    struct record *record = NULL;
    struct story story = story_new();
    ck_assert_int_eq(record_new(&spec, &record, NULL), 0);
    timeline_free(record->timeline);
    record->timeline = story.timeline;
    story_sample(&story, 8 * STORY_MIB);
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(&story, CYCLE_WARMUP, 8 * STORY_MIB);
    for (unsigned i = 1; i <= 5; i++) {
        story_cycle(&story, CYCLE_MEASURE, (8 + i) * STORY_MIB);
        story_sample(&story, (8 + 9 * i) * STORY_MIB);
    }
    strcpy(record->driver, "vm");
    strcpy(record->kernel, "6.1.0");
    strcpy(record->accel, "tcg");
    record->duration_ns = 9800 * NSEC_PER_MSEC;
    record_judge(record);
    return record;
}

static char *written(const struct record *record, struct terminal_style style, const char *dir)
{
    struct error err = {0};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(65536);
    ck_assert_msg(terminal_write_record(record, dir, &style, &out, &err) == 0, "%s", err.text);
    return strdup(buffer_text(&out));
}

START_TEST(cycles_that_were_smaller_than_planned_are_told_as_they_were)
{
    CLEANUP(record_freep) struct record *record = make_record();
    struct cycle *cycles = record->timeline->cycles;
    for (size_t i = 0; i < record->timeline->n_cycles; i++)
        if (cycles[i].kind == CYCLE_MEASURE)
            cycles[i].requests = i % 2 == 0 ? 24 : 27;
    CLEANUP(freep) char *text = written(record, (struct terminal_style){.utf8 = false}, NULL);
    ck_assert_msg(strstr(text, "5 cycles of 24 to 27 requests") != NULL, "%s", text);
    /* No share is less than none. */
    record->verdict.share_kernel = -0.003;
    record->verdict.share_user = 1.003;
    CLEANUP(freep) char *again = written(record, (struct terminal_style){.utf8 = false}, NULL);
    ck_assert_msg(strstr(again, "kernel 0 %, heap 100 %") != NULL, "%s", again);
}
END_TEST

START_TEST(the_block_of_a_leak_in_utf8)
{
    CLEANUP(record_freep) struct record *record = make_record();
    CLEANUP(freep)
    char *text = written(record, (struct terminal_style){.utf8 = true}, "results/unclosed-body");
    ck_assert_str_eq(
        text,
        "unclosed-body · limit 64.0 MiB · driver vm (6.1.0, tcg) · 5 cycles of 250 requests · "
        "9.8 s\n"
        "\n"
        "  memory   ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▃▃▃▃▃▄▄▄▄▄▄▅▅▅▅▅▅▆▆▆▆▆▇   peak 13.0 MiB of 64.0 MiB\n"
        "  floor    8.00 → 9.00 → 10.00 → 11.00 → 12.00 → 13.00 MiB\n"
        "\n"
        "  verdict  LEAK   +4.1 KiB per request (95 %: 4.1 KiB to 4.1 KiB)\n"
        "  cause    heap: private memory holds 100 % of the growth, with no more threads or "
        "descriptors\n"
        "  effect   out of memory after about 12,750 more requests; at 500/s in 25.5 s\n"
        "  held in  kernel 0 %, heap 100 % · reclaim gave back 0 B\n"
        "  note     followed over 1,250 requests; a cache that fills for longer looks the same "
        "(--requests)\n"
        "  expected leak (heap): pass\n"
        "  results  results/unclosed-body\n"
        "  next     leakcage explain results/unclosed-body\n"
        "\n");
}
END_TEST

START_TEST(what_to_do_next_is_said_of_a_leak_that_can_be_explained)
{
    CLEANUP(record_freep) struct record *record = make_record();
    const struct terminal_style style = {.utf8 = false};
    CLEANUP(freep) char *odd = written(record, style, "my results/x");
    ck_assert_ptr_nonnull(strstr(odd, "\n  next     leakcage explain \"my results/x\"\n"));
    CLEANUP(freep) char *nowhere = written(record, style, NULL);
    ck_assert_ptr_null(strstr(nowhere, "explain"));
    CLEANUP(freep)
    char *now = written(record, (struct terminal_style){.explains = true}, "results/x");
    ck_assert_ptr_null(strstr(now, "explain"));
    strcpy(record->driver, "function");
    CLEANUP(freep) char *function = written(record, style, "results/x");
    ck_assert_ptr_null(strstr(function, "explain"));
    strcpy(record->driver, "vm");
    record->verdict.kind = VERDICT_CLEAN;
    CLEANUP(freep) char *clean = written(record, style, "results/x");
    ck_assert_ptr_null(strstr(clean, "explain"));
}
END_TEST

START_TEST(instruments_are_told_with_what_they_do)
{
    CLEANUP(record_freep) struct record *record = make_record();
    record_add_instrument(record, &(struct record_instrument){.name = "heaptrack",
                                                              .state = RECORD_INSTRUMENT_IMPOSSIBLE,
                                                              .why = "it is linked statically"});
    record_add_instrument(
        record, &(struct record_instrument){.name = "pages", .effect = "every fault takes longer"});
    record_add_instrument(record, &(struct record_instrument){
                                      .name = "mappings", .effect = "every fault takes longer"});
    record_add_instrument(record, &(struct record_instrument){.name = "threads",
                                                              .state = RECORD_INSTRUMENT_FAILED,
                                                              .why = "ptrace is forbidden"});
    CLEANUP(freep)
    char *text = written(record, (struct terminal_style){.utf8 = false}, "results/x");
    ck_assert_ptr_nonnull(strstr(text,
                                 "  note     with instruments: pages, mappings, threads\n"
                                 "  warning  heaptrack cannot work here: it is linked statically\n"
                                 "  note     pages, mappings: every fault takes longer\n"
                                 "  warning  threads failed: ptrace is forbidden\n"));
    ck_assert_ptr_null(strstr(text, "leakcage explain"));
}
END_TEST

START_TEST(options_of_a_sanitizer_are_noted)
{
    CLEANUP(record_freep) struct record *record = make_record();
    strcpy(record->sanitizer_options, "TSAN_OPTIONS=history_size=0");
    CLEANUP(freep) char *text = written(record, (struct terminal_style){.utf8 = false}, NULL);
    ck_assert_ptr_nonnull(
        strstr(text, "\n  note     ThreadSanitizer: run with TSAN_OPTIONS=history_size=0, so that "
                     "its history stays small (--env TSAN_OPTIONS=... to choose)\n"));
}
END_TEST

START_TEST(what_the_allocator_says_has_a_line_of_its_own)
{
    CLEANUP(record_freep) struct record *record = make_record();
    struct survey *floor = &record->timeline->cycles[record->timeline->n_cycles - 1].floor;
    floor->value[SURVEY_HEAP_ARENA] = 33 * STORY_MIB;
    floor->value[SURVEY_HEAP_IN_USE] = 0;
    floor->value[SURVEY_HEAP_FREE] = 33 * STORY_MIB;
    CLEANUP(freep) char *text = written(record, (struct terminal_style){.utf8 = true}, NULL);
    ck_assert_ptr_nonnull(
        strstr(text, "back 0 B\n  malloc   33.0 MiB in arenas, 0 B in use, 33.0 MiB free\n"));
}
END_TEST

START_TEST(the_same_in_ascii_has_no_other_bytes)
{
    CLEANUP(record_freep) struct record *record = make_record();
    CLEANUP(freep) char *text = written(record, (struct terminal_style){.utf8 = false}, NULL);
    for (const char *c = text; *c != '\0'; c++)
        ck_assert_msg(*c == '\n' || (*c >= ' ' && *c < 0x7f), "byte %d", *c);
    ck_assert_ptr_nonnull(strstr(text, "unclosed-body | limit 64.0 MiB | driver vm"));
    ck_assert_ptr_nonnull(strstr(text, "  floor    8.00 > 9.00 > 10.00"));
    ck_assert_ptr_nonnull(strstr(text, "  memory   ......"));
    ck_assert_ptr_null(strstr(text, "results"));
}
END_TEST

START_TEST(colours_only_add_escape_sequences)
{
    CLEANUP(record_freep) struct record *record = make_record();
    CLEANUP(freep) char *plain = written(record, (struct terminal_style){.utf8 = true}, "x");
    CLEANUP(freep)
    char *colored = written(record, (struct terminal_style){.utf8 = true, .color = true}, "x");
    ck_assert_ptr_nonnull(strstr(colored, "\033[1;31mLEAK\033[0m"));
    ck_assert_ptr_nonnull(strstr(colored, "\033[1;32mpass\033[0m"));
    char *out = colored;
    for (const char *in = colored; *in != '\0';) {
        if (*in == '\033')
            in = strchr(in, 'm') + 1;
        else
            *out++ = *in++;
    }
    *out = '\0';
    ck_assert_str_eq(colored, plain);
}
END_TEST

START_TEST(a_failed_run_shows_the_error_and_no_verdict)
{
    CLEANUP(record_freep) struct record *record = make_record();
    error_set(&record->error, ERROR_SERVICE, "the service ended; the end of what it printed:\nbye");
    record_judge(record);
    CLEANUP(freep) char *text = written(record, (struct terminal_style){.utf8 = true}, NULL);
    ck_assert_ptr_nonnull(strstr(text, "  error    the service ended"));
    ck_assert_ptr_nonnull(strstr(text, "\nbye\n"));
    ck_assert_ptr_null(strstr(text, "LEAK"));
    ck_assert_ptr_nonnull(strstr(text, "expected leak (heap): no verdict"));
}
END_TEST

START_TEST(what_was_not_expected_fails)
{
    CLEANUP(record_freep) struct record *record = make_record();
    record->expect_cause = CAUSE_SOCKETS;
    record_judge(record);
    CLEANUP(freep) char *text = written(record, (struct terminal_style){.utf8 = true}, NULL);
    ck_assert_ptr_nonnull(strstr(text, "expected leak (sockets): FAIL"));
}
END_TEST

START_TEST(many_floors_are_the_first_and_the_last)
{
    CLEANUP(record_freep) struct record *record = make_record();
    struct story story = {.timeline = record->timeline, .question = record->question};
    for (unsigned i = 6; i <= 20; i++)
        story_cycle(&story, CYCLE_MEASURE, (8 + i) * STORY_MIB);
    record_judge(record);
    CLEANUP(freep) char *text = written(record, (struct terminal_style){.utf8 = true}, NULL);
    ck_assert_msg(
        strstr(text, "  floor    8.0 → 9.0 → 10.0 → … → 25.0 → 26.0 → 27.0 → 28.0 MiB\n") != NULL,
        "%s", text);
}
END_TEST

START_TEST(findings_and_warnings_are_told)
{
    CLEANUP(record_freep) struct record *record = make_record();
    record->timeline->ticks = 10;
    record->timeline->late_ticks = 9;
    record_warn(record, "the machine swapped");
    record_judge(record);
    CLEANUP(freep) char *text = written(record, (struct terminal_style){.utf8 = true}, NULL);
    ck_assert_ptr_nonnull(strstr(text, "  note     9 of 10 samples were taken late"));
    ck_assert_ptr_nonnull(strstr(text, "  warning  the machine swapped\n"));
}
END_TEST

START_TEST(several_runs_are_a_table)
{
    CLEANUP(record_freep) struct record *pass = make_record();
    CLEANUP(record_freep) struct record *fail = make_record();
    fail->expect = VERDICT_CLEAN;
    record_judge(fail);
    const struct record *records[] = {pass, fail};
    const struct terminal_style style = {.utf8 = true};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(65536);
    ck_assert_int_eq(terminal_write_summary(records, 2, &style, &out, NULL), 0);
    ck_assert_str_eq(buffer_text(&out),
                     "  pass  unclosed-body                leak          heap         9.8 s\n"
                     "  fail  unclosed-body                leak          heap         9.8 s\n"
                     "  1 passed, 1 failed, 0 undecided, 0 in error\n\n");
}
END_TEST

START_TEST(a_sparkline_is_scaled_to_its_top_and_fills_gaps)
{
    CLEANUP(story_done) struct story story = story_new();
    const struct terminal_style style = {.utf8 = false};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(100);
    ck_assert_int_eq(sparkline_write(story.timeline, 8, 100, &style, &out, NULL), 0);
    ck_assert_str_eq(buffer_text(&out), ""); /* nothing measured, nothing drawn */
    static const uint64_t bytes[] = {0, 50, 200, 99};
    for (size_t i = 0; i < ARRAY_LENGTH(bytes); i++) {
        story_sample(&story, bytes[i]);
        story_cycle(&story, CYCLE_REST, 0);
    }
    ck_assert_int_eq(sparkline_write(story.timeline, 8, 100, &style, &out, NULL), 0);
    ck_assert_str_eq(buffer_text(&out), "__===###"); /* the last sample is in the last cell */
}
END_TEST

START_TEST(texts_of_others_do_not_steer_the_terminal)
{
    CLEANUP(record_freep) struct record *record = make_record();
    strcpy(record->id, "a\033]0;b\007\xff");
    record_warn(record, "%s",
                "c\033[2J\r\xe2\x80\xae"
                "d");
    CLEANUP(freep) char *text = written(record, (struct terminal_style){.utf8 = true}, NULL);
    ck_assert_ptr_null(strpbrk(text, "\033\007\r"));
    ck_assert_ptr_nonnull(strstr(text, "a\xef\xbf\xbd]0;b\xef\xbf\xbd\xef\xbf\xbd · limit"));
    ck_assert_ptr_nonnull(strstr(text, "  warning  c\xef\xbf\xbd[2J \xef\xbf\xbd"
                                       "d\n"));
    /* An error may hold the end of a log: its lines stay lines. */
    error_set(&record->error, ERROR_SERVICE, "it ended:\nline\033[1m\nlast");
    CLEANUP(freep) char *failed = written(record, (struct terminal_style){.utf8 = false}, NULL);
    ck_assert_ptr_nonnull(strstr(failed, "  error    it ended:\nline?[1m\nlast\n"));
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(65536);
    const struct terminal_style plain = {.utf8 = false};
    const struct record *records[] = {record};
    ck_assert_int_eq(terminal_write_summary(records, 1, &plain, &out, NULL), 0);
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), " a?]0;b?? "));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("terminal");
    TCase *c = tcase_create("closing block");
    tcase_add_test(c, cycles_that_were_smaller_than_planned_are_told_as_they_were);
    tcase_add_test(c, the_block_of_a_leak_in_utf8);
    tcase_add_test(c, options_of_a_sanitizer_are_noted);
    tcase_add_test(c, what_to_do_next_is_said_of_a_leak_that_can_be_explained);
    tcase_add_test(c, instruments_are_told_with_what_they_do);
    tcase_add_test(c, what_the_allocator_says_has_a_line_of_its_own);
    tcase_add_test(c, the_same_in_ascii_has_no_other_bytes);
    tcase_add_test(c, colours_only_add_escape_sequences);
    tcase_add_test(c, a_failed_run_shows_the_error_and_no_verdict);
    tcase_add_test(c, what_was_not_expected_fails);
    tcase_add_test(c, many_floors_are_the_first_and_the_last);
    tcase_add_test(c, findings_and_warnings_are_told);
    tcase_add_test(c, texts_of_others_do_not_steer_the_terminal);
    tcase_add_test(c, several_runs_are_a_table);
    tcase_add_test(c, a_sparkline_is_scaled_to_its_top_and_fills_gaps);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
