/* A program that behaves in the ways the driver contract is about. The first argument names the
 * way; "ready" on stdout says that it has come so far. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEBIBYTE ((size_t)1024 * 1024)

__attribute__((noreturn)) static void stay(void)
{
    printf("ready\n");
    fflush(stdout);
    for (;;)
        pause();
}

static void own_cgroup(char *path, size_t size)
{
    char line[512] = "";
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "0::", 3) == 0)
            break;
    if (file != NULL)
        fclose(file);
    line[strcspn(line, "\n")] = '\0';
    snprintf(path, size, "/sys/fs/cgroup%s", line[0] != '\0' ? line + 3 : "");
}

static void print_file(const char *name)
{
    char path[1024];
    char text[128] = "absent";
    own_cgroup(path, sizeof(path) - 64);
    snprintf(path + strlen(path), 64, "/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (length >= 0)
        text[length] = '\0';
    text[strcspn(text, "\n")] = '\0';
    printf("%s %s\n", name, text);
    if (fd >= 0)
        close(fd);
}

/* What is in force at the first instruction. */
static void limits(void)
{
    static const char *const files[] = {"memory.max", "memory.high",      "memory.swap.max",
                                        "cpu.max",    "memory.oom.group", "pids.max",
                                        "memory.min"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        print_file(files[i]);
    struct rlimit nofile;
    getrlimit(RLIMIT_NOFILE, &nofile);
    const char *port = getenv("PORT");
    const char *upstream = getenv("UPSTREAM_PORT");
    printf("thp_disabled %d\n", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    printf("nofile_raised %d\n", nofile.rlim_cur == nofile.rlim_max);
    printf("PORT %s\n", port != NULL ? port : "absent");
    printf("UPSTREAM_PORT %s\n", upstream != NULL ? upstream : "absent");
    stay();
}

static void print_status(const char *what, const char *path)
{
    struct stat status;
    printf("%s %s\n", what, stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? "there" : "none");
}

/* Where it may write, as it is told in four ways, and whether that is so. */
static void say_where(const char *argument)
{
    char cwd[4096];
    const char *data = getenv("LEAKCAGE_DATA");
    const char *own = getenv("OWN");
    printf("LEAKCAGE_DATA %s\n", data != NULL ? data : "absent");
    printf("OWN %s\n", own != NULL ? own : "absent");
    printf("argument %s\n", argument);
    printf("cwd %s\n", getcwd(cwd, sizeof(cwd)) != NULL ? cwd : "gone");
    print_status("earlier", "kept");
    printf("mkdir %d\n", mkdir("kept", 0700));
    stay();
}

static void allocate(void)
{
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        char *memory = malloc(MEBIBYTE);
        if (memory != NULL)
            memset(memory, 1, MEBIBYTE);
    }
}

/* Fill so many MiB and keep them, or free them lazily. */
static void fill(const char *mebibytes, bool free_lazily)
{
    size_t size = strtoul(mebibytes, NULL, 10) * MEBIBYTE;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(memory, 1, size);
    if (free_lazily)
        madvise(memory, size, MADV_FREE);
    stay();
}

static void bomb(void)
{
    int children = 0;
    while (children < 10000) {
        pid_t pid = fork();
        if (pid < 0)
            break;
        if (pid == 0)
            for (;;)
                pause();
        children++;
    }
    printf("children %d: %s\n", children, strerror(errno));
    stay();
}

/* The first process ends, another of its tree stays. */
static void fork_away(void)
{
    if (fork() > 0)
        _exit(0);
    setsid();
    signal(SIGHUP, SIG_IGN);
    stay();
}

static void *idle(void *context)
{
    for (;;)
        pause();
    return context;
}

/* Three threads, five sockets and two files more, here and in a child each. */
static void use(void)
{
    bool parent = fork() > 0;
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, idle, NULL);
    }
    for (int i = 0; i < 5; i++)
        if (socket(AF_UNIX, SOCK_STREAM, 0) < 0)
            exit(1);
    for (int i = 0; i < 2; i++)
        if (open("/etc/passwd", O_RDONLY) < 0)
            exit(1);
    if (!parent)
        stay();
    usleep(200000);
    stay();
}

/* A service that makes cgroups of its own, as container engines do, and hands them a controller. */
static void make_subgroup(const char *controller)
{
    char path[1024];
    char own[1100];
    own_cgroup(path, sizeof(path));
    snprintf(own, sizeof(own), "%s/own", path);
    if (mkdir(own, 0755) < 0)
        printf("mkdir: %s\n", strerror(errno));
    snprintf(own, sizeof(own), "%s/own/deeper", path);
    if (mkdir(own, 0755) < 0)
        printf("mkdir: %s\n", strerror(errno));
    snprintf(own, sizeof(own), "%s/own/deeper/cgroup.procs", path);
    int fd = open(own, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) < 0)
        printf("move: %s\n", strerror(errno));
    snprintf(own, sizeof(own), "%s/cgroup.subtree_control", path);
    int control_fd = controller != NULL ? open(own, O_WRONLY | O_CLOEXEC) : -1;
    if (controller != NULL && write(control_fd, controller, strlen(controller)) < 0)
        printf("hand down %s: %s\n", controller, strerror(errno));
    stay();
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "stay";
    if (strcmp(way, "limits") == 0)
        limits();
    if (strcmp(way, "where") == 0)
        say_where(argc > 2 ? argv[2] : "absent");
    if (strcmp(way, "exit") == 0)
        return argc > 2 ? atoi(argv[2]) : 0;
    if (strcmp(way, "allocate") == 0)
        allocate();
    if (strcmp(way, "free-lazily") == 0)
        fill(argc > 2 ? argv[2] : "32", true);
    if (strcmp(way, "fill") == 0)
        fill(argc > 2 ? argv[2] : "32", false);
    if (strcmp(way, "bomb") == 0)
        bomb();
    if (strcmp(way, "fork-away") == 0)
        fork_away();
    if (strcmp(way, "use") == 0)
        use();
    if (strcmp(way, "subgroup") == 0)
        make_subgroup(argc > 2 ? argv[2] : NULL);
    if (strcmp(way, "ignore-term") == 0)
        signal(SIGTERM, SIG_IGN);
    stay();
}
