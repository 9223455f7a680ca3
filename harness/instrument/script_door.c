#include "instrument/script_door.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/temporary.h"
#include "instrument/held_text.h"

#define FOLDER_KIND      "door"
#define SOCKET_NAME      "door" /* the scripts know it */
#define FOLDER_ROOM      100    /* a socket's whole path is shorter than 108 bytes */
#define CALLERS_MAX      4096
#define BACKLOG          4096
#define ANSWER_BOUND_NS  (30 * NSEC_PER_SEC)
#define ANSWER_MAX_BYTES ((size_t)64 << 20)
#define PIECE_BYTES      65536

struct caller {
    int fd;
    pid_t pid;
};

struct script_door {
    int fd;
    char folder[FOLDER_ROOM];
    struct caller *callers; /* owned */
    size_t n, capacity;
};

static const char request[] = "held\n";

/* A folder for all to enter. */
static int script_door_make_folder(char *folder, struct error *err)
{
    if (temporary_make(FOLDER_KIND, folder, FOLDER_ROOM, err) < 0)
        return -1;
    if (chmod(folder, 0755) < 0) /* Python lists a folder to find a module in it */
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open up the folder %s",
                               folder);
    return 0;
}

static int script_door_put(const struct script_text *script, const char *folder, const char *name,
                           struct error *err)
{
    CLEANUP(freep) char *path = file_join(folder, name);
    if (path == NULL)
        return error_out_of_memory(err);
    if (file_write_atomic(AT_FDCWD, path, script->text, script->length, err) < 0)
        return -1;
    if (chmod(path, 0644) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot make %s readable", path);
    return 0;
}

static int script_door_listen(struct script_door *door, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/" SOCKET_NAME, door->folder);
    door->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (door->fd < 0 || bind(door->fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        chmod(address.sun_path, 0666) < 0 || listen(door->fd, BACKLOG) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot listen on %s",
                               address.sun_path);
    return 0;
}

int script_door_open(const struct script_text *script, const char *name, struct script_door **ret,
                     struct error *err)
{
    struct script_door *door = calloc(1, sizeof(*door));
    if (door == NULL)
        return error_out_of_memory(err);
    door->fd = -1;
    if (script_door_make_folder(door->folder, err) < 0 ||
        script_door_put(script, door->folder, name, err) < 0 || script_door_listen(door, err) < 0) {
        script_door_close(door);
        return -1;
    }
    *ret = door;
    return 0;
}

int script_door_add(struct script_door *door, const struct script_text *script, const char *name,
                    struct error *err)
{
    return script_door_put(script, door->folder, name, err);
}

void script_door_close(struct script_door *door)
{
    if (door == NULL)
        return;
    for (size_t i = 0; i < door->n; i++)
        close(door->callers[i].fd);
    if (door->fd >= 0)
        close(door->fd);
    if (door->folder[0] != '\0')
        (void)file_remove_tree(door->folder, NULL);
    free(door->callers);
    free(door);
}

const char *script_door_folder(const struct script_door *door)
{
    return door->folder;
}

static void script_door_forget(struct script_door *door, size_t index)
{
    close(door->callers[index].fd);
    door->callers[index] = door->callers[--door->n];
}

/* Those that have closed their end, a process that has ended among them. */
static void script_door_drop_gone(struct script_door *door)
{
    for (size_t i = door->n; i-- > 0;) {
        char byte;
        ssize_t length = recv(door->callers[i].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
            script_door_forget(door, i);
    }
}

/* Take in who waits. False: there is no room (or nobody). */
static bool script_door_accept(struct script_door *door)
{
    if (door->n == CALLERS_MAX)
        script_door_drop_gone(door);
    if (door->n == door->capacity) {
        size_t capacity = door->capacity == 0 ? 16 : door->capacity * 2;
        struct caller *callers =
            capacity > CALLERS_MAX ? NULL : realloc(door->callers, capacity * sizeof(*callers));
        if (callers == NULL)
            return false;
        door->callers = callers;
        door->capacity = capacity;
    }
    int fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    struct ucred peer = {.pid = 0};
    socklen_t length = sizeof(peer);
    (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length);
    door->callers[door->n++] = (struct caller){.fd = fd, .pid = peer.pid};
    return true;
}

unsigned script_door_wait(struct script_door *door, nsec_t bound_ns)
{
    nsec_t deadline_ns = clock_now_ns() + bound_ns;
    for (;;) {
        while (script_door_accept(door))
            ;
        script_door_drop_gone(door);
        int left_ms = clock_poll_timeout_ms(clock_now_ns(), deadline_ns);
        if (door->n > 0 || left_ms == 0)
            return (unsigned)door->n;
        struct pollfd waits = {.fd = door->fd, .events = POLLIN};
        (void)poll(&waits, 1, left_ms);
    }
}

/* Its answer, to the last line. 1: it is gone, or (*ret_late) has said nothing in time. */
static int caller_read(const struct caller *caller, struct buffer *answer, bool *ret_late,
                       struct error *err)
{
    CLEANUP(freep) char *piece = malloc(PIECE_BYTES);
    if (piece == NULL)
        return error_out_of_memory(err);
    nsec_t deadline_ns = clock_now_ns() + ANSWER_BOUND_NS;
    while (!held_text_is_whole(buffer_text(answer), answer->length)) {
        struct pollfd waits = {.fd = caller->fd, .events = POLLIN};
        int ready = poll(&waits, 1, clock_poll_timeout_ms(clock_now_ns(), deadline_ns));
        if (ready < 0 && errno == EINTR)
            continue;
        *ret_late = ready == 0;
        ssize_t length = ready > 0 ? recv(caller->fd, piece, PIECE_BYTES, MSG_DONTWAIT) : -1;
        if (length <= 0)
            return 1;
        if (buffer_append(answer, piece, (size_t)length, err) < 0)
            return error_prefix(err, "what process %d holds", caller->pid);
    }
    return 0;
}

int script_door_ask(struct script_door *door, script_door_function function, void *context,
                    unsigned *ret_answers, unsigned *ret_silent, struct error *err)
{
    *ret_answers = 0;
    *ret_silent = 0;
    (void)script_door_wait(door, 0);
    for (size_t i = door->n; i-- > 0;) {
        const struct caller *caller = &door->callers[i];
        CLEANUP(buffer_done) struct buffer answer = BUFFER_INIT(ANSWER_MAX_BYTES);
        bool late = false;
        int status = 1;
        if (send(caller->fd, request, sizeof(request) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
            status = caller_read(caller, &answer, &late, err);
        if (status < 0)
            return -1;
        if (status == 1) {
            *ret_silent += late;
            script_door_forget(door, i);
            continue;
        }
        if (function(caller->pid, buffer_text(&answer), answer.length, context, err) < 0)
            return error_prefix(err, "process %d", caller->pid);
        (*ret_answers)++;
    }
    return 0;
}
