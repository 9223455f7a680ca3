/* progress: one line that says where a run stands. */
#include "report/progress.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

static const struct run_progress progress = {
    .id = "unclosed-body",
    .phase = "cycle 3",
    .cycle = 2,
    .cycles_max = 8,
    .requests = 50,
    .requests_goal = 100,
    .memory_bytes = 25 * 1024 * 1024,
    .limit_bytes = 50 * 1024 * 1024,
    .elapsed_ns = 6 * NSEC_PER_SEC,
    .budget_ns = 60 * NSEC_PER_SEC,
};

static const char *line_of(const struct run_progress *what, struct terminal_style style)
{
    static char text[1024];
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1024);
    ck_assert_int_eq(progress_write(what, &style, &out, NULL), 0);
    strcpy(text, buffer_text(&out));
    return text;
}

static unsigned columns_of(const char *text)
{
    unsigned columns = 0;
    for (; *text != '\0'; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

START_TEST(a_line_has_phase_memory_requests_and_time)
{
    const char *line = line_of(&progress, (struct terminal_style){.width = 200});
    static const char *const parts[] = {"unclosed-body  cycle 3",
                                        "[##########..........]",
                                        "25.0 MiB of 50.0 MiB",
                                        "50/100",
                                        "6.0 s",
                                        ", at most 12.0 s more"};
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
        ck_assert_msg(strstr(line, parts[i]) != NULL, "\"%s\" is not in \"%s\"", parts[i], line);
}
END_TEST

START_TEST(blocks_where_the_terminal_has_them)
{
    const char *line = line_of(&progress, (struct terminal_style){.utf8 = true, .width = 200});
    ck_assert_ptr_nonnull(strstr(line, "█████░"));
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
    struct run_progress early = {.id = "x",
                                 .phase = "start",
                                 .memory_bytes = SURVEY_ABSENT,
                                 .limit_bytes = UINT64_MAX,
                                 .cycles_max = 8};
    ck_assert_str_eq(line_of(&early, (struct terminal_style){.width = 0}), "  x  start       0 us");
    early.memory_bytes = 1024;
    ck_assert_ptr_null(strchr(line_of(&early, (struct terminal_style){.width = 0}), '['));
}
END_TEST

static const char *several_line(unsigned n, struct progress_tally tally,
                                struct terminal_style style)
{
    static char text[1024];
    const struct run_progress runs[] = {
        progress,
        {.id = "clean", .phase = "start", .memory_bytes = SURVEY_ABSENT, .limit_bytes = UINT64_MAX},
    };
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1024);
    ck_assert_int_eq(progress_write_several(runs, n, &tally, &style, &out), 0);
    strcpy(text, buffer_text(&out));
    return text;
}

START_TEST(several_runs_share_a_line)
{
    const struct terminal_style plain = {.width = 0};
    const struct terminal_style modern = {.utf8 = true, .width = 40};
    ck_assert_str_eq(several_line(2, (struct progress_tally){.done = 3, .all = 8}, plain),
                     "  3 of 8 done | unclosed-body cycle 3 25.0 MiB | clean start");
    ck_assert_str_eq(several_line(0, (struct progress_tally){.done = 3}, plain), "  3 done");
    const char *cut = several_line(2, (struct progress_tally){.done = 3, .all = 8}, modern);
    ck_assert_uint_eq(columns_of(cut), 40);
    ck_assert_ptr_nonnull(strstr(cut, "done · unclosed-body"));
}
END_TEST

START_TEST(no_line_is_wider_than_the_terminal)
{
    for (unsigned width = 1; width < 150; width++) {
        const char *line =
            line_of(&progress, (struct terminal_style){.utf8 = width % 2 == 0, .width = width});
        ck_assert_uint_le(columns_of(line), width);
        ck_assert_int_ne((unsigned char)line[strlen(line) - 1] & 0xc0,
                         0xc0); /* no half character */
    }
}
END_TEST

START_TEST(more_than_the_limit_is_a_full_bar)
{
    struct run_progress over = progress;
    over.memory_bytes = 2 * over.limit_bytes;
    ck_assert_ptr_nonnull(strstr(line_of(&over, (struct terminal_style){.width = 0}), "#]"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("progress");
    TCase *c = tcase_create("line");
    tcase_add_test(c, a_line_has_phase_memory_requests_and_time);
    tcase_add_test(c, blocks_where_the_terminal_has_them);
    tcase_add_test(c, what_is_not_known_is_left_out);
    tcase_add_test(c, several_runs_share_a_line);
    tcase_add_test(c, no_line_is_wider_than_the_terminal);
    tcase_add_test(c, more_than_the_limit_is_a_full_bar);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
