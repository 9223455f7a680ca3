/* The first process of the guest: from an initramfs to a running command.
 *
 * It loads the modules it is given, lays a tmpfs overlay over the host's root (read-only, by
 * 9p), mounts what a Linux program expects to find, runs one command and reports how it ended.
 * Everything it needs to know is in two files of the initramfs:
 *
 *   /modules   one file name per line, in the order of loading
 *   /command   NUL-terminated "key=value" strings: clock= (ns since the epoch), share=, cwd=,
 *              arg= (once or more), env= (any number)
 *
 * It talks to the host over three virtio ports: control (1), the command's standard output (2)
 * and standard error (3). Control carries lines. To the host: "release TEXT", "up",
 * "alive" (every second), "error TEXT", "exit N", "signal N". From the host: "signal N". When the
 * host hangs up, or the command has ended, the machine goes down; a failure before the control port
 * is open goes to the console, which the host reads too.
 *
 * Static, libc only, and it shares no code with the rest: nothing else runs in this place. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEVICES_MAX = 8, PORT_WAIT_MS = 5000, ALIVE_MS = 1000, NSEC_PER_SEC = 1000000000 };
enum { WORDS_MAX = 4096, RELAY_BYTES = 65536, LINE_MAX_BYTES = 4096 };

/* What to run; the strings live in the text of /command, which is never freed. */
struct command {
    char *argv[WORDS_MAX];
    char *env[WORDS_MAX];
    size_t n_argv, n_env;
    const char *cwd, *share;
    long long clock_ns;
};

/* One direction of output: what the command writes to a pipe, on its way to a port. */
struct relay {
    int pipe_fd, port_fd;
    size_t start, end;
    char data[RELAY_BYTES];
};

/* Go down at once. The host started us with -no-reboot, so a reset ends the machine. */
static _Noreturn void go_down(void)
{
    sync();
    reboot(RB_AUTOBOOT);
    for (;;)
        pause();
}

/* Wait until the host has taken everything that was written to a port. */
static void port_drain(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    (void)poll(&p, 1, 2000);
}

/* Write one line to the control port (to the console while there is none). */
__attribute__((format(printf, 2, 3))) static void say(int control_fd, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    size_t n, done = 0;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof(line) - 1, format, args);
    va_end(args);
    n = strlen(line);
    line[n++] = '\n';

    if (control_fd < 0) {
        fprintf(stderr, "leakcage guest: %.*s", (int)n, line);
        return;
    }
    while (done < n) {
        ssize_t r = write(control_fd, line + done, n - done);

        if (r > 0)
            done += (size_t)r;
        else if (errno != EAGAIN && errno != EINTR)
            return;
        port_drain(control_fd);
    }
}

#define fail(control_fd, ...) (say(control_fd, "error " __VA_ARGS__), go_down())

/* The whole file with a NUL after it; NULL when it cannot be read. */
static char *read_whole(const char *path, size_t *ret_n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    size_t n = 0;
    char *text;

    if (fd < 0 || fstat(fd, &st) < 0 || !(text = malloc((size_t)st.st_size + 1)))
        return NULL;
    while (n < (size_t)st.st_size) {
        ssize_t r = read(fd, text + n, (size_t)st.st_size - n);

        if (r <= 0)
            return NULL;
        n += (size_t)r;
    }
    close(fd);
    text[n] = '\0';
    *ret_n = n;
    return text;
}

static void write_setting(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (write(fd, value, strlen(value)) < 0)
        say(-1, "%s: %s", path, strerror(errno));
    close(fd);
}

static const char *after(const char *word, const char *key)
{
    size_t n = strlen(key);

    return strncmp(word, key, n) == 0 ? word + n : NULL;
}

static void command_read(struct command *c)
{
    size_t n = 0;
    char *text = read_whole("/command", &n), *end;

    if (!text)
        fail(-1, "/command: %s", strerror(errno));
    end = text + n;
    for (char *word = text; word < end; word += strlen(word) + 1) {
        if (after(word, "arg=") && c->n_argv < WORDS_MAX - 1)
            c->argv[c->n_argv++] = word + strlen("arg=");
        else if (after(word, "env=") && c->n_env < WORDS_MAX - 1)
            c->env[c->n_env++] = word + strlen("env=");
        else if (after(word, "cwd="))
            c->cwd = word + strlen("cwd=");
        else if (after(word, "share="))
            c->share = word + strlen("share=");
        else if (after(word, "clock="))
            c->clock_ns = atoll(word + strlen("clock="));
        else
            fail(-1, "/command: too long, or not understood: %.40s", word);
    }
    if (c->n_argv == 0)
        fail(-1, "/command: no arg=");
}

static void load_modules(void)
{
    size_t n = 0;
    char *text = read_whole("/modules", &n), *rest = text, *name;

    while (rest && (name = strsep(&rest, "\n"))) {
        int fd;

        if (!*name)
            continue;
        fd = open(name, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
            fail(-1, "module %s: %s", name, strerror(errno));
        close(fd);
        unlink(name);
    }
    free(text);
}

/* The kernel announces ports some time after the module is in. The device's number is its place
 * among all virtio devices, another on each machine of QEMU's; only one device has ports. */
static int open_port(int number)
{
    char path[32];
    for (int waited_ms = 0; waited_ms < PORT_WAIT_MS; waited_ms++) {
        for (int device = 0; device < DEVICES_MAX; device++) {
            (void)snprintf(path, sizeof(path), "/dev/vport%dp%d", device, number);
            int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
            if (fd >= 0)
                return fd;
        }
        (void)poll(NULL, 0, 1);
    }
    fail(-1, "port %d of the virtio serial device: %s", number, strerror(errno));
}

static void make_dirs(const char *path)
{
    char part[LINE_MAX_BYTES];

    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        (void)snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
        (void)mkdir(part, 0755);
    }
    (void)mkdir(path, 0755);
}

struct mount_point {
    const char *source, *target, *type, *options;
    unsigned long flags;
};

static void mount_one(int control_fd, const struct mount_point *m)
{
    make_dirs(m->target);
    if (mount(m->source, m->target, m->type, m->flags, m->options) < 0)
        fail(control_fd, "mount %s on %s: %s", m->type, m->target, strerror(errno));
}

/* The host's files below, ours to change above; then all that a program looks for. The host's
 * /tmp stays visible: what is to run may live there. Its /run does not: those services are not
 * here. */
static void mount_root(int control_fd)
{
    static const struct mount_point points[] = {
        {"root", "/lower", "9p", "trans=virtio,version=9p2000.L,msize=512000,cache=loose",
         MS_RDONLY},
        {"tmpfs", "/over", "tmpfs", "mode=0755,size=90%", 0},
    };
    static const struct mount_point inner[] = {
        {"overlay", "/new", "overlay", "lowerdir=/lower,upperdir=/over/up,workdir=/over/work", 0},
        {"proc", "/new/proc", "proc", "", MS_NOSUID | MS_NODEV | MS_NOEXEC},
        {"sysfs", "/new/sys", "sysfs", "", MS_NOSUID | MS_NODEV | MS_NOEXEC},
        {"cgroup2", "/new/sys/fs/cgroup", "cgroup2", "", MS_NOSUID | MS_NODEV | MS_NOEXEC},
        {"devtmpfs", "/new/dev", "devtmpfs", "mode=0755", MS_NOSUID},
        {"devpts", "/new/dev/pts", "devpts", "mode=0620,ptmxmode=0666", MS_NOSUID | MS_NOEXEC},
        {"tmpfs", "/new/dev/shm", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV},
        {"tmpfs", "/new/run", "tmpfs", "mode=0755", MS_NOSUID | MS_NODEV},
    };

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        mount_one(control_fd, &points[i]);
    make_dirs("/over/up");
    make_dirs("/over/work");
    for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++)
        mount_one(control_fd, &inner[i]);

    if (symlink("/proc/self/fd", "/new/dev/fd") < 0 ||
        symlink("/proc/self/fd/0", "/new/dev/stdin") < 0 ||
        symlink("/proc/self/fd/1", "/new/dev/stdout") < 0 ||
        symlink("/proc/self/fd/2", "/new/dev/stderr") < 0)
        fail(control_fd, "links in /dev: %s", strerror(errno));
    if (chdir("/new") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
        chdir("/") < 0)
        fail(control_fd, "switch to the host's root: %s", strerror(errno));
}

static void bring_loopback_up(int control_fd)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        fail(control_fd, "loopback interface: %s", strerror(errno));
    close(fd);
}

/* What a laptop or a server would have set, and a bare kernel has not. */
static void settle_in(int control_fd, const struct command *c)
{
    struct rlimit files = {1048576, 1048576}, processes = {RLIM_INFINITY, RLIM_INFINITY};
    struct timespec now;

    if (sethostname("leakcage", strlen("leakcage")) < 0 || setrlimit(RLIMIT_NOFILE, &files) < 0 ||
        setrlimit(RLIMIT_NPROC, &processes) < 0)
        fail(control_fd, "host name and limits: %s", strerror(errno));
    write_setting("/proc/sys/net/ipv4/ip_local_port_range", "10000 65535");
    /* No TIME_WAIT: what one run closed would stand on the next one's account for a minute. */
    write_setting("/proc/sys/net/ipv4/tcp_max_tw_buckets", "0");
    write_setting("/proc/sys/kernel/printk", "4");
    bring_loopback_up(control_fd);

    if (c->clock_ns > 0 && clock_gettime(CLOCK_MONOTONIC, &now) == 0) {
        long long t = c->clock_ns + now.tv_sec * 1LL * NSEC_PER_SEC + now.tv_nsec;
        struct timespec real = {t / NSEC_PER_SEC, t % NSEC_PER_SEC};

        (void)clock_settime(CLOCK_REALTIME, &real);
    }
    if (c->share) {
        struct mount_point m = {"share", c->share, "9p",
                                "trans=virtio,version=9p2000.L,msize=512000,cache=mmap", 0};

        mount_one(control_fd, &m);
    }
}

/* In its own session, so that a request to stop reaches all of it, as a terminal's would. */
static pid_t command_start(int control_fd, struct command *c, const int pipes[2][2])
{
    sigset_t none;
    pid_t pid = fork();

    if (pid < 0)
        fail(control_fd, "fork: %s", strerror(errno));
    if (pid > 0)
        return pid;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    if (dup2(open("/dev/null", O_RDONLY), 0) < 0 || dup2(pipes[0][1], 1) < 0 ||
        dup2(pipes[1][1], 2) < 0 || (c->cwd && chdir(c->cwd) < 0)) {
        fprintf(stderr, "leakcage: %s: %s\n", c->cwd ? c->cwd : "", strerror(errno));
        _exit(126);
    }
    environ = c->env;
    execvp(c->argv[0], c->argv);
    fprintf(stderr, "leakcage: %s: %s\n", c->argv[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

/* Move what can be moved without waiting. False when there is nothing left to move. */
static bool relay_step(struct relay *r)
{
    ssize_t n;

    if (r->start == r->end) {
        n = r->pipe_fd < 0 ? 0 : read(r->pipe_fd, r->data, sizeof(r->data));
        if (n < 0)
            return false;
        if (n == 0 && r->pipe_fd >= 0) {
            close(r->pipe_fd);
            r->pipe_fd = -1;
        }
        r->start = 0;
        r->end = (size_t)n;
    }
    if (r->start == r->end)
        return false;
    n = write(r->port_fd, r->data + r->start, r->end - r->start);
    if (n > 0)
        r->start += (size_t)n;
    return true;
}

static void relay_finish(struct relay *r)
{
    while (relay_step(r))
        port_drain(r->port_fd);
    port_drain(r->port_fd);
}

/* "signal N" lines; a short read splits none, for the host writes each at once. */
static void obey(int control_fd, pid_t pid)
{
    char text[64] = "";
    int number;

    if (read(control_fd, text, sizeof(text) - 1) > 0 && sscanf(text, "signal %d", &number) == 1 &&
        pid > 0)
        kill(-pid, number);
}

/* Reap whatever has ended: orphans too are ours. True once the command is among them. */
static bool reap(int signal_fd, pid_t pid, int *ret_status)
{
    struct signalfd_siginfo info;
    bool ended = false;
    int status;

    ssize_t emptied __attribute__((unused)) = read(signal_fd, &info, sizeof(info));
    for (pid_t p; (p = waitpid(-1, &status, WNOHANG)) > 0;)
        if (p == pid) {
            *ret_status = status;
            ended = true;
        }
    return ended;
}

/* Tell the host once a second that we live; milliseconds until the next time. */
static int said_alive(int control_fd, long long *last_ms)
{
    struct timespec now;
    long long now_ms;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    now_ms = now.tv_sec * 1000LL + now.tv_nsec / 1000000;
    if (now_ms - *last_ms >= ALIVE_MS) {
        *last_ms = now_ms;
        say(control_fd, "alive");
    }
    return (int)(*last_ms + ALIVE_MS - now_ms);
}

/* Wait for the end of what the relay holds, or for more. */
static struct pollfd relay_watch(const struct relay *r)
{
    bool full = r->start != r->end;

    return (struct pollfd){.fd = full ? r->port_fd : r->pipe_fd, .events = full ? POLLOUT : POLLIN};
}

/* Serve until the command has ended; its wait status. */
static int serve(int control_fd, int signal_fd, pid_t pid, struct relay *out, struct relay *err)
{
    long long alive_ms = 0;

    for (int status = 0;;) {
        struct relay *relays[2] = {out, err};
        struct pollfd p[4] = {{.fd = signal_fd, .events = POLLIN},
                              {.fd = control_fd, .events = POLLIN},
                              relay_watch(out),
                              relay_watch(err)};

        if (poll(p, 4, said_alive(control_fd, &alive_ms)) < 0 && errno != EINTR)
            fail(control_fd, "poll: %s", strerror(errno));
        for (size_t i = 0; i < 2; i++)
            if (p[2 + i].revents)
                (void)relay_step(relays[i]);
        if (p[1].revents & POLLHUP)
            go_down();
        if (p[1].revents & POLLIN)
            obey(control_fd, pid);
        if ((p[0].revents & POLLIN) && reap(signal_fd, pid, &status))
            return status;
    }
}

static int children_fd(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The share must be whole on the host before the host hears of the end. */
static void leave_share(const struct command *c)
{
    sync();
    if (c->share && chdir("/") == 0)
        (void)umount2(c->share, MNT_DETACH);
}

int main(void)
{
    static struct command command;
    static struct relay out, err;
    static const struct mount_point dev = {"devtmpfs", "/dev", "devtmpfs", "mode=0755", 0};
    int pipes[2][2], control_fd, signal_fd, status;
    struct utsname names;
    pid_t pid;

    mount_one(-1, &dev);
    command_read(&command);
    load_modules();
    control_fd = open_port(1);
    out.port_fd = open_port(2);
    err.port_fd = open_port(3);
    (void)uname(&names);
    say(control_fd, "release %s", names.release);

    mount_root(control_fd);
    settle_in(control_fd, &command);

    signal_fd = children_fd();
    for (size_t i = 0; i < 2; i++)
        if (pipe2(pipes[i], O_CLOEXEC) < 0)
            fail(control_fd, "pipe: %s", strerror(errno));
    say(control_fd, "up");
    pid = command_start(control_fd, &command, pipes);
    for (size_t i = 0; i < 2; i++) {
        close(pipes[i][1]);
        (void)fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
    }
    out.pipe_fd = pipes[0][0];
    err.pipe_fd = pipes[1][0];

    status = serve(control_fd, signal_fd, pid, &out, &err);
    relay_finish(&out);
    relay_finish(&err);
    leave_share(&command);
    say(control_fd, WIFSIGNALED(status) ? "signal %d" : "exit %d",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    go_down();
}
