#pragma once
/* The address space of a process: which files are mapped where, and stacks of calls from registers
 * and a copy of the stack, by the call frame information of those files (.eh_frame, .debug_frame);
 * where a file has none, by frame pointers. Nothing is asked of the process but its mappings.
 *
 * The rules of each place in the code are kept, by file, for all processes of the same `symbols`
 * (frame_rules.h): an address that was seen before costs some 50 ns natively, and so a stack of
 * twenty frames about 1 µs, whether that stack was seen before or not. Whoever unwinds need keep
 * nothing. Not for several threads at once.
 *
 * Registers may be missing (`valid`). Of a thread that sleeps in the kernel, ip and sp can be read
 * without stopping it (/proc/PID/task/TID/syscall); for most code built with optimization they are
 * enough. Where they are not, the stack is cut; once a stack with the same ip was
 * unwound with all its registers, it is known by the return addresses that lie there. */
#include <sys/types.h>

#include "symbol/call_stacks.h"

#define PROCESS_SPACE_REGISTERS 33 /* numbered as DWARF does for this machine */

struct process_space;

/* A moment of a thread. */
struct stack_dump {
    uint64_t ip, sp;
    uint64_t registers[PROCESS_SPACE_REGISTERS];
    uint64_t valid;    /* a bit for each of them that is known */
    const void *bytes; /* what lies from sp upwards */
    size_t length;
};

/* The space of a process, from /proc/PID/maps; `root` as symbols_add_file() has it. `symbols` is
 * borrowed. The caller owns *ret. 1: the process is gone. */
int process_space_new(pid_t pid, struct symbols *symbols, struct process_space **ret,
                      struct error *err);
void process_space_free(struct process_space *space); /* NULL is fine */

/* Read the mappings again (after dlopen, exec). 1: the process is gone: it stays as it was. */
int process_space_refresh(struct process_space *space, struct error *err);

/* A copy for a forked child. */
int process_space_fork(const struct process_space *space, pid_t pid, struct process_space **ret,
                       struct error *err);

/* What an address of the process is. */
struct code_address process_space_address(struct process_space *space, uint64_t address);

/* A stack, leaf first: the leaf is where the thread is, and all others are return addresses. One
 * that a signal interrupted is so as well: it is one more than where that was. */
struct unwound_stack {
    struct code_address addresses[CALL_STACKS_DEPTH_MAX];
    unsigned n;  /* 1 at least */
    bool is_cut; /* it goes on, and the copy of the stack ends there, or no rule is known */
};

/* The stack of this moment. Where code is met that is mapped nowhere, the mappings are read again,
 * ten times a second at most. */
int process_space_unwind(struct process_space *space, const struct stack_dump *dump,
                         struct unwound_stack *ret, struct error *err);
