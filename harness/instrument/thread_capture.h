#pragma once
/* A moment of a thread of another process: its registers, and a copy of its stack.
 *
 * Of a thread that sleeps in the kernel, ip and sp can be read, and its stack, without it being
 * touched (/proc/PID/task/TID/syscall, process_vm_readv); that it did not run meanwhile is told by
 * the kernel's count of its turns. That is thread_capture_asleep().
 *
 * For all its registers a thread has to be stopped (PTRACE_SEIZE, PTRACE_INTERRUPT), which is for
 * tens of microseconds. System calls that it sleeps in go on afterwards as if nothing had been, but
 * for those that the kernel ends with EINTR whatever woke them: epoll_wait, semop, sigtimedwait,
 * io_uring_enter, io_getevents, and calls on sockets that have a time limit. Who stops threads is
 * their tracer, which is a thread: call it from one that ends soon, as all that could not be let go
 * is let go then. */
#include "base/clock.h"
#include "symbol/process_space.h"

#define THREAD_CAPTURE_STACK_MAX ((size_t)256 << 10)

struct thread_capture {
    struct stack_dump dump; /* its bytes are `stack` */
    unsigned char *stack;   /* owned */
    bool is_partial;        /* there is more of the stack than was asked for */
    long system_call;       /* it sleeps in; -1: in none, or not known */
    nsec_t stopped_ns;      /* for so long; 0: it was not */
};

/* With room for a stack; release it with thread_capture_done(). */
int thread_capture_init(struct thread_capture *capture, struct error *err);
void thread_capture_done(struct thread_capture *capture);

/* Without touching it; `stack_bytes` of its stack at most. 1: it runs, or ran meanwhile. 2: it is
 * gone. What is not allowed is an error that says why, with the fix. */
int thread_capture_asleep(struct thread_capture *capture, pid_t pid, pid_t tid, size_t stack_bytes,
                          struct error *err);

/* Stop it, look, and let it go. 1: it did not stop in time. 2: it is gone. */
int thread_capture_stopped(struct thread_capture *capture, pid_t tid, struct error *err);

/* Does this system call end with EINTR when a thread was stopped in it? */
bool thread_capture_ends_call(long system_call);
