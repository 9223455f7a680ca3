/* system_calls: what the end or the begin of a system call says. */
#include "instrument/system_calls.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "tests/support/check_main.h"

#define ALL (SYSTEM_CALLS_DESCRIPTORS | SYSTEM_CALLS_MEMORY | SYSTEM_CALLS_THREADS)

/* A sample as the tracepoints make it. */
struct made {
    struct perf_record record;
    uint64_t words[8];
};

static void set_argument(struct perf_record *record, unsigned n, uint64_t value)
{
#if defined(__x86_64__)
    static const unsigned char registers[6] = {5, 4, 1, 10, 8, 9};
#else
    static const unsigned char registers[6] = {0, 1, 2, 3, 4, 5};
#endif
    record->dump.registers[registers[n]] = value;
}

static void make_exit(struct made *made, long id, int64_t result)
{
    *made = (struct made){.words = {0, (uint64_t)id, (uint64_t)result}};
    made->record.raw = made->words;
    made->record.raw_length = 24;
    made->record.has_registers = true;
}

static void make_enter(struct made *made, long id, uint64_t first, uint64_t second, uint64_t third)
{
    *made = (struct made){.words = {0, (uint64_t)id, first, second, third}};
    made->record.raw = made->words;
    made->record.raw_length = sizeof(made->words);
}

START_TEST(an_open_says_which)
{
    struct made made;
    struct system_call call;
    make_exit(&made, SYS_openat, 17);
    ck_assert(system_call_read(&made.record, ALL, false, &call));
    ck_assert_int_eq(call.kind, SYSTEM_CALL_OPEN);
    ck_assert_int_eq(call.fd, 17);
    ck_assert(!system_call_read(&made.record, SYSTEM_CALLS_MEMORY, false, &call));
    ck_assert(!system_call_read(&made.record, ALL, true, &call));
    make_exit(&made, SYS_openat, -2);
    ck_assert(!system_call_read(&made.record, ALL, false, &call));
    make_exit(&made, SYS_openat, 17);
    made.record.is_32_bit = true;
    ck_assert(!system_call_read(&made.record, ALL, false, &call));
    make_exit(&made, SYS_getpid, 17);
    ck_assert(!system_call_read(&made.record, ALL, false, &call));
}
END_TEST

START_TEST(fcntl_opens_only_when_it_duplicates)
{
    struct made made;
    struct system_call call;
    make_exit(&made, SYS_fcntl, 9);
    set_argument(&made.record, 1, F_GETFL);
    ck_assert(!system_call_read(&made.record, ALL, false, &call));
    set_argument(&made.record, 1, F_DUPFD_CLOEXEC);
    ck_assert(system_call_read(&made.record, ALL, false, &call));
    ck_assert_int_eq(call.fd, 9);
#if defined(__x86_64__)
    make_exit(&made, SYS_dup2, 9);
    set_argument(&made.record, 0, 9);
    ck_assert(!system_call_read(&made.record, ALL, false, &call));
    set_argument(&made.record, 0, 8);
    ck_assert(system_call_read(&made.record, ALL, false, &call));
#endif
}
END_TEST

START_TEST(a_pair_says_where_its_numbers_are)
{
    struct made made;
    struct system_call call;
    make_exit(&made, SYS_socketpair, 0);
    set_argument(&made.record, 3, 0x7ffc0010);
    ck_assert(system_call_read(&made.record, ALL, false, &call));
    ck_assert_int_eq(call.kind, SYSTEM_CALL_OPEN_PAIR);
    ck_assert(call.knows_address);
    ck_assert_uint_eq(call.address, 0x7ffc0010);
}
END_TEST

START_TEST(mmap_says_what_and_how_long)
{
    static const struct {
        uint64_t flags;
        enum system_call_mapping mapping;
        bool is_populated;
    } cases[] = {
        {MAP_PRIVATE | MAP_ANONYMOUS, SYSTEM_CALL_PRIVATE, false},
        {MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, SYSTEM_CALL_PRIVATE, true},
        {MAP_SHARED | MAP_ANONYMOUS, SYSTEM_CALL_SHARED, false},
        {MAP_SHARED, SYSTEM_CALL_SHARED, false},
        {MAP_PRIVATE, SYSTEM_CALL_FILE, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct made made;
        struct system_call call;
        make_exit(&made, SYS_mmap, 0x7f0000000000);
        set_argument(&made.record, 1, 12345);
        set_argument(&made.record, 3, cases[i].flags);
        ck_assert(system_call_read(&made.record, ALL, false, &call));
        ck_assert_int_eq(call.kind, SYSTEM_CALL_MAP);
        ck_assert_uint_eq(call.address, 0x7f0000000000);
        ck_assert_uint_eq(call.length, 12345);
        ck_assert_int_eq(call.mapping, cases[i].mapping);
        ck_assert_int_eq(call.is_populated, cases[i].is_populated);
    }
}
END_TEST

START_TEST(mremap_says_from_where_to_where)
{
    struct made made;
    struct system_call call;
    make_exit(&made, SYS_mremap, 0x9000);
    set_argument(&made.record, 0, 0x5000);
    set_argument(&made.record, 1, 0x1000);
    set_argument(&made.record, 2, 0x3000);
    set_argument(&made.record, 3, MREMAP_MAYMOVE);
    ck_assert(system_call_read(&made.record, ALL, false, &call));
    ck_assert_int_eq(call.kind, SYSTEM_CALL_REMAP);
#if defined(__x86_64__)
    ck_assert(call.knows_address);
    ck_assert_uint_eq(call.old_address, 0x5000);
#else
    ck_assert(!call.knows_address);
#endif
    ck_assert_uint_eq(call.old_length, 0x1000);
    ck_assert_uint_eq(call.address, 0x9000);
    ck_assert_uint_eq(call.length, 0x3000);
    ck_assert(!call.keeps_old);
}
END_TEST

START_TEST(what_gives_back_is_read_at_its_begin)
{
    struct made made;
    struct system_call call;
    make_enter(&made, SYS_close, 5, 0, 0);
    ck_assert(system_call_read(&made.record, ALL, true, &call));
    ck_assert_int_eq(call.kind, SYSTEM_CALL_CLOSE);
    ck_assert_int_eq(call.fd, 5);
    make_enter(&made, SYS_close_range, 3, UINT32_MAX, 0);
    ck_assert(system_call_read(&made.record, ALL, true, &call));
    ck_assert_int_eq(call.fd, 3);
    ck_assert_int_eq(call.last_fd, INT32_MAX);
    make_enter(&made, SYS_close_range, 3, UINT32_MAX, CLOSE_RANGE_CLOEXEC);
    ck_assert(!system_call_read(&made.record, ALL, true, &call));
    make_enter(&made, SYS_munmap, 0x1000, 0x2000, 0);
    ck_assert(system_call_read(&made.record, ALL, true, &call));
    ck_assert_int_eq(call.kind, SYSTEM_CALL_UNMAP);
    ck_assert_uint_eq(call.length, 0x2000);
    make_enter(&made, SYS_madvise, 0x1000, 0x2000, MADV_DONTNEED);
    ck_assert(system_call_read(&made.record, ALL, true, &call));
    ck_assert_int_eq(call.kind, SYSTEM_CALL_GIVE_BACK);
    make_enter(&made, SYS_madvise, 0x1000, 0x2000, MADV_FREE); /* it stays for now */
    ck_assert(!system_call_read(&made.record, ALL, true, &call));
    make_enter(&made, SYS_brk, 0, 0, 0); /* a question */
    ck_assert(!system_call_read(&made.record, ALL, true, &call));
    make_enter(&made, SYS_brk, 0x4000, 0, 0);
    ck_assert(system_call_read(&made.record, ALL, true, &call));
    ck_assert_int_eq(call.kind, SYSTEM_CALL_BREAK);
}
END_TEST

START_TEST(a_thread_is_started_in_the_parent)
{
    struct made made;
    struct system_call call;
    make_exit(&made, SYS_clone3, 4711);
    ck_assert(system_call_read(&made.record, ALL, false, &call));
    ck_assert_int_eq(call.kind, SYSTEM_CALL_START);
    make_exit(&made, SYS_clone3, 0);
    ck_assert(!system_call_read(&made.record, ALL, false, &call));
}
END_TEST

START_TEST(a_filter_names_the_calls_of_its_groups)
{
    char text[1024];
    char word[32];
    system_calls_filter(SYSTEM_CALLS_THREADS, true, text, sizeof(text));
    ck_assert_str_eq(text, "");
    system_calls_filter(SYSTEM_CALLS_THREADS, false, text, sizeof(text));
    snprintf(word, sizeof(word), "id == %d", SYS_clone3);
    ck_assert_ptr_nonnull(strstr(text, word));
    ck_assert_int_eq(strncmp(text, "ret >= 0 && (id == ", 19), 0);
    ck_assert_int_eq(text[strlen(text) - 1], ')');
    system_calls_filter(ALL, true, text, sizeof(text));
    snprintf(word, sizeof(word), "id == %d", SYS_close);
    ck_assert_ptr_nonnull(strstr(text, word));
    system_calls_filter(ALL, false, text, sizeof(text));
    ck_assert_uint_lt(strlen(text), sizeof(text) - 1);
    snprintf(word, sizeof(word), "(id == %d && ret > 2)", SYS_fcntl);
    ck_assert_ptr_nonnull(strstr(text, word));
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("system_calls");
    TCase *tcase = tcase_create("calls");
    tcase_add_test(tcase, an_open_says_which);
    tcase_add_test(tcase, fcntl_opens_only_when_it_duplicates);
    tcase_add_test(tcase, a_pair_says_where_its_numbers_are);
    tcase_add_test(tcase, mmap_says_what_and_how_long);
    tcase_add_test(tcase, mremap_says_from_where_to_where);
    tcase_add_test(tcase, what_gives_back_is_read_at_its_begin);
    tcase_add_test(tcase, a_thread_is_started_in_the_parent);
    tcase_add_test(tcase, a_filter_names_the_calls_of_its_groups);
    suite_add_tcase(all, tcase);
    return all;
}

CHECK_MAIN(suite);
