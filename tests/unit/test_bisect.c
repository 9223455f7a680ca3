/* bisect: what git is told, for whatever way a run ends. */
#include "cli/bisect.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

/* Is it asked for by these words of a command line, NULL-terminated? */
static bool asked(const char *const *words)
{
    int n = 0;
    while (words[n] != NULL)
        n++;
    return bisect_is_asked(n, words);
}

#define ASKED(...) asked((const char *const[]){"leakcage", __VA_ARGS__, NULL})

START_TEST(it_is_asked_for_wherever_it_stands_before_the_command)
{
    ck_assert(ASKED("run", "--bisect", "clean"));
    ck_assert(ASKED("run", "clean", "--bisect"));
    ck_assert(ASKED("run", "--nonsense", "--bisec", "--", "x"));
    ck_assert(ASKED("--bisect"));
    ck_assert(!ASKED("run", "--", "x", "--bisect"));
    ck_assert(!ASKED("run", "--b", "x"));
    ck_assert(!ASKED("run", "--bisection"));
    ck_assert(!ASKED("run"));
}
END_TEST

START_TEST(every_status_is_good_bad_skip_or_stop)
{
    static const struct {
        enum exit_status status;
        int bisect;
    } rows[] = {
        {EXIT_AS_EXPECTED, 0},   {EXIT_OTHER_VERDICT, 1}, {EXIT_USAGE, 130},
        {EXIT_ENVIRONMENT, 131}, {EXIT_SERVICE, 125},     {EXIT_INCONCLUSIVE, 125},
        {EXIT_INTERRUPTED, 130},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        ck_assert_int_eq(bisect_status_of(rows[i].status), rows[i].bisect);
}
END_TEST

START_TEST(an_error_stops_unless_it_is_the_commits_own)
{
    static const struct {
        struct error err;
        int bisect;
    } rows[] = {
        {{.kind = ERROR_USAGE}, 130},
        {{.kind = ERROR_USAGE, .errno_value = EISDIR}, 130},
        {{.kind = ERROR_USAGE, .errno_value = ENOENT}, 125},
        {{.kind = ERROR_ENVIRONMENT, .errno_value = ENOENT}, 131},
        {{.kind = ERROR_INTERNAL}, 131},
        {{.kind = ERROR_SERVICE}, 125},
        {{.kind = ERROR_INTERRUPTED}, 130},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        ck_assert_int_eq(bisect_status_of_error(&rows[i].err), rows[i].bisect);
}
END_TEST

static struct options options_of(enum command command, bool bisect)
{
    return (struct options){.command = command, .bisect = bisect};
}

START_TEST(only_run_bisects_and_only_a_bisection_builds)
{
    struct error err = {.kind = ERROR_NONE};
    struct options options = options_of(COMMAND_RUN, true);
    ck_assert_int_eq(bisect_check_options(&options, &err), 0);
    options.build_command = "make";
    ck_assert_int_eq(bisect_check_options(&options, &err), 0);
    options.bisect = false;
    ck_assert_int_eq(bisect_check_options(&options, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "--build: found without --bisect"));
    options.command = COMMAND_COMPARE;
    ck_assert_int_eq(bisect_check_options(&options, &err), 0);
    options.bisect = true;
    ck_assert_int_eq(bisect_check_options(&options, &err), -1);
    options = options_of(COMMAND_HELP, true);
    ck_assert_int_eq(bisect_check_options(&options, &err), -1);
    options = options_of(COMMAND_RUN, true);
    options.shard = "0/2";
    ck_assert_int_eq(bisect_check_options(&options, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

static struct record leak(double bytes)
{
    return (struct record){
        .id = "a",
        .outcome = OUTCOME_FAIL,
        .verdict = {.kind = VERDICT_LEAK, .growth = {.present = true, .estimate = bytes}},
    };
}

static struct record clean(void)
{
    return (struct record){.id = "b", .outcome = OUTCOME_PASS, .verdict = {.kind = VERDICT_CLEAN}};
}

static struct record undecided(void)
{
    return (struct record){.id = "c",
                           .outcome = OUTCOME_UNDECIDED,
                           .verdict = {.kind = VERDICT_INCONCLUSIVE, .reason = "too few cycles"}};
}

static struct record failed(enum error_kind kind)
{
    return (struct record){.id = "d",
                           .outcome = OUTCOME_ERROR,
                           .error = {.kind = kind, .text = "exit status 3\nits log"}};
}

#define RECORDS_MAX 6

/* The records are told once the plan of `n_runs` was repeated as often as there are more. */
static void expect(size_t n_runs, const struct record *records, size_t n_records, int status,
                   const char *text)
{
    const struct record *pointers[RECORDS_MAX];
    char found[500];
    for (size_t i = 0; i < n_records; i++)
        pointers[i] = &records[i];
    ck_assert_int_eq(bisect_judge(pointers, n_records, n_runs, found, sizeof(found)), status);
    ck_assert_str_eq(found, text);
}

#define EXPECT(n_runs, status, text, ...)                \
    expect(n_runs, (const struct record[]){__VA_ARGS__}, \
           sizeof((struct record[]){__VA_ARGS__}) / sizeof(struct record), status, text)

START_TEST(one_run_decides_with_its_figures)
{
    EXPECT(1, 1, "bad (leak, +1.0 KiB per request)", leak(1024));
    EXPECT(1, 0, "good (clean)", clean());
    EXPECT(1, 125, "skip (inconclusive: too few cycles)", undecided());
    EXPECT(1, 125, "skip (exit status 3)", failed(ERROR_SERVICE));
    EXPECT(1, 131, "stop (exit status 3)", failed(ERROR_ENVIRONMENT));

    struct record by_the_clock = leak(0);
    by_the_clock.verdict.has_time_rate = true;
    by_the_clock.verdict.bytes_per_s = 2048;
    EXPECT(1, 1, "bad (leak, +2.0 KiB per second)", by_the_clock);
}
END_TEST

START_TEST(what_was_expected_is_said_when_it_is_something_else)
{
    struct record expected = leak(1024);
    struct record other = clean();
    expected.has_expectation = other.has_expectation = true;
    expected.expect = other.expect = VERDICT_LEAK;
    expected.outcome = OUTCOME_PASS;
    other.outcome = OUTCOME_FAIL;
    EXPECT(1, 0, "good (leak, +1.0 KiB per request)", expected);
    EXPECT(1, 1, "bad (clean, expected leak)", other);
}
END_TEST

START_TEST(repeats_must_agree)
{
    EXPECT(1, 1, "bad (leak, +1.0 KiB per request; 2 runs agree)", leak(1024), leak(1030));
    EXPECT(1, 0, "good (clean; 3 runs agree)", clean(), clean(), clean());
    EXPECT(1, 125, "skip (3 runs do not agree: leak, leak, clean)", leak(1024), leak(1024),
           clean());
    EXPECT(1, 125, "skip (2 runs do not agree: clean, inconclusive)", clean(), undecided());
    EXPECT(1, 125, "skip (2 runs do not agree: failed, leak)", failed(ERROR_SERVICE), leak(1024));
    EXPECT(1, 131, "stop (exit status 3)", leak(1024), failed(ERROR_ENVIRONMENT));
}
END_TEST

START_TEST(of_several_runs_the_worst_decides_and_is_named)
{
    EXPECT(2, 1, "bad (a: leak, +1.0 KiB per request)", clean(), leak(1024));
    EXPECT(2, 0, "good (b: clean)", clean(), clean());
    EXPECT(2, 1, "bad (a: leak, +1.0 KiB per request)", leak(1024), undecided());
    EXPECT(2, 125, "skip (c: inconclusive: too few cycles)", clean(), undecided());
    EXPECT(2, 125, "skip (d: exit status 3)", leak(1024), failed(ERROR_SERVICE));
    /* a, b, and both again: a agrees with itself and is bad, b does not. */
    EXPECT(2, 1, "bad (a: leak, +1.0 KiB per request; 2 runs agree)", leak(1024), clean(),
           leak(1024), leak(1));
    EXPECT(2, 125, "skip (b: 2 runs do not agree: clean, leak)", clean(), clean(), clean(),
           leak(1));
}
END_TEST

START_TEST(a_run_that_is_missing_decides_nothing)
{
    EXPECT(2, 125, "skip (not all runs were done)", clean(), clean(), clean());
    EXPECT(3, 125, "skip (not all runs were done)", clean());
    char text[100];
    ck_assert_int_eq(bisect_judge(NULL, 0, 1, text, sizeof(text)), BISECT_SKIP);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bisect");
    TCase *c = tcase_create("status");
    tcase_add_test(c, it_is_asked_for_wherever_it_stands_before_the_command);
    tcase_add_test(c, every_status_is_good_bad_skip_or_stop);
    tcase_add_test(c, an_error_stops_unless_it_is_the_commits_own);
    tcase_add_test(c, only_run_bisects_and_only_a_bisection_builds);
    suite_add_tcase(s, c);
    c = tcase_create("judge");
    tcase_add_test(c, one_run_decides_with_its_figures);
    tcase_add_test(c, what_was_expected_is_said_when_it_is_something_else);
    tcase_add_test(c, repeats_must_agree);
    tcase_add_test(c, of_several_runs_the_worst_decides_and_is_named);
    tcase_add_test(c, a_run_that_is_missing_decides_nothing);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
