#include "instrument/perf_record.h"

#include <linux/perf_event.h>
#include <string.h>

#if defined(__x86_64__) || defined(__aarch64__)
#include <asm/perf_regs.h>
#endif

/* What follows each record that is no sample (sample_id_all): pid, tid; time; id. */
#define PERF_RECORD_TRAILER 24

/* Reads a record's words in turn; what lies beyond its end is never looked at. */
struct perf_cursor {
    const unsigned char *at;
    size_t left;
    bool is_short;
};

static const void *perf_cursor_bytes(struct perf_cursor *cursor, size_t length)
{
    if (length > cursor->left) {
        cursor->is_short = true;
        return NULL;
    }
    const void *bytes = cursor->at;
    cursor->at += length;
    cursor->left -= length;
    return bytes;
}

static uint64_t perf_cursor_u64(struct perf_cursor *cursor)
{
    uint64_t value = 0;
    const void *bytes = perf_cursor_bytes(cursor, sizeof(value));
    if (bytes != NULL)
        memcpy(&value, bytes, sizeof(value));
    return value;
}

static uint32_t perf_cursor_u32(struct perf_cursor *cursor)
{
    uint32_t value = 0;
    const void *bytes = perf_cursor_bytes(cursor, sizeof(value));
    if (bytes != NULL)
        memcpy(&value, bytes, sizeof(value));
    return value;
}

#if defined(__x86_64__)
/* DWARF's numbers, by those of perf. */
static const signed char dwarf_numbers[PERF_REG_X86_64_MAX] = {
    [PERF_REG_X86_AX] = 0,    [PERF_REG_X86_BX] = 3,   [PERF_REG_X86_CX] = 2,
    [PERF_REG_X86_DX] = 1,    [PERF_REG_X86_SI] = 4,   [PERF_REG_X86_DI] = 5,
    [PERF_REG_X86_BP] = 6,    [PERF_REG_X86_SP] = 7,   [PERF_REG_X86_IP] = 16,
    [PERF_REG_X86_FLAGS] = 0, [PERF_REG_X86_R8] = 8,   [PERF_REG_X86_R9] = 9,
    [PERF_REG_X86_R10] = 10,  [PERF_REG_X86_R11] = 11, [PERF_REG_X86_R12] = 12,
    [PERF_REG_X86_R13] = 13,  [PERF_REG_X86_R14] = 14, [PERF_REG_X86_R15] = 15,
};
#define REGISTER_SP 7
#define REGISTER_IP 16

uint64_t perf_record_registers(void)
{
    uint64_t low = (1ULL << (PERF_REG_X86_IP + 1)) - 1;
    uint64_t high = ((1ULL << PERF_REG_X86_64_MAX) - 1) & ~((1ULL << PERF_REG_X86_R8) - 1);
    return low | high;
}
/* rdi, rsi, rdx, r10, r8, r9 */
static const signed char argument_registers[6] = {5, 4, 1, 10, 8, 9};
#elif defined(__aarch64__)
#define REGISTER_SP 31
#define REGISTER_IP 32

uint64_t perf_record_registers(void)
{
    return (1ULL << PERF_REG_ARM64_MAX) - 1;
}
/* x0 has the result by then. */
static const signed char argument_registers[6] = {-1, 1, 2, 3, 4, 5};
#else
#define REGISTER_SP 0
#define REGISTER_IP 0

uint64_t perf_record_registers(void)
{
    return 0;
}
static const signed char argument_registers[6] = {-1, -1, -1, -1, -1, -1};
#endif

static unsigned perf_record_dwarf_number(unsigned perf_number)
{
#if defined(__x86_64__)
    return (unsigned)dwarf_numbers[perf_number];
#else
    return perf_number;
#endif
}

bool perf_record_argument(const struct perf_record *record, unsigned n, uint64_t *ret)
{
    if (!record->has_registers || n >= 6 || argument_registers[n] < 0)
        return false;
    *ret = record->dump.registers[argument_registers[n]];
    return true;
}

static bool perf_record_header(const void *record, size_t length, struct perf_event_header *ret)
{
    if (length < sizeof(*ret))
        return false;
    memcpy(ret, record, sizeof(*ret));
    return true;
}

static uint64_t perf_record_word(const void *record, size_t offset)
{
    uint64_t value;
    memcpy(&value, (const unsigned char *)record + offset, sizeof(value));
    return value;
}

bool perf_record_time(const void *record, size_t length, nsec_t *ret)
{
    struct perf_event_header header;
    if (!perf_record_header(record, length, &header))
        return false;
    if (header.type == PERF_RECORD_SAMPLE) { /* id, ip, pid and tid, time */
        if (length < sizeof(header) + 32)
            return false;
        *ret = (nsec_t)perf_record_word(record, sizeof(header) + 24);
        return true;
    }
    if (length < sizeof(header) + PERF_RECORD_TRAILER)
        return false;
    *ret = (nsec_t)perf_record_word(record, length - 16);
    return true;
}

bool perf_record_id(const void *record, size_t length, uint64_t *ret)
{
    struct perf_event_header header;
    if (!perf_record_header(record, length, &header) || header.type != PERF_RECORD_SAMPLE ||
        length < sizeof(header) + 8)
        return false;
    *ret = perf_record_word(record, sizeof(header));
    return true;
}

static void perf_record_read_registers(struct perf_cursor *cursor, struct perf_record *ret)
{
    uint64_t abi = perf_cursor_u64(cursor);
    if (abi == PERF_SAMPLE_REGS_ABI_NONE)
        return;
    uint64_t mask = perf_record_registers();
    for (unsigned perf_number = 0; mask >> perf_number != 0; perf_number++) {
        if ((mask >> perf_number & 1) == 0)
            continue;
        unsigned number = perf_record_dwarf_number(perf_number);
        ret->dump.registers[number] = perf_cursor_u64(cursor);
        ret->dump.valid |= 1ULL << number;
    }
    ret->has_registers = abi == PERF_SAMPLE_REGS_ABI_64;
    ret->is_32_bit = abi == PERF_SAMPLE_REGS_ABI_32;
    ret->dump.ip = ret->dump.registers[REGISTER_IP];
    ret->dump.sp = ret->dump.registers[REGISTER_SP];
}

static bool perf_record_read_sample(struct perf_cursor *cursor, uint64_t sample_type,
                                    struct perf_record *ret)
{
    ret->kind = PERF_RECORD_KIND_SAMPLE;
    ret->id = perf_cursor_u64(cursor);
    ret->ip = perf_cursor_u64(cursor);
    ret->pid = (pid_t)perf_cursor_u32(cursor);
    ret->tid = (pid_t)perf_cursor_u32(cursor);
    ret->time_ns = (nsec_t)perf_cursor_u64(cursor);
    if ((sample_type & PERF_SAMPLE_ADDR) != 0)
        ret->address = perf_cursor_u64(cursor);
    if ((sample_type & PERF_SAMPLE_RAW) != 0) {
        ret->raw_length = perf_cursor_u32(cursor);
        ret->raw = perf_cursor_bytes(cursor, ret->raw_length);
    }
    if ((sample_type & PERF_SAMPLE_REGS_USER) != 0)
        perf_record_read_registers(cursor, ret);
    if ((sample_type & PERF_SAMPLE_STACK_USER) != 0) {
        uint64_t room = perf_cursor_u64(cursor);
        if (room > 0) {
            ret->dump.bytes = perf_cursor_bytes(cursor, (size_t)room);
            ret->dump.length = (size_t)perf_cursor_u64(cursor); /* how much of it was written */
            if (ret->dump.length > room)
                return false;
        }
    }
    return !cursor->is_short;
}

static bool perf_record_read_path(struct perf_cursor *cursor, struct perf_record *ret)
{
    const char *path = (const char *)cursor->at;
    if (memchr(path, '\0', cursor->left) == NULL)
        return false;
    ret->path = path;
    return true;
}

/* pid, ppid, tid, ptid, time: of a fork, and of an end. */
static void perf_record_read_task(struct perf_cursor *cursor, struct perf_record *ret)
{
    ret->pid = (pid_t)perf_cursor_u32(cursor);
    ret->parent_pid = (pid_t)perf_cursor_u32(cursor);
    ret->tid = (pid_t)perf_cursor_u32(cursor);
    ret->parent_tid = (pid_t)perf_cursor_u32(cursor);
}

static bool perf_record_read_map(struct perf_cursor *cursor, bool has_inode,
                                 struct perf_record *ret)
{
    ret->kind = PERF_RECORD_KIND_MAP;
    ret->pid = (pid_t)perf_cursor_u32(cursor);
    ret->tid = (pid_t)perf_cursor_u32(cursor);
    ret->address = perf_cursor_u64(cursor);
    ret->length = perf_cursor_u64(cursor);
    /* pgoff; maj, min, ino, ino_generation (or a build id), prot, flags */
    perf_cursor_bytes(cursor, has_inode ? 8 + 32 : 8);
    return !cursor->is_short && perf_record_read_path(cursor, ret);
}

static bool perf_record_read_other(struct perf_cursor *cursor,
                                   const struct perf_event_header *header, struct perf_record *ret)
{
    switch (header->type) {
    case PERF_RECORD_FORK:
    case PERF_RECORD_EXIT:
        ret->kind =
            header->type == PERF_RECORD_FORK ? PERF_RECORD_KIND_FORK : PERF_RECORD_KIND_EXIT;
        perf_record_read_task(cursor, ret);
        break;
    case PERF_RECORD_COMM:
        if ((header->misc & PERF_RECORD_MISC_COMM_EXEC) != 0)
            ret->kind = PERF_RECORD_KIND_EXEC;
        ret->pid = (pid_t)perf_cursor_u32(cursor);
        ret->tid = (pid_t)perf_cursor_u32(cursor);
        break;
    case PERF_RECORD_MMAP:
    case PERF_RECORD_MMAP2:
        return perf_record_read_map(cursor, header->type == PERF_RECORD_MMAP2, ret);
    case PERF_RECORD_LOST:
        ret->kind = PERF_RECORD_KIND_LOST;
        perf_cursor_u64(cursor);
        ret->lost = perf_cursor_u64(cursor);
        break;
    case PERF_RECORD_LOST_SAMPLES:
        ret->kind = PERF_RECORD_KIND_LOST;
        ret->lost = perf_cursor_u64(cursor);
        break;
    default:
        break;
    }
    return !cursor->is_short;
}

bool perf_record_read(const void *record, size_t length, uint64_t sample_type,
                      struct perf_record *ret)
{
    struct perf_event_header header;
    memset(ret, 0, sizeof(*ret));
    ret->kind = PERF_RECORD_KIND_OTHER;
    ret->path = "";
    if (!perf_record_header(record, length, &header) || header.size != length)
        return false;
    struct perf_cursor cursor = {.at = (const unsigned char *)record + sizeof(header),
                                 .left = length - sizeof(header)};
    if (header.type == PERF_RECORD_SAMPLE)
        return perf_record_read_sample(&cursor, sample_type, ret);
    if (cursor.left < PERF_RECORD_TRAILER || !perf_record_time(record, length, &ret->time_ns))
        return false;
    cursor.left -= PERF_RECORD_TRAILER;
    return perf_record_read_other(&cursor, &header, ret);
}
