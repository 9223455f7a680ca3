#include "run/jvm.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"

#define ATTACH_BOUND_NS  (10 * NSEC_PER_SEC)
#define ATTACH_LOOK_NS   (10 * NSEC_PER_MSEC)
#define COMMAND_BOUND_S  30
#define ANSWER_MAX_BYTES ((size_t)16 << 20) /* a histogram has a line for each class */
#define STATUS_MAX_BYTES ((size_t)64 * 1024)
#define PATH_ROOM        96
#define PROTOCOL         "1"
#define ARGUMENTS        3
/* How often it is collected for one number, and how near two numbers are that agree. */
#define COLLECT_TIMES_MAX   3
#define COLLECT_AGREE_BYTES ((uint64_t)16 * 1024)

/* Where it is met: paths by its pid here, names by its pid in its own namespace. */
struct jvm {
    pid_t pid;
    char socket[PATH_ROOM];
    char attach[2][PATH_ROOM]; /* either will do; the working folder may be read-only */
};

/* Its temporary folder as it sees it, below /proc/PID: there "root" is its own root (proc(5)). */
static const char own_root[] = "root";
static const char own_temporary[] = "tmp";

/* Does it catch the signal, and what is its innermost pid ("NSpid:\t4711\t12")? */
static int jvm_locate(pid_t pid, struct jvm *ret, struct error *err)
{
    char path[PATH_ROOM];
    CLEANUP(buffer_done) struct buffer status = BUFFER_INIT(STATUS_MAX_BYTES);
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    if (file_read(AT_FDCWD, path, &status, err) < 0)
        return -1;
    const char *caught = strstr(buffer_text(&status), "SigCgt:");
    unsigned long long mask = caught != NULL ? strtoull(caught + 7, NULL, 16) : 0;
    if ((mask >> (SIGQUIT - 1) & 1) == 0)
        return error_set(err, ERROR_SERVICE,
                         "the JVM (process %d) cannot be asked: it does not catch SIGQUIT", pid);
    long inside = pid;
    const char *line = strstr(buffer_text(&status), "NSpid:");
    if (line != NULL) {
        const char *last = line + strcspn(line, "\n");
        while (isdigit((unsigned char)last[-1]))
            last--;
        inside = strtol(last, NULL, 10);
    }
    ret->pid = pid;
    snprintf(ret->socket, PATH_ROOM, "/proc/%d/%s/%s/.java_pid%ld", pid, own_root, own_temporary,
             inside);
    snprintf(ret->attach[0], PATH_ROOM, "/proc/%d/cwd/.attach_pid%ld", pid, inside);
    snprintf(ret->attach[1], PATH_ROOM, "/proc/%d/%s/%s/.attach_pid%ld", pid, own_root,
             own_temporary, inside);
    return 0;
}

static int jvm_connect_once(const struct jvm *jvm)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", jvm->socket);
    CLEANUP(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return -1;
    return take_fd(&fd);
}

/* It listens already, or is told to. */
static int jvm_connect(const struct jvm *jvm, struct error *err)
{
    int fd = jvm_connect_once(jvm);
    if (fd >= 0)
        return fd;
    const char *attach = jvm->attach[0];
    CLEANUP(closep) int file = open(attach, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        attach = jvm->attach[1];
        file = open(attach, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (file < 0)
        return error_set_errno(err, ERROR_SERVICE, errno, "cannot make %s", attach);
    nsec_t deadline_ns = clock_now_ns() + ATTACH_BOUND_NS;
    if (kill(jvm->pid, SIGQUIT) < 0)
        error_set_errno(err, ERROR_SERVICE, errno, "cannot signal the JVM (process %d)", jvm->pid);
    else
        while ((fd = jvm_connect_once(jvm)) < 0 && clock_now_ns() < deadline_ns)
            clock_sleep_until(clock_now_ns() + ATTACH_LOOK_NS);
    unlink(attach);
    if (fd < 0 && clock_now_ns() >= deadline_ns)
        return error_set(err, ERROR_SERVICE,
                         "the JVM (process %d) does not listen on %s: it is no HotSpot, or was "
                         "started with -XX:+DisableAttachMechanism",
                         jvm->pid, jvm->socket);
    return fd;
}

/* What it says until it closes the connection. */
static int jvm_read(int fd, struct buffer *answer, struct error *err)
{
    char piece[4096];
    for (;;) {
        ssize_t length = read(fd, piece, sizeof(piece));
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return error_set_errno(err, ERROR_SERVICE, errno, "the JVM did not answer");
        if (length == 0)
            return 0;
        if (buffer_append(answer, piece, (size_t)length, err) < 0)
            return -1;
    }
}

int jvm_command(pid_t pid, const char *command, struct buffer *answer, struct error *err)
{
    struct jvm jvm;
    if (jvm_locate(pid, &jvm, err) < 0)
        return -1;
    CLEANUP(closep) int fd = jvm_connect(&jvm, err);
    if (fd < 0)
        return -1;
    const struct timeval bound = {.tv_sec = COMMAND_BOUND_S};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof(bound));

    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(ANSWER_MAX_BYTES);
    const char *const words[] = {PROTOCOL, "jcmd", command};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        (void)buffer_append(&text, words[i], strlen(words[i]) + 1, NULL);
    for (size_t i = 1; i < ARGUMENTS; i++)
        (void)buffer_append(&text, "", 1, NULL);
    if (send(fd, text.data, text.length, MSG_NOSIGNAL) != (ssize_t)text.length)
        return error_set_errno(err, ERROR_SERVICE, errno, "cannot ask the JVM (process %d)", pid);
    buffer_clear(&text);
    if (jvm_read(fd, &text, err) < 0)
        return error_prefix(err, "%s", command);
    const char *said = buffer_text(&text);
    const char *rest = strchr(said, '\n');
    if (strncmp(said, "0\n", 2) != 0)
        return error_set(err, ERROR_SERVICE, "%s: the JVM (process %d) answered \"%.80s\"", command,
                         pid, rest != NULL ? rest + 1 : said);
    return buffer_append_text(answer, rest + 1, err);
}

/* Collect once, and ask at once. */
static int jvm_collect_once(pid_t pid, struct allocator *ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer answer = BUFFER_INIT(ANSWER_MAX_BYTES);
    if (jvm_command(pid, "GC.run", &answer, err) < 0)
        return -1;
    buffer_clear(&answer);
    if (jvm_command(pid, "GC.heap_info", &answer, err) < 0)
        return -1;
    return jvm_parse_heap(buffer_text(&answer), ret, err);
}

int jvm_collect(pid_t pid, struct allocator *ret, struct error *err)
{
    if (jvm_collect_once(pid, ret, err) < 0)
        return -1;
    bool agree = false;
    for (unsigned i = 1; i < COLLECT_TIMES_MAX && !agree; i++) {
        struct allocator again;
        if (jvm_collect_once(pid, &again, err) < 0)
            return -1;
        uint64_t less =
            again.in_use_bytes < ret->in_use_bytes ? again.in_use_bytes : ret->in_use_bytes;
        uint64_t more = again.in_use_bytes + ret->in_use_bytes - less;
        agree = more - less <= COLLECT_AGREE_BYTES;
        if (again.in_use_bytes == less)
            *ret = again;
    }
    /* There since 17; one that has not keeps what malloc keeps. */
    CLEANUP(buffer_done) struct buffer answer = BUFFER_INIT(ANSWER_MAX_BYTES);
    (void)jvm_command(pid, "System.trim_native_heap", &answer, NULL);
    return 0;
}

/* "1024K", "24M" behind `key` in the line; false: it is not there. */
static bool jvm_size_after(const char *line, const char *end, const char *key, uint64_t *ret)
{
    const char *found = strstr(line, key);
    if (found == NULL || found >= end)
        return false;
    char *unit = NULL;
    uint64_t value = strtoull(found + strlen(key), &unit, 10);
    *ret = *unit == 'K'   ? value << 10
           : *unit == 'M' ? value << 20
           : *unit == 'G' ? value << 30
                          : value;
    return unit != found + strlen(key);
}

/* Serial, Parallel, G1: " def new generation   total 2432K, used 100K [0x…", one line for each
 * generation. ZGC: " ZHeap           used 12M, capacity 64M, max capacity 512M". The
 * lines of Metaspace are of other memory. */
static bool jvm_heap_line(const char *line, const char *end, uint64_t *ret_size, uint64_t *ret_used)
{
    const char *metaspace = strstr(line, "Metaspace");
    if (metaspace != NULL && metaspace < end)
        return false;
    if (jvm_size_after(line, end, " total ", ret_size) &&
        jvm_size_after(line, end, " used ", ret_used))
        return true;
    const char *z = strstr(line, "ZHeap");
    return z != NULL && z < end && jvm_size_after(line, end, " used ", ret_used) &&
           jvm_size_after(line, end, " capacity ", ret_size);
}

int jvm_parse_heap(const char *text, struct allocator *ret, struct error *err)
{
    uint64_t size = 0;
    uint64_t used = 0;
    for (const char *line = text; *line != '\0';) {
        const char *end = line + strcspn(line, "\n");
        uint64_t line_size = 0;
        uint64_t line_used = 0;
        if (jvm_heap_line(line, end, &line_size, &line_used)) {
            size += line_size;
            used += line_used;
        }
        line = *end != '\0' ? end + 1 : end;
    }
    if (size == 0)
        return error_set(err, ERROR_SERVICE, "GC.heap_info: found no heap in \"%.60s\"", text);
    *ret = (struct allocator){
        .arena_bytes = size, .in_use_bytes = used, .free_bytes = size > used ? size - used : 0};
    return 0;
}
