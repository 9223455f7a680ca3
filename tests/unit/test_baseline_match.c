/* baseline_match: what may stand beside a baseline, and what is said of what may not. */
#include "scenario/baseline_match.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/baselines.h"
#include "tests/support/check_main.h"

static struct baseline_entry entry;
static struct baseline_environment now;
static struct baseline_work now_work;
static char text[BASELINE_DIFFERENCE_MAX];

static void setup(void)
{
    entry = baselines_entry("a");
    now = entry.environment;
    now_work = entry.work;
    memset(text, 'x', sizeof(text));
}

static void expect_refused(const char *why)
{
    ck_assert(!baseline_same_environment(&entry, &now, text));
    ck_assert_str_eq(text, why);
}

static void expect_remark(const char *remark)
{
    ck_assert_msg(baseline_same_environment(&entry, &now, text), "%s", text);
    ck_assert_str_eq(text, "");
    ck_assert_ptr_eq(baseline_remark(&entry, &now, &now_work, text), text);
    ck_assert_str_eq(text, remark);
}

START_TEST(the_same_environment_is_accepted_without_a_word)
{
    expect_remark("");
    ck_assert(baseline_same_work(&entry, &now_work, text));
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(another_kernel_is_refused_and_a_patched_one_is_told)
{
    static const struct {
        const char *kernel;
        const char *refused, *remark;
    } cases[] = {
        {"6.12.3-cloud-amd64", "kernel 6.1 in the baseline, 6.12 here", NULL},
        {"7.1.0-18-amd64", "kernel 6.1 in the baseline, 7.1 here", NULL},
        {"6.10", "kernel 6.1 in the baseline, 6.10 here", NULL},
        {"custom", "kernel 6.1 in the baseline, custom here", NULL},
        {"6.1.0-22-amd64", NULL, "kernel 6.1.0-18-amd64 in the baseline, 6.1.0-22-amd64 here"},
        {"6.1", NULL, "kernel 6.1.0-18-amd64 in the baseline, 6.1 here"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(now.kernel, sizeof(now.kernel), "%s", cases[i].kernel);
        if (cases[i].refused != NULL)
            expect_refused(cases[i].refused);
        else
            expect_remark(cases[i].remark);
    }
}
END_TEST

START_TEST(kernels_without_numbers_are_compared_as_they_are)
{
    strcpy(entry.environment.kernel, "custom");
    strcpy(now.kernel, "custom");
    expect_remark("");
    strcpy(now.kernel, "customer");
    expect_refused("kernel custom in the baseline, customer here");
    strcpy(now.kernel, "6.");
    expect_refused("kernel custom in the baseline, 6. here");
}
END_TEST

START_TEST(another_c_library_is_refused)
{
    strcpy(now.machine.libc, "glibc 2.41");
    expect_refused("C library glibc 2.36 in the baseline, glibc 2.41 here");
    strcpy(now.machine.libc, "musl 2.36");
    expect_refused("C library glibc 2.36 in the baseline, musl 2.36 here");
    strcpy(now.machine.libc, "glibc 2.36.9000");
    expect_remark("C library glibc 2.36 in the baseline, glibc 2.36.9000 here");
}
END_TEST

START_TEST(every_difference_is_listed)
{
    strcpy(now.kernel, "6.12.1");
    strcpy(now.driver, "native");
    strcpy(now.accel, "tcg");
    strcpy(now.machine.architecture, "aarch64");
    strcpy(now.machine.libc, "glibc 2.41");
    strcpy(now.machine.thp, "always");
    now.machine.page_bytes = 65536;
    now.cpus = 64;
    expect_refused("kernel 6.1 in the baseline, 6.12 here; architecture x86_64 in the baseline, "
                   "aarch64 here; driver vm in the baseline, native here; kvm in the baseline, tcg "
                   "here; 2 CPUs in the baseline, 64 here; C library glibc 2.36 in the baseline, "
                   "glibc 2.41 here; page size 4096 in the baseline, 65536 here; transparent huge "
                   "pages never in the baseline, always here");
}
END_TEST

START_TEST(more_than_fits_is_cut_and_says_so)
{
    memset(now.kernel, 'k', sizeof(now.kernel) - 1);
    memset(entry.environment.kernel, 'l', sizeof(now.kernel) - 1);
    memset(now.machine.libc, 'm', sizeof(now.machine.libc) - 1);
    memset(entry.environment.machine.libc, 'n', sizeof(now.machine.libc) - 1);
    strcpy(now.machine.architecture, "abcdefghijklmno");
    strcpy(now.driver, "native");
    strcpy(now.accel, "tcg");
    strcpy(now.machine.thp, "always");
    now.machine.page_bytes = now.cpus = 4000000000;
    ck_assert(!baseline_same_environment(&entry, &now, text));
    ck_assert_uint_eq(strlen(text), BASELINE_DIFFERENCE_MAX - 1);
    ck_assert_str_eq(text + strlen(text) - 3, "...");
}
END_TEST

START_TEST(emulated_processors_are_refused_beside_real_ones)
{
    strcpy(now.accel, "tcg");
    expect_refused("kvm in the baseline, tcg here");
    now.accel[0] = '\0';
    expect_remark("kvm in the baseline, no hypervisor here");
    strcpy(entry.environment.accel, "tcg");
    expect_refused("tcg in the baseline, no hypervisor here");
    strcpy(now.accel, "tcg");
    expect_remark("");
}
END_TEST

START_TEST(a_fact_that_one_side_lacks_is_told_and_not_refused)
{
    now.machine = (struct record_machine){0};
    now_work.has_warmup = false;
    expect_remark("not known here: architecture, C library, page size, transparent huge pages, "
                  "requests of the warm-up");
    entry.environment.machine = (struct record_machine){0};
    entry.work.has_warmup = false;
    expect_remark("");
    now = baselines_entry("a").environment;
    now_work.has_warmup = true;
    strcpy(now.kernel, "6.1.0-19-amd64");
    expect_remark("kernel 6.1.0-18-amd64 in the baseline, 6.1.0-19-amd64 here; not known in the "
                  "baseline: architecture, C library, page size, transparent huge pages, requests "
                  "of the warm-up");
}
END_TEST

START_TEST(a_warm_up_of_nothing_is_another_one_than_an_unknown_one)
{
    now_work.warmup_requests = 0;
    ck_assert(!baseline_same_work(&entry, &now_work, text));
    ck_assert_str_eq(text, "requests of the warm-up 100 in the baseline, 0 here");
    now_work.has_warmup = false;
    ck_assert(baseline_same_work(&entry, &now_work, text));
    expect_remark("not known here: requests of the warm-up");
    ck_assert_str_eq(baseline_remark(&entry, &now, NULL, text), "");
}
END_TEST

START_TEST(other_work_is_refused_with_every_difference)
{
    now_work = (struct baseline_work){.limit_bytes = UINT64_MAX,
                                      .cycle_requests = 500,
                                      .has_warmup = true,
                                      .warmup_requests = 50,
                                      .concurrency = 16,
                                      .cycles_min = 4,
                                      .rate_per_s = 12.5};
    ck_assert(!baseline_same_work(&entry, &now_work, text));
    ck_assert_str_eq(text,
                     "limit 64.0 MiB in the baseline, none here; requests of a cycle 250 in "
                     "the baseline, 500 here; requests of the warm-up 100 in the baseline, 50 "
                     "here; concurrency 8 in the baseline, 16 here; least number of cycles 5 "
                     "in the baseline, 4 here; no rate in the baseline, 12.5 requests/s here");
}
END_TEST

START_TEST(limits_that_are_nearly_the_same_are_told_to_the_byte)
{
    now_work.limit_bytes += 4096;
    ck_assert(!baseline_same_work(&entry, &now_work, text));
    ck_assert_str_eq(text, "limit 67108864 B in the baseline, 67112960 B here");
}
END_TEST

static Suite *baseline_match_suite(void)
{
    Suite *suite = suite_create("baseline_match");
    TCase *tcase = tcase_create("a baseline and what is compared with it");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, the_same_environment_is_accepted_without_a_word);
    tcase_add_test(tcase, another_kernel_is_refused_and_a_patched_one_is_told);
    tcase_add_test(tcase, kernels_without_numbers_are_compared_as_they_are);
    tcase_add_test(tcase, another_c_library_is_refused);
    tcase_add_test(tcase, every_difference_is_listed);
    tcase_add_test(tcase, more_than_fits_is_cut_and_says_so);
    tcase_add_test(tcase, emulated_processors_are_refused_beside_real_ones);
    tcase_add_test(tcase, a_fact_that_one_side_lacks_is_told_and_not_refused);
    tcase_add_test(tcase, a_warm_up_of_nothing_is_another_one_than_an_unknown_one);
    tcase_add_test(tcase, other_work_is_refused_with_every_difference);
    tcase_add_test(tcase, limits_that_are_nearly_the_same_are_told_to_the_byte);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(baseline_match_suite);
