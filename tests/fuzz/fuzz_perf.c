/* What perf_event_open writes into a ring (instrument/perf_record.h), and which system call that is
 * (instrument/system_calls.h). An input is a list of records: a byte for the type, two for how long
 * the rest is, and that; the header is made of it, as the kernel does. */
#include <linux/perf_event.h>
#include <string.h>

#include "instrument/perf_record.h"
#include "instrument/system_calls.h"
#include "tests/fuzz/fuzz.h"

#define GROUPS_ALL (SYSTEM_CALLS_DESCRIPTORS | SYSTEM_CALLS_MEMORY | SYSTEM_CALLS_THREADS)

static void check_calls(const struct perf_record *record)
{
    struct system_call call;
    uint64_t argument = 0;
    for (unsigned groups = 0; groups <= GROUPS_ALL; groups++)
        for (int is_enter = 0; is_enter < 2; is_enter++)
            if (system_call_read(record, groups, is_enter == 1, &call))
                FUZZ_REQUIRE(groups != 0 && call.kind <= SYSTEM_CALL_PAIR_BEGINS);
    for (unsigned n = 0; n < 8; n++)
        if (perf_record_argument(record, n, &argument))
            FUZZ_REQUIRE(n < 6);
}

/* Everything that a record borrows lies within it. */
static void check_within(const struct perf_record *record, const unsigned char *bytes, size_t size)
{
    const unsigned char *end = bytes + size;
    if (record->raw != NULL)
        FUZZ_REQUIRE((const unsigned char *)record->raw >= bytes &&
                     record->raw_length <= (size_t)(end - (const unsigned char *)record->raw));
    const unsigned char *stack = record->dump.bytes;
    if (stack != NULL)
        FUZZ_REQUIRE(stack >= bytes && record->dump.length <= (size_t)(end - stack));
    FUZZ_REQUIRE(record->path == NULL || strlen(record->path) < size);
}

static void check_record(const unsigned char *bytes, size_t size)
{
    static const uint64_t more[] = {0,
                                    PERF_SAMPLE_ADDR,
                                    PERF_SAMPLE_RAW,
                                    PERF_SAMPLE_REGS_USER,
                                    PERF_SAMPLE_RAW | PERF_SAMPLE_REGS_USER,
                                    PERF_SAMPLE_STACK_USER,
                                    PERF_RECORD_SAMPLE_MORE};
    nsec_t time_ns = 0;
    uint64_t id = 0;
    (void)perf_record_time(bytes, size, &time_ns);
    (void)perf_record_id(bytes, size, &id);
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        struct perf_record record;
        memset(&record, 0, sizeof(record));
        if (!perf_record_read(bytes, size, PERF_RECORD_SAMPLE_BASE | more[i], &record))
            continue;
        check_within(&record, bytes, size);
        if (record.kind == PERF_RECORD_KIND_SAMPLE)
            check_calls(&record);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t types[] = {PERF_RECORD_SAMPLE, PERF_RECORD_MMAP,  PERF_RECORD_MMAP2,
                                     PERF_RECORD_COMM,   PERF_RECORD_FORK,  PERF_RECORD_EXIT,
                                     PERF_RECORD_LOST,   PERF_RECORD_SAMPLE};
    while (size >= 3) {
        size_t length = (size_t)data[1] | (size_t)(data[2] & 7) << 8;
        length = length < size - 3 ? length : size - 3;
        struct perf_event_header header = {.type = types[data[0] % 8],
                                           .misc = (uint16_t)((data[2] & 0xf8) << 8 | data[0]),
                                           .size = (uint16_t)(sizeof(header) + length)};
        unsigned char *bytes = malloc(header.size);
        FUZZ_REQUIRE(bytes != NULL);
        memcpy(bytes, &header, sizeof(header));
        memcpy(bytes + sizeof(header), data + 3, length);
        check_record(bytes, header.size);
        free(bytes);
        data += 3 + length;
        size -= 3 + length;
    }
    return 0;
}
