/* Threads that rest in known places, for tests of stacks:
 *     threads_at_rest WAY N
 * starts N threads that wait in this WAY, prints "ready", and ends when its input does. WAY "calls"
 * starts one thread for each system call that is worth a look, and prints those that end. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifdef __clang__
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE __attribute__((noinline, noclone))
#endif

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static volatile int placed;
static volatile unsigned long turns;

static void in_place(void)
{
    __atomic_add_fetch(&placed, 1, __ATOMIC_SEQ_CST);
}

static int rest(void)
{
    const struct timespec hour = {.tv_sec = 3600};
    in_place();
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, NULL); /* rests here */
}

/* Part of whoever calls it. */
static inline __attribute__((always_inline)) int ask_registry(int answer)
{
    char question[128];
    memset(question, answer, sizeof(question));
    __asm__ volatile("" : : "r"(question) : "memory");
    return answer + rest(); /* asks here */
}

/* An expression in what tells how to unwind: its frame is aligned to more than the stack is. */
NOINLINE static int wait_for_answer(int depth)
{
    char aligned[64] __attribute__((aligned(64)));
    memset(aligned, depth, sizeof(aligned));
    __asm__ volatile("" : : "r"(aligned) : "memory");
    int answer = depth > 0 ? wait_for_answer(depth - 1) : ask_registry(depth); /* waits here */
    return answer + aligned[3];
}

NOINLINE static int spin(void)
{
    for (;;)
        turns++;
    return 0;
}

static void on_signal(int number)
{
    (void)number;
    in_place();
    pause();
    in_place(); /* not the last thing it does, or it would leave its frame to pause() */
}

NOINLINE static int be_interrupted(void)
{
    signal(SIGUSR1, on_signal);
    pthread_kill(pthread_self(), SIGUSR1);
    return spin();
}

static int wait_condition(void)
{
    pthread_mutex_lock(&mutex);
    in_place();
    int status = pthread_cond_wait(&never, &mutex);
    pthread_mutex_unlock(&mutex);
    return status;
}

static int wait_poll(void)
{
    in_place();
    return poll(NULL, 0, -1);
}

static int wait_select(void)
{
    struct timeval hour = {.tv_sec = 3600};
    in_place();
    return select(0, NULL, NULL, NULL, &hour);
}

static int wait_epoll(void)
{
    struct epoll_event event;
    int fd = epoll_create1(0);
    in_place();
    return epoll_wait(fd, &event, 1, -1);
}

static int wait_read(void)
{
    int fds[2];
    char byte = 0;
    if (pipe(fds) != 0)
        return -1;
    in_place();
    return (int)read(fds[0], &byte, 1);
}

static int wait_receive(int limit_s)
{
    int fds[2];
    char byte = 0;
    struct timeval limit = {.tv_sec = limit_s};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        return -1;
    setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    in_place();
    return (int)recv(fds[0], &byte, 1, 0);
}

static int wait_socket(void)
{
    return wait_receive(0);
}

static int wait_socket_limit(void)
{
    return wait_receive(3600);
}

static int wait_semaphore(void)
{
    struct sembuf operation = {.sem_op = -1};
    int id = semget(IPC_PRIVATE, 1, 0600);
    in_place();
    int status = semop(id, &operation, 1);
    int failure = errno;
    semctl(id, 0, IPC_RMID);
    errno = failure;
    return status;
}

static int wait_signal(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    in_place();
    return sigwaitinfo(&set, NULL);
}

static int wait_asleep(void)
{
    return wait_for_answer(2);
}

static int wait_spinning(void)
{
    in_place();
    return spin();
}

static struct way {
    const char *name;
    int (*wait)(void);
    int is_call;
} ways[] = {
    {"sleep", wait_asleep, 1},        {"spin", wait_spinning, 0},
    {"signal", be_interrupted, 0},    {"condition", wait_condition, 1},
    {"poll", wait_poll, 1},           {"select", wait_select, 1},
    {"epoll", wait_epoll, 1},         {"read", wait_read, 1},
    {"socket", wait_socket, 1},       {"socket-limit", wait_socket_limit, 1},
    {"semaphore", wait_semaphore, 1}, {"sigwait", wait_signal, 1},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void *thread_main(void *context)
{
    const struct way *way = context;
    int status = way->wait();
    printf("%s ended: %d %s\n", way->name, status, status < 0 ? strerror(errno) : "");
    fflush(stdout);
    return NULL;
}

NOINLINE static int start_threads(struct way *way, int n)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)64 << 10);
    for (int i = 0; i < n; i++)
        if (pthread_create(&thread, &attributes, thread_main, way) != 0) /* starts here */
            return -1;
    return n;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "sleep";
    int n = argc > 2 ? atoi(argv[2]) : 1;
    int expected = 0;
    char byte = 0;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (size_t i = 0; i < WAYS; i++)
        if (strcmp(name, ways[i].name) == 0 || (ways[i].is_call && strcmp(name, "calls") == 0))
            expected += start_threads(&ways[i], n);
    while (placed < expected)
        usleep(1000);
    usleep(20000); /* they are about to, and then do */
    printf("ready\n");
    fflush(stdout);
    return (int)read(STDIN_FILENO, &byte, 1);
}
