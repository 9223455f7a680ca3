/* leakcage_check(): functions that leak, functions that do not, and functions that go wrong. */
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scenario/record_files.h"
#include "tests/library/judged.h"
#include "tests/support/temp_dir.h"

#define MEBIBYTE    ((size_t)1024 * 1024)
#define CACHE_SLOTS 512
#define THREAD_ROOM ((size_t)128 * 1024)

static struct leakcage_result result;
static struct leakcage_options options;

static void set_up(void)
{
    options = (struct leakcage_options){.calls = 6000, .limit_bytes = 32 * MEBIBYTE};
}

static void expect(int (*function)(void *context), enum leakcage_verdict verdict, const char *cause)
{
    int status = leakcage_check(function, NULL, &options, &result);
    ck_assert_msg(result.verdict == verdict, "expected %s: %s", leakcage_verdict_name(verdict),
                  result.reason);
    ck_assert_msg(cause == NULL || strcmp(result.cause, cause) == 0, "expected %s: %s", cause,
                  result.reason);
    ck_assert_int_eq(status, verdict == LEAKCAGE_CLEAN || verdict == LEAKCAGE_LAZY_RELEASE ? 0 : 1);
    judged_nothing_left();
}

/* A block that is used, so that no compiler leaves it out. */
static char *use_block(size_t bytes)
{
    char *block = malloc(bytes);
    volatile char *used = block;
    for (size_t i = 0; block != NULL && i < bytes; i += 512)
        used[i] = 1;
    return block;
}

/* What leaks. */
static void *list;

static int keep_block(size_t bytes)
{
    void **block = malloc(bytes);
    if (block == NULL)
        return -1;
    *block = list;
    list = block;
    return 0;
}

static int forgets_1000_bytes(void *context)
{
    (void)context;
    return keep_block(1000);
}

static int forgets_8_bytes(void *context)
{
    (void)context;
    return keep_block(8);
}

static void *wait_for_ever(void *context)
{
    for (;;)
        pause();
    return context;
}

static int leaves_a_thread(void *context)
{
    pthread_t thread;
    pthread_attr_t attributes;
    (void)context;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_ROOM);
    int status = pthread_create(&thread, &attributes, wait_for_ever, NULL);
    pthread_attr_destroy(&attributes);
    return status;
}

static int leaves_a_file_open(void *context)
{
    (void)context;
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : -1;
}

static int leaves_a_mapping(void *context)
{
    (void)context;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return -1;
    *page = 1;
    return 0;
}

static int leaves_shared_memory(void *context)
{
    (void)context;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return -1;
    *page = 1;
    return 0;
}

START_TEST(blocks_that_are_forgotten_are_a_leak)
{
    expect(forgets_1000_bytes, LEAKCAGE_LEAK, "heap");
    ck_assert_double_gt(result.growth_bytes_per_call, 950);
    ck_assert_double_lt(result.growth_bytes_per_call, 1080);
    ck_assert_double_le(result.growth_low_bytes, result.growth_bytes_per_call);
    ck_assert_double_ge(result.growth_high_bytes, result.growth_bytes_per_call);
    ck_assert_uint_ge(result.calls, options.calls * 9 / 10);
    ck_assert_uint_eq(result.failed_calls, 0);
    ck_assert_uint_ge(result.n_floors, 6);
    ck_assert_int_gt(result.floor_bytes[result.n_floors - 1], result.floor_bytes[1]);
    ck_assert_int_gt(result.peak_bytes, (int64_t)(4 * MEBIBYTE));
    ck_assert_ptr_nonnull(strstr(result.reason, "per call"));
    ck_assert_ptr_null(strstr(result.reason, "request"));
    ck_assert_ptr_null(list); /* the child's, not ours */
}
END_TEST

START_TEST(eight_bytes_a_call_are_a_leak)
{
    options.calls = 20000;
    expect(forgets_8_bytes, LEAKCAGE_LEAK, "heap");
    ck_assert_double_gt(result.growth_bytes_per_call, 24); /* malloc's least is 32 */
    ck_assert_double_lt(result.growth_bytes_per_call, 40);
}
END_TEST

START_TEST(threads_that_are_left_are_a_leak)
{
    options.calls = 240;
    options.limit_bytes = 64 * MEBIBYTE;
    expect(leaves_a_thread, LEAKCAGE_LEAK, "threads");
}
END_TEST

START_TEST(open_files_are_a_leak)
{
    options.calls = 3000;
    expect(leaves_a_file_open, LEAKCAGE_LEAK, "files");
}
END_TEST

START_TEST(mappings_are_a_leak)
{
    options.calls = 900;
    expect(leaves_a_mapping, LEAKCAGE_LEAK, NULL);
    ck_assert_double_gt(result.growth_bytes_per_call, 4000);
}
END_TEST

START_TEST(shared_memory_is_a_leak)
{
    options.calls = 900;
    expect(leaves_shared_memory, LEAKCAGE_LEAK, "shmem");
}
END_TEST

/* What does not. */
static int gives_all_back(void *context)
{
    (void)context;
    char *block = use_block(3000);
    bool well = block != NULL;
    free(block);
    return well ? 0 : -1;
}

static int has_a_bounded_cache(void *context)
{
    static void *slots[CACHE_SLOTS];
    static unsigned next;
    (void)context;
    void **slot = &slots[next++ % CACHE_SLOTS];
    free(*slot);
    *slot = calloc(1, 1500);
    return *slot != NULL ? 0 : -1;
}

static int warms_up(void *context)
{
    static unsigned calls;
    (void)context;
    return calls++ < 400 ? keep_block(4000) : 0;
}

START_TEST(what_is_given_back_is_clean)
{
    expect(gives_all_back, LEAKCAGE_CLEAN, "");
    ck_assert(isnan(result.growth_bytes_per_call) || result.growth_bytes_per_call < 8);
    ck_assert_double_gt(result.smallest_leak_bytes_per_call, 0);
    ck_assert_double_lt(result.smallest_leak_bytes_per_call, 100);
    ck_assert_uint_eq(result.starts, 1);
    ck_assert_uint_eq(result.oom_kills, 0);
}
END_TEST

START_TEST(a_bounded_cache_is_clean)
{
    expect(has_a_bounded_cache, LEAKCAGE_CLEAN, "");
}
END_TEST

START_TEST(a_warm_up_is_clean)
{
    expect(warms_up, LEAKCAGE_CLEAN, "");
}
END_TEST

static atomic_bool over;

/* Write to pages that the child has in common with us, again and again. */
static void *dirty(void *context)
{
    char *pages = context;
    for (size_t i = 0; !atomic_load(&over); i = (i + 4096) % (16 * MEBIBYTE)) {
        pages[i]++;
        (void)keep_block(64);
        usleep(200);
    }
    return NULL;
}

START_TEST(what_we_do_meanwhile_is_not_the_child_s)
{
    pthread_t thread;
    char *pages = malloc(16 * MEBIBYTE);
    ck_assert_ptr_nonnull(pages);
    memset(pages, 1, 16 * MEBIBYTE);
    ck_assert_int_eq(pthread_create(&thread, NULL, dirty, pages), 0);
    options.limit_bytes = 8 * MEBIBYTE; /* what we have does not count */
    expect(gives_all_back, LEAKCAGE_CLEAN, "");
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    ck_assert_int_lt(result.peak_bytes, (int64_t)(4 * MEBIBYTE));
    free(pages);
}
END_TEST

static int forgets_1000_bytes_now_and_then(void *context)
{
    static unsigned calls;
    (void)context;
    return ++calls % 100 == 0 ? keep_block(1000) : 0;
}

/* Use what is free, which the child has a copy of, and give it back. */
static void *use_what_is_free(void *context)
{
    void *blocks[1000];
    for (size_t i = 0; !atomic_load(&over); i = (i + 1) % 1000) {
        if (i == 0)
            usleep(1000);
        blocks[i] = use_block(1000);
        if (i == 999)
            for (size_t k = 0; k < 1000; k++)
                free(blocks[k]);
    }
    return context;
}

START_TEST(what_was_free_before_hides_no_leak)
{
    static void *blocks[4000];
    pthread_t thread;
    ck_assert_int_eq(mallopt(M_ARENA_MAX, 1), 1);
    for (size_t i = 0; i < 4000; i++)
        blocks[i] = use_block(1000);
    for (size_t i = 0; i < 3999; i++)
        free(blocks[i]);
    ck_assert_int_eq(pthread_create(&thread, NULL, use_what_is_free, NULL), 0);
    options.calls = 10000;
    expect(forgets_1000_bytes_now_and_then, LEAKCAGE_LEAK, "heap");
    atomic_store(&over, true);
    pthread_join(thread, NULL);
}
END_TEST

/* What goes wrong. */
static int crashes(void *context)
{
    static unsigned calls;
    if (++calls == 50)
        raise(SIGSEGV);
    (void)context;
    return 0;
}

static int exits(void *context)
{
    static unsigned calls;
    (void)context;
    if (++calls == 50) {
        printf("no more of this\n");
        exit(3);
    }
    return 0;
}

static int hangs(void *context)
{
    static unsigned calls;
    (void)context;
    if (++calls == 50)
        (void)wait_for_ever(NULL);
    return 0;
}

static int fails(void *context)
{
    (void)context;
    return -1;
}

static int needs_48_mebibytes(void *context)
{
    (void)context;
    char *block = use_block(48 * MEBIBYTE);
    bool well = block != NULL;
    free(block);
    return well ? 0 : -1;
}

static int forgets_100_kibibytes(void *context)
{
    (void)context;
    return use_block((size_t)100 * 1024) != NULL ? 0 : -1;
}

static int is_slow(void *context)
{
    (void)context;
    usleep(20000);
    return 0;
}

static int cannot_set_up(void *context)
{
    (void)context;
    fprintf(stderr, "no such table\n");
    return -1;
}

START_TEST(a_crash_is_a_failure_and_we_live_on)
{
    expect(crashes, LEAKCAGE_FAILED, NULL);
    ck_assert_ptr_nonnull(strstr(result.reason, "signal 11"));
}
END_TEST

START_TEST(an_exit_is_a_failure_with_what_was_printed)
{
    expect(exits, LEAKCAGE_FAILED, NULL);
    ck_assert_ptr_nonnull(strstr(result.reason, "exit status 3"));
    ck_assert_ptr_nonnull(strstr(result.reason, "no more of this"));
}
END_TEST

START_TEST(a_hang_is_a_failure)
{
    options.call_timeout_ms = 700;
    expect(hangs, LEAKCAGE_FAILED, NULL);
    ck_assert_ptr_nonnull(strstr(result.reason, "a call hung"));
    ck_assert_int_lt(result.duration_ms, 20000);
}
END_TEST

START_TEST(calls_that_fail_are_a_failure)
{
    expect(fails, LEAKCAGE_FAILED, NULL);
    ck_assert_ptr_nonnull(strstr(result.reason, "calls returned 0"));
    ck_assert_uint_eq(result.failed_calls, result.calls);
}
END_TEST

START_TEST(a_set_up_that_fails_is_a_failure)
{
    options.set_up = cannot_set_up;
    expect(gives_all_back, LEAKCAGE_FAILED, NULL);
    ck_assert_ptr_nonnull(strstr(result.reason, "set_up did not return 0"));
    ck_assert_ptr_nonnull(strstr(result.reason, "no such table"));
}
END_TEST

START_TEST(the_budget_ends_what_takes_too_long)
{
    options.budget_ms = 1500;
    expect(is_slow, LEAKCAGE_INCONCLUSIVE, NULL);
    ck_assert_int_lt(result.duration_ms, 20000);
}
END_TEST

START_TEST(more_than_the_limit_is_killed_and_told)
{
    options.calls = 60;
    expect(needs_48_mebibytes, LEAKCAGE_PRESSURE, NULL);
    ck_assert_uint_gt(result.oom_kills, 0);
    ck_assert_uint_gt(result.starts, 1);
}
END_TEST

START_TEST(a_leak_that_reaches_the_limit_is_one)
{
    options.calls = 3000;
    expect(forgets_100_kibibytes, LEAKCAGE_LEAK, "heap");
    ck_assert_uint_gt(result.oom_kills, 0);
}
END_TEST

START_TEST(wrong_options_are_said)
{
    options.calls = 3;
    expect(gives_all_back, LEAKCAGE_INVALID, NULL);
    ck_assert_ptr_nonnull(strstr(result.reason, ".calls"));
    options = (struct leakcage_options){.limit_bytes = 4096};
    expect(gives_all_back, LEAKCAGE_INVALID, NULL);
    options = (struct leakcage_options){.reserved = {1}};
    expect(gives_all_back, LEAKCAGE_INVALID, NULL);
    options = (struct leakcage_options){.calls = 100, .warm_up_calls = 100};
    expect(gives_all_back, LEAKCAGE_INVALID, NULL);
    options = (struct leakcage_options){.cycles = 2};
    expect(gives_all_back, LEAKCAGE_INVALID, NULL);
    ck_assert_int_eq(leakcage_check_abi(99, gives_all_back, NULL, NULL, &result), 1);
    ck_assert_int_eq(result.verdict, LEAKCAGE_INVALID);
}
END_TEST

/* What is kept. */
START_TEST(a_result_is_kept_and_judged_the_same)
{
    struct temp_dir dir = temp_dir_make();
    struct record *record = NULL;
    options.results_dir = dir.path;
    options.name = "Gives_All_Back";
    expect(gives_all_back, LEAKCAGE_CLEAN, "");
    CLEANUP(freep) char *folder = file_join(dir.path, "gives-all-back");
    ck_assert_str_eq(result.folder, folder);
    ck_assert_int_eq(record_load(folder, &record, NULL), 0);
    ck_assert_int_eq(record->verdict.kind, VERDICT_CLEAN);
    ck_assert_str_eq(record->driver, "function");
    record_free(record);
    temp_dir_done(&dir);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("leakcage_check");
    TCase *cases = tcase_create("functions");
    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_set_timeout(cases, 90);
    tcase_add_test(cases, blocks_that_are_forgotten_are_a_leak);
    tcase_add_test(cases, eight_bytes_a_call_are_a_leak);
    tcase_add_test(cases, threads_that_are_left_are_a_leak);
    tcase_add_test(cases, open_files_are_a_leak);
    tcase_add_test(cases, mappings_are_a_leak);
    tcase_add_test(cases, shared_memory_is_a_leak);
    tcase_add_test(cases, what_is_given_back_is_clean);
    tcase_add_test(cases, a_bounded_cache_is_clean);
    tcase_add_test(cases, a_warm_up_is_clean);
    tcase_add_test(cases, what_we_do_meanwhile_is_not_the_child_s);
    tcase_add_test(cases, what_was_free_before_hides_no_leak);
    tcase_add_test(cases, a_crash_is_a_failure_and_we_live_on);
    tcase_add_test(cases, an_exit_is_a_failure_with_what_was_printed);
    tcase_add_test(cases, a_hang_is_a_failure);
    tcase_add_test(cases, calls_that_fail_are_a_failure);
    tcase_add_test(cases, a_set_up_that_fails_is_a_failure);
    tcase_add_test(cases, the_budget_ends_what_takes_too_long);
    tcase_add_test(cases, more_than_the_limit_is_killed_and_told);
    tcase_add_test(cases, a_leak_that_reaches_the_limit_is_one);
    tcase_add_test(cases, wrong_options_are_said);
    tcase_add_test(cases, a_result_is_kept_and_judged_the_same);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    judged_skip_where_unavailable();
    return judged_run(suite());
}
