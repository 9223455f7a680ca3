/* A service with a fault, which its first argument names; the second one says how much of it. What
 * it serves besides is an HTTP server on the port in PORT, a thread a connection, that answers
 * "ok". test_faults_service.py and test_faults_http.py have the list of them. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 512, THREAD_STACK_BYTES = 64 << 10, BLOCK_BYTES = 64 << 10, REQUEST_BYTES = 4096 };
enum { PIECE_PAUSE_US = 100000 };

static struct {
    const char *fault;
    uint64_t amount;
    atomic_uint requests;
} service;

static void say(const char *text)
{
    printf("fault: %s\n", text);
    fflush(stdout);
}

__attribute__((noreturn)) static void give_up(const char *what)
{
    printf("fault: %s: %s\n", what, strerror(errno));
    exit(1);
}

static bool fault_is(const char *name)
{
    return strcmp(service.fault, name) == 0;
}

static bool send_all(int fd, const void *data, size_t length)
{
    for (const char *at = data; length > 0;) {
        ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool send_text(int fd, const char *text)
{
    return send_all(fd, text, strlen(text));
}

/* Until nobody listens to it any more. */
static bool send_for_ever(int fd, const char *text)
{
    while (send_text(fd, text))
        continue;
    return false;
}

/* A byte now and then. */
static bool send_slowly(int fd, const char *text)
{
    for (const char *at = text; send_all(fd, at, 1); at += at[1] != '\0')
        usleep(PIECE_PAUSE_US);
    return false;
}

static bool send_bytes(int fd, uint64_t bytes)
{
    static const char block[BLOCK_BYTES];
    for (; bytes > 0; bytes -= bytes < BLOCK_BYTES ? bytes : BLOCK_BYTES)
        if (!send_all(fd, block, bytes < BLOCK_BYTES ? (size_t)bytes : BLOCK_BYTES))
            return false;
    return true;
}

static bool send_body(int fd, uint64_t bytes)
{
    char head[96];
    snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %llu\r\n\r\n",
             (unsigned long long)bytes);
    return send_text(fd, head) && send_bytes(fd, bytes);
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* Answers that are sent as they stand; then the connection is closed, or stays. */
static const struct {
    const char *fault, *text;
    bool keep;
} scripts[] = {
    {"truncated", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly so much", false},
    {"cut-head", "HTTP/1.1 200 OK\r\nContent-Le", false},
    {"lying-chunks",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthis is longer\r\n0\r\n\r\n", true},
    {"no-chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", true},
    {"cut-chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nnot so much", false},
    {"two-lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", true},
    {"http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true},
    {"http2-frames", "\0\0\0\4\0\0\0\0\0", true},
    {"not-http", "220 mail.example.org ESMTP\r\n", true},
    {"continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" OK, true},
    {"redirect", "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n", true},
    {"switch", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", true},
    {"unasked", OK OK OK, true},
    {"hang-up", OK, false},
};

/* Whether the connection stays. */
static bool answer(int fd)
{
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
        if (fault_is(scripts[i].fault))
            return send_text(fd, scripts[i].text) && scripts[i].keep;
    if (fault_is("http2-settings"))
        return send_all(fd, "\0\0\0\4\0\0\0\0\0", 9);
    if (fault_is("endless-headers"))
        return send_text(fd, "HTTP/1.1 200 OK\r\n") && send_for_ever(fd, "X-More: and more\r\n");
    if (fault_is("endless-continue"))
        return send_for_ever(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    if (fault_is("endless-chunks"))
        return send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") &&
               send_for_ever(fd, "4\r\nmore\r\n");
    if (fault_is("slow"))
        return send_slowly(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx");
    if (fault_is("silent"))
        return pause(), false;
    if (fault_is("body"))
        return send_body(fd, service.amount);
    return send_text(fd, OK);
}

/* After an answer, when nothing is in flight. */
static void crash_in_between(void)
{
    usleep(PIECE_PAUSE_US);
    say("a bug that nobody asked for");
    raise(SIGSEGV);
}

__attribute__((noreturn)) static void bomb(void)
{
    say("fork for ever");
    for (;;) {
        pid_t child = fork();
        if (child == 0)
            for (;;)
                pause();
        if (child < 0)
            usleep(PIECE_PAUSE_US);
    }
}

static void *fill_log(void *argument)
{
    uint64_t bytes = *(const uint64_t *)argument;
    static char block[BLOCK_BYTES];
    memset(block, 'x', sizeof(block));
    for (size_t i = 99; i < sizeof(block); i += 100)
        block[i] = '\n';
    for (uint64_t written = 0; written < bytes;) {
        ssize_t length = write(STDOUT_FILENO, block, sizeof(block));
        if (length < 0 && errno != EINTR)
            give_up("cannot write the log");
        written += length > 0 ? (uint64_t)length : 0;
    }
    say("the log is full now");
    return NULL;
}

/* A daemon as of old: its parent is gone, its session its own, and it does not listen to SIGTERM.
 */
static void leave_daemon(void)
{
    pid_t child = fork();
    if (child != 0)
        return;
    setsid();
    if (fork() != 0)
        _exit(0);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    for (;;)
        pause();
}

/* What there is to do about a request before it is answered. */
static void notice_request(void)
{
    unsigned n = atomic_fetch_add(&service.requests, 1) + 1;
    if (fault_is("bomb") && n == 100)
        bomb();
    if (fault_is("log-each"))
        fill_log(&service.amount);
    if (fault_is("crash") && n == service.amount)
        raise(SIGSEGV);
}

static void *serve_connection(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char request[REQUEST_BYTES];
    bool keep = true;
    while (keep && read(fd, request, sizeof(request)) > 0) {
        notice_request();
        keep = answer(fd);
        if (fault_is("crash-between") && atomic_load(&service.requests) == service.amount)
            crash_in_between();
    }
    close(fd);
    return NULL;
}

static int listen_on_port(void)
{
    const char *text = getenv("PORT");
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(text != NULL ? (uint16_t)strtoul(text, NULL, 10) : 8080),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, BACKLOG) < 0)
        give_up("cannot listen");
    return fd;
}

/* For ever; connections that cannot be taken are left waiting. */
__attribute__((noreturn)) static void serve(int listener)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (;;) {
        pthread_t thread;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            usleep(PIECE_PAUSE_US);
            continue;
        }
        if (pthread_create(&thread, &attributes, serve_connection, (void *)(intptr_t)fd) != 0)
            close(fd);
    }
}

/* Descriptors that stay open, of nothing (-1: all there can be) or of sockets. */
static void hold_descriptors(uint64_t n, bool sockets)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    uint64_t held = 0;
    for (; held < n; held++)
        if ((sockets ? socket(AF_INET, SOCK_DGRAM, 0) : open("/dev/null", O_RDONLY)) < 0)
            break;
    printf("fault: holds %llu descriptors\n", (unsigned long long)held);
    fflush(stdout);
}

static void fill_data(uint64_t bytes)
{
    static char block[BLOCK_BYTES];
    const char *data = getenv("LEAKCAGE_DATA");
    if (data == NULL || chdir(data) < 0)
        give_up("LEAKCAGE_DATA");
    int fd = open("huge", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    for (uint64_t written = 0; written < bytes; written += sizeof(block))
        if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
            give_up("cannot write into LEAKCAGE_DATA");
    close(fd);
    say("there is much data now");
}

static bool write_group_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    printf("fault: %s into %s: %s\n", text, path, good ? "done" : strerror(errno));
    fflush(stdout);
    if (fd >= 0)
        close(fd);
    return good;
}

/* Raise the own limit, or leave the group altogether. */
static void change_group(bool leaves)
{
    char line[256] = "";
    char path[400];
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file == NULL || fgets(line, sizeof(line), file) == NULL)
        give_up("/proc/self/cgroup");
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    const char *group = strstr(line, "::");
    if (leaves)
        snprintf(path, sizeof(path), "/sys/fs/cgroup/cgroup.procs");
    else
        snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", group != NULL ? group + 2 : "");
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", getpid());
    write_group_file(path, leaves ? pid : "max");
}

int main(int argc, char **argv)
{
    service.fault = argc > 1 ? argv[1] : "";
    service.amount = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    signal(SIGPIPE, SIG_IGN);
    say("starting");
    if (fault_is("ignores-sigterm"))
        signal(SIGTERM, SIG_IGN);
    if (fault_is("closes-log")) {
        close(STDOUT_FILENO);
        close(STDERR_FILENO);
    }
    for (uint64_t i = 0; fault_is("daemons") && i < service.amount; i++)
        leave_daemon();
    if (fault_is("sockets"))
        hold_descriptors(service.amount, true);
    if (fault_is("data"))
        fill_data(service.amount);
    if (fault_is("raises-limit") || fault_is("leaves-cgroup"))
        change_group(fault_is("leaves-cgroup"));
    int listener = listen_on_port();
    say("listening");
    pthread_t thread;
    if (fault_is("log") && pthread_create(&thread, NULL, fill_log, &service.amount) != 0)
        give_up("cannot start a thread");
    if (fault_is("descriptors"))
        hold_descriptors(UINT64_MAX, false);
    serve(listener);
}
