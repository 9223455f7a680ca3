/* comparison: verdicts, figures, claims, and the sentence that somebody reads. */
#include "verdict/comparison.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/support/check_main.h"
#include "tests/support/random.h"

#define KIB 1024.0
#define MIB (1024.0 * 1024)

/* Variants with runs of their own, all alike but for what a test sets. */
struct bench {
    struct comparison_run runs[COMPARISON_VARIANTS_MAX][COMPARISON_REPEATS_MAX];
    struct comparison_input inputs[COMPARISON_VARIANTS_MAX];
    unsigned n;
    struct random random;
    struct comparison result;
};

/* All but KILLED, each about its usual size with 1 % of noise. */
static void bench_fill(struct bench *bench, struct comparison_run *run)
{
    static const double usual[FIGURE_COMPARED_MAX_] = {
        [FIGURE_GROWTH] = 0.3,       [FIGURE_FLOOR] = 8 * MIB, [FIGURE_PEAK] = 20 * MIB,
        [FIGURE_RETAINED] = 2 * MIB, [FIGURE_RATE] = 900,      [FIGURE_P50] = 3e6,
        [FIGURE_P99] = 9e6,          [FIGURE_CPU] = 700e3,
    };
    *run = (struct comparison_run){.judged = true, .kind = VERDICT_CLEAN};
    for (enum figure f = 0; f < FIGURE_KILLED; f++)
        figures_set(&run->figures, f, usual[f] * (1 + 0.01 * random_normal(&bench->random)));
    run->figures.value[FIGURE_GROWTH] = 0.3 * random_normal(&bench->random);
}

static struct bench *bench_new(unsigned n, const char *const *names, unsigned repeats)
{
    static struct bench bench;
    memset(&bench, 0, sizeof(bench));
    bench.n = n;
    bench.random = random_from(5);
    for (unsigned v = 0; v < n; v++) {
        bench.inputs[v] =
            (struct comparison_input){.name = names[v], .runs = bench.runs[v], .n_runs = repeats};
        for (unsigned i = 0; i < repeats; i++)
            bench_fill(&bench, &bench.runs[v][i]);
    }
    return &bench;
}

static struct bench *two(unsigned repeats)
{
    static const char *const names[] = {"plain", "race"};
    return bench_new(2, names, repeats);
}

static struct bench *three(unsigned repeats)
{
    static const char *const names[] = {"plain", "race", "asan"};
    return bench_new(3, names, repeats);
}

static void multiply(struct bench *bench, unsigned v, enum figure figure, double factor)
{
    for (unsigned i = 0; i < bench->inputs[v].n_runs; i++)
        bench->runs[v][i].figures.value[figure] *= factor;
}

static void set_leak(struct comparison_run *run, double bytes)
{
    run->kind = VERDICT_LEAK;
    run->cause = CAUSE_HEAP;
    run->growth = (struct verdict_growth){true, bytes, 0.99 * bytes, 1.01 * bytes};
    figures_set(&run->figures, FIGURE_GROWTH, bytes);
}

/* A few bytes apart, so that no two runs are the same. */
static void leak(struct bench *bench, unsigned v, double bytes)
{
    for (unsigned i = 0; i < bench->inputs[v].n_runs; i++)
        set_leak(&bench->runs[v][i], bytes * (1 + 1e-5 * i));
}

static void judge(struct bench *bench, unsigned v, enum verdict_kind kind)
{
    for (unsigned i = 0; i < bench->inputs[v].n_runs; i++)
        bench->runs[v][i].kind = kind;
}

static void kill_after(struct bench *bench, unsigned v, double requests)
{
    for (unsigned i = 0; i < bench->inputs[v].n_runs; i++)
        figures_set(&bench->runs[v][i].figures, FIGURE_KILLED, requests);
}

static const struct comparison *compare(struct bench *bench)
{
    comparison_make(bench->inputs, bench->n, &bench->result);
    return &bench->result;
}

static void expect_sentence(struct bench *bench, const char *sentence)
{
    ck_assert_str_eq(compare(bench)->sentence, sentence);
}

/* --- numbers --- */

START_TEST(figures_are_summed_up_over_the_repeats_that_have_them)
{
    struct bench *bench = two(3);
    for (unsigned i = 0; i < 3; i++)
        bench->runs[1][i].figures.value[FIGURE_PEAK] = (30 + i) * MIB;
    bench->runs[1][2].figures.present &= ~(1U << FIGURE_CPU);
    bench->runs[0][0].figures.value[FIGURE_PEAK] = 10 * MIB;
    bench->runs[0][1].figures.value[FIGURE_PEAK] = 15 * MIB;
    bench->runs[0][2].figures.value[FIGURE_PEAK] = 20 * MIB;
    const struct comparison *comparison = compare(bench);
    const struct comparison_figure *peak = &comparison->variant[1].figure[FIGURE_PEAK];
    ck_assert_uint_eq(peak->n, 3);
    ck_assert_double_eq(peak->median, 31 * MIB);
    ck_assert_double_eq(peak->low, 30 * MIB);
    ck_assert_double_eq(peak->high, 32 * MIB);
    ck_assert(peak->has_ratio);
    ck_assert_double_eq_tol(peak->ratio, 31.0 / 15, 1e-9);
    ck_assert_double_eq_tol(peak->ratio_low, 1.5, 1e-9);
    ck_assert_double_eq_tol(peak->ratio_high, 3.2, 1e-9);
    ck_assert_double_eq_tol(peak->confidence, 0.9, 1e-9);
    const struct comparison_figure *cpu = &comparison->variant[1].figure[FIGURE_CPU];
    ck_assert_uint_eq(cpu->n, 2);
    ck_assert(cpu->present && !cpu->has_p && !cpu->differs);
    ck_assert(!comparison->variant[1].figure[FIGURE_KILLED].present);
    ck_assert(!comparison->variant[0].figure[FIGURE_PEAK].has_ratio);
}
END_TEST

START_TEST(one_repeat_has_its_own_interval_of_growth)
{
    struct bench *bench = two(1);
    leak(bench, 1, 1000);
    const struct comparison_figure *growth = &compare(bench)->variant[1].figure[FIGURE_GROWTH];
    ck_assert_double_eq(growth->low, 990);
    ck_assert_double_eq(growth->high, 1010);
    ck_assert_double_eq(bench->result.variant[1].figure[FIGURE_PEAK].confidence, 0);
    ck_assert_uint_eq(bench->result.repeats, 1);
    ck_assert_uint_eq(bench->result.repeats_needed, 4);
}
END_TEST

START_TEST(the_verdict_is_that_of_most_runs_and_the_worse_of_a_tie)
{
    struct bench *bench = two(5);
    set_leak(&bench->runs[1][0], 100);
    set_leak(&bench->runs[1][1], 100);
    bench->runs[1][1].cause = CAUSE_SOCKETS;
    set_leak(&bench->runs[1][2], 100);
    bench->runs[1][2].cause = CAUSE_SOCKETS;
    compare(bench);
    ck_assert_int_eq(bench->result.variant[1].kind, VERDICT_LEAK);
    ck_assert_int_eq(bench->result.variant[1].cause, CAUSE_SOCKETS);
    ck_assert_uint_eq(bench->result.variant[1].agree, 3);
    bench->runs[1][4].judged = false; /* two clean, three leaks, and then two and two */
    bench->runs[1][0].kind = VERDICT_INCONCLUSIVE;
    compare(bench);
    ck_assert_int_eq(bench->result.variant[1].kind, VERDICT_LEAK);
    ck_assert_uint_eq(bench->result.variant[1].agree, 2);
    ck_assert_uint_eq(bench->result.variant[1].failed, 1);
    ck_assert_uint_eq(bench->result.repeats, 4);
    ck_assert_uint_eq(bench->result.repeats_needed, 0);
}
END_TEST

/* 0.3 bytes against 0.03 are no "10 times", and nothing is ten times less than nothing. */
START_TEST(there_is_no_ratio_of_what_may_be_nothing)
{
    struct bench *bench = two(8);
    for (unsigned i = 0; i < 8; i++) {
        bench->runs[0][i].figures.value[FIGURE_GROWTH] = 0.01 + 0.001 * i;
        bench->runs[1][i].figures.value[FIGURE_GROWTH] = 0.3 + 0.001 * i;
        bench->runs[1][i].figures.value[FIGURE_RETAINED] = -4096.0 * i;
    }
    compare(bench);
    const struct comparison_figure *figure = bench->result.variant[1].figure;
    ck_assert(!figure[FIGURE_GROWTH].has_ratio);
    ck_assert(!figure[FIGURE_GROWTH].has_p && !figure[FIGURE_GROWTH].differs);
    ck_assert(!figure[FIGURE_RETAINED].has_ratio);
    ck_assert(figure[FIGURE_RETAINED].differs);
    ck_assert_str_eq(bench->result.sentence, "race retains 2.0 MiB less than plain");
}
END_TEST

START_TEST(a_difference_that_does_not_matter_is_not_claimed)
{
    struct bench *bench = two(8);
    for (unsigned i = 0; i < 8; i++) {
        bench->runs[0][i].figures.value[FIGURE_PEAK] = 20 * MIB + i;
        bench->runs[1][i].figures.value[FIGURE_PEAK] = 20 * MIB + 128 * KIB + i;
    }
    compare(bench);
    const struct comparison_figure *peak = &bench->result.variant[1].figure[FIGURE_PEAK];
    ck_assert(peak->has_p && !peak->differs);
    expect_sentence(bench, "no difference that 8 repeats can show");
}
END_TEST

START_TEST(the_same_input_gives_the_same_to_the_digit)
{
    struct bench *bench = three(6);
    multiply(bench, 2, FIGURE_CPU, 1.1);
    struct comparison first = *compare(bench);
    ck_assert_int_eq(memcmp(&first, compare(bench), sizeof(first)), 0);
}
END_TEST

/* --- sentences --- */

START_TEST(verdicts_that_differ_come_first)
{
    struct bench *bench = two(4);
    leak(bench, 1, 61.2 * KIB);
    expect_sentence(bench, "race leaks 61.2 KiB per request where plain is clean");
    bench = two(4);
    leak(bench, 0, 61.2 * KIB);
    expect_sentence(bench, "race is clean where plain leaks 61.2 KiB per request");
    bench = two(4);
    set_leak(&bench->runs[1][0], 2048);
    set_leak(&bench->runs[1][1], 2048);
    set_leak(&bench->runs[1][2], 2048);
    expect_sentence(bench, "race leaks 2.0 KiB per request (in 3 of 4 repeats) where plain is "
                           "clean");
    bench = three(4);
    leak(bench, 1, 61.2 * KIB);
    judge(bench, 2, VERDICT_PRESSURE);
    expect_sentence(bench, "race leaks 61.2 KiB per request and asan is under pressure where plain "
                           "is clean");
    judge(bench, 2, VERDICT_CLEAN);
    expect_sentence(bench, "race leaks 61.2 KiB per request where plain and asan are clean");
    leak(bench, 2, 512);
    expect_sentence(bench, "race and asan leak 512 B to 61.2 KiB per request where plain is clean");
    judge(bench, 0, VERDICT_LAZY_RELEASE);
    judge(bench, 1, VERDICT_CLEAN);
    judge(bench, 2, VERDICT_INCONCLUSIVE);
    expect_sentence(bench, "asan is undecided and race is clean where plain is slow to give memory "
                           "back");
}
END_TEST

START_TEST(what_was_killed_is_said_to_be)
{
    struct bench *bench = two(4);
    judge(bench, 1, VERDICT_PRESSURE);
    kill_after(bench, 1, 412);
    expect_sentence(bench, "race is killed at the limit after 412 requests where plain is clean");
    leak(bench, 1, 61.2 * KIB);
    kill_after(bench, 1, 1);
    expect_sentence(bench, "race leaks 61.2 KiB per request and is killed at the limit after 1 "
                           "request where plain is clean");
}
END_TEST

START_TEST(one_verdict_for_all_is_said_once)
{
    struct bench *bench = two(4);
    leak(bench, 0, 2048);
    leak(bench, 1, 2049);
    expect_sentence(bench, "both leak, plain 2.0 KiB per request: no difference that 4 repeats can "
                           "show");
    leak(bench, 1, 3072);
    expect_sentence(bench, "both leak, plain 2.0 KiB per request: race grows 1.5 times as much per "
                           "request as plain");
    bench = three(4);
    for (unsigned v = 0; v < 3; v++)
        judge(bench, v, VERDICT_PRESSURE);
    expect_sentence(bench, "all are under pressure: no difference that 4 repeats can show");
}
END_TEST

START_TEST(differences_are_said_the_largest_first)
{
    static const char *const names[] = {"glibc", "jemalloc", "tcmalloc"};
    struct bench *bench = bench_new(2, names, 4);
    multiply(bench, 1, FIGURE_PEAK, 1.4);
    multiply(bench, 1, FIGURE_CPU, 0.8);
    expect_sentence(bench, "jemalloc peaks 1.4 times as high as glibc and needs 0.8 times the CPU");
    bench = bench_new(3, names, 5);
    multiply(bench, 1, FIGURE_P99, 12);
    multiply(bench, 2, FIGURE_RATE, 0.05);
    multiply(bench, 2, FIGURE_P50, 1.12);
    multiply(bench, 2, FIGURE_FLOOR, 1.5);
    expect_sentence(bench,
                    "tcmalloc serves 0.05 times the requests per second of glibc, has a floor "
                    "1.5 times as high and has 1.11 times the median latency; jemalloc has "
                    "12 times the p99 latency of glibc");
    leak(bench, 2, 100);
    expect_sentence(bench,
                    "tcmalloc leaks 100 B per request where glibc and jemalloc are clean; "
                    "tcmalloc serves 0.05 times the requests per second of glibc and has "
                    "1.11 times the median latency; jemalloc has 12 times the p99 latency of "
                    "glibc");
}
END_TEST

START_TEST(too_few_repeats_are_said_to_be)
{
    struct bench *bench = two(3);
    multiply(bench, 1, FIGURE_PEAK, 5);
    expect_sentence(bench, "3 repeats can show no difference at 5 %: at least 4 are needed");
    bench = two(1);
    expect_sentence(bench, "1 repeat can show no difference at 5 %: at least 4 are needed");
    bench = two(4);
    expect_sentence(bench, "no difference that 4 repeats can show");
}
END_TEST

START_TEST(what_failed_or_was_not_run_is_said_last)
{
    static const char *const names[] = {"glibc", "jemalloc", "tcmalloc", "mimalloc"};
    struct bench *bench = bench_new(4, names, 4);
    bench->inputs[2].skipped = "there is no libtcmalloc.so";
    bench->runs[1][3].judged = false;
    for (unsigned i = 0; i < 4; i++)
        bench->runs[3][i].judged = false;
    expect_sentence(bench, "no difference that 3 repeats can show; jemalloc failed in 1 of 4 "
                           "repeats; mimalloc failed; tcmalloc was not run");
    ck_assert_uint_eq(bench->result.variant[2].runs, 0);
    ck_assert_str_eq(bench->result.variant[2].skipped, "there is no libtcmalloc.so");
    for (unsigned i = 0; i < 4; i++)
        bench->runs[1][i].judged = false;
    expect_sentence(bench, "there is nothing to compare glibc with; jemalloc and mimalloc failed; "
                           "tcmalloc was not run");
    for (unsigned i = 0; i < 4; i++)
        bench->runs[0][i].judged = false;
    expect_sentence(bench, "there is nothing to compare; glibc, jemalloc and mimalloc failed; "
                           "tcmalloc was not run");
}
END_TEST

/* Whatever the names, and however much there is to say. */
START_TEST(long_names_are_cut_between_characters)
{
    char name[COMPARISON_VARIANTS_MAX][600];
    const char *names[COMPARISON_VARIANTS_MAX];
    for (unsigned v = 0; v < COMPARISON_VARIANTS_MAX; v++) {
        for (size_t i = 0; i + 2 < sizeof(name[v]); i += 2)
            memcpy(name[v] + i, "\xc3\xa4", 3); /* a umlaut */
        name[v][0] = (char)('a' + v);
        name[v][1] = 'b';
        names[v] = name[v];
    }
    for (unsigned n = 1; n <= COMPARISON_VARIANTS_MAX; n++) {
        struct bench *bench = bench_new(n, names, 5);
        for (unsigned v = 1; v < n; v++) {
            judge(bench, v, v % VERDICT_KIND_MAX_);
            multiply(bench, v, FIGURE_CPU, 1 + v);
            multiply(bench, v, FIGURE_PEAK, 2 + v);
            bench->runs[v][1].judged = v % 3 != 0;
        }
        compare(bench);
        const char *sentence = bench->result.sentence;
        size_t length = strlen(sentence);
        ck_assert_uint_lt(length, sizeof(bench->result.sentence));
        if (n >= 6)
            ck_assert_ptr_nonnull(strstr(sentence, "..."));
        for (size_t i = 0; i < length; i++)
            ck_assert_msg((unsigned char)sentence[i] != 0xc3 ||
                              (unsigned char)sentence[i + 1] == 0xa4,
                          "cut within a character: %s", sentence);
    }
}
END_TEST

START_TEST(the_most_variants_and_repeats_take_no_time)
{
    static const char *const names[COMPARISON_VARIANTS_MAX] = {
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"};
    struct bench *bench = bench_new(COMPARISON_VARIANTS_MAX, names, COMPARISON_REPEATS_MAX);
    multiply(bench, 3, FIGURE_PEAK, 1.5);
    clock_t begin = clock();
    compare(bench);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    printf("16 variants with 32 repeats each: %.0f ms\n", seconds * 1000);
    ck_assert(bench->result.variant[3].figure[FIGURE_PEAK].differs);
    ck_assert_msg(seconds < 5, "it took %.2f s", seconds); /* sanitizers, a busy machine */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("comparison");
    TCase *numbers = tcase_create("numbers");
    TCase *sentences = tcase_create("sentences");
    tcase_add_test(numbers, figures_are_summed_up_over_the_repeats_that_have_them);
    tcase_add_test(numbers, one_repeat_has_its_own_interval_of_growth);
    tcase_add_test(numbers, the_verdict_is_that_of_most_runs_and_the_worse_of_a_tie);
    tcase_add_test(numbers, there_is_no_ratio_of_what_may_be_nothing);
    tcase_add_test(numbers, a_difference_that_does_not_matter_is_not_claimed);
    tcase_add_test(numbers, the_same_input_gives_the_same_to_the_digit);
    tcase_add_test(sentences, verdicts_that_differ_come_first);
    tcase_add_test(sentences, what_was_killed_is_said_to_be);
    tcase_add_test(sentences, one_verdict_for_all_is_said_once);
    tcase_add_test(sentences, differences_are_said_the_largest_first);
    tcase_add_test(sentences, too_few_repeats_are_said_to_be);
    tcase_add_test(sentences, what_failed_or_was_not_run_is_said_last);
    tcase_add_test(sentences, long_names_are_cut_between_characters);
    tcase_add_test(sentences, the_most_variants_and_repeats_take_no_time);
    suite_add_tcase(s, numbers);
    suite_add_tcase(s, sentences);
    return s;
}

CHECK_MAIN(suite);
