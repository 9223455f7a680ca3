/* perf_record: what the kernel writes into a ring, read. */
#include "instrument/perf_record.h"

#include <linux/perf_event.h>
#include <string.h>
#include <unistd.h>

#include "instrument/perf_ring.h"
#include "tests/support/check_main.h"
#include "tests/support/random.h"

#define SAMPLE_TYPE                                                                         \
    (PERF_RECORD_SAMPLE_BASE | PERF_SAMPLE_ADDR | PERF_SAMPLE_RAW | PERF_SAMPLE_REGS_USER | \
     PERF_SAMPLE_STACK_USER)

/* A record in the making. */
struct bytes {
    _Alignas(8) unsigned char data[4096];
    size_t length;
};

static void put(struct bytes *bytes, const void *value, size_t length)
{
    memcpy(bytes->data + bytes->length, value, length);
    bytes->length += length;
}

static void put_u64(struct bytes *bytes, uint64_t value)
{
    put(bytes, &value, sizeof(value));
}

static void put_u32(struct bytes *bytes, uint32_t value)
{
    put(bytes, &value, sizeof(value));
}

static struct bytes begin(uint32_t type, uint16_t misc)
{
    struct bytes bytes = {.length = 0};
    struct perf_event_header header = {.type = type, .misc = misc};
    put(&bytes, &header, sizeof(header));
    return bytes;
}

static void finish(struct bytes *bytes)
{
    struct perf_event_header header;
    memcpy(&header, bytes->data, sizeof(header));
    header.size = (uint16_t)bytes->length;
    memcpy(bytes->data, &header, sizeof(header));
}

/* What sample_id_all adds. */
static void put_trailer(struct bytes *bytes, uint64_t time_ns)
{
    put_u32(bytes, 1);
    put_u32(bytes, 1);
    put_u64(bytes, time_ns);
    put_u64(bytes, 99);
}

static unsigned n_registers(void)
{
    return (unsigned)__builtin_popcountll(perf_record_registers());
}

/* A sample with the registers 1000, 1001… in the order of perf's numbers. */
static struct bytes sample(uint64_t abi)
{
    static const char raw[12] = "0123456789a";
    struct bytes bytes = begin(PERF_RECORD_SAMPLE, 0);
    put_u64(&bytes, 77);     /* id */
    put_u64(&bytes, 0x4711); /* ip */
    put_u32(&bytes, 12);
    put_u32(&bytes, 13);
    put_u64(&bytes, 5000000000);
    put_u64(&bytes, 0x7f0000001000); /* address */
    put_u32(&bytes, sizeof(raw));
    put(&bytes, raw, sizeof(raw));
    put_u64(&bytes, abi);
    for (unsigned i = 0; abi != PERF_SAMPLE_REGS_ABI_NONE && i < n_registers(); i++)
        put_u64(&bytes, 1000 + i);
    put_u64(&bytes, 16); /* room for the stack, and what is in it of that */
    put(&bytes, "stack of a call", 16);
    put_u64(&bytes, 8);
    finish(&bytes);
    return bytes;
}

START_TEST(reads_a_sample)
{
    struct bytes bytes = sample(PERF_SAMPLE_REGS_ABI_64);
    struct perf_record record;
    nsec_t time_ns;
    uint64_t id;
    ck_assert(perf_record_id(bytes.data, bytes.length, &id));
    ck_assert_uint_eq(id, 77);
    ck_assert(perf_record_time(bytes.data, bytes.length, &time_ns));
    ck_assert_int_eq(time_ns, 5 * NSEC_PER_SEC);
    ck_assert(perf_record_read(bytes.data, bytes.length, SAMPLE_TYPE, &record));
    ck_assert_int_eq(record.kind, PERF_RECORD_KIND_SAMPLE);
    ck_assert_int_eq(record.pid, 12);
    ck_assert_int_eq(record.tid, 13);
    ck_assert_int_eq(record.time_ns, 5 * NSEC_PER_SEC);
    ck_assert_uint_eq(record.address, 0x7f0000001000);
    ck_assert_uint_eq(record.raw_length, 12);
    ck_assert_int_eq(memcmp(record.raw, "0123456789a", 12), 0);
    ck_assert(record.has_registers);
    ck_assert_uint_eq(record.dump.length, 8);
    ck_assert_int_eq(memcmp(record.dump.bytes, "stack of", 8), 0);
}
END_TEST

#ifdef __x86_64__
START_TEST(registers_are_numbered_as_dwarf_does)
{
    /* perf: ax bx cx dx si di bp sp ip flags…, r8 to r15 at last. DWARF: ax dx cx bx si di bp sp.
     */
    static const uint64_t expected[8] = {1000, 1003, 1002, 1001, 1004, 1005, 1006, 1007};
    struct bytes bytes = sample(PERF_SAMPLE_REGS_ABI_64);
    struct perf_record record;
    uint64_t argument;
    ck_assert(perf_record_read(bytes.data, bytes.length, SAMPLE_TYPE, &record));
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(record.dump.registers[i], expected[i]);
    ck_assert_uint_eq(record.dump.sp, 1007);
    ck_assert_uint_eq(record.dump.ip, 1008);
    ck_assert_uint_eq(record.dump.registers[8], 1009);
    ck_assert_uint_eq(record.dump.registers[15], 1016);
    ck_assert_uint_eq(record.dump.valid, 0x1ffff);
    ck_assert(perf_record_argument(&record, 0, &argument)); /* rdi */
    ck_assert_uint_eq(argument, 1005);
    ck_assert(perf_record_argument(&record, 3, &argument)); /* r10 */
    ck_assert_uint_eq(argument, 1011);
    ck_assert(!perf_record_argument(&record, 6, &argument));
}
END_TEST
#endif

START_TEST(a_32_bit_program_has_no_registers_for_us)
{
    struct bytes bytes = sample(PERF_SAMPLE_REGS_ABI_32);
    struct perf_record record;
    uint64_t argument;
    ck_assert(perf_record_read(bytes.data, bytes.length, SAMPLE_TYPE, &record));
    ck_assert(!record.has_registers);
    ck_assert(record.is_32_bit);
    ck_assert(!perf_record_argument(&record, 1, &argument));
    bytes = sample(PERF_SAMPLE_REGS_ABI_NONE);
    ck_assert(perf_record_read(bytes.data, bytes.length, SAMPLE_TYPE, &record));
    ck_assert(!record.has_registers);
    ck_assert(!record.is_32_bit);
}
END_TEST

START_TEST(reads_a_fork_and_an_end)
{
    struct perf_record record;
    struct bytes bytes = begin(PERF_RECORD_FORK, 0);
    put_u32(&bytes, 21);
    put_u32(&bytes, 20);
    put_u32(&bytes, 23);
    put_u32(&bytes, 22);
    put_u64(&bytes, 1);
    put_trailer(&bytes, 42);
    finish(&bytes);
    ck_assert(perf_record_read(bytes.data, bytes.length, 0, &record));
    ck_assert_int_eq(record.kind, PERF_RECORD_KIND_FORK);
    ck_assert_int_eq(record.pid, 21);
    ck_assert_int_eq(record.parent_pid, 20);
    ck_assert_int_eq(record.tid, 23);
    ck_assert_int_eq(record.parent_tid, 22);
    ck_assert_int_eq(record.time_ns, 42);
}
END_TEST

START_TEST(tells_an_exec_from_a_new_name)
{
    for (int exec = 0; exec < 2; exec++) {
        struct perf_record record;
        struct bytes bytes = begin(PERF_RECORD_COMM, exec != 0 ? PERF_RECORD_MISC_COMM_EXEC : 0);
        put_u32(&bytes, 31);
        put_u32(&bytes, 31);
        put(&bytes, "service", 8);
        put_trailer(&bytes, 43);
        finish(&bytes);
        ck_assert(perf_record_read(bytes.data, bytes.length, 0, &record));
        ck_assert_int_eq(record.kind, exec ? PERF_RECORD_KIND_EXEC : PERF_RECORD_KIND_OTHER);
        ck_assert_int_eq(record.pid, 31);
    }
}
END_TEST

/* `path` with its NUL takes up whole words, as the kernel writes it. */
static struct bytes mapping(const char path[16])
{
    struct bytes bytes = begin(PERF_RECORD_MMAP2, 0);
    put_u32(&bytes, 41);
    put_u32(&bytes, 42);
    put_u64(&bytes, 0x1000);
    put_u64(&bytes, 0x2000);
    put_u64(&bytes, 0); /* pgoff */
    for (int i = 0; i < 4; i++)
        put_u64(&bytes, 0);
    put(&bytes, path, 16);
    put_trailer(&bytes, 44);
    finish(&bytes);
    return bytes;
}

START_TEST(reads_a_mapping)
{
    struct perf_record record;
    struct bytes bytes = mapping("/lib/libx.so\0\0\0");
    ck_assert(perf_record_read(bytes.data, bytes.length, 0, &record));
    ck_assert_int_eq(record.kind, PERF_RECORD_KIND_MAP);
    ck_assert_int_eq(record.pid, 41);
    ck_assert_uint_eq(record.address, 0x1000);
    ck_assert_uint_eq(record.length, 0x2000);
    ck_assert_str_eq(record.path, "/lib/libx.so");
    bytes = mapping("no end of a path");
    ck_assert(!perf_record_read(bytes.data, bytes.length, 0, &record));
}
END_TEST

START_TEST(counts_what_was_lost)
{
    struct perf_record record;
    struct bytes bytes = begin(PERF_RECORD_LOST, 0);
    put_u64(&bytes, 7);
    put_u64(&bytes, 500);
    put_trailer(&bytes, 45);
    finish(&bytes);
    ck_assert(perf_record_read(bytes.data, bytes.length, 0, &record));
    ck_assert_int_eq(record.kind, PERF_RECORD_KIND_LOST);
    ck_assert_uint_eq(record.lost, 500);
}
END_TEST

START_TEST(never_looks_beyond_the_end)
{
    struct random random = random_from(8);
    for (int i = 0; i < 20000; i++) {
        struct bytes bytes =
            i % 2 == 0 ? sample(PERF_SAMPLE_REGS_ABI_64) : mapping("/a\0\0\0\0\0\0\0\0\0\0\0\0\0");
        size_t length = random_below(&random, bytes.length + 1);
        struct perf_record record;
        nsec_t time_ns;
        for (size_t flips = random_below(&random, 8); flips > 0; flips--)
            bytes.data[8 + random_below(&random, bytes.length - 8)] =
                (unsigned char)random_below(&random, 256);
        bytes.length = length;
        if (length >= sizeof(struct perf_event_header))
            finish(&bytes);
        /* As large as it says: the sanitizers see what is read beyond. */
        unsigned char *exact = malloc(length + 1);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, bytes.data, length);
        (void)perf_record_time(exact, length, &time_ns);
        if (perf_record_read(exact, length, SAMPLE_TYPE, &record)) {
            const unsigned char *raw = record.raw;
            ck_assert(raw == NULL || (raw >= exact && raw + record.raw_length <= exact + length));
            const unsigned char *stack = record.dump.bytes;
            ck_assert(stack == NULL ||
                      (stack >= exact && stack + record.dump.length <= exact + length));
        }
        free(exact);
    }
}
END_TEST

/* A ring as the kernel fills it, without the kernel. */
struct made_ring {
    struct perf_ring ring;
    struct perf_event_mmap_page *state;
    unsigned char *data;
};

static struct made_ring ring_make(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct made_ring made;
    unsigned char *map = aligned_alloc(page, page + bytes);
    ck_assert_ptr_nonnull(map);
    memset(map, 0, page + bytes);
    made.state = (struct perf_event_mmap_page *)(void *)map;
    made.data = map + page;
    made.ring = (struct perf_ring){.map = map, .bytes = bytes, .wrapped = malloc(65536)};
    ck_assert_ptr_nonnull(made.ring.wrapped);
    return made;
}

static void ring_write(struct made_ring *made, const struct bytes *bytes)
{
    for (size_t i = 0; i < bytes->length; i++)
        made->data[(made->state->data_head + i) % made->ring.bytes] = bytes->data[i];
    made->state->data_head += bytes->length;
}

START_TEST(a_ring_gives_back_what_goes_round_its_end)
{
    struct made_ring made = ring_make(4096);
    struct perf_ring *ring = &made.ring;
    perf_ring_look(ring);
    ck_assert_ptr_null(ring->record);
    for (uint64_t i = 0; i < 200; i++) {
        struct bytes bytes = begin(PERF_RECORD_LOST, 0);
        put_u64(&bytes, 0);
        put_u64(&bytes, i);
        for (uint64_t more = 0; more < i % 5; more++)
            put_u64(&bytes, 0);
        put_trailer(&bytes, 1000 + i);
        finish(&bytes);
        ring_write(&made, &bytes);
        if (i % 3 != 2)
            continue;
        perf_ring_look(ring);
        for (uint64_t j = i - 2; j <= i; j++) {
            struct perf_record record;
            ck_assert_ptr_nonnull(ring->record);
            ck_assert_int_eq(ring->time_ns, (nsec_t)(1000 + j));
            ck_assert(perf_record_read(ring->record, ring->length, 0, &record));
            ck_assert_uint_eq(record.lost, j);
            perf_ring_next(ring);
        }
        ck_assert_ptr_null(ring->record);
        ck_assert_uint_eq(made.state->data_tail, made.state->data_head);
    }
    free(ring->wrapped);
    free(made.state);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("perf_record");
    TCase *tcase = tcase_create("records");
    tcase_add_test(tcase, reads_a_sample);
#ifdef __x86_64__
    tcase_add_test(tcase, registers_are_numbered_as_dwarf_does);
#endif
    tcase_add_test(tcase, a_32_bit_program_has_no_registers_for_us);
    tcase_add_test(tcase, reads_a_fork_and_an_end);
    tcase_add_test(tcase, tells_an_exec_from_a_new_name);
    tcase_add_test(tcase, reads_a_mapping);
    tcase_add_test(tcase, counts_what_was_lost);
    tcase_add_test(tcase, never_looks_beyond_the_end);
    tcase_add_test(tcase, a_ring_gives_back_what_goes_round_its_end);
    suite_add_tcase(all, tcase);
    return all;
}

CHECK_MAIN(suite);
