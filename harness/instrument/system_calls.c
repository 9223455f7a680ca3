#include "instrument/system_calls.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/cleanup.h"

/* A tracepoint's raw data: eight bytes that all have, then its own: id, and arguments or result. */
#define RAW_ID        8
#define RAW_ARGUMENTS 16

struct system_call_entry {
    long number;
    unsigned char group;
    bool is_enter;
    unsigned char kind;
};

#define OPENS(name)                                                   \
    {                                                                 \
        SYS_##name, SYSTEM_CALLS_DESCRIPTORS, false, SYSTEM_CALL_OPEN \
    }

static const struct system_call_entry entries[] = {
#ifdef SYS_open
    OPENS(open),
#endif
#ifdef SYS_creat
    OPENS(creat),
#endif
    OPENS(openat),
    OPENS(openat2),
    OPENS(open_by_handle_at),
    OPENS(socket),
    OPENS(accept),
    OPENS(accept4),
    OPENS(dup),
#ifdef SYS_dup2
    OPENS(dup2),
#endif
    OPENS(dup3),
    OPENS(fcntl),
#ifdef SYS_eventfd
    OPENS(eventfd),
#endif
    OPENS(eventfd2),
#ifdef SYS_epoll_create
    OPENS(epoll_create),
#endif
    OPENS(epoll_create1),
    OPENS(timerfd_create),
    OPENS(memfd_create),
#ifdef SYS_memfd_secret
    OPENS(memfd_secret),
#endif
#ifdef SYS_inotify_init
    OPENS(inotify_init),
#endif
    OPENS(inotify_init1),
#ifdef SYS_signalfd
    OPENS(signalfd),
#endif
    OPENS(signalfd4),
    OPENS(fanotify_init),
    OPENS(pidfd_open),
    OPENS(pidfd_getfd),
    OPENS(userfaultfd),
    OPENS(io_uring_setup),
    OPENS(perf_event_open),
    OPENS(mq_open),
#ifdef SYS_pipe
    {SYS_pipe, SYSTEM_CALLS_DESCRIPTORS, false, SYSTEM_CALL_OPEN_PAIR},
#endif
    {SYS_pipe2, SYSTEM_CALLS_DESCRIPTORS, false, SYSTEM_CALL_OPEN_PAIR},
    {SYS_socketpair, SYSTEM_CALLS_DESCRIPTORS, false, SYSTEM_CALL_OPEN_PAIR},
    {SYS_close, SYSTEM_CALLS_DESCRIPTORS, true, SYSTEM_CALL_CLOSE},
    {SYS_close_range, SYSTEM_CALLS_DESCRIPTORS, true, SYSTEM_CALL_CLOSE_RANGE},

    {SYS_mmap, SYSTEM_CALLS_MEMORY, false, SYSTEM_CALL_MAP},
    {SYS_mremap, SYSTEM_CALLS_MEMORY, false, SYSTEM_CALL_REMAP},
    {SYS_shmat, SYSTEM_CALLS_MEMORY, false, SYSTEM_CALL_ATTACH},
    {SYS_munmap, SYSTEM_CALLS_MEMORY, true, SYSTEM_CALL_UNMAP},
    {SYS_shmdt, SYSTEM_CALLS_MEMORY, true, SYSTEM_CALL_DETACH},
    {SYS_madvise, SYSTEM_CALLS_MEMORY, true, SYSTEM_CALL_GIVE_BACK},
    {SYS_brk, SYSTEM_CALLS_MEMORY, true, SYSTEM_CALL_BREAK},
#ifndef __x86_64__
    /* The result overwrites what their first argument was. */
    {SYS_pipe2, SYSTEM_CALLS_DESCRIPTORS, true, SYSTEM_CALL_PAIR_BEGINS},
    {SYS_mremap, SYSTEM_CALLS_MEMORY, true, SYSTEM_CALL_REMAP_BEGINS},
#endif

#ifdef SYS_fork
    {SYS_fork, SYSTEM_CALLS_THREADS, false, SYSTEM_CALL_START},
#endif
#ifdef SYS_vfork
    {SYS_vfork, SYSTEM_CALLS_THREADS, false, SYSTEM_CALL_START},
#endif
    {SYS_clone, SYSTEM_CALLS_THREADS, false, SYSTEM_CALL_START},
    {SYS_clone3, SYSTEM_CALLS_THREADS, false, SYSTEM_CALL_START},
};

const char *system_calls_filter(unsigned groups, bool is_enter, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(entries) && length < size; i++) {
        const struct system_call_entry *entry = &entries[i];
        if ((entry->group & groups) == 0 || entry->is_enter != is_enter)
            continue;
        const char *before = length > 0 ? " || " : is_enter ? "" : "ret >= 0 && (";
        /* Most are no F_DUPFD, and what they return is small. */
        bool is_fcntl = entry->number == SYS_fcntl;
        length +=
            (size_t)snprintf(text + length, size - length, "%s%sid == %ld%s", before,
                             is_fcntl ? "(" : "", entry->number, is_fcntl ? " && ret > 2)" : "");
    }
    if (length > 0 && !is_enter && length < size)
        snprintf(text + length, size - length, ")");
    return text;
}

static const struct system_call_entry *system_call_find(long number, unsigned groups, bool is_enter)
{
    for (size_t i = 0; i < ARRAY_LENGTH(entries); i++)
        if (entries[i].number == number && entries[i].is_enter == is_enter &&
            (entries[i].group & groups) != 0)
            return &entries[i];
    return NULL;
}

static uint64_t raw_word(const struct perf_record *record, size_t offset)
{
    uint64_t value = 0;
    if (offset + sizeof(value) <= record->raw_length)
        memcpy(&value, (const unsigned char *)record->raw + offset, sizeof(value));
    return value;
}

static bool system_call_read_enter(const struct perf_record *record, struct system_call *ret)
{
    uint64_t first = raw_word(record, RAW_ARGUMENTS);
    uint64_t second = raw_word(record, RAW_ARGUMENTS + 8);
    uint64_t third = raw_word(record, RAW_ARGUMENTS + 16);
    switch (ret->kind) {
    case SYSTEM_CALL_CLOSE:
        ret->fd = (int)first;
        return true;
    case SYSTEM_CALL_CLOSE_RANGE:
        ret->fd = (int)first;
        ret->last_fd = second > INT32_MAX ? INT32_MAX : (int)second;
        return first <= INT32_MAX && (third & CLOSE_RANGE_CLOEXEC) == 0;
    case SYSTEM_CALL_GIVE_BACK:
        ret->address = first;
        ret->length = second;
        return third == MADV_DONTNEED || third == MADV_REMOVE;
    case SYSTEM_CALL_UNMAP:
        ret->address = first;
        ret->length = second;
        return true;
    case SYSTEM_CALL_REMAP_BEGINS:
        ret->old_address = first;
        return true;
    default: /* DETACH, BREAK, PAIR_BEGINS */
        ret->address = first;
        return first != 0;
    }
}

static enum system_call_mapping system_call_mapping_of(uint64_t flags)
{
    if ((flags & MAP_TYPE) != MAP_PRIVATE)
        return SYSTEM_CALL_SHARED;
    return (flags & MAP_ANONYMOUS) != 0 ? SYSTEM_CALL_PRIVATE : SYSTEM_CALL_FILE;
}

static bool system_call_read_mapping(const struct perf_record *record, uint64_t result,
                                     struct system_call *ret)
{
    uint64_t flags;
    ret->address = result;
    if (ret->kind == SYSTEM_CALL_ATTACH)
        return true;
    if (ret->kind == SYSTEM_CALL_MAP) {
        if (!perf_record_argument(record, 1, &ret->length) ||
            !perf_record_argument(record, 3, &flags))
            return false;
        ret->mapping = system_call_mapping_of(flags);
        ret->is_populated = (flags & (MAP_POPULATE | MAP_LOCKED)) != 0;
        return true;
    }
    ret->knows_address = perf_record_argument(record, 0, &ret->old_address);
    if (!perf_record_argument(record, 1, &ret->old_length) ||
        !perf_record_argument(record, 2, &ret->length) || !perf_record_argument(record, 3, &flags))
        return false;
    ret->keeps_old = (flags & MREMAP_DONTUNMAP) != 0;
    return true;
}

/* Did it make a descriptor? Some do only with some arguments. */
static bool system_call_opens(const struct perf_record *record, long number, uint64_t result)
{
    uint64_t first;
    uint64_t second;
    (void)result; /* of dup2, which not all machines have */
    if (number == SYS_fcntl)
        return perf_record_argument(record, 1, &second) &&
               (second == F_DUPFD || second == F_DUPFD_CLOEXEC);
#ifdef SYS_dup2
    if (number == SYS_dup2) /* onto itself: nothing happens */
        return !perf_record_argument(record, 0, &first) || (int)first != (int)result;
#endif
#if defined(SYS_signalfd)
    if (number == SYS_signalfd)
        return perf_record_argument(record, 0, &first) && (int)first == -1;
#endif
    if (number == SYS_signalfd4) /* an old one is changed */
        return !perf_record_argument(record, 0, &first) || (int)first == -1;
    return true;
}

static bool system_call_read_exit(const struct perf_record *record, long number,
                                  struct system_call *ret)
{
    uint64_t result = raw_word(record, RAW_ARGUMENTS);
    if (!record->has_registers || (int64_t)result < 0)
        return false;
    switch (ret->kind) {
    case SYSTEM_CALL_OPEN:
        ret->fd = (int)result;
        return system_call_opens(record, number, result);
    case SYSTEM_CALL_OPEN_PAIR:
        ret->knows_address =
            perf_record_argument(record, number == SYS_socketpair ? 3 : 0, &ret->address);
        return true;
    case SYSTEM_CALL_START:
        return result > 0; /* in the child it is 0 */
    default:
        return system_call_read_mapping(record, result, ret);
    }
}

bool system_call_read(const struct perf_record *record, unsigned groups, bool is_enter,
                      struct system_call *ret)
{
    memset(ret, 0, sizeof(*ret));
    if (record->is_32_bit || record->raw == NULL)
        return false;
    long number = (long)raw_word(record, RAW_ID);
    const struct system_call_entry *entry = system_call_find(number, groups, is_enter);
    if (entry == NULL)
        return false;
    ret->kind = (enum system_call_kind)entry->kind;
    return is_enter ? system_call_read_enter(record, ret)
                    : system_call_read_exit(record, number, ret);
}
