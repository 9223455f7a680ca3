/* watch_screen: whole pictures, as they stand in frames/, and what there is room for. */
#include "view/watch_screen.h"

#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/watched.h"

#define MIB ((uint64_t)1 << 20)

static struct watch_state state;
static struct watch_grid grid;

static void setup(void)
{
    state = (struct watch_state){.driver = "vm", .title = "leakcage"};
    grid = (struct watch_grid){.cells = NULL};
}

static void teardown(void)
{
    watch_state_done(&state);
    watch_grid_done(&grid);
}

/* The picture as text; valid until the next call. */
static const char *draw(unsigned columns, unsigned rows, bool utf8)
{
    static char shown[1 << 18];
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(sizeof(shown));
    ck_assert_int_eq(watch_grid_reset(&grid, columns, rows, utf8, NULL), 0);
    watch_screen_draw(&state, &grid);
    ck_assert_int_eq(watch_grid_text(&grid, &text, NULL), 0);
    snprintf(shown, sizeof(shown), "%s", buffer_text(&text));
    return shown;
}

/* It must be what is in frames/NAME.txt. */
static void expect_frame(const char *name, const char *shown)
{
    CLEANUP(buffer_done) struct buffer expected = BUFFER_INIT(1 << 18);
    char path[512];
    snprintf(path, sizeof(path), FRAMES "/%s.txt", name);
    bool same = file_read(AT_FDCWD, path, &expected, NULL) == 0 &&
                strcmp(buffer_text(&expected), shown) == 0;
    if (!same)
        fprintf(stderr, "%s: drawn is\n%s", name, shown); /* libcheck's messages are short */
    ck_assert_msg(same, "what is drawn is not what is in %s", path);
}

static struct watched leak = {
    .id = "unclosed-body", .limit_bytes = 32 * MIB, .cycles = 4.4, .leak_bytes = 41 << 10};

START_TEST(a_leak_in_80_by_24)
{
    watched_tell(&leak, &state);
    expect_frame("leak-80x24", draw(80, 24, true));
}
END_TEST

START_TEST(a_leak_in_200_by_50)
{
    watched_tell(&leak, &state);
    expect_frame("leak-200x50", draw(200, 50, true));
}
END_TEST

START_TEST(a_leak_in_ascii)
{
    watched_tell(&leak, &state);
    const char *shown = draw(80, 24, false);
    expect_frame("leak-ascii", shown);
    for (; *shown != '\0'; shown++)
        ck_assert_int_lt((unsigned char)*shown, 0x80);
}
END_TEST

START_TEST(no_limit)
{
    struct watched unlimited = leak;
    unlimited.limit_bytes = UINT64_MAX;
    watched_tell(&unlimited, &state);
    expect_frame("no-limit", draw(80, 24, true));
}
END_TEST

START_TEST(nothing_known_but_the_phase)
{
    struct watched bare = leak;
    bare.bare = true;
    watched_tell(&bare, &state);
    expect_frame("bare", draw(80, 24, true));
}
END_TEST

START_TEST(killed_and_started_again)
{
    struct watched killed = leak;
    killed.killed_in = 3;
    killed.limit_bytes = 17 * MIB;
    killed.cycles = 6.3;
    watched_tell(&killed, &state);
    expect_frame("killed", draw(100, 32, true));
}
END_TEST

/* A record that is done. */
static void finish(const char *id, enum verdict_kind kind, enum cause cause)
{
    static const struct run_spec nothing = {.scenario = ""};
    CLEANUP(record_freep) struct record *record = NULL;
    ck_assert_int_eq(record_new(&nothing, &record, NULL), 0);
    snprintf(record->id, sizeof(record->id), "%s", id);
    record->verdict.kind = kind;
    record->verdict.cause = cause;
    record->verdict.growth = (struct verdict_growth){.present = true, .estimate = 65536};
    record->duration_ns = 8400 * NSEC_PER_MSEC;
    watch_state_record(&state, record);
}

START_TEST(one_of_several_and_how_the_last_ones_ended)
{
    state.n_planned = 4;
    finish("oom-restart", VERDICT_LEAK, CAUSE_HEAP);
    finish("clean", VERDICT_CLEAN, CAUSE_NONE);
    watched_tell(&leak, &state);
    expect_frame("one-of-several", draw(100, 40, true));
}
END_TEST

START_TEST(several_at_a_time)
{
    state.several = true;
    state.n_planned = 8;
    finish("oom-restart", VERDICT_LEAK, CAUSE_HEAP);
    finish("clean", VERDICT_CLEAN, CAUSE_NONE);
    finish("concurrency-spike", VERDICT_PRESSURE, CAUSE_TRANSIENT);
    watched_tell(&leak, &state);
    struct watched other = {
        .id = "arena-creep.fixed", .limit_bytes = 8 * MIB, .cycles = 2.1, .leak_bytes = 100};
    watched_tell(&other, &state);
    other = (struct watched){.id = "no-limit", .limit_bytes = UINT64_MAX, .cycles = 0.5};
    watched_tell(&other, &state);
    struct run_progress word = watched_word("starting", "start", 300 * NSEC_PER_MSEC);
    ck_assert_int_eq(watch_state_progress(&state, &word, NULL), 0);
    expect_frame("several-80x24", draw(80, 24, true));
    expect_frame("several-140x30", draw(140, 30, true));
}
END_TEST

START_TEST(before_the_first_word)
{
    snprintf(state.title, sizeof(state.title), "unclosed-body");
    state.waited_ns = 1700 * NSEC_PER_MSEC;
    const char *shown = draw(80, 24, true);
    ck_assert_ptr_nonnull(strstr(shown, " unclosed-body · driver vm\n\n the guest starts 1.7 s\n"));
}
END_TEST

START_TEST(held_and_stopping)
{
    watched_tell(&leak, &state);
    state.paused = true;
    ck_assert_ptr_nonnull(strstr(draw(80, 24, true), " q stop   p go on "));
    ck_assert_ptr_nonnull(strstr(draw(80, 24, true), "held: the run goes on\n"));
    state.paused = false;
    state.stopping = true;
    ck_assert_ptr_nonnull(
        strstr(draw(80, 24, true), "\n stopping: what goes on is recorded as interrupted\n"));
}
END_TEST

START_TEST(hostile_names_and_notes_are_text)
{
    struct run_progress word =
        watched_word("x\033]0;title\007\xff<script>\xe2\x80\xae", "cycle \033[2J\n9", 0);
    ck_assert_int_eq(watch_state_progress(&state, &word, NULL), 0);
    snprintf(state.note, sizeof(state.note),
             "warning:\r\033[31m \xc2\x9b"
             "2J %%s \xf0\x9f\x92\xa5");
    expect_frame("hostile", draw(80, 24, true));
    state.several = true;
    const char *shown = draw(80, 24, true);
    ck_assert_ptr_nonnull(strstr(shown, "x?]0;title?\?<script>?"));
    for (const char *at = shown; *at != '\0'; at++)
        ck_assert(*at == '\n' || (unsigned char)*at >= ' ');
}
END_TEST

START_TEST(a_note_stands_above_the_keys)
{
    watched_tell(&leak, &state);
    snprintf(state.note, sizeof(state.note), "warning: the clock jumped");
    const char *shown = draw(80, 24, true);
    ck_assert_ptr_nonnull(strstr(shown, "\n ▸ warning: the clock jumped\n q stop "));
}
END_TEST

/* Columns of the widest line. */
static unsigned widest(const char *shown)
{
    char line[8192];
    unsigned columns = 0;
    for (const char *end = NULL; (end = strchr(shown, '\n')) != NULL; shown = end + 1) {
        snprintf(line, sizeof(line), "%.*s", (int)(end - shown), shown);
        columns = watch_grid_width(line) > columns ? watch_grid_width(line) : columns;
    }
    return columns;
}

START_TEST(any_size_does)
{
    static const char *const modes[] = {"one", "several", "none"};
    for (size_t mode = 0; mode < ARRAY_LENGTH(modes); mode++) {
        watch_state_done(&state);
        state.several = mode == 1;
        state.n_done_kept = 0;
        finish("a-run-with-a-long-name-that-goes-on-and-on.variant.2", VERDICT_LEAK, CAUSE_HEAP);
        if (mode < 2)
            watched_tell(&leak, &state);
        for (unsigned columns = 0; columns <= 130; columns += 2)
            for (unsigned rows = 0; rows <= 60; rows += columns % 3 + 1)
                ck_assert_uint_le(widest(draw(columns, rows, true)), columns);
    }
}
END_TEST

START_TEST(the_verdict_is_the_last_fact_to_go)
{
    watched_tell(&leak, &state);
    for (unsigned rows = 6; rows < 40; rows++) {
        const char *shown = draw(80, rows, true);
        ck_assert_msg(strstr(shown, " verdict  in about ") != NULL, "%u rows:\n%s", rows, shown);
        ck_assert_int_eq(strstr(shown, " latency ") != NULL, rows >= 13);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("watch_screen");
    TCase *c = tcase_create("pictures");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_leak_in_80_by_24);
    tcase_add_test(c, a_leak_in_200_by_50);
    tcase_add_test(c, a_leak_in_ascii);
    tcase_add_test(c, no_limit);
    tcase_add_test(c, nothing_known_but_the_phase);
    tcase_add_test(c, killed_and_started_again);
    tcase_add_test(c, one_of_several_and_how_the_last_ones_ended);
    tcase_add_test(c, several_at_a_time);
    tcase_add_test(c, before_the_first_word);
    tcase_add_test(c, held_and_stopping);
    tcase_add_test(c, hostile_names_and_notes_are_text);
    tcase_add_test(c, a_note_stands_above_the_keys);
    tcase_add_test(c, any_size_does);
    tcase_add_test(c, the_verdict_is_the_last_fact_to_go);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
