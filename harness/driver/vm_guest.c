#include "driver/vm_guest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process.h"

#define VM_GUEST_SLICE_NS (100 * NSEC_PER_MSEC)

/* The guest's init speaks once a second. QEMU before 8.1 can hang an emulated guest: a processor
 * goes on executing code that another has just changed (the kernel patches itself), for good. */
#define VM_GUEST_SILENCE_MAX_NS (30 * NSEC_PER_SEC)

/* Our own stream beside the guest's: what QEMU itself says. */
#define VM_STREAM_QEMU   VM_STREAM_MAX
#define VM_GUEST_STREAMS (VM_STREAM_MAX + 1)

struct vm_guest {
    struct process qemu;
    int fds[VM_GUEST_STREAMS]; /* our ends; -1: closed */
    struct vm_io io;
    struct vm_control control;
    nsec_t silent_ns; /* how long we have waited for control to have something */
    struct vm_tail console;
    struct vm_tail qemu_said;
};

void vm_guest_free(struct vm_guest *guest)
{
    if (guest == NULL)
        return;
    process_done(&guest->qemu);
    for (size_t i = 0; i < VM_GUEST_STREAMS; i++)
        closep(&guest->fds[i]);
    free(guest);
}

void vm_guest_freep(struct vm_guest **guest)
{
    vm_guest_free(*guest);
}

/* QEMU's ends of all streams, closed on our side once it runs. */
struct vm_guest_ends {
    int fds[VM_GUEST_STREAMS];
};

static void vm_guest_ends_done(struct vm_guest_ends *ends)
{
    for (size_t i = 0; i < VM_GUEST_STREAMS; i++)
        closep(&ends->fds[i]);
}

static int vm_guest_connect(struct vm_guest *guest, struct vm_guest_ends *ends, struct error *err)
{
    for (size_t i = 0; i < VM_GUEST_STREAMS; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
            return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a socket pair");
        guest->fds[i] = pair[0];
        ends->fds[i] = pair[1];
        if (fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0)
            return error_set_errno(err, ERROR_INTERNAL, errno, "cannot set up a socket");
    }
    return 0;
}

static int vm_guest_spawn(struct vm_guest *guest, const struct vm_qemu_spec *spec,
                          const struct vm_guest_ends *ends, struct error *err)
{
    struct vm_qemu_spec with_streams = *spec;
    int keep[VM_STREAM_MAX + 1];
    for (size_t i = 0; i < VM_STREAM_MAX; i++) {
        with_streams.stream_fds[i] = ends->fds[i];
        keep[i] = ends->fds[i];
    }
    keep[VM_STREAM_MAX] = spec->initramfs_fd;

    CLEANUP(vm_qemu_command_done) struct vm_qemu_command command = {0};
    if (vm_qemu_command(&with_streams, &command, err) < 0)
        return -1;
    struct process_spec process = {
        .argv = command.argv,
        .stdin_fd = -1,
        .stdout_fd = ends->fds[VM_STREAM_QEMU],
        .stderr_fd = ends->fds[VM_STREAM_QEMU],
        .keep_fds = keep,
        .n_keep_fds = ARRAY_LENGTH(keep),
        .raise_nofile = true, /* 9p keeps many files open */
        /* Root's QEMU gives files to others, and reads what root may. */
        .confined = geteuid() != 0,
    };
    return process_spawn(&process, &guest->qemu, err);
}

int vm_guest_start(const struct vm_qemu_spec *spec, const struct vm_io *io, struct vm_guest **ret,
                   struct error *err)
{
    CLEANUP(vm_guest_freep) struct vm_guest *guest = calloc(1, sizeof(*guest));
    CLEANUP(vm_guest_ends_done) struct vm_guest_ends ends;
    for (size_t i = 0; i < VM_GUEST_STREAMS; i++)
        ends.fds[i] = -1;
    if (guest == NULL)
        return error_out_of_memory(err);

    guest->qemu = PROCESS_NONE;
    guest->io = *io;
    for (size_t i = 0; i < VM_GUEST_STREAMS; i++)
        guest->fds[i] = -1;
    if (vm_guest_connect(guest, &ends, err) < 0 || vm_guest_spawn(guest, spec, &ends, err) < 0)
        return -1;

    *ret = take_ptr(&guest);
    return 0;
}

void vm_guest_last_words(const struct vm_guest *guest, char *text, size_t size)
{
    vm_tail_text(&guest->console, 4, text, size);
}

int vm_guest_error(const struct vm_guest *guest, enum error_kind kind, const char *text,
                   struct error *err)
{
    char qemu[1024];
    char console[2048];

    vm_tail_text(&guest->qemu_said, 4, qemu, sizeof(qemu));
    vm_tail_text(&guest->console, 12, console, sizeof(console));
    return error_set(err, kind, "%s%s%s%s%s", text, qemu[0] != '\0' ? "\nQEMU said:\n" : "", qemu,
                     console[0] != '\0' ? "\nlast words of the guest:\n" : "", console);
}

static void vm_guest_take(struct vm_guest *guest, size_t stream, const char *data, size_t length)
{
    switch (stream) {
    case VM_STREAM_CONSOLE:
        vm_tail_add(&guest->console, data, length);
        break;
    case VM_STREAM_QEMU:
        vm_tail_add(&guest->qemu_said, data, length);
        break;
    default:
        if (guest->io.output != NULL)
            guest->io.output(guest->io.context, stream == VM_STREAM_STDOUT ? 1 : 2, data, length);
    }
}

/* Read what is there, at most `rounds` pieces, so that no stream starves the others. */
static void vm_guest_read(struct vm_guest *guest, size_t stream, unsigned rounds)
{
    char data[65536];

    while (guest->fds[stream] >= 0 && rounds-- > 0) {
        size_t size = sizeof(data);
        char *space = stream == VM_STREAM_CONTROL ? vm_control_space(&guest->control, &size) : data;
        ssize_t length = read(guest->fds[stream], space, size);

        if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
            close(take_fd(&guest->fds[stream]));
        if (length <= 0)
            return;
        if (stream == VM_STREAM_CONTROL) {
            vm_control_received(&guest->control, (size_t)length);
            guest->silent_ns = 0;
            return;
        }
        vm_guest_take(guest, stream, data, (size_t)length);
    }
}

/* The next report, if there is one. All output was written before the last report was. */
static bool vm_guest_next(struct vm_guest *guest, struct vm_report *ret)
{
    if (!vm_control_next(&guest->control, ret))
        return false;
    if (ret->kind == VM_REPORT_EXIT || ret->kind == VM_REPORT_SIGNAL) {
        vm_guest_read(guest, VM_STREAM_STDOUT, UINT_MAX);
        vm_guest_read(guest, VM_STREAM_STDERR, UINT_MAX);
    }
    return true;
}

/* The control port was closed: what do the others say? */
static int vm_guest_gone(struct vm_guest *guest, struct error *err)
{
    for (size_t i = 0; i < VM_GUEST_STREAMS; i++)
        vm_guest_read(guest, i, UINT_MAX);
    return vm_guest_error(guest, ERROR_ENVIRONMENT, "the guest went down", err);
}

static int vm_guest_hung(const struct vm_guest *guest, struct error *err)
{
    (void)vm_guest_error(guest, ERROR_INTERNAL, "the guest has stopped responding", err);
    if (err != NULL)
        err->errno_value = ETIMEDOUT;
    return -1;
}

/* Since then, but no longer than a wait can be: where we stood still ourselves (stopped, suspended,
 * out of processor time), the guest may have, too. */
static nsec_t vm_guest_waited(nsec_t begin_ns)
{
    nsec_t waited_ns = clock_now_ns() - begin_ns;
    return waited_ns < VM_GUEST_SLICE_NS ? waited_ns : VM_GUEST_SLICE_NS;
}

int vm_guest_serve(struct vm_guest *guest, nsec_t deadline_ns, struct vm_report *ret,
                   struct error *err)
{
    nsec_t slice_end_ns = clock_now_ns() + VM_GUEST_SLICE_NS;
    if (slice_end_ns > deadline_ns)
        slice_end_ns = deadline_ns;

    for (;;) {
        struct pollfd polled[VM_GUEST_STREAMS];
        if (vm_guest_next(guest, ret))
            return 0;
        if (guest->fds[VM_STREAM_CONTROL] < 0)
            return vm_guest_gone(guest, err);

        for (size_t i = 0; i < VM_GUEST_STREAMS; i++)
            polled[i] = (struct pollfd){.fd = guest->fds[i], .events = POLLIN};
        nsec_t begin_ns = clock_now_ns();
        int timeout_ms = clock_poll_timeout_ms(begin_ns, slice_end_ns);
        int n = poll(polled, VM_GUEST_STREAMS, timeout_ms);
        if (n == 0)
            guest->silent_ns += vm_guest_waited(begin_ns);
        if (n == 0 && guest->silent_ns > VM_GUEST_SILENCE_MAX_NS)
            return vm_guest_hung(guest, err);
        if (n <= 0)
            return 1;
        for (size_t i = 0; i < VM_GUEST_STREAMS; i++)
            if (polled[i].revents != 0)
                vm_guest_read(guest, i, 1);
    }
}

void vm_guest_signal(struct vm_guest *guest, int number)
{
    char line[32];
    int length = snprintf(line, sizeof(line), "signal %d\n", number);

    /* A guest that has just ended does not listen any more, which is as well. */
    if (guest->fds[VM_STREAM_CONTROL] >= 0)
        (void)!send(guest->fds[VM_STREAM_CONTROL], line, (size_t)length, MSG_NOSIGNAL);
}
