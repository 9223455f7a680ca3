/* kernel-only: data that was sent and that nobody reads. All of it is the kernel's.
 *
 * The other end of a socket pair is alive but does not read: a stuck helper, a logger that hangs.
 * What was written waits in the kernel. The process's RSS does not move by a page, and every tool
 * that looks at the process finds nothing; only the cgroup knows.
 *
 *   default  16 KiB in a socket pair, both ends open for ever
 *   pipes    8 KiB in a pipe: neither slab nor socket memory, only memory.stat's `kernel` has it
 *   fixed    the mend: reads, and closes both ends */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/service.h"

enum { MESSAGE_BYTES = 16 * 1024, PIPE_BYTES = 8 * 1024 };

static bool mended, pipes;

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
    pipes = strcmp(variant, "pipes") == 0;
    return 0;
}

static void notify(const struct request *request, struct response *response)
{
    char message[MESSAGE_BYTES];
    size_t bytes = pipes ? PIPE_BYTES : MESSAGE_BYTES, taken = 0;
    ssize_t n = 1;
    int ends[2], failed;

    (void)request;
    memset(message, 'n', sizeof message);
    if (pipes)
        failed = pipe2(ends, O_CLOEXEC); /* planted: pipes */
    else
        failed = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends); /* planted: default */
    if (failed) {
        response_fail(response, 503, "no more descriptors");
        return;
    }
    if (write(ends[1], message, bytes) == (ssize_t)bytes)
        response_printf(response, "{\"bytes\":%zu}\n", bytes);
    else
        response_fail(response, 503, "cannot send");
    if (!mended)
        return; /* the mistake: nobody reads, nobody closes */
    while (taken < bytes && n > 0) {
        n = read(ends[0], message, sizeof message);
        taken += n > 0 ? (size_t)n : 0;
    }
    close(ends[0]);
    close(ends[1]);
}

/* The bounds: the data, and two sockets of about 1.9 KiB with inode, dentry and file; a pipe's ends
 * share an inode, and it has a ring of 16 slots of 40 bytes. */
static const struct service service = {
    .name = "kernel-only",
    .truths = {{"default", "leak", "sockets", "/notify", 16384, 26000, "notify"},
               {"pipes", "leak", "kernel", "/notify", 8192, 11500, "notify"},
               {"fixed", "clean", "none", "/notify", 0, 0, NULL}},
    .routes = {{"GET", "/notify", notify}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
