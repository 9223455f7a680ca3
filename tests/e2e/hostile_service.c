/* A service that behaves badly in the way its first argument names; otherwise it answers "ok" to
 * everything, on the port in PORT. It prints what it does, for its log is shown when a run
 * fails. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PEERS_MAX = 512, BACKLOG = 128, CRASH_AFTER = 120, EXIT_AFTER = 120 };
enum { HOARD_BYTES = 24 << 20, LITTER_FILES = 20, LITTER_DEPTH = 40 };

/* Markup, a command of a terminal, a CSI of 8 bits, what turns text, no UTF-8, and a sequence that
 * is cut. A file can be called so. */
#define MALICE                                             \
    "<img src=x onerror=alert(1)>&\"'`|\033]0;owned\a\x9b" \
    "31m\n::error::x\r\xe2\x80\xae\xff\xc0\xbc \xe2\x82"
#define MALICE_FILE   MALICE ".log"
#define MALICE_STATUS "<b>\033]0;owned\a"

struct hostile {
    bool answers_500;
    bool closes;       /* every connection, unanswered */
    unsigned crash_at; /* requests until SIGSEGV; 0: never */
    unsigned exit_at;  /* requests until exit status 5; 0: never */
    bool hoards;       /* takes memory once, and keeps it */
    bool is_malicious; /* everything that it can name or say tries to be more than text */
};

static void say(const char *text)
{
    printf("hostile: %s\n", text);
    fflush(stdout);
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, BACKLOG) < 0) {
        perror("hostile: listen");
        exit(1);
    }
    return fd;
}

/* Misbehave as far as this is about the number of requests. */
static void count_request(const struct hostile *hostile)
{
    static unsigned requests;
    requests++;
    if (hostile->is_malicious) {
        say(MALICE);
        if (open(MALICE_FILE, O_RDONLY | O_CREAT | O_CLOEXEC, 0600) < 0)
            exit(6);
    }
    if (requests == 1 && hostile->hoards) {
        char *hoard = malloc(HOARD_BYTES);
        if (hoard != NULL)
            memset(hoard, 'x', HOARD_BYTES);
        say("this is mine now");
    }
    if (requests == hostile->crash_at) {
        say("writing where nothing is");
        raise(SIGSEGV);
    }
    if (requests == hostile->exit_at) {
        say("the disk is full, giving up");
        exit(5);
    }
}

/* One request per read: what the load generator sends fits. False: close. */
static bool answer(const struct hostile *hostile, int fd)
{
    static const char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    static const char bad[] = "HTTP/1.1 500 Oh No\r\nContent-Length: 5\r\n\r\nno db";
    char request[4096];
    ssize_t length = read(fd, request, sizeof(request));
    if (length <= 0 || hostile->closes)
        return false;
    count_request(hostile);
    static const char malicious[] =
        "HTTP/1.1 200 " MALICE_STATUS "\r\nContent-Type: text/html\r\nX-" MALICE_STATUS
        ": \xff\r\nContent-Length: 25\r\n\r\n<script>alert(2)</script>";
    const char *text = hostile->answers_500 ? bad : hostile->is_malicious ? malicious : good;
    return write(fd, text, strlen(text)) > 0;
}

static void serve(const struct hostile *hostile, int listener)
{
    struct pollfd watch[PEERS_MAX] = {{.fd = listener, .events = POLLIN}};
    nfds_t n = 1;
    for (;;) {
        if (poll(watch, n, -1) < 0 && errno != EINTR)
            return;
        for (nfds_t i = n; i-- > 1;)
            if (watch[i].revents != 0 && !answer(hostile, watch[i].fd)) {
                close(watch[i].fd);
                watch[i] = watch[--n];
            }
        if (watch[0].revents == 0 || n == PEERS_MAX)
            continue;
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0)
            watch[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
}

/* Fill the folder that is ours to write to with what is hard to get rid of. */
static void litter(void)
{
    const char *data = getenv("LEAKCAGE_DATA");
    if (data == NULL || chdir(data) < 0) {
        perror("hostile: LEAKCAGE_DATA");
        exit(1);
    }
    for (int i = 0; i < LITTER_FILES; i++) {
        char name[32];
        snprintf(name, sizeof(name), "file-%d", i);
        FILE *file = fopen(name, "we");
        if (file == NULL || fputs("litter\n", file) < 0 || fclose(file) != 0)
            exit(1);
    }
    if (symlink("/", "root") < 0 || mkdir("shut", 0700) < 0)
        exit(1);
    for (int depth = 0; depth < LITTER_DEPTH; depth++)
        if (mkdir("shut/a", 0700) < 0 || chdir("shut") < 0 || rename("a", "shut") < 0)
            exit(1);
    if (chdir("/") < 0 || chdir(data) < 0 || chmod("shut/shut", 0) < 0 || chmod("shut", 0) < 0)
        exit(1);
    say("littered");
}

__attribute__((noreturn)) static void sleep_for_ever(void)
{
    for (;;)
        pause();
}

/* Be called so, and have a child that is; leave every file open that is opened from here on. */
static void turn_malicious(char *arguments, size_t length)
{
    const char *data = getenv("LEAKCAGE_DATA");
    struct rlimit files;
    if (data == NULL || chdir(data) < 0 || getrlimit(RLIMIT_NOFILE, &files) < 0)
        exit(1);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    (void)prctl(PR_SET_NAME, MALICE, 0, 0, 0);
    memset(arguments, 0, length);
    snprintf(arguments, length, "%s", MALICE);
    if (fork() == 0)
        sleep_for_ever();
}

/* The ways that end before there is a server. */
static void misbehave_early(const char *way)
{
    if (strcmp(way, "exit") == 0) {
        say("cannot open the database");
        exit(3);
    }
    if (strcmp(way, "chatty-exit") == 0) {
        for (int i = 0; i < 20000; i++)
            printf("line %d of a long story that is told at great length, without an end in sight, "
                   "by a service that logs whatever it does and whatever it does not do, too\n",
                   i);
        exit(3);
    }
    if (strcmp(way, "binary-exit") == 0) {
        for (int i = 0; i < 4000; i++)
            putchar(i & 0xff);
        exit(3);
    }
    if (strcmp(way, "never-ready") == 0) {
        say("reading the configuration");
        sleep_for_ever();
    }
    if (strcmp(way, "fork-and-leave") == 0) {
        say("going to the background");
        if (fork() > 0)
            exit(0);
        sleep_for_ever();
    }
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "";
    const char *port_text = getenv("PORT");
    uint16_t port = port_text != NULL ? (uint16_t)strtoul(port_text, NULL, 10) : 8080;
    struct hostile hostile = {
        .answers_500 = strcmp(way, "answers-500") == 0,
        .closes = strcmp(way, "closes") == 0,
        .crash_at = strcmp(way, "crash") == 0 ? CRASH_AFTER : 0,
        .hoards = strcmp(way, "hoard") == 0,
        .exit_at = strcmp(way, "exit-later") == 0 ? EXIT_AFTER : 0,
        .is_malicious = strcmp(way, "malicious") == 0,
    };
    signal(SIGPIPE, SIG_IGN);
    misbehave_early(way);
    if (strcmp(way, "elsewhere") == 0)
        port = (uint16_t)(port ^ 1U);
    if (strcmp(way, "stubborn") == 0)
        signal(SIGTERM, SIG_IGN);
    if (strcmp(way, "litter") == 0)
        litter();
    if (hostile.is_malicious)
        turn_malicious(argv[0], strlen(argv[0]) + 1 + strlen(argv[1]));
    if (strcmp(way, "daemon") == 0 && fork() > 0)
        exit(0);
    int listener = listen_on(port);
    say("listening");
    serve(&hostile, listener);
    return 1;
}
