#pragma once
/* Work that is a function of ours: what is called, and the process that calls it.
 *
 * That process is a forked child of the one that gave the function. It takes orders on a socket,
 * "so many calls", and answers each when they are done, until the other end is closed. It is the
 * other half of function_engine.h. */
#include <stdint.h>

/* The three are called in the child, one after the other. */
struct function_work {
    int (*call)(void *context);       /* one unit of work: 0 when it went well */
    int (*set_up)(void *context);     /* before the first; not 0: it could not. NULL: nothing */
    void (*tear_down)(void *context); /* after the last, unless it was killed. NULL: nothing */
    void *context;
};

/* What goes over the socket (AF_UNIX, SOCK_SEQPACKET). */
struct function_order {
    uint64_t calls;
};
struct function_report {
    uint64_t failed; /* of the calls that were ordered */
};

/* The line that the child prints on its standard error once it is set up. */
#define FUNCTION_READY "leakcage: ready"

/* What the child's exit status is when it could not be set up, and when its socket failed. */
#define FUNCTION_EXIT_SET_UP  98
#define FUNCTION_EXIT_CHANNEL 99

/* The child's life. Returns its exit status. */
int function_work_serve(const struct function_work *work, int fd);
