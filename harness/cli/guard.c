#include "cli/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/owner.h"

/* A process that is killed closes its files before it is gone. */
#define GONE_BOUND_NS (10 * NSEC_PER_SEC)
#define LOOK_NS       (10 * NSEC_PER_MSEC)

extern char **environ;

/* Not as other children are started: those die with us. Returns 0, or what went wrong. */
static int guard_spawn(char *const *words, int stdin_fd, pid_t *ret)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    if (posix_spawn_file_actions_init(&files) != 0)
        return -1;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&files);
        return -1;
    }
    int status = posix_spawn_file_actions_adddup2(&files, stdin_fd, STDIN_FILENO);
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO && status == 0; fd++)
        status = posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_WRONLY, 0);
    if (status == 0)
        status = posix_spawnattr_setsigmask(&attributes, &none);
    if (status == 0)
        status = posix_spawnattr_setflags(&attributes,
                                          (short)(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK));
    if (status == 0)
        status = posix_spawn(ret, words[0], &files, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return status;
}

void guard_start(const char *program, const char *results_dir, const char *driver,
                 struct guard *ret)
{
    char owner[OWNER_NAME_MAX];
    int ends[2];
    *ret = GUARD_NONE;
    if (owner_name(owner, NULL) < 0 || pipe2(ends, O_CLOEXEC) < 0)
        return;
    CLEANUP(closep) int read_fd = ends[0];
    CLEANUP(closep) int write_fd = ends[1];
    const char *const words[] = {program,    "clean", "-o",  results_dir,
                                 "--driver", driver,  owner, NULL};
    /* It takes words as char *, but does not change them. */
    char *argv[ARRAY_LENGTH(words)];
    memcpy(argv, words, sizeof(words));
    pid_t pid = 0;
    if (guard_spawn(argv, read_fd, &pid) == 0)
        *ret = (struct guard){.pid = pid, .alive_fd = take_fd(&write_fd)};
}

void guard_end(struct guard *guard)
{
    if (guard->pid > 0) {
        kill(guard->pid, SIGKILL);
        while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    closep(&guard->alive_fd);
    *guard = GUARD_NONE;
}

void guard_wait(const char *owner)
{
    char byte;
    ssize_t length = 0;
    do
        length = read(STDIN_FILENO, &byte, sizeof(byte));
    while (length > 0 || (length < 0 && errno == EINTR));
    nsec_t deadline_ns = clock_now_ns() + GONE_BOUND_NS;
    while (!owner_is_dead(owner) && clock_now_ns() < deadline_ns)
        clock_sleep_until(clock_now_ns() + LOOK_NS);
}
