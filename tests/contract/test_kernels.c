/* Driver native on kernels that have memory.reclaim and memory.peak, and on those that have not:
 * contract.guest runs this both ways (HIDE_FILES, see hide_files.c). Exits with 77 and the reason
 * where driver native cannot work. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "driver/native.h"
#include "memory/cgroup_reclaim.h"
#include "tests/contract/contract.h"

#define MEBIBYTE ((uint64_t)1024 * 1024)

static void contract_endp(struct contract **contract)
{
    contract_end(*contract);
}

#define CONTRACT(name, way) \
    CLEANUP(contract_endp) struct contract *name = contract_new(&native_driver, way, NULL)

START_TEST(reclaim_takes_what_was_freed_lazily)
{
    CONTRACT(contract, "free-lazily");
    contract_start(contract);
    contract_wait_log(contract, "ready");
    struct survey before = contract_survey(contract);
    ck_assert_uint_ge(before.value[SURVEY_LAZY_FREE], 31 * MEBIBYTE);
    int64_t bytes = 0;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(native_driver.reclaim(contract->instance, clock_now_ns() + 10 * NSEC_PER_SEC,
                                        &bytes, &err) == 0,
                  "%s", err.text);
    ck_assert_int_ge(bytes, (int64_t)(31 * MEBIBYTE));
    struct survey after = contract_survey(contract);
    ck_assert_uint_eq(after.value[SURVEY_LAZY_FREE], 0);
    ck_assert_uint_lt(memory_sample_get(&after.memory, MEMORY_ANON, UINT64_MAX), MEBIBYTE);
}
END_TEST

/* The kernel's own, or without what is hidden: contract.guest runs these both ways. */
START_TEST(what_a_kernel_lacks_is_done_in_another_way)
{
    CONTRACT(contract, "free-lazily");
    contract->spec.settings.high_bytes = 48 * MEBIBYTE;
    contract_start(contract);
    contract_wait_log(contract, "ready");
    CLEANUP(closep)
    int group = open(native_driver.cgroup_dir(contract->instance), O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(group, 0);
    bool hidden = getenv("HIDE_FILES") != NULL;
    if (hidden)
        ck_assert_str_eq(cgroup_reclaim_file(group), "memory.high");
    struct survey survey = contract_survey(contract);
    ck_assert(memory_sample_has(&survey.memory, MEMORY_PEAK) ==
              (file_exists(group, "memory.peak") && !hidden));

    int64_t bytes = 0;
    ck_assert_int_eq(
        native_driver.reclaim(contract->instance, clock_now_ns() + 10 * NSEC_PER_SEC, &bytes, NULL),
        0);
    ck_assert_int_ge(bytes, (int64_t)(31 * MEBIBYTE));
    uint64_t high = 0;
    ck_assert_int_eq(file_read_u64(group, "memory.high", &high, NULL), 0);
    ck_assert_uint_eq(high, 48 * MEBIBYTE);
}
END_TEST

static Suite *kernels_suite(void)
{
    Suite *suite = suite_create("kernels");
    TCase *kernels = tcase_create("kernels");
    tcase_set_timeout(kernels, 60);
    tcase_add_test(kernels, reclaim_takes_what_was_freed_lazily);
    tcase_add_test(kernels, what_a_kernel_lacks_is_done_in_another_way);
    suite_add_tcase(suite, kernels);
    return suite;
}

int main(void)
{
    return contract_run_native(kernels_suite());
}
