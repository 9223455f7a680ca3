#include "instrument/thread_capture.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "instrument/thread_refusal.h"

#define CAPTURE_PAGE       ((size_t)4096)
#define CAPTURE_PIECES     (THREAD_CAPTURE_STACK_MAX / CAPTURE_PAGE + 1)
#define CAPTURE_TIMEOUT_NS (500 * NSEC_PER_MSEC)
#define CAPTURE_SPINS      50 /* looks before it waits for longer */

int thread_capture_init(struct thread_capture *capture, struct error *err)
{
    *capture = (struct thread_capture){.stack = malloc(THREAD_CAPTURE_STACK_MAX)};
    return capture->stack == NULL ? error_out_of_memory(err) : 0;
}

void thread_capture_done(struct thread_capture *capture)
{
    free(capture->stack);
    capture->stack = NULL;
}

/* Copy what lies from sp upwards, as far as there is something. In pieces of a page, for the kernel
 * copies no part of a piece. */
static ssize_t capture_copy_stack(struct thread_capture *capture, pid_t tid, size_t stack_bytes)
{
    struct iovec remote[CAPTURE_PIECES];
    struct iovec local = {.iov_base = capture->stack, .iov_len = stack_bytes};
    uint64_t at = capture->dump.sp;
    unsigned n = 0;
    for (size_t left = stack_bytes; left > 0 && n < CAPTURE_PIECES; n++) {
        size_t piece = CAPTURE_PAGE - at % CAPTURE_PAGE;
        piece = piece < left ? piece : left;
        memcpy(&remote[n].iov_base, &at, sizeof(at));
        remote[n].iov_len = piece;
        at += piece;
        left -= piece;
    }
    ssize_t length = process_vm_readv(tid, &local, 1, remote, n, 0);
    capture->dump.bytes = capture->stack;
    capture->dump.length = length > 0 ? (size_t)length : 0;
    capture->is_partial = length > 0 && (size_t)length == stack_bytes;
    return length;
}

/* How often the thread got a processor; false: the kernel does not count that. */
static bool capture_turns(int fd, uint64_t *ret)
{
    char text[128];
    return fd >= 0 && file_reread(fd, text, sizeof(text)) > 0 &&
           sscanf(text, "%*u %*u %" SCNu64, ret) == 1 && *ret > 0;
}

/* "7 0x1 … SP IP", "-1 SP IP", or "running": false. */
static bool capture_parse_call(const char *text, struct thread_capture *capture)
{
    uint64_t sp = 0;
    uint64_t ip = 0;
    long number = -1;
    if (sscanf(text, "%ld %*x %*x %*x %*x %*x %*x %" SCNx64 " %" SCNx64, &number, &sp, &ip) != 3 &&
        sscanf(text, "-1 %" SCNx64 " %" SCNx64, &sp, &ip) != 2)
        return false;
    capture->dump = (struct stack_dump){.ip = ip, .sp = sp};
    capture->system_call = number;
    return true;
}

static bool capture_is_gone(int errno_value)
{
    return errno_value == ENOENT || errno_value == ESRCH;
}

int thread_capture_asleep(struct thread_capture *capture, pid_t pid, pid_t tid, size_t stack_bytes,
                          struct error *err)
{
    char path[64];
    char call[256];
    uint64_t turns = 0;
    uint64_t turns_after = 0;
    capture->stopped_ns = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", (int)pid, (int)tid);
    CLEANUP(closep) int turns_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (turns_fd < 0 && capture_is_gone(errno) && access("/proc/self/schedstat", F_OK) == 0)
        return 2;
    if (!capture_turns(turns_fd, &turns))
        return 1; /* nobody could tell that it slept all the time */
    snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", (int)pid, (int)tid);
    CLEANUP(closep) int call_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (call_fd < 0 && errno == ENOENT && access("/proc/self/syscall", F_OK) != 0)
        return 1; /* a kernel without it */
    if (call_fd < 0 || file_reread(call_fd, call, sizeof(call)) < 0)
        return capture_is_gone(errno) ? 2 : thread_refusal(pid, errno, path, err);
    if (!capture_parse_call(call, capture))
        return 1;
    if (capture_copy_stack(capture, tid, stack_bytes) < 0 && errno != EFAULT)
        return capture_is_gone(errno) ? 2 : thread_refusal(pid, errno, "process_vm_readv", err);
    return capture_turns(turns_fd, &turns_after) && turns == turns_after ? 0 : 1;
}

/* Wait until it has stopped. 1: it did not in time. 2: it ended. What it tells is left for others
 * to wait for: it may be a child of ours. */
static int capture_wait(pid_t tid)
{
    nsec_t deadline_ns = clock_now_ns() + CAPTURE_TIMEOUT_NS;
    for (unsigned i = 0;; i++) {
        siginfo_t info = {.si_pid = 0};
        int options = WSTOPPED | WEXITED | WNOWAIT | WNOHANG | __WALL;
        if (waitid(P_PID, (id_t)tid, &info, options) < 0)
            return 2;
        if (info.si_pid != 0)
            return info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED ? 0 : 2;
        if (clock_now_ns() > deadline_ns)
            return 1;
        if (i < CAPTURE_SPINS)
            sched_yield();
        else
            clock_sleep_until(clock_now_ns() + 50 * NSEC_PER_USEC);
    }
}

#define CAPTURE_SET(number, value)              \
    do {                                        \
        dump->registers[number] = (value);      \
        dump->valid |= (uint64_t)1 << (number); \
    } while (0)

/* Its registers, as DWARF numbers them. */
static int capture_registers(pid_t tid, struct stack_dump *dump)
{
    struct user_regs_struct registers;
    struct iovec iovec = {.iov_base = &registers, .iov_len = sizeof(registers)};
    *dump = (struct stack_dump){.ip = 0};
    if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &iovec) != 0)
        return -1;
#if defined(__x86_64__)
    const uint64_t values[] = {registers.rax, registers.rdx, registers.rcx, registers.rbx,
                               registers.rsi, registers.rdi, registers.rbp, registers.rsp,
                               registers.r8,  registers.r9,  registers.r10, registers.r11,
                               registers.r12, registers.r13, registers.r14, registers.r15};
    for (unsigned i = 0; i < ARRAY_LENGTH(values); i++)
        CAPTURE_SET(i, values[i]);
    dump->ip = registers.rip;
    dump->sp = registers.rsp;
#elif defined(__aarch64__)
    for (unsigned i = 0; i < ARRAY_LENGTH(registers.regs); i++)
        CAPTURE_SET(i, registers.regs[i]);
    CAPTURE_SET(31, registers.sp);
    dump->ip = registers.pc;
    dump->sp = registers.sp;
#else
#error "no registers of threads on this machine"
#endif
    return 0;
}

/* Let it go; a signal that it stopped for is delivered. */
static void capture_let_go(pid_t tid)
{
    siginfo_t info = {.si_pid = 0};
    long signal_number = 0;
    if (waitid(P_PID, (id_t)tid, &info, WSTOPPED | WNOWAIT | WNOHANG | __WALL) == 0 &&
        info.si_pid != 0 && info.si_status >> 8 == 0)
        signal_number = info.si_status;
    ptrace(PTRACE_DETACH, tid, NULL, signal_number);
}

int thread_capture_stopped(struct thread_capture *capture, pid_t tid, struct error *err)
{
    nsec_t begin_ns = clock_now_ns();
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0)
        return capture_is_gone(errno) ? 2 : thread_refusal(tid, errno, "ptrace", err);
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
    int status = capture_wait(tid);
    if (status != 0)
        return status;
    capture->system_call = -1;
    if (capture_registers(tid, &capture->dump) < 0 ||
        (capture_copy_stack(capture, tid, THREAD_CAPTURE_STACK_MAX) < 0 && errno != EFAULT))
        status = capture_is_gone(errno) ? 2 : thread_refusal(tid, errno, "ptrace", err);
    capture_let_go(tid);
    capture->stopped_ns = clock_now_ns() - begin_ns;
    return status;
}

bool thread_capture_ends_call(long system_call)
{
    static const long calls[] = {
        SYS_epoll_pwait,     SYS_semop,          SYS_semtimedop,
        SYS_rt_sigtimedwait, SYS_io_uring_enter, SYS_io_getevents,
#ifdef SYS_epoll_wait
        SYS_epoll_wait,
#endif
#ifdef SYS_epoll_pwait2
        SYS_epoll_pwait2,
#endif
    };
    for (size_t i = 0; i < ARRAY_LENGTH(calls); i++)
        if (system_call == calls[i])
            return true;
    return false;
}
