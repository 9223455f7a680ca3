#include "load/function_work.h"

#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/libc.h"

/* 0: an order; 1: there will be no more. */
static int take_order(int fd, struct function_order *ret)
{
    ssize_t length = 0;
    do
        length = recv(fd, ret, sizeof(*ret), 0);
    while (length < 0 && errno == EINTR);
    if (length == 0)
        return 1;
    return length == (ssize_t)sizeof(*ret) ? 0 : -1;
}

static int send_report(int fd, const struct function_report *report)
{
    ssize_t length = 0;
    do
        length = send(fd, report, sizeof(*report), MSG_NOSIGNAL);
    while (length < 0 && errno == EINTR);
    return length == (ssize_t)sizeof(*report) ? 0 : -1;
}

int function_work_serve(const struct function_work *work, int fd)
{
    pid_t self = getpid();
    struct function_order order;
    int status = 0;
    /* What our parent had free: used again, it has to be seen as new. Where the parent has written
     * to such a page since, the old one is ours without being charged to our cgroup. */
    libc_trim();
    __fpurge(stdout); /* what our parent has printed is its own to write */
    if (work->set_up != NULL && work->set_up(work->context) != 0) {
        fflush(stdout);
        return FUNCTION_EXIT_SET_UP;
    }
    fflush(stdout);
    (void)dprintf(STDERR_FILENO, "%s\n", FUNCTION_READY);
    while ((status = take_order(fd, &order)) == 0) {
        struct function_report report = {.failed = 0};
        for (uint64_t i = 0; i < order.calls; i++)
            report.failed += work->call(work->context) != 0;
        fflush(stdout);
        /* A call that forked comes back twice: only one of the two is ours. */
        if (getpid() != self || send_report(fd, &report) < 0)
            return FUNCTION_EXIT_CHANNEL;
    }
    if (status == 1 && work->tear_down != NULL)
        work->tear_down(work->context);
    fflush(stdout);
    return status == 1 ? 0 : FUNCTION_EXIT_CHANNEL;
}
