#include "tests/support/family.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Sleep, and never outlive the test. */
__attribute__((noreturn)) static void family_sleep(void)
{
    alarm(60);
    for (;;)
        pause();
}

__attribute__((noreturn)) static void family_live(int fd, unsigned n_children)
{
    for (unsigned i = 0; i < n_children; i++) {
        pid_t pid = fork();
        if (pid == 0)
            family_sleep();
        if (write(fd, &pid, sizeof(pid)) != sizeof(pid))
            _exit(1);
    }
    close(fd);
    family_sleep();
}

struct family family_start(unsigned n_children)
{
    struct family family = {.n_children = n_children};
    int ends[2];
    ck_assert_uint_le(n_children, FAMILY_MAX);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    family.parent = fork();
    ck_assert_int_ge(family.parent, 0);
    if (family.parent == 0) {
        close(ends[0]);
        family_live(ends[1], n_children);
    }
    close(ends[1]);
    for (unsigned i = 0; i < n_children; i++)
        ck_assert_int_eq(read(ends[0], &family.children[i], sizeof(pid_t)), (int)sizeof(pid_t));
    close(ends[0]);
    return family;
}

void family_end_parent(struct family *family)
{
    kill(family->parent, SIGKILL);
    ck_assert_int_eq(waitpid(family->parent, NULL, 0), family->parent);
    family->parent = 0;
}

void family_done(struct family *family)
{
    for (unsigned i = 0; i < family->n_children; i++)
        kill(family->children[i], SIGKILL);
    if (family->parent > 0)
        family_end_parent(family);
}

struct process_id family_id(pid_t pid)
{
    struct process_stat stat = {.parent = 0};
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d", pid);
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(process_stat_read(fd, &stat, NULL), 0);
    return stat.id;
}
