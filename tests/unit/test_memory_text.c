/* memory_text: real texts of a 6.1 kernel, and what must be refused. */
#include "memory/memory_text.h"

#include <inttypes.h>

#include "tests/support/check_main.h"

/* Captured from a cgroup of a Debian 12 guest. */
static const char memory_stat[] = "anon 26419200\n"
                                  "file 8192\n"
                                  "kernel 11137024\n"
                                  "kernel_stack 884736\n"
                                  "pagetables 69632\n"
                                  "sec_pagetables 0\n"
                                  "percpu 288\n"
                                  "sock 4096\n"
                                  "vmalloc 0\n"
                                  "shmem 12288\n"
                                  "zswap 0\n"
                                  "zswapped 0\n"
                                  "file_mapped 0\n"
                                  "file_dirty 0\n"
                                  "file_writeback 0\n"
                                  "swapcached 0\n"
                                  "anon_thp 2097152\n"
                                  "file_thp 0\n"
                                  "shmem_thp 0\n"
                                  "inactive_anon 26406912\n"
                                  "active_anon 24576\n"
                                  "inactive_file 0\n"
                                  "active_file 0\n"
                                  "unevictable 0\n"
                                  "slab_reclaimable 5184\n"
                                  "slab_unreclaimable 3920584\n"
                                  "slab 3925768\n"
                                  "workingset_refault_anon 0\n"
                                  "workingset_refault_file 17\n"
                                  "pgscan 3\n"
                                  "pgsteal 2\n"
                                  "pgscan_kswapd 0\n"
                                  "pgfault 6519\n"
                                  "pgmajfault 1\n"
                                  "pglazyfree 16381\n"
                                  "pglazyfreed 7710\n"
                                  "thp_fault_alloc 0\n";

static const char memory_events[] = "low 0\nhigh 12\nmax 30\noom 1\noom_kill 2\noom_group_kill 1\n";
static const char memory_pressure[] = "some avg10=58.60 avg60=19.05 avg300=4.53 total=10710425\n"
                                      "full avg10=58.60 avg60=19.05 avg300=4.53 total=10710001\n";

static void expect(const struct memory_sample *sample, enum memory_field field, uint64_t value)
{
    ck_assert_msg(memory_sample_has(sample, field), "%s is absent",
                  memory_field_info[field].column);
    ck_assert_msg(sample->value[field] == value, "%s: found %" PRIu64 ", expected %" PRIu64,
                  memory_field_info[field].column, sample->value[field], value);
}

START_TEST(reads_every_known_key_of_memory_stat)
{
    struct memory_sample sample = {.t_ns = 0};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(memory_text_parse("memory.stat", memory_stat, &sample, &err) == 0, "%s",
                  err.text);
    expect(&sample, MEMORY_ANON, 26419200);
    expect(&sample, MEMORY_FILE, 8192);
    expect(&sample, MEMORY_KERNEL, 11137024);
    expect(&sample, MEMORY_KERNEL_STACK, 884736);
    expect(&sample, MEMORY_SOCK, 4096);
    expect(&sample, MEMORY_SHMEM, 12288);
    expect(&sample, MEMORY_ANON_THP, 2097152);
    expect(&sample, MEMORY_SLAB_UNRECLAIMABLE, 3920584);
    expect(&sample, MEMORY_REFAULT_FILE, 17);
    expect(&sample, MEMORY_PGLAZYFREE, 16381);
    expect(&sample, MEMORY_PGLAZYFREED, 7710);
    for (unsigned field = 0; field < MEMORY_CGROUP_FIELD_MAX; field++)
        ck_assert_int_eq(memory_sample_has(&sample, (enum memory_field)field),
                         strcmp(memory_field_info[field].file, "memory.stat") == 0);
}
END_TEST

START_TEST(keeps_the_kinds_of_events_apart)
{
    struct memory_sample sample = {.t_ns = 0};
    ck_assert_int_eq(memory_text_parse("memory.events", memory_events, &sample, NULL), 0);
    expect(&sample, MEMORY_EVENTS_HIGH, 12);
    expect(&sample, MEMORY_EVENTS_MAX, 30);
    expect(&sample, MEMORY_EVENTS_OOM, 1);
    expect(&sample, MEMORY_EVENTS_OOM_KILL, 2);
    expect(&sample, MEMORY_EVENTS_OOM_GROUP_KILL, 1);
    ck_assert(!memory_sample_has(&sample, MEMORY_LOCAL_OOM_KILL));

    ck_assert_int_eq(memory_text_parse("memory.events.local", "oom_kill 1\n", &sample, NULL), 0);
    expect(&sample, MEMORY_LOCAL_OOM_KILL, 1);
    expect(&sample, MEMORY_EVENTS_OOM_KILL, 2);
}
END_TEST

START_TEST(takes_the_totals_of_pressure)
{
    struct memory_sample sample = {.t_ns = 0};
    ck_assert_int_eq(memory_text_parse("memory.pressure", memory_pressure, &sample, NULL), 0);
    expect(&sample, MEMORY_PSI_SOME, 10710425);
    expect(&sample, MEMORY_PSI_FULL, 10710001);
}
END_TEST

START_TEST(reads_a_single_number)
{
    struct memory_sample sample = {.t_ns = 0};
    ck_assert_int_eq(memory_text_parse("memory.current", "0\n", &sample, NULL), 0);
    expect(&sample, MEMORY_CURRENT, 0);
    ck_assert_int_eq(memory_text_parse("memory.peak", "18446744073709551615\n", &sample, NULL), 0);
    expect(&sample, MEMORY_PEAK, UINT64_MAX);
    ck_assert_int_eq(memory_text_parse("pids.current", "7", &sample, NULL), 0);
    expect(&sample, MEMORY_PIDS, 7);
}
END_TEST

START_TEST(finds_keys_in_any_order)
{
    struct memory_sample sample = {.t_ns = 0};
    ck_assert_int_eq(
        memory_text_parse("memory.stat", "shmem 3\nfile 2\nnew_in_7_0 9\nanon 1\n", &sample, NULL),
        0);
    expect(&sample, MEMORY_ANON, 1);
    expect(&sample, MEMORY_FILE, 2);
    expect(&sample, MEMORY_SHMEM, 3);
    ck_assert(!memory_sample_has(&sample, MEMORY_SOCK));
}
END_TEST

START_TEST(an_empty_file_of_keys_sets_nothing)
{
    struct memory_sample sample = {.t_ns = 0};
    ck_assert_int_eq(memory_text_parse("memory.stat", "", &sample, NULL), 0);
    ck_assert_uint_eq(sample.present, 0);
}
END_TEST

static const struct {
    const char *file;
    const char *text;
    const char *complaint;
} malformed[] = {
    {"memory.stat", "anon\n", "memory.stat:1: found \"anon\""},
    {"memory.stat", "anon 1\nfile x\n", "memory.stat:2: found \"file x\""},
    {"memory.stat", "anon 1 2\n", "memory.stat:1"},
    {"memory.stat", "anon -1\n", "memory.stat:1"},
    {"memory.stat", " 1\n", "memory.stat:1"},
    {"memory.stat", "\n", "memory.stat:1"},
    {"memory.stat", "anon 1\n\nfile 1\n", "memory.stat:2"},
    {"memory.stat", "unknown words\n", "memory.stat:1"},
    {"memory.stat", "anon 18446744073709551616\n", "memory.stat:1"},
    {"memory.stat", "anon 1\nfile 2\nanon 3\n", "memory.stat:3: found \"anon 3\", expected each"},
    {"memory.events", "oom_kill 1\noom_kill 1\n", "memory.events:2"},
    {"memory.current", "", "memory.current:1: found \"\", expected a number"},
    {"memory.current", "max\n", "memory.current:1: found \"max\""},
    {"memory.current", "1\n2\n", "memory.current:2"},
    {"memory.current", "+1\n", "memory.current:1"},
    {"memory.pressure", "some avg10=0.00\n", "memory.pressure:1"},
    {"memory.pressure", "some avg10=0.00 total=\n", "memory.pressure:1"},
    {"memory.pressure", "some total=1x\n", "memory.pressure:1"},
    {"memory.pressure", " total=1\n", "memory.pressure:1"},
    {"memory.pressure", "some avg10=0 total=1\nsome avg10=0 total=2\n", "memory.pressure:2"},
};

START_TEST(refuses_what_is_not_of_the_files_form)
{
    struct memory_sample sample = {.t_ns = 0};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(memory_text_parse(malformed[_i].file, malformed[_i].text, &sample, &err), -1);
    ck_assert_msg(strstr(err.text, malformed[_i].complaint) != NULL, "found: %s\nexpected: %s",
                  err.text, malformed[_i].complaint);
}
END_TEST

static Suite *memory_text_suite(void)
{
    Suite *suite = suite_create("memory_text");
    TCase *reads = tcase_create("reads what kernels write");
    tcase_add_test(reads, reads_every_known_key_of_memory_stat);
    tcase_add_test(reads, keeps_the_kinds_of_events_apart);
    tcase_add_test(reads, takes_the_totals_of_pressure);
    tcase_add_test(reads, reads_a_single_number);
    tcase_add_test(reads, finds_keys_in_any_order);
    tcase_add_test(reads, an_empty_file_of_keys_sets_nothing);
    suite_add_tcase(suite, reads);
    TCase *refuses = tcase_create("refuses the rest");
    tcase_add_loop_test(refuses, refuses_what_is_not_of_the_files_form, 0,
                        (int)(sizeof(malformed) / sizeof(malformed[0])));
    suite_add_tcase(suite, refuses);
    return suite;
}

CHECK_MAIN(memory_text_suite);
